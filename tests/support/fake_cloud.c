#include "tests/support/fake_cloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "engine/core/evaluator.h"
#include "engine/core/series.h"
#include "engine/recording/recording.h"
#include "tests/support/load.h"

static void begin_call(struct fake_cloud *fake, enum call call, size_t count)
{
    fake->calls[call]++;
    fake->items[call] += count;
    fake->tens[call] += (count + 9) / 10;
    if (count > fake->most_items[call])
        fake->most_items[call] = count;
    fake->clock_s += fake->call_takes_s[call];
}

// Is what is asked of this service in the call under way done? `result` says what is answered.
static bool begin_item(struct fake_cloud *fake, enum call call, struct text service, struct port_result *result)
{
    fake->clock_s += fake->item_takes_s[call];
    *result = (struct port_result){PORT_OK, {0}};
    bool meant = !fake->fails_for.n || text_eq(fake->fails_for, service);
    if (fake->fails != call || fake->calls[call] != fake->fails_at || !meant)
        return true;
    *result = (struct port_result){fake->fails_with, TEXT("injected")};
    return fake->fails_after;
}

static struct port_result fake_list(void *context, struct arena *arena, const struct target *target,
                                    struct service_name **names, size_t *count)
{
    struct fake_cloud *fake = context;
    struct port_result result;
    buffer_printf(&fake->log, "list %.*s/%.*s, ", TEXT_ARG(target->cluster), TEXT_ARG(target->service));
    begin_call(fake, CALL_LIST, 1);
    if (!begin_item(fake, CALL_LIST, TEXT(""), &result))
        return result;
    *names = ARENA_ARRAY(arena, 2, struct service_name);
    (*names)[0] = (struct service_name){TEXT("c"), TEXT("s"), true};
    (*names)[1] = (struct service_name){TEXT("c"), TEXT("s2"), true};
    *count = 2;
    return result;
}

// One of many by its name; NULL where there is one service only.
static struct cloud_service *find_many(struct fake_cloud *fake, struct text name)
{
    int64_t number = -1;
    if (!fake->many_count)
        return NULL;
    assert_true(text_starts(name, TEXT("s")) && text_to_int64(text_from(name, 1), &number));
    assert_true(number >= 0 && number < (int64_t)fake->many_count);
    return &fake->many[number];
}

// The state of the service of that name, which must be one of the fake's.
static struct service_state *find_state(struct fake_cloud *fake, struct text cluster, struct text name)
{
    assert_true(text_is(cluster, "c"));
    struct cloud_service *many = find_many(fake, name);
    assert_true(many || text_is(name, "s"));
    return many ? &many->state : &fake->service;
}

static void describe_item(struct fake_cloud *fake, const struct service_name *name, struct described *answer)
{
    const struct service_state *state = find_state(fake, name->cluster, name->service);
    if (!begin_item(fake, CALL_DESCRIBE, name->service, &answer->result))
        return;
    answer->state = *state;
    if (!fake->exists || text_is(state->status, "MISSING"))
        answer->result = (struct port_result){PORT_NOT_FOUND, TEXT("there is no service c/s")};
}

