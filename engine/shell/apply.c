// Apply what was decided: absolute, idempotent, fenced. A wake wins ties.
#include "engine/shell/run.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/recording/recording.h"
#include "engine/shell/describe.h"

struct applying {
    struct arena *arena;
    const struct cloud *cloud;
    const struct clock *clock;
    const struct run_options *options;
    struct run_result *result;
    struct buffer error;
};

static struct text take_error(struct applying *applying)
{
    struct text text = arena_text(applying->arena, buffer_text(&applying->error));
    buffer_clear(&applying->error);
    return text;
}

// A call failed that the run does without.
static void warn(struct applying *applying, const char *what)
{
    struct text why = take_error(applying);
    applying->result->warning = arena_format(applying->arena, "%s: %.*s", what, TEXT_ARG(why));
}

static enum port_status describe_again(struct applying *applying, struct service_state *state)
{
    return describe_one(applying->cloud, applying->arena, &applying->result->name, state, &applying->error);
}

static enum port_status set_desired(struct applying *applying, int64_t desired)
{
    const struct cloud *cloud = applying->cloud;
    return cloud->set_desired(cloud->context, &applying->result->name, desired, &applying->error);
}

static void end_failed(struct applying *applying, enum port_status status)
{
    applying->result->applied = APPLIED_FAILED;
    applying->result->status = status;
    applying->result->error = take_error(applying);
}

// A change was sent and its answer lost: what the service looks like now is all that can be said.
static void end_unknown(struct applying *applying)
{
    struct run_result *result = applying->result;
    struct text lost = take_error(applying);
    struct service_state state;
    result->applied = APPLIED_UNKNOWN;
    result->status = PORT_UNKNOWN_OUTCOME;
    if (describe_again(applying, &state) == PORT_OK)
        result->error = arena_format(applying->arena, "%.*s; described again, its desired count is %lld",
                                     TEXT_ARG(lost), (long long)state.desired);
    else
        result->error = arena_format(applying->arena, "%.*s; and it could not be described again: %.*s", TEXT_ARG(lost),
                                     TEXT_ARG(buffer_text(&applying->error)));
    buffer_clear(&applying->error);
}

static bool change(struct applying *applying)
{
    enum port_status status = set_desired(applying, applying->result->decision.desired);
    if (status == PORT_UNKNOWN_OUTCOME)
        end_unknown(applying);
    else if (status != PORT_OK)
        end_failed(applying, status);
    else
        applying->result->applied = APPLIED_DONE;
    return status == PORT_OK;
}

// ---- wake -------------------------------------------------------------------------------------------------

// The mark is rounded up to a second: a bucket that began before the wake must not vote.
static enum port_status set_wake_mark(struct applying *applying)
{
    const struct cloud *cloud = applying->cloud;
    struct service_state state = applying->result->snapshot.state;
    if (applying->result->snapshot.stage < STAGE_STATE) {
        enum port_status status = describe_again(applying, &state);
        if (status != PORT_OK)
            return status;
    }
    struct buffer mark;
    buffer_init(&mark, LIMIT_TAG_VALUE_BYTES);
    format_instant(&mark, ceil(applying->clock->now_s(applying->clock->context)));
    struct tag tag = {text_of(WAKE_MARK_TAG), buffer_text(&mark)};
    enum port_status status = cloud->set_tags(cloud->context, &state, &tag, 1, &applying->error);
    buffer_release(&mark);
    return status;
}

static bool wake_is_marked(const struct applying *applying)
{
    switch ((enum outcome)applying->result->decision.outcome) {
    case OUTCOME_CHANGE:
        return true;
    case OUTCOME_NO_CHANGE:
    case OUTCOME_HELD:
        return applying->options->person;
    case OUTCOME_REFUSED:
    case OUTCOME_FAILED:
        break;
    }
    return false;
}

// The mark goes first, so that a sleep that is under way sees it. Without it a wake still works.
static void apply_wake(struct applying *applying)
{
    if (wake_is_marked(applying) && set_wake_mark(applying) != PORT_OK)
        warn(applying, "the wake mark could not be set");
    if (applying->result->decision.outcome == OUTCOME_CHANGE)
        change(applying);
}

