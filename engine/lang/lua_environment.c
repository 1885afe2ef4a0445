#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/lang/expression.h"
#include "engine/lang/lua_parts.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// What a policy finds. Without a wrapper it is the library's own.
struct offer {
    const char *name;
    lua_CFunction wrapper;
};

static const struct offer base_offers[] = {
    {"assert", NULL},
    {"error", NULL},
    {"ipairs", NULL},
    {"pairs", lua_base_pairs},
    {"select", lua_base_select},
    {"tonumber", NULL},
    {"tostring", lua_base_tostring},
    {"type", NULL},
};
static const struct offer string_offers[] = {
    {"byte", lua_string_byte},
    {"find", lua_string_find},
    {"format", lua_string_format},
    {"gmatch", lua_string_gmatch},
    {"gsub", lua_string_gsub},
    {"len", NULL},
    {"lower", NULL},
    {"match", lua_string_match},
    {"rep", lua_string_rep},
    {"sub", NULL},
    {"upper", NULL},
};
static const struct offer table_offers[] = {
    {"concat", lua_table_concat}, {"insert", lua_table_insert}, {"remove", lua_table_remove},
    {"sort", lua_table_sort},     {"unpack", lua_table_unpack},
};
static const struct offer math_offers[] = {
    {"abs", NULL},  {"ceil", NULL}, {"floor", NULL}, {"max", NULL},        {"min", NULL},        {"tointeger", NULL},
    {"type", NULL}, {"huge", NULL}, {"pi", NULL},    {"maxinteger", NULL}, {"mininteger", NULL},
};

struct library {
    const char *name;
    lua_CFunction open;
    const struct offer *offers;
    size_t count;
};

static const struct library base_library = {"_G", luaopen_base, base_offers, COUNT_OF(base_offers)};
static const struct library libraries[] = {
    {"string", luaopen_string, string_offers, COUNT_OF(string_offers)},
    {"table", luaopen_table, table_offers, COUNT_OF(table_offers)},
    {"math", luaopen_math, math_offers, COUNT_OF(math_offers)},
};

// Lua's other globals, so that a message can tell what is left out from what never was.
static const char *const left_out[] = {
    "_G",           "_VERSION", "bit32",   "collectgarbage", "coroutine", "debug",      "dofile", "getfenv",
    "getmetatable", "io",       "jit",     "load",           "loadfile",  "loadstring", "module", "newproxy",
    "next",         "os",       "package", "pcall",          "print",     "rawequal",   "rawget", "rawlen",
    "rawset",       "require",  "setfenv", "setmetatable",   "unpack",    "utf8",       "warn",   "xpcall",
};

// ---- what reading and writing other names answers ------------------------------------------------------------

static struct text nearest_offer(struct text name)
{
    struct text candidates[COUNT_OF(base_offers) + COUNT_OF(libraries)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(base_offers); i++)
        candidates[count++] = text_of(base_offers[i].name);
    for (size_t i = 0; i < COUNT_OF(libraries); i++)
        candidates[count++] = text_of(libraries[i].name);
    return text_nearest(name, candidates, count);
}

static struct text key_at(lua_State *lua, int index)
{
    struct text key = TEXT("?");
    if (lua_type(lua, index) == LUA_TSTRING)
        key.p = lua_tolstring(lua, index, &key.n);
    return key.n > LIMIT_NAME_BYTES ? (struct text){key.p, LIMIT_NAME_BYTES} : key;
}

// __index of the globals: the name is at 2.
static int read_unknown_global(lua_State *lua)
{
    struct text name = key_at(lua, 2);
    for (size_t i = 0; i < COUNT_OF(left_out); i++)
        if (text_is(name, left_out[i]))
            sandbox_raise(lua, LUA_END_REFUSED, "'%.*s' is not available in a policy", TEXT_ARG(name));
    if (builtin_find(name))
        sandbox_raise(lua, LUA_END_ERROR, "there is no variable '%.*s' (did you mean 's.%.*s'?)", TEXT_ARG(name),
                      TEXT_ARG(name));
    struct text near = nearest_offer(name);
    if (near.n)
        sandbox_raise(lua, LUA_END_ERROR, "there is no variable '%.*s' (did you mean '%.*s'?)", TEXT_ARG(name),
                      TEXT_ARG(near));
    sandbox_raise(lua, LUA_END_ERROR, "there is no variable '%.*s'", TEXT_ARG(name));
}

