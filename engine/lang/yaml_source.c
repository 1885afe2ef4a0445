#include "engine/lang/yaml_reader.h"

#include "drowse/limits.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/base/utf8.h"

static const struct yaml_spot beginning = {0, 0, 1, 1};

static bool step(const struct yaml_reader *reader, struct yaml_spot *spot)
{
    if (spot->byte == reader->content.n)
        return false;
    char c = reader->content.p[spot->byte];
    bool line_end = c == '\n', ascii = (unsigned char)c < 0x80;
    spot->byte += ascii ? 1 : utf8_next(text_from(reader->content, spot->byte)).bytes;
    spot->index++;
    spot->line += line_end ? 1 : 0;
    spot->column = line_end ? 1 : spot->column + 1;
    return true;
}

// Marks come almost in order, so the cursor rarely starts over.
struct yaml_spot yaml_spot_of(struct yaml_reader *reader, yaml_mark_t mark)
{
    if (mark.index < reader->cursor.index || reader->cursor.line == 0)
        reader->cursor = beginning;
    while (reader->cursor.index < mark.index && step(reader, &reader->cursor))
        ;
    return reader->cursor;
}

struct place yaml_place_of_byte(struct yaml_reader *reader, size_t byte)
{
    if (byte < reader->cursor.byte || reader->cursor.line == 0)
        reader->cursor = beginning;
    while (reader->cursor.byte < byte && step(reader, &reader->cursor))
        ;
    return (struct place){reader->cursor.line, reader->cursor.column, 1, reader->source};
}

// Of what spans lines, the first line is underlined.
struct place yaml_place(const struct yaml_reader *reader, struct yaml_spot start, struct yaml_spot end)
{
    size_t width = end.index - start.index;
    if (end.line != start.line) {
        struct text rest = text_from(reader->content, start.byte);
        size_t line_bytes;
        if (text_find(rest, '\n', &line_bytes))
            rest.n = line_bytes;
        width = text_length(text_trim(rest));
    }
    return (struct place){start.line, start.column, width ? (uint32_t)width : 1, reader->source};
}

static bool is_utf16(struct text content)
{
    if (content.n < 2)
        return false;
    unsigned char first = (unsigned char)content.p[0], second = (unsigned char)content.p[1];
    return (first == 0xFF && second == 0xFE) || (first == 0xFE && second == 0xFF) || first == 0 || second == 0;
}

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

static bool check_controls(struct yaml_reader *reader)
{
    for (size_t i = 0; i < reader->content.n; i++) {
        unsigned char c = (unsigned char)reader->content.p[i];
        if (!is_control(c))
            continue;
        const char *name = c == 0 ? "a NUL byte" : "a control character";
        diag_error(reader->diags, yaml_place_of_byte(reader, i), "encoding",
                   "the file holds %s (0x%02x): a policy is plain text", name, (unsigned)c);
        return false;
    }
    return true;
}

bool yaml_content_check(struct yaml_reader *reader)
{
    struct place file = {0, 0, 0, reader->source};
    size_t bad;
    if (reader->content.n > LIMIT_POLICY_BYTES) {
        diag_error(reader->diags, file, "too-large", "the file has %zu bytes; a policy may have at most %d",
                   reader->content.n, LIMIT_POLICY_BYTES);
        return false;
    }
    if (is_utf16(reader->content)) {
        diag_error(reader->diags, file, "encoding", "the file looks like UTF-16: save it as UTF-8");
        return false;
    }
    bool good = check_controls(reader);
    if (!text_is_utf8(reader->content, &bad) && reader->content.p[bad] != 0) {
        diag_error(reader->diags, yaml_place_of_byte(reader, bad), "encoding",
                   "the byte 0x%02x is not valid UTF-8: save the file as UTF-8",
                   (unsigned)(unsigned char)reader->content.p[bad]);
        good = false;
    }
    return good;
}
