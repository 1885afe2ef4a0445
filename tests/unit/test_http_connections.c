// The HTTP client over plain connections: what is sent, what is kept, and what goes on side by side.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/http.h"
#include "tests/support/http_world.h"
#include "tests/support/loopback_server.h"

#define TRIES 2000

// ---- what is sent -----------------------------------------------------------------------------------------

static void assert_head(struct http_world *world, const char *part, bool wanted)
{
    char head[4096];
    assert_true(loopback_last_head(world->server, head, sizeof head));
    if ((strcasestr(head, part) != NULL) != wanted)
        fail_msg("\"%s\" is %s in: %s", part, wanted ? "not" : "there", head);
}

static const char *const unasked[] = {"\r\nAccept", "\r\nExpect", "\r\nUser-Agent", "\r\nConnection", "\r\nTransfer-"};

static void assert_nothing_unasked(struct http_world *world)
{
    for (size_t i = 0; i < COUNT_OF(unasked); i++)
        assert_head(world, unasked[i], false);
}

static void sends_what_was_asked_and_no_more(void **state)
{
    (void)state;
    static char large[3 * 1024 * 1024];
    static const struct http_header headers[] = {{TEXT("X-One"), TEXT(" 1 ")},
                                                 {TEXT("X-Empty"), TEXT("")},
                                                 {TEXT("content-type"), TEXT("application/x-amz-json-1.1")}};
    const struct loopback_route routes[] = {{"/x?a=b%20c", 0, false, {{LOOPBACK_SEND, OK_HELLO, 0}}}, {0}};
    struct http_world world;
    http_world_start(&world, routes, (struct http_settings){0});
    struct http_request request = http_world_request(&world, "POST", "/x?a=b%20c");
    request.headers = headers;
    request.header_count = COUNT_OF(headers);
    request.body = (struct text){large, sizeof large};
    assert_answered("POST", http_world_call(&world, request), 200, "hello");
    assert_int_equal(loopback_body_bytes(world.server), sizeof large);
    assert_head(&world, "POST /x?a=b%20c HTTP/1.1\r\nHost: 127.0.0.1:", true);
    assert_head(&world, "\r\nX-One: 1\r\n", true);
    assert_head(&world, "\r\nX-Empty:\r\n", true);
    assert_head(&world, "\r\ncontent-type: application/x-amz-json-1.1\r\n", true);
    assert_head(&world, "\r\nContent-Length: 3145728\r\n", true);
    assert_nothing_unasked(&world);
    // The handle is used again: nothing of the last request may be left in it.
    assert_answered("GET", http_world_get(&world, "/x?a=b%20c"), 200, "hello");
    assert_head(&world, "GET /x?a=b%20c HTTP/1.1\r\n", true);
    assert_head(&world, "\r\nX-", false);
    assert_head(&world, "\r\nContent-", false);
    assert_nothing_unasked(&world);
    assert_answered("PUT", http_world_call(&world, http_world_request(&world, "PUT", "/x?a=b%20c")), 200, "hello");
    assert_head(&world, "PUT /x", true);
    assert_head(&world, "\r\nContent-Length: 0\r\n", true);
    assert_head(&world, "\r\nContent-Type", false);
    assert_nothing_unasked(&world);
    assert_int_equal(loopback_connections(world.server), 1);
    http_world_stop(&world);
}

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void reads_headers_and_times(void **state)
{
    (void)state;
    const struct loopback_route routes[] = {
        {"/x",
         0,
         false,
         {{LOOPBACK_SEND,
           "HTTP/1.1 200 OK\r\nX-Amzn-RequestId:  r-1 \r\nDATE:now\r\nEmpty:\r\nContent-Length: 2\r\n\r\n{}", 0}}},
        {0}};
    struct http_world world;
    http_world_start(&world, routes, (struct http_settings){0});
    double before = wall_s();
    struct http_answer answer = http_world_get(&world, "/x");
    assert_answered("/x", answer, 200, "{}");
    assert_int_equal(answer.header_count, 4);
    assert_text("request id", http_header_value(&answer, "x-amzn-requestid"), "r-1");
    assert_text("name", answer.headers[1].name, "date");
    assert_text("date", http_header_value(&answer, "date"), "now");
    assert_text("empty", http_header_value(&answer, "empty"), "");
    assert_text("absent", http_header_value(&answer, "absent"), "");
    assert_true(answer.received_s >= before && answer.received_s <= wall_s());
    assert_true(answer.elapsed_s > 0 && answer.elapsed_s < PATIENCE_MS);
    http_world_stop(&world);
}

