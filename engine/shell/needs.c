#include "engine/shell/needs.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/core/evaluator.h"
#include "engine/shell/reach.h"

// CloudWatch answers up to 3 hours from its fast store; a span that nobody can tell beforehand is taken for that.
#define UNTOLD_SPAN_S (3.0 * HOUR_S)

static double span_length_s(struct evaluator *evaluator, node_index span)
{
    struct value length = evaluate(evaluator, span);
    if (length.knowledge != KNOWN || !(length.number >= 0))
        return UNTOLD_SPAN_S;
    return fmin(length.number, (double)LIMIT_SPAN_S);
}

static bool reads_metric(const struct node *node)
{
    return node->op == OP_AGGREGATE || node->op == OP_AGE || node->op == OP_QUIET_FOR;
}

static void lengthen(double *span_s, double length_s)
{
    if (length_s > *span_s)
        *span_s = length_s;
}

static double *spans_reached(struct arena *arena, struct evaluator *evaluator, const struct reach *reach)
{
    const struct policy *policy = evaluator->policy;
    double *spans = ARENA_ARRAY(arena, policy->metric_count, double);
    for (size_t i = 1; i < policy->node_count; i++) {
        const struct node *node = &policy->nodes[i];
        if (reach->nodes[i] && reads_metric(node))
            lengthen(&spans[node->a], span_length_s(evaluator, node->b));
    }
    return spans;
}

// A script may ask for any metric, over any span that the policy speaks of.
static void widen_for_script(struct evaluator *evaluator, double *spans)
{
    const struct policy *policy = evaluator->policy;
    double longest_s = UNTOLD_SPAN_S;
    for (size_t i = 0; i < policy->metric_count; i++)
        lengthen(&longest_s, spans[i]);
    for (uint32_t i = 0; i < policy->param_count; i++) {
        enum param_origin origin;
        if (policy->params[i].type == TYPE_DURATION)
            lengthen(&longest_s, fmin(param_value(evaluator, i, &origin).number, (double)LIMIT_SPAN_S));
    }
    for (size_t i = 0; i < policy->metric_count; i++)
        spans[i] = longest_s;
}

// A heartbeat is asked over its metric's span; one may have a heartbeat of its own.
static void add_heartbeats(const struct policy *policy, double *spans)
{
    for (size_t round = 0; round < policy->metric_count; round++) {
        for (size_t i = 0; i < policy->metric_count; i++) {
            const struct metric *metric = &policy->metrics[i];
            if (metric->missing == MISSING_IS && metric->missing_while >= 0)
                lengthen(&spans[metric->missing_while], spans[i]);
        }
    }
}

double *needs_of(struct arena *arena, struct evaluator *evaluator, enum behaviour behaviour,
                 const enum rule_result *results)
{
    const struct policy *policy = evaluator->policy;
    const struct behaviour_rules *rules = &policy->behaviours[behaviour];
    struct reach reach;
    reach_begin(&reach, arena, policy);
    reach_report(&reach);
    for (size_t i = 0; i < rules->count; i++)
        if (results[i] != RULE_FALSE)
            reach_rule(&reach, &rules->rules[i]);
    if (rules->scripted)
        reach_lets(&reach);
    double *spans = spans_reached(arena, evaluator, &reach);
    if (rules->scripted)
        widen_for_script(evaluator, spans);
    add_heartbeats(policy, spans);
    return spans;
}
