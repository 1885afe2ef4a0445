// The state file: an embedded ECS and CloudWatch, changed atomically, that settles as ECS does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/series.h"
#include "engine/sim/state_file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define NOW 1795415736.0  // 2026-11-23T06:35:36Z

static struct arena arena;
static struct buffer error;
static char folder[64], path[100];

static double clock_now(void *context)
{
    return *(double *)context;
}

static double clock_time = NOW;
static struct clock the_clock = {&clock_time, clock_now};
static struct policy policy = {.cold_start_s = 75};
static const struct metric metrics[] = {
    {.name = {"m", 1}, .stat = {"Average", 7}, .period_s = 60},
    {.name = {"n", 1}, .stat = {"Sum", 3}, .period_s = 60},
};

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    buffer_init(&error, 4096);
    clock_time = NOW;
    snprintf(folder, sizeof folder, "/tmp/drowse-state-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.json", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    buffer_release(&error);
    arena_release(&arena);
    return 0;
}

static void write_state(const char *content)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
    assert_int_equal(fclose(file), 0);
}

static char *read_state(void)
{
    static char content[1 << 16];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(content, 1, sizeof content - 1, file);
    content[n] = '\0';
    fclose(file);
    return content;
}

static struct state_file *open_state(void)
{
    buffer_clear(&error);
    struct state_file *file = state_file_open(text_of(path), &policy, &the_clock, &error);
    if (!file)
        fail_msg("%.*s", TEXT_ARG(buffer_text(&error)));
    return file;
}

static struct service_state describe(struct state_file *file, const char *cluster, const char *service)
{
    struct cloud cloud = state_file_cloud(file);
    struct service_name name = {text_of(cluster), text_of(service)};
    struct service_state described;
    bool found;
    assert_int_equal(cloud.describe(cloud.context, &arena, &name, 1, &described, &found, &error), PORT_OK);
    assert_true(found);
    return described;
}

static void assert_counts(struct state_file *file, int64_t desired, int64_t running, int64_t pending)
{
    struct service_state state = describe(file, "c", "s");
    if (state.desired != desired || state.running != running || state.pending != pending)
        fail_msg("desired %lld, running %lld, pending %lld; wanted %lld, %lld, %lld", (long long)state.desired,
                 (long long)state.running, (long long)state.pending, (long long)desired, (long long)running,
                 (long long)pending);
}

static enum port_status scale(struct state_file *file, const char *service, int64_t desired)
{
    struct cloud cloud = state_file_cloud(file);
    struct service_name name = {TEXT("c"), text_of(service)};
    buffer_clear(&error);
    return cloud.set_desired(cloud.context, &name, desired, &error);
}

static enum port_status tag(struct state_file *file, const char *key, const char *value)
{
    struct cloud cloud = state_file_cloud(file);
    struct service_state service = {.cluster = TEXT("c"), .service = TEXT("s")};
    struct tag one = {text_of(key), text_of(value)};
    buffer_clear(&error);
    return cloud.set_tags(cloud.context, &service, &one, 1, &error);
}

static void must_hold(const char *content, const char *part)
{
    if (!strstr(content, part))
        fail_msg("lacks %s\nin %s", part, content);
}

#define SERVICE(name, desired, running, rest) \
    "{\"serviceName\":\"" name "\",\"clusterArn\":\"arn:aws:ecs:r:1:cluster/c\",\"desiredCount\":" desired \
    ",\"runningCount\":" running ",\"pendingCount\":0" rest "}"
