// What keeps a run from acting, or ends it early: age, blast radius, doubt about the time, the deadline.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "tests/support/asserts.h"
#include "tests/support/run_world.h"

// ---- age ----------------------------------------------------------------------------------------------------------

// The fake itself fails where a service is lowered upon something too old.
static void test_nothing_rests_on_what_is_old(void **state)
{
    (void)state;
    static const struct {
        double update_s, describe_s, metrics_s;
        const char *limits;
    } paces[] = {
        {0.2, 0, 0, ""},
        {0.2, 0.3, 1, ""},
        {0.4, 0.1, 0.1, ""},
        {0.2, 6, 6, ""},
        {0, 0, 25, ""},
        {0.2, 0, 0, "limits: {max_slept: 100%}\n"},
        {0, 0, 12, "limits: {max_slept: 1000}\n"},
    };
    for (size_t i = 0; i < COUNT_OF(paces); i++) {
        struct run_world world;
        struct arena text = {0};
        run_world_begin(&world, arena_format(&text, TWO_METRICS "%s", paces[i].limits).p, 1000, 2, 0);
        world.fake.item_takes_s[CALL_SCALE] = paces[i].update_s;
        world.fake.call_takes_s[CALL_DESCRIBE] = paces[i].describe_s;
        world.fake.call_takes_s[CALL_METRICS] = paces[i].metrics_s;
        run_world_run(&world, (struct run_options){ASLEEP, .over_all = true});
        if (run_world_applied(&world, APPLIED_DONE) != 1000 || run_world_up(&world))
            fail_msg("pace %zu: %zu done, %zu up", i, run_world_applied(&world, APPLIED_DONE), run_world_up(&world));
        assert_true(world.fake.oldest_s <= RUN_SNAPSHOT_AGE_S);
        arena_release(&text);
        run_world_end(&world);
    }
}

// Where looking takes longer than what is seen may last, nothing is lowered.
static void test_too_slow_to_act(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 3, 1, 0);
    world.fake.call_takes_s[CALL_DESCRIBE] = 40;
    run_world_run(&world, (struct run_options){ASLEEP});
    assert_int_equal(world.fake.calls[CALL_SCALE], 0);
    for (size_t i = 0; i < world.count; i++) {
        assert_int_equal(world.results[i].applied, APPLIED_FAILED);
        assert_int_equal(world.results[i].status, PORT_TIMED_OUT);
        assert_non_null(strstr(world.results[i].error.p, "older than 30 s"));
    }
    run_world_end(&world);
}

static void is_raised_to_three(struct service_state *service)
{
    service->desired = 3;
}

// Setting the mark may take long where tagging is throttled: a wake never lowers what was raised meanwhile.
static void test_a_wake_after_a_slow_mark(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 2, 0, 0);
    world.fake.call_takes_s[CALL_TAG] = 8;
    world.fake.moves_at = 2;
    world.fake.moves_many = 1;
    world.fake.moves = is_raised_to_three;
    run_world_run(&world, (struct run_options){.behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_SCHEDULE});
    assert_string_equal(world.fake.log.p, "describe 2, tag 2, describe 2, scale 1 to 1, ");
    assert_int_equal(world.fake.many[0].state.desired, 1);
    assert_int_equal(world.fake.many[1].state.desired, 3);
    assert_int_equal(world.results[1].applied, APPLIED_NOTHING);
    run_world_end(&world);
}

static void becomes_stopped(struct service_state *service)
{
    service->desired = service->running = 0;
}

// What became too old is decided again, and told of again: here one of them was stopped by somebody else meanwhile.
static void test_decided_again(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS "limits: {max_slept: 600}\n", 500, 1, 0);
    world.fake.call_takes_s[CALL_METRICS] = 25;
    world.fake.moves_at = 3;  // the two chunks, then the first group again
    world.fake.moves_many = 4;
    world.fake.moves = becomes_stopped;
    run_world_run(&world, (struct run_options){ASLEEP, .over_all = true});
    assert_true(world.told >= 510);
    assert_int_equal(world.results[4].applied, APPLIED_NOTHING);
    assert_int_equal(world.results[4].decision.outcome, OUTCOME_NO_CHANGE);
    assert_int_equal(world.results[4].decision.before, 0);
    assert_int_equal(run_world_applied(&world, APPLIED_DONE), 499);
    run_world_end(&world);
}

// ---- what ends a run early, or keeps it from acting ---------------------------------------------------------------------

