// Lambda events in, answers out. One handler a process; shared by the bootstrap and by `drowse invoke`.
#ifndef DROWSE_HANDLER_HANDLER_H
#define DROWSE_HANDLER_HANDLER_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/policy.h"
#include "drowse/ports.h"
#include "drowse/text.h"
#include "engine/base/variables.h"

struct arena;
struct buffer;

struct handler_ports {
    struct cloud cloud;
    struct clock clock;
    struct log log;                                     // JSON lines: records, messages, metrics
    void (*trace)(void *context, struct text segment);  // a subsegment document for the X-Ray daemon, without
                                                        // the header that goes before it; NULL: none
    void *trace_context;
};

// One event. Texts are borrowed for the call.
struct invocation {
    struct text event;         // JSON
    struct text request_id;    // Lambda's
    struct text function_arn;  // account and region of foreign ARNs are compared with these
    struct text trace_header;  // "Root=1-...;Parent=...;Sampled=1"; empty: none
    double deadline_s;         // epoch; 0: none
};

struct reply {
    struct text body;        // JSON: the answer, or the error object of the Runtime API
    bool failed;             // post it to .../error
    struct text error_type;  // then: "Function.BadRequest" and the like
    int status;              // the HTTP status that stands for it, whatever the event's kind is
};

struct handler;
// Reads and checks what the environment sets: params that the behaviour reaches, DROWSE_DRY_RUN, log levels
// (AWS_LAMBDA_LOG_LEVEL wins over LOG_LEVEL), ECS_CLUSTER_NAME and ECS_SERVICE_NAME. NULL: `error` is complete; an
// init error.
struct handler *handler_new(const struct policy *, enum behaviour, const struct handler_ports *,
                            const struct variables *, struct buffer *error);
void handler_free(struct handler *);
// Never fails itself: every fault is a reply. The reply lives in the arena, which is reset by the caller between
// events.
void handler_invoke(struct handler *, struct arena *, const struct invocation *, struct reply *);

// The behaviour that a function is: the last dotted part of _HANDLER, else DROWSE_BEHAVIOUR. False: `error` says what
// would be right.
bool handler_behaviour(const struct variables *, enum behaviour *, struct buffer *error);

#endif
