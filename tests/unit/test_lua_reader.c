// What `s` answers to a script, what it marks and what it asks for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
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

// ---- reading ----------------------------------------------------------------------------------------------------

static void names_and_functions_read(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"s.desired", "2"},
        {"s.running", "2"},
        {"s.pending", "0"},
        {"s.deploying", "false"},
        {"s.now", "1795435200"},
        {"s.deployed_at", "1795345199.5"},
        {"s.uptime", "36000"},
        {"s.service_status", "ACTIVE"},
        {"s.cluster", "prod"},
        {"s.service", "tunnel-eu"},
        {"s.trigger", "schedule"},
        {"s.lookback", "600"},
        {"s.strict", "true"},
        {"s.mode", "auto"},
        {"s.avg_connections", "0"},
        {"s.idle", "true"},
        {"s.idle and 'sleepy'", "sleepy"},
        {"s.avg('connections', s.lookback)", "0"},
        {"s.max('connections', 3600)", "1"},
        {"s.min('connections', 3600)", "0"},
        {"s.sum('connections', 3600)", "1"},
        {"s.count('connections', 600)", "10"},
        {"s.last('connections', 600)", "0"},
        {"s.p50('connections', 3600)", "0"},
        {"s['p99.9']('connections', 3600)", "1"},
        {"s.p100('connections', 3600)", "1"},
        {"s.age('connections', 600)", "60"},
        {"s.quiet_for('connections', 0, 3600)", "3540"},
        {"s.max('last_activity', 600)", "1795432200"},
        {"s.now - s.last('last_activity', 600)", "3000"},
        {"s.since(s.deployed_at)", "90000.5"},
        {"s.since(s.now + 5)", "0"},
        {"s.within('office')", "true"},
        {"s.within('office', s.now + 43200)", "false"},
        {"s.window(s.tag('schedule'))", "true"},
        {"s.window('office', s.now - 21600)", "false"},
        {"s.tag('team')", "tunnel"},
        {"s.tag('absent') == ''", "true"},
        {"s.known('desired')", "true"},
        {"s.known('idle')", "true"},
        {"s.known('lookback')", "true"},
        {"s.known('woken_at')", "false"},
        {"s.known('gone_average')", "false"},
        {"s.matches(s.service, 'tunnel-*')", "true"},
        {"s.matches(s.service, 'web-?')", "false"},
        {"s.instant('2026-11-23T12:00:00Z') == s.now", "true"},
        {"s.number('2.5')", "2.5"},
        {"s.number('3')", "3"},
        {"s.least(3, 1, 2)", "1"},
        {"s.greatest(3, 7.5)", "7.5"},
        {"s.otherwise('woken_at', 7)", "7"},
        {"s.otherwise('desired', 7)", "2"},
        {"s.otherwise('gone_average', 'none')", "none"},
        {"math.floor(s.uptime / 3600) .. ' h'", "10 h"},
        {"('%.2f'):format(s.avg_connections)", "0.00"},
        {"#s", "0"},
        {"type(s.avg)", "function"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        struct script_answer answer;
        if (!script_ask(script_set_up_showing(&f, cases[i].expression), BEHAVIOUR_SLEEP, &answer))
            fail_msg("%s: %.*s", cases[i].expression, TEXT_ARG(answer.error));
        assert_text(cases[i].expression, answer.message, cases[i].shown);
        assert_false(answer.marked);
        assert_int_equal(answer.need, STAGE_NOTHING);
        script_tear_down(&f);
    }
}

