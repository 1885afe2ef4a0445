// Events: no crash on any bytes; every event is answered in JSON, in the shape of its kind; every line of the log is a
// JSON object; and what ends with a fault of the request has called nobody.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/json_read.h"
#include "engine/base/text.h"
#include "engine/handler/event.h"
#include "engine/handler/handler.h"
#include "engine/lang/load.h"
#include "engine/sys/files.h"
#include "tests/support/fleet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

// Loaded once: fuzzers run one input after the other in one process.
static const struct policy *the_policy(void)
{
    static const struct policy *policy;
    static struct arena arena;
    if (policy)
        return policy;
    struct diags diags;
    struct sources sources = {0};
    const struct file_reader disk = file_reader_disk();
    diags_init(&diags, &arena);
    policy = policy_load(&arena, &disk, TEXT("policies/production.yaml"), &diags, &sources);
    demand(policy != NULL, "the shipped policy loads (run this in the project's folder)");
    return policy;
}

static bool is_object(struct arena *arena, struct text json)
{
    struct json_reader reader;
    json_read_begin(&reader, arena, json);
    enum json_token first = json_next(&reader);
    return first == JSON_OBJECT && json_skip(&reader, first) && json_next(&reader) == JSON_END;
}

static void check_log(struct arena *arena, struct text lines)
{
    size_t end = 0;
    for (; text_find(lines, '\n', &end); lines = text_from(lines, end + 1))
        demand(is_object(arena, (struct text){lines.p, end}), "a line of the log is a JSON object");
    demand(lines.n == 0, "the last line ends");
}

static void check_reply(struct arena *arena, struct text event, const struct reply *reply, const struct fleet *fleet)
{
    struct event decoded;
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    enum fault fault = event_read(arena, event, &decoded, &error);
    demand((fault == FAULT_NONE) == (error.n == 0), "a fault has a message, and nothing else has");
    demand(is_object(arena, reply->body), "the reply is a JSON object");
    demand(reply->status >= 200 && reply->status < 600, "the reply has a status");
    demand(fault == FAULT_NONE || reply->status >= 400, "a fault is no success");
    demand(reply->failed == (reply->error_type.n > 0), "a function error has a type");
    demand(!reply->failed || !event_is_http(decoded.kind), "HTTP is always answered");
    demand((reply->status != 400 && reply->status != 405) || fleet->calls.n == 0, "a bad request calls nobody");
    if (event_is_http(decoded.kind))
        demand(text_starts(reply->body, TEXT("{\"statusCode\":")), "an HTTP answer has the proxy's shape");
    buffer_release(&error);
}

static void invoke(enum behaviour behaviour, struct text event)
{
    static char *const variables[] = {(char *)"LOG_LEVEL=TRACE", NULL};
    const struct variables environment = {variables};
    struct fleet *fleet = malloc(sizeof *fleet);
    struct arena arena = {0};
    struct buffer error;
    struct reply reply;
    demand(fleet != NULL, "there is memory");
    fleet_init(fleet, 2);
    fleet_rename(&fleet->services[0], "fluidity", "fluidity-server");
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    const struct handler_ports ports = fleet_ports(fleet);
    struct handler *handler = handler_new(the_policy(), behaviour, &ports, &environment, &error);
    demand(handler != NULL, "there is a handler");
    const struct invocation invocation = {.event = event, .request_id = TEXT("id"), .deadline_s = FLEET_NOW + 60};
    handler_invoke(handler, &arena, &invocation, &reply);
    check_reply(&arena, event, &reply, fleet);
    check_log(&arena, buffer_text(&fleet->log));
    handler_free(handler);
    buffer_release(&error);
    arena_release(&arena);
    fleet_release(fleet);
    free(fleet);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct text event = {(const char *)bytes, n};
    invoke(BEHAVIOUR_SLEEP, event);
    invoke(BEHAVIOUR_KILL, event);
    return 0;
}