// ---- connections ------------------------------------------------------------------------------------------

static const struct loopback_route connection_routes[] = {
    {"/ok", 0, false, {{LOOPBACK_SEND, OK_HELLO, 0}}},
    {"/last", 0, false, {{LOOPBACK_SEND, OK_HELLO, 0}, {LOOPBACK_CLOSE, NULL, 0}}},
    {"/dies", 0, false, {{LOOPBACK_CLOSE, NULL, 0}}},
    {"/resets", 0, false, {{LOOPBACK_RESET, NULL, 0}}},
    {"/unread", 0, true, {{LOOPBACK_RESET, NULL, 0}}},
    {0},
};

static void keeps_connections(void **state)
{
    (void)state;
    struct http_world world;
    http_world_start(&world, connection_routes, (struct http_settings){0});
    for (int i = 0; i < 5; i++)
        assert_answered("kept", http_world_get(&world, "/ok"), 200, "hello");
    assert_int_equal(loopback_connections(world.server), 1);
    http_world_stop(&world);
}

static void wait_for_no_connection(struct http_world *world)
{
    for (int i = 0; i < TRIES && loopback_open_connections(world->server); i++)
        usleep(1000);
    assert_int_equal(loopback_open_connections(world->server), 0);
}

static void replaces_a_connection_that_was_closed(void **state)
{
    (void)state;
    struct http_world world;
    http_world_start(&world, connection_routes, (struct http_settings){0});
    assert_answered("first", http_world_get(&world, "/last"), 200, "hello");
    wait_for_no_connection(&world);
    assert_answered("second", http_world_get(&world, "/ok"), 200, "hello");
    assert_int_equal(loopback_connections(world.server), 2);
    http_world_stop(&world);
}

// libcurl by itself would send again what got no answer on a kept connection.
static void sends_nothing_twice(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *error;
    } cases[] = {{"/dies", "the connection was closed before an answer"},
                 {"/resets", "the connection was closed before an answer"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_world world;
        http_world_start(&world, connection_routes, (struct http_settings){0});
        assert_answered("first", http_world_get(&world, "/ok"), 200, "hello");
        struct http_request request = http_world_request(&world, "POST", cases[i].path);
        request.body = TEXT("{\"desiredCount\":0}");
        assert_failed(cases[i].path, http_world_call(&world, request), HTTP_LOST, cases[i].error);
        assert_int_equal(loopback_requests(world.server, cases[i].path), 1);
        assert_answered("and on", http_world_get(&world, "/ok"), 200, "hello");
        http_world_stop(&world);
    }
}

static void does_not_trust_idle_connections(void **state)
{
    (void)state;
    struct http_world world;
    http_world_start(&world, connection_routes, (struct http_settings){.idle_s = 0.001});
    assert_answered("first", http_world_get(&world, "/ok"), 200, "hello");
    usleep(5000);
    assert_answered("second", http_world_get(&world, "/ok"), 200, "hello");
    assert_int_equal(loopback_connections(world.server), 2);
    http_world_stop(&world);
}

static void survives_a_reset_while_sending(void **state)
{
    (void)state;
    static char large[8 * 1024 * 1024];
    struct http_world world;
    http_world_start(&world, connection_routes, (struct http_settings){0});
    struct http_request request = http_world_request(&world, "POST", "/unread");
    request.body = (struct text){large, sizeof large};
    struct http_answer answer = http_world_call(&world, request);
    assert_int_equal(answer.outcome, HTTP_LOST);
    assert_false(answer.timed_out);
    http_world_stop(&world);
}

// ---- side by side -----------------------------------------------------------------------------------------

#define MANY 16

