// Borrowed text and the growing buffer that makes it.
#ifndef DROWSE_BASE_TEXT_H
#define DROWSE_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct text text_of(const char *nul_terminated);  // NULL gives the empty text
bool text_eq(struct text, struct text);
bool text_is(struct text, const char *nul_terminated);
bool text_is_any_case(struct text, const char *nul_terminated);  // ASCII letters in either case
int text_compare(struct text, struct text);                      // by bytes
bool text_starts(struct text, struct text prefix);
bool text_ends(struct text, struct text suffix);
struct text text_trim(struct text);                 // ASCII blanks at both ends
struct text text_from(struct text, size_t offset);  // the rest behind offset; empty past the end
bool text_find(struct text, char, size_t *at);
// Takes what stands before the next separator, or all that is left, off the front of `rest`, the separator too.
struct text text_take(struct text *rest, char separator);
struct text text_part(struct text, char separator, size_t index);  // of a:b:c at 1 it is b; empty past the end
bool text_contains(struct text, struct text part);                 // the empty part: never

// Whole-text conversions: no blanks, no sign but '-', nothing behind. False leaves *out alone.
bool text_to_int64(struct text, int64_t *out);
// Decimal: digits, then '.' and digits or not, then an exponent or not. Correctly rounded, independent of the
// locale, finite only; what is nearer to 0 than to any double is 0.
bool text_to_double(struct text, double *out);

// Glob with '*' (any run) and '?' (one byte). Iterative: linear in practice, never recursive.
bool text_glob(struct text subject, struct text pattern);

// Levenshtein distance with transposition, in bytes, capped at `most` + 1. Texts of more than 96 bytes are
// no names: unless equal they are `most` + 1 apart.
size_t text_distance(struct text, struct text, size_t most);
// The candidate nearest to `word` for "did you mean": within a third of its length, at least 1 and at most
// 3 edits; empty if none. The first of several; never the word itself.
struct text text_nearest(struct text word, const struct text *candidates, size_t count);

// Is it valid UTF-8 without NUL? Else *bad is the offset of the first wrong byte.
bool text_is_utf8(struct text, size_t *bad);
// Code points in it (each wrong byte counts one).
size_t text_length(struct text);
// Columns on a terminal: code points, combining ones 0, East Asian wide ones 2.
size_t text_columns(struct text);

// A growing text on the heap, with a maximum. Past the maximum, or out of memory, it stops growing and says
// so: it then holds the beginning of what was added, never half a character of UTF-8, and takes nothing
// more until cleared. What is added must not lie in the buffer itself.
struct buffer {
    char *p;  // NUL-terminated once anything was added
    size_t n;
    size_t capacity;
    size_t maximum;  // bytes, without the NUL
    bool truncated;
};

void buffer_init(struct buffer *, size_t maximum);
void buffer_release(struct buffer *);
void buffer_clear(struct buffer *);
void buffer_add(struct buffer *, struct text);
void buffer_add_char(struct buffer *, char);
void buffer_printf(struct buffer *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *, const char *format, va_list) __attribute__((format(printf, 2, 0)));
struct text buffer_text(const struct buffer *);  // borrowed until the next addition

// A double as shortest text that reads back the same, without exponent within 1e-6..1e15, "-0" as "0". What
// is not finite: "nan", "inf", "-inf".
void buffer_add_number(struct buffer *, double);

#endif
