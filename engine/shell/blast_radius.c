// limits.max_slept and limits.max_killed: how much one run over all targets may lower.
#include <math.h>

#include "engine/shell/run_parts.h"

bool lowers_count(const struct run_result *result)
{
    const struct decision *decision = &result->decision;
    return result->status == PORT_OK && decision->outcome == OUTCOME_CHANGE &&
           (decision->before == COUNT_UNKNOWN || decision->desired < decision->before);
}

const char *blast_radius_limit(enum behaviour behaviour)
{
    static const char *const limits[BEHAVIOUR_COUNT] = {
        [BEHAVIOUR_SLEEP] = "max_slept",
        [BEHAVIOUR_KILL] = "max_killed",
    };
    return limits[behaviour];
}

// NULL where the behaviour has no limit.
static const struct share *limit_of(const struct policy *policy, enum behaviour behaviour)
{
    if (behaviour == BEHAVIOUR_WAKE)
        return NULL;
    const struct share *share = behaviour == BEHAVIOUR_SLEEP ? &policy->max_slept : &policy->max_killed;
    return share->present ? share : NULL;
}

bool has_blast_radius(const struct policy *policy, enum behaviour behaviour)
{
    return limit_of(policy, behaviour) != NULL;
}

bool within_blast_radius(const struct policy *policy, enum behaviour behaviour, size_t lowered, size_t of,
                         struct blast_radius *radius)
{
    *radius = (struct blast_radius){.lowered = lowered, .of = of, .allowed = of};
    const struct share *share = limit_of(policy, behaviour);
    if (!share)
        return true;
    double most = share->percent ? ceil(share->amount / 100 * (double)of - 1e-9) : share->amount;
    if (most < (double)of)
        radius->allowed = (size_t)most;
    radius->refused = lowered > radius->allowed;
    return !radius->refused;
}
