// Series and spans against a plain oracle, and the rules for when a metric is unknown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "engine/base/arena.h"
#include "engine/core/series.h"

// A small generator of our own, so that a failure can be run again.
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void assert_same(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
        fail_msg("got %.17g, wanted %.17g", got, wanted);
}

static void extremes_and_sums_agree_with_a_plain_loop(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint32_t random = 7;
    enum { COUNT = 1000 };
    static int64_t at_s[COUNT];
    static double values[COUNT];
    for (int i = 0; i < COUNT; i++) {
        at_s[i] = 60 * i;
        values[i] = (double)(next_random(&random) % 2001) - 1000;
    }
    struct series series = series_build(&arena, at_s, values, COUNT);
    for (int round = 0; round < 20000; round++) {
        size_t first = next_random(&random) % COUNT, end = first + 1 + next_random(&random) % (COUNT - first);
        double low = values[first], high = values[first], sum = 0;
        for (size_t i = first; i < end; i++) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
            sum += values[i];
        }
        assert_same(series_lowest(&series, first, end), low);
        assert_same(series_highest(&series, first, end), high);
        assert_same(series_sum(&series, first, end), sum);
        double threshold = (double)(next_random(&random) % 2200) - 1000;
        size_t newest = 0, wanted = end;
        while (wanted > first && !(values[wanted - 1] > threshold))
            wanted--;
        bool found = series_newest_above(&series, first, end, threshold, &newest);
        assert_int_equal(found, wanted > first);
        if (found)
            assert_int_equal(newest, wanted - 1);
    }
    arena_release(&arena);
}

static void one_connection_behind_large_sums_is_not_lost(void **state)
{
    (void)state;
    struct arena arena = {0};
    const int64_t at_s[] = {0, 60, 120, 180, 240};
    const double values[] = {1e18, 3e17, 0, 1, 0};
    struct series series = series_build(&arena, at_s, values, 5);
    assert_same(series_sum(&series, 2, 5), 1);
    assert_same(series_sum(&series, 2, 3), 0);
    assert_same(series_sum(&series, 0, 5), 1.3e18);
    const double scattered[] = {0x1p359, 1e50, 0, 1, 1e-9};
    series = series_build(&arena, at_s, scattered, 5);
    assert_same(series_sum(&series, 2, 5), 1.000000001);
    assert_same(series_sum(&series, 3, 4), 1);
    assert_true(series_sum(&series, 4, 5) == 1e-9);
    assert_same(series_sum(&series, 2, 3), 0);
    assert_same(series_sum(&series, 1, 5), 1e50);
    const double wide[] = {0x1p360, -0x1p360, 1e-6, 0x1p360, 5};
    struct series other = series_build(&arena, at_s, wide, 5);
    assert_true(isfinite(series_sum(&other, 0, 5)));
    arena_release(&arena);
}

static void a_point_is_found_by_its_instant(void **state)
{
    (void)state;
    struct arena arena = {0};
    const int64_t at_s[] = {0, 60, 180, 240};
    const double values[] = {1, 2, 3, 4};
    struct series series = series_build(&arena, at_s, values, 4);
    assert_int_equal(series_at_or_after(&series, 0, 4, -5), 0);
    assert_int_equal(series_at_or_after(&series, 0, 4, 60), 1);
    assert_int_equal(series_at_or_after(&series, 0, 4, 61), 2);
    assert_int_equal(series_at_or_after(&series, 0, 4, 241), 4);
    assert_int_equal(series_at_or_after(&series, 3, 3, 0), 3);
    arena_release(&arena);
}

// ---- spans ------------------------------------------------------------------------------------------------

enum { NONE = -1000 };  // in a row of values: no point in that minute

// Minute by minute from 0; `now`, fence and span in minutes.
struct span_case {
    const char *name;
    double values[24];
    int count;
    double now, fence, length;
    struct metric metric;
    int knowledge, why;
    double avg, quiet_above_0, age_s;  // checked where known
};

#define MINUTE_METRIC .period_s = 60, .lag_s = 120, .coverage = 0.8, .missing_while = -1

