#include "engine/report/json_parts.h"

#include <math.h>

#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"
#include "engine/report/style.h"

void json_member_text(struct json_writer *json, const char *key, struct text text)
{
    json_key(json, key);
    json_text(json, text);
}

void json_member_string(struct json_writer *json, const char *key, const char *text)
{
    json_key(json, key);
    json_string(json, text);
}

void json_member_int(struct json_writer *json, const char *key, int64_t number)
{
    json_key(json, key);
    json_int(json, number);
}

void json_member_number(struct json_writer *json, const char *key, double number)
{
    json_key(json, key);
    json_number(json, number);
}

void json_member_bool(struct json_writer *json, const char *key, bool truth)
{
    json_key(json, key);
    json_bool(json, truth);
}

void json_member_null(struct json_writer *json, const char *key)
{
    json_key(json, key);
    json_null(json);
}

void json_member_instant(struct json_writer *json, const char *key, double at_s)
{
    if (!isfinite(at_s)) {
        json_member_null(json, key);
        return;
    }
    struct buffer text;
    buffer_init(&text, 64);
    format_instant(&text, at_s);
    json_member_text(json, key, buffer_text(&text));
    buffer_release(&text);
}

void json_member_count(struct json_writer *json, const char *key, int64_t count)
{
    if (count == COUNT_UNKNOWN)
        json_member_null(json, key);
    else
        json_member_int(json, key, count);
}

void json_member_place(struct json_writer *json, const char *key, const struct policy *policy, struct place place)
{
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE_BYTES);
    place_format(&text, policy, place);
    json_member_text(json, key, buffer_text(&text));
    buffer_release(&text);
}

void json_member_why(struct json_writer *json, const char *key, const struct policy *policy, struct value value)
{
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE_BYTES);
    why_format(&text, policy, value);
    json_member_text(json, key, buffer_text(&text));
    buffer_release(&text);
}

void json_member_policy(struct json_writer *json, const struct policy *policy)
{
    struct buffer digest;
    buffer_init(&digest, LIMIT_MESSAGE_BYTES);
    policy_digest(policy, &digest);
    json_key(json, "policy");
    json_open_object(json);
    json_member_text(json, "name", policy->name);
    json_member_text(json, "file", policy->sources.items[0].path);
    json_member_text(json, "digest", buffer_text(&digest));
    json_close_object(json);
    buffer_release(&digest);
}
