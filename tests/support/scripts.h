// A policy decided by Lua and a service for it, made by hand: for tests of the script host.
#ifndef DROWSE_TESTS_SCRIPTS_H
#define DROWSE_TESTS_SCRIPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "engine/base/arena.h"
#include "engine/core/evaluator.h"

#define SCRIPT_NOW_S 1795435200.0  // 2026-11-23T12:00:00Z
#define SCRIPT_POINTS 60

enum { SCRIPT_LOOKBACK, SCRIPT_STRICT, SCRIPT_MODE, SCRIPT_PARAMS };
enum { SCRIPT_CONNECTIONS, SCRIPT_LAST_ACTIVITY, SCRIPT_GONE, SCRIPT_METRICS };

struct script_host;

struct script_fixture {
    struct arena arena;
    struct source source;
    struct window_span span;
    struct window window;
    struct policy policy;
    struct evaluator evaluator;
    struct script_host *host;
    int64_t at_s[SCRIPT_POINTS];
    double connections[SCRIPT_POINTS], activity[SCRIPT_POINTS];
    struct series series[2];
    struct metric_view views[SCRIPT_METRICS];
    struct tag tags[2];
    struct snapshot snapshot;
};

// All three behaviours are scripted, by this source (policies/p.lua); their rules are stopped, idle, active, start.
// The service runs two tasks. `connections` was 1 an hour ago and 0 since, `last_activity` is 50 minutes old, `gone`
// has no points; the service was never woken.
struct script_fixture *script_set_up(struct script_fixture *, const char *lua);
void script_tear_down(struct script_fixture *);
// One decision of the behaviour's script alone.
bool script_ask(struct script_fixture *, enum behaviour, struct script_answer *);

// The same, with a source whose sleep answers with that expression's value as its message, read on line 2.
struct script_fixture *script_set_up_showing(struct script_fixture *, const char *expression);
// The same, with a source whose wake (line 1) and sleep (line 2) have that body.
struct script_fixture *script_set_up_deciding(struct script_fixture *, const char *body);

#endif
