// A run over many targets: how many calls it makes, and what one that fails does to the others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/support/asserts.h"
#include "tests/support/run_world.h"

// ---- how many calls ---------------------------------------------------------------------------------------------

struct size_case {
    size_t targets, idle;
    size_t described, describe_tens, asked, metrics_calls, scale_tens;
};

static void test_calls_by_size(void **state)
{
    (void)state;
    static const struct size_case sizes[] = {
        {1, 0, 1, 1, 2, 1, 0},
        {1, 1, 3, 3, 2, 1, 1},
        {1000, 0, 1000, 100, 2000, 4, 0},
        {1000, 200, 1400, 140, 2000, 4, 20},
        {10000, 0, 10000, 1000, 20000, 40, 0},
        {10000, 2000, 14000, 1400, 20000, 40, 200},
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const struct size_case *test = &sizes[i];
        struct run_world world;
        run_world_begin(&world, TWO_METRICS, test->targets, 1, 5);
        // The idle ones come in rows of fifty, as services of one team do.
        for (size_t j = 0; j < test->idle; j++)
            world.fake.many[j / 50 * 250 + j % 50].value = 0;
        run_world_run(&world, (struct run_options){ASLEEP});
        const struct fake_cloud *fake = &world.fake;
        if (fake->items[CALL_DESCRIBE] != test->described || fake->tens[CALL_DESCRIBE] != test->describe_tens ||
            fake->items[CALL_METRICS] != test->asked || fake->calls[CALL_METRICS] != test->metrics_calls ||
            fake->items[CALL_SCALE] != test->idle || fake->tens[CALL_SCALE] != test->scale_tens)
            fail_msg("%zu targets, %zu idle: described %zu in %zu tens, asked %zu in %zu calls, scaled %zu in %zu tens",
                     test->targets, test->idle, fake->items[CALL_DESCRIBE], fake->tens[CALL_DESCRIBE],
                     fake->items[CALL_METRICS], fake->calls[CALL_METRICS], fake->items[CALL_SCALE],
                     fake->tens[CALL_SCALE]);
        assert_true(fake->most_items[CALL_METRICS] <= 500);
        assert_int_equal(world.told, test->targets);
        assert_int_equal(run_world_applied(&world, APPLIED_DONE), test->idle);
        assert_int_equal(run_world_up(&world), test->targets - test->idle);
        assert_int_equal(world.radius.lowered, test->idle);
        size_t most_bytes = ((test->targets + 999) / 1000) * 64 * 1024 * 1024;
        if (world.arena.used >= most_bytes)
            fail_msg("%zu targets took %zu bytes", test->targets, world.arena.used);
        run_world_end(&world);
    }
}

static void test_a_kill_looks_at_nothing(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 25, 3, 5);
    run_world_run(&world, (struct run_options){.behaviour = BEHAVIOUR_KILL, .trigger = TRIGGER_CLI});
    assert_string_equal(world.fake.log.p, "scale 10 to 0, scale 10 to 0, scale 5 to 0, ");
    assert_int_equal(run_world_applied(&world, APPLIED_DONE), 25);
    run_world_end(&world);
}

static void test_a_wake_marks_before_it_raises(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 12, 0, 5);
    world.fake.many[3].state.desired = 1;
    run_world_run(&world, (struct run_options){.behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_CLI, .person = true});
    assert_string_equal(world.fake.log.p, "describe 12, tag 10, describe 1, scale 9 to 1, tag 2, scale 2 to 1, ");
    assert_int_equal(run_world_applied(&world, APPLIED_DONE), 11);
    assert_int_equal(world.results[3].applied, APPLIED_NOTHING);
    assert_true(world.fake.many[3].state.woken_at_s > FAKE_NOW);
    run_world_end(&world);
}

// ---- one of many that fails -----------------------------------------------------------------------------------------

struct fault_case {
    const char *name;
    enum behaviour behaviour;
    enum call fails;
    size_t fails_at;
    enum port_status fails_with;
    enum applied applied;
    enum port_status status;
    int up;  // is the one up in the end?
    const char *text;
};