// ---- sleep and kill ---------------------------------------------------------------------------------------

static bool same_instant(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

// What moved between two descriptions that a decision to lower rests on; NULL where nothing did.
static const char *what_moved(const struct service_state *before, const struct service_state *now)
{
    if (before->desired != now->desired)
        return "the desired count";
    if (!same_instant(before->woken_at_s, now->woken_at_s))
        return "the wake mark";
    if (!same_instant(before->fence_s, now->fence_s))
        return "the newest start";
    if (before->deploying != now->deploying || !same_instant(before->deployed_at_s, now->deployed_at_s))
        return "a deployment";
    return NULL;
}

// Is the service still as it was decided upon? Else the run ends here.
static bool still_as_decided(struct applying *applying)
{
    struct run_result *result = applying->result;
    struct service_state now;
    enum port_status status = describe_again(applying, &now);
    if (status != PORT_OK) {
        end_failed(applying, status);
        return false;
    }
    const char *moved = what_moved(&result->snapshot.state, &now);
    if (!moved)
        return true;
    result->applied = APPLIED_SUPERSEDED;
    result->warning = arena_format(applying->arena, "%s moved after the decision", moved);
    return false;
}

// A wake set its mark after the service was described, but before its count was lowered.
static bool woken_meanwhile(const struct service_state *before, const struct service_state *now)
{
    return !isnan(now->woken_at_s) && !(now->woken_at_s <= before->woken_at_s);
}

static void restore(struct applying *applying, const struct service_state *now)
{
    struct run_result *result = applying->result;
    int64_t former = result->snapshot.state.desired;
    if (now->desired < former) {
        enum port_status status = set_desired(applying, former);
        if (status != PORT_OK) {
            end_failed(applying, status);
            result->error = arena_format(applying->arena,
                                         "woken while it was put to sleep, and its former count of %lld could not be "
                                         "put back: %.*s",
                                         (long long)former, TEXT_ARG(result->error));
            return;
        }
    }
    result->applied = APPLIED_RESTORED;
    result->status = PORT_OK;
    result->error = TEXT("");
}

// A sleep that lowered looks once more: a wake in between wins.
static void check_for_wake(struct applying *applying)
{
    struct run_result *result = applying->result;
    struct service_state now;
    if (describe_again(applying, &now) != PORT_OK) {
        warn(applying, "could not be described after it was lowered");
        return;
    }
    if (woken_meanwhile(&result->snapshot.state, &now))
        restore(applying, &now);
}

static void apply_lower(struct applying *applying)
{
    struct run_result *result = applying->result;
    if (result->decision.outcome != OUTCOME_CHANGE)
        return;
    if (result->snapshot.stage >= STAGE_STATE && !still_as_decided(applying))
        return;
    bool changed = change(applying);
    bool sent = changed || result->applied == APPLIED_UNKNOWN;
    if (sent && result->decision.behaviour == BEHAVIOUR_SLEEP)
        check_for_wake(applying);
}

void run_apply(struct arena *arena, const struct cloud *cloud, const struct clock *clock,
               const struct run_options *options, struct run_result *result)
{
    result->applied = APPLIED_NOTHING;
    if (result->status != PORT_OK)
        return;
    if (options->dry_run) {
        if (result->decision.outcome == OUTCOME_CHANGE)
            result->applied = APPLIED_DRY;
        return;
    }
    struct applying applying = {arena, cloud, clock, options, result, {0}};
    buffer_init(&applying.error, LIMIT_MESSAGE_BYTES);
    switch ((enum behaviour)result->decision.behaviour) {
    case BEHAVIOUR_WAKE:
        apply_wake(&applying);
        break;
    case BEHAVIOUR_SLEEP:
    case BEHAVIOUR_KILL:
        apply_lower(&applying);
        break;
    }
    buffer_release(&applying.error);
}
