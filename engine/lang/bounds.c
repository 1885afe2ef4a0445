// Activity may go unseen for as long as a metric lags, plus three of its periods. A span or a threshold below that
// could put a service to sleep on news that has not arrived; so the least that each can be is checked, not its
// default.
#include "engine/lang/loader.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/core/node.h"

#define PERIODS 3
#define SEARCH_STEPS 256  // of one search for a metric: `let` definitions can repeat each other without end

// What a param is used for, and the largest bound that this brings.
struct demand {
    bool present;
    double least_s;
    uint32_t metric;
    bool threshold;
};

struct bounds {
    struct loader *loader;
    const struct policy *policy;
    struct demand *params;
    uint8_t *let_states;  // by let: 0 not looked at, 1 under way or without a least value, 2 known
    double *let_least;
};

static double least_allowed_s(const struct policy *policy, uint32_t metric)
{
    return policy->metrics[metric].lag_s + (double)PERIODS * policy->metrics[metric].period_s;
}

// ---- the least value of an expression ---------------------------------------------------------------------

static bool least_of(struct bounds *bounds, node_index index, double *least);

static bool least_of_let(struct bounds *bounds, uint32_t let, double *least)
{
    if (bounds->let_states[let] == 0) {
        bounds->let_states[let] = 1;
        if (least_of(bounds, bounds->policy->lets[let].expression, &bounds->let_least[let]))
            bounds->let_states[let] = 2;
    }
    *least = bounds->let_least[let];
    return bounds->let_states[let] == 2;
}

static bool least_of_product(struct bounds *bounds, const struct node *node, double *least)
{
    double a, b;
    const struct node *left = &bounds->policy->nodes[node->a], *right = &bounds->policy->nodes[node->b];
    if (!least_of(bounds, node->a, &a) || !least_of(bounds, node->b, &b))
        return false;
    bool divide = node->op == OP_DIVIDE;
    bool scaled = right->op == OP_CONSTANT ? b > 0 : !divide && left->op == OP_CONSTANT && a > 0;
    if (scaled)
        *least = divide ? a / b : a * b;
    return scaled;
}

static bool least_of_two(struct bounds *bounds, const struct node *node, double *least)
{
    double a = 0, b = 0;
    bool has_a = least_of(bounds, node->a, &a), has_b = least_of(bounds, node->b, &b);
    if (node->op == OP_GREATEST && (has_a || has_b)) {
        *least = has_a && has_b ? fmax(a, b) : has_a ? a : b;
        return true;
    }
    if (!has_a || !has_b)
        return false;
    *least = node->op == OP_ADD ? a + b : fmin(a, b);
    return true;
}

// False: nothing is known of it, or it has no least value.
static bool least_of(struct bounds *bounds, node_index index, double *least)
{
    const struct node *node = &bounds->policy->nodes[index];
    if (node->op == OP_CONSTANT) {
        *least = node->number;
        return true;
    }
    if (node->op == OP_PARAM) {
        *least = bounds->policy->params[node->a].min;
        return bounds->policy->params[node->a].has_min;
    }
    if (node->op == OP_LET)
        return least_of_let(bounds, node->a, least);
    if (node->op == OP_MULTIPLY || node->op == OP_DIVIDE)
        return least_of_product(bounds, node, least);
    if (node->op == OP_ADD || node->op == OP_LEAST || node->op == OP_GREATEST || node->op == OP_OTHERWISE)
        return least_of_two(bounds, node, least);
    return false;
}

// ---- uses -------------------------------------------------------------------------------------------------

static struct text reason(struct loader *loader, uint32_t metric)
{
    const struct metric *m = &loader->policy->metrics[metric];
    return arena_format(loader->arena, "%.*s: the lag of %.*s and three periods of %.*s of metric '%.*s'",
                        TEXT_ARG(duration_text(loader->arena, least_allowed_s(loader->policy, metric))),
                        TEXT_ARG(duration_text(loader->arena, m->lag_s)),
                        TEXT_ARG(duration_text(loader->arena, m->period_s)), TEXT_ARG(m->name));
}

