// Expressions against one snapshot: (expression, what its value prints as).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/message.h"
#include "engine/core/series.h"
#include "tests/support/load.h"

#define NOW_S 1772445600  // 2026-03-02T10:00:00Z, a Monday
#define POINTS 30

static const char policy_head[] =
    "policy: 1\n"
    "name: test\n"
    "targets: [{cluster: c, service: s}]\n"
    "params:\n"
    "  span: {default: 10m, min: 5m, max: 1h, unit: minutes}\n"
    "  limit: {default: 3, min: 0, max: 9}\n"
    "  flag: {default: true}\n"
    "  word: {default: \"hello\"}\n"
    "metrics:\n"
    "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
    "  at: {namespace: N, metric: T, stat: Maximum, period: 60s, dimensions: {A: b}, as: instant}\n"
    "  gone: {namespace: N, metric: G, stat: Average, period: 60s, dimensions: {A: b}}\n"
    "  sparse: {namespace: N, metric: S, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: 0, while: m}}\n"
    "  orphan: {namespace: N, metric: S, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: 0, while: gone}}\n"
    "  stale: {namespace: N, metric: S, stat: Sum, period: 60s, dimensions: {A: b}, coverage: 0.1}\n"
    "windows:\n"
    "  office: {days: mon-fri, from: \"08:00\", to: \"18:00\", zone: Europe/London}\n"
    "  night: {from: \"22:00\", to: \"06:00\", zone: Europe/London}\n"
    "let: {twice: 2 * limit, again: twice + twice}\n"
    "sleep: [{rule: a, status: no_change, message: m}]\n"
    "report:\n"
    "  x: '";

struct world {
    struct arena arena;
    int64_t at_s[POINTS];
    double values[4][POINTS];
    struct series series[4];
    struct metric_view views[6];
    struct tag tags[3];
    struct snapshot snapshot;
};

static void build(struct world *world, int which, size_t first, size_t count)
{
    world->series[which] = series_build(&world->arena, world->at_s + first, world->values[which] + first, count);
    world->views[which] = (struct metric_view){.series = &world->series[which], .end = count};
}

static void make_world(struct world *world)
{
    *world = (struct world){0};
    for (int i = 0; i < POINTS; i++) {
        world->at_s[i] = NOW_S - 60 * (POINTS - i);
        world->values[0][i] = i % 5;
        world->values[1][i] = NOW_S - 1200;
        world->values[2][i] = 7;
    }
    build(world, 0, 0, POINTS);
    build(world, 1, 0, POINTS);
    world->views[2] = (struct metric_view){.status = METRIC_PARTIAL};
    world->views[3] = (struct metric_view){0};
    world->views[4] = (struct metric_view){0};
    world->series[3] = series_build(&world->arena, world->at_s, world->values[2], POINTS - 6);
    world->views[5] = (struct metric_view){.series = &world->series[3], .end = POINTS - 6};
    world->tags[0] = (struct tag){TEXT("count"), TEXT("4")};
    world->tags[1] = (struct tag){TEXT("until"), TEXT("2026-03-02T12:00:00+01:00")};
    world->tags[2] = (struct tag){TEXT("hours"), TEXT("office")};
    struct snapshot *snapshot = &world->snapshot;
    *snapshot = (struct snapshot){.stage = STAGE_METRICS,
                                  .trigger = TRIGGER_CLI,
                                  .now_s = NOW_S,
                                  .cluster = TEXT("c"),
                                  .service = TEXT("s"),
                                  .metrics = world->views};
    snapshot->state = (struct service_state){.status = TEXT("ACTIVE"),
                                             .desired = 2,
                                             .running = 1,
                                             .pending = 1,
                                             .deployed_at_s = NOW_S - 7200,
                                             .woken_at_s = NOW_S - 3600,
                                             .fence_s = NOW_S - 3600,
                                             .tags_read = true,
                                             .tags = world->tags,
                                             .tag_count = 3};
}

// The expression's value as text: with its reason where it is unknown.
static void value_of(struct world *world, const char *expression, struct buffer *out)
{
    struct text yaml = arena_format(&world->arena, "%s%s'\n", policy_head, expression);
    const struct policy *policy = test_policy_text(&world->arena, yaml.p);
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, &world->arena);
    evaluator_begin(&evaluator, &world->snapshot);
    node_index node = policy->report[0].expression;
    struct value value = evaluate(&evaluator, node);
    value_format(out, policy->nodes[node].type, value);
    if (value.knowledge == UNKNOWN) {
        buffer_add(out, TEXT(": "));
        why_format(out, policy, value);
    }
}

