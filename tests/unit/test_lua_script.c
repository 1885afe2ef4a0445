// Behaviours decided by a Lua function: what `s` answers, what it marks and asks for, and what is a wrong answer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/decide.h"
#include "engine/core/series.h"
#include "engine/core/value.h"
#include "engine/lang/load.h"

#define NOW_S 1795435200.0  // 2026-11-23T12:00:00Z
#define POINTS 60
#define NAMED(literal) {literal, sizeof(literal) - 1}
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// ---- a policy and a snapshot, made by hand --------------------------------------------------------------------

enum { PARAM_LOOKBACK, PARAM_STRICT, PARAM_MODE, PARAMS };
enum { METRIC_CONNECTIONS, METRIC_LAST_ACTIVITY, METRIC_GONE, METRICS };
enum { NODE_PLACEHOLDER, NODE_LOOKBACK, NODE_AVERAGE, NODE_ZERO, NODE_IDLE, NODE_GONE, NODES };

static const struct param params[PARAMS] = {
    {.name = NAMED("lookback"), .type = TYPE_DURATION, .fallback = {.number = 600, .knowledge = KNOWN}},
    {.name = NAMED("strict"), .type = TYPE_BOOLEAN, .fallback = {.truth = true, .knowledge = KNOWN}},
    {.name = NAMED("mode"), .type = TYPE_TEXT, .fallback = {.text = NAMED("auto"), .knowledge = KNOWN}},
};
static const struct metric metrics[METRICS] = {
    {.name = NAMED("connections"), .period_s = 60, .lag_s = 120, .coverage = 0.8},
    {.name = NAMED("last_activity"), .period_s = 60, .lag_s = 120, .coverage = 0.8, .as_instant = true},
    {.name = NAMED("gone"), .period_s = 60, .lag_s = 120, .coverage = 0.8},
};
static const struct node nodes[NODES] = {
    [NODE_LOOKBACK] = {.op = OP_PARAM, .type = TYPE_DURATION, .a = PARAM_LOOKBACK},
    [NODE_AVERAGE] = {.op = OP_AGGREGATE, .type = TYPE_NUMBER, .a = METRIC_CONNECTIONS, .b = NODE_LOOKBACK,
                      .c = AGGREGATE_AVG},
    [NODE_ZERO] = {.op = OP_CONSTANT, .type = TYPE_NUMBER},
    [NODE_IDLE] = {.op = OP_LESS_EQUAL, .type = TYPE_BOOLEAN, .operands = TYPE_NUMBER, .a = NODE_AVERAGE,
                   .b = NODE_ZERO},
    [NODE_GONE] = {.op = OP_AGGREGATE, .type = TYPE_NUMBER, .a = METRIC_GONE, .b = NODE_LOOKBACK, .c = AGGREGATE_AVG},
};
static const struct let lets[] = {
    {.name = NAMED("avg_connections"), .expression = NODE_AVERAGE},
    {.name = NAMED("idle"), .expression = NODE_IDLE},
    {.name = NAMED("gone_average"), .expression = NODE_GONE},
};
static const struct rule rules[] = {
    {.name = NAMED("stopped")}, {.name = NAMED("idle")}, {.name = NAMED("active")}, {.name = NAMED("start")},
};

struct fixture {
    struct arena arena;
    struct source source;
    struct window_span span;
    struct window window;
    struct policy policy;
    struct evaluator evaluator;
    struct script_host *host;
    int64_t at_s[POINTS];
    double connections[POINTS], activity[POINTS];
    struct series series[2];
    struct metric_view views[METRICS];
    struct tag tags[2];
    struct snapshot snapshot;
};

