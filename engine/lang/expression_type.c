// Operators: which types they take, and what to say of those that they do not.
#include "engine/lang/expression_parts.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define WHOLE_MOST 0x1p53
#define SMALLEST_FOLDED 1e-6
#define LAST_INSTANT_S 253402300799.0  // 9999-12-31T23:59:59Z

static const struct arithmetic {
    uint8_t op, left, right, result;
} arithmetics[] = {
    {OP_ADD, TYPE_NUMBER, TYPE_NUMBER, TYPE_NUMBER},
    {OP_ADD, TYPE_DURATION, TYPE_DURATION, TYPE_DURATION},
    {OP_ADD, TYPE_INSTANT, TYPE_DURATION, TYPE_INSTANT},
    {OP_ADD, TYPE_DURATION, TYPE_INSTANT, TYPE_INSTANT},
    {OP_SUBTRACT, TYPE_NUMBER, TYPE_NUMBER, TYPE_NUMBER},
    {OP_SUBTRACT, TYPE_DURATION, TYPE_DURATION, TYPE_DURATION},
    {OP_SUBTRACT, TYPE_INSTANT, TYPE_DURATION, TYPE_INSTANT},
    {OP_SUBTRACT, TYPE_INSTANT, TYPE_INSTANT, TYPE_DURATION},
    {OP_MULTIPLY, TYPE_NUMBER, TYPE_NUMBER, TYPE_NUMBER},
    {OP_MULTIPLY, TYPE_NUMBER, TYPE_DURATION, TYPE_DURATION},
    {OP_MULTIPLY, TYPE_DURATION, TYPE_NUMBER, TYPE_DURATION},
    {OP_DIVIDE, TYPE_NUMBER, TYPE_NUMBER, TYPE_NUMBER},
    {OP_DIVIDE, TYPE_DURATION, TYPE_NUMBER, TYPE_DURATION},
    {OP_DIVIDE, TYPE_DURATION, TYPE_DURATION, TYPE_NUMBER},
};

// How a value of one type becomes one of another.
static const struct hint {
    uint8_t from, to;
    const char *text;
} hints[] = {
    {TYPE_NUMBER, TYPE_DURATION, ": multiply the number by 1s, 1m or 1h"},
    {TYPE_INSTANT, TYPE_DURATION, ": since(INSTANT) is a duration"},
    {TYPE_TEXT, TYPE_NUMBER, ": number(TEXT) is a number"},
    {TYPE_TEXT, TYPE_INSTANT, ": instant(TEXT) is an instant"},
};

static bool numeric(uint8_t type)
{
    return type == TYPE_NUMBER || type == TYPE_DURATION || type == TYPE_INSTANT;
}

static bool has_type(const struct typed *typed, enum type type)
{
    return typed->type == type;
}

// 15 beside a duration: "write 15m or 15s".
static struct text literal_hint(const struct expression *e, const struct ast *literal)
{
    struct text number = expression_excerpt(e, literal->word);
    if (literal->number != floor(literal->number))
        return TEXT(": write a duration, such as 1h30m");
    return arena_format(e->scratch, ": write %.*sm or %.*ss", TEXT_ARG(number), TEXT_ARG(number));
}

struct text conversion_hint(const struct expression *e, const struct ast *ast, enum type from, enum type to)
{
    if (ast->kind == AST_NUMBER && to == TYPE_DURATION)
        return literal_hint(e, ast);
    if (ast->kind == AST_TEXT && to == TYPE_DURATION)
        return TEXT(": a duration stands without quotes");
    for (size_t i = 0; i < COUNT_OF(hints); i++)
        if (hints[i].from == from && hints[i].to == to)
            return text_of(hints[i].text);
    return TEXT("");
}

struct text mismatch_hint(const struct expression *e, const struct ast *left, struct typed a, const struct ast *right,
                          struct typed b)
{
    struct text hint = conversion_hint(e, right, b.type, a.type);
    return hint.n ? hint : conversion_hint(e, left, a.type, b.type);
}

bool operand_check(struct expression *e, const struct ast *ast, struct typed typed, enum type type, const char *who)
{
    if (typed.type == TYPE_POISON)
        return false;
    if (has_type(&typed, type))
        return true;
    struct text hint = conversion_hint(e, ast, typed.type, type);
    expression_fault(e, ast->at, "type-mismatch", "%s takes %s, and `%.*s` is %s%.*s", who, type_phrase(type),
                     TEXT_ARG(expression_excerpt(e, ast->at)), type_phrase(typed.type), TEXT_ARG(hint));
    return false;
}

// ---- constants --------------------------------------------------------------------------------------------

bool constant_exact(enum type type, double number)
{
    double size = fabs(number);
    if (type == TYPE_INSTANT)
        return number >= 0 && number <= LAST_INSTANT_S && number == floor(number);
    if (type == TYPE_DURATION)
        return size <= LONGEST_DURATION_S && size == floor(size);
    return number == 0 || (size >= SMALLEST_FOLDED && size <= WHOLE_MOST);
}

