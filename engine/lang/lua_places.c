#include "engine/lang/lua_places.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/lang/lua_scan.h"

struct finder {
    struct arena *arena;
    struct lua_scanner scanner;
};

static bool is_end_of_field(const struct lua_word *word)
{
    return lua_word_is(word, ",") || lua_word_is(word, ";") || lua_word_is(word, "}") || word->kind == WORD_END;
}

// From the expression's first word, which is the newest, to its last one.
static void skip_expression(struct lua_scanner *scanner)
{
    int depth = lua_word_nesting(&scanner->word);
    for (;;) {
        struct lua_word next = lua_scan_peek(scanner);
        if (next.kind == WORD_END || (depth <= 0 && is_end_of_field(&next)))
            return;
        lua_scan_next(scanner);
        depth += lua_word_nesting(&scanner->word);
    }
}

// A quoted word's text, where no escape stands in it.
static bool literal_content(const struct lua_word *word, struct text *content)
{
    size_t at;
    if (word->kind != WORD_QUOTED || word->text.n < 2 || text_find(word->text, '\\', &at))
        return false;
    *content = (struct text){word->text.p + 1, word->text.n - 2};
    return true;
}

static const struct lua_fields *read_fields(struct finder *finder, int depth);

// The value whose first word is the newest; ends at its last word.
static void read_value(struct finder *finder, struct lua_field *field, int depth)
{
    struct lua_scanner *scanner = &finder->scanner;
    struct lua_scanner before = *scanner;
    struct lua_word next;
    field->place = lua_word_place(scanner, &scanner->word);
    if (lua_word_is(&scanner->word, "{") && depth < LIMIT_POLICY_DEPTH) {
        field->inner = read_fields(finder, depth + 1);
        next = lua_scan_peek(scanner);
        if (is_end_of_field(&next))
            return;
        field->inner = NULL;
        *scanner = before;
    }
    next = lua_scan_peek(scanner);
    if (is_end_of_field(&next))
        field->literal = literal_content(&scanner->word, &field->content);
    else
        skip_expression(scanner);
}

// `["key"] =` or `[1] =`, from the bracket on; false where the key is computed. Ends at the `=`.
static bool read_bracketed_key(struct finder *finder, struct lua_field *field)
{
    struct lua_scanner *scanner = &finder->scanner;
    struct lua_scanner ahead = *scanner;
    lua_scan_next(&ahead);
    struct lua_word key = ahead.word;
    bool known =
        literal_content(&key, &field->key) || (key.kind == WORD_NUMBER && text_to_int64(key.text, &field->index));
    lua_scan_next(&ahead);
    known = known && lua_word_is(&ahead.word, "]");
    if (known)
        field->key_place = lua_word_place(scanner, &key);
    for (int depth = 1; depth > 0 && scanner->word.kind != WORD_END;) {
        lua_scan_next(scanner);
        depth += lua_word_nesting(&scanner->word);
    }
    lua_scan_next(scanner);
    return known;
}

// From the field's first word, which is the newest, to its last one. False: nothing of it can be told.
static bool read_field(struct finder *finder, struct lua_field *field, int64_t *positions, int depth)
{
    struct lua_scanner *scanner = &finder->scanner;
    struct lua_word next = lua_scan_peek(scanner);
    bool known = true, positional = false;
    if (scanner->word.kind == WORD_NAME && lua_word_is(&next, "=")) {
        field->key = scanner->word.text;
        field->key_place = lua_word_place(scanner, &scanner->word);
        lua_scan_next(scanner);
        lua_scan_next(scanner);
    } else if (lua_word_is(&scanner->word, "[")) {
        known = read_bracketed_key(finder, field);
        lua_scan_next(scanner);
    } else {
        field->index = ++*positions;
        positional = true;
    }
    read_value(finder, field, depth);
    if (positional)
        field->key_place = field->place;
    return known;
}

// The constructor whose `{` is the newest word; ends at its `}`.
static const struct lua_fields *read_fields(struct finder *finder, int depth)
{
    struct lua_scanner *scanner = &finder->scanner;
    struct lua_fields *fields = ARENA_NEW(finder->arena, struct lua_fields);
    int64_t positions = 0;
    fields->place = lua_word_place(scanner, &scanner->word);
    for (;;) {
        lua_scan_next(scanner);
        if (lua_word_is(&scanner->word, "}") || scanner->word.kind == WORD_END)
            return fields;
        struct lua_field field = {0};
        if (is_end_of_field(&scanner->word) || !read_field(finder, &field, &positions, depth))
            continue;
        fields->items =
            arena_grow(finder->arena, fields->items, fields->count, &fields->capacity, fields->count + 1, sizeof field);
        fields->items[fields->count++] = field;
    }
}

// On to behind the last top-level `return`. False where there is none.
static bool find_return(struct lua_scanner *scanner)
{
    struct lua_scanner ahead = *scanner;
    bool found = false;
    int depth = 0;
    for (lua_scan_next(&ahead); ahead.word.kind != WORD_END; lua_scan_next(&ahead)) {
        depth += lua_word_nesting(&ahead.word);
        if (depth == 0 && lua_word_is(&ahead.word, "return")) {
            *scanner = ahead;
            found = true;
        }
    }
    return found;
}

// On to the `{` of the last top-level `local NAME = {`.
static bool find_local(struct lua_scanner *scanner, struct text name)
{
    struct lua_scanner ahead = *scanner;
    bool found = false;
    int depth = 0;
    for (lua_scan_next(&ahead); ahead.word.kind != WORD_END; lua_scan_next(&ahead)) {
        depth += lua_word_nesting(&ahead.word);
        if (depth != 0 || !lua_word_is(&ahead.word, "local"))
            continue;
        struct lua_scanner local = ahead;
        lua_scan_next(&local);
        bool named = text_eq(local.word.text, name);
        lua_scan_next(&local);
        named = named && lua_word_is(&local.word, "=");
        lua_scan_next(&local);
        if (named && lua_word_is(&local.word, "{")) {
            *scanner = local;
            found = true;
        }
    }
    return found;
}

struct lua_places lua_places_find(struct arena *arena, struct text content, uint32_t source)
{
    struct lua_places places = {.returned = {.source = source}};
    struct finder finder = {.arena = arena};
    lua_scan_begin(&finder.scanner, content, source);
    struct lua_scanner start = finder.scanner;
    if (!find_return(&finder.scanner))
        return places;
    places.returned = lua_word_place(&finder.scanner, &finder.scanner.word);
    lua_scan_next(&finder.scanner);
    struct text name = finder.scanner.word.text;
    bool named = finder.scanner.word.kind == WORD_NAME;
    if (named)
        finder.scanner = start;
    if (named ? find_local(&finder.scanner, name) : lua_word_is(&finder.scanner.word, "{"))
        places.fields = read_fields(&finder, 1);
    // `return {...} and other`: what is returned is not what stands there.
    struct lua_word next = lua_scan_peek(&finder.scanner);
    if (!named && next.kind != WORD_END && !lua_word_is(&next, ";") && !lua_word_is(&next, ","))
        places.fields = NULL;
    return places;
}
