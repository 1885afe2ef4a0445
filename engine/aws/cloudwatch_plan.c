// Which queries go into which GetMetricData call: few calls, none over 500 queries or 100,800 points.
#include <stdlib.h>

#include "engine/aws/aws_parts.h"

#define VALUE_BYTES 1024  // of a dimension

// ---- dimensions -------------------------------------------------------------------------------------------

static bool add_tag(const struct service_state *service, struct arena *arena, struct text key, struct buffer *value,
                    struct text *why)
{
    if (!service->tags_read) {
        *why = arena_format(arena, "the tag %.*s is not known: tags could not be read", TEXT_ARG(key));
        return false;
    }
    for (size_t i = 0; i < service->tag_count; i++) {
        if (text_eq(service->tags[i].key, key) && service->tags[i].value.n) {
            buffer_add(value, service->tags[i].value);
            return true;
        }
    }
    *why = arena_format(arena, "the service has no tag %.*s", TEXT_ARG(key));
    return false;
}

static bool add_placeholder(const struct service_state *service, struct arena *arena, struct text name,
                            struct buffer *value, struct text *why)
{
    const struct text tag = TEXT("tag:");
    if (text_starts(name, tag))
        return add_tag(service, arena, text_from(name, tag.n), value, why);
    buffer_add(value, text_is(name, "cluster") ? service->cluster : service->service);
    return true;
}

static bool resolve(struct arena *arena, struct text pattern, const struct service_state *service, struct buffer *value,
                    struct text *why)
{
    size_t open, close;
    while (text_find(pattern, '{', &open) && text_find(text_from(pattern, open), '}', &close)) {
        buffer_add(value, (struct text){pattern.p, open});
        if (!add_placeholder(service, arena, (struct text){pattern.p + open + 1, close - 1}, value, why))
            return false;
        pattern = text_from(pattern, open + close + 1);
    }
    buffer_add(value, pattern);
    if (value->n && !value->truncated)
        return true;
    *why = arena_format(arena, "a dimension's value is empty or longer than %d bytes", VALUE_BYTES);
    return false;
}

bool dimension_resolve(struct arena *arena, struct text pattern, const struct service_state *service,
                       struct text *value, struct text *why)
{
    struct buffer buffer;
    buffer_init(&buffer, VALUE_BYTES);
    bool good = resolve(arena, pattern, service, &buffer, why);
    if (good)
        *value = arena_text(arena, buffer_text(&buffer));
    buffer_release(&buffer);
    return good;
}

// ---- queries ----------------------------------------------------------------------------------------------

static int64_t round_down(int64_t at_s, int64_t period_s)
{
    int64_t over_s = at_s % period_s;
    return at_s - (over_s < 0 ? over_s + period_s : over_s);
}

static int64_t period_of(const struct metric_request *request)
{
    return request->metric->period_s ? request->metric->period_s : 1;
}

// What one query answers over that span, at most: CloudWatch's buckets begin at multiples of the period.
static int64_t points_of(int64_t start_s, int64_t end_s, int64_t period_s)
{
    return (end_s - round_down(start_s, period_s) + period_s - 1) / period_s;
}

static void add_query(struct arena *arena, struct metric_plan *plan, size_t request, int64_t start_s, int64_t end_s)
{
    plan->queries = arena_grow(arena, plan->queries, plan->query_count, &plan->query_capacity, plan->query_count + 1,
                               sizeof *plan->queries);
    plan->queries[plan->query_count++] = (struct query){.request = request, .start_s = start_s, .end_s = end_s};
}

// A span of more points than one call may answer is asked in parts.
static void add_parts(struct arena *arena, struct metric_plan *plan, const struct metric_request *request, size_t index)
{
    int64_t part_s = period_of(request) * DATAPOINTS_MAXIMUM;
    int64_t start_s = request->start_s;
    while (request->end_s - round_down(start_s, period_of(request)) > part_s) {
        int64_t end_s = round_down(start_s, period_of(request)) + part_s;
        add_query(arena, plan, index, start_s, end_s);
        start_s = end_s;
    }
    add_query(arena, plan, index, start_s, request->end_s);
}

// By start, the newest first: what asks for little comes together, and is not stretched by what asks for much.
static int by_start(const void *a, const void *b)
{
    const struct query *left = a, *right = b;
    if (left->start_s != right->start_s)
        return left->start_s > right->start_s ? -1 : 1;
    return left->request < right->request ? -1 : left->request > right->request;
}

// ---- batches ----------------------------------------------------------------------------------------------

// Rounded down for each of the periods in turn; where one of two divides the other, for both.
static bool periods_agree(int64_t a_s, int64_t b_s)
{
    return a_s % b_s == 0 || b_s % a_s == 0;
}

static bool fits(const struct metric_request *requests, const struct metric_plan *plan, const struct query_batch *batch,
                 const struct query *query)
{
    if (batch->count == QUERIES_MAXIMUM)
        return false;
    int64_t period_s = period_of(&requests[query->request]);
    int64_t start_s = round_down(query->start_s < batch->start_s ? query->start_s : batch->start_s, period_s);
    int64_t end_s = query->end_s > batch->end_s ? query->end_s : batch->end_s;
    int64_t points = points_of(start_s, end_s, period_s);
    for (size_t i = 0; i < batch->count; i++) {
        int64_t other_s = period_of(&requests[plan->queries[batch->first + i].request]);
        if (!periods_agree(period_s, other_s))
            return false;
        points += points_of(start_s, end_s, other_s);
    }
    return points <= DATAPOINTS_MAXIMUM;
}

static void add_to_batch(const struct metric_request *requests, struct query_batch *batch, const struct query *query)
{
    int64_t start_s = round_down(query->start_s, period_of(&requests[query->request]));
    bool first = batch->count++ == 0;
    if (first || start_s < batch->start_s)
        batch->start_s = start_s;
    if (first || query->end_s > batch->end_s)
        batch->end_s = query->end_s;
}

void metric_plan_make(struct arena *arena, const struct metric_request *requests, const bool *wanted, size_t count,
                      struct metric_plan *plan)
{
    *plan = (struct metric_plan){0};
    for (size_t i = 0; i < count; i++)
        if (wanted[i])
            add_parts(arena, plan, &requests[i], i);
    if (plan->query_count)
        qsort(plan->queries, plan->query_count, sizeof *plan->queries, by_start);
    for (size_t i = 0; i < plan->query_count; i++) {
        struct query_batch *batch = plan->batch_count ? &plan->batches[plan->batch_count - 1] : NULL;
        if (!batch || !fits(requests, plan, batch, &plan->queries[i])) {
            plan->batches = arena_grow(arena, plan->batches, plan->batch_count, &plan->batch_capacity,
                                       plan->batch_count + 1, sizeof *plan->batches);
            batch = &plan->batches[plan->batch_count++];
            *batch = (struct query_batch){.first = i};
        }
        add_to_batch(requests, batch, &plan->queries[i]);
    }
}
