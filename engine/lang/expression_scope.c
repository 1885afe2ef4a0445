#include "engine/lang/expression_parts.h"

#include "drowse/limits.h"
#include "drowse/snapshot.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// Words of other languages where a value is due, and what to write.
static const struct foreign {
    struct text word;  // in small letters
    const char *instead;
} foreign_values[] = {
#define FOREIGN(word, instead)                                                                                         \
    {                                                                                                                  \
        {word, sizeof(word) - 1}, instead                                                                              \
    }
    FOREIGN("null", "ask for an unknown with known(x)"),
    FOREIGN("none", "ask for an unknown with known(x)"),
    FOREIGN("nil", "ask for an unknown with known(x)"),
    FOREIGN("undefined", "ask for an unknown with known(x)"),
    FOREIGN("unknown", "ask for an unknown with known(x)"),
    FOREIGN("nan", "numbers are finite"),
    FOREIGN("inf", "numbers are finite"),
    FOREIGN("infinity", "numbers are finite"),
    FOREIGN("yes", "write true"),
    FOREIGN("no", "write false"),
    FOREIGN("on", "write true"),
    FOREIGN("off", "write false"),
#undef FOREIGN
};

// ---- finding names ----------------------------------------------------------------------------------------

#define FIND_IN(names, count, name, sort_found)                                                                        \
    for (size_t i = 0; i < (count); i++)                                                                               \
        if (text_eq((names)[i].name, (name)))                                                                          \
            return (struct named){(sort_found), (uint32_t)i};

struct named scope_find(const struct compiler *c, struct text name)
{
    const struct builtin_name *builtin = builtin_find(name);
    if (builtin)
        return (struct named){SORT_BUILTIN, (uint32_t)(builtin - builtin_names)};
    const struct function_name *function = function_find(name);
    if (function)
        return (struct named){SORT_FUNCTION, (uint32_t)(function - function_names)};
    FIND_IN(c->params, c->param_count, name, SORT_PARAM)
    FIND_IN(c->metrics, c->metric_count, name, SORT_METRIC)
    FIND_IN(c->windows, c->window_count, name, SORT_WINDOW)
    FIND_IN(c->lets, c->let_count, name, SORT_LET)
    return (struct named){SORT_NONE, 0};
}

static const char *sort_phrase(enum sort sort)
{
    switch (sort) {
    case SORT_BUILTIN:
        return "a built-in name";
    case SORT_PARAM:
        return "a param";
    case SORT_METRIC:
        return "a metric";
    case SORT_WINDOW:
        return "a window";
    case SORT_LET:
        return "a let";
    case SORT_FUNCTION:
        return "a function";
    case SORT_NONE:
        break;
    }
    return "nothing";
}

static void candidates_make(struct compiler *c)
{
    size_t most = builtin_name_count + function_name_count + reserved_word_count + c->param_count + c->metric_count +
                  c->window_count + c->let_count;
    struct text *names = ARENA_ARRAY(c->arena, most, struct text);
    size_t n = 0;
    for (size_t i = 0; i < c->param_count; i++)
        names[n++] = c->params[i].name;
    for (size_t i = 0; i < c->metric_count; i++)
        names[n++] = c->metrics[i].name;
    for (size_t i = 0; i < c->window_count; i++)
        names[n++] = c->windows[i].name;
    for (size_t i = 0; i < c->let_count; i++)
        names[n++] = c->lets[i].name;
    for (size_t i = 0; i < builtin_name_count; i++)
        names[n++] = builtin_names[i].name;
    for (size_t i = 0; i < function_name_count; i++)
        names[n++] = function_names[i].name;
    for (size_t i = 0; i < reserved_word_count; i++)
        names[n++] = reserved_words[i];
    c->candidates = names;
    c->candidate_count = n;
}

