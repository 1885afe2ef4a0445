#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/report/plan_table.h"

#define DETAILED_CHANGES 2
#define DETAILED_ERROR 1

// The behaviours asked for, as bits.
static bool parse_behaviours(struct session *session, unsigned *behaviours)
{
    *behaviours = 0;
    if (session->arguments->operand_count == 0 || text_is(session->arguments->operands[0], "all"))
        return true;
    enum behaviour behaviour;
    if (!parse_behaviour(session, session->arguments->operands[0], &behaviour))
        return false;
    *behaviours = 1u << behaviour;
    return true;
}

static bool is_planned(const struct policy *policy, unsigned behaviours, enum behaviour behaviour)
{
    return policy->behaviours[behaviour].present && (!behaviours || behaviours & 1u << behaviour);
}

// The decisions of one behaviour on all targets: of each target's lines, the one at `first`.
struct planning {
    struct live *live;
    struct plan_line *lines;
    size_t first, step;
};

static struct plan_line *line_of(const struct planning *planning, size_t target)
{
    return &planning->lines[planning->first + target * planning->step];
}

static void keep_line(void *context, size_t target, const struct run_result *result)
{
    const struct planning *planning = context;
    struct live *live = planning->live;
    struct arena *arena = &live->session->arena;
    struct plan_line *line = line_of(planning, target);
    note_result(live, result);
    if (result->status != PORT_OK)
        return;
    answer_prepare(arena, &live->evaluator, result, &line->answer);
    line->unsettled = unsettled_format(arena, &live->evaluator, result);
}

static void plan_behaviour(struct planning *planning, enum behaviour behaviour)
{
    struct live *live = planning->live;
    struct arena *arena = &live->session->arena;
    struct run_options options = live_options(live, behaviour, true);
    struct run_watch watch = {planning, keep_line};
    options.watch = &watch;
    struct run_result *results = ARENA_ARRAY(arena, live->target_count, struct run_result);
    run_decide(arena, &live->evaluator, &live->cloud, &live->clock, &options, live->targets, live->target_count,
               results);
    for (size_t i = 0; i < live->target_count; i++) {
        struct plan_line *line = line_of(planning, i);
        line->behaviour = behaviour;
        line->result = results[i];
        if (results[i].applied == APPLIED_PASSED)
            line->answer.message = TEXT("No change: the service takes no changes");
    }
}

// A line a target and behaviour.
static size_t plan_lines(struct live *live, unsigned behaviours, struct plan_line *lines)
{
    struct planning planning = {.live = live, .lines = lines};
    for (size_t b = 0; b < BEHAVIOUR_COUNT; b++)
        planning.step += is_planned(live->policy, behaviours, (enum behaviour)b);
    for (size_t b = 0; b < BEHAVIOUR_COUNT; b++) {
        if (!is_planned(live->policy, behaviours, (enum behaviour)b))
            continue;
        plan_behaviour(&planning, (enum behaviour)b);
        planning.first++;
    }
    return planning.step * live->target_count;
}

// Which runs over all targets the policy would refuse as too large.
static size_t find_refusals(const struct live *live, const struct plan_line *lines, size_t count,
                            struct plan_refusal refusals[BEHAVIOUR_COUNT])
{
    size_t lowered[BEHAVIOUR_COUNT] = {0}, of[BEHAVIOUR_COUNT] = {0}, found = 0;
    for (size_t i = 0; i < count; i++) {
        lowered[lines[i].behaviour] += lowers_count(&lines[i].result);
        of[lines[i].behaviour] += lines[i].result.applied != APPLIED_PASSED;
    }
    for (size_t b = 0; live->over_all && b < BEHAVIOUR_COUNT; b++) {
        struct blast_radius radius;
        enum behaviour behaviour = (enum behaviour)b;
        if (!within_blast_radius(live->policy, behaviour, lowered[b], of[b], &radius))
            refusals[found++] = (struct plan_refusal){behaviour, blast_radius_limit(behaviour), radius.lowered,
                                                      radius.of, radius.allowed};
    }
    return found;
}

static void print_plan(const struct live *live, const struct plan_line *lines, size_t count)
{
    struct session *session = live->session;
    struct plan_refusal refusals[BEHAVIOUR_COUNT];
    struct plan plan = {live->policy, lines, count, refusals, find_refusals(live, lines, count, refusals)};
    if (!session_has(session, OPTION_JSON)) {
        plan_table_text(&session->out, &session->out_style, &plan);
        return;
    }
    struct json_writer json;
    session_json_begin(session, &json);
    plan_table_json(&json, &plan);
    session_json_end(session, &json);
}

// A rule that refuses is a part of the plan, not a refusal of it.
static enum exit_code code_of_lines(const struct plan_line *lines, size_t count, bool *changes)
{
    enum exit_code code = CODE_DONE;
    *changes = false;
    for (size_t i = 0; i < count; i++) {
        const struct run_result *result = &lines[i].result;
        bool decided = result->status == PORT_OK;
        if (!decided || result->decision.outcome == OUTCOME_FAILED)
            code = code_higher(code, code_of_result(result));
        *changes = *changes || (decided && result->decision.outcome == OUTCOME_CHANGE);
    }
    return code;
}

static enum exit_code plan(struct live *live, unsigned behaviours, bool *changes)
{
    struct session *session = live->session;
    struct plan_line *lines = ARENA_ARRAY(&session->arena, live->target_count * BEHAVIOUR_COUNT, struct plan_line);
    size_t count = plan_lines(live, behaviours, lines);
    print_plan(live, lines, count);
    say_hints(live);
    return code_of_lines(lines, count, changes);
}

enum exit_code command_plan(struct session *session)
{
    unsigned behaviours = 0;
    bool changes = false;
    enum exit_code code = CODE_USAGE;
    if (parse_behaviours(session, &behaviours)) {
        struct live live;
        code = live_open(session, behaviours, LIVE_ALL, &live);
        if (code == CODE_DONE)
            code = plan(&live, behaviours, &changes);
        live_close(&live);
    }
    if (!session_has(session, OPTION_DETAILED_EXITCODE))
        return code;
    if (code != CODE_DONE)
        return (enum exit_code)DETAILED_ERROR;
    return changes ? (enum exit_code)DETAILED_CHANGES : CODE_DONE;
}
