// What a script returns, read with raw access only.
#include <lauxlib.h>
#include <math.h>
#include <stdarg.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/lang/lua_script.h"

const char *const answer_field_names[ANSWER_FIELDS] = {"rule", "scale_to", "status", "message", "refuse"};

// An answer under way: its table is on the top of the stack.
struct reading {
    struct script_unit *unit;
    enum behaviour behaviour;
    struct script_answer *answer;
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct reading *reading, const char *format, ...)
{
    struct script_unit *unit = reading->unit;
    struct text path = unit->policy->sources.items[unit->source].path;
    va_list list;
    va_start(list, format);
    struct text what = arena_vformat(unit->evaluator->arena, format, list);
    va_end(list);
    reading->answer->error =
        arena_format(unit->evaluator->arena, "%.*s:%u: %s.decide %.*s", TEXT_ARG(path), unit->lines[reading->behaviour],
                     behaviour_name(reading->behaviour), TEXT_ARG(what));
    return false;
}

static struct text text_at(lua_State *lua, int index)
{
    struct text text;
    text.p = lua_tolstring(lua, index, &text.n);
    return text;
}

static struct text shortened(struct text text)
{
    while (text.n > LIMIT_NAME_BYTES || (text.n && ((unsigned char)text.p[text.n - 1] & 0x80)))
        text.n--;
    return text;
}

// A value of the wrong kind: "returned 'status' as a number; a text is due".
static bool wrong_type(struct reading *reading, enum answer_field field, const char *due)
{
    return wrong(reading, "returned '%s' as a %s; a %s is due", answer_field_names[field],
                 luaL_typename(sandbox_state(reading->unit->sandbox), -1), due);
}

// ---- the fields; each finds its value on the top ----------------------------------------------------------------

static bool read_rule(struct reading *reading)
{
    lua_State *lua = sandbox_state(reading->unit->sandbox);
    const struct behaviour_rules *rules = &reading->unit->policy->behaviours[reading->behaviour];
    struct arena *arena = reading->unit->evaluator->arena;
    if (lua_type(lua, -1) != LUA_TSTRING)
        return wrong_type(reading, FIELD_RULE, "text");
    struct text name = text_at(lua, -1);
    for (size_t i = 0; i < rules->count; i++) {
        if (text_eq(rules->rules[i].name, name)) {
            reading->answer->rule = (int16_t)i;
            return true;
        }
    }
    struct text *names = ARENA_ARRAY(arena, rules->count, struct text);
    for (size_t i = 0; i < rules->count; i++)
        names[i] = rules->rules[i].name;
    struct text near = text_nearest(name, names, rules->count), shown = shortened(name);
    if (near.n)
        return wrong(reading, "returned the rule '%.*s', which is not among its rules (did you mean '%.*s'?)",
                     TEXT_ARG(shown), TEXT_ARG(near));
    return wrong(reading, "returned the rule '%.*s', which is not among its rules", TEXT_ARG(shown));
}

static bool read_scale_to(struct reading *reading)
{
    lua_State *lua = sandbox_state(reading->unit->sandbox);
    if (lua_type(lua, -1) != LUA_TNUMBER)
        return wrong_type(reading, FIELD_SCALE_TO, "number");
    double count = lua_tonumber(lua, -1);
    if (!isfinite(count))
        return wrong(reading, "returned a 'scale_to' that is not a finite number");
    reading->answer->has_scale_to = true;
    reading->answer->scale_to = count;
    return true;
}

static bool read_text(struct reading *reading, enum answer_field field, struct text *out)
{
    lua_State *lua = sandbox_state(reading->unit->sandbox);
    size_t bad;
    if (lua_type(lua, -1) != LUA_TSTRING)
        return wrong_type(reading, field, "text");
    struct text text = text_at(lua, -1);
    if (text.n > LIMIT_MESSAGE_BYTES)
        return wrong(reading, "returned a '%s' of %zu bytes; at most %d are taken", answer_field_names[field], text.n,
                     LIMIT_MESSAGE_BYTES);
    if (!text_is_utf8(text, &bad))
        return wrong(reading, "returned a '%s' that is not valid UTF-8 at byte %zu", answer_field_names[field],
                     bad + 1);
    *out = arena_text(reading->unit->evaluator->arena, text);
    return true;
}

static bool read_status(struct reading *reading)
{
    return read_text(reading, FIELD_STATUS, &reading->answer->status);
}

