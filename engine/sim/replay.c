#include "engine/sim/replay.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/evaluator.h"
#include "engine/core/message.h"
#include "engine/core/schedule.h"
#include "engine/core/series.h"

#define NEVER INT64_MAX
#define DEFAULT_SLEEP_S 300
#define RATE_ANCHOR_S 0  // ticks of a rate fall on whole multiples of it, as a person would write them down

// What can come next; at one instant in this order.
enum event { EVENT_STARTED, EVENT_DEMAND, EVENT_WAKE, EVENT_SLEEP, EVENT_KILL, EVENT_COUNT };

struct world {
    const struct replay_input *input;
    struct arena *arena;  // the result's
    struct arena tick;    // one decision's
    struct buffer message;
    struct snapshot snapshot;
    struct metric_view *views;
    struct schedule fallback;  // of sleep, where the policy has none
    const struct schedule *schedules[BEHAVIOUR_COUNT];
    int64_t end_s;
    int64_t next_s[EVENT_COUNT];
    uint8_t state;  // enum replay_state
    int64_t state_since_s;
    int64_t count_when_woken;  // for a policy that has no wake
    double demand_value;       // of the demand that comes next
    size_t demand_next;        // point of demand under look
    int64_t demand_since_s;    // the first demand that waits; NEVER: none
    size_t transition_capacity, unsettled_capacity;
    enum rule_result results[LIMIT_RULES];  // of the newest decision
    struct replay_result result;
};

static int64_t floor_to(int64_t at_s, int64_t step_s)
{
    int64_t rest = at_s % step_s;
    return at_s - (rest < 0 ? rest + step_s : rest);
}

// ---- what is visible --------------------------------------------------------------------------------------

static void reveal(struct world *world, int64_t now_s)
{
    const struct policy *policy = world->input->policy;
    for (size_t i = 0; i < policy->metric_count; i++) {
        const struct series *series = &world->input->series[i];
        struct metric_view *view = &world->views[i];
        int64_t newest_s = now_s - policy->metrics[i].lag_s - policy->metrics[i].period_s;
        while (view->end < series->count && series->at_s[view->end] <= newest_s)
            view->end++;
    }
}

// A run emits from the bucket on in which it began; what came before is not its own.
static void begin_run(struct world *world, int64_t now_s)
{
    const struct policy *policy = world->input->policy;
    for (size_t i = 0; i < policy->metric_count; i++) {
        const struct series *series = &world->input->series[i];
        struct metric_view *view = &world->views[i];
        view->first =
            series_at_or_after(series, view->first, series->count, floor_to(now_s, policy->metrics[i].period_s));
        view->end = view->first;
    }
}

// ---- demand -----------------------------------------------------------------------------------------------

static const struct series *demand_series(const struct world *world)
{
    static const struct series none = {0};
    int32_t metric = world->input->demand.metric;
    return metric < 0 ? &none : &world->input->series[metric];
}

static bool is_demand(const struct world *world, size_t point)
{
    return demand_series(world)->values[point] > world->input->demand.limit;
}

// Looks on for a bucket of demand that begins at or after `from_s`.
static void seek_demand(struct world *world, int64_t from_s)
{
    const struct series *series = demand_series(world);
    size_t i = world->demand_next;
    while (i < series->count && (series->at_s[i] < from_s || !is_demand(world, i)))
        i++;
    world->demand_next = i;
    world->next_s[EVENT_DEMAND] = NEVER;
    if (i >= series->count)
        return;
    world->next_s[EVENT_DEMAND] = series->at_s[i];
    world->demand_value = series->values[i];
}

static void count_missed_until(struct world *world, int64_t end_s)
{
    const struct series *series = demand_series(world);
    for (; world->demand_next < series->count && series->at_s[world->demand_next] < end_s; world->demand_next++)
        if (series->at_s[world->demand_next] >= world->state_since_s && is_demand(world, world->demand_next))
            world->result.demand_missed++;
}

// Demand stops waiting: it is served, cut off, or the recording ends.
static double end_wait(struct world *world, int64_t now_s)
{
    if (world->demand_since_s == NEVER)
        return 0;
    double waited_s = (double)(now_s - world->demand_since_s);
    world->result.demand_waited_s += waited_s;
    world->demand_since_s = NEVER;
    return waited_s;
}

// ---- transitions ------------------------------------------------------------------------------------------