struct row {
    const char *expression, *printed;
};

static void check_rows(struct world *world, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        value_of(world, rows[i].expression, &out);
        if (!text_is(buffer_text(&out), rows[i].printed))
            fail_msg("%s\n  is     %s\n  wanted %s", rows[i].expression, out.p, rows[i].printed);
        buffer_release(&out);
    }
    arena_release(&world->arena);
}

#define CHECK(world, rows) check_rows(world, rows, sizeof(rows) / sizeof *(rows))

static const struct row function_rows[] = {
    {"1 + 2 * 3 - 4 / 8", "6.5"},
    {"-(2 + 3)", "-5"},
    {"2h30m / 2", "1h 15m"},
    {"90s / 30s", "3"},
    {"now - 1h", "2026-03-02T09:00:00Z"},
    {"now - woken_at", "1h"},
    {"limit / 0", "unknown: division by zero, or a result that is not finite"},
    {"desired + running + pending", "4"},
    {"deploying", "false"},
    {"uptime", "1h"},
    {"since(deployed_at)", "2h"},
    {"since(now + 1h)", "0s"},
    {"cluster == \"c\" and service != \"c\"", "true"},
    {"trigger", "\"cli\""},
    {"service_status", "\"ACTIVE\""},
    {"again", "12"},
    {"flag == true", "true"},
    {"flag != false", "true"},
    {"word == \"hello\"", "true"},
    {"not flag", "false"},
    {"not flag or limit >= 3", "true"},
    {"limit < 3", "false"},
    {"limit > 2 and limit <= 3", "true"},
    {"now == now", "true"},
    {"span != 10m", "false"},
    {"least(4, limit, 5)", "3"},
    {"greatest(4m, span)", "10m"},
    {"otherwise(number(tag(\"count\")), 1)", "4"},
    {"otherwise(number(tag(\"none\")), 1)", "1"},
    {"known(number(tag(\"none\")))", "false"},
    {"known(desired)", "true"},
    {"number(tag(\"none\"))", "unknown: the text is neither an instant nor a number"},
    {"instant(tag(\"until\"))", "2026-03-02T11:00:00Z"},
    {"now < instant(tag(\"until\"))", "true"},
    {"instant(word) > now", "unknown: the text is neither an instant nor a number"},
    {"matches(service, \"s*\")", "true"},
    {"matches(service, \"x?\")", "false"},
    {"now in office", "true"},
    {"now in night", "false"},
    {"now - 11h in night", "true"},
    {"now in window(tag(\"hours\"))", "true"},
    {"now in window(word)", "unknown: no window has that name"},
    {"instant(word) in office", "unknown: the text is neither an instant nor a number"},
    {"instant(word) in window(\"office\")", "unknown: the text is neither an instant nor a number"},
    {"avg(m over span)", "2"},
    {"sum(m over 10m)", "20"},
    {"min(m over 10m)", "0"},
    {"max(m over 10m)", "4"},
    {"count(m over 10m)", "10"},
    {"last(m over 10m)", "4"},
    {"p50(m over 10m)", "2"},
    {"p90(m over 10m)", "4"},
    {"age(m over 10m)", "1m"},
    {"quiet_for(m above 3 over 10m)", "0s"},
    {"quiet_for(m above 2 over 10m)", "0s"},
    {"quiet_for(m above 4 over 10m)", "10m"},
    {"quiet_for(m above limit over 10m)", "0s"},
    {"quiet_for(m above number(\"x\") over 10m)", "unknown: the text is neither an instant nor a number"},
    {"since(max(at over 10m))", "20m"},
    {"min(at over 10m)", "2026-03-02T09:40:00Z"},
    {"last(at over 10m) < now", "true"},
    {"avg(gone over 10m)", "unknown: gone: CloudWatch's answer was not complete"},
    {"age(gone over 10m)", "unknown: gone: CloudWatch's answer was not complete"},
    {"sum(sparse over 10m)", "0"},
    {"count(sparse over 10m)", "8"},
    {"max(sparse over 10m)", "0"},
    {"last(sparse over 10m)", "0"},
    {"age(sparse over 10m)", "3m"},
    {"p99.9(sparse over 10m)", "0"},
    {"quiet_for(sparse above 0 over 10m)", "10m"},
    {"quiet_for(sparse above -1 over 10m)", "2m"},
    {"sum(orphan over 10m)",
     "unknown: orphan: too few points, and its heartbeat is unknown too (0 of 8 due buckets have one, coverage asks for 0.8)"},
    {"avg(stale over 20m)", "unknown: stale: its newest point is too old (7m)"},
};

