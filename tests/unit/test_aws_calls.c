// Calls to AWS: what is sent, what is retried, what errors say, how throttling slows down.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "engine/aws/aws_parts.h"
#include "tests/support/asserts.h"
#include "tests/support/scripted_aws.h"

// ---- requests ---------------------------------------------------------------------------------------------

static void test_request(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    scripted_aws_begin(fake, INFINITY);
    assert_int_equal(scripted_aws_update(fake, &arena, "s").status, PORT_OK);
    assert_true(text_is(fake->newest.url, "https://ecs.example/"));
    assert_true(text_is(fake->newest.body, "{\"cluster\":\"c\",\"service\":\"s\",\"desiredCount\":0}"));
    const struct {
        const char *name, *value;
    } headers[] = {
        {"content-type", "application/x-amz-json-1.1"},
        {"x-amz-target", "AmazonEC2ContainerServiceV20141113.UpdateService"},
        {"x-amz-date", "20261123T063536Z"},
        {"x-amz-security-token", "averylongtoken"},
        {"amz-sdk-request", "attempt=1; max=3"},
        {"amz-sdk-invocation-id", "80000000-0000-4080-8000-000000080000"},
        {"x-amzn-trace-id", "Root=1-2;Sampled=1"},
        {"user-agent", "drowse/0.1.0"},
        {"host", ""},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct text value = scripted_aws_header(fake, headers[i].name);
        if (!text_is(value, headers[i].value))
            fail_msg("%s is \"%.*s\"", headers[i].name, TEXT_ARG(value));
    }
    struct text authorization = scripted_aws_header(fake, "authorization");
    assert_true(text_starts(
        authorization, TEXT("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLEKEY01/20261123/eu-west-1/ecs/aws4_request, ")));
    assert_non_null(memmem(authorization.p, authorization.n,
                           "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, ", 78));
    assert_int_equal(fake->reports, 1);
    assert_string_equal(fake->newest_report, "ecs UpdateService eu-west-1 id-3-1 1 200 ");
    scripted_aws_free(fake);
    arena_release(&arena);
}

static const struct {
    const char *url, *why, *post, *host, *path;
} endpoints[] = {
    {"https://ecs.eu-west-1.amazonaws.com", NULL, "https://ecs.eu-west-1.amazonaws.com/", "ecs.eu-west-1.amazonaws.com",
     "/"},
    {"https://host:443/", NULL, "https://host:443/", "host", "/"},
    {"https://host:8443", NULL, "https://host:8443/", "host:8443", "/"},
    {"http://127.0.0.1:80", NULL, "http://127.0.0.1:80/", "127.0.0.1", "/"},
    {"http://localhost:5555/moto/", NULL, "http://localhost:5555/moto/", "localhost:5555", "/moto/"},
    {"http://example.com", "plain HTTP", "", "", ""},
    {"ftp://host", "begins with https://", "", "", ""},
    {"https://", "no host", "", "", ""},
    {"https://a b", "blank", "", "", ""},
    {"https://user@host", "user", "", "", ""},
    {"https://host/?q", "query", "", "", ""},
};

static void test_endpoints(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        struct endpoint endpoint;
        const char *why = NULL;
        bool good = endpoint_parse(&arena, text_of(endpoints[i].url), &endpoint, &why);
        if (good != !endpoints[i].why)
            fail_msg("%s: %s", endpoints[i].url, why ? why : "taken");
        if (endpoints[i].why && !strstr(why ? why : "", endpoints[i].why))
            fail_msg("%s: %s", endpoints[i].url, why);
        if (good && (!text_is(endpoint.post, endpoints[i].post) || !text_is(endpoint.host, endpoints[i].host) ||
                     !text_is(endpoint.path, endpoints[i].path)))
            fail_msg("%s: %.*s %.*s %.*s", endpoints[i].url, TEXT_ARG(endpoint.post), TEXT_ARG(endpoint.host),
                     TEXT_ARG(endpoint.path));
    }
    arena_release(&arena);
}

// ---- faults -----------------------------------------------------------------------------------------------

#define ANSWER(code, body) HTTP_ANSWERED, false, code, NULL, body
#define LATE_S 0.025  // back-off after the first failure, chance being a half

