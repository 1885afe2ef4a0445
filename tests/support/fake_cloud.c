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

static bool called(struct fake_cloud *fake, enum call call, enum port_status *status, struct buffer *error)
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
    struct fake_cloud *fake = context;
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
    struct fake_cloud *fake = context;
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
    struct fake_cloud *fake = context;
    enum port_status status;
    buffer_add(&fake->log, TEXT("metrics"));
    for (size_t i = 0; i < count; i++)
        buffer_printf(&fake->log, " %.*s:%lld..%lld", TEXT_ARG(requests[i].metric->name),
                      (long long)(requests[i].start_s - (int64_t)FAKE_NOW),
                      (long long)(requests[i].end_s - (int64_t)FAKE_NOW));
    buffer_add(&fake->log, TEXT(", "));
    if (!called(fake, CALL_METRICS, &status, error))
        return status;
    for (size_t i = 0; i < count; i++) {
        const struct series *series = constant_series(arena, &requests[i], fake->value);
        views[i] = (struct metric_view){.series = series, .end = series->count, .status = METRIC_COMPLETE};
    }
    return status;
}

static enum port_status fake_set_desired(void *context, const struct service_name *name, int64_t desired,
                                         struct buffer *error)
{
    struct fake_cloud *fake = context;
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
    struct fake_cloud *fake = context;
    enum port_status status;
    double at_s = NAN;
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
    return ((struct fake_cloud *)context)->clock_s;
}

struct cloud fake_cloud_port(struct fake_cloud *fake)
{
    return (struct cloud){fake, fake_list, fake_describe, fake_metrics, fake_set_desired, fake_set_tags};
}

struct clock fake_cloud_clock(struct fake_cloud *fake)
{
    return (struct clock){fake, fake_now};
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

struct run_result fake_cloud_run(struct arena *arena, struct fake_cloud *fake, const char *policy,
                                 const struct run_options *options)
{
    struct evaluator evaluator;
    struct run_result result;
    struct cloud cloud = fake_cloud_port(fake);
    struct clock clock = fake_cloud_clock(fake);
    struct service_name name = {TEXT("c"), TEXT("s")};
    evaluator_init(&evaluator, test_policy_text(arena, policy), arena);
    run_decide(arena, &evaluator, &cloud, &clock, options, &name, &result);
    run_apply(arena, &cloud, &clock, options, &result);
    return result;
}
