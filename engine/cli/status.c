#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/report/status_table.h"

struct looking {
    struct live *live;
    struct run_result *results;
    struct status_line *lines;
};

// The soonest tick of any schedule that would set another count.
static void find_next_change(struct live *live, const struct snapshot *snapshot, struct status_line *line)
{
    for (size_t b = 0; b < BEHAVIOUR_COUNT; b++) {
        struct outlook outlook;
        if (!live->policy->behaviours[b].present || !live->policy->schedules[b])
            continue;
        outlook_next_change(&live->session->arena, &live->evaluator, snapshot, (enum behaviour)b, &outlook);
        if (!outlook.changes || (line->has_next && line->next.at_s <= outlook.at_s))
            continue;
        line->has_next = true;
        line->next_behaviour = (enum behaviour)b;
        line->next = outlook;
    }
}

static void note_decision(void *context, size_t index, const struct run_result *result)
{
    const struct looking *looking = context;
    struct live *live = looking->live;
    struct status_line *line = &looking->lines[index];
    note_result(live, result);
    if (result->status != PORT_OK)
        return;
    answer_prepare(&live->session->arena, &live->evaluator, result, &line->answer);
    line->unsettled = unsettled_format(&live->session->arena, &live->evaluator, result);
}

// Whether it may sleep is what says why a service is up. Where the policy has no sleep, nothing is decided on.
static void decide_all(struct looking *looking)
{
    struct live *live = looking->live;
    if (live->policy->behaviours[BEHAVIOUR_SLEEP].present) {
        struct run_options options = live_options(live, BEHAVIOUR_SLEEP, true);
        struct run_watch watch = {looking, note_decision};
        options.watch = &watch;
        run_decide(&live->session->arena, &live->evaluator, &live->cloud, &live->clock, &options, live->targets,
                   live->target_count, looking->results);
        return;
    }
    for (size_t i = 0; i < live->target_count; i++)
        looking->results[i] = (struct run_result){
            .name = live->targets[i],
            .snapshot = {.stage = STAGE_NOTHING,
                         .trigger = (uint8_t)live->trigger,
                         .cluster = live->targets[i].cluster,
                         .service = live->targets[i].service,
                         .params = live->params},
            .decision = {.behaviour = BEHAVIOUR_SLEEP, .rule = RULE_NONE, .held_by = RULE_NONE},
        };
}

// A decision that asked for nothing leaves the service undescribed; a status is about the service. One that a pattern
// found and that takes no changes was described without being decided on.
static void describe_rest(struct looking *looking)
{
    struct live *live = looking->live;
    struct arena *arena = &live->session->arena;
    struct service_name *names = ARENA_ARRAY(arena, live->target_count, struct service_name);
    struct described *found = ARENA_ARRAY(arena, live->target_count, struct described);
    size_t *places = ARENA_ARRAY(arena, live->target_count, size_t), count = 0;
    for (size_t i = 0; i < live->target_count; i++) {
        struct run_result *result = &looking->results[i];
        if (result->status != PORT_OK || result->snapshot.stage >= STAGE_STATE)
            continue;
        places[count] = i;
        names[count++] = result->name;
    }
    if (!count)
        return;
    live->cloud.describe(live->cloud.context, arena, names, count, found);
    for (size_t i = 0; i < count; i++) {
        struct run_result *result = &looking->results[places[i]];
        result->status = found[i].result.status;
        result->error = found[i].result.error;
        if (result->status != PORT_OK)
            continue;
        result->snapshot.state = found[i].state;
        result->snapshot.stage = STAGE_STATE;
        result->snapshot.now_s = live->clock.now_s(live->clock.context);
    }
}

static enum exit_code look_at_all(struct looking *looking)
{
    struct live *live = looking->live;
    decide_all(looking);
    describe_rest(looking);
    enum exit_code code = CODE_DONE;
    for (size_t i = 0; i < live->target_count; i++) {
        struct status_line *line = &looking->lines[i];
        line->result = looking->results[i];
        line->described = line->result.status == PORT_OK && line->result.snapshot.stage >= STAGE_STATE;
        if (line->described && line->result.applied != APPLIED_PASSED)
            find_next_change(live, &line->result.snapshot, line);
        say_warning(live, &line->result);
        code = code_higher(code, code_of_status(line->result.status));
    }
    return code;
}

// As of when: chunks are looked at one after the other.
static double first_now(const struct looking *looking)
{
    const struct live *live = looking->live;
    for (size_t i = 0; i < live->target_count; i++)
        if (looking->lines[i].described)
            return looking->lines[i].result.snapshot.now_s;
    return live->clock.now_s(live->clock.context);
}

static void print_status(struct session *session, const struct status *status)
{
    if (!session_has(session, OPTION_JSON)) {
        status_table_text(&session->out, &session->out_style, status);
        return;
    }
    struct json_writer json;
    session_json_begin(session, &json);
    status_table_json(&json, status);
    session_json_end(session, &json);
}

static enum exit_code show_status(struct live *live)
{
    struct arena *arena = &live->session->arena;
    struct looking looking = {
        .live = live,
        .results = ARENA_ARRAY(arena, live->target_count, struct run_result),
        .lines = ARENA_ARRAY(arena, live->target_count, struct status_line),
    };
    enum exit_code code = look_at_all(&looking);
    struct status status = {live->policy, first_now(&looking), looking.lines, live->target_count};
    print_status(live->session, &status);
    say_hints(live);
    return code;
}

enum exit_code command_status(struct session *session)
{
    struct live live;
    enum exit_code code = live_open(session, 0, LIVE_ALL, &live);
    if (code == CODE_DONE)
        code = show_status(&live);
    live_close(&live);
    return code;
}
