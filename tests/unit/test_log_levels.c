// Log lines: which levels are written, and what a line holds; the subsegments for X-Ray.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/base/text.h"
#include "engine/handler/log.h"
#include "engine/handler/trace.h"
#include "tests/support/asserts.h"

static void keep_line(void *context, struct text line)
{
    buffer_add(context, line);
    buffer_add_char(context, '\n');
}

static double fixed_now(void *context)
{
    (void)context;
    return 1770026400.0625;
}

static void expect(const struct buffer *got, const char *wanted)
{
    if (strcmp(got->p ? got->p : "", wanted) != 0)
        fail_msg("got    %s\nwanted %s", got->p ? got->p : "", wanted);
}

static void test_level_from_environment(void **state)
{
    (void)state;
    static const struct {
        char *all[3];
        enum log_level level;
        const char *warning;
    } cases[] = {
        {{NULL}, LEVEL_INFO, ""},
        {{(char *)"LOG_LEVEL=DEBUG", NULL}, LEVEL_DEBUG, ""},
        {{(char *)"LOG_LEVEL=warn", NULL}, LEVEL_WARN, ""},
        {{(char *)"LOG_LEVEL=", NULL}, LEVEL_INFO, ""},
        {{(char *)"LOG_LEVEL=DEBUG", (char *)"AWS_LAMBDA_LOG_LEVEL=ERROR", NULL}, LEVEL_ERROR, ""},
        {{(char *)"AWS_LAMBDA_LOG_LEVEL=TRACE", NULL}, LEVEL_TRACE, ""},
        {{(char *)"AWS_LAMBDA_LOG_LEVEL=FATAL", NULL}, LEVEL_FATAL, ""},
        {{(char *)"LOG_LEVEL=LOUD", NULL}, LEVEL_INFO, "LOG_LEVEL is 'LOUD'"},
        {{(char *)"AWS_LAMBDA_LOG_LEVEL=1", (char *)"LOG_LEVEL=DEBUG", NULL},
         LEVEL_INFO,
         "AWS_LAMBDA_LOG_LEVEL is '1'"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer warning;
        buffer_init(&warning, 1024);
        const struct variables variables = {cases[i].all};
        enum log_level level = log_level_from(&variables, &warning);
        const char *said = warning.p ? warning.p : "";
        if (level != cases[i].level || !strstr(said, cases[i].warning) || (*said != 0) != (*cases[i].warning != 0))
            fail_msg("case %zu: level %d, warning '%s'", i, (int)level, said);
        buffer_release(&warning);
    }
}

static void test_messages(void **state)
{
    (void)state;
    struct buffer lines;
    buffer_init(&lines, 4096);
    const struct log port = {&lines, keep_line};
    const struct clock clock = {.now_s = fixed_now};
    const struct logger logger = {&port, &clock, LEVEL_WARN, TEXT("id-1")};
    log_message(&logger, LEVEL_INFO, "not written");
    log_message(&logger, LEVEL_WARN, "%d \"quoted\"\nlines", 2);
    expect(&lines, "{\"level\":\"WARN\",\"timestamp\":\"2026-02-02T10:00:00.062Z\",\"requestId\":\"id-1\","
                   "\"message\":\"2 \\\"quoted\\\"\\nlines\"}\n");
    buffer_release(&lines);
}

static const struct call_report call = {.service = "ecs",
                                        .operation = "DescribeServices",
                                        .region = {"eu-west-1", 9},
                                        .request_id = {"aws-1", 5},
                                        .start_s = 100,
                                        .end_s = 100.0125,
                                        .attempt = 2,
                                        .http_code = 400};

static void test_calls_only_at_debug(void **state)
{
    (void)state;
    struct buffer lines;
    buffer_init(&lines, 4096);
    const struct log port = {&lines, keep_line};
    const struct clock clock = {.now_s = fixed_now};
    struct logger logger = {&port, &clock, LEVEL_INFO, TEXT("")};
    log_aws_call(&logger, &call);
    expect(&lines, "");
    logger.least = LEVEL_DEBUG;
    log_aws_call(&logger, &call);
    expect(&lines,
           "{\"level\":\"DEBUG\",\"timestamp\":\"2026-02-02T10:00:00.062Z\",\"message\":\"ecs DescribeServices: "
           "done\",\"service\":\"ecs\",\"operation\":\"DescribeServices\",\"region\":\"eu-west-1\","
           "\"awsRequestId\":\"aws-1\",\"attempt\":2,\"httpStatus\":400,\"milliseconds\":12.5}\n");
    buffer_release(&lines);
}

// ---- X-Ray ------------------------------------------------------------------------------------------------

static void test_trace_header(void **state)
{
    (void)state;
    static const struct {
        const char *text, *root, *parent;
        bool sampled;
    } cases[] = {
        {"Root=1-a-b;Parent=c;Sampled=1", "1-a-b", "c", true},
        {"Sampled=1; Parent=c ;Root=1-a-b;Lineage=x:0", "1-a-b", "c", true},
        {"Root=1-a-b;Parent=c;Sampled=0", "1-a-b", "c", false},
        {"Root=1-a-b;Parent=c", "1-a-b", "c", false},
        {"Root=1-a-b;Sampled=1", "1-a-b", "", false},
        {"", "", "", false},
        {";;=;Sampled", "", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct trace_header header = trace_header_read(text_of(cases[i].text));
        if (!text_is(header.root, cases[i].root) || !text_is(header.parent, cases[i].parent) ||
            header.sampled != cases[i].sampled)
            fail_msg("'%s' is read wrongly", cases[i].text);
    }
}

// The document but for its id, which stands behind the name.
static void test_segment(void **state)
{
    (void)state;
    struct buffer one, other;
    buffer_init(&one, 1024);
    buffer_init(&other, 1024);
    const struct trace_header header = trace_header_read(TEXT("Root=1-a-b;Parent=c;Sampled=1"));
    trace_segment(&one, &header, &call, 1);
    trace_segment(&other, &header, &call, 2);
    const char *begin = "{\"name\":\"ecs\",\"id\":\"";
    assert_int_equal(strncmp(one.p, begin, strlen(begin)), 0);
    assert_int_equal(strspn(one.p + strlen(begin), "0123456789abcdef"), 16);
    assert_int_not_equal(strncmp(one.p + strlen(begin), other.p + strlen(begin), 16), 0);
    const char *rest = "\",\"trace_id\":\"1-a-b\",\"parent_id\":\"c\",\"type\":\"subsegment\",\"start_time\":100,"
                       "\"end_time\":100.0125,\"namespace\":\"aws\",\"aws\":{\"operation\":\"DescribeServices\","
                       "\"region\":\"eu-west-1\",\"request_id\":\"aws-1\",\"retries\":1},"
                       "\"http\":{\"response\":{\"status\":400}},\"error\":true}";
    assert_string_equal(one.p + strlen(begin) + 16, rest);
    buffer_release(&one);
    buffer_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_from_environment),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_calls_only_at_debug),
        cmocka_unit_test(test_trace_header),
        cmocka_unit_test(test_segment),
    };
    return cmocka_run_group_tests_name("log_levels", tests, NULL, NULL) != 0;
}
