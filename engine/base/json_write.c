#include "engine/base/json_write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "engine/base/text.h"
#include "engine/base/utf8.h"

void json_begin(struct json_writer *writer, struct buffer *out, int indent)
{
    *writer = (struct json_writer){.out = out, .indent = indent};
}

static void add_line(struct json_writer *writer)
{
    if (writer->indent == 0)
        return;
    buffer_add_char(writer->out, '\n');
    for (int i = 0; i < writer->depth * writer->indent; i++)
        buffer_add_char(writer->out, ' ');
}

// Before an item or a key: the comma behind the one before it, and a line of its own.
static void separate(struct json_writer *writer)
{
    if (writer->depth == 0)
        return;
    bool *filled = &writer->filled[writer->depth - 1];
    if (*filled)
        buffer_add_char(writer->out, ',');
    *filled = true;
    add_line(writer);
}

static void before_value(struct json_writer *writer)
{
    if (!writer->after_key)
        separate(writer);
    writer->after_key = false;
}

static void open_level(struct json_writer *writer, char bracket)
{
    before_value(writer);
    buffer_add_char(writer->out, bracket);
    assert(writer->depth < LIMIT_JSON_DEPTH);
    writer->filled[writer->depth++] = false;
}

static void close_level(struct json_writer *writer, char bracket)
{
    assert(writer->depth > 0 && !writer->after_key);
    bool filled = writer->filled[--writer->depth];
    if (filled)
        add_line(writer);
    buffer_add_char(writer->out, bracket);
}

void json_open_object(struct json_writer *writer)
{
    open_level(writer, '{');
}

void json_close_object(struct json_writer *writer)
{
    close_level(writer, '}');
}

void json_open_array(struct json_writer *writer)
{
    open_level(writer, '[');
}

void json_close_array(struct json_writer *writer)
{
    close_level(writer, ']');
}

static void add_escape(struct buffer *out, uint32_t code)
{
    static const char letters[] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (code < sizeof letters && letters[code]) {
        buffer_add_char(out, '\\');
        buffer_add_char(out, letters[code]);
    } else {
        buffer_printf(out, "\\u%04" PRIx32, code);
    }
}

// Controls past ASCII are not JSON's own, but logs go to terminals; the two separators end lines in scripts.
static bool needs_escape(uint32_t code)
{
    return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7F && code <= 0x9F) || code == 0x2028 ||
           code == 0x2029;
}

// Most of all texts: what is neither escaped nor longer than a byte.
static size_t skip_plain(struct text text, size_t at)
{
    while (at < text.n && text.p[at] >= ' ' && text.p[at] < 0x7F && text.p[at] != '"' && text.p[at] != '\\')
        at++;
    return at;
}

static void add_quoted(struct buffer *out, struct text text)
{
    buffer_add_char(out, '"');
    size_t plain = 0;  // where the run that needs no escape began
    for (size_t at = skip_plain(text, 0); at < text.n; at = skip_plain(text, at)) {
        struct character next = utf8_next(text_from(text, at));
        bool wrong = next.code == UTF8_WRONG && next.bytes == 1;
        if (wrong || needs_escape(next.code)) {
            buffer_add(out, (struct text){text.p + plain, at - plain});
            if (wrong)
                buffer_add(out, TEXT("\xEF\xBF\xBD"));
            else
                add_escape(out, next.code);
            plain = at + next.bytes;
        }
        at += next.bytes;
    }
    buffer_add(out, text_from(text, plain));
    buffer_add_char(out, '"');
}

void json_key_text(struct json_writer *writer, struct text key)
{
    assert(writer->depth > 0 && !writer->after_key);
    separate(writer);
    add_quoted(writer->out, key);
    buffer_add(writer->out, writer->indent ? TEXT(": ") : TEXT(":"));
    writer->after_key = true;
}

void json_key(struct json_writer *writer, const char *key)
{
    json_key_text(writer, text_of(key));
}

void json_text(struct json_writer *writer, struct text text)
{
    before_value(writer);
    add_quoted(writer->out, text);
}

void json_string(struct json_writer *writer, const char *nul_terminated)
{
    json_text(writer, text_of(nul_terminated));
}

void json_int(struct json_writer *writer, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude);
    if (number < 0)
        digits[--at] = '-';
    before_value(writer);
    buffer_add(writer->out, (struct text){digits + at, sizeof digits - at});
}

void json_number(struct json_writer *writer, double number)
{
    before_value(writer);
    if (isfinite(number))
        buffer_add_number(writer->out, number);
    else
        buffer_add(writer->out, TEXT("null"));
}

void json_bool(struct json_writer *writer, bool truth)
{
    json_raw(writer, truth ? TEXT("true") : TEXT("false"));
}

void json_null(struct json_writer *writer)
{
    json_raw(writer, TEXT("null"));
}

void json_raw(struct json_writer *writer, struct text already_json)
{
    before_value(writer);
    buffer_add(writer->out, already_json);
}
