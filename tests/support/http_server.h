// For tests: an HTTP/1.1 server on loopback, one thread, connections kept, TLS where wanted, and able to misbehave.
#ifndef DROWSE_TESTS_HTTP_SERVER_H
#define DROWSE_TESTS_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/text.h"
#include "engine/base/text.h"

// Borrowed for the call.
struct server_request {
    struct text method, path, query;  // path without '?', query behind it
    struct text head;                 // the lines of the headers
    struct text body;
    int connection;  // its number, from 1
};
// By name in any case; the empty text where there is none.
struct text request_header(const struct server_request *, const char *name);

// How an answer goes out, or does not.
enum server_fate {
    FATE_ANSWER,
    FATE_RESET,    // the connection is reset, nothing was answered
    FATE_SILENT,   // it stays open, and nothing ever comes
    FATE_CUT,      // the head, half the body, then the connection ends
    FATE_CLOSE,    // a whole answer, then the connection ends without having said so
    FATE_CHUNKS,   // in chunks of a few bytes
    FATE_VANISH,   // a whole answer, then nobody listens any more, until SIGUSR1
    FATE_NOTHING,  // the connection ends in order, nothing was answered
    FATE_GARBAGE,  // what is no HTTP, then the connection ends
};

// Empty, code 200 and FATE_ANSWER to begin with.
struct server_reply {
    int code;
    struct buffer headers;  // whole lines, each with its line end; Content-Length and Date are the server's
    struct buffer body;
    enum server_fate fate;
    int64_t delay_ms;
    size_t piece_bytes;  // so many at a time, a millisecond between them; 0: all at once
};

struct server_settings {
    const char *certificate, *key;  // PEM files; NULL: plain HTTP
    bool until_input_ends;          // the server ends when its standard input does
    int idle_ms;                    // and when nothing has happened for so long; 0: never
    void *context;
    double (*now_s)(void *context);  // for the Date header
    void (*answer)(void *context, const struct server_request *, struct server_reply *);
};

struct http_server;
// On a free port of 127.0.0.1. NULL with a message on stderr.
struct http_server *server_new(const struct server_settings *);
int server_port(const struct http_server *);
int server_accepted(const struct http_server *);  // connections so far
// Until SIGTERM, SIGINT, the end of the input or server_stop. False: nothing happened for too long.
bool server_run(struct http_server *);
// For an answer that is the last one: nobody can connect any more, and the run ends once it is written.
void server_stop(struct http_server *);
void server_free(struct http_server *);

#endif