static void misuse_is_an_error_with_a_suggestion(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"s.desird", "there is no 'desird' in this policy (did you mean 'desired'?)"},
        {"s.avg_conections", "there is no 'avg_conections' in this policy (did you mean 'avg_connections'?)"},
        {"s.zzzzzz", "there is no 'zzzzzz' in this policy"},
        {"s.witin('office')", "there is no 'witin' in this policy (did you mean 'within'?)"},
        {"s[1]", "s has names, such as s.desired; it is no list"},
        {"s.connections", "'connections' is a metric: ask for a span of it, such as s.avg(\"connections\", 600)"},
        {"s.office", "'office' is a window: ask s.within(\"office\")"},
        {"s.avg('conections', 600)", "there is no 'conections' in this policy (did you mean 'connections'?)"},
        {"s.avg('office', 600)", "a metric and a span are due, such as s.avg(\"connections\", 600): 'office' is a "
                                 "window, not a metric"},
        {"s.avg('lookback', 600)", "a metric and a span are due, such as s.avg(\"connections\", 600): 'lookback' is a "
                                   "param, not a metric"},
        {"s.avg(600, 'connections')",
         "a metric and a span are due, such as s.avg(\"connections\", 600): argument 1 is a number, not a text"},
        {"s.avg('connections')",
         "a metric and a span are due, such as s.avg(\"connections\", 600): argument 2 is missing"},
        {"s.avg('connections', '600')",
         "a metric and a span are due, such as s.avg(\"connections\", 600): argument 2 is a string, not a number"},
        {"s.avg('connections', 0)", "a metric and a span are due, such as s.avg(\"connections\", 600): the span must "
                                    "be longer than 0 seconds"},
        {"s.avg('connections', 0/0)", "a metric and a span are due, such as s.avg(\"connections\", 600): the span must "
                                      "be longer than 0 seconds"},
        {"s.avg('last_activity', 600)", "'last_activity' holds instants: they take min, max, last and count"},
        {"s.p95('last_activity', 600)", "'last_activity' holds instants: they take min, max, last and count"},
        {"s.quiet_for('last_activity', 0, 600)", "'last_activity' holds instants: they are not above a number"},
        {"s.p0('connections', 600)", "there is no 'p0' in this policy (did you mean 'p50'?)"},
        {"s.within('ofice')", "there is no 'ofice' in this policy (did you mean 'office'?)"},
        {"s.within('connections')",
         "a window and perhaps an instant are due, such as s.within(\"office\"): 'connections' is a metric, not a "
         "window"},
        {"s.within(nil)",
         "a window and perhaps an instant are due, such as s.within(\"office\"): argument 1 is a nil, not a text"},
        {"s.known('connections')",
         "the name of a value is due, such as s.known(\"woken_at\"): 'connections' is a metric"},
        {"s.known('desird')", "there is no 'desird' in this policy (did you mean 'desired'?)"},
        {"s.known(true)",
         "the name of a value is due, such as s.known(\"woken_at\"): argument 1 is a boolean, not a text"},
        {"s.since('now')", "an instant is due, such as s.since(s.deployed_at): argument 1 is a string, not a number"},
        {"s.tag(5)", "a key is due, such as s.tag(\"team\"): argument 1 is a number, not a text"},
        {"s.matches(s.service, ('*'):rep(257))", "s.matches takes texts of at most 256 bytes"},
        {"s.otherwise('woken_at')",
         "the name of a value and another value are due, such as s.otherwise(\"count\", 1): argument 2 is missing"},
        {"s.least()", "numbers are due, such as s.greatest(1, s.desired): argument 1 is missing"},
        {"(function() s.desired = 0 end)()", "s can only be read"},
        {"(function() s.x = 0 end)()", "s can only be read"},
        {"(function() for k in pairs(s) do end end)()", "pairs does not list this table"},
        {"pcall(s.avg, 'gone', 600)", "'pcall' is not available in a policy"},
        {"s.desired.x", "attempt to index a number value (field 'desired')"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        struct script_answer answer;
        char wanted[512];
        assert_false(script_ask(script_set_up_showing(&f, cases[i].expression), BEHAVIOUR_SLEEP, &answer));
        snprintf(wanted, sizeof wanted, "policies/p.lua:2: %s", cases[i].shown);
        assert_text(cases[i].expression, answer.error, wanted);
        assert_int_equal(answer.need, STAGE_NOTHING);
        script_tear_down(&f);
    }
}

