// What a run that a schedule asked for came to, over one service or many.
#ifndef DROWSE_HANDLER_SUMMARY_H
#define DROWSE_HANDLER_SUMMARY_H

#include "drowse/policy.h"
#include "engine/handler/fault.h"
#include "engine/report/answer.h"
#include "engine/shell/run.h"

struct arena;

#define SUMMARY_RESULTS 100  // listed one by one; all are in the log

struct summary {
    const struct policy *policy;
    enum behaviour behaviour;
    struct text scheduled;  // the instant that the schedule named; empty: none
    const struct run_result *results;
    const struct answer *answers;
    size_t count;
    bool dry_run;
};

// {"behaviour", "policy", "scheduledTime", "services", "statuses": {STATUS: n}, "lowered", "raised", "held",
// "superseded", "deferred", "refused", "passedOver", "failed", "results": [those that change something or failed],
// "more": those left out of the list}.
struct text summary_json(struct arena *, const struct summary *);
// What the whole is a fault of: FAULT_NONE where nothing failed. What a rule, or ECS, refuses is recorded and no
// fault. `message` then names the first of them.
enum fault summary_fault(struct arena *, const struct summary *, struct text *message);
// What one result is a fault of.
enum fault fault_of_result(const struct run_result *);

#endif
