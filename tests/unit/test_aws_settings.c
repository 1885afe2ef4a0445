// Region, endpoints, time-outs: from variables and the profile.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/aws/aws.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define VARIABLES 8

static char config[] = "/tmp/drowse-aws-XXXXXX";
static char config_variable[100];

static int write_config(void **state)
{
    (void)state;
    static const char content[] = "[default]\nregion = eu-north-1\nmax_attempts = 5\nca_bundle = /ca.pem\n"
                                  "[profile fips]\nregion = us-gov-west-1\nuse_fips_endpoint = TRUE\n"
                                  "[profile local]\nregion = us-east-1\nendpoint_url = https://all.example/\n"
                                  "services = mine\n"
                                  "[services mine]\necs =\n  endpoint_url = https://ecs.example:9\n"
                                  "[profile bare]\n";
    int file = mkstemp(config);
    if (file < 0 || write(file, content, sizeof content - 1) != (ssize_t)(sizeof content - 1))
        return -1;
    close(file);
    snprintf(config_variable, sizeof config_variable, "AWS_CONFIG_FILE=%s", config);
    return 0;
}

static int remove_config(void **state)
{
    (void)state;
    return unlink(config);
}

// Of these variables alone; there is no home folder.
static bool read_settings(struct arena *arena, const char *const *variables, struct aws_settings *settings,
                          struct buffer *error)
{
    char **all = ARENA_ARRAY(arena, VARIABLES + 3, char *);
    size_t n = 0;
    char credentials[] = "AWS_SHARED_CREDENTIALS_FILE=/nowhere/credentials";
    all[n++] = (char *)arena_text(arena, text_of(config_variable)).p;
    all[n++] = (char *)arena_text(arena, text_of(credentials)).p;
    for (size_t i = 0; i < VARIABLES && variables[i]; i++)
        all[n++] = (char *)arena_text(arena, text_of(variables[i])).p;
    const struct variables list = {all};
    return aws_settings_read(arena, &list, settings, error);
}

