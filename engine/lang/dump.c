// The compiled policy as text, for golden files and for a person who wants to see what a chain of `extends` came to.
#include "engine/lang/loader.h"

#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/message.h"
#include "engine/core/schedule.h"

#define DAYS_A_WEEK 7
#define EVERY_DAY 0x7F
#define WHOLE_DAY_MIN (DAY_S / MINUTE_S)

struct dump {
    const struct policy *policy;
    struct buffer *out;
    struct arena scratch;
};

static void add_text(struct buffer *out, struct text text)
{
    buffer_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\n') {
            buffer_add(out, TEXT("\\n"));
            continue;
        }
        if (c == '"' || c == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, c);
    }
    buffer_add_char(out, '"');
}

// ---- order ------------------------------------------------------------------------------------------------

struct named_index {
    struct text name;
    size_t index;
};

static int by_name(const void *left, const void *right)
{
    const struct named_index *a = left, *b = right;
    return text_compare(a->name, b->name);
}

// Names come in any order and mean the same: here they are sorted. `names` begins at the name of the first item.
static struct named_index *sorted(struct dump *dump, const struct text *names, size_t stride, size_t count)
{
    struct named_index *order = ARENA_ARRAY(&dump->scratch, count, struct named_index);
    const void *start = names;
    for (size_t i = 0; i < count; i++) {
        const char *item = start;
        const void *name = item + i * stride;
        const struct text *text = name;
        order[i] = (struct named_index){*text, i};
    }
    if (count)
        qsort(order, count, sizeof *order, by_name);
    return order;
}

#define SORTED(dump, items, count) sorted((dump), &(items)->name, sizeof *(items), (count))

// ---- definitions ------------------------------------------------------------------------------------------

static void add_typed(struct buffer *out, uint8_t type, struct value value)
{
    if (type == TYPE_TEXT)
        add_text(out, value.text);
    else if (type == TYPE_BOOLEAN)
        buffer_printf(out, "%s", value.truth ? "true" : "false");
    else if (type == TYPE_DURATION)
        format_duration_literal(out, value.number);
    else
        buffer_add_number(out, value.number);
}

static void add_bound(struct buffer *out, const char *label, const struct param *param, double bound)
{
    buffer_printf(out, " %s ", label);
    add_typed(out, param->type, (struct value){.number = bound, .knowledge = KNOWN});
}

static void dump_params(struct dump *dump)
{
    const struct policy *policy = dump->policy;
    struct named_index *order = SORTED(dump, policy->params, policy->param_count);
    for (size_t i = 0; i < policy->param_count; i++) {
        const struct param *param = &policy->params[order[i].index];
        buffer_printf(dump->out, "param %.*s %s default ", TEXT_ARG(param->name), type_name((enum type)param->type));
        add_typed(dump->out, param->type, param->fallback);
        if (param->has_min)
            add_bound(dump->out, "min", param, param->min);
        if (param->has_max)
            add_bound(dump->out, "max", param, param->max);
        if (param->type == TYPE_DURATION)
            add_bound(dump->out, "unit", param, param->unit_s);
        if (param->env.n)
            buffer_printf(dump->out, " env %.*s", TEXT_ARG(param->env));
        if (param->request.n)
            buffer_printf(dump->out, " request %.*s", TEXT_ARG(param->request));
        buffer_add_char(dump->out, '\n');
    }
}

static void dump_metric(struct dump *dump, const struct metric *metric)
{
    struct buffer *out = dump->out;
    struct named_index *order = SORTED(dump, metric->dimensions, metric->dimension_count);
    buffer_printf(out, "metric %.*s ", TEXT_ARG(metric->name));
    add_text(out, metric->metric_namespace);
    buffer_add_char(out, ' ');
    add_text(out, metric->metric);
    buffer_printf(out, " %.*s period ", TEXT_ARG(metric->stat));
    format_duration_literal(out, metric->period_s);
    buffer_printf(out, " lag ");
    format_duration_literal(out, metric->lag_s);
    buffer_printf(out, " coverage ");
    buffer_add_number(out, metric->coverage);
    if (metric->as_instant)
        buffer_printf(out, " as instant");
    if (metric->missing == MISSING_IS) {
        struct text heartbeat =
            metric->missing_while < 0 ? TEXT("none") : dump->policy->metrics[metric->missing_while].name;
        buffer_printf(out, " missing is ");
        buffer_add_number(out, metric->missing_is);
        buffer_printf(out, " while %.*s", TEXT_ARG(heartbeat));
    }
    for (size_t i = 0; i < metric->dimension_count; i++) {
        const struct dimension *dimension = &metric->dimensions[order[i].index];
        buffer_printf(out, " %s", i ? "" : "dimensions ");
        add_text(out, dimension->name);
        buffer_add_char(out, '=');
        add_text(out, dimension->value);
    }
    buffer_add_char(out, '\n');
}

