// The order of calls: what is asked, in which order, and what becomes of it when the outside moves or fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/series.h"
#include "engine/recording/recording.h"
#include "engine/shell/needs.h"
#include "engine/shell/run.h"
#include "tests/support/load.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define NOW 1795415736.5      // 2026-11-23T06:35:36.5Z
#define MARK 1795415737.0     // what a wake now leaves: rounded up

// ---- a cloud of one service, that logs, counts, fails and moves on demand ---------------------------------

enum call { CALL_LIST, CALL_DESCRIBE, CALL_METRICS, CALL_SCALE, CALL_TAG, CALLS };

struct fake {
    struct service_state service;
    bool exists;
    double value;                  // of every point of every metric
    size_t calls[CALLS];
    enum call fails;               // the `fails_at`-th of these calls fails (0: none)
    size_t fails_at;
    enum port_status fails_with;
    bool fails_after;              // the change was made all the same
    size_t moves_at;               // before that describe (0: never) the service moves
    void (*moves)(struct service_state *);
    struct buffer log;
    struct tag tag;
    double clock_s;
};

static bool called(struct fake *fake, enum call call, enum port_status *status, struct buffer *error)
{
    fake->calls[call]++;
    *status = PORT_OK;
    if (fake->fails != call || fake->calls[call] != fake->fails_at)
        return true;
    *status = fake->fails_with;
    buffer_add(error, TEXT("injected"));
    return fake->fails_after;
}

static enum port_status fake_list(void *context, struct arena *arena, const struct target *target,
                                  struct service_name **names, size_t *count, struct buffer *error)
{
    struct fake *fake = context;
    enum port_status status;
    buffer_printf(&fake->log, "list %.*s/%.*s, ", TEXT_ARG(target->cluster), TEXT_ARG(target->service));
    if (!called(fake, CALL_LIST, &status, error))
        return status;
    *names = ARENA_ARRAY(arena, 2, struct service_name);
    (*names)[0] = (struct service_name){TEXT("c"), TEXT("s")};
    (*names)[1] = (struct service_name){TEXT("c"), TEXT("s2")};
    *count = 2;
    return status;
}

static enum port_status fake_describe(void *context, struct arena *arena, const struct service_name *names,
                                      size_t count, struct service_state *states, bool *found, struct buffer *error)
{
    (void)arena;
    (void)names;
    struct fake *fake = context;
    enum port_status status;
    assert_int_equal(count, 1);
    buffer_add(&fake->log, TEXT("describe, "));
    if (!called(fake, CALL_DESCRIBE, &status, error))
        return status;
    if (fake->calls[CALL_DESCRIBE] == fake->moves_at)
        fake->moves(&fake->service);
    states[0] = fake->service;
    found[0] = fake->exists;
    return status;
}

static struct series *constant_series(struct arena *arena, const struct metric_request *request, double value)
{
    size_t count = (size_t)((request->end_s - request->start_s) / request->metric->period_s) + 1;
    int64_t *at_s = ARENA_ARRAY(arena, count, int64_t);
    double *values = ARENA_ARRAY(arena, count, double);
    size_t n = 0;
    for (int64_t at = request->start_s; at < request->end_s; at += request->metric->period_s) {
        at_s[n] = at;
        values[n++] = value;
    }
    struct series *series = ARENA_NEW(arena, struct series);
    *series = series_build(arena, at_s, values, n);
    return series;
}

static enum port_status fake_metrics(void *context, struct arena *arena, const struct metric_request *requests,
                                     size_t count, struct metric_view *views, struct buffer *error)
{
    struct fake *fake = context;
    enum port_status status;
    buffer_add(&fake->log, TEXT("metrics"));
    for (size_t i = 0; i < count; i++)
        buffer_printf(&fake->log, " %.*s:%lld..%lld", TEXT_ARG(requests[i].metric->name),
                      (long long)(requests[i].start_s - (int64_t)NOW), (long long)(requests[i].end_s - (int64_t)NOW));
    buffer_add(&fake->log, TEXT(", "));
    if (!called(fake, CALL_METRICS, &status, error))
        return status;
    for (size_t i = 0; i < count; i++) {
        const struct series *series = constant_series(arena, &requests[i], fake->value);
        views[i] = (struct metric_view){series, 0, series->count, METRIC_COMPLETE};
    }
    return status;
}

