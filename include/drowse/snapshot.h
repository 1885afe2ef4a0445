// All that a decision may look at. Gathered by the shell, the simulation or a test; read by core.
#ifndef DROWSE_SNAPSHOT_H
#define DROWSE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/limits.h"
#include "drowse/text.h"
#include "drowse/value.h"

// What has been gathered so far. Each stage includes those before it.
enum stage { STAGE_NOTHING, STAGE_STATE, STAGE_METRICS };

enum trigger { TRIGGER_REQUEST, TRIGGER_SCHEDULE, TRIGGER_CLI };

enum fence_source { FENCE_NONE, FENCE_WAKE_MARK, FENCE_STARTED_EVENT, FENCE_DEPLOYMENT, FENCE_SERVICE_CREATED };

struct tag {
    struct text key, value;
};

// One ECS service as DescribeServices gave it (API_Service). Instants are epoch seconds; NaN where absent.
struct service_state {
    struct text cluster, service;
    struct text arn;                  // empty where not known
    struct text status;               // ACTIVE, DRAINING, INACTIVE
    struct text scheduling_strategy;  // REPLICA, DAEMON; empty reads as REPLICA
    int64_t desired, running, pending;
    bool deploying;        // more than one deployment, or the primary's rolloutState is IN_PROGRESS
    double deployed_at_s;  // creation of the primary deployment
    double woken_at_s;     // the wake mark: the tag `drowse-wake`
    double fence_s;        // the instant before which no metric may vote; NaN: nothing is fenced
    uint8_t fence_source;  // enum fence_source
    bool tags_read;
    const struct tag *tags;
    size_t tag_count;
};

// Datapoints of one metric in columns, with an index over them (core/series.h builds it). `at_s` is the start
// of a bucket; ascending, no two alike. Values are finite and within LIMIT_POINT_MAGNITUDE.
struct series {
    const int64_t *at_s;
    const double *values;
    size_t count;
    const struct series_index *index;  // core/series.h
};

enum metric_status { METRIC_COMPLETE, METRIC_PARTIAL, METRIC_FAILED };

// A view over a series: what of it is visible to this decision.
struct metric_view {
    const struct series *series;  // NULL: complete, and without a point
    size_t first, end;            // points [first, end)
    int64_t from_s;               // nothing before was asked for: a span that begins earlier is unknown
    uint8_t status;               // enum metric_status
};

struct param_setting {
    struct value value;       // not KNOWN: the policy's default stands
    uint8_t origin;           // enum param_origin
    struct text origin_name;  // the variable, the request's field; empty for the policy
};

enum param_origin { PARAM_POLICY, PARAM_ENVIRONMENT, PARAM_OPTION, PARAM_REQUEST };

struct snapshot {
    uint8_t stage;    // enum stage
    uint8_t trigger;  // enum trigger
    double now_s;
    struct text cluster, service;        // the target, known at every stage
    struct service_state state;          // from STAGE_STATE on
    const struct metric_view *metrics;   // by metric index, from STAGE_METRICS on
    const struct param_setting *params;  // by param index; NULL: defaults
};

#endif
