// decide(policy, behaviour, snapshot) -> decision. No clock, no I/O, no environment, no memory of the last call.
#ifndef DROWSE_CORE_DECIDE_H
#define DROWSE_CORE_DECIDE_H

#include "drowse/decision.h"
#include "engine/core/evaluator.h"

// What each rule did, for explain and coverage; `behaviours[b].count` entries, the caller's.
enum rule_result { RULE_NOT_REACHED, RULE_FALSE, RULE_UNKNOWN, RULE_FIRED };

// The policy must have the behaviour. Where decision.need is above snapshot.stage, gather that stage and call
// again: everything is decided afresh. `results` may be NULL.
struct decision decide(struct evaluator *, enum behaviour, const struct snapshot *, enum rule_result *results);

#endif
