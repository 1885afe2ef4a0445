#include "engine/core/evaluator.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/series.h"
#include "engine/core/value.h"
#include "engine/core/window.h"

void evaluator_init(struct evaluator *evaluator, const struct policy *policy, struct arena *arena)
{
    *evaluator = (struct evaluator){.policy = policy, .arena = arena};
    evaluator->lets = ARENA_ARRAY(arena, policy->let_count, struct let_slot);
}

void evaluator_begin(struct evaluator *evaluator, const struct snapshot *snapshot)
{
    evaluator->snapshot = snapshot;
    evaluator->epoch++;
}

struct value param_value(const struct evaluator *evaluator, uint32_t param, enum param_origin *origin)
{
    const struct param_setting *settings = evaluator->snapshot->params;
    if (settings && settings[param].value.knowledge == KNOWN) {
        *origin = settings[param].origin;
        return settings[param].value;
    }
    *origin = PARAM_POLICY;
    return evaluator->policy->params[param].fallback;
}

static struct value instant_or_not_set(double at_s)
{
    return isnan(at_s) ? value_unknown(WHY_NOT_SET) : value_number(at_s);
}

static double at_least_zero(double span_s)
{
    return span_s > 0 ? span_s : 0;
}

static struct value uptime(const struct snapshot *snapshot)
{
    if (snapshot->state.running == 0)
        return value_number(0);
    if (isnan(snapshot->state.fence_s))
        return value_unknown(WHY_NOT_SET);
    return value_number(at_least_zero(snapshot->now_s - snapshot->state.fence_s));
}

static struct text trigger_text(enum trigger trigger)
{
    switch (trigger) {
    case TRIGGER_REQUEST:
        return TEXT("request");
    case TRIGGER_SCHEDULE:
        return TEXT("schedule");
    case TRIGGER_CLI:
        break;
    }
    return TEXT("cli");
}

static struct value state_value(const struct snapshot *snapshot, enum builtin builtin)
{
    const struct service_state *state = &snapshot->state;
    if (snapshot->stage < STAGE_STATE)
        return value_unfetched();
    switch (builtin) {
    case BUILTIN_DESIRED:
        return value_number((double)state->desired);
    case BUILTIN_RUNNING:
        return value_number((double)state->running);
    case BUILTIN_PENDING:
        return value_number((double)state->pending);
    case BUILTIN_DEPLOYING:
        return value_truth(state->deploying);
    case BUILTIN_DEPLOYED_AT:
        return instant_or_not_set(state->deployed_at_s);
    case BUILTIN_WOKEN_AT:
        return state->tags_read ? instant_or_not_set(state->woken_at_s) : value_unknown(WHY_TAGS_DENIED);
    case BUILTIN_UPTIME:
        return uptime(snapshot);
    case BUILTIN_SERVICE_STATUS:
    case BUILTIN_NOW:
    case BUILTIN_CLUSTER:
    case BUILTIN_SERVICE:
    case BUILTIN_TRIGGER:
    case BUILTIN_COUNT:
        break;
    }
    return value_text(state->status);
}

struct value builtin_value(const struct snapshot *snapshot, enum builtin builtin)
{
    switch (builtin) {
    case BUILTIN_NOW:
        return value_number(snapshot->now_s);
    case BUILTIN_CLUSTER:
        return value_text(snapshot->cluster);
    case BUILTIN_SERVICE:
        return value_text(snapshot->service);
    case BUILTIN_TRIGGER:
        return value_text(trigger_text(snapshot->trigger));
    case BUILTIN_DESIRED:
    case BUILTIN_RUNNING:
    case BUILTIN_PENDING:
    case BUILTIN_DEPLOYING:
    case BUILTIN_DEPLOYED_AT:
    case BUILTIN_UPTIME:
    case BUILTIN_WOKEN_AT:
    case BUILTIN_SERVICE_STATUS:
    case BUILTIN_COUNT:
        break;
    }
    return state_value(snapshot, builtin);
}

struct value tag_value(const struct snapshot *snapshot, struct text key)
{
    const struct service_state *state = &snapshot->state;
    if (snapshot->stage < STAGE_STATE)
        return value_unfetched();
    if (!state->tags_read)
        return value_unknown(WHY_TAGS_DENIED);
    for (size_t i = 0; i < state->tag_count; i++)
        if (text_eq(state->tags[i].key, key))
            return value_text(state->tags[i].value);
    return value_text(TEXT(""));
}

