// ECS: services described, counts and tags set (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/).
#include <string.h>

#include "engine/aws/aws_parts.h"
#include "engine/base/json_write.h"

#define NAMES_MAXIMUM 10  // of one DescribeServices
#define BODY_BYTES (64 * 1024)
#define ERROR_BYTES 500

#define ECS "ecs", "ecs", "AmazonEC2ContainerServiceV20141113"
#define ECS_JSON "application/x-amz-json-1.1"
const struct operation ecs_list_clusters = {ECS, "ListClusters", ECS_JSON, false, PACE_ECS_LIST};
const struct operation ecs_list_services = {ECS, "ListServices", ECS_JSON, false, PACE_ECS_LIST};
static const struct operation describe_services = {ECS, "DescribeServices", ECS_JSON, false, PACE_ECS_DESCRIBE};
const struct operation ecs_update_service = {ECS, "UpdateService", ECS_JSON, true, PACE_ECS_UPDATE};
const struct operation ecs_tag_resource = {ECS, "TagResource", ECS_JSON, true, PACE_ECS_TAG};

static struct text name_of(struct arena *arena, const struct service_name *name)
{
    return arena_format(arena, "%.*s/%.*s", TEXT_ARG(name->cluster), TEXT_ARG(name->service));
}

static struct text body_end(struct arena *arena, struct buffer *body)
{
    struct text text = arena_text(arena, buffer_text(body));
    buffer_release(body);
    return text;
}

// ---- DescribeServices -------------------------------------------------------------------------------------

// Up to ten names of one cluster: indices into the names.
struct group {
    size_t names[NAMES_MAXIMUM];
    size_t count;
};

struct describing {
    struct aws *aws;
    struct arena *arena, *scratch;
    const struct service_name *names;
    struct group *groups;
    size_t group_count, capacity;
    struct described *answers;
    struct text *raws;
};

// The newest group of that cluster, if it has room.
static struct group *group_for(struct describing *describing, struct text cluster)
{
    for (size_t i = describing->group_count; i > 0; i--) {
        struct group *group = &describing->groups[i - 1];
        if (text_eq(describing->names[group->names[0]].cluster, cluster)) {
            if (group->count < NAMES_MAXIMUM)
                return group;
            break;
        }
    }
    describing->groups = arena_grow(describing->scratch, describing->groups, describing->group_count,
                                    &describing->capacity, describing->group_count + 1, sizeof *describing->groups);
    struct group *group = &describing->groups[describing->group_count++];
    group->count = 0;
    return group;
}

static struct call describe_call(const struct describing *describing, const struct group *group, bool tags)
{
    struct buffer body;
    struct json_writer json;
    buffer_init(&body, BODY_BYTES);
    json_begin(&json, &body, 0);
    json_open_object(&json);
    json_key(&json, "cluster");
    json_text(&json, describing->names[group->names[0]].cluster);
    json_key(&json, "services");
    json_open_array(&json);
    for (size_t i = 0; i < group->count; i++)
        json_text(&json, describing->names[group->names[i]].service);
    json_close_array(&json);
    if (tags) {
        json_key(&json, "include");
        json_open_array(&json);
        json_string(&json, "TAGS");
        json_close_array(&json);
    }
    json_close_object(&json);
    return (struct call){
        .operation = &describe_services,
        .body = body_end(describing->scratch, &body),
        .target = name_of(describing->scratch, &describing->names[group->names[0]]),
    };
}

// Not ECS's words, but IAM's: "... is not authorized to perform: ecs:ListTagsForResource on resource: ...". Which of
// its actions AWS names for tags that are included is not documented; where it names DescribeServices, all is denied.
static bool denies_tags(const struct call *call)
{
    if (!text_is(call->error_code, "AccessDeniedException") && !text_is(call->error_code, "AccessDenied"))
        return false;
    return call->message.n && !text_contains(call->message, TEXT("ecs:DescribeServices"));
}

// Others' tags may well be read: what is not known of them could hide a wake.
static bool tags_known_denied(const struct aws *aws, struct text cluster)
{
    for (size_t i = 0; i < aws->tags_denied_count; i++)
        if (text_is(cluster, aws->tags_denied[i].name))
            return true;
    return false;
}

// Where there is no room, each call is denied anew.
static void remember_denied(struct aws *aws, struct text cluster)
{
    if (tags_known_denied(aws, cluster) || aws->tags_denied_count == CLUSTERS_REMEMBERED || cluster.n >= CLUSTER_BYTES)
        return;
    char *name = aws->tags_denied[aws->tags_denied_count++].name;
    memcpy(name, cluster.p, cluster.n);
    name[cluster.n] = '\0';
}

static struct text cluster_of(const struct describing *describing, const struct group *group)
{
    return describing->names[group->names[0]].cluster;
}

static struct described failed(struct arena *arena, const struct call *call, struct text target)
{
    return (struct described){.result = call_result_of(arena, call, target)};
}

