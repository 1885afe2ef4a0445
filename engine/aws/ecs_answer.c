// ECS's answers, read and checked.
#include "engine/aws/aws_parts.h"

struct object_read {
    struct json_source *source;
    bool (*member)(void *context, struct json_source *, struct text key);
    void *context;
};

static bool object_member(void *context, struct text key)
{
    struct object_read *read = context;
    return read->member(read->context, read->source, key);
}

bool answer_object(struct arena *arena, struct text body,
                   bool (*member)(void *context, struct json_source *, struct text), void *context,
                   struct buffer *error)
{
    struct json_reader reader;
    struct json_source source = {.reader = &reader, .name = TEXT("the answer"), .error = error};
    struct object_read read = {&source, member, context};
    json_read_begin(&reader, arena, body);
    enum json_token token = json_next(&reader);
    if (token != JSON_OBJECT)
        return source_fail(&source, "it is %s; an object is due", token_kind(token));
    if (!source_members(&source, object_member, &read))
        return false;
    return json_next(&reader) == JSON_END || source_fail(&source, "something follows the answer");
}

// ---- DescribeServices -------------------------------------------------------------------------------------

struct services_reading {
    struct arena *arena;
    struct services_answer *answer;
    struct json_source *source;
    struct buffer *error;
    struct services_failure failure;
    bool has_services;
};

static bool failure_member(void *context, struct text key)
{
    struct services_reading *reading = context;
    const struct {
        const char *name;
        struct text *out;
    } members[] = {
        {"arn", &reading->failure.arn},
        {"reason", &reading->failure.reason},
        {"detail", &reading->failure.detail},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (text_is(key, members[i].name))
            return source_text(reading->source, members[i].name, members[i].out);
    return source_skip_value(reading->source);
}

static bool failure_item(void *context, enum json_token token)
{
    struct services_reading *reading = context;
    struct services_answer *answer = reading->answer;
    if (token != JSON_OBJECT)
        return source_fail(reading->source, "a failure is %s; an object is due", token_kind(token));
    reading->failure = (struct services_failure){0};
    if (!source_members(reading->source, failure_member, reading))
        return false;
    answer->failures = arena_grow(reading->arena, answer->failures, answer->failure_count, &answer->failure_capacity,
                                  answer->failure_count + 1, sizeof *answer->failures);
    answer->failures[answer->failure_count++] = reading->failure;
    return true;
}

static bool services_member(void *context, struct json_source *source, struct text key)
{
    struct services_reading *reading = context;
    reading->source = source;
    if (text_is(key, "services")) {
        reading->has_services = true;
        return source_expect(source, JSON_ARRAY, "services") &&
               read_services(source->reader, &reading->answer->services, reading->error);
    }
    if (!text_is(key, "failures"))
        return source_skip_value(source);
    enum json_token token = json_next(source->reader);
    if (token == JSON_NULL)
        return true;
    if (token != JSON_ARRAY)
        return source_fail(source, "failures is %s; an array is due", token_kind(token));
    return source_items(source, failure_item, reading);
}

bool services_answer_read(struct arena *arena, struct text body, bool tags_asked, bool keep_raw,
                          struct services_answer *answer, struct buffer *error)
{
    *answer = (struct services_answer){
        .services = {.arena = arena,
                     .source = TEXT("the answer"),
                     .tags_denied = !tags_asked,
                     .tags_asked = tags_asked,
                     .keep_raw = keep_raw},
    };
    struct services_reading reading = {.arena = arena, .answer = answer, .error = error};
    if (!answer_object(arena, body, services_member, &reading, error))
        return false;
    if (!reading.has_services)
        buffer_add(error, TEXT("it has no services"));
    return reading.has_services;
}

// ---- UpdateService ----------------------------------------------------------------------------------------

struct update_reading {
    struct json_source *source;
    struct updated_service *service;
    bool has_service;
};

static bool updated_member(void *context, struct text key)
{
    struct update_reading *reading = context;
    const struct {
        const char *name;
        struct text *out;
    } members[] = {
        {"serviceArn", &reading->service->arn},
        {"serviceName", &reading->service->name},
        {"clusterArn", &reading->service->cluster_arn},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (text_is(key, members[i].name))
            return source_text(reading->source, members[i].name, members[i].out);
    if (text_is(key, "desiredCount"))
        return source_count(reading->source, "desiredCount", &reading->service->desired);
    return source_skip_value(reading->source);
}

static bool update_member(void *context, struct json_source *source, struct text key)
{
    struct update_reading *reading = context;
    reading->source = source;
    if (!text_is(key, "service"))
        return source_skip_value(source);
    reading->has_service = true;
    return source_expect(source, JSON_OBJECT, "service") && source_members(source, updated_member, reading);
}

bool updated_service_read(struct arena *arena, struct text body, struct updated_service *service, struct buffer *error)
{
    *service = (struct updated_service){.desired = -1};
    struct update_reading reading = {.service = service};
    if (!answer_object(arena, body, update_member, &reading, error))
        return false;
    if (!reading.has_service)
        buffer_add(error, TEXT("it has no service"));
    return reading.has_service;
}

// ---- ListClusters and ListServices ------------------------------------------------------------------------

struct arns_reading {
    struct arena *arena;
    struct json_source *source;
    struct arns_page *page;
    const char *member;
    bool has_arns;
};

static bool arn_item(void *context, enum json_token token)
{
    struct arns_reading *reading = context;
    struct arns_page *page = reading->page;
    if (token != JSON_STRING)
        return source_fail(reading->source, "an ARN is %s; a string is due", token_kind(token));
    struct text arn = reading->source->reader->text;
    if (!text_starts(arn, TEXT("arn:")) || arn_name(arn).n == 0 || arn_name(arn).n == arn.n) {
        char excerpt[EXCERPT_BYTES];
        return source_fail(reading->source, "\"%s\" is no ARN", excerpt_of(arn, excerpt));
    }
    page->arns =
        arena_grow(reading->arena, page->arns, page->count, &page->capacity, page->count + 1, sizeof *page->arns);
    page->arns[page->count++] = arn;
    return true;
}

static bool arns_member(void *context, struct json_source *source, struct text key)
{
    struct arns_reading *reading = context;
    reading->source = source;
    if (text_is(key, "nextToken"))
        return source_text(source, "nextToken", &reading->page->next_token);
    if (!text_is(key, reading->member))
        return source_skip_value(source);
    reading->has_arns = true;
    return source_expect(source, JSON_ARRAY, reading->member) && source_items(source, arn_item, reading);
}

bool arns_page_read(struct arena *arena, struct text body, const char *member, struct arns_page *page,
                    struct buffer *error)
{
    *page = (struct arns_page){0};
    struct arns_reading reading = {.arena = arena, .page = page, .member = member};
    if (!answer_object(arena, body, arns_member, &reading, error))
        return false;
    if (!reading.has_arns)
        buffer_printf(error, "it has no %s", member);
    return reading.has_arns;
}
