// DescribeServices' JSON: states and the fence, in every style, and the faults of either.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json_read.h"
#include "tests/support/asserts.h"
#include "tests/support/reading.h"

static struct reading reading;

static int setup(void **state)
{
    (void)state;
    reading_begin(&reading);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reading_end(&reading);
    return 0;
}

#define SERVICE(rest) "{\"services\":[{" rest "}]}"
#define NAMED "\"serviceName\":\"s\",\"clusterArn\":\"c\","

struct fence_case {
    const char *rest;  // of the service's members
    double fence_s;
    enum fence_source source;
};

#define COUNTS NAMED "\"desiredCount\":1,\"runningCount\":1,\"pendingCount\":0"
#define MARK(value) ",\"tags\":[{\"key\":\"drowse-wake\",\"value\":\"" value "\"}]"
#define MARKS(first, second)                                                                                           \
    ",\"tags\":[{\"key\":\"drowse-wake\",\"value\":\"" first "\"},{\"key\":\"drowse-wake\",\"value\":\"" second "\"}]"
#define STARTED(at) "{\"createdAt\":" at ",\"message\":\"(service s) has started 1 tasks: (task 1).\"}"
#define STEADY(at) "{\"createdAt\":" at ",\"message\":\"(service s) has reached a steady state.\"}"
#define PRIMARY(at) ",\"deployments\":[{\"status\":\"PRIMARY\",\"createdAt\":" at "}]"

static const struct fence_case fences[] = {
    {"", NAN, FENCE_NONE},
    {",\"createdAt\":100", 100, FENCE_SERVICE_CREATED},
    {",\"createdAt\":100" PRIMARY("50"), 50, FENCE_DEPLOYMENT},
    {",\"createdAt\":100" PRIMARY("50") ",\"events\":[" STARTED("30") "," STARTED("40") "," STEADY("90") "]", 40,
     FENCE_STARTED_EVENT},
    {MARK("1970-01-01T00:10:00Z") ",\"events\":[" STARTED("30") "]", 600, FENCE_WAKE_MARK},
    {MARK("600") ",\"events\":[" STARTED("700") "]" PRIMARY("900"), 700, FENCE_STARTED_EVENT},
    {MARK("600") PRIMARY("900"), 600, FENCE_WAKE_MARK},
    {MARK("soon") PRIMARY("900"), 900, FENCE_DEPLOYMENT},
    {MARKS("600", "900") PRIMARY("50"), 900, FENCE_WAKE_MARK},
    {MARKS("900", "600") PRIMARY("50"), 900, FENCE_WAKE_MARK},
    {MARKS("900", "soon") PRIMARY("50"), 900, FENCE_WAKE_MARK},
    {MARK("600.5") ",\"events\":[" STEADY("700") "]", 600.5, FENCE_WAKE_MARK},
    {",\"createdAt\":\"1970-01-01T01:01:40.000000+01:00\"", 100, FENCE_SERVICE_CREATED},
};

static void test_the_fence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fences); i++) {
        char content[1000];
        snprintf(content, sizeof content, SERVICE(COUNTS "%s"), fences[i].rest);
        reading_again(&reading);
        reading_must(&reading, content, "", "");
        const struct service_state *service = &reading.recording.states[0];
        bool same = service->fence_s == fences[i].fence_s || (isnan(service->fence_s) && isnan(fences[i].fence_s));
        if (!same || service->fence_source != fences[i].source)
            fail_msg("%s: fence %g of source %d", fences[i].rest, service->fence_s, service->fence_source);
    }
}

