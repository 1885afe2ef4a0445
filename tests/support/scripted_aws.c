#include "tests/support/scripted_aws.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_http.h"
#include "tests/support/http_message.h"
#include "tests/support/json_members.h"

#define QUERIES 500
#define DATAPOINTS 100800

static const char *const operations[SCRIPTED_OPERATIONS] = {
    "AmazonEC2ContainerServiceV20141113.ListClusters",     "AmazonEC2ContainerServiceV20141113.ListServices",
    "AmazonEC2ContainerServiceV20141113.DescribeServices", "AmazonEC2ContainerServiceV20141113.UpdateService",
    "AmazonEC2ContainerServiceV20141113.TagResource",      "GraniteServiceVersion20100801.GetMetricData",
};

// Of a token such as "t100" the number.
static size_t token_member(const cJSON *object, const char *name, size_t skip)
{
    int64_t number = 0;
    text_to_int64(text_from(text_of(member_text(object, name, "")), skip), &number);
    return (size_t)number;
}

// ---- answers ----------------------------------------------------------------------------------------------

struct reply {
    int code;
    struct buffer body;
};

static void refuse(struct reply *reply, int code, const char *type, const char *message)
{
    reply->code = code;
    buffer_clear(&reply->body);
    buffer_printf(&reply->body, "{\"__type\":\"%s\",\"message\":\"%s\"}", type, message);
}

static void add_service(const struct scripted_aws *fake, struct buffer *body, const char *cluster, const char *service,
                        int desired, bool tags)
{
    buffer_printf(body,
                  "{\"serviceArn\":\"arn:aws:ecs:eu-west-1:1:service/%s/%s\",\"serviceName\":\"%s\",\"clusterArn\":"
                  "\"arn:aws:ecs:eu-west-1:1:cluster/%s\",\"status\":\"ACTIVE\",\"schedulingStrategy\":\"REPLICA\","
                  "\"desiredCount\":%d,\"runningCount\":%d,\"pendingCount\":0,\"createdAt\":1795000000.5",
                  cluster, service, service, cluster, desired, desired);
    if (tags && fake->tags)
        buffer_printf(body, ",\"tags\":%s", fake->tags);
    buffer_add(body, TEXT("}"));
}

static void describe(struct scripted_aws *fake, const cJSON *body, struct reply *reply)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(body, "services"), *name;
    const char *cluster = member_text(body, "cluster", "");
    bool tags = cJSON_GetObjectItemCaseSensitive(body, "include") != NULL;
    if (cJSON_GetArraySize(names) < 1 || cJSON_GetArraySize(names) > 10) {
        refuse(reply, 400, "InvalidParameterException", "Services cannot be empty or more than 10.");
        return;
    }
    if (tags && fake->deny_tags && (!fake->deny_tags_of || strcmp(cluster, fake->deny_tags_of) == 0)) {
        refuse(reply, 400, "AccessDeniedException",
               "User: arn:aws:iam::1:user/u is not authorized to perform: ecs:ListTagsForResource");
        return;
    }
    buffer_add(&reply->body, TEXT("{\"services\":["));
    size_t found = 0;
    cJSON_ArrayForEach(name, names)
    {
        if (strncmp(name->valuestring, "no", 2) == 0)
            continue;
        buffer_add(&reply->body, found++ ? TEXT(",") : TEXT(""));
        add_service(fake, &reply->body, cluster, name->valuestring, 1, tags);
    }
    buffer_add(&reply->body, TEXT("],\"failures\":["));
    size_t missing = 0;
    cJSON_ArrayForEach(name, names)
    {
        if (strncmp(name->valuestring, "no", 2) != 0)
            continue;
        buffer_printf(&reply->body, "%s{\"arn\":\"arn:aws:ecs:eu-west-1:1:service/%s/%s\",\"reason\":\"MISSING\"}",
                      missing++ ? "," : "", cluster, name->valuestring);
    }
    buffer_add(&reply->body, TEXT("]}"));
}

static bool too_fast(struct scripted_aws *fake)
{
    if (fake->updates_per_s <= 0)
        return false;
    fake->allowance = fmin(fake->burst, fake->allowance + (fake->clock_s - fake->allowance_at_s) * fake->updates_per_s);
    fake->allowance_at_s = fake->clock_s;
    if (fake->allowance < 1) {
        fake->throttled++;
        return true;
    }
    fake->allowance -= 1;
    return false;
}

