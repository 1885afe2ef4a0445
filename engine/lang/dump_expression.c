// Expressions in canonical notation: every operation in parentheses, so that it reads back as the same nodes.
#include "engine/lang/load.h"

#include <math.h>
#include <stdio.h>

#include "drowse/policy.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/lang/expression.h"

#define WHOLE_SHOWN 1e15     // from here on buffer_add_number would write an exponent
#define FRACTION_SHOWN 1e-6  // and below here
#define DECIMALS_MOST 400    // the smallest double needs 324 and its digits

static const char *const operators[] = {
    [OP_AND] = "and", [OP_OR] = "or",         [OP_EQUAL] = "==",   [OP_UNEQUAL] = "!=",
    [OP_LESS] = "<",  [OP_LESS_EQUAL] = "<=", [OP_GREATER] = ">",  [OP_GREATER_EQUAL] = ">=",
    [OP_ADD] = "+",   [OP_SUBTRACT] = "-",    [OP_MULTIPLY] = "*", [OP_DIVIDE] = "/",
};

// The fewest decimals that read back as the same number: expressions know no exponents.
static void dump_small(struct buffer *out, double number)
{
    char digits[DECIMALS_MOST + 8];
    for (int decimals = 7; decimals <= DECIMALS_MOST; decimals++) {
        double read = 0;
        int n = snprintf(digits, sizeof digits, "%.*f", decimals, number);
        if (n < 0 || (text_to_double((struct text){digits, (size_t)n}, &read) && read == number))
            break;
    }
    buffer_add(out, text_of(digits));
}

static void dump_number(struct buffer *out, double number)
{
    if (fabs(number) >= WHOLE_SHOWN)
        buffer_printf(out, "%.0f", number);
    else if (number != 0 && fabs(number) < FRACTION_SHOWN)
        dump_small(out, number);
    else
        buffer_add_number(out, number);
}

static void dump_duration(struct buffer *out, double seconds)
{
    if (seconds < 0)
        buffer_add_char(out, '-');
    format_duration_literal(out, fabs(seconds));
}

static void dump_constant(struct buffer *out, const struct node *node)
{
    switch ((enum type)node->type) {
    case TYPE_BOOLEAN:
        buffer_add(out, node->number != 0 ? TEXT("true") : TEXT("false"));
        return;
    case TYPE_NUMBER:
        dump_number(out, node->number);
        return;
    case TYPE_DURATION:
        dump_duration(out, node->number);
        return;
    case TYPE_INSTANT:
        buffer_add(out, TEXT("instant(\""));
        format_instant(out, node->number);
        buffer_add(out, TEXT("\")"));
        return;
    case TYPE_TEXT:
        return;  // never a constant: OP_TEXT
    }
}

static void dump_text(struct buffer *out, struct text text)
{
    buffer_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, text.p[i]);
    }
    buffer_add_char(out, '"');
}

static void dump_builtin(struct buffer *out, uint32_t builtin)
{
    for (size_t i = 0; i < builtin_name_count; i++)
        if (builtin_names[i].builtin == builtin)
            buffer_add(out, builtin_names[i].name);
}

static void dump_function_name(struct buffer *out, const struct node *node)
{
    if (node->op == OP_AGGREGATE && node->c == AGGREGATE_PERCENTILE) {
        buffer_add_char(out, 'p');
        buffer_add_number(out, node->number);
        return;
    }
    for (size_t i = 0; i < function_name_count; i++) {
        const struct function_name *function = &function_names[i];
        if (function->op == node->op && (node->op != OP_AGGREGATE || function->aggregate == node->c))
            buffer_add(out, function->name);
    }
}

// f(metric over span), f(metric above x over span)
static void dump_span(const struct policy *policy, const struct node *node, struct buffer *out)
{
    dump_function_name(out, node);
    buffer_add_char(out, '(');
    buffer_add(out, policy->metrics[node->a].name);
    if (node->op == OP_QUIET_FOR) {
        buffer_add(out, TEXT(" above "));
        expression_dump(policy, node->c, out);
    }
    buffer_add(out, TEXT(" over "));
    expression_dump(policy, node->b, out);
    buffer_add_char(out, ')');
}

static void dump_call(const struct policy *policy, const struct node *node, struct buffer *out)
{
    dump_function_name(out, node);
    buffer_add_char(out, '(');
    expression_dump(policy, node->a, out);
    if (node->b) {
        buffer_add(out, TEXT(", "));
        expression_dump(policy, node->b, out);
    }
    buffer_add_char(out, ')');
}

static void dump_prefix(const struct policy *policy, const struct node *node, struct buffer *out)
{
    buffer_add(out, node->op == OP_NOT ? TEXT("(not ") : TEXT("(-"));
    expression_dump(policy, node->a, out);
    buffer_add_char(out, ')');
}

static void dump_infix(const struct policy *policy, const struct node *node, struct buffer *out)
{
    buffer_add_char(out, '(');
    expression_dump(policy, node->a, out);
    buffer_printf(out, " %s ", operators[node->op]);
    expression_dump(policy, node->b, out);
    buffer_add_char(out, ')');
}

static void dump_in(const struct policy *policy, const struct node *node, struct buffer *out)
{
    buffer_add_char(out, '(');
    expression_dump(policy, node->a, out);
    if (node->op == OP_IN_WINDOW) {
        buffer_printf(out, " in %.*s)", TEXT_ARG(policy->windows[node->b].name));
        return;
    }
    buffer_add(out, TEXT(" in window("));
    expression_dump(policy, node->b, out);
    buffer_add(out, TEXT("))"));
}

void expression_dump(const struct policy *policy, node_index index, struct buffer *out)
{
    const struct node *node = &policy->nodes[index];
    switch ((enum op)node->op) {
    case OP_NONE:
        return;
    case OP_CONSTANT:
        dump_constant(out, node);
        return;
    case OP_TEXT:
        dump_text(out, policy->texts[node->a]);
        return;
    case OP_BUILTIN:
        dump_builtin(out, node->a);
        return;
    case OP_PARAM:
        buffer_add(out, policy->params[node->a].name);
        return;
    case OP_LET:
        buffer_add(out, policy->lets[node->a].name);
        return;
    case OP_NOT:
    case OP_NEGATE:
        dump_prefix(policy, node, out);
        return;
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
        dump_infix(policy, node, out);
        return;
    case OP_IN_WINDOW:
    case OP_IN_NAMED_WINDOW:
        dump_in(policy, node, out);
        return;
    case OP_AGGREGATE:
    case OP_AGE:
    case OP_QUIET_FOR:
        dump_span(policy, node, out);
        return;
    case OP_SINCE:
    case OP_LEAST:
    case OP_GREATEST:
    case OP_OTHERWISE:
    case OP_KNOWN:
    case OP_INSTANT:
    case OP_NUMBER:
    case OP_MATCHES:
    case OP_TAG:
        dump_call(policy, node, out);
        return;
    }
}