static bool read_message(struct reading *reading)
{
    return read_text(reading, FIELD_MESSAGE, &reading->answer->message);
}

static bool read_refuse(struct reading *reading)
{
    lua_State *lua = sandbox_state(reading->unit->sandbox);
    if (lua_type(lua, -1) != LUA_TBOOLEAN)
        return wrong_type(reading, FIELD_REFUSE, "boolean");
    reading->answer->refuse = lua_toboolean(lua, -1);
    if (reading->answer->refuse && reading->behaviour == BEHAVIOUR_SLEEP)
        return wrong(reading, "returned 'refuse', which is for wake and kill: nobody asked for a sleep");
    return true;
}

static bool (*const readers[ANSWER_FIELDS])(struct reading *) = {
    [FIELD_RULE] = read_rule,       [FIELD_SCALE_TO] = read_scale_to, [FIELD_STATUS] = read_status,
    [FIELD_MESSAGE] = read_message, [FIELD_REFUSE] = read_refuse,
};

// ---- the whole --------------------------------------------------------------------------------------------------

static bool is_field(struct text key)
{
    for (size_t i = 0; i < ANSWER_FIELDS; i++)
        if (text_is(key, answer_field_names[i]))
            return true;
    return false;
}

static bool wrong_field(struct reading *reading, struct text key)
{
    struct text names[ANSWER_FIELDS];
    for (size_t i = 0; i < ANSWER_FIELDS; i++)
        names[i] = text_of(answer_field_names[i]);
    struct text near = text_nearest(key, names, ANSWER_FIELDS), shown = shortened(key);
    if (near.n)
        return wrong(reading, "returned an unknown field '%.*s' (did you mean '%.*s'?)", TEXT_ARG(shown),
                     TEXT_ARG(near));
    return wrong(reading, "returned an unknown field '%.*s'; it may have rule, scale_to, status, message and refuse",
                 TEXT_ARG(shown));
}

// Of several wrong keys the first by name: the table's own order differs from process to process.
static bool check_keys(struct reading *reading)
{
    lua_State *lua = sandbox_state(reading->unit->sandbox);
    struct text first = {NULL, 0};
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) != LUA_TSTRING) {
            lua_pop(lua, 1);
            return wrong(reading, "returned a list; a table with names is due, such as {rule = \"idle\", ...}");
        }
        struct text key = text_at(lua, -1);
        if (!is_field(key) && (!first.p || text_compare(key, first) < 0))
            first = key;
    }
    return first.p ? wrong_field(reading, first) : true;
}

static bool read_fields(struct reading *reading, bool present[ANSWER_FIELDS])
{
    lua_State *lua = sandbox_state(reading->unit->sandbox);
    int table = lua_gettop(lua);
    for (int field = 0; field < ANSWER_FIELDS; field++) {
        lua_pushvalue(lua, SLOT_FIELDS + field);
        present[field] = lua_rawget(lua, table) != LUA_TNIL;
        bool good = !present[field] || readers[field](reading);
        lua_settop(lua, table);
        if (!good)
            return false;
    }
    return true;
}

static bool check_presence(struct reading *reading, const bool present[ANSWER_FIELDS])
{
    static const enum answer_field required[] = {FIELD_RULE, FIELD_STATUS, FIELD_MESSAGE};
    bool refuse = reading->answer->refuse;
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!present[required[i]] && !(refuse && required[i] == FIELD_STATUS))
            return wrong(reading, "returned no '%s'", answer_field_names[required[i]]);
    if (refuse && present[FIELD_SCALE_TO])
        return wrong(reading, "returned both 'refuse' and 'scale_to'; one of them is due");
    return true;
}

bool lua_answer_read(struct script_unit *unit, enum behaviour behaviour, struct script_answer *answer)
{
    struct reading reading = {unit, behaviour, answer};
    bool present[ANSWER_FIELDS];
    lua_State *lua = sandbox_state(unit->sandbox);
    if (lua_type(lua, -1) == LUA_TNIL)
        return wrong(&reading, "returned nothing; a table is due, such as {rule = \"idle\", ...}");
    if (lua_type(lua, -1) != LUA_TTABLE)
        return wrong(&reading, "returned a %s; a table is due, such as {rule = \"idle\", ...}", luaL_typename(lua, -1));
    return check_keys(&reading) && read_fields(&reading, present) && check_presence(&reading, present);
}
