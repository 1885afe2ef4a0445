// The sandbox: attacks by their causes, messages, and that nothing one call stores reaches the next.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/text.h"
#include "engine/lang/lua.h"

#define ATTACKS "tests/cases/lua_attacks.txt"
#define LINE_BYTES 8192
#define LEAST_ATTACKS 250

static const char *const end_names[] = {"ok", "syntax", "error", "budget", "memory", "refused"};

static const char *cut(char *line, char separator)
{
    char *at = strchr(line, separator);
    if (!at)
        return NULL;
    *at = '\0';
    return at + 1;
}

static void add_result(struct buffer *out, lua_State *lua, int index)
{
    if (lua_type(lua, index) == LUA_TBOOLEAN)
        buffer_add(out, lua_toboolean(lua, index) ? TEXT("true") : TEXT("false"));
    else if (lua_type(lua, index) == LUA_TNIL)
        buffer_add(out, TEXT("nil"));
    else if (lua_type(lua, index) == LUA_TNUMBER || lua_type(lua, index) == LUA_TSTRING)
        buffer_add(out, text_of(lua_tostring(lua, index)));
    else
        buffer_add(out, text_of(lua_typename(lua, lua_type(lua, index))));
}

static void add_results(struct buffer *out, lua_State *lua)
{
    for (int i = 1; i <= lua_gettop(lua); i++) {
        if (i > 1)
            buffer_add_char(out, ' ');
        add_result(out, lua, i);
    }
}

// One program from beginning to end. `out` holds what it returned or why it ended.
static enum lua_end run(struct text program, struct buffer *out, struct sandbox_usage *usage)
{
    struct sandbox *sandbox = sandbox_new();
    assert_non_null(sandbox);
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    enum lua_end end = sandbox_load(sandbox, program, TEXT("attack.lua"), &error);
    *usage = sandbox_usage(sandbox);
    if (end == LUA_END_OK)
        add_results(out, sandbox_state(sandbox));
    else
        buffer_add(out, buffer_text(&error));
    buffer_release(&error);
    sandbox_free(sandbox);
    return end;
}

static bool within_limits(const struct sandbox_usage *usage)
{
    return usage->live_bytes <= LIMIT_LUA_LIVE_BYTES && usage->total_bytes <= LIMIT_LUA_TOTAL_BYTES &&
           usage->instructions <= LIMIT_LUA_INSTRUCTIONS;
}

// ---- attacks, as data -------------------------------------------------------------------------------------------

// One line: cause, tab, program, and perhaps a tab and what it returns. Counts and prints what is not so.
static bool attack_holds(int number, char *line)
{
    const char *program = cut(line, '\t');
    assert_non_null(program);
    char *rest = line + strlen(line) + 1;
    const char *expected = cut(rest, '\t');
    struct buffer out;
    struct sandbox_usage usage;
    buffer_init(&out, LIMIT_MESSAGE_BYTES);
    enum lua_end end = run(text_of(program), &out, &usage);
    bool holds = strcmp(end_names[end], line) == 0 && within_limits(&usage) &&
                 (!expected || text_eq(buffer_text(&out), text_of(expected)));
    if (end != LUA_END_OK && !text_starts(buffer_text(&out), TEXT("attack.lua:")))
        holds = false;
    if (!holds)
        print_message("%s:%d: expected %s %s, got %s: %.*s\n    %.200s\n", ATTACKS, number, line,
                      expected ? expected : "", end_names[end], TEXT_ARG(buffer_text(&out)), program);
    buffer_release(&out);
    return holds;
}

static void attacks_end_by_their_cause(void **state)
{
    (void)state;
    static char line[LINE_BYTES];
    int attacks = 0, broken = 0;
    FILE *file = fopen(ATTACKS, "r");
    assert_non_null(file);
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        attacks++;
        broken += !attack_holds(number, line);
    }
    fclose(file);
    assert_true(attacks >= LEAST_ATTACKS);
    assert_int_equal(broken, 0);
}

