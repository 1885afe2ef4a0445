// A scripted HTTP/1.1 server on 127.0.0.1, over TLS if wanted, in threads of the test's own process. What it answers
// stands in a table of routes; what it saw can be asked at any time.
#ifndef DROWSE_TESTS_LOOPBACK_SERVER_H
#define DROWSE_TESTS_LOOPBACK_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/loopback_certificates.h"

enum loopback_action {
    LOOPBACK_END,       // the answer is done; the connection waits for the next request
    LOOPBACK_SEND,      // the text, `number` times (0: once)
    LOOPBACK_WAIT,      // `number` milliseconds
    LOOPBACK_TOGETHER,  // until `number` requests have come here at the same time, or ten seconds are over
    LOOPBACK_STALL,     // until the client closes
    LOOPBACK_RESET,     // the connection ends by RST
    LOOPBACK_CLOSE,     // it ends in order, with TLS's own goodbye
    LOOPBACK_CUT,       // it ends without TLS's goodbye
};

struct loopback_step {
    enum loopback_action action;
    const char *text;
    int number;
};

#define LOOPBACK_STEPS 8

// Taken for a request whose path (all of it, with the query) it names; the first that fits.
struct loopback_route {
    const char *path;  // NULL: the end of the table
    int uses;          // taken for so many requests, then passed over; 0: always
    bool unread;       // the request's body stays unread
    struct loopback_step steps[LOOPBACK_STEPS];
};

struct loopback_settings {
    const struct loopback_route *routes;       // what is in none gets a 404
    const struct loopback_step *greeting;      // of each connection, in the clear, before anything is read; or NULL
    const struct loopback_identity *identity;  // NULL: plain HTTP
    enum loopback_certificate certificate;     // of the identity
};

struct loopback_server;

// NULL: it cannot be started. Settings and all in them must outlive the server.
struct loopback_server *loopback_start(const struct loopback_settings *);
// Ends all connections and threads.
void loopback_stop(struct loopback_server *);

int loopback_port(const struct loopback_server *);
int loopback_connections(struct loopback_server *);                 // accepted so far
int loopback_open_connections(struct loopback_server *);            // not yet closed by either side
int loopback_resumed(struct loopback_server *);                     // TLS sessions taken up again
int loopback_requests(struct loopback_server *, const char *path);  // NULL: of all paths
int loopback_most_at_once(struct loopback_server *);   // requests that had come and no byte of whose answer had left
size_t loopback_body_bytes(struct loopback_server *);  // of the last request whose body was read
// The last request's head; false where there was none, or where it does not fit.
bool loopback_last_head(struct loopback_server *, char *head, size_t size);

#endif
