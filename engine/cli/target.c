#include "engine/cli/target.h"

#include "engine/base/arena.h"
#include "engine/cli/session.h"

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
    *name = (struct service_name){{option.p, slash}, text_from(option, slash + 1)};
    return true;
}

static bool has_globs(struct text text)
{
    size_t at = 0;
    return text_find(text, '*', &at) || text_find(text, '?', &at);
}

// The policy's only target, where it is one service and no pattern.
static const struct target *only_target(const struct policy *policy)
{
    const struct target *target = policy->targets;
    if (policy->target_count != 1 || has_globs(target->cluster) || has_globs(target->service))
        return NULL;
    return target;
}

static struct text first_set(struct text a, struct text b, struct text c)
{
    return a.n ? a : b.n ? b : c;
}

// What is named in part is completed from what comes next: the request, the two variables, the only target.
static bool named_service(const struct live *live, struct service_name *name)
{
    const struct environment *environment = live->session->environment;
    const struct target *only = only_target(live->policy);
    bool both_variables = environment->cluster.n && environment->service.n;
    bool named = live->request.cluster.n || live->request.service.n || both_variables;
    if (!named)
        return false;
    name->cluster = first_set(live->request.cluster, environment->cluster, only ? only->cluster : TEXT(""));
    name->service = first_set(live->request.service, environment->service, only ? only->service : TEXT(""));
    return name->cluster.n && name->service.n;
}

// Where a policy has no targets, the two variables are its only one.
static bool is_covered(const struct live *live, const struct service_name *name)
{
    if (live->policy->target_count)
        return target_covers(live->policy, name);
    const struct environment *environment = live->session->environment;
    return text_eq(name->cluster, environment->cluster) && text_eq(name->service, environment->service);
}

static enum exit_code take_one(struct live *live, struct service_name name)
{
    struct text path = live->policy->sources.items[0].path;
    if (!is_covered(live, &name)) {
        say(live->session, "%.*s/%.*s is not among the targets of %.*s", TEXT_ARG(name.cluster), TEXT_ARG(name.service),
            TEXT_ARG(path));
        return CODE_REFUSED;
    }
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

enum exit_code choose_targets(struct live *live, enum live_targets targets)
{
    struct session *session = live->session;
    struct service_name name = {{0}, {0}};
    struct text option;
    if (session_has(session, OPTION_ALL) && session_has(session, OPTION_SERVICE)) {
        say(session, "--all and --service do not go together");
        return CODE_USAGE;
    }
    if (session_value(session, OPTION_SERVICE, &option))
        return parse_service_name(session, option, &name) ? take_one(live, name) : CODE_USAGE;
    bool all = targets == LIVE_ALL || session_has(session, OPTION_ALL);
    if (!all && named_service(live, &name))
        return take_one(live, name);
    const struct target *only = only_target(live->policy);
    if (only && !session_has(session, OPTION_ALL))
        return take_one(live, (struct service_name){only->cluster, only->service});
    // A policy without targets means the two variables, also where all are asked for.
    if (!live->policy->target_count && named_service(live, &name))
        return take_one(live, name);
    bool scheduled = targets == LIVE_RUN && live->trigger == TRIGGER_SCHEDULE;
    if (live->policy->target_count && (all || scheduled))
        return take_all(live);
    return none_named(live, targets);
}
