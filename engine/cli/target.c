#include "engine/cli/target.h"

#include "engine/base/arena.h"
#include "engine/cli/session.h"
#include "engine/shell/choose.h"

bool parse_service_name(const struct session *session, struct text option, struct service_name *name)
{
    size_t slash = 0;
    if (text_starts(option, TEXT("arn:"))) {
        say(session, "--service %.*s: write CLUSTER/SERVICE, not an ARN", TEXT_ARG(option));
        return false;
    }
    if (!text_find(option, '/', &slash) || slash == 0 || slash + 1 == option.n) {
        say(session, "--service %.*s: write CLUSTER/SERVICE", TEXT_ARG(option));
        return false;
    }
    *name = (struct service_name){{option.p, slash}, text_from(option, slash + 1), false};
    return true;
}

static enum exit_code take_one(struct live *live, struct service_name name)
{
    live->targets = ARENA_NEW(&live->session->arena, struct service_name);
    live->targets[0] = name;
    live->target_count = 1;
    return CODE_DONE;
}

static enum exit_code take_all(struct live *live)
{
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    enum port_status status = PORT_OK;
    bool resolved = resolve_targets(&live->session->arena, live->policy, &live->cloud, NULL, &live->targets,
                                    &live->target_count, &status, &error);
    if (!resolved)
        say(live->session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    if (!resolved)
        return code_higher(CODE_USAGE, code_of_status(status));
    live->over_all = true;
    if (live->target_count == 0)
        say(live->session, "no service matches the targets of %.*s", TEXT_ARG(live->policy->sources.items[0].path));
    return live->target_count ? CODE_DONE : CODE_USAGE;
}

static enum exit_code none_named(const struct live *live, enum live_targets targets)
{
    struct text path = live->policy->sources.items[0].path;
    if (live->policy->target_count)
        say(live->session, "%.*s has several targets: name one with --service CLUSTER/SERVICE%s", TEXT_ARG(path),
            targets == LIVE_RUN ? ", or take them all with --all" : "");
    else
        say(live->session, "%.*s has no targets: set ECS_CLUSTER_NAME and ECS_SERVICE_NAME to the service meant",
            TEXT_ARG(path));
    return CODE_USAGE;
}

// Nobody named one, or not whole.
static enum exit_code take_unnamed(struct live *live, enum live_targets targets, const struct buffer *error)
{
    bool scheduled = targets == LIVE_RUN && live->trigger == TRIGGER_SCHEDULE;
    bool in_part = live->request.cluster.n || live->request.service.n;
    if (live->policy->target_count && scheduled && !in_part)
        return take_all(live);
    if (!in_part)
        return none_named(live, targets);
    say(live->session, "%.*s", TEXT_ARG(buffer_text(error)));
    return CODE_USAGE;
}

static enum exit_code take_choice(struct live *live, enum live_targets targets, const struct choice *choice)
{
    struct service_name name;
    struct buffer error;
    enum exit_code code = CODE_USAGE;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    switch (choose_service_here(&live->session->arena, &live->cloud, choice, &name, &error)) {
    case CHOSEN_ONE:
        code = take_one(live, name);
        break;
    case CHOSEN_NONE:
        code = take_unnamed(live, targets, &error);
        break;
    case CHOSEN_FOREIGN:
        code = CODE_REFUSED;
        say(live->session, "%.*s", TEXT_ARG(buffer_text(&error)));
        break;
    case CHOSEN_WRONG:
        say(live->session, "%.*s", TEXT_ARG(buffer_text(&error)));
        break;
    }
    buffer_release(&error);
    return code;
}

// --service takes an ARN too.
static bool read_option(const struct session *session, struct text option, struct choice *choice)
{
    struct service_name name = {{0}, {0}, false};
    if (text_starts(option, TEXT("arn:"))) {
        choice->named_service = option;
        return true;
    }
    if (!parse_service_name(session, option, &name))
        return false;
    choice->named_cluster = name.cluster;
    choice->named_service = name.service;
    return true;
}

enum exit_code choose_targets(struct live *live, enum live_targets targets)
{
    struct session *session = live->session;
    struct choice choice = {.policy = live->policy,
                            .named_cluster = live->request.cluster,
                            .named_service = live->request.service,
                            .cluster = session->environment->cluster,
                            .service = session->environment->service,
                            .region = live->world.settings.region};
    struct text option;
    bool all = session_has(session, OPTION_ALL);
    if (all && session_has(session, OPTION_SERVICE)) {
        say(session, "--all and --service do not go together");
        return CODE_USAGE;
    }
    if (session_value(session, OPTION_SERVICE, &option))
        return read_option(session, option, &choice) ? take_choice(live, targets, &choice) : CODE_USAGE;
    // A policy without targets means the two variables, also where all are asked for.
    if (live->policy->target_count && (all || targets == LIVE_ALL)) {
        if (all || !only_target(live->policy))
            return take_all(live);
        choice = (struct choice){.policy = live->policy};
    }
    return take_choice(live, targets, &choice);
}