static void update(struct scripted_aws *fake, const cJSON *body, struct reply *reply)
{
    if (too_fast(fake)) {
        refuse(reply, 400, "ThrottlingException", "Rate exceeded");
        return;
    }
    buffer_add(&reply->body, TEXT("{\"service\":"));
    add_service(fake, &reply->body, member_text(body, "cluster", ""), member_text(body, "service", ""),
                (int)member_number(body, "desiredCount", 0), false);
    buffer_add(&reply->body, TEXT("}"));
}

static void list(const cJSON *body, struct reply *reply, const char *member, const char *prefix, size_t total)
{
    size_t first = token_member(body, "nextToken", 1), per_page = (size_t)member_number(body, "maxResults", 0);
    if (per_page < 1 || per_page > 100) {
        refuse(reply, 400, "InvalidParameterException", "maxResults must be between 1 and 100");
        return;
    }
    buffer_printf(&reply->body, "{\"%s\":[", member);
    size_t end = first + per_page < total ? first + per_page : total;
    for (size_t i = first; i < end; i++)
        buffer_printf(&reply->body, "%s\"arn:aws:ecs:eu-west-1:1:%s%zu\"", i > first ? "," : "", prefix, i);
    buffer_add(&reply->body, TEXT("]"));
    if (end < total)
        buffer_printf(&reply->body, ",\"nextToken\":\"t%zu\"", end);
    buffer_add(&reply->body, TEXT("}"));
}

// ---- GetMetricData ----------------------------------------------------------------------------------------

static long period_of(const cJSON *query)
{
    return (long)member_number(cJSON_GetObjectItemCaseSensitive(query, "MetricStat"), "Period", 0);
}

static long points_of(const cJSON *query, long start_s, long end_s)
{
    long period_s = period_of(query);
    return (end_s - start_s / period_s * period_s + period_s - 1) / period_s;
}

static void add_points(const struct scripted_aws *fake, struct buffer *body, const cJSON *query, long start_s,
                       size_t first, size_t end)
{
    long period_s = period_of(query), origin_s = start_s / period_s * period_s;
    buffer_printf(body, "{\"Id\":\"%s\",\"Label\":\"l\",\"StatusCode\":\"%s\",\"Timestamps\":[",
                  member_text(query, "Id", ""), "Complete");
    for (size_t i = first; i < end; i++)
        buffer_printf(body, "%s%ld", i > first ? "," : "", origin_s + (long)i * period_s);
    buffer_add(body, TEXT("],\"Values\":["));
    for (size_t i = first; i < end; i++)
        buffer_printf(body, "%s%g", i > first ? "," : "", fake->value);
    buffer_add(body, TEXT("]}"));
}

// Pages go through the points of all queries alike: page n has the points [n * size, (n + 1) * size) of each.
static void metric_data(struct scripted_aws *fake, const cJSON *body, struct reply *reply)
{
    const cJSON *queries = cJSON_GetObjectItemCaseSensitive(body, "MetricDataQueries"), *query;
    long start_s = (long)member_number(body, "StartTime", 0), end_s = (long)member_number(body, "EndTime", 0),
         total = 0;
    size_t page = token_member(body, "NextToken", 0), more = 0, n = 0;
    cJSON_ArrayForEach(query, queries) total += points_of(query, start_s, end_s);
    if (cJSON_GetArraySize(queries) < 1 || cJSON_GetArraySize(queries) > QUERIES || start_s >= end_s ||
        total > DATAPOINTS || strcmp(member_text(body, "ScanBy", ""), "TimestampAscending") != 0) {
        refuse(reply, 400, "com.amazonaws.cloudwatch#ValidationError", "The parameters are wrong");
        return;
    }
    buffer_add(&reply->body, TEXT("{\"MetricDataResults\":["));
    cJSON_ArrayForEach(query, queries)
    {
        size_t all = (size_t)points_of(query, start_s, end_s), size = fake->page_points ? fake->page_points : all;
        size_t first = page * size < all ? page * size : all, end = first + size < all ? first + size : all;
        more += end < all;
        buffer_add(&reply->body, n++ ? TEXT(",") : TEXT(""));
        add_points(fake, &reply->body, query, start_s, first, end);
    }
    buffer_add(&reply->body, TEXT("]"));
    if (more || fake->endless)
        buffer_printf(&reply->body, ",\"NextToken\":\"%zu\"", fake->same_token ? 7 : page + 1);
    buffer_add(&reply->body, TEXT(",\"Messages\":[]}"));
}

