#include "engine/lang/expression_parts.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum precedence {
    LOOSEST,
    PRECEDENCE_OR,
    PRECEDENCE_AND,
    PRECEDENCE_NOT,
    PRECEDENCE_COMPARE,
    PRECEDENCE_ADD,
    PRECEDENCE_MULTIPLY,
    PRECEDENCE_UNARY
};

static const struct infix {
    uint8_t token;  // enum token_kind
    uint8_t precedence;
    uint8_t op;  // enum op; OP_NONE for `in`
} infixes[] = {
    {TOKEN_OR, PRECEDENCE_OR, OP_OR},
    {TOKEN_AND, PRECEDENCE_AND, OP_AND},
    {TOKEN_EQUAL, PRECEDENCE_COMPARE, OP_EQUAL},
    {TOKEN_UNEQUAL, PRECEDENCE_COMPARE, OP_UNEQUAL},
    {TOKEN_LESS, PRECEDENCE_COMPARE, OP_LESS},
    {TOKEN_LESS_EQUAL, PRECEDENCE_COMPARE, OP_LESS_EQUAL},
    {TOKEN_GREATER, PRECEDENCE_COMPARE, OP_GREATER},
    {TOKEN_GREATER_EQUAL, PRECEDENCE_COMPARE, OP_GREATER_EQUAL},
    {TOKEN_IN, PRECEDENCE_COMPARE, OP_NONE},
    {TOKEN_PLUS, PRECEDENCE_ADD, OP_ADD},
    {TOKEN_MINUS, PRECEDENCE_ADD, OP_SUBTRACT},
    {TOKEN_STAR, PRECEDENCE_MULTIPLY, OP_MULTIPLY},
    {TOKEN_SLASH, PRECEDENCE_MULTIPLY, OP_DIVIDE},
};

// Words of other languages where an operator is due, and what to write.
static const struct foreign {
    struct text word;
    const char *instead;
} foreign_operators[] = {
#define FOREIGN(word, instead)                                                                                         \
    {                                                                                                                  \
        {word, sizeof(word) - 1}, instead                                                                              \
    }
    FOREIGN("is", "write =="),
    FOREIGN("eq", "write =="),
    FOREIGN("ne", "write !="),
    FOREIGN("lt", "write <"),
    FOREIGN("le", "write <="),
    FOREIGN("gt", "write >"),
    FOREIGN("ge", "write >="),
    FOREIGN("like", "write matches(TEXT, \"GLOB\")"),
    FOREIGN("contains", "write matches(TEXT, \"*PART*\")"),
    FOREIGN("xor", "write != between two booleans"),
    FOREIGN("mod", "there is no remainder"),
    FOREIGN("if", "write two rules, or otherwise(x, y)"),
    FOREIGN("between", "write two comparisons, joined with and"),
#undef FOREIGN
};

// The first fault ends it: every function gives NULL from there on.
struct parser {
    struct expression *e;
    const struct token *first, *next;
    int nesting;   // parentheses and calls open
    int prefixes;  // `not` and `-` open
};

static struct ast *parse_infix(struct parser *, int loosest);

static bool at(const struct parser *p, enum token_kind kind)
{
    return p->next->kind == kind;
}

static struct text next_text(const struct parser *p)
{
    return expression_excerpt(p->e, p->next->at);
}

static struct ast *too_deep(struct parser *p, struct extent where)
{
    expression_fault(p->e, where, "expression-limit",
                     "an expression nests at most %d deep, chains of operators and arguments counted; name a part "
                     "of it under let",
                     LIMIT_EXPRESSION_DEPTH);
    return NULL;
}

static struct ast *ast_new(const struct parser *p, enum ast_kind kind, struct extent word)
{
    struct ast *ast = ARENA_NEW(p->e->scratch, struct ast);
    ast->kind = (uint8_t)kind;
    ast->depth = 1;
    ast->at = ast->word = word;
    return ast;
}

// Takes a part in: depth and extent grow to hold it.
static void adopt(struct ast *parent, const struct ast *child)
{
    if (parent->depth <= child->depth)
        parent->depth = child->depth + 1;
    if (parent->at.start > child->at.start)
        parent->at.start = child->at.start;
    if (parent->at.end < child->at.end)
        parent->at.end = child->at.end;
}

