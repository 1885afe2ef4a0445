#include "engine/shell/reach.h"

#include "engine/base/arena.h"
#include "engine/core/node.h"

void reach_begin(struct reach *reach, struct arena *arena, const struct policy *policy)
{
    *reach = (struct reach){
        .policy = policy,
        .nodes = ARENA_ARRAY(arena, policy->node_count + 1, bool),
        .open = ARENA_ARRAY(arena, policy->node_count + 1, node_index),
    };
}

static void find(struct reach *reach, node_index node)
{
    if (!node || reach->nodes[node])
        return;
    reach->nodes[node] = true;
    reach->open[reach->open_count++] = node;
}

void reach_expression(struct reach *reach, node_index expression)
{
    find(reach, expression);
    while (reach->open_count) {
        node_index children[NODE_CHILDREN];
        size_t count = node_children(reach->policy, reach->open[--reach->open_count], children);
        for (size_t i = 0; i < count; i++)
            find(reach, children[i]);
    }
}

void reach_rule(struct reach *reach, const struct rule *rule)
{
    reach_expression(reach, rule->when);
    reach_expression(reach, rule->scale_to);
    for (size_t i = 0; i < rule->message.count; i++)
        if (rule->message.pieces[i].format != PIECE_LITERAL)
            reach_expression(reach, rule->message.pieces[i].expression);
}

void reach_report(struct reach *reach)
{
    for (size_t i = 0; i < reach->policy->report_count; i++)
        reach_expression(reach, reach->policy->report[i].expression);
}

void reach_lets(struct reach *reach)
{
    for (size_t i = 0; i < reach->policy->let_count; i++)
        reach_expression(reach, reach->policy->lets[i].expression);
}
