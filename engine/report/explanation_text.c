#include "engine/report/explanation.h"

#include <math.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"

#define LABEL_COLUMNS 10
#define RULE_INDENT 4
#define EXPRESSION_MOST 72  // wider expressions push their value to the right

static void label(struct buffer *out, const struct style *style, const char *name)
{
    paint_begin(out, style, PAINT_BOLD);
    pad_text(out, text_of(name), LABEL_COLUMNS);
    paint_end(out, style);
}

// ---- what was looked at -----------------------------------------------------------------------------------

static void decision_line(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    const struct decision *decision = &explanation->decision;
    label(out, style, "Decision");
    buffer_printf(out, "%s: %s", behaviour_name(decision->behaviour), outcome_name(decision->outcome));
    if (decision->outcome == OUTCOME_CHANGE)
        buffer_printf(out, " to %lld", (long long)decision->desired);
    if (decision->rule != RULE_NONE) {
        const struct rule *rule = explanation->rules[decision->rule].rule;
        buffer_printf(out, ", by rule %.*s (", TEXT_ARG(rule->name));
        place_format(out, explanation->policy, rule->place);
        buffer_add_char(out, ')');
    }
    if (decision->direction == DIRECTION_WAKE_NEVER_LOWERS)
        buffer_add(out, TEXT("; it asks for fewer tasks, and a wake never lowers"));
    if (decision->direction == DIRECTION_NEVER_RAISES)
        buffer_printf(out, "; it asks for more tasks, and a %s never raises", behaviour_name(decision->behaviour));
    buffer_add_char(out, '\n');
}

static void service_line(struct buffer *out, const struct style *style, const struct snapshot *snapshot)
{
    label(out, style, "Service");
    if (snapshot->stage < STAGE_STATE) {
        buffer_add(out, TEXT("not described: the decision does not depend on it\n"));
        return;
    }
    const struct service_state *state = &snapshot->state;
    buffer_printf(out, "desired %lld, running %lld, pending %lld, %.*s, %s\n", (long long)state->desired,
                  (long long)state->running, (long long)state->pending, TEXT_ARG(state->status),
                  state->deploying ? "a deployment is in progress" : "no deployment in progress");
    label(out, style, "Fence");
    if (isnan(state->fence_s)) {
        buffer_add(out, TEXT("none\n"));
        return;
    }
    format_instant(out, state->fence_s);
    buffer_add(out, TEXT(" ("));
    format_duration(out, snapshot->now_s - state->fence_s);
    buffer_printf(out, " ago), from %s: no metric from before it votes\n", fence_source_name(state->fence_source));
}

// A text from outside may hold line ends and worse.
static void value_line(struct buffer *out, uint8_t type, struct value value)
{
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE_BYTES);
    value_format(&text, type, value);
    line_text(out, buffer_text(&text), 0);
    buffer_release(&text);
}

static void params_lines(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    const struct policy *policy = explanation->policy;
    for (size_t i = 0; i < policy->param_count; i++) {
        const struct param_setting *setting = &explanation->params[i];
        label(out, style, i == 0 ? "Params" : "");
        buffer_printf(out, "%.*s = ", TEXT_ARG(policy->params[i].name));
        value_line(out, policy->params[i].type, setting->value);
        if (setting->origin == PARAM_POLICY) {
            buffer_add(out, TEXT(", the policy's default ("));
            place_format(out, policy, policy->params[i].place);
            buffer_add(out, TEXT(")\n"));
        } else {
            buffer_printf(out, ", from %s", param_origin_name(setting->origin));
            if (setting->origin_name.n)
                buffer_printf(out, " %.*s", TEXT_ARG(setting->origin_name));
            buffer_add_char(out, '\n');
        }
    }
}

static void metric_line(struct buffer *out, const struct metric *metric, const struct metric_view *view, double now_s)
{
    buffer_printf(out, "%.*s: ", TEXT_ARG(metric->name));
    if (view->status != METRIC_COMPLETE)
        buffer_add(out, TEXT("not read completely; "));
    if (!view->series || view->end == view->first) {
        buffer_add(out, TEXT("no points\n"));
        return;
    }
    size_t newest = view->end - 1;
    count_format(out, view->end - view->first, "point", "points");
    buffer_add(out, TEXT(", the newest "));
    format_duration(out, now_s - (double)view->series->at_s[newest]);
    buffer_add(out, TEXT(" old: "));
    if (metric->as_instant)
        format_instant(out, view->series->values[newest]);
    else
        buffer_add_number(out, view->series->values[newest]);
    buffer_add_char(out, '\n');
}

