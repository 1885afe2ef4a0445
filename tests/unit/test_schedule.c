#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/schedule.h"
#include "tests/support/asserts.h"
#include "tests/support/tzif.h"

#define LONDON "GMT0BST,M3.5.0/1,M10.5.0"

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

static const struct schedule *parse(struct arena *arena, const char *expression, const struct zone *zone)
{
    struct buffer error;
    size_t offset = 777;
    buffer_init(&error, 1024);
    const struct schedule *schedule = schedule_parse(arena, text_of(expression), zone, &error, &offset);
    if (!schedule) {
        fail_msg("%s: %s at %zu", expression, error.p, offset);
        abort();  // fail_msg does not come back, which compilers cannot know
    }
    assert_int_equal(error.n, 0);
    assert_int_equal(offset, 777);
    assert_true(text_is(schedule->expression, expression));
    buffer_release(&error);
    return schedule;
}

static void assert_next(const struct schedule *schedule, const char *after, const char *due)
{
    int64_t next_s = -7, due_s = due ? instant_of(due) : -7;
    bool found = schedule_next(schedule, 0, instant_of(after), &next_s);
    if (found != (due != NULL) || next_s != due_s)
        fail_msg("%.*s after %s: got %lld, due %s", TEXT_ARG(schedule->expression), after, (long long)next_s,
                 due ? due : "never");
}

// ---- rates ------------------------------------------------------------------------------------------------

static void rates(void **state)
{
    static const struct {
        const char *expression;
        int64_t seconds;
    } cases[] = {
        {"rate(1 minute)", 60},
        {"rate(5 minutes)", 300},
        {"rate(1 hour)", 3600},
        {"rate(12 hours)", 43200},
        {"rate(1 day)", 86400},
        {"rate(7 days)", 604800},
        {"rate(36525 days)", 36525 * INT64_C(86400)},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct schedule *schedule = parse(*state, cases[i].expression, NULL);
        assert_int_equal(schedule->kind, SCHEDULE_RATE);
        assert_int_equal(schedule->rate_s, cases[i].seconds);
    }
}

static void rates_run_from_their_anchor(void **state)
{
    static const struct {
        int64_t anchor_s, after_s, due_s;
    } cases[] = {
        {1000, 0, 1000},    {1000, 999, 1000},   {1000, 1000, 1300},          {1000, 1299, 1300},
        {1000, 1300, 1600}, {-1000, -500, -400}, {0, 3000000000, 3000000300}, {1000, INT64_MIN, 1000},
    };
    const struct schedule *schedule = parse(*state, "rate(5 minutes)", NULL);
    int64_t next_s;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        next_s = -7;
        assert_true(schedule_next(schedule, cases[i].anchor_s, cases[i].after_s, &next_s));
        assert_int_equal(next_s, cases[i].due_s);
    }
    next_s = -7;
    assert_false(schedule_next(schedule, 0, INT64_MAX - 5, &next_s));
    assert_false(schedule_next(schedule, INT64_MIN, INT64_MAX, &next_s));
    assert_int_equal(next_s, -7);
}

// ---- cron -------------------------------------------------------------------------------------------------

