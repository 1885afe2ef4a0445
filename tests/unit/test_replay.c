// Replay: whole timelines, worked out by hand with the minutes written out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/series.h"
#include "engine/sim/replay.h"
#include "tests/support/load.h"

#define MIDNIGHT_S 1793577600  // 2026-11-02T00:00:00Z: all minutes count from there
#define MINUTES 120

// ---- the world of a test ----------------------------------------------------------------------------------

struct world {
    struct arena arena;
    const struct policy *policy;
    struct evaluator evaluator;
    struct series *series;
    struct replay_input input;
    struct replay_result result;
};

static void begin(struct world *world, const char *yaml)
{
    *world = (struct world){0};
    arena_init(&world->arena);
    world->policy = test_policy_text(&world->arena, yaml);
    evaluator_init(&world->evaluator, world->policy, &world->arena);
    world->series = ARENA_ARRAY(&world->arena, world->policy->metric_count, struct series);
    for (size_t i = 0; i < world->policy->metric_count; i++)
        world->series[i] = series_build(&world->arena, NULL, NULL, 0);
    world->input = (struct replay_input){.policy = world->policy,
                                         .evaluator = &world->evaluator,
                                         .target = {TEXT("c"), TEXT("s")},
                                         .series = world->series,
                                         .demand = {.metric = 0, .limit = 0},
                                         .from_s = MIDNIGHT_S,
                                         .to_s = MIDNIGHT_S + MINUTES * 60};
}

// A stretch of minutes with one value; the last one ends with until = 0.
struct stretch {
    int until;
    double value;  // NaN: no points
};

static void record(struct world *world, size_t metric, const struct stretch *stretches)
{
    int64_t *at_s = ARENA_ARRAY(&world->arena, MINUTES, int64_t);
    double *values = ARENA_ARRAY(&world->arena, MINUTES, double);
    size_t count = 0;
    int minute = 0;
    for (; stretches->until; stretches++)
        for (; minute < stretches->until; minute++) {
            if (isnan(stretches->value))
                continue;
            at_s[count] = MIDNIGHT_S + 60 * (int64_t)minute;
            values[count++] = stretches->value;
        }
    world->series[metric] = series_build(&world->arena, at_s, values, count);
}

static void end(struct world *world)
{
    arena_release(&world->arena);
}

// One line a transition: "15:00 awake>asleep sleep/idle", for whole comparisons.
static void timeline(const struct world *world, struct buffer *out)
{
    static const char *const states[] = {"awake", "asleep", "starting"};
    static const char *const causes[] = {"", "demand ", "started"};
    static const char *const behaviours[] = {"wake", "sleep", "kill"};
    for (size_t i = 0; i < world->result.transition_count; i++) {
        const struct replay_transition *transition = &world->result.transitions[i];
        long long second = (long long)(transition->at_s - MIDNIGHT_S);
        buffer_printf(out, "%lld:%02lld %s>%s %s", second / 60, second % 60, states[transition->from],
                      states[transition->to], causes[transition->cause]);
        if (transition->rule != RULE_NONE)
            buffer_printf(out, "%s/%.*s", behaviours[transition->behaviour],
                          TEXT_ARG(world->policy->behaviours[transition->behaviour].rules[transition->rule].name));
        buffer_add_char(out, '\n');
    }
}

static void run_and_expect(struct world *world, const char *expected)
{
    replay_run(&world->arena, &world->input, &world->result);
    struct buffer got;
    buffer_init(&got, 100000);
    timeline(world, &got);
    assert_string_equal(got.n ? got.p : "", expected);
    buffer_release(&got);
}

