// What AWS says of a call that failed, made fit to be printed.
#include "engine/aws/aws_parts.h"

#include <string.h>

#include "engine/base/utf8.h"

#define CODE_BYTES 100
#define MESSAGE_BYTES 600
#define REQUEST_ID_BYTES 100
#define KEY_SHOWN 4  // characters at either end of an access key id

struct text printable(struct arena *arena, struct text text, size_t most)
{
    char *p = arena_alloc(arena, most + sizeof "...");
    size_t n = utf8_show(text, most, p);
    return (struct text){p, n};
}

// ---- code and message -------------------------------------------------------------------------------------

struct error_members {
    struct json_source *source;
    struct text type, code, message;
};

static bool text_member(struct json_source *source, struct text *out)
{
    enum json_token token = json_next(source->reader);
    if (token == JSON_STRING)
        *out = source->reader->text;
    return json_skip(source->reader, token);
}

static bool error_member(void *context, struct json_source *source, struct text key)
{
    struct error_members *members = context;
    if (text_is(key, "__type"))
        return text_member(source, &members->type);
    if (text_is(key, "code"))
        return text_member(source, &members->code);
    if (text_is(key, "message") || text_is(key, "Message"))
        return text_member(source, &members->message);
    return source_skip_value(source);
}

static struct text between(struct text whole, struct text before, struct text after)
{
    const char *start = whole.n ? memmem(whole.p, whole.n, before.p, before.n) : NULL;
    if (!start)
        return (struct text){NULL, 0};
    struct text rest = text_from(whole, (size_t)(start - whole.p) + before.n);
    const char *end = rest.n ? memmem(rest.p, rest.n, after.p, after.n) : NULL;
    return end ? (struct text){rest.p, (size_t)(end - rest.p)} : (struct text){NULL, 0};
}

// "aws.protocoltests#FooError:http://..." -> "FooError"; what is no name is none.
static struct text code_of(struct arena *arena, struct text type)
{
    size_t at;
    if (text_find(type, ':', &at))
        type.n = at;
    if (text_find(type, '#', &at))
        type = text_from(type, at + 1);
    type = text_trim(type);
    if (type.n > CODE_BYTES)
        return (struct text){NULL, 0};
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        bool name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!name && !memchr("._-", c, 3))
            return (struct text){NULL, 0};
    }
    return arena_text(arena, type);
}

static struct text wrong_secret(struct arena *arena, const struct credentials *credentials)
{
    struct text key = text_of(credentials->access_key_id);
    if (key.n <= 2 * KEY_SHOWN)
        return TEXT("the secret key does not belong to the access key");
    return arena_format(arena, "the secret key does not belong to the access key %.*s...%.*s", KEY_SHOWN, key.p,
                        KEY_SHOWN, key.p + key.n - KEY_SHOWN);
}

static struct text message_of(struct arena *arena, struct text code, struct text message,
                              const struct credentials *credentials)
{
    bool signature = text_is(code, "InvalidSignatureException") || text_is(code, "SignatureDoesNotMatch");
    if (signature && (message.n == 0 || text_contains(message, TEXT("signature we calculated does not match"))))
        return wrong_secret(arena, credentials);
    if (credentials_told(credentials, message))
        return TEXT("(AWS's message is not shown: it holds credentials)");
    return printable(arena, text_trim(message), MESSAGE_BYTES);
}

void error_read(struct arena *arena, struct call *call, const struct http_answer *answer,
                const struct credentials *credentials)
{
    struct error_members members = {0};
    struct buffer ignored;
    buffer_init(&ignored, 0);
    if (!answer_object(arena, answer->body, error_member, &members, &ignored)) {
        members.code = between(answer->body, TEXT("<Code>"), TEXT("</Code>"));
        members.message = between(answer->body, TEXT("<Message>"), TEXT("</Message>"));
    }
    buffer_release(&ignored);
    struct text types[] = {http_header_value(answer, "x-amzn-errortype"), members.type, members.code};
    call->error_code = (struct text){NULL, 0};
    for (size_t i = 0; i < 3 && call->error_code.n == 0; i++)
        if (!credentials_told(credentials, types[i]))
            call->error_code = code_of(arena, types[i]);
    call->message = message_of(arena, call->error_code, members.message, credentials);
}

// ---- texts ------------------------------------------------------------------------------------------------

// What happened, without the parentheses.
static struct text what_happened(struct arena *arena, const struct call *call, const struct http_answer *answer)
{
    if (answer->outcome == HTTP_TOO_LARGE)
        return TEXT("the answer is too large");
    if (answer->outcome != HTTP_ANSWERED) {
        struct text why = printable(arena, answer->error, MESSAGE_BYTES);
        return answer->outcome == HTTP_LOST ? arena_format(arena, "the answer was lost: %.*s", TEXT_ARG(why)) : why;
    }
    if (call->error_code.n && call->message.n)
        return arena_format(arena, "%.*s: %.*s", TEXT_ARG(call->error_code), TEXT_ARG(call->message));
    if (call->error_code.n)
        return call->error_code;
    return call->message.n ? arena_format(arena, "HTTP %d: %.*s", answer->code, TEXT_ARG(call->message))
                           : arena_format(arena, "HTTP %d", answer->code);
}

struct text error_reason(struct arena *arena, const struct call *call, const struct http_answer *answer,
                         struct text endpoint, int attempts)
{
    struct text what = what_happened(arena, call, answer);
    struct text where = call->request_id.n ? arena_format(arena, "request id %.*s", TEXT_ARG(call->request_id))
                                           : printable(arena, endpoint, REQUEST_ID_BYTES);
    if (attempts > 1)
        return arena_format(arena, "%.*s (%.*s, %d attempts)", TEXT_ARG(what), TEXT_ARG(where), attempts);
    return arena_format(arena, "%.*s (%.*s)", TEXT_ARG(what), TEXT_ARG(where));
}

struct text call_error_text(struct arena *arena, const struct call *call, struct text target)
{
    return arena_format(arena, "%s of %.*s: %.*s", call->operation->name, TEXT_ARG(target), TEXT_ARG(call->reason));
}

struct port_result call_result_of(struct arena *arena, const struct call *call, struct text target)
{
    struct port_result result = call->result;
    if (result.status != PORT_OK)
        result.error = call_error_text(arena, call, target);
    return result;
}
