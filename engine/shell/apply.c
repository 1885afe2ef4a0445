// Apply what was decided, group by group: absolute, idempotent, fenced.
#include <math.h>
#include <stdarg.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/describe.h"
#include "engine/shell/run_parts.h"

// A group is begun while its snapshots have this long to live: what looking again and sending take where all is well.
#define GROUP_TAKES_S 10
#define SENDING_TAKES_S 5

// ---- what becomes of one target -----------------------------------------------------------------------------

bool passes_over(const struct run *run, size_t target, enum port_status status)
{
    return run->names[target].listed && (status == PORT_REFUSED || status == PORT_NOT_FOUND);
}

void fail_target(struct run *run, size_t target, const struct port_result *why)
{
    struct run_result *result = &run->results[target];
    if (passes_over(run, target, why->status)) {
        result->applied = APPLIED_PASSED;
        return;
    }
    result->applied = APPLIED_FAILED;
    result->status = why->status;
    result->error = why->error;
}

void fail_group(struct run *run, const size_t *group, size_t count, const struct port_result *why)
{
    for (size_t i = 0; i < count; i++)
        fail_target(run, group[i], why);
}

void warn_target(struct run *run, size_t target, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct text text = arena_vformat(run->arena, format, list);
    va_end(list);
    struct text *warning = &run->results[target].warning;
    *warning = warning->n ? arena_format(run->arena, "%.*s; %.*s", TEXT_ARG(*warning), TEXT_ARG(text)) : text;
}

void describe_group(struct run *run, const size_t *group, size_t count, struct described *answers)
{
    struct service_name names[RUN_GROUP];
    for (size_t i = 0; i < count; i++)
        names[i] = run->names[group[i]];
    describe_services(run->cloud, run->arena, names, count, answers);
}

// ---- sending ------------------------------------------------------------------------------------------------

static bool take_sent(struct run *run, size_t target, const struct port_result *sent)
{
    struct run_result *result = &run->results[target];
    if (sent->status == PORT_OK) {
        result->applied = APPLIED_DONE;
        return true;
    }
    fail_target(run, target, sent);
    if (sent->status == PORT_UNKNOWN_OUTCOME)
        result->applied = APPLIED_UNKNOWN;
    return sent->status == PORT_UNKNOWN_OUTCOME;
}

size_t send_counts(struct run *run, size_t *group, size_t count)
{
    struct desired_change changes[RUN_GROUP];
    struct port_result sent[RUN_GROUP];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct run_result *result = &run->results[group[i]];
        changes[i] = (struct desired_change){run->names[group[i]], result->decision.desired,
                                             result->snapshot.now_s + RUN_SNAPSHOT_AGE_S};
        sent[i] = (struct port_result){PORT_OK, {0}};
    }
    if (count)
        run->cloud->set_desired(run->cloud->context, run->arena, changes, count, sent);
    for (size_t i = 0; i < count; i++)
        if (take_sent(run, group[i], &sent[i]))
            group[kept++] = group[i];
    return kept;
}

void say_lost(struct run *run, size_t target, const struct described *now)
{
    struct run_result *result = &run->results[target];
    struct text lost = result->error;
    if (now->result.status == PORT_OK)
        result->error = arena_format(run->arena, "%.*s; described again, its desired count is %lld", TEXT_ARG(lost),
                                     (long long)now->state.desired);
    else
        result->error = arena_format(run->arena, "%.*s; and it could not be described again: %.*s", TEXT_ARG(lost),
                                     TEXT_ARG(now->result.error));
}

// ---- when -----------------------------------------------------------------------------------------------------

bool out_of_time(const struct run *run)
{
    double deadline_s = run->options->deadline_s;
    return deadline_s > 0 && run_clock(run) >= deadline_s - RUN_DEADLINE_MARGIN_S;
}

// A clock that went back says nothing of an age.
bool lives_on(const struct run *run, size_t target, double seconds)
{
    double age_s = run_clock(run) - run->results[target].snapshot.now_s;
    return age_s > -1 && age_s + seconds <= RUN_SNAPSHOT_AGE_S;
}

bool is_fresh(const struct run *run, const size_t *group, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!lives_on(run, group[i], SENDING_TAKES_S))
            return false;
    return true;
}

static double doubt_s(const struct run *run)
{
    return run->clock->doubt_s ? run->clock->doubt_s(run->clock->context) : 0;
}

static void defer_group(struct run *run, const size_t *group, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run->results[group[i]].applied = APPLIED_DEFERRED;
}

// Whether a service is idle hangs on what time it is.
static void doubt_group(struct run *run, const size_t *group, size_t count, double doubt)
{
    const struct port_result why = {
        PORT_FAILED,
        arena_format(run->arena, "the time is in doubt: this clock and AWS's disagree by %.0f s, so nothing is lowered",
                     doubt)};
    fail_group(run, group, count, &why);
}

static size_t keep_fresh(struct run *run, size_t *group, size_t count)
{
    size_t old[RUN_GROUP], old_count = 0, kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!lives_on(run, group[i], GROUP_TAKES_S))
            old[old_count++] = group[i];
    if (old_count)
        decide_targets(run, old, old_count);
    for (size_t i = 0; i < count; i++)
        if (has_action(run, group[i]))
            group[kept++] = group[i];
    return kept;
}

size_t keep_ready(struct run *run, size_t *group, size_t count)
{
    if (out_of_time(run)) {
        defer_group(run, group, count);
        return 0;
    }
    double doubt = doubt_s(run);
    if (run->options->behaviour != BEHAVIOUR_WAKE && !(doubt <= RUN_DOUBT_S)) {
        doubt_group(run, group, count, doubt);
        return 0;
    }
    return keep_fresh(run, group, count);
}

// ---- groups -----------------------------------------------------------------------------------------------

static bool is_dry(const struct run *run)
{
    return run->options->dry_run || run->options->at_s > 0;
}

bool has_action(const struct run *run, size_t target)
{
    const struct run_result *result = &run->results[target];
    if (result->status != PORT_OK || result->applied != APPLIED_NOTHING)
        return false;
    return result->decision.outcome == OUTCOME_CHANGE || wake_is_marked(run, target);
}

static void apply_group(struct run *run, size_t *group, size_t count)
{
    if (run->options->behaviour == BEHAVIOUR_WAKE)
        raise_group(run, group, count);
    else
        lower_group(run, group, count);
}

void apply_targets(struct run *run, const size_t *targets, size_t count)
{
    size_t group[RUN_GROUP], members = 0;
    for (size_t i = 0; i < count; i++) {
        if (!has_action(run, targets[i]))
            continue;
        if (is_dry(run)) {
            bool changes = run->results[targets[i]].decision.outcome == OUTCOME_CHANGE;
            run->results[targets[i]].applied = changes ? APPLIED_DRY : APPLIED_NOTHING;
            continue;
        }
        group[members++] = targets[i];
        if (members == RUN_GROUP) {
            apply_group(run, group, members);
            members = 0;
        }
    }
    if (members)
        apply_group(run, group, members);
}
