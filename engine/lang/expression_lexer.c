#include "engine/lang/expression_parts.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// How operators are spelt, the longest of those that begin alike first. Where `instead` is set the spelling is
// foreign: it is reported, and read as the kind where that has one meaning.
static const struct spelling {
    struct text characters;
    uint8_t kind;
    const char *instead;
} spellings[] = {
#define SPELT(characters, kind, instead)                                                                               \
    {                                                                                                                  \
        {characters, sizeof(characters) - 1}, kind, instead                                                            \
    }
    SPELT("===", TOKEN_EQUAL, "write =="),
    SPELT("!==", TOKEN_UNEQUAL, "write !="),
    SPELT("==", TOKEN_EQUAL, NULL),
    SPELT("!=", TOKEN_UNEQUAL, NULL),
    SPELT("<=", TOKEN_LESS_EQUAL, NULL),
    SPELT(">=", TOKEN_GREATER_EQUAL, NULL),
    SPELT("=<", TOKEN_LESS_EQUAL, "write <="),
    SPELT("=>", TOKEN_GREATER_EQUAL, "write >="),
    SPELT("=~", TOKEN_NONE, "write matches(TEXT, \"GLOB\")"),
    SPELT("~=", TOKEN_UNEQUAL, "write !="),
    SPELT("<>", TOKEN_UNEQUAL, "write !="),
    SPELT("&&", TOKEN_AND, "write and"),
    SPELT("||", TOKEN_OR, "write or"),
    SPELT("**", TOKEN_NONE, "write the product out"),
    SPELT("//", TOKEN_NONE, "write /"),
    SPELT("<", TOKEN_LESS, NULL),
    SPELT(">", TOKEN_GREATER, NULL),
    SPELT("+", TOKEN_PLUS, NULL),
    SPELT("-", TOKEN_MINUS, NULL),
    SPELT("*", TOKEN_STAR, NULL),
    SPELT("/", TOKEN_SLASH, NULL),
    SPELT("(", TOKEN_OPEN, NULL),
    SPELT(")", TOKEN_CLOSE, NULL),
    SPELT(",", TOKEN_COMMA, NULL),
    SPELT("=", TOKEN_EQUAL, "write =="),
    SPELT("!", TOKEN_NONE, "write not"),
    SPELT("&", TOKEN_AND, "write and"),
    SPELT("|", TOKEN_OR, "write or"),
    SPELT("~", TOKEN_NONE, "write not"),
    SPELT("%", TOKEN_NONE, "write a share as a fraction, such as 0.5"),
    SPELT("^", TOKEN_NONE, "write the product out"),
    SPELT("?", TOKEN_NONE, "write two rules, or otherwise(x, y)"),
    SPELT(":", TOKEN_NONE, "it belongs before the format in a message, as in {x:.2f}"),
    SPELT("{", TOKEN_NONE, "names stand without braces"),
    SPELT("}", TOKEN_NONE, "names stand without braces"),
    SPELT("[", TOKEN_NONE, "write ( )"),
    SPELT("]", TOKEN_NONE, "write ( )"),
    SPELT("$", TOKEN_NONE, "names stand without it"),
    SPELT("`", TOKEN_NONE, "write texts in \" or '"),
    SPELT("\u201c", TOKEN_NONE, "write texts in straight quotes"),
    SPELT("\u201d", TOKEN_NONE, "write texts in straight quotes"),
    SPELT("\u2018", TOKEN_NONE, "write texts in straight quotes"),
    SPELT("\u2019", TOKEN_NONE, "write texts in straight quotes"),
    SPELT("\u2264", TOKEN_LESS_EQUAL, "write <="),
    SPELT("\u2265", TOKEN_GREATER_EQUAL, "write >="),
    SPELT("\u2260", TOKEN_UNEQUAL, "write !="),
    SPELT("\u00d7", TOKEN_STAR, "write *"),
    SPELT("\u00f7", TOKEN_SLASH, "write /"),
    SPELT("\u2212", TOKEN_MINUS, "write -"),
    SPELT("\u2013", TOKEN_MINUS, "write -"),
#undef SPELT
};

// The words that are tokens; their order is that of reserved_words.
static const uint8_t word_kinds[] = {TOKEN_AND,  TOKEN_OR,    TOKEN_NOT,  TOKEN_IN,
                                     TOKEN_OVER, TOKEN_ABOVE, TOKEN_TRUE, TOKEN_FALSE};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static size_t word_end(struct text text, size_t i)
{
    while (i < text.n && is_word(text.p[i]))
        i++;
    return i;
}

