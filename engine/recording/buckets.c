// Points -> buckets of a metric's period.
#include "engine/recording/read.h"

#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

struct point {
    double at_s, value;
};

enum merge { MERGE_MEAN, MERGE_SUM, MERGE_LEAST, MERGE_GREATEST };

static const struct {
    struct text stat;
    enum merge merge;
} merges[] = {
    {{"Average", 7}, MERGE_MEAN},  {{"Sum", 3}, MERGE_SUM},          {{"SampleCount", 11}, MERGE_SUM},
    {{"Minimum", 7}, MERGE_LEAST}, {{"Maximum", 7}, MERGE_GREATEST},
};

static enum merge merge_of(struct text stat)
{
    for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++)
        if (text_eq(merges[i].stat, stat))
            return merges[i].merge;
    bool percentile = stat.n > 1 && stat.p[0] == 'p' && stat.p[1] >= '0' && stat.p[1] <= '9';
    return percentile ? MERGE_GREATEST : MERGE_MEAN;
}

// By time, then by value, so that exact duplicates are neighbours.
static bool in_order(const struct point *a, const struct point *b)
{
    return a->at_s != b->at_s ? a->at_s < b->at_s : a->value <= b->value;
}

static void merge_runs(const struct point *from, size_t first, size_t middle, size_t end, struct point *to)
{
    size_t left = first, right = middle;
    for (size_t i = first; i < end; i++) {
        bool take_left = left < middle && (right == end || in_order(&from[left], &from[right]));
        to[i] = take_left ? from[left++] : from[right++];
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Bottom-up: no recursion, n log n whatever the file holds. Returns the array that has the result.
static struct point *sort_points(struct arena *arena, struct point *points, size_t count)
{
    struct point *from = points, *to = ARENA_ARRAY(arena, count, struct point);
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t first = 0; first < count; first += 2 * width)
            merge_runs(from, first, least(first + width, count), least(first + 2 * width, count), to);
        struct point *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static bool is_sorted(const struct point *points, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (!in_order(&points[i - 1], &points[i]))
            return false;
    return true;
}

static struct point *sorted_points(struct arena *arena, const struct recorded_series *series)
{
    size_t count = series->count;
    struct point *points = ARENA_ARRAY(arena, count, struct point);
    bool reversed = count > 1 && series->at_s[0] > series->at_s[count - 1];  // newest first, as CloudWatch answers
    for (size_t i = 0; i < count; i++) {
        size_t at = reversed ? count - 1 - i : i;
        points[i] = (struct point){series->at_s[at], series->values[at]};
    }
    return is_sorted(points, count) ? points : sort_points(arena, points, count);
}

// One bucket under way.
struct bucket {
    int64_t at_s;
    double sum, least, greatest;
    size_t points;
};

static void bucket_add(struct bucket *bucket, double value)
{
    bucket->sum += value;
    bucket->least = bucket->points ? fmin(bucket->least, value) : value;
    bucket->greatest = bucket->points ? fmax(bucket->greatest, value) : value;
    bucket->points++;
}

static double bucket_value(const struct bucket *bucket, enum merge merge)
{
    switch (merge) {
    case MERGE_SUM:
        return bucket->sum;
    case MERGE_LEAST:
        return bucket->least;
    case MERGE_GREATEST:
        return bucket->greatest;
    case MERGE_MEAN:
        break;
    }
    return bucket->sum / (double)bucket->points;
}

struct bucketing {
    int64_t period_s;
    enum merge merge;
    int64_t *at_s;
    double *values;
    size_t count;
    size_t overflown;  // sums past the bound
};

static void bucket_end(struct bucketing *all, const struct bucket *bucket)
{
    double value = bucket_value(bucket, all->merge);
    if (fabs(value) <= LIMIT_POINT_MAGNITUDE) {
        all->at_s[all->count] = bucket->at_s;
        all->values[all->count++] = value;
    } else {
        all->overflown++;
    }
}

// Sorted points -> buckets, duplicates and merged points counted on the way.
static void fill_buckets(struct bucketing *all, const struct point *points, size_t count, struct recording_notes *notes)
{
    struct bucket bucket = {0};
    notes->duplicates = notes->merged = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t at_s = (int64_t)floor(points[i].at_s / (double)all->period_s) * all->period_s;
        bool again = i > 0 && points[i].at_s == points[i - 1].at_s;
        if (bucket.points && at_s != bucket.at_s) {
            bucket_end(all, &bucket);
            bucket = (struct bucket){0};
        }
        notes->duplicates += again;
        notes->merged += !again && bucket.points;
        bucket.at_s = at_s;
        if (!again || points[i].value != points[i - 1].value)
            bucket_add(&bucket, points[i].value);
    }
    if (bucket.points)
        bucket_end(all, &bucket);
}

// A recording coarser than the period has no gaps between its own steps.
static void count_gaps(const struct bucketing *all, struct recording_notes *notes)
{
    int64_t usual_s = (notes->usual_step_s + all->period_s - 1) / all->period_s * all->period_s;
    int64_t step_s = usual_s > all->period_s ? usual_s : all->period_s;
    notes->gaps = 0;
    notes->longest_gap_s = 0;
    for (size_t i = 1; i < all->count; i++) {
        int64_t hole_s = all->at_s[i] - all->at_s[i - 1] - step_s;
        if (hole_s <= step_s)
            continue;
        notes->gaps++;
        if (hole_s > notes->longest_gap_s)
            notes->longest_gap_s = hole_s;
    }
}

static int64_t points_step(const struct point *points, size_t count)
{
    struct step_counts steps = {0};
    for (size_t i = 1; i < count; i++)
        steps_add(&steps, points[i].at_s - points[i - 1].at_s);
    return steps_usual(&steps);
}

void recording_bucket(struct arena *arena, struct recorded_series *series, uint32_t period_s, struct text stat,
                      int64_t **at_s, double **values, size_t *count)
{
    const struct point *points = sorted_points(arena, series);
    struct bucketing all = {
        .period_s = period_s ? period_s : 1,
        .merge = merge_of(stat),
        .at_s = ARENA_ARRAY(arena, series->count, int64_t),
        .values = ARENA_ARRAY(arena, series->count, double),
    };
    fill_buckets(&all, points, series->count, &series->notes);
    series->notes.overflown = all.overflown;
    series->notes.usual_step_s = points_step(points, series->count);
    count_gaps(&all, &series->notes);
    *at_s = all.at_s;
    *values = all.values;
    *count = all.count;
}
