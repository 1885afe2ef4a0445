// The value of what reads only literals and params' defaults. `known` here means: known, and in every snapshot the
// same; everything else is unknown, and travels as in Kleene's logic.
#include "engine/lang/expression_parts.h"

#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/value.h"

static struct value value_of(const struct compiler *, node_index);

static const struct value varying = {.knowledge = UNKNOWN};

static bool is_known(const struct value *value)
{
    return value->knowledge == KNOWN;
}

static struct value literal(const struct node *node)
{
    return node->type == TYPE_BOOLEAN ? value_truth(node->number != 0) : value_number(node->number);
}

// `and` where `settles` is false, `or` where it is true.
static struct value junction(const struct value *a, const struct value *b, bool settles)
{
    if ((is_known(a) && a->truth == settles) || (is_known(b) && b->truth == settles))
        return value_truth(settles);
    return is_known(a) && is_known(b) ? value_truth(!settles) : varying;
}

static struct value of_one(const struct node *node, const struct value *a)
{
    double read;
    if (node->op == OP_NOT)
        return value_truth(!a->truth);
    if (node->op == OP_NEGATE)
        return value_number(-a->number);
    if (node->op == OP_INSTANT)
        return parse_instant(a->text, &read) ? value_number(read) : varying;
    return text_to_double(a->text, &read) ? value_number(read) : varying;
}

static struct value unary(const struct compiler *c, const struct node *node)
{
    struct value a = value_of(c, node->a);
    return is_known(&a) ? of_one(node, &a) : varying;
}

static struct value binary(const struct compiler *c, const struct node *node)
{
    struct value a = value_of(c, node->a), b = value_of(c, node->b);
    if (node->op == OP_AND || node->op == OP_OR)
        return junction(&a, &b, node->op == OP_OR);
    return is_known(&a) && is_known(&b) ? value_combine(node, &a, &b) : varying;
}

static struct value value_of(const struct compiler *c, node_index index)
{
    const struct node *node = &c->nodes[index];
    switch ((enum op)node->op) {
    case OP_CONSTANT:
        return literal(node);
    case OP_TEXT:
        return (struct value){.text = c->texts[node->a], .knowledge = KNOWN};
    case OP_PARAM:
        return c->params[node->a].fallback;
    case OP_LET:
        return c->let_facts[node->a].constant ? c->let_facts[node->a].value : varying;
    case OP_NOT:
    case OP_NEGATE:
    case OP_INSTANT:
    case OP_NUMBER:
        return unary(c, node);
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
    case OP_LEAST:
    case OP_GREATEST:
    case OP_MATCHES:
        return binary(c, node);
    case OP_OTHERWISE:
        return value_of(c, node->a);  // the second may stand in, but only where the first varies
    case OP_KNOWN: {
        struct value a = value_of(c, node->a);
        return is_known(&a) ? value_truth(true) : varying;
    }
    case OP_NONE:
    case OP_BUILTIN:
    case OP_IN_WINDOW:
    case OP_IN_NAMED_WINDOW:
    case OP_AGGREGATE:
    case OP_AGE:
    case OP_QUIET_FOR:
    case OP_SINCE:
    case OP_TAG:
        break;
    }
    return varying;
}

bool expression_constant(const struct compiler *c, node_index node, struct value *value)
{
    struct value found = value_of(c, node);
    if (!is_known(&found))
        return false;
    *value = found;
    return true;
}