// " (did you mean 'x'?)" or "". A file with more faults than are kept is not worth searching further.
static struct text suggestion(struct expression *e, struct text word)
{
    struct compiler *c = e->compiler;
    if (c->diags->errors >= LIMIT_DIAGS || word.n > 2 * LIMIT_NAME_BYTES)
        return TEXT("");
    if (!c->candidates)
        candidates_make(c);
    return diag_suggestion(e->scratch, word, c->candidates, c->candidate_count);
}

static struct text in_small_letters(const struct expression *e, struct text word)
{
    struct text copy = arena_text(e->scratch, word);
    char *p = (char *)copy.p;
    for (size_t i = 0; i < copy.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] | 0x20);
    return copy;
}

static void name_unknown(struct expression *e, struct extent where)
{
    struct text word = expression_excerpt(e, where);
    struct text small = in_small_letters(e, word);
    for (size_t i = 0; i < COUNT_OF(foreign_values); i++) {
        if (!text_eq(foreign_values[i].word, small))
            continue;
        expression_fault(e, where, "unknown-name", "there is no '%.*s': %s", TEXT_ARG(word), foreign_values[i].instead);
        return;
    }
    if (!text_eq(small, word) && scope_find(e->compiler, small).sort != SORT_NONE)
        expression_fault(e, where, "unknown-name", "unknown name '%.*s': names are in small letters, write %.*s",
                         TEXT_ARG(word), TEXT_ARG(small));
    else
        expression_fault(e, where, "unknown-name", "unknown name '%.*s'%.*s", TEXT_ARG(word),
                         TEXT_ARG(suggestion(e, word)));
}

void function_unknown(struct expression *e, struct extent where)
{
    struct text word = expression_excerpt(e, where);
    struct named named = scope_find(e->compiler, expression_source(e, where));
    struct text small = in_small_letters(e, word);
    if (named.sort != SORT_NONE)
        expression_fault(e, where, "wrong-sort", "%.*s is %s, not a function", TEXT_ARG(word), sort_phrase(named.sort));
    else if (!text_eq(small, word) && function_find(small))
        expression_fault(e, where, "unknown-name", "unknown function '%.*s': names are in small letters, write %.*s",
                         TEXT_ARG(word), TEXT_ARG(small));
    else
        expression_fault(e, where, "unknown-name", "unknown function '%.*s'%.*s", TEXT_ARG(word),
                         TEXT_ARG(suggestion(e, word)));
}

// ---- names as values --------------------------------------------------------------------------------------

// A count that scale_to reads would make the action depend on itself.
static bool may_read(struct expression *e, const struct ast *ast, uint32_t reads, bool by_let)
{
    if (e->want != WANT_COUNT || !(reads & READS_COUNTS))
        return true;
    uint32_t first = 0;
    while (!(reads & READS_COUNTS & 1u << first))
        first++;
    struct text name = TEXT("");
    for (size_t i = 0; i < builtin_name_count; i++)
        if (builtin_names[i].builtin == first)
            name = builtin_names[i].name;
    struct text let = expression_excerpt(e, ast->word);
    expression_fault(e, ast->word, "count-reads-count",
                     "scale_to may not read desired, running or pending%s%.*s%s%.*s%s", by_let ? ", and the let '" : "",
                     by_let ? (int)let.n : 0, let.p, by_let ? "' reads '" : "", by_let ? (int)name.n : 0, name.p,
                     by_let ? "'" : "");
    return false;
}

static struct typed builtin_compile(struct expression *e, const struct ast *ast, uint32_t index)
{
    const struct builtin_name *builtin = &builtin_names[index];
    uint32_t reads = 1u << builtin->builtin;
    if (!may_read(e, ast, reads, false))
        return POISON;
    struct node node = {.op = OP_BUILTIN, .type = builtin->type, .stage = builtin->stage, .a = builtin->builtin};
    return node_emit(e, ast, node, reads);
}

