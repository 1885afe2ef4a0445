// Wrappers of the table library. Its loops do not count as instructions, so they are charged here.
#include <lauxlib.h>

#include "engine/lang/lua_parts.h"

#define UNPACK_VALUES 250  // what a call's own arguments may be

static int64_t length_at(lua_State *lua, int index)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    return (int64_t)lua_rawlen(lua, index);
}

int lua_table_insert(lua_State *lua)
{
    sandbox_charge(lua, length_at(lua, 1) / 64);
    return sandbox_originals(lua)->insert(lua);
}

int lua_table_remove(lua_State *lua)
{
    sandbox_charge(lua, length_at(lua, 1) / 64);
    return sandbox_originals(lua)->remove(lua);
}

// A range past the table's end fails at its first hole, so the table's own length bounds the loop.
int lua_table_concat(lua_State *lua)
{
    sandbox_charge(lua, length_at(lua, 1));
    return sandbox_originals(lua)->concat(lua);
}

int lua_table_unpack(lua_State *lua)
{
    int64_t length = length_at(lua, 1);
    lua_Integer first = luaL_optinteger(lua, 2, 1), last = luaL_optinteger(lua, 3, length);
    if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= UNPACK_VALUES)
        sandbox_raise(lua, LUA_END_REFUSED, "table.unpack gives at most %d values", UNPACK_VALUES);
    sandbox_charge(lua, last >= first ? (last - first) / 16 : 0);
    return sandbox_originals(lua)->unpack(lua);
}

// ---- sort -----------------------------------------------------------------------------------------------------
// Lua's own picks pivots by clock and address. This one merges: stable, the same in every process, and bounded
// whatever the comparison says.

struct sorting {
    lua_State *lua;
    bool (*less)(lua_State *, int a, int b);
};

static bool right_first(const struct sorting *sorting, int list, lua_Integer left, lua_Integer right)
{
    lua_State *lua = sorting->lua;
    lua_rawgeti(lua, list, right);
    lua_rawgeti(lua, list, left);
    int top = lua_gettop(lua);
    bool first = sorting->less(lua, top - 1, top);
    lua_settop(lua, top - 2);
    return first;
}

// Merges the runs [low, middle) and [middle, high) of one list into the other.
static void merge(const struct sorting *sorting, int from, int to, lua_Integer low, lua_Integer middle,
                  lua_Integer high)
{
    lua_Integer left = low, right = middle;
    for (lua_Integer at = low; at < high; at++) {
        bool take_right = right < high && (left >= middle || right_first(sorting, from, left, right));
        lua_rawgeti(sorting->lua, from, take_right ? right++ : left++);
        lua_rawseti(sorting->lua, to, at);
    }
}

static lua_Integer smaller(lua_Integer a, lua_Integer b)
{
    return a < b ? a : b;
}

void lua_sort_list(lua_State *lua, int list, bool (*less)(lua_State *, int a, int b))
{
    struct sorting sorting = {lua, less};
    lua_Integer n = (lua_Integer)lua_rawlen(lua, list);
    lua_createtable(lua, (int)n, 0);
    int from = list, to = lua_gettop(lua);
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer low = 1; low <= n; low += 2 * width)
            merge(&sorting, from, to, low, smaller(low + width, n + 1), smaller(low + 2 * width, n + 1));
        int other = from;
        from = to;
        to = other;
    }
    for (lua_Integer i = 1; from != list && i <= n; i++) {
        lua_rawgeti(lua, from, i);
        lua_rawseti(lua, list, i);
    }
    lua_settop(lua, from == list ? to - 1 : from - 1);
}

static bool less_by_value(lua_State *lua, int a, int b)
{
    sandbox_charge(lua, 1);
    return lua_compare(lua, a, b, LUA_OPLT);
}

// The policy's own comparison is at 2.
static bool less_by_function(lua_State *lua, int a, int b)
{
    sandbox_charge(lua, 1);
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, a);
    lua_pushvalue(lua, b);
    lua_call(lua, 2, 1);
    return lua_toboolean(lua, -1);
}

int lua_table_sort(lua_State *lua)
{
    sandbox_charge(lua, length_at(lua, 1) / 16);
    bool by_function = !lua_isnoneornil(lua, 2);
    if (by_function)
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    lua_sort_list(lua, 1, by_function ? less_by_function : less_by_value);
    return 0;
}
