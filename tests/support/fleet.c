#include "tests/support/fleet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/core/series.h"

static struct fleet_service *find(struct fleet *fleet, struct text name)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (text_is(name, fleet->services[i].name))
            return &fleet->services[i];
    return NULL;
}

// With what a caller must never be told.
static struct port_result result_of(struct arena *arena, const char *operation, enum port_status status)
{
    if (status == PORT_OK)
        return (struct port_result){PORT_OK, {"", 0}};
    return (struct port_result){status,
                                arena_format(arena,
                                             "%s failed with %d for arn:aws:sts::123456789012:assumed-role/secret-role "
                                             "(request id aws-request-1)",
                                             operation, (int)status)};
}

static void report(struct fleet *fleet, const char *service, const char *operation, bool fine)
{
    fleet->reports++;
    const struct call_report call = {.service = service,
                                     .operation = operation,
                                     .region = TEXT("eu-west-1"),
                                     .request_id = TEXT("aws-request-1"),
                                     .start_s = fleet->clock_s,
                                     .end_s = fleet->clock_s + 0.01,
                                     .attempt = 1,
                                     .http_code = fine ? 200 : 400,
                                     .error = fine ? TEXT("") : TEXT("refused")};
    if (fleet->context.called)
        fleet->context.called(fleet->context.watcher, &call);
}

static void fleet_begin(void *context, const struct call_context *call_context)
{
    struct fleet *fleet = context;
    fleet->context = *call_context;
    fleet->begun++;
    if (!call_context->called)
        return;
    fleet->deadline_s = call_context->deadline_s;
    fleet->trace_bytes = call_context->trace_header.n;
}

static struct port_result fleet_list(void *context, struct arena *arena, const struct target *target,
                                     struct service_name **names, size_t *count)
{
    struct fleet *fleet = context;
    buffer_printf(&fleet->calls, "list %.*s/%.*s, ", TEXT_ARG(target->cluster), TEXT_ARG(target->service));
    report(fleet, "ecs", "ListServices", fleet->listing == PORT_OK);
    if (fleet->listing != PORT_OK)
        return result_of(arena, "ListServices", fleet->listing);
    *names = ARENA_ARRAY(arena, fleet->count, struct service_name);
    *count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        if (text_glob(text_of(fleet->services[i].name), target->service))
            (*names)[(*count)++] = (struct service_name){TEXT("c"), text_of(fleet->services[i].name), true};
    return result_of(arena, "", PORT_OK);
}

static void fleet_describe(void *context, struct arena *arena, const struct service_name *names, size_t count,
                           struct described *answers)
{
    struct fleet *fleet = context;
    buffer_printf(&fleet->calls, "describe %zu, ", count);
    report(fleet, "ecs", "DescribeServices", true);
    for (size_t i = 0; i < count; i++) {
        const struct fleet_service *service = find(fleet, names[i].service);
        answers[i].result = result_of(arena, "DescribeServices", service ? service->describing : PORT_NOT_FOUND);
        if (service)
            answers[i].state = service->state;
    }
}

static struct metric_view constant_view(struct arena *arena, const struct metric_request *request, double value)
{
    size_t most = (size_t)((request->end_s - request->start_s) / request->metric->period_s) + 1, count = 0;
    int64_t *at_s = ARENA_ARRAY(arena, most, int64_t);
    double *values = ARENA_ARRAY(arena, most, double);
    for (int64_t at = request->start_s; at < request->end_s; at += request->metric->period_s) {
        at_s[count] = at;
        values[count++] = value;
    }
    struct series *series = ARENA_NEW(arena, struct series);
    *series = series_build(arena, at_s, values, count);
    return (struct metric_view){.series = series, .end = count, .from_s = request->start_s, .status = METRIC_COMPLETE};
}

static void fleet_metrics(void *context, struct arena *arena, const struct metric_request *requests, size_t count,
                          struct metric_answer *answers)
{
    struct fleet *fleet = context;
    buffer_printf(&fleet->calls, "metrics %zu, ", count);
    report(fleet, "monitoring", "GetMetricData", true);
    for (size_t i = 0; i < count; i++) {
        const struct fleet_service *service = find(fleet, requests[i].service->service);
        answers[i].result = result_of(arena, "GetMetricData", service->measuring);
        answers[i].view = (struct metric_view){.status = METRIC_FAILED};
        if (service->measuring == PORT_OK)
            answers[i].view = constant_view(arena, &requests[i], service->value);
    }
}

