// A policy file becomes a policy: read and merged, walked by the field table, compiled, checked.
#include "engine/lang/loader.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

#define DEFAULT_COLD_START_S 75
#define DEFAULT_MAX_COUNT 10
#define DEFAULT_STALE_AFTER_S 300

size_t count_within(struct loader *loader, const struct tree *tree, size_t limit, const char *what)
{
    if (tree->count <= limit)
        return tree->count;
    diag_error(loader->diags, tree->place, "too-large", "%zu %s; at most %zu are taken", tree->count, what, limit);
    return limit;
}

// ---- targets and limits -----------------------------------------------------------------------------------

static void check_target_name(struct loader *loader, const struct tree *item, const char *field)
{
    const struct tree *value = tree_get(item, field);
    if (!value || value->kind != TREE_SCALAR || value->faulty)
        return;
    if (text_starts(value->scalar, TEXT("arn:"))) {
        diag_error(loader->diags, value->place, "target",
                   "'%s' of a target is a name, not an ARN: write what stands "
                   "behind the last '/'",
                   field);
        return;
    }
    for (size_t i = 0; i < value->scalar.n; i++) {
        char c = value->scalar.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '_' || c == '*' || c == '?')
            continue;
        diag_error(loader->diags, tree_place_at(value, i, 1), "target",
                   "'%s' of a target is made of letters, digits, '-' and '_', and of '*' and '?' as a glob", field);
        return;
    }
}

static void read_target(struct loader *loader, const struct tree *item, size_t index, struct target *target)
{
    struct subject subject = {arena_format(loader->arena, "target %zu", index + 1), item->place};
    target->place = item->place;
    if (item->faulty)
        return;
    if (item->kind != TREE_MAP) {
        diag_error(loader->diags, item->place, "type",
                   "a target must be a map such as {cluster: fluidity, service: fluidity-server}; found %.*s",
                   TEXT_ARG(tree_describe(loader->arena, item)));
        return;
    }
    record_read(loader, &target_record, item, subject, target);
    check_target_name(loader, item, "cluster");
    check_target_name(loader, item, "service");
}

static void load_targets(struct loader *loader, const struct tree *list)
{
    size_t count = count_within(loader, list, LIMIT_TARGETS, "targets");
    struct target *targets = ARENA_ARRAY(loader->arena, count, struct target);
    for (size_t i = 0; i < count; i++)
        read_target(loader, list->items[i], i, &targets[i]);
    loader->policy->targets = targets;
    loader->policy->target_count = count;
}

static void load_limits(struct loader *loader, const struct tree *map)
{
    struct limits_fields fields = {.max_count = DEFAULT_MAX_COUNT};
    record_read(loader, &limits_record, map, (struct subject){TEXT("'limits'"), map->place}, &fields);
    loader->policy->max_count = fields.max_count;
    loader->policy->max_slept = fields.max_slept;
    loader->policy->max_killed = fields.max_killed;
}

// ---- the whole --------------------------------------------------------------------------------------------

static const struct tree empty_map = {.kind = TREE_MAP};
static const struct tree empty_list = {.kind = TREE_LIST};

// Sections that an error or nobody wrote are empty ones.
static const struct tree *or_empty(const struct tree *tree, const struct tree *empty)
{
    return tree ? tree : empty;
}

static void load_definitions(struct loader *loader, const struct policy_fields *fields)
{
    load_targets(loader, or_empty(fields->targets, &empty_list));
    load_params(loader, or_empty(fields->params, &empty_map));
    load_metrics(loader, or_empty(fields->metrics, &empty_map));
    load_windows(loader, or_empty(fields->windows, &empty_map));
    load_limits(loader, or_empty(fields->limits, &empty_map));
}

static void load_expressions(struct loader *loader, const struct policy_fields *fields, const struct tree *root)
{
    load_lets(loader, or_empty(fields->lets, &empty_map));
    check_names(loader);
    begin_expressions(loader);
    load_behaviours(loader, fields->behaviours, root);
    load_report(loader, or_empty(fields->report, &empty_map));
    end_expressions(loader);
}

static void load_policy(struct loader *loader, const struct tree *root)
{
    struct policy_fields fields = {.cold_start_s = DEFAULT_COLD_START_S};
    struct subject itself = {TEXT(""), root->place};
    loader->policy->stale_after_s = DEFAULT_STALE_AFTER_S;
    record_read(loader, &policy_record, root, itself, &fields);
    loader->policy->name = fields.name;
    loader->policy->cold_start_s = fields.cold_start_s;
    load_definitions(loader, &fields);
    load_expressions(loader, &fields, root);
    if (fields.schedule) {
        const struct tree_entry *entry = tree_entry(root, TEXT("schedule"));
        load_schedule(loader, fields.schedule, (struct subject){TEXT("'schedule'"), entry->key_place});
    }
    check_endings(loader);
    check_bounds(loader);
    // Warnings say what a sound policy may not have meant; behind errors they would only be guesses.
    if (loader->diags->errors == 0)
        lint_policy(loader);
}

const struct policy *policy_load(struct arena *arena, const struct file_reader *reader, struct text path,
                                 struct diags *diags, struct sources *sources)
{
    return policy_load_shared(arena, reader, NULL, path, diags, sources);
}

const struct policy *policy_load_shared(struct arena *arena, const struct file_reader *reader, struct file_cache *cache,
                                        struct text path, struct diags *diags, struct sources *sources)
{
    struct policy *policy = ARENA_NEW(arena, struct policy);
    struct loader loader = {.arena = arena, .diags = diags, .reader = reader, .cache = cache, .policy = policy};
    size_t errors_before = diags->errors;
    compiler_init(&loader.compiler, arena, diags);
    const struct tree *root = load_files(&loader, arena_text(arena, path));
    if (root)
        load_policy(&loader, root);
    *sources = (struct sources){loader.sources, loader.source_count};
    diags_sort(diags);
    if (diags->errors > errors_before || !root)
        return NULL;
    policy->arena = arena;
    policy->sources = *sources;
    return policy;
}
