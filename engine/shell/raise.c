// Wake: the marks go first, so that a sleep that is under way sees them; then the counts. A sleep that did not see the
// mark has lowered before the wake looks again.
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/recording/recording.h"
#include "engine/shell/run_parts.h"

#define OLD_S 5  // a count is raised by what was described no longer ago

bool wake_is_marked(const struct run *run, size_t target)
{
    if (run->options->behaviour != BEHAVIOUR_WAKE)
        return false;
    switch ((enum outcome)run->results[target].decision.outcome) {
    case OUTCOME_CHANGE:
        return true;
    case OUTCOME_NO_CHANGE:
    case OUTCOME_HELD:
        return run->options->person;
    case OUTCOME_REFUSED:
    case OUTCOME_FAILED:
        break;
    }
    return false;
}

// ---- marks ------------------------------------------------------------------------------------------------------

static void warn_unmarked(struct run *run, size_t target, const struct port_result *why)
{
    if (why->status != PORT_OK)
        warn_target(run, target, "the wake mark could not be set: %.*s", TEXT_ARG(why->error));
}

// What is tagged is the service's ARN: decisions that looked at nothing have to describe it first.
static void find_states(struct run *run, const size_t *group, size_t count, struct described *found)
{
    struct described now[RUN_GROUP];
    size_t unseen[RUN_GROUP], places[RUN_GROUP], unseen_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct snapshot *snapshot = &run->results[group[i]].snapshot;
        found[i] = (struct described){.result = {PORT_OK, {0}}, .state = snapshot->state};
        if (snapshot->stage >= STAGE_STATE)
            continue;
        places[unseen_count] = i;
        unseen[unseen_count++] = group[i];
    }
    describe_group(run, unseen, unseen_count, now);
    for (size_t i = 0; i < unseen_count; i++)
        found[places[i]] = now[i];
}

// The mark is rounded up to a second: a bucket that began before the wake must not vote. Without it a wake still works.
static void mark_group(struct run *run, const size_t *group, size_t count)
{
    struct described found[RUN_GROUP];
    struct tag_change changes[RUN_GROUP];
    struct port_result set[RUN_GROUP];
    size_t owners[RUN_GROUP], marking = 0;
    struct buffer mark;
    buffer_init(&mark, LIMIT_TAG_VALUE_BYTES);
    find_states(run, group, count, found);
    format_instant(&mark, ceil(run_clock(run)));
    const struct tag tag = {text_of(WAKE_MARK_TAG), buffer_text(&mark)};
    for (size_t i = 0; i < count; i++) {
        warn_unmarked(run, group[i], &found[i].result);
        if (found[i].result.status != PORT_OK)
            continue;
        set[marking] = (struct port_result){PORT_OK, {0}};
        changes[marking] = (struct tag_change){&found[i].state, &tag, 1};
        owners[marking++] = group[i];
    }
    if (marking)
        run->cloud->set_tags(run->cloud->context, run->arena, changes, marking, set);
    for (size_t i = 0; i < marking; i++)
        warn_unmarked(run, owners[i], &set[i]);
    buffer_release(&mark);
}

// ---- looking again ----------------------------------------------------------------------------------------------

// A service that was to stay up, and that a sleep lowered after it was described, but before its mark was there to see.
static bool lowered_meanwhile(struct run *run, size_t target, const struct described *now)
{
    const struct snapshot *snapshot = &run->results[target].snapshot;
    if (now->result.status == PORT_OK)
        return snapshot->stage >= STAGE_STATE && now->state.desired < snapshot->state.desired;
    warn_target(run, target, "could not be described after it was marked: %.*s", TEXT_ARG(now->result.error));
    return false;
}

static size_t find_lowered(struct run *run, const size_t *group, size_t count, size_t *lowered)
{
    struct described now[RUN_GROUP];
    size_t staying[RUN_GROUP], staying_count = 0, n = 0;
    for (size_t i = 0; i < count; i++)
        if (run->results[group[i]].decision.outcome != OUTCOME_CHANGE &&
            run->results[group[i]].snapshot.stage >= STAGE_STATE)
            staying[staying_count++] = group[i];
    describe_group(run, staying, staying_count, now);
    for (size_t i = 0; i < staying_count; i++)
        if (lowered_meanwhile(run, staying[i], &now[i]))
            lowered[n++] = staying[i];
    return n;
}

// Decides again on what a sleep got in before, and on what is to be raised by a decision that marking has made old: by
// then the service may have more tasks than it would be given.
static void look_again(struct run *run, const size_t *group, size_t count)
{
    size_t again[RUN_GROUP], n = find_lowered(run, group, count, again);
    struct text warnings[RUN_GROUP];
    for (size_t i = 0; i < count; i++)
        if (run->results[group[i]].decision.outcome == OUTCOME_CHANGE &&
            !lives_on(run, group[i], RUN_SNAPSHOT_AGE_S - OLD_S))
            again[n++] = group[i];
    for (size_t i = 0; i < n; i++)
        warnings[i] = run->results[again[i]].warning;
    if (n)
        decide_targets(run, again, n);
    for (size_t i = 0; i < n; i++)
        if (warnings[i].n)
            warn_target(run, again[i], "%.*s", TEXT_ARG(warnings[i]));
}

// ---- counts -----------------------------------------------------------------------------------------------------

void raise_group(struct run *run, size_t *group, size_t count)
{
    struct described now[RUN_GROUP];
    size_t changing = 0, lost = 0;
    count = keep_ready(run, group, count);
    if (count) {
        mark_group(run, group, count);
        look_again(run, group, count);
    }
    for (size_t i = 0; i < count; i++)
        if (has_action(run, group[i]) && run->results[group[i]].decision.outcome == OUTCOME_CHANGE)
            group[changing++] = group[i];
    count = send_counts(run, group, changing);
    for (size_t i = 0; i < count; i++)
        if (run->results[group[i]].applied == APPLIED_UNKNOWN)
            group[lost++] = group[i];
    describe_group(run, group, lost, now);
    for (size_t i = 0; i < lost; i++)
        say_lost(run, group[i], &now[i]);
}
