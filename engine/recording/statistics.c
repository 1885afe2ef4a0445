// `aws cloudwatch get-metric-statistics`: {"Label", "Datapoints": [{"Timestamp", "Average", ...}]}, in any order.
#include "engine/recording/read.h"

#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static const struct text statistic_names[] = {
    {"Average", 7}, {"Maximum", 7}, {"Minimum", 7}, {"Sum", 3}, {"SampleCount", 11},
};
#define STATISTIC_NAMES (sizeof statistic_names / sizeof statistic_names[0])

// The datapoints under way. Which statistic is read is settled by the first, where nobody asked for one.
struct datapoints {
    struct file_read *file;
    struct json_source *source;
    struct page *page;
    struct text wanted;  // empty until settled
    struct text other;   // one that is there and not wanted, for messages
    bool has_time, has_value, ambiguous, extended;
    double at_s, value;
};

static bool is_statistic(const struct datapoints *points, struct text key)
{
    for (size_t i = 0; i < STATISTIC_NAMES; i++)
        if (text_eq(key, statistic_names[i]))
            return true;
    return points->extended;  // of ExtendedStatistics each member is one: p99, tm90
}

static bool take_statistic(struct datapoints *points, struct text key)
{
    if (points->wanted.n == 0)
        points->wanted = arena_text(points->file->recording->arena, key);
    if (!text_eq(points->wanted, key)) {
        points->other = key;
        points->ambiguous = true;
        return source_skip_value(points->source);
    }
    enum json_token token = json_next(points->source->reader);
    if (token != JSON_NUMBER && token != JSON_NULL)
        return source_fail(points->source, "%.*s is %s; a number is due", TEXT_ARG(points->wanted), token_kind(token));
    points->has_value = true;
    if (token == JSON_NULL || !json_read_double(points->source->reader, &points->value))
        points->value = NAN;
    return true;
}

static bool datapoint_member(void *context, struct text key)
{
    struct datapoints *points = context;
    bool zoned = true;
    if (points->extended || is_statistic(points, key))
        return take_statistic(points, key);
    if (text_is(key, "Timestamp")) {
        points->has_time = true;
        if (!source_stamp(points->source, json_next(points->source->reader), &points->at_s, &zoned))
            return false;
        points->page->unzoned |= !zoned;
        return true;
    }
    if (!text_is(key, "ExtendedStatistics"))
        return source_skip_value(points->source);
    if (!source_expect(points->source, JSON_OBJECT, "ExtendedStatistics"))
        return false;
    points->extended = true;
    bool read = source_members(points->source, datapoint_member, points);
    points->extended = false;
    return read;
}

static bool check_datapoint(struct datapoints *points)
{
    if (!points->has_time)
        return source_fail(points->source, "this datapoint has no Timestamp");
    char other[EXCERPT_BYTES], wanted[EXCERPT_BYTES];
    excerpt_of(points->wanted, wanted);
    excerpt_of(points->other, other);
    if (!points->has_value && points->wanted.n == 0)
        return source_fail(points->source, "this datapoint has no statistic");
    if (!points->has_value)
        return source_fail(points->source, "this datapoint has no %s%s%s", wanted, points->other.n ? ", but " : "",
                           other);
    if (points->ambiguous && points->file->stat.n == 0)
        return source_fail(points->source, "this datapoint has both %s and %s, and no policy's metric says which",
                           wanted, other);
    return true;
}

static bool read_datapoint(void *context, enum json_token token)
{
    struct datapoints *points = context;
    struct page *page = points->page;
    if (token != JSON_OBJECT)
        return source_fail(points->source, "a datapoint is %s; an object is due", token_kind(token));
    points->has_time = points->has_value = points->ambiguous = false;
    points->other = (struct text){NULL, 0};
    if (!source_members(points->source, datapoint_member, points) || !check_datapoint(points))
        return false;
    struct arena *arena = points->file->recording->arena;
    if (column_full(&page->times))
        column_widen(arena, &page->times);
    if (column_full(&page->values))
        column_widen(arena, &page->values);
    page->times.items[page->times.count++] = points->at_s;
    page->values.items[page->values.count++] = points->value;
    return true;
}

bool read_datapoints(struct file_read *file, struct json_source *source, struct page *page)
{
    struct datapoints points = {.file = file, .source = source, .page = page, .wanted = file->stat};
    if (!source_expect(source, JSON_ARRAY, "Datapoints") || !source_items(source, read_datapoint, &points))
        return false;
    page->statistic = points.wanted;
    file->any_order = true;
    return true;
}