// ---- unknowns -------------------------------------------------------------------------------------------------

struct unknown_case {
    const char *expression, *shown;
    enum why why;
};

static void unknowns_read_as_nil_and_mark(void **state)
{
    (void)state;
    static const struct unknown_case cases[] = {
        {"s.woken_at", "nil", WHY_NOT_SET},
        {"s.woken_at or 0", "0", WHY_NOT_SET},
        {"s.gone_average", "nil", WHY_COVERAGE},
        {"s.gone_average or 0", "0", WHY_COVERAGE},
        {"s.avg('gone', 600)", "nil", WHY_COVERAGE},
        {"s.max('gone', 600) or s.woken_at or 5", "5", WHY_COVERAGE},
        {"s.age('gone', 600)", "nil", WHY_COVERAGE},
        {"s.quiet_for('gone', 0, 600)", "nil", WHY_COVERAGE},
        {"s.number(s.tag('team'))", "nil", WHY_UNPARSABLE},
        {"s.number(s.tag('absent'))", "nil", WHY_UNPARSABLE},
        {"s.instant('yesterday')", "nil", WHY_UNPARSABLE},
        {"s.window('no such')", "nil", WHY_NO_WINDOW},
        {"s.window('connections')", "nil", WHY_NO_WINDOW},
        {"s.since(s.woken_at)", "nil", WHY_NOT_SET},
        {"s.within('office', s.woken_at)", "nil", WHY_NOT_SET},
        {"s.avg('connections', s.woken_at)", "nil", WHY_NOT_SET},
        {"s.matches(s.woken_at, '*')", "nil", WHY_NOT_SET},
        {"s.greatest(1, s.woken_at)", "nil", WHY_NOT_SET},
        {"not s.woken_at", "true", WHY_NOT_SET},
        {"s.desired + (s.woken_at or 1)", "3", WHY_NOT_SET},
        {"s.least(1, math.huge - math.huge)", "1", WHY_NONE},
        {"s.greatest(math.huge)", "nil", WHY_ARITHMETIC},
        {"s.avg('connections', 1e300)", "nil", WHY_ARITHMETIC},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        struct script_answer answer;
        if (!script_ask(script_set_up_showing(&f, cases[i].expression), BEHAVIOUR_SLEEP, &answer))
            fail_msg("%s: %.*s", cases[i].expression, TEXT_ARG(answer.error));
        assert_text(cases[i].expression, answer.message, cases[i].shown);
        assert_int_equal(answer.marked, cases[i].why != WHY_NONE);
        assert_int_equal(answer.unknown.why, cases[i].why);
        script_tear_down(&f);
    }
}

static void a_marked_call_that_lowers_is_held(void **state)
{
    (void)state;
    static const char lowering[] = "if (s.gone_average or 0) <= 0 then "
                                   "return {rule = 'idle', scale_to = 0, status = 'scaled_down', message = 'm'} end";
    struct script_fixture f;
    script_set_up_deciding(&f, lowering);
    struct decision decision = decide(&f.evaluator, BEHAVIOUR_SLEEP, &f.snapshot, NULL);
    assert_int_equal(decision.outcome, OUTCOME_HELD);
    assert_int_equal(decision.held_why, HELD_BY_UNKNOWN);
    assert_int_equal(decision.unknown.why, WHY_COVERAGE);
    assert_int_equal(decision.unknown.what, SCRIPT_GONE);
    assert_int_equal(decision.desired, 2);
    script_tear_down(&f);
    // The same without the unknown lowers: the test can fail.
    static char known[512];
    snprintf(known, sizeof known, "if s.avg_connections <= 0 then %s", strstr(lowering, "return"));
    script_set_up_deciding(&f, known);
    decision = decide(&f.evaluator, BEHAVIOUR_SLEEP, &f.snapshot, NULL);
    assert_int_equal(decision.outcome, OUTCOME_CHANGE);
    assert_int_equal(decision.desired, 0);
    assert_int_equal(decision.rule, 1);
    assert_text("status", decision.status, "scaled_down");
    assert_text("message", decision.script_message, "m");
    script_tear_down(&f);
}