static enum port_status fake_set_desired(void *context, const struct service_name *name, int64_t desired,
                                         struct buffer *error)
{
    struct fake *fake = context;
    enum port_status status;
    assert_true(text_is(name->cluster, "c") && text_is(name->service, "s"));
    buffer_printf(&fake->log, "scale %lld, ", (long long)desired);
    if (called(fake, CALL_SCALE, &status, error))
        fake->service.desired = desired;
    return status;
}

static enum port_status fake_set_tags(void *context, const struct service_state *service, const struct tag *tags,
                                      size_t count, struct buffer *error)
{
    struct fake *fake = context;
    enum port_status status;
    double at_s;
    assert_true(text_is(service->arn, "arn"));
    assert_int_equal(count, 1);
    assert_true(text_is(tags[0].key, "drowse-wake") && parse_wake_mark(tags[0].value, &at_s));
    buffer_add(&fake->log, TEXT("tag, "));
    if (called(fake, CALL_TAG, &status, error))
        fake->service.woken_at_s = fake->service.fence_s = at_s;
    return status;
}

static double fake_now(void *context)
{
    return ((struct fake *)context)->clock_s;
}

static struct cloud fake_cloud(struct fake *fake)
{
    return (struct cloud){fake, fake_list, fake_describe, fake_metrics, fake_set_desired, fake_set_tags};
}

static struct fake fake_new(int64_t desired, int64_t running, double value)
{
    struct fake fake = {.exists = true, .value = value, .clock_s = NOW};
    fake.service = (struct service_state){
        .cluster = TEXT("c"), .service = TEXT("s"), .arn = TEXT("arn"), .status = TEXT("ACTIVE"),
        .scheduling_strategy = TEXT("REPLICA"), .desired = desired, .running = running,
        .deployed_at_s = NOW - 90000, .woken_at_s = NAN, .fence_s = NOW - 86400, .fence_source = FENCE_STARTED_EVENT,
        .tags_read = true};
    buffer_init(&fake.log, 4096);
    return fake;
}

// ---- one run ----------------------------------------------------------------------------------------------

#define HEAD \
    "policy: 1\nname: test\ntargets: [{cluster: c, service: s}]\n" \
    "params:\n  span: {default: 10m, min: 5m, max: 3h, unit: minutes}\n" \
    "metrics:\n" \
    "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n" \
    "  n: {namespace: N, metric: M, stat: Sum, period: 300s, dimensions: {A: b}}\n" \
    "  beat: {namespace: N, metric: B, stat: Sum, period: 60s, dimensions: {A: b}}\n" \
    "  sparse: {namespace: N, metric: S, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: 0, while: beat}}\n"
#define WAKE \
    "wake:\n  - {rule: closed, when: tag(\"closed\") == \"yes\", refuse: true, status: refused, message: no}\n" \
    "  - {rule: start, when: desired == 0, scale_to: 1, status: waking, message: m}\n" \
    "  - {rule: running, status: already_running, message: m}\n"
#define SLEEP \
    "sleep:\n  - {rule: stopped, when: desired == 0, status: no_change, message: m}\n" \
    "  - {rule: idle, when: avg(m over span) <= 0, scale_to: 0, status: scaled_down, message: m}\n" \
    "  - {rule: active, status: no_change, message: m}\n"
#define KILL "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: m}\n"
#define PLAIN HEAD WAKE SLEEP KILL
#define CAREFUL \
    HEAD WAKE SLEEP "kill:\n  - {rule: few, when: desired < 5, scale_to: 0, status: killed, message: m}\n" \
                    "  - {rule: many, status: no_change, message: m}\n"

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

static struct run_result run(struct fake *fake, const char *policy, const struct run_options *options)
{
    struct evaluator evaluator;
    struct run_result result;
    struct cloud cloud = fake_cloud(fake);
    struct clock clock = {fake, fake_now};
    struct service_name name = {TEXT("c"), TEXT("s")};
    evaluator_init(&evaluator, test_policy_text(&arena, policy), &arena);
    run_decide(&arena, &evaluator, &cloud, &clock, options, &name, &result);
    run_apply(&arena, &cloud, &clock, options, &result);
    return result;
}