static void test_blast_radius(void **state)
{
    (void)state;
    static const struct {
        const char *limits;
        enum behaviour behaviour;
        bool over_all, dry_run;
        size_t idle, allowed;
        bool refused;
    } cases[] = {
        {"limits: {max_slept: 50%}\n", BEHAVIOUR_SLEEP, true, false, 6, 6, false},
        {"limits: {max_slept: 50%}\n", BEHAVIOUR_SLEEP, true, false, 7, 6, true},
        {"limits: {max_slept: 50%}\n", BEHAVIOUR_SLEEP, true, true, 7, 6, true},
        {"limits: {max_slept: 50%}\n", BEHAVIOUR_SLEEP, false, false, 7, 12, false},
        {"limits: {max_slept: 0}\n", BEHAVIOUR_SLEEP, true, false, 1, 0, true},
        {"limits: {max_slept: 0}\n", BEHAVIOUR_SLEEP, true, false, 0, 0, false},
        {"limits: {max_killed: 3}\n", BEHAVIOUR_SLEEP, true, false, 7, 12, false},
        {"limits: {max_killed: 11}\n", BEHAVIOUR_KILL, true, false, 12, 11, true},
        {"limits: {max_killed: 12}\n", BEHAVIOUR_KILL, true, false, 12, 12, false},
        {"", BEHAVIOUR_SLEEP, true, false, 12, 12, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_world world;
        struct arena text = {0};
        run_world_begin(&world, arena_format(&text, TWO_METRICS "%s", cases[i].limits).p, 12, 1, 5);
        for (size_t j = 0; j < cases[i].idle; j++)
            world.fake.many[j].value = 0;
        run_world_run(&world, (struct run_options){.behaviour = cases[i].behaviour,
                                                   .trigger = TRIGGER_SCHEDULE,
                                                   .over_all = cases[i].over_all,
                                                   .dry_run = cases[i].dry_run});
        bool limited = cases[i].limits[0] && cases[i].over_all;
        enum applied applied = cases[i].refused ? APPLIED_REFUSED : APPLIED_DONE;
        if (world.radius.refused != cases[i].refused || run_world_applied(&world, applied) != cases[i].idle ||
            world.radius.lowered != cases[i].idle || (limited && world.radius.allowed != cases[i].allowed) ||
            world.told != 12 || (cases[i].refused && world.fake.calls[CALL_SCALE]))
            fail_msg("case %zu: refused %d, lowered %zu of %zu, allowed %zu, told %zu", i, world.radius.refused,
                     world.radius.lowered, world.radius.of, world.radius.allowed, world.told);
        arena_release(&text);
        run_world_end(&world);
    }
    assert_string_equal(blast_radius_limit(BEHAVIOUR_SLEEP), "max_slept");
    assert_string_equal(blast_radius_limit(BEHAVIOUR_KILL), "max_killed");
    assert_null(blast_radius_limit(BEHAVIOUR_WAKE));
}

// What is passed over is no part of the whole that a share is of: half of two is one.
static void test_blast_radius_without_what_is_passed_over(void **state)
{
    (void)state;
    struct run_world world;
    struct service_name names[4];
    run_world_begin(&world, TWO_METRICS "limits: {max_slept: 50%}\n", COUNT_OF(names), 1, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        names[i] = world.names[i];
        names[i].listed = true;
        if (i < 2)
            world.fake.many[i].state.status = TEXT("DRAINING");
    }
    world.names = names;
    run_world_run(&world, (struct run_options){ASLEEP, .over_all = true});
    assert_true(world.radius.refused);
    assert_int_equal(world.radius.of, 2);
    assert_int_equal(world.radius.allowed, 1);
    assert_int_equal(world.fake.calls[CALL_SCALE], 0);
    assert_int_equal(run_world_applied(&world, APPLIED_PASSED), 2);
    assert_int_equal(run_world_applied(&world, APPLIED_REFUSED), 2);
    run_world_end(&world);
}

static void test_a_clock_in_doubt_lowers_nothing(void **state)
{
    (void)state;
    static const struct {
        enum behaviour behaviour;
        double doubt_s;
        enum applied applied;
    } cases[] = {
        {BEHAVIOUR_SLEEP, 60, APPLIED_DONE},    {BEHAVIOUR_SLEEP, 61, APPLIED_FAILED},
        {BEHAVIOUR_KILL, 61, APPLIED_FAILED},   {BEHAVIOUR_WAKE, 61, APPLIED_DONE},
        {BEHAVIOUR_SLEEP, NAN, APPLIED_FAILED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_world world;
        run_world_begin(&world, TWO_METRICS, 2, cases[i].behaviour == BEHAVIOUR_WAKE ? 0 : 1, 0);
        world.fake.doubt_s = cases[i].doubt_s;
        run_world_run(&world, (struct run_options){.behaviour = cases[i].behaviour, .trigger = TRIGGER_SCHEDULE});
        for (size_t j = 0; j < 2; j++) {
            bool failed = cases[i].applied == APPLIED_FAILED;
            if (world.results[j].applied != cases[i].applied ||
                world.results[j].status != (failed ? PORT_FAILED : PORT_OK) ||
                (failed && !strstr(world.results[j].error.p, "the time is in doubt")))
                fail_msg("case %zu: applied %d, status %d", i, world.results[j].applied, world.results[j].status);
        }
        run_world_end(&world);
    }
}

static void test_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *limits;
        double deadline_s;  // from the start
        size_t first;
        size_t done, told;  // told of 0: as often as it takes
    } cases[] = {
        {"", 0, 0, 600, 600},
        {"", 1000, 0, 600, 600},
        // Metrics take 10 s a chunk, changes 0.1 s a group: the third chunk is not begun.
        {"", 29.95, 0, 500, 500},
        {"", 29.95, 450, 500, 500},
        {"", 4, 0, 0, 0},
        // Decided, and then there is no time to act on it.
        {"", 15, 0, 0, 250},
        {"", 15.95, 0, 100, 250},
        {"", 25, 0, 250, 500},
        // Where a limit holds over all, nothing is done before all is known.
        {"limits: {max_slept: 100%}\n", 26, 0, 0, 600},
        {"limits: {max_slept: 100%}\n", 25, 0, 0, 500},
        {"limits: {max_slept: 100%}\n", 5000, 0, 600, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_world world;
        struct arena text = {0};
        run_world_begin(&world, arena_format(&text, TWO_METRICS "%s", cases[i].limits).p, 600, 1, 0);
        world.fake.call_takes_s[CALL_METRICS] = 10;
        world.fake.call_takes_s[CALL_SCALE] = 0.1;
        run_world_run(&world,
                      (struct run_options){ASLEEP, .over_all = true, .first = cases[i].first,
                                           .deadline_s = cases[i].deadline_s > 0 ? FAKE_NOW + cases[i].deadline_s : 0});
        size_t done = run_world_applied(&world, APPLIED_DONE), deferred = run_world_applied(&world, APPLIED_DEFERRED);
        bool told = world.told == cases[i].told || (cases[i].done && !cases[i].told);
        if (done + deferred != 600 || done != cases[i].done || !told)
            fail_msg("case %zu: %zu done, %zu deferred, %zu told", i, done, deferred, world.told);
        for (size_t j = 0; j < 600; j++)
            assert_true(world.results[j].status == PORT_OK &&
                        text_eq(world.results[j].name.service, world.names[j].service));
        if (cases[i].first)  // 450 to 599, then 0 to 349
            assert_true(world.results[450].applied == APPLIED_DONE && world.results[349].applied == APPLIED_DONE &&
                        world.results[350].applied == APPLIED_DEFERRED);
        arena_release(&text);
        run_world_end(&world);
    }
}

static void test_rotation(void **state)
{
    (void)state;
    static const struct {
        size_t first;
        const char *order;
    } cases[] = {{0, "0 1 2 3 4 "}, {3, "3 4 0 1 2 "}, {5, "0 1 2 3 4 "}, {13, "3 4 0 1 2 "}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_world world;
        run_world_begin(&world, TWO_METRICS, 5, 1, 0);
        run_world_run(&world, (struct run_options){ASLEEP, .first = cases[i].first});
        assert_string_equal(world.order.p, cases[i].order);
        assert_int_equal(run_world_applied(&world, APPLIED_DONE), 5);
        run_world_end(&world);
    }
}

// At a given instant everything is decided, as of then, and nothing applied.
static void test_at_an_instant(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 2, 1, 0);
    run_world_run(&world, (struct run_options){ASLEEP, .at_s = FAKE_NOW + 7200});
    assert_int_equal(run_world_applied(&world, APPLIED_DRY), 2);
    assert_int_equal(world.fake.calls[CALL_SCALE], 0);
    assert_true(world.results[0].snapshot.now_s == FAKE_NOW + 7200);
    run_world_end(&world);
    run_world_begin(&world, TWO_METRICS, 2, 1, 0);
    run_world_run(&world, (struct run_options){ASLEEP, .at_s = NAN});
    assert_int_equal(run_world_applied(&world, APPLIED_DONE), 2);
    run_world_end(&world);
}

static void test_no_targets(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 0, 1, 0);
    run_world_run(&world, (struct run_options){ASLEEP, .over_all = true, .first = 3});
    assert_int_equal(world.fake.calls[CALL_DESCRIBE], 0);
    assert_false(world.radius.refused);
    run_world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_rests_on_what_is_old),
        cmocka_unit_test(test_too_slow_to_act),
        cmocka_unit_test(test_a_wake_after_a_slow_mark),
        cmocka_unit_test(test_decided_again),
        cmocka_unit_test(test_blast_radius),
        cmocka_unit_test(test_blast_radius_without_what_is_passed_over),
        cmocka_unit_test(test_a_clock_in_doubt_lowers_nothing),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_at_an_instant),
        cmocka_unit_test(test_no_targets),
    };
    return cmocka_run_group_tests_name("run_limits", tests, NULL, NULL) != 0;
}
