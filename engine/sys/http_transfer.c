// One transfer: from a request to an answer.
#include <openssl/ssl.h>
#include <string.h>
#include <time.h>

#include "engine/sys/http_library.h"
#include "engine/sys/http_parts.h"

#define METHOD_BYTES 16
#define REASON_BYTES 256
#define BODY_MOST_BYTES ((size_t)1 << 40)  // whatever the caller says; a buffer's arithmetic needs some room
#define BODY_KEPT_BYTES (256 * 1024)       // a slot's memory for a body; what is larger is given back after use

static double seconds(clockid_t which)
{
    struct timespec now = {0};
    clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// ---- what libcurl calls -----------------------------------------------------------------------------------

// NOLINTBEGIN(readability-non-const-parameter): libcurl fixes their types
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http_slot *slot = context;
    long code = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &code);
    bool was_whole = slot->head.whole;
    if (!http_head_add(&slot->head, slot->arena, (struct text){bytes, size * count}, code < 200))
        return 0;
    if (slot->head.whole && !was_whole)
        slot->received_s = seconds(CLOCK_REALTIME);
    return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_slot *slot = context;
    buffer_add(&slot->body, (struct text){bytes, size * count});
    if (!slot->body.truncated)
        return size * count;
    slot->too_large = true;
    return 0;
}

// The connection stands, and the request goes out next. When libcurl comes here a second time, a connection kept from
// an earlier request died without an answer, and libcurl would send the request once more: but nobody knows whether the
// server has seen it.
static int before_sending(void *context, char *their_address, char *our_address, int their_port, int our_port)
{
    (void)their_address, (void)our_address, (void)their_port, (void)our_port;
    struct http_slot *slot = context;
    if (slot->sent)
        return CURL_PREREQFUNC_ABORT;
    slot->sent = true;
    return CURL_PREREQFUNC_OK;
}

// NOLINTEND(readability-non-const-parameter)

// Roots given to libcurl as a blob are parsed again for each connection, which then takes 2.4 ms of CPU instead of
// 0.5; with a whole bundle it is 19 more. One store that all connections share is parsed once.
static CURLcode on_tls_context(CURL *easy, void *tls_context, void *context)
{
    (void)easy;
    X509_STORE *trust = http_client_trust(context);
    if (!trust)
        return CURLE_SSL_CACERT_BADFILE;
    http_library_load_texts();
    SSL_CTX_set1_cert_store(tls_context, trust);
    return CURLE_OK;
}

// ---- setting up -------------------------------------------------------------------------------------------

// What holds for all transfers; false where libcurl lacks what we rely on.
static bool set_constants(struct http_slot *slot)
{
    CURL *easy = slot->easy;
    int refused = 0;
    refused |= (int)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->library_error);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)slot);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SHARE, slot->client->share);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, (void *)slot->client);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, http_socket_open);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, (void *)slot->client);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, http_socket_close);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, (void *)slot->client);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HEADERDATA, (void *)slot);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *)slot);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PREREQDATA, (void *)slot);
#if LIBCURL_VERSION_NUM >= 0x075500  // older ones meet no other scheme either: http_place_of has read the URL
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#endif
    return refused == 0;
}

static void discard_handle(struct http_slot *slot)
{
    curl_easy_cleanup(slot->easy);
    slot->easy = NULL;
}

static bool ready_handle(struct http_slot *slot)
{
    if (slot->easy)
        return true;
    slot->easy = curl_easy_init();
    if (!slot->easy)
        return false;
    if (set_constants(slot))
        return true;
    discard_handle(slot);
    return false;
}

static bool method_valid(struct text method)
{
    for (size_t i = 0; i < method.n; i++) {
        if (method.p[i] < 'A' || method.p[i] > 'Z')
            return false;
    }
    return method.n > 0 && method.n < METHOD_BYTES;
}

static bool request_valid(const struct http_request *request, struct http_place *place, struct buffer *error)
{
    if (!method_valid(request->method))
        buffer_printf(error, "not a method of HTTP");
    else if (!http_place_of(request->url, place))
        buffer_printf(error, "not a URL that can be called; what is wanted is https://HOST, without user and fragment");
    else if (!place->tls && !place->plain_allowed)
        buffer_printf(error, "plain HTTP goes to this machine and to AWS's link-local addresses only; use https://");
    else
        return true;
    return false;
}