#define STATE(services) "{\"now\":\"2026-11-23T06:35:36Z\",\"services\":[" services "]}"
#define DEPLOYMENT(counts, at) \
    ",\"deployments\":[{\"status\":\"PRIMARY\"," counts ",\"createdAt\":1700000000,\"updatedAt\":" at \
    ",\"rolloutState\":\"COMPLETED\",\"id\":\"ecs-svc/1\"}]"

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
        {STATE(SERVICE("s", "1", "0", ",\"drowseChangedAt\":\"x\"")),
         ": drowseChangedAt of service s is no timestamp"},
        {"{\"services\":[],\"services\":[" SERVICE("s", "1", "1", ",\"drowseChangedAt\":1") "]}",
         ": has two members called services"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char wanted[400];
        write_state(cases[i].content);
        buffer_clear(&error);
        struct state_file *file = state_file_open(text_of(path), &policy, &the_clock, &error);
        snprintf(wanted, sizeof wanted, "%s%s", path, cases[i].error);
        if (file || !text_starts(buffer_text(&error), text_of(wanted)))
            fail_msg("in %s\nwanted %s\ngot    %.*s", cases[i].content, wanted, TEXT_ARG(buffer_text(&error)));
    }
    unlink(path);
    buffer_clear(&error);
    assert_null(state_file_open(text_of(path), &policy, &the_clock, &error));
    assert_true(text_starts(buffer_text(&error), text_of(path)));
}

static void test_now(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        double now_s;
    } cases[] = {
        {"{\"services\":[]}", NOW},
        {"{\"services\":[],\"now\":null}", NOW},
        {"{\"services\":[],\"now\":60.5}", 60.5},
        {"{\"services\":[],\"now\":\"1970-01-01 00:02:00\"}", 120},
        {"{\"services\":[],\"now\":\"1970-01-01T01:02:00.000000+01:00\"}", 120},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_state(cases[i].content);
        struct state_file *file = open_state();
        struct clock clock = state_file_clock(file);
        if (clock.now_s(clock.context) != cases[i].now_s)
            fail_msg("%s: now %f", cases[i].content, clock.now_s(clock.context));
        state_file_close(file);
    }
}

// ---- reading ----------------------------------------------------------------------------------------------

static void test_list(void **state)
{
    (void)state;
    static const struct {
        const char *cluster, *service, *names;
    } cases[] = {
        {"*", "*", "s t"}, {"c", "s", "s"}, {"c", "t*", "t"}, {"d*", "*", ""}, {"c", "daemon", ""},
    };
    write_state(STATE(SERVICE("s", "1", "1", ",\"status\":\"ACTIVE\"") ","
                      SERVICE("t", "1", "1", ",\"schedulingStrategy\":\"REPLICA\"") ","
                      SERVICE("draining", "1", "1", ",\"status\":\"DRAINING\"") ","
                      SERVICE("gone", "0", "0", ",\"status\":\"INACTIVE\"") ","
                      SERVICE("daemon", "1", "1", ",\"schedulingStrategy\":\"DAEMON\"")));
    struct state_file *file = open_state();
    struct cloud cloud = state_file_cloud(file);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct target target = {.cluster = text_of(cases[i].cluster), .service = text_of(cases[i].service)};
        struct service_name *names;
        size_t count;
        assert_int_equal(cloud.list(cloud.context, &arena, &target, &names, &count, &error), PORT_OK);
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
    write_state(STATE(SERVICE("s", "2", "1", "")));
    struct state_file *file = open_state();
    struct cloud cloud = state_file_cloud(file);
    const struct service_name names[] = {{TEXT("c"), TEXT("t")}, {TEXT("c"), TEXT("s")}, {TEXT("d"), TEXT("s")}};
    struct service_state states[3];
    bool found[3];
    assert_int_equal(cloud.describe(cloud.context, &arena, names, 3, states, found, &error), PORT_OK);
    assert_true(!found[0] && found[1] && !found[2]);
    assert_int_equal(states[1].desired, 2);
    // A raised count that this port did not raise never settles: the file may be a picture of a service in trouble.
    assert_counts(file, 2, 1, 0);
    state_file_close(file);
}

struct metric_case {
    const char *content;
    size_t metric;
    const char *service;
    const char *points;
    enum metric_status status;
};

#define RESULT(id, label, times, values, rest) \
    "{\"Id\":\"" id "\",\"Label\":\"" label "\",\"Timestamps\":[" times "],\"Values\":[" values "]" rest "}"
