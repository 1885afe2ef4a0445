// ECS over the wire: services described in tens, changed, tagged and listed; answers that make no sense.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "drowse/policy.h"
#include "engine/aws/record.h"
#include "engine/recording/recording.h"
#include "tests/support/asserts.h"
#include "tests/support/scripted_aws.h"

#define OK_ANSWER(text) HTTP_ANSWERED, false, 200, NULL, text
#define FAIL_ANSWER(code, text) HTTP_ANSWERED, false, code, NULL, text
#define S(name, cluster, rest)                                                                                         \
    "{\"serviceName\":\"" name "\",\"clusterArn\":\"arn:aws:ecs:r:1:cluster/" cluster                                  \
    "\",\"desiredCount\":1,\"runningCount\":1,\"pendingCount\":0" rest "}"

static struct service_name name_of(const char *cluster, const char *service)
{
    return (struct service_name){text_of(cluster), text_of(service), false};
}

// ---- DescribeServices -------------------------------------------------------------------------------------

static void test_describe(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    fake->tags = "[{\"key\":\"drowse-wake\",\"value\":\"2026-11-23T06:00:00Z\"}]";
    struct service_name names[] = {name_of("c", "a"), name_of("d", "b"), name_of("c", "none"), name_of("c", "e")};
    struct described described[4];
    fake->keep_bodies = true;
    fake->cloud.describe(fake->cloud.context, &arena, names, 4, described);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 2);
    assert_text("said", fake->bodies,
                "{\"cluster\":\"c\",\"services\":[\"a\",\"none\",\"e\"],\"include\":[\"TAGS\"]}\n"
                "{\"cluster\":\"d\",\"services\":[\"b\"],\"include\":[\"TAGS\"]}\n");
    for (size_t i = 0; i < 4; i++) {
        if (i == 2)
            continue;
        assert_int_equal(described[i].result.status, PORT_OK);
        assert_true(text_eq(described[i].state.service, names[i].service));
        assert_true(text_eq(described[i].state.cluster, names[i].cluster));
        assert_true(described[i].state.tags_read);
        assert_int_equal(described[i].state.fence_source, FENCE_WAKE_MARK);
    }
    assert_int_equal(described[2].result.status, PORT_NOT_FOUND);
    assert_text("said", described[2].result.error,
                "DescribeServices of c/none: there is no such service: MISSING (request id id-2-1)");
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void test_describe_thousand(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct service_name names[1000];
    struct described *described = ARENA_ARRAY(&arena, 1000, struct described);
    for (size_t i = 0; i < 1000; i++)
        names[i] = (struct service_name){TEXT("c"), arena_format(&arena, "s%zu", i), false};
    fake->cloud.describe(fake->cloud.context, &arena, names, 1000, described);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 100);
    for (size_t i = 0; i < 1000; i++)
        assert_true(described[i].result.status == PORT_OK && text_eq(described[i].state.service, names[i].service));
    scripted_aws_free(fake);
    arena_release(&arena);
}

