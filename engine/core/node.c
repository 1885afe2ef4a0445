#include "engine/core/node.h"

// Which of a, b and c are nodes depends on the op.
size_t node_children(const struct policy *policy, node_index index, node_index children[NODE_CHILDREN])
{
    const struct node *node = &policy->nodes[index];
    switch ((enum op)node->op) {
    case OP_NONE:
    case OP_CONSTANT:
    case OP_TEXT:
    case OP_BUILTIN:
    case OP_PARAM:
        return 0;
    case OP_LET:
        children[0] = policy->lets[node->a].expression;
        return 1;
    case OP_NOT:
    case OP_NEGATE:
    case OP_IN_WINDOW:
    case OP_SINCE:
    case OP_KNOWN:
    case OP_INSTANT:
    case OP_NUMBER:
    case OP_TAG:
        children[0] = node->a;
        return 1;
    case OP_AGGREGATE:
    case OP_AGE:
        children[0] = node->b;
        return 1;
    case OP_QUIET_FOR:
        children[0] = node->c;
        children[1] = node->b;
        return 2;
    case OP_AND:
    case OP_OR:
    case OP_EQUAL:
    case OP_UNEQUAL:
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
    case OP_DIVIDE:
    case OP_IN_NAMED_WINDOW:
    case OP_LEAST:
    case OP_GREATEST:
    case OP_OTHERWISE:
    case OP_MATCHES:
        children[0] = node->a;
        children[1] = node->b;
        return 2;
    }
    return 0;
}