static void make_policy(struct fixture *f, const char *lua)
{
    f->source = (struct source){TEXT("policies/p.lua"), text_of(lua)};
    f->span = (struct window_span){.days = 0x7F, .from_min = 8 * 60, .to_min = 18 * 60, .zone = zone_utc()};
    f->window = (struct window){.name = TEXT("office"), .spans = &f->span, .span_count = 1};
    f->policy = (struct policy){
        .sources = {&f->source, 1},
        .params = params, .param_count = PARAMS,
        .metrics = metrics, .metric_count = METRICS,
        .windows = &f->window, .window_count = 1,
        .lets = lets, .let_count = COUNT_OF(lets),
        .nodes = nodes, .node_count = NODES,
        .max_count = 10,
    };
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        f->policy.behaviours[i] =
            (struct behaviour_rules){.present = true, .scripted = true, .rules = rules, .count = COUNT_OF(rules)};
}

// A service that runs, with a minute of one connection an hour of minutes ago and none since.
static void make_snapshot(struct fixture *f)
{
    for (int i = 0; i < POINTS; i++) {
        f->at_s[i] = (int64_t)NOW_S - 60 * (POINTS - i);
        f->connections[i] = i == 0 ? 1 : 0;
        f->activity[i] = NOW_S - 3000;
    }
    f->series[0] = series_build(&f->arena, f->at_s, f->connections, POINTS);
    f->series[1] = series_build(&f->arena, f->at_s, f->activity, POINTS);
    for (int i = 0; i < 2; i++)
        f->views[i] = (struct metric_view){.series = &f->series[i], .end = POINTS};
    f->tags[0] = (struct tag){TEXT("team"), TEXT("tunnel")};
    f->tags[1] = (struct tag){TEXT("schedule"), TEXT("office")};
    f->snapshot = (struct snapshot){
        .stage = STAGE_METRICS, .trigger = TRIGGER_SCHEDULE, .now_s = NOW_S,
        .cluster = TEXT("prod"), .service = TEXT("tunnel-eu"), .metrics = f->views,
        .state = {.status = TEXT("ACTIVE"), .desired = 2, .running = 2, .deployed_at_s = NOW_S - 90000.5,
                  .woken_at_s = NAN, .fence_s = NOW_S - 36000, .tags_read = true, .tags = f->tags, .tag_count = 2},
    };
}

static struct fixture *set_up(struct fixture *f, const char *lua)
{
    *f = (struct fixture){0};
    make_policy(f, lua);
    make_snapshot(f);
    evaluator_init(&f->evaluator, &f->policy, &f->arena);
    f->host = script_host_new(&f->policy, &f->evaluator);
    return f;
}

static void tear_down(struct fixture *f)
{
    script_host_free(f->host);
    arena_release(&f->arena);
}

static bool ask(struct fixture *f, enum behaviour behaviour, struct script_answer *answer)
{
    const struct script *script = &f->evaluator.scripts[behaviour];
    evaluator_begin(&f->evaluator, &f->snapshot);
    return script->decide(script->context, &f->evaluator, behaviour, answer);
}

static void assert_text(struct text got, const char *wanted, const char *about)
{
    if (!text_is(got, wanted))
        fail_msg("%s\n    got    %.*s\n    wanted %s", about, TEXT_ARG(got), wanted);
}

// A policy whose sleep answers with that expression's value as its message.
static const char *showing(const char *expression)
{
    static char lua[4096];
    snprintf(lua, sizeof lua, "return {sleep = {decide = function(s)\n"
                              "local v = %s\n"
                              "return {rule = 'active', status = 'no_change', message = tostring(v)} end}}", expression);
    return lua;
}

static const char *deciding(const char *body)
{
    static char lua[4096];
    snprintf(lua, sizeof lua, "return {wake = {decide = function(s) %s end},\n"
                              "sleep = {decide = function(s) %s end}}", body, body);
    return lua;
}

// ---- reading ----------------------------------------------------------------------------------------------------

struct reading_case {
    const char *expression, *shown;
};