static const struct {
    const char *name, *body;
    enum port_status status;
    const char *error;  // behind "DescribeServices of c/s: "
} broken[] = {
    {"nothing", "", PORT_FAILED, "the answer makes no sense: the answer:1:1: not valid JSON: "},
    {"cut short", "{\"services\":[" S("s", "c", ""), PORT_FAILED, "the answer makes no sense: the answer:1:"},
    {"an array", "[]", PORT_FAILED, "the answer makes no sense: the answer:1:1: it is an array; an object is due"},
    {"no services", "{}", PORT_FAILED, "the answer makes no sense: it has no services (request id id-2-1)"},
    {"null services", "{\"services\":null}", PORT_FAILED,
     "the answer makes no sense: the answer:1:13: services is null; an array is due"},
    {"more behind it", "{\"services\":[]} x", PORT_FAILED, "the answer makes no sense: "},
    {"a service that is text", "{\"services\":[\"s\"]}", PORT_FAILED,
     "the answer makes no sense: the answer:1:14: a service is a string; an object is due"},
    {"counts as text", "{\"services\":[{\"serviceName\":\"s\",\"clusterArn\":\"a/c\",\"desiredCount\":\"1\"}]}",
     PORT_FAILED, "the answer makes no sense: the answer:1:67: desiredCount is a string; a whole number is due"},
    {"no running count", "{\"services\":[{\"serviceName\":\"s\",\"clusterArn\":\"a/c\",\"desiredCount\":1}]}",
     PORT_FAILED, "the answer makes no sense: the answer:1:"},
    {"not a word of it", "{\"services\":[],\"failures\":[]}", PORT_FAILED,
     "the answer makes no sense: it says nothing of this service (request id id-2-1)"},
    {"another service", "{\"services\":[" S("t", "c", "") "]}", PORT_FAILED,
     "the answer makes no sense: it says nothing of this service"},
    {"another cluster", "{\"services\":[" S("s", "d", "") "]}", PORT_FAILED,
     "the answer makes no sense: it says nothing of this service"},
    {"twice", "{\"services\":[" S("s", "c", "") "," S("s", "c", "") "]}", PORT_FAILED,
     "the answer makes no sense: it describes this service 2 times"},
    {"another reason", "{\"services\":[],\"failures\":[{\"arn\":\"s\",\"reason\":\"ODD\",\"detail\":\"why\\n\"}]}",
     PORT_FAILED, "ODD: why? (request id id-2-1)"},
    {"failures that are none", "{\"services\":[],\"failures\":{}}", PORT_FAILED,
     "the answer makes no sense: the answer:1:27: failures is an object; an array is due"},
    {"a failure that is text", "{\"services\":[],\"failures\":[\"s\"]}", PORT_FAILED,
     "the answer makes no sense: the answer:1:28: a failure is a string; an object is due"},
    {"null failures", "{\"failures\":null,\"services\":[" S("s", "c", "") "]}", PORT_OK, ""},
    {"unknown members", "{\"__type\":\"x\",\"services\":[" S("s", "c", ",\"new\":{\"a\":[1]}") "],\"b\":{}}", PORT_OK,
     ""},
};

static void test_describe_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_DESCRIBE, 1, 0, OK_ANSWER(broken[i].body)});
        struct port_result result = scripted_aws_describe(fake, &arena, "s").result;
        struct text prefix =
            arena_format(&arena, "%s%s", *broken[i].error ? "DescribeServices of c/s: " : "", broken[i].error);
        if (result.status != broken[i].status || !text_starts(result.error, prefix))
            fail_msg("%s: status %d: %.*s", broken[i].name, (int)result.status, TEXT_ARG(result.error));
        assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 1);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// One cluster that is not there concerns its own names alone.
