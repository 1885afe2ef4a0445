// For tests: a cloud of one service, c/s, or of many, that logs its calls, fails on demand and moves between calls.
#ifndef DROWSE_TESTS_FAKE_CLOUD_H
#define DROWSE_TESTS_FAKE_CLOUD_H

#include "drowse/ports.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/run.h"

#define FAKE_NOW 1795415736.5  // 2026-11-23T06:35:36.5Z

enum call { CALL_LIST, CALL_DESCRIBE, CALL_METRICS, CALL_SCALE, CALL_TAG, CALLS };

// One of many services.
struct cloud_service {
    struct service_state state;
    double value;        // of every point of its metrics
    double looked_at_s;  // when its metrics were last asked for; NaN: never
};

struct fake_cloud {
    struct service_state service;
    bool exists;
    double value;  // of every point of every metric
    size_t calls[CALLS];
    enum call fails;  // the `fails_at`-th of these calls fails (0: none)
    size_t fails_at;
    enum port_status fails_with;
    struct text fails_for;  // for that service alone; empty: for all of the call
    bool fails_after;       // the change was made all the same
    size_t moves_at;        // before that describe (0: never) the service moves
    void (*moves)(struct service_state *);
    struct buffer log;
    double clock_s;
    double doubt_s;
    double call_takes_s[CALLS];  // by which the clock goes on with each call
    double item_takes_s[CALLS];  // and with each item of one, before what is asked of that item is done
    struct text partial;         // where not empty, why metrics are partial

    // Of many services: c/s0, c/s1, ... (many_count 0: the one)
    struct cloud_service *many;
    size_t many_count;
    size_t items[CALLS], most_items[CALLS];  // asked for, over all calls and in the largest
    size_t tens[CALLS];                      // calls that AWS would see, were ten items a call the most
    size_t moves_many;                       // the service of that number is the one that moves
    double oldest_s;                         // the greatest age of what a service was lowered upon
};

// Up for a day, not woken, with tags read.
struct fake_cloud fake_cloud_new(int64_t desired, int64_t running, double value);
// The same, many times; their names. `fake->many` may be changed before the run.
const struct service_name *fake_cloud_many(struct arena *, struct fake_cloud *, size_t count);
struct cloud fake_cloud_port(struct fake_cloud *);
struct clock fake_cloud_clock(struct fake_cloud *);
// Decides on c/s by the policy and applies what comes of it.
struct run_result fake_cloud_run(struct arena *, struct fake_cloud *, const char *policy, const struct run_options *);

// Parts of policies that these tests share.
#define HEAD                                                                                                           \
    "policy: 1\nname: test\ntargets: [{cluster: c, service: s}]\n"                                                     \
    "params:\n  span: {default: 10m, min: 5m, max: 3h, unit: minutes}\n"                                               \
    "metrics:\n"                                                                                                       \
    "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"                                 \
    "  n: {namespace: N, metric: M, stat: Sum, period: 300s, dimensions: {A: b}}\n"                                    \
    "  beat: {namespace: N, metric: B, stat: Sum, period: 60s, dimensions: {A: b}}\n"                                  \
    "  sparse: {namespace: N, metric: S, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: 0, while: beat}}\n"
#define WAKE                                                                                                           \
    "wake:\n  - {rule: closed, when: tag(\"closed\") == \"yes\", refuse: true, status: refused, message: no}\n"        \
    "  - {rule: start, when: desired == 0, scale_to: 1, status: waking, message: m}\n"                                 \
    "  - {rule: running, status: already_running, message: m}\n"
#define SLEEP                                                                                                          \
    "sleep:\n  - {rule: stopped, when: desired == 0, status: no_change, message: m}\n"                                 \
    "  - {rule: idle, when: avg(m over span) <= 0, scale_to: 0, status: scaled_down, message: m}\n"                    \
    "  - {rule: active, status: no_change, message: m}\n"
#define KILL "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: m}\n"
#define PLAIN HEAD WAKE SLEEP KILL
#define CAREFUL                                                                                                        \
    HEAD WAKE SLEEP "kill:\n  - {rule: few, when: desired < 5, scale_to: 0, status: killed, message: m}\n"             \
                    "  - {rule: many, status: no_change, message: m}\n"

#endif
