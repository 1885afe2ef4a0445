#include "lambdas/runtime.h"

#include "engine/base/arena.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/handler/log.h"
#include "lambdas/runtime_http.h"

#define REQUEST_ID_BYTES 128  // Lambda's have 36
#define ERROR_BYTES ((size_t)64 * 1024)
#define SHOWN_BYTES 300  // of what the Runtime API says when it refuses
#define TRIES 2          // of one exchange: the kept connection may be stale
#define CODE_OK 200
#define CODE_ACCEPTED 202
#define CODE_FORBIDDEN 403
#define CODE_TOO_LARGE 413
#define CODE_BROKEN 500

struct runtime {
    struct arena memory;  // holds this struct too
    struct arena event;   // reset between events
    struct channel *channel;
    struct runtime_ports ports;
    struct buffer error_body;
};

struct runtime *runtime_new(struct text address, const struct runtime_ports *ports, struct buffer *error)
{
    struct channel *channel = channel_new(address, RUNTIME_EVENT_BYTES, error);
    if (!channel)
        return NULL;
    struct arena memory = {0};
    struct runtime *runtime = ARENA_NEW(&memory, struct runtime);
    runtime->memory = memory;
    runtime->channel = channel;
    runtime->ports = *ports;
    buffer_init(&runtime->error_body, ERROR_BYTES);
    return runtime;
}

void runtime_free(struct runtime *runtime)
{
    if (!runtime)
        return;
    channel_free(runtime->channel);
    arena_release(&runtime->event);
    buffer_release(&runtime->error_body);
    struct arena memory = runtime->memory;
    arena_release(&memory);
}

// ---- what it says -----------------------------------------------------------------------------------------

// These lines count whatever level was set.
static struct logger logger_of(const struct runtime *runtime, struct text request_id)
{
    return (struct logger){&runtime->ports.log, &runtime->ports.clock, LEVEL_WARN, request_id};
}

// What came instead of what was due: "503: ..." or "cannot connect".
static struct text shown_answer(struct arena *arena, const struct channel_answer *answer)
{
    struct text body = text_trim(answer->body);
    if (answer->code == 0)
        return answer->reason;
    body.n = body.n < SHOWN_BYTES ? body.n : SHOWN_BYTES;
    return arena_format(arena, "%d%s%.*s", answer->code, body.n ? ": " : "", TEXT_ARG(body));
}

// ---- posting ----------------------------------------------------------------------------------------------

// (Runtime|Function)\.[A-Z][a-zA-Z]+ is what the service takes.
static bool is_error_type(struct text type)
{
    struct text rest = text_starts(type, TEXT("Function."))  ? text_from(type, sizeof "Function." - 1)
                       : text_starts(type, TEXT("Runtime.")) ? text_from(type, sizeof "Runtime." - 1)
                                                             : (struct text){0};
    for (size_t i = 0; i < rest.n; i++) {
        bool upper = rest.p[i] >= 'A' && rest.p[i] <= 'Z', small = rest.p[i] >= 'a' && rest.p[i] <= 'z';
        if (!upper && (i == 0 || !small))
            return false;
    }
    return rest.n > 1;
}

// A second try after a lost answer does no harm: what was taken already is refused with 403.
static void post(struct runtime *runtime, struct channel_request *request, struct channel_answer *answer)
{
    request->post = true;
    for (int i = 0; i < TRIES; i++) {
        request->fresh = i > 0;
        channel_exchange(runtime->channel, &runtime->event, request, answer);
        if (answer->code != 0)
            return;
    }
}

static struct text error_object(struct buffer *out, struct text type, struct text message)
{
    struct json_writer json;
    buffer_clear(out);
    json_begin(&json, out, 0);
    json_open_object(&json);
    json_key(&json, "errorMessage");
    json_text(&json, message);
    json_key(&json, "errorType");
    json_text(&json, type);
    json_key(&json, "stackTrace");
    json_open_array(&json);
    json_close_array(&json);
    json_close_object(&json);
    return buffer_text(out);
}

bool runtime_init_error(struct runtime *runtime, struct text error_type, struct text message)
{
    struct channel_answer answer;
    struct channel_request request = {.path = TEXT("/runtime/init/error"), .error_type = error_type};
    const struct logger logger = logger_of(runtime, (struct text){0});
    message.n = message.n < ERROR_BYTES / 8 ? message.n : ERROR_BYTES / 8;  // so that, escaped, it fits
    log_message(&logger, LEVEL_ERROR, "%.*s", TEXT_ARG(message));
    if (!is_error_type(error_type))
        request.error_type = TEXT("Runtime.Unknown");
    request.body = error_object(&runtime->error_body, request.error_type, message);
    post(runtime, &request, &answer);
    bool told = answer.code == CODE_ACCEPTED;
    if (!told)
        log_message(&logger, LEVEL_ERROR, "the init error could not be posted: %.*s",
                    TEXT_ARG(shown_answer(&runtime->event, &answer)));
    arena_reset(&runtime->event);
    return told;
}

