// What the files of the HTTP client share; nobody else includes this.
#ifndef DROWSE_SYS_HTTP_PARTS_H
#define DROWSE_SYS_HTTP_PARTS_H

#include <curl/curl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "drowse/ports.h"
#include "drowse/text.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

// ---- where a URL leads ------------------------------------------------------------------------------------

struct http_place {
    struct text host;  // without the brackets of an IPv6 address
    bool tls;
    bool loopback;
    bool link_local;     // or one of AWS's local addresses
    bool plain_allowed;  // loopback, and where AWS hands out credentials
};

// False: it is no URL of ours. Stricter than libcurl, so that both always see the same host in it.
bool http_place_of(struct text url, struct http_place *place);

// ---- trust ------------------------------------------------------------------------------------------------

// A store of the certificates in a PEM text. NULL: none in it, or one that cannot be read; `error` says so.
X509_STORE *http_trust_new(struct text pem, struct buffer *error);

// ---- headers ----------------------------------------------------------------------------------------------

// The headers of a request as libcurl wants them, in the arena. False: one of them cannot be sent.
bool http_headers_for_request(struct arena *, const struct http_request *, struct curl_slist **list,
                              struct buffer *error);

// The head of an answer as it comes in, line by line.
struct http_head {
    struct http_header *headers;
    size_t count, capacity;
    size_t bytes;       // of all lines so far
    bool whole;         // its empty line was there
    const char *fault;  // what is wrong with it; NULL: nothing
};
// One line, its end included. False: `fault` is set. `interim`: it belongs to a 1xx answer, which another follows.
bool http_head_add(struct http_head *, struct arena *, struct text line, bool interim);

// ---- one transfer -----------------------------------------------------------------------------------------

struct http_client;

struct http_slot {
    struct http_client *client;
    CURL *easy;  // NULL until first used
    // Of the transfer under way:
    bool busy;
    const struct http_request *request;
    struct http_answer *answer;
    struct arena *arena;  // the answers'
    struct http_head head;
    struct buffer body;
    bool sent;  // bytes of the request may have left
    bool too_large;
    bool endless;      // it ended with its connection, without having said how long it is
    double started_s;  // monotonic
    double received_s;
    char library_error[CURL_ERROR_SIZE];
};

// Readies the slot and hands it to the multi handle. False: the answer is made, with the reason.
bool http_transfer_start(struct http_slot *, const struct http_request *, struct http_answer *, struct arena *);
// Makes the answer of what libcurl has ended with the code given.
void http_transfer_finish(struct http_slot *, CURLcode);
// The answer of a request that never came as far as libcurl.
void http_transfer_refuse(struct http_answer *, struct arena *, struct text reason);
void http_slot_release(struct http_slot *);

// The answer's outcome and error, from what libcurl said and the slot has seen.
void http_outcome_set(struct http_slot *, CURLcode);

// ---- the client -------------------------------------------------------------------------------------------

struct http_client {
    struct arena arena;  // holds this struct and the slots
    struct arena scratch;
    struct http_slot *slots;
    size_t slot_count;
    double idle_s, used_s;  // used_s: on the wall, when the connections were last used
    bool global;            // http_library_start was called
    CURLM *multi;
    CURLSH *share;  // TLS sessions
    struct pollfd *sockets;
    size_t socket_count, socket_capacity;
    X509_STORE *trust;  // NULL: the roots carried, not yet read
};

// For libcurl: makes and closes the sockets of a client (the context), and keeps them listed.
curl_socket_t http_socket_open(void *context, curlsocktype, struct curl_sockaddr *);
int http_socket_close(void *context, curl_socket_t);
// While no transfer is under way: has the other side closed a connection, or is about to? libcurl by itself does not
// see it over TLS, where a goodbye comes before the end.
bool http_sockets_stirred(struct http_client *);

// The store, made when first asked for. NULL: it cannot be.
X509_STORE *http_client_trust(struct http_client *);

#endif
