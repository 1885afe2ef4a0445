#include "engine/report/answer.h"

#include "engine/base/arena.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/message.h"
#include "engine/report/json_parts.h"
#include "engine/shell/run.h"

void answer_prepare(struct arena *arena, struct evaluator *evaluator, const struct run_result *result,
                    struct answer *answer)
{
    const struct policy *policy = evaluator->policy;
    struct text message = message_text(arena, evaluator, &result->decision);
    struct answer_field *report = ARENA_ARRAY(arena, policy->report_count, struct answer_field);
    for (size_t i = 0; i < policy->report_count; i++) {
        node_index expression = policy->report[i].expression;
        uint8_t type = policy->nodes[expression].type;
        struct value value = evaluate(evaluator, expression);
        if (type == TYPE_TEXT && value.knowledge == KNOWN)
            value.text = arena_text(arena, value.text);
        report[i] = (struct answer_field){policy->report[i].name, type, value};
    }
    *answer = (struct answer){message, report, policy->report_count};
}

struct text unsettled_format(struct arena *arena, struct evaluator *evaluator, const struct run_result *result)
{
    const struct decision *decision = &result->decision;
    const struct behaviour_rules *rules = &evaluator->policy->behaviours[decision->behaviour];
    for (int16_t i = 0; decision->outcome == OUTCOME_NO_CHANGE && !rules->scripted && i < decision->rule; i++) {
        struct value when = evaluate(evaluator, rules->rules[i].when);
        if (when.knowledge != UNKNOWN)
            continue;
        struct buffer why;
        buffer_init(&why, LIMIT_MESSAGE_BYTES);
        why_format(&why, evaluator->policy, when);
        struct text text = arena_format(arena, "rule %.*s could not be settled: %.*s", TEXT_ARG(rules->rules[i].name),
                                        TEXT_ARG(buffer_text(&why)));
        buffer_release(&why);
        return text;
    }
    return (struct text){"", 0};
}

// "superseded" and the like; NULL where the outcome is plain.
static const char *answer_outcome(const struct run_result *result)
{
    switch (result->applied) {
    case APPLIED_SUPERSEDED:
        return "superseded";
    case APPLIED_RESTORED:
        return "restored";
    case APPLIED_UNKNOWN:
        return "unknown";
    case APPLIED_FAILED:
        return "not_applied";
    case APPLIED_REFUSED:
        return "refused";
    case APPLIED_DEFERRED:
        return "deferred";
    case APPLIED_PASSED:
        return "passed";
    case APPLIED_NOTHING:
    case APPLIED_DONE:
    case APPLIED_DRY:
        break;
    }
    switch ((enum outcome)result->decision.outcome) {
    case OUTCOME_HELD:
    case OUTCOME_REFUSED:
    case OUTCOME_FAILED:
        return outcome_name(result->decision.outcome);
    case OUTCOME_NO_CHANGE:
    case OUTCOME_CHANGE:
        break;
    }
    return NULL;
}

// The desired count once all is applied; COUNT_UNKNOWN where it is not known.
static int64_t answer_desired(const struct run_result *result)
{
    switch (result->applied) {
    case APPLIED_DONE:
    case APPLIED_DRY:
        return result->decision.desired;
    case APPLIED_UNKNOWN:
        return COUNT_UNKNOWN;
    case APPLIED_NOTHING:
    case APPLIED_SUPERSEDED:
    case APPLIED_RESTORED:
    case APPLIED_FAILED:
    case APPLIED_REFUSED:
    case APPLIED_DEFERRED:
    case APPLIED_PASSED:
        break;
    }
    return result->decision.before;
}

// What was decided did not come about: its status would claim that it did.
static bool not_brought_about(const struct run_result *result)
{
    if (result->decision.outcome == OUTCOME_FAILED)
        return true;
    switch (result->applied) {
    case APPLIED_SUPERSEDED:
    case APPLIED_RESTORED:
    case APPLIED_UNKNOWN:
    case APPLIED_FAILED:
    case APPLIED_REFUSED:
    case APPLIED_DEFERRED:
    case APPLIED_PASSED:
        return true;
    case APPLIED_NOTHING:
    case APPLIED_DONE:
    case APPLIED_DRY:
        break;
    }
    return false;
}

