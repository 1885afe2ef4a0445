#include "lambdas/runtime_http.h"

#include <curl/curl.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/http_library.h"

#define API_VERSION "/2018-06-01"
#define URL_BYTES 1024
#define SAID_BYTES 4096           // of what is answered to a POST
#define CONNECT_TIMEOUT_MS 5000L  // to this machine: only a broken one takes long
#define CONNECTION_AGE_S 86400L   // longer than any event takes: a connection that works is kept
#define ERROR_TYPE_HEADER "Lambda-Runtime-Function-Error-Type: "

struct channel {
    struct arena memory;  // holds this struct too
    CURL *curl;
    struct curl_slist *post_headers;
    struct text address;
    struct buffer url;
    struct buffer event;  // of the newest GET
    struct buffer said;   // to the newest POST: a reply may point into the event that it answers
};

// What one exchange fills.
struct exchange {
    struct arena *arena;
    struct buffer *body;
    struct channel_answer *answer;
};

// ---- the answer -------------------------------------------------------------------------------------------

// The field that a header goes to; NULL for all others.
static struct text *field_of(struct channel_answer *answer, struct text name)
{
    const struct {
        const char *name;
        struct text *field;
    } fields[] = {
        {"lambda-runtime-aws-request-id", &answer->request_id},
        {"lambda-runtime-deadline-ms", &answer->deadline_ms},
        {"lambda-runtime-invoked-function-arn", &answer->function_arn},
        {"lambda-runtime-trace-id", &answer->trace_header},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (text_is_any_case(name, fields[i].name))
            return fields[i].field;
    return NULL;
}

// NOLINTBEGIN(readability-non-const-parameter): libcurl fixes their types
static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    const struct exchange *exchange = context;
    struct text line = {bytes, size * count};
    size_t colon;
    if (text_find(line, ':', &colon)) {
        struct text *field = field_of(exchange->answer, text_trim((struct text){line.p, colon}));
        if (field)
            *field = arena_text(exchange->arena, text_trim(text_from(line, colon + 1)));
    }
    return size * count;
}

// What is too large is read to its end all the same, so that the connection stays good and an error can be posted.
static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    const struct exchange *exchange = context;
    buffer_add(exchange->body, (struct text){bytes, size * count});
    return size * count;
}
// NOLINTEND(readability-non-const-parameter)

// ---- the request ------------------------------------------------------------------------------------------

static void list_cleanup(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}
#define LIST_OWNED __attribute__((cleanup(list_cleanup)))

static bool list_add(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

// Expect is taken away: with it, libcurl would wait a second before a large body.
static bool add_post_headers(struct curl_slist **list)
{
    return list_add(list, "Content-Type: application/json") && list_add(list, "Expect:");
}

// The options that hold for all exchanges. No time limit: the process may be frozen within GET /next for hours.
static void set_up(struct channel *channel)
{
    CURL *curl = channel->curl;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_S);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
}

static void set_request(struct channel *channel, const struct channel_request *request, struct curl_slist *headers)
{
    CURL *curl = channel->curl;
    buffer_clear(&channel->url);
    buffer_printf(&channel->url, "http://%.*s" API_VERSION "%.*s", TEXT_ARG(channel->address), TEXT_ARG(request->path));
    curl_easy_setopt(curl, CURLOPT_URL, channel->url.p);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    if (request->post) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
}

// libcurl is built without its own texts.
static struct text reason_of(struct arena *arena, CURLcode result)
{
    static const struct {
        CURLcode code;
        const char *text;
    } reasons[] = {
        {CURLE_COULDNT_CONNECT, "cannot connect"},
        {CURLE_OPERATION_TIMEDOUT, "cannot connect in time"},
        {CURLE_COULDNT_RESOLVE_HOST, "no such host"},
        {CURLE_GOT_NOTHING, "the connection was closed without an answer"},
        {CURLE_SEND_ERROR, "the connection was reset while sending"},
        {CURLE_RECV_ERROR, "the connection was reset while receiving"},
        {CURLE_PARTIAL_FILE, "the answer was cut short"},
        {CURLE_UNSUPPORTED_PROTOCOL, "the answer is not HTTP"},
        {CURLE_WEIRD_SERVER_REPLY, "the answer is not HTTP"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].code == result)
            return text_of(reasons[i].text);
    return arena_format(arena, "libcurl's error %d", (int)result);
}

static void perform(struct channel *channel, struct exchange *exchange)
{
    CURL *curl = channel->curl;
    struct channel_answer *answer = exchange->answer;
    long code = 0;
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, NULL);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, NULL);
    if (result == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    else
        answer->reason = reason_of(exchange->arena, result);
    answer->code = (int)code;
    answer->body = buffer_text(exchange->body);
    answer->too_large = exchange->body->truncated;
}

void channel_exchange(struct channel *channel, struct arena *arena, const struct channel_request *request,
                      struct channel_answer *answer)
{
    struct exchange exchange = {arena, request->post ? &channel->said : &channel->event, answer};
    struct curl_slist *own LIST_OWNED = NULL;
    *answer = (struct channel_answer){.reason = TEXT("out of memory")};
    buffer_clear(exchange.body);
    if (request->error_type.n) {
        struct text line = arena_format(arena, ERROR_TYPE_HEADER "%.*s", TEXT_ARG(request->error_type));
        if (!add_post_headers(&own) || !list_add(&own, line.p))
            return;
    }
    set_request(channel, request, request->post ? (own ? own : channel->post_headers) : NULL);
    perform(channel, &exchange);
    curl_easy_setopt(channel->curl, CURLOPT_HTTPHEADER, NULL);  // the list ends here
}

// ---- the channel ------------------------------------------------------------------------------------------

// Nothing in it may lead the URL elsewhere.
static bool is_host_and_port(struct text address)
{
    size_t colon;
    if (address.n == 0 || address.n > URL_BYTES / 2 || !text_find(address, ':', &colon) || colon == 0)
        return false;
    for (size_t i = 0; i < address.n; i++) {
        char c = address.p[i];
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(".-_:[]", c));
        if (!plain)
            return false;
    }
    return true;
}

struct channel *channel_new(struct text address, size_t maximum_bytes, struct buffer *error)
{
    if (address.n == 0) {
        buffer_printf(error, "AWS_LAMBDA_RUNTIME_API is not set: only Lambda, or what stands in for it, starts this");
        return NULL;
    }
    if (!is_host_and_port(address)) {
        buffer_printf(error, "AWS_LAMBDA_RUNTIME_API is '%.*s': it must be host:port", TEXT_ARG(address));
        return NULL;
    }
    struct arena memory = {0};
    struct channel *channel = ARENA_NEW(&memory, struct channel);
    channel->address = arena_text(&memory, address);
    buffer_init(&channel->url, URL_BYTES);
    buffer_init(&channel->event, maximum_bytes);
    buffer_init(&channel->said, SAID_BYTES);
    channel->memory = memory;
    if (http_library_start())
        channel->curl = curl_easy_init();
    if (!channel->curl || !add_post_headers(&channel->post_headers)) {
        buffer_printf(error, "libcurl cannot be set up");
        channel_free(channel);
        return NULL;
    }
    set_up(channel);
    return channel;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    curl_easy_cleanup(channel->curl);
    curl_slist_free_all(channel->post_headers);
    http_library_end();
    buffer_release(&channel->url);
    buffer_release(&channel->event);
    buffer_release(&channel->said);
    struct arena memory = channel->memory;
    arena_release(&memory);
}