static const struct {
    const char *name;
    bool change;
    size_t from, to;  // the requests that fail
    enum http_outcome outcome;
    bool timed_out;
    int code;
    const char *headers, *body;
    enum port_status status;
    size_t asked;
    double waited_s;
    const char *error;
} faults[] = {
    {"refused once", false, 1, 1, HTTP_NOT_SENT, false, 0, NULL, "connection refused", PORT_OK, 2, LATE_S, NULL},
    {"refused always", false, 1, 0, HTTP_NOT_SENT, false, 0, NULL, "connection refused", PORT_FAILED, 3, 0.075,
     "DescribeServices of c/s: connection refused (https://ecs.example, 3 attempts)"},
    {"connecting times out", false, 1, 0, HTTP_NOT_SENT, true, 0, NULL, "timed out", PORT_TIMED_OUT, 3, 0.075,
     "DescribeServices of c/s: timed out (https://ecs.example, 3 attempts)"},
    {"a change refused", true, 1, 0, HTTP_NOT_SENT, false, 0, NULL, "connection refused", PORT_FAILED, 3, 0.075,
     "UpdateService of c/s: connection refused (https://ecs.example, 3 attempts)"},
    {"reset once", false, 1, 1, HTTP_LOST, false, 0, NULL, "reset", PORT_OK, 2, LATE_S, NULL},
    {"reset always", false, 1, 0, HTTP_LOST, false, 0, NULL, "reset", PORT_FAILED, 3, 0.075,
     "DescribeServices of c/s: the answer was lost: reset (https://ecs.example, 3 attempts)"},
    {"reading times out", false, 1, 0, HTTP_LOST, true, 0, NULL, "timed out", PORT_TIMED_OUT, 3, 0.075, NULL},
    {"a change lost", true, 1, 0, HTTP_LOST, true, 0, NULL, "timed out", PORT_UNKNOWN_OUTCOME, 1, 0,
     "UpdateService of c/s: the answer was lost: timed out (https://ecs.example)"},
    {"too large", false, 1, 0, HTTP_TOO_LARGE, false, 0, NULL, "", PORT_FAILED, 1, 0,
     "DescribeServices of c/s: the answer is too large (https://ecs.example)"},
    {"a change, too large", true, 1, 0, HTTP_TOO_LARGE, false, 0, NULL, "", PORT_UNKNOWN_OUTCOME, 1, 0, NULL},
    {"500 once", false, 1, 1, ANSWER(500, ""), PORT_OK, 2, LATE_S, NULL},
    {"500 always", false, 1, 0, ANSWER(500, "{\"__type\":\"ServerException\",\"message\":\"oh\"}"), PORT_FAILED, 3,
     0.075, "DescribeServices of c/s: ServerException: oh (request id id-2-3, 3 attempts)"},
    {"a change, 500 once", true, 1, 1, ANSWER(500, ""), PORT_OK, 2, LATE_S, NULL},
    {"a change, 503 always", true, 1, 0, ANSWER(503, "<html>"), PORT_UNKNOWN_OUTCOME, 3, 0.075,
     "UpdateService of c/s: HTTP 503 (request id id-3-3, 3 attempts)"},
    {"throttled once", false, 1, 1, ANSWER(400, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}"),
     PORT_OK, 2, 0.5, NULL},
    {"throttled always", false, 1, 0, ANSWER(400, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}"),
     PORT_THROTTLED, 3, 1.5,
     "DescribeServices of c/s: ThrottlingException: Rate exceeded (request id id-2-3, 3 attempts)"},
    {"429", true, 1, 0, ANSWER(429, ""), PORT_THROTTLED, 3, 1.5,
     "UpdateService of c/s: HTTP 429 (request id id-3-3, 3 attempts)"},
    {"asked to wait", false, 1, 1, HTTP_ANSWERED, false, 503, "x-amz-retry-after: 2000", "", PORT_OK, 2, 2, NULL},
    {"asked to wait long", false, 1, 1, HTTP_ANSWERED, false, 503, "x-amz-retry-after: 99999", "", PORT_OK, 2, 5.025,
     NULL},
    {"asked to wait nonsense", false, 1, 1, HTTP_ANSWERED, false, 503, "x-amz-retry-after: -1", "", PORT_OK, 2, LATE_S,
     NULL},
    {"denied", true, 1, 0,
     ANSWER(
         400,
         "{\"__type\":\"AccessDeniedException\",\"Message\":\"User: u is not authorized to perform: ecs:UpdateService\"}"),
     PORT_DENIED, 1, 0,
     "UpdateService of c/s: AccessDeniedException: User: u is not authorized to perform: ecs:UpdateService (request id id-3-1)"},
    {"403", true, 1, 0, ANSWER(403, ""), PORT_DENIED, 1, 0, "UpdateService of c/s: HTTP 403 (request id id-3-1)"},
    {"the key is unknown", false, 1, 0,
     ANSWER(
         400,
         "{\"__type\":\"UnrecognizedClientException\",\"message\":\"The security token included in the request is invalid.\"}"),
     PORT_DENIED, 1, 0, NULL},
    {"the secret is wrong", false, 1, 0,
     ANSWER(
         400,
         "{\"__type\":\"InvalidSignatureException\",\"message\":\"The request signature we calculated does not match the signature you provided. x-amz-security-token:averylongtoken\"}"),
     PORT_DENIED, 1, 0,
     "DescribeServices of c/s: InvalidSignatureException: the secret key does not belong to the access key AKID...EY01 (request id id-2-1)"},
    {"the same as XML", false, 1, 0,
     ANSWER(
         403,
         "<?xml version=\"1.0\"?><E><Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message></Error></E>"),
     PORT_DENIED, 1, 0,
     "DescribeServices of c/s: SignatureDoesNotMatch: the secret key does not belong to the access key AKID...EY01 (request id id-2-1)"},
    {"a message with the token", false, 1, 0,
     ANSWER(400, "{\"__type\":\"AccessDenied\",\"message\":\"saw averylongtoken ecs:DescribeServices\"}"), PORT_DENIED,
     2, 0,
     "DescribeServices of c/s: AccessDenied: (AWS's message is not shown: it holds credentials) (request id id-2-1)"},
    {"expired once", true, 1, 1, ANSWER(400, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}"), PORT_OK,
     2, 0, NULL},
    {"expired always", true, 1, 0, ANSWER(400, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}"),
     PORT_DENIED, 2, 0, "UpdateService of c/s: ExpiredTokenException: expired (request id id-3-2, 2 attempts)"},
    {"no such service", true, 1, 0,
     ANSWER(400, "{\"__type\":\"ServiceNotFoundException\",\"message\":\"Service not found.\"}"), PORT_NOT_FOUND, 1, 0,
     "UpdateService of c/s: ServiceNotFoundException: Service not found. (request id id-3-1)"},
    {"no such cluster", false, 1, 0,
     ANSWER(400, "{\"__type\":\"ClusterNotFoundException\",\"message\":\"Cluster not found.\"}"), PORT_NOT_FOUND, 1, 0,
     "DescribeServices of c/s: ClusterNotFoundException: Cluster not found. (request id id-2-1)"},
    {"not active", true, 1, 0,
     ANSWER(400, "{\"__type\":\"ServiceNotActiveException\",\"message\":\"Service was not ACTIVE.\"}"), PORT_REFUSED, 1,
     0, NULL},
    {"a daemon", true, 1, 0, ANSWER(400, "{\"__type\":\"InvalidParameterException\",\"message\":\"daemon\"}"),
     PORT_REFUSED, 1, 0, NULL},
    {"our parameters", false, 1, 0, ANSWER(400, "{\"__type\":\"InvalidParameterException\",\"message\":\"bad\"}"),
     PORT_FAILED, 1, 0, NULL},
    {"a namespace and a place", false, 1, 0,
     ANSWER(400, "{\"__type\":\"com.amazonaws.ecs#ClusterNotFoundException:http://x/\"}"), PORT_NOT_FOUND, 1, 0,
     "DescribeServices of c/s: ClusterNotFoundException (request id id-2-1)"},
    {"the code in a header", false, 1, 0, HTTP_ANSWERED, false, 400,
     "x-amzn-errortype: ClusterNotFoundException:http://y", "not json", PORT_NOT_FOUND, 1, 0, NULL},
    {"the code as `code`", false, 1, 0, ANSWER(400, "{\"code\":\"ClusterNotFoundException\"}"), PORT_NOT_FOUND, 1, 0,
     NULL},
    {"a code that is none", false, 1, 0, ANSWER(400, "{\"__type\":\"a b\\nc\"}"), PORT_FAILED, 1, 0,
     "DescribeServices of c/s: HTTP 400 (request id id-2-1)"},
    {"controls in a message", false, 1, 0, ANSWER(400, "{\"__type\":\"X\",\"message\":\"a\\u001b[31mb\\nc\\u0085d\"}"),
     PORT_FAILED, 1, 0, "DescribeServices of c/s: X: a?[31mb?c?d (request id id-2-1)"},
    {"not JSON", false, 1, 0, ANSWER(404, "<html>"), PORT_FAILED, 1, 0,
     "DescribeServices of c/s: HTTP 404 (request id id-2-1)"},
    {"a redirect", true, 1, 0, ANSWER(301, ""), PORT_FAILED, 1, 0, NULL},
    {"a change, 202", true, 1, 0, ANSWER(202, ""), PORT_UNKNOWN_OUTCOME, 1, 0, NULL},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        enum scripted_operation operation = faults[i].change ? SCRIPTED_UPDATE : SCRIPTED_DESCRIBE;
        scripted_aws_fails(fake, (struct scripted_fault){operation, faults[i].from, faults[i].to, faults[i].outcome,
                                                         faults[i].timed_out, faults[i].code, faults[i].headers,
                                                         faults[i].body});
        struct port_result result =
            faults[i].change ? scripted_aws_update(fake, &arena, "s") : scripted_aws_describe(fake, &arena, "s").result;
        if (result.status != faults[i].status || fake->asked[operation] != faults[i].asked ||
            fabs(fake->waited_s - faults[i].waited_s) > 1e-6)
            fail_msg("%s: status %d, asked %zu, waited %.4f: %.*s", faults[i].name, (int)result.status,
                     fake->asked[operation], fake->waited_s, TEXT_ARG(result.error));
        if (faults[i].error && !text_is(result.error, faults[i].error))
            fail_msg("%s: %.*s", faults[i].name, TEXT_ARG(result.error));
        if ((result.status == PORT_OK) != (result.error.n == 0))
            fail_msg("%s: an error is \"%.*s\"", faults[i].name, TEXT_ARG(result.error));
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

static void test_doubtful(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 1, 1, ANSWER(500, "")});
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 2, 0, ANSWER(403, "")});
    assert_int_equal(scripted_aws_update(fake, &arena, "s").status, PORT_UNKNOWN_OUTCOME);
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void one_attempt(struct aws_settings *settings)
{
    settings->max_attempts = 1;
}

