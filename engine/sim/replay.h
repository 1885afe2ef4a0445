// A policy over a recording: a simulated service whose state the decisions change.
#ifndef DROWSE_SIM_REPLAY_H
#define DROWSE_SIM_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/snapshot.h"

struct arena;
struct evaluator;

enum replay_state { REPLAY_AWAKE, REPLAY_ASLEEP, REPLAY_STARTING };
#define REPLAY_STATE_COUNT 3

enum replay_cause { CAUSE_DECISION, CAUSE_DEMAND, CAUSE_STARTED };

struct replay_transition {
    double at_s;
    uint8_t from, to;         // enum replay_state; alike where only the count changed
    uint8_t cause;            // enum replay_cause
    uint8_t behaviour;        // of a decision, and of the wake that demand asked for
    int16_t rule;             // the same; RULE_NONE for a start that is over, and where the policy has no wake
    int64_t before, desired;  // desired counts
    struct text message;      // of a decision: rendered; of demand: what was seen
    double waited_s;          // of a start that is over: how long the demand that woke it waited; 0 for none
};

// A metric's points that count as demand: above the limit.
struct demand {
    int32_t metric;  // -1: none
    double limit;
};

struct replay_input {
    const struct policy *policy;
    struct evaluator *evaluator;
    struct service_name_view {
        struct text cluster, service;
    } target;
    const struct series *series;          // by metric index; count 0 where not recorded
    const struct service_state *initial;  // counts and tags to begin with; NULL: one task, running
    struct demand demand;
    double from_s, to_s;  // whole seconds; from the first to behind the last bucket, unless told otherwise
    const struct param_setting *params;
};

// Ticks at which a rule before the one that fired could not be settled, for one cause.
struct replay_unsettled {
    struct value unknown;  // the cause: why and what
    size_t ticks;
    double first_s;
};

struct replay_result {
    struct replay_transition *transitions;
    size_t transition_count;
    uint8_t first_state;                 // enum replay_state
    double state_s[REPLAY_STATE_COUNT];  // time spent in each
    size_t wakes, sleeps, kills;  // times it began to start; was put to sleep; was killed while awake or starting
    size_t wakes_refused;         // demand for which the wake behaviour changed nothing
    size_t ticks;                 // decisions on schedule
    size_t unsettled_ticks;       // of these: those that lacked data, and so could not have slept the service
    size_t held_ticks;            // of these: those at which a later rule would have lowered, and was held back
    size_t failed_ticks;
    struct text first_failure;  // of failed_ticks
    double first_failure_s;
    struct replay_unsettled *unsettled;  // in order of their first tick
    size_t unsettled_count;
    double demand_waited_s;  // from the first demand point to running (or to the kill, or to the end), summed
    size_t demand_missed;    // demand points of buckets that began while it slept or started
};

// The demand that a policy implies: the metric and threshold of the first quiet_for that sleep reads (else of any),
// else its first metric that is no instant, above 0. `params` may be NULL.
struct demand replay_demand(const struct policy *, const struct param_setting *params);

// Begins at from_s with a fence there. At every tick of the sleep schedule (every 5 minutes where the policy has
// none), and of those of wake and kill, the behaviour decides on what was visible by then: points of buckets that
// ended at least `lag` ago, and of the run under way only. While asleep the first bucket of demand that begins then
// wakes the service; it runs cold_start later. At one instant: a start that is over, demand, wake, sleep, kill.
// The evaluator's tick arena is replaced for the time of the call. Texts live in `arena`.
void replay_run(struct arena *, const struct replay_input *, struct replay_result *);

#endif
