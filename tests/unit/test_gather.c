// What is asked of CloudWatch for a decision, and which services a run is about.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/core/evaluator.h"
#include "engine/shell/needs.h"
#include "tests/support/asserts.h"
#include "tests/support/fake_cloud.h"
#include "tests/support/load.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_params_reach_the_span(void **state)
{
    (void)state;
    struct param_setting setting = {.value = {.number = 1800, .knowledge = KNOWN}, .origin = PARAM_REQUEST};
    struct fake_cloud fake = fake_cloud_new(1, 1, 5);
    fake_cloud_run(&arena, &fake, PLAIN, &(struct run_options){.behaviour = BEHAVIOUR_SLEEP, .params = &setting});
    assert_true(text_is(buffer_text(&fake.log), "describe, metrics m:-1836..1, "));
    buffer_release(&fake.log);
}

// ---- needs ------------------------------------------------------------------------------------------------

struct need_case {
    const char *rest;  // of the policy
    const char *calls;
};

static const struct need_case needs[] = {
    // conditions, counts, messages and report; the longest span of each metric; each once
    {"sleep:\n  - {rule: a, when: avg(m over 10m) > 9 and max(m over 20m) > 9, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: \"{age(n over 1h)}\"}\n",
     "metrics m:-1236..1 n:-3636..1, "},
    {"sleep:\n  - {rule: a, when: avg(m over 10m) > 9, status: no_change, message: m}\n"
     "  - {rule: b, scale_to: \"otherwise(last(n over 30m), 0)\", status: no_change, message: m}\n",
     "metrics m:-636..1 n:-1836..1, "},
    {"let: {quiet: \"quiet_for(m above 1 over 2h)\", unused: sum(n over 3h)}\nreport: {q: quiet}\n"
     "sleep:\n  - {rule: a, when: count(n over 30m) > 99, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics m:-7236..1 n:-1836..1, "},
    // a threshold that is itself of a metric
    {"sleep:\n  - {rule: a, when: quiet_for(m above last(n over 30m) over 10m) > 99h, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics m:-636..1 n:-1836..1, "},
    // the heartbeat comes with what it vouches for
    {"sleep:\n  - {rule: a, when: sum(sparse over 10m) > 99, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics beat:-636..1 sparse:-636..1, "},
    // a rule that the state settled as false is not paid for
    {"sleep:\n  - {rule: a, when: desired == 9 and sum(n over 3h) > 1, status: no_change, message: m}\n"
     "  - {rule: b, when: avg(m over 10m) > 99, status: no_change, message: m}\n"
     "  - {rule: c, status: no_change, message: m}\n",
     "metrics m:-636..1, "},
};

static void test_what_is_asked_of_cloudwatch(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        struct text policy = arena_format(&arena, HEAD "%s", needs[i].rest);
        struct text calls = arena_format(&arena, "describe, %s", needs[i].calls);
        struct fake_cloud fake = fake_cloud_new(1, 1, 5);
        fake_cloud_run(&arena, &fake, policy.p, &(struct run_options){.behaviour = BEHAVIOUR_SLEEP, .dry_run = true});
        if (!text_eq(buffer_text(&fake.log), calls)) {
            print_error("case %zu: wanted %.*s\n      got %.*s\n", i, TEXT_ARG(calls),
                        TEXT_ARG(buffer_text(&fake.log)));
            wrong++;
        }
        buffer_release(&fake.log);
    }
    assert_int_equal(wrong, 0);
}

// A script may ask for any metric: it gets all of them, over the longest span that the policy speaks of, and at
// least 3 hours.
static void test_what_a_script_is_given(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        double span_s;
    } scripts[] = {
        {SLEEP, 3 * 3600},
        {"let: {long: quiet_for(m above 1 over 5h)}\n" SLEEP, 5 * 3600},
    };
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct text yaml = arena_format(&arena, HEAD "%s", scripts[i].rest);
        struct policy policy = *test_policy_text(&arena, yaml.p);
        policy.behaviours[BEHAVIOUR_SLEEP].scripted = true;
        enum rule_result results[3] = {RULE_NOT_REACHED, RULE_NOT_REACHED, RULE_NOT_REACHED};
        struct snapshot snapshot = {.stage = STAGE_STATE, .now_s = FAKE_NOW};
        struct evaluator evaluator;
        evaluator_init(&evaluator, &policy, &arena);
        evaluator_begin(&evaluator, &snapshot);
        const double *spans = needs_of(&arena, &evaluator, BEHAVIOUR_SLEEP, results);
        for (size_t j = 0; j < policy.metric_count; j++)
            if (spans[j] != scripts[i].span_s)
                fail_msg("case %zu, metric %zu: %g s", i, j, spans[j]);
    }
}

