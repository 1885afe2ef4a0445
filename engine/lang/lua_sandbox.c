#include "engine/lang/lua.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/lang/lua_block.h"
#include "engine/lang/lua_parts.h"

// Twice what may be live, for the rounding up to size classes; untouched pages cost nothing.
#define CAPACITY_BYTES ((size_t)2 * LIMIT_LUA_LIVE_BYTES)
// How often the virtual machine stops to count; below 500 it costs, above 10000 nothing is gained.
#define HOOK_INSTRUCTIONS 1000
// The price of an instruction is 1 up to strings of this size, and doubles with theirs.
#define CHEAP_STRING_BYTES ((size_t)512)
#define BYTES_PER_INSTRUCTION 1024
// A refused block makes Lua collect all garbage before it asks again: ten times at most.
#define REFUSAL_INSTRUCTIONS (LIMIT_LUA_INSTRUCTIONS / 10)
#define FAULT_BYTES 400
// Lua's name of the chunk, told apart from the path that messages show, which it would cut.
#define CHUNK_NAME "=policy"
#define CHUNK_PREFIX "policy:"

enum phase { PHASE_HOST /* compiling, or the host's own functions */, PHASE_POLICY };

struct ledger {
    int64_t left;  // instructions
    int64_t price;
};

struct sandbox {
    struct arena arena;  // holds this
    struct block block;
    lua_State *lua;
    struct lua_originals originals;
    struct text path;
    void *host;
    enum phase phase;
    struct ledger ledger, saved_ledger;
    enum lua_end raised;  // by the sandbox itself; OK: nothing
    bool memory_refused;
    uint32_t line;  // of the first fault
    char text[FAULT_BYTES];
};

static struct sandbox *sandbox_of(lua_State *lua)
{
    return *(struct sandbox **)lua_getextraspace(lua);
}

const struct lua_originals *sandbox_originals(lua_State *lua)
{
    return &sandbox_of(lua)->originals;
}

void sandbox_set_host(struct sandbox *sandbox, void *host)
{
    sandbox->host = host;
}

void *sandbox_host(lua_State *lua)
{
    return sandbox_of(lua)->host;
}

struct lua_State *sandbox_state(struct sandbox *sandbox)
{
    return sandbox->lua;
}

// ---- budgets ----------------------------------------------------------------------------------------------

static void on_count(lua_State *lua, lua_Debug *activation);

// Sets when the machine stops next: at once where nothing is left. Safe in the midst of an allocation, as
// lua_sethook may be called from a signal.
static void arm(struct sandbox *sandbox)
{
    int64_t period = HOOK_INSTRUCTIONS / sandbox->ledger.price;
    if (period < 1 || sandbox->ledger.left <= 0)
        period = 1;
    if (sandbox->lua)
        lua_sethook(sandbox->lua, on_count, LUA_MASKCOUNT, (int)period);
}

// The line of the policy that runs now, or 0.
static uint32_t current_line(lua_State *lua)
{
    lua_Debug activation;
    for (int level = 0; lua_getstack(lua, level, &activation); level++) {
        lua_getinfo(lua, "l", &activation);
        if (activation.currentline > 0)
            return (uint32_t)activation.currentline;
    }
    return 0;
}

// The message is made outside of Lua, whose memory may be spent.
static _Noreturn void raise(lua_State *lua, enum lua_end cause)
{
    struct sandbox *sandbox = sandbox_of(lua);
    sandbox->raised = cause;
    sandbox->line = current_line(lua);
    lua_pushnil(lua);
    lua_error(lua);
    __builtin_unreachable();
}

_Noreturn void sandbox_raise(lua_State *lua, enum lua_end cause, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(sandbox_of(lua)->text, FAULT_BYTES, format, list);
    va_end(list);
    raise(lua, cause);
}

static _Noreturn void raise_budget(lua_State *lua)
{
    struct sandbox *sandbox = sandbox_of(lua);
    sandbox->ledger.left = 0;
    arm(sandbox);
    sandbox_raise(lua, LUA_END_BUDGET, "the budget of %d instructions is spent", LIMIT_LUA_INSTRUCTIONS);
}