static void crons(void **state)
{
    static const struct {
        const char *expression, *after, *due;
    } cases[] = {
        {"cron(0 23 * * ? *)", "2026-11-23T06:35:36Z", "2026-11-23T23:00:00Z"},
        {"cron(0 23 * * ? *)", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"},
        {"cron(0 23 * * ? *)", "2026-11-23T22:59:59Z", "2026-11-23T23:00:00Z"},
        {"cron( 0  23\t* * ? * )", "2026-12-31T23:00:00Z", "2027-01-01T23:00:00Z"},
        {"cron(* * * * ? *)", "2026-11-23T06:35:36Z", "2026-11-23T06:36:00Z"},
        {"cron(*/15 * * * ? *)", "2026-11-23T06:35:36Z", "2026-11-23T06:45:00Z"},
        {"cron(7/20 * * * ? *)", "2026-11-23T06:50:00Z", "2026-11-23T07:07:00Z"},
        {"cron(0 8-18/2 ? * MON-FRI *)", "2026-11-20T18:00:00Z", "2026-11-23T08:00:00Z"},
        {"cron(0 8 ? * 2-6 *)", "2026-11-20T18:00:00Z", "2026-11-23T08:00:00Z"},
        {"cron(0 8 ? * 1 *)", "2026-11-23T00:00:00Z", "2026-11-29T08:00:00Z"},
        {"cron(0 8 ? * L *)", "2026-11-23T00:00:00Z", "2026-11-28T08:00:00Z"},
        {"cron(0 8 ? * 6L *)", "2026-11-23T00:00:00Z", "2026-11-27T08:00:00Z"},
        {"cron(0 8 ? * FRIL *)", "2026-11-27T08:00:00Z", "2026-12-25T08:00:00Z"},
        {"cron(0 8 ? * 3#2 *)", "2026-11-23T00:00:00Z", "2026-12-08T08:00:00Z"},
        {"cron(0 8 ? * mon#5 *)", "2026-11-23T00:00:00Z", "2026-11-30T08:00:00Z"},
        {"cron(0 8 ? * MON#5 *)", "2026-11-30T08:00:00Z", "2027-03-29T08:00:00Z"},
        {"cron(0 8 L * ? *)", "2027-02-01T00:00:00Z", "2027-02-28T08:00:00Z"},
        {"cron(0 8 L 2 ? *)", "2027-03-01T00:00:00Z", "2028-02-29T08:00:00Z"},
        {"cron(0 8 LW * ? *)", "2027-01-01T00:00:00Z", "2027-01-29T08:00:00Z"},
        {"cron(0 8 1W * ? *)", "2026-07-31T12:00:00Z", "2026-08-03T08:00:00Z"},   // the 1st is a Saturday
        {"cron(0 8 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T08:00:00Z"},  // the 15th is a Sunday
        {"cron(0 8 31W * ? *)", "2026-05-01T00:00:00Z", "2026-05-29T08:00:00Z"},  // the 31st is a Sunday
        {"cron(0 8 31W * ? *)", "2026-05-30T00:00:00Z", "2026-07-31T08:00:00Z"},  // June has no 31st
        {"cron(0 8 29 2 ? *)", "2096-03-01T00:00:00Z", "2104-02-29T08:00:00Z"},   // 2100 is no leap year
        {"cron(0 8 1 JAN,jul ? 2030/5)", "2026-01-01T00:00:00Z", "2030-01-01T08:00:00Z"},
        {"cron(0 8 1 1 ? 2030-2031)", "2031-01-01T08:00:00Z", NULL},
        {"cron(0 8 1 1 ? 1970)", "2026-01-01T00:00:00Z", NULL},
        {"cron(0 8 30 2 ? *)", "2026-01-01T00:00:00Z", NULL},
        {"cron(59 23 31 12 ? *)", "2198-12-31T23:59:00Z", "2199-12-31T23:59:00Z"},
        {"cron(59 23 31 12 ? *)", "2199-12-31T23:59:00Z", NULL},
        {"cron(0 0 * * ? *)", "2500-01-01T00:00:00Z", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_next(parse(*state, cases[i].expression, NULL), cases[i].after, cases[i].due);
}

static void far_instants(void **state)
{
    const struct schedule *schedule = parse(*state, "cron(0 23 * * ? *)", NULL);
    int64_t next_s = -7;
    assert_true(schedule_next(schedule, 0, INT64_MIN, &next_s));
    assert_int_equal(next_s, 23 * 3600);
    assert_true(schedule_next(schedule, 0, -5, &next_s));
    assert_int_equal(next_s, 23 * 3600);
    next_s = -7;
    assert_false(schedule_next(schedule, 0, INT64_MAX, &next_s));
    assert_int_equal(next_s, -7);
}

// A local time that spring skips is skipped; one that autumn repeats runs the first time alone.
static void changes_of_clocks(void **state)
{
    static const struct {
        const char *expression, *after, *due;
    } cases[] = {
        {"cron(30 0 * * ? *)", "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z"},
        {"cron(0 1 * * ? *)", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"},
        {"cron(30 1 * * ? *)", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"},
        {"cron(59 1 * * ? *)", "2026-03-28T12:00:00Z", "2026-03-30T00:59:00Z"},
        {"cron(0 2 * * ? *)", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
        {"cron(0/30 * * * ? *)", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
        {"cron(0/30 1 * * ? *)", "2026-03-28T01:30:00Z", "2026-03-30T00:00:00Z"},
        {"cron(0 1 * * ? *)", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"},
        {"cron(0 1 * * ? *)", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"},
        {"cron(30 1 * * ? *)", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
        {"cron(30 1 * * ? *)", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
        {"cron(30 1 * * ? *)", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"},
        {"cron(0/30 * * * ? *)", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"},
        {"cron(0 8 * * ? *)", "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z"},
        {"cron(30 1 29 3 ? 2026)", "2026-01-01T00:00:00Z", NULL},
    };
    const struct zone *london = tzif_zone(*state, LONDON);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_next(parse(*state, cases[i].expression, london), cases[i].after, cases[i].due);
}

// ---- faults -----------------------------------------------------------------------------------------------

static const struct {
    const char *expression;
    size_t offset;
    const char *error;
} fault_cases[] = {
    {"", 0, "a schedule is rate(5 minutes) or cron(0 23 * * ? *)"},
    {"every day", 0, "a schedule is rate(5 minutes) or cron(0 23 * * ? *)"},
    {"Rate(5 minutes)", 0, "a schedule is rate(5 minutes) or cron(0 23 * * ? *)"},
    {"0 23 * * ? *", 0, "a schedule is rate(5 minutes) or cron(0 23 * * ? *)"},
    {"at(2026-11-23T00:00:00)", 0, "a policy's schedule repeats: rate(5 minutes) or cron(0 23 * * ? *)"},
    {"rate(5 minutes", 14, "a schedule ends with its only ')'"},
    {"rate(5 minutes) ", 15, "a schedule ends with its only ')'"},
    {"cron(0 23 * * ? *))", 18, "a schedule ends with its only ')'"},
    {"rate(5)", 5, "rate: a value and a unit are due, as in rate(5 minutes)"},
    {"rate()", 5, "rate: a value and a unit are due, as in rate(5 minutes)"},
    {"rate( 5 minutes)", 5, "rate: '' is not a whole number of at least 1"},
    {"rate(0 minutes)", 5, "rate: '0' is not a whole number of at least 1"},
    {"rate(-1 minutes)", 5, "rate: '-1' is not a whole number of at least 1"},
    {"rate(1.5 hours)", 5, "rate: '1.5' is not a whole number of at least 1"},
    {"rate(five minutes)", 5, "rate: 'five' is not a whole number of at least 1"},
    {"rate(5 )", 7, "rate: '' is not a unit; it takes minute, minutes, hour, hours, day, days"},
    {"rate(5 seconds)", 7, "rate: 'seconds' is not a unit; it takes minute, minutes, hour, hours, day, days"},
    {"rate(5 minute)", 7, "rate: the unit is singular for 1 and plural for all else; write rate(5 minutes)"},
    {"rate(1 hours)", 7, "rate: the unit is singular for 1 and plural for all else; write rate(1 hour)"},
    {"rate(36526 days)", 5, "rate: 36526 days is more than a century"},
    {"rate(9000000000000000000 days)", 5, "rate: 9000000000000000000 days is more than a century"},
    {"cron(0 23 * * ?)", 15,
     "EventBridge cron has six fields, of which the sixth is the year, and '?' for one of the two days: "
     "0 23 * * * is cron(0 23 * * ? *)"},
    {"cron(0 23 * * ? * *)", 18,
     "EventBridge cron has six fields (minutes hours day-of-month month day-of-week year), here are 7"},
    {"cron()", 5, "EventBridge cron has six fields (minutes hours day-of-month month day-of-week year), here are 0"},
    {"cron(5)", 6, "EventBridge cron has six fields (minutes hours day-of-month month day-of-week year), here is 1"},
    {"cron(60 23 * * ? *)", 5, "minutes: '60' is not among 0-59"},
    {"cron(0 24 * * ? *)", 7, "hours: '24' is not among 0-23"},
    {"cron(0 23 0 * ? *)", 10, "day-of-month: '0' is not among 1-31"},
    {"cron(0 23 32 * ? *)", 10, "day-of-month: '32' is not among 1-31"},
    {"cron(0 23 * 13 ? *)", 12, "month: '13' is not among 1-12 or JAN-DEC"},
    {"cron(0 23 * JANUARY ? *)", 12, "month: 'JANUARY' is not among 1-12 or JAN-DEC"},
    {"cron(0 23 ? * 0 *)", 14, "day-of-week: '0' is not among 1-7 (1 is Sunday) or SUN-SAT"},
    {"cron(0 23 ? * MON-FRY *)", 18, "day-of-week: 'FRY' is not among 1-7 (1 is Sunday) or SUN-SAT"},
    {"cron(0 23 * * ? 1969)", 16, "year: '1969' is not among 1970-2199"},
    {"cron(0 23 * * ? 2200)", 16, "year: '2200' is not among 1970-2199"},
    {"cron(0 23 * * ? 20266)", 16, "year: '20266' is not among 1970-2199"},
    {"cron(0, 23 * * ? *)", 7, "minutes: a value is missing here; it takes 0-59"},
    {"cron(-5 23 * * ? *)", 5, "minutes: a value is missing here; it takes 0-59"},
    {"cron(0 8-*/2 * * ? *)", 9, "hours: '*' is not among 0-23"},
    {"cron(0 22-2 * * ? *)", 7, "hours: the range 22-2 runs backwards; write 22-23,0-2"},
    {"cron(0 23 ? * FRI-MON *)", 14, "day-of-week: the range 6-2 runs backwards; write 6-7,1-2"},
    {"cron(0/0 23 * * ? *)", 7, "minutes: a step is a whole number from 1 to 59"},
    {"cron(0/60 23 * * ? *)", 7, "minutes: a step is a whole number from 1 to 59"},
    {"cron(*/ 23 * * ? *)", 7, "minutes: a step is a whole number from 1 to 59"},
    {"cron(0 0/24 * * ? *)", 9, "hours: a step is a whole number from 1 to 23"},
    {"cron(0 23 * */13 ? *)", 14, "month: a step is a whole number from 1 to 12"},
    {"cron(0 23 *,? * ? *)", 10, "day-of-month: '*,?' is not understood; '?' stands alone"},
    {"cron(0;5 23 * * ? *)", 6,
     "minutes: ';5' does not belong here; it takes values, ranges (a-b), steps (a/n) and lists of them (a,b)"},
    {"cron(? 23 * * ? *)", 5,
     "minutes: '?' is not understood; '?' stands for day-of-month or day-of-week only; write '*' for every value"},
    {"cron(0 23 * * * *)", 14,
     "day-of-month and day-of-week: exactly one of the two must be '?'; write '?' for day-of-week"},
    {"cron(0 23 1 * * *)", 14,
     "day-of-month and day-of-week: exactly one of the two must be '?'; write '?' for day-of-week"},
    {"cron(0 23 * * MON *)", 10,
     "day-of-month and day-of-week: exactly one of the two must be '?'; write '?' for day-of-month"},
    {"cron(0 23 ? * ? *)", 10,
     "day-of-month and day-of-week: only one of the two is '?'; write '*' for day-of-month to run every day"},
    {"cron(0 23 W * ? *)", 10,
     "day-of-month: 'W' is not understood; L (the last day), LW (the last weekday) and 15W (the weekday nearest "
     "the 15th) stand alone"},
    {"cron(0 23 1,L * ? *)", 10,
     "day-of-month: '1,L' is not understood; L (the last day), LW (the last weekday) and 15W (the weekday nearest "
     "the 15th) stand alone"},
    {"cron(0 23 32W * ? *)", 10, "day-of-month: '32W' is not understood; the day before W is 1-31"},
    {"cron(0 23 0W * ? *)", 10, "day-of-month: '0W' is not understood; the day before W is 1-31"},
    {"cron(0 23 ? * 6L,2 *)", 14,
     "day-of-week: '6L,2' is not understood; 6L (the month's last Friday) and 6#2 (its second) stand alone"},
    {"cron(0 23 ? * 3#1,6#3 *)", 14,
     "day-of-week: '3#1,6#3' is not understood; 6L (the month's last Friday) and 6#2 (its second) stand alone"},
    {"cron(0 23 ? * 3# *)", 14,
     "day-of-week: '3#' is not understood; 6L (the month's last Friday) and 6#2 (its second) stand alone"},
    {"cron(0 23 ? * 3#6 *)", 14, "day-of-week: '3#6' is not understood; the number behind # is 1-5"},
    {"cron(0 23 ? * 3#0 *)", 14, "day-of-week: '3#0' is not understood; the number behind # is 1-5"},
    {"cron(0 23 ? * 8#1 *)", 14, "day-of-week: '8#1' is not among 1-7 (1 is Sunday) or SUN-SAT"},
};

static void faults(void **state)
{
    struct buffer error;
    buffer_init(&error, 1024);
    for (size_t i = 0; i < COUNT_OF(fault_cases); i++) {
        size_t offset = 777;
        buffer_clear(&error);
        if (schedule_parse(*state, text_of(fault_cases[i].expression), zone_utc(), &error, &offset))
            fail_msg("'%s' is no schedule", fault_cases[i].expression);
        if (offset != fault_cases[i].offset || !text_is(buffer_text(&error), fault_cases[i].error))
            fail_msg("'%s': got '%s' at %zu, due '%s' at %zu", fault_cases[i].expression, error.p, offset,
                     fault_cases[i].error, fault_cases[i].offset);
    }
    buffer_release(&error);
}

// Any two characters changed: never a crash, and an offset within the text.
static void mangled_expressions(void **state)
{
    static const char alphabet[] = "0159*?/-,#LWM() \t\xff";
    const char *base = "cron(0/5 8-18 ? JAN,7 3#2 2026)";
    struct text text = text_of(base);
    struct buffer error;
    buffer_init(&error, 1024);
    size_t refused = 0;
    for (size_t i = 0; i < text.n * text.n; i++) {
        for (size_t k = 0; k < sizeof alphabet - 1; k++) {
            char copy[64];
            for (size_t n = 0; n < text.n; n++)
                copy[n] = base[n];
            copy[i % text.n] = alphabet[k];
            copy[i / text.n] = alphabet[(k * 7 + i) % (sizeof alphabet - 1)];
            size_t offset = 777;
            arena_reset(*state);
            buffer_clear(&error);
            bool parsed = schedule_parse(*state, (struct text){copy, text.n}, NULL, &error, &offset);
            assert_true(parsed ? error.n == 0 : error.n > 0 && offset <= text.n);
            refused += !parsed;
        }
    }
    assert_in_range(refused, 10000, text.n * text.n * (sizeof alphabet - 1) - 100);
    buffer_release(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rates, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(rates_run_from_their_anchor, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(crons, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(far_instants, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(changes_of_clocks, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(faults, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(mangled_expressions, make_arena, drop_arena),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL) != 0;
}
