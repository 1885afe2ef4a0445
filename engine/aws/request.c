// One signed request.
#include "engine/aws/aws_parts.h"

#include "drowse/version.h"
#include "engine/aws/sigv4.h"
#include "engine/sys/http.h"

#define HEADERS 16
#define AUTHORIZATION_BYTES 1024
#define DIGITS_DRAWN 13  // hexadecimal ones, of the 53 bits of one random fraction

// ---- endpoints --------------------------------------------------------------------------------------------

// The port that the scheme has anyway is not in the Host header.
static struct text without_port(struct text authority, struct text port)
{
    return text_ends(authority, port) ? (struct text){authority.p, authority.n - port.n} : authority;
}

bool endpoint_parse(struct arena *arena, struct text url, struct endpoint *endpoint, const char **why)
{
    bool secure = text_starts(url, TEXT("https://"));
    if (!secure && !text_starts(url, TEXT("http://"))) {
        *why = "is no URL that begins with https://";
        return false;
    }
    if (!secure && !http_plain_allowed(url)) {
        *why = "is plain HTTP, which goes to this machine only: use https://";
        return false;
    }
    while (text_ends(url, TEXT("/")))
        url.n--;
    struct text rest = text_from(url, secure ? 8 : 7);
    size_t slash = rest.n;
    text_find(rest, '/', &slash);
    struct text authority = {rest.p, slash};
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] <= ' ' || rest.p[i] > '~' || rest.p[i] == '?' || rest.p[i] == '#' || rest.p[i] == '@') {
            *why = "holds a blank, a query, a fragment or a user";
            return false;
        }
    }
    if (authority.n == 0) {
        *why = "names no host";
        return false;
    }
    endpoint->url = arena_text(arena, url);
    endpoint->post = arena_format(arena, "%.*s/", TEXT_ARG(url));
    endpoint->host = arena_text(arena, without_port(authority, secure ? TEXT(":443") : TEXT(":80")));
    endpoint->path = arena_format(arena, "%.*s/", TEXT_ARG(text_from(rest, slash)));
    return true;
}

const struct endpoint *endpoint_of(const struct aws *aws, const struct operation *operation)
{
    return text_is(text_of(operation->service), "ecs") ? &aws->ecs : &aws->cloudwatch;
}

// ---- requests ---------------------------------------------------------------------------------------------

// A version 4 UUID (RFC 9562): it tells AWS's logs which attempts are one call.
void invocation_make(struct aws *aws, char invocation[INVOCATION_BYTES])
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    static const char digits[] = "0123456789abcdef";
    double fraction = 0;
    for (size_t i = 0, drawn = 0; i < sizeof form; i++) {
        invocation[i] = form[i];
        if (form[i] != 'x' && form[i] != 'y')
            continue;
        fraction = (drawn++ % DIGITS_DRAWN ? fraction : aws->random()) * 16;
        unsigned digit = (unsigned)fraction & 15;
        fraction -= digit;
        if (form[i] == 'x')
            invocation[i] = digits[digit];
        if (form[i] == 'y')
            invocation[i] = digits[8 + (digit & 3)];
    }
}

struct header_list {
    struct http_header items[HEADERS];
    size_t count;
};

static void add_header(struct header_list *list, struct text name, struct text value)
{
    if (value.n)
        list->items[list->count++] = (struct http_header){name, value};
}

static bool plain(struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
    return true;
}

// What is signed: also the Host header, which the port writes.
static void signed_headers(const struct aws *aws, struct arena *arena, const struct attempt *attempt,
                           const struct credentials *credentials, struct header_list *list)
{
    const struct operation *operation = attempt->call->operation;
    char *stamp = arena_alloc(arena, SIGV4_STAMP_BYTES);
    sigv4_stamp(attempt->begun_s + attempt->correction_s, stamp);
    add_header(list, TEXT("host"), endpoint_of(aws, operation)->host);
    add_header(list, TEXT("content-type"), text_of(operation->content_type));
    add_header(list, TEXT("x-amz-date"), text_of(stamp));
    add_header(list, TEXT("x-amz-security-token"), text_of(credentials->session_token));
    add_header(list, TEXT("x-amz-target"), arena_format(arena, "%s.%s", operation->target, operation->name));
}

static void other_headers(const struct aws *aws, struct arena *arena, const struct attempt *attempt,
                          struct header_list *list)
{
    int most = attempt->sent > aws->settings.max_attempts ? attempt->sent : aws->settings.max_attempts;
    add_header(list, TEXT("user-agent"), TEXT("drowse/" DROWSE_VERSION));
    add_header(list, TEXT("amz-sdk-invocation-id"), text_of(attempt->invocation));
    add_header(list, TEXT("amz-sdk-request"), arena_format(arena, "attempt=%d; max=%d", attempt->sent, most));
    if (plain(aws->run.trace_header))
        add_header(list, TEXT("x-amzn-trace-id"), aws->run.trace_header);
}

static bool sign(const struct aws *aws, struct arena *arena, const struct attempt *attempt,
                 const struct credentials *credentials, struct header_list *list)
{
    const struct operation *operation = attempt->call->operation;
    const struct sigv4_request request = {
        .method = TEXT("POST"),
        .path = endpoint_of(aws, operation)->path,
        .headers = list->items,
        .header_count = list->count,
        .body = attempt->call->body,
    };
    const struct sigv4_scope scope = {aws->settings.region, text_of(operation->signing_name),
                                      attempt->begun_s + attempt->correction_s};
    struct buffer authorization;
    buffer_init(&authorization, AUTHORIZATION_BYTES);
    bool done = sigv4_authorization(credentials, &scope, &request, &authorization) && !authorization.truncated;
    add_header(list, TEXT("authorization"), arena_text(arena, buffer_text(&authorization)));
    buffer_release(&authorization);
    return done;
}

bool request_make(const struct aws *aws, struct arena *arena, struct attempt *attempt,
                  const struct credentials *credentials, int64_t timeout_ms, struct http_request *request)
{
    const struct aws_settings *settings = &aws->settings;
    struct header_list *list = ARENA_NEW(arena, struct header_list);
    signed_headers(aws, arena, attempt, credentials, list);
    if (!sign(aws, arena, attempt, credentials, list))
        return false;
    other_headers(aws, arena, attempt, list);
    *request = (struct http_request){
        .method = TEXT("POST"),
        .url = endpoint_of(aws, attempt->call->operation)->post,
        .headers = list->items + 1,  // the Host header is the port's
        .header_count = list->count - 1,
        .body = attempt->call->body,
        .connect_timeout_ms = settings->connect_timeout_ms < timeout_ms ? settings->connect_timeout_ms : timeout_ms,
        .timeout_ms = timeout_ms,
        .maximum_bytes = settings->maximum_bytes,
    };
    return true;
}
