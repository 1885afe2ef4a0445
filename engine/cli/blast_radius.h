// limits.max_slept and limits.max_killed: how much one run over all targets may lower.
#ifndef DROWSE_CLI_BLAST_RADIUS_H
#define DROWSE_CLI_BLAST_RADIUS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/shell/run.h"

struct blast_radius {
    enum behaviour behaviour;
    size_t lowered, of;  // services
    size_t allowed;      // `of` where there is no limit
};

// Does this one lower its service's count?
bool lowers_count(const struct run_result *);
// False: a run of this size is refused whole. `lowered` and `of` are counted over all targets.
bool within_blast_radius(const struct policy *, enum behaviour, size_t lowered, size_t of, struct blast_radius *);
const char *blast_radius_limit(enum behaviour);  // "max_slept"

#endif
