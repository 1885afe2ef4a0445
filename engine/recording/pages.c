// Pages of points become series: one series for each id and label, over pages and over files.
#include "engine/recording/read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/utf8.h"

bool file_fail(struct file_read *file, const char *format, ...)
{
    va_list list;
    buffer_printf(file->error, "%.*s: ", TEXT_ARG(file->path));
    va_start(list, format);
    buffer_vprintf(file->error, format, list);
    va_end(list);
    return false;
}

const char *excerpt_of(struct text text, char excerpt[EXCERPT_BYTES])
{
    utf8_show(text, EXCERPT_BYTES - sizeof "...", excerpt);
    return excerpt;
}

void column_widen(struct arena *arena, struct column *column)
{
    column->items =
        arena_grow(arena, column->items, column->count, &column->capacity, column->count + 1, sizeof *column->items);
}

static struct recorded_series *series_of(struct recording *recording, size_t first, size_t end, struct text id,
                                         struct text label)
{
    for (size_t i = first; i < end; i++)
        if (text_eq(recording->series[i].id, id) && text_eq(recording->series[i].label, label))
            return &recording->series[i];
    return NULL;
}

static struct recorded_series *series_new(struct recording *recording, const struct page *page)
{
    struct arena *arena = recording->arena;
    recording->series = arena_grow(arena, recording->series, recording->series_count, &recording->series_capacity,
                                   recording->series_count + 1, sizeof *recording->series);
    struct recorded_series *series = &recording->series[recording->series_count++];
    *series = (struct recorded_series){.dropped_at_s = -INFINITY,
                                       .id = arena_text(arena, page->id),
                                       .label = arena_text(arena, page->label),
                                       .statistic = arena_text(arena, page->statistic)};
    return series;
}

// Times and values move together, so one capacity serves both arrays.
static void series_append(struct arena *arena, struct recorded_series *series, const double *at_s, const double *values,
                          size_t count)
{
    size_t capacity = series->capacity;
    size_t need = series->count + count;
    series->at_s = arena_grow(arena, series->at_s, series->count, &capacity, need, sizeof *at_s);
    series->values = arena_grow(arena, series->values, series->count, &series->capacity, need, sizeof *values);
    memcpy(series->at_s + series->count, at_s, count * sizeof *at_s);
    memcpy(series->values + series->count, values, count * sizeof *values);
    series->count = need;
}

// Takes out what is not finite or past the bound; answers how many, and the newest of them in *newest_s.
static size_t page_drop(struct page *page, double *newest_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < page->values.count; i++) {
        double value = page->values.items[i];
        if (!(fabs(value) <= LIMIT_POINT_MAGNITUDE)) {
            *newest_s = fmax(*newest_s, page->times.items[i]);
            continue;
        }
        page->times.items[kept] = page->times.items[i];
        page->values.items[kept++] = value;
    }
    size_t dropped = page->values.count - kept;
    page->times.count = page->values.count = kept;
    return dropped;
}

// A failed page fails the whole; else the newest page says whether more was to come.
static uint8_t status_after(uint8_t before, uint8_t page)
{
    return before == METRIC_FAILED ? before : page;
}

void series_add_page(struct arena *arena, struct recorded_series *series, struct page *page)
{
    series->notes.read += page->values.count;
    series->notes.dropped += page_drop(page, &series->dropped_at_s);
    series->notes.unzoned = series->notes.unzoned || page->unzoned;
    series->status = status_after(series->status, page->status);
    if (page->times.count)
        series_append(arena, series, page->times.items, page->values.items, page->times.count);
    page->times.count = page->values.count = 0;
}

void file_add_page(struct file_read *file, struct page *page)
{
    struct recording *recording = file->recording;
    struct recorded_series *series =
        series_of(recording, file->first_series, recording->series_count, page->id, page->label);
    if (!series)
        series = series_new(recording, page);
    series_add_page(recording->arena, series, page);
}

// A later file goes on with a series of an earlier one.
void series_merge(struct arena *arena, struct recorded_series *into, const struct recorded_series *from)
{
    const struct recording_notes *more = &from->notes;
    struct recording_notes *notes = &into->notes;
    if (from->count)
        series_append(arena, into, from->at_s, from->values, from->count);
    into->dropped_at_s = fmax(into->dropped_at_s, from->dropped_at_s);
    into->status = into->status > from->status ? into->status : from->status;
    if (!notes->steps_back)
        notes->first_step_back_s = more->first_step_back_s;
    if (more->usual_step_s)
        notes->usual_step_s = more->usual_step_s;
    notes->read += more->read;
    notes->out_of_order += more->out_of_order;
    notes->dropped += more->dropped;
    notes->steps_back += more->steps_back;
    notes->unzoned = notes->unzoned || more->unzoned;
    notes->incomplete = notes->incomplete || more->incomplete;
}

// `--map METRIC=FILE` of a get-metric-data file: its only Id is that metric, unless one is called so already.
static bool file_rename(struct file_read *file)
{
    struct recording *recording = file->recording;
    if (file->metric.n == 0 || file->first_series == recording->series_count)
        return true;
    struct text only = recording->series[file->first_series].id;
    for (size_t i = file->first_series; i < recording->series_count; i++) {
        if (text_eq(recording->series[i].id, file->metric))
            return true;
        if (!text_eq(recording->series[i].id, only)) {
            char a[EXCERPT_BYTES], b[EXCERPT_BYTES], metric[EXCERPT_BYTES];
            return file_fail(file, "holds several metrics (%s, %s...), and none with the Id %s", excerpt_of(only, a),
                             excerpt_of(recording->series[i].id, b), excerpt_of(file->metric, metric));
        }
    }
    struct text name = arena_text(recording->arena, file->metric);
    for (size_t i = file->first_series; i < recording->series_count; i++)
        recording->series[i].id = name;
    return true;
}

bool file_finish(struct file_read *file)
{
    struct recording *recording = file->recording;
    if (!file_rename(file))
        return false;
    size_t kept = file->first_series;
    for (size_t i = file->first_series; i < recording->series_count; i++) {
        struct recorded_series *series = &recording->series[i];
        if (series->count > LIMIT_SERIES_POINTS)
            return file_fail(file, "%.*s: %zu points; a series may have %d", TEXT_ARG(series->id), series->count,
                             LIMIT_SERIES_POINTS);
        notes_of_order(series, file->any_order);
        struct recorded_series *earlier = series_of(recording, 0, file->first_series, series->id, series->label);
        if (earlier)
            series_merge(recording->arena, earlier, series);
        else
            recording->series[kept++] = *series;
    }
    recording->series_count = kept;
    return true;
}
