// What the sources of credentials share: outcomes, checks of keys, JSON, and one way to ask a service.
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/json_read.h"
#include "engine/base/text.h"

#define CONNECT_TIMEOUT_MS 3100
#define TIMEOUT_MS 10000

// ---- outcomes ---------------------------------------------------------------------------------------------

enum credentials_found search_wrong(struct credentials_search *search, enum port_status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    buffer_vprintf(search->error, format, list);
    va_end(list);
    search->status = status;
    return CREDENTIALS_WRONG;
}

enum credentials_found search_not_here(struct credentials_search *search, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    buffer_vprintf(search->error, format, list);
    va_end(list);
    return CREDENTIALS_NOT_HERE;
}

// ---- keys -------------------------------------------------------------------------------------------------

// What is wrong with a key; NULL: nothing. Keys go into headers: a blank or a line end is a slip of copying.
static const char *fault_of(struct text key, size_t room)
{
    if (key.n >= room)
        return "is longer than such a key can be";
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] > '~')
            return "holds a blank, a line end or another character that no key has";
    return NULL;
}

static void copy_key(char *to, struct text key)
{
    if (key.n)
        memcpy(to, key.p, key.n);
    to[key.n] = '\0';
}

enum credentials_found search_take(struct credentials_search *search, struct text where, const struct key_texts *keys)
{
    struct credentials *to = search->found;
    const struct {
        const char *name;
        struct text key;
        size_t room;
        bool needed;
    } parts[] = {{"access key id", keys->access_key_id, sizeof to->access_key_id, true},
                 {"secret access key", keys->secret_access_key, sizeof to->secret_access_key, true},
                 {"session token", keys->session_token, sizeof to->session_token, false}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *fault = parts[i].needed && parts[i].key.n == 0 ? "is missing" : NULL;
        if (!fault)
            fault = fault_of(parts[i].key, parts[i].room);
        if (fault)
            return search_wrong(search, PORT_DENIED, "%.*s: the %s %s", TEXT_ARG(where), parts[i].name, fault);
    }
    const struct clock *clock = search->world->clock;
    if (keys->expires_s <= clock->now_s(clock->context)) {
        struct buffer at;
        buffer_init(&at, 64);
        format_instant(&at, keys->expires_s);
        search_wrong(search, PORT_DENIED, "%.*s: these credentials ended at %s: get new ones, and check this clock",
                     TEXT_ARG(where), at.p ? at.p : "");
        buffer_release(&at);
        return CREDENTIALS_WRONG;
    }
    copy_key(to->access_key_id, keys->access_key_id);
    copy_key(to->secret_access_key, keys->secret_access_key);
    copy_key(to->session_token, keys->session_token);
    to->expires_s = keys->expires_s;
    return CREDENTIALS_FOUND;
}

// ---- JSON -------------------------------------------------------------------------------------------------

struct json_walk {
    struct json_reader reader;
    struct credentials_json *out;
    struct arena *arena;
    struct text fault;  // of what is JSON, but not as it should be
};

static bool read_text(struct json_walk *walk, const char *name, struct text *out)
{
    enum json_token token = json_next(&walk->reader);
    if (token == JSON_NULL)
        return true;
    if (token == JSON_STRING) {
        *out = walk->reader.text;
        return true;
    }
    if (token != JSON_ERROR)
        walk->fault = arena_format(walk->arena, "%s is no text", name);
    return false;
}

static bool read_expiration(struct json_walk *walk)
{
    struct text written = {0};
    if (!read_text(walk, "Expiration", &written))
        return false;
    if (written.n == 0 || parse_instant(written, &walk->out->keys.expires_s))
        return true;
    walk->fault = TEXT("Expiration is no instant such as 2026-11-23T06:35:36Z");
    return false;
}

static bool read_version(struct json_walk *walk)
{
    enum json_token token = json_next(&walk->reader);
    if (token == JSON_NUMBER)
        return json_read_double(&walk->reader, &walk->out->version);
    if (token != JSON_ERROR)
        walk->fault = TEXT("Version is no number");
    return false;
}