#define RANGE "m:-636..1"     // 06:25:00 to 06:35:37
#define STOPPED_CALLS "describe, "
#define DECIDED_CALLS "describe, metrics " RANGE ", "

// ---- what moves between two calls -------------------------------------------------------------------------

static void a_wake_mark(struct service_state *service)
{
    service->woken_at_s = service->fence_s = NOW + 1;
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

static void a_start(struct service_state *service)
{
    service->fence_s = NOW - 5;
}

static void a_deployment(struct service_state *service)
{
    service->deploying = true;
}

static void a_new_primary(struct service_state *service)
{
    service->deployed_at_s = NOW - 1;
}

static void the_tasks(struct service_state *service)
{
    service->running = service->pending = 7;
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
    int after;              // the service's desired count
    const char *text;       // within error and warning; NULL: both empty
};

#define ASLEEP .behaviour = BEHAVIOUR_SLEEP, .trigger = TRIGGER_SCHEDULE
#define AWAKE .behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_REQUEST
#define KILLED .behaviour = BEHAVIOUR_KILL, .trigger = TRIGGER_CLI

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
     .calls = DECIDED_CALLS "describe, scale 0, describe, describe, ", .applied = APPLIED_UNKNOWN,
     .status = PORT_UNKNOWN_OUTCOME, .after = 1, .text = "injected; described again, its desired count is 1"},
    {"a lost answer and a wake", PLAIN, {ASLEEP}, 2, 2, 0, CALL_SCALE, 1, PORT_UNKNOWN_OUTCOME, 4, a_wake_mark,
     .calls = DECIDED_CALLS "describe, scale 0, describe, describe, ", .applied = APPLIED_RESTORED, .after = 2},
    // wake
    {"a request wakes: the mark first", PLAIN, {AWAKE, .person = true}, 0, 0, 0, .calls = "describe, tag, scale 1, ",
     .applied = APPLIED_DONE, .after = 1},
    {"a schedule that raises marks too", PLAIN, {.behaviour = BEHAVIOUR_WAKE, .trigger = TRIGGER_SCHEDULE}, 0, 0, 0,
     .calls = "describe, tag, scale 1, ", .applied = APPLIED_DONE, .after = 1},
    {"a request marks what runs", PLAIN, {AWAKE, .person = true}, 1, 1, 0, .calls = "describe, tag, ",
     .applied = APPLIED_NOTHING, .after = 1},
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

