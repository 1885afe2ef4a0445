// The state file changed: atomically, keeping what it does not concern, settling as ECS does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

#define DEPLOYMENT(counts, at)                                                                                         \
    ",\"deployments\":[{\"status\":\"PRIMARY\"," counts ",\"createdAt\":1700000000,\"updatedAt\":" at                  \
    ",\"rolloutState\":\"COMPLETED\",\"id\":\"ecs-svc/1\"}]"

#define ODD                                                                                                            \
    "{\"extra\":{\"keep\":[1,2.5,\"\\u00e9\"]},\"services\":[" SERVICE(                                                \
        "s", "0", "0",                                                                                                 \
        DEPLOYMENT("\"desiredCount\":0,\"runningCount\":0,\"pendingCount\":0",                                         \
                   "\"2026-11-20T00:00:00Z\"") ",\"mine\":{\"a\":[null,true]}") "],\"failures\":[]}"

static void test_a_wake_and_what_comes_of_it(void **state)
{
    (void)state;
    states_write(&states, ODD);
    struct state_file *file = states_open(&states);
    assert_int_equal(states_scale(&states, file, "s", 2), PORT_OK);
    states_expect_counts(&states, file, 2, 0, 2);
    state_file_close(file);

    // All of it is on the disk, and what it does not concern is as it was.
    states_expect(&states, "\"desiredCount\":\t2");
    states_expect(&states, "\"updatedAt\":\t\"2026-11-23T06:35:36Z\"");
    states_expect(&states, "\"extra\"");
    states_expect(&states, "[1, 2.5, \"\xc3\xa9\"]");
    states_expect(&states, "[null, true]");
    states_expect(&states, "\"failures\":\t[]");
    states_expect(&states, "\"id\":\t\"ecs-svc/1\"");
    states_expect(&states, "\"drowseChangedAt\":\t\"2026-11-23T06:35:36Z\"");

    // Not up a second too early; then up, with a start event as fence; and that is not written before a change is.
    static const struct {
        double later_s;
        int64_t running;
    } steps[] = {{74.9, 0}, {75, 2}};
    char before[1 << 14];
    snprintf(before, sizeof before, "%s", states_read(&states));
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        states.clock_s = STATES_NOW + steps[i].later_s;
        file = states_open(&states);
        states_expect_counts(&states, file, 2, steps[i].running, 2 - steps[i].running);
        struct service_state up = states_describe(&states, file, "c", "s");
        assert_int_equal(up.fence_source, steps[i].running ? FENCE_STARTED_EVENT : FENCE_DEPLOYMENT);
        if (steps[i].running)
            assert_true(up.fence_s == STATES_NOW + 75);
        state_file_close(file);
        assert_string_equal(states_read(&states), before);
    }
}

static void test_what_settled_is_written_with_the_next_change(void **state)
{
    (void)state;
    states_write(&states, "{\"services\":[" SERVICE("s", "1", "0", ",\"drowseChangedAt\":1795415600.5") "]}");
    struct state_file *file = states_open(&states);
    states_expect_counts(&states, file, 1, 1, 0);
    assert_int_equal(states_tag(&states, file, "a", "b"), PORT_OK);
    assert_null(strstr(states_read(&states), "drowseChangedAt"));
    states_expect(&states, "(service s) has started 1 tasks: (task ");
    states_expect(&states, "\"createdAt\":\t\"2026-11-23T06:34:35Z\"");
    state_file_close(file);
}

struct scale_case {
    const char *desired, *running;
    int64_t to, then_running, then_pending;
    bool starting;  // it carries drowseChangedAt
};

