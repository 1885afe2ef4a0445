#include "engine/report/record.h"

#include <math.h>
#include <stdio.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/message.h"
#include "engine/lang/loader.h"
#include "engine/report/explanation.h"
#include "engine/report/json_parts.h"
#include "engine/report/record_snapshot.h"

#define PREPARED_BYTES ((size_t)256 * 1024 * 1024)  // of a snapshot: a digest needs it whole

// ---- while the evaluator is at the decision ---------------------------------------------------------------

// Rules before the one that fired whose conditions could not be settled.
static void unknown_json(struct json_writer *json, struct evaluator *evaluator, const struct decision *decision)
{
    const struct policy *policy = evaluator->policy;
    const struct behaviour_rules *rules = &policy->behaviours[decision->behaviour];
    json_key(json, "unknown");
    json_open_array(json);
    for (int16_t i = 0; !rules->scripted && i < decision->rule; i++) {
        struct value when = evaluate(evaluator, rules->rules[i].when);
        if (when.knowledge != UNKNOWN)
            continue;
        json_open_object(json);
        json_member_text(json, "rule", rules->rules[i].name);
        json_member_why(json, "why", policy, when);
        json_close_object(json);
    }
    json_close_array(json);
}

// Those that the decision and its message have come to know something of.
static void values_json(struct json_writer *json, const struct evaluator *evaluator)
{
    const struct policy *policy = evaluator->policy;
    json_key(json, "values");
    json_open_object(json);
    for (size_t i = 0; i < policy->let_count; i++) {
        const struct let_slot *slot = &evaluator->lets[i];
        if (slot->epoch != evaluator->epoch || slot->value.knowledge == UNFETCHED)
            continue;
        json_key_text(json, policy->lets[i].name);
        value_json(json, policy->nodes[policy->lets[i].expression].type, slot->value);
    }
    json_close_object(json);
}

static void held_json(struct json_writer *json, const struct policy *policy, const struct decision *decision)
{
    if (decision->outcome != OUTCOME_HELD)
        return;
    json_key(json, "held");
    json_open_object(json);
    if (decision->held_by != RULE_NONE)
        json_member_text(json, "by", policy->behaviours[decision->behaviour].rules[decision->held_by].name);
    json_member_why(json, "why", policy, decision->unknown);
    json_close_object(json);
}

static void evidence_json(struct arena *arena, struct json_writer *json, const struct policy *policy,
                          const struct snapshot *snapshot)
{
    struct buffer whole;
    struct json_writer inner;
    buffer_init(&whole, PREPARED_BYTES);
    json_begin(&inner, &whole, 0);
    snapshot_json(&inner, policy, snapshot);
    struct text text = buffer_text(&whole);
    if (text.n <= RECORD_SNAPSHOT_BYTES) {
        json_key(json, "snapshot");
        json_raw(json, text);
    } else {
        json_member_text(json, "snapshotDigest", arena_format(arena, "sha256:%s", sha256_hex(arena, &text, 1).p));
        json_member_int(json, "snapshotBytes", (int64_t)text.n);
    }
    buffer_release(&whole);
}

// The object's braces go: what is left are members.
static struct text members_of(struct arena *arena, const struct buffer *object)
{
    struct text text = buffer_text(object);
    return arena_text(arena, (struct text){text.p + 1, text.n - 2});
}

struct text record_prepare(struct arena *arena, struct evaluator *evaluator, const struct run_result *result)
{
    struct buffer prepared;
    struct json_writer json;
    buffer_init(&prepared, PREPARED_BYTES);
    json_begin(&json, &prepared, 0);
    json_open_object(&json);
    if (result->status == PORT_OK) {
        unknown_json(&json, evaluator, &result->decision);
        held_json(&json, evaluator->policy, &result->decision);
    }
    values_json(&json, evaluator);
    evidence_json(arena, &json, evaluator->policy, &result->snapshot);
    json_close_object(&json);
    struct text members = members_of(arena, &prepared);
    buffer_release(&prepared);
    return members;
}

// ---- once it is applied -----------------------------------------------------------------------------------

static const char *applied_name(enum applied applied)
{
    static const char *const names[] = {
        [APPLIED_NOTHING] = "nothing_to_apply",
        [APPLIED_DONE] = "applied",
        [APPLIED_DRY] = "dry_run",
        [APPLIED_SUPERSEDED] = "superseded",
        [APPLIED_RESTORED] = "restored",
        [APPLIED_UNKNOWN] = "unknown",
        [APPLIED_FAILED] = "failed",
        [APPLIED_REFUSED] = "refused",
        [APPLIED_DEFERRED] = "deferred",
        [APPLIED_PASSED] = "passed_over",
    };
    return names[applied];
}

const char *record_level(const struct run_result *result)
{
    if (result->applied == APPLIED_PASSED)
        return "INFO";
    if (result->status != PORT_OK)
        return "ERROR";
    if (result->applied == APPLIED_DEFERRED)
        return "WARN";
    if (result->decision.outcome == OUTCOME_FAILED)
        return "ERROR";
    return result->decision.outcome == OUTCOME_CHANGE || result->warning.n ? "WARN" : "INFO";
}

