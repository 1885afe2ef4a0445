#include "engine/sim/outlook.h"

#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/message.h"
#include "engine/core/schedule.h"
#include "engine/core/series.h"

#define POINTS_MOST 100000  // of one metric: seconds of a day, and what was there before

// The future of every metric, if all stays as it is.
struct future {
    const struct snapshot *present;
    struct snapshot snapshot;
    struct metric_view *views;
    struct series *series;
    double *newest_s;  // by metric: the newest point now; NaN where it does not go on
};

static bool goes_on(const struct metric *metric, const struct metric_view *view, double now_s)
{
    if (!view->series || view->end == view->first || view->status != METRIC_COMPLETE)
        return false;
    double age_s = now_s - (double)view->series->at_s[view->end - 1];
    return age_s <= metric->lag_s + 2.0 * metric->period_s;
}

// The view's points, and its newest value again for every period to come.
static void continue_series(struct arena *arena, const struct metric *metric, const struct metric_view *view,
                            struct series *out)
{
    size_t known = view->end - view->first, coming = OUTLOOK_S / metric->period_s + 2;
    if (coming > POINTS_MOST)
        coming = POINTS_MOST;
    int64_t *at_s = ARENA_ARRAY(arena, known + coming, int64_t);
    double *values = ARENA_ARRAY(arena, known + coming, double);
    memcpy(at_s, view->series->at_s + view->first, known * sizeof *at_s);
    memcpy(values, view->series->values + view->first, known * sizeof *values);
    for (size_t i = known; i < known + coming; i++) {
        at_s[i] = at_s[i - 1] + metric->period_s;
        values[i] = values[i - 1];
    }
    *out = series_build(arena, at_s, values, known + coming);
}

static void begin_future(struct arena *arena, const struct policy *policy, const struct snapshot *present,
                         struct future *future)
{
    *future = (struct future){.present = present, .snapshot = *present};
    if (present->stage < STAGE_METRICS)
        return;
    future->views = ARENA_ARRAY(arena, policy->metric_count, struct metric_view);
    future->series = ARENA_ARRAY(arena, policy->metric_count, struct series);
    future->newest_s = ARENA_ARRAY(arena, policy->metric_count, double);
    for (size_t i = 0; i < policy->metric_count; i++) {
        const struct metric_view *view = &present->metrics[i];
        future->views[i] = *view;
        future->newest_s[i] = NAN;
        if (!goes_on(&policy->metrics[i], view, present->now_s))
            continue;
        future->newest_s[i] = (double)view->series->at_s[view->end - 1];
        continue_series(arena, &policy->metrics[i], view, &future->series[i]);
        future->views[i] =
            (struct metric_view){.series = &future->series[i], .end = view->end - view->first, .from_s = view->from_s};
    }
    future->snapshot.metrics = future->views;
}

// Points come as late as they come now.
static void move_to(struct future *future, const struct policy *policy, int64_t at_s)
{
    future->snapshot.now_s = (double)at_s;
    if (!future->views)
        return;
    double passed_s = (double)at_s - future->present->now_s;
    for (size_t i = 0; i < policy->metric_count; i++) {
        if (isnan(future->newest_s[i]))
            continue;
        struct metric_view *view = &future->views[i];
        int64_t newest_s = (int64_t)floor(future->newest_s[i] + passed_s);
        view->end = series_at_or_after(view->series, view->end, view->series->count, newest_s + 1);
    }
}

// Without a decision of `now`, only one that changes something counts.
static bool decides_otherwise(const struct decision *now, const struct decision *then)
{
    if (then->need > STAGE_NOTHING)
        return true;
    if (!now)
        return then->outcome == OUTCOME_CHANGE;
    return then->outcome != now->outcome || then->rule != now->rule || then->desired != now->desired;
}

static bool next_tick(const struct schedule *schedule, int64_t after_s, int64_t *next_s)
{
    if (schedule)
        return schedule_next(schedule, 0, after_s, next_s);
    *next_s = after_s - after_s % 60 + 60;
    return true;
}

static void search(struct arena *arena, struct evaluator *evaluator, const struct snapshot *present,
                   enum behaviour behaviour, const struct decision *now, struct outlook *outlook)
{
    const struct policy *policy = evaluator->policy;
    const struct schedule *schedule = policy->schedules[behaviour];
    struct future future;
    begin_future(arena, policy, present, &future);
    if (schedule)
        future.snapshot.trigger = TRIGGER_SCHEDULE;
    *outlook = (struct outlook){.on_schedule = schedule != NULL};
    struct arena tick, *former = evaluator->arena;
    arena_init(&tick);
    evaluator->arena = &tick;
    int64_t at_s = (int64_t)floor(present->now_s), end_s = at_s + OUTLOOK_S;
    while (!outlook->changes && next_tick(schedule, at_s, &at_s) && at_s <= end_s) {
        arena_reset(&tick);
        move_to(&future, policy, at_s);
        struct decision then = decide(evaluator, behaviour, &future.snapshot, NULL);
        if (!decides_otherwise(now, &then))
            continue;
        outlook->changes = true;
        outlook->at_s = (double)at_s;
        if (then.need == STAGE_NOTHING)
            outlook->message = message_text(arena, evaluator, &then);
        // Its texts die with the tick; the message has what they say.
        then.status = then.script_message = then.error = (struct text){0};
        outlook->decision = then;
    }
    evaluator->arena = former;
    arena_release(&tick);
}

void outlook_find(struct arena *arena, struct evaluator *evaluator, const struct snapshot *present,
                  const struct decision *now, struct outlook *outlook)
{
    search(arena, evaluator, present, (enum behaviour)now->behaviour, now, outlook);
}

void outlook_next_change(struct arena *arena, struct evaluator *evaluator, const struct snapshot *present,
                         enum behaviour behaviour, struct outlook *outlook)
{
    search(arena, evaluator, present, behaviour, NULL, outlook);
}
