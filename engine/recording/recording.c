// A file's form is found from its content; a JSON object may hold metrics, services and more, in any order.
#include "engine/recording/recording.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/recording/read.h"

void recording_init(struct recording *recording, struct arena *arena)
{
    *recording = (struct recording){.arena = arena};
}

// The JSON object under way.
struct document {
    struct file_read *file;
    struct json_source *source;
    struct page datapoints;
    struct json_reader services;  // where the services begin: they are read last, once `tagsDenied` is known
    bool has_services, has_datapoints, has_results, more_pages;
};

static bool take_results(struct document *document)
{
    document->has_results = true;
    return read_metric_results(document->file, document->source);
}

static bool take_datapoints(struct document *document)
{
    document->has_datapoints = true;
    return read_datapoints(document->file, document->source, &document->datapoints);
}

static bool take_label(struct document *document)
{
    return source_text(document->source, "Label", &document->datapoints.id);
}

static bool take_services(struct document *document)
{
    if (!source_expect(document->source, JSON_ARRAY, "services"))
        return false;
    document->has_services = true;
    document->services = *document->source->reader;
    return json_skip(document->source->reader, JSON_ARRAY) || source_fail(document->source, "a service is due");
}

static bool take_now(struct document *document)
{
    struct recording *recording = document->file->recording;
    double now_s = -1;
    bool zoned;
    if (!source_instant(document->source, "now", &now_s, &zoned))
        return false;
    if (now_s >= 0) {
        recording->has_now = true;
        recording->now_s = now_s;
    }
    return true;
}

static bool take_denied(struct document *document)
{
    return source_flag(document->source, "tagsDenied", &document->file->recording->tags_denied);
}

static bool take_next_token(struct document *document)
{
    struct text token = {NULL, 0};
    if (!source_text(document->source, "NextToken", &token))
        return false;
    document->more_pages = token.n > 0;
    return true;
}

static const struct {
    struct text key;
    bool (*take)(struct document *);
} members[] = {
    {{"MetricDataResults", 17}, take_results},
    {{"Datapoints", 10}, take_datapoints},
    {{"Label", 5}, take_label},
    {{"services", 8}, take_services},
    {{"now", 3}, take_now},
    {{"tagsDenied", 10}, take_denied},
    {{"NextToken", 9}, take_next_token},
};

static bool document_member(void *context, struct text key)
{
    struct document *document = context;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (text_eq(key, members[i].key))
            return members[i].take(document);
    return source_skip_value(document->source);
}

static bool finish_services(struct document *document)
{
    struct recording *recording = document->file->recording;
    struct services_read read = {
        .arena = recording->arena,
        .source = document->file->path,
        .tags_denied = recording->tags_denied,
        .tags_asked = true,
        .states = recording->states,
        .count = recording->state_count,
        .capacity = recording->state_capacity,
    };
    recording->has_services = true;
    if (!read_services(&document->services, &read, document->file->error))
        return false;
    recording->states = read.states;
    recording->state_count = read.count;
    recording->state_capacity = read.capacity;
    return true;
}

// What only the whole document tells: names, and whether any metric is short of points.
static void finish_series(struct document *document)
{
    struct recording *recording = document->file->recording;
    if (document->has_datapoints) {
        if (document->file->metric.n)
            document->datapoints.id = document->file->metric;
        file_add_page(document->file, &document->datapoints);
    }
    for (size_t i = document->file->first_series; i < recording->series_count; i++) {
        struct recorded_series *series = &recording->series[i];
        if (document->more_pages && series->status == METRIC_COMPLETE)
            series->status = METRIC_PARTIAL;
        series->notes.incomplete = series->status != METRIC_COMPLETE;
    }
}

static bool read_json(struct file_read *file)
{
    struct json_reader reader;
    struct json_source source = {.reader = &reader, .name = file->path, .error = file->error};
    struct document document = {.file = file, .source = &source};
    json_read_begin(&reader, file->recording->arena, file->content);
    if (json_next(&reader) != JSON_OBJECT)
        return source_fail(&source, "is not a JSON object with MetricDataResults, Datapoints or services");
    if (!source_members(&source, document_member, &document))
        return false;
    if (json_next(&reader) != JSON_END)
        return source_fail(&source, "nothing may follow");
    if (!document.has_services && !document.has_datapoints && !document.has_results)
        return file_fail(file, "holds none of MetricDataResults, Datapoints and services");
    finish_series(&document);
    return !document.has_services || finish_services(&document);
}

static bool is_json(struct text content)
{
    if (text_starts(content, TEXT("\xEF\xBB\xBF")))
        content = text_from(content, 3);
    for (size_t i = 0; i < content.n; i++) {
        char c = content.p[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return c == '{' || c == '[';
    }
    return false;
}

bool recording_read(struct recording *recording, struct text path, struct text content, struct text metric,
                    struct text stat, struct buffer *error)
{
    struct file_read file = {.recording = recording,
                             .path = path,
                             .content = content,
                             .metric = metric,
                             .stat = stat,
                             .error = error,
                             .first_series = recording->series_count};
    if (content.n == 0)
        return file_fail(&file, "is empty");
    if ((uint64_t)content.n > LIMIT_RECORDING_BYTES)
        return file_fail(&file, "is over %lld bytes", LIMIT_RECORDING_BYTES);
    if (text_starts(content, TEXT("\x1f\x8b")))
        return file_fail(&file, "is compressed by gzip: unpack it first");
    if (!(is_json(content) ? read_json(&file) : read_csv(&file)))
        return false;
    return file_finish(&file);
}