static bool case_holds(const struct run_case *test, const struct fake *fake, const struct run_result *result)
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
        struct fake fake = fake_new(test->desired, test->running, test->value);
        fake.fails = test->fails;
        fake.fails_at = test->fails_at;
        fake.fails_with = test->fails_with;
        fake.moves_at = test->moves_at;
        fake.moves = test->moves;
        struct run_result result = run(&fake, test->policy, &test->options);
        if (!case_holds(test, &fake, &result)) {
            print_error("%s\n  wanted %s\n  got    %.*s\n  applied %d, status %d, count %lld, error %.*s, warning %.*s\n",
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
    struct fake fake = fake_new(2, 2, 0);
    fake.fails = CALL_SCALE;
    fake.fails_at = 1;
    fake.fails_with = PORT_UNKNOWN_OUTCOME;
    fake.fails_after = true;
    fake.moves_at = 4;
    fake.moves = a_wake_mark;
    struct run_result result = run(&fake, PLAIN, &(struct run_options){ASLEEP});
    assert_true(text_is(buffer_text(&fake.log),
                        DECIDED_CALLS "describe, scale 0, describe, describe, scale 2, "));
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
        struct fake fake = fake_new(options->behaviour == BEHAVIOUR_WAKE ? 0 : 1, 1, 0);
        fake.exists = test->exists;
        fake.service.status = text_of(test->status);
        fake.service.scheduling_strategy = text_of(test->strategy);
        struct run_result result = run(&fake, CAREFUL, options);
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
    struct fake fake = fake_new(0, 0, 0);
    struct run_result result = run(&fake, PLAIN, &(struct run_options){AWAKE, .person = true});
    assert_int_equal(result.applied, APPLIED_DONE);
    assert_true(fake.service.woken_at_s == MARK);
    assert_int_equal(result.snapshot.state.desired, 0);  // as described before
    buffer_release(&fake.log);
}

static void test_no_mark_where_a_rule_refuses(void **state)
{
    (void)state;
    static const struct tag closed = {{"closed", 6}, {"yes", 3}};
    struct fake fake = fake_new(0, 0, 0);
    fake.service.tags = &closed;
    fake.service.tag_count = 1;
    struct run_result result = run(&fake, PLAIN, &(struct run_options){AWAKE, .person = true});
    assert_int_equal(result.decision.outcome, OUTCOME_REFUSED);
    assert_true(text_is(buffer_text(&fake.log), "describe, "));
    assert_int_equal(result.applied, APPLIED_NOTHING);
    buffer_release(&fake.log);
}

static void test_params_reach_the_span(void **state)
{
    (void)state;
    struct param_setting setting = {.value = {.number = 1800, .knowledge = KNOWN}, .origin = PARAM_REQUEST};
    struct fake fake = fake_new(1, 1, 5);
    run(&fake, PLAIN, &(struct run_options){ASLEEP, .params = &setting});
    assert_true(text_is(buffer_text(&fake.log), "describe, metrics m:-1836..1, "));
    buffer_release(&fake.log);
}

// ---- needs ------------------------------------------------------------------------------------------------

struct need_case {
    const char *rest;   // of the policy
    const char *calls;
};

static const struct need_case needs[] = {
    // conditions, counts, messages and report; the longest span of each metric; each once
    {"sleep:\n  - {rule: a, when: avg(m over 10m) > 9 and max(m over 20m) > 9, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: \"{age(n over 1h)}\"}\n",
     "metrics m:-1236..1 n:-3636..1, "},
    {"sleep:\n  - {rule: a, when: avg(m over 10m) > 9, status: no_change, message: m}\n"
     "  - {rule: b, scale_to: \"otherwise(last(n over 30m), 0)\", status: no_change, message: m}\n",
     "metrics m:-636..1 n:-1836..1, "},
    {"let: {quiet: \"quiet_for(m above 1 over 2h)\", unused: sum(n over 3h)}\nreport: {q: quiet}\n"
     "sleep:\n  - {rule: a, when: count(n over 30m) > 99, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics m:-7236..1 n:-1836..1, "},
    // a threshold that is itself of a metric
    {"sleep:\n  - {rule: a, when: quiet_for(m above last(n over 30m) over 10m) > 99h, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics m:-636..1 n:-1836..1, "},
    // the heartbeat comes with what it vouches for
    {"sleep:\n  - {rule: a, when: sum(sparse over 10m) > 99, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics beat:-636..1 sparse:-636..1, "},
    // a rule that the state settled as false is not paid for
    {"sleep:\n  - {rule: a, when: desired == 9 and sum(n over 3h) > 1, status: no_change, message: m}\n"
     "  - {rule: b, when: avg(m over 10m) > 99, status: no_change, message: m}\n"
     "  - {rule: c, status: no_change, message: m}\n",
     "metrics m:-636..1, "},
    // a span that follows from the state
    {"sleep:\n  - {rule: a, when: avg(m over least(uptime, 30m)) > 99, status: no_change, message: m}\n"
     "  - {rule: b, status: no_change, message: m}\n",
     "metrics m:-1836..1, "},
};

static void test_what_is_asked_of_cloudwatch(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        struct text policy = arena_format(&arena, HEAD "%s", needs[i].rest);
        struct text calls = arena_format(&arena, "describe, %s", needs[i].calls);
        struct fake fake = fake_new(1, 1, 5);
        run(&fake, policy.p, &(struct run_options){ASLEEP, .dry_run = true});
        if (!text_eq(buffer_text(&fake.log), calls)) {
            print_error("case %zu: wanted %.*s\n      got %.*s\n", i, TEXT_ARG(calls),
                        TEXT_ARG(buffer_text(&fake.log)));
            wrong++;
        }
        buffer_release(&fake.log);
    }
    assert_int_equal(wrong, 0);
}

