#include <math.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/core/series.h"
#include "engine/core/value.h"

// An instant further ahead than this is no clock's drift but another unit or a broken emitter.
#define FUTURE_S 300.0

// floor() and ceil() for what fits an int64_t: without SSE 4.1 those are calls.
static int64_t floor_whole(double at_s)
{
    int64_t towards_zero = (int64_t)at_s;
    return (double)towards_zero > at_s ? towards_zero - 1 : towards_zero;
}

static int64_t ceil_whole(double at_s)
{
    return -floor_whole(-at_s);
}

// The largest multiple of the period at or before, and the smallest at or after; negative instants included.
static int64_t floor_to(double at_s, int64_t period_s)
{
    return floor_whole(at_s / (double)period_s) * period_s;
}

static int64_t ceil_to(int64_t at_s, int64_t period_s)
{
    int64_t below = floor_to((double)at_s, period_s);
    return below < at_s ? below + period_s : below;
}

static void find_due(struct span *span, const struct metric *metric, double now_s)
{
    int64_t period_s = metric->period_s;
    // The start is a multiple of the period, the fence need not be.
    span->first_due_s = span->votes_from_s == span->start_s ? span->start_s : ceil_to(span->votes_from_s, period_s);
    span->last_due_s = floor_to(now_s - metric->lag_s, period_s) - period_s;
    bool any_due = span->last_due_s >= span->first_due_s;
    span->due = any_due ? (uint32_t)(span->last_due_s - span->first_due_s) / metric->period_s + 1 : 0;
}

// The first point that votes, of those before `end`.
static size_t find_first(const struct span *span, const struct metric_view *view, size_t end)
{
    // Where no bucket was lost, as many points are due as buckets: no need to search.
    if (span->due <= end - view->first && view->series->at_s[end - span->due] == span->votes_from_s)
        return end - span->due;
    return series_at_or_after(view->series, view->first, end, span->votes_from_s);
}

static void find_points(struct span *span, const struct metric_view *view, double now_s)
{
    const struct series *series = view->series;
    span->first = span->end = span->present = 0;
    if (!series)
        return;
    span->end = series_at_or_after(series, view->first, view->end, ceil_whole(now_s));
    if (span->due == 0) {
        span->first = series_at_or_after(series, view->first, span->end, span->votes_from_s);
        return;
    }
    size_t end = series_at_or_after(series, view->first, span->end, span->last_due_s + 1);
    span->first = find_first(span, view, end);
    size_t begin = span->first;
    while (begin < end && series->at_s[begin] < span->first_due_s)
        begin++;
    span->present = (uint32_t)(end - begin);
}

// Does the heartbeat, over the same span, say that telemetry is alive?
static bool heart_beats(const struct policy *policy, const struct snapshot *snapshot, const struct metric *metric,
                        double length_s)
{
    if (metric->missing_while < 0)
        return true;
    struct span heartbeat;
    span_find(policy, snapshot, (uint32_t)metric->missing_while, length_s, &heartbeat);
    return heartbeat.unknown.knowledge == KNOWN;
}

static bool is_covered(const struct metric *metric, const struct span *span)
{
    // The margin keeps 0.8 x 10 = 8.000000000000002 from asking for nine.
    return span->end > span->first && (double)span->present >= metric->coverage * (double)span->due - 1e-9;
}

static double newest_age_s(const struct span *span, const struct metric_view *view, double now_s)
{
    return now_s - (double)view->series->at_s[span->end - 1];
}

// Why the span cannot be used, or WHY_NONE. Fills in what `missing` says.
static enum why judge(const struct policy *policy, const struct snapshot *snapshot, uint32_t index, struct span *span,
                      double length_s)
{
    const struct metric *metric = &policy->metrics[index];
    const struct metric_view *view = &snapshot->metrics[index];
    if (snapshot->state.running == 0)
        return WHY_NOT_STARTED;
    if (view->status != METRIC_COMPLETE)
        return WHY_INCOMPLETE;
    if (span->votes_from_s < view->from_s)
        return WHY_NOT_ASKED;
    if (span->due == 0)
        return WHY_NO_BUCKET_DUE;
    if (metric->missing == MISSING_IS && heart_beats(policy, snapshot, metric, length_s)) {
        span->filled = span->due - span->present;
        return WHY_NONE;
    }
    if (!is_covered(metric, span))
        return metric->missing == MISSING_IS ? WHY_HEARTBEAT : WHY_COVERAGE;
    bool fresh = newest_age_s(span, view, snapshot->now_s) <= metric->lag_s + 2.0 * metric->period_s;
    return fresh ? WHY_NONE : WHY_STALE;
}

// The unknown to hand on, with its evidence.
static struct value unknown_span(enum why why, uint32_t index, const struct span *span, const struct snapshot *snapshot)
{
    struct value unknown = value_unknown_metric(why, index);
    if (why == WHY_COVERAGE || why == WHY_HEARTBEAT) {
        unknown.buckets.present = span->present;
        unknown.buckets.due = span->due;
    }
    if (why == WHY_STALE)
        unknown.age_s = newest_age_s(span, &snapshot->metrics[index], snapshot->now_s);
    return unknown;
}

