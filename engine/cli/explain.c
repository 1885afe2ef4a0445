#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/report/explanation.h"

static void print_explanation(struct session *session, const struct explanation *explanation)
{
    if (!session_has(session, OPTION_JSON)) {
        explanation_text(&session->out, &session->out_style, explanation);
        return;
    }
    struct json_writer json;
    session_json_begin(session, &json);
    explanation_json(&json, explanation);
    session_json_end(session, &json);
}

static enum exit_code explain_target(struct live *live, enum behaviour behaviour)
{
    struct session *session = live->session;
    struct run_options options = live_options(live, behaviour, true);
    struct run_result result = {.status = PORT_OK};
    run_decide(&session->arena, &live->evaluator, &live->cloud, &live->clock, &options, &live->targets[0], 1, &result);
    note_result(live, &result);
    say_result(live, &result);
    say_hints(live);
    if (result.status != PORT_OK)
        return code_of_status(result.status);
    struct explanation explanation;
    explain(&session->arena, &live->evaluator, behaviour, &result.snapshot, &explanation);
    print_explanation(session, &explanation);
    // A refusal explained is what was asked for.
    return result.decision.outcome == OUTCOME_FAILED ? CODE_NOT_SO : CODE_DONE;
}

enum exit_code command_explain(struct session *session)
{
    enum behaviour behaviour;
    if (!parse_behaviour(session, session->arguments->operands[0], &behaviour))
        return CODE_USAGE;
    struct live live;
    enum exit_code code = live_open(session, 1u << behaviour, LIVE_ONE, &live);
    if (code == CODE_DONE)
        code = explain_target(&live, behaviour);
    live_close(&live);
    return code;
}
