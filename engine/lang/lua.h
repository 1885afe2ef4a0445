// Lua 5.4 in a sandbox. All memory of a state comes from one block of our own, so a state can be put back, byte
// for byte, to what it was right after the policy was loaded: each decision sees the policy as freshly loaded,
// and nothing that one call stores reaches the next.
#ifndef DROWSE_LANG_LUA_H
#define DROWSE_LANG_LUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct lua_State;
struct buffer;

enum lua_end { LUA_END_OK, LUA_END_SYNTAX, LUA_END_ERROR, LUA_END_BUDGET, LUA_END_MEMORY, LUA_END_REFUSED };

struct sandbox;

// NULL only where the process is out of memory.
struct sandbox *sandbox_new(void);
void sandbox_free(struct sandbox *);
// Runs a chunk (text only, never bytecode); its results stay on the stack of sandbox_state(). `chunk` names it in
// messages. On anything but OK, error holds a complete message "path:line: text".
enum lua_end sandbox_load(struct sandbox *, struct text source, struct text path, struct buffer *error);
struct lua_State *sandbox_state(struct sandbox *);
// Remembers the state as it is now; sandbox_reset puts it back to that, and the budgets too.
void sandbox_freeze(struct sandbox *);
void sandbox_reset(struct sandbox *);
// Calls the function and arguments on the stack under the budgets.
enum lua_end sandbox_call(struct sandbox *, int arguments, int results, struct buffer *error);
// For wrappers: charges the budget, and raises where it is spent.
void sandbox_charge(struct lua_State *, int instructions);

struct sandbox_usage { size_t live_bytes, total_bytes, instructions; };
struct sandbox_usage sandbox_usage(const struct sandbox *);

#endif
