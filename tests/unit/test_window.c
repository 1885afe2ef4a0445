#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/window.h"
#include "tests/support/asserts.h"
#include "tests/support/tzif.h"

#define LONDON "GMT0BST,M3.5.0/1,M10.5.0"
#define SANTIAGO "<-04>4<-03>,M9.1.6/24,M4.1.6/24"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define KATHMANDU "<+0545>-5:45"
#define UTC "UTC0"

#define EVERY_DAY 0x7f
#define MONDAY_TO_FRIDAY 0x1f
#define FRIDAY 0x10

static int make_arena(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int drop_arena(void **state)
{
    arena_release(*state);
    return 0;
}

static int32_t day_of(const char *text)
{
    int32_t day;
    if (!parse_date(text_of(text), &day))
        fail_msg("'%s' is no date", text);
    return day;
}

static int32_t minutes_of(const char *text)
{
    int32_t minutes;
    if (!parse_time_of_day(text_of(text), &minutes))
        fail_msg("'%s' is no time of day", text);
    return minutes;
}

// A span from `from` to `to` in the zone of that rule.
static struct window_span span_of(struct arena *arena, const char *rule, uint8_t days, const char *from, const char *to)
{
    return (struct window_span){
        .days = days, .from_min = minutes_of(from), .to_min = minutes_of(to), .zone = tzif_zone(arena, rule)};
}

static bool contains(const struct window_span *span, const char *at)
{
    struct window window = {.spans = span, .span_count = 1};
    return window_contains(&window, (double)instant_of(at));
}

// The half-open ends: in at the start and a second before the end, out a second before the start and at the end.
static void assert_span(const struct window_span *span, const char *date, const char *start, const char *end)
{
    struct window window = {.spans = span, .span_count = 1};
    int64_t start_s = -7, end_s = -7;
    if (!window_span_on(span, day_of(date), &start_s, &end_s) || start_s != instant_of(start) ||
        end_s != instant_of(end))
        fail_msg("%s: got %lld to %lld, due %s to %s", date, (long long)start_s, (long long)end_s, start, end);
    assert_false(window_contains(&window, (double)start_s - 0.001));
    assert_true(window_contains(&window, (double)start_s));
    assert_true(window_contains(&window, (double)end_s - 0.001));
    assert_false(window_contains(&window, (double)end_s));
}

static void spans(void **state)
{
    static const struct {
        const char *rule, *from, *to, *date, *start, *end;
    } cases[] = {
        {UTC, "08:00", "18:00", "2026-11-23", "2026-11-23T08:00:00Z", "2026-11-23T18:00:00Z"},
        {UTC, "22:00", "06:00", "2026-11-23", "2026-11-23T22:00:00Z", "2026-11-24T06:00:00Z"},
        {UTC, "18:00", "24:00", "2026-11-23", "2026-11-23T18:00:00Z", "2026-11-24T00:00:00Z"},
        {UTC, "23:59", "00:00", "2026-11-23", "2026-11-23T23:59:00Z", "2026-11-24T00:00:00Z"},
        {KATHMANDU, "08:00", "18:00", "2026-11-23", "2026-11-23T02:15:00Z", "2026-11-23T12:15:00Z"},
        {KATHMANDU, "00:00", "01:00", "2026-11-23", "2026-11-22T18:15:00Z", "2026-11-22T19:15:00Z"},
        {LONDON, "08:00", "18:00", "2026-07-01", "2026-07-01T07:00:00Z", "2026-07-01T17:00:00Z"},
        // Spring, 2026-03-29: 01:00 to 02:00 is skipped.
        {LONDON, "00:30", "01:30", "2026-03-29", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
        {LONDON, "01:30", "02:30", "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"},
        {LONDON, "00:30", "02:30", "2026-03-29", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
        {LONDON, "22:00", "01:30", "2026-03-28", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z"},
        {LONDON, "01:30", "01:15", "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z"},
        // Autumn, 2026-10-25: 01:00 to 02:00 comes twice.
        {LONDON, "00:30", "01:30", "2026-10-25", "2026-10-24T23:30:00Z", "2026-10-25T01:30:00Z"},
        {LONDON, "01:30", "02:30", "2026-10-25", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"},
        {LONDON, "01:15", "01:45", "2026-10-25", "2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z"},
        {LONDON, "01:45", "01:15", "2026-10-24", "2026-10-24T00:45:00Z", "2026-10-25T01:15:00Z"},
        {LONDON, "22:00", "06:00", "2026-10-24", "2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z"},
        // Midnight itself is skipped (2026-09-06) or comes twice (the evening of 2026-04-04).
        {SANTIAGO, "00:00", "01:30", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-06T04:30:00Z"},
        {SANTIAGO, "22:00", "24:00", "2026-09-05", "2026-09-06T02:00:00Z", "2026-09-06T04:00:00Z"},
        {SANTIAGO, "22:00", "24:00", "2026-04-04", "2026-04-05T01:00:00Z", "2026-04-05T04:00:00Z"},
        {SANTIAGO, "23:30", "00:30", "2026-04-04", "2026-04-05T02:30:00Z", "2026-04-05T04:30:00Z"},
        // Half an hour: 02:00 to 02:30 is skipped on 2026-10-04, 01:30 to 02:00 comes twice on 2026-04-05.
        {LORD_HOWE, "02:15", "03:00", "2026-10-04", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"},
        {LORD_HOWE, "01:45", "02:15", "2026-04-05", "2026-04-04T14:45:00Z", "2026-04-04T15:45:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct window_span span = span_of(*state, cases[i].rule, EVERY_DAY, cases[i].from, cases[i].to);
        span.has_dates = true;  // that day alone, so that no neighbour hides a wrong end
        span.first_date = span.last_date = day_of(cases[i].date);
        assert_span(&span, cases[i].date, cases[i].start, cases[i].end);
    }
}

static void within_the_gap_is_empty(void **state)
{
    struct window_span span = span_of(*state, LONDON, EVERY_DAY, "01:15", "01:45");
    int64_t start_s = -7, end_s = -7;
    assert_false(window_span_on(&span, day_of("2026-03-29"), &start_s, &end_s));
    assert_true(start_s == -7 && end_s == -7);
    assert_false(contains(&span, "2026-03-29T00:59:59Z"));
    assert_false(contains(&span, "2026-03-29T01:00:00Z"));
    assert_false(contains(&span, "2026-03-29T01:30:00Z"));
    assert_true(contains(&span, "2026-03-28T01:30:00Z"));
    assert_true(contains(&span, "2026-03-30T00:30:00Z"));
}

// What counts is the local day on which a span starts.
static void weekdays(void **state)
{
    struct window_span office = span_of(*state, LONDON, MONDAY_TO_FRIDAY, "08:00", "18:00");
    assert_true(contains(&office, "2026-11-23T08:00:00Z"));   // a Monday
    assert_false(contains(&office, "2026-11-22T12:00:00Z"));  // a Sunday
    assert_false(contains(&office, "2026-11-21T12:00:00Z"));
    assert_true(contains(&office, "2026-11-20T17:59:59Z"));
    struct window_span night = span_of(*state, LONDON, FRIDAY, "22:00", "06:00");
    assert_true(contains(&night, "2026-11-20T22:00:00Z"));
    assert_true(contains(&night, "2026-11-21T05:59:59Z"));   // Saturday morning is Friday's
    assert_false(contains(&night, "2026-11-20T05:00:00Z"));  // Friday morning is Thursday's
    assert_false(contains(&night, "2026-11-21T22:00:00Z"));
    struct window_span morning = span_of(*state, KATHMANDU, FRIDAY, "00:00", "02:00");
    assert_true(contains(&morning, "2026-11-19T18:30:00Z"));  // Thursday in UTC, Friday there
    assert_false(contains(&morning, "2026-11-20T18:30:00Z"));
    struct window_span never = span_of(*state, UTC, 0, "00:00", "24:00");
    assert_false(contains(&never, "2026-11-20T18:30:00Z"));
}

static void dates_and_exceptions(void **state)
{
    struct window_span freeze = span_of(*state, LONDON, EVERY_DAY, "00:00", "24:00");
    freeze.has_dates = true;
    freeze.first_date = day_of("2026-12-24");
    freeze.last_date = day_of("2027-01-02");
    assert_false(contains(&freeze, "2026-12-23T23:59:59Z"));
    assert_true(contains(&freeze, "2026-12-24T00:00:00Z"));
    assert_true(contains(&freeze, "2027-01-02T23:59:59Z"));
    assert_false(contains(&freeze, "2027-01-03T00:00:00Z"));
    const int32_t except[] = {day_of("2026-12-25"), day_of("2026-12-28")};
    struct window_span night = span_of(*state, LONDON, EVERY_DAY, "22:00", "06:00");
    night.except = except;
    night.except_count = 2;
    assert_true(contains(&night, "2026-12-25T05:00:00Z"));  // belongs to the 24th
    assert_false(contains(&night, "2026-12-25T22:00:00Z"));
    assert_false(contains(&night, "2026-12-26T05:00:00Z"));  // to the 25th
    assert_true(contains(&night, "2026-12-27T23:00:00Z"));
    assert_false(contains(&night, "2026-12-29T05:00:00Z"));
}

static void several_spans(void **state)
{
    struct window_span spans[] = {
        span_of(*state, LONDON, MONDAY_TO_FRIDAY, "08:00", "12:00"),
        span_of(*state, UTC, EVERY_DAY, "11:00", "13:00"),
    };
    struct window window = {.spans = spans, .span_count = 2};
    assert_true(window_contains(&window, (double)instant_of("2026-11-23T08:00:00Z")));
    assert_true(window_contains(&window, (double)instant_of("2026-11-23T11:30:00Z")));
    assert_true(window_contains(&window, (double)instant_of("2026-11-22T12:59:59Z")));
    assert_false(window_contains(&window, (double)instant_of("2026-11-22T10:00:00Z")));
    assert_false(window_contains(&window, (double)instant_of("2026-11-23T13:00:00Z")));
    window.span_count = 0;
    assert_false(window_contains(&window, (double)instant_of("2026-11-23T08:00:00Z")));
}

static void instants_out_of_reach(void **state)
{
    struct window_span always = span_of(*state, LONDON, EVERY_DAY, "00:00", "24:00");
    struct window window = {.spans = &always, .span_count = 1};
    static const double in[] = {0, -0.5, -86400.0 * 365 * 2000, 253402300799.0, 1e13, -1e13};
    static const double out[] = {NAN, INFINITY, -INFINITY, 1.1e13, -1.1e13, 1e300};
    for (size_t i = 0; i < COUNT_OF(in); i++)
        if (!window_contains(&window, in[i]))
            fail_msg("%g lies in all time", in[i]);
    for (size_t i = 0; i < COUNT_OF(out); i++)
        if (window_contains(&window, out[i]))
            fail_msg("%g lies in no window", out[i]);
}

// Clocks set back past midnight: a quarter of an hour behind midnight it is the day before again. Spans of the
// day before and of the new day then lie over one another.
static void a_change_across_midnight(void **state)
{
    const char *rule = "AAA0BBB,M3.5.0/2,M10.5.0/0:15";  // 2026-10-25 00:15 BBB -> 2026-10-24 23:15 AAA
    struct window_span late = span_of(*state, rule, EVERY_DAY, "23:00", "24:00");
    late.has_dates = true;
    late.first_date = late.last_date = day_of("2026-10-24");
    assert_span(&late, "2026-10-24", "2026-10-24T22:00:00Z", "2026-10-25T00:00:00Z");
    struct window_span early = span_of(*state, rule, EVERY_DAY, "00:00", "01:00");
    early.has_dates = true;
    early.first_date = early.last_date = day_of("2026-10-25");
    assert_span(&early, "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-25T01:00:00Z");
    assert_true(contains(&early, "2026-10-24T23:30:00Z"));  // local clocks show the 24th, 23:30
    // Of the 23rd, and over by 23:45 on the 24th; but clocks showed the 25th before they were set back.
    struct window_span whole = span_of(*state, rule, EVERY_DAY, "23:50", "23:45");
    whole.has_dates = true;
    whole.first_date = whole.last_date = day_of("2026-10-23");
    assert_span(&whole, "2026-10-23", "2026-10-23T22:50:00Z", "2026-10-24T23:45:00Z");
    assert_true(contains(&whole, "2026-10-24T23:05:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spans, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(within_the_gap_is_empty, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(weekdays, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(dates_and_exceptions, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(several_spans, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(instants_out_of_reach, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(a_change_across_midnight, make_arena, drop_arena),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL) != 0;
}