static const struct span_case span_cases[] = {
    {"ten quiet minutes", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 10, 10, NAN, 10, {MINUTE_METRIC}, KNOWN, 0, 0, 600, 60},
    {"now within a minute: the span starts on the minute",
     {0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     11,
     11.5,
     NAN,
     10,
     {MINUTE_METRIC},
     KNOWN,
     0,
     0.6,
     570,
     90},
    {"a lost bucket in ten", {0, 0, 0, 0, NONE, 0, 0, 0, 0, 0}, 10, 10, NAN, 10, {MINUTE_METRIC}, KNOWN, 0, 0, 600, 60},
    {"two lost of eight due",
     {0, 0, NONE, 0, NONE, 0, 0, 0, NONE, NONE},
     10,
     10,
     NAN,
     10,
     {MINUTE_METRIC},
     UNKNOWN,
     WHY_COVERAGE,
     0,
     0,
     0},
    {"the newest two are not due yet",
     {4, 0, 0, 0, 0, 0, 0, 0, NONE, NONE},
     10,
     10,
     NAN,
     10,
     {MINUTE_METRIC},
     KNOWN,
     0,
     0.5,
     540,
     180},
    {"stale: no point for lag and two periods",
     {0, 0, 0, 0, 0, 0, NONE, NONE, NONE, NONE},
     10,
     10,
     NAN,
     10,
     {.period_s = 60, .lag_s = 120, .coverage = 0.1, .missing_while = -1},
     UNKNOWN,
     WHY_STALE,
     0,
     0,
     0},
    {"behind the fence nothing votes",
     {9, 9, 9, 9, 0, 0, 0, 0, 0, 0},
     10,
     10,
     4,
     10,
     {MINUTE_METRIC},
     KNOWN,
     0,
     0,
     360,
     60},
    {"a fence within a bucket drops it",
     {9, 9, 9, 9, 9, 0, 0, 0, 0, 0},
     10,
     10,
     4.1,
     10,
     {MINUTE_METRIC},
     KNOWN,
     0,
     0,
     300,
     60},
    {"no bucket is due behind the fence",
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     10,
     10,
     8,
     10,
     {MINUTE_METRIC},
     UNKNOWN,
     WHY_NO_BUCKET_DUE,
     0,
     0,
     0},
    {"a fence in the future",
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     10,
     10,
     12,
     10,
     {MINUTE_METRIC},
     UNKNOWN,
     WHY_NO_BUCKET_DUE,
     0,
     0,
     0},
    {"empty", {NONE}, 1, 10, NAN, 5, {MINUTE_METRIC}, UNKNOWN, WHY_COVERAGE, 0, 0, 0},
    {"empty, filled",
     {NONE},
     1,
     10,
     NAN,
     5,
     {.period_s = 60, .lag_s = 120, .coverage = 0.8, .missing = MISSING_IS, .missing_while = -1},
     KNOWN,
     0,
     0,
     300,
     180},
    {"half empty, filled with a 2",
     {NONE, 4, NONE, NONE, NONE, NONE, NONE, 4},
     8,
     10,
     NAN,
     10,
     {.period_s = 60, .lag_s = 120, .coverage = 0.8, .missing = MISSING_IS, .missing_is = 2, .missing_while = -1},
     KNOWN,
     0,
     2.5,
     120,
     180},
    {"the newest point decides quiet",
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 3},
     10,
     10,
     NAN,
     10,
     {MINUTE_METRIC},
     KNOWN,
     0,
     0.3,
     0,
     60},
    {"five-minute periods",
     {7, NONE, NONE, NONE, NONE, 0, NONE, NONE, NONE, NONE, 0, NONE, NONE, NONE, NONE, 0},
     16,
     20,
     NAN,
     20,
     {.period_s = 300, .lag_s = 120, .coverage = 0.8, .missing_while = -1},
     KNOWN,
     0,
     1.75,
     900,
     300},
};

static void check_span(const struct span_case *row)
{
    struct arena arena = {0};
    int64_t at_s[24];
    double values[24];
    size_t count = 0;
    for (int i = 0; i < row->count; i++)
        if (row->values[i] > NONE) {
            at_s[count] = 60 * i;
            values[count++] = row->values[i];
        }
    struct series series = series_build(&arena, at_s, values, count);
    struct metric_view view = {.series = &series, .end = count};
    struct policy policy = {.metrics = &row->metric, .metric_count = 1};
    struct snapshot snapshot = {.stage = STAGE_METRICS, .now_s = row->now * 60, .metrics = &view};
    snapshot.state.running = 1;
    snapshot.state.fence_s = row->fence * 60;
    struct span span;
    span_find(&policy, &snapshot, 0, row->length * 60, &span);
    if (span.unknown.knowledge != row->knowledge || span.unknown.why != row->why)
        fail_msg("%s: knowledge %d why %d", row->name, span.unknown.knowledge, span.unknown.why);
    struct value avg = span_aggregate(&row->metric, &snapshot, &view, &span, AGGREGATE_AVG, 0, &arena);
    struct value quiet = span_quiet_for(&row->metric, &snapshot, &view, &span, 0);
    struct value age = span_age(&snapshot, &view, &span);
    assert_int_equal(avg.knowledge, row->knowledge);
    assert_int_equal(quiet.knowledge, row->knowledge);
    assert_int_equal(age.knowledge, row->knowledge);
    if (row->knowledge == KNOWN) {
        print_message("%s\n", row->name);
        assert_same(avg.number, row->avg);
        assert_same(quiet.number, row->quiet_above_0);
        assert_same(age.number, row->age_s);
    }
    arena_release(&arena);
}