static void leave_state(struct world *world, int64_t now_s)
{
    world->result.state_s[world->state] += (double)(now_s - world->state_since_s);
    if (world->state == REPLAY_STARTING)
        count_missed_until(world, now_s);
    world->state_since_s = now_s;
}

static void add_transition(struct world *world, const struct replay_transition *transition)
{
    struct replay_result *result = &world->result;
    result->transitions = arena_grow(world->arena, result->transitions, result->transition_count,
                                     &world->transition_capacity, result->transition_count + 1, sizeof *transition);
    result->transitions[result->transition_count++] = *transition;
}

static void enter_state(struct world *world, int64_t now_s, enum replay_state to)
{
    if (to == world->state)
        return;
    leave_state(world, now_s);
    if (to == REPLAY_ASLEEP) {
        end_wait(world, now_s);
        seek_demand(world, now_s);
    } else {
        world->next_s[EVENT_DEMAND] = NEVER;
    }
    if (to == REPLAY_STARTING)
        world->result.wakes++;
    world->state = (uint8_t)to;
}

// The service after its desired count was set, as ECS would bring it about.
static enum replay_state set_desired(struct world *world, int64_t now_s, int64_t desired)
{
    struct service_state *service = &world->snapshot.state;
    service->desired = desired;
    if (service->running > desired)
        service->running = desired;
    service->pending = desired - service->running;
    bool starts = service->pending > 0;
    if (!starts)
        world->next_s[EVENT_STARTED] = NEVER;
    else if (world->next_s[EVENT_STARTED] == NEVER)
        world->next_s[EVENT_STARTED] = now_s + world->input->policy->cold_start_s;
    if (desired == 0)
        return REPLAY_ASLEEP;
    return service->running > 0 ? REPLAY_AWAKE : REPLAY_STARTING;
}

static void mark_wake(struct world *world, int64_t now_s)
{
    struct service_state *service = &world->snapshot.state;
    service->woken_at_s = (double)now_s;
    service->fence_s = (double)now_s;
    service->fence_source = FENCE_WAKE_MARK;
}

static void change(struct world *world, int64_t now_s, int64_t desired, struct replay_transition *transition)
{
    transition->at_s = (double)now_s;
    transition->from = world->state;
    transition->before = world->snapshot.state.desired;
    transition->desired = desired;
    enum replay_state to = set_desired(world, now_s, desired);
    enter_state(world, now_s, to);
    transition->to = (uint8_t)to;
    add_transition(world, transition);
}

static void started(struct world *world, int64_t now_s)
{
    struct service_state *service = &world->snapshot.state;
    service->running = service->desired;
    service->pending = 0;
    world->next_s[EVENT_STARTED] = NEVER;
    if (world->state != REPLAY_STARTING)
        return;
    struct replay_transition transition = {.at_s = (double)now_s,
                                           .from = REPLAY_STARTING,
                                           .to = REPLAY_AWAKE,
                                           .cause = CAUSE_STARTED,
                                           .rule = RULE_NONE,
                                           .before = service->desired,
                                           .desired = service->desired};
    enter_state(world, now_s, REPLAY_AWAKE);
    transition.waited_s = end_wait(world, now_s);
    begin_run(world, now_s);
    add_transition(world, &transition);
}

// ---- decisions --------------------------------------------------------------------------------------------

static struct decision take_decision(struct world *world, int64_t now_s, enum behaviour behaviour, enum trigger trigger)
{
    arena_reset(&world->tick);
    reveal(world, now_s);
    world->snapshot.now_s = (double)now_s;
    world->snapshot.trigger = (uint8_t)trigger;
    return decide(world->input->evaluator, behaviour, &world->snapshot, world->results);
}

static struct text rendered_message(struct world *world, const struct decision *decision)
{
    buffer_clear(&world->message);
    message_format(&world->message, world->input->evaluator, decision);
    return arena_text(world->arena, buffer_text(&world->message));
}

static void note_unsettled(struct world *world, int64_t now_s, struct value unknown)
{
    struct replay_result *result = &world->result;
    result->unsettled_ticks++;
    for (size_t i = 0; i < result->unsettled_count; i++) {
        struct replay_unsettled *known = &result->unsettled[i];
        if (known->unknown.why == unknown.why && known->unknown.what == unknown.what) {
            known->ticks++;
            return;
        }
    }
    result->unsettled = arena_grow(world->arena, result->unsettled, result->unsettled_count, &world->unsettled_capacity,
                                   result->unsettled_count + 1, sizeof *result->unsettled);
    result->unsettled[result->unsettled_count++] = (struct replay_unsettled){unknown, 1, (double)now_s};
}