static void test_counts_follow(void **state)
{
    (void)state;
    static const struct scale_case cases[] = {
        {"1", "1", 0, 0, 0, false}, {"3", "3", 1, 1, 0, false}, {"3", "1", 2, 1, 1, false}, {"0", "0", 1, 0, 1, true},
        {"0", "2", 1, 1, 0, false}, {"1", "1", 3, 1, 2, true},  {"1", "0", 0, 0, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[1000];
        snprintf(content, sizeof content,
                 "{\"now\":1795415736.5,\"services\":[{\"serviceName\":\"s\",\"clusterArn\":\"c\",\"desiredCount\":%s,"
                 "\"runningCount\":%s,\"pendingCount\":0,\"deployments\":[{\"status\":\"ACTIVE\",\"desiredCount\":9},"
                 "{\"status\":\"PRIMARY\",\"desiredCount\":%s,\"updatedAt\":1}]}]}",
                 cases[i].desired, cases[i].running, cases[i].desired);
        states_write(&states, content);
        struct state_file *file = states_open(&states);
        assert_int_equal(states_scale(&states, file, "s", cases[i].to), PORT_OK);
        states_expect_counts(&states, file, cases[i].to, cases[i].then_running, cases[i].then_pending);
        state_file_close(file);
        char deployment[100];
        snprintf(deployment, sizeof deployment, "\"desiredCount\":\t%lld,\n\t\t\t\t\t\"updatedAt\":\t1795415736.5",
                 (long long)cases[i].to);
        states_expect(&states, deployment);
        states_expect(&states, "\"desiredCount\":\t9");
        if ((strstr(states_read(&states), "drowseChangedAt") != NULL) != cases[i].starting)
            fail_msg("case %zu: drowseChangedAt in %s", i, states_read(&states));
    }
}

static void test_the_same_count_writes_nothing(void **state)
{
    (void)state;
    states_write(&states, STATE(SERVICE("s", "1", "0", "")));
    struct state_file *file = states_open(&states);
    assert_int_equal(states_scale(&states, file, "s", 1), PORT_OK);
    state_file_close(file);
    assert_string_equal(states_read(&states), STATE(SERVICE("s", "1", "0", "")));
}

struct refusal_case {
    const char *service;
    int64_t desired;
    enum port_status status;
    const char *error;
};

static void test_refusals(void **state)
{
    (void)state;
    static const struct refusal_case cases[] = {
        {"nobody", 0, PORT_NOT_FOUND, "there is no service c/nobody"},
        {"draining", 0, PORT_REFUSED, "service c/draining is draining, inactive or a daemon"},
        {"inactive", 1, PORT_REFUSED, "service c/inactive is draining, inactive or a daemon"},
        {"daemon", 0, PORT_REFUSED, "service c/daemon is draining, inactive or a daemon"},
        {"s", -1, PORT_REFUSED, "service c/s cannot have that desired count"},
        {"s", 5001, PORT_REFUSED, "service c/s cannot have that desired count"},
    };
    const char *content = STATE(SERVICE("draining", "1", "1", ",\"status\":\"DRAINING\"") "," SERVICE(
        "inactive", "0", "0",
        ",\"status\":\"INACTIVE\"") "," SERVICE("daemon", "1", "1",
                                                ",\"schedulingStrategy\":\"DAEMON\"") "," SERVICE("s", "1", "1", ""));
    states_write(&states, content);
    struct state_file *file = states_open(&states);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum port_status status = states_scale(&states, file, cases[i].service, cases[i].desired);
        if (status != cases[i].status || !strstr(states.error.p, cases[i].error))
            fail_msg("%s: status %d, %.*s", cases[i].service, status, TEXT_ARG(buffer_text(&states.error)));
    }
    state_file_close(file);
    assert_string_equal(states_read(&states), content);
}

static void test_tags(void **state)
{
    (void)state;
    states_write(&states, STATE(SERVICE("s", "1", "1", ",\"tags\":[{\"key\":\"a\",\"value\":\"1\"}]")));
    struct state_file *file = states_open(&states);
    assert_int_equal(states_tag(&states, file, "drowse-wake", "2026-11-23T06:35:36Z"), PORT_OK);
    assert_int_equal(states_tag(&states, file, "a", "2"), PORT_OK);
    struct service_state described = states_describe(&states, file, "c", "s");
    assert_int_equal(described.tag_count, 2);
    assert_true(text_is(described.tags[0].value, "2"));
    assert_true(described.woken_at_s == STATES_NOW && described.fence_source == FENCE_WAKE_MARK);
    char value[300];
    memset(value, 'x', sizeof value);
    value[257] = '\0';
    assert_int_equal(states_tag(&states, file, "a", value), PORT_REFUSED);
    for (int i = 2; i < 50; i++) {
        snprintf(value, sizeof value, "key%d", i);
        assert_int_equal(states_tag(&states, file, value, ""), PORT_OK);
    }
    assert_int_equal(states_tag(&states, file, "one more", ""), PORT_REFUSED);
    assert_int_equal(states_tag(&states, file, "key7", "changed"), PORT_OK);
    state_file_close(file);
    file = states_open(&states);
    assert_int_equal(states_describe(&states, file, "c", "s").tag_count, 50);
    state_file_close(file);
}

