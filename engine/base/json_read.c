#include "engine/base/json_read.h"

#include <string.h>

#include "engine/base/json_scan.h"
#include "engine/base/text.h"

#define FIGURE(number) #number
#define FIGURE_OF(macro) FIGURE(macro)

// What may come next.
enum state {
    STATE_VALUE,        // a value
    STATE_FIRST_VALUE,  // a value, or the end of the array
    STATE_KEY,          // a key
    STATE_FIRST_KEY,    // a key, or the end of the object
    STATE_AFTER_VALUE,  // a comma, or the end of what is open
    STATE_DONE,         // nothing but blanks
    STATE_FAILED,       // the reader stays where it failed
};

void json_read_begin(struct json_reader *reader, struct arena *arena, struct text input)
{
    const struct text byte_order_mark = TEXT("\xEF\xBB\xBF");
    if (text_starts(input, byte_order_mark))
        input = text_from(input, byte_order_mark.n);
    const char *start = input.n ? input.p : "";
    *reader = (struct json_reader){
        .start = start,
        .p = start,
        .end = start + input.n,
        .arena = arena,
        .token = start,
        .state = STATE_VALUE,
    };
}

static enum json_token fail(struct json_reader *reader, const char *at, const char *error)
{
    reader->token = at;
    reader->error = error;
    reader->text = TEXT("");
    reader->state = STATE_FAILED;
    return JSON_ERROR;
}

static bool within_object(const struct json_reader *reader)
{
    return reader->depth > 0 && reader->in_object[reader->depth - 1];
}

static enum json_token fail_unexpected(struct json_reader *reader)
{
    static const char *const expected[] = {
        [STATE_VALUE] = "expected a value",
        [STATE_FIRST_VALUE] = "expected a value or ']'",
        [STATE_KEY] = "expected a key in double quotes",
        [STATE_FIRST_KEY] = "expected a key in double quotes, or '}'",
        [STATE_AFTER_VALUE] = "expected ',' or ']'",
        [STATE_DONE] = "expected nothing more: the document has ended",
    };
    const char *error = expected[reader->state];
    if (reader->state == STATE_AFTER_VALUE && within_object(reader))
        error = "expected ',' or '}'";
    if (reader->p == reader->end)
        error = reader->start == reader->end ? "the document is empty" : "the document ends too early";
    return fail(reader, reader->p, error);
}

static void end_value(struct json_reader *reader)
{
    reader->state = reader->depth ? STATE_AFTER_VALUE : STATE_DONE;
}