// The vectors that all implementations share tell no causes: each must be told, and end within the budgets.
static void shared_attacks_end(void **state)
{
    (void)state;
    static char line[LINE_BYTES];
    char path[1024];
    const char *shared = getenv("SHARED");
    snprintf(path, sizeof path, "%s/vectors/lua_attacks.txt", shared ? shared : "../shared");
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("left out: the shared Lua attacks: %s is not there\n", path);
        skip();
    }
    int attacks = 0, seen[6] = {0};
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        struct buffer out;
        struct sandbox_usage usage;
        buffer_init(&out, LIMIT_MESSAGE_BYTES);
        enum lua_end end = run(text_of(line), &out, &usage);
        if (!within_limits(&usage))
            fail_msg("out of bounds: %s", line);
        if (end == LUA_END_SYNTAX)
            fail_msg("%.*s: %s", TEXT_ARG(buffer_text(&out)), line);
        seen[end]++;
        attacks++;
        buffer_release(&out);
    }
    fclose(file);
    assert_true(attacks > 0);
    assert_true(seen[LUA_END_BUDGET] && seen[LUA_END_MEMORY] && seen[LUA_END_REFUSED]);
}

// ---- messages ---------------------------------------------------------------------------------------------------

struct message_case {
    const char *program, *message;
};

static void messages_name_file_and_line(void **state)
{
    (void)state;
    static const struct message_case cases[] = {
        {"\n\nlocal x = os.time()", "p.lua:3: 'os' is not available in a policy"},
        {"return string.dump(print)", "p.lua:1: 'string.dump' is not available in a policy"},
        {"\nidle = 1", "p.lua:2: 'idle' is not a local variable, and a policy has no others: write 'local idle'"},
        {"string.rep = 1", "p.lua:1: 'string.rep' cannot be assigned to"},
        {"return maths.floor(1)", "p.lua:1: there is no variable 'maths' (did you mean 'math'?)"},
        {"return desired == 0", "p.lua:1: there is no variable 'desired' (did you mean 's.desired'?)"},
        {"return zebra", "p.lua:1: there is no variable 'zebra'"},
        {"local a\nreturn a.b", "p.lua:2: attempt to index a nil value (local 'a')"},
        {"error('plain', 0)", "p.lua:1: plain"},
        {"\nerror({})", "p.lua:2: the error raised is a table, not a text"},
        {"\nerror()", "p.lua:2: the error raised is a nil, not a text"},
        {"error('a\\nb\\tc\\0d')", "p.lua:1: a b c d"},
        {"return (\n", "p.lua:2: unexpected symbol near <eof>"},
        {"while true do\nend", "p.lua:1: the budget of 20000 instructions is spent"},
        {"\nlocal s = 'x' while true do s = s .. s end",
         "p.lua:2: out of memory: a policy may hold 1024 KiB, in blocks of 16 KiB, and ask for 8 MiB"},
        {"\033Lua", "p.lua: compiled Lua is not accepted"},
        {"return ('a'):match('a*a*a*')", "p.lua:1: a pattern may have at most 2 of * + - ? %b %f %1"},
        {"local f = function() return tostring({}) end\n\nreturn f()",
         "p.lua:1: tostring of a table is not available in a policy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sandbox *sandbox = sandbox_new();
        struct buffer error;
        buffer_init(&error, LIMIT_MESSAGE_BYTES);
        assert_int_not_equal(sandbox_load(sandbox, text_of(cases[i].program), TEXT("p.lua"), &error), LUA_END_OK);
        assert_string_equal(error.p, cases[i].message);
        buffer_release(&error);
        sandbox_free(sandbox);
    }
}

static enum lua_end end_of(const char *program, size_t n)
{
    struct buffer out;
    struct sandbox_usage usage;
    buffer_init(&out, LIMIT_MESSAGE_BYTES);
    enum lua_end end = run((struct text){program, n}, &out, &usage);
    buffer_release(&out);
    return end;
}

static void source_is_bounded_and_text(void **state)
{
    (void)state;
    static char source[LIMIT_LUA_SOURCE_BYTES + 1];
    memset(source, ' ', sizeof source);
    assert_int_equal(end_of(source, LIMIT_LUA_SOURCE_BYTES), LUA_END_OK);
    assert_int_equal(end_of(source, LIMIT_LUA_SOURCE_BYTES + 1), LUA_END_REFUSED);
    assert_int_equal(end_of("\033LuaT", 5), LUA_END_REFUSED);
    assert_int_equal(end_of("return 1 \0 + 1", 14), LUA_END_SYNTAX);
    assert_int_equal(end_of(NULL, 0), LUA_END_OK);
}

// The dearest for the parser: its lists of jumps, its strings, its nesting. It must end, in any way but a crash.
static void costly_sources_end(void **state)
{
    (void)state;
    static const char *const units[] = {
        "a and ", "a or ",       "{{},",  "(a)",      "--[[", "\"\\z ", "goto a ", "if a then ", "a..",
        "::a",    "function() ", "a={a=", "local a ", "'",    "[=",     "- ",      "not "};
    static char source[LIMIT_LUA_SOURCE_BYTES];
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t unit = strlen(units[i]), n = 0;
        memcpy(source, "return ", n = 7);
        for (; n + unit <= sizeof source; n += unit)
            memcpy(source + n, units[i], unit);
        assert_int_not_equal(end_of(source, n), LUA_END_OK);
    }
}

