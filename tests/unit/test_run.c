// The order of calls: what is asked, in which order, and what becomes of it when the outside moves or fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "tests/support/asserts.h"
#include "tests/support/fake_cloud.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#define RANGE "m:-636..1"  // 06:25:00 to 06:35:37
#define DECIDED_CALLS "describe, metrics " RANGE ", "

// ---- what moves between two calls -------------------------------------------------------------------------

static void a_wake_mark(struct service_state *service)
{
    service->woken_at_s = service->fence_s = FAKE_NOW + 1;
}

static void an_old_mark_goes(struct service_state *service)
{
    service->woken_at_s = NAN;
}

static void another_count(struct service_state *service)
{
    service->desired = 3;
}

static void a_wake_that_raised(struct service_state *service)
{
    a_wake_mark(service);
    service->desired = 2;
}

static void a_wake_to_three(struct service_state *service)
{
    a_wake_mark(service);
    service->desired = 3;
}

static void a_start(struct service_state *service)
{
    service->fence_s = FAKE_NOW - 5;
}

static void a_deployment(struct service_state *service)
{
    service->deploying = true;
}

static void a_new_primary(struct service_state *service)
{
    service->deployed_at_s = FAKE_NOW - 1;
}

static void the_tasks(struct service_state *service)
{
    service->running = service->pending = 7;
}

static void a_hold(struct service_state *service)
{
    static const struct tag hold = {{"awake-until", 11}, {"2026-12-01T00:00:00Z", 20}};
    service->tags = &hold;
    service->tag_count = 1;
}

static void no_more_tags(struct service_state *service)
{
    service->tags_read = false;
}

static void a_sleep(struct service_state *service)
{
    service->desired = 0;
}

static void the_end(struct service_state *service)
{
    service->status = TEXT("DRAINING");
}

struct run_case {
    const char *name;
    const char *policy;
    struct run_options options;
    int desired, running;
    double value;
    enum call fails;
    size_t fails_at;
    enum port_status fails_with;
    size_t moves_at;
    void (*moves)(struct service_state *);
    // and what comes of it
    const char *calls;
    enum applied applied;
    enum port_status status;
    int after;         // the service's desired count
    const char *text;  // within error and warning; NULL: both empty
};

#define ASLEEP .behaviour = BEHAVIOUR_SLEEP, .trigger = TRIGGER_SCHEDULE
#define AWAKE .behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_REQUEST
#define KILLED .behaviour = BEHAVIOUR_KILL, .trigger = TRIGGER_CLI

