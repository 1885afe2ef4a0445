// Which metrics a decision can come to read, and how far back.
#ifndef DROWSE_SHELL_NEEDS_H
#define DROWSE_SHELL_NEEDS_H

#include <stdint.h>

#include "drowse/policy.h"
#include "engine/core/decide.h"

struct arena;
struct evaluator;

// By metric index (policy.metric_count entries in the arena): the longest span in seconds that may be asked of it,
// 0 where it cannot be reached. Reached are the conditions, counts and messages of the rules that `results` does
// not call false, what `report` shows, every `let` of these, and the heartbeats of the metrics found. A script may
// ask for anything: it gets every metric, over the longest span that the policy's params and `let`s speak of, and
// at least 3 hours; what it asks beyond is unknown to it.
// The evaluator must be at a decision (evaluator_begin): spans are evaluated in it. A span that is unknown counts
// as one of 3 hours.
double *needs_of(struct arena *, struct evaluator *, enum behaviour, const enum rule_result *results);

#endif
