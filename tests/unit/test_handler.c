// Events about one service through the handler: what is answered, what is called; and what a handler starts with.
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

// ---- one service ------------------------------------------------------------------------------------------

static void test_one_service(void **state)
{
    (void)state;
    static const struct {
        enum behaviour behaviour;
        int64_t desired, running;
        double value;
        const char *event, *reply, *calls;
    } cases[] = {
        {BEHAVIOUR_WAKE, 0, 0, 0, "{}", "{\"status\":\"waking\",\"desiredCount\":1",
         "describe 1, tag s0, scale s0=1, "},
        {BEHAVIOUR_WAKE, 1, 1, 0, "{}", "{\"status\":\"already_running\",\"desiredCount\":1",
         "describe 1, tag s0, describe 1, "},
        {BEHAVIOUR_WAKE, 1, 1, 0, EVENT_OF_SCHEDULE, "\"statuses\":{\"already_running\":1}", "describe 1, "},
        {BEHAVIOUR_SLEEP, 1, 1, 0, "{}", "{\"action\":\"scaled_down\",\"desiredCount\":0",
         "describe 1, metrics 1, describe 1, scale s0=0, describe 1, "},
        {BEHAVIOUR_SLEEP, 1, 1, 2, "",
         "{\"action\":\"no_change\",\"desiredCount\":1,\"runningCount\":1,\"busy\":2,\"upSeconds\":86400,\"message\":\"active\"}",
         "describe 1, metrics 1, "},
        {BEHAVIOUR_SLEEP, 0, 0, 0, EVENT_OF_HTTP, "\\\"action\\\":\\\"no_change\\\"", "describe 1, "},
        {BEHAVIOUR_KILL, 3, 3, 0, EVENT_OF_HTTP, "\\\"status\\\":\\\"killed\\\",\\\"desiredCount\\\":0",
         "scale s0=0, "},
        {BEHAVIOUR_SLEEP, 1, 1, 0, EVENT_OF_SCHEDULE, "\"statuses\":{\"scaled_down\":1},\"lowered\":1",
         "describe 1, metrics 1, describe 1, scale s0=0, describe 1, "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct handler_world world;
        world_begin(&world, 1);
        world.fleet.services[0].state.desired = cases[i].desired;
        world.fleet.services[0].state.running = cases[i].running;
        world.fleet.services[0].value = cases[i].value;
        world_handler(&world, HANDLER_ONE, cases[i].behaviour, no_variables);
        world_send(&world, cases[i].event, 0, "");
        world_expect_reply(&world, 200, cases[i].reply);
        world_expect_calls(&world, cases[i].calls);
        assert_int_equal(world_lines(&world, "\"behaviour\":"), 1);
        world_end(&world);
    }
}

// What the outside fails with, by call, and what three kinds of callers are told.
static void test_faults_of_aws(void **state)
{
    (void)state;
    static const struct {
        enum port_status status;
        int code;
        const char *word, *type;
    } cases[] = {
        {PORT_NOT_FOUND, 404, "not_found", "Function.NotFound"},
        {PORT_DENIED, 502, "aws_failed", "Function.AwsFailed"},
        {PORT_REFUSED, 409, "refused", "Function.Refused"},
        {PORT_THROTTLED, 503, "unavailable", "Function.Unavailable"},
        {PORT_TIMED_OUT, 503, "unavailable", "Function.Unavailable"},
        {PORT_FAILED, 502, "aws_failed", "Function.AwsFailed"},
        {PORT_UNKNOWN_OUTCOME, 503, "unavailable", "Function.Unavailable"},
    };
    for (size_t call = 0; call < 3; call++)
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            // Only a change can have an outcome that is not known, and metrics of no service are asked for.
            if ((cases[i].status == PORT_UNKNOWN_OUTCOME && call != 2) || (call == 1 && i == 0))
                continue;
            struct handler_world world;
            world_begin(&world, 1);
            enum port_status *const fails[] = {&world.fleet.services[0].describing, &world.fleet.services[0].measuring,
                                               &world.fleet.services[0].changing};
            *fails[call] = cases[i].status;
            world_handler(&world, HANDLER_ONE, BEHAVIOUR_SLEEP, no_variables);
            world_send(&world, EVENT_OF_HTTP, 0, "");
            world_expect_reply(&world, cases[i].code, cases[i].word);
            assert_false(world.reply.failed);
            assert_null(strstr(world_reply(&world), "arn:aws"));
            assert_non_null(strstr(world_reply(&world), "\\\"requestId\\\":\\\"lambda-1\\\""));
            assert_int_equal(world_lines(&world, "\"level\":\"ERROR\""), 1);
            assert_int_equal(world_lines(&world, "aws-request-1"), 1);  // the log has it all
            world_send(&world, "{}", 0, "");
            world_expect_reply(&world, cases[i].code, "\"stackTrace\":[]");
            assert_true(world.reply.failed && text_is(world.reply.error_type, cases[i].type));
            world_end(&world);
        }
}

