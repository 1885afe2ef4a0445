#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_aws.h"

#define LONG_AGO_S (500.0 * 86400)

char *fake_copy(struct text text)
{
    char *copy = malloc(text.n + 1);
    if (!copy)
        abort();
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return copy;
}

char *fake_string(const cJSON *object, const char *name, const char *otherwise)
{
    const char *value = member_text(object, name, otherwise);
    return value ? fake_copy(text_of(value)) : NULL;
}

static size_t hash_of(struct text cluster, struct text name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < cluster.n; i++)
        hash = (hash ^ (unsigned char)cluster.p[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
    return (size_t)(hash % FAKE_HASH);
}

struct fake_service *world_find(struct fake_world *world, struct text cluster, struct text name)
{
    struct fake_service *service = world->by_hash[hash_of(cluster, name)];
    while (service && !(text_is(cluster, service->cluster) && text_is(name, service->name)))
        service = service->same_hash;
    return service && !service->removed ? service : NULL;
}

bool world_has_cluster(const struct fake_world *world, struct text cluster)
{
    const cJSON *named;
    cJSON_ArrayForEach(named, world->clusters)
    {
        if (cJSON_IsString(named) && text_is(cluster, named->valuestring))
            return true;
    }
    for (size_t i = 0; i < world->service_count; i++)
        if (text_is(cluster, world->services[i]->cluster))
            return true;
    return false;
}

struct fake_service *world_add(struct fake_world *world, const char *cluster, const char *name, double now_s)
{
    struct fake_service *service = calloc(1, sizeof *service);
    if (world->service_count == world->service_capacity) {
        world->service_capacity = world->service_capacity ? world->service_capacity * 2 : 64;
        world->services = realloc(world->services, world->service_capacity * sizeof(struct fake_service *));
    }
    if (!service || !world->services)
        abort();
    world->services[world->service_count++] = service;
    service->cluster = fake_copy(text_of(cluster));
    service->name = fake_copy(text_of(name));
    service->status = fake_copy(TEXT("ACTIVE"));
    service->strategy = fake_copy(TEXT("REPLICA"));
    service->created_s = now_s - 86400;
    service->due_s = INFINITY;
    service->deployments[0].created_s = now_s - 86400;
    service->deployment_count = 1;
    struct fake_service **bucket = &world->by_hash[hash_of(text_of(cluster), text_of(name))];
    service->same_hash = *bucket;
    *bucket = service;
    return service;
}

static void add_events(struct fake_service *service, const cJSON *events, double now_s)
{
    const cJSON *event;
    cJSON_ArrayForEach(event, events)
    {
        service_event(service, member_text(event, "message", ""), now_s - member_number(event, "ago_s", 0));
    }
}

static void add_tags(struct fake_service *service, const cJSON *tags)
{
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        service_tag(service, tag->string, cJSON_GetStringValue(tag));
    }
}

static void replace(char **text, const char *with)
{
    char *copy = fake_copy(text_of(with));
    free(*text);
    *text = copy;
}

bool world_add_service(struct fake_world *world, const cJSON *from, double now_s)
{
    const char *cluster = member_text(from, "cluster", NULL), *name = member_text(from, "service", NULL);
    if (!cluster || !name) {
        fprintf(stderr, "fake_aws: a service of the world needs cluster and service\n");
        return false;
    }
    struct fake_service *service = world_add(world, cluster, name, now_s);
    service->desired = (int64_t)member_number(from, "desired", 0);
    service->running = (int64_t)member_number(from, "running", (double)service->desired);
    service->created_s = now_s - member_number(from, "created_ago_s", 86400);
    service->deployments[0].created_s = now_s - member_number(from, "deployed_ago_s", now_s - service->created_s);
    service->deployments[0].under_way = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(from, "deploying"));
    replace(&service->status, member_text(from, "status", "ACTIVE"));
    replace(&service->strategy, member_text(from, "strategy", "REPLICA"));
    add_tags(service, cJSON_GetObjectItemCaseSensitive(from, "tags"));
    add_events(service, cJSON_GetObjectItemCaseSensitive(from, "events"), now_s);
    return true;
}

static void metric_dimensions(struct fake_metric *metric, const cJSON *dimensions)
{
    metric->dimensions = calloc((size_t)cJSON_GetArraySize(dimensions) + 1, sizeof *metric->dimensions);
    const cJSON *dimension;
    cJSON_ArrayForEach(dimension, dimensions)
    {
        const char *value = cJSON_GetStringValue(dimension);
        metric->dimensions[metric->dimension_count++] =
            (struct fake_tag){fake_copy(text_of(dimension->string)), fake_copy(text_of(value ? value : ""))};
    }
}

static void metric_points(struct fake_metric *metric, const cJSON *points, double now_s)
{
    metric->kind = VALUE_POINTS;
    metric->points = calloc((size_t)cJSON_GetArraySize(points) + 1, sizeof *metric->points);
    const cJSON *point;
    cJSON_ArrayForEach(point, points)
    {
        const cJSON *ago = cJSON_GetArrayItem(point, 0), *value = cJSON_GetArrayItem(point, 1);
        if (!cJSON_IsNumber(ago) || !cJSON_IsNumber(value))
            continue;
        metric->points[metric->point_count][0] = now_s - ago->valuedouble;
        metric->points[metric->point_count++][1] = value->valuedouble;
    }
}

