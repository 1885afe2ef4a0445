// Recordings: metrics (and service states) over a span of time, read from files. Bytes in, states and points out.
#ifndef DROWSE_RECORDING_RECORDING_H
#define DROWSE_RECORDING_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/snapshot.h"
#include "drowse/text.h"

struct arena;
struct buffer;

// What was odd about one series, for its one line of report.
struct recording_notes {
    size_t read;             // points read
    size_t duplicates;       // same timestamp again
    size_t out_of_order;     // earlier than the one before it, in a file that is not newest-first as a whole
    size_t merged;           // different timestamps of one bucket
    size_t gaps;             // holes of more than one bucket
    size_t dropped;          // not finite, or past LIMIT_POINT_MAGNITUDE
    size_t steps_back;       // clocks set back by 30 or 60 minutes in a file without zone: daylight-saving folds
    double first_step_back_s;
    bool unzoned;            // timestamps carry no zone and were read as UTC
    bool incomplete;         // a StatusCode other than Complete
    int64_t usual_step_s;    // the most frequent distance between points
};

// Raw points as they stood in the file, in its order.
struct recorded_series {
    struct text id;          // MetricDataResults' Id; the mapped metric for CSV
    struct text label;       // "cluster/service", or anything
    struct text statistic;   // get-metric-statistics: which member was taken
    double *at_s;
    double *values;
    size_t count, capacity;
    struct recording_notes notes;
};

struct recording {
    struct arena *arena;
    struct recorded_series *series;  size_t series_count, series_capacity;
    struct service_state *states;    size_t state_count, state_capacity;
    bool has_now;
    double now_s;
};

void recording_init(struct recording *, struct arena *);

// Adds a file's content to the recording, form found from the content: a JSON object with MetricDataResults,
// Datapoints, services (any of them together: a state file), or CSV. `metric` names CSV's and Datapoints'
// series (the --map); `stat` picks the member of Datapoints. False: error holds `path:line:column: text`.
bool recording_read(struct recording *, struct text path, struct text content, struct text metric,
                    struct text stat, struct buffer *error);

// Points -> buckets of the period, ascending and distinct, ready for series_build: floors each time to the period
// and merges points of one bucket by the statistic (Sum and SampleCount add; Maximum, Minimum take the extreme;
// Average and percentiles take the mean of a bucket's points, a percentile its maximum). Exact duplicates (same
// time, same value) count once. Fills in the notes.
void recording_bucket(struct arena *, struct recorded_series *, uint32_t period_s, struct text stat,
                      int64_t **at_s, double **values, size_t *count);
// One line for a person, or nothing where all was regular: "connections: 2 duplicate timestamps, 1 gap of 35m, ...".
void recording_notes_line(const struct recorded_series *, struct buffer *);

// DescribeServices' JSON of one service -> state, the fence found: the newer of wake mark and newest "has started"
// event; else the primary deployment's creation; else the service's. Shared with aws/.
struct json_reader;
bool read_services(struct json_reader *, struct arena *, bool tags_read, struct service_state **states,
                   size_t *count, size_t *capacity, struct buffer *error);
// The tag's text as an instant: RFC 3339, or epoch seconds.
bool parse_wake_mark(struct text, double *at_s);

#define WAKE_MARK_TAG "drowse-wake"

#endif