static void test_no_cluster(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct service_name names[] = {name_of("gone", "a"), name_of("c", "b"), name_of("gone", "e")};
    struct described described[3];
    scripted_aws_fails(
        fake, (struct scripted_fault){
                  SCRIPTED_DESCRIBE, 1, 1,
                  FAIL_ANSWER(400, "{\"__type\":\"ClusterNotFoundException\",\"message\":\"Cluster not found.\"}")});
    fake->cloud.describe(fake->cloud.context, &arena, names, 3, described);
    assert_int_equal(described[0].result.status, PORT_NOT_FOUND);
    assert_int_equal(described[1].result.status, PORT_OK);
    assert_int_equal(described[2].result.status, PORT_NOT_FOUND);
    assert_text("said", described[2].result.error,
                "DescribeServices of gone/e: ClusterNotFoundException: Cluster not found. (request id id-2-1)");
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void test_all_denied(void **state)
{
    (void)state;
    const struct {
        const char *body;
        size_t asked;
        const char *error;
    } cases[] = {
        {"{\"__type\":\"AccessDeniedException\",\"message\":\"not authorized to perform: ecs:DescribeServices on x\"}",
         1,
         "DescribeServices of c/s: AccessDeniedException: not authorized to perform: ecs:DescribeServices on x (request id id-2-1)"},
        {"{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}", 2,
         "DescribeServices of c/s: AccessDeniedException: no (request id id-2-1)"},
        {"{\"__type\":\"AccessDeniedException\"}", 1,
         "DescribeServices of c/s: AccessDeniedException (request id id-2-1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_DESCRIBE, 1, 0, FAIL_ANSWER(400, cases[i].body)});
        struct described described = scripted_aws_describe(fake, &arena, "s");
        assert_int_equal(described.result.status, PORT_DENIED);
        assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], cases[i].asked);
        assert_text("said", described.result.error, cases[i].error);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

static void test_tags_none(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct described described =
        scripted_aws_describe(fake, &arena, "s");  // AWS leaves `tags` out where there are none
    assert_true(described.state.tags_read && described.state.tag_count == 0);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// ---- UpdateService ----------------------------------------------------------------------------------------

static const struct {
    const char *body;
    enum port_status status;
    const char *error;  // behind "UpdateService of c/s: the answer makes no sense: "
} updates[] = {
    {"{\"service\":{\"serviceName\":\"s\",\"clusterArn\":\"arn:aws:ecs:r:1:cluster/c\",\"desiredCount\":3}}", PORT_OK,
     NULL},
    {"{\"service\":{\"serviceArn\":\"arn:aws:ecs:r:1:service/c/s\",\"desiredCount\":3}}", PORT_OK, NULL},
    {"{\"service\":{\"serviceName\":\"t\",\"clusterArn\":\"a/c\",\"desiredCount\":3}}", PORT_UNKNOWN_OUTCOME,
     "it is about the service c/t (request id id-3-1)"},
    {"{\"service\":{\"serviceName\":\"s\",\"clusterArn\":\"a/d\",\"desiredCount\":3}}", PORT_UNKNOWN_OUTCOME,
     "it is about the service d/s (request id id-3-1)"},
    {"{\"service\":{\"serviceName\":\"s\",\"clusterArn\":\"a/c\",\"desiredCount\":2}}", PORT_UNKNOWN_OUTCOME,
     "its desiredCount is 2, and not the 3 that was set (request id id-3-1)"},
    {"{\"service\":{\"serviceName\":\"s\",\"clusterArn\":\"a/c\"}}", PORT_UNKNOWN_OUTCOME,
     "it has no desiredCount (request id id-3-1)"},
    {"{}", PORT_UNKNOWN_OUTCOME, "it has no service (request id id-3-1)"},
    {"{\"service\":null}", PORT_UNKNOWN_OUTCOME,
     "the answer:1:12: service is null; an object is due (request id id-3-1)"},
    {"not json", PORT_UNKNOWN_OUTCOME, "the answer:1:1: not valid JSON: expected a value (request id id-3-1)"},
    {"{\"service\":{\"serviceName\":\"s\",\"desiredCount\":3", PORT_UNKNOWN_OUTCOME, NULL},
};

static void test_update(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof updates / sizeof updates[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 1, 0, OK_ANSWER(updates[i].body)});
        const struct desired_change change = {name_of("c", "s"), 3, 0};
        struct port_result result;
        fake->cloud.set_desired(fake->cloud.context, &arena, &change, 1, &result);
        if (result.status != updates[i].status || fake->asked[SCRIPTED_UPDATE] != 1)
            fail_msg("%s: status %d: %.*s", updates[i].body, (int)result.status, TEXT_ARG(result.error));
        if (updates[i].error)
            assert_text(
                "said", result.error,
                arena_format(&arena, "UpdateService of c/s: the answer makes no sense: %s", updates[i].error).p);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

static void test_updates_settle_alone(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    const struct desired_change changes[] = {
        {name_of("c", "a"), 0, 0}, {name_of("c", "b"), 0, 0}, {name_of("c", "d"), 7, 0}};
    struct port_result results[3];
    scripted_aws_fails(fake, (struct scripted_fault){
                                 SCRIPTED_UPDATE, 2, 2,
                                 FAIL_ANSWER(400, "{\"__type\":\"ServiceNotActiveException\",\"message\":\"m\"}")});
    fake->cloud.set_desired(fake->cloud.context, &arena, changes, 3, results);
    assert_int_equal(results[0].status, PORT_OK);
    assert_int_equal(results[1].status, PORT_REFUSED);
    assert_text("said", results[1].error, "UpdateService of c/b: ServiceNotActiveException: m (request id id-3-2)");
    assert_int_equal(results[2].status, PORT_OK);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// ---- TagResource ------------------------------------------------------------------------------------------

static void test_tag(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    const struct service_state known = {
        .cluster = TEXT("c"), .service = TEXT("s"), .arn = TEXT("arn:aws:ecs:r:1:service/c/s")};
    const struct service_state unknown = {.cluster = TEXT("c"), .service = TEXT("t")};
    const struct tag tags[] = {{TEXT("a"), TEXT("1")}, {TEXT("b\""), TEXT("")}};
    const struct tag_change changes[] = {{&unknown, tags, 2}, {&known, tags, 2}};
    struct port_result results[2];
    fake->cloud.set_tags(fake->cloud.context, &arena, changes, 2, results);
    assert_int_equal(results[0].status, PORT_FAILED);
    assert_text("said", results[0].error, "TagResource of c/t: not sent: its ARN is not known");
    assert_int_equal(results[1].status, PORT_OK);
    assert_int_equal(fake->asked[SCRIPTED_TAG], 1);
    assert_text("said", fake->newest.body,
                "{\"resourceArn\":\"arn:aws:ecs:r:1:service/c/s\",\"tags\":[{\"key\":\"a\",\"value\":\"1\"},"
                "{\"key\":\"b\\\"\",\"value\":\"\"}]}");
    const struct {
        const char *body;
        int code;
        enum port_status status;
    } cases[] = {
        {"{\"__type\":\"LimitExceededException\"}", 400, PORT_REFUSED},
        {"{\"__type\":\"InvalidParameterException\",\"message\":\"Long arn format must be used for tagging operations\"}",
         400, PORT_REFUSED},
        {"{\"__type\":\"ResourceNotFoundException\"}", 400, PORT_NOT_FOUND},
        {"{\"__type\":\"AccessDeniedException\",\"message\":\"ecs:TagResource\"}", 400, PORT_DENIED},
        {"", 200, PORT_UNKNOWN_OUTCOME},
        {"{", 200, PORT_UNKNOWN_OUTCOME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake->fault_count = 0;
        scripted_aws_fails(fake,
                           (struct scripted_fault){SCRIPTED_TAG, 1, 0, FAIL_ANSWER(cases[i].code, cases[i].body)});
        fake->cloud.set_tags(fake->cloud.context, &arena, &changes[1], 1, results);
        if (results[0].status != cases[i].status)
            fail_msg("%s: %d: %.*s", cases[i].body, (int)results[0].status, TEXT_ARG(results[0].error));
    }
    scripted_aws_free(fake);
    arena_release(&arena);
}

// ---- lists ------------------------------------------------------------------------------------------------

static void test_list(void **state)
{
    (void)state;
    const struct {
        const char *cluster, *service;
        size_t clusters, services, names, cluster_calls, service_calls;
    } cases[] = {
        {"c", "s*", 3, 250, 250, 0, 3},    {"c1", "*", 3, 0, 0, 0, 1},      {"c*", "s1", 3, 100, 3, 1, 3},
        {"c?", "s?", 12, 101, 100, 1, 20}, {"*", "*", 150, 2, 300, 2, 150}, {"x*", "*", 5, 5, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        fake->clusters = cases[i].clusters;
        fake->services = cases[i].services;
        const struct target target = {.cluster = text_of(cases[i].cluster), .service = text_of(cases[i].service)};
        struct service_name *names = NULL;
        size_t count = 99;
        struct port_result result = fake->cloud.list(fake->cloud.context, &arena, &target, &names, &count);
        assert_int_equal(result.status, PORT_OK);
        if (count != cases[i].names || fake->asked[SCRIPTED_LIST_CLUSTERS] != cases[i].cluster_calls ||
            fake->asked[SCRIPTED_LIST_SERVICES] != cases[i].service_calls)
            fail_msg("%s/%s: %zu names, %zu and %zu calls", cases[i].cluster, cases[i].service, count,
                     fake->asked[SCRIPTED_LIST_CLUSTERS], fake->asked[SCRIPTED_LIST_SERVICES]);
        for (size_t j = 0; j < count; j++)
            assert_true(names[j].listed && names[j].service.p[0] == 's' && names[j].cluster.p[0] == 'c');
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

static void test_list_request(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    const struct target target = {.cluster = TEXT("c"), .service = TEXT("*")};
    struct service_name *names;
    size_t count;
    fake->services = 101;
    fake->keep_bodies = true;
    fake->cloud.list(fake->cloud.context, &arena, &target, &names, &count);
    assert_text("said", fake->bodies,
                "{\"cluster\":\"c\",\"schedulingStrategy\":\"REPLICA\",\"maxResults\":100}\n"
                "{\"cluster\":\"c\",\"schedulingStrategy\":\"REPLICA\",\"maxResults\":100,\"nextToken\":\"t100\"}\n");
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void test_list_faults(void **state)
{
    (void)state;
    const struct {
        const char *name, *body;
        int code;
        size_t from;
        enum port_status status;
        const char *error;
    } cases[] = {
        {"the second page fails", "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}", 400, 2, PORT_DENIED,
         "ListServices of c: AccessDeniedException: no (request id id-1-2)"},
        {"a token for ever", "{\"serviceArns\":[],\"nextToken\":\"x\"}", 200, 1, PORT_FAILED,
         "ListServices of c: the answer makes no sense: its nextToken is that of an earlier page (request id id-1-2)"},
        {"no list", "{\"nextToken\":\"x\"}", 200, 1, PORT_FAILED,
         "ListServices of c: the answer makes no sense: it has no serviceArns (request id id-1-1)"},
        {"names", "{\"serviceArns\":[\"s\"]}", 200, 1, PORT_FAILED,
         "ListServices of c: the answer makes no sense: the answer:1:17: \"s\" is no ARN (request id id-1-1)"},
        {"numbers", "{\"serviceArns\":[1]}", 200, 1, PORT_FAILED,
         "ListServices of c: the answer makes no sense: the answer:1:17: an ARN is a number; a string is due (request id id-1-1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        const struct target target = {.cluster = TEXT("c"), .service = TEXT("*")};
        struct service_name *names;
        size_t count;
        fake->services = 300;
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_LIST_SERVICES, cases[i].from, 0,
                                                         FAIL_ANSWER(cases[i].code, cases[i].body)});
        struct port_result result = fake->cloud.list(fake->cloud.context, &arena, &target, &names, &count);
        if (result.status != cases[i].status || !text_is(result.error, cases[i].error))
            fail_msg("%s: %d: %.*s", cases[i].name, (int)result.status, TEXT_ARG(result.error));
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// ---- record -----------------------------------------------------------------------------------------------

// What was recorded is read by --state as it was described.
static void test_record(void **state)
{
    (void)state;
    const char *tags[] = {NULL, "[{\"key\":\"k\",\"value\":\"v\"}]"};
    for (size_t i = 0; i < 3; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        struct buffer items, error;
        buffer_init(&items, 1 << 20);
        buffer_init(&error, 1000);
        fake->tags = tags[i % 2];
        fake->deny_tags = i == 2;
        struct service_name names[] = {name_of("d", "b"), name_of("c", "none"), name_of("c", "a")};
        struct port_result results[3];
        bool tags_read;
        buffer_add(&items, TEXT("{\"services\":["));
        aws_record_services(fake->aws, &arena, names, 3, &items, results, &tags_read);
        buffer_add(&items, tags_read ? TEXT("]}") : TEXT("],\"tagsDenied\":true}"));
        assert_int_equal(results[0].status, PORT_OK);
        assert_int_equal(results[1].status, PORT_NOT_FOUND);
        assert_int_equal(results[2].status, PORT_OK);
        assert_int_equal(tags_read, i != 2);
        struct recording recording;
        const struct text none = {NULL, 0};
        recording_init(&recording, &arena);
        if (!recording_read(&recording, TEXT("file"), buffer_text(&items), none, none, &error))
            fail_msg("%.*s", TEXT_ARG(buffer_text(&error)));
        assert_int_equal(recording.state_count, 2);
        assert_text("said", recording.states[0].service, "b");
        assert_text("said", recording.states[1].service, "a");
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(recording.states[j].tags_read, i != 2);
            assert_int_equal(recording.states[j].tag_count, i == 1);
        }
        buffer_release(&items);
        buffer_release(&error);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_describe_thousand),
        cmocka_unit_test(test_describe_broken),
        cmocka_unit_test(test_no_cluster),
        cmocka_unit_test(test_all_denied),
        cmocka_unit_test(test_tags_none),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_updates_settle_alone),
        cmocka_unit_test(test_tag),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_request),
        cmocka_unit_test(test_list_faults),
        cmocka_unit_test(test_record),
    };
    return cmocka_run_group_tests_name("aws_ecs", tests, NULL, NULL) != 0;
}
