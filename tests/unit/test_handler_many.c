// Events of schedules about many services, and what every invocation writes: records by level, metrics, traces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/support/asserts.h"
#include "tests/support/handler_world.h"
#include "tests/support/load.h"

static char *const no_variables[] = {NULL};

// ---- many -------------------------------------------------------------------------------------------------

static void test_all_targets(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 6);
    world.fleet.services[1].value = 3;
    world.fleet.services[2].state.desired = 0;
    world.fleet.services[3].measuring = PORT_THROTTLED;
    world.fleet.services[4].state.status = TEXT("DRAINING");
    world_handler(&world, HANDLER_ALL, BEHAVIOUR_SLEEP, no_variables);
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    // Every target is done before the fault is told.
    world_expect_reply(&world, 503, "sleep failed for 1 of 6 services; c/s3: GetMetricData failed");
    assert_true(world.reply.failed && text_is(world.reply.error_type, "Function.Unavailable"));
    assert_int_equal(world.fleet.services[0].state.desired + world.fleet.services[5].state.desired, 0);
    assert_int_equal(world.fleet.services[1].state.desired + world.fleet.services[4].state.desired, 2);
    assert_int_equal(world_lines(&world, "\"behaviour\":"), 6);
    cJSON *metrics JSON_OWNED = world_metrics(&world);
    assert_true(json_item_number(metrics, "Slept") == 2);
    assert_true(json_item_number(metrics, "Errors") == 1);
    assert_true(json_item_number(metrics, "Decisions.scaled_down") == 2);
    assert_true(json_item_number(metrics, "Decisions.no_change") == 2);
    assert_true(json_item_number(metrics, "Decisions") == 4);
    assert_int_equal(cJSON_GetArraySize(json_item(metrics, "IdleSeconds")), 4);
    world.fleet.services[3].measuring = PORT_OK;
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    world_expect_reply(
        &world, 200,
        "\"lowered\":1,\"raised\":0,\"held\":0,\"superseded\":0,\"deferred\":0,\"refused\":0,\"passedOver\":1,\"failed\":0");
    world_end(&world);
}

// An unnamed request to a policy of many is nobody's.
static void test_request_to_many(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 3);
    world_handler(&world, HANDLER_ALL, BEHAVIOUR_KILL, no_variables);
    world_send(&world, "{}", 0, "");
    world_expect_reply(&world, 400, "Function.BadRequest");
    world_expect_calls(&world, "");
    world_send(&world, "{\"cluster_name\":\"c\",\"service_name\":\"s2\"}", 0, "");
    world_expect_reply(&world, 200, "killed");
    world_expect_calls(&world, "scale s2=0, ");
    world_end(&world);
}

static void test_list_fails(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 2);
    world.fleet.listing = PORT_DENIED;
    world_handler(&world, HANDLER_ALL, BEHAVIOUR_SLEEP, no_variables);
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    world_expect_reply(&world, 502, "Function.AwsFailed");
    cJSON *metrics JSON_OWNED = world_metrics(&world);
    assert_true(json_item_number(metrics, "Errors") == 1);
    world_end(&world);
}

static void test_blast_radius(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 4);
    world_handler(&world, HANDLER_ALL "limits: {max_slept: 50%}\n", BEHAVIOUR_SLEEP, no_variables);
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    world_expect_reply(&world, 409, "it would lower 4 of 4 services, and limits.max_slept allows 2");
    assert_true(world.reply.failed);
    assert_int_equal(world_lines(&world, "\"outcome\":\"refused\""), 4);
    world.fleet.services[0].value = world.fleet.services[1].value = 1;
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    world_expect_reply(&world, 200, "\"lowered\":2");
    world_end(&world);
}

static void test_deadline(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 3);
    world_handler(&world, HANDLER_ALL, BEHAVIOUR_SLEEP, no_variables);
    world_send(&world, EVENT_OF_SCHEDULE, FLEET_NOW + 4, TRACE_SAMPLED);
    world_expect_reply(&world, 200, "\"deferred\":3");
    world_expect_calls(&world, "list c/*, ");
    assert_true(world.fleet.deadline_s < FLEET_NOW + 4 && world.fleet.deadline_s > FLEET_NOW);
    assert_int_equal(world.fleet.trace_bytes, strlen(TRACE_SAMPLED));
    assert_int_equal(world_lines(&world, "\"outcome\":\"deferred\""), 3);
    world_send(&world, EVENT_OF_SCHEDULE, FLEET_NOW + 60, "");
    world_expect_reply(&world, 200, "\"lowered\":3");
    // One service is worth the attempt: its calls end before the deadline by themselves.
    world.fleet.services[1].state.desired = 1;
    world_send(&world, "{\"cluster_name\":\"c\",\"service_name\":\"s1\"}", FLEET_NOW + 3, "");
    world_expect_reply(&world, 200, "scaled_down");
    world_end(&world);
}