#define assert_seconds(got, expected)                                                                                  \
    do {                                                                                                               \
        if ((got) != (double)(expected))                                                                               \
            fail_msg(#got " is %.3f, expected %.3f", (got), (double)(expected));                                       \
    } while (0)

// ---- policies ---------------------------------------------------------------------------------------------

#define HEAD                                                                                                           \
    "policy: 1\n"                                                                                                      \
    "name: test\n"                                                                                                     \
    "cold_start: 75s\n"                                                                                                \
    "metrics:\n"                                                                                                       \
    "  connections: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: x}}\n"
#define WAKE                                                                                                           \
    "wake:\n"                                                                                                          \
    "  - {rule: start, when: desired == 0, scale_to: 1, status: waking, message: woken}\n"                             \
    "  - {rule: up, status: already_running, message: up}\n"
#define SLEEP                                                                                                          \
    "sleep:\n"                                                                                                         \
    "  - {rule: stopped, when: desired == 0, status: no_change, message: stopped}\n"                                   \
    "  - {rule: idle, when: max(connections over 10m) <= 0, scale_to: 0, status: scaled_down,\n"                       \
    "     message: \"none in {count(connections over 10m)} points\"}\n"                                                \
    "  - {rule: active, status: no_change, message: active}\n"
#define KILL                                                                                                           \
    "kill:\n"                                                                                                          \
    "  - {rule: all, scale_to: 0, status: killed, message: killed}\n"

static const char plain[] = HEAD WAKE SLEEP KILL "schedule: {sleep: rate(5 minutes), kill: cron(0 1 * * ? *)}\n";

// ---- timelines --------------------------------------------------------------------------------------------

// Busy to minute 4, one user at 40. A tick at t sees buckets up to minute t - 3 (they end 2 minutes, the lag, before).
// t=5, 10 see busy minutes; t=15 looks at 5..12: idle. Woken at 40:00, runs at 41:15, emits from minute 41 on.
// t=45: of the due buckets 40, 41, 42 two are there, under 0.8: unknown. t=50: 41..47 of 40..47, all 0: idle.
static void sleeps_and_wakes(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    record(&world, 0, (const struct stretch[]){{4, 1}, {40, 0}, {41, 1}, {MINUTES, 0}, {0}});
    run_and_expect(&world, "15:00 awake>asleep sleep/idle\n"
                           "40:00 asleep>starting demand wake/start\n"
                           "41:15 starting>awake started\n"
                           "50:00 awake>asleep sleep/idle\n");
    const struct replay_result *result = &world.result;
    assert_seconds(result->state_s[REPLAY_AWAKE], 15 * 60 + 8 * 60 + 45);
    assert_seconds(result->state_s[REPLAY_STARTING], 75);
    assert_seconds(result->state_s[REPLAY_ASLEEP], 25 * 60 + 70 * 60);
    assert_int_equal(result->wakes, 1);
    assert_int_equal(result->sleeps, 2);
    assert_int_equal(result->kills, 0);
    assert_int_equal(result->ticks, 23 + 1);
    assert_int_equal(result->held_ticks, 0);
    // The tick at 40 comes right after the wake, that at 45 as above.
    assert_int_equal(result->unsettled_ticks, 2);
    assert_int_equal(result->unsettled_count, 2);
    assert_int_equal(result->unsettled[0].unknown.why, WHY_NOT_STARTED);
    assert_seconds(result->unsettled[0].first_s, MIDNIGHT_S + 40 * 60);
    assert_int_equal(result->unsettled[1].unknown.why, WHY_COVERAGE);
    assert_seconds(result->unsettled[1].first_s, MIDNIGHT_S + 45 * 60);
    assert_seconds(result->demand_waited_s, 75);
    assert_seconds(result->transitions[2].waited_s, 75);
    assert_int_equal(result->demand_missed, 1);
    assert_int_equal(result->transitions[0].before, 1);
    assert_int_equal(result->transitions[0].desired, 0);
    assert_true(text_is(result->transitions[0].message, "none in 8 points"));
    assert_true(text_is(result->transitions[1].message, "connections is 1, above 0"));
    end(&world);
}

// With a lag of 10 minutes a tick at t sees buckets up to t - 11: t=20 looks at 0..9, t=25 at 5..14.
static void lag_delays_what_is_seen(void **state)
{
    (void)state;
    struct world world;
    begin(&world,
          "policy: 1\nname: test\n"
          "metrics:\n"
          "  connections: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: x}, lag: 10m}\n"
          "sleep:\n"
          "  - {rule: stopped, when: desired == 0, status: no_change, message: stopped}\n"
          "  - {rule: idle, when: max(connections over 20m) <= 0, scale_to: 0, status: scaled_down, message: i}\n"
          "  - {rule: active, status: no_change, message: active}\n"
          "schedule: {sleep: rate(5 minutes)}\n");
    record(&world, 0, (const struct stretch[]){{4, 1}, {MINUTES, 0}, {0}});
    run_and_expect(&world, "25:00 awake>asleep sleep/idle\n");
    end(&world);
}

// Slept at 15, woken at 17, tick at 20 with the old, idle points still in the lookback: they must not vote.
// t=25: the due buckets are 17..22, of which 18..22 are there (5 of 6): idle again.
static void nothing_from_before_the_wake_votes(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    record(&world, 0, (const struct stretch[]){{4, 1}, {17, 0}, {18, 1}, {MINUTES, 0}, {0}});
    run_and_expect(&world, "15:00 awake>asleep sleep/idle\n"
                           "17:00 asleep>starting demand wake/start\n"
                           "18:15 starting>awake started\n"
                           "25:00 awake>asleep sleep/idle\n");
    end(&world);
}

// Always busy; killed at 60:00. The bucket that begins then is demand at once; 60 and 61 are missed.
static void kill_is_followed_by_demand(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    record(&world, 0, (const struct stretch[]){{MINUTES, 3}, {0}});
    run_and_expect(&world, "60:00 awake>asleep kill/all\n"
                           "60:00 asleep>starting demand wake/start\n"
                           "61:15 starting>awake started\n");
    assert_int_equal(world.result.kills, 1);
    assert_int_equal(world.result.sleeps, 0);
    assert_int_equal(world.result.demand_missed, 2);
    assert_seconds(world.result.demand_waited_s, 75);
    end(&world);
}

// A wake at 59:30 would be: demand at minute 59, so starting from 59:00; the kill at 60:00 cuts it off.
static void kill_while_starting(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    record(&world, 0, (const struct stretch[]){{4, 1}, {59, 0}, {60, 1}, {MINUTES, 0}, {0}});
    run_and_expect(&world, "15:00 awake>asleep sleep/idle\n"
                           "59:00 asleep>starting demand wake/start\n"
                           "60:00 starting>asleep kill/all\n");
    assert_seconds(world.result.demand_waited_s, 60);
    assert_int_equal(world.result.kills, 1);
    assert_seconds(world.result.state_s[REPLAY_STARTING], 60);
    end(&world);
}

// What is refused stays asleep, each point of demand asks again, and demand waits to the end.
static void refused_wakes(void **state)
{
    (void)state;
    struct world world;
    begin(&world, HEAD "wake:\n"
                       "  - {rule: closed, refuse: true, status: already_running, message: closed}\n" SLEEP
                       "schedule: {sleep: rate(5 minutes)}\n");
    record(&world, 0, (const struct stretch[]){{4, 1}, {40, 0}, {43, 1}, {MINUTES, 0}, {0}});
    run_and_expect(&world, "15:00 awake>asleep sleep/idle\n");
    assert_int_equal(world.result.wakes_refused, 3);
    assert_int_equal(world.result.wakes, 0);
    assert_int_equal(world.result.demand_missed, 3);
    assert_seconds(world.result.demand_waited_s, 80 * 60);
    end(&world);
}

// An earlier rule that would keep the service up is unknown, as its metric was never recorded: every tick is held.
static void unknown_holds(void **state)
{
    (void)state;
    struct world world;
    begin(&world,
          HEAD "  heart: {namespace: N, metric: H, stat: Average, period: 60s, dimensions: {S: x}}\n"
               "sleep:\n"
               "  - {rule: stopped, when: desired == 0, status: no_change, message: stopped}\n"
               "  - {rule: beating, when: avg(heart over 10m) > 5, status: no_change, message: beating}\n"
               "  - {rule: idle, when: max(connections over 10m) <= 0, scale_to: 0, status: scaled_down, message: i}\n"
               "  - {rule: active, status: no_change, message: active}\n");
    record(&world, 0, (const struct stretch[]){{MINUTES, 0}, {0}});
    run_and_expect(&world, "");
    // Without a schedule of its own, sleep decides every 5 minutes: 5, 10, ... 115. At 5 `idle` is true already.
    assert_int_equal(world.result.ticks, 23);
    assert_int_equal(world.result.held_ticks, 23);
    assert_int_equal(world.result.unsettled_ticks, 23);
    assert_int_equal(world.result.unsettled_count, 1);
    assert_int_equal(world.result.unsettled[0].ticks, 23);
    assert_int_equal(world.result.unsettled[0].unknown.why, WHY_COVERAGE);
    assert_int_equal(world.result.unsettled[0].unknown.what, 1);
    assert_seconds(world.result.unsettled[0].first_s, MIDNIGHT_S + 5 * 60);
    assert_seconds(world.result.state_s[REPLAY_AWAKE], MINUTES * 60);
    end(&world);
}

// An outage of the metrics from 30 to 60: what is not known does not sleep, and it is idle all the time.
// t=35 sees 25..29 of the due 25..32 (5 of 8), so the last idle verdict could come only before: it sleeps at 15.
static void outage_after_busy_time(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    record(&world, 0, (const struct stretch[]){{28, 1}, {30, 0}, {60, NAN}, {MINUTES, 0}, {0}});
    // After the outage: killed at 60 by schedule, as it was never put to sleep.
    run_and_expect(&world, "60:00 awake>asleep kill/all\n");
    end(&world);
}

static void begins_asleep(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    static const struct service_state stopped = {.desired = 0, .tags_read = true};
    world.input.initial = &stopped;
    world.input.from_s = MIDNIGHT_S + 10 * 60;
    world.input.to_s = MIDNIGHT_S + 50 * 60;
    // The demand at minutes 0 to 4 lies before the beginning.
    record(&world, 0, (const struct stretch[]){{4, 1}, {40, 0}, {41, 1}, {MINUTES, 0}, {0}});
    run_and_expect(&world, "40:00 asleep>starting demand wake/start\n"
                           "41:15 starting>awake started\n");
    assert_int_equal(world.result.first_state, REPLAY_ASLEEP);
    assert_seconds(world.result.state_s[REPLAY_ASLEEP], 30 * 60);
    assert_seconds(world.result.state_s[REPLAY_AWAKE], 8 * 60 + 45);
    assert_int_equal(world.result.ticks, 7);  // 15 to 45
    end(&world);
}

// No wake in the policy: demand brings back the former count. A limit above the demand: nobody wakes it.
static void wakes_without_a_wake(void **state)
{
    (void)state;
    struct world world;
    begin(&world, HEAD SLEEP);
    static const struct service_state two = {.desired = 2, .running = 2, .tags_read = true};
    world.input.initial = &two;
    record(&world, 0, (const struct stretch[]){{4, 1}, {40, 0}, {MINUTES, 5}, {0}});
    run_and_expect(&world, "15:00 awake>asleep sleep/idle\n"
                           "40:00 asleep>starting demand \n"
                           "41:15 starting>awake started\n");
    assert_int_equal(world.result.transitions[1].desired, 2);
    world.input.demand.limit = 5;
    run_and_expect(&world, "15:00 awake>asleep sleep/idle\n");
    assert_int_equal(world.result.demand_missed, 0);
    end(&world);
}

// A wake on schedule at 00:30, and a sleep that takes two tasks to one and no further.
static void scheduled_wake_and_counts(void **state)
{
    (void)state;
    struct world world;
    begin(
        &world, HEAD
        "wake:\n"
        "  - {rule: start, when: 'desired == 0 and trigger == \"schedule\"', scale_to: 2, status: waking, message: m}\n"
        "  - {rule: up, status: already_running, message: up}\n"
        "sleep:\n"
        "  - {rule: early, when: uptime < 20m or desired < 2, status: no_change, message: early}\n"
        "  - {rule: fewer, scale_to: 1, status: scaled_down, message: fewer}\n"
        "schedule: {wake: cron(30 0 * * ? *), sleep: rate(15 minutes)}\n");
    static const struct service_state stopped = {.desired = 0, .tags_read = true};
    world.input.initial = &stopped;
    world.input.demand.metric = -1;
    record(&world, 0, (const struct stretch[]){{MINUTES, 1}, {0}});
    // Uptime runs from the wake mark at 30:00: at 45 it is 15 minutes, at 60 it is 30.
    run_and_expect(&world, "30:00 asleep>starting wake/start\n"
                           "31:15 starting>awake started\n"
                           "60:00 awake>awake sleep/fewer\n");
    assert_int_equal(world.result.transitions[2].before, 2);
    assert_int_equal(world.result.transitions[2].desired, 1);
    assert_int_equal(world.result.sleeps, 0);
    assert_seconds(world.result.transitions[1].waited_s, 0);
    end(&world);
}

// The same run twice gives the same: nothing is kept in policy or evaluator.
static void runs_again_alike(void **state)
{
    (void)state;
    struct world world;
    begin(&world, plain);
    record(&world, 0, (const struct stretch[]){{4, 1}, {40, 0}, {41, 1}, {MINUTES, 0}, {0}});
    replay_run(&world.arena, &world.input, &world.result);
    struct replay_result first = world.result;
    replay_run(&world.arena, &world.input, &world.result);
    assert_int_equal(first.transition_count, world.result.transition_count);
    for (size_t i = 0; i < first.transition_count; i++) {
        assert_seconds(first.transitions[i].at_s, world.result.transitions[i].at_s);
        assert_true(text_eq(first.transitions[i].message, world.result.transitions[i].message));
    }
    end(&world);
}

// ---- demand -----------------------------------------------------------------------------------------------

#define TWO_METRICS                                                                                                    \
    "policy: 1\nname: test\n"                                                                                          \
    "params:\n"                                                                                                        \
    "  busy: {default: 7}\n"                                                                                           \
    "metrics:\n"                                                                                                       \
    "  seen: {namespace: N, metric: A, stat: Maximum, period: 60s, dimensions: {S: x}, as: instant}\n"                 \
    "  connections: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: x}}\n"                       \
    "  cpu: {namespace: N, metric: C, stat: Average, period: 60s, dimensions: {S: x}}\n"

static void demand_of_a_policy(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        int32_t metric;
        double limit;
    } cases[] = {
        {TWO_METRICS
         "sleep:\n"
         "  - {rule: quiet, when: quiet_for(cpu above 5 over 30m) >= 20m, scale_to: 0, status: scaled_down,\n"
         "     message: q}\n"
         "  - {rule: up, status: no_change, message: '{max(seen over 10m):iso} {avg(connections over 10m)}{busy}'}\n",
         2, 5},
        {TWO_METRICS
         "let: {quiet: quiet_for(cpu above busy * 2 over 30m)}\n"
         "sleep:\n"
         "  - {rule: quiet, when: quiet >= 20m, scale_to: 0, status: scaled_down, message: q}\n"
         "  - {rule: up, status: no_change, message: '{max(seen over 10m):iso} {avg(connections over 10m)}'}\n",
         2, 14},
        {TWO_METRICS
         "sleep:\n"
         "  - {rule: quiet, when: avg(connections over 10m) <= 0, scale_to: 0, status: scaled_down, message: q}\n"
         "  - {rule: up, status: no_change, message: '{max(seen over 10m):iso} {avg(cpu over 10m)}{busy}'}\n",
         1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world, cases[i].yaml);
        struct demand demand = replay_demand(world.policy, NULL);
        if (demand.metric != cases[i].metric || demand.limit != cases[i].limit)
            fail_msg("case %zu: metric %d above %g, expected %d above %g", i, demand.metric, demand.limit,
                     cases[i].metric, cases[i].limit);
        end(&world);
    }
}

