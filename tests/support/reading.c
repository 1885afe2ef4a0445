#include "tests/support/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

void reading_begin(struct reading *reading)
{
    arena_init(&reading->arena);
    recording_init(&reading->recording, &reading->arena);
    buffer_init(&reading->error, 4096);
}

void reading_end(struct reading *reading)
{
    buffer_release(&reading->error);
    arena_release(&reading->arena);
}

void reading_again(struct reading *reading)
{
    arena_release(&reading->arena);
    recording_init(&reading->recording, &reading->arena);
    buffer_clear(&reading->error);
}

bool reading_read(struct reading *reading, const char *content, const char *metric, const char *stat)
{
    return recording_read(&reading->recording, TEXT("file"), text_of(content), text_of(metric), text_of(stat),
                          &reading->error);
}

void reading_must(struct reading *reading, const char *content, const char *metric, const char *stat)
{
    if (!reading_read(reading, content, metric, stat))
        fail_msg("%.*s\nin: %s", TEXT_ARG(buffer_text(&reading->error)), content);
}

// Bucketed twice: the notes say the same.
void reading_buckets(struct reading *reading, uint32_t period_s, const char *stat, struct buffer *buckets,
                     struct buffer *line)
{
    int64_t *at_s;
    double *values;
    size_t count;
    struct recorded_series *series = &reading->recording.series[0];
    recording_bucket(&reading->arena, series, period_s, text_of(stat), &at_s, &values, &count);
    recording_bucket(&reading->arena, series, period_s, text_of(stat), &at_s, &values, &count);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(buckets, "%s%lld=", i ? " " : "", (long long)at_s[i]);
        buffer_add_number(buckets, values[i]);
    }
    recording_notes_line(series, line);
}
