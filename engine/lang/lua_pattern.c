// Wrappers of the string library's patterns. A pattern backtracks: what it may cost is bounded by the lengths and by
// the number of its parts that repeat, and charged before it begins.
#include <lauxlib.h>
#include <string.h>

#include "engine/lang/lua_parts.h"

// The dearest instructions take 2 us; a step of the matcher takes 3 ns, and about one more for each character of the
// pattern that it may compare.
#define STEPS_PER_INSTRUCTION 512
#define STEP_BASE 4

struct pattern {
    const char *p;
    size_t n;
};

// Behind the set that begins at i ("[...]").
static size_t skip_set(struct pattern pattern, size_t i)
{
    i++;
    if (i < pattern.n && pattern.p[i] == '^')
        i++;
    do {
        if (i < pattern.n && pattern.p[i] == '%')
            i++;
        i++;
    } while (i < pattern.n && pattern.p[i] != ']');
    return i + 1;
}

// How many parts of it can match texts of different lengths: those that repeat, %b, %f and references back.
static int count_quantifiers(struct pattern pattern)
{
    int count = 0;
    for (size_t i = 0; i < pattern.n;) {
        char c = pattern.p[i];
        if (c == '[') {
            i = skip_set(pattern, i);
        } else if (c == '%') {
            char kind = i + 1 < pattern.n ? pattern.p[i + 1] : '\0';
            count += kind == 'b' || kind == 'f' || (kind >= '0' && kind <= '9');
            i += kind == 'b' ? 4 : 2;
        } else {
            count += c == '*' || c == '+' || c == '-' || c == '?';
            i++;
        }
    }
    return count;
}

static bool is_plain(struct pattern pattern)
{
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] && strchr("^$*+?.([%-", pattern.p[i]))
            return false;
    return true;
}

// n choose (places) grows as the number of ways in which the repeating parts can end.
static int64_t cost(size_t subject, struct pattern pattern, int quantifiers)
{
    bool anchored = pattern.n && pattern.p[0] == '^';
    int places = quantifiers + (anchored ? 0 : 1);
    int64_t steps = 1;
    for (int i = 1; i <= places; i++)
        steps = steps * (int64_t)(subject + 1) / i;
    return 1 + steps * (STEP_BASE + (int64_t)pattern.n) / STEPS_PER_INSTRUCTION;
}

// Subject at 1, pattern at 2: what matching them may cost; refused where it is out of bounds.
static int64_t check_pattern(lua_State *lua)
{
    size_t subject;
    struct pattern pattern;
    luaL_checklstring(lua, 1, &subject);
    pattern.p = luaL_checklstring(lua, 2, &pattern.n);
    if (pattern.n > LIMIT_LUA_PATTERN_BYTES)
        sandbox_raise(lua, LUA_END_REFUSED, "a pattern may have at most %d bytes", LIMIT_LUA_PATTERN_BYTES);
    if (subject > LIMIT_LUA_SUBJECT_BYTES)
        sandbox_raise(lua, LUA_END_REFUSED, "patterns match texts of at most %d bytes", LIMIT_LUA_SUBJECT_BYTES);
    int quantifiers = count_quantifiers(pattern);
    if (quantifiers > LIMIT_LUA_QUANTIFIERS)
        sandbox_raise(lua, LUA_END_REFUSED, "a pattern may have at most %d of * + - ? %%b %%f %%1",
                      LIMIT_LUA_QUANTIFIERS);
    return cost(subject, pattern, quantifiers);
}

// Searched as it is, so of any length.
static bool find_plain(lua_State *lua)
{
    size_t subject;
    struct pattern pattern;
    luaL_checklstring(lua, 1, &subject);
    pattern.p = luaL_checklstring(lua, 2, &pattern.n);
    if (!lua_toboolean(lua, 4) && !is_plain(pattern))
        return false;
    sandbox_charge(lua, 1 + (int64_t)(subject * (1 + pattern.n / 32) / STEPS_PER_INSTRUCTION));
    return true;
}

int lua_string_find(lua_State *lua)
{
    if (!find_plain(lua))
        sandbox_charge(lua, check_pattern(lua));
    return sandbox_originals(lua)->find(lua);
}

int lua_string_match(lua_State *lua)
{
    sandbox_charge(lua, check_pattern(lua));
    return sandbox_originals(lua)->match(lua);
}

int lua_string_gsub(lua_State *lua)
{
    // Each byte of it may be a match, with a replacement to be made.
    sandbox_charge(lua, check_pattern(lua) + (int64_t)lua_rawlen(lua, 1) / 8);
    return sandbox_originals(lua)->gsub(lua);
}

// Upvalues: the library's iterator, and what each of its steps may cost. A step that finds nothing begins anew when
// it is called again, so each is charged.
static int next_match(lua_State *lua)
{
    sandbox_charge(lua, lua_tointeger(lua, lua_upvalueindex(2)));
    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_call(lua, 0, LUA_MULTRET);
    return lua_gettop(lua);
}

int lua_string_gmatch(lua_State *lua)
{
    int64_t step = check_pattern(lua);
    // In gmatch a '^' anchors nothing.
    size_t subject;
    struct pattern pattern;
    luaL_checklstring(lua, 1, &subject);
    pattern.p = luaL_checklstring(lua, 2, &pattern.n);
    if (pattern.n && pattern.p[0] == '^')
        step = cost(subject, (struct pattern){pattern.p + 1, pattern.n - 1}, count_quantifiers(pattern));
    sandbox_originals(lua)->gmatch(lua);
    lua_pushinteger(lua, step);
    lua_pushcclosure(lua, next_match, 2);
    return 1;
}