static void test_one_attempt(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_with(one_attempt);
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_DESCRIBE, 1, 0, ANSWER(429, "")});
    assert_int_equal(scripted_aws_describe(fake, &arena, "s").result.status, PORT_THROTTLED);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 1);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// 500 tokens, 14 a retry: what goes wrong for all is not asked for ever.
static void test_bucket(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct service_name names[1000];
    struct described *described = ARENA_ARRAY(&arena, 1000, struct described);
    for (size_t i = 0; i < 1000; i++)
        names[i] = (struct service_name){TEXT("c"), arena_format(&arena, "s%zu", i), false};
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_DESCRIBE, 1, 0, ANSWER(500, "")});
    fake->cloud.describe(fake->cloud.context, &arena, names, 1000, described);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 100 + 500 / 14);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(described[i].result.status, PORT_FAILED);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// ---- deadlines --------------------------------------------------------------------------------------------

static void test_deadline(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    scripted_aws_begin(fake, SCRIPTED_AWS_NOW + 2);
    assert_int_equal(scripted_aws_describe(fake, &arena, "s").result.status, PORT_OK);
    assert_true(fake->newest.timeout_ms <= 2000 && fake->newest.timeout_ms > 1900);
    assert_true(fake->newest.connect_timeout_ms <= fake->newest.timeout_ms);
    // What would have to be sent too late is not waited for.
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_DESCRIBE, 2, 0, HTTP_ANSWERED, false, 503,
                                                     "x-amz-retry-after: 4000", ""});
    struct port_result result = scripted_aws_describe(fake, &arena, "s").result;
    assert_int_equal(result.status, PORT_FAILED);
    assert_non_null(memmem(result.error.p, result.error.n, "; no time is left for another attempt", 37));
    assert_near(fake->waited_s, 0, 0);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 2);
    fake->clock_s = SCRIPTED_AWS_NOW + 1.8;
    result = scripted_aws_update(fake, &arena, "s");
    assert_int_equal(result.status, PORT_TIMED_OUT);
    assert_true(text_is(result.error, "UpdateService of c/s: not sent: no time is left before the deadline"));
    assert_int_equal(fake->asked[SCRIPTED_UPDATE], 0);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// No more are begun at once than can end before the deadline even if each takes its whole time.
