// Diagnostics for a person: where, what, and the source line with a caret under it.
#include "engine/base/diag.h"

#include "engine/base/text.h"
#include "engine/base/utf8.h"

#define EXCERPT_INDENT "    "
#define EXCERPT_COLUMNS 160  // a longer line is cut
#define BEFORE_CARET 80      // columns of a cut line that are shown before the caret, at most
#define TAB_COLUMNS 8        // what a tab may take, to measure with
#define ELLIPSIS "..."
#define ELLIPSIS_COLUMNS 3

#define STYLE_BOLD "\033[1m"
#define STYLE_ERROR "\033[1;31m"
#define STYLE_WARNING "\033[1;35m"
#define STYLE_CARET "\033[1;32m"
#define STYLE_END "\033[0m"

struct printer {
    struct buffer *out;
    bool colour;
};

static void style(struct printer printer, const char *sequence)
{
    if (printer.colour)
        buffer_add(printer.out, text_of(sequence));
}

// Would it steer the terminal, or reorder what is read, instead of showing something?
static bool is_control(uint32_t code)
{
    bool steers = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    bool breaks_line = code == 0x2028 || code == 0x2029;
    bool reorders = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return steers || breaks_line || reorders;
}

// A hostile name in a message must not reach the terminal as a command either.
static void add_harmless(struct buffer *out, struct text text, bool tabs)
{
    for (size_t at = 0; at < text.n;) {
        struct text rest = text_from(text, at);
        struct character next = utf8_next(rest);
        bool wrong = next.code == UTF8_WRONG && next.bytes == 1;
        if (wrong || (is_control(next.code) && !(tabs && next.code == '\t')))
            buffer_add_char(out, '?');
        else
            buffer_add(out, (struct text){rest.p, next.bytes});
        at += next.bytes;
    }
}

// The line's text without its end; false where the content has no such line, or an empty one.
static bool find_line(struct text content, uint32_t line, struct text *found)
{
    const struct text byte_order_mark = TEXT("\xEF\xBB\xBF");
    if (text_starts(content, byte_order_mark))
        content = text_from(content, byte_order_mark.n);
    size_t end = 0;
    for (; line > 1; line--) {
        if (!text_find(content, '\n', &end))
            return false;
        content = text_from(content, end + 1);
    }
    if (text_find(content, '\n', &end))
        content.n = end;
    if (text_ends(content, TEXT("\r")))
        content.n--;
    if (content.n == 0)
        return false;
    *found = content;
    return true;
}

// What a character may take on the screen. Combining ones count too, or a line of them would never be cut.
static size_t room_for(uint32_t code)
{
    if (code == '\t')
        return TAB_COLUMNS;
    return utf8_columns(code) == 2 ? 2 : 1;
}

static size_t room_of(struct text text)
{
    size_t columns = 0;
    for (size_t at = 0; at < text.n;) {
        struct character next = utf8_next(text_from(text, at));
        columns += room_for(next.code);
        at += next.bytes;
    }
    return columns;
}

// Bytes of the text's first `count` characters, or all of it.
static size_t bytes_of_characters(struct text text, size_t count)
{
    size_t at = 0;
    for (; count > 0 && at < text.n; count--)
        at += utf8_next(text_from(text, at)).bytes;
    return at;
}

// A source line cut to what is shown of it.
struct excerpt {
    struct text before;  // the caret
    struct text marked;  // above the caret and its tail; empty behind the line's end
    struct text after;
    bool cut_before, cut_after;
};

static struct excerpt split_line(struct text line, struct place place)
{
    size_t start = bytes_of_characters(line, place.column - 1);
    struct text rest = text_from(line, start);
    size_t width = bytes_of_characters(rest, place.width ? place.width : 1);
    return (struct excerpt){
        .before = {line.p, start},
        .marked = {rest.p, width},
        .after = text_from(rest, width),
    };
}

// Drops characters from the front until the text takes no more than `most` columns; true where it did.
static bool cut_front(struct text *text, size_t most)
{
    size_t columns = room_of(*text);
    bool cut = columns > most;
    while (columns > most) {
        struct character first = utf8_next(*text);
        columns -= room_for(first.code);
        *text = text_from(*text, first.bytes);
    }
    return cut;
}

