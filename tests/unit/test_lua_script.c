// Behaviours decided by a Lua function: what it returns, how it ends, and what it leaves behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/lang/load.h"
#include "tests/support/asserts.h"
#include "tests/support/scripts.h"

struct reading_case {
    const char *expression, *shown;
};

// ---- answers ----------------------------------------------------------------------------------------------------

static void wrong_answers_are_named(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"", "returned nothing; a table is due, such as {rule = \"idle\", ...}"},
        {"return 5", "returned a number; a table is due, such as {rule = \"idle\", ...}"},
        {"return 'idle'", "returned a string; a table is due, such as {rule = \"idle\", ...}"},
        {"return s.avg", "returned a function; a table is due, such as {rule = \"idle\", ...}"},
        {"return {}", "returned no 'rule'"},
        {"return s", "returned no 'rule'"},
        {"return {'idle'}", "returned a list; a table with names is due, such as {rule = \"idle\", ...}"},
        {"return {[true] = 1}", "returned a list; a table with names is due, such as {rule = \"idle\", ...}"},
        {"return {rule = 'idle'}", "returned no 'status'"},
        {"return {rule = 'idle', status = 'x'}", "returned no 'message'"},
        {"return {rule = 'idel', status = 'x', message = 'm'}",
         "returned the rule 'idel', which is not among its rules (did you mean 'idle'?)"},
        {"return {rule = 'zzzzzz', status = 'x', message = 'm'}",
         "returned the rule 'zzzzzz', which is not among its rules"},
        {"return {rule = 1, status = 'x', message = 'm'}", "returned 'rule' as a number; a text is due"},
        {"return {rule = 'idle', status = true, message = 'm'}", "returned 'status' as a boolean; a text is due"},
        {"return {rule = 'idle', status = 'x', message = {}}", "returned 'message' as a table; a text is due"},
        {"return {rule = 'idle', status = 'x', message = 5}", "returned 'message' as a number; a text is due"},
        {"return {rule = 'idle', scale_to = '0', status = 'x', message = 'm'}",
         "returned 'scale_to' as a string; a number is due"},
        {"return {rule = 'idle', scale_to = 0/0, status = 'x', message = 'm'}",
         "returned a 'scale_to' that is not a finite number"},
        {"return {rule = 'idle', scale_to = math.huge, status = 'x', message = 'm'}",
         "returned a 'scale_to' that is not a finite number"},
        {"return {rule = 'idle', refuse = 1, status = 'x', message = 'm'}",
         "returned 'refuse' as a number; a boolean is due"},
        {"return {rule = 'idle', refuse = true, scale_to = 1, message = 'm'}",
         "returned both 'refuse' and 'scale_to'; one of them is due"},
        {"return {rule = 'idle', refuse = true}", "returned no 'message'"},
        {"return {rule = 'idle', scale = 0, status = 'x', message = 'm'}",
         "returned an unknown field 'scale'; it may have rule, scale_to, status, message and refuse"},
        {"return {rule = 'idle', scale_too = 0, status = 'x', message = 'm'}",
         "returned an unknown field 'scale_too' (did you mean 'scale_to'?)"},
        {"return {rule = 'idle', zzzzzz = 0, yyyyyy = 0, status = 'x', message = 'm'}",
         "returned an unknown field 'yyyyyy'; it may have rule, scale_to, status, message and refuse"},
        {"return {rule = 'idle', status = 'x', message = '\\255'}",
         "returned a 'message' that is not valid UTF-8 at byte 1"},
        {"return {rule = 'idle', status = 'a\\0', message = 'm'}",
         "returned a 'status' that is not valid UTF-8 at byte 2"},
        {"return {rule = 'idle', status = 'x', message = ('m'):rep(4097)}",
         "returned a 'message' of 4097 bytes; at most 4096 are taken"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        struct script_answer answer;
        char wanted[512];
        assert_false(script_ask(script_set_up_deciding(&f, cases[i].expression), BEHAVIOUR_WAKE, &answer));
        snprintf(wanted, sizeof wanted, "policies/p.lua:1: wake.decide %s", cases[i].shown);
        assert_text(cases[i].expression, answer.error, wanted);
        script_tear_down(&f);
    }
}

static void a_sleep_cannot_refuse(void **state)
{
    (void)state;
    struct script_fixture f;
    struct script_answer answer;
    script_set_up_deciding(&f, "return {rule = 'idle', refuse = true, message = 'm'}");
    assert_false(script_ask(&f, BEHAVIOUR_SLEEP, &answer));
    assert_text("refuse", answer.error,
                "policies/p.lua:2: sleep.decide returned 'refuse', which is for wake and kill: nobody "
                "asked for a sleep");
    assert_true(script_ask(&f, BEHAVIOUR_WAKE, &answer));
    assert_true(answer.refuse);
    assert_false(answer.has_scale_to);
    assert_text("message", answer.message, "m");
    script_tear_down(&f);
}

static void good_answers_are_taken(void **state)
{
    (void)state;
    struct script_fixture f;
    struct script_answer answer;
    script_set_up_deciding(&f, "return {rule = 'start', scale_to = 3.0, status = 'waking', refuse = false, "
                               "message = ('\u00e9'):rep(2048)}");
    assert_true(script_ask(&f, BEHAVIOUR_WAKE, &answer));
    assert_int_equal(answer.rule, 3);
    assert_true(answer.has_scale_to && answer.scale_to == 3);
    assert_false(answer.refuse || answer.marked);
    assert_int_equal(answer.message.n, LIMIT_MESSAGE_BYTES);
    // Texts are the evaluator's, not the sandbox's: another call must leave them alone.
    struct script_answer other;
    assert_true(script_ask(&f, BEHAVIOUR_WAKE, &other));
    assert_int_equal((unsigned char)answer.message.p[0], 0xC3);
    assert_text("status", answer.status, "waking");
    script_tear_down(&f);
}

