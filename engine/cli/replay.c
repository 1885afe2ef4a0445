#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/replay_input.h"
#include "engine/cli/session.h"
#include "engine/core/evaluator.h"
#include "engine/lang/load.h"
#include "engine/report/replay_report.h"
#include "engine/shell/params.h"

#define WIDTH_LEAST 40
#define WIDTH_MOST 2000
#define WIDTH_USUAL 80
#define CONTRADICTIONS_LEAST 3  // fewer may be chance

static bool choose_width(const struct session *session, size_t *width)
{
    struct text option;
    int64_t columns = session->environment->columns ? session->environment->columns : WIDTH_USUAL;
    if (session_value(session, OPTION_WIDTH, &option) &&
        (!text_to_int64(option, &columns) || columns < WIDTH_LEAST || columns > WIDTH_MOST)) {
        say(session, "--width %.*s: it is a whole number from %d to %d", TEXT_ARG(option), WIDTH_LEAST, WIDTH_MOST);
        return false;
    }
    *width = (size_t)columns;
    return true;
}

static bool choose_params(struct session *session, struct replay_input *input)
{
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    struct param_setting *params = params_new(&session->arena, input->policy);
    bool set = session_params(session, input->policy, params, &error);
    if (!set)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    input->params = params;
    return set;
}

static void run_replay(struct session *session, struct replay_input *input, struct replay_result *result)
{
    struct evaluator evaluator;
    evaluator_init(&evaluator, input->policy, &session->arena);
    struct script_host *scripts = script_host_new(input->policy, &evaluator);
    input->evaluator = &evaluator;
    replay_run(&session->arena, input, result);
    script_host_free(scripts);
}

// ---- what a policy is hardly meant to do ------------------------------------------------------------------

static bool is_undone_by_demand(const struct replay_input *input, const struct replay_transition *stop,
                                const struct replay_transition *next)
{
    return input->demand.metric >= 0 && stop->to == REPLAY_ASLEEP && stop->behaviour == BEHAVIOUR_SLEEP &&
           next->cause == CAUSE_DEMAND && next->to == REPLAY_STARTING &&
           next->at_s - stop->at_s <= input->policy->metrics[input->demand.metric].period_s;
}

static bool is_undone_by_sleep(const struct replay_transition *start, const struct replay_transition *next)
{
    return start->to == REPLAY_STARTING && start->cause == CAUSE_DECISION && next->to == REPLAY_ASLEEP &&
           next->behaviour == BEHAVIOUR_SLEEP && next->at_s == start->at_s;
}

// Demand that is there while the service idles too wakes it as soon as it sleeps; a wake and a sleep that hold at
// once undo each other at every tick.
static void note_contradictions(struct session *session, const struct replay_input *input,
                                const struct replay_result *result)
{
    size_t by_demand = 0, by_sleep = 0;
    const struct replay_transition *transitions = result->transitions, *start = NULL;
    for (size_t i = 0; i + 1 < result->transition_count; i++) {
        by_demand += is_undone_by_demand(input, &transitions[i], &transitions[i + 1]);
        bool undone = is_undone_by_sleep(&transitions[i], &transitions[i + 1]);
        by_sleep += undone;
        start = undone && !start ? &transitions[i] : start;
    }
    if (by_demand >= CONTRADICTIONS_LEAST && 2 * by_demand > result->sleeps) {
        struct text metric = input->policy->metrics[input->demand.metric].name;
        say(session,
            "warning: %zu of %zu sleeps were undone at once by demand, which is %.*s above %.15g; if it idles above "
            "that, say what demand is: --demand '%.*s>LIMIT'",
            by_demand, result->sleeps, TEXT_ARG(metric), input->demand.limit, TEXT_ARG(metric));
    }
    if (by_sleep >= CONTRADICTIONS_LEAST && start[0].rule != RULE_NONE && start[1].rule != RULE_NONE)
        say(session,
            "warning: wake's rule %.*s and sleep's rule %.*s acted at the same instant %zu times: they contradict "
            "each other",
            TEXT_ARG(input->policy->behaviours[BEHAVIOUR_WAKE].rules[start[0].rule].name),
            TEXT_ARG(input->policy->behaviours[BEHAVIOUR_SLEEP].rules[start[1].rule].name), by_sleep);
}

// ---- the command ------------------------------------------------------------------------------------------

static void print_replay(struct session *session, const struct replay_report *report)
{
    if (!session_has(session, OPTION_JSON)) {
        replay_report_text(&session->out, &session->out_style, report);
        return;
    }
    struct json_writer json;
    session_json_begin(session, &json);
    replay_report_json(&json, report);
    session_json_end(session, &json);
}

enum exit_code command_replay(struct session *session)
{
    enum exit_code code = CODE_DONE;
    size_t width = 0;
    struct replay_sources sources;
    struct replay_input input = {.policy = NULL};
    if (!choose_width(session, &width))
        return CODE_USAGE;
    input.policy = session_policy(session, &code);
    if (!input.policy)
        return code;
    if (!choose_params(session, &input) || !replay_input_read(session, &sources, &input))
        return CODE_USAGE;
    struct replay_result result;
    run_replay(session, &input, &result);
    note_contradictions(session, &input, &result);
    struct replay_report report = {&input, &result, sources.rows, sources.row_count, width};
    print_replay(session, &report);
    return result.failed_ticks ? CODE_NOT_SO : CODE_DONE;
}
