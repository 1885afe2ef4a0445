// `aws cloudwatch get-metric-data`: {"MetricDataResults": [{"Id", "Label", "Timestamps", "Values", "StatusCode"}]}.
#include "engine/recording/read.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

// One result under way; the columns are used again for the next.
struct result {
    struct json_source *source;
    struct arena *arena;
    bool (*take)(void *context, struct page *);
    void *context;
    struct page page;
    bool has_id;
    struct text message_code, message_value;
};

static bool read_times(struct result *result)
{
    struct json_reader *reader = result->source->reader;
    struct column *times = &result->page.times;
    enum json_token token;
    while ((token = json_next(reader)) != JSON_ARRAY_END) {
        double at_s;
        bool zoned;
        if (!source_stamp(result->source, token, &at_s, &zoned))
            return false;
        if (column_full(times))
            column_widen(result->arena, times);
        times->items[times->count++] = at_s;
        result->page.unzoned |= !zoned;
    }
    return true;
}

// What is not finite is text in AWS's JSON, and null in that of many writers; so is a number past a double's range.
static bool read_value(struct result *result, enum json_token token, double *value)
{
    static const struct text not_finite[] = {{"NaN", 3}, {"Infinity", 8}, {"-Infinity", 9}};
    struct json_reader *reader = result->source->reader;
    *value = NAN;
    if (token == JSON_NULL)
        return true;
    if (token == JSON_NUMBER) {
        if (!json_read_double(reader, value))
            *value = NAN;
        return true;
    }
    for (size_t i = 0; token == JSON_STRING && i < sizeof not_finite / sizeof not_finite[0]; i++)
        if (text_eq(reader->text, not_finite[i]))
            return true;
    return source_fail(result->source, "%s stands where a value is due", token_kind(token));
}

static bool read_values(struct result *result)
{
    struct json_reader *reader = result->source->reader;
    struct column *values = &result->page.values;
    enum json_token token;
    while ((token = json_next(reader)) != JSON_ARRAY_END) {
        double value;
        if (!read_value(result, token, &value))
            return false;
        if (column_full(values))
            column_widen(result->arena, values);
        values->items[values->count++] = value;
    }
    return true;
}

static bool read_status(struct result *result)
{
    struct text status = {NULL, 0};
    if (!source_text(result->source, "StatusCode", &status))
        return false;
    if (!status.p)  // a null says no more than none
        return true;
    result->page.has_status = true;
    if (text_is(status, "Complete"))
        result->page.status = METRIC_COMPLETE;
    else
        result->page.status = text_is(status, "PartialData") ? METRIC_PARTIAL : METRIC_FAILED;
    return true;
}

// Messages are for people: one that is no text is passed over.
static bool read_words(struct result *result, struct text *words)
{
    enum json_token token = json_next(result->source->reader);
    if (token == JSON_STRING)
        *words = result->source->reader->text;
    return json_skip(result->source->reader, token) || source_fail(result->source, "a text is due");
}

static bool message_member(void *context, struct text key)
{
    struct result *result = context;
    if (text_is(key, "Code"))
        return read_words(result, &result->message_code);
    if (text_is(key, "Value"))
        return read_words(result, &result->message_value);
    return source_skip_value(result->source);
}

static bool message_item(void *context, enum json_token token)
{
    struct result *result = context;
    if (token != JSON_OBJECT)
        return json_skip(result->source->reader, token) || source_fail(result->source, "a message is due");
    result->message_code = result->message_value = (struct text){NULL, 0};
    if (!source_members(result->source, message_member, result))
        return false;
    if (result->page.message.n == 0)
        result->page.message = result->message_value.n ? result->message_value : result->message_code;
    return true;
}

static bool read_messages(struct result *result)
{
    enum json_token token = json_next(result->source->reader);
    if (token == JSON_ARRAY)
        return source_items(result->source, message_item, result);
    return json_skip(result->source->reader, token) || source_fail(result->source, "messages are due");
}

static bool result_member(void *context, struct text key)
{
    struct result *result = context;
    if (text_is(key, "Timestamps")) {
        result->page.has_times = true;
        return source_expect(result->source, JSON_ARRAY, "Timestamps") && read_times(result);
    }
    if (text_is(key, "Values")) {
        result->page.has_values = true;
        return source_expect(result->source, JSON_ARRAY, "Values") && read_values(result);
    }
    if (text_is(key, "StatusCode"))
        return read_status(result);
    if (text_is(key, "Label"))
        return source_text(result->source, "Label", &result->page.label);
    if (text_is(key, "Messages"))
        return read_messages(result);
    if (!text_is(key, "Id"))
        return source_skip_value(result->source);
    result->has_id = true;
    return source_text(result->source, "Id", &result->page.id);
}

static bool read_result(void *context, enum json_token token)
{
    struct result *result = context;
    struct page *page = &result->page;
    if (token != JSON_OBJECT)
        return source_fail(result->source, "a metric result is %s; an object is due", token_kind(token));
    *page = (struct page){.times = page->times, .values = page->values};
    page->times.count = page->values.count = 0;
    result->has_id = false;
    if (!source_members(result->source, result_member, result))
        return false;
    if (!result->has_id)
        return source_fail(result->source, "this metric result has no Id");
    if (page->times.count != page->values.count) {
        char id[EXCERPT_BYTES];
        return source_fail(result->source, "%s has %zu Timestamps and %zu Values", excerpt_of(page->id, id),
                           page->times.count, page->values.count);
    }
    return result->take(result->context, page);
}

bool read_metric_pages(struct json_source *source, struct arena *arena, bool (*take)(void *context, struct page *),
                       void *context)
{
    struct result result = {.source = source, .arena = arena, .take = take, .context = context};
    return source_expect(source, JSON_ARRAY, "MetricDataResults") && source_items(source, read_result, &result);
}

static bool take_page(void *context, struct page *page)
{
    file_add_page(context, page);
    return true;
}

bool read_metric_results(struct file_read *file, struct json_source *source)
{
    return read_metric_pages(source, file->recording->arena, take_page, file);
}