// Keeps what fits into *left columns, and takes it off them; true where something was cut.
static bool cut_back(struct text *text, size_t *left)
{
    for (size_t at = 0; at < text->n;) {
        struct character next = utf8_next(text_from(*text, at));
        size_t columns = room_for(next.code);
        if (columns > *left) {
            text->n = at;
            *left = 0;
            return true;
        }
        *left -= columns;
        at += next.bytes;
    }
    return false;
}

static void cut_line(struct excerpt *excerpt)
{
    excerpt->cut_before = cut_front(&excerpt->before, BEFORE_CARET);
    size_t ellipses = excerpt->cut_before ? 2 : 1;
    size_t left = EXCERPT_COLUMNS - room_of(excerpt->before) - ELLIPSIS_COLUMNS * ellipses;
    bool cut_marked = cut_back(&excerpt->marked, &left);
    excerpt->cut_after = cut_back(&excerpt->after, &left) || cut_marked;
}

// Blanks as wide as the text above; its tabs are kept, so that any tab stops line up.
static void add_blanks(struct buffer *out, struct text above)
{
    for (size_t at = 0; at < above.n;) {
        struct character next = utf8_next(text_from(above, at));
        int columns = utf8_columns(next.code);
        if (is_control(next.code))
            columns = 1;
        for (int i = 0; i < columns; i++)
            buffer_add_char(out, next.code == '\t' ? '\t' : ' ');
        at += next.bytes;
    }
}

static void add_caret(struct printer printer, const struct excerpt *excerpt)
{
    buffer_add(printer.out, TEXT(EXCERPT_INDENT));
    if (excerpt->cut_before)
        add_blanks(printer.out, TEXT(ELLIPSIS));
    add_blanks(printer.out, excerpt->before);
    style(printer, STYLE_CARET);
    buffer_add_char(printer.out, '^');
    for (size_t i = 1; i < text_columns(excerpt->marked); i++)
        buffer_add_char(printer.out, '~');
    style(printer, STYLE_END);
    buffer_add_char(printer.out, '\n');
}

static void add_excerpt(struct printer printer, struct text line, struct place place)
{
    struct excerpt excerpt = split_line(line, place);
    if (room_of(line) > EXCERPT_COLUMNS)
        cut_line(&excerpt);
    buffer_add(printer.out, TEXT(EXCERPT_INDENT));
    if (excerpt.cut_before)
        buffer_add(printer.out, TEXT(ELLIPSIS));
    add_harmless(printer.out, excerpt.before, true);
    add_harmless(printer.out, excerpt.marked, true);
    add_harmless(printer.out, excerpt.after, true);
    if (excerpt.cut_after)
        buffer_add(printer.out, TEXT(ELLIPSIS));
    buffer_add_char(printer.out, '\n');
    add_caret(printer, &excerpt);
}

static void add_place(struct printer printer, const struct source *source, struct place place)
{
    style(printer, STYLE_BOLD);
    add_harmless(printer.out, source->path, false);
    if (place.line)
        buffer_printf(printer.out, ":%u", place.line);
    if (place.line && place.column)
        buffer_printf(printer.out, ":%u", place.column);
    buffer_add_char(printer.out, ':');
    style(printer, STYLE_END);
    buffer_add_char(printer.out, ' ');
}

void diag_print(const struct diag *diag, const struct sources *sources, bool colour, struct buffer *out)
{
    struct printer printer = {out, colour};
    const struct place place = diag->place;
    bool has_source = place.source < sources->count;
    if (has_source)
        add_place(printer, &sources->items[place.source], place);
    bool is_error = diag->severity == SEVERITY_ERROR;
    style(printer, is_error ? STYLE_ERROR : STYLE_WARNING);
    buffer_add(out, is_error ? TEXT("error:") : TEXT("warning:"));
    style(printer, STYLE_END);
    buffer_add_char(out, ' ');
    add_harmless(out, diag->text, false);
    buffer_add_char(out, '\n');
    struct text line;
    if (has_source && place.line && place.column && find_line(sources->items[place.source].content, place.line, &line))
        add_excerpt(printer, line, place);
}

void diags_print(const struct diags *diags, const struct sources *sources, bool colour, struct buffer *out)
{
    for (size_t i = 0; i < diags->count; i++)
        diag_print(&diags->items[i], sources, colour, out);
    if (diags->dropped)
        buffer_printf(out, "%zu more not shown\n", diags->dropped);
}
