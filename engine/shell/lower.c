// Sleep and kill: looked at again before, and sleep after, so that a wake wins ties.
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/run_parts.h"

#define LOOKS_MOST 3  // at a group that becomes too old while it is looked at

// ---- before ---------------------------------------------------------------------------------------------------

static bool same_instant(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool has_tag(const struct service_state *state, const struct tag *tag)
{
    for (size_t i = 0; i < state->tag_count; i++)
        if (text_eq(state->tags[i].key, tag->key) && text_eq(state->tags[i].value, tag->value))
            return true;
    return false;
}

// In whatever order they come. A hold, for one, is nothing but tags.
static bool same_tags(const struct service_state *before, const struct service_state *now)
{
    if (before->tag_count != now->tag_count)
        return false;
    for (size_t i = 0; i < now->tag_count; i++)
        if (!has_tag(before, &now->tags[i]))
            return false;
    return true;
}

// What moved between two descriptions that a decision to lower rests on; NULL where nothing did.
static const char *what_moved(const struct service_state *before, const struct service_state *now)
{
    if (before->desired != now->desired)
        return "the desired count";
    if (!same_instant(before->woken_at_s, now->woken_at_s))
        return "the wake mark";
    if (!same_instant(before->fence_s, now->fence_s))
        return "the newest start";
    if (before->deploying != now->deploying || !same_instant(before->deployed_at_s, now->deployed_at_s))
        return "a deployment";
    // Without them neither a wake mark nor a hold could be seen.
    if (before->tags_read && !now->tags_read)
        return "the right to read its tags";
    if (!same_tags(before, now))
        return "a tag";
    return NULL;
}

static bool is_as_decided(struct run *run, size_t target, const struct described *now)
{
    struct run_result *result = &run->results[target];
    if (now->result.status != PORT_OK) {
        fail_target(run, target, &now->result);
        return false;
    }
    const char *moved = what_moved(&result->snapshot.state, &now->state);
    if (!moved)
        return true;
    result->applied = APPLIED_SUPERSEDED;
    warn_target(run, target, "%s moved after the decision", moved);
    return false;
}

// Drops from the group what moved or could not be described again. A decision that looked at nothing rests on nothing.
static size_t keep_as_decided(struct run *run, size_t *group, size_t count)
{
    struct described now[RUN_GROUP];
    size_t seen[RUN_GROUP], seen_count = 0, kept = 0;
    for (size_t i = 0; i < count; i++)
        if (run->results[group[i]].snapshot.stage >= STAGE_STATE)
            seen[seen_count++] = group[i];
        else
            group[kept++] = group[i];
    describe_group(run, seen, seen_count, now);
    for (size_t i = 0; i < seen_count; i++)
        if (is_as_decided(run, seen[i], &now[i]))
            group[kept++] = seen[i];
    return kept;
}

static void fail_as_too_slow(struct run *run, const size_t *group, size_t count)
{
    const struct port_result why = {
        PORT_TIMED_OUT,
        arena_format(run->arena, "looking at the services took so long that what was decided was older than %d s",
                     RUN_SNAPSHOT_AGE_S)};
    fail_group(run, group, count, &why);
}

// What is still right to lower, and looked at not long ago.
static size_t keep_safe(struct run *run, size_t *group, size_t count)
{
    for (size_t look = 0; count && look < LOOKS_MOST; look++) {
        count = keep_ready(run, group, count);
        count = keep_as_decided(run, group, count);
        if (is_fresh(run, group, count))
            return count;
    }
    fail_as_too_slow(run, group, count);
    return 0;
}

// ---- after ------------------------------------------------------------------------------------------------------

// A wake set its mark after the service was described, but before its count was lowered.
static bool woken_meanwhile(const struct service_state *before, const struct service_state *now)
{
    return !isnan(now->woken_at_s) && !(now->woken_at_s <= before->woken_at_s);
}

static void take_restored(struct run *run, size_t target, const struct port_result *sent)
{
    struct run_result *result = &run->results[target];
    if (sent->status == PORT_OK) {
        result->applied = APPLIED_RESTORED;
        result->status = PORT_OK;
        result->error = TEXT("");
        return;
    }
    result->applied = APPLIED_FAILED;
    result->status = sent->status;
    result->error = arena_format(run->arena,
                                 "woken while it was put to sleep, and its former count of %lld could not be put back: "
                                 "%.*s",
                                 (long long)result->snapshot.state.desired, TEXT_ARG(sent->error));
}

// What the service must be told to run: -1 where it runs that many. A lowering whose answer was lost may yet come
// about: it is told in any case.
static int64_t count_to_restore(const struct run_result *result, int64_t now)
{
    int64_t former = result->snapshot.state.desired;
    if (result->applied == APPLIED_UNKNOWN)
        return now > former ? now : former;
    return now < former ? former : -1;
}

// A wake that has raised its service itself is enough.
static void restore_group(struct run *run, const size_t *group, size_t count, const int64_t *counts_now)
{
    struct desired_change changes[RUN_GROUP];
    struct port_result sent[RUN_GROUP];
    size_t owners[RUN_GROUP], sending = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t restored = count_to_restore(&run->results[group[i]], counts_now[i]);
        sent[sending] = (struct port_result){PORT_OK, {0}};
        changes[sending] = (struct desired_change){run->names[group[i]], restored, 0};
        if (restored < 0)
            take_restored(run, group[i], &sent[sending]);
        else
            owners[sending++] = group[i];
    }
    if (sending)
        run->cloud->set_desired(run->cloud->context, run->arena, changes, sending, sent);
    for (size_t i = 0; i < sending; i++)
        take_restored(run, owners[i], &sent[i]);
}

// Looks once more at what was lowered, or may have been: a wake in between wins.
static void look_after(struct run *run, const size_t *group, size_t count)
{
    struct described now[RUN_GROUP];
    size_t woken[RUN_GROUP], woken_count = 0;
    int64_t counts_now[RUN_GROUP];
    describe_group(run, group, count, now);
    for (size_t i = 0; i < count; i++) {
        const struct run_result *result = &run->results[group[i]];
        bool described = now[i].result.status == PORT_OK;
        if (result->applied == APPLIED_UNKNOWN)
            say_lost(run, group[i], &now[i]);
        else if (!described)
            warn_target(run, group[i], "could not be described after it was lowered: %.*s",
                        TEXT_ARG(now[i].result.error));
        if (!described || !woken_meanwhile(&result->snapshot.state, &now[i].state))
            continue;
        counts_now[woken_count] = now[i].state.desired;
        woken[woken_count++] = group[i];
    }
    restore_group(run, woken, woken_count, counts_now);
}

static size_t keep_lost(const struct run *run, size_t *group, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (run->results[group[i]].applied == APPLIED_UNKNOWN)
            group[kept++] = group[i];
    return kept;
}

void lower_group(struct run *run, size_t *group, size_t count)
{
    count = keep_safe(run, group, count);
    count = send_counts(run, group, count);
    if (run->options->behaviour == BEHAVIOUR_SLEEP) {
        look_after(run, group, count);
        return;
    }
    struct described now[RUN_GROUP];
    count = keep_lost(run, group, count);
    describe_group(run, group, count, now);
    for (size_t i = 0; i < count; i++)
        say_lost(run, group[i], &now[i]);
}
