// The names of a policy: one namespace for params, metrics, windows, `let` and the language itself.
#include "engine/lang/loader.h"

#include <stdlib.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

#define LET_FAILED 3  // of compiler.let_states

struct claim {
    struct text name;
    const char *what;
    struct place place;
    size_t order;
};

struct claims {
    struct claim *items;
    size_t count;
};

static void claim(struct claims *claims, struct text name, const char *what, struct place place)
{
    claims->items[claims->count] = (struct claim){name, what, place, claims->count};
    claims->count++;
}

static struct claims collect(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    size_t most = policy->param_count + policy->metric_count + policy->window_count + policy->let_count;
    struct claims claims = {ARENA_ARRAY(loader->arena, most, struct claim), 0};
    for (size_t i = 0; i < policy->param_count; i++)
        claim(&claims, policy->params[i].name, "param", policy->params[i].place);
    for (size_t i = 0; i < policy->metric_count; i++)
        claim(&claims, policy->metrics[i].name, "metric", policy->metrics[i].place);
    for (size_t i = 0; i < policy->window_count; i++)
        claim(&claims, policy->windows[i].name, "window", policy->windows[i].place);
    for (size_t i = 0; i < policy->let_count; i++)
        claim(&claims, policy->lets[i].name, "let", policy->lets[i].place);
    return claims;
}

