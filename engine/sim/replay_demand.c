#include "engine/sim/replay.h"

#include "engine/base/arena.h"
#include "engine/core/evaluator.h"
#include "engine/core/node.h"

// Visits each node once: `let` may be shared many times over.
struct search {
    const struct policy *policy;
    bool *visited;
};

static node_index search_node(struct search *search, node_index index)
{
    if (!index || search->visited[index])
        return 0;
    search->visited[index] = true;
    if (search->policy->nodes[index].op == OP_QUIET_FOR)
        return index;
    node_index children[NODE_CHILDREN];
    size_t count = node_children(search->policy, index, children);
    for (size_t i = 0; i < count; i++) {
        node_index found = search_node(search, children[i]);
        if (found)
            return found;
    }
    return 0;
}

static node_index first_quiet_for(const struct policy *policy, struct arena *arena)
{
    struct search search = {policy, ARENA_ARRAY(arena, policy->node_count + 1, bool)};
    const struct behaviour_rules *sleep = &policy->behaviours[BEHAVIOUR_SLEEP];
    for (size_t i = 0; sleep->present && !sleep->scripted && i < sleep->count; i++) {
        node_index found = search_node(&search, sleep->rules[i].when);
        if (found)
            return found;
    }
    for (size_t i = 1; i < policy->node_count; i++)
        if (policy->nodes[i].op == OP_QUIET_FOR)
            return (node_index)i;
    return 0;
}

// A threshold may be any expression of params; where it needs a snapshot, 0 stands in.
static double threshold_value(const struct policy *policy, const struct param_setting *params, node_index threshold,
                              struct arena *arena)
{
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, arena);
    evaluator.arena = arena;
    const struct snapshot nothing = {.stage = STAGE_NOTHING, .params = params};
    evaluator_begin(&evaluator, &nothing);
    struct value value = evaluate(&evaluator, threshold);
    return value.knowledge == KNOWN ? value.number : 0;
}

struct demand replay_demand(const struct policy *policy, const struct param_setting *params)
{
    struct arena arena;
    arena_init(&arena);
    struct demand demand = {.metric = -1};
    node_index quiet_for = first_quiet_for(policy, &arena);
    if (quiet_for) {
        const struct node *node = &policy->nodes[quiet_for];
        demand.metric = (int32_t)node->a;
        demand.limit = threshold_value(policy, params, node->c, &arena);
    }
    for (size_t i = 0; demand.metric < 0 && i < policy->metric_count; i++)
        if (!policy->metrics[i].as_instant)
            demand.metric = (int32_t)i;
    arena_release(&arena);
    return demand;
}