static void test_rule_refuses(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 1);
    world.fleet.services[0].state.desired = 6;
    world_handler(&world, HANDLER_ONE, BEHAVIOUR_WAKE, no_variables);
    world_send(&world, EVENT_OF_HTTP, 0, "");
    world_expect_reply(&world, 409, "closed until six");
    world_send(&world, "{}", 0, "");
    world_expect_reply(&world, 409, "\"errorMessage\":\"closed until six\"");
    world_send(&world, EVENT_OF_SCHEDULE, 0, "");
    world_expect_reply(&world, 200, "\"refused\":1");
    world_expect_calls(&world, "describe 1, ");
    world_end(&world);
}

// A fraction of a task is no answer; a caller over HTTP is not told where the policy says so.
static void test_policy_fails(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 1);
    world.fleet.services[0].state.desired = 9;
    world.fleet.services[0].value = 9;
    world_handler(&world, HANDLER_ONE, BEHAVIOUR_SLEEP, no_variables);
    world_send(&world, EVENT_OF_HTTP, 0, "");
    world_expect_reply(&world, 500, "policy_failed");
    assert_null(strstr(world_reply(&world), "test.yaml"));
    world_send(&world, "{}", 0, "");
    world_expect_reply(&world, 500, "4.5");
    assert_int_equal(world_lines(&world, "\"level\":\"ERROR\""), 1);
    world_end(&world);
}

static void test_requests(void **state)
{
    (void)state;
    static const struct {
        const char *event;
        int status;
        const char *reply;
    } cases[] = {
        {"{\"span_mins\": 4}", 400, "below its minimum of 5m"},
        {"{\"span_mins\": \"4\"}", 400, "span_mins must be a number"},
        {"{\"span_mins\": 0, \"service_name\": \"\"}", 200, "no_change"},
        {"{\"service_name\": \"other\"}", 403, "c/other"},
        {"{\"cluster_name\": \"d\", \"service_name\": \"s0\"}", 403, "d/s0"},
        {"[]", 400, "JSON object"},
        {"{\"trigger\":\"schedule\",\"time\":\"2026-02-02T09:54:59Z\"}", 400, "StaleEvent"},
        {"{\"trigger\":\"schedule\",\"time\":\"2026-02-02T10:01:01Z\"}", 400, "in the future"},
        {"{\"trigger\":\"schedule\"}", 400, "does not say when it was due"},
        {"{\"trigger\":\"schedule\",\"time\":\"2026-02-02T09:55:00Z\",\"service_name\":\"s0\"}", 200, "\"services\":1"},
        {"{\"httpMethod\":\"GET\",\"requestContext\":{}}", 405, "\"Allow\":\"POST\""},
    };
    struct handler_world world;
    world_begin(&world, 1);
    world.fleet.services[0].value = 1;
    world_handler(&world, HANDLER_ONE, BEHAVIOUR_SLEEP, no_variables);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        world_send(&world, cases[i].event, 0, "");
        world_expect_reply(&world, cases[i].status, cases[i].reply);
        if (cases[i].status != 200)
            world_expect_calls(&world, "");
    }
    world_send(&world, "{\"unknown_field\": 1}", 0, "");
    assert_int_equal(world_lines(&world, "unknown field unknown_field"), 1);
    world_end(&world);
}

// Only a kill or a sleep that comes late does harm.
static void test_stale_wake(void **state)
{
    (void)state;
    struct handler_world world;
    world_begin(&world, 1);
    world.fleet.services[0].state.desired = 0;
    world_handler(&world, HANDLER_ONE, BEHAVIOUR_WAKE, no_variables);
    world_send(&world, "{\"trigger\":\"schedule\",\"time\":\"2026-02-01T10:00:00Z\"}", 0, "");
    world_expect_reply(&world, 200, "\"raised\":1");
    assert_int_equal(world_lines(&world, "woken all the same"), 1);
    world_end(&world);
}

static void test_dry_run(void **state)
{
    (void)state;
    static char *const variables[] = {(char *)"DROWSE_DRY_RUN=1", NULL};
    struct handler_world world;
    world_begin(&world, 1);
    world_handler(&world, HANDLER_ONE, BEHAVIOUR_KILL, variables);
    world_send(&world, "{}", 0, "");
    world_expect_reply(&world, 200, "\"dryRun\":true");
    world_expect_calls(&world, "");
    assert_int_equal(world_lines(&world, "\"outcome\":\"dry_run\""), 1);
    world_end(&world);
}