static void names_and_functions_read(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"s.desired", "2"}, {"s.running", "2"}, {"s.pending", "0"}, {"s.deploying", "false"},
        {"s.now", "1795435200"}, {"s.deployed_at", "1795345199.5"}, {"s.uptime", "36000"},
        {"s.service_status", "ACTIVE"}, {"s.cluster", "prod"}, {"s.service", "tunnel-eu"},
        {"s.trigger", "schedule"}, {"s.lookback", "600"}, {"s.strict", "true"}, {"s.mode", "auto"},
        {"s.avg_connections", "0"}, {"s.idle", "true"}, {"s.idle and 'sleepy'", "sleepy"},
        {"s.avg('connections', s.lookback)", "0"}, {"s.max('connections', 3600)", "1"},
        {"s.min('connections', 3600)", "0"}, {"s.sum('connections', 3600)", "1"},
        {"s.count('connections', 600)", "10"}, {"s.last('connections', 600)", "0"},
        {"s.p50('connections', 3600)", "0"}, {"s['p99.9']('connections', 3600)", "1"},
        {"s.p100('connections', 3600)", "1"}, {"s.age('connections', 600)", "60"},
        {"s.quiet_for('connections', 0, 3600)", "3540"}, {"s.max('last_activity', 600)", "1795432200"},
        {"s.now - s.last('last_activity', 600)", "3000"}, {"s.since(s.deployed_at)", "90000.5"},
        {"s.since(s.now + 5)", "0"}, {"s.within('office')", "true"}, {"s.within('office', s.now + 43200)", "false"},
        {"s.window(s.tag('schedule'))", "true"}, {"s.window('office', s.now - 21600)", "false"},
        {"s.tag('team')", "tunnel"}, {"s.tag('absent') == ''", "true"}, {"s.known('desired')", "true"},
        {"s.known('idle')", "true"}, {"s.known('lookback')", "true"}, {"s.known('woken_at')", "false"},
        {"s.known('gone_average')", "false"}, {"s.matches(s.service, 'tunnel-*')", "true"},
        {"s.matches(s.service, 'web-?')", "false"}, {"s.instant('2026-11-23T12:00:00Z') == s.now", "true"},
        {"s.number('2.5')", "2.5"}, {"s.number('3')", "3"}, {"s.least(3, 1, 2)", "1"}, {"s.greatest(3, 7.5)", "7.5"},
        {"s.otherwise('woken_at', 7)", "7"}, {"s.otherwise('desired', 7)", "2"},
        {"s.otherwise('gone_average', 'none')", "none"}, {"math.floor(s.uptime / 3600) .. ' h'", "10 h"},
        {"('%.2f'):format(s.avg_connections)", "0.00"}, {"#s", "0"}, {"type(s.avg)", "function"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        struct script_answer answer;
        if (!ask(set_up(&f, showing(cases[i].expression)), BEHAVIOUR_SLEEP, &answer))
            fail_msg("%s: %.*s", cases[i].expression, TEXT_ARG(answer.error));
        assert_text(answer.message, cases[i].shown, cases[i].expression);
        assert_false(answer.marked);
        assert_int_equal(answer.need, STAGE_NOTHING);
        tear_down(&f);
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
        {"s.connections",
         "'connections' is a metric: ask for a span of it, such as s.avg(\"connections\", 600)"},
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
        {"s.since('now')",
         "an instant is due, such as s.since(s.deployed_at): argument 1 is a string, not a number"},
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
        struct fixture f;
        struct script_answer answer;
        char wanted[512];
        assert_false(ask(set_up(&f, showing(cases[i].expression)), BEHAVIOUR_SLEEP, &answer));
        snprintf(wanted, sizeof wanted, "policies/p.lua:2: %s", cases[i].shown);
        assert_text(answer.error, wanted, cases[i].expression);
        assert_int_equal(answer.need, STAGE_NOTHING);
        tear_down(&f);
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
        struct fixture f;
        struct script_answer answer;
        if (!ask(set_up(&f, showing(cases[i].expression)), BEHAVIOUR_SLEEP, &answer))
            fail_msg("%s: %.*s", cases[i].expression, TEXT_ARG(answer.error));
        assert_text(answer.message, cases[i].shown, cases[i].expression);
        assert_int_equal(answer.marked, cases[i].why != WHY_NONE);
        assert_int_equal(answer.unknown.why, cases[i].why);
        tear_down(&f);
    }
}

