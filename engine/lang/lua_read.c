// A Lua file as a tree: run in a sandbox, its returned table walked, places found in the source.
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/lua_parts.h"
#include "engine/lang/lua_places.h"
#include "engine/lang/tree.h"

// The way from the returned table to a value.
struct trail {
    const struct trail *up;  // NULL: the returned table itself
    struct text key;
    lua_Integer index;  // where there is no key
    const void *table;  // that this value is, to find circles
};

struct reader {
    struct arena *arena;
    struct diags *diags;
    lua_State *lua;
    uint32_t source;
    struct lua_places places;
    size_t nodes;
    bool full;          // of nodes: said once
    struct tree *tree;  // the answer
};

// What is known of a value's place: its field where it was found, and the nearest place around it.
struct spot {
    const struct lua_field *field;
    const struct lua_fields *inner;
    struct place place;
};

// ---- paths ----------------------------------------------------------------------------------------------------

static void add_trail(struct buffer *out, const struct trail *trail)
{
    if (!trail->up)
        return;
    add_trail(out, trail->up);
    if (!trail->key.p)
        buffer_printf(out, "[%lld]", (long long)trail->index);
    else
        buffer_printf(out, "%s%.*s", trail->up->up ? "." : "", TEXT_ARG(trail->key));
}

static struct text trail_text(struct reader *reader, const struct trail *trail)
{
    struct buffer path;
    buffer_init(&path, LIMIT_POLICY_DEPTH * (LIMIT_NAME_BYTES + 1));
    add_trail(&path, trail);
    struct text text = trail->up ? arena_text(reader->arena, buffer_text(&path)) : TEXT("the returned table");
    buffer_release(&path);
    return text;
}

static struct tree *new_tree(struct reader *reader, enum tree_kind kind, struct place place)
{
    struct tree *tree = ARENA_NEW(reader->arena, struct tree);
    tree->kind = (uint8_t)kind;
    tree->place = place;
    return tree;
}

// Reports what is wrong with a value, and stands in for it.
static struct tree *fault(struct reader *reader, const struct trail *trail, struct place place, const char *what)
{
    struct text path = trail_text(reader, trail);
    const char *quote = trail->up ? "'" : "";
    diag_error(reader->diags, place, "lua-value", "%s%.*s%s %s", quote, TEXT_ARG(path), quote, what);
    struct tree *tree = new_tree(reader, TREE_SCALAR, place);
    tree->faulty = true;
    return tree;
}

// ---- places ---------------------------------------------------------------------------------------------------

static struct spot spot_of(const struct lua_field *field, struct place around)
{
    if (!field)
        return (struct spot){.place = around};
    return (struct spot){.field = field, .inner = field->inner, .place = field->place};
}

// The field that gave a key its value: the last of them. Earlier ones are lost on whoever wrote them.
static const struct lua_field *find_key(struct reader *reader, const struct lua_fields *fields, struct text key)
{
    const struct lua_field *found = NULL;
    for (size_t i = 0; fields && i < fields->count; i++) {
        const struct lua_field *field = &fields->items[i];
        if (field->index || !text_eq(field->key, key))
            continue;
        if (found)
            diag_error(reader->diags, field->key_place, "duplicate-key", "duplicate key '%.*s', first on line %u",
                       TEXT_ARG(key), found->key_place.line);
        found = field;
    }
    return found;
}

static const struct lua_field *find_index(const struct lua_fields *fields, lua_Integer index)
{
    const struct lua_field *found = NULL;
    for (size_t i = 0; fields && i < fields->count; i++)
        if (fields->items[i].index == index)
            found = &fields->items[i];
    return found;
}

// ---- values ---------------------------------------------------------------------------------------------------

static struct tree *read_value(struct reader *reader, const struct trail *trail, struct spot spot);

static struct tree *new_scalar(struct reader *reader, struct spot spot, enum tree_style style, struct text text)
{
    struct tree *tree = new_tree(reader, TREE_SCALAR, spot.place);
    tree->style = (uint8_t)style;
    tree->scalar = text;
    return tree;
}

static struct tree *read_number(struct reader *reader, const struct trail *trail, struct spot spot)
{
    lua_State *lua = reader->lua;
    if (lua_isinteger(lua, -1)) {
        struct text digits = arena_format(reader->arena, "%lld", (long long)lua_tointeger(lua, -1));
        return new_scalar(reader, spot, STYLE_PLAIN, digits);
    }
    double number = lua_tonumber(lua, -1);
    if (!isfinite(number))
        return fault(reader, trail, spot.place, "is not a finite number");
    struct buffer digits;
    buffer_init(&digits, 64);
    buffer_add_number(&digits, number);
    struct tree *tree = new_scalar(reader, spot, STYLE_PLAIN, arena_text(reader->arena, buffer_text(&digits)));
    buffer_release(&digits);
    return tree;
}