static bool read_member(struct json_walk *walk)
{
    struct key_texts *keys = &walk->out->keys;
    const struct {
        const char *name;
        struct text *to;
    } texts[] = {{"AccessKeyId", &keys->access_key_id},
                 {"SecretAccessKey", &keys->secret_access_key},
                 {"Token", &keys->session_token},
                 {"SessionToken", &keys->session_token},
                 {"Code", &walk->out->code}};
    struct text name = walk->reader.text;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (text_is(name, texts[i].name))
            return read_text(walk, texts[i].name, texts[i].to);
    if (text_is(name, "Expiration"))
        return read_expiration(walk);
    if (text_is(name, "Version"))
        return read_version(walk);
    return json_skip(&walk->reader, JSON_KEY);
}

static bool read_object(struct json_walk *walk)
{
    enum json_token token = json_next(&walk->reader);
    if (token != JSON_OBJECT) {
        if (token != JSON_ERROR)
            walk->fault = TEXT("it is no JSON object");
        return false;
    }
    while ((token = json_next(&walk->reader)) == JSON_KEY)
        if (!read_member(walk))
            return false;
    return token == JSON_OBJECT_END && json_next(&walk->reader) == JSON_END;
}

enum credentials_found search_read_json(struct credentials_search *search, struct text where, struct text answer,
                                        struct credentials_json *out)
{
    struct json_walk walk = {.out = out, .arena = search->scratch};
    uint32_t line, column;
    *out = (struct credentials_json){.keys.expires_s = INFINITY, .version = NAN};
    json_read_begin(&walk.reader, search->scratch, answer);
    if (read_object(&walk))
        return CREDENTIALS_FOUND;
    if (walk.fault.n)
        return search_wrong(search, PORT_FAILED, "%.*s: what it gives is wrong: %.*s", TEXT_ARG(where),
                            TEXT_ARG(walk.fault));
    json_read_place(&walk.reader, &line, &column);
    return search_wrong(search, PORT_FAILED, "%.*s: what it gives is no JSON at line %u, column %u: %s",
                        TEXT_ARG(where), line, column, walk.reader.error ? walk.reader.error : "a number out of range");
}

// ---- calls ------------------------------------------------------------------------------------------------

static int64_t lesser(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

struct http_answer search_ask(const struct credentials_search *search, const struct http_request *request)
{
    const struct credentials_world *world = search->world;
    struct http_request timed = *request;
    struct http_answer answer = {0};
    timed.maximum_bytes = SEARCH_ANSWER_BYTES;
    timed.timeout_ms = lesser(request->timeout_ms, world->timeout_ms ? world->timeout_ms : TIMEOUT_MS);
    timed.connect_timeout_ms =
        lesser(request->connect_timeout_ms, world->connect_timeout_ms ? world->connect_timeout_ms : CONNECT_TIMEOUT_MS);
    timed.connect_timeout_ms = lesser(timed.connect_timeout_ms, timed.timeout_ms);
    for (int attempt = 1; attempt <= 2; attempt++) {
        world->http->perform(world->http->context, search->scratch, &timed, 1, &answer);
        bool lost = answer.outcome == HTTP_LOST && !answer.timed_out;
        if (!lost && !(answer.outcome == HTTP_ANSWERED && answer.code >= 500))
            break;
    }
    return answer;
}

enum port_status search_status(const struct http_answer *answer)
{
    if (answer->outcome != HTTP_ANSWERED)
        return answer->timed_out ? PORT_TIMED_OUT : PORT_FAILED;
    if (answer->code == 429)
        return PORT_THROTTLED;
    return answer->code >= 400 && answer->code < 500 ? PORT_DENIED : PORT_FAILED;
}

struct text search_reason(const struct credentials_search *search, const struct http_answer *answer)
{
    if (answer->outcome == HTTP_ANSWERED)
        return arena_format(search->scratch, "it answers with code %d", answer->code);
    if (answer->outcome == HTTP_TOO_LARGE)
        return arena_format(search->scratch, "its answer is over %zu KB", SEARCH_ANSWER_BYTES / 1024);
    return answer->error.n ? answer->error : TEXT("no answer");
}