static enum json_token open_level(struct json_reader *reader, bool object)
{
    if (reader->depth == LIMIT_JSON_DEPTH)
        return fail(reader, reader->p, "nested deeper than " FIGURE_OF(LIMIT_JSON_DEPTH) " levels");
    reader->p++;
    reader->in_object[reader->depth++] = object;
    reader->state = object ? STATE_FIRST_KEY : STATE_FIRST_VALUE;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

// A '}' or ']' where the state allows one.
static enum json_token close_level(struct json_reader *reader)
{
    bool object = within_object(reader);
    if (*reader->p != (object ? '}' : ']'))
        return fail_unexpected(reader);
    reader->p++;
    reader->depth--;
    end_value(reader);
    return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

// At an opening quote: the string's text, decoded. False where it is wrong.
static bool take_string(struct json_reader *reader)
{
    const char *inside = reader->p + 1;
    struct json_string string = json_scan_string(inside, reader->end);
    if (string.error) {
        fail(reader, string.end, string.error);
        return false;
    }
    reader->text = (struct text){inside, (size_t)(string.end - inside)};
    const char *bad = NULL;
    if (string.has_escapes && !json_unescape(reader->arena, reader->text, &reader->text, &bad)) {
        fail(reader, bad, "a wrong escape, or half of a surrogate pair");
        return false;
    }
    reader->p = string.end + 1;
    return true;
}

// The key and its colon.
static enum json_token take_key(struct json_reader *reader)
{
    if (*reader->p != '"')
        return fail_unexpected(reader);
    if (!take_string(reader))
        return JSON_ERROR;
    const char *colon = json_scan_blanks(reader->p, reader->end);
    if (colon == reader->end)
        return fail(reader, colon, "the document ends too early");
    if (*colon != ':')
        return fail(reader, colon, "expected ':' behind the key");
    reader->p = colon + 1;
    reader->state = STATE_VALUE;
    return JSON_KEY;
}

static enum json_token take_number(struct json_reader *reader)
{
    const char *behind = json_scan_number(reader->p, reader->end);
    if (!behind)
        return fail(reader, reader->p, "a wrong number");
    reader->text = (struct text){reader->p, (size_t)(behind - reader->p)};
    reader->p = behind;
    end_value(reader);
    return JSON_NUMBER;
}

static enum json_token take_word(struct json_reader *reader, struct text word, enum json_token token)
{
    struct text rest = {reader->p, (size_t)(reader->end - reader->p)};
    if (!text_starts(rest, word))
        return fail_unexpected(reader);
    reader->p += word.n;
    end_value(reader);
    return token;
}

static enum json_token take_value(struct json_reader *reader)
{
    switch (*reader->p) {
    case '"':
        if (!take_string(reader))
            return JSON_ERROR;
        end_value(reader);
        return JSON_STRING;
    case '{':
        return open_level(reader, true);
    case '[':
        return open_level(reader, false);
    case 't':
        return take_word(reader, TEXT("true"), JSON_TRUE);
    case 'f':
        return take_word(reader, TEXT("false"), JSON_FALSE);
    case 'n':
        return take_word(reader, TEXT("null"), JSON_NULL);
    default:
        if (*reader->p == '-' || (*reader->p >= '0' && *reader->p <= '9'))
            return take_number(reader);
        return fail_unexpected(reader);
    }
}

// Over a comma, if there is one, to what must follow it.
static void take_comma(struct json_reader *reader)
{
    if (reader->p == reader->end || *reader->p != ',')
        return;
    reader->p = json_scan_blanks(reader->p + 1, reader->end);
    reader->state = within_object(reader) ? STATE_KEY : STATE_VALUE;
}

static enum json_token take_end(struct json_reader *reader)
{
    return reader->state == STATE_DONE ? JSON_END : fail_unexpected(reader);
}

enum json_token json_next(struct json_reader *reader)
{
    if (reader->state == STATE_FAILED)
        return JSON_ERROR;
    reader->p = json_scan_blanks(reader->p, reader->end);
    if (reader->state == STATE_AFTER_VALUE)
        take_comma(reader);
    reader->token = reader->p;
    reader->text = TEXT("");
    if (reader->p == reader->end)
        return take_end(reader);
    bool closes = *reader->p == ']' || *reader->p == '}';
    switch ((enum state)reader->state) {
    case STATE_FIRST_VALUE:
        return closes ? close_level(reader) : take_value(reader);
    case STATE_VALUE:
        return take_value(reader);
    case STATE_FIRST_KEY:
        return closes ? close_level(reader) : take_key(reader);
    case STATE_KEY:
        return take_key(reader);
    case STATE_AFTER_VALUE:
        return close_level(reader);
    case STATE_DONE:
    case STATE_FAILED:
        break;
    }
    return fail_unexpected(reader);
}

bool json_read_double(const struct json_reader *reader, double *out)
{
    return text_to_double(reader->text, out);
}

bool json_skip(struct json_reader *reader, enum json_token newest)
{
    if (newest == JSON_KEY)
        newest = json_next(reader);
    if (newest != JSON_OBJECT && newest != JSON_ARRAY)
        return newest != JSON_ERROR;
    int outside = reader->depth - 1;
    while (reader->depth > outside)
        if (json_next(reader) == JSON_ERROR)
            return false;
    return true;
}

void json_read_place(const struct json_reader *reader, uint32_t *line, uint32_t *column)
{
    struct text before = {reader->start, (size_t)(reader->token - reader->start)};
    uint32_t lines = 1;
    for (size_t end; text_find(before, '\n', &end); lines++)
        before = text_from(before, end + 1);
    *line = lines;
    *column = (uint32_t)text_length(before) + 1;
}
