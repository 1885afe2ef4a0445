#include "engine/handler/reply.h"

#include "engine/base/arena.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/report/json_parts.h"

#define RETRY_AFTER_S "5"
#define STATUS_FINE 200
#define REPLY_BYTES ((size_t)6 * 1024 * 1024)  // Lambda's own limit

const struct fault_words *fault_words_of(enum fault fault)
{
    static const struct fault_words words[] = {
        [FAULT_NONE] = {STATUS_FINE, "", ""},
        [FAULT_REQUEST] = {400, "bad_request", "Function.BadRequest"},
        [FAULT_STALE] = {400, "stale_event", "Function.StaleEvent"},
        [FAULT_FOREIGN] = {403, "forbidden", "Function.Forbidden"},
        [FAULT_NOT_FOUND] = {404, "not_found", "Function.NotFound"},
        [FAULT_METHOD] = {405, "method_not_allowed", "Function.BadRequest"},
        [FAULT_REFUSED] = {409, "refused", "Function.Refused"},
        [FAULT_POLICY] = {500, "policy_failed", "Function.PolicyFailed"},
        [FAULT_AWS] = {502, "aws_failed", "Function.AwsFailed"},
        [FAULT_UNAVAILABLE] = {503, "unavailable", "Function.Unavailable"},
    };
    return &words[fault];
}

// A document under way.
struct document {
    struct buffer text;
    struct json_writer json;
};

static void document_begin(struct document *document)
{
    buffer_init(&document->text, REPLY_BYTES);
    json_begin(&document->json, &document->text, 0);
    json_open_object(&document->json);
}

static struct text document_end(struct arena *arena, struct document *document)
{
    json_close_object(&document->json);
    struct text copy = arena_text(arena, buffer_text(&document->text));
    buffer_release(&document->text);
    return copy;
}

// The one shape that API Gateway's two and Function URLs all take.
static struct text http_envelope(struct arena *arena, enum fault fault, struct text body)
{
    struct document document;
    document_begin(&document);
    json_member_int(&document.json, "statusCode", fault_words_of(fault)->status);
    json_key(&document.json, "headers");
    json_open_object(&document.json);
    json_member_string(&document.json, "Content-Type", "application/json");
    if (fault == FAULT_METHOD)
        json_member_string(&document.json, "Allow", "POST");
    if (fault == FAULT_UNAVAILABLE)
        json_member_string(&document.json, "Retry-After", RETRY_AFTER_S);
    json_close_object(&document.json);
    json_member_text(&document.json, "body", body);
    json_member_bool(&document.json, "isBase64Encoded", false);
    return document_end(arena, &document);
}

struct reply reply_answer(struct arena *arena, enum event_kind kind, struct text json)
{
    return (struct reply){.body = event_is_http(kind) ? http_envelope(arena, FAULT_NONE, json) : json,
                          .status = STATUS_FINE};
}

static struct text http_fault(struct arena *arena, enum fault fault, struct text message, struct text request_id)
{
    struct document document;
    document_begin(&document);
    json_member_text(&document.json, "message", message);
    json_member_string(&document.json, "error", fault_words_of(fault)->word);
    json_member_text(&document.json, "requestId", request_id);
    return http_envelope(arena, fault, document_end(arena, &document));
}

static struct text function_error(struct arena *arena, enum fault fault, struct text message)
{
    struct document document;
    document_begin(&document);
    json_member_text(&document.json, "errorMessage", message);
    json_member_string(&document.json, "errorType", fault_words_of(fault)->type);
    json_key(&document.json, "stackTrace");
    json_open_array(&document.json);
    json_close_array(&document.json);
    return document_end(arena, &document);
}

struct reply reply_fault(struct arena *arena, enum event_kind kind, enum fault fault, struct text message,
                         struct text request_id)
{
    struct reply reply = {.status = fault_words_of(fault)->status};
    if (event_is_http(kind)) {
        reply.body = http_fault(arena, fault, message, request_id);
        return reply;
    }
    reply.body = function_error(arena, fault, message);
    reply.failed = true;
    reply.error_type = text_of(fault_words_of(fault)->type);
    return reply;
}
