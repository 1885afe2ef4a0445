// Expressions: text -> typed nodes.
#ifndef DROWSE_LANG_EXPRESSION_H
#define DROWSE_LANG_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/diag.h"
#include "drowse/policy.h"

struct arena;
struct tree;
struct let_frame;
struct let_facts;

// The names that expressions may use, and the nodes compiled so far. Filled by the loader before the first
// expression is compiled: `let` expressions are compiled on first use, in any order, and a cycle is an error that
// prints its path.
struct compiler {
    struct arena *arena;
    struct diags *diags;
    const struct param *params;
    size_t param_count;
    const struct metric *metrics;
    size_t metric_count;
    const struct window *windows;
    size_t window_count;
    struct let *lets;
    size_t let_count;
    const struct tree **let_trees;  // the scalar of each let
    uint8_t *let_states;            // 0 not begun, 1 under way, 2 done, 3 failed
    uint8_t *let_types;             // enum type, once done
    bool *param_used, *metric_used, *window_used, *let_used;

    struct node *nodes;
    size_t node_count, node_capacity;
    struct place *places;
    size_t place_capacity;
    struct text *texts;
    size_t text_count, text_capacity;

    // The compiler's own; the loader leaves them zero.
    struct let_frame *let_path;   // the lets under way, innermost first
    struct let_facts *let_facts;  // by let
    struct text *candidates;      // every name in scope, for suggestions; made at the first misspelt one
    size_t candidate_count;
};

// Sets everything to nothing but the arena, the diags and the placeholder nodes[0].
void compiler_init(struct compiler *, struct arena *, struct diags *);

// What an expression must be.
enum want { WANT_ANY, WANT_BOOLEAN, WANT_COUNT /* a number; may not read desired, running or pending */ };

// Compiles the scalar; 0 after an error was reported (of its own, or of a let that it reads). Columns of faults
// are exact where tree->exact_columns. WANT_COUNT leaves bounds and fractions of a constant to the caller.
node_index compile_expression(struct compiler *, const struct tree *scalar, enum want);
// A message template: text with {expression}, {expression:format}, {{ and }}.
bool compile_message(struct compiler *, const struct tree *scalar, struct message *);
// The expression of a let, compiled if it was not yet; its type in *type. False after an error.
bool compile_let(struct compiler *, uint32_t let, uint8_t *type);

// Is the node's value known, and the same in every snapshot that keeps the params' defaults? Then *value is it.
bool expression_constant(const struct compiler *, node_index, struct value *value);

// Every name that an expression or a Lua function may call or read, with what it is, in one table: for
// messages, suggestions, the clash check, docs and Lua's `s`.
struct builtin_name {
    struct text name;
    uint8_t builtin;
    uint8_t type;
    uint8_t stage;
    const char *doc;
};
extern const struct builtin_name builtin_names[];
extern const size_t builtin_name_count;

struct function_name {
    struct text name;
    uint8_t form;           // enum function_form
    uint8_t op;             // enum op
    uint8_t aggregate;      // enum aggregate, of OP_AGGREGATE
    const char *signature;  // "avg(METRIC over SPAN)"
    const char *doc;
};
enum function_form {
    FORM_SPAN /* f(metric over span) */,
    FORM_QUIET /* f(metric above x over span) */,
    FORM_PLAIN,
    FORM_WINDOW /* window(text), only behind `in` */
};
// All percentiles stand here as one, "p50"; function_find knows the others.
extern const struct function_name function_names[];
extern const size_t function_name_count;

// The words of the language that are neither: and, or, not, in, over, above, true, false.
extern const struct text reserved_words[];
extern const size_t reserved_word_count;

// The function of that name, or NULL. Any p followed by a number is the percentile's, p0 and p200 too: whether
// there is such a percentile is another question.
const struct function_name *function_find(struct text name);
const struct builtin_name *builtin_find(struct text name);
// p0 < pN <= p100, at most one decimal; false leaves *percentile alone.
bool percentile_parse(struct text name, double *percentile);

// Is it a name of the language's kind, [a-z][a-z0-9_]*, at most LIMIT_NAME_BYTES?
bool name_valid(struct text name);
// What the language itself uses the name for ("a built-in name", "a function", "a word of the language"), or NULL
// where a policy may have it.
const char *name_taken(struct text name);

#endif
