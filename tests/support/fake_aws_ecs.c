// ECS as drowse calls it (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/json_write.h"
#include "engine/report/json_parts.h"
#include "tests/support/fake_aws.h"

#define DESCRIBE_SERVICES 10
#define TAG_KEY_BYTES 128
#define TAG_VALUE_BYTES 256
#define TAGS 50
#define CLIENT_ERROR 400

// What stands behind the last '/' of an ARN or a plain name.
static struct text name_of(const char *arn)
{
    const char *slash = arn ? strrchr(arn, '/') : NULL;
    return text_of(slash ? slash + 1 : arn);
}

static struct text cluster_of(const struct fake_call *call)
{
    const char *cluster = member_text(call->body, "cluster", NULL);
    return cluster ? name_of(cluster) : TEXT("default");
}

static bool known_cluster(const struct fake *fake, struct fake_call *call, struct text cluster)
{
    if (world_has_cluster(fake->world, cluster))
        return true;
    fake_error(call, CLIENT_ERROR, "ClusterNotFoundException", "Cluster not found.");
    return false;
}

static void write_arn(struct json_writer *out, const struct fake_world *world, const char *kind, struct text rest)
{
    struct buffer arn;
    buffer_init(&arn, 2048);
    buffer_printf(&arn, "arn:aws:ecs:%s:%s:%s/%.*s", world->region, world->account, kind, TEXT_ARG(rest));
    json_text(out, buffer_text(&arn));
    buffer_release(&arn);
}

static void write_service_arn(struct json_writer *out, const struct fake_world *world, const char *cluster,
                              struct text name)
{
    struct buffer rest;
    buffer_init(&rest, 1024);
    buffer_printf(&rest, "%s/%.*s", cluster, TEXT_ARG(name));
    write_arn(out, world, "service", buffer_text(&rest));
    buffer_release(&rest);
}

static double milliseconds(double at_s)
{
    return floor(at_s * 1000) / 1000;
}

