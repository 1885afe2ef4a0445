// Edits of one service's object, as ECS would make them.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/sim/state_parts.h"

#define EVENTS_KEPT 100  // as many as ECS shows
#define TASKS_NAMED 10   // of one start; the message counts them all
#define STAMP_BYTES 64
#define EVENT_BYTES 1024

// Puts the member in the place of the one that is there, or at the end. Takes the value over.
static void set_member(cJSON *object, const char *name, cJSON *value)
{
    if (cJSON_GetObjectItemCaseSensitive(object, name))
        cJSON_ReplaceItemInObjectCaseSensitive(object, name, value);
    else
        cJSON_AddItemToObject(object, name, value);
}

static void set_count(cJSON *object, const char *name, int64_t count)
{
    set_member(object, name, cJSON_CreateNumber((double)count));
}

static int64_t get_count(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

// In the style that the member has: epoch seconds where it is a number, else ISO 8601.
static void set_instant(cJSON *object, const char *name, double at_s)
{
    if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(object, name))) {
        set_member(object, name, cJSON_CreateNumber(at_s));
        return;
    }
    struct buffer stamp;
    buffer_init(&stamp, STAMP_BYTES);
    format_instant(&stamp, at_s);
    set_member(object, name, cJSON_CreateString(stamp.p));
    buffer_release(&stamp);
}

static cJSON *primary_deployment(const cJSON *service)
{
    cJSON *deployment;
    cJSON_ArrayForEach(deployment, cJSON_GetObjectItemCaseSensitive(service, "deployments"))
    {
        const char *status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(deployment, "status"));
        if (text_is(text_of(status), "PRIMARY"))
            return deployment;
    }
    return NULL;
}

// The counts of the service and, where it has one, of its primary deployment.
static void set_counts(cJSON *service, int64_t desired, int64_t running)
{
    int64_t pending = desired > running ? desired - running : 0;
    cJSON *both[] = {service, primary_deployment(service)};
    for (size_t i = 0; i < 2; i++) {
        if (!both[i])
            continue;
        set_count(both[i], "desiredCount", desired);
        set_count(both[i], "runningCount", running);
        set_count(both[i], "pendingCount", pending);
    }
}

void service_scale(cJSON *service, int64_t desired, double now_s)
{
    int64_t former = get_count(service, "desiredCount");
    int64_t running = get_count(service, "runningCount");
    set_counts(service, desired, running < desired ? running : desired);
    cJSON *primary = primary_deployment(service);
    if (primary)
        set_instant(primary, "updatedAt", now_s);
    if (desired <= running)
        cJSON_DeleteItemFromObjectCaseSensitive(service, CHANGED_AT);
    else if (desired > former)
        set_instant(service, CHANGED_AT, now_s);
}

static cJSON *find_tag(const cJSON *tags, struct text key)
{
    cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tag, "key"));
        if (text_eq(text_of(name), key))
            return tag;
    }
    return NULL;
}

// cJSON wants NUL-terminated text.
static cJSON *text_node(struct text text)
{
    struct buffer copy;
    buffer_init(&copy, LIMIT_TAG_VALUE_BYTES);
    buffer_add(&copy, text);
    cJSON *node = cJSON_CreateString(copy.n ? copy.p : "");
    buffer_release(&copy);
    return node;
}

void service_tag(cJSON *service, const struct tag *tags, size_t count)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(service, "tags");
    if (count && !cJSON_IsArray(list)) {
        set_member(service, "tags", cJSON_CreateArray());
        list = cJSON_GetObjectItemCaseSensitive(service, "tags");
    }
    for (size_t i = 0; i < count; i++) {
        cJSON *tag = find_tag(list, tags[i].key);
        if (!tag) {
            tag = cJSON_CreateObject();
            cJSON_AddItemToObject(tag, "key", text_node(tags[i].key));
            cJSON_AddItemToArray(list, tag);
        }
        set_member(tag, "value", text_node(tags[i].value));
    }
}

// 32 hexadecimal digits, the same whenever the same story is told again.
static uint64_t task_number(struct text name, double at_s, int64_t task)
{
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 1099511628211ULL;
    hash = (hash ^ (uint64_t)at_s) * 1099511628211ULL;
    return (hash ^ (uint64_t)task) * 1099511628211ULL;
}

// "(service NAME) has started 1 tasks: (task ID)."
static void started_message(struct buffer *message, struct text name, double at_s, int64_t tasks)
{
    buffer_printf(message, "(service %.*s) has started %lld tasks:", TEXT_ARG(name), (long long)tasks);
    for (int64_t i = 0; i < tasks && i < TASKS_NAMED; i++) {
        unsigned long long number = task_number(name, at_s, i);
        buffer_printf(message, " (task %016llx%016llx)", number, number * 6364136223846793005ULL);
    }
    buffer_add_char(message, '.');
}

static void add_event(cJSON *service, struct text name, double at_s, int64_t tasks)
{
    cJSON *events = cJSON_GetObjectItemCaseSensitive(service, "events");
    if (!cJSON_IsArray(events)) {
        set_member(service, "events", cJSON_CreateArray());
        events = cJSON_GetObjectItemCaseSensitive(service, "events");
    }
    struct buffer message;
    buffer_init(&message, EVENT_BYTES);
    started_message(&message, name, at_s, tasks);
    cJSON *event = cJSON_CreateObject();
    set_instant(event, "createdAt", at_s);
    cJSON_AddItemToObject(event, "message", cJSON_CreateString(message.p));
    buffer_release(&message);
    cJSON_InsertItemInArray(events, 0, event);
    if (cJSON_GetArraySize(events) > EVENTS_KEPT)
        cJSON_DeleteItemFromArray(events, EVENTS_KEPT);
}

static bool read_instant(const cJSON *item, double *at_s)
{
    bool zoned;
    if (cJSON_IsNumber(item)) {
        *at_s = item->valuedouble;
        return true;
    }
    return cJSON_IsString(item) && parse_timestamp(text_of(item->valuestring), at_s, &zoned);
}

bool service_settle(cJSON *service, struct text name, double now_s, double cold_start_s, bool *wrong)
{
    const cJSON *changed = cJSON_GetObjectItemCaseSensitive(service, CHANGED_AT);
    double changed_s;
    *wrong = changed && !read_instant(changed, &changed_s);
    if (!changed || *wrong || now_s < changed_s + cold_start_s)
        return false;
    int64_t desired = get_count(service, "desiredCount");
    int64_t tasks = desired - get_count(service, "runningCount");
    cJSON_DeleteItemFromObjectCaseSensitive(service, CHANGED_AT);
    if (tasks <= 0)
        return true;
    set_counts(service, desired, desired);
    add_event(service, name, changed_s + cold_start_s, tasks);
    return true;
}
