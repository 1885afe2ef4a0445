// Recordings: no crash on any bytes; what is read keeps the promises of its header, bucketed by any period.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/recording/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void check_buckets(struct arena *arena, struct recorded_series *series, uint32_t period_s, struct text stat)
{
    int64_t *at_s;
    double *values;
    size_t count;
    recording_bucket(arena, series, period_s, stat, &at_s, &values, &count);
    demand(count <= series->count, "no more buckets than points");
    demand(series->notes.duplicates + series->notes.merged + series->notes.overflown + count == series->count,
           "each point is a bucket's first, a duplicate, or merged");
    for (size_t i = 0; i < count; i++) {
        demand(at_s[i] % period_s == 0, "a bucket begins at a multiple of the period");
        demand(i == 0 || at_s[i] > at_s[i - 1], "buckets ascend");
        demand(fabs(values[i]) <= LIMIT_POINT_MAGNITUDE, "values are finite and bounded");
    }
}

static void check_series(struct arena *arena, struct recorded_series *series)
{
    static const uint32_t periods_s[] = {60, 300, 86400};
    static const struct text stats[] = {{"Average", 7}, {"Sum", 3}, {"p99", 3}};
    demand(series->notes.read == series->count + series->notes.dropped, "points are kept or counted as dropped");
    for (size_t i = 0; i < series->count; i++)
        demand(series->at_s[i] >= 0 && fabs(series->values[i]) <= LIMIT_POINT_MAGNITUDE, "points are bounded");
    for (size_t i = 0; i < 3; i++)
        check_buckets(arena, series, periods_s[i], stats[i]);
    struct buffer line;
    buffer_init(&line, LIMIT_MESSAGE_BYTES);
    recording_notes_line(series, &line);
    buffer_release(&line);
}

static void check_state(const struct service_state *state)
{
    demand(state->cluster.n && state->service.n, "a service has names");
    demand(state->desired >= 0 && state->running >= 0 && state->pending >= 0, "counts are not negative");
    demand(isnan(state->fence_s) == (state->fence_source == FENCE_NONE), "a fence has a source");
    demand(state->tags_read || (state->tag_count == 0 && isnan(state->woken_at_s)), "tags that were not read are none");
}

static void read_once(struct text content, struct text metric, struct text stat)
{
    struct arena arena;
    struct recording recording;
    struct buffer error;
    arena_init(&arena);
    recording_init(&recording, &arena);
    buffer_init(&error, 1 << 20);
    if (recording_read(&recording, TEXT("file"), content, metric, stat, &error)) {
        demand(error.n == 0, "no error where it was read");
        for (size_t i = 0; i < recording.series_count; i++)
            check_series(&arena, &recording.series[i]);
        for (size_t i = 0; i < recording.state_count; i++)
            check_state(&recording.states[i]);
    } else {
        demand(text_starts(buffer_text(&error), TEXT("file:")), "an error names the file");
    }
    buffer_release(&error);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct text content = {(const char *)bytes, n};
    read_once(content, TEXT(""), TEXT(""));
    read_once(content, TEXT("m"), TEXT("Average"));
    return 0;
}