// "a -> b -> a", from the let that closes the circle.
static struct text cycle_path(const struct expression *e, uint32_t let)
{
    const struct compiler *c = e->compiler;
    struct text path = c->lets[let].name;
    for (const struct let_frame *frame = c->let_path; frame; frame = frame->outer) {
        path = arena_format(e->scratch, "%.*s -> %.*s", TEXT_ARG(c->lets[frame->let].name), TEXT_ARG(path));
        if (frame->let == let)
            break;
    }
    return path;
}

static bool let_too_deep(const struct compiler *c, uint32_t let)
{
    const struct let_frame *frame = c->let_path;
    if (c->let_states[let] == 2)
        return frame && c->let_facts[let].depth >= LIMIT_LET_DEPTH;
    return frame && frame->depth >= LIMIT_LET_DEPTH;
}

static bool let_ready(struct expression *e, const struct ast *ast, uint32_t let, uint8_t *type)
{
    struct compiler *c = e->compiler;
    if (c->let_states[let] == 1) {
        expression_fault(e, ast->word, "let-cycle", "the let '%.*s' is made of itself: %.*s",
                         TEXT_ARG(c->lets[let].name), TEXT_ARG(cycle_path(e, let)));
        return false;
    }
    bool ready = !let_too_deep(c, let) && compile_let(c, let, type);
    if (!ready && c->let_states[let] == 3)
        return false;
    if (!ready || let_too_deep(c, let)) {
        expression_fault(e, ast->word, "expression-limit", "lets build on one another more than %d deep here",
                         LIMIT_LET_DEPTH);
        return false;
    }
    return true;
}

static struct typed let_compile(struct expression *e, const struct ast *ast, uint32_t let)
{
    struct compiler *c = e->compiler;
    uint8_t type;
    c->let_used[let] = true;
    if (!let_ready(e, ast, let, &type))
        return POISON;
    const struct let_facts *facts = &c->let_facts[let];
    if (c->let_path && c->let_path->deepest < facts->depth)
        c->let_path->deepest = facts->depth;
    if (!may_read(e, ast, facts->reads, true))
        return POISON;
    struct node node = {.op = OP_LET, .type = type, .stage = node_stage(e, c->lets[let].expression), .a = let};
    return node_emit(e, ast, node, facts->reads);
}

static struct typed metric_bare(struct expression *e, const struct ast *ast, const struct metric *metric)
{
    expression_fault(e, ast->word, "wrong-sort", "%.*s is a metric: say %s(%.*s over 10m)", TEXT_ARG(metric->name),
                     metric->as_instant ? "max" : "avg", TEXT_ARG(metric->name));
    return POISON;
}

struct typed name_compile(struct expression *e, const struct ast *ast)
{
    struct compiler *c = e->compiler;
    struct text name = expression_source(e, ast->word);
    struct named named = scope_find(c, name);
    switch (named.sort) {
    case SORT_BUILTIN:
        return builtin_compile(e, ast, named.index);
    case SORT_PARAM:
        c->param_used[named.index] = true;
        return node_emit(e, ast, (struct node){.op = OP_PARAM, .type = c->params[named.index].type, .a = named.index},
                         0);
    case SORT_LET:
        return let_compile(e, ast, named.index);
    case SORT_METRIC:
        c->metric_used[named.index] = true;
        return metric_bare(e, ast, &c->metrics[named.index]);
    case SORT_WINDOW:
        c->window_used[named.index] = true;
        expression_fault(e, ast->word, "wrong-sort", "%.*s is a window: say now in %.*s", TEXT_ARG(name),
                         TEXT_ARG(name));
        return POISON;
    case SORT_FUNCTION:
        expression_fault(e, ast->word, "wrong-sort", "%.*s is a function: say %s", TEXT_ARG(name),
                         function_names[named.index].signature);
        return POISON;
    case SORT_NONE:
        break;
    }
    name_unknown(e, ast->word);
    return POISON;
}

// ---- metrics and windows ----------------------------------------------------------------------------------

