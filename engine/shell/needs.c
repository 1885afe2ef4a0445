#include "engine/shell/needs.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/core/evaluator.h"
#include "engine/core/node.h"

// CloudWatch answers up to 3 hours from its fast store; a span that nobody can tell beforehand is taken for that.
#define UNTOLD_SPAN_S (3.0 * HOUR_S)

struct search {
    const struct policy *policy;
    struct evaluator *evaluator;
    double *spans;
    bool *seen;        // by node
    node_index *open;  // nodes found and not yet looked at; each comes once
    size_t open_count;
};

static void reach(struct search *search, node_index node)
{
    if (!node || search->seen[node])
        return;
    search->seen[node] = true;
    search->open[search->open_count++] = node;
}

static double span_length_s(struct search *search, node_index span)
{
    struct value length = evaluate(search->evaluator, span);
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

static void look_at(struct search *search, node_index index)
{
    const struct node *node = &search->policy->nodes[index];
    if (reads_metric(node))
        lengthen(&search->spans[node->a], span_length_s(search, node->b));
    node_index children[NODE_CHILDREN];
    size_t count = node_children(search->policy, index, children);
    for (size_t i = 0; i < count; i++)
        reach(search, children[i]);
}

static void follow(struct search *search)
{
    while (search->open_count)
        look_at(search, search->open[--search->open_count]);
}

static void reach_rule(struct search *search, const struct rule *rule)
{
    reach(search, rule->when);
    reach(search, rule->scale_to);
    for (size_t i = 0; i < rule->message.count; i++)
        reach(search, rule->message.pieces[i].expression);
}

// Everything that the policy speaks of, for a script that may ask for any of it.
static void reach_all(struct search *search)
{
    const struct policy *policy = search->policy;
    for (size_t i = 0; i < policy->let_count; i++)
        reach(search, policy->lets[i].expression);
    follow(search);
    double longest_s = UNTOLD_SPAN_S;
    for (size_t i = 0; i < policy->metric_count; i++)
        lengthen(&longest_s, search->spans[i]);
    for (uint32_t i = 0; i < policy->param_count; i++) {
        enum param_origin origin;
        if (policy->params[i].type == TYPE_DURATION)
            lengthen(&longest_s, fmin(param_value(search->evaluator, i, &origin).number, (double)LIMIT_SPAN_S));
    }
    for (size_t i = 0; i < policy->metric_count; i++)
        search->spans[i] = longest_s;
}

// A heartbeat is asked over its metric's span; one may have a heartbeat of its own.
static void add_heartbeats(struct search *search)
{
    const struct policy *policy = search->policy;
    for (size_t round = 0; round < policy->metric_count; round++) {
        for (size_t i = 0; i < policy->metric_count; i++) {
            const struct metric *metric = &policy->metrics[i];
            if (metric->missing == MISSING_IS && metric->missing_while >= 0)
                lengthen(&search->spans[metric->missing_while], search->spans[i]);
        }
    }
}

double *needs_of(struct arena *arena, struct evaluator *evaluator, enum behaviour behaviour,
                 const enum rule_result *results)
{
    const struct policy *policy = evaluator->policy;
    const struct behaviour_rules *rules = &policy->behaviours[behaviour];
    struct search search = {
        .policy = policy,
        .evaluator = evaluator,
        .spans = ARENA_ARRAY(arena, policy->metric_count, double),
        .seen = ARENA_ARRAY(arena, policy->node_count, bool),
        .open = ARENA_ARRAY(arena, policy->node_count, node_index),
    };
    for (size_t i = 0; i < policy->report_count; i++)
        reach(&search, policy->report[i].expression);
    for (size_t i = 0; i < rules->count; i++)
        if (results[i] != RULE_FALSE)
            reach_rule(&search, &rules->rules[i]);
    if (rules->scripted)
        reach_all(&search);
    else
        follow(&search);
    add_heartbeats(&search);
    return search.spans;
}