static void write_deployment(struct json_writer *out, const struct fake_service *service, size_t i)
{
    const struct fake_deployment *deployment = &service->deployments[i];
    int64_t tasks = i == 0 ? service->running : 0;
    json_open_object(out);
    json_member_string(out, "id", i == 0 ? "ecs-svc/1000000000000000001" : "ecs-svc/1000000000000000000");
    json_member_string(out, "status", i == 0 ? "PRIMARY" : "ACTIVE");
    json_member_string(out, "taskDefinition", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7");
    json_member_number(out, "desiredCount", (double)(i == 0 ? service->desired : 0));
    json_member_number(out, "pendingCount", 0);
    json_member_number(out, "runningCount", (double)tasks);
    json_member_number(out, "failedTasks", 0);
    json_member_number(out, "createdAt", milliseconds(deployment->created_s));
    json_member_number(out, "updatedAt", milliseconds(deployment->created_s));
    json_member_string(out, "launchType", "FARGATE");
    json_member_string(out, "rolloutState", deployment->under_way ? "IN_PROGRESS" : "COMPLETED");
    json_member_string(out, "rolloutStateReason", "ECS deployment ecs-svc/1000000000000000001.");
    json_close_object(out);
}

static void write_deployments(struct json_writer *out, const struct fake_service *service)
{
    json_key(out, "deployments");
    json_open_array(out);
    for (size_t i = 0; i < service->deployment_count; i++)
        write_deployment(out, service, i);
    json_close_array(out);
}

static void write_events(struct json_writer *out, const struct fake_service *service)
{
    json_key(out, "events");
    json_open_array(out);
    for (size_t i = 0; i < service->event_count; i++) {
        json_open_object(out);
        json_member_string(out, "id", "00000000-0000-4000-8000-000000000001");
        json_member_number(out, "createdAt", milliseconds(service->events[i].at_s));
        json_member_string(out, "message", service->events[i].message);
        json_close_object(out);
    }
    json_close_array(out);
}

static void write_tags(struct json_writer *out, const struct fake_service *service)
{
    json_key(out, "tags");
    json_open_array(out);
    for (size_t i = 0; i < service->tag_count; i++) {
        json_open_object(out);
        json_member_string(out, "key", service->tags[i].key);
        json_member_string(out, "value", service->tags[i].value);
        json_close_object(out);
    }
    json_close_array(out);
}

static void write_service(struct json_writer *out, const struct fake_world *world, const struct fake_service *service,
                          bool with_tags)
{
    bool starts = service->desired > service->running;
    json_open_object(out);
    json_key(out, "serviceArn");
    write_service_arn(out, world, service->cluster, text_of(service->name));
    json_member_string(out, "serviceName", service->name);
    json_key(out, "clusterArn");
    write_arn(out, world, "cluster", text_of(service->cluster));
    json_member_string(out, "status", service->status);
    json_member_number(out, "desiredCount", (double)service->desired);
    json_member_number(out, "runningCount", (double)service->running);
    json_member_number(out, "pendingCount", (double)(starts ? service->desired - service->running : 0));
    json_member_string(out, "launchType", "FARGATE");
    json_member_string(out, "platformVersion", "LATEST");
    json_member_string(out, "taskDefinition", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7");
    json_key(out, "deploymentConfiguration");
    json_raw(out, TEXT("{\"deploymentCircuitBreaker\":{\"enable\":false,\"rollback\":false},"
                       "\"maximumPercent\":200,\"minimumHealthyPercent\":100,\"strategy\":\"ROLLING\"}"));
    write_deployments(out, service);
    write_events(out, service);
    json_member_number(out, "createdAt", milliseconds(service->created_s));
    json_key(out, "placementConstraints");
    json_raw(out, TEXT("[]"));
    json_member_string(out, "schedulingStrategy", service->strategy);
    json_key(out, "deploymentController");
    json_raw(out, TEXT("{\"type\":\"ECS\"}"));
    if (with_tags)
        write_tags(out, service);
    json_close_object(out);
}

static void write_failure(struct json_writer *out, const struct fake_world *world, struct text cluster,
                          struct text name)
{
    char *owned = fake_copy(cluster);
    json_open_object(out);
    json_key(out, "arn");
    write_service_arn(out, world, owned, name);
    json_member_string(out, "reason", "MISSING");
    json_close_object(out);
    free(owned);
}

static bool wants_tags(const struct fake_call *call, bool *known)
{
    const cJSON *item;
    bool wanted = false;
    *known = true;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(call->body, "include"))
    {
        bool tags = cJSON_IsString(item) && strcmp(item->valuestring, "TAGS") == 0;
        wanted |= tags;
        *known &= tags;
    }
    return wanted;
}

static void write_described(struct fake *fake, const struct fake_call *call, const cJSON *names, bool with_tags)
{
    struct json_writer out;
    struct text cluster = cluster_of(call);
    double now_s = fake_now_s(fake);
    json_begin(&out, &call->reply->body, 0);
    json_open_object(&out);
    for (int missing = 0; missing < 2; missing++) {
        const cJSON *name;
        json_key(&out, missing ? "failures" : "services");
        json_open_array(&out);
        cJSON_ArrayForEach(name, names)
        {
            struct text plain = name_of(cJSON_GetStringValue(name));
            struct fake_service *service = world_find(fake->world, cluster, plain);
            if (missing && !service)
                write_failure(&out, fake->world, cluster, plain);
            if (missing || !service)
                continue;
            service_settle(service, now_s);
            service->described_s = now_s;
            write_service(&out, fake->world, service, with_tags);
        }
        json_close_array(&out);
    }
    json_close_object(&out);
}

static void describe_services(struct fake *fake, struct fake_call *call)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(call->body, "services"), *name;
    bool known, with_tags = wants_tags(call, &known);
    int count = cJSON_GetArraySize(names);
    cJSON_ArrayForEach(name, names)
    {
        if (!cJSON_IsString(name)) {
            fake_error(call, CLIENT_ERROR, "SerializationException", "services holds what is no string");
            return;
        }
    }
    if (!cJSON_IsArray(names) || count == 0)
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "Services cannot be empty.");
    else if (count > DESCRIBE_SERVICES)
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "Identifiers list is too long (max %d).",
                   DESCRIBE_SERVICES);
    else if (!known)
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "include takes TAGS only.");
    else if (known_cluster(fake, call, cluster_of(call)))
        write_described(fake, call, names, with_tags);
}

