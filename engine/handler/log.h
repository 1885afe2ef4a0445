// Messages of the handler: one JSON object a line, as Lambda's own JSON format has them (level, timestamp, requestId,
// message), so that its level filter understands them too.
#ifndef DROWSE_HANDLER_LOG_H
#define DROWSE_HANDLER_LOG_H

#include <stdbool.h>

#include "drowse/ports.h"
#include "drowse/text.h"
#include "engine/base/variables.h"
#include "engine/handler/event.h"
#include "engine/handler/fault.h"

struct buffer;

enum log_level { LEVEL_TRACE, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL };

struct logger {
    const struct log *port;
    const struct clock *clock;
    enum log_level least;    // what is below is not written
    struct text request_id;  // of the event under way; empty: none
};

// AWS_LAMBDA_LOG_LEVEL, else LOG_LEVEL, else INFO; in any case of letters. An unknown word reads as INFO, and
// `warning` says so.
enum log_level log_level_from(const struct variables *, struct buffer *warning);

void log_message(const struct logger *, enum log_level, const char *format, ...) __attribute__((format(printf, 3, 4)));
// An event that ends with this fault before any decision: WARN, where AWS is at fault ERROR.
void log_refusal(const struct logger *, enum fault, enum event_kind, const struct caller *, struct text message);
// One call to AWS, at DEBUG.
void log_aws_call(const struct logger *, const struct call_report *);
bool log_takes(const struct logger *, enum log_level);

#endif
