// Any bytes as an expression and as a message: no crash, and what compiles dumps as something that compiles to the
// same dump.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "drowse/limits.h"
#include "engine/base/text.h"
#include "tests/support/expressions.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

// Whoever finds a fault must say so, and only then.
static void check_reported(struct expressions *x, bool compiled, size_t errors_before)
{
    bool reported = x->diags.errors > errors_before;
    if (compiled != reported)
        return;
    fprintf(stderr, "compiled: %d, reported: %d\n", compiled, reported);
    abort();
}

static void check_reads_back(struct expressions *x, node_index node)
{
    struct value value, again_value;
    struct text dump = expressions_dump(x, node);
    node_index again = compile_expression(&x->compiler, expressions_scalar(x, dump), WANT_ANY);
    if (!again && dump.n > LIMIT_EXPRESSION_BYTES)
        return;
    if (!again || !text_eq(expressions_dump(x, again), dump)) {
        fprintf(stderr, "'%.*s' reads back as '%.*s'\n%.*s\n", TEXT_ARG(dump),
                TEXT_ARG(again ? expressions_dump(x, again) : TEXT("nothing")), TEXT_ARG(expressions_faults(x)));
        abort();
    }
    if (expression_constant(&x->compiler, node, &value) != expression_constant(&x->compiler, again, &again_value))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct expressions x;
    expressions_begin(&x, usual_lets, usual_let_count);
    struct text text = arena_text(&x.arena, (struct text){(const char *)bytes, n});
    struct tree *scalar = expressions_scalar(&x, text);
    node_index node = compile_expression(&x.compiler, scalar, WANT_ANY);
    check_reported(&x, node != 0, 0);
    if (node)
        check_reads_back(&x, node);
    size_t errors = x.diags.errors;
    struct message message;
    check_reported(&x, compile_message(&x.compiler, scalar, &message), errors);
    expressions_end(&x);
    return 0;
}
