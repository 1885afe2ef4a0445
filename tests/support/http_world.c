#include "tests/support/http_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/text.h"

void http_world_start_server(struct http_world *world, const struct loopback_settings *server,
                             struct http_settings settings)
{
    *world = (struct http_world){.server = loopback_start(server), .scheme = server->identity ? "https" : "http"};
    assert_non_null(world->server);
    struct buffer error;
    buffer_init(&error, MAXIMUM_BYTES);
    world->client = http_client_new(&settings, &error);
    if (!world->client)
        fail_msg("no client: %.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    world->http = http_client_port(world->client);
}

void http_world_start(struct http_world *world, const struct loopback_route *routes, struct http_settings settings)
{
    http_world_start_server(world, &(struct loopback_settings){.routes = routes}, settings);
}

void http_world_stop(struct http_world *world)
{
    http_client_free(world->client);
    loopback_stop(world->server);
    arena_release(&world->arena);
}

struct http_request http_world_request(struct http_world *world, const char *method, const char *path)
{
    return (struct http_request){
        .method = text_of(method),
        .url = arena_format(&world->arena, "%s://127.0.0.1:%d%s", world->scheme, loopback_port(world->server), path),
        .connect_timeout_ms = PATIENCE_MS,
        .timeout_ms = PATIENCE_MS,
        .maximum_bytes = MAXIMUM_BYTES,
    };
}

struct http_answer http_world_call(struct http_world *world, struct http_request request)
{
    struct http_answer answer;
    memset(&answer, 0xa5, sizeof answer);  // all of it has to be written
    world->http.perform(world->http.context, &world->arena, &request, 1, &answer);
    return answer;
}

struct http_answer http_world_get(struct http_world *world, const char *path)
{
    return http_world_call(world, http_world_request(world, "GET", path));
}

void assert_answered(const char *what, struct http_answer answer, int code, const char *body)
{
    if (answer.outcome != HTTP_ANSWERED || answer.code != code)
        fail_msg("%s: outcome %d, code %d, \"%.*s\"; wanted code %d", what, answer.outcome, answer.code,
                 TEXT_ARG(answer.error), code);
    assert_text(what, answer.body, body);
    assert_text(what, answer.error, "");
}

void assert_failed(const char *what, struct http_answer answer, enum http_outcome outcome, const char *error)
{
    if (answer.outcome != outcome)
        fail_msg("%s: outcome %d, \"%.*s\"; wanted %d", what, answer.outcome, TEXT_ARG(answer.error), outcome);
    assert_text(what, answer.error, error);
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.body.n, 0);
}
