#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"

static void assert_exact(const char *what, double got, double due)
{
    if (got != due)
        fail_msg("%s: got %.9f, due %.9f", what, got, due);
}

// ---- the calendar -----------------------------------------------------------------------------------------

static void civil_dates(void **state)
{
    (void)state;
    static const struct {
        int32_t year;
        int month, day;
        int32_t number;
        int weekday;
    } cases[] = {
        {1970, 1, 1, 0, 3},      {1969, 12, 31, -1, 2},    {2000, 2, 29, 11016, 1},  {2000, 3, 1, 11017, 2},
        {1900, 3, 1, -25508, 3}, {2026, 11, 23, 20780, 0}, {2400, 2, 29, 157113, 1}, {9999, 12, 31, 2932896, 4},
        {0, 3, 1, -719468, 2},   {-1, 12, 31, -719529, 4},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int32_t day = civil_to_day(cases[i].year, cases[i].month, cases[i].day);
        if (day != cases[i].number)
            fail_msg("%d-%d-%d: got day %d, due %d", (int)cases[i].year, cases[i].month, cases[i].day, (int)day,
                     (int)cases[i].number);
        assert_int_equal(weekday_of_day(day), cases[i].weekday);
    }
}

// Counts days one by one beside the arithmetic.
static void every_day_of_five_centuries(void **state)
{
    (void)state;
    int32_t year = 1800, month = 1, date = 1;
    int weekday = 2;  // a Wednesday
    for (int32_t day = civil_to_day(1800, 1, 1); day <= civil_to_day(2300, 12, 31); day++) {
        struct civil civil = civil_from_day(day);
        if (civil.year != year || civil.month != month || civil.day != date)
            fail_msg("day %d: got %d-%d-%d", (int)day, (int)civil.year, civil.month, civil.day);
        assert_int_equal(civil_to_day(year, month, date), day);
        assert_int_equal(weekday_of_day(day), weekday);
        weekday = (weekday + 1) % 7;
        if (++date > days_in_month(year, month)) {
            date = 1;
            month = month % 12 + 1;
            year += month == 1;
        }
    }
    assert_int_equal(year, 2301);
}

static void months(void **state)
{
    (void)state;
    assert_int_equal(days_in_month(2026, 2), 28);
    assert_int_equal(days_in_month(2028, 2), 29);
    assert_int_equal(days_in_month(1900, 2), 28);
    assert_int_equal(days_in_month(2000, 2), 29);
    assert_int_equal(days_in_month(2026, 4), 30);
    assert_int_equal(days_in_month(2026, 0), 0);
    assert_int_equal(days_in_month(2026, 13), 0);
    assert_true(civil_valid(2028, 2, 29));
    assert_false(civil_valid(2026, 2, 29));
    assert_false(civil_valid(2026, 1, 0));
    assert_false(civil_valid(2026, 13, 1));
}

// ---- reading ----------------------------------------------------------------------------------------------

struct reading {
    const char *text;
    double due;
};

static void dates(void **state)
{
    (void)state;
    static const struct reading good[] = {
        {"1970-01-01", 0}, {"2026-10-25", 20751}, {"2028-02-29", 21243}, {"9999-12-31", 2932896}};
    static const char *const bad[] = {"",           "2026-10-2",  "2026-10-250", "2026/10/25",
                                      "2026-13-01", "2026-02-29", "1969-12-31",  " 2026-10-25",
                                      "2026-1-25",  "20261025",   "2026-10-2x",  "-026-10-25"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int32_t day = -7;
        assert_true(parse_date(text_of(good[i].text), &day));
        assert_exact(good[i].text, day, good[i].due);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int32_t day = -7;
        if (parse_date(text_of(bad[i]), &day) || day != -7)
            fail_msg("'%s' is no date", bad[i]);
    }
}

static void times_of_day(void **state)
{
    (void)state;
    static const struct reading good[] = {{"00:00", 0}, {"08:00", 480}, {"23:59", 1439}, {"24:00", 1440}};
    static const char *const bad[] = {"",     "8:00",   "24:01", "25:00",  "08:60",
                                      "08:0", "08:000", "08.00", "08:00 ", "-8:00"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int32_t minutes = -7;
        assert_true(parse_time_of_day(text_of(good[i].text), &minutes));
        assert_exact(good[i].text, minutes, good[i].due);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int32_t minutes = -7;
        if (parse_time_of_day(text_of(bad[i]), &minutes) || minutes != -7)
            fail_msg("'%s' is no time of day", bad[i]);
    }
}

