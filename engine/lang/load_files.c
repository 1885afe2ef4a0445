// The chain of files that `extends` makes, from the file that was asked for to the one that extends nothing.
#include "engine/lang/loader.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

#define REASON_BYTES 512
#define CHAIN_BYTES 4096

struct chain {
    struct tree *roots[LIMIT_EXTENDS];
    struct text paths[LIMIT_EXTENDS];
    size_t count;
    size_t values;  // in all of them
};

// ---- paths ------------------------------------------------------------------------------------------------

// The folder with its '/', or nothing.
static struct text folder_of(struct text path)
{
    while (path.n && path.p[path.n - 1] != '/')
        path.n--;
    return path;
}

// Takes "." and "name/.." out, so that one file has one path however a chain comes to it.
static struct text path_normal(struct arena *arena, struct text path)
{
    char *out = arena_alloc(arena, path.n + 1);
    size_t n = 0, floor = 0;
    if (path.n && path.p[0] == '/')
        out[n++] = '/', floor = 1;  // above the root there is nothing
    for (size_t i = 0; i < path.n;) {
        size_t length = 0;
        struct text rest = text_from(path, i);
        if (!text_find(rest, '/', &length))
            length = rest.n;
        struct text part = {rest.p, length};
        i += length + 1;
        if (part.n == 0 || text_is(part, "."))
            continue;
        struct text last = {out, n};
        if (text_is(part, "..") && floor && n == floor)
            continue;
        if (text_is(part, "..") && n > floor && !text_ends(last, TEXT("../"))) {
            n = folder_of((struct text){out, n - 1}).n;
            continue;
        }
        for (size_t k = 0; k < part.n; k++)
            out[n++] = part.p[k];
        if (i <= path.n)
            out[n++] = '/';
    }
    return (struct text){out, n};
}

static struct text path_beside(struct arena *arena, struct text file, struct text path)
{
    if (path.n && path.p[0] == '/')
        return path_normal(arena, path);
    return path_normal(arena, arena_format(arena, "%.*s%.*s", TEXT_ARG(folder_of(file)), TEXT_ARG(path)));
}

enum form { FILE_YAML, FILE_LUA, FILE_OTHER };

static enum form form_of(struct text path)
{
    if (text_ends(path, TEXT(".yaml")) || text_ends(path, TEXT(".yml")))
        return FILE_YAML;
    return text_ends(path, TEXT(".lua")) ? FILE_LUA : FILE_OTHER;
}

// ---- one file ---------------------------------------------------------------------------------------------

static uint32_t add_source(struct loader *loader, struct text path, struct text content)
{
    loader->sources = arena_grow(loader->arena, loader->sources, loader->source_count, &loader->source_capacity,
                                 loader->source_count + 1, sizeof *loader->sources);
    loader->sources[loader->source_count] = (struct source){path, content};
    return (uint32_t)loader->source_count++;
}

// False with the reason in error. A mark of the byte order is no part of the content.
static bool read_content(const struct loader *loader, struct arena *arena, struct text path, struct text *content,
                         struct buffer *error)
{
    enum form form = form_of(path);
    size_t most = form == FILE_LUA ? LIMIT_LUA_SOURCE_BYTES : LIMIT_POLICY_BYTES;
    if (form == FILE_OTHER) {
        buffer_printf(error, "a policy file ends in .yaml, .yml or .lua");
        return false;
    }
    if (!loader->reader->read(loader->reader->context, arena, path, most, content, error))
        return false;
    if (text_starts(*content, TEXT("\xEF\xBB\xBF")))
        *content = text_from(*content, 3);
    return true;
}

// The file's map; NULL after a fault.
static struct tree *parse(struct arena *arena, struct diags *diags, struct text content, uint32_t source,
                          struct text path)
{
    if (form_of(path) == FILE_YAML)
        return yaml_read(arena, diags, content, source);
    struct tree *root = lua_read(arena, diags, content, source, path);
    if (!root || root->kind == TREE_MAP)
        return root;
    if (!root->faulty)
        diag_error(diags, root->place, "type",
                   "a policy is a table with names, such as {policy = 1, name = \"production\"}; this is %.*s",
                   TEXT_ARG(tree_describe(arena, root)));
    return NULL;
}

