// Any bytes as a Lua policy: run, walked, and its functions called, twice each. No crash, no end without a message,
// never past the budgets, and a call after a reset ends as the one before.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/lua.h"
#include "engine/lang/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_usage(const struct sandbox *sandbox)
{
    struct sandbox_usage usage = sandbox_usage(sandbox);
    demand(usage.live_bytes <= LIMIT_LUA_LIVE_BYTES, "too much live memory");
    demand(usage.total_bytes <= LIMIT_LUA_TOTAL_BYTES, "too much memory in sum");
    demand(usage.instructions <= LIMIT_LUA_INSTRUCTIONS, "too many instructions");
}

static enum lua_end call_first(struct sandbox *sandbox, struct buffer *error)
{
    lua_State *lua = sandbox_state(sandbox);
    sandbox_reset(sandbox);
    buffer_clear(error);
    lua_pushvalue(lua, 1);
    enum lua_end end = sandbox_call(sandbox, 0, 1, error);
    demand(end == LUA_END_OK || error->n > 0, "an end without a message");
    check_usage(sandbox);
    return end;
}

static void run(struct text source)
{
    struct sandbox *sandbox = sandbox_new();
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    enum lua_end end = sandbox_load(sandbox, source, TEXT("fuzz.lua"), &error);
    demand(end == LUA_END_OK || text_starts(buffer_text(&error), TEXT("fuzz.lua:")), "an end without a place");
    check_usage(sandbox);
    if (end == LUA_END_OK && lua_isfunction(sandbox_state(sandbox), 1)) {
        lua_settop(sandbox_state(sandbox), 1);
        demand(sandbox_freeze(sandbox), "out of memory");
        enum lua_end first = call_first(sandbox, &error);
        struct sandbox_usage used = sandbox_usage(sandbox);
        demand(call_first(sandbox, &error) == first, "the second call ended in another way");
        struct sandbox_usage again = sandbox_usage(sandbox);
        demand(memcmp(&used, &again, sizeof used) == 0, "the second call took another way");
    }
    buffer_release(&error);
    sandbox_free(sandbox);
}

static void read_policy(struct text source)
{
    struct arena arena = {0};
    struct diags diags;
    diags_init(&diags, &arena);
    struct tree *tree = lua_read(&arena, &diags, source, 0, TEXT("fuzz.lua"));
    demand(tree || diags.errors > 0, "neither a tree nor a fault");
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text source = {(const char *)bytes, n};
    run(source);
    read_policy(source);
    return 0;
}
