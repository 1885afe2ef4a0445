// What events are taken for, who sent them, and what is in them; the examples are among the cases.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/handler/base64.h"
#include "engine/handler/event.h"
#include "engine/sys/files.h"
#include "tests/support/asserts.h"

#define EXAMPLE_TIME_S 1770026400.0  // 2026-02-02T10:00:00Z

static struct arena arena;
static struct buffer error;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buffer_release(&error);
    arena_release(&arena);
    return 0;
}

static enum fault read_text(const char *json, struct event *event)
{
    buffer_clear(&error);
    return event_read(&arena, text_of(json), event, &error);
}

static enum fault read_example(const char *name, struct event *event)
{
    struct text content;
    struct text path = arena_format(&arena, "examples/events/%s", name);
    buffer_clear(&error);
    if (!file_read(&arena, path, EVENT_BYTES, &content, &error))
        fail_msg("%.*s", TEXT_ARG(buffer_text(&error)));
    return event_read(&arena, content, event, &error);
}

static void expect_text(const char *what, struct text got, const char *wanted)
{
    if (!text_is(got, wanted))
        fail_msg("%s: got '%.*s', wanted '%s'", what, TEXT_ARG(got), wanted);
}

// ---- the examples -----------------------------------------------------------------------------------------

struct example_case {
    const char *name;
    enum event_kind kind;
    enum fault fault;
    const char *body, *user_arn, *api_key_id, *source_address, *account, *principal, *correlation_id, *schedule;
};

#define AGENT "arn:aws:iam::123456789012:user/agent"
#define V1_ID "5f9a2c1e-7d3b-4a60-9c1e-2b8f6d4e0a11"

static const struct example_case examples[] = {
    {"apigw-v1-wake.json", EVENT_HTTP_V1, FAULT_NONE, "{}", AGENT, "k1e2y3i4d5", "203.0.113.7", "123456789012", "",
     V1_ID, ""},
    {"apigw-v1-get.json", EVENT_HTTP_V1, FAULT_METHOD, "", AGENT, "k1e2y3i4d5", "203.0.113.7", "123456789012", "",
     V1_ID, ""},
    {"apigw-v2-wake.json", EVENT_HTTP_V2, FAULT_NONE,
     "{\"cluster_name\": \"fluidity\", \"service_name\": \"fluidity-server\"}", "", "", "203.0.113.7", "", "agent-7",
     "JKJaXmPLvHcESHA=", ""},
    {"function-url-kill.json", EVENT_FUNCTION_URL, FAULT_NONE, "", AGENT, "", "203.0.113.7", "123456789012",
     "AIDAEXAMPLEAGENT", "JKJaXmPLvHcESHA=", ""},
    {"function-url-anonymous-kill.json", EVENT_FUNCTION_URL, FAULT_NONE, "{\"service_name\": \"\"}", "", "",
     "203.0.113.7", "", "anonymous", "JKJaXmPLvHcESHA=", ""},
    {"eventbridge-sleep.json", EVENT_RULE, FAULT_NONE, "{}", "", "", "", "123456789012", "",
     "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "arn:aws:events:eu-west-1:123456789012:rule/drowse-sleep"},
    {"scheduler-sleep.json", EVENT_SCHEDULER, FAULT_NONE, "{}", "", "", "", "123456789012", "",
     "e1f5a2c4-52b1-4a3f-9c0d-6f2f6f7c8a90", "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/drowse-sleep"},
    {"load-balancer-wake.json", EVENT_LOAD_BALANCER, FAULT_REQUEST, "", "", "", "", "", "", "", ""},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        const struct example_case *wanted = &examples[i];
        struct event event;
        enum fault fault = read_example(wanted->name, &event);
        if (fault != wanted->fault || event.kind != wanted->kind)
            fail_msg("%s: fault %d, kind %s; wanted fault %d, kind %s: %.*s", wanted->name, (int)fault,
                     event_kind_name(event.kind), (int)wanted->fault, event_kind_name(wanted->kind),
                     TEXT_ARG(buffer_text(&error)));
        expect_text(wanted->name, event.body, wanted->body);
        expect_text(wanted->name, event.caller.user_arn, wanted->user_arn);
        expect_text(wanted->name, event.caller.api_key_id, wanted->api_key_id);
        expect_text(wanted->name, event.caller.source_address, wanted->source_address);
        expect_text(wanted->name, event.caller.account, wanted->account);
        expect_text(wanted->name, event.caller.principal, wanted->principal);
        expect_text(wanted->name, event.caller.correlation_id, wanted->correlation_id);
        expect_text(wanted->name, event.caller.schedule, wanted->schedule);
    }
}