void world_add_metric(struct fake_world *world, const cJSON *from, double now_s)
{
    struct fake_metric *metric = calloc(1, sizeof *metric);
    if (!metric)
        abort();
    metric->name_space = fake_string(from, "namespace", "");
    metric->name = fake_string(from, "metric", "");
    metric->status = fake_string(from, "status", "Complete");
    metric->every_s = member_number(from, "every_s", 60);
    metric->from_s = now_s - member_number(from, "from_ago_s", LONG_AGO_S);
    metric->until_s = now_s - member_number(from, "until_ago_s", -INFINITY);
    metric_dimensions(metric, cJSON_GetObjectItemCaseSensitive(from, "dimensions"));
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(from, "value");
    const cJSON *points = cJSON_GetObjectItemCaseSensitive(from, "points");
    if (points)
        metric_points(metric, points, now_s);
    else if (cJSON_IsString(value))
        metric->kind = VALUE_NOW;
    else if (cJSON_IsObject(value))
        metric->value = floor(now_s - member_number(value, "ago_s", 0));
    else
        metric->value = cJSON_IsNumber(value) ? value->valuedouble : 0;
    metric->next = world->metrics;
    world->metrics = metric;
}

static void own_key(struct fake_world *world, const cJSON *from)
{
    struct fake_key *key = &world->keys[0];
    snprintf(key->id, sizeof key->id, "%s", member_text(from, "access_key", "AKIDEXAMPLE"));
    snprintf(key->secret, sizeof key->secret, "%s",
             member_text(from, "secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
    snprintf(key->token, sizeof key->token, "%s", member_text(from, "token", ""));
    key->expires_s = INFINITY;
    world->key_count = 1;
}

static bool add_parts(struct fake_world *world, const cJSON *from, double now_s)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(from, "services"))
    {
        if (!world_add_service(world, item, now_s))
            return false;
    }
    // Each goes in front: from the last, so that the first comes first.
    const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(from, "metrics");
    for (int i = cJSON_GetArraySize(metrics) - 1; i >= 0; i--)
        world_add_metric(world, cJSON_GetArrayItem(metrics, i), now_s);
    return true;
}

struct fake_world *world_read(const cJSON *from, double now_s)
{
    struct fake_world *world = calloc(1, sizeof *world);
    if (!world)
        abort();
    world->account = fake_string(from, "account", "123456789012");
    world->region = fake_string(from, "region", "eu-west-1");
    world->container_token = fake_string(from, "container_token", "");
    world->skew_error = fake_string(from, "skew_error", "RequestTimeTooSkewed");
    world->start_delay_s = member_number(from, "start_delay_s", 0);
    world->stop_delay_s = member_number(from, "stop_delay_s", 0);
    world->lag_s = member_number(from, "lag_s", 0);
    world->life_s = member_number(from, "life_s", 3600);
    world->page_points = (int64_t)member_number(from, "page_points", 100800);
    world->page_results = (int64_t)member_number(from, "page_results", 500);
    world->deny = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(from, "deny"), true);
    world->clusters = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(from, "clusters"), true);
    own_key(world, from);
    if (!add_parts(world, from, now_s)) {
        world_free(world);
        return NULL;
    }
    return world;
}

static void metric_free(struct fake_metric *metric)
{
    for (size_t i = 0; i < metric->dimension_count; i++) {
        free(metric->dimensions[i].key);
        free(metric->dimensions[i].value);
    }
    free(metric->dimensions);
    free(metric->points);
    free(metric->name_space);
    free(metric->name);
    free(metric->status);
    free(metric);
}

void world_free(struct fake_world *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < world->service_count; i++)
        service_free(world->services[i]);
    free(world->services);
    while (world->metrics) {
        struct fake_metric *next = world->metrics->next;
        metric_free(world->metrics);
        world->metrics = next;
    }
    cJSON_Delete(world->deny);
    cJSON_Delete(world->clusters);
    free(world->account);
    free(world->region);
    free(world->container_token);
    free(world->skew_error);
    free(world);
}

static const char fleet_metrics[] =
    "[{\"namespace\":\"Fluidity\",\"metric\":\"ActiveConnections\",\"dimensions\":{\"Service\":\"idle-*\"},\"value\":0},"
    "{\"namespace\":\"Fluidity\",\"metric\":\"ActiveConnections\",\"dimensions\":{\"Service\":\"busy-*\"},\"value\":3},"
    "{\"namespace\":\"Fluidity\",\"metric\":\"LastActivityEpochSeconds\",\"dimensions\":{\"Service\":\"idle-*\"},"
    "\"value\":{\"ago_s\":36000}},"
    "{\"namespace\":\"Fluidity\",\"metric\":\"LastActivityEpochSeconds\",\"dimensions\":{\"Service\":\"busy-*\"},"
    "\"value\":\"now\"}]";

void world_generate(struct fake_world *world, int64_t count, int64_t idle, double now_s)
{
    for (int64_t i = 0; i < count; i++) {
        char name[40];
        bool sleeps = i < idle;
        snprintf(name, sizeof name, "%s-%05lld", sleeps ? "idle" : "busy", (long long)(sleeps ? i : i - idle) + 1);
        struct fake_service *service = world_add(world, "fleet", name, now_s);
        service->desired = service->running = 1;
    }
    cJSON *metrics = cJSON_Parse(fleet_metrics);
    const cJSON *metric;
    cJSON_ArrayForEach(metric, metrics)
    {
        world_add_metric(world, metric, now_s);
    }
    cJSON_Delete(metrics);
}