static void test_deadline_of_many(void **state)
{
    (void)state;
    const struct {
        double left_s;
        size_t at_once;
    } cases[] = {{INFINITY, 100}, {1000, 100}, {35, 48}, {5, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        struct desired_change changes[100];
        struct port_result results[100];
        for (size_t j = 0; j < 100; j++)
            changes[j] = (struct desired_change){{TEXT("c"), arena_format(&arena, "s%zu", j), false}, 0, 0};
        scripted_aws_begin(fake, SCRIPTED_AWS_NOW + cases[i].left_s);
        fake->cloud.set_desired(fake->cloud.context, &arena, changes, 100, results);
        for (size_t j = 0; j < 100; j++)
            assert_int_equal(results[j].status, PORT_OK);
        assert_int_equal(fake->at_once, cases[i].at_once);
        assert_int_equal(fake->asked[SCRIPTED_UPDATE], 100);
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// ---- throttling -------------------------------------------------------------------------------------------

// 200 changes at once, of which AWS takes five a second: all are made, none is sent without need.
static void test_throttled_updates(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct desired_change changes[200];
    struct port_result results[200];
    for (size_t i = 0; i < 200; i++)
        changes[i] = (struct desired_change){{TEXT("c"), arena_format(&arena, "s%zu", i), false}, 0, 0};
    fake->updates_per_s = fake->burst = fake->allowance = 5;
    fake->cloud.set_desired(fake->cloud.context, &arena, changes, 200, results);
    for (size_t i = 0; i < 200; i++)
        if (results[i].status != PORT_OK)
            fail_msg("%zu: %.*s", i, TEXT_ARG(results[i].error));
    double took_s = fake->clock_s - SCRIPTED_AWS_NOW;
    if (took_s > 60 || fake->throttled > 195 + 60)
        fail_msg("took %.1f s, throttled %zu times", took_s, fake->throttled);
    // What was learnt holds for the next changes.
    size_t before = fake->throttled;
    fake->cloud.set_desired(fake->cloud.context, &arena, changes, 10, results);
    assert_true(fake->throttled - before <= 4);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// What waits its turn for too long is not sent any more: what it rests on may have changed.
static void test_too_old_to_be_sent(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct desired_change changes[60];
    struct port_result results[60];
    for (size_t i = 0; i < 60; i++)
        changes[i] = (struct desired_change){
            {TEXT("c"), arena_format(&arena, "s%zu", i), false}, 0, i % 2 ? SCRIPTED_AWS_NOW + 4 : 0};
    fake->updates_per_s = fake->burst = fake->allowance = 5;
    fake->cloud.set_desired(fake->cloud.context, &arena, changes, 60, results);
    size_t sent = 0;
    for (size_t i = 0; i < 60; i++) {
        sent += results[i].status == PORT_OK;
        if (i % 2 == 0)
            assert_int_equal(results[i].status, PORT_OK);
        else if (results[i].status != PORT_OK)
            assert_true(text_ends(results[i].error, TEXT("what it rests on has become too old")));
    }
    assert_true(sent > 30 && sent < 50);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// AWS does nothing but throttle: that ends soon, however many there are.
static void test_throttled_for_ever(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct desired_change changes[200];
    struct port_result results[200];
    for (size_t i = 0; i < 200; i++)
        changes[i] = (struct desired_change){{TEXT("c"), arena_format(&arena, "s%zu", i), false}, 0, 0};
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 1, 0, ANSWER(429, "")});
    fake->cloud.set_desired(fake->cloud.context, &arena, changes, 200, results);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(results[i].status, PORT_THROTTLED);
    if (fake->clock_s - SCRIPTED_AWS_NOW > 20 || fake->asked[SCRIPTED_UPDATE] > 210)
        fail_msg("took %.1f s, %zu requests", fake->clock_s - SCRIPTED_AWS_NOW, fake->asked[SCRIPTED_UPDATE]);
    scripted_aws_free(fake);
    arena_release(&arena);
}

static void test_pace(void **state)
{
    (void)state;
    struct pace pace = {0};
    const double intervals_s[] = {0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5};
    for (size_t i = 0; i < 8; i++) {
        pace_throttled(&pace, 1, 100, i + 1);
        pace_throttled(&pace, 1, 100, i + 1);
        assert_near(pace.interval_s, intervals_s[i], 1e-9);
        assert_near(pace.next_s, 100 + intervals_s[i], 1e-9);
        assert_int_equal(pace.throttled, i + 1);
    }
    size_t successes = 0;
    for (; pace.interval_s > 0; successes++)
        pace_succeeded(&pace, 1);
    assert_int_equal(pace.throttled, 0);
    assert_true(successes > 50 && successes < 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_doubtful),
        cmocka_unit_test(test_one_attempt),
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_deadline_of_many),
        cmocka_unit_test(test_throttled_updates),
        cmocka_unit_test(test_too_old_to_be_sent),
        cmocka_unit_test(test_throttled_for_ever),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests_name("aws_calls", tests, NULL, NULL) != 0;
}
