#include "engine/core/series.h"

#include <math.h>

#include "engine/base/arena.h"

// A sum kept in two doubles, high and low: 106 bits of it.
struct wide_sum {
    double high, low;
};

#define BLOCK 16
#define MOST_LEVELS 32

// Prefix sums, and a sparse table over the extremes of blocks: level k holds those of 2^k blocks.
struct series_index {
    const struct wide_sum *prefix;  // count + 1
    bool scattered;                 // too far apart for differences of prefix sums
    const double *lowest[MOST_LEVELS];
    const double *highest[MOST_LEVELS];
};

static struct wide_sum add(struct wide_sum sum, double value)
{
    double high = sum.high + value;
    double part = high - sum.high;
    double lost = (sum.high - (high - part)) + (value - part);
    double low = sum.low + lost;
    double total = high + low;
    return (struct wide_sum){total, low - (total - high)};
}

static double difference(struct wide_sum end, struct wide_sum begin)
{
    double high = end.high - begin.high;
    double part = high - end.high;
    double lost = (end.high - (high - part)) - (begin.high + part);
    return high + (lost + (end.low - begin.low));
}

static const struct wide_sum *build_prefix(struct arena *arena, const double *values, size_t count)
{
    struct wide_sum *prefix = ARENA_ARRAY(arena, count + 1, struct wide_sum);
    for (size_t i = 0; i < count; i++)
        prefix[i + 1] = add(prefix[i], values[i]);
    return prefix;
}

// 106 bits leave 46 of the smallest value behind a total that is 2^60 times as large. With less, a value from before
// the fence could take the voting ones with it.
static bool are_scattered(const double *values, size_t count)
{
    double greatest = 0, least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double magnitude = fabs(values[i]);
        greatest = magnitude > greatest ? magnitude : greatest;
        least = magnitude > 0 && magnitude < least ? magnitude : least;
    }
    return greatest * (double)count > least * 0x1p60;
}

static double lower(double a, double b)
{
    return b < a ? b : a;
}

static double higher(double a, double b)
{
    return b > a ? b : a;
}

typedef double extreme_fn(double, double);

static inline double scan(const double *values, size_t first, size_t end, extreme_fn *pick)
{
    double best = values[first];
    for (size_t i = first + 1; i < end; i++)
        best = pick(best, values[i]);
    return best;
}

static void build_extremes(struct arena *arena, const double *values, size_t count, extreme_fn *pick,
                           const double **levels)
{
    size_t blocks = count / BLOCK;
    double *level = ARENA_ARRAY(arena, blocks, double);
    for (size_t i = 0; i < blocks; i++)
        level[i] = scan(values, i * BLOCK, (i + 1) * BLOCK, pick);
    levels[0] = level;
    for (size_t k = 1; (size_t)1 << k <= blocks; k++) {
        size_t half = (size_t)1 << (k - 1), entries = blocks - 2 * half + 1;
        double *wider = ARENA_ARRAY(arena, entries, double);
        for (size_t i = 0; i < entries; i++)
            wider[i] = pick(levels[k - 1][i], levels[k - 1][i + half]);
        levels[k] = wider;
    }
}

struct series series_build(struct arena *arena, const int64_t *at_s, const double *values, size_t count)
{
    struct series_index *index = ARENA_NEW(arena, struct series_index);
    index->prefix = build_prefix(arena, values, count);
    index->scattered = are_scattered(values, count);
    if (count >= BLOCK) {
        build_extremes(arena, values, count, lower, index->lowest);
        build_extremes(arena, values, count, higher, index->highest);
    }
    return (struct series){.at_s = at_s, .values = values, .count = count, .index = index};
}

size_t series_at_or_after(const struct series *series, size_t first, size_t end, int64_t at_s)
{
    size_t stride = 1;
    while (end - first >= stride && series->at_s[end - stride] >= at_s) {
        end -= stride;
        stride *= 2;
    }
    if (end - first >= stride)
        first = end - stride + 1;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (series->at_s[middle] < at_s)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static double plain_sum(const double *values, size_t first, size_t end)
{
    struct wide_sum sum = {0, 0};
    for (size_t i = first; i < end; i++)
        sum = add(sum, values[i]);
    return sum.high;
}

double series_sum(const struct series *series, size_t first, size_t end)
{
    if (series->index->scattered)
        return plain_sum(series->values, first, end);
    return difference(series->index->prefix[end], series->index->prefix[first]);
}

// At most two part-blocks are scanned; whole blocks between come from the table by two overlapping entries.
static inline double extreme(const struct series *series, size_t first, size_t end, const double *const *levels,
                             extreme_fn *pick)
{
    size_t first_block = (first + BLOCK - 1) / BLOCK, end_block = end / BLOCK;
    if (first_block >= end_block)
        return scan(series->values, first, end, pick);
    unsigned k = 63u - (unsigned)__builtin_clzll(end_block - first_block);
    double best = pick(levels[k][first_block], levels[k][end_block - ((size_t)1 << k)]);
    if (first < first_block * BLOCK)
        best = pick(best, scan(series->values, first, first_block * BLOCK, pick));
    if (end_block * BLOCK < end)
        best = pick(best, scan(series->values, end_block * BLOCK, end, pick));
    return best;
}

double series_lowest(const struct series *series, size_t first, size_t end)
{
    return extreme(series, first, end, series->index->lowest, lower);
}

double series_highest(const struct series *series, size_t first, size_t end)
{
    return extreme(series, first, end, series->index->highest, higher);
}

bool series_newest_above(const struct series *series, size_t first, size_t end, double threshold, size_t *at)
{
    while (end > first) {
        if (end % BLOCK == 0 && end - first >= BLOCK && series->index->highest[0][end / BLOCK - 1] <= threshold) {
            end -= BLOCK;
        } else if (series->values[--end] > threshold) {
            *at = end;
            return true;
        }
    }
    return false;
}