static void test_deploying(void **state)
{
    (void)state;
    static const struct {
        const char *deployments;
        bool deploying;
    } cases[] = {
        {"", false},
        {"{\"status\":\"PRIMARY\",\"rolloutState\":\"COMPLETED\"}", false},
        {"{\"status\":\"PRIMARY\"}", false},
        {"{\"status\":\"PRIMARY\",\"rolloutState\":\"IN_PROGRESS\"}", true},
        {"{\"status\":\"PRIMARY\",\"rolloutState\":\"COMPLETED\"},{\"status\":\"ACTIVE\"}", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[1000];
        snprintf(content, sizeof content, SERVICE(COUNTS ",\"deployments\":[%s]"), cases[i].deployments);
        reading_again(&reading);
        reading_must(&reading, content, "", "");
        if (reading.recording.states[0].deploying != cases[i].deploying)
            fail_msg("%s: deploying is %d", cases[i].deployments, reading.recording.states[0].deploying);
    }
}

#define CLUSTER_ARN "arn:aws:ecs:eu-west-1:1:cluster/fluidity"

static void test_a_described_service(void **state)
{
    (void)state;
    reading_must(&reading,
                 "{\"services\":[{\"serviceArn\":\"arn:aws:ecs:eu-west-1:1:service/fluidity/server\","
                 "\"clusterArn\":\"" CLUSTER_ARN "\",\"serviceName\":\"server\",\"status\":\"ACTIVE\","
                 "\"desiredCount\":2,\"runningCount\":1,\"pendingCount\":1,\"launchType\":\"FARGATE\","
                 "\"schedulingStrategy\":\"REPLICA\",\"networkConfiguration\":{\"a\":[[]]},"
                 "\"tags\":[{\"key\":\"a\",\"value\":\"\\u00e9\"},{\"key\":\"b\",\"value\":\"\"}]}],"
                 "\"failures\":[{\"arn\":\"x\",\"reason\":\"MISSING\"}],\"now\":\"2026-11-23 06:35:36\"}",
                 "", "");
    assert_int_equal(reading.recording.state_count, 1);
    const struct service_state *service = &reading.recording.states[0];
    assert_true(text_is(service->cluster, "fluidity") && text_is(service->service, "server"));
    assert_true(text_is(service->status, "ACTIVE") && text_is(service->scheduling_strategy, "REPLICA"));
    assert_int_equal(service->desired * 100 + service->running * 10 + service->pending, 211);
    assert_true(service->tags_read && service->tag_count == 2);
    assert_true(text_is(service->tags[0].value, "\xc3\xa9") && text_is(service->tags[1].key, "b"));
    assert_true(reading.recording.has_now && reading.recording.now_s == 1795415736);
}

static void test_names_from_arns(void **state)
{
    (void)state;
    reading_must(&reading,
                 SERVICE("\"serviceArn\":\"arn:aws:ecs:r:1:service/c1/s1\",\"desiredCount\":1,\"runningCount\":1,"
                         "\"pendingCount\":0"),
                 "", "");
    assert_true(text_is(reading.recording.states[0].cluster, "c1") &&
                text_is(reading.recording.states[0].service, "s1"));
    reading_must(&reading,
                 SERVICE("\"serviceArn\":\"arn:aws:ecs:r:1:service/old\",\"clusterArn\":\"" CLUSTER_ARN "\","
                         "\"desiredCount\":1,\"runningCount\":1,\"pendingCount\":0"),
                 "", "");
    assert_true(text_is(reading.recording.states[1].cluster, "fluidity") &&
                text_is(reading.recording.states[1].service, "old"));
}

static void test_tags_denied(void **state)
{
    (void)state;
    reading_must(&reading, "{\"services\":[{" COUNTS MARK("600") PRIMARY("50") "}],\"tagsDenied\":true}", "", "");
    const struct service_state *service = &reading.recording.states[0];
    assert_false(service->tags_read);
    assert_int_equal(service->tag_count, 0);
    assert_true(isnan(service->woken_at_s));
    assert_int_equal(service->fence_source, FENCE_DEPLOYMENT);
    reading_again(&reading);
    reading_must(&reading, "{\"services\":[{" COUNTS "}],\"tagsDenied\":true}", "", "");
    assert_false(reading.recording.states[0].tags_read);
}

// As `aws ecs describe-services --include TAGS` prints a service that has none.
static void test_no_tags(void **state)
{
    (void)state;
    static const char *const services[] = {SERVICE(COUNTS), SERVICE(COUNTS ",\"tags\":null"),
                                           SERVICE(COUNTS ",\"tags\":[]")};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        reading_must(&reading, services[i], "", "");
        const struct service_state *service = &reading.recording.states[0];
        if (!service->tags_read || service->tag_count || !isnan(service->woken_at_s))
            fail_msg("case %zu: %d, %zu tags", i, service->tags_read, service->tag_count);
        reading_again(&reading);
    }
}

// It must not read as a service without that tag.
static void test_tags_unreadable(void **state)
{
    (void)state;
    assert_false(reading_read(&reading, SERVICE(COUNTS ",\"tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]"), "", ""));
    assert_non_null(strstr(reading.error.p, "this tag has no key"));
}

// As the live client reads: what was asked for and is not there is empty; what was not asked for was not read.
static void test_tags_asked(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct services_read read = {.arena = &reading.arena, .source = TEXT("DescribeServices"), .tags_asked = asked};
        struct json_reader reader;
        json_read_begin(&reader, &reading.arena, TEXT("[{" COUNTS "}]"));
        assert_int_equal(json_next(&reader), JSON_ARRAY);
        assert_true(read_services(&reader, &read, &reading.error));
        assert_true(read.count == 1 && read.states[0].tags_read == asked);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_fence),   TEST(test_deploying), TEST(test_a_described_service), TEST(test_names_from_arns),
        TEST(test_tags_denied), TEST(test_no_tags),   TEST(test_tags_unreadable),     TEST(test_tags_asked),
    };
    return cmocka_run_group_tests_name("services", tests, NULL, NULL) != 0;
}