static void on_count(lua_State *lua, lua_Debug *activation)
{
    (void)activation;
    struct sandbox *sandbox = sandbox_of(lua);
    sandbox->ledger.left -= HOOK_INSTRUCTIONS;
    if (sandbox->ledger.left <= 0)
        raise_budget(lua);
}

void sandbox_charge(lua_State *lua, int64_t instructions)
{
    struct sandbox *sandbox = sandbox_of(lua);
    // Past this it is spent whatever the price, and the product cannot overflow.
    if (instructions > LIMIT_LUA_INSTRUCTIONS)
        instructions = LIMIT_LUA_INSTRUCTIONS;
    sandbox->ledger.left -= instructions * sandbox->ledger.price;
    if (sandbox->ledger.left <= 0 && sandbox->phase == PHASE_POLICY)
        raise_budget(lua);
}

// A long string makes every later instruction dearer: a comparison or a conversion of it is but one of them.
static void note_string(struct sandbox *sandbox, size_t n)
{
    bool dearer = false;
    while (sandbox->ledger.price * (int64_t)CHEAP_STRING_BYTES < (int64_t)n) {
        sandbox->ledger.price *= 2;
        dearer = true;
    }
    if (dearer && sandbox->phase == PHASE_POLICY)
        arm(sandbox);
}

static bool affordable(const struct sandbox *sandbox, size_t old_n, size_t n, bool is_string)
{
    bool small = is_string || sandbox->phase == PHASE_POLICY;
    if (n > (small ? (size_t)LIMIT_LUA_BLOCK_BYTES : BLOCK_LARGEST_BYTES))
        return false;
    const struct block_heads *heads = &sandbox->block.heads;
    return heads->live_bytes - old_n + n <= LIMIT_LUA_LIVE_BYTES && heads->total_bytes + n <= LIMIT_LUA_TOTAL_BYTES;
}

static void *refuse_memory(struct sandbox *sandbox)
{
    if (!sandbox->memory_refused && sandbox->phase == PHASE_POLICY)
        sandbox->line = current_line(sandbox->lua);
    sandbox->memory_refused = true;
    sandbox->ledger.left -= REFUSAL_INSTRUCTIONS;
    if (sandbox->ledger.left <= 0 && sandbox->phase == PHASE_POLICY)
        arm(sandbox);
    return NULL;
}

// lua_Alloc. Where `old` is NULL, `old_n` is the kind of object.
static void *allocate(void *context, void *old, size_t old_n, size_t n)
{
    struct sandbox *sandbox = context;
    if (n == 0) {
        block_give_back(&sandbox->block, old, old_n);
        return NULL;
    }
    bool is_string = !old && old_n == LUA_TSTRING;
    if (!old)
        old_n = 0;
    void *p = NULL;
    if (n <= old_n || affordable(sandbox, old_n, n, is_string))
        p = block_resize(&sandbox->block, old, old_n, n);
    if (!p)
        return refuse_memory(sandbox);
    // Copying a string or rebuilding a table is but one instruction, too.
    sandbox->ledger.left -= n > old_n ? (int64_t)(n / BYTES_PER_INSTRUCTION) : 0;
    if (is_string)
        note_string(sandbox, n);
    return p;
}

// ---- faults -----------------------------------------------------------------------------------------------

struct lua_fault sandbox_fault(const struct sandbox *sandbox)
{
    return (struct lua_fault){sandbox->line, text_of(sandbox->text)};
}

// Printable, and cut behind a whole character.
static void set_text(struct sandbox *sandbox, struct text text)
{
    size_t n = text.n < FAULT_BYTES ? text.n : FAULT_BYTES - 1;
    while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++)
        sandbox->text[i] = (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7F ? ' ' : text.p[i];
    sandbox->text[n] = '\0';
}

