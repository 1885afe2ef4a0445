// GetMetricData (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
#include <math.h>
#include <stdio.h>

#include "engine/aws/aws_parts.h"
#include "engine/base/json_write.h"

#define BODY_BYTES (4 * 1024 * 1024)  // 500 queries with 30 dimensions each fit; AWS's own limit is lower
#define TOKEN_BYTES (64 * 1024)
#define ERROR_BYTES 500

static const struct operation get_metric_data = {
    "cloudwatch", "monitoring",    "GraniteServiceVersion20100801", "GetMetricData", "application/x-amz-json-1.0",
    false,        PACE_METRIC_DATA};

// All requests of one call of the port.
struct asking {
    struct aws *aws;
    struct arena *arena, *scratch;
    const struct metric_request *requests;
    size_t count;
    struct text **dimensions;  // of each request the values, resolved
    struct metric_answer *answers;
    struct metric_plan plan;
};

static struct text subject_of(struct arena *arena, const struct metric_request *request)
{
    return arena_format(arena, "%.*s of %.*s/%.*s", TEXT_ARG(request->metric->name),
                        TEXT_ARG(request->service->cluster), TEXT_ARG(request->service->service));
}

// ---- requests ---------------------------------------------------------------------------------------------

// A metric whose dimensions cannot be told is not asked for, and never reads as one without points.
static bool resolve_dimensions(struct asking *asking, size_t index)
{
    const struct metric_request *request = &asking->requests[index];
    const struct metric *metric = request->metric;
    struct text *values = ARENA_ARRAY(asking->scratch, metric->dimension_count, struct text);
    struct text why;
    asking->dimensions[index] = values;
    for (size_t i = 0; i < metric->dimension_count; i++) {
        if (dimension_resolve(asking->scratch, metric->dimensions[i].value, request->service, &values[i], &why))
            continue;
        struct text subject = subject_of(asking->scratch, request), dimension = metric->dimensions[i].name;
        asking->answers[index] = (struct metric_answer){
            .result.error = arena_format(asking->arena, "metric %.*s: its dimension %.*s cannot be told: %.*s",
                                         TEXT_ARG(subject), TEXT_ARG(dimension), TEXT_ARG(why)),
            .view = {.status = METRIC_FAILED, .from_s = request->start_s},
        };
        return false;
    }
    return true;
}