// False: the container is in an error state, and wants the process to end.
static bool post_reply(struct runtime *runtime, struct text request_id, const struct reply *reply)
{
    struct channel_answer answer;
    struct channel_request request = {.body = reply->body};
    const char *what = reply->failed ? "error" : "response";
    request.path = arena_format(&runtime->event, "/runtime/invocation/%.*s/%s", TEXT_ARG(request_id), what);
    if (reply->failed)
        request.error_type = is_error_type(reply->error_type) ? reply->error_type : TEXT("Function.Unknown");
    post(runtime, &request, &answer);
    if (answer.code == CODE_ACCEPTED)
        return true;
    // 413: the caller has been told already. 403: it was answered before, or ran out of time. Either way: the next.
    const char *why = answer.code == CODE_TOO_LARGE   ? "it is too large, and the caller has got an error instead"
                      : answer.code == CODE_FORBIDDEN ? "it came too late, or twice"
                                                      : "it may not have reached the caller";
    const struct logger logger = logger_of(runtime, request_id);
    log_message(&logger, LEVEL_ERROR, "the %s of %zu bytes was not accepted; %s: %.*s", what, reply->body.n, why,
                TEXT_ARG(shown_answer(&runtime->event, &answer)));
    return answer.code != CODE_BROKEN;
}

// ---- the loop ---------------------------------------------------------------------------------------------

// It becomes a part of a path.
static bool is_request_id(struct text id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!plain)
            return false;
    }
    return id.n > 0 && id.n <= REQUEST_ID_BYTES;
}

static const char *fault_of(const struct channel_answer *answer)
{
    if (answer->code != CODE_OK)
        return answer->code ? "200 was due" : "no answer came";
    if (answer->request_id.n == 0)
        return "Lambda-Runtime-Aws-Request-Id is missing";
    return is_request_id(answer->request_id) ? NULL : "Lambda-Runtime-Aws-Request-Id is no request id";
}

// An answer without an event is asked for once more, on a fresh connection: the kept one may have been closed while
// the process was frozen. False: there is none, and the process should end.
static bool next_event(struct runtime *runtime, struct channel_answer *answer)
{
    const struct logger logger = logger_of(runtime, (struct text){0});
    for (int i = 0; i < TRIES; i++) {
        struct channel_request request = {.path = TEXT("/runtime/invocation/next"), .fresh = i > 0};
        arena_reset(&runtime->event);
        channel_exchange(runtime->channel, &runtime->event, &request, answer);
        const char *fault = fault_of(answer);
        if (!fault)
            return true;
        bool last = i + 1 == TRIES || answer->code == CODE_BROKEN;
        log_message(&logger, last ? LEVEL_ERROR : LEVEL_WARN, "no event from the Runtime API: %s: %.*s", fault,
                    TEXT_ARG(shown_answer(&runtime->event, answer)));
        if (last)
            return false;
    }
    return false;
}

static double deadline_of(const struct channel_answer *answer)
{
    int64_t deadline_ms = 0;
    bool known = text_to_int64(answer->deadline_ms, &deadline_ms) && deadline_ms > 0;
    return known ? (double)deadline_ms / 1000 : 0;
}

static void refuse_large(struct runtime *runtime, struct reply *reply)
{
    reply->failed = true;
    reply->error_type = TEXT("Function.EventTooLarge");
    struct text message = arena_format(&runtime->event, "the event has more than %zu bytes", RUNTIME_EVENT_BYTES);
    reply->body = error_object(&runtime->error_body, reply->error_type, message);
}

static bool serve_event(struct runtime *runtime, const struct runtime_handler *handler)
{
    struct channel_answer next;
    struct reply reply = {0};
    if (!next_event(runtime, &next))
        return false;
    const struct invocation invocation = {.event = next.body,
                                          .request_id = next.request_id,
                                          .function_arn = next.function_arn,
                                          .trace_header = next.trace_header,
                                          .deadline_s = deadline_of(&next)};
    if (next.too_large)
        refuse_large(runtime, &reply);
    else
        handler->invoke(handler->context, &runtime->event, &invocation, &reply);
    return post_reply(runtime, next.request_id, &reply);
}

enum runtime_end runtime_loop(struct runtime *runtime, const struct runtime_handler *handler, unsigned long events)
{
    for (unsigned long i = 0; events == 0 || i < events; i++)
        if (!serve_event(runtime, handler))
            return RUNTIME_BROKEN;
    return RUNTIME_DONE;
}
