#include "engine/lang/tree.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define SHOWN_BYTES 40        // of a text that a message quotes
#define LONGEST_NULL_BYTES 4  // "null"

const struct tree_entry *tree_entry(const struct tree *map, struct text key)
{
    if (!map || map->kind != TREE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (text_eq(map->entries[i].key, key))
            return &map->entries[i];
    }
    return NULL;
}

struct tree *tree_get(const struct tree *map, const char *key)
{
    const struct tree_entry *entry = tree_entry(map, text_of(key));
    return entry ? entry->value : NULL;
}

bool tree_is_null(const struct tree *tree)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (tree->kind != TREE_SCALAR || tree->style != STYLE_PLAIN || tree->scalar.n > LONGEST_NULL_BYTES)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_is(tree->scalar, words[i]))
            return true;
    }
    return false;
}

bool tree_is_untyped(const struct tree *tree)
{
    return tree->kind == TREE_SCALAR && (tree->style == STYLE_PLAIN || tree->style == STYLE_LUA_STRING);
}

static bool tree_is_quoted(const struct tree *tree)
{
    return tree->kind == TREE_SCALAR && (tree->style == STYLE_QUOTED || tree->style == STYLE_BLOCK);
}

// Cuts behind whole characters, so that a message stays valid UTF-8.
static struct text shown(struct text text)
{
    size_t n = text.n < SHOWN_BYTES ? text.n : SHOWN_BYTES;
    while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++) {
        if (text.p[i] == '\n')
            n = i;
    }
    return (struct text){text.p, n};
}

static struct text describe_scalar(struct arena *arena, const struct tree *tree)
{
    double number;
    if (tree_is_null(tree))
        return TEXT("nothing");
    if (tree->style == STYLE_PLAIN && text_to_double(tree->scalar, &number))
        return arena_format(arena, "the number %.*s", TEXT_ARG(tree->scalar));
    if (tree->style == STYLE_PLAIN && (text_is(tree->scalar, "true") || text_is(tree->scalar, "false")))
        return arena_format(arena, "the boolean %.*s", TEXT_ARG(tree->scalar));
    if (tree->scalar.n == 0)
        return TEXT("an empty text");
    struct text part = shown(tree->scalar);
    const char *kind = tree_is_quoted(tree) ? "the quoted text" : "the text";
    return arena_format(arena, "%s '%.*s%s'", kind, TEXT_ARG(part), part.n < tree->scalar.n ? "..." : "");
}

struct text tree_describe(struct arena *arena, const struct tree *tree)
{
    switch ((enum tree_kind)tree->kind) {
    case TREE_SCALAR:
        return describe_scalar(arena, tree);
    case TREE_MAP:
        return tree->count ? TEXT("a map") : TEXT("an empty map");
    case TREE_LIST:
        return tree->count ? TEXT("a list") : TEXT("an empty list");
    case TREE_FUNCTION:
        return TEXT("a function");
    }
    return TEXT("something else");
}

struct place tree_place_at(const struct tree *scalar, size_t offset, size_t bytes)
{
    struct place place = scalar->place;
    if (!scalar->exact_columns || offset > scalar->scalar.n)
        return place;
    struct text before = {scalar->scalar.p, offset};
    struct text part = text_from(scalar->scalar, offset);
    if (part.n > bytes)
        part.n = bytes;
    bool behind_quote = scalar->style == STYLE_QUOTED || scalar->style == STYLE_LUA_STRING;
    place.column += (uint32_t)text_length(before) + (behind_quote ? 1 : 0);
    place.width = (uint32_t)text_length(part);
    return place;
}

struct tree *tree_new_list(struct arena *arena, struct place place, struct tree **items, size_t count)
{
    struct tree *list = ARENA_NEW(arena, struct tree);
    list->kind = TREE_LIST;
    list->place = place;
    list->items = items;
    list->count = count;
    return list;
}