static void dump_metrics(struct dump *dump)
{
    const struct policy *policy = dump->policy;
    struct named_index *order = SORTED(dump, policy->metrics, policy->metric_count);
    for (size_t i = 0; i < policy->metric_count; i++)
        dump_metric(dump, &policy->metrics[order[i].index]);
}

static void add_date(struct buffer *out, int32_t day)
{
    struct civil civil = civil_from_day(day);
    buffer_printf(out, "%04d-%02d-%02d", (int)civil.year, civil.month, civil.day);
}

static void dump_span(struct dump *dump, const struct window_span *span)
{
    static const char *const days[DAYS_A_WEEK] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct buffer *out = dump->out;
    buffer_printf(out, " ");
    for (int i = 0; i < DAYS_A_WEEK && span->days != EVERY_DAY; i++) {
        if (span->days & 1u << i)
            buffer_printf(out, " %s", days[i]);
    }
    if (span->has_dates) {
        buffer_add_char(out, ' ');
        add_date(out, span->first_date);
        buffer_printf(out, "..");
        add_date(out, span->last_date);
    }
    if (span->from_min != 0 || span->to_min != WHOLE_DAY_MIN)
        buffer_printf(out, " %02d:%02d-%02d:%02d", span->from_min / 60, span->from_min % 60, span->to_min / 60,
                      span->to_min % 60);
    buffer_printf(out, " %.*s", TEXT_ARG(zone_name(span->zone)));
    for (size_t i = 0; i < span->except_count; i++) {
        buffer_printf(out, i ? " " : " except ");
        add_date(out, span->except[i]);
    }
    buffer_add_char(out, '\n');
}

static void dump_windows(struct dump *dump)
{
    const struct policy *policy = dump->policy;
    struct named_index *order = SORTED(dump, policy->windows, policy->window_count);
    for (size_t i = 0; i < policy->window_count; i++) {
        const struct window *window = &policy->windows[order[i].index];
        buffer_printf(dump->out, "window %.*s\n", TEXT_ARG(window->name));
        for (size_t k = 0; k < window->span_count; k++)
            dump_span(dump, &window->spans[k]);
    }
}

static void dump_named_expression(struct dump *dump, const char *what, struct text name, node_index expression)
{
    buffer_printf(dump->out, "%s %.*s = ", what, TEXT_ARG(name));
    expression_dump(dump->policy, expression, dump->out);
    buffer_add_char(dump->out, '\n');
}

static void dump_expressions(struct dump *dump)
{
    const struct policy *policy = dump->policy;
    struct named_index *order = SORTED(dump, policy->lets, policy->let_count);
    for (size_t i = 0; i < policy->let_count; i++)
        dump_named_expression(dump, "let", order[i].name, policy->lets[order[i].index].expression);
    order = SORTED(dump, policy->report, policy->report_count);
    for (size_t i = 0; i < policy->report_count; i++)
        dump_named_expression(dump, "report", order[i].name, policy->report[order[i].index].expression);
}

// ---- behaviours -------------------------------------------------------------------------------------------

static void dump_piece(struct dump *dump, const struct piece *piece)
{
    static const char *const formats[] = {
        [PIECE_LITERAL] = "",         [PIECE_PLAIN] = "",           [PIECE_FIXED] = "",
        [PIECE_SECONDS] = ":seconds", [PIECE_MINUTES] = ":minutes", [PIECE_DURATION] = ":duration",
        [PIECE_ISO] = ":iso",
    };
    if (piece->format == PIECE_LITERAL) {
        add_text(dump->out, piece->literal);
        return;
    }
    buffer_add_char(dump->out, '{');
    expression_dump(dump->policy, piece->expression, dump->out);
    if (piece->format == PIECE_FIXED)
        buffer_printf(dump->out, ":.%uf", (unsigned)piece->decimals);
    buffer_printf(dump->out, "%s}", formats[piece->format]);
}

