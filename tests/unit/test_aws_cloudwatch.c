// GetMetricData over the wire: what is asked, how calls are put together, pages merged, and answers that are not whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "drowse/policy.h"
#include "engine/aws/aws_parts.h"
#include "tests/support/asserts.h"
#include "tests/support/scripted_aws.h"

#define END_S ((int64_t)SCRIPTED_AWS_NOW + 24)  // 06:36:00

static const struct dimension by_service[] = {{{"Service", 7}, {"{service}", 9}}};
static const struct metric connections = {
    .name = TEXT("connections"),
    .metric_namespace = TEXT("Fluidity"),
    .metric = TEXT("ActiveConnections"),
    .stat = TEXT("Average"),
    .period_s = 60,
    .dimensions = by_service,
    .dimension_count = 1,
};
static const struct service_state service = {.cluster = TEXT("c"), .service = TEXT("s"), .tags_read = true};

static struct metric_request request_of(const struct metric *metric, int64_t span_s)
{
    return (struct metric_request){metric, &service, END_S - span_s, END_S};
}

static struct metric_answer ask_one(struct scripted_aws *fake, struct arena *arena, struct metric_request request)
{
    struct metric_answer answer;
    fake->cloud.metrics(fake->cloud.context, arena, &request, 1, &answer);
    return answer;
}

// ---- dimensions -------------------------------------------------------------------------------------------

static const struct tag tags[] = {{{"tier", 4}, {"gold", 4}}, {{"empty", 5}, {"", 0}}};

static const struct {
    const char *pattern;
    bool tags_read;
    const char *value, *why;
} patterns[] = {
    {"plain", true, "plain", NULL},
    {"{service}", false, "s", NULL},
    {"{cluster}/{service}!", false, "c/s!", NULL},
    {"a-{tag:tier}-{cluster}", true, "a-gold-c", NULL},
    {"{tag:tier}", false, NULL, "the tag tier is not known: tags could not be read"},
    {"{tag:none}", true, NULL, "the service has no tag none"},
    {"{tag:empty}", true, NULL, "the service has no tag empty"},
};

static void test_dimensions(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct service_state tagged = service;
        tagged.tags_read = patterns[i].tags_read;
        tagged.tags = tags;
        tagged.tag_count = 2;
        struct text value = TEXT(""), why = TEXT("");
        bool good = dimension_resolve(&arena, text_of(patterns[i].pattern), &tagged, &value, &why);
        if (good != (patterns[i].value != NULL) || (good && !text_is(value, patterns[i].value)) ||
            (!good && !text_is(why, patterns[i].why)))
            fail_msg("%s: \"%.*s\" %.*s", patterns[i].pattern, TEXT_ARG(value), TEXT_ARG(why));
    }
    arena_release(&arena);
}

