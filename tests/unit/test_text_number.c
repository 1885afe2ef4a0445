// Numbers in texts, both ways.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "tests/support/asserts.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        int64_t number;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"-12", true, -12},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t got = 4711;
        bool valid = text_to_int64(text_of(cases[i].text), &got);
        int64_t wanted = cases[i].valid ? cases[i].number : 4711;
        if (valid != cases[i].valid || got != wanted)
            fail_msg("'%s': got %d %" PRId64 ", wanted %d %" PRId64, cases[i].text, valid, got, cases[i].valid, wanted);
    }
}

static void doubles_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",      "-",
        "+1",    " 1",
        "1 ",    ".5",
        "5.",    "-.5",
        "1.e5",  "1e",
        "1e+",   "1e-",
        "e5",    "1,5",
        "0x1p3", "nan",
        "inf",   "Infinity",
        "-inf",  "1.2.3",
        "1e5.0", "--1",
        "1_000", "1e400",
        "1d5",   "-1e9999999999999999999",
        "1e309", "1.7976931348623159e308",
        "1e5 ",  "\xD9\xA1",
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        double got = 4711;
        if (text_to_double(text_of(refused[i]), &got) || bits_of(got) != bits_of(4711))
            fail_msg("'%s' was taken as %.17g", refused[i], got);
    }
    double got = 4711;
    assert_false(text_to_double((struct text){NULL, 0}, &got));
    // Bounded by the text's length, not by what lies behind it.
    assert_true(text_to_double((struct text){"12345", 2}, &got));
    assert_true(bits_of(got) == bits_of(12));
}

// The C library rounds correctly; here and nowhere else it may serve as the oracle.
static void check_double(const char *text)
{
    double wanted = strtod(text, NULL), got = 4711;
    bool valid = text_to_double(text_of(text), &got);
    if (valid != (isfinite(wanted) != 0))
        fail_msg("'%s': %s", text, valid ? "taken" : "refused");
    if (valid && bits_of(got) != bits_of(wanted))
        fail_msg("'%s': got %.17g (%a), wanted %.17g (%a)", text, got, got, wanted, wanted);
}

static void doubles_of_note(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0.0e5",
        "0e999999999999999999999",
        "1",
        "1.5",
        "-1.5",
        "1E5",
        "1e+5",
        "1e-5",
        "00012.50",
        "0.1",
        "0.30000000000000004",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.5",
        "1e22",
        "1e23",
        "9e22",
        "123456789012345e22",
        "123456789012345e-22",
        "5e-324",
        "2e-324",
        "2.4703282292062327208e-324",
        "2.4703282292062328e-324",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1e308",
        "1e-400",
        "1e-9999999999999999999",
        "8.5714285714285712",
        "0.33333333333333331",
        "14.285714285714286",
        "1764000000.123",
        "18446744073709551615",
        "18446744073709551616",
        "9999999999999999999",
        "99999999999999999999",
        "0.0000001234567890123456789",
        "6.631236846766476e-316",
        "3.237883913302901e-319",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "10000000000000000000000000000000000000000000e-43",
        "1.00000000000000011102230246251565404236316680908203126",
        "0.500000000000000166533453693773481063544750213623046875",
        "3.518437208883201171875e13",
        "62.5364939768271845828",
        "8.10109172351e-10",
        "1.50000000000000011102230246251565",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        check_double(texts[i]);
}

static void doubles_of_all_shapes(void **state)
{
    (void)state;
    uint64_t random = 20261123;
    for (int round = 0; round < 300000; round++) {
        char text[80];
        size_t n = 0;
        int whole = 1 + (int)(next_random(&random) % 20), fraction = (int)(next_random(&random) % 25);
        if (next_random(&random) % 4 == 0)
            text[n++] = '-';
        if (next_random(&random) % 2)
            whole = 1 + whole % 3;
        for (int i = 0; i < whole; i++)
            text[n++] = (char)('0' + next_random(&random) % 10);
        if (fraction)
            text[n++] = '.';
        for (int i = 0; i < fraction; i++)
            text[n++] = (char)('0' + next_random(&random) % 10);
        text[n] = '\0';
        if (next_random(&random) % 2)
            snprintf(text + n, sizeof text - n, "e%d", (int)(next_random(&random) % 700) - 350);
        check_double(text);
    }
}

// 16 to 19 digits with a far negative exponent: here what is left of a division may decide the rounding.
static void doubles_of_long_fractions(void **state)
{
    (void)state;
    uint64_t random = 27;
    for (int round = 0; round < 300000; round++) {
        char text[40];
        uint64_t mantissa = next_random(&random) % 9999999999999999999u;
        snprintf(text, sizeof text, "%" PRIu64 "e-%d", mantissa, 20 + (int)(next_random(&random) % 10));
        check_double(text);
    }
}