bool metric_named(struct expression *e, struct extent where, struct text user, uint32_t *metric)
{
    struct compiler *c = e->compiler;
    struct text name = expression_excerpt(e, where);
    struct named named = scope_find(c, expression_source(e, where));
    if (named.sort == SORT_METRIC) {
        c->metric_used[named.index] = true;
        *metric = named.index;
        return true;
    }
    if (named.sort != SORT_NONE) {
        expression_fault(e, where, "wrong-sort", "%.*s takes a metric, and %.*s is %s", TEXT_ARG(user), TEXT_ARG(name),
                         sort_phrase(named.sort));
        return false;
    }
    expression_fault(e, where, "unknown-name", "unknown metric '%.*s'%.*s", TEXT_ARG(name),
                     TEXT_ARG(suggestion(e, name)));
    return false;
}

static bool window_named(struct expression *e, struct extent where, uint32_t *window)
{
    struct compiler *c = e->compiler;
    struct text name = expression_excerpt(e, where);
    struct named named = scope_find(c, expression_source(e, where));
    if (named.sort == SORT_WINDOW) {
        c->window_used[named.index] = true;
        *window = named.index;
        return true;
    }
    if (named.sort == SORT_NONE) {
        expression_fault(e, where, "unknown-name", "unknown window '%.*s'%.*s", TEXT_ARG(name),
                         TEXT_ARG(suggestion(e, name)));
        return false;
    }
    bool text = (named.sort == SORT_PARAM && c->params[named.index].type == TYPE_TEXT) ||
                (named.sort == SORT_BUILTIN && builtin_names[named.index].type == TYPE_TEXT);
    expression_fault(e, where, "wrong-sort", "behind 'in' stands a window, and %.*s is %s%s%.*s%s", TEXT_ARG(name),
                     sort_phrase(named.sort), text ? ": to read the window's name from it, say window(" : "",
                     text ? (int)name.n : 0, name.p, text ? ")" : "");
    return false;
}

// window("office"): a literal must name a window; any other text may name each of them.
static bool window_text_check(struct expression *e, const struct ast *ast, struct typed text)
{
    struct compiler *c = e->compiler;
    if (!operand_check(e, ast, text, TYPE_TEXT, "window"))
        return false;
    const struct node *node = &c->nodes[text.node];
    bool found = node->op != OP_TEXT;
    for (size_t i = 0; i < c->window_count; i++) {
        bool named = node->op != OP_TEXT || text_eq(c->windows[i].name, c->texts[node->a]);
        c->window_used[i] = c->window_used[i] || named;
        found = found || named;
    }
    if (!found)
        expression_fault(e, ast->at, "unknown-name", "unknown window %.*s%.*s",
                         TEXT_ARG(expression_excerpt(e, ast->at)), TEXT_ARG(suggestion(e, c->texts[node->a])));
    return found;
}

struct typed in_compile(struct expression *e, const struct ast *ast)
{
    struct typed instant = ast_compile(e, ast->a);
    bool ok = operand_check(e, ast->a, instant, TYPE_INSTANT, "'in'");
    struct node node = {.type = TYPE_BOOLEAN, .a = instant.node};
    if (!ast->b) {
        node.op = OP_IN_WINDOW;
        ok = window_named(e, ast->window, &node.b) && ok;
        node.stage = node_stage(e, instant.node);
        return ok ? node_emit(e, ast, node, instant.reads) : POISON;
    }
    struct typed text = ast_compile(e, ast->b);
    if (!window_text_check(e, ast->b, text) || !ok)
        return POISON;
    uint8_t stages[] = {node_stage(e, instant.node), node_stage(e, text.node)};
    node.op = OP_IN_NAMED_WINDOW;
    node.b = text.node;
    node.stage = stages[0] > stages[1] ? stages[0] : stages[1];
    return node_emit(e, ast, node, instant.reads | text.reads);
}
