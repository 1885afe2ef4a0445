// The HTTP client over plain connections: what becomes of a request.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/http.h"
#include "tests/support/http_world.h"
#include "tests/support/loopback_server.h"

#define SHORT_MS 150
#define TEN_BYTES "0123456789"
#define HUNDRED_BYTES                                                                                                  \
    TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES

// ---- outcomes ---------------------------------------------------------------------------------------------

struct answer_case {
    const char *name, *method;
    int code;
    const char *body;
    struct loopback_step steps[LOOPBACK_STEPS];
};

static const struct answer_case answers[] = {
    {"by length", "GET", 200, "hello", {{LOOPBACK_SEND, OK_HELLO, 0}}},
    {"chunked",
     "GET",
     200,
     "hello",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 0}}},
    {"chunked with trailers",
     "GET",
     200,
     "hi",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n", 0}}},
    {"drop by drop",
     "GET",
     200,
     "hello",
     {{LOOPBACK_SEND, "HTTP/1.1 20", 0},
      {LOOPBACK_WAIT, NULL, 2},
      {LOOPBACK_SEND, "0 OK\r\nContent-Len", 0},
      {LOOPBACK_WAIT, NULL, 2},
      {LOOPBACK_SEND, "gth: 5\r\n\r", 0},
      {LOOPBACK_WAIT, NULL, 2},
      {LOOPBACK_SEND, "\nhello", 0}}},
    {"without a body", "POST", 204, "", {{LOOPBACK_SEND, "HTTP/1.1 204 No Content\r\n\r\n", 0}}},
    {"to HEAD", "HEAD", 200, "", {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 0}}},
    {"an error with its text",
     "POST",
     500,
     "oh no",
     {{LOOPBACK_SEND, "HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\noh no", 0}}},
    {"a redirect, not followed",
     "GET",
     302,
     "",
     {{LOOPBACK_SEND, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 0}}},
    {"behind 100 and 103",
     "POST",
     200,
     "hello",
     {{LOOPBACK_SEND, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK_HELLO,
       0}}},
    {"of just the maximum",
     "GET",
     200,
     NULL,
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0}, {LOOPBACK_SEND, HUNDRED_BYTES, 10}}},
};

static void gives_whole_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct loopback_route routes[2] = {{.path = "/x"}};
        memcpy(routes[0].steps, answers[i].steps, sizeof answers[i].steps);
        struct http_world world;
        http_world_start(&world, routes, (struct http_settings){0});
        struct http_answer answer = http_world_call(&world, http_world_request(&world, answers[i].method, "/x"));
        if (answers[i].body)
            assert_answered(answers[i].name, answer, answers[i].code, answers[i].body);
        else
            assert_int_equal(answer.body.n, MAXIMUM_BYTES);
        assert_false(answer.timed_out);
        assert_int_equal(loopback_requests(world.server, NULL), 1);
        http_world_stop(&world);
    }
}

struct fault_case {
    const char *name;
    enum http_outcome outcome;
    const char *error;
    struct loopback_step steps[LOOPBACK_STEPS];
    int64_t timeout_ms;  // 0: long; else it is what ends the transfer
};

