#include "engine/report/style.h"

#include "engine/base/text.h"
#include "engine/base/utf8.h"

static const char *const codes[] = {
    [PAINT_BOLD] = "1",    [PAINT_DIM] = "2",  [PAINT_GREEN] = "32",
    [PAINT_YELLOW] = "33", [PAINT_RED] = "31", [PAINT_CYAN] = "36",
};

void paint_begin(struct buffer *out, const struct style *style, enum paint paint)
{
    if (style->colour)
        buffer_printf(out, "\033[%sm", codes[paint]);
}

void paint_end(struct buffer *out, const struct style *style)
{
    if (style->colour)
        buffer_add(out, TEXT("\033[0m"));
}

void paint_text(struct buffer *out, const struct style *style, enum paint paint, struct text text)
{
    paint_begin(out, style, paint);
    buffer_add(out, text);
    paint_end(out, style);
}

void pad_blanks(struct buffer *out, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        buffer_add_char(out, ' ');
}

void pad_text(struct buffer *out, struct text text, size_t columns)
{
    buffer_add(out, text);
    size_t wide = text_columns(text);
    if (wide < columns)
        pad_blanks(out, columns - wide);
}

// Bytes of the longest beginning that is no wider than that.
static size_t fitting_bytes(struct text text, size_t columns)
{
    size_t n = text.n;
    while (n > 0 && text_columns((struct text){text.p, n}) > columns)
        n--;
    while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

void line_text(struct buffer *out, struct text text, size_t columns)
{
    bool cut = columns > 3 && text_columns(text) > columns;
    size_t n = cut ? fitting_bytes(text, columns - 3) : text.n;
    for (size_t i = 0; i < n;) {
        struct character character = utf8_next((struct text){text.p + i, n - i});
        bool steers = character.code < ' ' || (character.code >= 0x7F && character.code <= 0x9F);
        buffer_add(out, steers ? TEXT(" ") : (struct text){text.p + i, character.bytes});
        i += character.bytes;
    }
    if (cut)
        buffer_add(out, TEXT("..."));
}

void place_format_line(struct buffer *out, const struct policy *policy, struct place place)
{
    buffer_printf(out, "%.*s:%u", TEXT_ARG(policy->sources.items[place.source].path), place.line);
}

void place_format(struct buffer *out, const struct policy *policy, struct place place)
{
    place_format_line(out, policy, place);
    if (place.column)
        buffer_printf(out, ":%u", place.column);
}

void count_format(struct buffer *out, size_t count, const char *one, const char *many)
{
    buffer_printf(out, "%zu %s", count, count == 1 ? one : many);
}