// Each second begins elsewhere, so that where time runs out none starves.
static void test_rotation(void **state)
{
    (void)state;
    struct handler_world world;
    size_t first_seen[4] = {0}, places = 0;
    world_begin(&world, 4);
    world_handler(&world, HANDLER_ALL, BEHAVIOUR_KILL, no_variables);
    for (size_t second = 0; second < 64; second++) {
        world.fleet.clock_s = FLEET_NOW;
        for (size_t i = 0; i < 4; i++)
            world.fleet.services[i].state.desired = 1;
        const struct invocation invocation = {.event = TEXT(EVENT_OF_SCHEDULE), .request_id = TEXT("r")};
        world.fleet.clock_s += (double)second;
        buffer_clear(&world.fleet.calls);
        handler_invoke(world.handler, &world.arena, &invocation, &world.reply);
        const char *scaled = strstr(world.fleet.calls.p, "scale s");
        assert_non_null(scaled);
        first_seen[scaled[7] - '0']++;
    }
    for (size_t i = 0; i < 4; i++)
        places += first_seen[i] > 0;
    assert_int_equal(places, 4);
    world_end(&world);
}

// ---- held, and how long -----------------------------------------------------------------------------------

static void test_held_seconds(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 2);
    static const char policy[] = HANDLER_HEAD(
        "{cluster: c, service: \"*\"}") "sleep:\n  - {rule: used, when: tag(\"x\") == \"1\" or busy > 0, status: no_change, message: m}\n"
                                        "  - {rule: idle, scale_to: 0, status: scaled_down, message: m}\n";
    // Woken a minute ago: no bucket is due yet, and what might have kept it is unknown.
    world.fleet.services[0].state.fence_s = FLEET_NOW - 60;
    world_handler(&world, policy, BEHAVIOUR_SLEEP, no_variables);
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    world_expect_reply(&world, 200, "\"held\":1");
    cJSON *metrics JSON_OWNED = world_metrics(&world);
    assert_true(json_item_number(metrics, "Held") == 1);
    assert_true(json_item_number(metrics, "HeldSeconds") == 300);
    assert_true(json_item_number(metrics, "HeldSeconds.no_bucket_due") == 300);
    assert_int_equal(world_lines(&world, "\"held\":{\"by\":\"used\",\"why\":"), 1);
    world_end(&world);
}

// ---- levels, calls, traces --------------------------------------------------------------------------------

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        const char *level;
        size_t no_change, change, calls;  // lines written of each
    } cases[] = {{"LOG_LEVEL=TRACE", 1, 1, 3}, {"LOG_LEVEL=DEBUG", 1, 1, 3}, {"LOG_LEVEL=INFO", 1, 1, 0},
                 {"LOG_LEVEL=WARN", 0, 1, 0},  {"LOG_LEVEL=FATAL", 0, 1, 0}, {"LOG_LEVEL=LOUD", 1, 1, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *const variables[] = {(char *)(uintptr_t)cases[i].level, NULL};
        struct handler_world world;
        world_begin(&world, 1);
        world_handler(&world, HANDLER_ONE, BEHAVIOUR_SLEEP, variables);
        assert_int_equal(world_lines(&world, "LOG_LEVEL is 'LOUD'"), strstr(cases[i].level, "LOUD") != NULL);
        world.fleet.services[0].value = 1;
        world_send(&world, "{}", 0, "");
        assert_int_equal(world_lines(&world, "\"behaviour\":"), cases[i].no_change);
        world.fleet.services[0].value = 0;
        world.fleet.reports = 0;
        world_send(&world, "{}", 0, "");
        assert_int_equal(world_lines(&world, "\"behaviour\":"), cases[i].change);
        assert_int_equal(world_lines(&world, "\"level\":\"WARN\""), 1);
        assert_int_equal(world_lines(&world, "\"operation\":\"DescribeServices\""), cases[i].calls);
        cJSON *metrics JSON_OWNED = world_metrics(&world);
        assert_true(json_item_number(metrics, "AwsCalls") == (double)world.fleet.reports);
        world_end(&world);
    }
}

static void test_segments(void **state)
{
    (void)state;
    static const char *const unsampled[] = {"", "Root=1-a-b;Parent=c;Sampled=0", "Sampled=1"};
    struct handler_world world;
    world_begin(&world, 1);
    world_handler(&world, HANDLER_ONE, BEHAVIOUR_KILL, no_variables);
    for (size_t i = 0; i < COUNT_OF(unsampled); i++) {
        world_send(&world, "{}", 0, unsampled[i]);
        assert_int_equal(world.fleet.segments.n, 0);
    }
    world_send(&world, "{}", 0, TRACE_SAMPLED);
    struct text lines = buffer_text(&world.fleet.segments), line = text_take(&lines, '\n');
    cJSON *segment JSON_OWNED = json_parsed(line);
    assert_string_equal(json_item_text(segment, "trace_id"), "1-69807460-0123456789abcdef01234567");
    assert_string_equal(json_item_text(segment, "parent_id"), "53995c3f42cd8ad8");
    assert_string_equal(json_item_text(json_item(segment, "aws"), "operation"), "UpdateService");
    assert_int_equal(world_lines(&world, "\"traceId\":\"1-69807460-0123456789abcdef01234567\""), 1);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_targets),  cmocka_unit_test(test_request_to_many), cmocka_unit_test(test_list_fails),
        cmocka_unit_test(test_blast_radius), cmocka_unit_test(test_deadline),        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_held_seconds), cmocka_unit_test(test_levels),          cmocka_unit_test(test_segments),
    };
    return cmocka_run_group_tests_name("handler_many", tests, NULL, NULL) != 0;
}
