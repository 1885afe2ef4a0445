// For tests: a handler in front of a fleet, events sent to it, and what it answered, called and wrote.
#ifndef DROWSE_TESTS_HANDLER_WORLD_H
#define DROWSE_TESTS_HANDLER_WORLD_H

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/handler/handler.h"
#include "tests/support/expect_json.h"
#include "tests/support/fleet.h"

// Parts of policies that these tests share, and events.
#define HANDLER_HEAD(targets)                                                                                          \
    "policy: 1\nname: test\ntargets: [" targets "]\n"                                                                  \
    "params:\n  span: {default: 10m, min: 5m, max: 3h, unit: minutes, env: SPAN, request: span_mins}\n"                \
    "metrics:\n  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"                       \
    "let:\n  busy: avg(m over span)\n  up: uptime\n"                                                                   \
    "report: {busy: busy, upSeconds: up}\n"                                                                            \
    "schedule: {sleep: rate(5 minutes), kill: cron(0 23 * * ? *), zone: UTC}\n"
#define HANDLER_RULES                                                                                                  \
    "wake:\n  - {rule: closed, when: desired > 5, refuse: true, status: refused, message: \"closed until six\"}\n"     \
    "  - {rule: start, when: desired == 0, scale_to: 1, status: waking, message: m}\n"                                 \
    "  - {rule: running, status: already_running, message: m}\n"                                                       \
    "sleep:\n  - {rule: stopped, when: desired == 0, status: no_change, message: m}\n"                                 \
    "  - {rule: wild, when: desired == 9, scale_to: busy / 2, status: scaled_down, message: m}\n"                      \
    "  - {rule: idle, when: busy <= 0, scale_to: 0, status: scaled_down, message: idle}\n"                             \
    "  - {rule: active, status: no_change, message: active}\n"                                                         \
    "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: m}\n"
#define HANDLER_ONE HANDLER_HEAD("{cluster: c, service: s0}") HANDLER_RULES
#define HANDLER_ALL HANDLER_HEAD("{cluster: c, service: \"*\"}") HANDLER_RULES

#define EVENT_OF_SCHEDULE "{\"trigger\":\"schedule\",\"time\":\"2026-02-02T10:00:00Z\"}"
#define EVENT_OF_HTTP "{\"httpMethod\":\"POST\",\"requestContext\":{\"requestId\":\"gw-1\"},\"body\":\"{}\"}"
#define TRACE_SAMPLED "Root=1-69807460-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"

struct handler_world {
    struct fleet fleet;
    struct arena arena;
    struct handler *handler;
    struct reply reply;
};

void world_begin(struct handler_world *, size_t services);
void world_end(struct handler_world *);
void world_handler(struct handler_world *, const char *policy, enum behaviour, char *const *variables);

// Checks that every line of the log is a JSON object and the last one, the metrics', what its format asks for.
void world_send(struct handler_world *, const char *event, double deadline_s, const char *trace);
const char *world_reply(struct handler_world *);
void world_expect_reply(struct handler_world *, int status, const char *part);
void world_expect_calls(const struct handler_world *, const char *calls);
size_t world_lines(const struct handler_world *, const char *part);  // lines of the log with that part
cJSON *world_metrics(const struct handler_world *);                  // the caller's

#endif