// ---- targets ----------------------------------------------------------------------------------------------

struct target_case {
    const char *targets;
    const char *only;   // the service, of cluster c; NULL: all
    const char *names;  // NULL: turned down
    const char *calls;
    const char *error;
};

static void test_targets(void **state)
{
    (void)state;
    static const struct target_case targets[] = {
        {"[{cluster: c, service: s}]", NULL, "c/s ", "", NULL},
        {"[{cluster: c, service: s}, {cluster: c, service: x}, {cluster: c, service: s}]", NULL, "c/s c/x ", "", NULL},
        {"[{cluster: c, service: \"s*\"}, {cluster: c, service: s2}]", NULL, "c/s c/s2 ", "list c/s*, ", NULL},
        {"[{cluster: c, service: s2}, {cluster: \"*\", service: s}]", NULL, "c/s2 c/s ", "list */s, ", NULL},
        {"[{cluster: c, service: \"s*\"}]", "s9", "c/s9 ", "", NULL},
        {"[{cluster: c, service: s}]", "t", NULL, "", "c/t is not among the policy's targets"},
        {"[{cluster: d, service: \"*\"}]", "s", NULL, "", "c/s is not among the policy's targets"},
        {NULL, "s", NULL, "", "c/s is not among the policy's targets"},
        {NULL, NULL, NULL, "", "the policy has no targets, and no service was named"},
    };
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        const struct target_case *test = &targets[i];
        struct fake_cloud fake = fake_cloud_new(1, 1, 0);
        struct cloud cloud = fake_cloud_port(&fake);
        struct text yaml = test->targets ? arena_format(&arena, "policy: 1\nname: t\ntargets: %s\n" KILL, test->targets)
                                         : TEXT("policy: 1\nname: t\n" KILL);
        struct service_name only = {TEXT("c"), text_of(test->only), false}, *names = NULL;
        struct buffer error, out;
        size_t count = 0;
        enum port_status status = PORT_FAILED;
        buffer_init(&error, 1000);
        buffer_init(&out, 1000);
        bool resolved = resolve_targets(&arena, test_policy_text(&arena, yaml.p), &cloud, test->only ? &only : NULL,
                                        &names, &count, &status, &error);
        for (size_t j = 0; j < count; j++)
            buffer_printf(&out, "%.*s/%.*s ", TEXT_ARG(names[j].cluster), TEXT_ARG(names[j].service));
        if (resolved != (test->names != NULL) || !text_eq(buffer_text(&out), text_of(test->names)) ||
            status != (resolved ? PORT_OK : PORT_DENIED) || !text_eq(buffer_text(&error), text_of(test->error)) ||
            !text_is(buffer_text(&fake.log), test->calls))
            fail_msg("case %zu: %.*s| %.*s| status %d", i, TEXT_ARG(buffer_text(&out)), TEXT_ARG(buffer_text(&error)),
                     status);
        buffer_release(&error);
        buffer_release(&out);
        buffer_release(&fake.log);
    }
}

static void test_a_list_that_fails(void **state)
{
    (void)state;
    struct fake_cloud fake = fake_cloud_new(1, 1, 0);
    struct cloud cloud = fake_cloud_port(&fake);
    struct service_name *names;
    size_t count;
    enum port_status status;
    struct buffer error;
    buffer_init(&error, 1000);
    fake.fails = CALL_LIST;
    fake.fails_at = 1;
    fake.fails_with = PORT_THROTTLED;
    const struct policy *policy =
        test_policy_text(&arena, "policy: 1\nname: t\ntargets: [{cluster: c, service: \"*\"}]\n" KILL);
    assert_false(resolve_targets(&arena, policy, &cloud, NULL, &names, &count, &status, &error));
    assert_int_equal(status, PORT_THROTTLED);
    assert_true(text_is(buffer_text(&error), "injected"));
    buffer_release(&error);
    buffer_release(&fake.log);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_params_reach_the_span),  TEST(test_what_is_asked_of_cloudwatch),
        TEST(test_what_a_script_is_given), TEST(test_targets),
        TEST(test_a_list_that_fails),
    };
    return cmocka_run_group_tests_name("gather", tests, NULL, NULL) != 0;
}
