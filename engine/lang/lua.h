// Lua 5.4 in a sandbox. All memory of a state comes from one block of our own, so a state can be put back, byte
// for byte, to what it was right after the policy was loaded: each decision sees the policy as freshly loaded,
// and nothing that one call stores reaches the next.
//
// What a policy finds: assert error ipairs pairs select tonumber tostring type, and of string byte find format
// gmatch gsub len lower match rep sub upper, of table concat insert remove sort unpack, of math abs ceil floor max
// min tointeger type huge pi maxinteger mininteger. All else that Lua has is refused by name when it is read. There
// are no globals of one's own: assigning to one is refused (a forgotten `local`, or a typing error), and so is
// replacing what the sandbox offers.
//
// What it costs: each instruction of the virtual machine counts one, times the price of the longest string made so
// far (1 up to 512 bytes, then doubling with the length), since one instruction may walk a whole string.
#ifndef DROWSE_LANG_LUA_H
#define DROWSE_LANG_LUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct lua_State;
struct buffer;

// REFUSED: the program asked for what is absent or bounded. The first cause of an end is the one that counts;
// there is no way to go on after it.
enum lua_end { LUA_END_OK, LUA_END_SYNTAX, LUA_END_ERROR, LUA_END_BUDGET, LUA_END_MEMORY, LUA_END_REFUSED };

struct sandbox;

// NULL only where the process is out of memory.
struct sandbox *sandbox_new(void);
void sandbox_free(struct sandbox *);
// Runs a chunk (text only, never bytecode); its results stay on the stack of sandbox_state(). `path` names it in
// messages and must outlive the sandbox. On anything but OK, error holds a complete message "path:line: text"
// ("path: text" where no line is to blame).
enum lua_end sandbox_load(struct sandbox *, struct text source, struct text path, struct buffer *error);
struct lua_State *sandbox_state(struct sandbox *);
// Remembers the state as it is now, after a full collection; sandbox_reset puts it back to that, stack included,
// and the budgets to their beginning. False where the process is out of memory. Freeze once.
bool sandbox_freeze(struct sandbox *);
void sandbox_reset(struct sandbox *);
// Calls the function and arguments on the stack, under what is left of the budgets.
enum lua_end sandbox_call(struct sandbox *, int arguments, int results, struct buffer *error);
// Runs a function of the host's under the same protection, with the stack's values as its arguments; its results
// replace them. Blocks may be larger here, as while a chunk is compiled.
enum lua_end sandbox_protect(struct sandbox *, int (*function)(struct lua_State *), struct buffer *error);
// Of the newest end that was not OK: the line (0: none) and the message without its "path:line: ".
struct lua_fault {
    uint32_t line;
    struct text text;
};
struct lua_fault sandbox_fault(const struct sandbox *);

// What the host's functions find their own state by.
void sandbox_set_host(struct sandbox *, void *host);
void *sandbox_host(struct lua_State *);
// For functions called by a policy: charges the budget (times the price), and raises where it is spent.
void sandbox_charge(struct lua_State *, int64_t instructions);
// Ends the call with that cause and message, at the policy's current line.
_Noreturn void sandbox_raise(struct lua_State *, enum lua_end cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct sandbox_usage {
    size_t live_bytes, total_bytes, frozen_bytes;
    int64_t instructions;
};
struct sandbox_usage sandbox_usage(const struct sandbox *);

#endif