static int by_name(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    int order = text_compare(a->name, b->name);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void check_one(struct loader *loader, const struct claim *one)
{
    const struct field field = {.name = "name", .kind = FIELD_NAME, .example = "idle_time"};
    struct reading reading = reading_of(loader, &field, TEXT(""), one->place);
    const struct tree name = {.kind = TREE_SCALAR, .style = STYLE_PLAIN, .place = one->place, .scalar = one->name};
    const char *taken = name_taken(one->name);
    if (!name_check(&reading, &name))
        return;
    if (taken)
        diag_error(loader->diags, one->place, "clash", "the %s '%.*s' needs another name: '%.*s' is %s", one->what,
                   TEXT_ARG(one->name), TEXT_ARG(one->name), taken);
}

// Where the other stands, for a message at this place.
static struct text other_place(struct loader *loader, struct place here, struct place there)
{
    if (here.source == there.source)
        return arena_format(loader->arena, "line %u", (unsigned)there.line);
    return arena_format(loader->arena, "line %u of %.*s", (unsigned)there.line,
                        TEXT_ARG(loader->sources[there.source].path));
}

void check_names(struct loader *loader)
{
    struct claims claims = collect(loader);
    for (size_t i = 0; i < claims.count; i++)
        check_one(loader, &claims.items[i]);
    qsort(claims.items, claims.count, sizeof *claims.items, by_name);
    for (size_t i = 1; i < claims.count; i++) {
        const struct claim *first = &claims.items[i - 1], *second = &claims.items[i];
        if (!text_eq(first->name, second->name))
            continue;
        diag_error(loader->diags, second->place, "clash",
                   "the %s '%.*s' needs another name: the %s in %.*s has it already", second->what,
                   TEXT_ARG(second->name), first->what, TEXT_ARG(other_place(loader, second->place, first->place)));
    }
}

// ---- let and report ---------------------------------------------------------------------------------------

static const struct field let_field = {.name = "let", .kind = FIELD_EXPRESSION, .example = "since(woken_at)"};

// A `let` or a field of the report, as "'idle_time' of 'let'".
static struct reading expression_reading(struct loader *loader, struct field *field, const struct tree_entry *entry,
                                         const char *section)
{
    *field = let_field;
    struct text name = arena_format(loader->arena, "%.*s", TEXT_ARG(entry->key));
    field->name = name.p;
    return reading_of(loader, field, arena_format(loader->arena, "'%s'", section), entry->key_place);
}

void load_lets(struct loader *loader, const struct tree *map)
{
    size_t count = count_within(loader, map, LIMIT_LETS, "definitions in 'let'");
    struct compiler *compiler = &loader->compiler;
    compiler->lets = ARENA_ARRAY(loader->arena, count, struct let);
    compiler->let_trees = ARENA_ARRAY(loader->arena, count, const struct tree *);
    compiler->let_states = ARENA_ARRAY(loader->arena, count, uint8_t);
    compiler->let_types = ARENA_ARRAY(loader->arena, count, uint8_t);
    compiler->let_count = count;
    loader->let_reads_param = ARENA_ARRAY(loader->arena, count, uint8_t);
    for (size_t i = 0; i < count; i++) {
        struct field field;
        struct reading reading = expression_reading(loader, &field, &map->entries[i], "let");
        compiler->lets[i] = (struct let){map->entries[i].key, 0, map->entries[i].key_place};
        compiler->let_trees[i] = map->entries[i].value;
        if (!shape_check(&reading, map->entries[i].value))
            compiler->let_states[i] = LET_FAILED;  // reported: whatever reads it says no more
    }
    loader->policy->lets = compiler->lets;
    loader->policy->let_count = count;
}

void begin_expressions(struct loader *loader)
{
    struct compiler *compiler = &loader->compiler;
    const struct policy *policy = loader->policy;
    compiler->params = policy->params;
    compiler->param_count = policy->param_count;
    compiler->metrics = policy->metrics;
    compiler->metric_count = policy->metric_count;
    compiler->windows = policy->windows;
    compiler->window_count = policy->window_count;
    compiler->param_used = ARENA_ARRAY(loader->arena, policy->param_count, bool);
    compiler->metric_used = ARENA_ARRAY(loader->arena, policy->metric_count, bool);
    compiler->window_used = ARENA_ARRAY(loader->arena, policy->window_count, bool);
    compiler->let_used = ARENA_ARRAY(loader->arena, policy->let_count, bool);
    for (uint32_t i = 0; i < compiler->let_count; i++) {
        uint8_t type;
        compile_let(compiler, i, &type);
    }
}

void end_expressions(struct loader *loader)
{
    struct policy *policy = loader->policy;
    policy->nodes = loader->compiler.nodes;
    policy->node_count = loader->compiler.node_count;
    policy->places = loader->compiler.places;
    policy->texts = loader->compiler.texts;
    policy->text_count = loader->compiler.text_count;
}

// Fields of the answer that the contract has already.
static const struct text answer_fields[] = {
    {"status", 6},        {"action", 6},        {"desiredCount", 12},
    {"runningCount", 12}, {"pendingCount", 12}, {"estimatedStartTime", 18},
    {"message", 7},       {"held", 4},          {"outcome", 7},
    {"error", 5},
};

static bool report_name_valid(struct text name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.n > 0 && name.n <= LIMIT_NAME_BYTES;
}

static void check_report_name(struct loader *loader, const struct tree_entry *entry)
{
    if (!report_name_valid(entry->key))
        diag_error(loader->diags, entry->key_place, "name",
                   "a field of the report is named by letters, digits and '_', at most %d, such as "
                   "idleDurationSeconds",
                   LIMIT_NAME_BYTES);
    for (size_t i = 0; i < sizeof answer_fields / sizeof *answer_fields; i++) {
        if (text_eq(entry->key, answer_fields[i]))
            diag_error(loader->diags, entry->key_place, "clash", "the answer has a field '%.*s' already",
                       TEXT_ARG(entry->key));
    }
}

void load_report(struct loader *loader, const struct tree *map)
{
    size_t count = count_within(loader, map, LIMIT_LETS, "fields in 'report'");
    struct report_field *report = ARENA_ARRAY(loader->arena, count, struct report_field);
    for (size_t i = 0; i < count; i++) {
        const struct tree_entry *entry = &map->entries[i];
        struct field field;
        struct reading reading = expression_reading(loader, &field, entry, "report");
        check_report_name(loader, entry);
        report[i] = (struct report_field){entry->key, 0, entry->key_place};
        if (shape_check(&reading, entry->value))
            report[i].expression = compile_expression(&loader->compiler, entry->value, WANT_ANY);
    }
    loader->policy->report = report;
    loader->policy->report_count = count;
}