// Takes "policy:LINE: " off the front of a message.
static struct text without_place(struct text message, uint32_t *line)
{
    struct text rest = text_from(message, sizeof CHUNK_PREFIX - 1);
    size_t colon;
    int64_t number;
    if (!text_starts(message, TEXT(CHUNK_PREFIX)) || !text_find(rest, ':', &colon))
        return message;
    if (!text_to_int64((struct text){rest.p, colon}, &number))
        return message;
    *line = (uint32_t)number;
    return text_trim(text_from(rest, colon + 1));
}

static enum lua_end memory_fault(struct sandbox *sandbox)
{
    snprintf(sandbox->text, FAULT_BYTES,
             "out of memory: a policy may hold %d KiB, in blocks of %d KiB, and ask for %d MiB",
             LIMIT_LUA_LIVE_BYTES / 1024, LIMIT_LUA_BLOCK_BYTES / 1024, LIMIT_LUA_TOTAL_BYTES / 1024 / 1024);
    return LUA_END_MEMORY;
}

// What the error on the top of the stack was; takes it off.
static enum lua_end find_cause(struct sandbox *sandbox, int status)
{
    lua_State *lua = sandbox->lua;
    if (sandbox->raised != LUA_END_OK) {
        lua_pop(lua, 1);
        return sandbox->raised;
    }
    if (lua_type(lua, -1) != LUA_TSTRING) {
        snprintf(sandbox->text, FAULT_BYTES, "the error raised is a %s, not a text", luaL_typename(lua, -1));
        lua_pop(lua, 1);
        return LUA_END_ERROR;
    }
    struct text message;
    message.p = lua_tolstring(lua, -1, &message.n);
    // The library's buffers raise a text of their own where they get no memory.
    bool memory = status == LUA_ERRMEM || (sandbox->memory_refused && text_is(message, "not enough memory"));
    if (!memory)
        set_text(sandbox, without_place(message, &sandbox->line));
    lua_pop(lua, 1);
    if (memory)
        return memory_fault(sandbox);
    return status == LUA_ERRSYNTAX ? LUA_END_SYNTAX : LUA_END_ERROR;
}

static enum lua_end fail(struct sandbox *sandbox, int status, struct buffer *error)
{
    sandbox->phase = PHASE_HOST;
    enum lua_end end = find_cause(sandbox, status);
    buffer_add(error, sandbox->path);
    if (sandbox->line)
        buffer_printf(error, ":%u", sandbox->line);
    buffer_printf(error, ": %s", sandbox->text);
    return end;
}

// Message handler: keeps the line of errors whose text does not name it.
static int keep_line(lua_State *lua)
{
    struct sandbox *sandbox = sandbox_of(lua);
    if (sandbox->raised == LUA_END_OK)
        sandbox->line = current_line(lua);
    return 1;
}

// ---- running ----------------------------------------------------------------------------------------------

static void begin(struct sandbox *sandbox, enum phase phase)
{
    sandbox->phase = phase;
    sandbox->raised = LUA_END_OK;
    sandbox->memory_refused = false;
    sandbox->line = 0;
    sandbox->text[0] = '\0';
}

static enum lua_end call(struct sandbox *sandbox, int arguments, int results, struct buffer *error)
{
    lua_State *lua = sandbox->lua;
    int base = lua_gettop(lua) - arguments;
    lua_pushcfunction(lua, keep_line);
    lua_insert(lua, base);
    int status = lua_pcall(lua, arguments, results, base);
    lua_remove(lua, base);
    return status == LUA_OK ? LUA_END_OK : fail(sandbox, status, error);
}

enum lua_end sandbox_call(struct sandbox *sandbox, int arguments, int results, struct buffer *error)
{
    begin(sandbox, PHASE_POLICY);
    arm(sandbox);
    enum lua_end end = call(sandbox, arguments, results, error);
    sandbox->phase = PHASE_HOST;
    return end;
}

enum lua_end sandbox_protect(struct sandbox *sandbox, int (*function)(lua_State *), struct buffer *error)
{
    begin(sandbox, PHASE_HOST);
    lua_pushcfunction(sandbox->lua, function);
    lua_insert(sandbox->lua, 1);
    return call(sandbox, lua_gettop(sandbox->lua) - 1, LUA_MULTRET, error);
}

