// What happens to a service of the fake, and how a test moves it.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_aws.h"

void service_event(struct fake_service *service, const char *message, double now_s)
{
    if (service->event_count == FAKE_EVENTS)
        free(service->events[--service->event_count].message);
    memmove(&service->events[1], &service->events[0], service->event_count * sizeof service->events[0]);
    service->events[0] = (struct fake_event){now_s, fake_copy(text_of(message))};
    service->event_count++;
}

static void remove_tag(struct fake_service *service, size_t i)
{
    free(service->tags[i].key);
    free(service->tags[i].value);
    service->tags[i] = service->tags[--service->tag_count];
}

void service_tag(struct fake_service *service, const char *key, const char *value)
{
    for (size_t i = 0; i < service->tag_count; i++) {
        if (strcmp(service->tags[i].key, key) == 0) {
            remove_tag(service, i);
            break;
        }
    }
    if (!value)
        return;
    service->tags = realloc(service->tags, (service->tag_count + 1) * sizeof *service->tags);
    if (!service->tags)
        abort();
    service->tags[service->tag_count++] = (struct fake_tag){fake_copy(text_of(key)), fake_copy(text_of(value))};
}

// Tasks started or stopped: the events say so.
static void tell_of_tasks(struct fake_service *service, int64_t before, double at_s)
{
    char message[256];
    bool started = service->running > before;
    long long tasks = (long long)(started ? service->running - before : before - service->running);
    snprintf(message, sizeof message, "(service %s) has %s %lld %stasks: (task 0123456789abcdef0123456789abcdef).",
             service->name, started ? "started" : "stopped", tasks, started ? "" : "running ");
    service_event(service, message, at_s);
    snprintf(message, sizeof message, "(service %s) has reached a steady state.", service->name);
    service_event(service, message, at_s);
}

void service_settle(struct fake_service *service, double now_s)
{
    if (service->due_s > now_s)
        return;
    int64_t before = service->running;
    service->running = service->desired;
    if (service->running != before)
        tell_of_tasks(service, before, service->due_s);
    service->due_s = INFINITY;
}

void service_scale(struct fake_world *world, struct fake_service *service, int64_t desired, double now_s)
{
    service_settle(service, now_s);
    if (desired == service->desired)
        return;
    service->desired = desired;
    bool starts = desired > service->running;
    service->due_s = now_s + (starts ? world->start_delay_s : world->stop_delay_s);
}

void service_deploy(struct fake_service *service, double now_s)
{
    if (service->deployment_count < FAKE_DEPLOYMENTS)
        service->deployment_count++;
    memmove(&service->deployments[1], &service->deployments[0],
            (service->deployment_count - 1) * sizeof service->deployments[0]);
    service->deployments[0] = (struct fake_deployment){now_s, true};
}

void service_free(struct fake_service *service)
{
    while (service->tag_count)
        remove_tag(service, 0);
    while (service->event_count)
        free(service->events[--service->event_count].message);
    free(service->tags);
    free(service->cluster);
    free(service->name);
    free(service->status);
    free(service->strategy);
    free(service);
}

static void change_text(char **text, const cJSON *change, const char *name)
{
    char *with = fake_string(change, name, NULL);
    if (!with)
        return;
    free(*text);
    *text = with;
}

static bool flag(const cJSON *change, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(change, name));
}

static void change_counts(struct fake_world *world, struct fake_service *service, const cJSON *change, double now_s)
{
    double desired = member_number(change, "desired", NAN), running = member_number(change, "running", NAN);
    if (!isnan(desired))
        service_scale(world, service, (int64_t)desired, now_s);
    if (isnan(running))
        return;
    service->running = (int64_t)running;
    service->due_s = INFINITY;
}

static void change_service(struct fake_world *world, struct fake_service *service, const cJSON *change, double now_s)
{
    const cJSON *tag;
    change_counts(world, service, change, now_s);
    change_text(&service->status, change, "status");
    change_text(&service->strategy, change, "strategy");
    cJSON_ArrayForEach(tag, cJSON_GetObjectItemCaseSensitive(change, "tags"))
    {
        service_tag(service, tag->string, cJSON_GetStringValue(tag));
    }
    if (flag(change, "woken")) {
        struct buffer stamp;
        buffer_init(&stamp, 64);
        buffer_printf(&stamp, "%.3f", now_s);
        service_tag(service, "drowse-wake", stamp.p);
        buffer_release(&stamp);
    }
    if (member_text(change, "event", NULL))
        service_event(service, member_text(change, "event", ""), now_s);
    if (flag(change, "deploy"))
        service_deploy(service, now_s);
    if (flag(change, "deployed")) {
        service->deployment_count = 1;
        service->deployments[0].under_way = false;
    }
    service->removed = flag(change, "remove");
}

void world_change(struct fake_world *world, const cJSON *change, double now_s)
{
    const cJSON *metric = cJSON_GetObjectItemCaseSensitive(change, "metric"), *item;
    if (cJSON_IsArray(change)) {
        cJSON_ArrayForEach(item, change)
        {
            world_change(world, item, now_s);
        }
        return;
    }
    if (metric)
        world_add_metric(world, metric, now_s);
    struct text name = text_of(member_text(change, "service", "")), cluster = name;
    if (!text_find(name, '/', &cluster.n))
        return;
    struct fake_service *service = world_find(world, cluster, text_from(name, cluster.n + 1));
    if (service)
        change_service(world, service, change, now_s);
    else
        fprintf(stderr, "fake_aws: no such service to change: %.*s\n", TEXT_ARG(name));
}