static void a_mark_ends_with_its_call(void **state)
{
    (void)state;
    struct script_fixture f;
    struct script_answer answer;
    script_set_up_showing(&f, "s.desired == 2 and s.woken_at or 1");
    assert_true(script_ask(&f, BEHAVIOUR_SLEEP, &answer));
    assert_true(answer.marked);
    f.snapshot.state.desired = 3;
    assert_true(script_ask(&f, BEHAVIOUR_SLEEP, &answer));
    assert_false(answer.marked);
    script_tear_down(&f);
}

// ---- stages -----------------------------------------------------------------------------------------------------

struct need_case {
    const char *expression;
    enum stage stage;
    int running;
    enum stage need;
};

static void what_is_not_fetched_is_asked_for(void **state)
{
    (void)state;
    static const struct need_case cases[] = {
        {"s.desired", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.desired or 5", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.woken_at", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.tag('team')", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.known('desired')", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.otherwise('desired', 1)", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.avg('connections', 600)", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.idle", STAGE_NOTHING, 2, STAGE_STATE},
        {"s.avg('connections', 600)", STAGE_STATE, 2, STAGE_METRICS},
        {"s.quiet_for('connections', 0, 600)", STAGE_STATE, 2, STAGE_METRICS},
        {"s.age('connections', 600)", STAGE_STATE, 2, STAGE_METRICS},
        {"s.idle", STAGE_STATE, 2, STAGE_METRICS},
        {"s.known('idle')", STAGE_STATE, 2, STAGE_METRICS},
        {"(s.woken_at or 1) + s.avg_connections", STAGE_STATE, 2, STAGE_METRICS},
        {"table.concat({('x'):gsub('x', function() return s.idle and 'y' end)})", STAGE_STATE, 2, STAGE_METRICS},
        {"s.now", STAGE_NOTHING, 2, STAGE_NOTHING},
        {"s.trigger", STAGE_NOTHING, 2, STAGE_NOTHING},
        {"s.lookback", STAGE_NOTHING, 2, STAGE_NOTHING},
        {"s.within('office')", STAGE_NOTHING, 2, STAGE_NOTHING},
        {"s.desired", STAGE_STATE, 2, STAGE_NOTHING},
        {"s.avg('connections', 600)", STAGE_STATE, 0, STAGE_NOTHING},  // nothing runs: metrics say nothing
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_fixture f;
        struct script_answer answer;
        script_set_up_showing(&f, cases[i].expression);
        f.snapshot.stage = (uint8_t)cases[i].stage;
        f.snapshot.state.running = cases[i].running;
        if (!script_ask(&f, BEHAVIOUR_SLEEP, &answer))
            fail_msg("%s: %.*s", cases[i].expression, TEXT_ARG(answer.error));
        if (answer.need != cases[i].need)
            fail_msg("%s: need %d, wanted %d", cases[i].expression, answer.need, cases[i].need);
        if (answer.need)
            assert_false(answer.marked || answer.error.n || answer.message.n);
        script_tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_functions_read),      cmocka_unit_test(misuse_is_an_error_with_a_suggestion),
        cmocka_unit_test(unknowns_read_as_nil_and_mark), cmocka_unit_test(a_marked_call_that_lowers_is_held),
        cmocka_unit_test(a_mark_ends_with_its_call),     cmocka_unit_test(what_is_not_fetched_is_asked_for),
    };
    return cmocka_run_group_tests_name("lua_reader", tests, NULL, NULL) != 0;
}