// ---- the port ---------------------------------------------------------------------------------------------

static enum scripted_operation operation_of(const struct http_request *request)
{
    struct text target = request_value(request, "x-amz-target");
    for (int i = 0; i < SCRIPTED_OPERATIONS; i++)
        if (text_is(target, operations[i]))
            return (enum scripted_operation)i;
    fprintf(stderr, "a request without a target that is known\n");
    abort();
}

static void add_header(struct arena *arena, struct http_answer *answer, struct text name, struct text value)
{
    struct http_header *headers = ARENA_ARRAY(arena, answer->header_count + 1, struct http_header);
    if (answer->header_count)
        memcpy(headers, answer->headers, answer->header_count * sizeof *headers);
    headers[answer->header_count++] = (struct http_header){name, value};
    answer->headers = headers;
}

static struct text date_of(struct arena *arena, double at_s)
{
    char date[MESSAGE_DATE_BYTES];
    message_date(at_s, date);
    return arena_text(arena, text_of(date));
}

static void serve(struct scripted_aws *fake, enum scripted_operation operation, const struct http_request *request,
                  struct reply *reply)
{
    cJSON *body = cJSON_ParseWithLength(request->body.p, request->body.n);
    if (!body)
        abort();
    switch (operation) {
    case SCRIPTED_LIST_CLUSTERS:
        list(body, reply, "clusterArns", "cluster/c", fake->clusters);
        break;
    case SCRIPTED_LIST_SERVICES:
        list(body, reply, "serviceArns", "service/c/s", fake->services);
        break;
    case SCRIPTED_DESCRIBE:
        describe(fake, body, reply);
        break;
    case SCRIPTED_UPDATE:
        update(fake, body, reply);
        break;
    case SCRIPTED_TAG:
        buffer_add(&reply->body, TEXT("{}"));
        break;
    case SCRIPTED_METRIC_DATA:
        metric_data(fake, body, reply);
        break;
    case SCRIPTED_OPERATIONS:
        abort();
    }
    cJSON_Delete(body);
}

static const struct scripted_fault *fault_of(const struct scripted_aws *fake, enum scripted_operation operation)
{
    for (size_t i = 0; i < fake->fault_count; i++) {
        const struct scripted_fault *fault = &fake->faults[i];
        if (fault->operation == operation && fake->asked[operation] >= fault->from &&
            (fault->to == 0 || fake->asked[operation] <= fault->to))
            return fault;
    }
    return NULL;
}

static struct http_answer answer_of(struct scripted_aws *fake, struct arena *arena, const struct http_request *request)
{
    enum scripted_operation operation = operation_of(request);
    fake->asked[operation]++;
    struct http_answer answer = {.outcome = HTTP_ANSWERED, .code = 200, .elapsed_s = fake->latency_s};
    answer.received_s = fake->clock_s;
    const struct scripted_fault *fault = fault_of(fake, operation);
    if (fault && fault->outcome != HTTP_ANSWERED) {
        return (struct http_answer){
            .outcome = fault->outcome, .timed_out = fault->timed_out, .error = text_of(fault->body)};
    }
    add_header(arena, &answer, TEXT("x-amzn-requestid"),
               arena_format(arena, "id-%d-%zu", (int)operation, fake->asked[operation]));
    if (fake->dates)
        add_header(arena, &answer, TEXT("date"), date_of(arena, fake->clock_s + fake->ahead_s));
    if (fault) {
        answer.code = fault->code;
        answer.body = text_of(fault->body);
        size_t count;
        const struct http_header *headers = headers_from_lines(arena, fault->headers, &count);
        for (size_t i = 0; i < count; i++)
            add_header(arena, &answer, headers[i].name, headers[i].value);
        return answer;
    }
    struct reply reply = {.code = 200};
    buffer_init(&reply.body, 16 << 20);
    serve(fake, operation, request, &reply);
    answer.code = reply.code;
    answer.body = arena_text(arena, buffer_text(&reply.body));
    buffer_release(&reply.body);
    return answer;
}

static void keep(struct scripted_aws *fake, const struct http_request *request)
{
    fake->newest = request_copy(&fake->arena, request);
    if (fake->keep_bodies)
        fake->bodies = arena_format(&fake->arena, "%.*s%.*s\n", TEXT_ARG(fake->bodies), TEXT_ARG(request->body));
}

