// One line on what was odd about a series.
#include "engine/recording/recording.h"

#include "engine/base/instant.h"
#include "engine/base/text.h"

#define STAMP_BYTES 32

// ", " but before the first remark, which is led in by the series' name.
static void begin_remark(struct buffer *line, const struct recorded_series *series, bool *any)
{
    if (*any) {
        buffer_add(line, TEXT(", "));
        return;
    }
    *any = true;
    buffer_add(line, series->id);
    if (series->label.n)
        buffer_printf(line, " (%.*s)", TEXT_ARG(series->label));
    buffer_add(line, TEXT(": "));
}

static void gaps_remark(struct buffer *line, const struct recording_notes *notes)
{
    if (notes->gaps == 1)
        buffer_add(line, TEXT("1 gap of "));
    else
        buffer_printf(line, "%zu gaps, the longest ", notes->gaps);
    format_duration(line, (double)notes->longest_gap_s);
}

// "2026-10-25 01:55"
static void add_minute(struct buffer *line, double at_s)
{
    struct buffer stamp;
    buffer_init(&stamp, STAMP_BYTES);
    format_instant(&stamp, at_s);
    struct text text = buffer_text(&stamp);
    if (text.n > 16)
        buffer_printf(line, "%.10s %.5s", text.p, text.p + 11);
    buffer_release(&stamp);
}

static void steps_remark(struct buffer *line, const struct recording_notes *notes)
{
    buffer_add(line, TEXT("clock set back "));
    if (notes->steps_back > 1)
        buffer_printf(line, "%zu times, first ", notes->steps_back);
    buffer_add(line, TEXT("at "));
    add_minute(line, notes->first_step_back_s);
    buffer_add(line, TEXT(" (a daylight-saving fold? the timestamps carry no zone and were read as UTC)"));
}

void recording_notes_line(const struct recorded_series *series, struct buffer *line)
{
    const struct recording_notes *notes = &series->notes;
    const struct {
        size_t count;
        const char *one, *many;
    } counted[] = {
        {notes->duplicates, "duplicate timestamp", "duplicate timestamps"},
        {notes->out_of_order, "point out of order", "points out of order"},
        {notes->merged, "point merged into the bucket of another", "points merged into the buckets of others"},
        {notes->dropped + notes->overflown, "value dropped (not finite, or beyond 2^360)",
         "values dropped (not finite, or beyond 2^360)"},
    };
    bool any = false;
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        if (counted[i].count == 0)
            continue;
        begin_remark(line, series, &any);
        buffer_printf(line, "%zu %s", counted[i].count, counted[i].count == 1 ? counted[i].one : counted[i].many);
    }
    if (notes->gaps) {
        begin_remark(line, series, &any);
        gaps_remark(line, notes);
    }
    if (notes->incomplete) {
        begin_remark(line, series, &any);
        buffer_add(line, TEXT("incomplete (CloudWatch did not answer Complete, or pages are missing)"));
    }
    if (notes->steps_back) {
        begin_remark(line, series, &any);
        steps_remark(line, notes);
    }
}