// p99.9 is one word.
static size_t percentile_end(struct text text, size_t start, size_t end)
{
    bool digits = text.p[start] == 'p' && end - start > 1;
    for (size_t i = start + 1; i < end; i++)
        digits = digits && is_digit(text.p[i]);
    bool decimals = end + 1 < text.n && text.p[end] == '.' && is_digit(text.p[end + 1]);
    return digits && decimals ? word_end(text, end + 1) : end;
}

static bool same_letters(struct text word, struct text lower)
{
    if (word.n != lower.n)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if ((word.p[i] | 0x20) != lower.p[i])
            return false;
    return true;
}

static bool lex_word(struct expression *e, struct token *token)
{
    token->at.end = percentile_end(e->text, token->at.start, word_end(e->text, token->at.start));
    struct text word = expression_source(e, token->at);
    token->kind = TOKEN_NAME;
    for (size_t i = 0; i < reserved_word_count; i++) {
        if (!same_letters(word, reserved_words[i]))
            continue;
        token->kind = word_kinds[i];
        if (!text_eq(word, reserved_words[i]))
            expression_fault(e, token->at, "expression-syntax", "'%.*s' is written in small letters: %.*s",
                             TEXT_ARG(word), TEXT_ARG(reserved_words[i]));
    }
    return true;
}

// A number, a duration, or what was meant as one: 0x10, 1.5h, 15min, 1_000, 1.2.3.
static bool lex_number(struct expression *e, struct token *token)
{
    size_t i = token->at.start;
    while (i < e->text.n && (is_word(e->text.p[i]) || e->text.p[i] == '.'))
        i++;
    token->at.end = i;
    return literal_number(e, token);
}

static bool is_escapable(char c)
{
    return c == '"' || c == '\\' || c == '\'';
}

static bool lex_text(struct expression *e, struct token *token)
{
    char quote = e->text.p[token->at.start];
    size_t i = token->at.start + 1;
    for (; i < e->text.n && e->text.p[i] != quote; i++) {
        if (e->text.p[i] != '\\')
            continue;
        if (i + 1 < e->text.n && is_escapable(e->text.p[i + 1])) {
            i++;
            continue;
        }
        expression_fault(e, (struct extent){i, i + 1}, "expression-syntax",
                         "a \\ within a text stands only before \", ' or another \\; write \\\\");
        return false;
    }
    if (i == e->text.n) {
        token->at.end = i;
        expression_fault(e, token->at, "expression-syntax", "the text that begins here lacks its closing %c%s", quote,
                         expression_cut_hint(e));
        return false;
    }
    token->kind = TOKEN_TEXT;
    token->at.end = i + 1;
    return true;
}

static bool lex_foreign(struct expression *e, struct token *token)
{
    size_t i = token->at.start + 1;
    unsigned char first = (unsigned char)e->text.p[token->at.start];
    while (first >= 0xc0 && i < e->text.n && ((unsigned char)e->text.p[i] & 0xc0) == 0x80)
        i++;
    token->at.end = i;
    if (first < ' ' || first == 0x7f)
        expression_fault(e, token->at, "expression-syntax", "a control character (0x%02x) stands here", first);
    else
        expression_fault(e, token->at, "expression-syntax", "'%.*s' has no meaning here",
                         TEXT_ARG(expression_source(e, token->at)));
    return false;
}

static bool lex_operator(struct expression *e, struct token *token)
{
    struct text rest = text_from(e->text, token->at.start);
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        const struct spelling *spelling = &spellings[i];
        if (!text_starts(rest, spelling->characters))
            continue;
        token->kind = spelling->kind;
        token->at.end = token->at.start + spelling->characters.n;
        if (spelling->instead)
            expression_fault(e, token->at, "expression-syntax", "there is no '%.*s' here: %s",
                             TEXT_ARG(spelling->characters), spelling->instead);
        return spelling->kind != TOKEN_NONE;
    }
    return lex_foreign(e, token);
}

static bool lex(struct expression *e, struct token *token)
{
    char c = e->text.p[token->at.start];
    bool point_number = c == '.' && token->at.start + 1 < e->text.n && is_digit(e->text.p[token->at.start + 1]);
    if (is_digit(c) || point_number)
        return lex_number(e, token);
    if (is_word(c))
        return lex_word(e, token);
    if (c == '"' || c == '\'')
        return lex_text(e, token);
    return lex_operator(e, token);
}

struct token *expression_tokens(struct expression *e)
{
    struct token *tokens = NULL;
    size_t count = 0, capacity = 0, i = 0;
    for (;;) {
        while (i < e->text.n && is_blank(e->text.p[i]))
            i++;
        tokens = arena_grow(e->scratch, tokens, count, &capacity, count + 1, sizeof *tokens);
        struct token *token = &tokens[count++];
        *token = (struct token){.kind = TOKEN_END, .at = {i, i}};
        if (i == e->text.n)
            return tokens;
        if (!lex(e, token))
            return NULL;
        i = token->at.end;
    }
}