// ---- what a call leaves behind ------------------------------------------------------------------------------------

// A chunk that returns a function which stores in every way there is, and tells what it found.
static const char storing[] =
    "local up, tab, nested, calls = 0, {}, {a = {b = {}}}, 0\n"
    "local closure = (function() local kept = 0 return function() kept = kept + 1 return kept end end)()\n"
    "local shared = {n = 0}\n"
    "return function()\n"
    "  up = up + 1\n"
    "  tab[#tab + 1] = up\n"
    "  tab['key' .. up] = ('x'):rep(200)\n"
    "  nested.a.b[#nested.a.b + 1] = {}\n"
    "  shared.n = shared.n + 1\n"
    "  local s = '' for i = 1, 40 do s = s .. i .. ('text ' .. i) end\n"
    "  local big = {} for i = 1, 100 do big[i] = {i} end tab.big = big\n"
    "  for w in ('one two three'):gmatch('%a+') do tab[w] = w end\n"
    "  return up .. ' ' .. #tab .. ' ' .. #nested.a.b .. ' ' .. closure() .. ' ' .. shared.n .. ' ' .. #s\n"
    "end\n";

static struct sandbox *frozen(const char *program)
{
    struct sandbox *sandbox = sandbox_new();
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    if (sandbox_load(sandbox, text_of(program), TEXT("p.lua"), &error) != LUA_END_OK)
        fail_msg("%s", error.p);
    assert_true(sandbox_freeze(sandbox));
    buffer_release(&error);
    return sandbox;
}

// Resets, calls the function at 1, and tells the answer or the error.
static enum lua_end call_again(struct sandbox *sandbox, struct buffer *out)
{
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    buffer_clear(out);
    sandbox_reset(sandbox);
    lua_State *lua = sandbox_state(sandbox);
    assert_int_equal(lua_gettop(lua), 1);
    lua_pushvalue(lua, 1);
    enum lua_end end = sandbox_call(sandbox, 0, 1, &error);
    if (end == LUA_END_OK)
        add_result(out, lua, -1);
    else
        buffer_add(out, buffer_text(&error));
    buffer_release(&error);
    return end;
}

static void nothing_reaches_the_next_call(void **state)
{
    (void)state;
    struct sandbox *sandbox = frozen(storing);
    struct sandbox_usage first = {0};
    struct buffer out;
    buffer_init(&out, 1000);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(call_again(sandbox, &out), LUA_END_OK);
        assert_string_equal(out.p, "1 1 1 1 1 342");
        struct sandbox_usage usage = sandbox_usage(sandbox);
        if (i == 0)
            first = usage;
        // Memory and instructions, to the byte: also the collector begins each call where it began the first.
        assert_memory_equal(&usage, &first, sizeof usage);
    }
    buffer_release(&out);
    sandbox_free(sandbox);
}

static void without_a_reset_state_would_reach_the_next_call(void **state)
{
    (void)state;
    struct sandbox *sandbox = frozen(storing);
    struct buffer error;
    buffer_init(&error, 1000);
    lua_State *lua = sandbox_state(sandbox);
    for (int i = 0; i < 2; i++) {
        lua_pushvalue(lua, 1);
        assert_int_equal(sandbox_call(sandbox, 0, 1, &error), LUA_END_OK);
    }
    assert_string_equal(lua_tostring(lua, -1), "2 2 2 2 2 342");
    buffer_release(&error);
    sandbox_free(sandbox);
}

