#include "engine/handler/event.h"

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/handler/base64.h"
#include "engine/handler/event_fields.h"

#define FUTURE_S 60  // what two clocks may differ by

struct decoding {
    struct arena *arena;
    struct event_fields fields;
    struct text json;
    struct event *event;
    struct buffer *error;
};

bool event_is_http(enum event_kind kind)
{
    switch (kind) {
    case EVENT_HTTP_V1:
    case EVENT_HTTP_V2:
    case EVENT_FUNCTION_URL:
    case EVENT_LOAD_BALANCER:
        return true;
    case EVENT_DIRECT:
    case EVENT_RULE:
    case EVENT_SCHEDULER:
    case EVENT_SCHEDULED_INPUT:
        break;
    }
    return false;
}

bool event_is_scheduled(enum event_kind kind)
{
    switch (kind) {
    case EVENT_RULE:
    case EVENT_SCHEDULER:
    case EVENT_SCHEDULED_INPUT:
        return true;
    case EVENT_DIRECT:
    case EVENT_HTTP_V1:
    case EVENT_HTTP_V2:
    case EVENT_FUNCTION_URL:
    case EVENT_LOAD_BALANCER:
        break;
    }
    return false;
}

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[] = {
        "direct",        "api-gateway-v1",   "api-gateway-v2",        "function-url",
        "load-balancer", "eventbridge-rule", "eventbridge-scheduler", "scheduled-input"};
    return names[kind];
}

static struct text field(const struct decoding *decoding, enum event_field name)
{
    return event_field_text(&decoding->fields, name);
}

static bool has(const struct decoding *decoding, enum event_field name)
{
    return event_has(&decoding->fields, name);
}

// ---- HTTP -------------------------------------------------------------------------------------------------

static enum fault decode_body(struct decoding *decoding)
{
    const struct field_value *body = &decoding->fields.all[FIELD_BODY];
    if (!has(decoding, FIELD_BODY))
        return FAULT_NONE;
    if (body->token != JSON_STRING) {
        buffer_add(decoding->error, TEXT("the event's body must be a text"));
        return FAULT_REQUEST;
    }
    struct text decoded = body->text;
    const struct field_value *encoded = &decoding->fields.all[FIELD_ENCODED];
    if (encoded->present && encoded->token == JSON_TRUE && !base64_decode(decoding->arena, body->text, &decoded)) {
        buffer_add(decoding->error, TEXT("the body is said to be base64, and is not"));
        return FAULT_REQUEST;
    }
    if (decoded.n > EVENT_BODY_BYTES) {
        buffer_printf(decoding->error, "the body has %zu bytes; at most %zu are taken", decoded.n, EVENT_BODY_BYTES);
        return FAULT_REQUEST;
    }
    decoding->event->body = decoded;
    return FAULT_NONE;
}

static struct text first_of(struct text a, struct text b)
{
    return a.n ? a : b;
}

// By what AWS checked or saw itself; never by headers such as X-Forwarded-For, which anybody can send.
static void read_caller(struct decoding *decoding)
{
    struct caller *caller = &decoding->event->caller;
    caller->user_arn = first_of(field(decoding, FIELD_USER_ARN), field(decoding, FIELD_IAM_USER_ARN));
    caller->account = first_of(field(decoding, FIELD_ACCOUNT), field(decoding, FIELD_IAM_ACCOUNT));
    caller->api_key_id = field(decoding, FIELD_API_KEY_ID);
    caller->source_address = first_of(field(decoding, FIELD_SOURCE), field(decoding, FIELD_HTTP_SOURCE));
    caller->principal = first_of(field(decoding, FIELD_PRINCIPAL), field(decoding, FIELD_LAMBDA_PRINCIPAL));
    caller->principal = first_of(caller->principal, field(decoding, FIELD_JWT_SUBJECT));
    caller->principal = first_of(caller->principal, field(decoding, FIELD_IAM_USER));
    // A Function URL without authentication.
    if (!caller->principal.n && text_is(field(decoding, FIELD_CONTEXT_ACCOUNT), "anonymous"))
        caller->principal = TEXT("anonymous");
    caller->correlation_id = field(decoding, FIELD_REQUEST_ID);
}