static void demand_follows_params(void **state)
{
    (void)state;
    struct world world;
    begin(&world, TWO_METRICS
          "sleep:\n"
          "  - {rule: quiet, when: quiet_for(cpu above busy over 30m) >= 20m, scale_to: 0, status: scaled_down,\n"
          "     message: q}\n"
          "  - {rule: up, status: no_change, message: '{max(seen over 10m):iso} {avg(connections over 10m)}'}\n");
    struct param_setting settings[1] = {{.value = {.number = 3, .knowledge = KNOWN}, .origin = PARAM_OPTION}};
    assert_seconds(replay_demand(world.policy, NULL).limit, 7);
    assert_seconds(replay_demand(world.policy, settings).limit, 3);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeps_and_wakes),
        cmocka_unit_test(lag_delays_what_is_seen),
        cmocka_unit_test(nothing_from_before_the_wake_votes),
        cmocka_unit_test(kill_is_followed_by_demand),
        cmocka_unit_test(kill_while_starting),
        cmocka_unit_test(refused_wakes),
        cmocka_unit_test(unknown_holds),
        cmocka_unit_test(outage_after_busy_time),
        cmocka_unit_test(begins_asleep),
        cmocka_unit_test(wakes_without_a_wake),
        cmocka_unit_test(scheduled_wake_and_counts),
        cmocka_unit_test(runs_again_alike),
        cmocka_unit_test(demand_of_a_policy),
        cmocka_unit_test(demand_follows_params),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL) != 0;
}
