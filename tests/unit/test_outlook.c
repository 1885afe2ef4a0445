// The outlook: when a decision would come out otherwise, if metrics go on as they are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/evaluator.h"
#include "engine/core/series.h"
#include "engine/sim/outlook.h"
#include "tests/support/load.h"

#define MIDNIGHT_S 1793577600  // 2026-11-02T00:00:00Z: all minutes count from there
#define NOW_MINUTE 35
#define MINUTES 64

static const char plain[] = "policy: 1\n"
                            "name: test\n"
                            "metrics:\n"
                            "  connections: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: x}}\n"
                            "sleep:\n"
                            "  - {rule: stopped, when: desired == 0, status: no_change, message: stopped}\n"
                            "  - {rule: idle, when: max(connections over 10m) <= 0, scale_to: 0, status: scaled_down,\n"
                            "     message: \"none in {count(connections over 10m)} points\"}\n"
                            "  - {rule: active, status: no_change, message: active}\n"
                            "schedule: {sleep: rate(5 minutes)}\n";

struct world {
    struct arena arena;
    struct evaluator evaluator;
    int64_t at_s[MINUTES];
    double values[MINUTES];
    struct series series;
    struct metric_view view;
    struct snapshot snapshot;
    struct decision now;
    struct outlook outlook;
};

// Busy (1) until one minute, idle (0) until another, and then no points; decides at minute 35, and looks ahead.
static void look(struct world *world, const char *yaml, int busy_until, int idle_until)
{
    *world = (struct world){0};
    arena_init(&world->arena);
    evaluator_init(&world->evaluator, test_policy_text(&world->arena, yaml), &world->arena);
    for (int i = 0; i < idle_until; i++) {
        world->at_s[i] = MIDNIGHT_S + 60 * i;
        world->values[i] = i < busy_until;
    }
    world->series = series_build(&world->arena, world->at_s, world->values, (size_t)idle_until);
    world->view = (struct metric_view){.series = &world->series, .end = (size_t)idle_until};
    world->snapshot = (struct snapshot){.stage = STAGE_METRICS,
                                        .now_s = MIDNIGHT_S + 60 * NOW_MINUTE,
                                        .metrics = &world->view,
                                        .state = {.desired = 1, .running = 1, .tags_read = true, .fence_s = NAN}};
    world->now = decide(&world->evaluator, BEHAVIOUR_SLEEP, &world->snapshot, NULL);
    outlook_find(&world->arena, &world->evaluator, &world->snapshot, &world->now, &world->outlook);
}

static void assert_minute(const struct world *world, double minute)
{
    double found = (world->outlook.at_s - MIDNIGHT_S) / 60;
    if (!world->outlook.changes || found != minute)
        fail_msg("changes: %d, at minute %.2f, expected minute %.2f", world->outlook.changes, found, minute);
}

// Idle from minute 30 on, points up to 32 are there. The tick at 40 looks at 30..37, which go on at 0.
static void finds_the_sleep(void **state)
{
    (void)state;
    struct world world;
    look(&world, plain, 30, 33);
    assert_int_equal(world.now.outcome, OUTCOME_NO_CHANGE);
    assert_minute(&world, 40);
    assert_true(world.outlook.on_schedule);
    assert_int_equal(world.outlook.decision.outcome, OUTCOME_CHANGE);
    assert_int_equal(world.outlook.decision.rule, 1);
    assert_int_equal(world.outlook.decision.desired, 0);
    assert_true(text_is(world.outlook.message, "none in 8 points"));
    arena_release(&world.arena);
}

// Busy, it goes on busy; and a metric that stopped 15 minutes ago does not go on at all.
static void finds_no_change(void **state)
{
    (void)state;
    static const struct {
        int busy_until, idle_until;
    } cases[] = {{33, 33}, {20, 20}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        look(&world, plain, cases[i].busy_until, cases[i].idle_until);
        if (world.outlook.changes)
            fail_msg("case %zu: changes at minute %.0f", i, (world.outlook.at_s - MIDNIGHT_S) / 60);
        arena_release(&world.arena);
    }
}

// Without a schedule each minute is looked at: at 39:00 the points 29..36 of the lookback still hold a busy one.
static void looks_at_each_minute(void **state)
{
    (void)state;
    struct world world;
    look(&world,
         "policy: 1\n"
         "name: test\n"
         "metrics:\n"
         "  connections: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: x}}\n"
         "sleep:\n"
         "  - {rule: idle, when: max(connections over 10m) <= 0, scale_to: 0, status: scaled_down, message: idle}\n"
         "  - {rule: active, status: no_change, message: active}\n",
         30, 33);
    assert_false(world.outlook.on_schedule);
    assert_minute(&world, 40);
    arena_release(&world.arena);
}

// What was not gathered is not guessed at: the tick at 40 would need metrics.
static void says_what_it_cannot_see(void **state)
{
    (void)state;
    struct world world;
    look(&world, plain, 30, 33);
    struct snapshot stopped = world.snapshot;
    stopped.stage = STAGE_STATE;
    stopped.metrics = NULL;
    struct decision now = {.behaviour = BEHAVIOUR_SLEEP, .outcome = OUTCOME_NO_CHANGE, .rule = 0, .desired = 1};
    outlook_find(&world.arena, &world.evaluator, &stopped, &now, &world.outlook);
    assert_minute(&world, 40);
    assert_int_equal(world.outlook.decision.need, STAGE_METRICS);
    assert_int_equal(world.outlook.message.n, 0);
    arena_release(&world.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_sleep),
        cmocka_unit_test(finds_no_change),
        cmocka_unit_test(looks_at_each_minute),
        cmocka_unit_test(says_what_it_cannot_see),
    };
    return cmocka_run_group_tests_name("outlook", tests, NULL, NULL) != 0;
}