static void spans_are_judged_as_the_design_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof span_cases / sizeof *span_cases; i++)
        check_span(&span_cases[i]);
}

static void instants_are_bounded_by_the_fence_and_by_now(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct {
        double value, fence, wanted;
        int knowledge;
    } rows[] = {
        {9000, 6000, 9000, KNOWN},   {5000, 6000, 6000, KNOWN}, {0, 6000, 6000, KNOWN},     {5000, NAN, 5000, KNOWN},
        {10299, 6000, 10299, KNOWN}, {10301, 6000, 0, UNKNOWN}, {9000e3, 6000, 0, UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int64_t at_s[] = {9600, 9660, 9720, 9780, 9840, 9900};
        double values[6];
        for (int k = 0; k < 6; k++)
            values[k] = rows[i].value;
        struct series series = series_build(&arena, at_s, values, 6);
        struct metric_view view = {.series = &series, .end = 6};
        struct metric metric = {MINUTE_METRIC, .as_instant = true};
        struct policy policy = {.metrics = &metric, .metric_count = 1};
        struct snapshot snapshot = {.stage = STAGE_METRICS, .now_s = 10000, .metrics = &view};
        snapshot.state.running = 1;
        snapshot.state.fence_s = rows[i].fence;
        struct span span;
        span_find(&policy, &snapshot, 0, 400, &span);
        static const enum aggregate all[] = {AGGREGATE_MIN, AGGREGATE_MAX, AGGREGATE_LAST};
        for (int k = 0; k < 3; k++) {
            struct value value = span_aggregate(&metric, &snapshot, &view, &span, all[k], 0, &arena);
            assert_int_equal(value.knowledge, rows[i].knowledge);
            if (value.knowledge == KNOWN)
                assert_same(value.number, rows[i].wanted);
            else
                assert_int_equal(value.why, WHY_FUTURE);
        }
    }
    arena_release(&arena);
}

// A script may ask for a longer span than was fetched: what was not asked for is not missing, and not zero.
static void a_span_before_what_was_asked_is_unknown(void **state)
{
    (void)state;
    struct metric_view view = {.from_s = 9400};
    struct metric metric = {MINUTE_METRIC, .missing = MISSING_IS};
    struct policy policy = {.metrics = &metric, .metric_count = 1};
    struct snapshot snapshot = {.stage = STAGE_METRICS, .now_s = 10000, .metrics = &view};
    snapshot.state.running = 1;
    snapshot.state.fence_s = NAN;
    struct span span;
    span_find(&policy, &snapshot, 0, 300, &span);
    assert_int_equal(span.unknown.knowledge, KNOWN);
    span_find(&policy, &snapshot, 0, 900, &span);
    assert_int_equal(span.unknown.knowledge, UNKNOWN);
    assert_int_equal(span.unknown.why, WHY_NOT_ASKED);
    snapshot.state.fence_s = 9500;  // behind the fence nothing else is asked for
    span_find(&policy, &snapshot, 0, 900, &span);
    assert_int_equal(span.unknown.knowledge, KNOWN);
}

static void percentiles_take_the_nearest_rank(void **state)
{
    (void)state;
    struct arena arena = {0};
    const int64_t at_s[] = {0, 60, 120, 180, 240, 300, 360, 420, 480, 540};
    const double values[] = {10, 1, 9, 2, 8, 3, 7, 4, 6, 5};
    struct series series = series_build(&arena, at_s, values, 10);
    struct metric_view view = {.series = &series, .end = 10};
    struct metric metric = {MINUTE_METRIC};
    struct policy policy = {.metrics = &metric, .metric_count = 1};
    struct snapshot snapshot = {.stage = STAGE_METRICS, .now_s = 600, .metrics = &view};
    snapshot.state.running = 1;
    snapshot.state.fence_s = NAN;
    struct span span;
    span_find(&policy, &snapshot, 0, 600, &span);
    static const double rows[][2] = {{50, 5}, {90, 9}, {91, 10}, {99.9, 10}, {100, 10}, {10, 1}, {0.1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_same(span_aggregate(&metric, &snapshot, &view, &span, AGGREGATE_PERCENTILE, rows[i][0], &arena).number,
                    rows[i][1]);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extremes_and_sums_agree_with_a_plain_loop),
        cmocka_unit_test(one_connection_behind_large_sums_is_not_lost),
        cmocka_unit_test(a_point_is_found_by_its_instant),
        cmocka_unit_test(spans_are_judged_as_the_design_says),
        cmocka_unit_test(instants_are_bounded_by_the_fence_and_by_now),
        cmocka_unit_test(a_span_before_what_was_asked_is_unknown),
        cmocka_unit_test(percentiles_take_the_nearest_rank),
    };
    return cmocka_run_group_tests_name("series", tests, NULL, NULL) != 0;
}