static void metrics_lines(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    const struct snapshot *snapshot = explanation->snapshot;
    if (snapshot->stage < STAGE_METRICS) {
        label(out, style, "Metrics");
        buffer_add(out, TEXT("not fetched: the decision does not depend on them\n"));
        return;
    }
    for (size_t i = 0; i < explanation->policy->metric_count; i++) {
        label(out, style, i == 0 ? "Metrics" : "");
        metric_line(out, &explanation->policy->metrics[i], &snapshot->metrics[i], snapshot->now_s);
    }
}

static void circumstances(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    const struct policy *policy = explanation->policy;
    label(out, style, "Now");
    format_instant(out, explanation->snapshot->now_s);
    buffer_printf(out, ", trigger %s\n", trigger_name(explanation->snapshot->trigger));
    label(out, style, "Policy");
    buffer_printf(out, "%.*s, %.*s, ", TEXT_ARG(policy->name), TEXT_ARG(policy->sources.items[0].path));
    policy_digest(policy, out);
    buffer_add_char(out, '\n');
    service_line(out, style, explanation->snapshot);
    params_lines(out, style, explanation);
    metrics_lines(out, style, explanation);
}

// ---- the rules --------------------------------------------------------------------------------------------

static enum paint result_paint(const struct reasoned_rule *rule)
{
    if (rule->held_back)
        return PAINT_YELLOW;
    switch (rule->result) {
    case RULE_FIRED:
        return PAINT_GREEN;
    case RULE_UNKNOWN:
        return PAINT_YELLOW;
    case RULE_FALSE:
    case RULE_NOT_REACHED:
        break;
    }
    return PAINT_DIM;
}

static size_t step_columns(const struct reasoning_step *step)
{
    return RULE_INDENT + 2 * step->depth + text_columns(step->expression);
}

static size_t expression_columns(const struct reasoned_rule *rule)
{
    size_t widest = 0;
    for (size_t i = 0; i < rule->step_count; i++) {
        size_t columns = step_columns(&rule->steps[i]);
        if (columns > widest && columns <= EXPRESSION_MOST)
            widest = columns;
    }
    return widest;
}

static void step_value(struct buffer *out, const struct policy *policy, const struct reasoning_step *step)
{
    if (!step->needed)
        buffer_add(out, TEXT("not needed"));
    else if (step->value.knowledge == UNFETCHED)
        buffer_add(out, TEXT("not fetched"));
    else
        value_format(out, policy->nodes[step->node].type, step->value);
}

static void step_line(struct buffer *out, const struct style *style, const struct policy *policy,
                      const struct reasoning_step *step, size_t columns)
{
    struct buffer value;
    buffer_init(&value, LIMIT_MESSAGE_BYTES);
    step_value(&value, policy, step);
    size_t indent = RULE_INDENT + 2 * step->depth;
    pad_blanks(out, indent);
    pad_text(out, step->expression, columns > indent ? columns - indent : 0);
    buffer_add(out, TEXT("  "));
    bool unknown = step->needed && step->value.knowledge != KNOWN;
    if (unknown || !step->needed)
        paint_begin(out, style, unknown ? PAINT_YELLOW : PAINT_DIM);
    struct buffer line;
    buffer_init(&line, LIMIT_MESSAGE_BYTES);
    line_text(&line, buffer_text(&value), 60);
    pad_text(out, buffer_text(&line), 20);
    buffer_release(&line);
    if (unknown || !step->needed)
        paint_end(out, style);
    buffer_add(out, TEXT("  "));
    paint_begin(out, style, PAINT_DIM);
    place_format(out, policy, policy->places[step->node]);
    paint_end(out, style);
    buffer_add_char(out, '\n');
    buffer_release(&value);
    if (!step->explains || step->value.knowledge == UNFETCHED)
        return;
    pad_blanks(out, indent + 2);
    buffer_add(out, TEXT("unknown, because "));
    why_format(out, policy, step->value);
    buffer_add_char(out, '\n');
}