static struct ast *bounded(struct parser *p, struct ast *ast)
{
    return ast->depth > LIMIT_EXPRESSION_DEPTH ? too_deep(p, ast->word) : ast;
}

// ---- operands ---------------------------------------------------------------------------------------------

static struct ast *operand_missing(struct parser *p)
{
    const struct token *before = p->next > p->first ? p->next - 1 : NULL;
    if (at(p, TOKEN_END) && !before)
        expression_fault(p->e, p->next->at, "expression-syntax", "the expression is empty");
    else if (at(p, TOKEN_END))
        expression_fault(p->e, before->at, "expression-syntax", "a value is missing behind '%.*s'%s",
                         TEXT_ARG(expression_excerpt(p->e, before->at)),
                         before->kind == TOKEN_OPEN ? expression_cut_hint(p->e) : "");
    else
        expression_fault(p->e, p->next->at, "expression-syntax", "a value is missing before '%.*s'",
                         TEXT_ARG(next_text(p)));
    return NULL;
}

// Where an operator is due and something else stands: is it one of the well-known slips? Then it is reported.
static bool familiar(struct parser *p)
{
    const struct token *before = p->next - 1;
    struct text word = next_text(p);
    const char *unit = before->kind == TOKEN_NUMBER ? literal_unit(word) : NULL;
    if (unit) {
        expression_fault(p->e, p->next->at, "expression-syntax", "a duration has no blank in it: write %.*s%s",
                         TEXT_ARG(expression_excerpt(p->e, before->at)), unit);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(foreign_operators); i++) {
        if (!text_eq(foreign_operators[i].word, word))
            continue;
        expression_fault(p->e, p->next->at, "expression-syntax", "there is no '%.*s': %s", TEXT_ARG(word),
                         foreign_operators[i].instead);
        return true;
    }
    if (!at(p, TOKEN_NOT) || p->next[1].kind != TOKEN_IN)
        return false;
    expression_fault(p->e, p->next->at, "expression-syntax", "there is no 'not in': write not x in WINDOW");
    return true;
}

// What closes a parenthesis was expected and something else stands there.
static struct ast *not_closed(struct parser *p, struct extent open)
{
    struct text source = expression_excerpt(p->e, (struct extent){open.start, p->next->at.start});
    if (at(p, TOKEN_END))
        expression_fault(p->e, open, "expression-syntax", "the parenthesis of `%.*s` is not closed%s",
                         TEXT_ARG(text_trim(source)), expression_cut_hint(p->e));
    else if (!familiar(p))
        expression_fault(p->e, p->next->at, "expression-syntax",
                         "'%.*s' stands where an operator or ) is due, behind `%.*s`", TEXT_ARG(next_text(p)),
                         TEXT_ARG(text_trim(source)));
    return NULL;
}

static struct ast *parse_parenthesis(struct parser *p)
{
    struct extent open = p->next->at;
    if (++p->nesting > LIMIT_EXPRESSION_DEPTH)
        return too_deep(p, open);
    p->next++;
    struct ast *inner = parse_infix(p, LOOSEST);
    if (!inner)
        return NULL;
    if (!at(p, TOKEN_CLOSE))
        return not_closed(p, open);
    inner->at = (struct extent){open.start, p->next->at.end};
    p->next++;
    p->nesting--;
    return inner;
}

// ---- calls ------------------------------------------------------------------------------------------------

// An argument is over, and neither `,` nor `)` follows.
static struct ast *argument_not_over(struct parser *p, const struct ast *call)
{
    struct text name = expression_source(p->e, call->word);
    const struct function_name *function = function_find(name);
    if (at(p, TOKEN_END)) {
        expression_fault(p->e, call->word, "expression-syntax", "the parenthesis of `%.*s(` is not closed%s",
                         TEXT_ARG(expression_excerpt(p->e, call->word)), expression_cut_hint(p->e));
        return NULL;
    }
    if (familiar(p))
        return NULL;
    if (at(p, TOKEN_OVER) || at(p, TOKEN_ABOVE)) {
        expression_fault(p->e, p->next->at, "expression-syntax", "'%.*s' stands once in a call%s",
                         TEXT_ARG(next_text(p)),
                         at(p, TOKEN_ABOVE) && call->over && !call->above ? ", and before 'over'" : "");
        return NULL;
    }
    bool span = function && (function->form == FORM_SPAN || function->form == FORM_QUIET) && !call->over;
    expression_fault(p->e, p->next->at, "expression-syntax", "%s is missing before '%.*s'%s%s",
                     span ? "'over'" : "an operator, ',' or ')'", TEXT_ARG(next_text(p)), span ? ": write " : "",
                     span ? function->signature : "");
    return NULL;
}

