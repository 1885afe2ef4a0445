#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "tests/support/asserts.h"
#include "tests/support/tzif.h"

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

static void names(void **state)
{
    (void)state;
    static const char *const good[] = {"UTC", "Europe/London", "Etc/GMT+5", "America/Port-au-Prince",
                                       "America/North_Dakota/Center"};
    static const char *const bad[] = {"",
                                      "/etc/passwd",
                                      "..",
                                      "Europe/../UTC",
                                      "Europe//London",
                                      "Europe/",
                                      "a b",
                                      "Europe.London",
                                      "Z\xc3\xbcrich",
                                      "a\\b"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(zone_name_valid(text_of(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (zone_name_valid(text_of(bad[i])))
            fail_msg("'%s' is no name of a zone", bad[i]);
    char longest[256];
    memset(longest, 'a', sizeof longest);
    assert_true(zone_name_valid((struct text){longest, 255}));
    assert_false(zone_name_valid((struct text){longest, 256}));
    assert_false(zone_name_valid((struct text){"UTC\0x", 5}));
}

static void utc_never_changes(void **state)
{
    (void)state;
    static const int64_t instants_s[] = {0, 1795415736, INT64_MIN, INT64_MAX, -1};
    int64_t next_s = -7;
    for (size_t i = 0; i < COUNT_OF(instants_s); i++) {
        assert_int_equal(zone_offset_s(zone_utc(), instants_s[i]), 0);
        assert_false(zone_next_transition(zone_utc(), instants_s[i], &next_s));
    }
    assert_int_equal(next_s, -7);
    assert_true(text_is(zone_name(zone_utc()), "UTC"));
    assert_true(text_is(zone_abbreviation(zone_utc(), 5), "UTC"));
    struct local_instants local = zone_local(zone_utc(), 1, 86400);
    assert_int_equal(local.kind, LOCAL_ONCE);
    assert_int_equal(local.first_s, 2 * DAY_S);
}

static const struct tzif_kind two_kinds[] = {{0, 0, 0}, {3600, 1, 4}};
#define TWO_ABBREVIATIONS                                                                                              \
    {                                                                                                                  \
        "GMT\0BST", 8                                                                                                  \
    }

static const struct zone *decode(struct arena *arena, const struct tzif *file)
{
    struct buffer error;
    buffer_init(&error, 1024);
    const struct zone *zone = zone_decode(arena, TEXT("Test/Table"), tzif_encode(arena, file), &error);
    if (!zone)
        fail_msg("%s", error.p);
    assert_int_equal(error.n, 0);
    buffer_release(&error);
    return zone;
}

// In the table alone: the same answers from each version of the file.
static void tables(void **state)
{
    static const struct tzif_change changes[] = {{-1000, 1}, {1000, 0}, {5000, 1}};
    static const char versions[] = {0, '2', '3', '4'};
    static const struct {
        int64_t at_s;
        int32_t offset_s;
        const char *abbreviation;
    } cases[] = {{-1001, 0, "GMT"}, {-1000, 3600, "BST"}, {999, 3600, "BST"},       {1000, 0, "GMT"},
                 {4999, 0, "GMT"},  {5000, 3600, "BST"},  {INT64_MAX, 3600, "BST"}, {INT64_MIN, 0, "GMT"}};
    for (size_t v = 0; v < sizeof versions; v++) {
        struct tzif file = {versions[v], changes, 3, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 2, 2};
        const struct zone *zone = decode(*state, &file);
        assert_true(text_is(zone_name(zone), "Test/Table"));
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            assert_int_equal(zone_offset_s(zone, cases[i].at_s), cases[i].offset_s);
            assert_true(text_is(zone_abbreviation(zone, cases[i].at_s), cases[i].abbreviation));
        }
        int64_t next_s = -7;
        assert_true(zone_next_transition(zone, -5000, &next_s) && next_s == -1000);
        assert_true(zone_next_transition(zone, -1000, &next_s) && next_s == 1000);
        assert_false(zone_next_transition(zone, 5000, &next_s));
    }
}

// Where the first or the last period ends is told; changes of the abbreviation alone are no changes of offset.
static void periods(void **state)
{
    static const struct tzif_kind kinds[] = {{0, 0, 0}, {0, 0, 4}, {3600, 1, 4}};
    static const struct tzif_change changes[] = {{100, 1}, {200, 2}};
    struct tzif file = {'2', changes, 2, kinds, 3, TWO_ABBREVIATIONS, "", 0, 0, 0};
    const struct zone *zone = decode(*state, &file);
    struct zone_period period = zone_period_at(zone, 0);
    assert_true(period.from_s == INT64_MIN && period.until_s == 100);
    period = zone_period_at(zone, 150);
    assert_true(period.from_s == 100 && period.until_s == 200 && period.offset_s == 0);
    period = zone_period_at(zone, 200);
    assert_true(period.from_s == 200 && period.until_s == INT64_MAX && period.offset_s == 3600);
    int64_t next_s;
    assert_true(zone_next_transition(zone, 0, &next_s) && next_s == 200);
}

// A table that stops in 2007 and a footer give what the footer gives alone, in the continued table and behind it.
static void table_and_footer_agree(void **state)
{
    const char *rule = "GMT0BST,M3.5.0/1,M10.5.0";
    struct tzif_change change = {instant_of("2007-10-28T01:00:00Z"), 0};
    struct tzif file = {'2', &change, 1, two_kinds, 2, TWO_ABBREVIATIONS, rule, 0, 0, 0};
    const struct zone *slim = decode(*state, &file), *bare = tzif_zone(*state, rule);
    int64_t at_s = instant_of("2007-11-01T00:00:00Z"), next_s, other_s;
    for (; at_s < instant_of("2500-01-01T00:00:00Z"); at_s = next_s) {
        assert_true(zone_next_transition(slim, at_s, &next_s));
        assert_true(zone_next_transition(bare, at_s, &other_s));
        assert_int_equal(next_s, other_s);
        assert_int_equal(zone_offset_s(slim, next_s), zone_offset_s(bare, next_s));
        assert_true(text_eq(zone_abbreviation(slim, at_s), zone_abbreviation(bare, at_s)));
    }
}

struct footer_case {
    const char *rule, *at, *next;  // the next change behind `at`
    int32_t offset_s;              // at `at`
};

static void footers(void **state)
{
    static const struct footer_case cases[] = {
        {"EST5EDT,M3.2.0,M11.1.0", "2026-01-01T00:00:00Z", "2026-03-08T07:00:00Z", -18000},
        {"EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", -14400},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", "2026-04-04T15:00:00Z", 39600},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-06-01T00:00:00Z", "2026-10-03T15:30:00Z", 37800},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z", 0},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-01-01T00:00:00Z", "2026-03-28T00:00:00Z", 7200},
        {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-05-01T00:00:00Z", "2026-09-06T04:00:00Z", -14400},
        {"AAA3BBB,J60/0,J300", "2028-01-01T00:00:00Z", "2028-03-01T03:00:00Z", -10800},  // J60: never February 29
        {"AAA3BBB,59/0,300", "2028-01-01T00:00:00Z", "2028-02-29T03:00:00Z", -10800},    // 59: February 29
        {"AAA3BBB,59/0,300", "2027-01-01T00:00:00Z", "2027-03-01T03:00:00Z", -10800},
        {"AAA0BBB,J1/-24,J100", "2026-12-30T23:00:00Z", "2026-12-31T00:00:00Z", 0},      // reaches into the year before
        {"AAA0BBB,J100,J365/48", "2027-01-01T00:00:00Z", "2027-01-01T23:00:00Z", 3600},  // and into the year behind
        {"AAA13BBB024,J365/167,J3", "2027-01-01T00:00:00Z", "2027-01-04T02:00:00Z", -86400},  // begun by 2025's rule
        {"AAA0BBB,J1/-167,J3/-167", "2026-12-31T00:00:00Z", "2027-12-25T01:00:00Z", 0},       // ended by 2028's
        {"AAA-0:30:15BBB-1,M3.5.0/1:02:03,M10.5.0", "2026-01-01T00:00:00Z", "2026-03-29T00:31:48Z", 1815},
        {"EST5EDT,M3.2.0,M11.1.0", "2426-01-01T00:00:00Z", "2426-03-08T07:00:00Z", -18000},  // after 400 years
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct zone *zone = tzif_zone(*state, cases[i].rule);
        int64_t at_s = instant_of(cases[i].at), next_s = -7, due_s = instant_of(cases[i].next);
        bool found = zone_next_transition(zone, at_s, &next_s);
        if (zone_offset_s(zone, at_s) != cases[i].offset_s || !found || next_s != due_s)
            fail_msg("%s at %s: offset %d, next change %lld; due %d and %lld", cases[i].rule, cases[i].at,
                     (int)zone_offset_s(zone, at_s), (long long)next_s, (int)cases[i].offset_s, (long long)due_s);
    }
}

static void footers_without_change(void **state)
{
    static const struct {
        const char *rule;
        int32_t offset_s;
        const char *abbreviation;
    } cases[] = {
        {"<+0545>-5:45", 20700, "+0545"},          {"UTC0", 0, "UTC"},
        {"EST5EDT,0/0,J365/25", -14400, "EDT"},    {"XXX-2<+01>-1,0/0,J365/23", 3600, "+01"},
        {"AAA0BBB-1,M3.1.0/2,M3.1.0/3", 0, "AAA"},  // over as it begins
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct zone *zone = tzif_zone(*state, cases[i].rule);
        int64_t next_s;
        for (int64_t at_s = -5000000000; at_s < 9000000000; at_s += 10000001) {
            assert_int_equal(zone_offset_s(zone, at_s), cases[i].offset_s);
            assert_true(text_is(zone_abbreviation(zone, at_s), cases[i].abbreviation));
        }
        assert_false(zone_next_transition(zone, 0, &next_s));
    }
    int64_t next_s;  // the abbreviation changes for ever, the offset never
    assert_false(zone_next_transition(tzif_zone(*state, "AAA0BBB0,J60,J300"), 0, &next_s));
}

static void locals(void **state)
{
    static const struct {
        const char *rule, *date;
        int32_t second;
        enum local_kind kind;
        const char *first, *second_time;
    } cases[] = {
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-03-29", 3599, LOCAL_ONCE, "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-03-29", 3600, LOCAL_GAP, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-03-29", 7199, LOCAL_GAP, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-03-29", 7200, LOCAL_ONCE, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-10-25", 3599, LOCAL_ONCE, "2026-10-24T23:59:59Z", "2026-10-24T23:59:59Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-10-25", 3600, LOCAL_FOLD, "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-10-25", 7199, LOCAL_FOLD, "2026-10-25T00:59:59Z", "2026-10-25T01:59:59Z"},
        {"GMT0BST,M3.5.0/1,M10.5.0", "2026-10-25", 7200, LOCAL_ONCE, "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"},
        {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-09-05", 86400, LOCAL_GAP, "2026-09-06T04:00:00Z",
         "2026-09-06T04:00:00Z"},
        {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-04-04", 86400, LOCAL_ONCE, "2026-04-05T04:00:00Z",
         "2026-04-05T04:00:00Z"},
        {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-04-04", 82800, LOCAL_FOLD, "2026-04-05T02:00:00Z",
         "2026-04-05T03:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct zone *zone = tzif_zone(*state, cases[i].rule);
        struct local_instants local = zone_local(zone, day_of(cases[i].date), cases[i].second);
        if (local.kind != cases[i].kind || local.first_s != instant_of(cases[i].first) ||
            local.second_s != instant_of(cases[i].second_time))
            fail_msg("%s, %s second %d: kind %d, %lld and %lld", cases[i].rule, cases[i].date, (int)cases[i].second,
                     (int)local.kind, (long long)local.first_s, (long long)local.second_s);
    }
}

// Samoa had no 30 December 2011: 24 hours are skipped at once.
static void a_day_is_skipped(void **state)
{
    static const struct tzif_kind kinds[] = {{-36000, 1, 0}, {50400, 1, 4}};
    struct tzif_change change = {instant_of("2011-12-30T10:00:00Z"), 1};
    struct tzif file = {'2', &change, 1, kinds, 2, {"-10\0+14", 8}, "", 0, 0, 0};
    const struct zone *zone = decode(*state, &file);
    for (int32_t second = 0; second < DAY_S; second += 3600) {
        struct local_instants local = zone_local(zone, day_of("2011-12-30"), second);
        assert_int_equal(local.kind, LOCAL_GAP);
        assert_int_equal(local.first_s, change.at_s);
    }
    assert_int_equal(zone_local(zone, day_of("2011-12-31"), 0).kind, LOCAL_ONCE);
    assert_int_equal(zone_local(zone, day_of("2011-12-31"), 0).first_s, change.at_s);
}

// ---- faults -----------------------------------------------------------------------------------------------

static void assert_refused(struct arena *arena, struct text bytes, const char *reason)
{
    struct buffer error;
    buffer_init(&error, 1024);
    assert_null(zone_decode(arena, TEXT("Test/Bad"), bytes, &error));
    if (!error.p || !strstr(error.p, reason))
        fail_msg("got '%s', due '%s'", error.p ? error.p : "", reason);
    buffer_release(&error);
}

static void wrong_files(void **state)
{
    static const struct tzif_change rising[] = {{1, 1}, {2, 0}}, falling[] = {{2, 1}, {2, 0}}, nowhere[] = {{1, 2}};
    static const struct tzif_change endless[] = {{INT64_MIN, 1}};
    static const struct tzif_kind far[] = {{93600, 0, 0}}, far_west[] = {{-90000, 0, 0}}, odd[] = {{0, 2, 0}},
                                  behind[] = {{0, 0, 8}};
    static const struct {
        struct tzif file;
        const char *reason;
    } cases[] = {
        {{'1', rising, 2, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 0}, "version"},
        {{'5', rising, 2, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 0}, "version"},
        {{'2', falling, 2, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 0}, "do not rise"},
        {{0, falling, 2, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 0}, "do not rise"},
        {{'2', nowhere, 1, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 0}, "no kind of local time"},
        {{'2', endless, 1, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 0}, "out of all time"},
        {{'2', NULL, 0, two_kinds, 0, TWO_ABBREVIATIONS, "", 0, 0, 0}, "no kind of local time"},
        {{'2', NULL, 0, far, 1, TWO_ABBREVIATIONS, "", 0, 0, 0}, "26 hours"},
        {{'2', NULL, 0, far_west, 1, TWO_ABBREVIATIONS, "", 0, 0, 0}, "26 hours"},
        {{'2', NULL, 0, odd, 1, TWO_ABBREVIATIONS, "", 0, 0, 0}, "neither standard nor summer"},
        {{'2', NULL, 0, behind, 1, TWO_ABBREVIATIONS, "", 0, 0, 0}, "has no end"},
        {{'2', NULL, 0, two_kinds, 1, {"GMT", 3}, "", 0, 0, 0}, "has no end"},
        {{'2', NULL, 0, two_kinds, 1, {"G\x1bT", 4}, "", 0, 0, 0}, "not printable"},
        {{'2', NULL, 0, two_kinds, 2, TWO_ABBREVIATIONS, "", 1, 0, 0}, "leap seconds"},
        {{'2', NULL, 0, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 1, 0}, "standard indicators"},
        {{'2', NULL, 0, two_kinds, 2, TWO_ABBREVIATIONS, "", 0, 0, 1}, "UT indicators"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_refused(*state, tzif_encode(*state, &cases[i].file), cases[i].reason);
    assert_refused(*state, TEXT(""), "TZif");
    assert_refused(*state, TEXT("#!/bin/sh\necho this is not a zone at all, whatever it may say\n"), "TZif");
    char *large = arena_alloc(*state, LIMIT_ZONE_BYTES + 1);
    assert_refused(*state, (struct text){large, LIMIT_ZONE_BYTES + 1}, "larger");
}

static void wrong_footers(void **state)
{
    static const char *const rules[] = {
        "G",
        "GM0",
        "GMT",
        "GMT25",
        "<GMT0",
        "<G*T>0",
        "GMT0BST",
        "GMT0BST,M3.5.0",
        "GMT0BST,M13.5.0,M10.5.0",
        "GMT0BST,M3.6.0,M10.5.0",
        "GMT0BST,M3.0.0,M10.5.0",
        "GMT0BST,M3.5.7,M10.5.0",
        "GMT0BST,M3.5,M10.5.0",
        "GMT0BST,J0,J100",
        "GMT0BST,J366,J100",
        "GMT0BST,366,J100",
        "GMT0BST,M3.5.0/168,M10.5.0",
        "GMT0BST,M3.5.0/1:60,M10.5.0",
        "GMT0BST,M3.5.0/1:0:60,M10.5.0",
        "GMT0BST,M3.5.0,M10.5.0,",
        "GMT0BST,M3.5.0,M10.5.0 ",
        "GMT0,M3.5.0,M10.5.0",
        "GMT0BST-,M3.5.0,M10.5.0",
        "GMT0BST+25,M3.5.0,M10.5.0",
        "GMT1000",
        "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABC0",
        "GMT-24:59:59BST,M3.5.0,M10.5.0,",
        "GMT0:",
        "GMT0BST,/1,M10.5.0",
        "GMT0BST,M3.5.0/,M10.5.0",
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct tzif file = {'3', NULL, 0, two_kinds, 2, TWO_ABBREVIATIONS, rules[i], 0, 0, 0};
        struct buffer error;
        buffer_init(&error, 1024);
        if (zone_decode(*state, TEXT("Test/Bad"), tzif_encode(*state, &file), &error))
            fail_msg("'%s' is no footer", rules[i]);
        assert_non_null(strstr(error.p, "footer is not a POSIX TZ rule"));
        buffer_release(&error);
    }
}

// Cut anywhere, a file is refused; nothing behind the end is read (each cut is its own block of memory).
static void truncated_files(void **state)
{
    static const struct tzif_change changes[] = {{-1000, 1}, {1000, 0}, {5000, 1}};
    struct tzif file = {'2', changes, 3, two_kinds, 2, TWO_ABBREVIATIONS, "GMT0BST,M3.5.0/1,M10.5.0", 0, 2, 2};
    struct text whole = tzif_encode(*state, &file);
    for (size_t n = 0; n < whole.n; n++) {
        char *cut = test_malloc(n ? n : 1);
        memcpy(cut, whole.p, n);
        assert_refused(*state, (struct text){cut, n}, "not a time zone file");
        test_free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(utc_never_changes),
        cmocka_unit_test_setup_teardown(tables, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(periods, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(table_and_footer_agree, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(footers, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(footers_without_change, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(locals, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(a_day_is_skipped, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(wrong_files, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(wrong_footers, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(truncated_files, make_arena, drop_arena),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL) != 0;
}