// Of two values that are not both known: what is to be fetched is asked for before anything is called unknown.
static struct value either_unknown(const struct value *a, const struct value *b)
{
    if (a->knowledge == UNFETCHED || b->knowledge == KNOWN)
        return *a;
    return b->knowledge == UNFETCHED || a->knowledge == KNOWN ? *b : *a;
}

// Kleene's `and` where `decisive` is false, `or` where it is true: one decisive operand settles it.
static struct value evaluate_logic(struct evaluator *evaluator, const struct node *node, bool decisive)
{
    struct value a = evaluate(evaluator, node->a);
    if (a.knowledge == KNOWN && a.truth == decisive)
        return value_truth(decisive);
    struct value b = evaluate(evaluator, node->b);
    if (b.knowledge == KNOWN && b.truth == decisive)
        return value_truth(decisive);
    return a.knowledge == KNOWN && b.knowledge == KNOWN ? value_truth(!decisive) : either_unknown(&a, &b);
}

static struct value evaluate_and(struct evaluator *evaluator, const struct node *node)
{
    return evaluate_logic(evaluator, node, false);
}

static struct value evaluate_or(struct evaluator *evaluator, const struct node *node)
{
    return evaluate_logic(evaluator, node, true);
}

static bool same(enum type type, const struct value *a, const struct value *b)
{
    switch (type) {
    case TYPE_BOOLEAN:
        return a->truth == b->truth;
    case TYPE_TEXT:
        return text_eq(a->text, b->text);
    case TYPE_NUMBER:
    case TYPE_DURATION:
    case TYPE_INSTANT:
        break;
    }
    return a->number == b->number;
}

// Inline: a call here costs a decision a third of its speed (149 to 210 ns).
static inline struct value combine_known(const struct node *node, const struct value *a, const struct value *b)
{
    switch ((enum op)node->op) {
    case OP_EQUAL:
        return value_truth(same(node->operands, a, b));
    case OP_UNEQUAL:
        return value_truth(!same(node->operands, a, b));
    case OP_LESS:
        return value_truth(a->number < b->number);
    case OP_LESS_EQUAL:
        return value_truth(a->number <= b->number);
    case OP_GREATER:
        return value_truth(a->number > b->number);
    case OP_GREATER_EQUAL:
        return value_truth(a->number >= b->number);
    case OP_ADD:
        return value_number(a->number + b->number);
    case OP_SUBTRACT:
        return value_number(a->number - b->number);
    case OP_MULTIPLY:
        return value_number(a->number * b->number);
    case OP_DIVIDE:
        return value_number(a->number / b->number);
    case OP_LEAST:
        return value_number(fmin(a->number, b->number));
    case OP_GREATEST:
        return value_number(fmax(a->number, b->number));
    case OP_MATCHES:
        return value_truth(text_glob(a->text, b->text));
    case OP_NONE:
    case OP_CONSTANT:
    case OP_TEXT:
    case OP_BUILTIN:
    case OP_PARAM:
    case OP_LET:
    case OP_NOT:
    case OP_NEGATE:
    case OP_AND:
    case OP_OR:
    case OP_IN_WINDOW:
    case OP_IN_NAMED_WINDOW:
    case OP_AGGREGATE:
    case OP_AGE:
    case OP_QUIET_FOR:
    case OP_SINCE:
    case OP_OTHERWISE:
    case OP_KNOWN:
    case OP_INSTANT:
    case OP_NUMBER:
    case OP_TAG:
        break;
    }
    return value_unknown(WHY_ARITHMETIC);
}

static struct value evaluate_binary(struct evaluator *evaluator, const struct node *node)
{
    struct value a = evaluate(evaluator, node->a);
    struct value b = evaluate(evaluator, node->b);
    if (a.knowledge != KNOWN || b.knowledge != KNOWN)
        return either_unknown(&a, &b);
    return combine_known(node, &a, &b);
}

struct value value_combine(const struct node *node, const struct value *a, const struct value *b)
{
    return combine_known(node, a, b);
}

static struct value parse_known(enum op op, struct text text)
{
    double number = 0;
    bool parsed = op == OP_INSTANT ? parse_instant(text, &number) : text_to_double(text, &number);
    return parsed ? value_number(number) : value_unknown(WHY_UNPARSABLE);
}