static void values_of_every_function(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    CHECK(&world, function_rows);
}

static void unknowns_travel_as_in_kleenes_logic(void **state)
{
    (void)state;
#define U "avg(gone over 10m) > 0"
#define WHY "unknown: gone: CloudWatch's answer was not complete"
    static const struct row rows[] = {
        {U " and false", "false"},
        {"false and " U, "false"},
        {U " and true", WHY},
        {"true and " U, WHY},
        {U " or true", "true"},
        {"true or " U, "true"},
        {U " or false", WHY},
        {"false or " U, WHY},
        {"not " U, WHY},
        {U " and " U, WHY},
        {"-avg(gone over 10m)", WHY},
        {"avg(gone over 10m) + 1", WHY},
        {"known(avg(gone over 10m))", "false"},
        {"otherwise(avg(gone over 10m), 5)", "5"},
        {"least(1, avg(gone over 10m))", WHY},
    };
    struct world world;
    make_world(&world);
    CHECK(&world, rows);
}

static void nothing_is_said_of_metrics_while_no_task_runs(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"uptime", "0s"},
        {"avg(m over 10m)", "unknown: m: no task is running yet"},
        {"quiet_for(m above 0 over 10m)", "unknown: m: no task is running yet"},
        {"desired", "2"},
    };
    struct world world;
    make_world(&world);
    world.snapshot.state.running = 0;
    world.snapshot.stage = STAGE_STATE;  // settled without asking for metrics
    CHECK(&world, rows);
}

static void what_is_not_fetched_is_told_apart(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"desired", "n/a"},
        {"deploying", "n/a"},
        {"tag(\"x\")", "n/a"},
        {"avg(m over 10m)", "n/a"},
        {"now in office", "true"},
        {"desired == 0 and false", "false"},
        {"false and desired == 0", "false"},
        {"desired == 0 or true", "true"},
        {"known(desired)", "n/a"},
        {"otherwise(desired, 1)", "n/a"},
        {"number(\"x\") + desired", "n/a"},
        {"desired + number(\"x\")", "n/a"},
        {"number(\"x\") > 0 and desired > 0", "n/a"},
        {"limit + 1", "4"},
        {"now in window(tag(\"x\"))", "n/a"},
        {"not deploying", "n/a"},
    };
    struct world world;
    make_world(&world);
    world.snapshot.stage = STAGE_NOTHING;
    CHECK(&world, rows);
}

static void metrics_wait_for_their_stage(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"desired", "2"}, {"avg(m over 10m)", "n/a"}, {"desired == 0 and avg(m over 10m) > 0", "false"}};
    struct world world;
    make_world(&world);
    world.snapshot.stage = STAGE_STATE;
    CHECK(&world, rows);
}

static void what_the_service_lacks_is_unknown(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"tag(\"count\")", "unknown: the service's tags could not be read"},
        {"woken_at", "unknown: the service's tags could not be read"},
        {"deployed_at", "unknown: it is not set"},
        {"uptime", "unknown: it is not set"},
        {"since(deployed_at)", "unknown: it is not set"},
        {"max(at over 10m)", "2026-03-02T09:40:00Z"},
    };
    struct world world;
    make_world(&world);
    world.snapshot.state.tags_read = false;
    world.snapshot.state.deployed_at_s = NAN;
    world.snapshot.state.fence_s = NAN;
    CHECK(&world, rows);
    static const struct row untagged[] = {{"tag(\"count\")", "\"\""}, {"woken_at", "unknown: it is not set"}};
    make_world(&world);
    world.snapshot.state.tag_count = 0;
    world.snapshot.state.woken_at_s = NAN;
    CHECK(&world, untagged);
}

static void instants_from_the_future_and_fresh_fences(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"max(at over 10m)", "unknown: at: it lies more than 5 minutes in the future"},
        {"avg(m over 10m)", "unknown: m: no whole period lies between the fence and now - lag"},
    };
    struct world world;
    make_world(&world);
    for (int i = 0; i < POINTS; i++)
        world.values[1][i] = NOW_S * 1000.0;
    build(&world, 1, 0, POINTS);
    check_rows(&world, rows, 1);
    make_world(&world);
    world.snapshot.state.fence_s = NOW_S - 60;
    check_rows(&world, rows + 1, 1);
}