// ---- targets ----------------------------------------------------------------------------------------------

struct target_case {
    const char *targets;
    const char *only;       // the service, of cluster c; NULL: all
    const char *names;      // NULL: turned down
    const char *calls;
    const char *error;
};

static void test_targets(void **state)
{
    (void)state;
    static const struct target_case targets[] = {
        {"[{cluster: c, service: s}]", NULL, "c/s ", "", NULL},
        {"[{cluster: c, service: s}, {cluster: c, service: x}, {cluster: c, service: s}]", NULL, "c/s c/x ", "", NULL},
        {"[{cluster: c, service: \"s*\"}, {cluster: c, service: s2}]", NULL, "c/s c/s2 ", "list c/s*, ", NULL},
        {"[{cluster: c, service: s2}, {cluster: \"*\", service: s}]", NULL, "c/s2 c/s ", "list */s, ", NULL},
        {"[{cluster: c, service: \"s*\"}]", "s9", "c/s9 ", "", NULL},
        {"[{cluster: c, service: s}]", "t", NULL, "", "c/t is not among the policy's targets"},
        {"[{cluster: d, service: \"*\"}]", "s", NULL, "", "c/s is not among the policy's targets"},
        {NULL, "s", NULL, "", "c/s is not among the policy's targets"},
        {NULL, NULL, NULL, "", "the policy has no targets, and no service was named"},
    };
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        const struct target_case *test = &targets[i];
        struct fake fake = fake_new(1, 1, 0);
        struct cloud cloud = fake_cloud(&fake);
        struct text yaml = test->targets ? arena_format(&arena, "policy: 1\nname: t\ntargets: %s\n" KILL, test->targets)
                                         : TEXT("policy: 1\nname: t\n" KILL);
        struct service_name only = {TEXT("c"), text_of(test->only)}, *names = NULL;
        struct buffer error, out;
        size_t count = 0;
        enum port_status status = PORT_FAILED;
        buffer_init(&error, 1000);
        buffer_init(&out, 1000);
        bool resolved = resolve_targets(&arena, test_policy_text(&arena, yaml.p), &cloud, test->only ? &only : NULL,
                                        &names, &count, &status, &error);
        for (size_t j = 0; j < count; j++)
            buffer_printf(&out, "%.*s/%.*s ", TEXT_ARG(names[j].cluster), TEXT_ARG(names[j].service));
        if (resolved != (test->names != NULL) || !text_eq(buffer_text(&out), text_of(test->names)) ||
            status != (resolved ? PORT_OK : PORT_DENIED) || !text_eq(buffer_text(&error), text_of(test->error)) ||
            !text_is(buffer_text(&fake.log), test->calls))
            fail_msg("case %zu: %.*s| %.*s| status %d", i, TEXT_ARG(buffer_text(&out)), TEXT_ARG(buffer_text(&error)),
                     status);
        buffer_release(&error);
        buffer_release(&out);
        buffer_release(&fake.log);
    }
}

static void test_a_list_that_fails(void **state)
{
    (void)state;
    struct fake fake = fake_new(1, 1, 0);
    struct cloud cloud = fake_cloud(&fake);
    struct service_name *names;
    size_t count;
    enum port_status status;
    struct buffer error;
    buffer_init(&error, 1000);
    fake.fails = CALL_LIST;
    fake.fails_at = 1;
    fake.fails_with = PORT_THROTTLED;
    const struct policy *policy =
        test_policy_text(&arena, "policy: 1\nname: t\ntargets: [{cluster: c, service: \"*\"}]\n" KILL);
    assert_false(resolve_targets(&arena, policy, &cloud, NULL, &names, &count, &status, &error));
    assert_int_equal(status, PORT_THROTTLED);
    assert_true(text_is(buffer_text(&error), "injected"));
    buffer_release(&error);
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
        TEST(test_params_reach_the_span),
        TEST(test_what_is_asked_of_cloudwatch),
        TEST(test_targets),
        TEST(test_a_list_that_fails),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL) != 0;
}