#define ONE(results) "{\"services\":[" SERVICE("s", "1", "1", "") "],\"MetricDataResults\":[" results "]}"
#define TWO(results) \
    "{\"services\":[" SERVICE("s", "1", "1", "") "," SERVICE("t", "1", "1", "") "],\"MetricDataResults\":[" \
    results "]}"

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
    if (!view->series)
        buffer_add(out, TEXT("none"));
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
        write_state(test->content);
        struct state_file *file = open_state();
        struct cloud cloud = state_file_cloud(file);
        struct service_state service = describe(file, "c", test->service);
        struct metric_request request = {&metrics[test->metric], &service, 60, 300};
        struct metric_view view;
        struct buffer out;
        buffer_init(&out, 4096);
        assert_int_equal(cloud.metrics(cloud.context, &arena, &request, 1, &view, &error), PORT_OK);
        print_view(&view, &out);
        if (!text_is(buffer_text(&out), test->points) || view.status != test->status)
            fail_msg("case %zu: %.*s, status %d", i, TEXT_ARG(buffer_text(&out)), view.status);
        buffer_release(&out);
        state_file_close(file);
    }
}

// ---- changing ---------------------------------------------------------------------------------------------

#define ODD \
    "{\"extra\":{\"keep\":[1,2.5,\"\\u00e9\"]},\"now\":\"2026-11-23T06:35:36Z\",\"services\":[" \
    SERVICE("s", "0", "0", DEPLOYMENT("\"desiredCount\":0,\"runningCount\":0,\"pendingCount\":0", \
    "\"2026-11-20T00:00:00Z\"") ",\"mine\":{\"a\":[null,true]}") "],\"failures\":[]}"

static void test_a_wake_and_what_comes_of_it(void **state)
{
    (void)state;
    write_state(ODD);
    struct state_file *file = open_state();
    assert_int_equal(scale(file, "s", 2), PORT_OK);
    assert_counts(file, 2, 0, 2);
    state_file_close(file);

    // All of it is on the disk, and what it does not concern is as it was.
    const char *content = read_state();
    must_hold(content, "\"desiredCount\":\t2");
    must_hold(content, "\"updatedAt\":\t\"2026-11-23T06:35:36Z\"");
    must_hold(content, "\"extra\"");
    must_hold(content, "[1, 2.5, \"\xc3\xa9\"]");
    must_hold(content, "[null, true]");
    must_hold(content, "\"failures\":\t[]");
    must_hold(content, "\"id\":\t\"ecs-svc/1\"");
    must_hold(content, "\"drowseChangedAt\":\t\"2026-11-23T06:35:36Z\"");

    // Not up a second too early; then up, with a start event as fence; and that is not written before a change is.
    struct {
        double later_s;
        int64_t running;
    } steps[] = {{74, 0}, {75, 2}};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        char now[1 << 16];
        snprintf(now, sizeof now, "%s", read_state());
        char *at = strstr(now, "2026-11-23T06:35:36Z");
        memcpy(at, i ? "2026-11-23T06:36:51Z" : "2026-11-23T06:36:50Z", 20);
        write_state(now);
        file = open_state();
        assert_counts(file, 2, steps[i].running, 2 - steps[i].running);
        struct service_state up = describe(file, "c", "s");
        assert_int_equal(up.fence_source, steps[i].running ? FENCE_STARTED_EVENT : FENCE_DEPLOYMENT);
        if (steps[i].running)
            assert_true(up.fence_s == NOW + 75);
        state_file_close(file);
        assert_string_equal(read_state(), now);
        memcpy(strstr(now, i ? "2026-11-23T06:36:51Z" : "2026-11-23T06:36:50Z"), "2026-11-23T06:35:36Z", 20);
        write_state(now);
    }
}

