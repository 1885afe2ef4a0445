// `s`, by which a script reads: names are found when they are read, so what a decision does not look at is not asked
// for.
#include <lauxlib.h>
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/lang/expression.h"
#include "engine/lang/lua_script.h"

#define KIND_SHIFT 16
#define LARGEST_WHOLE 0x1p53

// ---- values ---------------------------------------------------------------------------------------------------

static _Noreturn void end_for_more(lua_State *lua, struct script_unit *unit)
{
    unit->answer->need = (uint8_t)(unit->evaluator->snapshot->stage + 1);
    sandbox_raise(lua, LUA_END_ERROR, "not fetched yet");
}

// Whole numbers become integers, so that they print without a point.
static void push_number(lua_State *lua, double number)
{
    if (number == floor(number) && fabs(number) < LARGEST_WHOLE)
        lua_pushinteger(lua, (lua_Integer)number);
    else
        lua_pushnumber(lua, number);
}

static void push_known(lua_State *lua, enum type type, struct value value)
{
    switch (type) {
    case TYPE_BOOLEAN:
        lua_pushboolean(lua, value.truth);
        return;
    case TYPE_TEXT:
        lua_pushlstring(lua, value.text.n ? value.text.p : "", value.text.n);
        return;
    case TYPE_NUMBER:
    case TYPE_DURATION:
    case TYPE_INSTANT:
        break;
    }
    push_number(lua, value.number);
}

void lua_reader_push_value(lua_State *lua, enum type type, struct value value)
{
    struct script_unit *unit = sandbox_host(lua);
    if (value.knowledge == KNOWN) {
        push_known(lua, type, value);
        return;
    }
    if (value.knowledge == UNFETCHED)
        end_for_more(lua, unit);
    if (!unit->answer->marked) {
        unit->answer->marked = true;
        unit->answer->unknown = value;
    }
    lua_pushnil(lua);
}

struct value lua_reader_value(const struct script_unit *unit, struct name name, enum type *type)
{
    enum param_origin origin;
    const struct policy *policy = unit->policy;
    switch (name.kind) {
    case NAME_PARAM:
        *type = policy->params[name.index].type;
        return param_value(unit->evaluator, name.index, &origin);
    case NAME_LET:
        *type = policy->nodes[policy->lets[name.index].expression].type;
        return evaluate_let(unit->evaluator, name.index);
    case NAME_BUILTIN:
    case NAME_METRIC:
    case NAME_WINDOW:
        break;
    }
    *type = builtin_names[name.index].type;
    return builtin_value(unit->evaluator->snapshot, builtin_names[name.index].builtin);
}

// ---- names ----------------------------------------------------------------------------------------------------

bool lua_reader_find(lua_State *lua, int argument, struct name *name)
{
    lua_pushvalue(lua, argument);
    lua_rawget(lua, lua_upvalueindex(1));
    bool found = lua_isinteger(lua, -1);
    uint32_t code = (uint32_t)lua_tointeger(lua, -1);
    lua_pop(lua, 1);
    *name = (struct name){code >> KIND_SHIFT, code & ((1u << KIND_SHIFT) - 1)};
    return found;
}

// Everything that may stand behind `s.`, for suggestions.
static size_t list_names(const struct policy *policy, struct text *names)
{
    size_t count = 0;
    for (size_t i = 0; i < builtin_name_count; i++)
        names[count++] = builtin_names[i].name;
    for (size_t i = 0; i < function_name_count; i++)
        names[count++] = function_names[i].name;
    for (size_t i = 0; i < policy->param_count; i++)
        names[count++] = policy->params[i].name;
    for (size_t i = 0; i < policy->let_count; i++)
        names[count++] = policy->lets[i].name;
    for (size_t i = 0; i < policy->metric_count; i++)
        names[count++] = policy->metrics[i].name;
    for (size_t i = 0; i < policy->window_count; i++)
        names[count++] = policy->windows[i].name;
    names[count++] = TEXT("within");
    return count;
}