static void test_one_fails_and_the_others_go_on(void **state)
{
    (void)state;
    static const struct fault_case faults[] = {
        {"described", BEHAVIOUR_SLEEP, CALL_DESCRIBE, 1, PORT_THROTTLED, APPLIED_NOTHING, PORT_THROTTLED, 1,
         "injected"},
        {"measured", BEHAVIOUR_SLEEP, CALL_METRICS, 1, PORT_FAILED, APPLIED_NOTHING, PORT_FAILED, 1, "injected"},
        {"described again", BEHAVIOUR_SLEEP, CALL_DESCRIBE, 2, PORT_DENIED, APPLIED_FAILED, PORT_DENIED, 1, "injected"},
        {"lowered", BEHAVIOUR_SLEEP, CALL_SCALE, 1, PORT_THROTTLED, APPLIED_FAILED, PORT_THROTTLED, 1, "injected"},
        {"lowered, and lost", BEHAVIOUR_SLEEP, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME, APPLIED_UNKNOWN,
         PORT_UNKNOWN_OUTCOME, 1, "injected; described again, its desired count is 2"},
        {"described after", BEHAVIOUR_SLEEP, CALL_DESCRIBE, 3, PORT_TIMED_OUT, APPLIED_DONE, PORT_OK, 0,
         "could not be described after it was lowered: injected"},
        {"killed", BEHAVIOUR_KILL, CALL_SCALE, 1, PORT_DENIED, APPLIED_FAILED, PORT_DENIED, 1, "injected"},
        {"killed, and lost", BEHAVIOUR_KILL, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME, APPLIED_UNKNOWN, PORT_UNKNOWN_OUTCOME,
         1, "injected; described again, its desired count is 2"},
        {"marked", BEHAVIOUR_WAKE, CALL_TAG, 1, PORT_DENIED, APPLIED_DONE, PORT_OK, 1,
         "the wake mark could not be set: injected"},
        {"raised", BEHAVIOUR_WAKE, CALL_SCALE, 1, PORT_FAILED, APPLIED_FAILED, PORT_FAILED, 0, "injected"},
        {"raised, and lost", BEHAVIOUR_WAKE, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME, APPLIED_UNKNOWN, PORT_UNKNOWN_OUTCOME,
         0, "injected; described again, its desired count is 0"},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        const struct fault_case *test = &faults[i];
        struct run_world world;
        run_world_begin(&world, TWO_METRICS, 25, test->behaviour == BEHAVIOUR_WAKE ? 0 : 2, 0);
        world.fake.fails = test->fails;
        world.fake.fails_at = test->fails_at;
        world.fake.fails_with = test->fails_with;
        world.fake.fails_for = TEXT("s7");
        run_world_run(&world, (struct run_options){.behaviour = test->behaviour, .trigger = TRIGGER_SCHEDULE});
        const struct run_result *one = &world.results[7];
        struct text said = arena_format(&world.arena, "%.*s|%.*s", TEXT_ARG(one->error), TEXT_ARG(one->warning));
        size_t others = run_world_applied(&world, APPLIED_DONE) - (one->applied == APPLIED_DONE);
        if (one->applied != test->applied || one->status != test->status || !strstr(said.p, test->text) ||
            (world.fake.many[7].state.desired > 0) != test->up || others != 24)
            fail_msg("%s: applied %d, status %d, desired %lld, %zu others done; %s", test->name, one->applied,
                     one->status, (long long)world.fake.many[7].state.desired, others, said.p);
        run_world_end(&world);
    }
}

static void is_woken(struct service_state *service)
{
    service->woken_at_s = service->fence_s = FAKE_NOW + 1;
}