static struct tree *read_text(struct reader *reader, const struct trail *trail, struct spot spot)
{
    struct text text;
    size_t bad;
    text.p = lua_tolstring(reader->lua, -1, &text.n);
    if (!text_is_utf8(text, &bad))
        return fault(reader, trail, spot.place, "is not valid UTF-8");
    struct tree *tree = new_scalar(reader, spot, STYLE_LUA_STRING, arena_text(reader->arena, text));
    tree->exact_columns = spot.field && spot.field->literal && text_eq(spot.field->content, text);
    return tree;
}

static struct tree *read_function(struct reader *reader, const struct trail *trail, struct spot spot)
{
    if (lua_iscfunction(reader->lua, -1))
        return fault(reader, trail, spot.place, "is a function of Lua's own, not one written in this file");
    struct tree *tree = new_tree(reader, TREE_FUNCTION, spot.place);
    tree->function = trail_text(reader, trail);
    return tree;
}

// ---- tables ---------------------------------------------------------------------------------------------------

// What keys the table on the top has.
struct keys {
    size_t texts, positions, others;
};

static struct keys count_keys(lua_State *lua)
{
    struct keys keys = {0, 0, 0};
    lua_Integer length = (lua_Integer)lua_rawlen(lua, -1);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) == LUA_TSTRING)
            keys.texts++;
        else if (lua_isinteger(lua, -1) && lua_tointeger(lua, -1) >= 1 && lua_tointeger(lua, -1) <= length)
            keys.positions++;
        else
            keys.others++;
    }
    return keys;
}

static struct tree *read_list(struct reader *reader, const struct trail *trail, struct spot spot, size_t count)
{
    struct tree *list = new_tree(reader, TREE_LIST, spot.place);
    list->items = ARENA_ARRAY(reader->arena, count, struct tree *);
    for (size_t i = 0; i < count && !reader->full; i++) {
        struct trail inner = {.up = trail, .index = (lua_Integer)i + 1};
        lua_rawgeti(reader->lua, -1, inner.index);
        struct tree *item = read_value(reader, &inner, spot_of(find_index(spot.inner, inner.index), spot.place));
        lua_pop(reader->lua, 1);
        if (item)
            list->items[list->count++] = item;
    }
    return list;
}

struct member {
    struct text key;
    const struct lua_field *field;
};

// As in the source where the key stands there, and before those that do not; these by name.
static int by_place(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->field && y->field)
        return (x->field > y->field) - (x->field < y->field);
    if (x->field || y->field)
        return x->field ? -1 : 1;
    return text_compare(x->key, y->key);
}

static struct member *read_keys(struct reader *reader, const struct trail *trail, struct spot spot, size_t *count)
{
    lua_State *lua = reader->lua;
    struct member *members = ARENA_ARRAY(reader->arena, *count, struct member);
    *count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        struct text key;
        size_t bad;
        lua_pop(lua, 1);
        key.p = lua_tolstring(lua, -1, &key.n);
        if (text_is_utf8(key, &bad))
            members[(*count)++] = (struct member){arena_text(reader->arena, key), find_key(reader, spot.inner, key)};
        else
            fault(reader, trail, spot.place, "has a key that is not valid UTF-8");
    }
    qsort(members, *count, sizeof *members, by_place);
    return members;
}

static struct tree *read_map(struct reader *reader, const struct trail *trail, struct spot spot, size_t count)
{
    struct tree *map = new_tree(reader, TREE_MAP, spot.place);
    struct member *members = read_keys(reader, trail, spot, &count);
    map->entries = ARENA_ARRAY(reader->arena, count, struct tree_entry);
    for (size_t i = 0; i < count && !reader->full; i++) {
        struct trail inner = {.up = trail, .key = members[i].key};
        const struct lua_field *field = members[i].field;
        lua_pushlstring(reader->lua, members[i].key.p, members[i].key.n);
        lua_rawget(reader->lua, -2);
        struct tree *value = read_value(reader, &inner, spot_of(field, spot.place));
        lua_pop(reader->lua, 1);
        if (value)
            map->entries[map->count++] =
                (struct tree_entry){members[i].key, field ? field->key_place : spot.place, value};
    }
    return map;
}

static bool is_circle(const struct trail *trail, const void *table)
{
    for (const struct trail *up = trail->up; up; up = up->up)
        if (up->table == table)
            return true;
    return false;
}

static size_t depth_of(const struct trail *trail)
{
    size_t depth = 1;
    for (; trail->up; trail = trail->up)
        depth++;
    return depth;
}

// What makes the table on the top unfit, or NULL.
static const char *wrong_table(lua_State *lua, const struct trail *trail, const struct keys *keys)
{
    if (is_circle(trail, trail->table))
        return "contains itself";
    if (depth_of(trail) > LIMIT_POLICY_DEPTH)
        return "is nested deeper than a policy can be";
    if (keys->texts && keys->positions)
        return "mixes names and positions";
    if (keys->positions < lua_rawlen(lua, -1) || (keys->others && keys->positions))
        return "is a list with holes";
    return keys->others ? "has a key that is neither a name nor a position from 1 on" : NULL;
}

static struct tree *read_table(struct reader *reader, struct trail *trail, struct spot spot)
{
    struct keys keys = count_keys(reader->lua);
    trail->table = lua_topointer(reader->lua, -1);
    const char *wrong = wrong_table(reader->lua, trail, &keys);
    if (wrong)
        return fault(reader, trail, spot.place, wrong);
    if (keys.positions)
        return read_list(reader, trail, spot, keys.positions);
    return read_map(reader, trail, spot, keys.texts);
}

