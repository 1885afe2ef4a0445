// What libcurl says, in the words of the port.
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "engine/sys/http_parts.h"
#include "engine/sys/reason.h"

#define ERROR_BYTES 256

// What needs no more than its name. Nothing of libcurl's own texts is passed on where it could hold a URL.
static const struct {
    CURLcode code;
    const char *words;
} plain_words[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "the host's name cannot be resolved"},
    {CURLE_COULDNT_RESOLVE_PROXY, "the proxy's name cannot be resolved"},
    {CURLE_PROXY, "the proxy refused"},
    {CURLE_GOT_NOTHING, "the connection was closed before an answer"},
    {CURLE_ABORTED_BY_CALLBACK, "the connection was closed before an answer"},  // see before_sending
    {CURLE_PARTIAL_FILE, "the answer was cut short"},
    {CURLE_WEIRD_SERVER_REPLY, "what answered does not speak HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, "what answered does not speak HTTP"},

};

static bool is_tls(CURLcode code)
{
    return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
           code == CURLE_SSL_CIPHER || code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_CACERT_BADFILE;
}

static long system_error(CURL *easy)
{
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    return number;
}

static void add_timeout(struct buffer *error, const struct http_slot *slot)
{
    int64_t whole = slot->request->timeout_ms, connecting = slot->request->connect_timeout_ms;
    bool by_connecting = !slot->sent && connecting > 0 && (whole <= 0 || connecting < whole);
    buffer_printf(error, "timed out after %lld ms%s", (long long)(by_connecting ? connecting : whole),
                  slot->sent ? "" : " while connecting");
}

// libcurl compares the host's name itself; where OpenSSL found no fault with the chain, that is what is left.
static void add_verify_failure(struct buffer *error, CURL *easy)
{
    long result = X509_V_OK;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    if (result == X509_V_OK || result == X509_V_ERR_UNSPECIFIED)
        buffer_printf(error, "TLS: the certificate is for another host name");
    else
        buffer_printf(error, "TLS: certificate verify failed (%s)", X509_verify_cert_error_string(result));
}

// "error:0A00010B:SSL routines::wrong version number" has its reason behind the last colon.
static void add_handshake_failure(struct buffer *error, struct http_slot *slot)
{
    long number = system_error(slot->easy);
    const char *colon = strrchr(slot->library_error, ':');
    if (colon && strstr(slot->library_error, "error:")) {
        buffer_printf(error, "TLS: the handshake failed (%s)", colon + 1);
        return;
    }
    buffer_printf(error, "TLS: the handshake failed");
    if (number == 0)
        return;
    buffer_printf(error, " (");
    reason_add(error, (int)number);
    buffer_add_char(error, ')');
}

static void add_connection_failure(struct buffer *error, const struct http_slot *slot, CURLcode code)
{
    long number = system_error(slot->easy);
    // libcurl keeps an old number until there is a new one.
    bool fresh = code == CURLE_COULDNT_CONNECT || strstr(slot->library_error, "failure: ");
    if (number && fresh)
        reason_add(error, (int)number);
    else if (code == CURLE_COULDNT_CONNECT)
        buffer_printf(error, "no connection");
    else if (code == CURLE_RECV_ERROR)  // chunks that make no sense, TLS that ended without its goodbye
        buffer_printf(error, "the answer is broken or was cut short");
    else
        buffer_printf(error, "the connection was lost");
}

static void add_words(struct buffer *error, struct http_slot *slot, CURLcode code)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        add_verify_failure(error, slot->easy);
        return;
    }
    if (is_tls(code)) {
        add_handshake_failure(error, slot);
        return;
    }
    for (size_t i = 0; i < sizeof plain_words / sizeof plain_words[0]; i++) {
        if (plain_words[i].code == code) {
            buffer_printf(error, "%s", plain_words[i].words);
            return;
        }
    }
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)
        add_connection_failure(error, slot, code);
    else
        buffer_printf(error, "libcurl: %s", curl_easy_strerror(code));
}

static void add_error(struct buffer *error, struct http_slot *slot, CURLcode code)
{
    if (slot->too_large)
        buffer_printf(error, "the answer's body has more than %zu bytes", slot->request->maximum_bytes);
    else if (slot->endless)
        buffer_printf(error, "the answer does not say how long it is");
    else if (slot->head.fault)
        buffer_printf(error, "%s", slot->head.fault);
    else if (code == CURLE_OK)  // libcurl takes a connection closed within the head for a whole answer
        buffer_printf(error, "the answer was cut short");
    else if (code == CURLE_OPERATION_TIMEDOUT)
        add_timeout(error, slot);
    else
        add_words(error, slot, code);
}

static enum http_outcome outcome_of(const struct http_slot *slot, CURLcode code)
{
    if (slot->too_large)
        return HTTP_TOO_LARGE;
    if (code == CURLE_OK && slot->head.whole && !slot->head.fault && !slot->endless)
        return HTTP_ANSWERED;
    return slot->sent ? HTTP_LOST : HTTP_NOT_SENT;
}

void http_outcome_set(struct http_slot *slot, CURLcode code)
{
    struct http_answer *answer = slot->answer;
    answer->outcome = outcome_of(slot, code);
    if (answer->outcome == HTTP_ANSWERED)
        return;
    answer->timed_out = code == CURLE_OPERATION_TIMEDOUT && answer->outcome != HTTP_TOO_LARGE;
    struct buffer error;
    buffer_init(&error, ERROR_BYTES);
    add_error(&error, slot, code);
    answer->error = arena_text(slot->arena, buffer_text(&error));
    buffer_release(&error);
}
