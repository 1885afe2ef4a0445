// Wrappers of the string library, but for its patterns.
#include <lauxlib.h>
#include <string.h>

#include "engine/lang/lua_parts.h"

#define BYTE_VALUES 250        // results of one string.byte
#define FORMAT_INSTRUCTIONS 4  // one conversion of a number of 400 digits
// A string of this size fits one block together with its header.
#define TEXT_BYTES (LIMIT_LUA_BLOCK_BYTES - 64)

int lua_string_rep(lua_State *lua)
{
    size_t n, between = 0;
    luaL_checklstring(lua, 1, &n);
    lua_Integer times = luaL_checkinteger(lua, 2);
    luaL_optlstring(lua, 3, "", &between);
    if (times <= 0 || n + between == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if (times > TEXT_BYTES || (size_t)times * (n + between) > TEXT_BYTES)
        sandbox_raise(lua, LUA_END_REFUSED, "string.rep makes texts of at most %d bytes", TEXT_BYTES);
    sandbox_charge(lua, times / 512);
    return sandbox_originals(lua)->rep(lua);
}

int lua_string_byte(lua_State *lua)
{
    size_t n;
    luaL_checklstring(lua, 1, &n);
    lua_Integer first = luaL_optinteger(lua, 2, 1), last = luaL_optinteger(lua, 3, first);
    lua_Integer length = (lua_Integer)n;
    first = first < -length ? 1 : first < 0 ? first + length + 1 : first;
    last = last > length ? length : last < -length ? 0 : last < 0 ? last + length + 1 : last;
    if (last > first && last - first >= BYTE_VALUES)
        sandbox_raise(lua, LUA_END_REFUSED, "string.byte gives at most %d values", BYTE_VALUES);
    return sandbox_originals(lua)->byte(lua);
}

// ---- format ---------------------------------------------------------------------------------------------------

static bool is_scalar(int type)
{
    return type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING;
}

static void check_conversion(lua_State *lua, char conversion, int argument)
{
    if (conversion == 'p')
        sandbox_raise(lua, LUA_END_REFUSED, "string.format knows no %%p in a policy");
    int type = lua_type(lua, argument);
    if ((conversion == 's' || conversion == 'q') && type != LUA_TNONE && !is_scalar(type))
        sandbox_raise(lua, LUA_END_REFUSED, "string.format of a %s is not available in a policy",
                      luaL_typename(lua, argument));
}

int lua_string_format(lua_State *lua)
{
    size_t n;
    const char *format = luaL_checklstring(lua, 1, &n), *end = format + n;
    int argument = 1;
    sandbox_charge(lua, (int64_t)n / 16);
    for (const char *p = memchr(format, '%', n); p; p = memchr(p, '%', (size_t)(end - p))) {
        p++;
        if (p < end && *p == '%') {
            p++;
            continue;
        }
        while (p < end && *p && strchr("-+ #0123456789.", *p))
            p++;
        if (p < end)
            check_conversion(lua, *p, ++argument);
        sandbox_charge(lua, FORMAT_INSTRUCTIONS);
    }
    return sandbox_originals(lua)->format(lua);
}