void span_find(const struct policy *policy, const struct snapshot *snapshot, uint32_t index, double length_s,
               struct span *span)
{
    const struct metric *metric = &policy->metrics[index];
    double fence_s = snapshot->state.fence_s;
    span->start_s = floor_to(snapshot->now_s - length_s, metric->period_s);
    span->votes_from_s = fence_s > (double)span->start_s ? ceil_whole(fence_s) : span->start_s;
    span->filled = 0;
    find_due(span, metric, snapshot->now_s);
    find_points(span, &snapshot->metrics[index], snapshot->now_s);
    enum why why = judge(policy, snapshot, index, span, length_s);
    if (why == WHY_NONE)
        span->unknown = (struct value){.knowledge = KNOWN, .what = (uint16_t)index};
    else
        span->unknown = unknown_span(why, index, span, snapshot);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Nearest rank: the smallest value such that at least p percent of all are at or below it.
static double percentile_of(const struct metric *metric, const struct metric_view *view, const struct span *span,
                            double percentile, struct arena *scratch)
{
    size_t points = span->end - span->first, count = points + span->filled;
    double *sorted = ARENA_ARRAY(scratch, count, double);
    for (size_t i = 0; i < count; i++)
        sorted[i] = i < points ? view->series->values[span->first + i] : metric->missing_is;
    qsort(sorted, count, sizeof *sorted, ascending);
    // The margin keeps 99.9 % of 1000 from becoming rank 1000 by a rounding error.
    double rank = ceil(percentile / 100.0 * (double)count - 1e-9);
    return sorted[rank < 1 ? 0 : (size_t)rank - 1];
}

static double newest(const struct metric *metric, const struct metric_view *view, const struct span *span)
{
    bool has_point = span->end > span->first;
    if (span->filled && (!has_point || view->series->at_s[span->end - 1] < span->last_due_s))
        return metric->missing_is;
    return view->series->values[span->end - 1];
}

static double extreme_of(const struct metric *metric, const struct metric_view *view, const struct span *span,
                         bool highest)
{
    if (span->end == span->first)
        return metric->missing_is;
    double best = highest ? series_highest(view->series, span->first, span->end)
                          : series_lowest(view->series, span->first, span->end);
    bool filler_wins = highest ? metric->missing_is > best : metric->missing_is < best;
    return span->filled && filler_wins ? metric->missing_is : best;
}

static double total(const struct metric *metric, const struct metric_view *view, const struct span *span)
{
    double sum = span->end > span->first ? series_sum(view->series, span->first, span->end) : 0;
    return span->filled ? sum + metric->missing_is * (double)span->filled : sum;
}

// What an `as: instant` metric says: nothing from before the fence, and nothing from the future.
static struct value as_instant(double at_s, const struct snapshot *snapshot, uint16_t metric)
{
    if (at_s > snapshot->now_s + FUTURE_S)
        return value_unknown_metric(WHY_FUTURE, metric);
    return value_number(at_s < snapshot->state.fence_s ? snapshot->state.fence_s : at_s);
}

struct value span_aggregate(const struct metric *metric, const struct snapshot *snapshot,
                            const struct metric_view *view, const struct span *span, enum aggregate aggregate,
                            double percentile, struct arena *scratch)
{
    if (span->unknown.knowledge != KNOWN)
        return span->unknown;
    double count = (double)(span->end - span->first) + (double)span->filled, result = 0;
    switch (aggregate) {
    case AGGREGATE_COUNT:
        return value_number(count);
    case AGGREGATE_SUM:
        return value_number(total(metric, view, span));
    case AGGREGATE_AVG:
        return value_number(total(metric, view, span) / count);
    case AGGREGATE_PERCENTILE:
        return value_number(percentile_of(metric, view, span, percentile, scratch));
    case AGGREGATE_MIN:
        result = extreme_of(metric, view, span, false);
        break;
    case AGGREGATE_MAX:
        result = extreme_of(metric, view, span, true);
        break;
    case AGGREGATE_LAST:
        result = newest(metric, view, span);
        break;
    }
    return metric->as_instant ? as_instant(result, snapshot, span->unknown.what) : value_number(result);
}

struct value span_age(const struct snapshot *snapshot, const struct metric_view *view, const struct span *span)
{
    if (span->unknown.knowledge != KNOWN)
        return span->unknown;
    double newest_s = span->end > span->first ? (double)view->series->at_s[span->end - 1] : -INFINITY;
    if (span->filled && newest_s < (double)span->last_due_s)
        newest_s = (double)span->last_due_s;
    return value_number(snapshot->now_s - newest_s);
}

struct value span_quiet_for(const struct metric *metric, const struct snapshot *snapshot,
                            const struct metric_view *view, const struct span *span, double threshold)
{
    if (span->unknown.knowledge != KNOWN)
        return span->unknown;
    bool filler_is_loud = span->filled && metric->missing_is > threshold;
    double loud_end_s = filler_is_loud ? (double)span->last_due_s + metric->period_s : -INFINITY;
    size_t at = 0;
    if (span->end > span->first && series_newest_above(view->series, span->first, span->end, threshold, &at))
        loud_end_s = fmax(loud_end_s, (double)view->series->at_s[at] + metric->period_s);
    if (isfinite(loud_end_s))
        return value_number(fmax(0, snapshot->now_s - loud_end_s));
    double oldest_s = span->end > span->first ? (double)view->series->at_s[span->first] : INFINITY;
    if (span->filled)
        oldest_s = fmin(oldest_s, (double)span->first_due_s);
    return value_number(snapshot->now_s - oldest_s);
}