static enum lua_end refuse_source(struct sandbox *sandbox, const char *text, struct buffer *error)
{
    sandbox->raised = LUA_END_REFUSED;
    snprintf(sandbox->text, FAULT_BYTES, "%s", text);
    lua_pushnil(sandbox->lua);
    return fail(sandbox, LUA_ERRRUN, error);
}

static enum lua_end compile(struct sandbox *sandbox, struct text source, struct buffer *error)
{
    if (source.n > LIMIT_LUA_SOURCE_BYTES)
        return refuse_source(sandbox, "a Lua file may have at most 64 KiB", error);
    if (source.n && source.p[0] == LUA_SIGNATURE[0])
        return refuse_source(sandbox, "compiled Lua is not accepted", error);
    int status = luaL_loadbufferx(sandbox->lua, source.n ? source.p : "", source.n, CHUNK_NAME, "t");
    if (status == LUA_OK)
        return LUA_END_OK;
    enum lua_end end = fail(sandbox, status, error);
    // The parser's own recursion ends as if it were a running program's.
    return end == LUA_END_ERROR ? LUA_END_SYNTAX : end;
}

enum lua_end sandbox_load(struct sandbox *sandbox, struct text source, struct text path, struct buffer *error)
{
    sandbox->path = path;
    begin(sandbox, PHASE_HOST);
    lua_settop(sandbox->lua, 0);
    enum lua_end end = compile(sandbox, source, error);
    return end == LUA_END_OK ? sandbox_call(sandbox, 0, LUA_MULTRET, error) : end;
}

// ---- life -------------------------------------------------------------------------------------------------

static int open_environment(lua_State *lua)
{
    return lua_environment_open(lua, &sandbox_of(lua)->originals);
}

static bool open(struct sandbox *sandbox)
{
    sandbox->ledger = (struct ledger){.left = LIMIT_LUA_INSTRUCTIONS, .price = 1};
    if (!block_init(&sandbox->block, CAPACITY_BYTES))
        return false;
    sandbox->lua = lua_newstate(allocate, sandbox);
    if (!sandbox->lua)
        return false;
    *(struct sandbox **)lua_getextraspace(sandbox->lua) = sandbox;
    lua_pushcfunction(sandbox->lua, open_environment);
    return lua_pcall(sandbox->lua, 0, 0, 0) == LUA_OK;
}

struct sandbox *sandbox_new(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = ARENA_NEW(&arena, struct sandbox);
    sandbox->arena = arena;
    if (open(sandbox))
        return sandbox;
    sandbox_free(sandbox);
    return NULL;
}

// The state is not closed: it owns nothing outside of its block.
void sandbox_free(struct sandbox *sandbox)
{
    if (!sandbox)
        return;
    block_release(&sandbox->block);
    struct arena arena = sandbox->arena;
    arena_release(&arena);
}

bool sandbox_freeze(struct sandbox *sandbox)
{
    lua_gc(sandbox->lua, LUA_GCCOLLECT);
    lua_gc(sandbox->lua, LUA_GCCOLLECT);
    sandbox->ledger.left = LIMIT_LUA_INSTRUCTIONS;
    sandbox->block.heads.total_bytes = 0;
    arm(sandbox);
    sandbox->saved_ledger = sandbox->ledger;
    return block_save(&sandbox->block);
}

void sandbox_reset(struct sandbox *sandbox)
{
    block_restore(&sandbox->block);
    sandbox->ledger = sandbox->saved_ledger;
}

struct sandbox_usage sandbox_usage(const struct sandbox *sandbox)
{
    const struct block_heads *heads = &sandbox->block.heads;
    int64_t left = sandbox->ledger.left > 0 ? sandbox->ledger.left : 0;
    return (struct sandbox_usage){
        .live_bytes = heads->live_bytes,
        .total_bytes = heads->total_bytes,
        .frozen_bytes = sandbox->block.saved ? sandbox->block.saved_heads.used : 0,
        .instructions = LIMIT_LUA_INSTRUCTIONS - left,
    };
}
