#include "engine/report/status_table.h"

#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/report/explanation.h"
#include "engine/report/json_parts.h"
#include "engine/report/table.h"

enum column { COLUMN_SERVICE, COLUMN_TASKS, COLUMN_IS, COLUMN_NEXT, COLUMN_RULE, COLUMN_REASON, COLUMNS };

static const char *const headings[COLUMNS] = {"service", "tasks", "is", "next change", "rule", "reason"};

// "asleep", "up", "starting", "stopping".
static const char *service_condition(const struct service_state *state)
{
    if (state->desired == 0)
        return state->running > 0 ? "stopping" : "asleep";
    return state->running == 0 ? "starting" : "up";
}

// What it is, as far as it is known.
static const char *condition_of(const struct status_line *line)
{
    if (line->described && line->result.applied != APPLIED_PASSED)
        return service_condition(&line->result.snapshot.state);
    if (line->result.applied == APPLIED_PASSED || line->result.status == PORT_REFUSED)
        return "left alone";
    return line->result.status == PORT_NOT_FOUND ? "missing" : "unknown";
}

static bool has_rule(const struct status_line *line)
{
    return line->result.status == PORT_OK && line->result.decision.rule != RULE_NONE;
}

static const struct rule *rule_of(const struct status *status, const struct status_line *line)
{
    const struct decision *decision = &line->result.decision;
    return &status->policy->behaviours[decision->behaviour].rules[decision->rule];
}

static void next_cell(struct buffer *out, const struct status *status, const struct status_line *line)
{
    if (!line->has_next)
        return;
    double in_s = line->next.at_s - status->now_s;
    buffer_printf(out, "%s in ", behaviour_name(line->next_behaviour));
    format_duration(out, in_s > 0 ? in_s : 0);
    // What was not gathered may yet settle it.
    if (line->next.decision.need > STAGE_NOTHING)
        buffer_add_char(out, '?');
}

// Why it is up or down; where nothing was decided, why that is.
static struct text message_of(const struct status *status, const struct status_line *line)
{
    if (line->result.status != PORT_OK)
        return line->result.error;
    if (line->result.applied == APPLIED_PASSED)
        return TEXT("it takes no changes: it is draining, inactive or a daemon");
    if (!status->policy->behaviours[BEHAVIOUR_SLEEP].present)
        return TEXT("the policy has no sleep");
    return line->answer.message;
}

static void reason_cell(struct buffer *out, const struct status *status, const struct status_line *line)
{
    if (line->result.status == PORT_OK && line->result.decision.outcome == OUTCOME_CHANGE)
        buffer_add(out, TEXT("due for sleep: "));
    buffer_add(out, message_of(status, line));
    if (line->unsettled.n)
        buffer_printf(out, "; %.*s", TEXT_ARG(line->unsettled));
}

static void status_cell(const void *context, size_t row, size_t column, struct buffer *out)
{
    const struct status *status = context;
    const struct status_line *line = &status->lines[row];
    const struct service_state *state = &line->result.snapshot.state;
    switch ((enum column)column) {
    case COLUMN_SERVICE:
        buffer_printf(out, "%.*s/%.*s", TEXT_ARG(line->result.name.cluster), TEXT_ARG(line->result.name.service));
        return;
    case COLUMN_TASKS:
        if (line->described)
            buffer_printf(out, "%lld of %lld", (long long)state->running, (long long)state->desired);
        return;
    case COLUMN_IS:
        buffer_add(out, text_of(condition_of(line)));
        return;
    case COLUMN_NEXT:
        next_cell(out, status, line);
        return;
    case COLUMN_RULE:
        if (has_rule(line))
            buffer_add(out, rule_of(status, line)->name);
        return;
    case COLUMN_REASON:
        reason_cell(out, status, line);
        return;
    case COLUMNS:
        return;
    }
}

// What is held is what somebody looks for.
static bool is_held(const void *context, size_t row)
{
    const struct status *status = context;
    const struct run_result *result = &status->lines[row].result;
    return result->status == PORT_OK && result->decision.outcome == OUTCOME_HELD;
}

void status_table_text(struct buffer *out, const struct style *style, const struct status *status)
{
    struct table table = {headings, COLUMNS, status->count, status, status_cell, is_held, true};
    table_text(out, style, &table);
}

static void decision_json(struct json_writer *json, const struct status *status, const struct status_line *line)
{
    const struct decision *decision = &line->result.decision;
    if (line->result.applied == APPLIED_PASSED || !status->policy->behaviours[BEHAVIOUR_SLEEP].present) {
        json_member_text(json, "message", message_of(status, line));
        return;
    }
    json_member_string(json, "behaviour", behaviour_name((enum behaviour)decision->behaviour));
    json_member_string(json, "outcome", outcome_name((enum outcome)decision->outcome));
    if (has_rule(line)) {
        const struct rule *rule = rule_of(status, line);
        json_member_text(json, "rule", rule->name);
        json_member_place(json, "place", status->policy, rule->place);
    }
    json_member_text(json, "message", line->answer.message);
    if (decision->outcome == OUTCOME_HELD) {
        const struct rule *rules = status->policy->behaviours[decision->behaviour].rules;
        if (decision->held_by != RULE_NONE)
            json_member_text(json, "heldBy", rules[decision->held_by].name);
        json_member_why(json, "heldBecause", status->policy, decision->unknown);
    }
    if (line->unsettled.n)
        json_member_text(json, "unsettled", line->unsettled);
}

static void state_json(struct json_writer *json, const struct service_state *state)
{
    json_member_count(json, "desiredCount", state->desired);
    json_member_count(json, "runningCount", state->running);
    json_member_count(json, "pendingCount", state->pending);
    json_member_bool(json, "deploying", state->deploying);
    json_member_instant(json, "wokenAt", state->woken_at_s);
    json_member_instant(json, "fence", state->fence_s);
    json_member_string(json, "fenceFrom", fence_source_name((enum fence_source)state->fence_source));
}

static void next_json(struct json_writer *json, const struct status *status, const struct status_line *line)
{
    json_key(json, "nextChange");
    if (!line->has_next) {
        json_null(json);
        return;
    }
    const struct decision *decision = &line->next.decision;
    json_open_object(json);
    json_member_instant(json, "at", line->next.at_s);
    json_member_string(json, "behaviour", behaviour_name(line->next_behaviour));
    bool settled = decision->need == STAGE_NOTHING;
    json_member_bool(json, "certain", settled);
    if (settled)
        json_member_count(json, "desiredCount", decision->desired);
    if (settled && decision->rule != RULE_NONE)
        json_member_text(json, "rule", status->policy->behaviours[line->next_behaviour].rules[decision->rule].name);
    json_close_object(json);
}

void status_table_json(struct json_writer *json, const struct status *status)
{
    json_open_object(json);
    json_member_policy(json, status->policy);
    json_member_instant(json, "now", status->now_s);
    json_key(json, "services");
    json_open_array(json);
    for (size_t i = 0; i < status->count; i++) {
        const struct status_line *line = &status->lines[i];
        json_open_object(json);
        json_member_text(json, "cluster", line->result.name.cluster);
        json_member_text(json, "service", line->result.name.service);
        json_member_string(json, "is", condition_of(line));
        if (line->described)
            state_json(json, &line->result.snapshot.state);
        if (line->result.status == PORT_OK)
            decision_json(json, status, line);
        else
            json_member_text(json, "error", line->result.error);
        next_json(json, status, line);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}
