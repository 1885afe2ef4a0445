#include "engine/lang/expression_parts.h"

#include <stdarg.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/tree.h"

#define EXCERPT_CHARACTERS 60

static struct text part(struct text text, struct extent extent)
{
    return (struct text){text.p + extent.start, extent.end - extent.start};
}

struct text expression_source(const struct expression *e, struct extent extent)
{
    return part(e->text, extent);
}

// Bytes of the first `most` characters.
static size_t bytes_of_characters(struct text text, size_t most)
{
    size_t i = 0;
    while (i < text.n && most > 0) {
        i++;
        while (i < text.n && ((unsigned char)text.p[i] & 0xc0) == 0x80)
            i++;
        most--;
    }
    return i;
}

struct text expression_excerpt(const struct expression *e, struct extent extent)
{
    struct text whole = expression_source(e, extent);
    size_t n = bytes_of_characters(whole, EXCERPT_CHARACTERS);
    struct text cut = arena_format(e->scratch, "%.*s%s", (int)n, n ? whole.p : "", n < whole.n ? "..." : "");
    char *p = (char *)cut.p;
    for (size_t i = 0; i < cut.n; i++)
        if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
            p[i] = ' ';
    return cut;
}

// A scalar over several lines that stands in the source as it is: each line after the first begins at column 1.
struct place expression_place(const struct expression *e, struct extent extent)
{
    struct place place = e->tree->place;
    if (!e->tree->exact_columns)
        return place;
    struct text before = {e->tree->scalar.p, e->base + extent.start};
    if (e->tree->style == STYLE_QUOTED || e->tree->style == STYLE_LUA_STRING)
        place.column++;
    for (size_t line_end; text_find(before, '\n', &line_end); before = text_from(before, line_end + 1)) {
        place.line++;
        place.column = 1;
    }
    place.column += (uint32_t)text_length(before);
    place.width = (uint32_t)text_length(expression_source(e, extent));
    return place;
}

void expression_fault(struct expression *e, struct extent extent, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct text line = arena_vformat(e->scratch, format, list);
    va_end(list);
    diag_error(e->compiler->diags, expression_place(e, extent), code, "%.*s", TEXT_ARG(line));
    e->failed = true;
}

const char *expression_cut_hint(const struct expression *e)
{
    bool to_the_end = e->base + e->text.n == e->tree->scalar.n;
    if (e->tree->style != STYLE_PLAIN || !to_the_end)
        return "";
    return e->is_message ? "; quote the whole message; YAML ends it at ', ' inside { } and at ' #'"
                         : "; quote the whole expression; YAML ends it at ', ' inside { } and at ' #'";
}

const char *type_phrase(enum type type)
{
    switch (type) {
    case TYPE_BOOLEAN:
        return "a boolean";
    case TYPE_NUMBER:
        return "a number";
    case TYPE_DURATION:
        return "a duration";
    case TYPE_INSTANT:
        return "an instant";
    case TYPE_TEXT:
        return "a text";
    }
    return "nothing";
}
