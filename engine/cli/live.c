#include "engine/cli/live.h"

#include "engine/base/diag.h"
#include "engine/cli/params.h"
#include "engine/cli/session.h"
#include "engine/cli/state_hints.h"
#include "engine/cli/target.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"
#include "engine/sim/state_file.h"
#include "engine/sys/clock.h"

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
    if (live->lacked_service)
        hint_at_services(live);
    if (live->looked_at_metrics)
        hint_at_metrics(live);
}

void say_result(const struct live *live, const struct run_result *result)
{
    const struct session *session = live->session;
    if (result->warning.n)
        say(session, "warning: %.*s/%.*s: %.*s", TEXT_ARG(result->name.cluster), TEXT_ARG(result->name.service),
            TEXT_ARG(result->warning));
    if (result->status != PORT_OK)
        say(session, "%.*s", TEXT_ARG(result->error));
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
    size_t end = 0;
    for (; text_find(lines, '\n', &end); lines = text_from(lines, end + 1))
        say(session, "%.*s", (int)end, lines.p);
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
    bool read = params_from_environment(&session->arena, live->policy, session->environment, behaviours, live->params,
                                        &error) &&
                params_from_options(&session->arena, live->policy, session->arguments, live->params, &error) &&
                read_request(live, &error);
    if (error.n)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return read;
}

static bool open_state(struct live *live)
{
    struct text path;
    if (!session_value(live->session, OPTION_STATE, &path)) {
        say(live->session, "this version does not speak to AWS: give --state FILE, an ECS and CloudWatch in a file");
        return false;
    }
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    live->state_path = path;
    live->machine = system_clock();
    live->file = state_file_open(path, live->policy, &live->machine, &error);
    if (!live->file)
        say(live->session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    if (!live->file)
        return false;
    live->cloud = state_file_cloud(live->file);
    live->clock = state_file_clock(live->file);
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
    if (!read_params(live, behaviours ? behaviours : ALL_BEHAVIOURS) || !open_state(live))
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
    if (live->file)
        state_file_close(live->file);
    live->scripts = NULL;
    live->file = NULL;
}

struct run_options live_options(const struct live *live, enum behaviour behaviour, bool dry_run)
{
    return (struct run_options){.behaviour = behaviour,
                                .trigger = live->trigger,
                                .dry_run = dry_run,
                                .person = live->trigger != TRIGGER_SCHEDULE,
                                .params = live->params};
}
