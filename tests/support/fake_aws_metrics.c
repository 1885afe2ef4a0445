// CloudWatch's GetMetricData (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/json_write.h"
#include "engine/report/json_parts.h"
#include "tests/support/fake_aws.h"

#define QUERIES 500
#define MOST_POINTS 100800
#define TOKEN "page-"

static void refuse(struct fake_call *call, const char *type, const char *query_error, const char *message)
{
    buffer_printf(&call->reply->headers, "x-amzn-query-error: %s;Sender\r\n", query_error);
    fake_error(call, 400, type, "%s", message);
}

static void refuse_value(struct fake_call *call, const char *message)
{
    refuse(call, "InvalidParameterValueException", "InvalidParameterValue", message);
}

static void refuse_missing(struct fake_call *call, const char *message)
{
    refuse(call, "MissingRequiredParameterException", "MissingParameter", message);
}

static bool id_valid(const char *id)
{
    if (!id || !islower((unsigned char)id[0]) || strlen(id) > 255)
        return false;
    for (; *id; id++)
        if (!isalnum((unsigned char)*id) && *id != '_')
            return false;
    return true;
}

static bool period_valid(double period_s)
{
    static const double high_resolution[] = {1, 5, 10, 20, 30};
    for (size_t i = 0; i < sizeof high_resolution / sizeof high_resolution[0]; i++)
        if (period_s == high_resolution[i])
            return true;
    return period_s >= 60 && period_s <= 86400 && fmod(period_s, 60) == 0;
}

static bool query_valid(struct fake_call *call, const cJSON *query)
{
    const cJSON *stat = cJSON_GetObjectItemCaseSensitive(query, "MetricStat");
    const cJSON *metric = cJSON_GetObjectItemCaseSensitive(stat, "Metric");
    const char *statistic = member_text(stat, "Stat", "");
    if (!id_valid(member_text(query, "Id", NULL)))
        refuse_value(call, "The value for parameter MetricDataQueries.member.Id is not matching the expected pattern "
                           "^[a-z][a-zA-Z0-9_]*$");
    else if (!cJSON_IsObject(metric))
        refuse_missing(call, "this fake knows MetricStat only, and that needs a Metric");
    else if (!member_text(metric, "Namespace", NULL) || !member_text(metric, "MetricName", NULL))
        refuse_missing(call, "The parameter MetricName and Namespace are required.");
    else if (!period_valid(member_number(stat, "Period", 0)))
        refuse_value(call, "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60");
    else if (!samples_stat_known(text_of(statistic)))
        refuse_value(call, "The value for parameter Stat is not a known statistic");
    else if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(metric, "Dimensions")) > 30)
        refuse_value(call, "At most 30 dimensions");
    else
        return true;
    return false;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool ids_differ(struct fake_call *call, const cJSON *queries)
{
    const char *ids[QUERIES];
    size_t count = 0;
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        ids[count++] = member_text(query, "Id", "");
    }
    qsort(ids, count, sizeof ids[0], by_text);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(ids[i - 1], ids[i]) == 0) {
            refuse_value(call, "The values for parameter Id in MetricDataQueries are not unique.");
            return false;
        }
    }
    return true;
}

static bool queries_valid(struct fake_call *call, const cJSON *queries)
{
    const cJSON *query;
    if (!cJSON_IsArray(queries) || !queries->child) {
        refuse_missing(call, "The parameter MetricDataQueries is required.");
        return false;
    }
    if (cJSON_GetArraySize(queries) > QUERIES) {
        refuse(call, "ValidationException", "ValidationError",
               "The collection MetricDataQueries must not have a size greater than 500.");
        return false;
    }
    cJSON_ArrayForEach(query, queries)
    {
        if (!query_valid(call, query))
            return false;
    }
    return ids_differ(call, queries);
}

// The token says how many results, and how many points of the next one, went before.
struct page {
    int64_t results, points;  // passed over
    int64_t most_points, most_results;
    bool newest_first;
    double start_s, end_s;
};

