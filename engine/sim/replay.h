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

struct replay_transition {
    double at_s;
    uint8_t to;            // enum replay_state
    uint8_t cause;         // enum replay_cause
    uint8_t behaviour;     // of a decision
    int16_t rule;          // of a decision; RULE_NONE for demand and for a start that is over
    struct text message;   // of a decision: rendered; of demand: what was seen
    double waited_s;       // of a start that is over: how long the demand that woke it waited
};
enum replay_cause { CAUSE_DECISION, CAUSE_DEMAND, CAUSE_STARTED };

// A metric's points that count as demand: above the limit.
struct demand {
    int32_t metric;        // -1: none
    double limit;
};

struct replay_input {
    const struct policy *policy;
    struct evaluator *evaluator;
    struct service_name_view { struct text cluster, service; } target;
    const struct series *series;   // by metric index; count 0 where not recorded
    struct demand demand;
    double from_s, to_s;           // from the first to behind the last bucket, unless told otherwise
    const struct param_setting *params;
};

struct replay_result {
    struct replay_transition *transitions;
    size_t transition_count;
    double awake_s, asleep_s, starting_s;
    size_t wakes, sleeps, kills;
    size_t ticks, held_ticks, failed_ticks;
    double demand_waited_s;         // sum over wakes: from the first demand point to running
    size_t demand_lost;             // demand points while asleep or starting, which the service could not serve
};

// The demand that a policy implies: the metric and threshold of its first quiet_for, else its first metric above 0.
struct demand replay_demand(const struct policy *);
void replay_run(struct arena *, const struct replay_input *, struct replay_result *);

#endif
