// Functions: which arguments they take, and what to say of those that they do not.
#include "engine/lang/expression_parts.h"

#include "drowse/limits.h"
#include "drowse/snapshot.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define TYPE_ANY (TYPE_POISON - 1)

// The arguments of functions over plain values. `takes` is the type of each, `gives` that of the result; where
// either is TYPE_ANY, the arguments are of one type, which is the result's.
static const struct plain {
    uint8_t op, least, most, takes, gives;
} plains[] = {
    {OP_SINCE, 1, 1, TYPE_INSTANT, TYPE_DURATION},
    {OP_LEAST, 2, UINT8_MAX, TYPE_ANY, TYPE_ANY},
    {OP_GREATEST, 2, UINT8_MAX, TYPE_ANY, TYPE_ANY},
    {OP_OTHERWISE, 2, 2, TYPE_ANY, TYPE_ANY},
    {OP_KNOWN, 1, 1, TYPE_ANY, TYPE_BOOLEAN},
    {OP_INSTANT, 1, 1, TYPE_TEXT, TYPE_INSTANT},
    {OP_NUMBER, 1, 1, TYPE_TEXT, TYPE_NUMBER},
    {OP_MATCHES, 2, 2, TYPE_TEXT, TYPE_BOOLEAN},
    {OP_TAG, 1, 1, TYPE_TEXT, TYPE_TEXT},
};

// One call on its way: what is called, and how it was written.
struct call {
    const struct ast *ast;
    const struct function_name *function;
    struct text name;  // as written: p99, not p50
};

static const struct plain *plain_of(uint8_t op)
{
    for (size_t i = 0; i < COUNT_OF(plains); i++)
        if (plains[i].op == op)
            return &plains[i];
    return NULL;
}

// ---- over a metric ----------------------------------------------------------------------------------------

// "avg(connections over 10m)" of what was written with a comma.
static void comma_for_over(struct expression *e, const struct call *call)
{
    const struct ast *first = call->ast->arguments, *second = first->next;
    bool extreme = call->function->op == OP_AGGREGATE &&
                   (call->function->aggregate == AGGREGATE_MIN || call->function->aggregate == AGGREGATE_MAX);
    bool metric =
        first->kind == AST_NAME && scope_find(e->compiler, expression_source(e, first->word)).sort == SORT_METRIC;
    if (extreme && !metric)
        expression_fault(e, call->ast->word, "wrong-arguments", "%.*s is over a metric; of two values say %s(X, Y)",
                         TEXT_ARG(call->name), call->function->aggregate == AGGREGATE_MIN ? "least" : "greatest");
    else if (call->function->form == FORM_SPAN && !call->ast->over)
        expression_fault(e, second->at, "wrong-arguments", "%.*s takes no comma: write %.*s(%.*s over %.*s)",
                         TEXT_ARG(call->name), TEXT_ARG(call->name), TEXT_ARG(expression_excerpt(e, first->at)),
                         TEXT_ARG(expression_excerpt(e, second->at)));
    else
        expression_fault(e, second->at, "wrong-arguments", "%.*s takes no comma: write %s", TEXT_ARG(call->name),
                         call->function->signature);
}

static void span_missing(struct expression *e, const struct call *call)
{
    const struct ast *ast = call->ast;
    struct extent before = ast->arguments->at;
    if (ast->above)
        before.end = ast->above->at.end;
    expression_fault(e, ast->at, "wrong-arguments", "%.*s is without its span: write %.*s(%.*s over 10m)",
                     TEXT_ARG(call->name), TEXT_ARG(call->name), TEXT_ARG(expression_excerpt(e, before)));
}

// The parts in place, whatever they are?
static bool span_shape(struct expression *e, const struct call *call)
{
    const struct ast *ast = call->ast;
    const char *signature = call->function->signature;
    bool quiet = call->function->form == FORM_QUIET;
    if (ast->argument_count == 0)
        expression_fault(e, ast->at, "wrong-arguments", "%.*s is without its metric: write %s", TEXT_ARG(call->name),
                         signature);
    else if (ast->argument_count > 1)
        comma_for_over(e, call);
    else if (ast->above && !quiet)
        expression_fault(e, ast->above->at, "wrong-arguments", "only quiet_for takes 'above': write %s", signature);
    else if (quiet && !ast->above)
        expression_fault(e, ast->at, "wrong-arguments", "%.*s is without its 'above': write %s", TEXT_ARG(call->name),
                         signature);
    else if (!ast->over)
        span_missing(e, call);
    else
        return true;
    return false;
}

static bool metric_argument(struct expression *e, const struct call *call, uint32_t *metric)
{
    const struct ast *argument = call->ast->arguments;
    if (argument->kind == AST_NAME)
        return metric_named(e, argument->word, call->name, metric);
    if (argument->kind == AST_TEXT)
        expression_fault(e, argument->at, "wrong-sort", "a metric's name stands without quotes");
    else
        expression_fault(e, argument->at, "wrong-sort", "%.*s takes a metric's name, not `%.*s`", TEXT_ARG(call->name),
                         TEXT_ARG(expression_excerpt(e, argument->at)));
    return false;
}

