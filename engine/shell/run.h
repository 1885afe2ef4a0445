// The order of calls: gather by stages, decide, apply. Knows the outside only by its ports.
#ifndef DROWSE_SHELL_RUN_H
#define DROWSE_SHELL_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/ports.h"
#include "drowse/snapshot.h"

struct arena;
struct evaluator;

enum applied {
    APPLIED_NOTHING,  // there was nothing to apply
    APPLIED_DONE,
    APPLIED_DRY,         // a dry run: it would have been
    APPLIED_SUPERSEDED,  // something moved between decision and action
    APPLIED_RESTORED,    // a wake came in between: the former count was put back
    APPLIED_UNKNOWN,     // the answer was lost
    APPLIED_FAILED,
};

// One target, start to end. `error` is complete and printable where status is not PORT_OK.
struct run_result {
    struct service_name name;
    struct snapshot snapshot;
    struct decision decision;
    enum applied applied;
    enum port_status status;
    struct text error;
    struct text warning;  // such as a wake mark that could not be set
};

struct run_options {
    enum behaviour behaviour;
    enum trigger trigger;
    bool dry_run;
    bool person;  // a request or a person asked: a wake sets the wake mark even where it changes nothing
    const struct param_setting *params;  // by param index, or NULL
};

// Resolves the policy's targets (globs by cloud->list) or the one named; results in the arena.
bool resolve_targets(struct arena *, const struct policy *, const struct cloud *, const struct service_name *only,
                     struct service_name **names, size_t *count, enum port_status *status, struct buffer *error);
// Is the service covered by the policy's targets (a policy without targets covers none)?
bool target_covers(const struct policy *, const struct service_name *);

// Gathers as far as the decision needs; applies nothing. Leaves the evaluator at that decision, so that values
// and messages can be read until the next call.
void run_decide(struct arena *, struct evaluator *, const struct cloud *, const struct clock *,
                const struct run_options *, const struct service_name *, struct run_result *);
// Applies what run_decide decided (nothing in a dry run).
void run_apply(struct arena *, const struct cloud *, const struct clock *, const struct run_options *,
               struct run_result *);

#endif