// A count and nothing else: that is the contract of whoever is tested here.
static bool only_a_count(struct fake_call *call)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, call->body)
    {
        const char *key = member->string;
        if (strcmp(key, "cluster") != 0 && strcmp(key, "service") != 0 && strcmp(key, "desiredCount") != 0) {
            fake_error(call, CLIENT_ERROR, "InvalidParameterException", "this fake takes no member %s", key);
            return false;
        }
    }
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(call->body, "desiredCount");
    if (!cJSON_IsNumber(count) || count->valuedouble != floor(count->valuedouble)) {
        fake_error(call, CLIENT_ERROR, "SerializationException", "desiredCount is no integer");
        return false;
    }
    if (count->valuedouble < 0) {
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "desiredCount cannot be negative.");
        return false;
    }
    return true;
}

static bool takes_changes(const struct fake_service *service, struct fake_call *call)
{
    if (!service)
        fake_error(call, CLIENT_ERROR, "ServiceNotFoundException", "Service not found.");
    else if (strcmp(service->status, "ACTIVE") != 0)
        fake_error(call, CLIENT_ERROR, "ServiceNotActiveException", "Service was not ACTIVE.");
    else if (strcmp(service->strategy, "DAEMON") == 0)
        fake_error(call, CLIENT_ERROR, "InvalidParameterException",
                   "The daemon scheduling strategy does not support a desired count for the service.");
    else
        return true;
    return false;
}

static void update_service(struct fake *fake, struct fake_call *call)
{
    struct text cluster = cluster_of(call);
    double now_s = fake_now_s(fake);
    if (!only_a_count(call) || !known_cluster(fake, call, cluster))
        return;
    struct fake_service *service = world_find(fake->world, cluster, name_of(member_text(call->body, "service", NULL)));
    if (!takes_changes(service, call))
        return;
    call->described_ago_s = service->described_s > 0 ? now_s - service->described_s : INFINITY;
    call->measured_ago_s = service->measured_s > 0 ? now_s - service->measured_s : INFINITY;
    service_scale(fake->world, service, (int64_t)member_number(call->body, "desiredCount", 0), now_s);
    struct json_writer out;
    json_begin(&out, &call->reply->body, 0);
    json_open_object(&out);
    json_key(&out, "service");
    write_service(&out, fake->world, service, false);
    json_close_object(&out);
}

// The page token is the index of the service that comes next.
static bool page_start(struct fake_call *call, int64_t *start, int64_t *most)
{
    const char *token = member_text(call->body, "nextToken", NULL);
    *start = 0;
    *most = (int64_t)member_number(call->body, "maxResults", 10);
    if (*most < 1 || *most > 100)
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "maxResults must be within 1 and 100.");
    else if (token && !text_to_int64(text_of(token), start))
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "Invalid token.");
    else
        return true;
    return false;
}