static void fleet_set_desired(void *context, struct arena *arena, const struct desired_change *changes, size_t count,
                              struct port_result *results)
{
    struct fleet *fleet = context;
    for (size_t i = 0; i < count; i++) {
        struct fleet_service *service = find(fleet, changes[i].name.service);
        enum port_status status = service ? service->changing : PORT_NOT_FOUND;
        buffer_printf(&fleet->calls, "scale %.*s=%lld, ", TEXT_ARG(changes[i].name.service),
                      (long long)changes[i].desired);
        report(fleet, "ecs", "UpdateService", status == PORT_OK);
        results[i] = result_of(arena, "UpdateService", status);
        if (service && status == PORT_OK)
            service->state.desired = changes[i].desired;
    }
}

static void fleet_set_tags(void *context, struct arena *arena, const struct tag_change *changes, size_t count,
                           struct port_result *results)
{
    struct fleet *fleet = context;
    for (size_t i = 0; i < count; i++) {
        buffer_printf(&fleet->calls, "tag %.*s, ", TEXT_ARG(changes[i].service->service));
        results[i] = result_of(arena, "TagResource", PORT_OK);
    }
}

static double fleet_now(void *context)
{
    return ((struct fleet *)context)->clock_s;
}

static void fleet_log(void *context, struct text line)
{
    struct fleet *fleet = context;
    buffer_add(&fleet->log, line);
    buffer_add_char(&fleet->log, '\n');
}

static void fleet_trace(void *context, struct text segment)
{
    struct fleet *fleet = context;
    buffer_add(&fleet->segments, segment);
    buffer_add_char(&fleet->segments, '\n');
}

struct handler_ports fleet_ports(struct fleet *fleet)
{
    return (struct handler_ports){
        .cloud = {.context = fleet,
                  .begin = fleet_begin,
                  .list = fleet_list,
                  .describe = fleet_describe,
                  .metrics = fleet_metrics,
                  .set_desired = fleet_set_desired,
                  .set_tags = fleet_set_tags},
        .clock = {.context = fleet, .now_s = fleet_now},
        .log = {fleet, fleet_log},
        .trace = fleet_trace,
        .trace_context = fleet,
    };
}

void fleet_init(struct fleet *fleet, size_t count)
{
    memset(fleet, 0, sizeof *fleet);
    fleet->count = count;
    fleet->clock_s = FLEET_NOW;
    buffer_init(&fleet->calls, 1 << 16);
    buffer_init(&fleet->log, 1 << 22);
    buffer_init(&fleet->segments, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        struct fleet_service *service = &fleet->services[i];
        snprintf(service->name, sizeof service->name, "s%u", (unsigned)(i % FLEET_MOST));
        service->state = (struct service_state){.cluster = TEXT("c"),
                                                .service = text_of(service->name),
                                                .arn = TEXT("arn:aws:ecs:eu-west-1:123456789012:service/c/s"),
                                                .status = TEXT("ACTIVE"),
                                                .scheduling_strategy = TEXT("REPLICA"),
                                                .desired = 1,
                                                .running = 1,
                                                .deployed_at_s = FLEET_NOW - 90000,
                                                .woken_at_s = NAN,
                                                .fence_s = FLEET_NOW - 86400,
                                                .fence_source = FENCE_STARTED_EVENT,
                                                .tags_read = true};
    }
}

void fleet_rename(struct fleet_service *fleet_service, const char *cluster, const char *service)
{
    snprintf(fleet_service->name, sizeof fleet_service->name, "%s", service);
    fleet_service->state.cluster = text_of(cluster);
    fleet_service->state.service = text_of(fleet_service->name);
}

void fleet_release(struct fleet *fleet)
{
    buffer_release(&fleet->calls);
    buffer_release(&fleet->log);
    buffer_release(&fleet->segments);
}