struct text answer_status(const struct run_result *result)
{
    return not_brought_about(result) ? TEXT("no_change") : result->decision.status;
}

static void held_json(struct json_writer *json, const struct policy *policy, const struct decision *decision)
{
    if (decision->outcome != OUTCOME_HELD)
        return;
    const struct rule *rules = policy->behaviours[decision->behaviour].rules;
    json_key(json, "held");
    json_open_object(json);
    json_member_text(json, "rule", rules[decision->rule].name);
    if (decision->held_by != RULE_NONE)
        json_member_text(json, "by", rules[decision->held_by].name);
    json_member_why(json, "why", policy, decision->unknown);
    json_close_object(json);
}

static void counts_json(struct json_writer *json, const struct run_result *result, bool pending)
{
    bool known = result->snapshot.stage >= STAGE_STATE;
    json_member_count(json, "desiredCount", answer_desired(result));
    json_member_count(json, "runningCount", known ? result->snapshot.state.running : COUNT_UNKNOWN);
    if (pending)
        json_member_count(json, "pendingCount", known ? result->snapshot.state.pending : COUNT_UNKNOWN);
}

// Waking or starting: more tasks are asked for, or nothing runs yet.
static bool will_start(const struct run_result *result)
{
    int64_t desired = answer_desired(result);
    return result->snapshot.stage >= STAGE_STATE && desired > 0 &&
           (desired > result->decision.before || result->snapshot.state.running == 0);
}

static void behaviour_json(struct json_writer *json, const struct policy *policy, const struct run_result *result,
                           const struct answer *answer, struct text status)
{
    switch ((enum behaviour)result->decision.behaviour) {
    case BEHAVIOUR_WAKE:
        json_member_text(json, "status", status);
        counts_json(json, result, true);
        if (will_start(result))
            json_member_instant(json, "estimatedStartTime", result->snapshot.now_s + policy->cold_start_s);
        return;
    case BEHAVIOUR_SLEEP:
        json_member_text(json, "action", status);
        counts_json(json, result, false);
        for (size_t i = 0; i < answer->report_count; i++) {
            json_key_text(json, answer->report[i].name);
            value_json(json, answer->report[i].type, answer->report[i].value);
        }
        return;
    case BEHAVIOUR_KILL:
        json_member_text(json, "status", status);
        json_member_count(json, "desiredCount", answer_desired(result));
        return;
    }
}

static struct text answer_message(const struct run_result *result, const struct answer *answer)
{
    switch (result->applied) {
    case APPLIED_SUPERSEDED:
        return TEXT("No change: the service changed after it was looked at");
    case APPLIED_RESTORED:
        return TEXT("No change: the service was woken meanwhile, and its former count was put back");
    case APPLIED_UNKNOWN:
    case APPLIED_FAILED:
        return result->error;
    case APPLIED_REFUSED:
        return TEXT("No change: the run as a whole would have lowered too many services");
    case APPLIED_DEFERRED:
        return TEXT("No change: no time was left, the next run will look at it");
    case APPLIED_PASSED:
        return TEXT("No change: the service takes no changes");
    case APPLIED_NOTHING:
    case APPLIED_DONE:
    case APPLIED_DRY:
        break;
    }
    return answer->message;
}

void answer_json(struct json_writer *json, const struct policy *policy, const struct run_result *result,
                 const struct answer *answer, bool named)
{
    if (named) {
        json_member_text(json, "cluster", result->name.cluster);
        json_member_text(json, "service", result->name.service);
    }
    behaviour_json(json, policy, result, answer, answer_status(result));
    json_member_text(json, "message", answer_message(result, answer));
    held_json(json, policy, &result->decision);
    const char *outcome = answer_outcome(result);
    if (outcome)
        json_member_string(json, "outcome", outcome);
    if (result->applied == APPLIED_DRY)
        json_member_bool(json, "dryRun", true);
}
