#include "engine/cli/world.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/session.h"
#include "engine/sim/state_file.h"
#include "engine/sys/chance.h"
#include "engine/sys/clock.h"
#include "engine/sys/http.h"

static bool open_state(const struct policy *policy, struct world *world, struct buffer *error)
{
    world->file = state_file_open(world->state_path, policy, &world->machine, error);
    if (!world->file)
        return false;
    world->cloud = state_file_cloud(world->file);
    world->clock = state_file_clock(world->file);
    return true;
}

static bool open_aws(struct session *session, struct world *world, struct buffer *error)
{
    struct arena *arena = &session->arena;
    if (!aws_settings_read(arena, &session->environment->all, &world->settings, error))
        return false;
    struct http_settings http = {
        .ca_file = world->settings.ca_bundle.n ? arena_text(arena, world->settings.ca_bundle).p : NULL,
        .side_by_side = world->settings.side_by_side,
    };
    world->client = http_client_new(&http, error);
    if (!world->client)
        return false;
    world->http = http_client_port(world->client);
    world->aws = aws_new(&world->settings, &world->http, &world->machine, random_unit);
    world->cloud = aws_cloud(world->aws);
    world->clock = aws_clock(world->aws);
    return true;
}

bool world_open(struct session *session, const struct policy *policy, struct world *world)
{
    *world = (struct world){.machine = system_clock()};
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    bool in_file = session_value(session, OPTION_STATE, &world->state_path);
    bool opened = in_file ? open_state(policy, world, &error) : open_aws(session, world, &error);
    if (!opened)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return opened;
}

void world_close(struct world *world)
{
    if (world->file)
        state_file_close(world->file);
    if (world->aws)
        aws_free(world->aws);
    if (world->client)
        http_client_free(world->client);
    *world = (struct world){0};
}
