#include "engine/handler/event_fields.h"

#include <stdio.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define PATH_BYTES 96  // longer ones are none of ours

// Where each stands. An array's path is that of its first item.
static const char *const paths[FIELD_COUNT] = {
    [FIELD_VERSION] = "version",
    [FIELD_METHOD] = "httpMethod",
    [FIELD_CONTEXT] = "requestContext",
    [FIELD_BODY] = "body",
    [FIELD_ENCODED] = "isBase64Encoded",
    [FIELD_ELB] = "requestContext.elb",
    [FIELD_REQUEST_ID] = "requestContext.requestId",
    [FIELD_CONTEXT_ACCOUNT] = "requestContext.accountId",
    [FIELD_DOMAIN] = "requestContext.domainName",
    [FIELD_USER_ARN] = "requestContext.identity.userArn",
    [FIELD_ACCOUNT] = "requestContext.identity.accountId",
    [FIELD_API_KEY_ID] = "requestContext.identity.apiKeyId",
    [FIELD_SOURCE] = "requestContext.identity.sourceIp",
    [FIELD_PRINCIPAL] = "requestContext.authorizer.principalId",
    [FIELD_HTTP] = "requestContext.http",
    [FIELD_HTTP_METHOD] = "requestContext.http.method",
    [FIELD_HTTP_SOURCE] = "requestContext.http.sourceIp",
    [FIELD_IAM_USER_ARN] = "requestContext.authorizer.iam.userArn",
    [FIELD_IAM_ACCOUNT] = "requestContext.authorizer.iam.accountId",
    [FIELD_IAM_USER] = "requestContext.authorizer.iam.userId",
    [FIELD_JWT_SUBJECT] = "requestContext.authorizer.jwt.claims.sub",
    [FIELD_LAMBDA_PRINCIPAL] = "requestContext.authorizer.lambda.principalId",
    [FIELD_DETAIL_TYPE] = "detail-type",
    [FIELD_EVENT_SOURCE] = "source",
    [FIELD_EVENT_ID] = "id",
    [FIELD_EVENT_ACCOUNT] = "account",
    [FIELD_TIME] = "time",
    [FIELD_DETAIL] = "detail",
    [FIELD_RESOURCE] = "resources",
    [FIELD_TRIGGER] = "trigger",
    [FIELD_RECORDS] = "Records",
};

struct reading {
    struct json_reader json;
    struct event_fields *fields;
    char path[PATH_BYTES];
};

// The field that stands at that path, or FIELD_COUNT; and is any field's path a continuation of it?
static enum event_field field_at(struct text path, bool *leads_on)
{
    enum event_field found = FIELD_COUNT;
    *leads_on = false;
    for (enum event_field i = 0; i < FIELD_COUNT; i++) {
        struct text candidate = text_of(paths[i]);
        if (text_eq(candidate, path))
            found = i;
        else if (text_starts(candidate, path) && candidate.p[path.n] == '.')
            *leads_on = true;
    }
    return found;
}

static bool read_object(struct reading *, size_t path_bytes);

static bool skip_raw(struct reading *reading, enum json_token token, struct text *raw)
{
    const char *from = reading->json.token;
    if (!json_skip(&reading->json, token))
        return false;
    *raw = (struct text){from, (size_t)(reading->json.p - from)};
    return true;
}

// The first item of an array, where it is a text; the rest is passed over.
static bool read_first_item(struct reading *reading, struct field_value *value)
{
    int outside = reading->json.depth - 1;
    enum json_token token = json_next(&reading->json);
    if (token == JSON_STRING)
        *value = (struct field_value){true, JSON_STRING, reading->json.text};
    while (reading->json.depth > outside)
        if (json_next(&reading->json) == JSON_ERROR)
            return false;
    return token != JSON_ERROR;
}