static void dump_rule(struct dump *dump, const struct rule *rule)
{
    struct buffer *out = dump->out;
    buffer_printf(out, "  rule %.*s\n", TEXT_ARG(rule->name));
    if (rule->when) {
        buffer_printf(out, "    when ");
        expression_dump(dump->policy, rule->when, out);
        buffer_add_char(out, '\n');
    }
    if (rule->scale_to) {
        buffer_printf(out, "    scale_to ");
        expression_dump(dump->policy, rule->scale_to, out);
        buffer_add_char(out, '\n');
    }
    if (rule->refuse)
        buffer_printf(out, "    refuse\n");
    buffer_printf(out, "    status %.*s\n    message", TEXT_ARG(rule->status));
    for (size_t i = 0; i < rule->message.count; i++) {
        buffer_add_char(out, ' ');
        dump_piece(dump, &rule->message.pieces[i]);
    }
    buffer_add_char(out, '\n');
}

static void dump_script(struct dump *dump, const struct behaviour_rules *rules)
{
    struct text source = dump->policy->sources.items[rules->script_source].content;
    for (size_t i = 0; i < rules->count; i++)
        buffer_printf(dump->out, "  rule %.*s\n", TEXT_ARG(rules->rules[i].name));
    buffer_printf(dump->out, "  script sha256:%.*s\n", TEXT_ARG(sha256_hex(&dump->scratch, &source, 1)));
}

static void dump_behaviour(struct dump *dump, enum behaviour behaviour)
{
    const struct behaviour_rules *rules = &dump->policy->behaviours[behaviour];
    const struct schedule *schedule = dump->policy->schedules[behaviour];
    if (schedule)
        buffer_printf(dump->out, "schedule %s %.*s %.*s\n", behaviour_name(behaviour), TEXT_ARG(schedule->expression),
                      TEXT_ARG(schedule->zone ? zone_name(schedule->zone) : TEXT("UTC")));
    if (!rules->present)
        return;
    buffer_printf(dump->out, "%s\n", behaviour_name(behaviour));
    for (size_t i = 0; i < rules->count && !rules->scripted; i++)
        dump_rule(dump, &rules->rules[i]);
    if (rules->scripted)
        dump_script(dump, rules);
}

static void dump_share(struct dump *dump, const char *name, struct share share)
{
    if (!share.present)
        return;
    buffer_printf(dump->out, " %s ", name);
    buffer_add_number(dump->out, share.amount);
    buffer_printf(dump->out, share.percent ? "%%" : "");
}

static void dump_head(struct dump *dump)
{
    const struct policy *policy = dump->policy;
    buffer_printf(dump->out, "policy 1 ");
    add_text(dump->out, policy->name);
    buffer_add_char(dump->out, '\n');
    for (size_t i = 0; i < policy->target_count; i++)
        buffer_printf(dump->out, "target %.*s/%.*s\n", TEXT_ARG(policy->targets[i].cluster),
                      TEXT_ARG(policy->targets[i].service));
    buffer_printf(dump->out, "cold_start ");
    format_duration_literal(dump->out, policy->cold_start_s);
    buffer_printf(dump->out, "\nstale_after ");
    format_duration_literal(dump->out, policy->stale_after_s);
    buffer_printf(dump->out, "\nlimits max_count %u", (unsigned)policy->max_count);
    dump_share(dump, "max_slept", policy->max_slept);
    dump_share(dump, "max_killed", policy->max_killed);
    buffer_add_char(dump->out, '\n');
}

void policy_dump(const struct policy *policy, struct buffer *out)
{
    struct dump dump = {.policy = policy, .out = out};
    arena_init(&dump.scratch);
    dump_head(&dump);
    dump_params(&dump);
    dump_metrics(&dump);
    dump_windows(&dump);
    dump_expressions(&dump);
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        dump_behaviour(&dump, (enum behaviour)i);
    arena_release(&dump.scratch);
}