#define BROKEN "the answer is broken or was cut short"
#define CUT_SHORT "the answer was cut short"
#define NOT_HTTP "what answered does not speak HTTP"
#define TOO_LARGE "the answer's body has more than 1000 bytes"
#define NO_HEADER "a header of the answer that is none"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct fault_case faults[] = {
    {"reset", HTTP_LOST, "connection reset by peer", {{LOOPBACK_RESET, NULL, 0}}, 0},
    {"closed", HTTP_LOST, "the connection was closed before an answer", {{LOOPBACK_CLOSE, NULL, 0}}, 0},
    {"closed within the status line",
     HTTP_LOST,
     "the connection was closed before an answer",
     {{LOOPBACK_SEND, "HTTP/1.1 200", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"closed within the head",
     HTTP_LOST,
     CUT_SHORT,
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"closed behind 100",
     HTTP_LOST,
     "the connection was closed before an answer",
     {{LOOPBACK_SEND, "HTTP/1.1 100 Continue\r\n\r\n", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"a short body",
     HTTP_LOST,
     CUT_SHORT,
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"a body until the end of the connection",
     HTTP_LOST,
     "the answer does not say how long it is",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\n\r\nhello", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"no body until the end of the connection",
     HTTP_LOST,
     "the answer does not say how long it is",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\n\r\n", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"a short chunk", HTTP_LOST, CUT_SHORT, {{LOOPBACK_SEND, CHUNKED "9\r\nhello", 0}, {LOOPBACK_CLOSE, NULL, 0}}, 0},
    {"no last chunk",
     HTTP_LOST,
     CUT_SHORT,
     {{LOOPBACK_SEND, CHUNKED "5\r\nhello\r\n", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"a chunk without a size", HTTP_LOST, BROKEN, {{LOOPBACK_SEND, CHUNKED "zz\r\nhello\r\n0\r\n\r\n", 0}}, 0},
    {"a reset within the body",
     HTTP_LOST,
     "connection reset by peer",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0},
      {LOOPBACK_WAIT, NULL, 50},
      {LOOPBACK_RESET, NULL, 0}},
     0},
    {"another protocol",
     HTTP_LOST,
     NOT_HTTP,
     {{LOOPBACK_SEND, "SSH-2.0-OpenSSH_9.2\r\n", 0}, {LOOPBACK_CLOSE, NULL, 0}},
     0},
    {"no status", HTTP_LOST, NOT_HTTP, {{LOOPBACK_SEND, "HTTP/1.1 banana\r\nContent-Length: 0\r\n\r\n", 0}}, 0},
    {"silence", HTTP_LOST, "timed out after 150 ms", {{LOOPBACK_STALL, NULL, 0}}, SHORT_MS},
    {"silence within the body",
     HTTP_LOST,
     "timed out after 150 ms",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0}, {LOOPBACK_STALL, NULL, 0}},
     SHORT_MS},
    {"drops without an end",
     HTTP_LOST,
     "timed out after 150 ms",
     {{LOOPBACK_SEND, CHUNKED, 0},
      {LOOPBACK_WAIT, NULL, 50},
      {LOOPBACK_SEND, "1\r\nx\r\n", 0},
      {LOOPBACK_WAIT, NULL, 50},
      {LOOPBACK_SEND, "1\r\nx\r\n", 0},
      {LOOPBACK_WAIT, NULL, 2000},
      {LOOPBACK_SEND, "0\r\n\r\n", 0}},
     SHORT_MS},
    {"one byte too many",
     HTTP_TOO_LARGE,
     TOO_LARGE,
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n1", 0}, {LOOPBACK_SEND, HUNDRED_BYTES, 10}},
     0},
    {"chunks for ever",
     HTTP_TOO_LARGE,
     TOO_LARGE,
     {{LOOPBACK_SEND, CHUNKED, 0}, {LOOPBACK_SEND, "64\r\n" HUNDRED_BYTES "\r\n", 1000000}},
     0},
    {"too many headers",
     HTTP_LOST,
     "too many headers in the answer",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\n", 0},
      {LOOPBACK_SEND, "A: b\r\n", 129},
      {LOOPBACK_SEND, "\r\n", 0},
      {LOOPBACK_STALL, NULL, 0}},
     0},
    {"too large a head",
     HTTP_LOST,
     "the answer's head is too large",
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nA: ", 0},
      {LOOPBACK_SEND, HUNDRED_BYTES, 700},
      {LOOPBACK_SEND, "\r\n\r\n", 0},
      {LOOPBACK_STALL, NULL, 0}},
     0},
    {"100 for ever",
     HTTP_LOST,
     "the answer's head is too large",
     {{LOOPBACK_SEND, "HTTP/1.1 100 Continue\r\n\r\n", 100000}},
     0},
    {"a header without a colon",
     HTTP_LOST,
     NOT_HTTP,
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX\r\n\r\n", 0}},
     0},
    {"a header over two lines",
     HTTP_LOST,
     NO_HEADER,
     {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\r\n b: c\r\n\r\n", 0}},
     0},
};

static void tells_faults_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct loopback_route routes[2] = {{.path = "/x?secret=1"}};
        memcpy(routes[0].steps, faults[i].steps, sizeof faults[i].steps);
        struct http_world world;
        http_world_start(&world, routes, (struct http_settings){0});
        struct http_request request = http_world_request(&world, "POST", "/x?secret=1");
        request.timeout_ms = faults[i].timeout_ms ? faults[i].timeout_ms : PATIENCE_MS;
        struct http_answer answer = http_world_call(&world, request);
        assert_failed(faults[i].name, answer, faults[i].outcome, faults[i].error);
        if (answer.timed_out != (faults[i].timeout_ms > 0))
            fail_msg("%s: timed_out is wrong", faults[i].name);
        assert_int_equal(loopback_requests(world.server, NULL), 1);
        assert_answered("the client goes on", http_world_get(&world, "/other"), 404, "");
        http_world_stop(&world);
    }
}