static void a_fraction_or_too_many_fails_the_decision(void **state)
{
    (void)state;
    static const char *const counts[] = {"0.5", "-1", "11", "1e300"};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct script_fixture f;
        char body[256];
        snprintf(body, sizeof body, "return {rule = 'start', scale_to = %s, status = 'x', message = 'm'}", counts[i]);
        script_set_up_deciding(&f, body);
        struct decision decision = decide(&f.evaluator, BEHAVIOUR_WAKE, &f.snapshot, NULL);
        assert_int_equal(decision.outcome, OUTCOME_FAILED);
        assert_int_equal(decision.desired, 2);
        script_tear_down(&f);
    }
}

// ---- ends -------------------------------------------------------------------------------------------------------

static void budgets_end_a_decision(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"while true do end", "policies/p.lua:2: the budget of 20000 instructions is spent"},
        {"while true do local x = s.desired end", "policies/p.lua:2: the budget of 20000 instructions is spent"},
        {"while true do local x = s.avg('gone', 600) end",
         "policies/p.lua:2: the budget of 20000 instructions is spent"},
        {"while true do local x = s.p95 end", "policies/p.lua:2: the budget of 20000 instructions is spent"},
        {"local a = s.mode while true do a = a .. a end",
         "policies/p.lua:2: out of memory: a policy may hold 1024 KiB, in blocks of 16 KiB, and ask for 8 MiB"},
        {"return os.time()", "policies/p.lua:2: 'os' is not available in a policy"},
        {"count = 1", "policies/p.lua:2: 'count' is not a local variable, and a policy has no others: write 'local "
                      "count'"},
        {"error('on purpose')", "policies/p.lua:2: on purpose"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        script_set_up_deciding(&f, cases[i].expression);
        struct decision decision = decide(&f.evaluator, BEHAVIOUR_SLEEP, &f.snapshot, NULL);
        assert_int_equal(decision.outcome, OUTCOME_FAILED);
        assert_int_equal(decision.desired, 2);
        assert_text(cases[i].expression, decision.error, cases[i].shown);
        script_tear_down(&f);
    }
}

static void decisions_share_nothing(void **state)
{
    (void)state;
    static const char lua[] =
        "local calls, seen, box = 0, {}, {inner = {}}\n"
        "local function answer(s)\n"
        "  calls = calls + 1\n"
        "  seen[s.service .. calls] = true\n"
        "  box.inner[#box.inner + 1] = ('%s-%d'):format(s.mode, calls)\n"
        "  local n = 0 for k in pairs(seen) do n = n + 1 end\n"
        "  return {rule = 'active', status = 'x', message = calls .. n .. #box.inner .. box.inner[#box.inner]}\n"
        "end\n"
        "return {wake = {decide = answer}, sleep = {decide = answer}, kill = {decide = answer}}\n";
    struct script_fixture f;
    struct script_answer answer;
    script_set_up(&f, lua);
    for (int i = 0; i < 300; i++) {
        f.snapshot.service = i % 2 ? TEXT("one") : TEXT("another");
        assert_true(script_ask(&f, (enum behaviour)(i % BEHAVIOUR_COUNT), &answer));
        assert_text("state reached the next call", answer.message, "111auto-1");
    }
    script_tear_down(&f);
}

static void a_file_without_what_is_due_fails_each_decision(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"return", "policies/p.lua: the file returns no table"},
        {"return {}", "policies/p.lua: sleep.decide is not a function written in this file"},
        {"return {sleep = {}}", "policies/p.lua: sleep.decide is not a function written in this file"},
        {"return {sleep = {decide = math.abs}}", "policies/p.lua: sleep.decide is not a function written in this file"},
        {"return {sleep = 5}", "policies/p.lua: sleep.decide is not a function written in this file"},
        {"return {\nsleep = }", "policies/p.lua:2: unexpected symbol near '}'"},
        {"\nerror('no')", "policies/p.lua:2: no"},
        {"while true do end", "policies/p.lua:1: the budget of 20000 instructions is spent"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        struct script_answer answer;
        assert_false(script_ask(script_set_up(&f, cases[i].expression), BEHAVIOUR_SLEEP, &answer));
        assert_text(cases[i].expression, answer.error, cases[i].shown);
        script_tear_down(&f);
    }
}

static void a_policy_without_lua_has_an_empty_host(void **state)
{
    (void)state;
    struct script_fixture f;
    script_set_up(&f, "return {}");
    script_host_free(f.host);
    memset(f.evaluator.scripts, 0, sizeof f.evaluator.scripts);
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        f.policy.behaviours[i].scripted = false;
    f.host = script_host_new(&f.policy, &f.evaluator);
    assert_non_null(f.host);
    assert_null(f.evaluator.scripts[BEHAVIOUR_SLEEP].decide);
    script_host_free(NULL);
    script_tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_answers_are_named),
        cmocka_unit_test(a_sleep_cannot_refuse),
        cmocka_unit_test(good_answers_are_taken),
        cmocka_unit_test(a_fraction_or_too_many_fails_the_decision),
        cmocka_unit_test(budgets_end_a_decision),
        cmocka_unit_test(decisions_share_nothing),
        cmocka_unit_test(a_file_without_what_is_due_fails_each_decision),
        cmocka_unit_test(a_policy_without_lua_has_an_empty_host),
    };
    return cmocka_run_group_tests_name("lua_script", tests, NULL, NULL) != 0;
}