static bool read_field(struct reading *reading, enum event_field field, bool leads_on, size_t path_bytes,
                       enum json_token token)
{
    struct field_value *value = &reading->fields->all[field];
    *value = (struct field_value){true, token, {"", 0}};
    if (token == JSON_STRING)
        value->text = reading->json.text;
    if (field == FIELD_DETAIL && token == JSON_OBJECT)
        return skip_raw(reading, token, &value->text);
    if (field == FIELD_RESOURCE && token == JSON_ARRAY)
        return read_first_item(reading, value);
    if (leads_on && token == JSON_OBJECT)
        return read_object(reading, path_bytes);
    return json_skip(&reading->json, token);
}

// No name of ours holds a dot or a NUL: a key that does must not read as a path.
static bool is_plain(struct text key)
{
    size_t at = 0;
    return !text_find(key, '.', &at) && !text_find(key, '\0', &at);
}

static bool read_member(struct reading *reading, size_t parent_bytes, struct text key)
{
    struct text path = {"", 0};
    bool leads_on = false;
    if (parent_bytes + key.n + 1 < sizeof reading->path && is_plain(key)) {
        int n = snprintf(reading->path + parent_bytes, sizeof reading->path - parent_bytes, "%s%.*s",
                         parent_bytes ? "." : "", TEXT_ARG(key));
        path = (struct text){reading->path, parent_bytes + (size_t)n};
    }
    enum event_field field = path.n ? field_at(path, &leads_on) : FIELD_COUNT;
    enum json_token token = json_next(&reading->json);
    if (field != FIELD_COUNT)
        return read_field(reading, field, leads_on, path.n, token);
    return leads_on && token == JSON_OBJECT ? read_object(reading, path.n) : json_skip(&reading->json, token);
}

// Members up to the object's end. As deep as the paths are long: the reader's own bound is never met.
static bool read_object(struct reading *reading, size_t path_bytes)
{
    for (;;) {
        enum json_token token = json_next(&reading->json);
        if (token == JSON_OBJECT_END)
            return true;
        if (token != JSON_KEY || !read_member(reading, path_bytes, reading->json.text))
            return false;
    }
}

static void say_where(const struct reading *reading, struct buffer *error)
{
    uint32_t line, column;
    json_read_place(&reading->json, &line, &column);
    buffer_printf(error, "the event is no JSON: line %u, column %u: %s", line, column, reading->json.error);
}

bool event_fields_read(struct arena *arena, struct text event, struct event_fields *fields, struct buffer *error)
{
    struct reading reading = {.fields = fields};
    *fields = (struct event_fields){0};
    json_read_begin(&reading.json, arena, event);
    enum json_token first = json_next(&reading.json);
    if (first != JSON_ERROR && first != JSON_OBJECT) {
        buffer_add(error, TEXT("the event must be a JSON object"));
        return false;
    }
    if (first == JSON_OBJECT && read_object(&reading, 0) && json_next(&reading.json) == JSON_END)
        return true;
    say_where(&reading, error);
    return false;
}

struct text event_field_text(const struct event_fields *fields, enum event_field field)
{
    const struct field_value *value = &fields->all[field];
    return value->present ? value->text : TEXT("");
}

bool event_has(const struct event_fields *fields, enum event_field field)
{
    return fields->all[field].present && fields->all[field].token != JSON_NULL;
}

static bool is_among(struct text name, const struct text *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_eq(name, names[i]))
            return true;
    return false;
}

struct text object_without(struct arena *arena, struct text object, const struct text *names, size_t count)
{
    struct json_reader json;
    struct buffer out;
    buffer_init(&out, object.n + 2);
    buffer_add_char(&out, '{');
    json_read_begin(&json, arena, object);
    json_next(&json);
    while (json_next(&json) == JSON_KEY) {
        const char *from = json.token;
        bool left_out = is_among(json.text, names, count);
        if (!json_skip(&json, JSON_KEY))
            break;
        if (left_out)
            continue;
        if (out.n > 1)
            buffer_add_char(&out, ',');
        buffer_add(&out, (struct text){from, (size_t)(json.p - from)});
    }
    buffer_add_char(&out, '}');
    struct text copy = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return copy;
}
