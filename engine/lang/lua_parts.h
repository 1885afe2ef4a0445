// What the parts of the sandbox know of each other; nobody else includes this.
#ifndef DROWSE_LANG_LUA_PARTS_H
#define DROWSE_LANG_LUA_PARTS_H

#include <lua.h>

#include "drowse/limits.h"
#include "engine/lang/lua.h"

// The libraries' own functions that wrappers end in, once they have checked and charged.
struct lua_originals {
    lua_CFunction select, format, byte, rep, find, match, gmatch, gsub, concat, insert, remove, unpack;
};
const struct lua_originals *sandbox_originals(lua_State *);

// Makes what a policy finds: a function for lua_pcall, without arguments and results. Fills in the originals.
int lua_environment_open(lua_State *, struct lua_originals *);

// The wrappers. Each answers as Lua's own, within bounds.
int lua_base_pairs(lua_State *);
int lua_base_select(lua_State *);
int lua_base_tostring(lua_State *);
int lua_string_byte(lua_State *);
int lua_string_format(lua_State *);
int lua_string_rep(lua_State *);
int lua_string_find(lua_State *);
int lua_string_match(lua_State *);
int lua_string_gmatch(lua_State *);
int lua_string_gsub(lua_State *);
int lua_table_concat(lua_State *);
int lua_table_insert(lua_State *);
int lua_table_remove(lua_State *);
int lua_table_sort(lua_State *);
int lua_table_unpack(lua_State *);

// Sorts the list at that index of the stack, stable; `less` says whether the value at the first index of the stack
// comes before the one at the second.
void lua_sort_list(lua_State *, int list, bool (*less)(lua_State *, int a, int b));

#endif
