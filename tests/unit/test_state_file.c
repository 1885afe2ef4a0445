// The state file read: faults, its clock, services, metrics.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/core/series.h"
#include "tests/support/asserts.h"
#include "tests/support/states.h"

static struct states states;

static int setup(void **state)
{
    (void)state;
    states_begin(&states);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    states_end(&states);
    return 0;
}

// ---- opening ----------------------------------------------------------------------------------------------

struct open_case {
    const char *content;  // NULL: there is no such file
    const char *error;    // behind the path
};

static void test_faults(void **state)
{
    (void)state;
    static const struct open_case cases[] = {
        {"", ": is empty"},
        {"no", ": is no recording"},
        {"{\"services\":[]", ":1:15: not valid JSON: the document ends too early"},
        {"{}", ": holds none of MetricDataResults, Datapoints and services"},
        {"{\"MetricDataResults\":[]}", ": has no services: it is no state file"},
        {"{\"services\":null}", ":1:13: services is null; an array is due"},
        {STATE(SERVICE("s", "1", "1", "") "," SERVICE("t", "1", "1", "") "," SERVICE("s", "0", "0", "")),
         ": service c/s is there twice"},
        {"{\"now\":\"noon\",\"services\":[]}", ":1:8: \"noon\" is no timestamp"},
        {"{\"services\":[],\"tagsDenied\":1}", ":1:29: tagsDenied is a number; true or false is due"},
        {STATE(SERVICE("s", "1", "0", ",\"drowseChangedAt\":\"x\"")), ": drowseChangedAt of service s is no timestamp"},
        {"{\"services\":[],\"services\":[" SERVICE("s", "1", "1", ",\"drowseChangedAt\":1") "]}",
         ": has two members called services"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char wanted[400];
        states_write(&states, cases[i].content);
        buffer_clear(&states.error);
        struct state_file *file = state_file_open(text_of(states.path), &states.policy, &states.clock, &states.error);
        snprintf(wanted, sizeof wanted, "%s%s", states.path, cases[i].error);
        if (file || !text_starts(buffer_text(&states.error), text_of(wanted)))
            fail_msg("in %s\nwanted %s\ngot    %.*s", cases[i].content, wanted, TEXT_ARG(buffer_text(&states.error)));
    }
    unlink(states.path);
    buffer_clear(&states.error);
    assert_null(state_file_open(text_of(states.path), &states.policy, &states.clock, &states.error));
    assert_true(text_starts(buffer_text(&states.error), text_of(states.path)));
}

static void test_now(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        double now_s;
    } cases[] = {
        {"{\"services\":[]}", STATES_NOW},
        {"{\"services\":[],\"now\":null}", STATES_NOW},
        {"{\"services\":[],\"now\":60.5}", 60.5},
        {"{\"services\":[],\"now\":\"1970-01-01 00:02:00\"}", 120},
        {"{\"services\":[],\"now\":\"1970-01-01T01:02:00.000000+01:00\"}", 120},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        states_write(&states, cases[i].content);
        struct state_file *file = states_open(&states);
        struct clock clock = state_file_clock(file);
        if (clock.now_s(clock.context) != cases[i].now_s)
            fail_msg("%s: now %f", cases[i].content, clock.now_s(clock.context));
        state_file_close(file);
    }
}

// ---- reading ----------------------------------------------------------------------------------------------
static const struct metric metrics[] = {
    {.name = {"m", 1}, .stat = {"Average", 7}, .period_s = 60},
    {.name = {"n", 1}, .stat = {"Sum", 3}, .period_s = 60},
};

static void test_list(void **state)
{
    (void)state;
    static const struct {
        const char *cluster, *service, *names;
    } cases[] = {
        {"*", "*", "s t"}, {"c", "s", "s"}, {"c", "t*", "t"}, {"d*", "*", ""}, {"c", "daemon", ""},
    };
    states_write(
        &states,
        STATE(SERVICE("s", "1", "1", ",\"status\":\"ACTIVE\"") "," SERVICE("t", "1", "1", ",\"schedulingStrategy\":\"REPLICA\"") "," SERVICE(
            "draining", "1", "1",
            ",\"status\":\"DRAINING\"") "," SERVICE("gone", "0", "0",
                                                    ",\"status\":\"INACTIVE\"") "," SERVICE("daemon", "1", "1",
                                                                                            ",\"schedulingStrategy\":\"DAEMON\"")));
    struct state_file *file = states_open(&states);
    struct cloud cloud = state_file_cloud(file);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct target target = {.cluster = text_of(cases[i].cluster), .service = text_of(cases[i].service)};
        struct service_name *names;
        size_t count;
        assert_int_equal(cloud.list(cloud.context, &states.arena, &target, &names, &count).status, PORT_OK);
        char found[200] = "";
        for (size_t j = 0; j < count; j++) {
            size_t n = strlen(found);
            snprintf(found + n, sizeof found - n, "%s%.*s", j ? " " : "", TEXT_ARG(names[j].service));
        }
        assert_string_equal(found, cases[i].names);
    }
    state_file_close(file);
}

