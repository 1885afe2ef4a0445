// The order of a run: chunk by chunk, or, where a limit holds over all of it, first all decisions and then all actions.
#include "engine/shell/run.h"

#include "engine/base/arena.h"
#include "engine/core/evaluator.h"
#include "engine/shell/run_parts.h"

// All targets from `first` on, and round.
static size_t *order_from(struct arena *arena, size_t first, size_t count)
{
    size_t *order = ARENA_ARRAY(arena, count, size_t);
    for (size_t i = 0; i < count; i++)
        order[i] = (first % count + i) % count;
    return order;
}

static size_t chunk_at(size_t at, size_t count)
{
    return count - at < RUN_CHUNK ? count - at : RUN_CHUNK;
}

void run_decide(struct arena *arena, struct evaluator *evaluator, const struct cloud *cloud, const struct clock *clock,
                const struct run_options *options, const struct service_name *names, size_t count,
                struct run_result *results)
{
    const struct behaviour_rules *rules = &evaluator->policy->behaviours[options->behaviour];
    struct run run = {arena, evaluator, cloud, clock, options, names, results, NULL};
    run.rules = ARENA_ARRAY(arena, rules->count, enum rule_result);
    const size_t *order = order_from(arena, options->first, count);
    for (size_t at = 0; at < count; at += RUN_CHUNK)
        decide_targets(&run, order + at, chunk_at(at, count));
}

// ---- the whole run ------------------------------------------------------------------------------------------------

static void defer_target(struct run *run, size_t target)
{
    begin_target(run, target);
    run->results[target].applied = APPLIED_DEFERRED;
}

// Decides on the chunk, and says whether there was time to.
static bool decide_chunk(struct run *run, const size_t *chunk, size_t count)
{
    if (!out_of_time(run)) {
        decide_targets(run, chunk, count);
        return true;
    }
    for (size_t i = 0; i < count; i++)
        defer_target(run, chunk[i]);
    return false;
}

// Counts what the run lowers, of all that it does not pass over.
static bool is_within_limits(const struct run *run, size_t count, struct blast_radius *radius)
{
    size_t lowered = 0, of = 0;
    for (size_t i = 0; i < count; i++) {
        lowered += lowers_count(&run->results[i]);
        of += run->results[i].applied != APPLIED_PASSED;
    }
    bool within = within_blast_radius(run->evaluator->policy, run->options->behaviour, lowered, of, radius);
    radius->refused = !within && run->options->over_all;
    return !radius->refused;
}

static void set_all(struct run *run, size_t count, enum applied applied)
{
    for (size_t i = 0; i < count; i++)
        if (has_action(run, i))
            run->results[i].applied = applied;
}

// Nothing is applied before it is known how much the whole of it lowers.
static void run_whole(struct run *run, const size_t *order, size_t count, struct blast_radius *radius)
{
    bool all = true;
    for (size_t at = 0; at < count; at += RUN_CHUNK)
        all = decide_chunk(run, order + at, chunk_at(at, count)) && all;
    if (!is_within_limits(run, count, radius))
        set_all(run, count, APPLIED_REFUSED);
    else if (!all)
        set_all(run, count, APPLIED_DEFERRED);
    else
        apply_targets(run, order, count);
}

static void run_by_chunks(struct run *run, const size_t *order, size_t count, struct blast_radius *radius)
{
    size_t lowered = 0, of = 0;
    for (size_t at = 0; at < count; at += RUN_CHUNK) {
        size_t members = chunk_at(at, count);
        bool decided = decide_chunk(run, order + at, members);
        for (size_t i = at; i < at + members; i++) {
            lowered += decided && lowers_count(&run->results[order[i]]);
            of += run->results[order[i]].applied != APPLIED_PASSED;
        }
        if (decided)
            apply_targets(run, order + at, members);
    }
    *radius = (struct blast_radius){.lowered = lowered, .of = of, .allowed = of};
}

struct blast_radius run_targets(struct arena *arena, struct evaluator *evaluator, const struct cloud *cloud,
                                const struct clock *clock, const struct run_options *options,
                                const struct service_name *names, size_t count, struct run_result *results)
{
    const struct behaviour_rules *rules = &evaluator->policy->behaviours[options->behaviour];
    struct run run = {arena, evaluator, cloud, clock, options, names, results, NULL};
    struct blast_radius radius;
    run.rules = ARENA_ARRAY(arena, rules->count, enum rule_result);
    const size_t *order = order_from(arena, options->first, count);
    if (options->over_all && has_blast_radius(evaluator->policy, options->behaviour))
        run_whole(&run, order, count, &radius);
    else
        run_by_chunks(&run, order, count, &radius);
    return radius;
}
