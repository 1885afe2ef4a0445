#include "tests/support/json_oracle.h"

#include <math.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/json_read.h"
#include "engine/base/text.h"

#define CJSON_NUMBER_CHARACTERS 63

struct comparison {
    struct json_reader reader;
    struct buffer *why;
    bool long_number;  // one that is past cJSON's bound
};

static void release_tree(cJSON **tree)
{
    cJSON_Delete(*tree);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// cJSON's tree of the whole document, with nothing but blanks behind it; NULL where it refuses.
static cJSON *parse_theirs(struct text document)
{
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(document.p, document.n, &end, false);
    while (tree && end < document.p + document.n && is_blank(*end))
        end++;
    if (tree && end == document.p + document.n)
        return tree;
    cJSON_Delete(tree);
    return NULL;
}

// Theirs ends at the first NUL, ours goes on.
static bool same_text(struct text ours, const char *theirs)
{
    size_t end = ours.n;
    text_find(ours, '\0', &end);
    return theirs && text_is((struct text){ours.p, end}, theirs);
}

static bool same_number(const struct json_reader *reader, double theirs)
{
    double ours = INFINITY;
    if (!json_read_double(reader, &ours))
        return isinf(theirs) != 0;
    return ours == theirs && signbit(ours) == signbit(theirs);
}

static bool same_value(struct comparison *comparison, enum json_token token, const cJSON *theirs);

static bool same_items(struct comparison *comparison, bool object, const cJSON *item)
{
    struct json_reader *reader = &comparison->reader;
    for (;; item = item->next) {
        enum json_token token = json_next(reader);
        if (token == JSON_OBJECT_END || token == JSON_ARRAY_END)
            return !item && (token == JSON_OBJECT_END) == object;
        if (!item || (token == JSON_KEY) != object)
            return false;
        if (object && !same_text(reader->text, item->string))
            return false;
        if (object)
            token = json_next(reader);
        if (!same_value(comparison, token, item))
            return false;
    }
}

static bool same_value(struct comparison *comparison, enum json_token token, const cJSON *theirs)
{
    const struct json_reader *reader = &comparison->reader;
    switch (token) {
    case JSON_OBJECT:
        return cJSON_IsObject(theirs) && same_items(comparison, true, theirs->child);
    case JSON_ARRAY:
        return cJSON_IsArray(theirs) && same_items(comparison, false, theirs->child);
    case JSON_STRING:
        return cJSON_IsString(theirs) && same_text(reader->text, theirs->valuestring);
    case JSON_NUMBER:
        return cJSON_IsNumber(theirs) && same_number(reader, theirs->valuedouble);
    case JSON_TRUE:
        return cJSON_IsTrue(theirs);
    case JSON_FALSE:
        return cJSON_IsFalse(theirs);
    case JSON_NULL:
        return cJSON_IsNull(theirs);
    case JSON_KEY:
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
    case JSON_END:
    case JSON_ERROR:
        break;
    }
    return false;
}

// Reads to the end, past a whole document or up to its fault.
static bool ours_takes(struct comparison *comparison, struct arena *arena, struct text document)
{
    struct json_reader *reader = &comparison->reader;
    json_read_begin(reader, arena, document);
    enum json_token token = json_next(reader);
    while (token != JSON_END && token != JSON_ERROR) {
        if (token == JSON_NUMBER && reader->text.n > CJSON_NUMBER_CHARACTERS)
            comparison->long_number = true;
        token = json_next(reader);
    }
    return token == JSON_END;
}

// A reader that skips must end where one that reads does.
static bool skipping_agrees(struct text document, struct arena *arena, bool taken)
{
    struct json_reader reader;
    json_read_begin(&reader, arena, document);
    bool skipped = json_skip(&reader, json_next(&reader)) && json_next(&reader) == JSON_END;
    return skipped == taken;
}

// Is the fault that the reader stopped at one that cJSON is known not to mind?
static enum json_agreement excuse_theirs(const struct comparison *comparison)
{
    const struct json_reader *reader = &comparison->reader;
    struct text rest = {reader->token, (size_t)(reader->end - reader->token)};
    struct text error = text_of(reader->error);
    unsigned char first = rest.n ? (unsigned char)rest.p[0] : 'x';
    size_t bad = 1;
    const struct {
        const char *name;
        bool holds;
    } excuses[] = {
        {"control in string", first < 0x20 && text_starts(error, TEXT("a control character"))},
        {"control between tokens", first < 0x20 && !is_blank((char)first) && text_starts(error, TEXT("expected"))},
        {"UTF-8", text_is(error, "not valid UTF-8") && !text_is_utf8(rest, &bad) && bad == 0},
        {"number", text_is(error, "a wrong number") && (first == '-' || (first >= '0' && first <= '9'))},
        {"escape", text_starts(rest, TEXT("\\u")) && text_starts(error, TEXT("a wrong escape"))},
        {"depth", reader->depth == LIMIT_JSON_DEPTH && text_starts(error, TEXT("nested deeper"))},
    };
    for (size_t i = 0; i < sizeof excuses / sizeof *excuses; i++) {
        if (excuses[i].holds) {
            buffer_add(comparison->why, text_of(excuses[i].name));
            return JSON_ONLY_THEIRS;
        }
    }
    uint32_t line = 0, column = 0;
    json_read_place(reader, &line, &column);
    buffer_printf(comparison->why, "cJSON takes it; at %u:%u: %s", line, column, reader->error);
    return JSON_DISAGREE;
}

static enum json_agreement excuse_ours(const struct comparison *comparison, struct text document)
{
    bool short_with_mark = document.n < 5 && text_starts(document, TEXT("\xEF\xBB\xBF"));
    if (comparison->long_number || short_with_mark) {
        buffer_add(comparison->why, comparison->long_number ? TEXT("long number") : TEXT("byte order mark"));
        return JSON_ONLY_OURS;
    }
    buffer_add(comparison->why, TEXT("cJSON refuses it"));
    return JSON_DISAGREE;
}

static enum json_agreement compare(struct comparison *comparison, struct arena *arena, struct text document)
{
    __attribute__((cleanup(release_tree))) cJSON *theirs = parse_theirs(document);
    bool ours = ours_takes(comparison, arena, document);
    if (!skipping_agrees(document, arena, ours)) {
        buffer_add(comparison->why, TEXT("skipping ends otherwise than reading"));
        return JSON_DISAGREE;
    }
    if (!ours)
        return theirs ? excuse_theirs(comparison) : JSON_BOTH_REFUSE;
    if (!theirs)
        return excuse_ours(comparison, document);
    json_read_begin(&comparison->reader, arena, document);
    if (same_value(comparison, json_next(&comparison->reader), theirs) && json_next(&comparison->reader) == JSON_END)
        return JSON_BOTH_TAKE;
    uint32_t line = 0, column = 0;
    json_read_place(&comparison->reader, &line, &column);
    buffer_printf(comparison->why, "another value at %u:%u", line, column);
    return JSON_DISAGREE;
}

enum json_agreement json_compare(struct text document, struct buffer *why)
{
    struct arena arena = {0};
    struct comparison comparison = {.why = why};
    buffer_clear(why);
    enum json_agreement agreement = compare(&comparison, &arena, document);
    arena_release(&arena);
    return agreement;
}
