// Wrappers of the base library.
#include <lauxlib.h>

#include "engine/lang/lua_parts.h"

#define KEY_INSTRUCTIONS 2  // one key of pairs, found and sorted

// Tables and functions have no text but their address, which differs from process to process.
int lua_base_tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    int type = lua_type(lua, 1);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TNUMBER && type != LUA_TSTRING)
        sandbox_raise(lua, LUA_END_REFUSED, "tostring of a %s is not available in a policy", luaL_typename(lua, 1));
    luaL_tolstring(lua, 1, NULL);
    return 1;
}

int lua_base_select(lua_State *lua)
{
    sandbox_charge(lua, lua_gettop(lua) / 16);
    return sandbox_originals(lua)->select(lua);
}

// ---- pairs, in an order that does not depend on addresses: numbers, then strings, then booleans -----------------

static int rank(lua_State *lua, int index)
{
    switch (lua_type(lua, index)) {
    case LUA_TNUMBER:
        return 1;
    case LUA_TSTRING:
        return 2;
    case LUA_TBOOLEAN:
        return 3;
    default:
        return 0;
    }
}

static bool key_before(lua_State *lua, int a, int b)
{
    int rank_a = rank(lua, a), rank_b = rank(lua, b);
    if (rank_a != rank_b)
        return rank_a < rank_b;
    if (rank_a == 3)
        return !lua_toboolean(lua, a) && lua_toboolean(lua, b);
    return lua_compare(lua, a, b, LUA_OPLT);
}

// Upvalues: the keys in order, and how many of them were visited. The table is at 1.
static int next_pair(lua_State *lua)
{
    lua_Integer visited = lua_tointeger(lua, lua_upvalueindex(2));
    for (;;) {
        sandbox_charge(lua, 1);
        visited++;
        lua_settop(lua, 1);
        if (lua_rawgeti(lua, lua_upvalueindex(1), visited) == LUA_TNIL)
            return 1;
        lua_pushvalue(lua, 2);
        if (lua_rawget(lua, 1) != LUA_TNIL) {
            lua_pushinteger(lua, visited);
            lua_replace(lua, lua_upvalueindex(2));
            return 2;
        }
    }
}

// The keys of the table at 1 into the list at 2. What sorting them takes depends on the order in which they come,
// which no policy may see, not even by its budget: so it is charged by their number.
static void collect_keys(lua_State *lua)
{
    int64_t charged = 0;
    lua_pushnil(lua);
    for (lua_Integer count = 1; lua_next(lua, 1); count++) {
        lua_pop(lua, 1);
        if (!rank(lua, -1))
            sandbox_raise(lua, LUA_END_REFUSED, "pairs lists no table with a %s as a key", luaL_typename(lua, -1));
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, 2, count);
        charged += KEY_INSTRUCTIONS;
    }
    sandbox_charge(lua, charged);
}

int lua_base_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (lua_getmetatable(lua, 1))
        sandbox_raise(lua, LUA_END_REFUSED, "pairs does not list this table");
    lua_settop(lua, 1);
    lua_newtable(lua);
    collect_keys(lua);
    lua_sort_list(lua, 2, key_before);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_pair, 2);
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    return 3;
}
