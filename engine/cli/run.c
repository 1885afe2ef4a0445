#include <stdio.h>

#include "engine/base/json_write.h"
#include "engine/cli/blast_radius.h"
#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/core/message.h"
#include "engine/report/answer.h"
#include "engine/report/json_parts.h"

// A run over one target or many.
struct running {
    struct live live;
    struct run_options options;
    struct run_result *results;
    struct answer *answers;
    struct text *unsettled;  // by target: unsettled_format
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

static void decide_all(struct running *running)
{
    struct live *live = &running->live;
    struct arena *arena = &live->session->arena;
    running->results = ARENA_ARRAY(arena, live->target_count, struct run_result);
    running->answers = ARENA_ARRAY(arena, live->target_count, struct answer);
    running->unsettled = ARENA_ARRAY(arena, live->target_count, struct text);
    for (size_t i = 0; i < live->target_count; i++) {
        run_decide(arena, &live->evaluator, &live->cloud, &live->clock, &running->options, &live->targets[i],
                   &running->results[i]);
        note_result(live, &running->results[i]);
        if (running->results[i].status != PORT_OK)
            continue;
        answer_prepare(arena, &live->evaluator, &running->results[i], &running->answers[i]);
        running->unsettled[i] = unsettled_format(arena, &live->evaluator, &running->results[i]);
    }
}

// A run over all that would stop more than the policy allows is refused whole.
static bool is_small_enough(const struct running *running)
{
    const struct live *live = &running->live;
    struct blast_radius radius;
    size_t lowered = 0;
    for (size_t i = 0; i < live->target_count; i++)
        lowered += lowers_count(&running->results[i]);
    if (!live->over_all ||
        within_blast_radius(live->policy, running->options.behaviour, lowered, live->target_count, &radius))
        return true;
    say(live->session, "refused: this would lower %zu of %zu services, and limits.%s allows %zu; nothing was changed",
        radius.lowered, radius.of, blast_radius_limit(radius.behaviour), radius.allowed);
    return false;
}

static void apply_all(struct running *running)
{
    struct live *live = &running->live;
    for (size_t i = 0; i < live->target_count; i++)
        if (running->results[i].status == PORT_OK)
            run_apply(&live->session->arena, &live->cloud, &live->clock, &running->options, &running->results[i]);
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

static enum exit_code run_targets(struct session *session, struct running *running)
{
    enum exit_code confirmed = confirm_kill(session, running);
    if (confirmed != CODE_DONE)
        return confirmed;
    decide_all(running);
    if (!is_small_enough(running))
        return CODE_REFUSED;
    apply_all(running);
    return report_all(running);
}

enum exit_code command_run(struct session *session)
{
    enum behaviour behaviour;
    if (!parse_behaviour(session, session->arguments->operands[0], &behaviour))
        return CODE_USAGE;
    struct running running = {.results = NULL};
    enum exit_code code = live_open(session, 1u << behaviour, LIVE_RUN, &running.live);
    if (code == CODE_DONE) {
        running.options = live_options(&running.live, behaviour, session_has(session, OPTION_DRY_RUN));
        code = run_targets(session, &running);
    }
    live_close(&running.live);
    return code;
}