// __newindex of the environment.
static int write_global(lua_State *lua)
{
    struct text name = key_at(lua, 2);
    sandbox_raise(lua, LUA_END_REFUSED,
                  "'%.*s' is not a local variable, and a policy has no others: write 'local %.*s'", TEXT_ARG(name),
                  TEXT_ARG(name));
}

// __index of a library's functions; its name is the upvalue.
static int read_unknown_member(lua_State *lua)
{
    struct text name = key_at(lua, 2);
    sandbox_raise(lua, LUA_END_REFUSED, "'%s.%.*s' is not available in a policy",
                  lua_tostring(lua, lua_upvalueindex(1)), TEXT_ARG(name));
}

// __newindex of a library.
static int write_member(lua_State *lua)
{
    struct text name = key_at(lua, 2);
    sandbox_raise(lua, LUA_END_REFUSED, "'%s.%.*s' cannot be assigned to", lua_tostring(lua, lua_upvalueindex(1)),
                  TEXT_ARG(name));
}

// ---- making it ------------------------------------------------------------------------------------------------

// Leaves a table with the offered functions; the library itself is dropped.
static void push_functions(lua_State *lua, const struct library *library)
{
    lua_createtable(lua, 0, (int)library->count);
    lua_pushcfunction(lua, library->open);
    lua_call(lua, 0, 1);
    for (size_t i = 0; i < library->count; i++) {
        const struct offer *offer = &library->offers[i];
        if (offer->wrapper)
            lua_pushcfunction(lua, offer->wrapper);
        else
            lua_getfield(lua, -1, offer->name);
        lua_setfield(lua, -3, offer->name);
    }
    lua_pop(lua, 1);
}

static void push_guard(lua_State *lua, lua_CFunction guard, const char *library)
{
    lua_pushstring(lua, library);
    lua_pushcclosure(lua, guard, 1);
}

// Turns the table of functions on the top into a library that can be read only: an empty table before it.
// Methods of strings come to the same functions.
static void protect_library(lua_State *lua, const char *name)
{
    lua_createtable(lua, 0, 1);
    push_guard(lua, read_unknown_member, name);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    if (strcmp(name, "string") == 0) {
        lua_pushliteral(lua, "");
        lua_createtable(lua, 0, 1);
        lua_pushvalue(lua, -3);
        lua_setfield(lua, -2, "__index");
        lua_setmetatable(lua, -2);
        lua_pop(lua, 1);
    }
    lua_createtable(lua, 0, 0);
    lua_createtable(lua, 0, 2);
    lua_rotate(lua, -3, -1);
    lua_setfield(lua, -2, "__index");
    push_guard(lua, write_member, name);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
}

// The globals: an empty table before the functions, whose own lookups end in a message.
static void set_environment(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, read_unknown_global);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_createtable(lua, 0, 0);
    lua_createtable(lua, 0, 2);
    lua_rotate(lua, -3, -1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, write_global);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

static lua_CFunction original(lua_State *lua, const char *library, const char *name)
{
    lua_getfield(lua, -1, name);
    lua_CFunction function = lua_tocfunction(lua, -1);
    if (!function)
        luaL_error(lua, "%s.%s is missing", library, name);
    lua_pop(lua, 1);
    return function;
}

static void find_originals(lua_State *lua, struct lua_originals *originals)
{
    lua_pushcfunction(lua, luaopen_base);
    lua_call(lua, 0, 1);
    originals->select = original(lua, "_G", "select");
    lua_pushcfunction(lua, luaopen_string);
    lua_call(lua, 0, 1);
    originals->format = original(lua, "string", "format");
    originals->byte = original(lua, "string", "byte");
    originals->rep = original(lua, "string", "rep");
    originals->find = original(lua, "string", "find");
    originals->match = original(lua, "string", "match");
    originals->gmatch = original(lua, "string", "gmatch");
    originals->gsub = original(lua, "string", "gsub");
    lua_pushcfunction(lua, luaopen_table);
    lua_call(lua, 0, 1);
    originals->concat = original(lua, "table", "concat");
    originals->insert = original(lua, "table", "insert");
    originals->remove = original(lua, "table", "remove");
    originals->unpack = original(lua, "table", "unpack");
    lua_pop(lua, 3);
}

int lua_environment_open(lua_State *lua, struct lua_originals *originals)
{
    find_originals(lua, originals);
    push_functions(lua, &base_library);
    for (size_t i = 0; i < COUNT_OF(libraries); i++) {
        push_functions(lua, &libraries[i]);
        protect_library(lua, libraries[i].name);
        lua_setfield(lua, -2, libraries[i].name);
    }
    set_environment(lua);
    return 0;
}