static void fake_describe(void *context, struct arena *arena, const struct service_name *names, size_t count,
                          struct described *answers)
{
    (void)arena;
    struct fake_cloud *fake = context;
    assert_true(count > 0);
    buffer_printf(&fake->log, fake->many_count ? "describe %zu, " : "describe, ", count);
    begin_call(fake, CALL_DESCRIBE, count);
    if (fake->calls[CALL_DESCRIBE] == fake->moves_at)
        fake->moves(fake->many_count ? &fake->many[fake->moves_many].state : &fake->service);
    for (size_t i = 0; i < count; i++)
        describe_item(fake, &names[i], &answers[i]);
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

static void metrics_item(struct fake_cloud *fake, struct arena *arena, const struct metric_request *request,
                         struct metric_answer *answer)
{
    struct cloud_service *many = find_many(fake, request->service->service);
    answer->view = (struct metric_view){.status = METRIC_FAILED};
    if (!begin_item(fake, CALL_METRICS, request->service->service, &answer->result))
        return;
    const struct series *series = constant_series(arena, request, many ? many->value : fake->value);
    answer->view = (struct metric_view){.series = series, .end = series->count, .status = METRIC_COMPLETE};
    answer->result.error = fake->partial;
    if (fake->partial.n)
        answer->view.status = METRIC_PARTIAL;
    if (many)
        many->looked_at_s = fake->clock_s;
}

static void fake_metrics(void *context, struct arena *arena, const struct metric_request *requests, size_t count,
                         struct metric_answer *answers)
{
    struct fake_cloud *fake = context;
    assert_true(count > 0);
    begin_call(fake, CALL_METRICS, count);
    if (fake->many_count)
        buffer_printf(&fake->log, "metrics %zu", count);
    else
        buffer_add(&fake->log, TEXT("metrics"));
    for (size_t i = 0; i < count && !fake->many_count; i++)
        buffer_printf(&fake->log, " %.*s:%lld..%lld", TEXT_ARG(requests[i].metric->name),
                      (long long)(requests[i].start_s - (int64_t)FAKE_NOW),
                      (long long)(requests[i].end_s - (int64_t)FAKE_NOW));
    buffer_add(&fake->log, TEXT(", "));
    for (size_t i = 0; i < count; i++)
        metrics_item(fake, arena, &requests[i], &answers[i]);
}

// What a service is lowered upon must not be older than the contract allows.
static void check_age(struct fake_cloud *fake, const struct cloud_service *many)
{
    double age_s = fake->clock_s - many->looked_at_s;
    if (age_s > fake->oldest_s)
        fake->oldest_s = age_s;
    if (age_s > RUN_SNAPSHOT_AGE_S)
        fail_msg("%.*s was looked at %.1f s before it was lowered", TEXT_ARG(many->state.service), age_s);
}

static void scale_item(struct fake_cloud *fake, const struct desired_change *change, struct port_result *result)
{
    struct service_state *state = find_state(fake, change->name.cluster, change->name.service);
    const struct cloud_service *many = find_many(fake, change->name.service);
    if (!begin_item(fake, CALL_SCALE, change->name.service, result))
        return;
    if (many && change->desired < state->desired && !isnan(many->looked_at_s))
        check_age(fake, many);
    state->desired = change->desired;
}

static void fake_set_desired(void *context, struct arena *arena, const struct desired_change *changes, size_t count,
                             struct port_result *results)
{
    (void)arena;
    struct fake_cloud *fake = context;
    assert_true(count > 0);
    if (fake->many_count)
        buffer_printf(&fake->log, "scale %zu to %lld, ", count, (long long)changes[0].desired);
    else
        buffer_printf(&fake->log, "scale %lld, ", (long long)changes[0].desired);
    begin_call(fake, CALL_SCALE, count);
    for (size_t i = 0; i < count; i++)
        scale_item(fake, &changes[i], &results[i]);
}

static void tag_item(struct fake_cloud *fake, const struct tag_change *change, struct port_result *result)
{
    double at_s = NAN;
    struct service_state *state = find_state(fake, change->service->cluster, change->service->service);
    assert_true(text_is(change->service->arn, "arn"));
    assert_int_equal(change->count, 1);
    assert_true(text_is(change->tags[0].key, "drowse-wake") && parse_wake_mark(change->tags[0].value, &at_s));
    if (begin_item(fake, CALL_TAG, change->service->service, result))
        state->woken_at_s = state->fence_s = at_s;
}

static void fake_set_tags(void *context, struct arena *arena, const struct tag_change *changes, size_t count,
                          struct port_result *results)
{
    (void)arena;
    struct fake_cloud *fake = context;
    assert_true(count > 0);
    buffer_printf(&fake->log, fake->many_count ? "tag %zu, " : "tag, ", count);
    begin_call(fake, CALL_TAG, count);
    for (size_t i = 0; i < count; i++)
        tag_item(fake, &changes[i], &results[i]);
}

static double fake_now(void *context)
{
    return ((struct fake_cloud *)context)->clock_s;
}

static double fake_doubt(void *context)
{
    return ((struct fake_cloud *)context)->doubt_s;
}

struct cloud fake_cloud_port(struct fake_cloud *fake)
{
    return (struct cloud){.context = fake,
                          .list = fake_list,
                          .describe = fake_describe,
                          .metrics = fake_metrics,
                          .set_desired = fake_set_desired,
                          .set_tags = fake_set_tags};
}

struct clock fake_cloud_clock(struct fake_cloud *fake)
{
    return (struct clock){.context = fake, .now_s = fake_now, .doubt_s = fake_doubt};
}

struct fake_cloud fake_cloud_new(int64_t desired, int64_t running, double value)
{
    struct fake_cloud fake = {.exists = true, .value = value, .clock_s = FAKE_NOW};
    fake.service = (struct service_state){.cluster = TEXT("c"),
                                          .service = TEXT("s"),
                                          .arn = TEXT("arn"),
                                          .status = TEXT("ACTIVE"),
                                          .scheduling_strategy = TEXT("REPLICA"),
                                          .desired = desired,
                                          .running = running,
                                          .deployed_at_s = FAKE_NOW - 90000,
                                          .woken_at_s = NAN,
                                          .fence_s = FAKE_NOW - 86400,
                                          .fence_source = FENCE_STARTED_EVENT,
                                          .tags_read = true};
    buffer_init(&fake.log, 4096);
    return fake;
}

const struct service_name *fake_cloud_many(struct arena *arena, struct fake_cloud *fake, size_t count)
{
    struct service_name *names = ARENA_ARRAY(arena, count, struct service_name);
    fake->many = ARENA_ARRAY(arena, count, struct cloud_service);
    fake->many_count = count;
    for (size_t i = 0; i < count; i++) {
        names[i] = (struct service_name){TEXT("c"), arena_format(arena, "s%zu", i), false};
        fake->many[i] = (struct cloud_service){fake->service, fake->value, NAN};
        fake->many[i].state.service = names[i].service;
    }
    return names;
}

struct run_result fake_cloud_run(struct arena *arena, struct fake_cloud *fake, const char *policy,
                                 const struct run_options *options)
{
    struct evaluator evaluator;
    struct run_result result;
    struct cloud cloud = fake_cloud_port(fake);
    struct clock clock = fake_cloud_clock(fake);
    struct service_name name = {TEXT("c"), TEXT("s"), false};
    evaluator_init(&evaluator, test_policy_text(arena, policy), arena);
    run_targets(arena, &evaluator, &cloud, &clock, options, &name, 1, &result);
    return result;
}