// Why the decision just taken lacked data: what held it, else the first condition that was unknown.
static bool find_unsettled(const struct world *world, const struct decision *decision, struct value *unknown)
{
    if (decision->outcome == OUTCOME_HELD) {
        *unknown = decision->unknown;
        return true;
    }
    const struct behaviour_rules *rules = &world->input->policy->behaviours[decision->behaviour];
    for (int16_t i = 0; i < decision->rule; i++)
        if (world->results[i] == RULE_UNKNOWN) {
            *unknown = evaluate(world->input->evaluator, rules->rules[i].when);
            return true;
        }
    return false;
}

static void note_failed(struct world *world, int64_t now_s, struct text error)
{
    if (world->result.failed_ticks++ > 0)
        return;
    world->result.first_failure = arena_text(world->arena, error);
    world->result.first_failure_s = (double)now_s;
}

static void apply(struct world *world, int64_t now_s, const struct decision *decision, struct replay_transition *why)
{
    why->behaviour = decision->behaviour;
    why->rule = decision->rule;
    if (decision->behaviour == BEHAVIOUR_WAKE)
        mark_wake(world, now_s);
    uint8_t before = world->state;
    change(world, now_s, decision->desired, why);
    if (world->state == REPLAY_ASLEEP && before != REPLAY_ASLEEP) {
        world->result.sleeps += decision->behaviour == BEHAVIOUR_SLEEP;
        world->result.kills += decision->behaviour == BEHAVIOUR_KILL;
    }
}

static void scheduled(struct world *world, int64_t now_s, enum behaviour behaviour, enum event event)
{
    if (!schedule_next(world->schedules[behaviour], RATE_ANCHOR_S, now_s, &world->next_s[event]))
        world->next_s[event] = NEVER;
    world->result.ticks++;
    struct decision decision = take_decision(world, now_s, behaviour, TRIGGER_SCHEDULE);
    struct value unknown;
    if (find_unsettled(world, &decision, &unknown))
        note_unsettled(world, now_s, unknown);
    world->result.held_ticks += decision.outcome == OUTCOME_HELD;
    if (decision.outcome == OUTCOME_FAILED)
        note_failed(world, now_s, decision.error);
    if (decision.outcome != OUTCOME_CHANGE)
        return;
    struct replay_transition why = {.cause = CAUSE_DECISION, .message = rendered_message(world, &decision)};
    apply(world, now_s, &decision, &why);
}

static struct text demand_message(struct world *world)
{
    const struct replay_input *input = world->input;
    buffer_clear(&world->message);
    buffer_printf(&world->message, "%.*s is ", TEXT_ARG(input->policy->metrics[input->demand.metric].name));
    buffer_add_number(&world->message, world->demand_value);
    buffer_add(&world->message, TEXT(", above "));
    buffer_add_number(&world->message, input->demand.limit);
    return arena_text(world->arena, buffer_text(&world->message));
}

// Demand asks for a wake as a client's request would.
static void demanded(struct world *world, int64_t now_s)
{
    if (world->demand_since_s == NEVER)
        world->demand_since_s = now_s;
    world->result.demand_missed++;
    struct replay_transition why = {.cause = CAUSE_DEMAND, .behaviour = BEHAVIOUR_WAKE, .rule = RULE_NONE};
    why.message = demand_message(world);
    world->demand_next++;
    seek_demand(world, now_s);
    if (!world->input->policy->behaviours[BEHAVIOUR_WAKE].present) {
        mark_wake(world, now_s);
        change(world, now_s, world->count_when_woken, &why);
        return;
    }
    struct decision decision = take_decision(world, now_s, BEHAVIOUR_WAKE, TRIGGER_REQUEST);
    if (decision.outcome == OUTCOME_FAILED)
        note_failed(world, now_s, decision.error);
    if (decision.outcome == OUTCOME_CHANGE)
        apply(world, now_s, &decision, &why);
    else
        world->result.wakes_refused++;
}

// ---- the run of events ------------------------------------------------------------------------------------