// Arithmetic of literals happens here, once.
static struct typed fold(struct expression *e, const struct ast *ast, struct typed typed)
{
    struct compiler *c = e->compiler;
    struct node *node = &c->nodes[typed.node];
    struct value value;
    if (typed.type == TYPE_POISON || c->nodes[node->a].op != OP_CONSTANT ||
        (node->b && c->nodes[node->b].op != OP_CONSTANT))
        return typed;
    if (!expression_constant(c, typed.node, &value)) {
        expression_fault(e, ast->word, "constant-unknown", "`%.*s` %s, so it is never known",
                         TEXT_ARG(expression_excerpt(e, ast->at)),
                         node->op == OP_DIVIDE && c->nodes[node->b].number == 0 ? "divides by zero" : "is not finite");
        return POISON;
    }
    if (constant_exact(node->type, value.number))
        *node = (struct node){.op = OP_CONSTANT, .type = node->type, .number = value.number + 0.0};
    return typed;
}

// ---- unary ------------------------------------------------------------------------------------------------

struct typed unary_compile(struct expression *e, const struct ast *ast)
{
    struct typed a = ast_compile(e, ast->a);
    if (ast->op == OP_NOT) {
        if (!operand_check(e, ast->a, a, TYPE_BOOLEAN, "'not'"))
            return POISON;
        struct node node = {.op = OP_NOT, .type = TYPE_BOOLEAN, .stage = node_stage(e, a.node), .a = a.node};
        return node_emit(e, ast, node, a.reads);
    }
    if (a.type == TYPE_POISON)
        return POISON;
    if (!has_type(&a, TYPE_NUMBER) && !has_type(&a, TYPE_DURATION)) {
        expression_fault(e, ast->at, "type-mismatch", "'-' takes a number or a duration, and `%.*s` is %s",
                         TEXT_ARG(expression_excerpt(e, ast->a->at)), type_phrase(a.type));
        return POISON;
    }
    struct node node = {.op = OP_NEGATE, .type = a.type, .stage = node_stage(e, a.node), .a = a.node};
    return fold(e, ast, node_emit(e, ast, node, a.reads));
}

// ---- binary -----------------------------------------------------------------------------------------------

static struct typed emit_binary(struct expression *e, const struct ast *ast, struct typed a, struct typed b,
                                uint8_t type)
{
    uint8_t left = node_stage(e, a.node), right = node_stage(e, b.node);
    struct node node = {.op = ast->op, .type = type, .operands = a.type, .a = a.node, .b = b.node};
    node.stage = left > right ? left : right;
    return node_emit(e, ast, node, a.reads | b.reads);
}

static struct typed logic(struct expression *e, const struct ast *ast, struct typed a, struct typed b)
{
    const char *who = ast->op == OP_AND ? "'and'" : "'or'";
    bool left = operand_check(e, ast->a, a, TYPE_BOOLEAN, who);
    bool right = operand_check(e, ast->b, b, TYPE_BOOLEAN, who);
    return left && right ? emit_binary(e, ast, a, b, TYPE_BOOLEAN) : POISON;
}

static struct typed comparison(struct expression *e, const struct ast *ast, struct typed a, struct typed b)
{
    struct text word = expression_excerpt(e, ast->word);
    if (a.type != b.type) {
        struct text hint = mismatch_hint(e, ast->a, a, ast->b, b);
        expression_fault(e, ast->word, "type-mismatch", "`%.*s` compares %s with %s%.*s",
                         TEXT_ARG(expression_excerpt(e, ast->at)), type_phrase(a.type), type_phrase(b.type),
                         TEXT_ARG(hint));
        return POISON;
    }
    if (ast->op != OP_EQUAL && ast->op != OP_UNEQUAL && !numeric(a.type)) {
        expression_fault(e, ast->word, "type-mismatch",
                         "'%.*s' compares numbers, durations or instants, and `%.*s` is %s", TEXT_ARG(word),
                         TEXT_ARG(expression_excerpt(e, ast->a->at)), type_phrase(a.type));
        return POISON;
    }
    return emit_binary(e, ast, a, b, TYPE_BOOLEAN);
}

static struct typed arithmetic(struct expression *e, const struct ast *ast, struct typed a, struct typed b)
{
    for (size_t i = 0; i < COUNT_OF(arithmetics); i++) {
        const struct arithmetic *row = &arithmetics[i];
        if (row->op == ast->op && row->left == a.type && row->right == b.type)
            return fold(e, ast, emit_binary(e, ast, a, b, row->result));
    }
    struct text hint = a.type == b.type ? TEXT("") : mismatch_hint(e, ast->a, a, ast->b, b);
    expression_fault(e, ast->word, "type-mismatch", "'%.*s' does not take %s and %s: `%.*s`%.*s",
                     TEXT_ARG(expression_excerpt(e, ast->word)), type_phrase(a.type), type_phrase(b.type),
                     TEXT_ARG(expression_excerpt(e, ast->at)), TEXT_ARG(hint));
    return POISON;
}

struct typed binary_compile(struct expression *e, const struct ast *ast)
{
    struct typed a = ast_compile(e, ast->a);
    struct typed b = ast_compile(e, ast->b);
    if (ast->op == OP_AND || ast->op == OP_OR)
        return logic(e, ast, a, b);
    if (a.type == TYPE_POISON || b.type == TYPE_POISON)
        return POISON;
    if (ast->op == OP_ADD || ast->op == OP_SUBTRACT || ast->op == OP_MULTIPLY || ast->op == OP_DIVIDE)
        return arithmetic(e, ast, a, b);
    return comparison(e, ast, a, b);
}