// One row a story.
// clang-format off
static const struct run_case cases[] = {
    // sleep
    {"a stopped service costs one call", PLAIN, {ASLEEP}, 0, 0, 0, .calls = "describe, ",
     .applied = APPLIED_NOTHING, .after = 0},
    {"an active one changes nothing", PLAIN, {ASLEEP}, 1, 1, 5, .calls = DECIDED_CALLS,
     .applied = APPLIED_NOTHING, .after = 1},
    {"an idle one is described before and after", PLAIN, {ASLEEP}, 1, 1, 0,
     .calls = DECIDED_CALLS "describe, scale 0, describe, ", .applied = APPLIED_DONE, .after = 0},
    {"a dry run stops before", PLAIN, {ASLEEP, .dry_run = true}, 1, 1, 0, .calls = DECIDED_CALLS,
     .applied = APPLIED_DRY, .after = 1},
    {"a dry run without a change", PLAIN, {ASLEEP, .dry_run = true}, 1, 1, 1, .calls = DECIDED_CALLS,
     .applied = APPLIED_NOTHING, .after = 1},
    {"a wake mark supersedes", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = a_wake_mark,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 1,
     .text = "the wake mark moved after the decision"},
    {"a count supersedes", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = another_count,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 3, .text = "the desired count"},
    {"a start supersedes", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = a_start,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 1, .text = "the newest start"},
    {"a deployment supersedes", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = a_deployment,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 1, .text = "a deployment"},
    {"a new primary supersedes", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = a_new_primary,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 1, .text = "a deployment"},
    {"a hold supersedes", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = a_hold,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 1, .text = "a tag moved"},
    {"tags that can no longer be read may hide a wake", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = no_more_tags,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_SUPERSEDED, .after = 1, .text = "its tags moved"},
    {"tasks that come and go do not", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = the_tasks,
     .calls = DECIDED_CALLS "describe, scale 0, describe, ", .applied = APPLIED_DONE, .after = 0},
    {"one that drains meanwhile is left alone", PLAIN, {ASLEEP}, 1, 1, 0, .moves_at = 2, .moves = the_end,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_FAILED, .status = PORT_REFUSED, .after = 1,
     .text = "service c/s is DRAINING"},
    {"a wake after the lowering restores", PLAIN, {ASLEEP}, 2, 2, 0, .moves_at = 3, .moves = a_wake_mark,
     .calls = DECIDED_CALLS "describe, scale 0, describe, scale 2, ", .applied = APPLIED_RESTORED, .after = 2},
    {"a wake that raised it itself is enough", PLAIN, {ASLEEP}, 2, 2, 0, .moves_at = 3, .moves = a_wake_that_raised,
     .calls = DECIDED_CALLS "describe, scale 0, describe, ", .applied = APPLIED_RESTORED, .after = 2},
    {"a mark that goes is no wake", PLAIN, {ASLEEP}, 2, 2, 0, .moves_at = 3, .moves = an_old_mark_goes,
     .calls = DECIDED_CALLS "describe, scale 0, describe, ", .applied = APPLIED_DONE, .after = 0},
    {"a restore that fails is an error", PLAIN, {ASLEEP}, 2, 2, 0, CALL_SCALE, 2, PORT_THROTTLED, 3, a_wake_mark,
     .calls = DECIDED_CALLS "describe, scale 0, describe, scale 2, ", .applied = APPLIED_FAILED,
     .status = PORT_THROTTLED, .after = 0, .text = "its former count of 2 could not be put back: injected"},
    // failures of each call
    {"the first describe", PLAIN, {ASLEEP}, 1, 1, 0, CALL_DESCRIBE, 1, PORT_THROTTLED, .calls = "describe, ",
     .applied = APPLIED_NOTHING, .status = PORT_THROTTLED, .after = 1, .text = "injected"},
    {"the metrics", PLAIN, {ASLEEP}, 1, 1, 0, CALL_METRICS, 1, PORT_DENIED, .calls = DECIDED_CALLS,
     .applied = APPLIED_NOTHING, .status = PORT_DENIED, .after = 1, .text = "injected"},
    {"the second describe", PLAIN, {ASLEEP}, 1, 1, 0, CALL_DESCRIBE, 2, PORT_FAILED,
     .calls = DECIDED_CALLS "describe, ", .applied = APPLIED_FAILED, .status = PORT_FAILED, .after = 1,
     .text = "injected"},
    {"the change", PLAIN, {ASLEEP}, 1, 1, 0, CALL_SCALE, 1, PORT_DENIED,
     .calls = DECIDED_CALLS "describe, scale 0, ", .applied = APPLIED_FAILED, .status = PORT_DENIED, .after = 1,
     .text = "injected"},
    {"the third describe", PLAIN, {ASLEEP}, 1, 1, 0, CALL_DESCRIBE, 3, PORT_FAILED,
     .calls = DECIDED_CALLS "describe, scale 0, describe, ", .applied = APPLIED_DONE, .after = 0,
     .text = "could not be described after it was lowered: injected"},
    {"an answer that is lost", PLAIN, {ASLEEP}, 1, 1, 0, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME,
     .calls = DECIDED_CALLS "describe, scale 0, describe, ", .applied = APPLIED_UNKNOWN,
     .status = PORT_UNKNOWN_OUTCOME, .after = 1, .text = "injected; described again, its desired count is 1"},
    {"a lost answer and a wake: what was lost may yet come about", PLAIN, {ASLEEP}, 2, 2, 0, CALL_SCALE, 1,
     PORT_UNKNOWN_OUTCOME, 3, a_wake_mark, .calls = DECIDED_CALLS "describe, scale 0, describe, scale 2, ",
     .applied = APPLIED_RESTORED, .after = 2},
    {"nor does a wake that raised it further lower it again", PLAIN, {ASLEEP}, 2, 2, 0, CALL_SCALE, 1,
     PORT_UNKNOWN_OUTCOME, 3, a_wake_to_three, .calls = DECIDED_CALLS "describe, scale 0, describe, scale 3, ",
     .applied = APPLIED_RESTORED, .after = 3},
    // wake
    {"a request wakes: the mark first", PLAIN, {AWAKE, .person = true}, 0, 0, 0, .calls = "describe, tag, scale 1, ",
     .applied = APPLIED_DONE, .after = 1},
    {"a schedule that raises marks too", PLAIN, {.behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_SCHEDULE}, 0, 0, 0,
     .calls = "describe, tag, scale 1, ", .applied = APPLIED_DONE, .after = 1},
    {"a request marks what runs, and looks again", PLAIN, {AWAKE, .person = true}, 1, 1, 0,
     .calls = "describe, tag, describe, ", .applied = APPLIED_NOTHING, .after = 1},
    {"what a sleep lowered before the mark was set is raised", PLAIN, {AWAKE, .person = true}, 2, 2, 0, .moves_at = 2,
     .moves = a_sleep, .calls = "describe, tag, describe, describe, scale 1, ", .applied = APPLIED_DONE, .after = 1},
    {"also where it could not be marked", PLAIN, {AWAKE, .person = true}, 2, 2, 0, CALL_TAG, 1, PORT_DENIED, 2, a_sleep,
     .calls = "describe, tag, describe, describe, scale 1, ", .applied = APPLIED_DONE, .after = 1,
     .text = "the wake mark could not be set: injected"},
    {"what was raised meanwhile is no news", PLAIN, {AWAKE, .person = true}, 2, 2, 0, .moves_at = 2,
     .moves = another_count, .calls = "describe, tag, describe, ", .applied = APPLIED_NOTHING, .after = 3},
    {"a woken service that cannot be looked at again", PLAIN, {AWAKE, .person = true}, 2, 2, 0, CALL_DESCRIBE, 2,
     PORT_FAILED, .calls = "describe, tag, describe, ", .applied = APPLIED_NOTHING, .after = 2,
     .text = "could not be described after it was marked: injected"},
    {"a schedule does not", PLAIN, {.behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_SCHEDULE}, 1, 1, 0,
     .calls = "describe, ", .applied = APPLIED_NOTHING, .after = 1},
    {"a dry wake marks nothing", PLAIN, {AWAKE, .person = true, .dry_run = true}, 0, 0, 0, .calls = "describe, ",
     .applied = APPLIED_DRY, .after = 0},
    {"where tagging is denied it still wakes", PLAIN, {AWAKE, .person = true}, 0, 0, 0, CALL_TAG, 1, PORT_DENIED,
     .calls = "describe, tag, scale 1, ", .applied = APPLIED_DONE, .after = 1,
     .text = "the wake mark could not be set: injected"},
    {"a wake that fails", PLAIN, {AWAKE, .person = true}, 0, 0, 0, CALL_SCALE, 1, PORT_FAILED,
     .calls = "describe, tag, scale 1, ", .applied = APPLIED_FAILED, .status = PORT_FAILED, .after = 0,
     .text = "injected"},
    {"a wake whose answer is lost", PLAIN, {AWAKE, .person = true}, 0, 0, 0, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME,
     .calls = "describe, tag, scale 1, describe, ", .applied = APPLIED_UNKNOWN, .status = PORT_UNKNOWN_OUTCOME,
     .after = 0, .text = "injected; described again, its desired count is 0"},
    {"a wake without any state", HEAD "wake:\n  - {rule: noted, status: already_running, message: m}\n",
     {AWAKE, .person = true}, 1, 1, 0, .calls = "describe, tag, ", .applied = APPLIED_NOTHING, .after = 1},
    {"and where it cannot be described", HEAD "wake:\n  - {rule: noted, status: already_running, message: m}\n",
     {AWAKE, .person = true}, 1, 1, 0, CALL_DESCRIBE, 1, PORT_FAILED, .calls = "describe, ",
     .applied = APPLIED_NOTHING, .after = 1, .text = "the wake mark could not be set: injected"},
    // kill
    {"a plain kill describes nothing", PLAIN, {KILLED}, 1, 1, 0, .calls = "scale 0, ", .applied = APPLIED_DONE,
     .after = 0},
    {"a dry kill does nothing", PLAIN, {KILLED, .dry_run = true}, 1, 1, 0, .calls = "", .applied = APPLIED_DRY,
     .after = 1},
    {"ECS refuses a kill", PLAIN, {KILLED}, 1, 1, 0, CALL_SCALE, 1, PORT_REFUSED, .calls = "scale 0, ",
     .applied = APPLIED_FAILED, .status = PORT_REFUSED, .after = 1, .text = "injected"},
    {"a kill with conditions looks twice, not thrice", CAREFUL, {KILLED}, 1, 1, 0,
     .calls = "describe, describe, scale 0, ", .applied = APPLIED_DONE, .after = 0},
    {"and is superseded", CAREFUL, {KILLED}, 1, 1, 0, .moves_at = 2, .moves = a_start, .calls = "describe, describe, ",
     .applied = APPLIED_SUPERSEDED, .after = 1, .text = "the newest start"},
    {"a kill whose answer is lost", PLAIN, {KILLED}, 1, 1, 0, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME,
     .calls = "scale 0, describe, ", .applied = APPLIED_UNKNOWN, .status = PORT_UNKNOWN_OUTCOME, .after = 1,
     .text = "injected; described again, its desired count is 1"},
    {"a behaviour that the policy lacks", HEAD SLEEP, {KILLED}, 1, 1, 0, .calls = "", .applied = APPLIED_NOTHING,
     .after = 1},
};
// clang-format on