// `above x` or `over x` behind an argument.
static bool parse_clause(struct parser *p, struct ast *call, enum token_kind word, struct ast **clause)
{
    if (!at(p, word))
        return true;
    if (*clause) {
        expression_fault(p->e, p->next->at, "expression-syntax", "'%.*s' stands once in a call",
                         TEXT_ARG(next_text(p)));
        return false;
    }
    p->next++;
    *clause = parse_infix(p, LOOSEST);
    if (*clause)
        adopt(call, *clause);
    return *clause != NULL;
}

static bool parse_argument(struct parser *p, struct ast *call, struct ast ***end)
{
    struct ast *argument = parse_infix(p, LOOSEST);
    if (!argument)
        return false;
    adopt(call, argument);
    **end = argument;
    *end = &argument->next;
    call->argument_count++;
    return parse_clause(p, call, TOKEN_ABOVE, &call->above) && parse_clause(p, call, TOKEN_OVER, &call->over);
}

static struct ast *parse_call(struct parser *p)
{
    struct ast *call = ast_new(p, AST_CALL, p->next->at);
    struct ast **end = &call->arguments;
    if (++p->nesting > LIMIT_EXPRESSION_DEPTH)
        return too_deep(p, call->word);
    p->next++;
    if (at(p, TOKEN_OPEN) && p->next[1].kind == TOKEN_CLOSE) {
        p->next++;
    } else {
        do {
            p->next++;
            if (!parse_argument(p, call, &end))
                return NULL;
        } while (at(p, TOKEN_COMMA));
    }
    if (!at(p, TOKEN_CLOSE))
        return argument_not_over(p, call);
    call->at.end = p->next->at.end;
    p->next++;
    p->nesting--;
    // Calls of many arguments become chains of nodes.
    if (call->argument_count > 2)
        call->depth += (uint32_t)call->argument_count - 2;
    return bounded(p, call);
}

static struct ast *parse_primary(struct parser *p)
{
    static const uint8_t literals[][2] = {{TOKEN_NUMBER, AST_NUMBER}, {TOKEN_DURATION, AST_DURATION},
                                          {TOKEN_TEXT, AST_TEXT},     {TOKEN_TRUE, AST_TRUE},
                                          {TOKEN_FALSE, AST_FALSE},   {TOKEN_NAME, AST_NAME}};
    if (at(p, TOKEN_NAME) && p->next[1].kind == TOKEN_OPEN)
        return parse_call(p);
    if (at(p, TOKEN_OPEN))
        return parse_parenthesis(p);
    for (size_t i = 0; i < COUNT_OF(literals); i++) {
        if (p->next->kind != literals[i][0])
            continue;
        struct ast *ast = ast_new(p, literals[i][1], p->next->at);
        ast->number = p->next->number;
        p->next++;
        return ast;
    }
    return operand_missing(p);
}

// ---- operators --------------------------------------------------------------------------------------------

static struct ast *parse_prefix(struct parser *p, int loosest)
{
    bool is_not = at(p, TOKEN_NOT);
    if (!is_not && !at(p, TOKEN_MINUS))
        return parse_primary(p);
    struct extent word = p->next->at;
    if (is_not && loosest > PRECEDENCE_NOT) {
        expression_fault(p->e, word, "expression-syntax",
                         "'not' binds looser than the operator before it: write (not ...)");
        return NULL;
    }
    if (++p->prefixes > LIMIT_EXPRESSION_DEPTH)
        return too_deep(p, word);
    p->next++;
    struct ast *operand = is_not ? parse_infix(p, PRECEDENCE_NOT) : parse_prefix(p, PRECEDENCE_UNARY);
    if (!operand)
        return NULL;
    p->prefixes--;
    struct ast *ast = ast_new(p, AST_UNARY, word);
    ast->op = is_not ? OP_NOT : OP_NEGATE;
    ast->a = operand;
    adopt(ast, operand);
    return bounded(p, ast);
}