// Exactly between two doubles, a hair above it and a hair below it, to hundreds of digits.
static void doubles_halfway(void **state)
{
    (void)state;
    uint64_t random = 99;
    static char text[4096];
    for (int round = 0; round < 3000; round++) {
        double low = ldexp((double)(next_random(&random) >> 11), (int)(next_random(&random) % 300) - 200);
        long double middle = ((long double)low + (long double)nextafter(low, INFINITY)) / 2;
        snprintf(text, sizeof text, "%.300Lf", middle);
        check_double(text);
        size_t n = strlen(text);
        memset(text + n, '0', 1200);
        text[n + 1200] = '\0';
        check_double(text);
        memcpy(text + n + 1200, "1", sizeof "1");
        check_double(text);
        char *last = text + n - 1;
        while (*last == '0' || *last == '.')
            last--;
        (*last)--;
        check_double(text);
    }
    memset(text, '0', sizeof text);
    text[1] = '.';
    memcpy(text + sizeof text - 8, "1e4090", sizeof "1e4090");
    check_double(text);
}

static void check_number(double number, const char *wanted)
{
    struct buffer buffer;
    buffer_init(&buffer, 64);
    buffer_add_number(&buffer, number);
    bool same = text_is(buffer_text(&buffer), wanted);
    char got[64];
    snprintf(got, sizeof got, "%.*s", TEXT_ARG(buffer_text(&buffer)));
    buffer_release(&buffer);
    if (!same)
        fail_msg("%.17g: got '%s', wanted '%s'", number, got, wanted);
}

static void numbers_as_text(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1, "-1"},
        {10, "10"},
        {1200, "1200"},
        {0.5, "0.5"},
        {-2.25, "-2.25"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {100.0 / 7, "14.285714285714286"},
        {1764000000, "1764000000"},
        {1764000000.125, "1764000000.125"},
        {0.000001, "0.000001"},
        {0.00000123, "0.00000123"},
        {0.000000999, "9.99e-7"},
        {1e-7, "1e-7"},
        {999999999999999.9, "999999999999999.9"},
        {1e15, "1000000000000000"},
        {1000000000000001, "1.000000000000001e15"},
        {2e15, "2e15"},
        {1e16, "1e16"},
        {9007199254740992, "9.007199254740992e15"},
        {1e23, "1e23"},
        {0x1p360, "2.3485425827738332e108"},
        {-1.5e300, "-1.5e300"},
        {DBL_MAX, "1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {1.5e-320, "1.5e-320"},
        {NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_number(cases[i].number, cases[i].text);
}

static size_t significant_digits(struct text text)
{
    size_t digits = 0, zeros = 0;
    for (size_t i = 0; i < text.n && text.p[i] != 'e'; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (!digit || (digits == 0 && text.p[i] == '0'))
            continue;
        digits++;
        zeros = text.p[i] == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

// Reads back the same, and no text with a digit less would.
static void check_shortest(struct buffer *buffer, double number)
{
    buffer_clear(buffer);
    buffer_add_number(buffer, number);
    struct text text = buffer_text(buffer);
    double back = 4711;
    if (!text_to_double(text, &back) || bits_of(back) != bits_of(number))
        fail_msg("%.17g became '%.*s'", number, TEXT_ARG(text));
    int digits = (int)significant_digits(text);
    char shorter[40];
    snprintf(shorter, sizeof shorter, "%.*e", digits > 1 ? digits - 2 : 0, number);
    if (digits > 1 && bits_of(strtod(shorter, NULL)) == bits_of(number))
        fail_msg("%.17g became '%.*s', but %s would do", number, TEXT_ARG(text), shorter);
    bool plain = fabs(number) >= 1e-6 && fabs(number) <= 1e15;
    size_t at = 0;
    if (plain == text_find(text, 'e', &at))
        fail_msg("%.17g became '%.*s'", number, TEXT_ARG(text));
}

static void numbers_read_back(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 64);
    uint64_t random = 4;
    for (int round = 0; round < 100000; round++) {
        uint64_t bits = next_random(&random);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number) && number != 0)
            check_shortest(&buffer, number);
        check_shortest(&buffer, 1 + (double)(bits % 1000000) / 1000);
        check_shortest(&buffer, ldexp(1 + (double)(bits >> 12), (int)(bits % 80) - 60));
    }
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(doubles_refused),
        cmocka_unit_test(doubles_of_note),
        cmocka_unit_test(doubles_of_all_shapes),
        cmocka_unit_test(doubles_of_long_fractions),
        cmocka_unit_test(doubles_halfway),
        cmocka_unit_test(numbers_as_text),
        cmocka_unit_test(numbers_read_back),
    };
    return cmocka_run_group_tests_name("text_number", tests, NULL, NULL) != 0;
}