static void triggers_have_names(void **state)
{
    (void)state;
    struct world world;
    static const struct row request[] = {{"trigger", "\"request\""}}, schedule[] = {{"trigger", "\"schedule\""}};
    make_world(&world);
    world.snapshot.trigger = TRIGGER_REQUEST;
    CHECK(&world, request);
    make_world(&world);
    world.snapshot.trigger = TRIGGER_SCHEDULE;
    CHECK(&world, schedule);
}

static void params_come_from_where_they_were_set(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct text yaml = arena_format(&world.arena, "%slimit'\n", policy_head);
    const struct policy *policy = test_policy_text(&world.arena, yaml.p);
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, &world.arena);
    struct param_setting settings[4] = {[1] = {.value = {.number = 8, .knowledge = KNOWN}, .origin = PARAM_REQUEST}};
    world.snapshot.params = settings;
    evaluator_begin(&evaluator, &world.snapshot);
    enum param_origin origin;
    assert_true(param_value(&evaluator, 1, &origin).number == 8 && origin == PARAM_REQUEST);
    assert_true(param_value(&evaluator, 0, &origin).number == 600 && origin == PARAM_POLICY);
    arena_release(&world.arena);
}

static void json_has_whole_seconds_and_nulls(void **state)
{
    (void)state;
    static const struct {
        enum type type;
        struct value value;
        const char *json;
    } rows[] = {
        {TYPE_BOOLEAN, {.truth = true, .knowledge = KNOWN}, "true"},
        {TYPE_NUMBER, {.number = 2.5, .knowledge = KNOWN}, "2.5"},
        {TYPE_DURATION, {.number = 90.9, .knowledge = KNOWN}, "90"},
        {TYPE_INSTANT, {.number = 7.2, .knowledge = KNOWN}, "7"},
        {TYPE_TEXT, {.text = {"a\"b", 3}, .knowledge = KNOWN}, "\"a\\\"b\""},
        {TYPE_NUMBER, {.knowledge = UNKNOWN}, "null"},
        {TYPE_NUMBER, {.knowledge = UNFETCHED}, "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        struct json_writer writer;
        buffer_init(&out, 100);
        json_begin(&writer, &out, 0);
        value_json(&writer, rows[i].type, rows[i].value);
        assert_string_equal(out.p, rows[i].json);
        buffer_release(&out);
    }
    assert_string_equal(type_name(TYPE_INSTANT), "instant");
}

static void a_trace_sees_every_operand(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct text yaml = arena_format(&world.arena, "%sflag and avg(gone over 10m) > 0 or not flag'\n", policy_head);
    const struct policy *policy = test_policy_text(&world.arena, yaml.p);
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, &world.arena);
    size_t n = policy->node_count;
    struct trace trace = {ARENA_ARRAY(&world.arena, n, struct value), ARENA_ARRAY(&world.arena, n, uint32_t),
                          ARENA_ARRAY(&world.arena, n, uint32_t), ARENA_ARRAY(&world.arena, n, uint32_t),
                          ARENA_ARRAY(&world.arena, n, uint32_t)};
    evaluator.trace = &trace;
    evaluator_begin(&evaluator, &world.snapshot);
    node_index root = policy->report[0].expression;
    assert_int_equal(evaluate(&evaluator, root).knowledge, UNKNOWN);
    assert_int_equal(trace.seen[root], 1);
    assert_int_equal(trace.seen_unknown[root], 1);
    node_index conjunction = policy->nodes[root].a, negation = policy->nodes[root].b;
    assert_int_equal(trace.seen_unknown[conjunction], 1);
    assert_int_equal(trace.seen_false[negation], 1);
    assert_int_equal(trace.seen_true[policy->nodes[conjunction].a], 1);
    arena_release(&world.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_function),
        cmocka_unit_test(unknowns_travel_as_in_kleenes_logic),
        cmocka_unit_test(nothing_is_said_of_metrics_while_no_task_runs),
        cmocka_unit_test(what_is_not_fetched_is_told_apart),
        cmocka_unit_test(metrics_wait_for_their_stage),
        cmocka_unit_test(what_the_service_lacks_is_unknown),
        cmocka_unit_test(instants_from_the_future_and_fresh_fences),
        cmocka_unit_test(triggers_have_names),
        cmocka_unit_test(params_come_from_where_they_were_set),
        cmocka_unit_test(json_has_whole_seconds_and_nulls),
        cmocka_unit_test(a_trace_sees_every_operand),
    };
    return cmocka_run_group_tests_name("evaluator", tests, NULL, NULL) != 0;
}
