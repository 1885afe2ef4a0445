#include "tests/support/handler_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/support/load.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

void world_begin(struct handler_world *world, size_t services)
{
    memset(&world->arena, 0, sizeof world->arena);
    world->handler = NULL;
    fleet_init(&world->fleet, services);
}

void world_end(struct handler_world *world)
{
    handler_free(world->handler);
    fleet_release(&world->fleet);
    arena_release(&world->arena);
}

void world_handler(struct handler_world *world, const char *policy, enum behaviour behaviour, char *const *variables)
{
    struct buffer error;
    const struct variables environment = {variables};
    buffer_init(&error, 1024);
    const struct handler_ports ports = fleet_ports(&world->fleet);
    world->handler = handler_new(test_policy_text(&world->arena, policy), behaviour, &ports, &environment, &error);
    if (!world->handler)
        fail_msg("no handler: %s", error.p);
    buffer_release(&error);
}

// ---- the log ----------------------------------------------------------------------------------------------

// The embedded metric format's own rules, for the line that each invocation ends with.
static void expect_metric(const cJSON *line, const cJSON *definition)
{
    static const char *const units[] = {"Count", "Seconds", "Milliseconds"};
    const cJSON *value = json_item(line, json_item_text(definition, "Name"));
    size_t known = 0;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        known += strcmp(json_item_text(definition, "Unit"), units[i]) == 0;
    assert_int_equal(known, 1);
    if (cJSON_IsNumber(value))
        return;
    assert_true(cJSON_IsArray(value));
    assert_in_range(cJSON_GetArraySize(value), 1, 100);
    for (const cJSON *item = value->child; item; item = item->next)
        assert_true(cJSON_IsNumber(item));
}

static void expect_metrics_line(const cJSON *line)
{
    const cJSON *aws = json_item(line, "_aws");
    assert_true(json_item_number(aws, "Timestamp") == FLEET_NOW * 1000);
    const cJSON *directives = json_item(aws, "CloudWatchMetrics");
    assert_int_equal(cJSON_GetArraySize(directives), 1);
    const cJSON *directive = directives->child;
    assert_string_equal(json_item_text(directive, "Namespace"), "Drowse");
    const cJSON *dimensions = json_item(directive, "Dimensions");
    assert_int_equal(cJSON_GetArraySize(dimensions), 1);
    assert_int_equal(cJSON_GetArraySize(dimensions->child), 2);
    for (const cJSON *name = dimensions->child->child; name; name = name->next)
        assert_true(json_item_text(line, name->valuestring)[0] != '\0');
    const cJSON *metrics = json_item(directive, "Metrics");
    assert_in_range(cJSON_GetArraySize(metrics), 1, 100);
    for (const cJSON *definition = metrics->child; definition; definition = definition->next)
        expect_metric(line, definition);
}

// Every line is an object, and the last one is the metrics', which the caller owns.
cJSON *world_metrics(const struct handler_world *world)
{
    struct text lines = buffer_text(&world->fleet.log), last = {"", 0};
    for (struct text line = text_take(&lines, '\n'); line.n; line = text_take(&lines, '\n')) {
        cJSON *json JSON_OWNED = json_parsed(line);
        assert_true(cJSON_IsObject(json));
        last = line;
    }
    cJSON *metrics = json_parsed(last);
    expect_metrics_line(metrics);
    return metrics;
}

size_t world_lines(const struct handler_world *world, const char *part)
{
    struct text lines = buffer_text(&world->fleet.log);
    size_t count = 0;
    for (struct text line = text_take(&lines, '\n'); line.n; line = text_take(&lines, '\n'))
        count += strstr(arena_text((struct arena *)&world->arena, line).p, part) != NULL;
    return count;
}

// ---- events -----------------------------------------------------------------------------------------------

void world_send(struct handler_world *world, const char *event, double deadline_s, const char *trace)
{
    const struct invocation invocation = {
        .event = text_of(event),
        .request_id = TEXT("lambda-1"),
        .function_arn = TEXT("arn:aws:lambda:eu-west-1:123456789012:function:drowse-sleep"),
        .trace_header = text_of(trace),
        .deadline_s = deadline_s,
    };
    buffer_clear(&world->fleet.calls);
    buffer_clear(&world->fleet.log);
    handler_invoke(world->handler, &world->arena, &invocation, &world->reply);
    cJSON *metrics JSON_OWNED = world_metrics(world);
    assert_non_null(metrics);
    assert_null(world->fleet.context.called);  // nobody watches once the event is answered
}

const char *world_reply(struct handler_world *world)
{
    return arena_text(&world->arena, world->reply.body).p;
}

void world_expect_reply(struct handler_world *world, int status, const char *part)
{
    if (world->reply.status != status || !strstr(world_reply(world), part))
        fail_msg("got %d %s\nwanted %d with %s", world->reply.status, world_reply(world), status, part);
}

void world_expect_calls(const struct handler_world *world, const char *calls)
{
    const char *got = world->fleet.calls.p && world->fleet.calls.n ? world->fleet.calls.p : "";
    if (strcmp(got, calls) != 0)
        fail_msg("calls were %s\nwanted     %s", got, calls);
}
