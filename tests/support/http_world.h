// A loopback server, the HTTP client, and calls from one to the other, for the unit tests of the client.
#ifndef DROWSE_TESTS_HTTP_WORLD_H
#define DROWSE_TESTS_HTTP_WORLD_H

#include "engine/base/arena.h"
#include "engine/sys/http.h"
#include "tests/support/asserts.h"
#include "tests/support/loopback_server.h"

#define MAXIMUM_BYTES 1000  // of an answer's body
#define PATIENCE_MS 10000   // for what is to succeed

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

struct http_world {
    struct loopback_server *server;
    const char *scheme;
    struct http_client *client;
    struct http http;
    struct arena arena;
};

// Fails the test where either of the two cannot be had.
void http_world_start(struct http_world *, const struct loopback_route *, struct http_settings);
void http_world_start_server(struct http_world *, const struct loopback_settings *, struct http_settings);
void http_world_stop(struct http_world *);

struct http_request http_world_request(struct http_world *, const char *method, const char *path);
struct http_answer http_world_call(struct http_world *, struct http_request);
struct http_answer http_world_get(struct http_world *, const char *path);

void assert_answered(const char *what, struct http_answer, int code, const char *body);
void assert_failed(const char *what, struct http_answer, enum http_outcome, const char *error);

#endif