static void test_one_is_woken_meanwhile(void **state)
{
    (void)state;
    static const struct {
        size_t moves_at;
        enum applied applied;
        const char *calls;
    } cases[] = {
        {2, APPLIED_SUPERSEDED, "describe 12, metrics 24, describe 10, scale 9 to 0, describe 9, "},
        {3, APPLIED_RESTORED, "describe 12, metrics 24, describe 10, scale 10 to 0, describe 10, scale 1 to 3, "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_world world;
        run_world_begin(&world, TWO_METRICS, 12, 3, 0);
        world.fake.moves_at = cases[i].moves_at;
        world.fake.moves_many = 4;
        world.fake.moves = is_woken;
        run_world_run(&world, (struct run_options){ASLEEP});
        assert_int_equal(world.results[4].applied, cases[i].applied);
        assert_int_equal(world.results[4].status, PORT_OK);
        assert_int_equal(world.fake.many[4].state.desired, 3);
        assert_int_equal(run_world_applied(&world, APPLIED_DONE), 11);
        if (!text_starts(buffer_text(&world.fake.log), text_of(cases[i].calls)))
            fail_msg("wanted %s\ngot %s", cases[i].calls, world.fake.log.p);
        run_world_end(&world);
    }
}

static void test_why_metrics_are_partial_is_a_warning(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 2, 1, 0);
    world.fake.partial = TEXT("CloudWatch: PartialData");
    run_world_run(&world, (struct run_options){ASLEEP});
    assert_int_equal(world.fake.calls[CALL_SCALE], 0);
    assert_int_equal(world.results[1].status, PORT_OK);
    assert_string_equal(world.results[1].warning.p, "CloudWatch: PartialData; CloudWatch: PartialData");
    run_world_end(&world);
}

// ---- what is passed over ----------------------------------------------------------------------------------------------

static void test_what_a_pattern_found_is_passed_over(void **state)
{
    (void)state;
    static const char *const states[] = {"DRAINING", "INACTIVE", "MISSING", "ACTIVE"};
    static const enum behaviour behaviours[] = {BEHAVIOUR_WAKE, BEHAVIOUR_SLEEP, BEHAVIOUR_KILL};
    for (size_t i = 0; i < COUNT_OF(behaviours) * 2; i++) {
        bool listed = i % 2;
        struct run_world world;
        run_world_begin(&world, CAREFUL, COUNT_OF(states), behaviours[i / 2] == BEHAVIOUR_WAKE ? 0 : 1, 0);
        struct service_name names[COUNT_OF(states)];
        for (size_t j = 0; j < COUNT_OF(states); j++) {
            names[j] = world.names[j];
            names[j].listed = listed;
            world.fake.many[j].state.status = text_of(states[j]);
        }
        world.names = names;
        run_world_run(&world, (struct run_options){.behaviour = behaviours[i / 2], .trigger = TRIGGER_SCHEDULE});
        for (size_t j = 0; j + 1 < COUNT_OF(states); j++) {
            assert_int_equal(world.results[j].applied, listed ? APPLIED_PASSED : APPLIED_NOTHING);
            assert_true((world.results[j].status == PORT_OK) == listed);
        }
        assert_int_equal(world.results[3].applied, APPLIED_DONE);
        assert_int_equal(world.radius.of, listed ? 1 : 4);
        assert_int_equal(world.told, listed ? 1 : 4);
        run_world_end(&world);
    }
}

static void drains(struct service_state *service)
{
    service->status = TEXT("DRAINING");
}

static void test_what_drains_meanwhile_is_passed_over(void **state)
{
    (void)state;
    struct run_world world;
    run_world_begin(&world, TWO_METRICS, 1, 1, 0);
    struct service_name name = world.names[0];
    name.listed = true;
    world.names = &name;
    world.fake.moves_at = 2;
    world.fake.moves = drains;
    run_world_run(&world, (struct run_options){ASLEEP});
    assert_int_equal(world.results[0].applied, APPLIED_PASSED);
    assert_int_equal(world.results[0].status, PORT_OK);
    assert_int_equal(world.fake.calls[CALL_SCALE], 0);
    run_world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_by_size),
        cmocka_unit_test(test_a_kill_looks_at_nothing),
        cmocka_unit_test(test_a_wake_marks_before_it_raises),
        cmocka_unit_test(test_one_fails_and_the_others_go_on),
        cmocka_unit_test(test_one_is_woken_meanwhile),
        cmocka_unit_test(test_why_metrics_are_partial_is_a_warning),
        cmocka_unit_test(test_what_a_pattern_found_is_passed_over),
        cmocka_unit_test(test_what_drains_meanwhile_is_passed_over),
    };
    return cmocka_run_group_tests_name("run_many", tests, NULL, NULL) != 0;
}