static void sends_side_by_side(void **state)
{
    (void)state;
    const struct loopback_route routes[] = {
        {"/even", 0, false, {{LOOPBACK_TOGETHER, NULL, MANY}, {LOOPBACK_SEND, OK_HELLO, 0}}},
        {"/odd", 0, false, {{LOOPBACK_TOGETHER, NULL, MANY}, {LOOPBACK_RESET, NULL, 0}}},
        {0},
    };
    struct http_world world;
    http_world_start(&world, routes, (struct http_settings){0});
    struct http_request requests[MANY];
    struct http_answer given[MANY];
    for (int i = 0; i < MANY; i++)
        requests[i] = http_world_request(&world, "GET", i % 2 ? "/odd" : "/even");
    world.http.perform(world.http.context, &world.arena, requests, MANY, given);
    for (int i = 0; i < MANY; i++) {
        if (i % 2)
            assert_failed("odd", given[i], HTTP_LOST, "connection reset by peer");
        else
            assert_answered("even", given[i], 200, "hello");
    }
    assert_int_equal(loopback_most_at_once(world.server), MANY);
    http_world_stop(&world);
}

// With room for one, the last of four waits for longer than a request may take.
static void lets_others_wait_their_turn(void **state)
{
    (void)state;
    const struct loopback_route routes[] = {
        {"/slow", 0, false, {{LOOPBACK_WAIT, NULL, 250}, {LOOPBACK_SEND, OK_HELLO, 0}}},
        {0},
    };
    struct http_world world;
    http_world_start(&world, routes, (struct http_settings){.side_by_side = 1});
    struct http_request requests[4];
    struct http_answer given[4];
    for (int i = 0; i < 4; i++) {
        requests[i] = http_world_request(&world, "GET", "/slow");
        requests[i].timeout_ms = 900;
    }
    world.http.perform(world.http.context, &world.arena, requests, 4, given);
    for (int i = 0; i < 4; i++)
        assert_answered("slow", given[i], 200, "hello");
    assert_int_equal(loopback_most_at_once(world.server), 1);
    assert_int_equal(loopback_connections(world.server), 1);
    http_world_stop(&world);
}

static void sends_no_more_at_once_than_allowed(void **state)
{
    (void)state;
    const struct loopback_route routes[] = {
        {"/slow", 0, false, {{LOOPBACK_TOGETHER, NULL, 4}, {LOOPBACK_WAIT, NULL, 20}, {LOOPBACK_SEND, OK_HELLO, 0}}},
        {0},
    };
    struct http_world world;
    http_world_start(&world, routes, (struct http_settings){.side_by_side = 4});
    struct http_request requests[MANY];
    struct http_answer given[MANY];
    for (int i = 0; i < MANY; i++)
        requests[i] = http_world_request(&world, "GET", "/slow");
    for (int round = 0; round < 2; round++) {
        world.http.perform(world.http.context, &world.arena, requests, MANY, given);
        for (int i = 0; i < MANY; i++)
            assert_answered("slow", given[i], 200, "hello");
    }
    assert_int_equal(loopback_most_at_once(world.server), 4);
    assert_int_equal(loopback_connections(world.server), 4);
    http_world_stop(&world);
}

static void does_nothing_for_nothing(void **state)
{
    (void)state;
    struct http_world world;
    http_world_start(&world, connection_routes, (struct http_settings){0});
    world.http.perform(world.http.context, &world.arena, NULL, 0, NULL);
    assert_int_equal(loopback_connections(world.server), 0);
    http_world_stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_was_asked_and_no_more),
        cmocka_unit_test(reads_headers_and_times),
        cmocka_unit_test(keeps_connections),
        cmocka_unit_test(replaces_a_connection_that_was_closed),
        cmocka_unit_test(sends_nothing_twice),
        cmocka_unit_test(does_not_trust_idle_connections),
        cmocka_unit_test(survives_a_reset_while_sending),
        cmocka_unit_test(sends_side_by_side),
        cmocka_unit_test(lets_others_wait_their_turn),
        cmocka_unit_test(sends_no_more_at_once_than_allowed),
        cmocka_unit_test(does_nothing_for_nothing),
    };
    return cmocka_run_group_tests_name("http_connections", tests, NULL, NULL) != 0;
}