static bool span_in_bounds(struct expression *e, const struct ast *ast, struct typed span)
{
    struct value value;
    if (!expression_constant(e->compiler, span.node, &value))
        return true;
    if (value.number <= 0)
        expression_fault(e, ast->at, "span-bounds", "the span `%.*s` is not longer than 0s",
                         TEXT_ARG(expression_excerpt(e, ast->at)));
    else if (value.number > (double)LIMIT_SPAN_S)
        expression_fault(e, ast->at, "span-bounds",
                         "the span `%.*s` is longer than %lldd: CloudWatch keeps no older points",
                         TEXT_ARG(expression_excerpt(e, ast->at)), LIMIT_SPAN_S / DAY_S);
    else
        return true;
    return false;
}

static struct typed span_argument(struct expression *e, const struct ast *ast)
{
    struct typed span = ast_compile(e, ast);
    if (span.type == TYPE_POISON)
        return POISON;
    struct text source = expression_excerpt(e, ast->at);
    if (span.type != TYPE_DURATION)
        expression_fault(e, ast->at, "type-mismatch", "a span is a duration, and `%.*s` is %s%.*s", TEXT_ARG(source),
                         type_phrase(span.type), TEXT_ARG(conversion_hint(e, ast, span.type, TYPE_DURATION)));
    else if (span.reads)
        expression_fault(e, ast->at, "span-reads-state",
                         "a span may read only params and constants, and `%.*s` reads more", TEXT_ARG(source));
    else if (span_in_bounds(e, ast, span))
        return span;
    return POISON;
}

// What an `as: instant` metric may be asked, and the type of the answer.
static bool instant_result(struct expression *e, const struct call *call, const struct metric *metric, uint8_t *type)
{
    bool aggregate = call->function->op == OP_AGGREGATE;
    uint8_t kind = call->function->aggregate;
    if (aggregate && (kind == AGGREGATE_MIN || kind == AGGREGATE_MAX || kind == AGGREGATE_LAST))
        *type = TYPE_INSTANT;
    else if (call->function->op == OP_QUIET_FOR || (aggregate && kind != AGGREGATE_COUNT)) {
        expression_fault(e, call->ast->word, "wrong-arguments",
                         "%.*s holds instants: it takes min, max, last, count or age, not %.*s", TEXT_ARG(metric->name),
                         TEXT_ARG(call->name));
        return false;
    }
    return true;
}

static bool threshold_argument(struct expression *e, const struct ast *ast, struct node *node, uint32_t *reads)
{
    struct typed threshold = ast_compile(e, ast);
    if (!operand_check(e, ast, threshold, TYPE_NUMBER, "'above'"))
        return false;
    node->c = threshold.node;
    *reads |= threshold.reads;
    return true;
}

// Everything that can be wrong is looked at, whatever was wrong before it.
static struct typed span_call(struct expression *e, const struct call *call)
{
    const struct function_name *function = call->function;
    struct node node = {.op = function->op, .stage = STAGE_METRICS, .type = TYPE_NUMBER};
    uint32_t reads = READS_METRICS;
    if (function->op != OP_AGGREGATE)
        node.type = TYPE_DURATION;
    else
        node.c = function->aggregate;
    if (function->op == OP_AGGREGATE && function->aggregate == AGGREGATE_PERCENTILE &&
        !percentile_parse(call->name, &node.number)) {
        expression_fault(e, call->ast->word, "wrong-arguments",
                         "there is no percentile %.*s: they go from p0.1 to p100, with one decimal at most",
                         TEXT_ARG(expression_excerpt(e, call->ast->word)));
        return POISON;
    }
    if (!span_shape(e, call))
        return POISON;
    bool ok = metric_argument(e, call, &node.a);
    if (ok && e->compiler->metrics[node.a].as_instant)
        ok = instant_result(e, call, &e->compiler->metrics[node.a], &node.type);
    if (call->ast->above)
        ok = threshold_argument(e, call->ast->above, &node, &reads) && ok;
    struct typed span = span_argument(e, call->ast->over);
    node.b = span.node;
    return ok && span.type != TYPE_POISON ? node_emit(e, call->ast, node, reads) : POISON;
}

// ---- over plain values ------------------------------------------------------------------------------------

static struct typed combine(struct expression *e, const struct call *call, const struct typed *a, const struct typed *b)
{
    const struct plain *plain = plain_of(call->function->op);
    struct node node = {.op = plain->op, .operands = a->type, .a = a->node};
    node.type = plain->gives == TYPE_ANY ? a->type : plain->gives;
    node.stage = node_stage(e, a->node);
    uint32_t reads = a->reads;
    if (b) {
        uint8_t stage = node_stage(e, b->node);
        node.b = b->node;
        node.stage = stage > node.stage ? stage : node.stage;
        reads |= b->reads;
    }
    if (plain->op == OP_SINCE)
        reads |= 1u << BUILTIN_NOW;
    if (plain->op == OP_TAG) {
        node.stage = node.stage > STAGE_STATE ? node.stage : STAGE_STATE;
        reads |= READS_TAGS;
    }
    return node_emit(e, call->ast, node, reads);
}

