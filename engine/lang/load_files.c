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

// NULL after a fault: at `place`, the value of `extends`, or of the file itself where nothing extends it.
static struct tree *read_file(struct loader *loader, struct text path, const struct tree *extends)
{
    struct buffer error;
    struct text content = TEXT("");
    enum form form = form_of(path);
    size_t most = form == FILE_LUA ? LIMIT_LUA_SOURCE_BYTES : LIMIT_POLICY_BYTES;
    bool good = form != FILE_OTHER;
    buffer_init(&error, REASON_BYTES);
    if (!good)
        buffer_printf(&error, "a policy file ends in .yaml, .yml or .lua");
    else
        good = loader->reader->read(loader->reader->context, loader->arena, path, most, &content, &error);
    if (!good && !extends)
        diag_error(loader->diags, (struct place){0, 0, 0, 0}, "file", "%.*s cannot be read: %.*s", TEXT_ARG(path),
                   TEXT_ARG(buffer_text(&error)));
    else if (!good)
        diag_error(loader->diags, extends->place, "extends", "'%.*s' cannot be read: %.*s", TEXT_ARG(path),
                   TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    if (!good)
        return NULL;
    if (text_starts(content, TEXT("\xEF\xBB\xBF")))
        content = text_from(content, 3);
    uint32_t source = add_source(loader, path, content);
    if (form == FILE_LUA)
        return lua_read(loader->arena, loader->diags, content, source, path);
    return yaml_read(loader->arena, loader->diags, content, source);
}

// Marks the version as reported on, so that the field table says no more of it.
static void settle_version(struct loader *loader, struct tree *root)
{
    struct tree *settled = ARENA_NEW(loader->arena, struct tree);
    *settled = (struct tree){.place = root->place, .scalar = TEXT(""), .faulty = true};
    for (size_t i = 0; i < root->count; i++) {
        if (text_is(root->entries[i].key, "policy")) {
            root->entries[i].value = settled;
            return;
        }
    }
    struct tree_entry *entries = ARENA_ARRAY(loader->arena, root->count + 1, struct tree_entry);
    for (size_t i = 0; i < root->count; i++)
        entries[i] = root->entries[i];
    entries[root->count] = (struct tree_entry){TEXT("policy"), root->place, settled};
    root->entries = entries;
    root->count++;
}

// Each file says which version of the language it is written in. False where it is another one: then nothing in
// it can be judged.
static bool check_version(struct loader *loader, struct tree *root)
{
    const struct tree *version = tree_get(root, "policy");
    double number;
    bool plain = version && version->kind == TREE_SCALAR && version->style == STYLE_PLAIN && !version->faulty;
    if ((plain && text_is(version->scalar, "1")) || (version && version->faulty))
        return true;
    if (plain && text_to_double(version->scalar, &number)) {
        diag_error(loader->diags, version->place, "version",
                   "this is version %.*s of the policy language; only version 1 is known here",
                   TEXT_ARG(version->scalar));
        return false;
    }
    if (!version)
        diag_error(loader->diags, root->place, "version", "a policy file says 'policy: 1', the language's version");
    else
        diag_error(loader->diags, version->place, "version", "'policy' must be 1, the language's version; found %.*s",
                   TEXT_ARG(tree_describe(loader->arena, version)));
    settle_version(loader, root);
    return true;
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

// False: the chain is broken, and names that it would have brought cannot be told from misspelt ones.
static bool read_chain(struct loader *loader, struct text path, struct chain *chain)
{
    const struct tree *extends = NULL;
    struct text key = path_normal(loader->arena, path);
    for (;;) {
        struct tree *root = read_file(loader, path, extends);
        if (!root || !check_version(loader, root))
            return false;
        chain->roots[chain->count] = root;
        chain->paths[chain->count++] = key;
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
