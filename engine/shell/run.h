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
struct run_watch;

enum applied {
    APPLIED_NOTHING,  // there was nothing to apply
    APPLIED_DONE,
    APPLIED_DRY,         // a dry run: it would have been
    APPLIED_SUPERSEDED,  // something moved between decision and action
    APPLIED_RESTORED,    // a wake came in between: the former count was put back
    APPLIED_UNKNOWN,     // the answer was lost
    APPLIED_FAILED,
    APPLIED_REFUSED,   // the run as a whole would have lowered too much
    APPLIED_DEFERRED,  // no time was left: the next run's
    APPLIED_PASSED,    // found by a pattern, and takes no changes
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
    const struct run_watch *watch;  // NULL: nobody watches
    enum behaviour behaviour;
    enum trigger trigger;
    bool dry_run;
    bool person;    // a request or a person asked: a wake sets the wake mark even where it changes nothing
    bool over_all;  // limits.max_slept and max_killed hold
    const struct param_setting *params;  // by param index, or NULL
    double at_s;                         // the decisions' `now`; NaN or 0: the clock's. Given, nothing is ever applied
    double deadline_s;                   // by the clock; 5 s before it nothing more is begun. 0: none
    size_t first;                        // the run begins at that target and goes round, so that none starves
};

// Told of each decision, and of each target that could not be decided on, while the evaluator still is at it, so that
// values and messages can be read. A target that had to be looked at again, because its snapshot had become too old to
// act on, is told of again. Of targets that were passed over, or put off before they were looked at, nothing is told:
// there is no decision.
struct run_watch {
    void *context;
    void (*decided)(void *context, size_t index, const struct run_result *);
};

// How much a run lowers, and, over all, against limits.max_slept or max_killed.
struct blast_radius {
    bool refused;        // the run was refused whole
    size_t lowered, of;  // services
    size_t allowed;      // `of` where there is no limit
};

#define RUN_SNAPSHOT_AGE_S 30  // no action rests on an older snapshot
#define RUN_CHUNK 250          // targets gathered together: with two metrics, one GetMetricData call of 500
#define RUN_DEADLINE_MARGIN_S 5
#define RUN_DOUBT_S 60  // more doubt about the time than this, and nothing is lowered

// Resolves the policy's targets (globs by cloud->list) or the one named; results in the arena.
bool resolve_targets(struct arena *, const struct policy *, const struct cloud *, const struct service_name *only,
                     struct service_name **names, size_t *count, enum port_status *status, struct buffer *error);
// Is the service covered by the policy's targets (a policy without targets covers none)?
bool target_covers(const struct policy *, const struct service_name *);

// Gathers as far as each decision needs, all targets' stages together, and applies nothing. Where there is one target,
// the evaluator is left at its decision.
void run_decide(struct arena *, struct evaluator *, const struct cloud *, const struct clock *,
                const struct run_options *, const struct service_name *names, size_t count, struct run_result *results);

// Gathers, decides and applies, in chunks such that no snapshot is older than RUN_SNAPSHOT_AGE_S when it is acted on.
// Where the run has a limit, all is decided before anything is applied, and what has become too old by then is
// looked at and decided again. Nothing is applied in a dry run or at a given instant.
struct blast_radius run_targets(struct arena *, struct evaluator *, const struct cloud *, const struct clock *,
                                const struct run_options *, const struct service_name *names, size_t count,
                                struct run_result *results);

// Would this one lower its service's count?
bool lowers_count(const struct run_result *);
// "max_slept"; of wake, which has no limit: NULL.
const char *blast_radius_limit(enum behaviour);
// False: a run that lowers so many of so many is refused whole.
bool within_blast_radius(const struct policy *, enum behaviour, size_t lowered, size_t of, struct blast_radius *);

#endif