static enum event next_event(const struct world *world)
{
    enum event next = EVENT_STARTED;
    for (enum event event = EVENT_DEMAND; event < EVENT_COUNT; event++)
        if (world->next_s[event] < world->next_s[next])
            next = event;
    return next;
}

static void happen(struct world *world, enum event event, int64_t now_s)
{
    switch (event) {
    case EVENT_STARTED:
        started(world, now_s);
        return;
    case EVENT_DEMAND:
        demanded(world, now_s);
        return;
    case EVENT_WAKE:
        scheduled(world, now_s, BEHAVIOUR_WAKE, event);
        return;
    case EVENT_SLEEP:
        scheduled(world, now_s, BEHAVIOUR_SLEEP, event);
        return;
    case EVENT_KILL:
        scheduled(world, now_s, BEHAVIOUR_KILL, event);
        return;
    case EVENT_COUNT:
        return;
    }
}

static void run(struct world *world)
{
    for (;;) {
        enum event event = next_event(world);
        int64_t now_s = world->next_s[event];
        if (now_s >= world->end_s)
            break;
        happen(world, event, now_s);
    }
    // What was asked for in the last moments still counts as waiting.
    leave_state(world, world->end_s);
    end_wait(world, world->end_s);
}

static void begin_schedules(struct world *world, int64_t from_s)
{
    static const enum event events[BEHAVIOUR_COUNT] = {EVENT_WAKE, EVENT_SLEEP, EVENT_KILL};
    world->fallback = (struct schedule){.kind = SCHEDULE_RATE, .rate_s = DEFAULT_SLEEP_S};
    for (size_t i = 0; i < EVENT_COUNT; i++)
        world->next_s[i] = NEVER;
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++) {
        const struct schedule *schedule = world->input->policy->schedules[i];
        if (!schedule && i == BEHAVIOUR_SLEEP)
            schedule = &world->fallback;
        world->schedules[i] = schedule;
        if (!schedule || !world->input->policy->behaviours[i].present)
            continue;
        int64_t first_s = 0;
        if (schedule_next(schedule, RATE_ANCHOR_S, from_s, &first_s))
            world->next_s[events[i]] = first_s;
    }
}

static void begin_service(struct world *world, int64_t from_s)
{
    const struct replay_input *input = world->input;
    struct service_state *service = &world->snapshot.state;
    *service = (struct service_state){.desired = 1, .running = 1, .tags_read = true};
    if (input->initial)
        *service = *input->initial;
    service->cluster = input->target.cluster;
    service->service = input->target.service;
    service->status = TEXT("ACTIVE");
    service->deploying = false;
    service->running = service->desired;
    service->pending = 0;
    service->deployed_at_s = (double)from_s;
    service->woken_at_s = NAN;
    service->fence_s = (double)from_s;
    service->fence_source = FENCE_DEPLOYMENT;
    world->count_when_woken = service->desired > 0 ? service->desired : 1;
    world->state = service->desired > 0 ? REPLAY_AWAKE : REPLAY_ASLEEP;
    world->result.first_state = world->state;
    if (world->state == REPLAY_ASLEEP)
        seek_demand(world, from_s);
}

static void begin(struct world *world)
{
    const struct replay_input *input = world->input;
    int64_t from_s = (int64_t)floor(input->from_s);
    world->end_s = (int64_t)ceil(input->to_s);
    world->demand_since_s = NEVER;
    world->state_since_s = from_s;
    world->views = ARENA_ARRAY(world->arena, input->policy->metric_count, struct metric_view);
    for (size_t i = 0; i < input->policy->metric_count; i++)
        world->views[i].series = &input->series[i];
    world->snapshot = (struct snapshot){.stage = STAGE_METRICS,
                                        .cluster = input->target.cluster,
                                        .service = input->target.service,
                                        .metrics = world->views,
                                        .params = input->params};
    begin_schedules(world, from_s);
    begin_service(world, from_s);
    begin_run(world, from_s);
}

void replay_run(struct arena *arena, const struct replay_input *input, struct replay_result *result)
{
    struct world world = {.input = input, .arena = arena};
    arena_init(&world.tick);
    buffer_init(&world.message, LIMIT_MESSAGE_BYTES);
    struct arena *former = input->evaluator->arena;
    input->evaluator->arena = &world.tick;
    begin(&world);
    run(&world);
    input->evaluator->arena = former;
    *result = world.result;
    buffer_release(&world.message);
    arena_release(&world.tick);
}
