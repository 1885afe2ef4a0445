// The record of a decision: one JSON object on one line, with all that it takes to make the decision again.
#ifndef DROWSE_REPORT_RECORD_H
#define DROWSE_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/policy.h"
#include "drowse/text.h"
#include "engine/shell/run.h"

struct arena;
struct evaluator;
struct json_writer;

#define RECORD_SNAPSHOT_BYTES (64 * 1024)  // a larger snapshot is a digest instead

// Who asked. Empty texts are left out.
struct caller {
    struct text user_arn, api_key_id, source_address, account, principal;
    struct text schedule;        // the ARN of the EventBridge rule or schedule
    struct text correlation_id;  // API Gateway's request id, EventBridge's event id
};

struct record_context {
    const struct policy *policy;
    enum behaviour behaviour;
    enum trigger trigger;
    struct text policy_digest;  // of policy_digest: made once a process
    struct caller caller;
    struct text request_id, trace_id, function_arn;
    bool dry_run;
};

// While the evaluator is at the decision: the values of `let`s, what was unknown, the snapshot, as JSON members in the
// arena. The empty text is what a record of a target that nothing was decided on has.
struct text record_prepare(struct arena *, struct evaluator *, const struct run_result *);

// After run_targets: level, timestamp, and the rest, on one line: the writer's indent is 0. No line end. Decisions
// that change something are WARN (so are those with a warning, and what was deferred), failures ERROR, others INFO.
void record_json(struct json_writer *, const struct record_context *, const struct run_result *, struct text prepared,
                 double at_s);
const char *record_level(const struct run_result *);

// The members "caller" and "timestamp" ("2026-11-23T06:35:36.512Z") as all lines of the log have them.
void caller_json(struct json_writer *, const struct caller *);
void timestamp_json(struct json_writer *, double at_s);

#endif