static void a_marked_call_that_lowers_is_held(void **state)
{
    (void)state;
    static const char lowering[] = "if (s.gone_average or 0) <= 0 then "
                                   "return {rule = 'idle', scale_to = 0, status = 'scaled_down', message = 'm'} end";
    struct fixture f;
    set_up(&f, deciding(lowering));
    struct decision decision = decide(&f.evaluator, BEHAVIOUR_SLEEP, &f.snapshot, NULL);
    assert_int_equal(decision.outcome, OUTCOME_HELD);
    assert_int_equal(decision.held_why, HELD_BY_UNKNOWN);
    assert_int_equal(decision.unknown.why, WHY_COVERAGE);
    assert_int_equal(decision.unknown.what, METRIC_GONE);
    assert_int_equal(decision.desired, 2);
    tear_down(&f);
    // The same without the unknown lowers: the test can fail.
    static char known[512];
    snprintf(known, sizeof known, "if s.avg_connections <= 0 then %s", strstr(lowering, "return"));
    set_up(&f, deciding(known));
    decision = decide(&f.evaluator, BEHAVIOUR_SLEEP, &f.snapshot, NULL);
    assert_int_equal(decision.outcome, OUTCOME_CHANGE);
    assert_int_equal(decision.desired, 0);
    assert_int_equal(decision.rule, 1);
    assert_text(decision.status, "scaled_down", "status");
    assert_text(decision.script_message, "m", "message");
    tear_down(&f);
}

static void a_mark_ends_with_its_call(void **state)
{
    (void)state;
    struct fixture f;
    struct script_answer answer;
    set_up(&f, showing("s.desired == 2 and s.woken_at or 1"));
    assert_true(ask(&f, BEHAVIOUR_SLEEP, &answer));
    assert_true(answer.marked);
    f.snapshot.state.desired = 3;
    assert_true(ask(&f, BEHAVIOUR_SLEEP, &answer));
    assert_false(answer.marked);
    tear_down(&f);
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
        struct fixture f;
        struct script_answer answer;
        set_up(&f, showing(cases[i].expression));
        f.snapshot.stage = (uint8_t)cases[i].stage;
        f.snapshot.state.running = cases[i].running;
        if (!ask(&f, BEHAVIOUR_SLEEP, &answer))
            fail_msg("%s: %.*s", cases[i].expression, TEXT_ARG(answer.error));
        if (answer.need != cases[i].need)
            fail_msg("%s: need %d, wanted %d", cases[i].expression, answer.need, cases[i].need);
        if (answer.need)
            assert_false(answer.marked || answer.error.n || answer.message.n);
        tear_down(&f);
    }
}

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
        struct fixture f;
        struct script_answer answer;
        char wanted[512];
        assert_false(ask(set_up(&f, deciding(cases[i].expression)), BEHAVIOUR_WAKE, &answer));
        snprintf(wanted, sizeof wanted, "policies/p.lua:1: wake.decide %s", cases[i].shown);
        assert_text(answer.error, wanted, cases[i].expression);
        tear_down(&f);
    }
}

static void a_sleep_cannot_refuse(void **state)
{
    (void)state;
    struct fixture f;
    struct script_answer answer;
    set_up(&f, deciding("return {rule = 'idle', refuse = true, message = 'm'}"));
    assert_false(ask(&f, BEHAVIOUR_SLEEP, &answer));
    assert_text(answer.error, "policies/p.lua:2: sleep.decide returned 'refuse', which is for wake and kill: nobody "
                              "asked for a sleep", "refuse");
    assert_true(ask(&f, BEHAVIOUR_WAKE, &answer));
    assert_true(answer.refuse);
    assert_false(answer.has_scale_to);
    assert_text(answer.message, "m", "message");
    tear_down(&f);
}