static void test_what_settled_is_written_with_the_next_change(void **state)
{
    (void)state;
    write_state("{\"services\":[" SERVICE("s", "1", "0", ",\"drowseChangedAt\":1795415600.5") "]}");
    struct state_file *file = open_state();
    assert_counts(file, 1, 1, 0);
    assert_int_equal(tag(file, "a", "b"), PORT_OK);
    const char *content = read_state();
    assert_null(strstr(content, "drowseChangedAt"));
    must_hold(content, "(service s) has started 1 tasks: (task ");
    must_hold(content, "\"createdAt\":\t\"2026-11-23T06:34:35Z\"");
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
        {"1", "1", 0, 0, 0, false}, {"3", "3", 1, 1, 0, false}, {"3", "1", 2, 1, 1, false},
        {"0", "0", 1, 0, 1, true},  {"0", "2", 1, 1, 0, false}, {"1", "1", 3, 1, 2, true},
        {"1", "0", 0, 0, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[1000];
        snprintf(content, sizeof content,
                 "{\"now\":1795415736.5,\"services\":[{\"serviceName\":\"s\",\"clusterArn\":\"c\",\"desiredCount\":%s,"
                 "\"runningCount\":%s,\"pendingCount\":0,\"deployments\":[{\"status\":\"ACTIVE\",\"desiredCount\":9},"
                 "{\"status\":\"PRIMARY\",\"desiredCount\":%s,\"updatedAt\":1}]}]}",
                 cases[i].desired, cases[i].running, cases[i].desired);
        write_state(content);
        struct state_file *file = open_state();
        assert_int_equal(scale(file, "s", cases[i].to), PORT_OK);
        assert_counts(file, cases[i].to, cases[i].then_running, cases[i].then_pending);
        state_file_close(file);
        char deployment[100];
        snprintf(deployment, sizeof deployment, "\"desiredCount\":\t%lld,\n\t\t\t\t\t\"updatedAt\":\t1795415736.5",
                 (long long)cases[i].to);
        must_hold(read_state(), deployment);
        must_hold(read_state(), "\"desiredCount\":\t9");
        if ((strstr(read_state(), "drowseChangedAt") != NULL) != cases[i].starting)
            fail_msg("case %zu: drowseChangedAt in %s", i, read_state());
    }
}

static void test_the_same_count_writes_nothing(void **state)
{
    (void)state;
    write_state(STATE(SERVICE("s", "1", "0", "")));
    struct state_file *file = open_state();
    assert_int_equal(scale(file, "s", 1), PORT_OK);
    state_file_close(file);
    assert_string_equal(read_state(), STATE(SERVICE("s", "1", "0", "")));
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
    const char *content = STATE(SERVICE("draining", "1", "1", ",\"status\":\"DRAINING\"") ","
                                SERVICE("inactive", "0", "0", ",\"status\":\"INACTIVE\"") ","
                                SERVICE("daemon", "1", "1", ",\"schedulingStrategy\":\"DAEMON\"") ","
                                SERVICE("s", "1", "1", ""));
    write_state(content);
    struct state_file *file = open_state();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum port_status status = scale(file, cases[i].service, cases[i].desired);
        if (status != cases[i].status || !strstr(error.p, cases[i].error))
            fail_msg("%s: status %d, %.*s", cases[i].service, status, TEXT_ARG(buffer_text(&error)));
    }
    state_file_close(file);
    assert_string_equal(read_state(), content);
}

static void test_tags(void **state)
{
    (void)state;
    write_state(STATE(SERVICE("s", "1", "1", ",\"tags\":[{\"key\":\"a\",\"value\":\"1\"}]")));
    struct state_file *file = open_state();
    assert_int_equal(tag(file, "drowse-wake", "2026-11-23T06:35:36Z"), PORT_OK);
    assert_int_equal(tag(file, "a", "2"), PORT_OK);
    struct service_state described = describe(file, "c", "s");
    assert_int_equal(described.tag_count, 2);
    assert_true(text_is(described.tags[0].value, "2"));
    assert_true(described.woken_at_s == NOW && described.fence_source == FENCE_WAKE_MARK);
    char value[300];
    memset(value, 'x', sizeof value);
    value[257] = '\0';
    assert_int_equal(tag(file, "a", value), PORT_REFUSED);
    for (int i = 2; i < 50; i++) {
        snprintf(value, sizeof value, "key%d", i);
        assert_int_equal(tag(file, value, ""), PORT_OK);
    }
    assert_int_equal(tag(file, "one more", ""), PORT_REFUSED);
    assert_int_equal(tag(file, "key7", "changed"), PORT_OK);
    state_file_close(file);
    file = open_state();
    assert_int_equal(describe(file, "c", "s").tag_count, 50);
    state_file_close(file);
}

