// The clock by AWS's Date headers: corrected, doubted, and signatures made anew for it.
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

#define ANSWER(code, body) HTTP_ANSWERED, false, code, NULL, body

static const struct {
    const char *date;
    double at_s;  // 0: it is none
} dates[] = {
    {"Mon, 23 Nov 2026 06:35:36 GMT", 1795415736},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
    {"Sun Nov  6 08:49:37 1994", 0},
    {"Mon, 31 Feb 2026 06:35:36 GMT", 0},
    {"Mon, 23 Foo 2026 06:35:36 GMT", 0},
    {"Mon, 23 Nov 2026 06:35:36 UTC", 0},
    {"Mon, 23 Nov 2026 26:35:36 GMT", 0},
    {"", 0},
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        double at_s = 0;
        if (http_date(text_of(dates[i].date), &at_s) != (dates[i].at_s > 0) || fabs(at_s - dates[i].at_s) > 0)
            fail_msg("\"%s\": %.0f", dates[i].date, at_s);
    }
}

static void test_clock(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    struct clock clock = aws_clock(fake->aws);
    fake->dates = true;
    scripted_aws_begin(fake, INFINITY);
    assert_near(clock.now_s(clock.context), SCRIPTED_AWS_NOW, 0);
    scripted_aws_describe(fake, &arena, "s");
    assert_near(clock.now_s(clock.context), fake->clock_s, 0);  // Dates have whole seconds: no reason to correct
    fake->ahead_s = 120;
    scripted_aws_begin(fake, INFINITY);
    scripted_aws_describe(fake, &arena, "s");
    assert_near(clock.now_s(clock.context), fake->clock_s + 120, 1);
    assert_near(clock.doubt_s(clock.context), 0, 0);
    scripted_aws_describe(fake, &arena, "s");
    assert_near(clock.doubt_s(clock.context), 0, 0);
    fake->ahead_s = -60;  // another answer of the same run shows another time
    scripted_aws_describe(fake, &arena, "s");
    assert_near(clock.doubt_s(clock.context), 180, 2);
    scripted_aws_begin(fake, INFINITY);
    scripted_aws_describe(fake, &arena, "s");
    assert_near(clock.doubt_s(clock.context), 0, 0);
    assert_near(clock.now_s(clock.context), fake->clock_s - 60, 1);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// The local clock is ten minutes behind: the request is refused, signed anew and taken.
static void test_skew(void **state)
{
    (void)state;
    const struct {
        const char *code;
        double ahead_s;
        size_t asked;
        enum port_status status;
    } cases[] = {
        {"RequestTimeTooSkewed", 600, 2, PORT_OK},          {"InvalidSignatureException", -600, 2, PORT_OK},
        {"SignatureDoesNotMatch", 600, 2, PORT_OK},         {"AccessDeniedException", 600, 2, PORT_OK},
        {"InvalidSignatureException", 200, 1, PORT_DENIED}, {"SignatureDoesNotMatch", 0, 1, PORT_DENIED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct scripted_aws *fake = scripted_aws_new();
        fake->dates = true;
        fake->ahead_s = cases[i].ahead_s;
        struct text body = arena_format(&arena, "{\"__type\":\"%s\",\"message\":\"Signature expired\"}", cases[i].code);
        scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 1, 1, ANSWER(400, body.p)});
        enum port_status status = scripted_aws_update(fake, &arena, "s").status;
        if (status != cases[i].status || fake->asked[SCRIPTED_UPDATE] != cases[i].asked)
            fail_msg("%s, %.0f s: status %d, asked %zu", cases[i].code, cases[i].ahead_s, (int)status,
                     fake->asked[SCRIPTED_UPDATE]);
        if (i == 0)
            assert_true(text_is(scripted_aws_header(fake, "x-amz-date"), "20261123T064536Z"));
        scripted_aws_free(fake);
        arena_release(&arena);
    }
}

// A clock that does not stay corrected is corrected once, and no more.
static void test_skew_once(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 1, 1, HTTP_ANSWERED, false, 400,
                                                     "date: Mon, 23 Nov 2026 07:35:36 GMT",
                                                     "{\"__type\":\"RequestTimeTooSkewed\"}"});
    scripted_aws_fails(fake, (struct scripted_fault){SCRIPTED_UPDATE, 2, 0, HTTP_ANSWERED, false, 400,
                                                     "date: Mon, 23 Nov 2026 09:35:36 GMT",
                                                     "{\"__type\":\"RequestTimeTooSkewed\"}"});
    assert_int_equal(scripted_aws_update(fake, &arena, "s").status, PORT_DENIED);
    assert_int_equal(fake->asked[SCRIPTED_UPDATE], 2);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// A correction moves the clock, and not the instant at which time is up.
static void test_deadline_stays(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    fake->dates = true;
    fake->ahead_s = 3600;
    scripted_aws_begin(fake, SCRIPTED_AWS_NOW + 100);
    assert_int_equal(scripted_aws_describe(fake, &arena, "s").result.status, PORT_OK);
    assert_int_equal(scripted_aws_describe(fake, &arena, "s").result.status, PORT_OK);
    fake->clock_s = SCRIPTED_AWS_NOW + 99.9;
    assert_int_equal(scripted_aws_describe(fake, &arena, "s").result.status, PORT_TIMED_OUT);
    scripted_aws_free(fake);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),     cmocka_unit_test(test_clock),          cmocka_unit_test(test_skew),
        cmocka_unit_test(test_skew_once), cmocka_unit_test(test_deadline_stays),
    };
    return cmocka_run_group_tests_name("aws_clock", tests, NULL, NULL) != 0;
}