static void perform(void *context, struct arena *arena, const struct http_request *requests, size_t count,
                    struct http_answer *answers)
{
    struct scripted_aws *fake = context;
    fake->performs++;
    if (count > fake->at_once)
        fake->at_once = count;
    fake->clock_s += fake->latency_s;
    for (size_t i = 0; i < count; i++) {
        if (fake->keep_bodies || i + 1 == count)
            keep(fake, &requests[i]);
        answers[i] = answer_of(fake, arena, &requests[i]);
        if (answers[i].outcome == HTTP_ANSWERED && answers[i].body.n > requests[i].maximum_bytes)
            answers[i] = (struct http_answer){.outcome = HTTP_TOO_LARGE};
    }
}

static double now_s(void *context)
{
    return ((struct scripted_aws *)context)->clock_s;
}

static void wait_s(void *context, double seconds)
{
    struct scripted_aws *fake = context;
    fake->clock_s += seconds;
    fake->waited_s += seconds;
    fake->waits++;
}

static double half(void)
{
    return 0.5;
}

// ---- begin and end ----------------------------------------------------------------------------------------

struct scripted_aws *scripted_aws_with(void (*change)(struct aws_settings *))
{
    static char key[] = "AWS_ACCESS_KEY_ID=AKIDEXAMPLEKEY01", secret[] = "AWS_SECRET_ACCESS_KEY=verysecretsecret",
                token[] = "AWS_SESSION_TOKEN=averylongtoken";
    static char *const variables[] = {key, secret, token, NULL};
    struct scripted_aws *fake = calloc(1, sizeof *fake);
    if (!fake)
        abort();
    fake->clock_s = fake->allowance_at_s = SCRIPTED_AWS_NOW;
    fake->latency_s = 0.02;
    fake->value = 1;
    struct aws_settings settings = {
        .region = TEXT("eu-west-1"),
        .ecs_endpoint = TEXT("https://ecs.example"),
        .cloudwatch_endpoint = TEXT("https://monitoring.example:8443"),
        .sts_endpoint = TEXT("https://sts.example"),
        .max_attempts = 3,
        .retry_scale_s = 0.05,
        .throttle_scale_s = 1,
        .connect_timeout_ms = 3100,
        .timeout_ms = 10000,
        .side_by_side = 16,
        .maximum_bytes = 6 << 20,
        .variables = {variables},
    };
    if (change)
        change(&settings);
    const struct http http = {fake, perform};
    const struct clock clock = {.context = fake, .now_s = now_s, .wait_s = wait_s};
    fake->aws = aws_new(&settings, &http, &clock, half);
    fake->cloud = aws_cloud(fake->aws);
    return fake;
}

struct scripted_aws *scripted_aws_new(void)
{
    return scripted_aws_with(NULL);
}

void scripted_aws_free(struct scripted_aws *fake)
{
    aws_free(fake->aws);
    arena_release(&fake->arena);
    free(fake);
}

void scripted_aws_fails(struct scripted_aws *fake, struct scripted_fault fault)
{
    if (fake->fault_count == SCRIPTED_AWS_FAULTS)
        abort();
    fake->faults[fake->fault_count++] = fault;
}

struct text scripted_aws_header(const struct scripted_aws *fake, const char *name)
{
    return request_value(&fake->newest, name);
}

struct described scripted_aws_describe(struct scripted_aws *fake, struct arena *arena, const char *service)
{
    const struct service_name name = {TEXT("c"), text_of(service), false};
    struct described described;
    fake->cloud.describe(fake->cloud.context, arena, &name, 1, &described);
    return described;
}

struct port_result scripted_aws_update(struct scripted_aws *fake, struct arena *arena, const char *service)
{
    const struct desired_change change = {.name = {TEXT("c"), text_of(service), false}};
    struct port_result result;
    fake->cloud.set_desired(fake->cloud.context, arena, &change, 1, &result);
    return result;
}

static void called(void *watcher, const struct call_report *report)
{
    struct scripted_aws *fake = watcher;
    fake->reports++;
    snprintf(fake->newest_report, sizeof fake->newest_report, "%s %s %.*s %.*s %d %d %.*s", report->service,
             report->operation, TEXT_ARG(report->region), TEXT_ARG(report->request_id), report->attempt,
             report->http_code, TEXT_ARG(report->error));
}

void scripted_aws_begin(struct scripted_aws *fake, double deadline_s)
{
    const struct call_context context = {
        .deadline_s = deadline_s, .trace_header = TEXT("Root=1-2;Sampled=1"), .called = called, .watcher = fake};
    fake->cloud.begin(fake->cloud.context, &context);
}