static void test_a_service_without_tags_gets_them(void **state)
{
    (void)state;
    states_write(&states, STATE(SERVICE("s", "1", "1", "")));
    struct state_file *file = states_open(&states);
    assert_true(states_describe(&states, file, "c", "s").tags_read);
    assert_int_equal(states_scale(&states, file, "s", 2), PORT_OK);
    assert_true(states_describe(&states, file, "c", "s").tags_read);
    assert_int_equal(states_describe(&states, file, "c", "s").tag_count, 0);
    assert_int_equal(states_tag(&states, file, "a", "1"), PORT_OK);
    assert_int_equal(states_describe(&states, file, "c", "s").tag_count, 1);
    state_file_close(file);
}

static void test_tags_denied(void **state)
{
    (void)state;
    states_write(&states, "{\"tagsDenied\":true,\"services\":[" SERVICE("s", "1", "1",
                                                                        ",\"tags\":[{\"key\":\"drowse-wake\","
                                                                        "\"value\":\"60\"}]") "]}");
    struct state_file *file = states_open(&states);
    assert_int_equal(states_tag(&states, file, "a", "1"), PORT_DENIED);
    assert_true(states.error.n > 0);
    assert_int_equal(states_scale(&states, file, "s", 0), PORT_OK);
    struct service_state described = states_describe(&states, file, "c", "s");
    assert_false(described.tags_read);
    assert_true(isnan(described.woken_at_s));
    state_file_close(file);
    states_expect(&states, "drowse-wake");
}

// Its folder is gone, so nothing can be written: memory is as it was, and a later change goes through.
static void test_unwritable(void **state)
{
    (void)state;
    states_write(&states, STATE(SERVICE("s", "1", "1", ",\"tags\":[]")));
    struct state_file *file = states_open(&states);
    assert_int_equal(unlink(states.path), 0);
    assert_int_equal(rmdir(states.folder), 0);
    assert_int_equal(states_scale(&states, file, "s", 0), PORT_FAILED);
    assert_true(states.error.n > 0);
    states_expect_counts(&states, file, 1, 1, 0);
    assert_int_equal(states_tag(&states, file, "a", "1"), PORT_FAILED);
    assert_int_equal(states_describe(&states, file, "c", "s").tag_count, 0);
    assert_int_equal(mkdir(states.folder, 0700), 0);
    assert_int_equal(states_scale(&states, file, "s", 0), PORT_OK);
    states_expect_counts(&states, file, 0, 0, 0);
    state_file_close(file);
    states_expect(&states, "\"desiredCount\":\t0");
}

static void test_what_would_not_survive_is_not_written(void **state)
{
    (void)state;
    static const struct {
        const char *extra;
        bool survives;
    } cases[] = {
        {"9007199254740993", false},
        {"9007199254740992", true},
        {"123456789012345678901234567890", false},
        {"1e400", false},
        {"\"a\\u0000b\"", false},
        {"{\"a\\u0000\":1}", false},
        {"0.1", true},
        {"41.361999999999995", true},
        {"-0", true},
        {"100000000000000000000", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[1000];
        snprintf(content, sizeof content, "{\"extra\":%s,\"services\":[" SERVICE("s", "1", "1", "") "]}",
                 cases[i].extra);
        states_write(&states, content);
        struct state_file *file = states_open(&states);
        enum port_status status = states_scale(&states, file, "s", 0);
        if ((status == PORT_OK) != cases[i].survives)
            fail_msg("%s: status %d, %.*s", cases[i].extra, status, TEXT_ARG(buffer_text(&states.error)));
        if (!cases[i].survives) {
            states_expect_counts(&states, file, 1, 1, 0);
            assert_string_equal(states_read(&states), content);
            assert_non_null(strstr(states.error.p, ":1:1"));
        }
        state_file_close(file);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_wake_and_what_comes_of_it),
        TEST(test_what_settled_is_written_with_the_next_change),
        TEST(test_counts_follow),
        TEST(test_the_same_count_writes_nothing),
        TEST(test_refusals),
        TEST(test_tags),
        TEST(test_a_service_without_tags_gets_them),
        TEST(test_tags_denied),
        TEST(test_unwritable),
        TEST(test_what_would_not_survive_is_not_written),
    };
    return cmocka_run_group_tests_name("state_change", tests, NULL, NULL) != 0;
}
