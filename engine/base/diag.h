// Collecting and printing diagnostics.
#ifndef DROWSE_BASE_DIAG_H
#define DROWSE_BASE_DIAG_H

#include "drowse/diag.h"

struct buffer;
struct arena;

void diags_init(struct diags *, struct arena *);

void diag_error(struct diags *, struct place, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_warning(struct diags *, struct place, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// By source, line, column; stable. Exact repetitions (same place, same severity, same text) are merged, and
// no longer counted.
void diags_sort(struct diags *);

// One diagnostic: `file:line:column: error: text`, the source line indented by 4 blanks, and "^~~~" under
// it, as wide as the place. Tabs of the line are kept before the caret so that it lines up; a column past
// the line's end puts the caret right behind it. Control characters and wrong UTF-8 of the source, the path
// and the message are shown as '?'; lines over 160 columns are cut around the caret with "...". Without a
// line (line 0) only `file: error: text`, without a column `file:line: error: text`, and where `source` is
// no source `error: text`; a line that is empty or absent is not shown.
void diag_print(const struct diag *, const struct sources *, bool colour, struct buffer *);
// All of them, and "N more not shown" where some were dropped.
void diags_print(const struct diags *, const struct sources *, bool colour, struct buffer *);

// " (did you mean 'x'?)" in the arena, or the empty text where nothing is near.
struct text diag_suggestion(struct arena *, struct text word, const struct text *candidates, size_t count);
// What to say behind "there is no 'word'": " (did you mean 'x'?)", else what there is; in the arena.
struct text suggest_name(struct arena *, struct text word, const struct text *names, size_t count);

#endif
