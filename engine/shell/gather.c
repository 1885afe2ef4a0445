// Gather as far as each decision needs, stage by stage, all targets of a chunk together.
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/message.h"
#include "engine/shell/describe.h"
#include "engine/shell/needs.h"
#include "engine/shell/run_parts.h"

double run_clock(const struct run *run)
{
    return run->clock->now_s(run->clock->context);
}

// The decisions' `now`.
static double decision_now(const struct run *run)
{
    return run->options->at_s > 0 ? run->options->at_s : run_clock(run);
}

static const struct behaviour_rules *rules_of(const struct run *run)
{
    return &run->evaluator->policy->behaviours[run->options->behaviour];
}

static struct decision no_decision(const struct run *run)
{
    return (struct decision){.behaviour = (uint8_t)run->options->behaviour,
                             .outcome = OUTCOME_NO_CHANGE,
                             .rule = RULE_NONE,
                             .held_by = RULE_NONE,
                             .before = COUNT_UNKNOWN,
                             .desired = COUNT_UNKNOWN,
                             .status = TEXT("no_change")};
}

void begin_target(struct run *run, size_t target)
{
    const struct service_name *name = &run->names[target];
    run->results[target] = (struct run_result){
        .name = *name,
        .snapshot = {.stage = STAGE_NOTHING,
                     .trigger = (uint8_t)run->options->trigger,
                     .now_s = decision_now(run),
                     .cluster = name->cluster,
                     .service = name->service,
                     .params = run->options->params},
        .decision = no_decision(run),
    };
}

static void fail_decision(struct run_result *result, struct text error)
{
    result->decision.need = STAGE_NOTHING;
    result->decision.outcome = OUTCOME_FAILED;
    result->decision.error = error;
}

static void decide_target(struct run *run, size_t target)
{
    struct run_result *result = &run->results[target];
    result->decision = decide(run->evaluator, run->options->behaviour, &result->snapshot, run->rules);
}

// Does the decision ask for the stage behind that one?
static bool asks_beyond(const struct run_result *result, enum stage stage)
{
    return result->status == PORT_OK && result->applied == APPLIED_NOTHING && result->snapshot.stage == stage &&
           result->decision.need > stage;
}

// ---- states -----------------------------------------------------------------------------------------------

static void take_state(struct run *run, size_t target, const struct described *answer)
{
    struct run_result *result = &run->results[target];
    result->snapshot.now_s = decision_now(run);
    if (answer->result.status == PORT_OK) {
        result->snapshot.state = answer->state;
        result->snapshot.stage = STAGE_STATE;
        return;
    }
    result->decision = no_decision(run);
    if (passes_over(run, target, answer->result.status)) {
        result->applied = APPLIED_PASSED;
        return;
    }
    result->status = answer->result.status;
    fail_decision(result, answer->result.error);
    result->error = answer->result.error;
}

static void gather_states(struct run *run, const size_t *targets, size_t count)
{
    struct service_name *names = ARENA_ARRAY(run->arena, count, struct service_name);
    struct described *answers = ARENA_ARRAY(run->arena, count, struct described);
    size_t *owners = ARENA_ARRAY(run->arena, count, size_t);
    size_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        if (!asks_beyond(&run->results[targets[i]], STAGE_NOTHING))
            continue;
        names[asked] = run->names[targets[i]];
        owners[asked++] = targets[i];
    }
    describe_services(run->cloud, run->arena, names, asked, answers);
    for (size_t i = 0; i < asked; i++)
        take_state(run, owners[i], &answers[i]);
}

// ---- metrics ----------------------------------------------------------------------------------------------

// The requests of all targets, and whose each is.
struct asking {
    struct metric_request *requests;
    struct metric_answer *answers;
    size_t *owners;
    struct metric_view **views;  // where each answer goes
    size_t count;
};

// Spans end at now and start at now - span rounded down to the period, start included, end not.
static struct metric_request request_of(const struct snapshot *snapshot, const struct metric *metric, double span_s)
{
    double period_s = metric->period_s;
    double start_s = floor((snapshot->now_s - span_s) / period_s) * period_s;
    return (struct metric_request){
        .metric = metric,
        .service = &snapshot->state,
        .start_s = (int64_t)start_s,
        .end_s = (int64_t)ceil(snapshot->now_s),
    };
}