static void instants(void **state)
{
    (void)state;
    static const struct reading good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T06:35:36Z", 1795415736},
        {"2026-11-23t06:35:36z", 1795415736},
        {"2026-11-23 06:35:36Z", 1795415736},
        {"2026-11-23T06:35:36.918000+00:00", 1795415736.918},
        {"2026-11-23T06:35:36.5Z", 1795415736.5},
        {"2026-11-23T06:35:36.000000000999Z", 1795415736},
        {"2026-11-23T01:35:36-05:00", 1795415736},
        {"2026-11-23T12:20:36+05:45", 1795415736},
        {"2026-11-22T06:36:36-23:59", 1795415736},
        {"1970-01-01T00:00:00+01:00", -3600},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"2017-01-01T00:59:60+01:00", 1483228800},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T06:35:36",
        "2026-11-23T06:35Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T06:60:00Z",
        "2026-11-23T06:35:60Z",
        "2026-11-23T06:35:61Z",
        "2026-11-23T06:35:36.Z",
        "2026-11-23T06:35:36,5Z",
        "2026-11-23T06:35:36+5:00",
        "2026-11-23T06:35:36+05",
        "2026-11-23T06:35:36+0500",
        "2026-11-23T06:35:36+24:00",
        "2026-11-23T06:35:36+05:60",
        "2026-11-23T06:35:36Z ",
        "2026-11-23  06:35:36Z",
        "2026-11-31T06:35:36Z",
        "2026/11/23T06:35:36Z",
        "1969-12-31T23:59:59Z",
        "12026-11-23T06:35:36Z",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        double at_s = -7;
        if (!parse_instant(text_of(good[i].text), &at_s))
            fail_msg("'%s' is an instant", good[i].text);
        assert_exact(good[i].text, at_s, good[i].due);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double at_s = -7;
        if (parse_instant(text_of(bad[i]), &at_s) || at_s != -7)
            fail_msg("'%s' is no instant", bad[i]);
    }
}

static void timestamps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double due;
        bool zoned;
    } cases[] = {
        {"2026-11-23 06:35:36", 1795415736, false},        {"2026/11/23 06:35:36", 1795415736, false},
        {"2026-11-23 06:35:36.250", 1795415736.25, false}, {"2026-11-23T06:35:36Z", 1795415736, true},
        {"2026-11-23 06:35:36+00:00", 1795415736, true},   {"2026/11/23T07:35:36+01:00", 1795415736, true},
    };
    static const char *const bad[] = {
        "",          "2026",  "2026/11-23 06:35:36",    "2026-11/23 06:35:36", "2026-11-23 06:35",
        "timestamp", "2026/", "2026-11-23 06:35:36 UTC"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double at_s = -7;
        bool zoned = !cases[i].zoned;
        if (!parse_timestamp(text_of(cases[i].text), &at_s, &zoned))
            fail_msg("'%s' is a timestamp", cases[i].text);
        assert_exact(cases[i].text, at_s, cases[i].due);
        assert_int_equal(zoned, cases[i].zoned);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double at_s = -7;
        bool zoned = true;
        if (parse_timestamp(text_of(bad[i]), &at_s, &zoned) || at_s != -7 || !zoned)
            fail_msg("'%s' is no timestamp", bad[i]);
    }
}

static void durations(void **state)
{
    (void)state;
    static const struct reading good[] = {
        {"90s", 90},
        {"15m", 900},
        {"2h30m", 9000},
        {"7d", 604800},
        {"1d12h", 129600},
        {"0s", 0},
        {"1d2h3m4s", 93784},
        {"1h90m", 9000},
        {"1d5s", 86405},
        {"007m", 420},
        {"9007199254740992s", 9007199254740992.0},
    };
    static const char *const bad[] = {"",
                                      "s",
                                      "15",
                                      "15 m",
                                      "1.5h",
                                      "-5m",
                                      "30m2h",
                                      "5m5m",
                                      "2h30",
                                      "5w",
                                      "5M",
                                      " 5m",
                                      "5m ",
                                      "+5m",
                                      "h5",
                                      "1d 2h",
                                      "9007199254740993s",
                                      "150119987579017m",
                                      "104249991375d",
                                      "99999999999999999999999s"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        double seconds = -7;
        if (!parse_duration(text_of(good[i].text), &seconds))
            fail_msg("'%s' is a duration", good[i].text);
        assert_exact(good[i].text, seconds, good[i].due);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double seconds = -7;
        if (parse_duration(text_of(bad[i]), &seconds) || seconds != -7)
            fail_msg("'%s' is no duration", bad[i]);
    }
}

