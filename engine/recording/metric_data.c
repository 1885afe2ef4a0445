// `aws cloudwatch get-metric-data`: {"MetricDataResults": [{"Id", "Label", "Timestamps", "Values", "StatusCode"}]}.
#include "engine/recording/read.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

// One result under way; the columns are used again for the next.
struct result {
    struct file_read *file;
    struct json_source *source;
    struct page page;
    bool has_id;
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
            column_widen(result->file->recording->arena, times);
        times->items[times->count++] = at_s;
        result->page.unzoned |= !zoned;
    }
    return true;
}

// A null is what a writer makes of a value that is not finite; so is a number past a double's range.
static bool read_values(struct result *result)
{
    struct json_reader *reader = result->source->reader;
    struct column *values = &result->page.values;
    enum json_token token;
    while ((token = json_next(reader)) != JSON_ARRAY_END) {
        double value = NAN;
        if (token != JSON_NUMBER && token != JSON_NULL)
            return source_fail(result->source, "%s stands where a value is due", token_kind(token));
        if (token == JSON_NUMBER && !json_read_double(reader, &value))
            value = NAN;
        if (column_full(values))
            column_widen(result->file->recording->arena, values);
        values->items[values->count++] = value;
    }
    return true;
}

static bool read_status(struct result *result)
{
    struct text status = TEXT("Complete");
    if (!source_text(result->source, "StatusCode", &status))
        return false;
    if (text_is(status, "Complete"))
        result->page.status = METRIC_COMPLETE;
    else
        result->page.status = text_is(status, "PartialData") ? METRIC_PARTIAL : METRIC_FAILED;
    return true;
}

static bool result_member(void *context, struct text key)
{
    struct result *result = context;
    if (text_is(key, "Timestamps"))
        return source_expect(result->source, JSON_ARRAY, "Timestamps") && read_times(result);
    if (text_is(key, "Values"))
        return source_expect(result->source, JSON_ARRAY, "Values") && read_values(result);
    if (text_is(key, "StatusCode"))
        return read_status(result);
    if (text_is(key, "Label"))
        return source_text(result->source, "Label", &result->page.label);
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
    file_add_page(result->file, page);
    return true;
}

bool read_metric_results(struct file_read *file, struct json_source *source)
{
    struct result result = {.file = file, .source = source};
    return source_expect(source, JSON_ARRAY, "MetricDataResults") && source_items(source, read_result, &result);
}