static struct ast *parse_window_text(struct parser *p, struct ast *in)
{
    struct ast *call = parse_call(p);
    if (!call)
        return NULL;
    if (call->argument_count != 1 || call->above || call->over) {
        expression_fault(p->e, call->at, "expression-syntax", "window takes one text: now in window(TEXT)");
        return NULL;
    }
    in->b = call->arguments;
    adopt(in, call);
    return bounded(p, in);
}

// Behind `in`: a window's name, or window(text).
static struct ast *parse_in(struct parser *p, struct ast *instant, struct extent word)
{
    struct ast *in = ast_new(p, AST_IN, word);
    in->a = instant;
    adopt(in, instant);
    if (at(p, TOKEN_NAME) && p->next[1].kind == TOKEN_OPEN && text_is(next_text(p), "window"))
        return parse_window_text(p, in);
    if (at(p, TOKEN_NAME) && p->next[1].kind != TOKEN_OPEN) {
        in->window = p->next->at;
        in->at.end = p->next->at.end;
        p->next++;
        return bounded(p, in);
    }
    if (at(p, TOKEN_TEXT))
        expression_fault(p->e, p->next->at, "expression-syntax",
                         "a window's name stands without quotes: now in office");
    else
        expression_fault(p->e, at(p, TOKEN_END) ? word : p->next->at, "expression-syntax",
                         "behind 'in' stands a window's name, or window(TEXT)");
    return NULL;
}

static const struct infix *infix_of(const struct parser *p)
{
    for (size_t i = 0; i < COUNT_OF(infixes); i++)
        if (infixes[i].token == p->next->kind)
            return &infixes[i];
    return NULL;
}

static bool chained(struct parser *p)
{
    const struct infix *again = infix_of(p);
    if (!again || again->precedence != PRECEDENCE_COMPARE)
        return false;
    expression_fault(p->e, p->next->at, "expression-syntax",
                     "comparisons do not chain: join two with 'and', or put one in parentheses");
    return true;
}

static struct ast *parse_infix(struct parser *p, int loosest)
{
    struct ast *left = parse_prefix(p, loosest);
    while (left) {
        const struct infix *infix = infix_of(p);
        if (!infix || infix->precedence < loosest)
            return left;
        struct extent word = p->next++->at;
        if (infix->op == OP_NONE) {
            left = parse_in(p, left, word);
        } else {
            struct ast *right = parse_infix(p, infix->precedence + 1);
            if (!right)
                return NULL;
            struct ast *ast = ast_new(p, AST_BINARY, word);
            ast->op = infix->op;
            ast->a = left;
            ast->b = right;
            adopt(ast, left);
            adopt(ast, right);
            left = bounded(p, ast);
        }
        if (left && infix->precedence == PRECEDENCE_COMPARE && chained(p))
            return NULL;
    }
    return NULL;
}

// ---- the whole --------------------------------------------------------------------------------------------

// Something stands behind a complete expression.
static void trailing(struct parser *p)
{
    struct text word = next_text(p);
    if (familiar(p))
        return;
    if (at(p, TOKEN_CLOSE))
        expression_fault(p->e, p->next->at, "expression-syntax", "this ')' closes nothing");
    else if (at(p, TOKEN_COMMA))
        expression_fault(p->e, p->next->at, "expression-syntax", "a ',' stands only between arguments");
    else if (at(p, TOKEN_OVER) || at(p, TOKEN_ABOVE))
        expression_fault(p->e, p->next->at, "expression-syntax",
                         "'%.*s' stands only within a function, as in avg(METRIC over SPAN)", TEXT_ARG(word));
    else
        expression_fault(p->e, p->next->at, "expression-syntax", "an operator is missing between '%.*s' and '%.*s'",
                         TEXT_ARG(expression_excerpt(p->e, p->next[-1].at)), TEXT_ARG(word));
}

struct ast *expression_parse(struct expression *e, const struct token *tokens)
{
    struct parser parser = {.e = e, .next = tokens, .first = tokens};
    struct ast *ast = parse_infix(&parser, LOOSEST);
    if (ast && parser.next->kind != TOKEN_END) {
        trailing(&parser);
        return NULL;
    }
    return ast;
}