// GET without a body is the one method that sends no Content-Length; HEAD awaits no body.
static int set_method(CURL *easy, struct arena *scratch, const struct http_request *request)
{
    int refused = 0;
    bool reads = text_is(request->method, "GET") && request->body.n == 0;
    bool head = text_is(request->method, "HEAD") && request->body.n == 0;
    refused |= (int)curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    if (head)
        return refused | (int)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (reads)
        return refused | (int)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_POST, 1L);
    // The size first: libcurl must never look for the end of a body itself.
    refused |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
    if (!text_is(request->method, "POST"))
        refused |= (int)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, arena_text(scratch, request->method).p);
    return refused;
}

static bool set_request(struct http_slot *slot, const struct http_place *place, struct curl_slist *headers)
{
    const struct http_request *request = slot->request;
    struct arena *scratch = &slot->client->scratch;
    CURL *easy = slot->easy;
    bool near = place->loopback || place->link_local;
    int refused = set_method(easy, scratch, request);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_URL, arena_text(scratch, request->url).p);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PROXY, near ? "" : NULL);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    return refused == 0;
}

void http_transfer_refuse(struct http_answer *answer, struct arena *arena, struct text reason)
{
    *answer = (struct http_answer){.outcome = HTTP_NOT_SENT, .error = arena_text(arena, reason)};
}

static bool begin(struct http_slot *slot, struct buffer *error)
{
    struct http_place place;
    struct curl_slist *headers;
    if (!request_valid(slot->request, &place, error) ||
        !http_headers_for_request(&slot->client->scratch, slot->request, &headers, error))
        return false;
    if (ready_handle(slot) && set_request(slot, &place, headers) &&
        curl_multi_add_handle(slot->client->multi, slot->easy) == CURLM_OK)
        return true;
    buffer_printf(error, "libcurl takes no request: out of memory, or built without TLS");
    return false;
}

bool http_transfer_start(struct http_slot *slot, const struct http_request *request, struct http_answer *answer,
                         struct arena *arena)
{
    slot->request = request;
    slot->answer = answer;
    slot->arena = arena;
    slot->endless = false;
    slot->head = (struct http_head){0};
    slot->body.maximum = request->maximum_bytes < BODY_MOST_BYTES ? request->maximum_bytes : BODY_MOST_BYTES;
    slot->sent = slot->too_large = false;
    slot->received_s = 0;
    slot->library_error[0] = '\0';
    slot->started_s = seconds(CLOCK_MONOTONIC);
    struct buffer error;
    buffer_init(&error, REASON_BYTES);
    slot->busy = begin(slot, &error);
    if (!slot->busy)
        http_transfer_refuse(answer, arena, buffer_text(&error));
    buffer_release(&error);
    return slot->busy;
}

static void forget_body(struct http_slot *slot)
{
    if (slot->body.capacity > BODY_KEPT_BYTES)
        buffer_release(&slot->body);
    else
        buffer_clear(&slot->body);
}

// Does the answer say how long it is? One that ends with its connection may as well have been cut off.
static bool length_known(const struct http_slot *slot)
{
    long code = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &code);
    if (code == 204 || code == 304 || text_is(slot->request->method, "HEAD"))
        return true;
    for (size_t i = 0; i < slot->head.count; i++) {
        struct text name = slot->head.headers[i].name;
        if (text_is(name, "content-length") || text_is(name, "transfer-encoding"))
            return true;
    }
    return false;
}

void http_transfer_finish(struct http_slot *slot, CURLcode code)
{
    struct http_answer *answer = slot->answer;
    *answer = (struct http_answer){.elapsed_s = seconds(CLOCK_MONOTONIC) - slot->started_s};
    slot->endless = code == CURLE_OK && slot->head.whole && !length_known(slot);
    http_outcome_set(slot, code);
    if (slot->head.whole && !slot->head.fault) {
        answer->headers = slot->head.headers;
        answer->header_count = slot->head.count;
        answer->received_s = slot->received_s;
    }
    if (answer->outcome == HTTP_ANSWERED) {
        long number = 0;
        curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &number);
        answer->code = (int)number;
        answer->body = arena_text(slot->arena, buffer_text(&slot->body));
    }
    curl_multi_remove_handle(slot->client->multi, slot->easy);
    // A handle remembers what went wrong, and libcurl does not make it forget.
    if (answer->outcome != HTTP_ANSWERED)
        discard_handle(slot);
    forget_body(slot);
    slot->busy = false;
}

void http_slot_release(struct http_slot *slot)
{
    discard_handle(slot);
    buffer_release(&slot->body);
}
