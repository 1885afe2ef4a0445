// What the order of the points in a file says about it.
#include "engine/recording/read.h"

#include <math.h>

#include "engine/base/instant.h"

void steps_add(struct step_counts *steps, double distance_s)
{
    if (fabs(distance_s) < 0.5)
        return;
    if (fabs(distance_s) == (double)steps->step_s[steps->newest]) {
        steps->count[steps->newest]++;
        return;
    }
    int64_t step_s = llround(fabs(distance_s));
    size_t rarest = 0;
    for (size_t i = 0; i < STEPS; i++) {
        if (steps->step_s[i] == step_s) {
            steps->newest = i;
            steps->count[i]++;
            return;
        }
        if (steps->count[i] < steps->count[rarest])
            rarest = i;
    }
    // With all places taken the rarest makes room, and the newcomer starts from its count so that it can stay.
    steps->newest = rarest;
    steps->step_s[rarest] = step_s;
    steps->count[rarest]++;
}

int64_t steps_usual(const struct step_counts *steps)
{
    size_t best = 0;
    for (size_t i = 1; i < STEPS; i++)
        if (steps->count[i] > steps->count[best])
            best = i;
    return steps->step_s[best];
}

static bool newest_first(const struct recorded_series *series)
{
    size_t later = 0, earlier = 0;
    for (size_t i = 1; i < series->count; i++) {
        later += series->at_s[i] > series->at_s[i - 1];
        earlier += series->at_s[i] < series->at_s[i - 1];
    }
    return earlier > later;
}

// The i-th point as time is meant to pass.
static double at(const struct recorded_series *series, bool reversed, size_t i)
{
    return series->at_s[reversed ? series->count - 1 - i : i];
}

static bool is_fold(double back_s, double step_s)
{
    return fabs(back_s - HOUR_S) <= step_s || fabs(back_s - 30 * MINUTE_S) <= step_s;
}

// Is the step back at i that of a clock: of 30 or 60 minutes, and time passes on as usual from there?
static bool clock_set_back(const struct recorded_series *series, bool reversed, size_t i)
{
    double step_s = (double)series->notes.usual_step_s;
    if (!series->notes.unzoned || !is_fold(at(series, reversed, i - 1) - at(series, reversed, i), step_s))
        return false;
    if (i + 1 == series->count)
        return true;
    double next_s = at(series, reversed, i + 1) - at(series, reversed, i);
    return next_s > 0 && next_s <= 2 * step_s;
}

void notes_of_order(struct recorded_series *series, bool any_order)
{
    struct recording_notes *notes = &series->notes;
    struct step_counts steps = {0};
    for (size_t i = 1; i < series->count; i++)
        steps_add(&steps, series->at_s[i] - series->at_s[i - 1]);
    notes->usual_step_s = steps_usual(&steps);
    bool reversed = newest_first(series);
    for (size_t i = 1; !any_order && i < series->count; i++) {
        if (at(series, reversed, i) >= at(series, reversed, i - 1))
            continue;
        if (!clock_set_back(series, reversed, i))
            notes->out_of_order++;
        else if (notes->steps_back++ == 0)
            notes->first_step_back_s = at(series, reversed, i - 1);
    }
}
