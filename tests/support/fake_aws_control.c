// Requests: to which service they go, and what tests ask of the fake itself.
//   POST /control {"world": {...}, "generate": {"count", "idle"}, "faults": [...], "on": [...], "do": {...},
//                  "deny": [...], "clock_offset_s": 0, "clear_log": true}
//   GET /control/log    {"counts": {"UpdateService": 1}, "calls": [...]}, oldest first
//   GET /control/keys   the newest key handed out
//   GET /control/services   {"cluster/name": {"desired", "running", "tags": {}}}
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/json_write.h"
#include "engine/report/json_parts.h"
#include "tests/support/fake_aws.h"

double fake_now_s(const struct fake *fake)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9 + fake->clock_offset_s;
}

static void error_xml(struct fake_call *call, const char *type, const char *message)
{
    buffer_add(&call->reply->headers, TEXT("Content-Type: text/xml\r\n"));
    buffer_printf(
        &call->reply->body,
        "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", type,
        message);
}

static void error_json(struct fake_call *call, const char *type, const char *message)
{
    struct json_writer out;
    struct buffer name;
    bool cloudwatch = strcmp(call->service, "cloudwatch") == 0;
    buffer_init(&name, 256);
    buffer_printf(&name, "%s%s", cloudwatch ? "com.amazonaws.cloudwatch.v2010_08_01#" : "", type);
    buffer_printf(&call->reply->headers, "Content-Type: application/x-amz-json-1.%d\r\n", cloudwatch ? 0 : 1);
    json_begin(&out, &call->reply->body, 0);
    json_open_object(&out);
    json_key(&out, "__type");
    json_text(&out, buffer_text(&name));
    // ECS writes it small; what comes from the front door of the services is written large.
    json_key(&out, strstr(type, "AccessDenied") || strstr(type, "Signature") ? "Message" : "message");
    json_string(&out, message);
    json_close_object(&out);
    buffer_release(&name);
}

void fake_error(struct fake_call *call, int code, const char *type, const char *format, ...)
{
    struct buffer message;
    char text[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    buffer_init(&message, sizeof text);
    call->reply->code = code;
    buffer_clear(&call->reply->body);
    if (strcmp(call->service, "sts") == 0)
        error_xml(call, type, text);
    else
        error_json(call, type, text);
    buffer_release(&message);
}

// ---- AWS ----------------------------------------------------------------------------------------------------

static bool denied(const struct fake *fake, struct fake_call *call)
{
    char action[128];
    const cJSON *item;
    snprintf(action, sizeof action, "%s:%s", call->service, call->operation);
    cJSON_ArrayForEach(item, fake->world->deny)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, action) == 0) {
            fake_error(call, 400, "AccessDeniedException",
                       "User: arn:aws:iam::123456789012:user/fake is not authorized to perform: %s", action);
            return true;
        }
    }
    return false;
}

static bool body_read(struct fake_call *call)
{
    const char *due = strcmp(call->service, "ecs") == 0 ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0";
    if (!text_is(request_header(call->request, "content-type"), due)) {
        fake_error(call, 400, "UnknownOperationException", "Content-Type must be %s", due);
        return false;
    }
    if (cJSON_IsObject(call->body))
        return true;
    fake_error(call, 400, "SerializationException", "the body is no JSON object");
    return false;
}

static void perform_json(struct fake *fake, struct fake_call *call)
{
    bool ecs = strcmp(call->service, "ecs") == 0;
    if (!fake_check_signature(fake, call, ecs ? "ecs" : "monitoring") || denied(fake, call) || !body_read(call))
        return;
    if (ecs)
        fake_ecs(fake, call);
    else
        fake_cloudwatch(fake, call);
    if (call->reply->code == 200)
        buffer_printf(&call->reply->headers, "Content-Type: application/x-amz-json-1.%d\r\n", ecs ? 1 : 0);
}

