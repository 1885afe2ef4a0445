#include "engine/lang/expression_parts.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/tree.h"

void compiler_init(struct compiler *c, struct arena *arena, struct diags *diags)
{
    *c = (struct compiler){.arena = arena, .diags = diags};
    c->nodes = arena_grow(arena, NULL, 0, &c->node_capacity, 64, sizeof *c->nodes);
    c->places = arena_grow(arena, NULL, 0, &c->place_capacity, 64, sizeof *c->places);
    c->node_count = 1;
}

uint8_t node_stage(const struct expression *e, node_index node)
{
    return e->compiler->nodes[node].stage;
}

struct typed node_emit(struct expression *e, const struct ast *ast, struct node node, uint32_t reads)
{
    struct compiler *c = e->compiler;
    if (c->node_count >= LIMIT_NODES) {
        expression_fault(e, ast->at, "expression-limit", "the expressions of a policy have at most %d parts",
                         LIMIT_NODES);
        return POISON;
    }
    size_t n = c->node_count++;
    c->nodes = arena_grow(c->arena, c->nodes, n, &c->node_capacity, n + 1, sizeof *c->nodes);
    c->places = arena_grow(c->arena, c->places, n, &c->place_capacity, n + 1, sizeof *c->places);
    c->nodes[n] = node;
    c->places[n] = expression_place(e, ast->at);
    return (struct typed){(node_index)n, node.type, reads};
}

static struct typed text_compile(struct expression *e, const struct ast *ast)
{
    struct compiler *c = e->compiler;
    size_t n = c->text_count++;
    c->texts = arena_grow(c->arena, c->texts, n, &c->text_capacity, n + 1, sizeof *c->texts);
    c->texts[n] = literal_text(c->arena, expression_source(e, ast->word));
    return node_emit(e, ast, (struct node){.op = OP_TEXT, .type = TYPE_TEXT, .a = (node_index)n}, 0);
}

static struct typed constant_compile(struct expression *e, const struct ast *ast, enum type type, double number)
{
    struct node node = {.op = OP_CONSTANT, .type = (uint8_t)type, .number = number};
    return node_emit(e, ast, node, 0);
}

struct typed ast_compile(struct expression *e, const struct ast *ast)
{
    switch ((enum ast_kind)ast->kind) {
    case AST_NUMBER:
        return constant_compile(e, ast, TYPE_NUMBER, ast->number);
    case AST_DURATION:
        return constant_compile(e, ast, TYPE_DURATION, ast->number);
    case AST_TRUE:
        return constant_compile(e, ast, TYPE_BOOLEAN, 1);
    case AST_FALSE:
        return constant_compile(e, ast, TYPE_BOOLEAN, 0);
    case AST_TEXT:
        return text_compile(e, ast);
    case AST_NAME:
        return name_compile(e, ast);
    case AST_UNARY:
        return unary_compile(e, ast);
    case AST_BINARY:
        return binary_compile(e, ast);
    case AST_IN:
        return in_compile(e, ast);
    case AST_CALL:
        return call_compile(e, ast);
    }
    return POISON;
}

static void want_check(struct expression *e, struct extent whole, struct typed typed)
{
    if (typed.type == TYPE_POISON)
        return;
    if (e->want == WANT_BOOLEAN && typed.type != TYPE_BOOLEAN)
        expression_fault(e, whole, "type-mismatch", "a rule's condition must be a boolean, this is %s",
                         type_phrase(typed.type));
    if (e->want == WANT_COUNT && typed.type != TYPE_NUMBER)
        expression_fault(e, whole, "type-mismatch", "scale_to must be a number, this is %s", type_phrase(typed.type));
}

static struct typed compile_text(struct expression *e, struct extent *whole)
{
    if (e->text.n > LIMIT_EXPRESSION_BYTES) {
        expression_fault(e, (struct extent){0, 0}, "expression-limit",
                         "an expression has at most %d bytes, this has %zu", LIMIT_EXPRESSION_BYTES, e->text.n);
        return POISON;
    }
    const struct token *tokens = expression_tokens(e);
    const struct ast *ast = tokens ? expression_parse(e, tokens) : NULL;
    if (!ast)
        return POISON;
    *whole = ast->at;
    struct typed typed = ast_compile(e, ast);
    want_check(e, ast->at, typed);
    return typed;
}

struct typed expression_compile(struct expression *e, struct extent *whole)
{
    struct arena scratch;
    arena_init(&scratch);
    e->scratch = &scratch;
    struct typed typed = compile_text(e, whole);
    e->scratch = NULL;
    arena_release(&scratch);
    return e->failed ? POISON : typed;
}

static struct typed scalar_compile(struct compiler *c, const struct tree *scalar, enum want want)
{
    struct extent whole;
    struct expression e = {.compiler = c, .tree = scalar, .text = scalar->scalar, .want = (uint8_t)want};
    return expression_compile(&e, &whole);
}

node_index compile_expression(struct compiler *c, const struct tree *scalar, enum want want)
{
    return scalar_compile(c, scalar, want).node;
}

bool compile_let(struct compiler *c, uint32_t let, uint8_t *type)
{
    if (!c->let_facts)
        c->let_facts = ARENA_ARRAY(c->arena, c->let_count, struct let_facts);
    if (c->let_states[let] == 0) {
        struct let_frame frame = {let, c->let_path ? c->let_path->depth + 1 : 1, 0, c->let_path};
        struct let_facts *facts = &c->let_facts[let];
        c->let_states[let] = 1;
        c->let_path = &frame;
        struct typed typed = scalar_compile(c, c->let_trees[let], WANT_ANY);
        c->let_path = frame.outer;
        c->let_states[let] = typed.type == TYPE_POISON ? 3 : 2;
        c->let_types[let] = typed.type;
        c->lets[let].expression = typed.node;
        *facts = (struct let_facts){.reads = typed.reads, .depth = frame.deepest + 1};
        facts->constant = typed.node && expression_constant(c, typed.node, &facts->value);
    }
    if (c->let_states[let] != 2)
        return false;
    *type = c->let_types[let];
    return true;
}
