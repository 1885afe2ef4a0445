// Diagnostics: what is wrong, where, and what would be right. Collected, never printed by the finder.
#ifndef DROWSE_DIAG_H
#define DROWSE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct arena;

// A place in a source file. Lines and columns count from 1, columns in characters (code points);
// line 0 means "the file as a whole".
struct place {
    uint32_t line;
    uint32_t column;
    uint32_t width;   // characters to underline; 0 reads as 1
    uint32_t source;  // index into struct sources
};

// A file that was read: kept whole so that a message can show its line.
struct source {
    struct text path;  // as the user named it (or as `extends` did, joined to its parent's folder)
    struct text content;
};

struct sources {
    const struct source *items;
    size_t count;
};

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct diag {
    enum severity severity;
    const char *code;  // a stable word for machines, such as "unknown-key"; static storage
    struct place place;
    struct text text;  // one sentence or two, complete enough to print as it is
};

// Filled by whoever finds faults. Untouched on success. At most LIMIT_DIAGS are kept; `dropped` counts the rest.
struct diags {
    struct arena *arena;  // owns the items and their texts
    struct diag *items;
    size_t count;
    size_t capacity;
    size_t errors;  // of all, kept or not
    size_t warnings;
    size_t dropped;
};

#endif