static void note_target(struct fake_call *call)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(call->body, "services"), *name;
    const char *cluster = member_text(call->body, "cluster", ""), *service = member_text(call->body, "service", NULL);
    const char *arn = member_text(call->body, "resourceArn", NULL);
    buffer_printf(&call->target, "%s", arn ? arn : cluster);
    if (service)
        buffer_printf(&call->target, "/%s", service);
    cJSON_ArrayForEach(name, names)
    {
        if (cJSON_IsString(name))
            buffer_printf(&call->target, "%c%s", call->items++ ? ',' : '/', name->valuestring);
    }
    const cJSON *queries = cJSON_GetObjectItemCaseSensitive(call->body, "MetricDataQueries");
    call->items += cJSON_GetArraySize(queries);
}

static void name_operation(struct fake_call *call, const char *service, struct text operation)
{
    call->service = service;
    snprintf(call->operation, sizeof call->operation, "%.*s", TEXT_ARG(operation));
}

typedef void performer(struct fake *, struct fake_call *);

static performer *find_json(struct fake_call *call)
{
    static const struct {
        const char *prefix, *service;
    } targets[] = {
        {"AmazonEC2ContainerServiceV20141113.", "ecs"},
        {"GraniteServiceVersion20100801.", "cloudwatch"},
    };
    struct text header = request_header(call->request, "x-amz-target");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct text prefix = text_of(targets[i].prefix);
        if (!text_starts(header, prefix))
            continue;
        name_operation(call, targets[i].service, text_from(header, prefix.n));
        call->body = cJSON_ParseWithLength(call->request->body.p, call->request->body.n);
        note_target(call);
        return perform_json;
    }
    return NULL;
}

static performer *find_sts(struct fake_call *call)
{
    static const char *const actions[] = {"AssumeRoleWithWebIdentity", "AssumeRole"};
    const struct text places[] = {call->request->query, call->request->body};
    for (size_t i = 0; i < 4; i++) {
        char action[64];
        struct text place = places[i % 2];
        snprintf(action, sizeof action, "Action=%s", actions[i / 2]);
        if (place.n && memmem(place.p, place.n, action, strlen(action))) {
            name_operation(call, "sts", text_of(actions[i / 2]));
            return fake_sts;
        }
    }
    return NULL;
}

static performer *find_keys(struct fake_call *call)
{
    static const struct {
        const char *path, *service, *operation;
        performer *perform;
    } paths[] = {
        {"/latest/api/token", "metadata", "MetadataToken", fake_metadata},
        {"/latest/meta-data/iam/security-credentials/", "metadata", "MetadataRole", fake_metadata},
        {"/latest/meta-data/iam/security-credentials", "metadata", "MetadataRole", fake_metadata},
        {"/latest/meta-data/iam/security-credentials/*", "metadata", "MetadataCredentials", fake_metadata},
        {"/credentials*", "container", "ContainerCredentials", fake_container},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (text_glob(call->request->path, text_of(paths[i].path))) {
            name_operation(call, paths[i].service, text_of(paths[i].operation));
            return paths[i].perform;
        }
    }
    return NULL;
}

static void perform_unknown(struct fake *fake, struct fake_call *call)
{
    (void)fake;
    fake_error(call, 404, "UnknownOperationException", "the fake knows nothing of this");
}

static void serve_aws(struct fake *fake, const struct server_request *request, struct server_reply *reply)
{
    struct fake_call call = {.request = request,
                             .reply = reply,
                             .service = "",
                             .signed_how = "not asked",
                             .fault = "",
                             .described_ago_s = NAN,
                             .measured_ago_s = NAN};
    double begun_s = fake_now_s(fake);
    char request_id[48];
    buffer_init(&call.target, 65536);
    snprintf(request_id, sizeof request_id, "00000000-fa4e-4000-8000-%012llx", (unsigned long long)++fake->request_ids);
    buffer_printf(&reply->headers, "x-amzn-RequestId: %s\r\n", request_id);
    performer *perform = find_json(&call);
    if (!perform)
        perform = find_keys(&call);
    if (!perform)
        perform = find_sts(&call);
    faults_hooks(fake, &call, true);
    faults_perform(fake, &call, perform ? perform : perform_unknown);
    faults_hooks(fake, &call, false);
    log_call(fake->log, &call, request_id, begun_s);
    cJSON_Delete(call.body);
    buffer_release(&call.target);
}

