// From what a metric reports to the points that CloudWatch makes of it.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_aws.h"

#define SAMPLES 4096  // of one bucket

struct bucket {
    double values[SAMPLES];
    size_t count;
};

// How long points of a period are kept (GetMetricData's documentation).
static double kept_s(int64_t period_s)
{
    static const struct {
        int64_t below_s;
        double days;
    } kept[] = {{60, 0.125}, {300, 15}, {3600, 63}};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (period_s < kept[i].below_s)
            return kept[i].days * 86400;
    return 455.0 * 86400;
}

bool samples_stat_known(struct text stat)
{
    static const char *const known[] = {"Average", "Sum", "Minimum", "Maximum", "SampleCount"};
    double percentile;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_is(stat, known[i]))
            return true;
    return stat.n > 1 && stat.p[0] == 'p' && text_to_double(text_from(stat, 1), &percentile) && percentile >= 0 &&
           percentile <= 100;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

// Nearest rank.
static double percentile_of(struct bucket *bucket, struct text stat)
{
    double percentile = 0;
    text_to_double(text_from(stat, 1), &percentile);
    qsort(bucket->values, bucket->count, sizeof bucket->values[0], ascending);
    double rank = ceil(percentile / 100 * (double)bucket->count);
    return bucket->values[rank < 1 ? 0 : (size_t)rank - 1];
}

static double statistic(struct bucket *bucket, struct text stat)
{
    double sum = 0, least = INFINITY, greatest = -INFINITY;
    for (size_t i = 0; i < bucket->count; i++) {
        sum += bucket->values[i];
        least = fmin(least, bucket->values[i]);
        greatest = fmax(greatest, bucket->values[i]);
    }
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"Average", sum / (double)bucket->count}, {"Sum", sum}, {"Minimum", least}, {"Maximum", greatest},
        {"SampleCount", (double)bucket->count},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (text_is(stat, values[i].name))
            return values[i].value;
    return percentile_of(bucket, stat);
}

static void put(struct bucket *bucket, double value)
{
    if (bucket->count < SAMPLES)
        bucket->values[bucket->count++] = value;
}

static void fill_points(const struct fake_query *query, double from_s, double end_s, struct bucket *bucket)
{
    const struct fake_metric *metric = query->metric;
    for (size_t i = 0; i < metric->point_count; i++)
        if (metric->points[i][0] >= from_s && metric->points[i][0] < end_s && metric->points[i][0] <= query->now_s)
            put(bucket, metric->points[i][1]);
}

static void fill(const struct fake_query *query, double from_s, double end_s, struct bucket *bucket)
{
    const struct fake_metric *metric = query->metric;
    bucket->count = 0;
    if (metric->kind == VALUE_POINTS) {
        fill_points(query, from_s, end_s, bucket);
        return;
    }
    double last_s = fmin(metric->until_s, query->now_s);
    double at_s = ceil(fmax(from_s, metric->from_s) / metric->every_s) * metric->every_s;
    while (at_s < end_s && at_s <= last_s) {
        put(bucket, metric->kind == VALUE_NOW ? at_s : metric->value);
        at_s += metric->every_s;
    }
}

static void push(struct fake_samples *samples, double at_s, double value)
{
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity ? samples->capacity * 2 : 64;
        samples->at_s = realloc(samples->at_s, samples->capacity * sizeof(double));
        samples->values = realloc(samples->values, samples->capacity * sizeof(double));
    }
    if (!samples->at_s || !samples->values)
        abort();
    samples->at_s[samples->count] = at_s;
    samples->values[samples->count++] = value;
}

void samples_make(const struct fake_query *query, struct fake_samples *samples)
{
    samples->count = 0;
    if (!query->metric)
        return;
    struct bucket *bucket = malloc(sizeof *bucket);
    if (!bucket)
        abort();
    double period_s = (double)query->period_s;
    double first_s = floor(fmax((double)query->start_s, query->now_s - kept_s(query->period_s)) / period_s) * period_s;
    double at_s = first_s;
    while (at_s < (double)query->end_s && at_s <= query->now_s) {
        fill(query, at_s, at_s + period_s, bucket);
        if (bucket->count)
            push(samples, at_s, statistic(bucket, query->stat));
        at_s += period_s;
    }
    free(bucket);
}
