// When would a decision come out otherwise? Decides again at each coming tick of the behaviour's schedule, with the
// service's counts as they are and every fresh metric going on at its newest value.
#ifndef DROWSE_SIM_OUTLOOK_H
#define DROWSE_SIM_OUTLOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "drowse/text.h"

struct arena;
struct evaluator;

#define OUTLOOK_S 86400

struct outlook {
    bool changes;              // within OUTLOOK_S
    double at_s;               // the first tick that decides otherwise
    struct decision decision;  // what it decides; where it needs what was not gathered, only `need` is set
    struct text message;       // its message
    bool on_schedule;          // ticks are the behaviour's own; else every minute
};

// `now` is what was decided on the snapshot. Texts live in the arena; the evaluator is left at another decision.
void outlook_find(struct arena *, struct evaluator *, const struct snapshot *, const struct decision *now,
                  struct outlook *);
// The first tick of that behaviour that would set another count, whatever the others decide.
void outlook_next_change(struct arena *, struct evaluator *, const struct snapshot *, enum behaviour, struct outlook *);

#endif
