// What an event is: who sent it, whether it is a request or a schedule's, and the request in it.
#ifndef DROWSE_HANDLER_EVENT_H
#define DROWSE_HANDLER_EVENT_H

#include <stdbool.h>

#include "drowse/text.h"
#include "engine/handler/fault.h"
#include "engine/report/record.h"

struct arena;
struct buffer;

#define EVENT_BYTES ((size_t)6 * 1024 * 1024 + 100)  // Lambda's own limit
#define EVENT_BODY_BYTES ((size_t)64 * 1024)         // of a request; the largest that means anything is under 1 kB

enum event_kind {
    EVENT_DIRECT,           // lambda:InvokeFunction with a request, or with anything that is nothing else
    EVENT_HTTP_V1,          // API Gateway: REST API, or HTTP API with payload 1.0
    EVENT_HTTP_V2,          // API Gateway: HTTP API with payload 2.0
    EVENT_FUNCTION_URL,     // the same shape, from a Function URL
    EVENT_LOAD_BALANCER,    // never taken, but answered in its own shape
    EVENT_RULE,             // EventBridge rule
    EVENT_SCHEDULER,        // EventBridge Scheduler, its own envelope
    EVENT_SCHEDULED_INPUT,  // a configured input, of a rule or of the Scheduler: {"trigger": "schedule", "time": ...}
};

// In the arena, or borrowed from the event.
struct event {
    enum event_kind kind;
    struct text method;  // of HTTP
    struct text body;    // the request, JSON; empty: none
    bool has_time;
    double time_s;     // the instant that a schedule was due
    struct text time;  // as it was written
    struct caller caller;
};

// FAULT_NONE, or the fault with a complete `error`; `kind` is then as far as it could be told, as the answer's shape
// follows it.
//
// A configured input counts as a schedule's where `trigger` is "schedule" or `time` is there; all its other members
// are the request. Its `time` is `<aws.scheduler.scheduled-time>` of the Scheduler, or `$.time` in the input
// transformer of a rule.
enum fault event_read(struct arena *, struct text json, struct event *, struct buffer *error);

bool event_is_http(enum event_kind);
bool event_is_scheduled(enum event_kind);
const char *event_kind_name(enum event_kind);

// A scheduled event may be older than `stale_after_s` or from the future, or lack its time. False: `error` says so.
bool event_is_fresh(const struct event *, double now_s, double stale_after_s, struct buffer *error);

#endif
