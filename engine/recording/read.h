// What the readers of this layer share: the file being read, its errors, timestamps, and columns of points.
#ifndef DROWSE_RECORDING_READ_H
#define DROWSE_RECORDING_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/json_read.h"
#include "engine/recording/recording.h"

// ---- timestamps -------------------------------------------------------------------------------------------

// The date that was read last: most timestamps of a file share it with the one before.
struct stamps {
    char date[10];
    bool filled;
    int64_t day_s;
};

// A timestamp of any style but a bare number. False: it is none, and nothing is set.
bool stamp_read(struct stamps *, struct text, double *at_s, bool *zoned);
// Epoch seconds within the years 1970 to 9999; else false, as for milliseconds.
bool epoch_valid(double at_s);

// ---- JSON -------------------------------------------------------------------------------------------------

// A document being read, and where its errors go.
struct json_source {
    struct json_reader *reader;
    struct text name;  // what errors begin with
    struct buffer *error;
    struct stamps stamps;
};

// `name:line:column: text`; the reader's own error where it has one. Always false.
bool source_fail(struct json_source *, const char *format, ...) __attribute__((format(printf, 2, 3)));
// "a string", "an object"...
const char *token_kind(enum json_token);

// Reads the members of an object whose JSON_OBJECT was just read, to its end. `member` reads exactly its value, and
// answers false after an error was reported.
bool source_members(struct json_source *, bool (*member)(void *context, struct text key), void *context);
// The same for an array; `item` is told the first token of its value.
bool source_items(struct json_source *, bool (*item)(void *context, enum json_token), void *context);
// The next token must be `token`, the value of the member `name`.
bool source_expect(struct json_source *, enum json_token token, const char *name);
bool source_skip_value(struct json_source *);
// Values of members. A null leaves *out alone; any other kind is an error that names the member.
bool source_text(struct json_source *, const char *name, struct text *out);
bool source_count(struct json_source *, const char *name, int64_t *out);
bool source_flag(struct json_source *, const char *name, bool *out);
bool source_instant(struct json_source *, const char *name, double *at_s, bool *zoned);
// The newest token, a JSON_STRING or JSON_NUMBER, as an instant.
bool source_stamp(struct json_source *, enum json_token, double *at_s, bool *zoned);

// ---- points -----------------------------------------------------------------------------------------------

struct column {
    double *items;
    size_t count, capacity;
};

static inline bool column_full(const struct column *column)
{
    return column->count == column->capacity;
}
void column_widen(struct arena *, struct column *);

// Points of one series out of one page of a file, times and values in step. A value that is NaN stands for one that
// must be dropped.
struct page {
    struct text id, label, statistic;
    struct column times, values;
    bool unzoned;
    bool has_status;  // a StatusCode was there
    bool has_times, has_values;
    uint8_t status;       // enum metric_status
    struct text message;  // the first of Messages: its Value, else its Code
};

// The file under way.
struct file_read {
    struct recording *recording;
    struct text path, content, metric, stat;
    struct buffer *error;
    size_t first_series;  // series from here on are this file's
    bool any_order;       // the form promises none: disorder is no news
};

// Appends the page to the file's series of that id and label. The points are copied, so that one pair of columns,
// which is emptied, serves all pages and no series keeps the slack of a growing one.
void file_add_page(struct file_read *, struct page *);
// The same for a series that the caller has found: counts, drops what cannot be used, appends copies, empties the page.
void series_add_page(struct arena *, struct recorded_series *, struct page *);
// Appends another's points and notes; of the two states the worse stays.
void series_merge(struct arena *, struct recorded_series *into, const struct recorded_series *from);
// Names and merges the file's series into the recording's once the file is read.
bool file_finish(struct file_read *);

// `path: text`, for what concerns the file as a whole. Always false.
bool file_fail(struct file_read *, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A cell or a name for a message, as utf8_show has it: at most 40 bytes.
#define EXCERPT_BYTES 44
const char *excerpt_of(struct text, char excerpt[EXCERPT_BYTES]);

// The values of MetricDataResults and Datapoints, their key being the newest token. Datapoints' page is added by the
// caller, which alone knows the Label in the end.
bool read_metric_results(struct file_read *, struct json_source *);
// The same, one page a result, handed to `take`, which answers false after it has reported an error. The columns are
// used again for the next page and live in the arena.
bool read_metric_pages(struct json_source *, struct arena *, bool (*take)(void *context, struct page *), void *context);
bool read_datapoints(struct file_read *, struct json_source *, struct page *);
bool read_csv(struct file_read *);

// The most frequent distance between neighbours, in one pass and bounded memory.
#define STEPS 32  // distances counted at once; a recording has one or two that matter
struct step_counts {
    size_t newest;
    int64_t step_s[STEPS];
    size_t count[STEPS];
};
void steps_add(struct step_counts *, double distance_s);  // whole seconds; 0 does not count, the sign neither
int64_t steps_usual(const struct step_counts *);          // 0 where there were none

// What the order of a series' points, all of one file, says: usual step, disorder, clocks set back.
void notes_of_order(struct recorded_series *, bool any_order);

#endif
