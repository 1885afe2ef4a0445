#include <stdio.h>

#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/decision_log.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/core/message.h"
#include "engine/report/answer.h"
#include "engine/report/json_parts.h"
#include "engine/report/record.h"

// A run over one target or many.
struct running {
    struct live live;
    struct run_options options;
    struct run_result *results;
    struct answer *answers;
    struct text *unsettled;  // by target: unsettled_format
    struct text *prepared;   // by target: record_prepare
    struct decision_log log;
};

// ---- before -----------------------------------------------------------------------------------------------

static struct text typed_line(struct session *session)
{
    char line[LIMIT_NAME_BYTES * 8];
    if (!fgets(line, sizeof line, stdin))
        return TEXT("");
    return arena_text(&session->arena, text_trim(text_of(line)));
}

static bool typed_confirmation(struct session *session, const struct live *live)
{
    if (live->target_count > 1) {
        fprintf(stderr, "This stops %zu services at once. Type their number to go on: ", live->target_count);
        int64_t number = 0;
        return text_to_int64(typed_line(session), &number) && number == (int64_t)live->target_count;
    }
    const struct service_name *name = &live->targets[0];
    fprintf(stderr, "This stops %.*s/%.*s at once. Type the service's name to go on: ", TEXT_ARG(name->cluster),
            TEXT_ARG(name->service));
    return text_eq(typed_line(session), name->service);
}

static enum exit_code confirm_kill(struct session *session, const struct running *running)
{
    bool asks = running->options.behaviour == BEHAVIOUR_KILL && !running->options.dry_run;
    if (!asks || session_has(session, OPTION_YES))
        return CODE_DONE;
    if (!session->environment->terminal_in || !session->environment->terminal_err) {
        say(session, "a kill must be confirmed, and nobody can be asked here: give --yes (or --dry-run to look first)");
        return CODE_USAGE;
    }
    if (typed_confirmation(session, &running->live))
        return CODE_DONE;
    say(session, "not confirmed: nothing was changed");
    return CODE_REFUSED;
}

// ---- gather, decide, apply --------------------------------------------------------------------------------

// Told of each decision while the evaluator is at it; of one that was made again, again.
static void keep_answer(void *context, size_t index, const struct run_result *result)
{
    struct running *running = context;
    struct live *live = &running->live;
    struct arena *arena = &live->session->arena;
    note_result(live, result);
    running->unsettled[index] = TEXT("");
    if (running->log.file >= 0)
        running->prepared[index] = record_prepare(arena, &live->evaluator, result);
    if (result->status != PORT_OK)
        return;
    answer_prepare(arena, &live->evaluator, result, &running->answers[index]);
    running->unsettled[index] = unsettled_format(arena, &live->evaluator, result);
}

// Gathers, decides and applies.
static struct blast_radius act(struct running *running)
{
    struct live *live = &running->live;
    struct arena *arena = &live->session->arena;
    struct run_watch watch = {running, keep_answer};
    running->results = ARENA_ARRAY(arena, live->target_count, struct run_result);
    running->answers = ARENA_ARRAY(arena, live->target_count, struct answer);
    running->unsettled = ARENA_ARRAY(arena, live->target_count, struct text);
    running->prepared = ARENA_ARRAY(arena, live->target_count, struct text);
    running->options.watch = &watch;
    return run_targets(arena, &live->evaluator, &live->cloud, &live->clock, &running->options, live->targets,
                       live->target_count, running->results);
}

// ---- the answer -------------------------------------------------------------------------------------------

static void one_answer(struct json_writer *json, const struct running *running, size_t index, bool named)
{
    const struct run_result *result = &running->results[index];
    json_open_object(json);
    if (result->status == PORT_OK || result->applied != APPLIED_NOTHING) {
        answer_json(json, running->live.policy, result, &running->answers[index], named);
    } else {
        json_member_text(json, "cluster", result->name.cluster);
        json_member_text(json, "service", result->name.service);
        json_member_text(json, "error", result->error);
    }
    json_close_object(json);
}

static void print_answers(struct running *running)
{
    struct session *session = running->live.session;
    struct json_writer json;
    bool many = running->live.over_all;
    if (!many && running->results[0].status != PORT_OK && running->results[0].applied == APPLIED_NOTHING)
        return;
    session_json_begin(session, &json);
    if (many) {
        json_open_object(&json);
        json_key(&json, "results");
        json_open_array(&json);
    }
    for (size_t i = 0; i < running->live.target_count; i++)
        one_answer(&json, running, i, many);
    if (many) {
        json_close_array(&json);
        json_close_object(&json);
    }
    session_json_end(session, &json);
}

static enum exit_code report_all(struct running *running)
{
    enum exit_code code = CODE_DONE;
    for (size_t i = 0; i < running->live.target_count; i++) {
        say_result(&running->live, &running->results[i]);
        const struct service_name *name = &running->results[i].name;
        if (running->unsettled[i].n)
            say(running->live.session, "note: %.*s/%.*s: %.*s", TEXT_ARG(name->cluster), TEXT_ARG(name->service),
                TEXT_ARG(running->unsettled[i]));
        code = code_higher(code, code_of_result(&running->results[i]));
    }
    print_answers(running);
    say_hints(&running->live);
    if (running->options.dry_run)
        say(running->live.session, "dry run: nothing was changed");
    return code;
}

static enum exit_code run_and_report(struct session *session, struct running *running)
{
    enum exit_code confirmed = confirm_kill(session, running);
    if (confirmed != CODE_DONE)
        return confirmed;
    if (!decision_log_open(session, &running->log))
        return CODE_USAGE;
    struct blast_radius radius = act(running);
    enum exit_code code = report_all(running);
    if (!decision_log_write(&running->log, &running->live, &running->options, running->results, running->prepared))
        code = code_higher(code, CODE_OUTSIDE);
    if (!radius.refused)
        return code;
    say(session, "refused: this would lower %zu of %zu services, and limits.%s allows %zu; nothing was changed",
        radius.lowered, radius.of, blast_radius_limit(running->options.behaviour), radius.allowed);
    return code_higher(code, CODE_REFUSED);
}

// What is set for the functions to be watched only holds here as well.
static bool read_dry_run(const struct session *session, bool *dry_run)
{
    struct buffer error;
    bool by_variable = false;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    bool read = variable_switch(&session->environment->all, "DROWSE_DRY_RUN", &by_variable, &error);
    if (!read)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    *dry_run = by_variable || session_has(session, OPTION_DRY_RUN);
    return read;
}

enum exit_code command_run(struct session *session)
{
    enum behaviour behaviour;
    bool dry_run;
    if (!parse_behaviour(session, session->arguments->operands[0], &behaviour) || !read_dry_run(session, &dry_run))
        return CODE_USAGE;
    struct running running = {.log = {.file = -1}};
    enum exit_code code = live_open(session, 1u << behaviour, LIVE_RUN, &running.live);
    if (code == CODE_DONE) {
        running.options = live_options(&running.live, behaviour, dry_run);
        code = run_and_report(session, &running);
        decision_log_close(&running.log);
    }
    live_close(&running.live);
    return code;
}
