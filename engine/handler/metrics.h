// What an invocation did, as one line in CloudWatch's embedded metric format (CloudWatch user guide, "Specification:
// Embedded metric format"): namespace Drowse, dimensions Behaviour and Policy.
#ifndef DROWSE_HANDLER_METRICS_H
#define DROWSE_HANDLER_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/policy.h"
#include "engine/report/answer.h"
#include "engine/shell/run.h"

struct buffer;

struct invocation_metrics {
    const struct policy *policy;
    enum behaviour behaviour;
    enum trigger trigger;
    const struct run_result *results;
    const struct answer *answers;  // by result
    size_t count;
    bool refused;  // the invocation ended with a fault of its event or its request
    bool failed;   // it ended with a fault of AWS or of the policy, whatever the results say
    size_t calls;  // to AWS
    struct text request_id;
    double at_s, elapsed_ms;
};

// Decisions, and Decisions.STATUS of the statuses that the behaviour's rules have (others: Decisions.other); Slept,
// Woken, Killed: services whose count was changed; Held, HeldSeconds and HeldSeconds.WHY: until the schedule looks
// again; IdleSeconds: what the first duration of the policy's `report` says, a value a service; Superseded, Deferred,
// Refused, Errors, AwsCalls, Duration.
void metrics_line(struct buffer *, const struct invocation_metrics *);

#endif