static enum fault read_http(struct decoding *decoding)
{
    struct event *event = decoding->event;
    if (event->kind == EVENT_LOAD_BALANCER) {
        buffer_add(decoding->error, TEXT("an Application Load Balancer's events are not taken: use API Gateway or a "
                                         "Function URL, which say who is calling"));
        return FAULT_REQUEST;
    }
    event->method = first_of(field(decoding, FIELD_HTTP_METHOD), field(decoding, FIELD_METHOD));
    read_caller(decoding);
    if (!event->method.n) {
        buffer_add(decoding->error, TEXT("the event has a requestContext but no HTTP method: it is none of API Gateway "
                                         "or of a Function URL"));
        return FAULT_REQUEST;
    }
    if (!text_is(event->method, "POST")) {
        buffer_printf(decoding->error, "%.*s is not taken here: send a POST", TEXT_ARG(event->method));
        return FAULT_METHOD;
    }
    return decode_body(decoding);
}

// ---- schedules --------------------------------------------------------------------------------------------

static enum fault read_time(struct decoding *decoding)
{
    struct event *event = decoding->event;
    event->time = field(decoding, FIELD_TIME);
    event->has_time = has(decoding, FIELD_TIME) && event->time.n > 0;
    if (!event->has_time || parse_instant(event->time, &event->time_s))
        return FAULT_NONE;
    buffer_printf(decoding->error, "time '%.*s' is no instant such as 2026-11-23T23:00:00Z", TEXT_ARG(event->time));
    return FAULT_REQUEST;
}

// `detail` of a rule is an object, of the Scheduler a text that holds one.
static enum fault read_envelope(struct decoding *decoding)
{
    struct event *event = decoding->event;
    struct text type = field(decoding, FIELD_DETAIL_TYPE);
    event->caller.account = field(decoding, FIELD_EVENT_ACCOUNT);
    event->caller.schedule = field(decoding, FIELD_RESOURCE);
    event->caller.correlation_id = field(decoding, FIELD_EVENT_ID);
    event->body = field(decoding, FIELD_DETAIL);
    if (!text_is(type, "Scheduled Event")) {
        buffer_printf(decoding->error,
                      "an EventBridge event of type '%.*s' is no schedule's: to act on it, give its rule an input such "
                      "as {\"trigger\": \"schedule\", \"time\": <time>}",
                      TEXT_ARG(type));
        return FAULT_REQUEST;
    }
    const struct field_value *detail = &decoding->fields.all[FIELD_DETAIL];
    if (has(decoding, FIELD_DETAIL) && detail->token != JSON_OBJECT && detail->token != JSON_STRING) {
        buffer_add(decoding->error,
                   TEXT("the event's detail must be an object: it may name the service that is meant"));
        return FAULT_REQUEST;
    }
    return read_time(decoding);
}

static enum fault read_scheduled_input(struct decoding *decoding)
{
    static const struct text own[] = {{"trigger", 7}, {"time", 4}};
    if (has(decoding, FIELD_TRIGGER) && !text_is(field(decoding, FIELD_TRIGGER), "schedule")) {
        buffer_add(decoding->error, TEXT("trigger: it can only be \"schedule\""));
        return FAULT_REQUEST;
    }
    if (has(decoding, FIELD_TIME) && decoding->fields.all[FIELD_TIME].token != JSON_STRING) {
        buffer_add(decoding->error, TEXT("time: it must be a text such as \"2026-11-23T23:00:00Z\""));
        return FAULT_REQUEST;
    }
    decoding->event->body = object_without(decoding->arena, decoding->json, own, 2);
    return read_time(decoding);
}

// ---- which is it ------------------------------------------------------------------------------------------

