#include "engine/report/table.h"

#include "drowse/limits.h"
#include "engine/base/text.h"

#define GAP 2             // blanks between columns
#define LAST_AT_LEAST 20  // the last column is not cut below that: the terminal wraps it
#define WRAP_AT_LEAST 36  // nor wrapped: it then has lines of its own
#define WRAP_INDENT 4

static size_t column_width(const struct table *table, size_t column, struct buffer *scratch)
{
    size_t widest = text_of(table->headings[column]).n;
    for (size_t row = 0; row < table->rows; row++) {
        buffer_clear(scratch);
        table->cell(table->context, row, column, scratch);
        size_t columns = text_columns(buffer_text(scratch));
        if (columns > widest)
            widest = columns;
    }
    return widest;
}

// Bytes of the words that fit; at least one word, however wide it is.
static size_t words_that_fit(struct text text, size_t columns)
{
    size_t taken = 0, blank = 0;
    for (struct text rest = text; text_find(rest, ' ', &blank); rest = text_from(rest, blank + 1)) {
        size_t end = text.n - rest.n + blank;
        if (taken && text_columns((struct text){text.p, end}) > columns)
            return taken;
        taken = end;
    }
    return taken && text_columns(text) > columns ? taken : text.n;
}

static void new_line(struct buffer *out, size_t indent)
{
    buffer_add_char(out, '\n');
    pad_blanks(out, indent);
}

static void wrapped_text(struct buffer *out, struct text text, size_t used, size_t width)
{
    size_t indent = used;
    if (width < used + WRAP_AT_LEAST && text_columns(text) + used > width) {
        indent = WRAP_INDENT;
        new_line(out, indent);
    }
    while (indent + text_columns(text) > width && width > indent) {
        size_t taken = words_that_fit(text, width - indent);
        line_text(out, (struct text){text.p, taken}, 0);
        text = text_trim(text_from(text, taken));
        if (!text.n)
            return;
        new_line(out, indent);
    }
    line_text(out, text, 0);
}

static void table_row(struct buffer *out, const struct style *style, const struct table *table, size_t row,
                      const size_t *widths, struct buffer *scratch)
{
    bool stands_out = table->stands_out(table->context, row);
    size_t used = 0;
    if (stands_out)
        paint_begin(out, style, PAINT_BOLD);
    for (size_t column = 0; column + 1 < table->columns; column++) {
        buffer_clear(scratch);
        table->cell(table->context, row, column, scratch);
        pad_text(out, buffer_text(scratch), widths[column] + GAP);
        used += widths[column] + GAP;
    }
    buffer_clear(scratch);
    table->cell(table->context, row, table->columns - 1, scratch);
    size_t width = (size_t)style->width;
    if (table->wraps && width)
        wrapped_text(out, buffer_text(scratch), used, width);
    else
        line_text(out, buffer_text(scratch), width > used + LAST_AT_LEAST ? width - used : 0);
    if (stands_out)
        paint_end(out, style);
    buffer_add_char(out, '\n');
}

void table_text(struct buffer *out, const struct style *style, const struct table *table)
{
    size_t widths[TABLE_COLUMNS_MOST];
    struct buffer scratch;
    buffer_init(&scratch, (size_t)2 * LIMIT_MESSAGE_BYTES);
    for (size_t column = 0; column + 1 < table->columns; column++) {
        widths[column] = column_width(table, column, &scratch);
        pad_text(out, text_of(table->headings[column]), widths[column] + GAP);
    }
    buffer_printf(out, "%s\n", table->headings[table->columns - 1]);
    for (size_t row = 0; row < table->rows; row++)
        table_row(out, style, table, row, widths, &scratch);
    buffer_release(&scratch);
}