static size_t rule_name_columns(const struct explanation *explanation)
{
    size_t widest = 0;
    for (size_t i = 0; i < explanation->rule_count; i++)
        if (explanation->rules[i].rule->name.n > widest)
            widest = explanation->rules[i].rule->name.n;
    return widest;
}

static void rules_lines(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    const struct policy *policy = explanation->policy;
    size_t names = rule_name_columns(explanation);
    paint_text(out, style, PAINT_BOLD,
               explanation->scripted ? TEXT("\nRules, of which a Lua function chooses one\n")
                                     : TEXT("\nRules, the first that matches wins\n"));
    for (size_t i = 0; i < explanation->rule_count; i++) {
        const struct reasoned_rule *rule = &explanation->rules[i];
        buffer_add(out, TEXT("  "));
        pad_text(out, rule->rule->name, names + 2);
        paint_begin(out, style, result_paint(rule));
        pad_text(out, text_of(rule_result_name(rule)), sizeof "not reached" + 1);
        paint_end(out, style);
        place_format(out, policy, rule->rule->place);
        if (!rule->rule->when && rule->result == RULE_FIRED && !explanation->scripted)
            buffer_add(out, TEXT("  (always matches)"));
        buffer_add_char(out, '\n');
        size_t columns = expression_columns(rule);
        for (size_t k = 0; k < rule->step_count; k++)
            step_line(out, style, policy, &rule->steps[k], columns);
    }
}

static void lets_lines(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    if (!explanation->scripted || explanation->let_count == 0)
        return;
    paint_text(out, style, PAINT_BOLD, TEXT("\nValues that the function was offered\n"));
    for (size_t i = 0; i < explanation->let_count; i++) {
        const struct reasoned_let *let = &explanation->lets[i];
        buffer_printf(out, "  %.*s = ", TEXT_ARG(let->let->name));
        value_line(out, explanation->policy->nodes[let->let->expression].type, let->value);
        if (let->value.knowledge != KNOWN) {
            buffer_add(out, TEXT(", because "));
            why_format(out, explanation->policy, let->value);
        }
        buffer_add_char(out, '\n');
    }
}

// ---- when it would change ---------------------------------------------------------------------------------

static void outlook_change(struct buffer *out, const struct explanation *explanation)
{
    const struct outlook *outlook = &explanation->outlook;
    format_instant(out, outlook->at_s);
    buffer_add(out, TEXT(" (in "));
    format_duration(out, outlook->at_s - explanation->snapshot->now_s);
    buffer_add(out, TEXT(") "));
    if (outlook->decision.need > STAGE_NOTHING) {
        buffer_printf(out, "from then on it depends on %s, which %s not looked at now\n",
                      outlook->decision.need == STAGE_METRICS ? "metrics" : "the service's state",
                      outlook->decision.need == STAGE_METRICS ? "were" : "was");
        return;
    }
    buffer_printf(out, "the outcome is %s", outcome_name(outlook->decision.outcome));
    if (outlook->decision.outcome == OUTCOME_CHANGE)
        buffer_printf(out, " to %lld", (long long)outlook->decision.desired);
    if (outlook->decision.rule != RULE_NONE)
        buffer_printf(out, ", by rule %.*s", TEXT_ARG(explanation->rules[outlook->decision.rule].rule->name));
    buffer_add(out, TEXT(": "));
    line_text(out, outlook->message, 0);
    buffer_add_char(out, '\n');
}

static void outlook_lines(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    if (!explanation->has_outlook)
        return;
    paint_text(out, style, PAINT_BOLD, TEXT("\nWhen it would change\n"));
    buffer_printf(out, "  If counts and metrics go on as they are now (decided again %s): ",
                  explanation->outlook.on_schedule ? "at each tick of its schedule" : "each minute");
    if (explanation->outlook.changes)
        outlook_change(out, explanation);
    else
        buffer_add(out, TEXT("not within 24 h\n"));
}

void explanation_text(struct buffer *out, const struct style *style, const struct explanation *explanation)
{
    paint_begin(out, style, PAINT_BOLD);
    line_text(out, explanation->headline, 0);
    paint_end(out, style);
    buffer_add(out, TEXT("\n\n"));
    decision_line(out, style, explanation);
    circumstances(out, style, explanation);
    rules_lines(out, style, explanation);
    lets_lines(out, style, explanation);
    outlook_lines(out, style, explanation);
}
