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

// ---- files ------------------------------------------------------------------------------------------------

// Where files come from, so that a bundle, a test or a fuzzer can stand in for the disk.
struct file_reader {
    void *context;
    // The whole file, or false with a complete reason in error ("no such file", "is a directory", "over 256 KB").
    bool (*read)(void *context, struct arena *, struct text path, size_t maximum, struct text *content,
                 struct buffer *error);
    // The bytes of a time zone's TZif file, by name ("Europe/London").
    bool (*read_zone)(void *context, struct arena *, struct text name, struct text *content, struct buffer *error);
};

// ---- time and chance --------------------------------------------------------------------------------------

struct clock {
    void *context;
    double (*now_s)(void *context);  // epoch seconds
    // How far this clock and others disagree, in seconds, without an explanation. NULL: not at all.
    double (*doubt_s)(void *context);
    void (*wait_s)(void *context, double seconds);  // NULL: nobody waits by this clock
};

// ---- HTTP -------------------------------------------------------------------------------------------------

struct http_header {
    struct text name, value;
};

struct http_request {
    struct text method, url;  // https://..., or http:// to loopback and the link-local credential addresses alone
    const struct http_header *headers;  // Host and Content-Length are the port's
    size_t header_count;
    struct text body;
    int64_t connect_timeout_ms, timeout_ms;  // timeout_ms covers the whole; 0: none
    size_t maximum_bytes;                    // of the answer's body
};

enum http_outcome {
    HTTP_ANSWERED,   // `code`, headers and the whole body are there
    HTTP_NOT_SENT,   // nothing reached the server: name, connection, TLS
    HTTP_LOST,       // the request went out, in part or whole; no whole answer came back (reset, timeout, cut short)
    HTTP_TOO_LARGE,  // more than maximum_bytes
};

struct http_answer {
    enum http_outcome outcome;
    int code;
    const struct http_header *headers;  // names in lower case
    size_t header_count;
    struct text body;
    bool timed_out;     // of HTTP_NOT_SENT and HTTP_LOST
    struct text error;  // unless HTTP_ANSWERED: one clause, such as "connection refused"; never a header or a body
    double received_s;  // epoch seconds by the local clock when the answer's head was there; 0: it never was
    double elapsed_s;
};

struct http {
    void *context;
    // All requests, side by side; answers in their order, in the arena.
    void (*perform)(void *context, struct arena *, const struct http_request *requests, size_t count,
                    struct http_answer *answers);
};

// The value of the header of that name (given in lower case), else the empty text.
struct text http_header_value(const struct http_answer *, const char *name);

// ---- ECS and CloudWatch -----------------------------------------------------------------------------------

// What became of a call to the outside.
enum port_status {
    PORT_OK,
    PORT_NOT_FOUND,  // no such service or cluster
    PORT_DENIED,     // permission, credentials
    PORT_REFUSED,    // the service does not take it: draining, inactive, a daemon
    PORT_THROTTLED,
    PORT_TIMED_OUT,
    PORT_FAILED,           // network, an answer that makes no sense
    PORT_UNKNOWN_OUTCOME,  // a change was sent and its answer lost
};

struct service_name {
    struct text cluster, service;
    bool listed;  // found by a pattern: one that takes no changes is passed over, and no error
};

// Of one item of a call over many. `error` is complete and printable (it names the call, the target and AWS's
// request id where there was one) unless the status is PORT_OK.
struct port_result {
    enum port_status status;
    struct text error;
};

struct described {
    struct port_result result;  // PORT_NOT_FOUND: there is no such service
    struct service_state state;
};

struct metric_request {
    const struct metric *metric;
    const struct service_state *service;  // resolves the dimensions
    int64_t start_s, end_s;
};

// Unless the status is PORT_OK the call failed, and the view is METRIC_FAILED. A view may be partial or failed
// though the call was fine: `result.error` then says why, as a warning.
struct metric_answer {
    struct port_result result;
    struct metric_view view;
};

struct desired_change {
    struct service_name name;
    int64_t desired;
    double until_s;  // by the clock: what it rests on is too old to be sent later; 0: it may be sent at any time
};

struct tag_change {
    const struct service_state *service;  // its ARN is what is tagged
    const struct tag *tags;               // set to these values; others stay
    size_t count;
};

// One call as it went over the wire, for logs and traces. Nothing in it is secret.
struct call_report {
    const char *service, *operation;  // "ecs", "DescribeServices"
    struct text region, request_id;
    double start_s, end_s;
    int attempt;        // from 1
    int http_code;      // 0: no answer
    struct text error;  // empty: fine
};

// What holds for the calls of one run.
struct call_context {
    double deadline_s;         // epoch; nothing is begun or retried that could end behind it. INFINITY: none
    struct text trace_header;  // sent as X-Amzn-Trace-Id; empty: none
    void (*called)(void *watcher, const struct call_report *);  // NULL: nobody watches
    void *watcher;
};

// aws/ is one, sim/ brings others. Results live in the arena given. Calls over many items are batched and sent side
// by side by whoever implements them.
struct cloud {
    void *context;
    // Before a run. NULL where neither deadlines nor traces mean anything.
    void (*begin)(void *context, const struct call_context *);
    // The services whose cluster and service match the target's globs, REPLICA ones only, marked as listed.
    struct port_result (*list)(void *context, struct arena *, const struct target *, struct service_name **names,
                               size_t *count);
    // One description a name, in their order; whatever its status or strategy is.
    void (*describe)(void *context, struct arena *, const struct service_name *names, size_t count,
                     struct described *answers);
    // One view a request, in their order.
    void (*metrics)(void *context, struct arena *, const struct metric_request *requests, size_t count,
                    struct metric_answer *answers);
    // Sets desired counts and nothing else.
    void (*set_desired)(void *context, struct arena *, const struct desired_change *changes, size_t count,
                        struct port_result *results);
    void (*set_tags)(void *context, struct arena *, const struct tag_change *changes, size_t count,
                     struct port_result *results);
};

// ---- logs -------------------------------------------------------------------------------------------------

struct log {
    void *context;
    void (*write)(void *context, struct text line);  // one whole line, without its end
};

#endif