// ---- writing ----------------------------------------------------------------------------------------------

struct writing {
    double value;
    const char *due;
};

static void check_writing(void (*format)(struct buffer *, double), const struct writing *cases, size_t count)
{
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&buffer);
        format(&buffer, cases[i].value);
        if (!text_is(buffer_text(&buffer), cases[i].due))
            fail_msg("%.3f: got '%.*s', due '%s'", cases[i].value, TEXT_ARG(buffer_text(&buffer)), cases[i].due);
    }
    buffer_release(&buffer);
}

static void writes_instants(void **state)
{
    (void)state;
    static const struct writing cases[] = {
        {1795415736, "2026-11-23T06:35:36Z"},
        {1795415736.999, "2026-11-23T06:35:36Z"},
        {0, "1970-01-01T00:00:00Z"},
        {-0.001, "1969-12-31T23:59:59Z"},
        {-86401, "1969-12-30T23:59:59Z"},
        {253402300800, "+010000-01-01T00:00:00Z"},
        {-62167219201, "-000001-12-31T23:59:59Z"},
        {1795415736000, "+058864-06-16T17:20:00Z"},
        {1e14, "+3170843-11-07T09:46:40Z"},
        {1.1e14, "unknown"},
        {-1e300, "unknown"},
        {NAN, "unknown"},
        {INFINITY, "unknown"},
    };
    check_writing(format_instant, cases, COUNT_OF(cases));
}

static void writes_instants_with_offset(void **state)
{
    (void)state;
    static const struct {
        double at_s;
        int32_t offset_s;
        const char *due;
    } cases[] = {
        {1795415736, 3600, "2026-11-23 07:35:36 +01:00"},    {1795415736, -12600, "2026-11-23 03:05:36 -03:30"},
        {1795415736, 0, "2026-11-23 06:35:36 +00:00"},       {1795415736, 12344, "2026-11-23 10:01:20 +03:25:44"},
        {1795415736.5, 49500, "2026-11-23 20:20:36 +13:45"}, {NAN, 3600, "unknown"},
    };
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buffer_clear(&buffer);
        format_instant_offset(&buffer, cases[i].at_s, cases[i].offset_s);
        assert_string_equal(buffer.p, cases[i].due);
    }
    buffer_release(&buffer);
}

static void writes_durations(void **state)
{
    (void)state;
    static const struct writing cases[] = {
        {93600, "1d 2h"}, {9000, "2h 30m"}, {900, "15m"},          {90, "1m 30s"},
        {45, "45s"},      {0, "0s"},        {0.9, "0s"},           {-0.9, "0s"},
        {45.99, "45s"},   {93784, "1d 2h"}, {86400 + 5, "1d 5s"},  {-90, "-1m 30s"},
        {604800, "7d"},   {NAN, "unknown"}, {INFINITY, "unknown"},
    };
    static const struct writing literals[] = {
        {9000, "2h30m"}, {93784, "1d2h3m4s"}, {0, "0s"},        {604800, "7d"},
        {-900, "-15m"},  {86405, "1d5s"},     {NAN, "unknown"},
    };
    check_writing(format_duration, cases, COUNT_OF(cases));
    check_writing(format_duration_literal, literals, COUNT_OF(literals));
}

// What is written reads back as the same number of seconds.
static void literals_read_back(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (int64_t seconds = 0; seconds < 4000000; seconds = seconds * 3 / 2 + 7) {
        double again = -7;
        buffer_clear(&buffer);
        format_duration_literal(&buffer, (double)seconds);
        assert_true(parse_duration(buffer_text(&buffer), &again));
        assert_exact(buffer.p, again, (double)seconds);
        buffer_clear(&buffer);
        format_instant(&buffer, (double)(seconds * 60000));
        assert_true(parse_instant(buffer_text(&buffer), &again));
        assert_exact(buffer.p, again, (double)(seconds * 60000));
    }
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_dates),      cmocka_unit_test(every_day_of_five_centuries),
        cmocka_unit_test(months),           cmocka_unit_test(dates),
        cmocka_unit_test(times_of_day),     cmocka_unit_test(instants),
        cmocka_unit_test(timestamps),       cmocka_unit_test(durations),
        cmocka_unit_test(writes_instants),  cmocka_unit_test(writes_instants_with_offset),
        cmocka_unit_test(writes_durations), cmocka_unit_test(literals_read_back),
    };
    return cmocka_run_group_tests_name("instant", tests, NULL, NULL) != 0;
}