static void list_services(struct fake *fake, struct fake_call *call)
{
    struct fake_world *world = fake->world;
    struct text cluster = cluster_of(call);
    const char *strategy = member_text(call->body, "schedulingStrategy", NULL);
    int64_t at, left;
    if (!page_start(call, &at, &left) || !known_cluster(fake, call, cluster))
        return;
    struct json_writer out;
    json_begin(&out, &call->reply->body, 0);
    json_open_object(&out);
    json_key(&out, "serviceArns");
    json_open_array(&out);
    for (; at < (int64_t)world->service_count && left > 0; at++) {
        const struct fake_service *service = world->services[at];
        if (service->removed || !text_is(cluster, service->cluster) || strcmp(service->status, "INACTIVE") == 0 ||
            (strategy && strcmp(strategy, service->strategy) != 0))
            continue;
        write_service_arn(&out, world, service->cluster, text_of(service->name));
        left--;
    }
    json_close_array(&out);
    if (at < (int64_t)world->service_count) {
        char token[32];
        snprintf(token, sizeof token, "%lld", (long long)at);
        json_member_string(&out, "nextToken", token);
    }
    json_close_object(&out);
}

static struct fake_service *service_of_arn(struct fake *fake, struct fake_call *call)
{
    struct text arn = text_of(member_text(call->body, "resourceArn", ""));
    struct text name = name_of(arn.p), rest = {arn.p, arn.n > name.n ? arn.n - name.n - 1 : 0};
    struct text cluster = rest;
    for (size_t slash; text_find(cluster, '/', &slash);)
        cluster = text_from(cluster, slash + 1);
    struct fake_service *service = world_find(fake->world, cluster, name);
    if (!service || !text_starts(arn, TEXT("arn:aws:ecs:")) || strcmp(service->status, "INACTIVE") == 0) {
        fake_error(call, CLIENT_ERROR, "InvalidParameterException",
                   "The specified resource is not found or inactive: %.*s", TEXT_ARG(arn));
        return NULL;
    }
    return service;
}

static const char *tag_fault(const cJSON *tag)
{
    const char *key = member_text(tag, "key", NULL), *value = member_text(tag, "value", "");
    if (!key || strlen(key) < 1 || strlen(key) > TAG_KEY_BYTES || strncmp(key, "aws:", 4) == 0)
        return "Invalid tag key.";
    if (strlen(value) > TAG_VALUE_BYTES)
        return "Tag value exceeds the maximum length of 256.";
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < 0x80 && !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "
                                                "_.:/=+-@",
                                                *p))
            return "Tag value holds a character that AWS does not take.";
    return NULL;
}

static void tag_resource(struct fake *fake, struct fake_call *call)
{
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(call->body, "tags"), *tag;
    struct fake_service *service = service_of_arn(fake, call);
    if (!service)
        return;
    cJSON_ArrayForEach(tag, tags)
    {
        const char *fault = tag_fault(tag);
        if (fault) {
            fake_error(call, CLIENT_ERROR, "InvalidParameterException", "%s", fault);
            return;
        }
    }
    cJSON_ArrayForEach(tag, tags)
    {
        service_tag(service, member_text(tag, "key", ""), member_text(tag, "value", ""));
    }
    if (service->tag_count > TAGS)
        fake_error(call, CLIENT_ERROR, "InvalidParameterException", "A resource has at most %d tags.", TAGS);
    else
        buffer_add(&call->reply->body, TEXT("{}"));
}

static void untag_resource(struct fake *fake, struct fake_call *call)
{
    const cJSON *key;
    struct fake_service *service = service_of_arn(fake, call);
    if (!service)
        return;
    cJSON_ArrayForEach(key, cJSON_GetObjectItemCaseSensitive(call->body, "tagKeys"))
    {
        if (cJSON_IsString(key))
            service_tag(service, key->valuestring, NULL);
    }
    buffer_add(&call->reply->body, TEXT("{}"));
}

void fake_ecs(struct fake *fake, struct fake_call *call)
{
    static const struct {
        const char *name;
        void (*perform)(struct fake *, struct fake_call *);
    } operations[] = {
        {"DescribeServices", describe_services}, {"UpdateService", update_service}, {"ListServices", list_services},
        {"TagResource", tag_resource},           {"UntagResource", untag_resource},
    };
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(call->operation, operations[i].name) == 0) {
            operations[i].perform(fake, call);
            return;
        }
    }
    fake_error(call, CLIENT_ERROR, "UnknownOperationException", "%s", call->operation);
}
