// What a fuzzed policy finds around it: a base to extend, a zone, and services in a few states.
#ifndef DROWSE_TESTS_POLICY_WORLD_H
#define DROWSE_TESTS_POLICY_WORLD_H

#include <stddef.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "engine/lang/load.h"

struct arena;

// The file under test, at its path; beside it lies "base.yaml". Zones are "UTC" and "Europe/London".
struct world_files {
    struct text path, content;
};
struct file_reader world_reader(struct world_files *);

// What the metrics of a snapshot say.
enum world_metrics { WORLD_FAILED, WORLD_IDLE, WORLD_BUSY, WORLD_EMPTY };
#define WORLD_METRICS_COUNT 4

// Services: stopped, running, alone, starting, without tags.
extern const size_t world_count;
struct snapshot world_snapshot(struct arena *, const struct policy *, size_t service, enum world_metrics);

#endif