static void test_describe(void **state)
{
    (void)state;
    states_write(&states, STATE(SERVICE("s", "2", "1", "")));
    struct state_file *file = states_open(&states);
    struct cloud cloud = state_file_cloud(file);
    const struct service_name names[] = {
        {TEXT("c"), TEXT("t"), false}, {TEXT("c"), TEXT("s"), false}, {TEXT("d"), TEXT("s"), true}};
    struct described described[3];
    cloud.describe(cloud.context, &states.arena, names, 3, described);
    assert_int_equal(described[0].result.status, PORT_NOT_FOUND);
    assert_true(text_is(described[0].result.error, "there is no service c/t"));
    assert_int_equal(described[1].result.status, PORT_OK);
    assert_int_equal(described[1].state.desired, 2);
    assert_int_equal(described[2].result.status, PORT_NOT_FOUND);
    // A raised count that this port did not raise never settles: the file may be a picture of a service in trouble.
    states_expect_counts(&states, file, 2, 1, 0);
    state_file_close(file);
}

struct metric_case {
    const char *content;
    size_t metric;
    const char *service;
    const char *points;
    enum metric_status status;
};

#define RESULT(id, label, times, values, rest)                                                                         \
    "{\"Id\":\"" id "\",\"Label\":\"" label "\",\"Timestamps\":[" times "],\"Values\":[" values "]" rest "}"
#define ONE(results) "{\"services\":[" SERVICE("s", "1", "1", "") "],\"MetricDataResults\":[" results "]}"
#define TWO(results)                                                                                                   \
    "{\"services\":[" SERVICE("s", "1", "1", "") "," SERVICE("t", "1", "1", "") "],\"MetricDataResults\":[" results "]}"

static const struct metric_case metric_cases[] = {
    {ONE(RESULT("m", "anything", "180,120,60", "3,2,1", "")), 0, "s", "60=1 120=2 180=3", METRIC_COMPLETE},
    {ONE(RESULT("m", "x", "60,300,299,59", "1,2,3,4", "")), 0, "s", "60=1 240=3", METRIC_COMPLETE},
    {ONE(RESULT("m", "x", "60,61", "1,3", "")), 0, "s", "60=2", METRIC_COMPLETE},
    {ONE(RESULT("n", "x", "60,61", "1,3", "")), 1, "s", "60=4", METRIC_COMPLETE},
    {ONE(RESULT("n", "x", "60", "1", "")), 0, "s", "none", METRIC_COMPLETE},
    {ONE(RESULT("m", "x", "", "", "")), 0, "s", "", METRIC_COMPLETE},
    {ONE(RESULT("m", "x", "60", "1", ",\"StatusCode\":\"PartialData\"")), 0, "s", "60=1", METRIC_PARTIAL},
    {ONE(RESULT("m", "x", "", "", ",\"StatusCode\":\"Forbidden\"")), 0, "s", "", METRIC_FAILED},
    {ONE(RESULT("m", "x", "60", "1", "") "," RESULT("m", "c/s", "60", "2", "")), 0, "s", "60=2", METRIC_COMPLETE},
    {TWO(RESULT("m", "c/s", "60", "1", "") "," RESULT("m", "c/t", "60", "2", "")), 0, "t", "60=2", METRIC_COMPLETE},
    {TWO(RESULT("m", "c/s", "60", "1", "")), 0, "t", "none", METRIC_COMPLETE},
    {TWO(RESULT("m", "cs", "60", "1", "")), 0, "s", "none", METRIC_COMPLETE},
};

static void print_view(const struct metric_view *view, struct buffer *out)
{
    if (!view->series) {
        buffer_add(out, TEXT("none"));
        return;
    }
    for (size_t i = view->first; i < view->end; i++) {
        buffer_printf(out, "%s%lld=", i > view->first ? " " : "", (long long)view->series->at_s[i]);
        buffer_add_number(out, view->series->values[i]);
    }
}

// From 60 up to, and not including, 300.
static void test_metrics(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(metric_cases); i++) {
        const struct metric_case *test = &metric_cases[i];
        states_write(&states, test->content);
        struct state_file *file = states_open(&states);
        struct cloud cloud = state_file_cloud(file);
        struct service_state service = states_describe(&states, file, "c", test->service);
        struct metric_request request = {&metrics[test->metric], &service, 60, 300};
        struct metric_answer answer;
        struct buffer out;
        buffer_init(&out, 4096);
        cloud.metrics(cloud.context, &states.arena, &request, 1, &answer);
        print_view(&answer.view, &out);
        if (!text_is(buffer_text(&out), test->points) || answer.view.status != test->status ||
            answer.result.status != PORT_OK)
            fail_msg("case %zu: %.*s, status %d", i, TEXT_ARG(buffer_text(&out)), answer.view.status);
        buffer_release(&out);
        state_file_close(file);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_faults), TEST(test_now), TEST(test_list), TEST(test_describe), TEST(test_metrics),
    };
    return cmocka_run_group_tests_name("state_file", tests, NULL, NULL) != 0;
}