static void test_a_service_without_tags_gets_them(void **state)
{
    (void)state;
    write_state(STATE(SERVICE("s", "1", "1", "")));
    struct state_file *file = open_state();
    assert_false(describe(file, "c", "s").tags_read);
    assert_int_equal(scale(file, "s", 2), PORT_OK);
    assert_false(describe(file, "c", "s").tags_read);
    assert_int_equal(tag(file, "a", "1"), PORT_OK);
    assert_true(describe(file, "c", "s").tags_read);
    state_file_close(file);
}

static void test_tags_denied(void **state)
{
    (void)state;
    write_state("{\"tagsDenied\":true,\"services\":[" SERVICE("s", "1", "1", ",\"tags\":[{\"key\":\"drowse-wake\","
                "\"value\":\"60\"}]") "]}");
    struct state_file *file = open_state();
    assert_int_equal(tag(file, "a", "1"), PORT_DENIED);
    assert_true(error.n > 0);
    assert_int_equal(scale(file, "s", 0), PORT_OK);
    struct service_state described = describe(file, "c", "s");
    assert_false(described.tags_read);
    assert_true(isnan(described.woken_at_s));
    state_file_close(file);
    must_hold(read_state(), "drowse-wake");
}

// Its folder is gone, so nothing can be written: memory is as it was, and a later change goes through.
static void test_unwritable(void **state)
{
    (void)state;
    write_state(STATE(SERVICE("s", "1", "1", ",\"tags\":[]")));
    struct state_file *file = open_state();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(scale(file, "s", 0), PORT_FAILED);
    assert_true(error.n > 0);
    assert_counts(file, 1, 1, 0);
    assert_int_equal(tag(file, "a", "1"), PORT_FAILED);
    assert_int_equal(describe(file, "c", "s").tag_count, 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(scale(file, "s", 0), PORT_OK);
    assert_counts(file, 0, 0, 0);
    state_file_close(file);
    must_hold(read_state(), "\"desiredCount\":\t0");
}

static void test_what_would_not_survive_is_not_written(void **state)
{
    (void)state;
    static const struct {
        const char *extra;
        bool survives;
    } cases[] = {
        {"9007199254740993", false}, {"9007199254740992", true}, {"123456789012345678901234567890", false},
        {"1e400", false}, {"\"a\\u0000b\"", false}, {"{\"a\\u0000\":1}", false}, {"0.1", true},
        {"41.361999999999995", true}, {"-0", true}, {"100000000000000000000", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[1000];
        snprintf(content, sizeof content, "{\"extra\":%s,\"services\":[" SERVICE("s", "1", "1", "") "]}",
                 cases[i].extra);
        write_state(content);
        struct state_file *file = open_state();
        enum port_status status = scale(file, "s", 0);
        if ((status == PORT_OK) != cases[i].survives)
            fail_msg("%s: status %d, %.*s", cases[i].extra, status, TEXT_ARG(buffer_text(&error)));
        if (!cases[i].survives) {
            assert_counts(file, 1, 1, 0);
            assert_string_equal(read_state(), content);
            assert_non_null(strstr(error.p, ":1:1"));
        }
        state_file_close(file);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_faults),
        TEST(test_now),
        TEST(test_list),
        TEST(test_describe),
        TEST(test_metrics),
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
    return cmocka_run_group_tests_name("state_file", tests, NULL, NULL) != 0;
}