// The value on the top of the stack, left there. NULL only past the limit of nodes.
static struct tree *read_value(struct reader *reader, const struct trail *trail, struct spot spot)
{
    struct trail here = *trail;
    if (reader->nodes++ == LIMIT_POLICY_NODES && !reader->full) {
        reader->full = true;
        diag_error(reader->diags, spot.place, "too-large", "the table has more than %d values", LIMIT_POLICY_NODES);
    }
    if (reader->full)
        return NULL;
    switch (lua_type(reader->lua, -1)) {
    case LUA_TBOOLEAN:
        return new_scalar(reader, spot, STYLE_PLAIN, lua_toboolean(reader->lua, -1) ? TEXT("true") : TEXT("false"));
    case LUA_TNUMBER:
        return read_number(reader, trail, spot);
    case LUA_TSTRING:
        return read_text(reader, trail, spot);
    case LUA_TTABLE:
        return read_table(reader, &here, spot);
    case LUA_TFUNCTION:
        return read_function(reader, trail, spot);
    default:
        return fault(reader, trail, spot.place, "is a value that a policy cannot hold");
    }
}

// ---- the file -------------------------------------------------------------------------------------------------

// Runs protected: the chunk's results are the arguments.
static int walk(lua_State *lua)
{
    struct reader *reader = sandbox_host(lua);
    struct trail root = {.up = NULL};
    struct place place = reader->places.fields ? reader->places.fields->place : reader->places.returned;
    luaL_checkstack(lua, 4 * LIMIT_POLICY_DEPTH, NULL);
    if (!lua_istable(lua, 1)) {
        diag_error(reader->diags, reader->places.returned, "lua-value",
                   "the file must return the policy as a table: return {policy = 1, ...}");
        return 0;
    }
    lua_settop(lua, 1);
    reader->tree = read_value(reader, &root, (struct spot){.inner = reader->places.fields, .place = place});
    lua_settop(lua, 0);
    return 0;
}

// Where a line begins as Lua counts: CR, LF and the two in either order end one.
static size_t line_start(struct text content, uint32_t line)
{
    size_t at = 0;
    for (uint32_t i = 1; i < line; i++) {
        while (at < content.n && content.p[at] != '\n' && content.p[at] != '\r')
            at++;
        bool pair = at + 1 < content.n && content.p[at] + content.p[at + 1] == '\n' + '\r';
        at += pair ? 2 : at < content.n;
    }
    return at;
}

// The first character of a line of Lua's that is not blank. Elsewhere LF alone ends a line.
static struct place line_place(struct text content, uint32_t source, uint32_t line)
{
    struct place place = {.line = line, .source = source};
    if (line == 0)
        return place;
    size_t start = line_start(content, line), end;
    while (start < content.n && (content.p[start] == ' ' || content.p[start] == '\t'))
        start++;
    content.n = start;
    for (place.line = 1; text_find(content, '\n', &end); place.line++)
        content = text_from(content, end + 1);
    place.column = (uint32_t)text_length(content) + 1;
    return place;
}

static const char *end_code(enum lua_end end)
{
    static const char *const codes[] = {
        [LUA_END_OK] = "lua-ok",         [LUA_END_SYNTAX] = "lua-syntax", [LUA_END_ERROR] = "lua-error",
        [LUA_END_BUDGET] = "lua-budget", [LUA_END_MEMORY] = "lua-memory", [LUA_END_REFUSED] = "lua-refused",
    };
    return codes[end];
}

static void report(struct reader *reader, struct text content, enum lua_end end, struct lua_fault what)
{
    diag_error(reader->diags, line_place(content, reader->source, what.line), end_code(end), "%.*s",
               TEXT_ARG(what.text));
}

struct tree *lua_read(struct arena *arena, struct diags *diags, struct text content, uint32_t source, struct text path)
{
    struct reader reader = {.arena = arena, .diags = diags, .source = source};
    struct sandbox *sandbox = sandbox_new();
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    size_t bad;
    if (!sandbox) {
        diag_error(diags, (struct place){.source = source}, "lua-memory", "no memory for Lua");
        return NULL;
    }
    enum lua_end end = LUA_END_OK;
    if (!text_is_utf8(content, &bad)) {
        diag_error(diags, (struct place){.source = source}, "utf-8", "not valid UTF-8 at byte %zu", bad + 1);
    } else {
        reader.lua = sandbox_state(sandbox);
        end = sandbox_load(sandbox, content, path, &error);
    }
    if (end == LUA_END_OK && reader.lua) {
        reader.places = lua_places_find(arena, content, source);
        sandbox_set_host(sandbox, &reader);
        end = sandbox_protect(sandbox, walk, &error);
    }
    if (end != LUA_END_OK)
        report(&reader, content, end, sandbox_fault(sandbox));
    buffer_release(&error);
    sandbox_free(sandbox);
    return end == LUA_END_OK ? reader.tree : NULL;
}
