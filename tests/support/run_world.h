// For tests: a run over many services of a fake cloud, and what was told of it.
#ifndef DROWSE_TESTS_RUN_WORLD_H
#define DROWSE_TESTS_RUN_WORLD_H

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/shell/run.h"
#include "tests/support/fake_cloud.h"

// A sleep that reads two metrics of each service.
#define TWO_METRICS                                                                                                     \
    HEAD WAKE KILL                                                                                                      \
        "sleep:\n  - {rule: stopped, when: desired == 0, status: no_change, message: m}\n"                              \
        "  - {rule: idle, when: avg(m over span) <= 0 and sum(beat over span) <= 0, scale_to: 0, status: scaled_down, " \
        "message: m}\n"                                                                                                 \
        "  - {rule: active, status: no_change, message: m}\n"
#define ASLEEP .behaviour = BEHAVIOUR_SLEEP, .trigger = TRIGGER_SCHEDULE

struct run_world {
    struct arena arena;
    struct fake_cloud fake;
    const struct service_name *names;
    size_t count;
    struct evaluator evaluator;
    struct run_result *results;
    struct blast_radius radius;
    size_t told, misplaced;  // decisions told of, and how many of them while the evaluator was elsewhere
    struct buffer order;     // of those told of, while it is short
};

// That many services, all alike, with every point of their metrics at `value`. The world stays where it is.
void run_world_begin(struct run_world *, const char *policy, size_t count, int64_t desired, double value);
void run_world_end(struct run_world *);
// Fails the test where a decision was told of while the evaluator was elsewhere.
void run_world_run(struct run_world *, struct run_options);
size_t run_world_applied(const struct run_world *, enum applied);  // results of that kind
size_t run_world_up(const struct run_world *);                     // services with tasks desired

#endif
