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
    size_t read;               // points read
    size_t duplicates;         // same timestamp again
    size_t out_of_order;       // earlier than the one before it, in a file that is not newest-first as a whole
    size_t merged;             // different timestamps of one bucket
    size_t gaps;               // holes of more than one bucket, or of more than one usual step where that is longer
    int64_t longest_gap_s;     // from the end of the bucket before it to the start of the one behind it
    size_t dropped;            // not finite, or past LIMIT_POINT_MAGNITUDE
    size_t overflown;          // buckets whose sum is past it
    size_t steps_back;         // clocks set back by 30 or 60 minutes in a file without zone: daylight-saving folds
    double first_step_back_s;  // the last time shown before the first of them
    bool unzoned;              // timestamps carry no zone and were read as UTC
    bool incomplete;           // a StatusCode other than Complete, or pages that were not fetched (NextToken)
    int64_t usual_step_s;      // the most frequent distance between points
};

// Raw points as they stood in the file, in its order.
struct recorded_series {
    struct text id;         // MetricDataResults' Id; the mapped metric for CSV
    struct text label;      // "cluster/service", or anything
    struct text statistic;  // get-metric-statistics: which member was taken
    double *at_s;
    double *values;
    size_t count, capacity;
    double dropped_at_s;  // of the points dropped (not finite, past the bound) the newest; -INFINITY where none was
    uint8_t status;       // enum metric_status: of the newest page, but a failed page fails the whole
    struct recording_notes notes;
};

// Is the label that service's, "cluster/service"? Is it some service's, rather than a metric's description
// ("ActiveConnections Average")?
bool label_names(struct text label, struct text cluster, struct text service);
bool label_names_some_service(struct text label);

struct recording {
    struct arena *arena;
    struct recorded_series *series;
    size_t series_count, series_capacity;
    struct service_state *states;
    size_t state_count, state_capacity;
    bool has_services;  // a `services` member was there, though it may be empty
    bool tags_denied;   // a state file's `tagsDenied`: no state carries tags
    bool has_now;
    double now_s;
};

void recording_init(struct recording *, struct arena *);

// Adds a file's content to the recording, form found from the content: a JSON object with MetricDataResults,
// Datapoints, services (any of them together: a state file), or CSV. `metric` names CSV's and Datapoints'
// series (the --map), and renames the only Id of a MetricDataResults; in a CSV of several columns it picks the
// column of that name. `stat` picks the member of Datapoints; empty: the only one there. Series of one id and
// label are merged, over files too. Nothing of the recording points into `content`.
// False: error holds `path:line:column: text`, and the recording may hold a part of the file.
bool recording_read(struct recording *, struct text path, struct text content, struct text metric, struct text stat,
                    struct buffer *error);

// Points -> buckets of the period, ascending and distinct, ready for series_build: floors each time to the period
// and merges points of one bucket by the statistic (Sum and SampleCount add; Maximum, Minimum take the extreme;
// Average and all others take the mean of a bucket's points, a percentile its maximum). Exact duplicates (same
// time, same value) count once. Fills in the notes on duplicates, merged points and gaps.
void recording_bucket(struct arena *, struct recorded_series *, uint32_t period_s, struct text stat, int64_t **at_s,
                      double **values, size_t *count);
struct metric;
// What CloudWatch would answer to a question for that metric from `start_s` on and before `end_s`: the points in
// buckets, ready to be decided on. A point that cannot be used makes the view partial: it is not one that is missing,
// which `missing` would fill.
struct metric_view recording_view(struct arena *, const struct recorded_series *, const struct metric *,
                                  int64_t start_s, int64_t end_s);
// One line for a person, or nothing where all was regular: "connections: 2 duplicate timestamps, 1 gap of 35m, ...".
void recording_notes_line(const struct recorded_series *, struct buffer *);

// What read_services is told, and where it puts what it read.
struct services_read {
    struct arena *arena;  // owns the states and their texts
    struct text source;   // what errors begin with: the file's path, the call's name
    bool tags_denied;     // tags are not to be believed: they are left out, and the fence does without
    bool tags_asked;      // a service without a `tags` member has none; else they were not read
    bool keep_raw;        // `raws` is wanted too
    struct service_state *states;
    struct text *raws;  // of each state, where they are wanted: its JSON object, borrowed from the input
    size_t count, capacity, raw_capacity;
};

// The `services` array of DescribeServices, its JSON_ARRAY being the newest token -> states, the fence found: the
// newer of wake mark and newest "has started" event; else the primary deployment's creation; else the service's.
// Appends. False: error holds `source:line:column: text`. Shared with aws/.
struct json_reader;
bool read_services(struct json_reader *, struct services_read *, struct buffer *error);
// What stands behind the last '/'.
struct text arn_name(struct text arn);
// The tag's text as an instant: RFC 3339, or epoch seconds.
bool parse_wake_mark(struct text, double *at_s);

#define WAKE_MARK_TAG "drowse-wake"

#endif
