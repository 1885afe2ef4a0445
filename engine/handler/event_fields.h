// The members of an event that drowse looks at, found in one pass over its JSON. All others, secrets among them, are
// skipped and kept nowhere.
#ifndef DROWSE_HANDLER_EVENT_FIELDS_H
#define DROWSE_HANDLER_EVENT_FIELDS_H

#include <stdbool.h>

#include "drowse/text.h"
#include "engine/base/json_read.h"

struct arena;
struct buffer;

enum event_field {
    FIELD_VERSION,
    FIELD_METHOD,   // v1
    FIELD_CONTEXT,  // requestContext, which makes it an HTTP event
    FIELD_BODY,
    FIELD_ENCODED,
    FIELD_ELB,
    FIELD_REQUEST_ID,
    FIELD_CONTEXT_ACCOUNT,
    FIELD_DOMAIN,
    FIELD_USER_ARN,  // of v1: requestContext.identity
    FIELD_ACCOUNT,
    FIELD_API_KEY_ID,
    FIELD_SOURCE,
    FIELD_PRINCIPAL,
    FIELD_HTTP,  // of v2: requestContext.http and .authorizer
    FIELD_HTTP_METHOD,
    FIELD_HTTP_SOURCE,
    FIELD_IAM_USER_ARN,
    FIELD_IAM_ACCOUNT,
    FIELD_IAM_USER,
    FIELD_JWT_SUBJECT,
    FIELD_LAMBDA_PRINCIPAL,
    FIELD_DETAIL_TYPE,  // of EventBridge
    FIELD_EVENT_SOURCE,
    FIELD_EVENT_ID,
    FIELD_EVENT_ACCOUNT,
    FIELD_TIME,
    FIELD_DETAIL,
    FIELD_RESOURCE,
    FIELD_TRIGGER,  // of a schedule's configured input
    FIELD_RECORDS,
    FIELD_COUNT
};

struct field_value {
    bool present;
    enum json_token token;
    struct text text;  // of strings decoded; of `detail` as it stands; else empty
};

struct event_fields {
    struct field_value all[FIELD_COUNT];
};

// The event must be a JSON object. False: `error` says what is wrong with it.
bool event_fields_read(struct arena *, struct text event, struct event_fields *, struct buffer *error);
// The field's text; empty where it is absent, null, or no text.
struct text event_field_text(const struct event_fields *, enum event_field);
// Is it there, and not null?
bool event_has(const struct event_fields *, enum event_field);

// A copy of that JSON object without its members of these names.
struct text object_without(struct arena *, struct text object, const struct text *names, size_t count);

#endif