// ---- at the start -----------------------------------------------------------------------------------------

static void test_init_errors(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        enum behaviour behaviour;
        char *variables[2];
        const char *error;  // NULL: none
    } cases[] = {
        {HANDLER_ONE, BEHAVIOUR_SLEEP, {(char *)"SPAN=4"}, "SPAN"},
        {HANDLER_ONE, BEHAVIOUR_SLEEP, {(char *)"SPAN=x"}, "SPAN"},
        {HANDLER_ONE, BEHAVIOUR_SLEEP, {(char *)"SPAN=20"}, NULL},
        {HANDLER_ONE, BEHAVIOUR_KILL, {(char *)"SPAN=4"}, NULL},  // which a kill cannot reach
        // What is not understood must not turn the shadow mode off.
        {HANDLER_ONE, BEHAVIOUR_KILL, {(char *)"DROWSE_DRY_RUN=yes"}, "DROWSE_DRY_RUN is 'yes': it must be 1 or 0"},
        {HANDLER_ONE, BEHAVIOUR_KILL, {(char *)"DROWSE_DRY_RUN=2"}, "DROWSE_DRY_RUN"},
        {HANDLER_ONE, BEHAVIOUR_KILL, {(char *)"DROWSE_DRY_RUN=0"}, NULL},
        {HANDLER_ONE, BEHAVIOUR_KILL, {(char *)"DROWSE_DRY_RUN=False"}, NULL},
        {HANDLER_ONE, BEHAVIOUR_KILL, {(char *)"DROWSE_DRY_RUN="}, NULL},
        {HANDLER_HEAD("{cluster: c, service: s}") "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: m}\n",
         BEHAVIOUR_WAKE,
         {NULL},
         "no rules for wake"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct handler_world world;
        struct buffer error;
        world_begin(&world, 1);
        buffer_init(&error, 1024);
        const struct handler_ports ports = fleet_ports(&world.fleet);
        const struct variables variables = {cases[i].variables};
        world.handler = handler_new(test_policy_text(&world.arena, cases[i].policy), cases[i].behaviour, &ports,
                                    &variables, &error);
        if ((world.handler == NULL) != (cases[i].error != NULL) || (cases[i].error && !strstr(error.p, cases[i].error)))
            fail_msg("case %zu: %s", i, error.p ? error.p : "no error");
        buffer_release(&error);
        world_end(&world);
    }
}

static void test_behaviour(void **state)
{
    (void)state;
    static const struct {
        char *variables[3];
        int behaviour;  // -1: an error
    } cases[] = {
        {{(char *)"_HANDLER=drowse.sleep"}, BEHAVIOUR_SLEEP},
        {{(char *)"_HANDLER=a.b.wake"}, BEHAVIOUR_WAKE},
        {{(char *)"_HANDLER=kill"}, BEHAVIOUR_KILL},
        {{(char *)"_HANDLER=bootstrap", (char *)"DROWSE_BEHAVIOUR=kill"}, BEHAVIOUR_KILL},
        {{(char *)"_HANDLER=drowse.wake", (char *)"DROWSE_BEHAVIOUR=kill"}, BEHAVIOUR_WAKE},
        {{(char *)"DROWSE_BEHAVIOUR=sleep"}, BEHAVIOUR_SLEEP},
        {{(char *)"_HANDLER=bootstrap"}, -1},
        {{(char *)"_HANDLER=drowse.Sleep"}, -1},
        {{(char *)"_HANDLER=bootstrap", (char *)"DROWSE_BEHAVIOUR=nap"}, -1},
        {{NULL}, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer error;
        enum behaviour behaviour = BEHAVIOUR_WAKE;
        buffer_init(&error, 1024);
        const struct variables variables = {cases[i].variables};
        bool found = handler_behaviour(&variables, &behaviour, &error);
        if (found != (cases[i].behaviour >= 0) || (found && (int)behaviour != cases[i].behaviour) ||
            found != (error.n == 0))
            fail_msg("case %zu: %s", i, error.p ? error.p : "no error");
        buffer_release(&error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_service),  cmocka_unit_test(test_faults_of_aws), cmocka_unit_test(test_rule_refuses),
        cmocka_unit_test(test_policy_fails), cmocka_unit_test(test_requests),      cmocka_unit_test(test_stale_wake),
        cmocka_unit_test(test_dry_run),      cmocka_unit_test(test_init_errors),   cmocka_unit_test(test_behaviour),
    };
    return cmocka_run_group_tests_name("handler", tests, NULL, NULL) != 0;
}
