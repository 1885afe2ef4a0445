// A compiled policy: all that it extends merged in, every expression typed. Const after loading, and
// shared freely between threads. Made by lang, read by all. Everything in it lives in its one arena.
#ifndef DROWSE_POLICY_H
#define DROWSE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/diag.h"
#include "drowse/text.h"
#include "drowse/value.h"

struct zone;      // base/zone.h
struct schedule;  // core/schedule.h

enum behaviour { BEHAVIOUR_WAKE, BEHAVIOUR_SLEEP, BEHAVIOUR_KILL };
#define BEHAVIOUR_COUNT 3

// ---- expressions ------------------------------------------------------------------------------------------

// A node refers to other nodes by index; 0 is no node (nodes[0] is a placeholder).
typedef uint32_t node_index;

enum op {
    OP_NONE,
    OP_CONSTANT,  // boolean, number, duration, instant: `number` (booleans 0 or 1)
    OP_TEXT,      // a = index into policy.texts
    OP_BUILTIN,   // a = enum builtin
    OP_PARAM,     // a = param
    OP_LET,       // a = let
    OP_NOT,       // a
    OP_NEGATE,    // a
    OP_AND,       // a, b
    OP_OR,        // a, b
    OP_EQUAL,     // a, b of one type; `operands` says which
    OP_UNEQUAL,
    OP_LESS,  // a, b numeric (number, duration or instant)
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_ADD,  // a, b numeric
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_IN_WINDOW,        // a = instant, b = window
    OP_IN_NAMED_WINDOW,  // a = instant, b = text
    OP_AGGREGATE,        // a = metric, b = span, c = enum aggregate, number = percentile
    OP_AGE,              // a = metric, b = span
    OP_QUIET_FOR,        // a = metric, b = span, c = threshold node
    OP_SINCE,            // a = instant
    OP_LEAST,            // a, b of one numeric type (n-ary calls are folded from the left)
    OP_GREATEST,
    OP_OTHERWISE,  // a, b of one type
    OP_KNOWN,      // a
    OP_INSTANT,    // a = text
    OP_NUMBER,     // a = text
    OP_MATCHES,    // a = text, b = text (the glob)
    OP_TAG,        // a = text (the key)
};

enum aggregate {
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_SUM,
    AGGREGATE_COUNT,
    AGGREGATE_LAST,
    AGGREGATE_PERCENTILE
};

enum builtin {
    BUILTIN_DESIRED,
    BUILTIN_RUNNING,
    BUILTIN_PENDING,
    BUILTIN_DEPLOYING,
    BUILTIN_DEPLOYED_AT,
    BUILTIN_UPTIME,
    BUILTIN_WOKEN_AT,
    BUILTIN_NOW,
    BUILTIN_SERVICE_STATUS,
    BUILTIN_CLUSTER,
    BUILTIN_SERVICE,
    BUILTIN_TRIGGER,
    BUILTIN_COUNT
};

struct node {
    uint8_t op;        // enum op
    uint8_t type;      // enum type of the result
    uint8_t operands;  // enum type of the operands, where the op compares
    uint8_t stage;     // enum stage (snapshot.h) that this node alone, children included, can ask for
    node_index a, b, c;
    double number;
};

// ---- parts of a policy ------------------------------------------------------------------------------------

// A value that a request, --param or the environment may change. Durations in seconds.
struct param {
    struct text name;
    uint8_t type;           // number, duration, boolean or text
    struct value fallback;  // the `default`
    bool has_min, has_max;
    double min, max;
    double unit_s;        // what a plain number from outside means for a duration: 1, 60, 3600 or 86400
    struct text env;      // empty: none
    struct text request;  // empty: none
    struct place place;
};

struct dimension {
    struct text name;
    struct text value;  // a template: {cluster}, {service}, {tag:KEY}
};

enum missing { MISSING_UNKNOWN, MISSING_IS };

struct metric {
    struct text name;
    struct text metric_namespace;
    struct text metric;  // CloudWatch's MetricName
    struct text stat;    // as CloudWatch spells it: Average, Maximum, p99
    uint32_t period_s;
    uint32_t lag_s;
    double coverage;  // 0 < coverage <= 1
    bool as_instant;  // values are epoch seconds
    uint8_t missing;  // enum missing
    double missing_is;
    int32_t missing_while;  // the heartbeat's index, or -1 for `while: none`
    const struct dimension *dimensions;
    size_t dimension_count;
    struct place place;
};

// One span of local time. Dates are days since 1970-01-01 in the proleptic Gregorian calendar.
struct window_span {
    uint8_t days;  // bit 0 = Monday ... bit 6 = Sunday
    bool has_dates;
    int32_t first_date, last_date;  // inclusive
    int32_t from_min, to_min;       // minutes of the local day, 0..1440; to <= from ends on the next day
    const int32_t *except;
    size_t except_count;
    const struct zone *zone;
};

struct window {
    struct text name;
    const struct window_span *spans;
    size_t span_count;
    struct place place;
};

struct let {
    struct text name;
    node_index expression;
    struct place place;
};

enum piece_format { PIECE_LITERAL, PIECE_PLAIN, PIECE_FIXED, PIECE_SECONDS, PIECE_MINUTES, PIECE_DURATION, PIECE_ISO };

// A message template: literals and expressions in turn.
struct piece {
    uint8_t format;       // enum piece_format
    uint8_t decimals;     // of PIECE_FIXED
    struct text literal;  // of PIECE_LITERAL, braces already undoubled
    node_index expression;
};

struct message {
    const struct piece *pieces;
    size_t count;
};

struct rule {
    struct text name;
    node_index when;      // 0: always matches
    node_index scale_to;  // 0: keeps the count
    bool refuse;
    struct text status;
    struct message message;
    struct place place;  // of the rule's name
};

// An ordered list of rules, or a Lua function and the names of the rules that it may return.
struct behaviour_rules {
    bool present;
    bool scripted;           // decided by a script; `rules` then carry names and places only
    uint32_t script_source;  // index into sources: the Lua file whose function it is
    const struct rule *rules;
    size_t count;
    struct place place;
};

struct target {
    struct text cluster, service;  // globs
    struct place place;
};

struct share {
    bool present;
    bool percent;
    double amount;  // a count, or a percentage rounded up
};

struct report_field {
    struct text name;
    node_index expression;
    struct place place;
};

struct policy {
    struct arena *arena;
    struct sources sources;  // sources.items[0] is the file that was asked for
    struct text name;

    const struct target *targets;
    size_t target_count;
    const struct param *params;
    size_t param_count;
    const struct metric *metrics;
    size_t metric_count;
    const struct window *windows;
    size_t window_count;
    const struct let *lets;
    size_t let_count;
    const struct report_field *report;
    size_t report_count;
    struct behaviour_rules behaviours[BEHAVIOUR_COUNT];
    const struct schedule *schedules[BEHAVIOUR_COUNT];  // NULL where not scheduled; each carries its zone
    uint32_t stale_after_s;
    uint32_t cold_start_s;
    uint32_t max_count;
    struct share max_slept, max_killed;

    const struct node *nodes;
    size_t node_count;
    const struct place *places;  // by node
    const struct text *texts;
    size_t text_count;
};

#endif