static void test_scheduled_input(void **state)
{
    (void)state;
    struct event event;
    assert_int_equal(read_example("scheduler-input-kill.json", &event), FAULT_NONE);
    assert_int_equal(event.kind, EVENT_SCHEDULED_INPUT);
    assert_true(event.has_time && event.time_s == EXAMPLE_TIME_S);
    // Trigger and time are the envelope's; the rest stands as it was written.
    assert_int_equal(
        read_text("{\"time\":\"2026-02-02T10:00:00Z\", \"a\" : [1, 2.50] ,\"trigger\":\"schedule\",\"b\":\"\\u00e9\"}",
                  &event),
        FAULT_NONE);
    expect_text("body", event.body, "{\"a\" : [1, 2.50],\"b\":\"\\u00e9\"}");
    assert_int_equal(read_text("{\"time\":\"2026-02-02T10:00:00Z\"}", &event), FAULT_NONE);
    assert_int_equal(event.kind, EVENT_SCHEDULED_INPUT);
    expect_text("body", event.body, "{}");
}

// ---- what else is told apart ------------------------------------------------------------------------------

static void test_kinds_and_faults(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum event_kind kind;
        enum fault fault;
        const char *error;  // part of it
    } cases[] = {
        {"", EVENT_DIRECT, FAULT_NONE, ""},
        {" \n", EVENT_DIRECT, FAULT_NONE, ""},
        {"null", EVENT_DIRECT, FAULT_NONE, ""},
        {"{}", EVENT_DIRECT, FAULT_NONE, ""},
        {"{\"service_name\":\"x\"}", EVENT_DIRECT, FAULT_NONE, ""},
        {"[]", EVENT_DIRECT, FAULT_REQUEST, "must be a JSON object"},
        {"3", EVENT_DIRECT, FAULT_REQUEST, "must be a JSON object"},
        {"{", EVENT_DIRECT, FAULT_REQUEST, "line 1, column 2"},
        {"{} x", EVENT_DIRECT, FAULT_REQUEST, "is no JSON"},
        {"{\"a\":\"\xff\"}", EVENT_DIRECT, FAULT_REQUEST, "is no JSON"},
        {"{\"Records\":[{\"Sns\":{}}]}", EVENT_DIRECT, FAULT_REQUEST, "SNS"},
        {"{\"trigger\":\"request\"}", EVENT_SCHEDULED_INPUT, FAULT_REQUEST, "trigger"},
        {"{\"trigger\":\"schedule\",\"time\":3}", EVENT_SCHEDULED_INPUT, FAULT_REQUEST, "time"},
        {"{\"trigger\":\"schedule\",\"time\":\"soon\"}", EVENT_SCHEDULED_INPUT, FAULT_REQUEST, "'soon'"},
        {"{\"trigger\":\"schedule\"}", EVENT_SCHEDULED_INPUT, FAULT_NONE, ""},
        {"{\"trigger\":\"schedule\",\"time\":null}", EVENT_SCHEDULED_INPUT, FAULT_NONE, ""},
        {"{\"detail-type\":\"ECS Task State Change\",\"source\":\"aws.ecs\",\"time\":\"2026-02-02T10:00:00Z\"}",
         EVENT_RULE, FAULT_REQUEST, "ECS Task State Change"},
        {"{\"detail-type\":\"Scheduled Event\",\"source\":\"aws.scheduler\",\"time\":\"x\"}", EVENT_SCHEDULER,
         FAULT_REQUEST, "'x'"},
        {"{\"requestContext\":{}}", EVENT_HTTP_V1, FAULT_REQUEST, "no HTTP method"},
        {"{\"requestContext\":{\"connectionId\":\"c\",\"eventType\":\"MESSAGE\"},\"body\":\"{}\"}", EVENT_HTTP_V1,
         FAULT_REQUEST, "no HTTP method"},
        {"{\"requestContext\":{\"http\":{\"method\":\"DELETE\"}}}", EVENT_HTTP_V2, FAULT_METHOD, "DELETE"},
        {"{\"httpMethod\":\"post\",\"requestContext\":{}}", EVENT_HTTP_V1, FAULT_METHOD, "post"},
        {"{\"httpMethod\":\"POST\",\"requestContext\":{},\"body\":null}", EVENT_HTTP_V1, FAULT_NONE, ""},
        {"{\"httpMethod\":\"POST\",\"requestContext\":{},\"body\":{}}", EVENT_HTTP_V1, FAULT_REQUEST,
         "body must be a text"},
        {"{\"httpMethod\":\"POST\",\"requestContext\":{},\"body\":\"e30\",\"isBase64Encoded\":true}", EVENT_HTTP_V1,
         FAULT_REQUEST, "base64"},
        // A key that holds a dot is no path, and a request over HTTP is never a schedule.
        {"{\"requestContext.http\":{\"method\":\"POST\"}}", EVENT_DIRECT, FAULT_NONE, ""},
        {"{\"trigger\\u0000\":1}", EVENT_DIRECT, FAULT_NONE, ""},
        {"{\"httpMethod\":\"POST\",\"requestContext\":{},\"trigger\":\"schedule\",\"time\":\"x\"}", EVENT_HTTP_V1,
         FAULT_NONE, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event event;
        enum fault fault = read_text(cases[i].json, &event);
        if (fault != cases[i].fault || event.kind != cases[i].kind || !strstr(error.p ? error.p : "", cases[i].error))
            fail_msg("%s: fault %d, kind %s, '%s'", cases[i].json, (int)fault, event_kind_name(event.kind),
                     error.p ? error.p : "");
        if ((fault != FAULT_NONE) != (error.n > 0))
            fail_msg("%s: a fault has a message, and nothing else has", cases[i].json);
    }
}

