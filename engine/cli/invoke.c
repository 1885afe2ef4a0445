// One Lambda event through the Lambda handler, on this machine.
#include <stdio.h>

#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/cli/world.h"
#include "engine/handler/event.h"
#include "engine/handler/handler.h"

#define LOCAL_REQUEST_ID "00000000-0000-0000-0000-000000000000"

static void write_log_line(void *context, struct text line)
{
    (void)context;
    fprintf(stderr, "%.*s\n", TEXT_ARG(line));
}

static bool read_event(struct session *session, struct text *event)
{
    struct text path;
    if (!session_value(session, OPTION_EVENT, &path)) {
        say(session, "the event is missing: -e EVENT.json, or -e - for standard input; examples/events has some");
        return false;
    }
    return session_read_file(session, text_is(path, "-") ? TEXT("/dev/stdin") : path, EVENT_BYTES, event);
}

// By what the answer stands for, whatever its shape is.
static enum exit_code code_of_reply(const struct reply *reply)
{
    static const struct {
        int status;
        enum exit_code code;
    } codes[] = {{400, CODE_USAGE},   {405, CODE_USAGE},  {403, CODE_REFUSED}, {404, CODE_REFUSED},
                 {409, CODE_REFUSED}, {500, CODE_NOT_SO}, {502, CODE_OUTSIDE}, {503, CODE_OUTSIDE}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == reply->status)
            return codes[i].code;
    return CODE_DONE;
}

static enum exit_code invoke(struct session *session, struct handler *handler, struct text event)
{
    struct reply reply;
    struct invocation invocation = {
        .event = event,
        .request_id = TEXT(LOCAL_REQUEST_ID),
        .function_arn = TEXT(""),
        .trace_header = TEXT(""),
    };
    session_value(session, OPTION_REQUEST_ID, &invocation.request_id);
    handler_invoke(handler, &session->arena, &invocation, &reply);
    buffer_add(&session->out, reply.body);
    buffer_add_char(&session->out, '\n');
    return code_of_reply(&reply);
}

static enum exit_code invoke_in_world(struct session *session, const struct policy *policy, enum behaviour behaviour,
                                      struct text event, const struct world *world)
{
    const struct handler_ports ports = {
        .cloud = world->cloud,
        .clock = world->clock,
        .log = {.write = write_log_line},
    };
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    struct handler *handler = handler_new(policy, behaviour, &ports, &session->environment->all, &error);
    if (!handler)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    enum exit_code code = handler ? invoke(session, handler, event) : CODE_USAGE;
    handler_free(handler);
    return code;
}

enum exit_code command_invoke(struct session *session)
{
    enum behaviour behaviour;
    enum exit_code code = CODE_DONE;
    struct text event;
    if (!parse_behaviour(session, session->arguments->operands[0], &behaviour) || !read_event(session, &event))
        return CODE_USAGE;
    const struct policy *policy = session_policy(session, &code);
    if (!policy)
        return code;
    struct world world;
    code = CODE_USAGE;
    if (world_open(session, policy, &world))
        code = invoke_in_world(session, policy, behaviour, event, &world);
    world_close(&world);
    return code;
}