// ---- what tests ask -----------------------------------------------------------------------------------------

static bool replace_world(struct fake *fake, const cJSON *control)
{
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(control, "world");
    const cJSON *fleet = cJSON_GetObjectItemCaseSensitive(control, "generate");
    if (from) {
        fake->clock_offset_s = member_number(from, "clock_offset_s", 0);
        struct fake_world *world = world_read(from, fake_now_s(fake));
        if (!world)
            return false;
        world_free(fake->world);
        fake->world = world;
    }
    if (fleet)
        world_generate(fake->world, (int64_t)member_number(fleet, "count", 0), (int64_t)member_number(fleet, "idle", 0),
                       fake_now_s(fake));
    return true;
}

static void control_deny(struct fake *fake, const cJSON *control)
{
    const cJSON *deny = cJSON_GetObjectItemCaseSensitive(control, "deny");
    if (!deny)
        return;
    cJSON_Delete(fake->world->deny);
    fake->world->deny = cJSON_Duplicate(deny, true);
}

static void take_control(struct fake *fake, const struct server_request *request, struct server_reply *reply)
{
    cJSON *control = cJSON_ParseWithLength(request->body.p, request->body.n);
    const cJSON *change = cJSON_GetObjectItemCaseSensitive(control, "do");
    bool fine = cJSON_IsObject(control) && replace_world(fake, control);
    if (fine) {
        fake->clock_offset_s = member_number(control, "clock_offset_s", fake->clock_offset_s);
        faults_set(fake->faults, control);
        control_deny(fake, control);
        if (change)
            world_change(fake->world, change, fake_now_s(fake));
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(control, "clear_log")))
            log_clear(fake->log);
    }
    reply->code = fine ? 200 : 400;
    buffer_add(&reply->body, fine ? TEXT("{}") : TEXT("{\"error\":\"no JSON, or a world that makes no sense\"}"));
    cJSON_Delete(control);
}

static void tell_key(struct fake *fake, struct server_reply *reply)
{
    const struct fake_world *world = fake->world;
    size_t newest = world->key_count > 1 ? 1 + (world->key_count - 2) % (FAKE_KEYS - 1) : 0;
    struct json_writer out;
    json_begin(&out, &reply->body, 0);
    json_open_object(&out);
    json_member_string(&out, "id", world->keys[newest].id);
    json_member_string(&out, "secret", world->keys[newest].secret);
    json_member_string(&out, "token", world->keys[newest].token);
    json_member_int(&out, "count", (int64_t)world->key_count - 1);
    json_close_object(&out);
}

static void tell_service(struct json_writer *out, const struct fake_service *service)
{
    struct buffer name;
    buffer_init(&name, 1024);
    buffer_printf(&name, "%s/%s", service->cluster, service->name);
    json_key_text(out, buffer_text(&name));
    json_open_object(out);
    json_member_int(out, "desired", service->desired);
    json_member_int(out, "running", service->running);
    json_key(out, "tags");
    json_open_object(out);
    for (size_t i = 0; i < service->tag_count; i++) {
        json_key(out, service->tags[i].key);
        json_string(out, service->tags[i].value);
    }
    json_close_object(out);
    json_close_object(out);
    buffer_release(&name);
}

static void tell_services(struct fake *fake, struct server_reply *reply)
{
    struct json_writer out;
    json_begin(&out, &reply->body, 0);
    json_open_object(&out);
    for (size_t i = 0; i < fake->world->service_count; i++) {
        service_settle(fake->world->services[i], fake_now_s(fake));
        tell_service(&out, fake->world->services[i]);
    }
    json_close_object(&out);
}

void fake_answer(void *context, const struct server_request *request, struct server_reply *reply)
{
    struct fake *fake = context;
    if (text_is(request->path, "/control"))
        take_control(fake, request, reply);
    else if (text_is(request->path, "/control/log"))
        log_write(fake->log, &reply->body);
    else if (text_is(request->path, "/control/services"))
        tell_services(fake, reply);
    else if (text_is(request->path, "/control/keys"))
        tell_key(fake, reply);
    else
        serve_aws(fake, request, reply);
}