// A metric that cannot be asked for is failed, with a reason and without a query; the others go on.
static void test_missing_tag(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    const struct dimension by_tag[] = {{TEXT("Tier"), TEXT("{tag:tier}")}};
    struct metric tagged = connections;
    tagged.name = TEXT("tagged");
    tagged.dimensions = by_tag;
    const struct metric_request requests[] = {request_of(&tagged, 600), request_of(&connections, 600)};
    struct metric_answer answers[2];
    fake->keep_bodies = true;
    fake->cloud.metrics(fake->cloud.context, &arena, requests, 2, answers);
    assert_int_equal(answers[0].result.status, PORT_OK);
    assert_int_equal(answers[0].view.status, METRIC_FAILED);
    assert_text("said", answers[0].result.error,
                "metric tagged of c/s: its dimension Tier cannot be told: the service has no tag tier");
    assert_int_equal(answers[1].view.status, METRIC_COMPLETE);
    assert_int_equal(answers[1].view.end, 10);
    assert_null(memmem(fake->bodies.p, fake->bodies.n, "Tier", 4));
    fake->asked[SCRIPTED_METRIC_DATA] = 0;
    fake->cloud.metrics(fake->cloud.context, &arena, requests, 1, answers);
    assert_int_equal(fake->asked[SCRIPTED_METRIC_DATA], 0);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// ---- requests ---------------------------------------------------------------------------------------------

static void test_request(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct metric_answer answer = ask_one(fake, &arena, request_of(&connections, 600));
    assert_int_equal(answer.result.status, PORT_OK);
    assert_int_equal(answer.result.error.n, 0);
    assert_text("said", fake->newest.url, "https://monitoring.example:8443/");
    assert_text("said", scripted_aws_header(fake, "x-amz-target"), "GraniteServiceVersion20100801.GetMetricData");
    assert_text("said", scripted_aws_header(fake, "content-type"), "application/x-amz-json-1.0");
    struct text authorization = scripted_aws_header(fake, "authorization");
    assert_non_null(memmem(authorization.p, authorization.n, "/eu-west-1/monitoring/aws4_request", 34));
    assert_text("said", fake->newest.body,
                "{\"StartTime\":1795415160,\"EndTime\":1795415760,\"ScanBy\":\"TimestampAscending\",\"MaxDatapoints\":"
                "100800,\"MetricDataQueries\":[{\"Id\":\"q0\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"Fluidity\","
                "\"MetricName\":\"ActiveConnections\",\"Dimensions\":[{\"Name\":\"Service\",\"Value\":\"s\"}]},"
                "\"Period\":60,\"Stat\":\"Average\"},\"ReturnData\":true}]}");
    assert_int_equal(answer.view.status, METRIC_COMPLETE);
    assert_int_equal(answer.view.end - answer.view.first, 10);
    assert_int_equal(answer.view.from_s, END_S - 600);
    assert_int_equal(answer.view.series->at_s[0], END_S - 600);
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void test_empty_span(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct metric_answer answer = ask_one(fake, &arena, request_of(&connections, 0));
    assert_int_equal(answer.view.status, METRIC_COMPLETE);
    assert_null(answer.view.series);
    assert_int_equal(fake->asked[SCRIPTED_METRIC_DATA], 0);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// ---- how calls are put together ---------------------------------------------------------------------------

// Of `services` services, each with these spans at these periods.
static const struct {
    const char *name;
    size_t services;
    struct {
        uint32_t period_s;
        int64_t span_s;
    } metrics[3];
    size_t calls;
} plans[] = {
    {"one", 1, {{60, 600}}, 1},
    {"two metrics of 250 services", 250, {{60, 600}, {60, 600}}, 1},
    {"two metrics of 251 services", 251, {{60, 600}, {60, 600}}, 2},
    {"two metrics of 1,000 services", 1000, {{60, 600}, {60, 600}}, 4},
    {"spans that differ a little", 250, {{60, 600}, {60, 1800}}, 1},
    {"a long span beside a short one", 100, {{60, 600}, {60, 86400}}, 3},
    {"periods that divide each other", 100, {{60, 660}, {300, 1200}, {20, 300}}, 1},
    {"periods that do not", 1, {{180, 1800}, {300, 1800}}, 2},
    {"15 days of minutes", 5, {{60, 15LL * 86400}}, 2},
    {"more points than one call may answer", 1, {{1, 2 * 100800}}, 2},
    {"the same, not aligned", 1, {{60, 100800 * 60 + 30}}, 2},
};

static void test_plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        struct metric metrics[3];
        struct metric_request *requests = ARENA_ARRAY(&arena, 3 * plans[i].services, struct metric_request);
        struct metric_answer *answers = ARENA_ARRAY(&arena, 3 * plans[i].services, struct metric_answer);
        size_t count = 0;
        for (size_t j = 0; j < 3 * plans[i].services; j++) {
            if (!plans[i].metrics[j % 3].period_s)
                continue;
            metrics[j % 3] = connections;
            metrics[j % 3].period_s = plans[i].metrics[j % 3].period_s;
            requests[count++] = request_of(&metrics[j % 3], plans[i].metrics[j % 3].span_s);
        }
        fake->cloud.metrics(fake->cloud.context, &arena, requests, count, answers);
        if (fake->asked[SCRIPTED_METRIC_DATA] != plans[i].calls)
            fail_msg("%s: %zu calls", plans[i].name, fake->asked[SCRIPTED_METRIC_DATA]);
        for (size_t j = 0; j < count; j++) {
            int64_t period_s = requests[j].metric->period_s;
            int64_t first_s = (requests[j].start_s + period_s - 1) / period_s * period_s;
            size_t expected = (size_t)((requests[j].end_s - first_s + period_s - 1) / period_s);
            if (answers[j].result.status != PORT_OK || answers[j].view.status != METRIC_COMPLETE ||
                answers[j].view.end != expected)
                fail_msg("%s: %zu: %zu points; expected %zu: %.*s", plans[i].name, j, answers[j].view.end, expected,
                         TEXT_ARG(answers[j].result.error));
        }
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// ---- pages ------------------------------------------------------------------------------------------------

static void test_pages(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    const struct metric_request requests[] = {request_of(&connections, 600), request_of(&connections, 420)};
    struct metric_answer answers[2];
    fake->page_points = 3;
    fake->cloud.metrics(fake->cloud.context, &arena, requests, 2, answers);
    assert_int_equal(fake->asked[SCRIPTED_METRIC_DATA], 4);
    assert_int_equal(answers[0].view.end, 10);
    assert_int_equal(answers[1].view.end, 7);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(answers[0].view.series->at_s[i], END_S - 600 + (int64_t)i * 60);
    assert_non_null(memmem(fake->newest.body.p, fake->newest.body.n, "\"NextToken\":\"3\"", 15));
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void test_endless(void **state)
{
    (void)state;
    const char *errors[] = {"GetMetricData of connections of c/s: the answer makes no sense: it goes on behind 200 "
                            "pages, or its NextToken is too long (request id id-5-200)",
                            "GetMetricData of connections of c/s: the answer makes no sense: its NextToken is that of "
                            "an earlier page (request id id-5-2)"};
    for (size_t i = 0; i < 2; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        fake->endless = true;
        fake->same_token = i == 1;
        struct metric_answer answer = ask_one(fake, &arena, request_of(&connections, 600));
        assert_int_equal(answer.result.status, PORT_FAILED);
        assert_int_equal(answer.view.status, METRIC_FAILED);
        assert_text("said", answer.result.error, errors[i]);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// ---- answers ----------------------------------------------------------------------------------------------

#define POINTS(times, values, rest)                                                                                    \
    "{\"MetricDataResults\":[{\"Id\":\"q0\",\"Timestamps\":[" times "],\"Values\":[" values "]" rest "}]}"
#define COMPLETE ",\"StatusCode\":\"Complete\""
#define T0 "1795415160"
#define T1 "1795415220"
#define NONSENSE "GetMetricData of connections of c/s: the answer makes no sense: "
#define WARNING "GetMetricData of connections of c/s: "

static const struct {
    const char *name, *body;
    enum port_status status;
    enum metric_status view;
    size_t points;
    const char *error;  // how it begins
} answers_of[] = {
    {"whole", POINTS(T0 "," T1, "1,2.5", COMPLETE), PORT_OK, METRIC_COMPLETE, 2, ""},
    {"empty and complete", POINTS("", "", COMPLETE), PORT_OK, METRIC_COMPLETE, 0, ""},
    {"partial", POINTS(T0, "1", ",\"StatusCode\":\"PartialData\""), PORT_OK, METRIC_PARTIAL, 1,
     WARNING "CloudWatch has not answered all of it (request id id-5-1)"},
    {"internal error", POINTS("", "", ",\"StatusCode\":\"InternalError\""), PORT_OK, METRIC_FAILED, 0,
     WARNING "CloudWatch could not or may not answer it (request id id-5-1)"},
    {"forbidden, and why",
     POINTS("", "", ",\"StatusCode\":\"Forbidden\",\"Messages\":[{\"Code\":\"Forbidden\",\"Value\":\"not\\nyours\"}]"),
     PORT_OK, METRIC_FAILED, 0, WARNING "CloudWatch could not or may not answer it: not?yours (request id id-5-1)"},
    {"a message of a whole one", POINTS(T0, "1", COMPLETE ",\"Messages\":[{\"Code\":\"X\"}]"), PORT_OK, METRIC_COMPLETE,
     1, WARNING "CloudWatch says: X (request id id-5-1)"},
    {"a status that is new", POINTS(T0, "1", ",\"StatusCode\":\"Odd\""), PORT_OK, METRIC_FAILED, 1, WARNING},
    {"no status", POINTS(T0, "1", ""), PORT_FAILED, METRIC_FAILED, 0, NONSENSE "the answer:1:"},
    {"a status that is null", POINTS(T0, "1", ",\"StatusCode\":null"), PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"neither times nor values", "{\"MetricDataResults\":[{\"Id\":\"q0\"" COMPLETE "}]}", PORT_FAILED, METRIC_FAILED, 0,
     NONSENSE},
    {"no values where there are no times", "{\"MetricDataResults\":[{\"Id\":\"q0\",\"Timestamps\":[]" COMPLETE "}]}",
     PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"not finite", POINTS(T0 "," T1, "\"NaN\",1", COMPLETE), PORT_OK, METRIC_PARTIAL, 1, ""},
    {"infinite", POINTS(T0 "," T1, "\"Infinity\",\"-Infinity\"", COMPLETE), PORT_OK, METRIC_PARTIAL, 0, ""},
    {"too large a number", POINTS(T0, "1e300", COMPLETE), PORT_OK, METRIC_PARTIAL, 0, ""},
    {"values as text", POINTS(T0, "\"1\"", COMPLETE), PORT_FAILED, METRIC_FAILED, 0,
     NONSENSE "the answer:1:70: a string stands where a value is due (request id id-5-1)"},
    {"values that are objects", POINTS(T0, "{}", COMPLETE), PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"more times than values", POINTS(T0 "," T1, "1", COMPLETE), PORT_FAILED, METRIC_FAILED, 0,
     NONSENSE "the answer:1:"},
    {"a time that is none", POINTS("-5", "1", COMPLETE), PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"points outside", POINTS("1795415159," T0 ",1795415760", "9,1,9", COMPLETE), PORT_OK, METRIC_COMPLETE, 1, ""},
    {"newest first", POINTS(T1 "," T0, "2,1", COMPLETE), PORT_OK, METRIC_COMPLETE, 2, ""},
    {"an Id twice",
     "{\"MetricDataResults\":[{\"Id\":\"q0\",\"StatusCode\":\"Complete\",\"Timestamps\":[],\"Values\":[]},"
     "{\"Id\":\"q0\",\"StatusCode\":\"Complete\"}]}",
     PORT_FAILED, METRIC_FAILED, 0, NONSENSE "the answer:1:121: the Id q0 is there twice"},
    {"another Id", "{\"MetricDataResults\":[{\"Id\":\"q1\",\"StatusCode\":\"Complete\"}]}", PORT_FAILED, METRIC_FAILED,
     0, NONSENSE "the answer:1:57: the Id q1 was not asked for"},
    {"an Id written oddly", "{\"MetricDataResults\":[{\"Id\":\"q00\",\"StatusCode\":\"Complete\"}]}", PORT_FAILED,
     METRIC_FAILED, 0, NONSENSE},
    {"no Id", "{\"MetricDataResults\":[{\"StatusCode\":\"Complete\"}]}", PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"no result", "{\"MetricDataResults\":[]}", PORT_OK, METRIC_FAILED, 0,
     WARNING "the answer has no result for it (request id id-5-1)"},
    {"no results", "{}", PORT_FAILED, METRIC_FAILED, 0, NONSENSE "it has no MetricDataResults (request id id-5-1)"},
    {"results that are an object", "{\"MetricDataResults\":{}}", PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"not JSON", "<html>", PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
    {"cut short", "{\"MetricDataResults\":[{\"Id\":\"q0\",\"Timestamps\":[" T0, PORT_FAILED, METRIC_FAILED, 0,
     NONSENSE},
    {"a message about the call",
     "{\"MetricDataResults\":[{\"Id\":\"q0\",\"StatusCode\":\"Complete\",\"Timestamps\":[],\"Values\":[]}],\"Messages\":[{\"Code\":\"C\",\"Value\":\"too many\"}]}",
     PORT_OK, METRIC_PARTIAL, 0, WARNING "CloudWatch has not answered all of it: too many (request id id-5-1)"},
    {"a token that is a number", "{\"MetricDataResults\":[],\"NextToken\":5}", PORT_FAILED, METRIC_FAILED, 0, NONSENSE},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers_of / sizeof answers_of[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_METRIC_DATA, 1, 0, HTTP_ANSWERED, false, 200, NULL,
                                                         answers_of[i].body});
        struct metric_answer answer = ask_one(fake, &arena, request_of(&connections, 600));
        const char *error = answers_of[i].error;
        if (answer.result.status != answers_of[i].status || answer.view.status != answers_of[i].view ||
            answer.view.end != answers_of[i].points || !text_starts(answer.result.error, text_of(error)) ||
            (!*error && answer.result.error.n))
            fail_msg("%s: status %d, view %d, %zu points: %.*s", answers_of[i].name, (int)answer.result.status,
                     (int)answer.view.status, answer.view.end, TEXT_ARG(answer.result.error));
        assert_int_equal(fake->asked[SCRIPTED_METRIC_DATA], 1);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// A page that failed fails the metric, though the next one is whole; "partial" holds until the last page.
static void test_status_over_pages(void **state)
{
    (void)state;
    const struct {
        const char *first, *second;
        enum metric_status status;
    } cases[] = {
        {"PartialData", "Complete", METRIC_COMPLETE},
        {"Complete", "PartialData", METRIC_PARTIAL},
        {"InternalError", "Complete", METRIC_FAILED},
        {"Complete", "Forbidden", METRIC_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        struct text first =
            arena_format(&arena,
                         "{\"MetricDataResults\":[{\"Id\":\"q0\",\"StatusCode\":\"%s\",\"Timestamps\":[" T0
                         "],\"Values\":[1]}],\"NextToken\":\"n\"}",
                         cases[i].first);
        struct text second = arena_format(
            &arena,
            "{\"MetricDataResults\":[{\"Id\":\"q0\",\"StatusCode\":\"%s\",\"Timestamps\":[" T1 "],\"Values\":[1]}]}",
            cases[i].second);
        scripted_aws_fails(
            fake, (struct scripted_fault){SCRIPTED_METRIC_DATA, 1, 1, HTTP_ANSWERED, false, 200, NULL, first.p});
        scripted_aws_fails(
            fake, (struct scripted_fault){SCRIPTED_METRIC_DATA, 2, 2, HTTP_ANSWERED, false, 200, NULL, second.p});
        struct metric_answer answer = ask_one(fake, &arena, request_of(&connections, 600));
        assert_int_equal(answer.result.status, PORT_OK);
        assert_int_equal(answer.view.status, cases[i].status);
        assert_int_equal(answer.view.end, 2);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// ---- faults -----------------------------------------------------------------------------------------------

static const struct {
    const char *name;
    size_t from, to;
    enum http_outcome outcome;
    bool timed_out;
    int code;
    const char *body;
    enum port_status status;
    size_t asked;
} faults[] = {
    {"throttled once", 1, 1, HTTP_ANSWERED, false, 400, "{\"__type\":\"Throttling\"}", PORT_OK, 2},
    {"throttled", 1, 0, HTTP_ANSWERED, false, 400, "{\"__type\":\"com.amazonaws.cloudwatch#ThrottlingException\"}",
     PORT_THROTTLED, 3},
    {"lost", 1, 0, HTTP_LOST, true, 0, "timed out", PORT_TIMED_OUT, 3},
    {"denied", 1, 0, HTTP_ANSWERED, false, 400,
     "{\"__type\":\"AccessDeniedException\",\"message\":\"cloudwatch:GetMetricData\"}", PORT_DENIED, 1},
    {"our fault", 1, 0, HTTP_ANSWERED, false, 400, "{\"__type\":\"ValidationError\",\"message\":\"m\"}", PORT_FAILED,
     1},
    {"the second page is lost", 2, 0, HTTP_LOST, false, 0, "reset", PORT_FAILED, 4},
    {"the second page is lost once", 2, 2, HTTP_LOST, false, 0, "reset", PORT_OK, 3},
    {"the second page is not JSON", 2, 0, HTTP_ANSWERED, false, 200, "x", PORT_FAILED, 2},
    {"the token is too old", 2, 0, HTTP_ANSWERED, false, 400, "{\"__type\":\"InvalidNextToken\"}", PORT_FAILED, 2},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        fake->page_points = faults[i].from == 2 ? 5 : 0;
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_METRIC_DATA, faults[i].from, faults[i].to,
                                                         faults[i].outcome, faults[i].timed_out, faults[i].code, NULL,
                                                         faults[i].body});
        struct metric_answer answer = ask_one(fake, &arena, request_of(&connections, 600));
        if (answer.result.status != faults[i].status || fake->asked[SCRIPTED_METRIC_DATA] != faults[i].asked ||
            (answer.result.status != PORT_OK && answer.view.status != METRIC_FAILED))
            fail_msg("%s: status %d, view %d, asked %zu: %.*s", faults[i].name, (int)answer.result.status,
                     (int)answer.view.status, fake->asked[SCRIPTED_METRIC_DATA], TEXT_ARG(answer.result.error));
        if (answer.result.status == PORT_OK)
            assert_int_equal(answer.view.end, 10);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// The metrics of one call that failed are failed, each with its own name; those of the others are not.
static void test_one_call_of_many(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct metric_request *requests = ARENA_ARRAY(&arena, 600, struct metric_request);
    struct metric_answer *answers = ARENA_ARRAY(&arena, 600, struct metric_answer);
    for (size_t i = 0; i < 600; i++)
        requests[i] = request_of(&connections, 600);
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_METRIC_DATA, 2, 2, HTTP_ANSWERED, false, 403, NULL, ""});
    fake->cloud.metrics(fake->cloud.context, &arena, requests, 600, answers);
    assert_int_equal(answers[499].result.status, PORT_OK);
    assert_int_equal(answers[500].result.status, PORT_DENIED);
    assert_text("said", answers[599].result.error, "GetMetricData of connections of c/s: HTTP 403 (request id id-5-2)");
    scripted_aws_free(fake);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests_of[] = {
        cmocka_unit_test(test_dimensions),
        cmocka_unit_test(test_missing_tag),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_empty_span),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_status_over_pages),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_one_call_of_many),
    };
    return cmocka_run_group_tests_name("aws_cloudwatch", tests_of, NULL, NULL) != 0;
}
