// The loop of Lambda's Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
#ifndef DROWSE_LAMBDAS_RUNTIME_H
#define DROWSE_LAMBDAS_RUNTIME_H

#include <stdbool.h>

#include "drowse/ports.h"
#include "drowse/text.h"
#include "engine/handler/handler.h"

struct buffer;

// The largest event that is taken: what the Runtime API lets through (6 MiB and 100 bytes), and some slack. A larger
// one is answered with a function error.
#define RUNTIME_EVENT_BYTES ((size_t)6 * 1024 * 1024 + 64 * 1024)

// Where the runtime itself tells what went wrong: JSON lines with level and timestamp.
struct runtime_ports {
    struct log log;
    struct clock clock;
};

// One connection, kept over freezes.
struct runtime;
// `address` is AWS_LAMBDA_RUNTIME_API: host:port. NULL: `error` says why.
struct runtime *runtime_new(struct text address, const struct runtime_ports *, struct buffer *error);
void runtime_free(struct runtime *);

// Logs the message and posts it to /runtime/init/error. False: it could not be posted.
bool runtime_init_error(struct runtime *, struct text error_type, struct text message);

// What the loop calls for each event.
struct runtime_handler {
    void *context;
    // The arena is reset before each call, so that warm events allocate nothing new.
    void (*invoke)(void *context, struct arena *, const struct invocation *, struct reply *);
};

// What ends the loop; the process's exit code.
enum runtime_end {
    RUNTIME_DONE = 0,    // the events asked for were served
    RUNTIME_BROKEN = 1,  // the Runtime API is gone, told a 500, or gave no event twice in a row
};
// For `events` events (tests give a number), or until the Runtime API ends it (0).
enum runtime_end runtime_loop(struct runtime *, const struct runtime_handler *, unsigned long events);

#endif