static bool token_valid(const char *token, struct page *page)
{
    struct text rest = text_of(token);
    size_t dash;
    if (!text_starts(rest, TEXT(TOKEN)))
        return false;
    rest = text_from(rest, sizeof TOKEN - 1);
    if (!text_find(rest, '-', &dash))
        return false;
    struct text results = {rest.p, dash};
    return text_to_int64(results, &page->results) && text_to_int64(text_from(rest, dash + 1), &page->points) &&
           page->results >= 0 && page->points >= 0;
}

static bool page_valid(const struct fake *fake, struct fake_call *call, struct page *page)
{
    const char *token = member_text(call->body, "NextToken", NULL);
    const char *order = member_text(call->body, "ScanBy", "TimestampDescending");
    double most = member_number(call->body, "MaxDatapoints", MOST_POINTS);
    *page = (struct page){.most_results = fake->world->page_results};
    page->newest_first = strcmp(order, "TimestampDescending") == 0;
    page->start_s = member_number(call->body, "StartTime", NAN);
    page->end_s = member_number(call->body, "EndTime", NAN);
    page->most_points = (int64_t)fmin(most, (double)fake->world->page_points);
    if (isnan(page->start_s) || isnan(page->end_s))
        refuse_missing(call, "The parameters StartTime and EndTime are required, as numbers.");
    else if (page->start_s >= page->end_s)
        refuse_value(call, "The parameter StartTime must be less than the parameter EndTime.");
    else if (most < 1 || most > MOST_POINTS)
        refuse_value(call, "MaxDatapoints must be within 1 and 100800.");
    else if (!page->newest_first && strcmp(order, "TimestampAscending") != 0)
        refuse_value(call, "ScanBy is TimestampDescending or TimestampAscending.");
    else if (token && !token_valid(token, page))
        refuse(call, "InvalidNextToken", "InvalidNextToken", "The next token specified is invalid.");
    else
        return true;
    return false;
}

static bool dimension_matches(const struct fake_metric *metric, const cJSON *dimension)
{
    const char *name = member_text(dimension, "Name", ""), *value = member_text(dimension, "Value", "");
    for (size_t i = 0; i < metric->dimension_count; i++)
        if (strcmp(metric->dimensions[i].key, name) == 0)
            return text_glob(text_of(value), text_of(metric->dimensions[i].value));
    return false;
}

// All dimensions must be named: CloudWatch does not add metrics up.
static bool metric_matches(const struct fake_metric *metric, const cJSON *wanted)
{
    const cJSON *dimensions = cJSON_GetObjectItemCaseSensitive(wanted, "Dimensions"), *dimension;
    if (strcmp(metric->name, member_text(wanted, "MetricName", "")) != 0 ||
        strcmp(metric->name_space, member_text(wanted, "Namespace", "")) != 0 ||
        (size_t)cJSON_GetArraySize(dimensions) != metric->dimension_count)
        return false;
    cJSON_ArrayForEach(dimension, dimensions)
    {
        if (!dimension_matches(metric, dimension))
            return false;
    }
    return true;
}

// The services that a dimension names have been measured.
static void note_measured(struct fake *fake, const cJSON *wanted)
{
    const cJSON *dimension;
    cJSON_ArrayForEach(dimension, cJSON_GetObjectItemCaseSensitive(wanted, "Dimensions"))
    {
        const char *value = member_text(dimension, "Value", "");
        struct fake_service *service = world_find(fake->world, TEXT("fleet"), text_of(value));
        for (size_t i = 0; !service && fake->world->service_count < 100 && i < fake->world->service_count; i++)
            if (strcmp(fake->world->services[i]->name, value) == 0)
                service = fake->world->services[i];
        if (service)
            service->measured_s = fake_now_s(fake);
    }
}

static struct fake_query query_of(struct fake *fake, const cJSON *query, const struct page *page)
{
    const cJSON *stat = cJSON_GetObjectItemCaseSensitive(query, "MetricStat");
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(stat, "Metric");
    const struct fake_metric *metric = fake->world->metrics;
    while (metric && !metric_matches(metric, wanted))
        metric = metric->next;
    note_measured(fake, wanted);
    return (struct fake_query){.metric = metric,
                               .stat = text_of(member_text(stat, "Stat", "")),
                               .period_s = (int64_t)member_number(stat, "Period", 60),
                               .start_s = (int64_t)floor(page->start_s),
                               .end_s = (int64_t)ceil(page->end_s),
                               .now_s = fake_now_s(fake) - fake->world->lag_s};
}

