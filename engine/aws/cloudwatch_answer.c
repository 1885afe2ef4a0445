// One page of GetMetricData's answer.
#include "engine/aws/aws_parts.h"

struct page_read {
    struct arena *arena;
    struct metric_plan *plan;
    struct query_batch *batch;
    struct json_source *source;
    struct text next_token;
    bool has_results;
};

// The index behind the 'q' of an Id, as it was written: no leading zero, within the batch.
static bool query_index(struct text id, size_t count, size_t *index)
{
    int64_t number;
    if (id.n < 2 || id.p[0] != 'q' || (id.p[1] == '0' && id.n > 2) || !text_to_int64(text_from(id, 1), &number))
        return false;
    if (number < 0 || (uint64_t)number >= count)
        return false;
    *index = (size_t)number;
    return true;
}

static bool take_page(void *context, struct page *page)
{
    struct page_read *read = context;
    size_t index;
    char id[EXCERPT_BYTES];
    if (!query_index(page->id, read->batch->count, &index))
        return source_fail(read->source, "the Id %s was not asked for", excerpt_of(page->id, id));
    struct query *query = &read->plan->queries[read->batch->first + index];
    if (query->on_page)
        return source_fail(read->source, "the Id %s is there twice", excerpt_of(page->id, id));
    if (!page->has_status)
        return source_fail(read->source, "%s has no StatusCode", excerpt_of(page->id, id));
    // Left out, they are not the same as empty: a metric without points can put a service to sleep.
    if (!page->has_times || !page->has_values)
        return source_fail(read->source, "%s has no %s", excerpt_of(page->id, id),
                           page->has_times ? "Values" : "Timestamps");
    query->on_page = query->answered = true;
    if (page->message.n)
        query->message = printable(read->arena, page->message, 300);
    series_add_page(read->arena, &query->series, page);
    return true;
}

static bool message_member(void *context, struct text key)
{
    struct page_read *read = context;
    if (text_is(key, "Value") || text_is(key, "Code")) {
        struct text text = {NULL, 0};
        if (!source_text(read->source, "a message's text", &text))
            return false;
        if (read->batch->message.n == 0 || text_is(key, "Value"))
            read->batch->message = printable(read->arena, text, 300);
        return true;
    }
    return source_skip_value(read->source);
}

static bool message_item(void *context, enum json_token token)
{
    struct page_read *read = context;
    if (token != JSON_OBJECT)
        return source_fail(read->source, "a message is %s; an object is due", token_kind(token));
    if (!source_members(read->source, message_member, read))
        return false;
    if (read->batch->message.n == 0)
        read->batch->message = TEXT("a message without a text");
    return true;
}

static bool take_messages(struct page_read *read)
{
    enum json_token token = json_next(read->source->reader);
    if (token == JSON_NULL)
        return true;
    if (token != JSON_ARRAY)
        return source_fail(read->source, "Messages is %s; an array is due", token_kind(token));
    return source_items(read->source, message_item, read);
}

static bool page_member(void *context, struct json_source *source, struct text key)
{
    struct page_read *read = context;
    read->source = source;
    if (text_is(key, "NextToken"))
        return source_text(source, "NextToken", &read->next_token);
    if (text_is(key, "Messages"))
        return take_messages(read);
    if (!text_is(key, "MetricDataResults"))
        return source_skip_value(source);
    read->has_results = true;
    return read_metric_pages(source, read->arena, take_page, read);
}

bool metric_page_read(struct arena *arena, struct text body, struct metric_plan *plan, struct query_batch *batch,
                      struct text *next_token, struct buffer *error)
{
    struct page_read read = {.arena = arena, .plan = plan, .batch = batch};
    for (size_t i = 0; i < batch->count; i++)
        plan->queries[batch->first + i].on_page = false;
    if (!answer_object(arena, body, page_member, &read, error))
        return false;
    if (!read.has_results) {
        buffer_add(error, TEXT("it has no MetricDataResults"));
        return false;
    }
    *next_token = read.next_token;
    return true;
}