static enum event_kind kind_of_http(const struct decoding *decoding)
{
    if (has(decoding, FIELD_ELB))
        return EVENT_LOAD_BALANCER;
    if (!has(decoding, FIELD_HTTP))
        return EVENT_HTTP_V1;
    return text_contains(field(decoding, FIELD_DOMAIN), TEXT(".lambda-url.")) ? EVENT_FUNCTION_URL : EVENT_HTTP_V2;
}

static enum event_kind kind_of(const struct decoding *decoding)
{
    if (has(decoding, FIELD_CONTEXT))
        return kind_of_http(decoding);
    if (has(decoding, FIELD_DETAIL_TYPE) && has(decoding, FIELD_EVENT_SOURCE))
        return text_is(field(decoding, FIELD_EVENT_SOURCE), "aws.scheduler") ? EVENT_SCHEDULER : EVENT_RULE;
    return has(decoding, FIELD_TRIGGER) || has(decoding, FIELD_TIME) ? EVENT_SCHEDULED_INPUT : EVENT_DIRECT;
}

// What is no request at all must not act on a service all the same.
static enum fault read_direct(struct decoding *decoding)
{
    if (has(decoding, FIELD_RECORDS)) {
        buffer_add(decoding->error, TEXT("events with Records (SNS, SQS, S3 and the like) are not taken"));
        return FAULT_REQUEST;
    }
    if (decoding->json.n > EVENT_BODY_BYTES) {
        buffer_printf(decoding->error, "the request has %zu bytes; at most %zu are taken", decoding->json.n,
                      EVENT_BODY_BYTES);
        return FAULT_REQUEST;
    }
    decoding->event->body = decoding->json;
    return FAULT_NONE;
}

static enum fault read_by_kind(struct decoding *decoding)
{
    switch (decoding->event->kind) {
    case EVENT_HTTP_V1:
    case EVENT_HTTP_V2:
    case EVENT_FUNCTION_URL:
    case EVENT_LOAD_BALANCER:
        return read_http(decoding);
    case EVENT_RULE:
    case EVENT_SCHEDULER:
        return read_envelope(decoding);
    case EVENT_SCHEDULED_INPUT:
        return read_scheduled_input(decoding);
    case EVENT_DIRECT:
        break;
    }
    return read_direct(decoding);
}

// An invocation without a payload.
static bool is_nothing(struct text json)
{
    struct text trimmed = text_trim(json);
    return trimmed.n == 0 || text_is(trimmed, "null");
}

enum fault event_read(struct arena *arena, struct text json, struct event *event, struct buffer *error)
{
    *event = (struct event){.kind = EVENT_DIRECT};
    if (json.n > EVENT_BYTES) {
        buffer_printf(error, "the event has %zu bytes; at most %zu are taken", json.n, EVENT_BYTES);
        return FAULT_REQUEST;
    }
    if (is_nothing(json))
        return FAULT_NONE;
    struct decoding decoding = {.arena = arena, .json = json, .event = event, .error = error};
    if (!event_fields_read(arena, json, &decoding.fields, error))
        return FAULT_REQUEST;
    event->kind = kind_of(&decoding);
    return read_by_kind(&decoding);
}

bool event_is_fresh(const struct event *event, double now_s, double stale_after_s, struct buffer *error)
{
    if (!event->has_time) {
        buffer_add(error, TEXT("the scheduled event does not say when it was due: give its input a time, such as "
                               "{\"trigger\": \"schedule\", \"time\": \"<aws.scheduler.scheduled-time>\"}"));
        return false;
    }
    double age_s = now_s - event->time_s;
    if (age_s > stale_after_s) {
        buffer_printf(error, "the scheduled event was due at %.*s, ", TEXT_ARG(event->time));
        format_duration(error, age_s);
        buffer_add(error, TEXT(" ago; after "));
        format_duration(error, stale_after_s);
        buffer_add(error, TEXT(" it is stale"));
        return false;
    }
    if (age_s >= -FUTURE_S)
        return true;
    buffer_printf(error, "the scheduled event is due at %.*s, in the future", TEXT_ARG(event->time));
    return false;
}
