// What a decision may look at of a recorded series.
#include "engine/recording/recording.h"

#include "drowse/policy.h"
#include "engine/base/arena.h"
#include "engine/core/series.h"

struct metric_view recording_view(struct arena *arena, const struct recorded_series *series,
                                  const struct metric *metric, int64_t start_s, int64_t end_s)
{
    struct recorded_series asked = {
        .at_s = ARENA_ARRAY(arena, series->count, double),
        .values = ARENA_ARRAY(arena, series->count, double),
    };
    for (size_t i = 0; i < series->count; i++) {
        if (series->at_s[i] < (double)start_s || series->at_s[i] >= (double)end_s)
            continue;
        asked.at_s[asked.count] = series->at_s[i];
        asked.values[asked.count++] = series->values[i];
    }
    int64_t *at_s;
    double *values;
    size_t count;
    recording_bucket(arena, &asked, metric->period_s, metric->stat, &at_s, &values, &count);
    struct series *built = ARENA_NEW(arena, struct series);
    *built = series_build(arena, at_s, values, count);
    bool unusable = series->dropped_at_s >= (double)start_s || asked.notes.overflown;
    return (struct metric_view){
        .series = built,
        .end = count,
        .from_s = start_s,
        .status = unusable && series->status == METRIC_COMPLETE ? METRIC_PARTIAL : series->status,
    };
}
