#include "engine/report/plan_table.h"

#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/report/json_parts.h"
#include "engine/report/table.h"

enum column { COLUMN_SERVICE, COLUMN_BEHAVIOUR, COLUMN_COUNT, COLUMN_OUTCOME, COLUMN_RULE, COLUMN_REASON, COLUMNS };

static const char *const headings[COLUMNS] = {"service", "behaviour", "tasks", "outcome", "rule", "reason"};

static void count_cell(struct buffer *out, int64_t count)
{
    if (count == COUNT_UNKNOWN)
        buffer_add_char(out, '?');
    else
        buffer_printf(out, "%lld", (long long)count);
}

static void counts_cell(struct buffer *out, const struct decision *decision)
{
    count_cell(out, decision->before);
    if (decision->outcome != OUTCOME_CHANGE)
        return;
    buffer_add(out, TEXT(" -> "));
    count_cell(out, decision->desired);
}

static const char *outcome_cell(const struct plan_line *line)
{
    if (line->result.status != PORT_OK)
        return "error";
    return line->result.decision.outcome == OUTCOME_NO_CHANGE ? "no change"
                                                              : outcome_name(line->result.decision.outcome);
}

static void cell(struct buffer *out, const struct policy *policy, const struct plan_line *line, enum column column)
{
    bool decided = line->result.status == PORT_OK;
    const struct decision *decision = &line->result.decision;
    switch (column) {
    case COLUMN_SERVICE:
        buffer_printf(out, "%.*s/%.*s", TEXT_ARG(line->result.name.cluster), TEXT_ARG(line->result.name.service));
        return;
    case COLUMN_BEHAVIOUR:
        buffer_add(out, text_of(behaviour_name(line->behaviour)));
        return;
    case COLUMN_COUNT:
        if (decided)
            counts_cell(out, decision);
        return;
    case COLUMN_OUTCOME:
        buffer_add(out, text_of(outcome_cell(line)));
        return;
    case COLUMN_RULE:
        if (decided && decision->rule != RULE_NONE)
            buffer_add(out, policy->behaviours[line->behaviour].rules[decision->rule].name);
        return;
    case COLUMN_REASON:
        buffer_add(out, decided ? line->answer.message : line->result.error);
        if (line->unsettled.n)
            buffer_printf(out, "; %.*s", TEXT_ARG(line->unsettled));
        return;
    case COLUMNS:
        return;
    }
}

static bool changes(const struct plan_line *line)
{
    return line->result.status == PORT_OK && line->result.decision.outcome == OUTCOME_CHANGE;
}

static void table_cell(const void *context, size_t row, size_t column, struct buffer *out)
{
    const struct plan *plan = context;
    cell(out, plan->policy, &plan->lines[row], (enum column)column);
}

static bool table_stands_out(const void *context, size_t row)
{
    const struct plan *plan = context;
    return changes(&plan->lines[row]);
}

static size_t count_changes(const struct plan_line *lines, size_t count)
{
    size_t changing = 0;
    for (size_t i = 0; i < count; i++)
        changing += changes(&lines[i]);
    return changing;
}

static void refusal_line(struct buffer *out, const struct style *style, const struct plan_refusal *refusal)
{
    paint_begin(out, style, PAINT_RED);
    buffer_printf(
        out, "A run of %s over all targets is refused: it would lower %zu of %zu services, and limits.%s allows %zu.",
        behaviour_name(refusal->behaviour), refusal->lowered, refusal->of, refusal->limit, refusal->allowed);
    paint_end(out, style);
    buffer_add_char(out, '\n');
}

void plan_table_text(struct buffer *out, const struct style *style, const struct plan *plan)
{
    struct table table = {headings, COLUMNS, plan->count, plan, table_cell, table_stands_out, false};
    table_text(out, style, &table);
    buffer_add_char(out, '\n');
    for (size_t i = 0; i < plan->refusal_count; i++)
        refusal_line(out, style, &plan->refusals[i]);
    size_t changing = count_changes(plan->lines, plan->count);
    if (changing)
        buffer_printf(out, "%zu of %zu decisions would change something. Nothing was changed.\n", changing,
                      plan->count);
    else
        buffer_add(out, TEXT("Nothing would change.\n"));
}

static void line_json(struct json_writer *json, const struct policy *policy, const struct plan_line *line)
{
    const struct decision *decision = &line->result.decision;
    json_open_object(json);
    json_member_text(json, "cluster", line->result.name.cluster);
    json_member_text(json, "service", line->result.name.service);
    json_member_string(json, "behaviour", behaviour_name(line->behaviour));
    if (line->result.status != PORT_OK) {
        json_member_text(json, "error", line->result.error);
        json_close_object(json);
        return;
    }
    json_member_string(json, "outcome", outcome_name(decision->outcome));
    json_member_count(json, "before", decision->before);
    json_member_count(json, "desired", decision->desired);
    if (decision->rule != RULE_NONE) {
        const struct rule *rule = &policy->behaviours[line->behaviour].rules[decision->rule];
        json_member_text(json, "rule", rule->name);
        json_member_place(json, "place", policy, rule->place);
    }
    json_member_text(json, "status", answer_status(&line->result));
    json_member_text(json, "message", line->answer.message);
    if (line->unsettled.n)
        json_member_text(json, "unsettled", line->unsettled);
    json_close_object(json);
}

static void refusals_json(struct json_writer *json, const struct plan *plan)
{
    json_key(json, "refusedOverAll");
    json_open_array(json);
    for (size_t i = 0; i < plan->refusal_count; i++) {
        json_open_object(json);
        json_member_string(json, "behaviour", behaviour_name(plan->refusals[i].behaviour));
        json_member_string(json, "limit", plan->refusals[i].limit);
        json_member_int(json, "lowered", (int64_t)plan->refusals[i].lowered);
        json_member_int(json, "of", (int64_t)plan->refusals[i].of);
        json_member_int(json, "allowed", (int64_t)plan->refusals[i].allowed);
        json_close_object(json);
    }
    json_close_array(json);
}

void plan_table_json(struct json_writer *json, const struct plan *plan)
{
    json_open_object(json);
    json_member_policy(json, plan->policy);
    json_member_int(json, "changes", (int64_t)count_changes(plan->lines, plan->count));
    if (plan->refusal_count)
        refusals_json(json, plan);
    json_key(json, "plan");
    json_open_array(json);
    for (size_t i = 0; i < plan->count; i++)
        line_json(json, plan->policy, &plan->lines[i]);
    json_close_array(json);
    json_close_object(json);
}