// Deep, long and repeated: refused or read, never more than that.
static void test_bounds(void **state)
{
    (void)state;
    struct event event;
    struct buffer json;
    buffer_init(&json, 1 << 20);
    for (int i = 0; i < 100; i++)
        buffer_add(&json, TEXT("{\"requestContext\":"));
    assert_int_equal(event_read(&arena, buffer_text(&json), &event, &error), FAULT_REQUEST);
    buffer_clear(&json);
    buffer_add(&json, TEXT("{\"httpMethod\":\"POST\",\"requestContext\":{},\"body\":\""));
    for (size_t i = 0; i <= EVENT_BODY_BYTES; i++)
        buffer_add_char(&json, ' ');
    buffer_add(&json, TEXT("\"}"));
    buffer_clear(&error);
    assert_int_equal(event_read(&arena, buffer_text(&json), &event, &error), FAULT_REQUEST);
    assert_non_null(strstr(error.p, "65537 bytes"));
    buffer_release(&json);
    assert_int_equal(read_text("{\"httpMethod\":\"GET\",\"httpMethod\":\"POST\",\"requestContext\":{}}", &event),
                     FAULT_NONE);
}

// ---- freshness --------------------------------------------------------------------------------------------

static void test_fresh(void **state)
{
    (void)state;
    static const struct {
        double age_s;
        bool fresh;
    } cases[] = {{0, true}, {299, true}, {300, true}, {301, false}, {90000, false}, {-60, true}, {-61, false}};
    struct event event;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(read_example("eventbridge-sleep.json", &event), FAULT_NONE);
        buffer_clear(&error);
        if (event_is_fresh(&event, EXAMPLE_TIME_S + cases[i].age_s, 300, &error) != cases[i].fresh)
            fail_msg("age %.0f s: not as wanted (%s)", cases[i].age_s, error.p ? error.p : "");
    }
    assert_int_equal(read_text("{\"trigger\":\"schedule\"}", &event), FAULT_NONE);
    assert_false(event_is_fresh(&event, EXAMPLE_TIME_S, 300, &error));
    assert_non_null(strstr(error.p, "aws.scheduler.scheduled-time"));
}

// ---- base64 -----------------------------------------------------------------------------------------------

// The vectors of RFC 4648 section 10, and what is none.
static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *encoded, *decoded;  // NULL: none
    } cases[] = {{"", ""},
                 {"Zg==", "f"},
                 {"Zm8=", "fo"},
                 {"Zm9v", "foo"},
                 {"Zm9vYg==", "foob"},
                 {"Zm9vYmE=", "fooba"},
                 {"Zm9vYmFy", "foobar"},
                 {"+/+/", "\xfb\xff\xbf"},
                 {"Zg=", NULL},
                 {"Zg", NULL},
                 {"Zh==", NULL},
                 {"Zm9=", NULL},
                 {"====", NULL},
                 {"Z===", NULL},
                 {"Zg==Zg==", NULL},
                 {"Zm9v\n", NULL},
                 {"Zm 9", NULL},
                 {"-_-_", NULL},
                 {"=m9v", NULL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct text decoded = {"", 0};
        bool is = base64_decode(&arena, text_of(cases[i].encoded), &decoded);
        if (is != (cases[i].decoded != NULL) || (is && !text_is(decoded, cases[i].decoded)))
            fail_msg("'%s': %s '%.*s'", cases[i].encoded, is ? "decoded to" : "refused", TEXT_ARG(decoded));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_examples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scheduled_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kinds_and_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_base64, setup, teardown),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL) != 0;
}
