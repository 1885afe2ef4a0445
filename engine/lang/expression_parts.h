// What the parts of the expression compiler share; private to engine/lang/expression_*.c. An expression goes
// text -> tokens -> syntax tree -> typed nodes. Syntax faults end it; faults of names and types do not, so that
// one run reports all that are independent.
#ifndef DROWSE_LANG_EXPRESSION_PARTS_H
#define DROWSE_LANG_EXPRESSION_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lang/expression.h"

struct tree;

// Bytes [start, end) of expression.text.
struct extent {
    size_t start, end;
};

// One expression on its way to nodes.
struct expression {
    struct compiler *compiler;
    struct arena *scratch;    // tokens and syntax tree: gone once it is compiled
    const struct tree *tree;  // the scalar that it stands in
    struct text text;         // its source: the scalar, or what a message has between braces
    size_t base;              // where `text` begins in the scalar
    uint8_t want;             // enum want
    bool is_message;          // a template, not one of the expressions in it
    bool failed;              // an error of its own was reported
};

// ---- reporting (expression_report.c) ----------------------------------------------------------------------

struct place expression_place(const struct expression *, struct extent);
void expression_fault(struct expression *, struct extent, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// The source there for a message: control characters as blanks, long ones cut.
struct text expression_excerpt(const struct expression *, struct extent);
struct text expression_source(const struct expression *, struct extent);
// What to add to a fault at the end of an expression that YAML may have cut short; else "".
const char *expression_cut_hint(const struct expression *);
// "a number", "an instant".
const char *type_phrase(enum type);

// ---- tokens (expression_lexer.c, expression_literal.c) ----------------------------------------------------

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_DURATION,
    TOKEN_TEXT,
    TOKEN_NAME,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_OR,
    TOKEN_AND,
    TOKEN_NOT,
    TOKEN_IN,
    TOKEN_OVER,
    TOKEN_ABOVE,
    TOKEN_EQUAL,
    TOKEN_UNEQUAL,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_NONE,  // spelt in a way that the language has no token for
};

struct token {
    uint8_t kind;  // enum token_kind
    struct extent at;
    double number;  // of NUMBER and DURATION
};

#define LONGEST_DURATION_S (36525.0 * 86400)  // a century: past any use, and within what every notation shows

// The tokens, the last one TOKEN_END, in scratch. NULL after a fault that ends the expression; a foreign spelling
// with one meaning (`&&`) is a fault too, but read as what was meant.
struct token *expression_tokens(struct expression *);
// A word that begins with a digit or a point: fills kind and number, or reports what it should have been.
bool literal_number(struct expression *, struct token *);
// The unit that a long or foreign name of it stands for ("minutes": "m"), or NULL.
const char *literal_unit(struct text name);
// The text within the quotes, escapes resolved, in the arena.
struct text literal_text(struct arena *, struct text quoted);

// ---- syntax (expression_parser.c) -------------------------------------------------------------------------

enum ast_kind {
    AST_NUMBER,
    AST_DURATION,
    AST_TEXT,
    AST_TRUE,
    AST_FALSE,
    AST_NAME,
    AST_UNARY,
    AST_BINARY,
    AST_IN,
    AST_CALL
};

struct ast {
    uint8_t kind;
    uint8_t op;  // enum op, of UNARY and BINARY
    uint32_t depth;
    struct extent at;    // all of it, with parentheses around it
    struct extent word;  // the literal, the name, the operator
    double number;
    struct ast *a, *b;      // operands; of IN: the instant, and the text in window(...) if any
    struct extent window;   // of IN without a text: the window's name
    struct ast *arguments;  // of CALL, linked by next
    struct ast *above, *over;
    struct ast *next;
    size_t argument_count;
};

// The syntax tree in scratch; NULL after a fault.
struct ast *expression_parse(struct expression *, const struct token *);

// ---- typing (expression_compile.c, expression_type.c, expression_scope.c, expression_call.c) --------------

// What a node reads beside params and constants, its lets included: a bit a built-in, and these.
#define READS_TAGS (1u << BUILTIN_COUNT)
#define READS_METRICS (1u << (BUILTIN_COUNT + 1))
#define READS_COUNTS (1u << BUILTIN_DESIRED | 1u << BUILTIN_RUNNING | 1u << BUILTIN_PENDING)

// A compiled part. Poisoned where a fault was reported within: nothing more is said of what it is used for.
#define TYPE_POISON UINT8_MAX
struct typed {
    node_index node;
    uint8_t type;  // enum type, or TYPE_POISON
    uint32_t reads;
};
#define POISON ((struct typed){0, TYPE_POISON, 0})

struct let_frame {
    uint32_t let;
    uint32_t depth;    // frames from the outermost, itself included
    uint32_t deepest;  // of the lets that it reads
    struct let_frame *outer;
};

struct let_facts {
    uint32_t reads;
    uint32_t depth;  // lets that build on one another, itself included
    bool constant;
    struct value value;  // where constant
};

// Text to node, the want not yet checked; *whole is the extent of what was read.
struct typed expression_compile(struct expression *, struct extent *whole);
struct typed ast_compile(struct expression *, const struct ast *);
// Appends a node; poison and a fault where the policy has too many.
struct typed node_emit(struct expression *, const struct ast *, struct node, uint32_t reads);
uint8_t node_stage(const struct expression *, node_index);

struct typed unary_compile(struct expression *, const struct ast *);
struct typed binary_compile(struct expression *, const struct ast *);
// Is the part of that type? Else a fault, made of `who` ("since", "'and'") and the types; false for poison too.
bool operand_check(struct expression *, const struct ast *, struct typed, enum type, const char *who);
// May a constant take an expression's place: does its notation show it exactly, so that a dump reads back the same?
bool constant_exact(enum type type, double number);
// How the part becomes what is wanted, to append to a fault, or ""; in scratch or static.
struct text conversion_hint(const struct expression *, const struct ast *, enum type from, enum type to);
// The same for two parts of which either may be the wrong one.
struct text mismatch_hint(const struct expression *, const struct ast *, struct typed, const struct ast *,
                          struct typed);

enum sort { SORT_NONE, SORT_BUILTIN, SORT_PARAM, SORT_METRIC, SORT_WINDOW, SORT_LET, SORT_FUNCTION };
struct named {
    enum sort sort;
    uint32_t index;  // into the table of that sort
};
struct named scope_find(const struct compiler *, struct text name);
struct typed name_compile(struct expression *, const struct ast *);
struct typed in_compile(struct expression *, const struct ast *);
// The metric or window named there; a fault and false where there is none. `user` is what asks ("avg").
bool metric_named(struct expression *, struct extent where, struct text user, uint32_t *metric);
// A fault for a name that is called and no function.
void function_unknown(struct expression *, struct extent where);

struct typed call_compile(struct expression *, const struct ast *);

#endif