// A span of the metric, or a threshold on the time since one of its points.
static void check_use(struct bounds *bounds, node_index use, uint32_t metric, bool threshold)
{
    struct loader *loader = bounds->loader;
    double least_s, allowed_s = least_allowed_s(bounds->policy, metric);
    node_index behind = node_resolved(bounds->policy, use);
    if (bounds->policy->nodes[behind].op == OP_PARAM) {
        struct demand *demand = &bounds->params[bounds->policy->nodes[behind].a];
        if (!demand->present || demand->least_s < allowed_s)
            *demand = (struct demand){true, allowed_s, metric, threshold};
        return;
    }
    if (!least_of(bounds, use, &least_s) || least_s >= allowed_s)
        return;
    bool constant = bounds->policy->nodes[behind].op == OP_CONSTANT;
    diag_error(loader->diags, bounds->policy->places[use], "bound", "this %s %s %.*s; it must be at least %.*s",
               threshold ? "threshold" : "span", constant ? "is" : "can be as short as",
               TEXT_ARG(duration_text(loader->arena, least_s)), TEXT_ARG(reason(loader, metric)));
}

// The metric that an instant, or a time since one, is made of.
static bool metric_within(const struct policy *policy, node_index index, int *steps, uint32_t *metric)
{
    const struct node *node = &policy->nodes[index];
    node_index children[NODE_CHILDREN];
    if (index == 0 || --*steps <= 0)
        return false;
    if (node->op == OP_QUIET_FOR || node->op == OP_AGGREGATE) {
        *metric = node->a;
        return node->op == OP_QUIET_FOR || policy->metrics[node->a].as_instant;
    }
    if (node->op != OP_SINCE && node->op != OP_LET && node->op != OP_LEAST && node->op != OP_GREATEST &&
        node->op != OP_OTHERWISE)
        return false;
    size_t count = node_children(policy, index, children);
    for (size_t i = 0; i < count; i++) {
        if (metric_within(policy, children[i], steps, metric))
            return true;
    }
    return false;
}

static bool orders(const struct node *node)
{
    return node->operands == TYPE_DURATION &&
           (node->op == OP_LESS || node->op == OP_LESS_EQUAL || node->op == OP_GREATER || node->op == OP_GREATER_EQUAL);
}

static void check_threshold(struct bounds *bounds, node_index time, node_index threshold)
{
    uint32_t metric;
    int steps = SEARCH_STEPS;
    if (metric_within(bounds->policy, time, &steps, &metric))
        check_use(bounds, threshold, metric, true);
}

static void check_node(struct bounds *bounds, const struct node *node)
{
    if (node->op == OP_AGGREGATE || node->op == OP_AGE || node->op == OP_QUIET_FOR)
        check_use(bounds, node->b, node->a, false);
    if (!orders(node))
        return;
    check_threshold(bounds, node->a, node->b);
    check_threshold(bounds, node->b, node->a);
}

// ---- params -----------------------------------------------------------------------------------------------

static void check_demand(struct bounds *bounds, size_t index)
{
    struct loader *loader = bounds->loader;
    const struct param *param = &bounds->policy->params[index];
    const struct demand *demand = &bounds->params[index];
    const char *role = demand->threshold ? "a threshold on" : "a span of";
    if (!demand->present || (param->has_min && param->min >= demand->least_s))
        return;
    struct text metric = bounds->policy->metrics[demand->metric].name;
    struct text why = reason(loader, demand->metric);
    if (loader->param_notes[index].min_place.line && !param->has_min)
        return;  // its `min` was refused already
    if (param->has_min)
        diag_error(loader->diags, loader->param_notes[index].min_place, "bound",
                   "'min' of param '%.*s', %s '%.*s', must be at least %.*s", TEXT_ARG(param->name), role,
                   TEXT_ARG(metric), TEXT_ARG(why));
    else
        diag_error(loader->diags, param->place, "bound", "param '%.*s' is %s '%.*s' and needs a 'min' of at least %.*s",
                   TEXT_ARG(param->name), role, TEXT_ARG(metric), TEXT_ARG(why));
}

void check_bounds(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    struct bounds bounds = {
        .loader = loader,
        .policy = policy,
        .params = ARENA_ARRAY(loader->arena, policy->param_count, struct demand),
        .let_states = ARENA_ARRAY(loader->arena, policy->let_count, uint8_t),
        .let_least = ARENA_ARRAY(loader->arena, policy->let_count, double),
    };
    for (size_t i = 1; i < policy->node_count; i++)
        check_node(&bounds, &policy->nodes[i]);
    for (size_t i = 0; i < policy->param_count; i++)
        check_demand(&bounds, i);
}
