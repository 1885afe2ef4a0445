// The one table of what a policy file may say. The loader, its checks and messages, the JSON Schema and the
// reference page all read these rows; there is no second list.
#ifndef DROWSE_LANG_SCHEMA_H
#define DROWSE_LANG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/policy.h"

struct tree;

// What a field holds. Those marked (tree) are checked for their form and kept as a tree: their meaning needs more
// than the table, and the file of their theme reads them.
enum field_kind {
    FIELD_TEXT,         // struct text, not empty; min and max are its length in bytes
    FIELD_NAME,         // struct text, [a-z][a-z0-9_]*
    FIELD_HEARTBEAT,    // struct text, the name of a metric, or "none"
    FIELD_VARIABLE,     // struct text, [A-Z_][A-Z0-9_]*: an environment variable
    FIELD_REQUEST,      // struct text, [a-z_][a-z0-9_]*: a field of a request
    FIELD_BOOLEAN,      // bool
    FIELD_NUMBER,       // double; min and max are bounds
    FIELD_WHOLE,        // uint32_t; min and max are bounds
    FIELD_DURATION,     // uint32_t, whole seconds; min and max in seconds
    FIELD_SHARE,        // struct share: a count, or a percentage
    FIELD_CHOICE,       // uint8_t, an index into choices
    FIELD_STATISTIC,    // struct text, as CloudWatch spells it
    FIELD_DAYS,         // uint8_t, bit 0 = Monday
    FIELD_DATES,        // struct date_range
    FIELD_DATE_LIST,    // struct date_list
    FIELD_TIME,         // int32_t, minutes of the day; max 1440 takes "24:00"
    FIELD_ZONE,         // const struct zone *
    FIELD_PARAM_VALUE,  // (tree) a duration, a number, true or false, or a quoted text
    FIELD_EXPRESSION,   // (tree) a condition
    FIELD_COUNT,        // (tree) a whole number, or an expression that gives one
    FIELD_MESSAGE,      // (tree) a message template
    FIELD_SCHEDULE,     // (tree) rate(...) or cron(...)
    FIELD_FUNCTION,     // (tree) a Lua function
    FIELD_RECORD,       // (tree) a map with the fields of `record`
    FIELD_LIST,         // (tree) a list of such maps
    FIELD_MAP,          // (tree) a map from names to such maps
    FIELD_WINDOWS,      // (tree) a map from names to such maps or lists of them
    FIELD_EXPRESSIONS,  // (tree) a map from names to expressions
    FIELD_TEXTS,        // (tree) a map from names to texts
    FIELD_NAMES,        // (tree) a list of names
    FIELD_BEHAVIOUR,    // (tree) a list of rules, edits of an inherited one, or a Lua behaviour
};
#define FIELD_KIND_COUNT (FIELD_BEHAVIOUR + 1)

// What messages and docs say of a kind.
struct field_kind_info {
    const char *phrase;   // "a duration", as in "'period' must be a duration"
    const char *example;  // where the field has none of its own; NULL: the phrase says all
    uint8_t shapes;       // SHAPE_... that its value may have
};
enum { SHAPE_SCALAR = 1, SHAPE_MAP = 2, SHAPE_LIST = 4, SHAPE_FUNCTION = 8 };
extern const struct field_kind_info field_kinds[FIELD_KIND_COUNT];

struct record;
struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;  // into the record's struct
    bool required;
    double min, max;              // both 0: none
    const char *const *choices;   // of FIELD_CHOICE, NULL behind the last
    const struct record *record;  // of what it holds
    const char *fallback;         // what holds where it is absent; NULL: nothing
    const char *example;
    const char *doc;  // a sentence or two
};

struct record {
    const char *what;  // "a metric"
    const char *doc;
    const struct field *fields;
    size_t count;
};

extern const struct record policy_record, target_record, param_record, metric_record, missing_record, span_record,
    limits_record, rule_record, edit_record, script_record, schedule_record;

// ---- what the rows' offsets point into --------------------------------------------------------------------

struct date_range {
    bool present;
    int32_t first, last;
};

struct date_list {
    const int32_t *days;
    size_t count;
};

struct policy_fields {
    uint32_t version;
    struct text name, extends;
    const struct tree *targets, *params, *metrics, *windows, *lets, *limits, *schedule, *report;
    const struct tree *behaviours[BEHAVIOUR_COUNT];
    uint32_t cold_start_s;
};

enum param_unit { UNIT_SECONDS, UNIT_MINUTES, UNIT_HOURS, UNIT_DAYS };

struct param_fields {
    const struct tree *fallback, *min, *max;
    uint8_t unit;  // enum param_unit
    struct text env, request;
};

enum metric_as { AS_NUMBER, AS_INSTANT };

struct metric_fields {
    struct text metric_namespace, metric, stat;
    uint32_t period_s, lag_s;
    double coverage;
    uint8_t as;  // enum metric_as
    const struct tree *dimensions, *missing;
};

struct missing_fields {
    double is;
    struct text heartbeat;  // `while`
};

struct span_fields {
    uint8_t days;
    struct date_range dates;
    int32_t from_min, to_min;
    const struct zone *zone;
    struct date_list except;
};

struct limits_fields {
    uint32_t max_count;
    struct share max_slept, max_killed;
};

struct rule_fields {
    struct text name, status;
    const struct tree *when, *scale_to, *message;
    bool refuse;
};

struct edit_fields {
    struct text before, after, replace, remove;
    const struct tree *add, *with;
};

struct script_fields {
    const struct tree *rules, *decide;
};

struct schedule_fields {
    const struct tree *behaviours[BEHAVIOUR_COUNT];
    const struct zone *zone;
    uint32_t stale_after_s;
};

#endif
