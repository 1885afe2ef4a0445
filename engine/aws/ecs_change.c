// UpdateService and TagResource.
#include "engine/aws/aws_parts.h"
#include "engine/base/json_write.h"

#define BODY_BYTES (64 * 1024)
#define ERROR_BYTES 500

static struct text target_of(struct arena *arena, struct text cluster, struct text service)
{
    return arena_format(arena, "%.*s/%.*s", TEXT_ARG(cluster), TEXT_ARG(service));
}

static void body_begin(struct buffer *body, struct json_writer *json)
{
    buffer_init(body, BODY_BYTES);
    json_begin(json, body, 0);
    json_open_object(json);
}

static struct text body_end(struct arena *arena, struct buffer *body, struct json_writer *json)
{
    json_close_object(json);
    struct text text = arena_text(arena, buffer_text(body));
    buffer_release(body);
    return text;
}

// ---- UpdateService ----------------------------------------------------------------------------------------

static struct call update_call(struct arena *arena, const struct desired_change *change)
{
    struct buffer body;
    struct json_writer json;
    body_begin(&body, &json);
    json_key(&json, "cluster");
    json_text(&json, change->name.cluster);
    json_key(&json, "service");
    json_text(&json, change->name.service);
    json_key(&json, "desiredCount");
    json_int(&json, change->desired);
    return (struct call){
        .operation = &ecs_update_service,
        .body = body_end(arena, &body, &json),
        .target = target_of(arena, change->name.cluster, change->name.service),
    };
}

// Is the service that AWS says it changed the one that was meant, and has it the count?
static void check_update(struct arena *arena, struct call *call, const struct desired_change *change)
{
    struct updated_service service;
    struct buffer error;
    buffer_init(&error, ERROR_BYTES);
    if (!updated_service_read(arena, call->answer, &service, &error)) {
        call_nonsense(arena, call, "%.*s", TEXT_ARG(buffer_text(&error)));
        buffer_release(&error);
        return;
    }
    buffer_release(&error);
    struct text name = service.name.n ? service.name : arn_name(service.arn);
    struct text cluster = arn_name(service.cluster_arn);
    if (!text_eq(name, change->name.service) || (cluster.n && !text_eq(cluster, change->name.cluster)))
        call_nonsense(arena, call, "it is about the service %.*s/%.*s", TEXT_ARG(cluster), TEXT_ARG(name));
    else if (service.desired < 0)
        call_nonsense(arena, call, "it has no desiredCount");
    else if (service.desired != change->desired)
        call_nonsense(arena, call, "its desiredCount is %lld, and not the %lld that was set",
                      (long long)service.desired, (long long)change->desired);
}

static struct port_result result_kept(struct arena *arena, const struct call *call)
{
    return (struct port_result){call->result.status, arena_text(arena, call->result.error)};
}

void ecs_set_desired(void *context, struct arena *arena, const struct desired_change *changes, size_t count,
                     struct port_result *results)
{
    struct arena scratch;
    arena_init(&scratch);
    struct call *calls = ARENA_ARRAY(&scratch, count, struct call);
    for (size_t i = 0; i < count; i++) {
        calls[i] = update_call(&scratch, &changes[i]);
        if (changes[i].until_s > 0)
            calls[i].until_s = changes[i].until_s - ((const struct aws *)context)->skew.correction_s;
    }
    aws_calls(context, &scratch, calls, count);
    for (size_t i = 0; i < count; i++) {
        if (calls[i].result.status == PORT_OK)
            check_update(&scratch, &calls[i], &changes[i]);
        results[i] = result_kept(arena, &calls[i]);
    }
    arena_release(&scratch);
}

// ---- TagResource ------------------------------------------------------------------------------------------

static struct call tag_call(struct arena *arena, const struct tag_change *change)
{
    struct buffer body;
    struct json_writer json;
    body_begin(&body, &json);
    json_key(&json, "resourceArn");
    json_text(&json, change->service->arn);
    json_key(&json, "tags");
    json_open_array(&json);
    for (size_t i = 0; i < change->count; i++) {
        json_open_object(&json);
        json_key(&json, "key");
        json_text(&json, change->tags[i].key);
        json_key(&json, "value");
        json_text(&json, change->tags[i].value);
        json_close_object(&json);
    }
    json_close_array(&json);
    return (struct call){
        .operation = &ecs_tag_resource,
        .body = body_end(arena, &body, &json),
        .target = target_of(arena, change->service->cluster, change->service->service),
    };
}

static bool no_member(void *context, struct json_source *source, struct text key)
{
    (void)context;
    (void)key;
    return source_skip_value(source);
}

// Its answer is an empty object.
static void check_tag(struct arena *arena, struct call *call)
{
    struct buffer error;
    buffer_init(&error, ERROR_BYTES);
    if (!answer_object(arena, call->answer, no_member, NULL, &error))
        call_nonsense(arena, call, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
}

void ecs_set_tags(void *context, struct arena *arena, const struct tag_change *changes, size_t count,
                  struct port_result *results)
{
    struct arena scratch;
    arena_init(&scratch);
    struct call *calls = ARENA_ARRAY(&scratch, count, struct call);
    size_t *of = ARENA_ARRAY(&scratch, count, size_t), sent = 0;
    for (size_t i = 0; i < count; i++) {
        if (changes[i].service->arn.n == 0) {
            struct text target = target_of(arena, changes[i].service->cluster, changes[i].service->service);
            results[i] = (struct port_result){
                PORT_FAILED,
                arena_format(arena, "TagResource of %.*s: not sent: its ARN is not known", TEXT_ARG(target))};
            continue;
        }
        of[sent] = i;
        calls[sent++] = tag_call(&scratch, &changes[i]);
    }
    aws_calls(context, &scratch, calls, sent);
    for (size_t i = 0; i < sent; i++) {
        if (calls[i].result.status == PORT_OK)
            check_tag(&scratch, &calls[i]);
        results[of[i]] = result_kept(arena, &calls[i]);
    }
    arena_release(&scratch);
}
