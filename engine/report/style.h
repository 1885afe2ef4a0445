// What the reports for people share: colours, columns, places, spans of time.
#ifndef DROWSE_REPORT_STYLE_H
#define DROWSE_REPORT_STYLE_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/policy.h"
#include "drowse/text.h"

struct buffer;

// What the terminal can show. A report that is no terminal's has no colour, and a width of 0: lines are not cut.
struct style {
    bool colour;
    bool utf8;
    int width;
};

enum paint { PAINT_BOLD, PAINT_DIM, PAINT_GREEN, PAINT_YELLOW, PAINT_RED, PAINT_CYAN };

void paint_begin(struct buffer *, const struct style *, enum paint);
void paint_end(struct buffer *, const struct style *);
void paint_text(struct buffer *, const struct style *, enum paint, struct text);

// The text and blanks behind it, up to that many columns in all; never cut.
void pad_text(struct buffer *, struct text, size_t columns);
void pad_blanks(struct buffer *, size_t columns);
// The text, on one line: line ends and other control characters become blanks; cut with "..." where it is wider
// than `columns` (0: never cut).
void line_text(struct buffer *, struct text, size_t columns);

// "policies/base.yaml:41:5", or without the column.
void place_format(struct buffer *, const struct policy *, struct place);
void place_format_line(struct buffer *, const struct policy *, struct place);

// "1 wake", "2 wakes".
void count_format(struct buffer *, size_t count, const char *one, const char *many);

#endif
