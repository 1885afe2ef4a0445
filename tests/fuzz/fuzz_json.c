// The JSON reader: no crash, and what it takes cJSON takes too, with the same shape, texts and numbers, but for
// the differences that tests/support/json_oracle.h lists. What was read and written anew reads the same.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/base/json_read.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "tests/support/json_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void stop(const char *what, struct text why)
{
    fprintf(stderr, "%s: %.*s\n", what, TEXT_ARG(why));
    abort();
}

static void write_token(struct json_writer *writer, const struct json_reader *reader, enum json_token token)
{
    switch (token) {
    case JSON_OBJECT:
        json_open_object(writer);
        break;
    case JSON_OBJECT_END:
        json_close_object(writer);
        break;
    case JSON_ARRAY:
        json_open_array(writer);
        break;
    case JSON_ARRAY_END:
        json_close_array(writer);
        break;
    case JSON_KEY:
        json_key_text(writer, reader->text);
        break;
    case JSON_STRING:
        json_text(writer, reader->text);
        break;
    case JSON_NUMBER:
        json_raw(writer, reader->text);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        json_bool(writer, token == JSON_TRUE);
        break;
    case JSON_NULL:
        json_null(writer);
        break;
    case JSON_END:
    case JSON_ERROR:
        break;
    }
}

// The document anew, of its tokens; false where it has a fault.
static bool rewrite(struct arena *arena, struct text document, int indent, struct buffer *out)
{
    struct json_reader reader;
    struct json_writer writer;
    json_read_begin(&reader, arena, document);
    json_begin(&writer, out, indent);
    enum json_token token;
    do {
        token = json_next(&reader);
        write_token(&writer, &reader, token);
    } while (token != JSON_END && token != JSON_ERROR);
    uint32_t line = 0, column = 0;
    json_read_place(&reader, &line, &column);
    if (line == 0 || column == 0)
        stop("no place", TEXT(""));
    return token == JSON_END;
}

// Indented, then packed again: the packed forms must be the same byte by byte.
static void check_rewriting(struct text document)
{
    struct arena arena = {0};
    struct buffer packed, indented, again;
    buffer_init(&packed, 1u << 26);
    buffer_init(&indented, 1u << 26);
    buffer_init(&again, 1u << 26);
    if (rewrite(&arena, document, 0, &packed)) {
        bool same = rewrite(&arena, buffer_text(&packed), 3, &indented) &&
                    rewrite(&arena, buffer_text(&indented), 0, &again) &&
                    text_eq(buffer_text(&packed), buffer_text(&again));
        if (!same)
            stop("written anew it is another", buffer_text(&packed));
    }
    buffer_release(&packed);
    buffer_release(&indented);
    buffer_release(&again);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text document = {(const char *)bytes, n};
    struct buffer why;
    buffer_init(&why, 1000);
    if (json_compare(document, &why) == JSON_DISAGREE)
        stop("cJSON disagrees", buffer_text(&why));
    buffer_release(&why);
    check_rewriting(document);
    return 0;
}
