// For tests and fuzzers: a compiler of expressions over a small, fixed set of names.
#ifndef DROWSE_TESTS_EXPRESSIONS_H
#define DROWSE_TESTS_EXPRESSIONS_H

#include <stddef.h>

#include "drowse/diag.h"
#include "drowse/policy.h"
#include "engine/base/arena.h"
#include "engine/lang/expression.h"
#include "engine/lang/tree.h"

// params idle_threshold (15m), lookback (10m), nothing (0s), factor (2), label ("office"), enabled (true);
// metrics connections, cpu, last_activity (as instant); windows office and freeze; lets of the caller's.
struct expressions {
    struct arena arena;
    struct diags diags;
    struct compiler compiler;
    struct policy policy;  // made anew by expressions_dump
};

struct let_source {
    const char *name, *text;
};

extern const struct let_source usual_lets[];  // avg_connections, idle_time, window_of_two, stopped
extern const size_t usual_let_count;

void expressions_begin(struct expressions *, const struct let_source *, size_t count);
void expressions_end(struct expressions *);
// A plain scalar at line 1, column 1, that stands in its source byte for byte.
struct tree *expressions_scalar(struct expressions *, struct text);
node_index expressions_compile(struct expressions *, const char *text, enum want);
// Canonical notation, in the arena.
struct text expressions_dump(struct expressions *, node_index);
// What was reported, a line each, "COLUMN+WIDTH text", in the arena.
struct text expressions_faults(struct expressions *);

#endif
