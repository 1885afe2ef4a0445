// Answers in the shape that the event's kind asks for.
#ifndef DROWSE_HANDLER_REPLY_H
#define DROWSE_HANDLER_REPLY_H

#include "engine/handler/event.h"
#include "engine/handler/fault.h"
#include "engine/handler/handler.h"

struct arena;

// A JSON text as the answer: over HTTP with status 200 and the text as the body, else as it stands.
struct reply reply_answer(struct arena *, enum event_kind, struct text json);
// Over HTTP {"message", "error", "requestId"} and the fault's status, else a function error.
struct reply reply_fault(struct arena *, enum event_kind, enum fault, struct text message, struct text request_id);

#endif
