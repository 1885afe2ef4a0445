// Walking JSON with errors that name the place.
#include "engine/recording/read.h"

#include <stdarg.h>

#include "engine/base/text.h"

const char *token_kind(enum json_token token)
{
    switch (token) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_NUMBER:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    case JSON_KEY:
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
    case JSON_END:
    case JSON_ERROR:
        break;
    }
    return "nothing";
}

bool source_fail(struct json_source *source, const char *format, ...)
{
    uint32_t line, column;
    json_read_place(source->reader, &line, &column);
    buffer_printf(source->error, "%.*s:%u:%u: ", TEXT_ARG(source->name), line, column);
    if (source->reader->error) {
        buffer_printf(source->error, "not valid JSON: %s", source->reader->error);
        return false;
    }
    va_list list;
    va_start(list, format);
    buffer_vprintf(source->error, format, list);
    va_end(list);
    return false;
}

bool source_members(struct json_source *source, bool (*member)(void *context, struct text key), void *context)
{
    enum json_token token;
    while ((token = json_next(source->reader)) == JSON_KEY)
        if (!member(context, source->reader->text))
            return false;
    return token == JSON_OBJECT_END || source_fail(source, "a member is due");
}

bool source_items(struct json_source *source, bool (*item)(void *context, enum json_token), void *context)
{
    enum json_token token;
    while ((token = json_next(source->reader)) != JSON_ARRAY_END) {
        if (token == JSON_ERROR)
            return source_fail(source, "an item is due");
        if (!item(context, token))
            return false;
    }
    return true;
}

bool source_expect(struct json_source *source, enum json_token wanted, const char *name)
{
    enum json_token token = json_next(source->reader);
    if (token == wanted)
        return true;
    return source_fail(source, "%s is %s; %s is due", name, token_kind(token), token_kind(wanted));
}

bool source_skip_value(struct json_source *source)
{
    return json_skip(source->reader, json_next(source->reader)) || source_fail(source, "a value is due");
}

bool source_text(struct json_source *source, const char *name, struct text *out)
{
    enum json_token token = json_next(source->reader);
    if (token == JSON_NULL)
        return true;
    if (token != JSON_STRING)
        return source_fail(source, "%s is %s; a string is due", name, token_kind(token));
    *out = source->reader->text;
    return true;
}

bool source_count(struct json_source *source, const char *name, int64_t *out)
{
    enum json_token token = json_next(source->reader);
    if (token == JSON_NULL)
        return true;
    if (token != JSON_NUMBER)
        return source_fail(source, "%s is %s; a whole number is due", name, token_kind(token));
    double number;
    if (!json_read_double(source->reader, &number) || !(number >= 0 && number <= INT32_MAX) ||
        number != (double)(int64_t)number)
        return source_fail(source, "%s is %.*s; a whole number from 0 on is due", name, TEXT_ARG(source->reader->text));
    *out = (int64_t)number;
    return true;
}

bool source_flag(struct json_source *source, const char *name, bool *out)
{
    enum json_token token = json_next(source->reader);
    if (token == JSON_NULL)
        return true;
    if (token != JSON_TRUE && token != JSON_FALSE)
        return source_fail(source, "%s is %s; true or false is due", name, token_kind(token));
    *out = token == JSON_TRUE;
    return true;
}

// Epoch seconds, mostly ten digits and nothing else: these are exact as they are summed up.
static bool read_epoch(const struct json_reader *reader, double *at_s)
{
    struct text text = reader->text;
    int64_t whole = 0;
    size_t i = 0;
    for (; i < text.n && i < 15 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        whole = whole * 10 + (text.p[i] - '0');
    if (i < text.n)
        return json_read_double(reader, at_s);
    *at_s = (double)whole;
    return true;
}

static bool epoch_fail(struct json_source *source)
{
    return source_fail(source, "%.*s is no timestamp: epoch seconds lie between 0 and the year 9999%s",
                       TEXT_ARG(source->reader->text),
                       source->reader->text.n >= 12 ? " (are these milliseconds?)" : "");
}

bool source_stamp(struct json_source *source, enum json_token token, double *at_s, bool *zoned)
{
    if (token == JSON_STRING) {
        if (stamp_read(&source->stamps, source->reader->text, at_s, zoned))
            return true;
        char excerpt[EXCERPT_BYTES];
        return source_fail(source, "\"%s\" is no timestamp; epoch seconds and ISO 8601 are read",
                           excerpt_of(source->reader->text, excerpt));
    }
    if (token != JSON_NUMBER)
        return source_fail(source, "%s stands where a timestamp is due", token_kind(token));
    double number;
    if (!read_epoch(source->reader, &number) || !epoch_valid(number))
        return epoch_fail(source);
    *at_s = number;
    *zoned = true;
    return true;
}

bool source_instant(struct json_source *source, const char *name, double *at_s, bool *zoned)
{
    enum json_token token = json_next(source->reader);
    if (token == JSON_NULL)
        return true;
    if (token != JSON_STRING && token != JSON_NUMBER)
        return source_fail(source, "%s is %s; a timestamp is due", name, token_kind(token));
    return source_stamp(source, token, at_s, zoned);
}