static bool plain_shape(struct expression *e, const struct call *call, const struct plain *plain)
{
    const struct ast *ast = call->ast;
    if (ast->over || ast->above) {
        expression_fault(e, ast->word, "wrong-arguments", "%.*s takes no '%s': write %s", TEXT_ARG(call->name),
                         ast->above ? "above" : "over", call->function->signature);
        return false;
    }
    if (ast->argument_count >= plain->least && (ast->argument_count <= plain->most || plain->most == UINT8_MAX))
        return true;
    expression_fault(e, ast->at, "wrong-arguments", "%.*s takes %s%d argument%s, not %zu: write %s",
                     TEXT_ARG(call->name), plain->most == UINT8_MAX ? "at least " : "", plain->least,
                     plain->least == 1 ? "" : "s", ast->argument_count, call->function->signature);
    return false;
}

// least, greatest and otherwise: the second argument is of the first one's type.
static bool of_one_type(struct expression *e, const struct call *call, const struct ast *first, struct typed a,
                        const struct ast *second, struct typed b)
{
    if (a.type == TYPE_POISON || b.type == TYPE_POISON)
        return false;
    if (call->function->op != OP_OTHERWISE && (b.type == TYPE_BOOLEAN || b.type == TYPE_TEXT)) {
        expression_fault(e, second->at, "type-mismatch", "%.*s takes numbers, durations or instants, and `%.*s` is %s",
                         TEXT_ARG(call->name), TEXT_ARG(expression_excerpt(e, second->at)), type_phrase(b.type));
        return false;
    }
    if (a.type == b.type)
        return true;
    expression_fault(e, second->at, "type-mismatch", "%.*s takes values of one type, and `%.*s` is %s, `%.*s` %s%.*s",
                     TEXT_ARG(call->name), TEXT_ARG(expression_excerpt(e, first->at)), type_phrase(a.type),
                     TEXT_ARG(expression_excerpt(e, second->at)), type_phrase(b.type),
                     TEXT_ARG(mismatch_hint(e, first, a, second, b)));
    return false;
}

static bool plain_argument(struct expression *e, const struct call *call, const struct plain *plain,
                           const struct ast *argument, struct typed first, struct typed typed)
{
    if (plain->takes != TYPE_ANY) {
        const char *who = arena_text(e->scratch, call->name).p;
        return operand_check(e, argument, typed, plain->takes, who);
    }
    if (plain->op == OP_KNOWN)
        return typed.type != TYPE_POISON;
    return of_one_type(e, call, call->ast->arguments, first, argument, typed);
}

// An instant that is spelt out is read here, once, and a wrong one is a fault.
static struct typed instant_literal(struct expression *e, const struct call *call, struct typed typed)
{
    struct compiler *c = e->compiler;
    struct node *node = &c->nodes[typed.node];
    double at_s;
    if (typed.type == TYPE_POISON || node->op != OP_INSTANT || c->nodes[node->a].op != OP_TEXT)
        return typed;
    const struct ast *text = call->ast->arguments;
    if (!parse_instant(c->texts[c->nodes[node->a].a], &at_s)) {
        expression_fault(e, text->at, "constant-unknown",
                         "%.*s is not an instant with its offset, such as \"2026-12-24T18:00:00+01:00\"",
                         TEXT_ARG(expression_excerpt(e, text->at)));
        return POISON;
    }
    if (constant_exact(TYPE_INSTANT, at_s))
        *node = (struct node){.op = OP_CONSTANT, .type = TYPE_INSTANT, .number = at_s};
    return typed;
}

static struct typed plain_call(struct expression *e, const struct call *call)
{
    const struct plain *plain = plain_of(call->function->op);
    bool ok = plain_shape(e, call, plain);
    struct typed result = POISON, first = POISON;
    for (const struct ast *argument = call->ast->arguments; argument; argument = argument->next) {
        struct typed typed = ast_compile(e, argument);
        bool is_first = argument == call->ast->arguments;
        first = is_first ? typed : first;
        ok = plain_argument(e, call, plain, argument, first, typed) && ok;
        if (!ok)
            continue;
        if (is_first)
            result = typed;
        if (!is_first || plain->most == 1)
            result = combine(e, call, &result, is_first ? NULL : &typed);
        ok = result.type != TYPE_POISON;
    }
    return ok ? instant_literal(e, call, result) : POISON;
}

struct typed call_compile(struct expression *e, const struct ast *ast)
{
    struct text name = expression_source(e, ast->word);
    struct call call = {ast, function_find(name), name};
    if (!call.function) {
        function_unknown(e, ast->word);
        return POISON;
    }
    switch ((enum function_form)call.function->form) {
    case FORM_SPAN:
    case FORM_QUIET:
        return span_call(e, &call);
    case FORM_PLAIN:
        return plain_call(e, &call);
    case FORM_WINDOW:
        break;
    }
    expression_fault(e, ast->word, "wrong-arguments", "window(TEXT) stands only behind 'in': now in window(TEXT)");
    return POISON;
}
