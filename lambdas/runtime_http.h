// HTTP/1.1 to the Runtime API: one libcurl handle, one connection, nothing that ends a wait but the other side.
#ifndef DROWSE_LAMBDAS_RUNTIME_HTTP_H
#define DROWSE_LAMBDAS_RUNTIME_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct arena;
struct buffer;

struct channel;
// False in `error`: the address is not host:port.
struct channel *channel_new(struct text address, size_t maximum_bytes, struct buffer *error);
void channel_free(struct channel *);

struct channel_request {
    struct text path;        // behind the API's version: "/runtime/invocation/next"
    bool post;               // else GET
    struct text body;        // JSON, of a POST
    struct text error_type;  // Lambda-Runtime-Function-Error-Type; empty: none
    bool fresh;              // on a new connection
};

struct channel_answer {
    int code;            // 0: no whole answer came, and `reason` says why
    struct text reason;  // in the arena
    struct text body;    // borrowed until the next exchange of the same method
    bool too_large;      // the body is its beginning; all of it was read
    // Headers, in the arena; the empty text where there is none. Names are matched in any case.
    struct text request_id, function_arn, trace_header, deadline_ms;
};

void channel_exchange(struct channel *, struct arena *, const struct channel_request *, struct channel_answer *);

#endif