static const struct {
    const char *variables[VARIABLES];
    const char *region, *ecs, *cloudwatch, *sts;
} endpoints[] = {
    {{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=us-east-1"},
     "eu-west-1",
     "https://ecs.eu-west-1.amazonaws.com",
     "https://monitoring.eu-west-1.amazonaws.com",
     "https://sts.eu-west-1.amazonaws.com"},
    {{"AWS_DEFAULT_REGION=us-east-1"},
     "us-east-1",
     "https://ecs.us-east-1.amazonaws.com",
     "https://monitoring.us-east-1.amazonaws.com",
     "https://sts.us-east-1.amazonaws.com"},
    {{NULL},
     "eu-north-1",
     "https://ecs.eu-north-1.amazonaws.com",
     "https://monitoring.eu-north-1.amazonaws.com",
     "https://sts.eu-north-1.amazonaws.com"},
    {{"AWS_REGION=cn-north-1"},
     "cn-north-1",
     "https://ecs.cn-north-1.amazonaws.com.cn",
     "https://monitoring.cn-north-1.amazonaws.com.cn",
     "https://sts.cn-north-1.amazonaws.com.cn"},
    {{"AWS_REGION=eusc-de-east-1"},
     "eusc-de-east-1",
     "https://ecs.eusc-de-east-1.amazonaws.eu",
     "https://monitoring.eusc-de-east-1.amazonaws.eu",
     "https://sts.eusc-de-east-1.amazonaws.eu"},
    {{"AWS_REGION=us-isob-east-1"},
     "us-isob-east-1",
     "https://ecs.us-isob-east-1.sc2s.sgov.gov",
     "https://monitoring.us-isob-east-1.sc2s.sgov.gov",
     "https://sts.us-isob-east-1.sc2s.sgov.gov"},
    {{"AWS_REGION=us-east-1", "AWS_USE_FIPS_ENDPOINT=true"},
     "us-east-1",
     "https://ecs-fips.us-east-1.amazonaws.com",
     "https://monitoring-fips.us-east-1.amazonaws.com",
     "https://sts-fips.us-east-1.amazonaws.com"},
    {{"AWS_PROFILE=fips"},
     "us-gov-west-1",
     "https://ecs-fips.us-gov-west-1.amazonaws.com",
     "https://monitoring.us-gov-west-1.amazonaws.com",
     "https://sts.us-gov-west-1.amazonaws.com"},
    {{"AWS_REGION=us-east-1", "AWS_USE_DUALSTACK_ENDPOINT=1"},
     "us-east-1",
     "https://ecs.us-east-1.api.aws",
     "https://monitoring.us-east-1.api.aws",
     "https://sts.us-east-1.api.aws"},
    {{"AWS_REGION=r", "AWS_ENDPOINT_URL=http://127.0.0.1:5555/"},
     "r",
     "http://127.0.0.1:5555",
     "http://127.0.0.1:5555",
     "http://127.0.0.1:5555"},
    {{"AWS_REGION=r", "AWS_ENDPOINT_URL=https://a", "AWS_ENDPOINT_URL_ECS=https://b",
      "AWS_ENDPOINT_URL_CLOUDWATCH=https://c/d/", "AWS_ENDPOINT_URL_STS=https://e"},
     "r",
     "https://b",
     "https://c/d",
     "https://e"},
    {{"AWS_PROFILE=local"}, "us-east-1", "https://ecs.example:9", "https://all.example", "https://all.example"},
    {{"AWS_PROFILE=local", "AWS_ENDPOINT_URL=https://a"}, "us-east-1", "https://a", "https://a", "https://a"},
    {{"AWS_PROFILE=local", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True"},
     "us-east-1",
     "https://ecs.us-east-1.amazonaws.com",
     "https://monitoring.us-east-1.amazonaws.com",
     "https://sts.us-east-1.amazonaws.com"},
};

static void test_endpoints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        struct arena arena = {0};
        struct aws_settings settings;
        struct buffer error;
        buffer_init(&error, 1000);
        if (!read_settings(&arena, endpoints[i].variables, &settings, &error))
            fail_msg("%zu: %.*s", i, TEXT_ARG(buffer_text(&error)));
        if (!text_is(settings.region, endpoints[i].region) || !text_is(settings.ecs_endpoint, endpoints[i].ecs) ||
            !text_is(settings.cloudwatch_endpoint, endpoints[i].cloudwatch) ||
            !text_is(settings.sts_endpoint, endpoints[i].sts))
            fail_msg("%zu: %.*s %.*s %.*s %.*s", i, TEXT_ARG(settings.region), TEXT_ARG(settings.ecs_endpoint),
                     TEXT_ARG(settings.cloudwatch_endpoint), TEXT_ARG(settings.sts_endpoint));
        buffer_release(&error);
        arena_release(&arena);
    }
}