static void write_column(struct json_writer *out, const char *key, const double *values, size_t first, size_t count,
                         const struct fake_samples *samples, bool backwards)
{
    json_key(out, key);
    json_open_array(out);
    for (size_t i = 0; i < count; i++)
        json_number(out, values[backwards ? samples->count - 1 - first - i : first + i]);
    json_close_array(out);
}

// The points [first, first + count) of a result; `more` come on the next page.
static void write_result(struct json_writer *out, const cJSON *query, const struct fake_query *asked,
                         const struct fake_samples *samples, size_t first, size_t count, bool newest_first)
{
    const char *status = asked->metric ? asked->metric->status : "Complete";
    bool hidden = strcmp(status, "Forbidden") == 0 || strcmp(status, "InternalError") == 0;
    bool more = !hidden && first + count < samples->count;
    const cJSON *stat = cJSON_GetObjectItemCaseSensitive(query, "MetricStat");
    const char *name = member_text(cJSON_GetObjectItemCaseSensitive(stat, "Metric"), "MetricName", "");
    json_open_object(out);
    json_member_string(out, "Id", member_text(query, "Id", ""));
    json_member_string(out, "Label", member_text(query, "Label", name));
    write_column(out, "Timestamps", samples->at_s, first, hidden ? 0 : count, samples, newest_first);
    write_column(out, "Values", samples->values, first, hidden ? 0 : count, samples, newest_first);
    json_member_string(out, "StatusCode", more ? "PartialData" : status);
    if (hidden) {
        json_key(out, "Messages");
        json_raw(out, TEXT("[{\"Code\":\"Denied\",\"Value\":\"the fake says so\"}]"));
    }
    json_close_object(out);
}

// Writes what fits the page; the token of the next one where something is left.
static void write_page(struct fake *fake, const cJSON *queries, const struct page *page, struct json_writer *out)
{
    struct fake_samples samples = {0};
    int64_t points_left = page->most_points, results_left = page->most_results, at = page->results;
    size_t first = (size_t)page->points;
    bool whole = true;
    for (const cJSON *query = cJSON_GetArrayItem(queries, (int)page->results); query; query = query->next) {
        struct fake_query asked = query_of(fake, query, page);
        if (results_left-- == 0 || points_left == 0) {
            whole = false;
            break;
        }
        samples_make(&asked, &samples);
        first = first < samples.count ? first : samples.count;
        size_t count = samples.count - first;
        if ((int64_t)count > points_left)
            count = (size_t)points_left;
        write_result(out, query, &asked, &samples, first, count, page->newest_first);
        points_left -= (int64_t)count;
        whole = first + count == samples.count;
        first = whole ? 0 : first + count;
        if (!whole)
            break;
        at++;
    }
    json_close_array(out);
    if (!whole) {
        struct buffer token;
        buffer_init(&token, 64);
        buffer_printf(&token, TOKEN "%lld-%zu", (long long)at, first);
        json_key(out, "NextToken");
        json_text(out, buffer_text(&token));
        buffer_release(&token);
    }
    free(samples.at_s);
    free(samples.values);
}

static void get_metric_data(struct fake *fake, struct fake_call *call)
{
    const cJSON *queries = cJSON_GetObjectItemCaseSensitive(call->body, "MetricDataQueries");
    struct page page;
    if (!queries_valid(call, queries) || !page_valid(fake, call, &page))
        return;
    struct json_writer out;
    json_begin(&out, &call->reply->body, 0);
    json_open_object(&out);
    json_key(&out, "MetricDataResults");
    json_open_array(&out);
    write_page(fake, queries, &page, &out);
    json_key(&out, "Messages");
    json_raw(&out, TEXT("[]"));
    json_close_object(&out);
}

void fake_cloudwatch(struct fake *fake, struct fake_call *call)
{
    if (strcmp(call->operation, "GetMetricData") == 0)
        get_metric_data(fake, call);
    else
        refuse(call, "UnknownOperationException", "InvalidAction", "Unknown operation");
}
