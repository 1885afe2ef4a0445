#include "tests/support/expressions.h"

#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/load.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define DUMP_BYTES ((size_t)1024 * 1024)

static const struct param params[] = {
    {.name = {"idle_threshold", 14}, .type = TYPE_DURATION, .fallback = {.number = 900, .knowledge = KNOWN}},
    {.name = {"lookback", 8}, .type = TYPE_DURATION, .fallback = {.number = 600, .knowledge = KNOWN}},
    {.name = {"nothing", 7}, .type = TYPE_DURATION, .fallback = {.number = 0, .knowledge = KNOWN}},
    {.name = {"factor", 6}, .type = TYPE_NUMBER, .fallback = {.number = 2, .knowledge = KNOWN}},
    {.name = {"label", 5}, .type = TYPE_TEXT, .fallback = {.text = {"office", 6}, .knowledge = KNOWN}},
    {.name = {"enabled", 7}, .type = TYPE_BOOLEAN, .fallback = {.truth = true, .knowledge = KNOWN}},
};

static const struct metric metrics[] = {
    {.name = {"connections", 11}, .period_s = 60},
    {.name = {"cpu", 3}, .period_s = 60},
    {.name = {"last_activity", 13}, .period_s = 60, .as_instant = true},
};

static const struct window windows[] = {{.name = {"office", 6}}, {.name = {"freeze", 6}}};

const struct let_source usual_lets[] = {
    {"avg_connections", "avg(connections over lookback)"},
    {"idle_time", "since(max(last_activity over lookback))"},
    {"window_of_two", "lookback * 2"},
    {"stopped", "desired == 0"},
};
const size_t usual_let_count = COUNT_OF(usual_lets);

struct tree *expressions_scalar(struct expressions *x, struct text text)
{
    struct tree *tree = ARENA_NEW(&x->arena, struct tree);
    tree->kind = TREE_SCALAR;
    tree->style = STYLE_PLAIN;
    tree->exact_columns = true;
    tree->place = (struct place){.line = 1, .column = 1};
    tree->scalar = text;
    return tree;
}

static void add_lets(struct expressions *x, const struct let_source *lets, size_t count)
{
    struct compiler *c = &x->compiler;
    c->lets = ARENA_ARRAY(&x->arena, count, struct let);
    c->let_trees = ARENA_ARRAY(&x->arena, count, const struct tree *);
    c->let_states = ARENA_ARRAY(&x->arena, count, uint8_t);
    c->let_types = ARENA_ARRAY(&x->arena, count, uint8_t);
    c->let_used = ARENA_ARRAY(&x->arena, count, bool);
    c->let_count = count;
    for (size_t i = 0; i < count; i++) {
        c->lets[i].name = text_of(lets[i].name);
        c->let_trees[i] = expressions_scalar(x, text_of(lets[i].text));
    }
}

void expressions_begin(struct expressions *x, const struct let_source *lets, size_t count)
{
    *x = (struct expressions){0};
    diags_init(&x->diags, &x->arena);
    struct compiler *c = &x->compiler;
    compiler_init(c, &x->arena, &x->diags);
    c->params = params;
    c->param_count = COUNT_OF(params);
    c->param_used = ARENA_ARRAY(&x->arena, COUNT_OF(params), bool);
    c->metrics = metrics;
    c->metric_count = COUNT_OF(metrics);
    c->metric_used = ARENA_ARRAY(&x->arena, COUNT_OF(metrics), bool);
    c->windows = windows;
    c->window_count = COUNT_OF(windows);
    c->window_used = ARENA_ARRAY(&x->arena, COUNT_OF(windows), bool);
    add_lets(x, lets, count);
}

void expressions_end(struct expressions *x)
{
    arena_release(&x->arena);
}

node_index expressions_compile(struct expressions *x, const char *text, enum want want)
{
    return compile_expression(&x->compiler, expressions_scalar(x, text_of(text)), want);
}

struct text expressions_dump(struct expressions *x, node_index node)
{
    const struct compiler *c = &x->compiler;
    struct buffer out;
    x->policy = (struct policy){.params = c->params,
                                .param_count = c->param_count,
                                .metrics = c->metrics,
                                .metric_count = c->metric_count,
                                .windows = c->windows,
                                .window_count = c->window_count,
                                .lets = c->lets,
                                .let_count = c->let_count,
                                .nodes = c->nodes,
                                .node_count = c->node_count,
                                .places = c->places,
                                .texts = c->texts,
                                .text_count = c->text_count};
    buffer_init(&out, DUMP_BYTES);
    expression_dump(&x->policy, node, &out);
    struct text dump = arena_text(&x->arena, buffer_text(&out));
    buffer_release(&out);
    return dump;
}

struct text expressions_faults(struct expressions *x)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < x->diags.count; i++) {
        const struct diag *diag = &x->diags.items[i];
        all = arena_format(&x->arena, "%.*s%s%u+%u %.*s", TEXT_ARG(all), all.n ? "\n" : "", diag->place.column,
                           diag->place.width, TEXT_ARG(diag->text));
    }
    return all;
}
