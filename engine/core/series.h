// Series of datapoints, and what a span of one says. Sums, extremes and counts over a span cost the same for ten
// points and for ten thousand: sums come from prefix sums in twice the precision of a double (so a single
// connection behind 10^17 bytes is not lost; a series whose values are further apart than that is summed plainly),
// extremes from a sparse table over blocks.
#ifndef DROWSE_CORE_SERIES_H
#define DROWSE_CORE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "drowse/value.h"

struct arena;

// Takes columns as they are (they must outlive the series; ascending, distinct, finite, bounded) and builds the
// index in the arena. O(n).
struct series series_build(struct arena *, const int64_t *at_s, const double *values, size_t count);

// First index in [first, end) at or after that instant, or end. Looks back from the end, where spans lie, in
// strides that double.
size_t series_at_or_after(const struct series *, size_t first, size_t end, int64_t at_s);

// Over the points [first, end), which must not be empty (a sum may be).
double series_sum(const struct series *, size_t first, size_t end);
double series_lowest(const struct series *, size_t first, size_t end);
double series_highest(const struct series *, size_t first, size_t end);
// The newest point above the threshold, into *at.
bool series_newest_above(const struct series *, size_t first, size_t end, double threshold, size_t *at);

// What a metric says over a span that ends now, for one decision.
struct span {
    int64_t start_s;       // inclusive: now - length rounded down to the period; not moved by the fence
    int64_t votes_from_s;  // start or, where it is later, the fence: points of buckets that begin before do not vote
    size_t first, end;     // the points that vote
    uint32_t due;          // buckets due
    uint32_t present;      // of these, those with a point
    uint32_t filled;       // of these, those filled by `missing`
    int64_t first_due_s, last_due_s;  // starts of the first and the last due bucket, where due > 0
    struct value unknown;  // KNOWN where the span can be used; else the unknown to hand on, with its evidence
};

// 0 < length_s <= LIMIT_SPAN_S; `index` is the metric's. The metrics stage must have been reached.
void span_find(const struct policy *, const struct snapshot *, uint32_t index, double length_s, struct span *);

// All three hand on the span's unknown where it is one.
struct value span_aggregate(const struct metric *, const struct snapshot *, const struct metric_view *,
                            const struct span *, enum aggregate, double percentile, struct arena *scratch);
// Since the newest point that votes.
struct value span_age(const struct snapshot *, const struct metric_view *, const struct span *);
// Since the end of the newest bucket above the threshold; where there is none, since the start of the oldest
// bucket that votes.
struct value span_quiet_for(const struct metric *, const struct snapshot *, const struct metric_view *,
                            const struct span *, double threshold);

#endif
