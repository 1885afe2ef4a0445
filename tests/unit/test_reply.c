// Answers in their shapes: the proxy's object over HTTP, the bare answer or a function error otherwise.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/handler/reply.h"
#include "tests/support/asserts.h"

static void expect_text(struct text got, const char *wanted)
{
    if (!text_is(got, wanted))
        fail_msg("got    %.*s\nwanted %s", TEXT_ARG(got), wanted);
}

static void test_answers(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct reply http = reply_answer(&arena, EVENT_HTTP_V1, TEXT("{\"a\":\"b\"}"));
    expect_text(http.body, "{\"statusCode\":200,\"headers\":{\"Content-Type\":\"application/json\"},"
                           "\"body\":\"{\\\"a\\\":\\\"b\\\"}\",\"isBase64Encoded\":false}");
    assert_int_equal(http.status, 200);
    assert_false(http.failed);
    struct reply direct = reply_answer(&arena, EVENT_DIRECT, TEXT("{\"a\":1}"));
    expect_text(direct.body, "{\"a\":1}");
    assert_false(direct.failed);
    arena_release(&arena);
}

#define HTTP(status, extra, word)                                                                                      \
    "{\"statusCode\":" status ",\"headers\":{\"Content-Type\":\"application/json\"" extra                              \
    "},\"body\":\"{\\\"message\\\":\\\"m\\\",\\\"error\\\":\\\"" word                                                  \
    "\\\",\\\"requestId\\\":\\\"id\\\"}\",\"isBase64Encoded\":false}"

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        enum fault fault;
        int status;
        const char *http, *type;
    } cases[] = {
        {FAULT_REQUEST, 400, HTTP("400", "", "bad_request"), "Function.BadRequest"},
        {FAULT_STALE, 400, HTTP("400", "", "stale_event"), "Function.StaleEvent"},
        {FAULT_FOREIGN, 403, HTTP("403", "", "forbidden"), "Function.Forbidden"},
        {FAULT_NOT_FOUND, 404, HTTP("404", "", "not_found"), "Function.NotFound"},
        {FAULT_METHOD, 405, HTTP("405", ",\"Allow\":\"POST\"", "method_not_allowed"), "Function.BadRequest"},
        {FAULT_REFUSED, 409, HTTP("409", "", "refused"), "Function.Refused"},
        {FAULT_POLICY, 500, HTTP("500", "", "policy_failed"), "Function.PolicyFailed"},
        {FAULT_AWS, 502, HTTP("502", "", "aws_failed"), "Function.AwsFailed"},
        {FAULT_UNAVAILABLE, 503, HTTP("503", ",\"Retry-After\":\"5\"", "unavailable"), "Function.Unavailable"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply http = reply_fault(&arena, EVENT_FUNCTION_URL, cases[i].fault, TEXT("m"), TEXT("id"));
        expect_text(http.body, cases[i].http);
        assert_int_equal(http.status, cases[i].status);
        assert_false(http.failed);
        struct reply direct = reply_fault(&arena, EVENT_SCHEDULER, cases[i].fault, TEXT("m\"\n"), TEXT("id"));
        struct text wanted = arena_format(
            &arena, "{\"errorMessage\":\"m\\\"\\n\",\"errorType\":\"%s\",\"stackTrace\":[]}", cases[i].type);
        expect_text(direct.body, wanted.p);
        expect_text(direct.error_type, cases[i].type);
        assert_int_equal(direct.status, cases[i].status);
        assert_true(direct.failed);
    }
    arena_release(&arena);
}

// Lambda takes (Runtime|Function).[A-Z][a-zA-Z]+ for the type of an error, and nothing else.
static void test_types_fit_lambda(void **state)
{
    (void)state;
    for (enum fault fault = FAULT_REQUEST; fault <= FAULT_UNAVAILABLE; fault++) {
        struct text type = text_of(fault_words_of(fault)->type);
        assert_true(text_starts(type, TEXT("Function.")));
        struct text reason = text_from(type, 9);
        assert_true(reason.n > 1 && reason.p[0] >= 'A' && reason.p[0] <= 'Z');
        for (size_t i = 0; i < reason.n; i++)
            assert_true((reason.p[i] | 32) >= 'a' && (reason.p[i] | 32) <= 'z');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_types_fit_lambda),
    };
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL) != 0;
}
