// Ports: structs of function pointers behind which the outside world stands. Passed in, never global.
#ifndef DROWSE_PORTS_H
#define DROWSE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "drowse/text.h"

struct arena;
struct buffer;

// What became of a call to the outside.
enum port_status {
    PORT_OK,
    PORT_NOT_FOUND,  // no such service
    PORT_DENIED,     // permission
    PORT_REFUSED,    // the service does not take it: draining, inactive, a daemon
    PORT_THROTTLED,
    PORT_FAILED,           // network, time-out, an answer that makes no sense
    PORT_UNKNOWN_OUTCOME,  // a change was sent and its answer lost
};

struct service_name {
    struct text cluster, service;
};

struct metric_request {
    const struct metric *metric;
    const struct service_state *service;  // resolves the dimensions
    int64_t start_s, end_s;
};

// ECS and CloudWatch: aws/ is one, sim/ brings others. Every call fills `error` (complete, printable) unless it
// answers PORT_OK. Results live in the arena given.
struct cloud {
    void *context;
    // The ACTIVE REPLICA services whose cluster and service match the target's globs.
    enum port_status (*list)(void *context, struct arena *, const struct target *, struct service_name **names,
                             size_t *count, struct buffer *error);
    // One state a name, in their order; `found[i]` says whether there is such a service.
    enum port_status (*describe)(void *context, struct arena *, const struct service_name *names, size_t count,
                                 struct service_state *states, bool *found, struct buffer *error);
    // One view a request, in their order. A failed metric is a view with its status, not a failed call.
    enum port_status (*metrics)(void *context, struct arena *, const struct metric_request *requests, size_t count,
                                struct metric_view *views, struct buffer *error);
    // Sets the desired count and nothing else.
    enum port_status (*set_desired)(void *context, const struct service_name *, int64_t desired, struct buffer *error);
    enum port_status (*set_tags)(void *context, const struct service_state *, const struct tag *tags, size_t count,
                                 struct buffer *error);
};

struct clock {
    void *context;
    double (*now_s)(void *context);  // epoch seconds
};

#endif
