// Looking at compiled expressions without evaluating them.
#include "engine/lang/loader.h"

#include "engine/base/arena.h"
#include "engine/core/node.h"

node_index node_resolved(const struct policy *policy, node_index node)
{
    // A `let` may be another's name, and never its own: cycles are refused before.
    for (size_t i = 0; i <= policy->let_count && node && policy->nodes[node].op == OP_LET; i++)
        node = policy->lets[policy->nodes[node].a].expression;
    return node;
}

static bool reads_param(const struct loader *loader, node_index index);

static bool let_reads_param(const struct loader *loader, uint32_t let)
{
    uint8_t *memo = &loader->let_reads_param[let];
    if (*memo == 0) {
        *memo = 1;
        *memo = reads_param(loader, loader->policy->lets[let].expression) ? 2 : 1;
    }
    return *memo == 2;
}

// A param can always be given another value, so nothing that reads one is settled by its default.
static bool reads_param(const struct loader *loader, node_index index)
{
    const struct node *node = &loader->policy->nodes[index];
    node_index children[NODE_CHILDREN];
    if (index == 0 || node->op == OP_PARAM)
        return index != 0;
    if (node->op == OP_LET)
        return let_reads_param(loader, node->a);
    size_t count = node_children(loader->policy, index, children);
    for (size_t i = 0; i < count; i++) {
        if (reads_param(loader, children[i]))
            return true;
    }
    return false;
}

static bool settled(const struct loader *loader, node_index node, bool truth)
{
    struct value value;
    return node && expression_constant(&loader->compiler, node, &value) && value.truth == truth &&
           !reads_param(loader, node);
}

bool always_true(const struct loader *loader, node_index node)
{
    return settled(loader, node, true);
}

bool never_true(const struct loader *loader, node_index node)
{
    return settled(loader, node, false);
}

bool node_default(const struct loader *loader, node_index node, double *value)
{
    struct value constant;
    if (node == 0 || !expression_constant(&loader->compiler, node, &constant))
        return false;
    *value = constant.number;
    return true;
}