static bool case_holds(const struct run_case *test, const struct fake_cloud *fake, const struct run_result *result)
{
    bool text_holds = result->error.n + result->warning.n == 0;
    if (test->text) {
        struct text both = arena_format(&arena, "%.*s|%.*s", TEXT_ARG(result->error), TEXT_ARG(result->warning));
        text_holds = strstr(both.p, test->text) != NULL;
    }
    return text_holds && text_is(buffer_text(&fake->log), test->calls) && result->applied == test->applied &&
           result->status == test->status && fake->service.desired == test->after &&
           (result->status == PORT_OK) == (result->error.n == 0);
}

static void test_every_path(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct run_case *test = &cases[i];
        struct fake_cloud fake = fake_cloud_new(test->desired, test->running, test->value);
        fake.fails = test->fails;
        fake.fails_at = test->fails_at;
        fake.fails_with = test->fails_with;
        fake.moves_at = test->moves_at;
        fake.moves = test->moves;
        struct run_result result = fake_cloud_run(&arena, &fake, test->policy, &test->options);
        if (!case_holds(test, &fake, &result)) {
            print_error(
                "%s\n  wanted %s\n  got    %.*s\n  applied %d, status %d, count %lld, error %.*s, warning %.*s\n",
                test->name, test->calls, TEXT_ARG(buffer_text(&fake.log)), result.applied, result.status,
                (long long)fake.service.desired, TEXT_ARG(result.error), TEXT_ARG(result.warning));
            wrong++;
        }
        buffer_release(&fake.log);
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

// The change was made, only its answer was lost: a wake in between still restores.
static void test_a_lost_answer_of_a_change_that_was_made(void **state)
{
    (void)state;
    struct fake_cloud fake = fake_cloud_new(2, 2, 0);
    fake.fails = CALL_SCALE;
    fake.fails_at = 1;
    fake.fails_with = PORT_UNKNOWN_OUTCOME;
    fake.fails_after = true;
    fake.moves_at = 3;
    fake.moves = a_wake_mark;
    struct run_result result = fake_cloud_run(&arena, &fake, PLAIN, &(struct run_options){ASLEEP});
    assert_true(text_is(buffer_text(&fake.log), DECIDED_CALLS "describe, scale 0, describe, scale 2, "));
    assert_int_equal(result.applied, APPLIED_RESTORED);
    assert_int_equal(result.status, PORT_OK);
    assert_int_equal(fake.service.desired, 2);
    buffer_release(&fake.log);
}

struct untouched_case {
    bool exists;
    const char *status, *strategy;
    enum port_status result;
    const char *error;
};

static void test_what_is_never_touched(void **state)
{
    (void)state;
    static const struct untouched_case untouched[] = {
        {false, "ACTIVE", "REPLICA", PORT_NOT_FOUND, "there is no service c/s"},
        {true, "DRAINING", "REPLICA", PORT_REFUSED, "service c/s is DRAINING: it is left alone"},
        {true, "INACTIVE", "", PORT_REFUSED, "service c/s is INACTIVE: it is left alone"},
        {true, "ACTIVE", "DAEMON", PORT_REFUSED,
         "service c/s is a daemon, which has no desired count: it is left alone"},
        {true, "", "", PORT_OK, ""},
    };
    static const struct run_options behaviours[] = {{AWAKE, .person = true}, {ASLEEP}, {KILLED}};
    for (size_t i = 0; i < COUNT_OF(untouched) * COUNT_OF(behaviours); i++) {
        const struct untouched_case *test = &untouched[i / COUNT_OF(behaviours)];
        const struct run_options *options = &behaviours[i % COUNT_OF(behaviours)];
        struct fake_cloud fake = fake_cloud_new(options->behaviour == BEHAVIOUR_WAKE ? 0 : 1, 1, 0);
        fake.exists = test->exists;
        fake.service.status = text_of(test->status);
        fake.service.scheduling_strategy = text_of(test->strategy);
        struct run_result result = fake_cloud_run(&arena, &fake, CAREFUL, options);
        if (result.status != test->result || !text_is(result.error, test->error) ||
            (fake.calls[CALL_SCALE] + fake.calls[CALL_TAG] > 0) != (test->result == PORT_OK))
            fail_msg("case %zu: status %d, %.*s", i, result.status, TEXT_ARG(result.error));
        if (test->result != PORT_OK)
            assert_int_equal(result.decision.outcome, OUTCOME_FAILED);
        buffer_release(&fake.log);
    }
}

static void test_the_wake_mark(void **state)
{
    (void)state;
    struct fake_cloud fake = fake_cloud_new(0, 0, 0);
    struct run_result result = fake_cloud_run(&arena, &fake, PLAIN, &(struct run_options){AWAKE, .person = true});
    assert_int_equal(result.applied, APPLIED_DONE);
    // Rounded up to a second.
    assert_true(fake.service.woken_at_s == FAKE_NOW + 0.5);
    assert_int_equal(result.snapshot.state.desired, 0);  // as described before
    buffer_release(&fake.log);
}

static void test_no_mark_where_a_rule_refuses(void **state)
{
    (void)state;
    static const struct tag closed = {{"closed", 6}, {"yes", 3}};
    struct fake_cloud fake = fake_cloud_new(0, 0, 0);
    fake.service.tags = &closed;
    fake.service.tag_count = 1;
    struct run_result result = fake_cloud_run(&arena, &fake, PLAIN, &(struct run_options){AWAKE, .person = true});
    assert_int_equal(result.decision.outcome, OUTCOME_REFUSED);
    assert_true(text_is(buffer_text(&fake.log), "describe, "));
    assert_int_equal(result.applied, APPLIED_NOTHING);
    buffer_release(&fake.log);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_path),
        TEST(test_a_lost_answer_of_a_change_that_was_made),
        TEST(test_what_is_never_touched),
        TEST(test_the_wake_mark),
        TEST(test_no_mark_where_a_rule_refuses),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL) != 0;
}