void timestamp_json(struct json_writer *json, double at_s)
{
    struct buffer text;
    buffer_init(&text, 64);
    double second = floor(at_s);
    format_instant(&text, second);
    if (text_ends(buffer_text(&text), TEXT("Z"))) {
        int n = (int)text.n - 1, milliseconds = (int)((at_s - second) * 1000);
        char stamp[64];
        snprintf(stamp, sizeof stamp, "%.*s.%03dZ", n, text.p, milliseconds);
        json_member_string(json, "timestamp", stamp);
    } else {
        json_member_text(json, "timestamp", buffer_text(&text));
    }
    buffer_release(&text);
}

// Did what was decided come about, or was there nothing to do?
static bool went_as_decided(enum applied applied)
{
    return applied == APPLIED_NOTHING || applied == APPLIED_DONE || applied == APPLIED_DRY;
}

// One line for whoever reads logs as they come.
static void message_json(struct json_writer *json, enum behaviour behaviour, const struct run_result *result)
{
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE_BYTES);
    buffer_printf(&text, "%s %.*s/%.*s: ", behaviour_name(behaviour), TEXT_ARG(result->name.cluster),
                  TEXT_ARG(result->name.service));
    if (result->error.n)
        buffer_add(&text, result->error);
    else if (!went_as_decided(result->applied))
        buffer_add(&text, text_of(applied_name(result->applied)));
    else if (result->decision.outcome == OUTCOME_FAILED)
        buffer_add(&text, result->decision.error);
    else
        buffer_add(&text, result->decision.status);
    if (result->warning.n)
        buffer_printf(&text, " (%.*s)", TEXT_ARG(result->warning));
    json_member_text(json, "message", buffer_text(&text));
    buffer_release(&text);
}

static void member_unless_empty(struct json_writer *json, const char *key, struct text text)
{
    if (text.n)
        json_member_text(json, key, text);
}

void caller_json(struct json_writer *json, const struct caller *caller)
{
    json_key(json, "caller");
    json_open_object(json);
    member_unless_empty(json, "userArn", caller->user_arn);
    member_unless_empty(json, "apiKeyId", caller->api_key_id);
    member_unless_empty(json, "sourceAddress", caller->source_address);
    member_unless_empty(json, "account", caller->account);
    member_unless_empty(json, "principal", caller->principal);
    member_unless_empty(json, "schedule", caller->schedule);
    member_unless_empty(json, "correlationId", caller->correlation_id);
    json_close_object(json);
}

static void policy_json(struct json_writer *json, const struct record_context *context)
{
    json_key(json, "policy");
    json_open_object(json);
    json_member_text(json, "name", context->policy->name);
    json_member_text(json, "file", context->policy->sources.items[0].path);
    json_member_text(json, "digest", context->policy_digest);
    json_close_object(json);
}

static void target_json(struct json_writer *json, const struct service_name *name)
{
    json_key(json, "target");
    json_open_object(json);
    json_member_text(json, "cluster", name->cluster);
    json_member_text(json, "service", name->service);
    json_close_object(json);
}

static void decision_json(struct json_writer *json, const struct policy *policy, const struct run_result *result)
{
    const struct decision *decision = &result->decision;
    const struct behaviour_rules *rules = &policy->behaviours[decision->behaviour];
    json_member_string(json, "decision", outcome_name(decision->outcome));
    if (decision->rule != RULE_NONE) {
        json_member_text(json, "rule", rules->rules[decision->rule].name);
        json_member_place(json, "place", policy, rules->rules[decision->rule].place);
    }
    json_member_text(json, "status", decision->status);
    if (decision->error.n)
        json_member_text(json, "decisionError", decision->error);
    json_key(json, "action");
    if (decision->outcome == OUTCOME_CHANGE) {
        json_open_object(json);
        json_member_count(json, "from", decision->before);
        json_member_count(json, "to", decision->desired);
        json_close_object(json);
    } else {
        json_null(json);
    }
}

static void what_became_json(struct json_writer *json, const struct record_context *context,
                             const struct run_result *result)
{
    json_member_string(json, "outcome", applied_name(result->applied));
    if (context->dry_run)
        json_member_bool(json, "dryRun", true);
    member_unless_empty(json, "error", result->error);
    member_unless_empty(json, "warning", result->warning);
}

void record_json(struct json_writer *json, const struct record_context *context, const struct run_result *result,
                 struct text prepared, double at_s)
{
    json_open_object(json);
    json_member_string(json, "level", record_level(result));
    timestamp_json(json, at_s);
    member_unless_empty(json, "requestId", context->request_id);
    message_json(json, context->behaviour, result);
    json_member_string(json, "behaviour", behaviour_name(context->behaviour));
    json_member_string(json, "trigger", trigger_name(context->trigger));
    caller_json(json, &context->caller);
    member_unless_empty(json, "traceId", context->trace_id);
    member_unless_empty(json, "functionArn", context->function_arn);
    policy_json(json, context);
    target_json(json, &result->name);
    if (prepared.n)
        decision_json(json, context->policy, result);
    what_became_json(json, context, result);
    if (prepared.n) {
        buffer_add_char(json->out, ',');
        buffer_add(json->out, prepared);
    }
    json_close_object(json);
}