// All metrics that the decision can come to read; the others have views that failed. The evaluator is at the decision.
static void ask_metrics(struct run *run, struct asking *asking, size_t target)
{
    const struct policy *policy = run->evaluator->policy;
    struct run_result *result = &run->results[target];
    const double *spans = needs_of(run->arena, run->evaluator, run->options->behaviour, run->rules);
    struct metric_view *views = ARENA_ARRAY(run->arena, policy->metric_count, struct metric_view);
    for (size_t i = 0; i < policy->metric_count; i++) {
        // What was not asked for must never read as complete and empty, which `missing` would fill.
        views[i].status = METRIC_FAILED;
        if (spans[i] <= 0)
            continue;
        asking->owners[asking->count] = target;
        asking->views[asking->count] = &views[i];
        asking->requests[asking->count++] = request_of(&result->snapshot, &policy->metrics[i], spans[i]);
    }
    result->snapshot.metrics = views;
    result->snapshot.stage = STAGE_METRICS;
}

static void take_answer(struct run *run, const struct asking *asking, size_t index)
{
    size_t target = asking->owners[index];
    struct run_result *result = &run->results[target];
    const struct metric_answer *answer = &asking->answers[index];
    if (result->status != PORT_OK)
        return;
    if (answer->result.status != PORT_OK) {
        result->status = answer->result.status;
        result->error = answer->result.error;
        result->snapshot.stage = STAGE_STATE;
        fail_decision(result, result->error);
        return;
    }
    *asking->views[index] = answer->view;
    asking->views[index]->from_s = asking->requests[index].start_s;
    if (answer->result.error.n)
        warn_target(run, target, "%.*s", TEXT_ARG(answer->result.error));
}

static void gather_metrics(struct run *run, const size_t *targets, size_t count)
{
    size_t most = count * run->evaluator->policy->metric_count;
    struct asking asking = {.requests = ARENA_ARRAY(run->arena, most, struct metric_request),
                            .answers = ARENA_ARRAY(run->arena, most, struct metric_answer),
                            .owners = ARENA_ARRAY(run->arena, most, size_t),
                            .views = ARENA_ARRAY(run->arena, most, struct metric_view *)};
    for (size_t i = 0; i < count; i++) {
        if (run->results[targets[i]].status != PORT_OK || run->results[targets[i]].snapshot.stage != STAGE_STATE)
            continue;
        decide_target(run, targets[i]);
        if (asks_beyond(&run->results[targets[i]], STAGE_STATE))
            ask_metrics(run, &asking, targets[i]);
    }
    if (asking.count)
        run->cloud->metrics(run->cloud->context, run->arena, asking.requests, asking.count, asking.answers);
    for (size_t i = 0; i < asking.count; i++)
        take_answer(run, &asking, i);
}

// ---- decisions --------------------------------------------------------------------------------------------

// Each decision is made again with all that was gathered, so that the evaluator is at it when the watch is told.
static void conclude(struct run *run, size_t target, bool present)
{
    struct run_result *result = &run->results[target];
    if (result->applied == APPLIED_PASSED)
        return;
    if (present && result->status == PORT_OK)
        decide_target(run, target);
    else
        evaluator_begin(run->evaluator, &result->snapshot);
    const struct run_watch *watch = run->options->watch;
    if (watch)
        watch->decided(watch->context, target, result);
}

void decide_targets(struct run *run, const size_t *targets, size_t count)
{
    bool present = rules_of(run)->present;
    for (size_t i = 0; i < count; i++) {
        begin_target(run, targets[i]);
        if (present)
            decide_target(run, targets[i]);
        else
            fail_decision(&run->results[targets[i]], arena_format(run->arena, "the policy has no rules for %s",
                                                                  behaviour_name(run->options->behaviour)));
    }
    if (present) {
        gather_states(run, targets, count);
        gather_metrics(run, targets, count);
    }
    for (size_t i = 0; i < count; i++)
        conclude(run, targets[i], present);
}