// What the answer's failures say of it; an answer that says nothing at all of a name that was asked for is broken.
static struct described not_described(struct arena *arena, const struct call *call,
                                      const struct services_answer *answer, const struct service_name *name)
{
    struct call one = *call;
    for (size_t i = 0; i < answer->failure_count; i++) {
        const struct services_failure *failure = &answer->failures[i];
        if (!text_eq(arn_name(failure->arn), name->service))
            continue;
        bool missing = text_is(failure->reason, "MISSING");
        struct text reason = printable(arena, failure->reason, 100), detail = printable(arena, failure->detail, 300);
        one.result.status = missing ? PORT_NOT_FOUND : PORT_FAILED;
        one.reason = arena_format(arena, "%s%.*s%s%.*s (request id %.*s)", missing ? "there is no such service: " : "",
                                  TEXT_ARG(reason), detail.n ? ": " : "", TEXT_ARG(detail), TEXT_ARG(call->request_id));
        return failed(arena, &one, name_of(arena, name));
    }
    one.target = name_of(arena, name);
    call_nonsense(arena, &one, "it says nothing of this service");
    return (struct described){.result = one.result};
}

static void take_one(const struct describing *describing, const struct call *call, const struct services_answer *answer,
                     size_t index)
{
    const struct service_name *name = &describing->names[index];
    const struct services_read *services = &answer->services;
    size_t found = services->count, times = 0;
    for (size_t i = 0; i < services->count; i++) {
        if (text_eq(services->states[i].service, name->service) &&
            text_eq(services->states[i].cluster, name->cluster)) {
            found = i;
            times++;
        }
    }
    if (times == 1) {
        describing->answers[index] = (struct described){.state = services->states[found]};
        if (describing->raws)
            describing->raws[index] = arena_text(describing->arena, services->raws[found]);
        return;
    }
    if (times == 0) {
        describing->answers[index] = not_described(describing->arena, call, answer, name);
        return;
    }
    struct call twice = *call;
    twice.target = name_of(describing->arena, name);
    call_nonsense(describing->arena, &twice, "it describes this service %zu times", times);
    describing->answers[index] = (struct described){.result = twice.result};
}

static void take_answer(const struct describing *describing, const struct group *group, struct call *call, bool tags)
{
    struct services_answer answer = {0};
    if (call->result.status == PORT_OK) {
        struct buffer error;
        buffer_init(&error, ERROR_BYTES);
        if (!services_answer_read(describing->arena, call->answer, tags, describing->raws != NULL, &answer, &error))
            call_nonsense(describing->arena, call, "%.*s", TEXT_ARG(buffer_text(&error)));
        buffer_release(&error);
    }
    for (size_t i = 0; i < group->count; i++) {
        size_t index = group->names[i];
        if (call->result.status == PORT_OK)
            take_one(describing, call, &answer, index);
        else
            describing->answers[index] =
                failed(describing->arena, call, name_of(describing->arena, &describing->names[index]));
    }
}

// What was denied for its tags is asked once more without.
static void describe_without_tags(struct describing *describing, struct call *calls, const bool *tags)
{
    struct aws *aws = describing->aws;
    struct call *again = ARENA_ARRAY(describing->scratch, describing->group_count, struct call);
    size_t *of = ARENA_ARRAY(describing->scratch, describing->group_count, size_t), count = 0;
    for (size_t i = 0; i < describing->group_count; i++) {
        if (!tags[i] || !denies_tags(&calls[i]))
            continue;
        of[count] = i;
        again[count++] = describe_call(describing, &describing->groups[i], false);
    }
    aws_calls(aws, describing->scratch, again, count);
    for (size_t i = 0; i < count; i++) {
        if (again[i].result.status == PORT_OK)
            remember_denied(aws, cluster_of(describing, &describing->groups[of[i]]));
        bool told = again[i].result.status == PORT_DENIED;
        take_answer(describing, &describing->groups[of[i]], told ? &calls[of[i]] : &again[i], false);
    }
}

void ecs_describe(struct aws *aws, struct arena *arena, const struct service_name *names, size_t count,
                  struct described *answers, struct text *raws)
{
    struct arena scratch;
    arena_init(&scratch);
    struct describing describing = {
        .aws = aws, .arena = arena, .scratch = &scratch, .names = names, .answers = answers, .raws = raws};
    for (size_t i = 0; i < count; i++) {
        struct group *group = group_for(&describing, names[i].cluster);
        group->names[group->count++] = i;
    }
    bool *tags = ARENA_ARRAY(&scratch, describing.group_count, bool);
    struct call *calls = ARENA_ARRAY(&scratch, describing.group_count, struct call);
    for (size_t i = 0; i < describing.group_count; i++) {
        tags[i] = !tags_known_denied(aws, cluster_of(&describing, &describing.groups[i]));
        calls[i] = describe_call(&describing, &describing.groups[i], tags[i]);
    }
    aws_calls(aws, &scratch, calls, describing.group_count);
    bool denied = false;
    for (size_t i = 0; i < describing.group_count; i++) {
        if (tags[i] && denies_tags(&calls[i]))
            denied = true;
        else
            take_answer(&describing, &describing.groups[i], &calls[i], tags[i]);
    }
    if (denied)
        describe_without_tags(&describing, calls, tags);
    arena_release(&scratch);
}