static void write_query(struct json_writer *json, const struct asking *asking, const struct query *query, size_t id)
{
    const struct metric *metric = asking->requests[query->request].metric;
    char name[24];
    snprintf(name, sizeof name, "q%zu", id);
    json_open_object(json);
    json_key(json, "Id");
    json_string(json, name);
    json_key(json, "MetricStat");
    json_open_object(json);
    json_key(json, "Metric");
    json_open_object(json);
    json_key(json, "Namespace");
    json_text(json, metric->metric_namespace);
    json_key(json, "MetricName");
    json_text(json, metric->metric);
    json_key(json, "Dimensions");
    json_open_array(json);
    for (size_t i = 0; i < metric->dimension_count; i++) {
        json_open_object(json);
        json_key(json, "Name");
        json_text(json, metric->dimensions[i].name);
        json_key(json, "Value");
        json_text(json, asking->dimensions[query->request][i]);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
    json_key(json, "Period");
    json_int(json, metric->period_s);
    json_key(json, "Stat");
    json_text(json, metric->stat);
    json_close_object(json);
    json_key(json, "ReturnData");
    json_bool(json, true);
    json_close_object(json);
}

static struct text body_of(const struct asking *asking, const struct query_batch *batch)
{
    struct buffer body;
    struct json_writer json;
    buffer_init(&body, BODY_BYTES);
    json_begin(&json, &body, 0);
    json_open_object(&json);
    json_key(&json, "StartTime");
    json_int(&json, batch->start_s);
    json_key(&json, "EndTime");
    json_int(&json, batch->end_s);
    json_key(&json, "ScanBy");
    json_string(&json, "TimestampAscending");
    json_key(&json, "MaxDatapoints");
    json_int(&json, DATAPOINTS_MAXIMUM);
    if (batch->pages) {
        json_key(&json, "NextToken");
        json_text(&json, batch->tokens[batch->pages - 1]);
    }
    json_key(&json, "MetricDataQueries");
    json_open_array(&json);
    for (size_t i = 0; i < batch->count; i++)
        write_query(&json, asking, &asking->plan.queries[batch->first + i], i);
    json_close_array(&json);
    json_close_object(&json);
    struct text text = arena_text(asking->scratch, buffer_text(&body));
    buffer_release(&body);
    return text;
}

static struct text batch_target(const struct asking *asking, const struct query_batch *batch)
{
    struct text first = subject_of(asking->scratch, &asking->requests[asking->plan.queries[batch->first].request]);
    return batch->count == 1 ? first
                             : arena_format(asking->scratch, "%.*s and %zu more", TEXT_ARG(first), batch->count - 1);
}

// ---- answers ----------------------------------------------------------------------------------------------

// A token that comes again would go round for ever.
static bool take_token(struct asking *asking, struct query_batch *batch, struct call *call, struct text token)
{
    batch->done = token.n == 0;
    if (batch->done)
        return true;
    for (size_t i = 0; i < batch->pages; i++) {
        if (text_eq(batch->tokens[i], token)) {
            call_nonsense(asking->scratch, call, "its NextToken is that of an earlier page");
            return false;
        }
    }
    if (batch->pages + 1 >= PAGES_MAXIMUM || token.n > TOKEN_BYTES) {
        call_nonsense(asking->scratch, call, "it goes on behind %d pages, or its NextToken is too long", PAGES_MAXIMUM);
        return false;
    }
    batch->tokens =
        arena_grow(asking->scratch, batch->tokens, batch->pages, &batch->capacity, batch->pages + 1, sizeof token);
    batch->tokens[batch->pages++] = token;
    return true;
}

static void take_answer(struct asking *asking, struct query_batch *batch, struct call *call)
{
    struct buffer error;
    struct text token = {NULL, 0};
    batch->call = call;
    if (call->result.status == PORT_OK) {
        buffer_init(&error, ERROR_BYTES);
        if (!metric_page_read(asking->scratch, call->answer, &asking->plan, batch, &token, &error))
            call_nonsense(asking->scratch, call, "%.*s", TEXT_ARG(buffer_text(&error)));
        buffer_release(&error);
    }
    if (call->result.status != PORT_OK || !take_token(asking, batch, call, token))
        batch->done = true;
}

// All pages of all batches, side by side.
static void ask(struct asking *asking)
{
    struct metric_plan *plan = &asking->plan;
    struct query_batch **of = ARENA_ARRAY(asking->scratch, plan->batch_count, struct query_batch *);
    for (;;) {
        struct call *calls = ARENA_ARRAY(asking->scratch, plan->batch_count, struct call);
        size_t n = 0;
        for (size_t i = 0; i < plan->batch_count; i++) {
            struct query_batch *batch = &plan->batches[i];
            if (batch->done)
                continue;
            of[n] = batch;
            calls[n++] = (struct call){
                .operation = &get_metric_data,
                .body = body_of(asking, batch),
                .target = batch_target(asking, batch),
            };
        }
        if (n == 0)
            return;
        aws_calls(asking->aws, asking->scratch, calls, n);
        for (size_t i = 0; i < n; i++)
            take_answer(asking, of[i], &calls[i]);
    }
}

// ---- views ------------------------------------------------------------------------------------------------

// What is short of points, and in whose words.
static struct text warning_of(const struct asking *asking, const struct query_batch *batch, const struct query *query)
{
    static const char *const what[] = {
        [METRIC_COMPLETE] = "CloudWatch says",
        [METRIC_PARTIAL] = "CloudWatch has not answered all of it",
        [METRIC_FAILED] = "CloudWatch could not or may not answer it",
    };
    struct text subject = subject_of(asking->scratch, &asking->requests[query->request]);
    struct text message = query->message.n ? query->message : batch->message;
    struct text id = batch->call->request_id;
    if (!query->answered)
        return arena_format(asking->arena, "GetMetricData of %.*s: the answer has no result for it (request id %.*s)",
                            TEXT_ARG(subject), TEXT_ARG(id));
    if (query->series.status == METRIC_COMPLETE && message.n == 0)
        return (struct text){NULL, 0};
    return arena_format(asking->arena, "GetMetricData of %.*s: %s%s%.*s (request id %.*s)", TEXT_ARG(subject),
                        what[query->series.status], message.n ? ": " : "", TEXT_ARG(message), TEXT_ARG(id));
}

static void settle_query(const struct query_batch *batch, struct query *query)
{
    if (!query->answered)
        query->series.status = METRIC_FAILED;
    // A message about the call as a whole says that not all of it was done.
    if (batch->message.n && query->series.status == METRIC_COMPLETE)
        query->series.status = METRIC_PARTIAL;
}

// The parts of one request come together; the first that failed fails it.
static void take_query(struct asking *asking, const struct query_batch *batch, struct query *query,
                       struct recorded_series **merged)
{
    struct metric_answer *answer = &asking->answers[query->request];
    const struct metric_request *request = &asking->requests[query->request];
    if (answer->result.status != PORT_OK)
        return;
    if (batch->call->result.status != PORT_OK) {
        *answer = (struct metric_answer){
            .result = call_result_of(asking->arena, batch->call, subject_of(asking->scratch, request)),
            .view = {.status = METRIC_FAILED, .from_s = request->start_s},
        };
        return;
    }
    settle_query(batch, query);
    if (answer->result.error.n == 0)
        answer->result.error = warning_of(asking, batch, query);
    struct recorded_series **series = &merged[query->request];
    if (*series)
        series_merge(asking->scratch, *series, &query->series);
    else
        *series = &query->series;
}

static void settle(struct asking *asking)
{
    struct metric_plan *plan = &asking->plan;
    struct recorded_series **merged = ARENA_ARRAY(asking->scratch, asking->count, struct recorded_series *);
    for (size_t i = 0; i < plan->batch_count; i++)
        for (size_t j = 0; j < plan->batches[i].count; j++)
            take_query(asking, &plan->batches[i], &plan->queries[plan->batches[i].first + j], merged);
    for (size_t i = 0; i < asking->count; i++) {
        const struct metric_request *request = &asking->requests[i];
        if (merged[i] && asking->answers[i].result.status == PORT_OK)
            asking->answers[i].view =
                recording_view(asking->arena, merged[i], request->metric, request->start_s, request->end_s);
    }
}

void cloudwatch_metrics(void *context, struct arena *arena, const struct metric_request *requests, size_t count,
                        struct metric_answer *answers)
{
    struct arena scratch;
    arena_init(&scratch);
    struct asking asking = {
        .aws = context,
        .arena = arena,
        .scratch = &scratch,
        .requests = requests,
        .count = count,
        .dimensions = ARENA_ARRAY(&scratch, count, struct text *),
        .answers = answers,
    };
    bool *wanted = ARENA_ARRAY(&scratch, count, bool);
    for (size_t i = 0; i < count; i++) {
        answers[i] = (struct metric_answer){.view = {.status = METRIC_COMPLETE, .from_s = requests[i].start_s}};
        // An empty span has no point; CloudWatch would refuse the whole call for it.
        wanted[i] = requests[i].start_s < requests[i].end_s && resolve_dimensions(&asking, i);
    }
    metric_plan_make(&scratch, requests, wanted, count, &asking.plan);
    for (size_t i = 0; i < asking.plan.query_count; i++)
        asking.plan.queries[i].series.dropped_at_s = -INFINITY;
    ask(&asking);
    settle(&asking);
    arena_release(&scratch);
}