// However a call ends, the one behind the next reset is as the first.
static void calls_recover_from_every_end(void **state)
{
    (void)state;
    static const char program[] = "local n, hoard = 0, {}\n"
                                  "return function()\n"
                                  "  n = n + 1\n"
                                  "  if n > 1 then return 'seen before' end\n"
                                  "  %s\n"
                                  "end\n";
    static const struct {
        const char *body;
        enum lua_end end;
    } cases[] = {
        {"return 'fresh'", LUA_END_OK},
        {"while true do n = n + 1 end", LUA_END_BUDGET},
        {"local s = ('x'):rep(400) while true do hoard = {hoard, s .. 1, s .. 2} end", LUA_END_MEMORY},
        {"local s = 'x' while true do s = s .. s hoard[#hoard + 1] = s end", LUA_END_MEMORY},
        {"error('x')", LUA_END_ERROR},
        {"os.exit()", LUA_END_REFUSED},
        {"local function f() return 1 + f() end return f()", LUA_END_MEMORY},
        {"return ('x'):gsub('x', function() error('inside') end)", LUA_END_ERROR},
        {"table.sort({2, 1}, function() while true do end end)", LUA_END_BUDGET},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        struct buffer out;
        buffer_init(&out, 1000);
        snprintf(text, sizeof text, program, cases[i].body);
        struct sandbox *sandbox = frozen(text);
        assert_int_equal(call_again(sandbox, &out), cases[i].end);
        struct text first = buffer_text(&out);
        char kept[1000];
        snprintf(kept, sizeof kept, "%.*s", TEXT_ARG(first));
        for (int again = 0; again < 20; again++) {
            assert_int_equal(call_again(sandbox, &out), cases[i].end);
            assert_string_equal(out.p, kept);
        }
        buffer_release(&out);
        sandbox_free(sandbox);
    }
}

// Two sandboxes of one process have other seeds and addresses; programs must not see them.
static void sandboxes_answer_alike(void **state)
{
    (void)state;
    static const char program[] = "local t = {} for i = 1, 60 do t['key' .. i] = i t[i * 3] = true end\n"
                                  "local out = {} for k in pairs(t) do out[#out + 1] = tostring(k) end\n"
                                  "table.sort(out, function(a, b) return #a < #b end)\n"
                                  "return table.concat(out, ' ')";
    struct buffer first, again;
    struct sandbox_usage usage, other;
    buffer_init(&first, LIMIT_MESSAGE_BYTES);
    buffer_init(&again, LIMIT_MESSAGE_BYTES);
    assert_int_equal(run(text_of(program), &first, &usage), LUA_END_OK);
    for (int i = 0; i < 10; i++) {
        buffer_clear(&again);
        assert_int_equal(run(text_of(program), &again, &other), LUA_END_OK);
        assert_string_equal(first.p, again.p);
        assert_int_equal(usage.instructions, other.instructions);
    }
    buffer_release(&first);
    buffer_release(&again);
}

static void a_frozen_policy_is_small(void **state)
{
    (void)state;
    struct sandbox *sandbox = frozen(storing);
    struct sandbox_usage usage = sandbox_usage(sandbox);
    // Each decision copies this much.
    assert_true(usage.frozen_bytes > 0 && usage.frozen_bytes < (size_t)48 * 1024);
    assert_true(usage.live_bytes < usage.frozen_bytes);
    sandbox_free(sandbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attacks_end_by_their_cause),
        cmocka_unit_test(shared_attacks_end),
        cmocka_unit_test(messages_name_file_and_line),
        cmocka_unit_test(source_is_bounded_and_text),
        cmocka_unit_test(costly_sources_end),
        cmocka_unit_test(nothing_reaches_the_next_call),
        cmocka_unit_test(without_a_reset_state_would_reach_the_next_call),
        cmocka_unit_test(calls_recover_from_every_end),
        cmocka_unit_test(sandboxes_answer_alike),
        cmocka_unit_test(a_frozen_policy_is_small),
    };
    return cmocka_run_group_tests_name("lua_sandbox", tests, NULL, NULL) != 0;
}
