#include "engine/cli/blast_radius.h"

#include <math.h>

bool lowers_count(const struct run_result *result)
{
    const struct decision *decision = &result->decision;
    return result->status == PORT_OK && decision->outcome == OUTCOME_CHANGE &&
           (decision->before == COUNT_UNKNOWN || decision->desired < decision->before);
}

const char *blast_radius_limit(enum behaviour behaviour)
{
    return behaviour == BEHAVIOUR_SLEEP ? "max_slept" : "max_killed";
}

bool within_blast_radius(const struct policy *policy, enum behaviour behaviour, size_t lowered, size_t of,
                         struct blast_radius *radius)
{
    *radius = (struct blast_radius){behaviour, lowered, of, of};
    const struct share *share = behaviour == BEHAVIOUR_SLEEP ? &policy->max_slept : &policy->max_killed;
    if (behaviour == BEHAVIOUR_WAKE || !share->present)
        return true;
    double most = share->percent ? ceil(share->amount / 100 * (double)of - 1e-9) : share->amount;
    if (most < (double)of)
        radius->allowed = (size_t)most;
    return lowered <= radius->allowed;
}