// NULL after a fault: at `extends`, or of the file itself where nothing extends it.
static struct tree *read_file(struct loader *loader, struct text path, const struct tree *extends)
{
    struct buffer error;
    struct text content = TEXT("");
    buffer_init(&error, REASON_BYTES);
    bool good = read_content(loader, loader->arena, path, &content, &error);
    if (!good && !extends)
        diag_error(loader->diags, (struct place){0, 0, 0, 0}, "file", "%.*s cannot be read: %.*s", TEXT_ARG(path),
                   TEXT_ARG(buffer_text(&error)));
    else if (!good)
        diag_error(loader->diags, extends->place, "extends", "'%.*s' cannot be read: %.*s", TEXT_ARG(path),
                   TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    if (!good)
        return NULL;
    uint32_t source = add_source(loader, path, content);
    return parse(loader->arena, loader->diags, content, source, path);
}

// ---- files that several policies extend -------------------------------------------------------------------

struct cached_file {
    struct arena arena;  // holds this
    struct cached_file *older;
    struct text path, content;
    uint32_t source;  // places carry it, so a file that stands elsewhere in another chain is another one
    struct tree *root;
};

void file_cache_release(struct file_cache *cache)
{
    while (cache->newest) {
        struct arena arena = cache->newest->arena;
        cache->newest = cache->newest->older;
        arena_release(&arena);
    }
}

// NULL where it cannot be read or has a fault: whoever loads it without the cache finds the same, and reports it.
static struct cached_file *cache_file(struct loader *loader, struct text path, uint32_t source)
{
    struct arena arena = {0};
    struct diags diags;
    struct buffer error;
    struct cached_file *file = ARENA_NEW(&arena, struct cached_file);
    file->path = arena_text(&arena, path);
    file->source = source;
    diags_init(&diags, &arena);
    buffer_init(&error, REASON_BYTES);
    if (read_content(loader, &arena, path, &file->content, &error))
        file->root = parse(&arena, &diags, file->content, source, file->path);
    buffer_release(&error);
    if (!file->root || diags.count) {
        arena_release(&arena);
        return NULL;
    }
    file->older = loader->cache->newest;
    file->arena = arena;
    return loader->cache->newest = file;
}

static struct tree *read_extended(struct loader *loader, struct text path, const struct tree *extends)
{
    uint32_t source = (uint32_t)loader->source_count;
    struct cached_file *file = loader->cache ? loader->cache->newest : NULL;
    while (file && (file->source != source || !text_eq(file->path, path)))
        file = file->older;
    if (!file && loader->cache)
        file = cache_file(loader, path, source);
    if (!file)
        return read_file(loader, path, extends);
    add_source(loader, path, file->content);
    return file->root;
}

// ---- the version ------------------------------------------------------------------------------------------

// The same map with the version marked as reported on, so that the field table says no more of it.
static struct tree *settle_version(struct loader *loader, const struct tree *root)
{
    struct tree *settled = ARENA_NEW(loader->arena, struct tree), *copy = ARENA_NEW(loader->arena, struct tree);
    *settled = (struct tree){.place = root->place, .scalar = TEXT(""), .faulty = true};
    *copy = *root;
    copy->entries = ARENA_ARRAY(loader->arena, root->count + 1, struct tree_entry);
    bool found = false;
    for (size_t i = 0; i < root->count; i++) {
        copy->entries[i] = root->entries[i];
        if (text_is(root->entries[i].key, "policy")) {
            copy->entries[i].value = settled;
            found = true;
        }
    }
    if (!found)
        copy->entries[copy->count++] = (struct tree_entry){TEXT("policy"), root->place, settled};
    return copy;
}

// Each file says which version of the language it is written in. NULL where it is another one: then nothing in it
// can be judged. Else the tree to go on with; trees that were read are never changed, as policies may share them.
static struct tree *check_version(struct loader *loader, struct tree *root)
{
    const struct tree *version = tree_get(root, "policy");
    double number;
    bool plain = version && version->kind == TREE_SCALAR && version->style == STYLE_PLAIN && !version->faulty;
    if ((plain && text_is(version->scalar, "1")) || (version && version->faulty))
        return root;
    if (plain && text_to_double(version->scalar, &number)) {
        diag_error(loader->diags, version->place, "version",
                   "this is version %.*s of the policy language; only version 1 is known here",
                   TEXT_ARG(version->scalar));
        return NULL;
    }
    if (!version)
        diag_error(loader->diags, root->place, "version", "a policy file says 'policy: 1', the language's version");
    else
        diag_error(loader->diags, version->place, "version", "'policy' must be 1, the language's version; found %.*s",
                   TEXT_ARG(tree_describe(loader->arena, version)));
    return settle_version(loader, root);
}

// ---- the chain --------------------------------------------------------------------------------------------

static bool check_cycle(struct loader *loader, const struct chain *chain, struct text path, const struct tree *extends)
{
    size_t first = 0;
    while (first < chain->count && !text_eq(chain->paths[first], path))
        first++;
    if (first == chain->count)
        return true;
    struct buffer circle;
    buffer_init(&circle, CHAIN_BYTES);
    for (size_t i = first; i < chain->count; i++)
        buffer_printf(&circle, "%.*s -> ", TEXT_ARG(chain->paths[i]));
    diag_error(loader->diags, extends->place, "extends", "these files extend each other in a circle: %.*s%.*s",
               TEXT_ARG(buffer_text(&circle)), TEXT_ARG(path));
    buffer_release(&circle);
    return false;
}

static bool extends_usable(struct loader *loader, const struct tree *extends)
{
    if (extends->faulty)
        return false;
    if (extends->kind == TREE_SCALAR && !tree_is_null(extends) && text_trim(extends->scalar).n > 0)
        return true;
    diag_error(loader->diags, extends->place, "type",
               "'extends' must be the path of a policy file, such as base.yaml; found %.*s",
               TEXT_ARG(tree_describe(loader->arena, extends)));
    return false;
}

// Keys and values, as readers count them.
static size_t count_values(const struct tree *tree)
{
    size_t count = 1;
    if (tree->kind == TREE_LIST)
        for (size_t i = 0; i < tree->count; i++)
            count += count_values(tree->items[i]);
    if (tree->kind == TREE_MAP)
        for (size_t i = 0; i < tree->count; i++)
            count += 1 + count_values(tree->entries[i].value);
    return count;
}

// Merging takes time by the product of what is merged: a chain of files may hold as much as one, not more.
static bool add_root(struct loader *loader, struct chain *chain, struct tree *root, struct text path,
                     const struct tree *extends)
{
    chain->roots[chain->count] = root;
    chain->paths[chain->count++] = path;
    chain->values += count_values(root);
    if (chain->values <= LIMIT_POLICY_NODES || !extends)
        return true;
    diag_error(loader->diags, extends->place, "too-large", "with '%.*s' these files hold more than %d values",
               TEXT_ARG(extends->scalar), LIMIT_POLICY_NODES);
    return false;
}

// False: the chain is broken, and names that it would have brought cannot be told from misspelt ones.
static bool read_chain(struct loader *loader, struct text path, struct chain *chain)
{
    const struct tree *extends = NULL;
    struct text key = path_normal(loader->arena, path);
    for (;;) {
        struct tree *root = extends ? read_extended(loader, path, extends) : read_file(loader, path, NULL);
        root = root ? check_version(loader, root) : NULL;
        if (!root || !add_root(loader, chain, root, key, extends))
            return false;
        extends = tree_get(root, "extends");
        if (!extends)
            return true;
        if (!extends_usable(loader, extends))
            return false;
        path = key = path_beside(loader->arena, path, extends->scalar);
        if (!check_cycle(loader, chain, key, extends))
            return false;
        if (chain->count == LIMIT_EXTENDS) {
            diag_error(loader->diags, extends->place, "extends", "more than %d files extend one another",
                       LIMIT_EXTENDS);
            return false;
        }
    }
}

const struct tree *load_files(struct loader *loader, struct text path)
{
    struct chain chain = {.count = 0};
    const struct tree *merged = NULL;
    if (!read_chain(loader, path, &chain)) {
        for (size_t i = 0; i < chain.count; i++)
            record_check_keys(loader, &policy_record, chain.roots[i]);
        return NULL;
    }
    for (size_t i = chain.count; i-- > 0;)
        merged = merge_policies(loader, merged, chain.roots[i]);
    return merged;
}
