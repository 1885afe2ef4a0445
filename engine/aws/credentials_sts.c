// Roles assumed at STS: AssumeRole, signed, and AssumeRoleWithWebIdentity, unsigned; a form asks, XML answers
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
#include <openssl/crypto.h>
#include <string.h>

#include "engine/aws/aws_parts.h"
#include "engine/aws/credentials_parts.h"
#include "engine/aws/sigv4.h"
#include "engine/aws/xml.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/sys/files.h"

#define VERSION "2011-06-15"
#define TOKEN_BYTES ((size_t)32 * 1024)  // STS takes 20,000 characters
#define MESSAGE_BYTES 300                // of an error message of STS
#define AUTHORIZATION_BYTES 2048

// ---- where STS is -----------------------------------------------------------------------------------------

// False: what is configured is no URL, and `why` says so.
static bool sts_endpoint(const struct credentials_search *search, struct endpoint *endpoint, const char **why)
{
    const struct credentials_world *world = search->world;
    struct text url = world->sts_endpoint;
    const char *end = text_starts(world->region, TEXT("cn-")) ? "amazonaws.com.cn" : "amazonaws.com";
    if (url.n == 0)
        url = arena_format(search->scratch, "https://sts.%.*s.%s", TEXT_ARG(world->region), end);
    return endpoint_parse(search->scratch, url, endpoint, why);
}

// ---- the question -----------------------------------------------------------------------------------------

