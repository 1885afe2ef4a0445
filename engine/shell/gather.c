// Gather as far as the decision needs, stage by stage.
#include "engine/shell/run.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/message.h"
#include "engine/shell/describe.h"
#include "engine/shell/needs.h"

struct gathering {
    struct arena *arena;
    struct evaluator *evaluator;
    const struct cloud *cloud;
    enum behaviour behaviour;
    enum rule_result *results;  // of the newest decision
    struct run_result *result;
    struct buffer error;
};

static bool gather_state(struct gathering *gathering)
{
    struct run_result *result = gathering->result;
    result->status =
        describe_one(gathering->cloud, gathering->arena, &result->name, &result->snapshot.state, &gathering->error);
    if (result->status != PORT_OK)
        return false;
    result->snapshot.stage = STAGE_STATE;
    return true;
}

// Spans end at now and start at now - span rounded down to the period, start included, end not.
static struct metric_request request_of(const struct gathering *gathering, const struct metric *metric, double span_s)
{
    const struct snapshot *snapshot = &gathering->result->snapshot;
    double period_s = metric->period_s;
    double start_s = floor((snapshot->now_s - span_s) / period_s) * period_s;
    return (struct metric_request){
        .metric = metric,
        .service = &snapshot->state,
        .start_s = (int64_t)start_s,
        .end_s = (int64_t)ceil(snapshot->now_s),
    };
}

// All metrics that the decision can come to read, in one call; the others have views that failed.
static bool gather_metrics(struct gathering *gathering)
{
    const struct policy *policy = gathering->evaluator->policy;
    struct run_result *result = gathering->result;
    struct arena *arena = gathering->arena;
    double *spans = needs_of(arena, gathering->evaluator, gathering->behaviour, gathering->results);
    struct metric_request *requests = ARENA_ARRAY(arena, policy->metric_count, struct metric_request);
    struct metric_view *answers = ARENA_ARRAY(arena, policy->metric_count, struct metric_view);
    struct metric_view *views = ARENA_ARRAY(arena, policy->metric_count, struct metric_view);
    size_t count = 0;
    for (size_t i = 0; i < policy->metric_count; i++) {
        // What was not asked for must never read as complete and empty, which `missing` would fill.
        views[i].status = METRIC_FAILED;
        if (spans[i] > 0)
            requests[count++] = request_of(gathering, &policy->metrics[i], spans[i]);
    }
    const struct cloud *cloud = gathering->cloud;
    if (count) {
        result->status = cloud->metrics(cloud->context, arena, requests, count, answers, &gathering->error);
        if (result->status != PORT_OK)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct metric_view *view = &views[requests[i].metric - policy->metrics];
        *view = answers[i];
        view->from_s = requests[i].start_s;
    }
    result->snapshot.metrics = views;
    result->snapshot.stage = STAGE_METRICS;
    return true;
}

static bool gather_next(struct gathering *gathering)
{
    return gathering->result->snapshot.stage == STAGE_NOTHING ? gather_state(gathering) : gather_metrics(gathering);
}

static void decide_by_stages(struct gathering *gathering)
{
    struct run_result *result = gathering->result;
    for (;;) {
        result->decision = decide(gathering->evaluator, gathering->behaviour, &result->snapshot, gathering->results);
        if (result->decision.need <= result->snapshot.stage)
            return;
        if (!gather_next(gathering))
            break;
    }
    result->error = arena_text(gathering->arena, buffer_text(&gathering->error));
    result->decision.need = STAGE_NOTHING;
    result->decision.outcome = OUTCOME_FAILED;
    result->decision.error = result->error;
}

void run_decide(struct arena *arena, struct evaluator *evaluator, const struct cloud *cloud, const struct clock *clock,
                const struct run_options *options, const struct service_name *name, struct run_result *result)
{
    const struct behaviour_rules *rules = &evaluator->policy->behaviours[options->behaviour];
    *result = (struct run_result){
        .name = *name,
        .snapshot = {.stage = STAGE_NOTHING,
                     .trigger = (uint8_t)options->trigger,
                     .now_s = clock->now_s(clock->context),
                     .cluster = name->cluster,
                     .service = name->service,
                     .params = options->params},
    };
    if (!rules->present) {
        result->decision = (struct decision){
            .behaviour = (uint8_t)options->behaviour,
            .outcome = OUTCOME_FAILED,
            .rule = RULE_NONE,
            .held_by = RULE_NONE,
            .before = COUNT_UNKNOWN,
            .desired = COUNT_UNKNOWN,
            .error = arena_format(arena, "the policy has no rules for %s", behaviour_name(options->behaviour)),
        };
        return;
    }
    struct gathering gathering = {
        .arena = arena,
        .evaluator = evaluator,
        .cloud = cloud,
        .behaviour = options->behaviour,
        .results = ARENA_ARRAY(arena, rules->count, enum rule_result),
        .result = result,
    };
    buffer_init(&gathering.error, LIMIT_MESSAGE_BYTES);
    decide_by_stages(&gathering);
    buffer_release(&gathering.error);
}