static struct value evaluate_unary(struct evaluator *evaluator, const struct node *node)
{
    struct value a = evaluate(evaluator, node->a);
    enum op op = node->op;
    if (op == OP_KNOWN)
        return a.knowledge == UNFETCHED ? a : value_truth(a.knowledge == KNOWN);
    if (a.knowledge != KNOWN)
        return a;
    if (op == OP_NOT)
        return value_truth(!a.truth);
    if (op == OP_NEGATE)
        return value_number(-a.number);
    if (op == OP_SINCE)
        return value_number(at_least_zero(evaluator->snapshot->now_s - a.number));
    if (op == OP_TAG)
        return tag_value(evaluator->snapshot, a.text);
    return parse_known(op, a.text);
}

// The first that is known; what is not fetched yet may become known, so it is waited for.
static struct value evaluate_otherwise(struct evaluator *evaluator, const struct node *node)
{
    struct value a = evaluate(evaluator, node->a);
    return a.knowledge == UNKNOWN ? evaluate(evaluator, node->b) : a;
}

static struct value window_by_name(const struct policy *policy, struct text name, double at_s)
{
    for (size_t i = 0; i < policy->window_count; i++)
        if (text_eq(policy->windows[i].name, name))
            return value_truth(window_contains(&policy->windows[i], at_s));
    return value_unknown(WHY_NO_WINDOW);
}

static struct value evaluate_window(struct evaluator *evaluator, const struct node *node)
{
    struct value at = evaluate(evaluator, node->a);
    if (node->op == OP_IN_WINDOW) {
        if (at.knowledge != KNOWN)
            return at;
        return value_truth(window_contains(&evaluator->policy->windows[node->b], at.number));
    }
    struct value name = evaluate(evaluator, node->b);
    if (at.knowledge != KNOWN || name.knowledge != KNOWN)
        return either_unknown(&at, &name);
    return window_by_name(evaluator->policy, name.text, at.number);
}

// KNOWN where a span of the metric can be looked at, else the unknown to hand on.
static struct value span_within_reach(const struct snapshot *snapshot, uint32_t metric, double length_s)
{
    if (snapshot->stage < STAGE_STATE)
        return value_unfetched();
    // A service that runs nothing has metrics that say nothing: no need to ask for them.
    if (snapshot->state.running == 0)
        return value_unknown_metric(WHY_NOT_STARTED, metric);
    if (snapshot->stage < STAGE_METRICS)
        return value_unfetched();
    if (!(length_s > 0 && length_s <= (double)LIMIT_SPAN_S))
        return value_unknown(WHY_ARITHMETIC);
    return value_number(length_s);
}

struct value evaluate_span(struct evaluator *evaluator, uint32_t metric, double length_s, struct span *span)
{
    struct value within_reach = span_within_reach(evaluator->snapshot, metric, length_s);
    if (within_reach.knowledge != KNOWN)
        return within_reach;
    span_find(evaluator->policy, evaluator->snapshot, metric, length_s, span);
    return span->unknown;
}

static struct value evaluate_metric(struct evaluator *evaluator, const struct node *node)
{
    struct value length = evaluate(evaluator, node->b);
    if (length.knowledge != KNOWN)
        return length;
    const struct snapshot *snapshot = evaluator->snapshot;
    struct value within_reach = span_within_reach(snapshot, node->a, length.number);
    if (within_reach.knowledge != KNOWN)
        return within_reach;
    struct span span;
    span_find(evaluator->policy, snapshot, node->a, length.number, &span);
    if (span.unknown.knowledge != KNOWN)
        return span.unknown;
    const struct metric *metric = &evaluator->policy->metrics[node->a];
    const struct metric_view *view = &snapshot->metrics[node->a];
    if (node->op == OP_AGE)
        return span_age(snapshot, view, &span);
    if (node->op == OP_AGGREGATE)
        return span_aggregate(metric, snapshot, view, &span, node->c, node->number, evaluator->arena);
    struct value threshold = evaluate(evaluator, node->c);
    return threshold.knowledge == KNOWN ? span_quiet_for(metric, snapshot, view, &span, threshold.number) : threshold;
}

