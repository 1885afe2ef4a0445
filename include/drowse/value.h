// Values of the policy language: typed, and known or not.
#ifndef DROWSE_VALUE_H
#define DROWSE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/text.h"

enum type { TYPE_BOOLEAN, TYPE_NUMBER, TYPE_DURATION, TYPE_INSTANT, TYPE_TEXT };

// Kleene's third value, told apart by cause: UNFETCHED means that a later stage may settle it.
enum knowledge { UNKNOWN, UNFETCHED, KNOWN };

// Why a value is unknown; kept with it so that a person can be told.
enum why {
    WHY_NONE,
    WHY_NOT_FETCHED,    // the stage that brings it was not reached
    WHY_NOT_STARTED,    // no task is running: metrics say nothing
    WHY_NO_BUCKET_DUE,  // the span behind the fence and before now - lag holds no whole bucket
    WHY_COVERAGE,       // too few of the due buckets have a point
    WHY_STALE,          // the newest point is older than lag and two periods
    WHY_INCOMPLETE,     // CloudWatch answered PartialData, InternalError or Forbidden, or not at all
    WHY_NOT_ASKED,      // the span begins before what was asked of CloudWatch
    WHY_FUTURE,         // an instant more than 5 minutes ahead of now
    WHY_ARITHMETIC,     // division by zero, or a result that is not finite
    WHY_NOT_SET,        // the snapshot lacks it: no wake mark, no deployment
    WHY_TAGS_DENIED,    // tags could not be read
    WHY_UNPARSABLE,     // instant(...) or number(...) of a text that is neither
    WHY_NO_WINDOW,      // window(...) names no window
    WHY_HEARTBEAT,      // the metric named by `missing.while` is itself unknown
};

// Durations and instants are seconds (instants since 1970-01-01T00:00:00Z), exact to a microsecond until 2100.
// The type is the expression's, not the value's: expressions are typed before anything runs.
struct value {
    union {
        bool truth;
        double number;
        struct text text;  // borrowed from the policy, the snapshot or the evaluator's arena
        struct {
            uint32_t present, due;
        } buckets;     // the evidence of WHY_COVERAGE
        double age_s;  // the evidence of WHY_STALE: the newest point's age
    };
    uint8_t knowledge;  // enum knowledge
    uint8_t why;        // enum why, where not KNOWN
    uint16_t what;      // the metric's index where `why` concerns one, else 0
};

#endif