// What was lost behind a whole head still has that head: its request id belongs into the error.
static void keeps_the_head_of_a_lost_answer(void **state)
{
    (void)state;
    const struct loopback_route routes[] = {
        {"/cut",
         0,
         false,
         {{LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nX-Amzn-RequestId: r-1\r\nContent-Length: 9\r\n\r\nhello", 0},
          {LOOPBACK_CLOSE, NULL, 0}}},
        {0},
    };
    struct http_world world;
    http_world_start(&world, routes, (struct http_settings){0});
    struct http_answer answer = http_world_get(&world, "/cut");
    assert_failed("cut", answer, HTTP_LOST, CUT_SHORT);
    assert_text("request id", http_header_value(&answer, "x-amzn-requestid"), "r-1");
    http_world_stop(&world);
}

// ---- what never leaves ------------------------------------------------------------------------------------

static void says_what_was_not_sent(void **state)
{
    (void)state;
    static const struct loopback_route none[] = {{0}};
    struct http_world world;
    http_world_start(&world, none, (struct http_settings){0});
    struct http_request request = http_world_request(&world, "GET", "/x");
    loopback_stop(world.server);
    world.server = NULL;
    assert_failed("nobody listens", http_world_call(&world, request), HTTP_NOT_SENT, "connection refused");
    // A name that no resolver would ask a server for: its first part is longer than one may be.
    request.url = TEXT("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid/");
    assert_failed("no such name", http_world_call(&world, request), HTTP_NOT_SENT,
                  "the host's name cannot be resolved");
    http_world_stop(&world);
}

#define PLAIN "plain HTTP goes to this machine and to AWS's link-local addresses only; use https://"
#define NO_URL "not a URL that can be called; what is wanted is https://HOST, without user and fragment"
#define BREAK_IN_X "the header X has a line break or another control character in it"

static void refuses_what_is_unsafe(void **state)
{
    (void)state;
    static const struct {
        const char *method, *url;
        struct http_header header;
        const char *error;
    } cases[] = {
        {"GET", "http://example.com/", {TEXT("X"), TEXT("a")}, PLAIN},
        {"GET", "http://169.254.1.1/", {TEXT("X"), TEXT("a")}, PLAIN},
        {"GET", "ftp://127.0.0.1/", {TEXT("X"), TEXT("a")}, NO_URL},
        {"GET", "http://127.0.0.1@example.com/", {TEXT("X"), TEXT("a")}, NO_URL},
        {"GET", "/latest", {TEXT("X"), TEXT("a")}, NO_URL},
        {"get", NULL, {TEXT("X"), TEXT("a")}, "not a method of HTTP"},
        {"GET /x HTTP/1.1\r\nX:", NULL, {TEXT("X"), TEXT("a")}, "not a method of HTTP"},
        {"", NULL, {TEXT("X"), TEXT("a")}, "not a method of HTTP"},
        {"GET", NULL, {TEXT("X"), TEXT("a\r\nY: b")}, BREAK_IN_X},
        {"GET", NULL, {TEXT("X"), TEXT("a\nb")}, BREAK_IN_X},
        {"GET", NULL, {TEXT("X"), TEXT("a\rb")}, BREAK_IN_X},
        {"GET", NULL, {TEXT("X"), TEXT("a\0b")}, BREAK_IN_X},
        {"GET", NULL, {TEXT("X"), TEXT("\r\n")}, BREAK_IN_X},
        {"GET", NULL, {TEXT("X Y"), TEXT("a")}, "a header's name that is none"},
        {"GET", NULL, {TEXT("X:"), TEXT("a")}, "a header's name that is none"},
        {"GET", NULL, {TEXT(""), TEXT("a")}, "a header's name that is none"},
        {"GET", NULL, {TEXT("Host"), TEXT("a")}, "the header host is not for the caller to set"},
        {"GET", NULL, {TEXT("content-LENGTH"), TEXT("1")}, "the header content-length is not for the caller to set"},
        {"GET",
         NULL,
         {TEXT("Transfer-Encoding"), TEXT("a")},
         "the header transfer-encoding is not for the caller to set"},
    };
    static const struct loopback_route none[] = {{0}};
    struct http_world world;
    http_world_start(&world, none, (struct http_settings){0});
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = http_world_request(&world, cases[i].method, "/x");
        if (cases[i].url)
            request.url = text_of(cases[i].url);
        request.headers = &cases[i].header;
        request.header_count = 1;
        assert_failed(cases[i].url ? cases[i].url : cases[i].error, http_world_call(&world, request), HTTP_NOT_SENT,
                      cases[i].error);
    }
    assert_int_equal(loopback_connections(world.server), 0);
    http_world_stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_whole_answers),
        cmocka_unit_test(tells_faults_apart),
        cmocka_unit_test(keeps_the_head_of_a_lost_answer),
        cmocka_unit_test(says_what_was_not_sent),
        cmocka_unit_test(refuses_what_is_unsafe),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL) != 0;
}
