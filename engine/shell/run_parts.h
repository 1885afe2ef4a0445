// What the parts of a run share: gather.c, apply.c, lower.c, raise.c, and the order of them in run.c.
#ifndef DROWSE_SHELL_RUN_PARTS_H
#define DROWSE_SHELL_RUN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/core/decide.h"
#include "engine/shell/run.h"

#define RUN_GROUP 10  // targets acted on together: as many as one DescribeServices takes

// Targets are named by their index into names and results.
struct run {
    struct arena *arena;
    struct evaluator *evaluator;
    const struct cloud *cloud;
    const struct clock *clock;
    const struct run_options *options;
    const struct service_name *names;
    struct run_result *results;
    enum rule_result *rules;  // of the newest decision; room for the behaviour's rules
};

double run_clock(const struct run *);

// ---- gather.c: look and decide ------------------------------------------------------------------------------

// The result of a target that nobody has looked at yet.
void begin_target(struct run *, size_t target);
// Gathers these targets together, as far as each decision needs, decides on each, and tells the watch of each. What
// they had come to before is forgotten.
void decide_targets(struct run *, const size_t *targets, size_t count);

// ---- apply.c: act -------------------------------------------------------------------------------------------

// Applies what was decided on these targets, in groups.
void apply_targets(struct run *, const size_t *targets, size_t count);
// Is there something to do for that target?
bool has_action(const struct run *, size_t target);
// 5 s before the deadline nothing more is begun.
bool out_of_time(const struct run *);

// The steps of lower.c and raise.c. Each takes a group and keeps in it the targets that the next step is for.
// Sends the counts decided: of a target that stays, the change was made or its answer lost (APPLIED_UNKNOWN).
size_t send_counts(struct run *, size_t *group, size_t count);
// Describes targets again; answers in the group's order. Services that take no changes are PORT_REFUSED.
void describe_group(struct run *, const size_t *group, size_t count, struct described *answers);
// Completes what is said of a lost answer by what the service looks like now.
void say_lost(struct run *, size_t target, const struct described *now);
// A service found by a pattern that takes no changes, or is gone, is passed over, and that is no error.
bool passes_over(const struct run *, size_t target, enum port_status);
// The target could not be acted on.
void fail_target(struct run *, size_t target, const struct port_result *);
void fail_group(struct run *, const size_t *group, size_t count, const struct port_result *);
// Adds to the target's warnings.
void warn_target(struct run *, size_t target, const char *format, ...) __attribute__((format(printf, 3, 4)));

void lower_group(struct run *, size_t *group, size_t count);  // lower.c: sleep and kill
void raise_group(struct run *, size_t *group, size_t count);  // raise.c: wake
// Would a wake of that target set the wake mark?
bool wake_is_marked(const struct run *, size_t target);

// Keeps in the group those that can be acted on now: what became too old is looked at and decided again; near the
// deadline all is put off; where the time is in doubt nothing is lowered.
size_t keep_ready(struct run *, size_t *group, size_t count);
// Will the target's snapshot still be young enough to act on after so many seconds?
bool lives_on(const struct run *, size_t target, double seconds);
// Can all of the group still be acted on?
bool is_fresh(const struct run *, const size_t *group, size_t count);

// Has the policy a limit for a run of that behaviour over all?
bool has_blast_radius(const struct policy *, enum behaviour);

#endif