struct value evaluate_let(struct evaluator *evaluator, uint32_t let)
{
    struct let_slot *slot = &evaluator->lets[let];
    if (slot->epoch == evaluator->epoch)
        return slot->value;
    struct value value = evaluate(evaluator, evaluator->policy->lets[let].expression);
    *slot = (struct let_slot){.value = value, .epoch = evaluator->epoch};
    return value;
}

static struct value evaluate_none(struct evaluator *evaluator, const struct node *node)
{
    (void)evaluator, (void)node;
    return value_unknown(WHY_ARITHMETIC);
}

static struct value evaluate_constant(struct evaluator *evaluator, const struct node *node)
{
    (void)evaluator;
    return node->type == TYPE_BOOLEAN ? value_truth(node->number != 0) : value_number(node->number);
}

static struct value evaluate_text(struct evaluator *evaluator, const struct node *node)
{
    return value_text(evaluator->policy->texts[node->a]);
}

static struct value evaluate_builtin(struct evaluator *evaluator, const struct node *node)
{
    return builtin_value(evaluator->snapshot, node->a);
}

static struct value evaluate_param(struct evaluator *evaluator, const struct node *node)
{
    enum param_origin origin;
    return param_value(evaluator, node->a, &origin);
}

static struct value evaluate_let_node(struct evaluator *evaluator, const struct node *node)
{
    return evaluate_let(evaluator, node->a);
}

typedef struct value evaluate_fn(struct evaluator *, const struct node *);

// By enum op: every one of them must be here.
static evaluate_fn *const evaluate_by_op[] = {
    [OP_NONE] = evaluate_none,
    [OP_CONSTANT] = evaluate_constant,
    [OP_TEXT] = evaluate_text,
    [OP_BUILTIN] = evaluate_builtin,
    [OP_PARAM] = evaluate_param,
    [OP_LET] = evaluate_let_node,
    [OP_NOT] = evaluate_unary,
    [OP_NEGATE] = evaluate_unary,
    [OP_AND] = evaluate_and,
    [OP_OR] = evaluate_or,
    [OP_EQUAL] = evaluate_binary,
    [OP_UNEQUAL] = evaluate_binary,
    [OP_LESS] = evaluate_binary,
    [OP_LESS_EQUAL] = evaluate_binary,
    [OP_GREATER] = evaluate_binary,
    [OP_GREATER_EQUAL] = evaluate_binary,
    [OP_ADD] = evaluate_binary,
    [OP_SUBTRACT] = evaluate_binary,
    [OP_MULTIPLY] = evaluate_binary,
    [OP_DIVIDE] = evaluate_binary,
    [OP_IN_WINDOW] = evaluate_window,
    [OP_IN_NAMED_WINDOW] = evaluate_window,
    [OP_AGGREGATE] = evaluate_metric,
    [OP_AGE] = evaluate_metric,
    [OP_QUIET_FOR] = evaluate_metric,
    [OP_SINCE] = evaluate_unary,
    [OP_LEAST] = evaluate_binary,
    [OP_GREATEST] = evaluate_binary,
    [OP_OTHERWISE] = evaluate_otherwise,
    [OP_KNOWN] = evaluate_unary,
    [OP_INSTANT] = evaluate_unary,
    [OP_NUMBER] = evaluate_unary,
    [OP_MATCHES] = evaluate_binary,
    [OP_TAG] = evaluate_unary,
};

static void record(struct trace *trace, node_index index, enum type type, struct value value)
{
    trace->values[index] = value;
    trace->seen[index]++;
    if (type != TYPE_BOOLEAN)
        return;
    uint32_t *counts = value.knowledge != KNOWN ? trace->seen_unknown
                       : value.truth            ? trace->seen_true
                                                : trace->seen_false;
    counts[index]++;
}

static __attribute__((noinline)) struct value evaluate_traced(struct evaluator *evaluator, const struct node *node,
                                                              node_index index)
{
    struct value value = evaluate_by_op[node->op](evaluator, node);
    record(evaluator->trace, index, node->type, value);
    return value;
}

// Each value is made where it is wanted, by returning calls as they are: a copy costs more than a comparison.
// Inline into the ops above, which call it most, and so without the trace.
inline struct value evaluate(struct evaluator *evaluator, node_index index)
{
    const struct node *node = &evaluator->policy->nodes[index];
    return evaluator->trace ? evaluate_traced(evaluator, node, index) : evaluate_by_op[node->op](evaluator, node);
}