_Noreturn void lua_reader_unknown_name(lua_State *lua, struct text name)
{
    struct script_unit *unit = sandbox_host(lua);
    const struct policy *policy = unit->policy;
    size_t most = builtin_name_count + function_name_count + policy->param_count + policy->let_count +
                  policy->metric_count + policy->window_count + 1;
    struct text *names = ARENA_ARRAY(unit->evaluator->arena, most, struct text);
    if (name.n > LIMIT_NAME_BYTES)
        name.n = LIMIT_NAME_BYTES;
    struct text near = text_nearest(name, names, list_names(policy, names));
    if (near.n)
        sandbox_raise(lua, LUA_END_ERROR, "there is no '%.*s' in this policy (did you mean '%.*s'?)", TEXT_ARG(name),
                      TEXT_ARG(near));
    sandbox_raise(lua, LUA_END_ERROR, "there is no '%.*s' in this policy", TEXT_ARG(name));
}

static _Noreturn void no_value(lua_State *lua, enum name_kind kind, struct text name)
{
    if (kind == NAME_METRIC)
        sandbox_raise(lua, LUA_END_ERROR, "'%.*s' is a metric: ask for a span of it, such as s.avg(\"%.*s\", 600)",
                      TEXT_ARG(name), TEXT_ARG(name));
    sandbox_raise(lua, LUA_END_ERROR, "'%.*s' is a window: ask s.within(\"%.*s\")", TEXT_ARG(name), TEXT_ARG(name));
}

static void push_name(lua_State *lua, struct name name)
{
    struct text text;
    enum type type;
    if (name.kind == NAME_METRIC || name.kind == NAME_WINDOW) {
        text.p = lua_tolstring(lua, 2, &text.n);
        no_value(lua, name.kind, text);
    }
    struct value value = lua_reader_value(sandbox_host(lua), name, &type);
    lua_reader_push_value(lua, type, value);
}

// __index of `s`; the key is at 2, the table of names is the upvalue.
static int read_name(lua_State *lua)
{
    struct name name;
    struct text text;
    if (lua_type(lua, 2) != LUA_TSTRING)
        sandbox_raise(lua, LUA_END_ERROR, "s has names, such as s.desired; it is no list");
    if (lua_reader_find(lua, 2, &name)) {
        push_name(lua, name);
        return 1;
    }
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TFUNCTION)
        return 1;
    text.p = lua_tolstring(lua, 2, &text.n);
    if (lua_reader_push_percentile(lua, lua_upvalueindex(1), text))
        return 1;
    lua_reader_unknown_name(lua, text);
}

// __newindex of `s`.
static int write_name(lua_State *lua)
{
    sandbox_raise(lua, LUA_END_REFUSED, "s can only be read");
}

// ---- making it ------------------------------------------------------------------------------------------------

static void add_name(lua_State *lua, int names, struct text text, enum name_kind kind, size_t index)
{
    lua_pushlstring(lua, text.p, text.n);
    lua_pushinteger(lua, (lua_Integer)((size_t)kind << KIND_SHIFT | index));
    lua_rawset(lua, names);
}

static void add_names(lua_State *lua, int names, const struct policy *policy)
{
    for (size_t i = 0; i < builtin_name_count; i++)
        add_name(lua, names, builtin_names[i].name, NAME_BUILTIN, i);
    for (size_t i = 0; i < policy->param_count; i++)
        add_name(lua, names, policy->params[i].name, NAME_PARAM, i);
    for (size_t i = 0; i < policy->let_count; i++)
        add_name(lua, names, policy->lets[i].name, NAME_LET, i);
    for (size_t i = 0; i < policy->metric_count; i++)
        add_name(lua, names, policy->metrics[i].name, NAME_METRIC, i);
    for (size_t i = 0; i < policy->window_count; i++)
        add_name(lua, names, policy->windows[i].name, NAME_WINDOW, i);
}

void lua_reader_push(lua_State *lua, const struct script_unit *unit)
{
    lua_createtable(lua, 0, 0);
    lua_createtable(lua, 0, 2);
    lua_newtable(lua);
    add_names(lua, lua_gettop(lua), unit->policy);
    lua_reader_add_functions(lua, lua_gettop(lua));
    lua_pushcclosure(lua, read_name, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, write_name);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
}
