#include "engine/cli/live.h"

#include <math.h>

#include "engine/base/diag.h"
#include "engine/cli/session.h"
#include "engine/cli/state_hints.h"
#include "engine/cli/target.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"
#include "engine/shell/params.h"

#define REQUEST_BYTES ((size_t)64 * 1024)

bool parse_behaviour(const struct session *session, struct text name, enum behaviour *behaviour)
{
    static const struct text names[] = {{"wake", 4}, {"sleep", 5}, {"kill", 4}};
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++)
        if (text_eq(name, names[i])) {
            *behaviour = (enum behaviour)i;
            return true;
        }
    struct text nearest = text_nearest(name, names, BEHAVIOUR_COUNT);
    say(session, "'%.*s' is no behaviour: wake, sleep or kill%s%.*s%s", TEXT_ARG(name),
        nearest.n ? " (did you mean " : "", TEXT_ARG(nearest), nearest.n ? "?)" : "");
    return false;
}

static bool policy_has_behaviour(const struct session *session, const struct policy *policy, enum behaviour behaviour)
{
    if (policy->behaviours[behaviour].present)
        return true;
    say(session, "%.*s has no %s", TEXT_ARG(policy->sources.items[0].path), behaviour_name(behaviour));
    return false;
}

enum exit_code code_of_status(enum port_status status)
{
    switch (status) {
    case PORT_OK:
        return CODE_DONE;
    case PORT_NOT_FOUND:
    case PORT_DENIED:
    case PORT_REFUSED:
        return CODE_REFUSED;
    case PORT_THROTTLED:
    case PORT_TIMED_OUT:
    case PORT_FAILED:
    case PORT_UNKNOWN_OUTCOME:
        break;
    }
    return CODE_OUTSIDE;
}

enum exit_code code_of_result(const struct run_result *result)
{
    if (result->status != PORT_OK)
        return code_of_status(result->status);
    if (result->decision.outcome == OUTCOME_FAILED)
        return CODE_NOT_SO;
    return result->decision.outcome == OUTCOME_REFUSED ? CODE_REFUSED : CODE_DONE;
}

void note_result(struct live *live, const struct run_result *result)
{
    live->looked_at_metrics = live->looked_at_metrics || result->snapshot.stage >= STAGE_METRICS;
    live->lacked_service = live->lacked_service || result->status == PORT_NOT_FOUND;
}

void say_hints(const struct live *live)
{
    if (!live->world.file)
        return;
    if (live->lacked_service)
        hint_at_services(live);
    if (live->looked_at_metrics)
        hint_at_metrics(live);
}

void say_warning(const struct live *live, const struct run_result *result)
{
    if (result->warning.n)
        say(live->session, "warning: %.*s/%.*s: %.*s", TEXT_ARG(result->name.cluster), TEXT_ARG(result->name.service),
            TEXT_ARG(result->warning));
}

void say_result(const struct live *live, const struct run_result *result)
{
    say_warning(live, result);
    if (result->status != PORT_OK)
        say(live->session, "%.*s", TEXT_ARG(result->error));
}

static bool read_trigger(struct live *live)
{
    static const struct text names[] = {{"request", 7}, {"schedule", 8}, {"cli", 3}};
    struct text name;
    live->trigger = session_has(live->session, OPTION_REQUEST) ? TRIGGER_REQUEST : TRIGGER_CLI;
    if (!session_value(live->session, OPTION_TRIGGER, &name))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_eq(name, names[i])) {
            live->trigger = (enum trigger)i;
            return true;
        }
    say(live->session, "--trigger %.*s: it is request, schedule or cli", TEXT_ARG(name));
    return false;
}

static void say_lines(const struct session *session, struct text lines)
{
    while (lines.n) {
        struct text line = text_take(&lines, '\n');
        say(session, "%.*s", TEXT_ARG(line));
    }
}

static bool read_request(struct live *live, struct buffer *error)
{
    struct session *session = live->session;
    struct text body;
    if (!session_value(session, OPTION_REQUEST, &body))
        return true;
    struct text trimmed = text_trim(body);
    bool is_json = !trimmed.n || trimmed.p[0] == '{' || trimmed.p[0] == '[';
    if (!is_json && !session_read_file(session, body, REQUEST_BYTES, &body))
        return false;
    struct buffer ignored;
    buffer_init(&ignored, REQUEST_BYTES);
    bool read = request_parse(&session->arena, live->policy, body, &live->request, live->params, &ignored, error);
    say_lines(session, buffer_text(&ignored));
    buffer_release(&ignored);
    return read;
}

// Each source overrides those before it.
static bool read_params(struct live *live, unsigned behaviours)
{
    struct session *session = live->session;
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    live->params = params_new(&session->arena, live->policy);
    bool read = params_from_environment(&session->arena, live->policy, &session->environment->all, behaviours,
                                        live->params, &error) &&
                session_params(session, live->policy, live->params, &error) && read_request(live, &error);
    if (error.n)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return read;
}

// A world that can be described, but is as of another time: metrics are asked for up to then.
static bool read_at(struct live *live)
{
    live->at_s = NAN;
    return session_instant(live->session, OPTION_AT, &live->at_s);
}

static bool open_world(struct live *live)
{
    if (!world_open(live->session, live->policy, &live->world))
        return false;
    live->cloud = live->world.cloud;
    live->clock = live->world.clock;
    return true;
}

enum exit_code live_open(struct session *session, unsigned behaviours, enum live_targets targets, struct live *live)
{
    *live = (struct live){.session = session};
    enum exit_code code = CODE_DONE;
    if (!read_trigger(live))
        return CODE_USAGE;
    live->policy = session_policy(session, &code);
    if (!live->policy)
        return code;
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++)
        if (behaviours & 1u << i && !policy_has_behaviour(session, live->policy, (enum behaviour)i))
            return CODE_USAGE;
    if (!read_params(live, behaviours ? behaviours : ALL_BEHAVIOURS) || !read_at(live) || !open_world(live))
        return CODE_USAGE;
    evaluator_init(&live->evaluator, live->policy, &session->arena);
    live->evaluator.arena = &session->arena;
    live->scripts = script_host_new(live->policy, &live->evaluator);
    return choose_targets(live, targets);
}

void live_close(struct live *live)
{
    if (live->scripts)
        script_host_free(live->scripts);
    live->scripts = NULL;
    world_close(&live->world);
}

struct run_options live_options(const struct live *live, enum behaviour behaviour, bool dry_run)
{
    return (struct run_options){.behaviour = behaviour,
                                .trigger = live->trigger,
                                .dry_run = dry_run,
                                .person = live->trigger != TRIGGER_SCHEDULE,
                                .over_all = live->over_all,
                                .params = live->params,
                                .at_s = live->at_s};
}
