#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/params.h"
#include "engine/cli/replay_input.h"
#include "engine/cli/session.h"
#include "engine/core/evaluator.h"
#include "engine/lang/load.h"
#include "engine/report/replay_report.h"

#define WIDTH_LEAST 40
#define WIDTH_MOST 2000
#define WIDTH_USUAL 80

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
    bool set = params_from_options(&session->arena, input->policy, session->arguments, params, &error);
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
    struct replay_report report = {&input, &result, sources.rows, sources.row_count, width};
    print_replay(session, &report);
    return result.failed_ticks ? CODE_NOT_SO : CODE_DONE;
}