static void good_answers_are_taken(void **state)
{
    (void)state;
    struct fixture f;
    struct script_answer answer;
    set_up(&f, deciding("return {rule = 'start', scale_to = 3.0, status = 'waking', refuse = false, "
                        "message = ('\u00e9'):rep(2048)}"));
    assert_true(ask(&f, BEHAVIOUR_WAKE, &answer));
    assert_int_equal(answer.rule, 3);
    assert_true(answer.has_scale_to && answer.scale_to == 3);
    assert_false(answer.refuse || answer.marked);
    assert_int_equal(answer.message.n, LIMIT_MESSAGE_BYTES);
    // Texts are the evaluator's, not the sandbox's: another call must leave them alone.
    struct script_answer other;
    assert_true(ask(&f, BEHAVIOUR_WAKE, &other));
    assert_int_equal((unsigned char)answer.message.p[0], 0xC3);
    assert_text(answer.status, "waking", "status");
    tear_down(&f);
}

static void a_fraction_or_too_many_fails_the_decision(void **state)
{
    (void)state;
    static const char *const counts[] = {"0.5", "-1", "11", "1e300"};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct fixture f;
        char body[256];
        snprintf(body, sizeof body, "return {rule = 'start', scale_to = %s, status = 'x', message = 'm'}", counts[i]);
        set_up(&f, deciding(body));
        struct decision decision = decide(&f.evaluator, BEHAVIOUR_WAKE, &f.snapshot, NULL);
        assert_int_equal(decision.outcome, OUTCOME_FAILED);
        assert_int_equal(decision.desired, 2);
        tear_down(&f);
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
        struct fixture f;
        set_up(&f, deciding(cases[i].expression));
        struct decision decision = decide(&f.evaluator, BEHAVIOUR_SLEEP, &f.snapshot, NULL);
        assert_int_equal(decision.outcome, OUTCOME_FAILED);
        assert_int_equal(decision.desired, 2);
        assert_text(decision.error, cases[i].shown, cases[i].expression);
        tear_down(&f);
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
    struct fixture f;
    struct script_answer answer;
    set_up(&f, lua);
    for (int i = 0; i < 300; i++) {
        f.snapshot.service = i % 2 ? TEXT("one") : TEXT("another");
        assert_true(ask(&f, (enum behaviour)(i % BEHAVIOUR_COUNT), &answer));
        assert_text(answer.message, "111auto-1", "state reached the next call");
    }
    tear_down(&f);
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
        struct fixture f;
        struct script_answer answer;
        assert_false(ask(set_up(&f, cases[i].expression), BEHAVIOUR_SLEEP, &answer));
        assert_text(answer.error, cases[i].shown, cases[i].expression);
        tear_down(&f);
    }
}

static void a_policy_without_lua_has_an_empty_host(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, "return {}");
    script_host_free(f.host);
    memset(f.evaluator.scripts, 0, sizeof f.evaluator.scripts);
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        f.policy.behaviours[i].scripted = false;
    f.host = script_host_new(&f.policy, &f.evaluator);
    assert_non_null(f.host);
    assert_null(f.evaluator.scripts[BEHAVIOUR_SLEEP].decide);
    script_host_free(NULL);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_functions_read),
        cmocka_unit_test(misuse_is_an_error_with_a_suggestion),
        cmocka_unit_test(unknowns_read_as_nil_and_mark),
        cmocka_unit_test(a_marked_call_that_lowers_is_held),
        cmocka_unit_test(a_mark_ends_with_its_call),
        cmocka_unit_test(what_is_not_fetched_is_asked_for),
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