static struct text encoded(struct arena *arena, struct text text)
{
    char *p = arena_alloc(arena, 3 * text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += sigv4_encode(text.p[i], p + n);
    return (struct text){p, n};
}

static struct text add_field(struct arena *arena, struct text form, const char *name, struct text value)
{
    if (value.n == 0)
        return form;
    return arena_format(arena, "%.*s&%s=%.*s", TEXT_ARG(form), name, TEXT_ARG(encoded(arena, value)));
}

static struct text form_of(struct arena *arena, const struct assumption *assumption)
{
    const char *action = assumption->signer ? "AssumeRole" : "AssumeRoleWithWebIdentity";
    struct text form = arena_format(arena, "Action=%s&Version=" VERSION, action);
    struct text duration = {0};
    if (assumption->duration_s)
        duration = arena_format(arena, "%lld", (long long)assumption->duration_s);
    form = add_field(arena, form, "RoleArn", assumption->role_arn);
    form = add_field(arena, form, "RoleSessionName", assumption->session_name);
    form = add_field(arena, form, "DurationSeconds", duration);
    form = add_field(arena, form, "ExternalId", assumption->external_id);
    return add_field(arena, form, "WebIdentityToken", assumption->web_identity);
}

// Host, which the port sends by itself, is the first: signed, but not among those that are given to the port.
enum { HEADER_HOST, HEADER_TYPE, HEADER_DATE, HEADER_TOKEN, HEADERS };

static struct text sign(struct credentials_search *search, const struct credentials *signer,
                        const struct sigv4_request *request, double at_s)
{
    const struct sigv4_scope scope = {search->world->region, TEXT("sts"), at_s};
    struct buffer value;
    struct text copy = {0};
    buffer_init(&value, AUTHORIZATION_BYTES);
    if (sigv4_authorization(signer, &scope, request, &value))
        copy = arena_text(search->scratch, buffer_text(&value));
    buffer_release(&value);
    return copy;
}

static bool ask_sts(struct credentials_search *search, const struct assumption *assumption,
                    const struct endpoint *endpoint, struct http_answer *answer)
{
    const struct clock *clock = search->world->clock;
    const struct credentials *signer = assumption->signer;
    char stamp[SIGV4_STAMP_BYTES];
    double at_s = clock->now_s(clock->context);
    struct text body = form_of(search->scratch, assumption);
    size_t count = signer && signer->session_token[0] ? HEADERS : HEADER_TOKEN;
    sigv4_stamp(at_s, stamp);
    struct http_header headers[HEADERS + 1] = {
        [HEADER_HOST] = {TEXT("Host"), endpoint->host},
        [HEADER_TYPE] = {TEXT("Content-Type"), TEXT("application/x-www-form-urlencoded; charset=utf-8")},
        [HEADER_DATE] = {TEXT("X-Amz-Date"), text_of(stamp)},
        [HEADER_TOKEN] = {TEXT("X-Amz-Security-Token"), signer ? text_of(signer->session_token) : TEXT("")},
    };
    if (signer) {
        const struct sigv4_request request = {
            .method = TEXT("POST"), .path = endpoint->path, .headers = headers, .header_count = count, .body = body};
        headers[count] = (struct http_header){TEXT("Authorization"), sign(search, signer, &request, at_s)};
        if (headers[count++].value.n == 0)
            return false;
    }
    const struct http_request request = {
        .method = TEXT("POST"), .url = endpoint->post, .headers = headers + 1, .header_count = count - 1, .body = body};
    *answer = search_ask(search, &request);
    return true;
}

// ---- the answer -------------------------------------------------------------------------------------------

// The first line of what STS says: the others of a refused signature repeat what was signed. Nothing at all where it
// repeats a secret.
static struct text safe_message(struct arena *arena, const struct assumption *assumption, struct text message)
{
    text_find(message, '\n', &message.n);
    bool leaks = text_contains(message, assumption->web_identity) ||
                 (assumption->signer && credentials_told(assumption->signer, message));
    return leaks ? TEXT("") : printable(arena, text_trim(message), MESSAGE_BYTES);
}

static enum credentials_found refused(struct credentials_search *search, const struct assumption *assumption,
                                      const struct http_answer *answer)
{
    struct arena *arena = search->scratch;
    enum port_status status = search_status(answer);
    struct text reason = search_reason(search, answer), code = {0}, message = {0}, request = {0};
    if (answer->outcome == HTTP_ANSWERED) {
        code = safe_message(arena, assumption, xml_text(arena, answer->body, "ErrorResponse/Error/Code"));
        message = safe_message(arena, assumption, xml_text(arena, answer->body, "ErrorResponse/Error/Message"));
        request = safe_message(arena, assumption, xml_text(arena, answer->body, "ErrorResponse/RequestId"));
    }
    if (text_starts(code, TEXT("Throttl")))
        status = PORT_THROTTLED;
    if (code.n)
        reason = arena_format(arena, "%.*s%s%.*s", TEXT_ARG(code), message.n ? ": " : "", TEXT_ARG(message));
    if (request.n)
        reason = arena_format(arena, "%.*s (request id %.*s)", TEXT_ARG(reason), TEXT_ARG(request));
    return search_wrong(search, status, "%.*s: %.*s", TEXT_ARG(assumption->where), TEXT_ARG(reason));
}

static enum credentials_found read_keys(struct credentials_search *search, const struct assumption *assumption,
                                        struct text body)
{
    const char *path = assumption->signer
                           ? "AssumeRoleResponse/AssumeRoleResult/Credentials"
                           : "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials";
    struct text inside;
    struct key_texts keys = {0};
    if (!xml_find(body, path, &inside))
        return search_wrong(search, PORT_FAILED, "%.*s: the answer is not the XML that it should be",
                            TEXT_ARG(assumption->where));
    keys.access_key_id = xml_text(search->scratch, inside, "AccessKeyId");
    keys.secret_access_key = xml_text(search->scratch, inside, "SecretAccessKey");
    keys.session_token = xml_text(search->scratch, inside, "SessionToken");
    if (!parse_instant(xml_text(search->scratch, inside, "Expiration"), &keys.expires_s) || keys.session_token.n == 0)
        return search_wrong(search, PORT_FAILED, "%.*s: the answer lacks an Expiration or a SessionToken",
                            TEXT_ARG(assumption->where));
    return search_take(search, assumption->where, &keys);
}

enum credentials_found search_assume(struct credentials_search *search, const struct assumption *assumption)
{
    struct http_answer answer;
    struct endpoint endpoint;
    const char *why;
    if (search->world->region.n == 0)
        return search_wrong(search, PORT_DENIED, "%.*s: needs a region: set AWS_REGION", TEXT_ARG(assumption->where));
    if (!sts_endpoint(search, &endpoint, &why))
        return search_wrong(search, PORT_DENIED, "%.*s: the endpoint of STS %s", TEXT_ARG(assumption->where), why);
    if (!ask_sts(search, assumption, &endpoint, &answer))
        return search_wrong(search, PORT_FAILED, "%.*s: OpenSSL could not sign it", TEXT_ARG(assumption->where));
    if (answer.outcome != HTTP_ANSWERED || answer.code != 200)
        return refused(search, assumption, &answer);
    return read_keys(search, assumption, answer.body);
}

struct text search_session_name(const struct credentials_search *search)
{
    const struct clock *clock = search->world->clock;
    return arena_format(search->scratch, "drowse-%.0f", clock->now_s(clock->context));
}

// ---- web identity -----------------------------------------------------------------------------------------

enum credentials_found search_web_identity(struct credentials_search *search, struct text where, struct text token_file,
                                           struct text role_arn, struct text session_name)
{
    struct assumption assumption = {.where = where, .role_arn = role_arn, .session_name = session_name};
    // Read each time: whoever gave it replaces it before it ends.
    if (!file_read(search->scratch, token_file, TOKEN_BYTES, &assumption.web_identity, search->error)) {
        buffer_printf(search->error, " (%.*s: its web identity token)", TEXT_ARG(where));
        search->status = PORT_DENIED;
        return CREDENTIALS_WRONG;
    }
    assumption.web_identity = text_trim(assumption.web_identity);
    if (assumption.web_identity.n == 0)
        return search_wrong(search, PORT_DENIED, "%.*s: the token file %.*s is empty", TEXT_ARG(where),
                            TEXT_ARG(token_file));
    if (session_name.n == 0)
        assumption.session_name = search_session_name(search);
    return search_assume(search, &assumption);
}