static const struct {
    const char *variables[VARIABLES];
    const char *error;
} wrong[] = {
    {{"AWS_PROFILE=bare"},
     "no AWS region is set: set AWS_REGION (such as eu-west-1), or `region` in the profile in ~/.aws/config"},
    {{"AWS_REGION=evil.example/"}, "\"evil.example/\" is no AWS region: set AWS_REGION to one such as eu-west-1"},
    {{"AWS_REGION=-a"}, "\"-a\" is no AWS region: set AWS_REGION to one such as eu-west-1"},
    {{"AWS_REGION=EU-WEST-1"}, "\"EU-WEST-1\" is no AWS region: set AWS_REGION to one such as eu-west-1"},
    {{"AWS_REGION=r", "AWS_ENDPOINT_URL=http://example.com"},
     "the endpoint \"http://example.com\" (AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL or endpoint_url) is plain HTTP, which goes to this machine only: use https://"},
    {{"AWS_REGION=r", "AWS_ENDPOINT_URL=https://user:secret@example.com"},
     "the endpoint \"...@example.com\" (AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL or endpoint_url) holds a blank, a query, a fragment or a user"},
    {{"AWS_REGION=r", "AWS_ENDPOINT_URL_CLOUDWATCH=localhost:5"},
     "the endpoint \"localhost:5\" (AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL or endpoint_url) is no URL that begins with https://"},
    {{"AWS_REGION=r", "AWS_ENDPOINT_URL=https://a", "AWS_USE_FIPS_ENDPOINT=1"},
     "the endpoint \"https://a\" (AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL or endpoint_url) cannot be used together with AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT"},
    {{"AWS_REGION=r", "AWS_MAX_ATTEMPTS=0"}, "AWS_MAX_ATTEMPTS is \"0\"; a whole number from 1 to 10 is due"},
    {{"AWS_REGION=r", "AWS_MAX_ATTEMPTS=many"}, "AWS_MAX_ATTEMPTS is \"many\"; a whole number from 1 to 10 is due"},
    {{"AWS_REGION=r", "DROWSE_AWS_TIMEOUT_MS=0"},
     "DROWSE_AWS_TIMEOUT_MS is \"0\"; a whole number from 1 to 900000 is due"},
    {{"AWS_REGION=r", "DROWSE_AWS_RETRY_MS=-1"},
     "DROWSE_AWS_RETRY_MS is \"-1\"; a whole number from 0 to 60000 is due"},
};

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct arena arena = {0};
        struct aws_settings settings;
        struct buffer error;
        buffer_init(&error, 1000);
        if (read_settings(&arena, wrong[i].variables, &settings, &error))
            fail_msg("%zu: taken", i);
        if (!text_is(buffer_text(&error), wrong[i].error))
            fail_msg("%zu: %.*s", i, TEXT_ARG(buffer_text(&error)));
        buffer_release(&error);
        arena_release(&arena);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct aws_settings settings;
    struct buffer error;
    buffer_init(&error, 1000);
    const char *plain[VARIABLES] = {"AWS_PROFILE=fips"};
    assert_true(read_settings(&arena, plain, &settings, &error));
    assert_int_equal(settings.max_attempts, 3);
    assert_int_equal(settings.connect_timeout_ms, 3100);
    assert_int_equal(settings.timeout_ms, 10000);
    assert_true(fabs(settings.retry_scale_s - 0.05) < 1e-9 && fabs(settings.throttle_scale_s - 1) < 1e-9);
    assert_int_equal(settings.side_by_side, 16);
    assert_int_equal(settings.ca_bundle.n, 0);
    const char *profile[VARIABLES] = {"AWS_REGION=r"};
    assert_true(read_settings(&arena, profile, &settings, &error));
    assert_int_equal(settings.max_attempts, 5);
    assert_true(text_is(settings.ca_bundle, "/ca.pem"));
    const char *set[VARIABLES] = {"AWS_REGION=r",
                                  "AWS_MAX_ATTEMPTS=7",
                                  "AWS_CA_BUNDLE=/other.pem",
                                  "DROWSE_AWS_TIMEOUT_MS=100",
                                  "DROWSE_AWS_CONNECT_TIMEOUT_MS=50",
                                  "DROWSE_AWS_RETRY_MS=1"};
    assert_true(read_settings(&arena, set, &settings, &error));
    assert_int_equal(settings.max_attempts, 7);
    assert_true(text_is(settings.ca_bundle, "/other.pem"));
    assert_int_equal(settings.timeout_ms, 100);
    assert_int_equal(settings.connect_timeout_ms, 50);
    assert_true(fabs(settings.retry_scale_s - 0.001) < 1e-9 && fabs(settings.throttle_scale_s - 0.02) < 1e-9);
    buffer_release(&error);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests_name("aws_settings", tests, write_config, remove_config) != 0;
}
