#include "engine/lang/lua_scan.h"

#include <stddef.h>
#include <string.h>

#include "engine/base/text.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char at(const struct lua_scanner *scanner, ptrdiff_t offset)
{
    return scanner->end - scanner->p > offset ? scanner->p[offset] : '\0';
}

static void step(struct lua_scanner *scanner)
{
    if (*scanner->p++ == '\n') {
        scanner->line++;
        scanner->line_start = scanner->p;
    }
}

// The level of a long bracket "[[", "[=[" that begins here, or -1.
static ptrdiff_t long_bracket(const struct lua_scanner *scanner)
{
    ptrdiff_t level = 0;
    if (at(scanner, 0) != '[')
        return -1;
    while (at(scanner, 1 + level) == '=')
        level++;
    return at(scanner, 1 + level) == '[' ? level : -1;
}

static bool closes(const struct lua_scanner *scanner, ptrdiff_t level)
{
    if (at(scanner, 0) != ']' || at(scanner, level + 1) != ']')
        return false;
    for (ptrdiff_t i = 1; i <= level; i++)
        if (at(scanner, i) != '=')
            return false;
    return true;
}

static void skip_long(struct lua_scanner *scanner, ptrdiff_t level)
{
    scanner->p += level + 2;
    while (scanner->p < scanner->end && !closes(scanner, level))
        step(scanner);
    scanner->p += scanner->p < scanner->end ? level + 2 : 0;
}

static void skip_comment(struct lua_scanner *scanner)
{
    scanner->p += 2;
    ptrdiff_t level = long_bracket(scanner);
    if (level >= 0) {
        skip_long(scanner, level);
        return;
    }
    while (scanner->p < scanner->end && *scanner->p != '\n')
        scanner->p++;
}

static void skip_blanks(struct lua_scanner *scanner)
{
    while (scanner->p < scanner->end) {
        if (at(scanner, 0) == '-' && at(scanner, 1) == '-')
            skip_comment(scanner);
        else if (is_blank(*scanner->p))
            step(scanner);
        else
            return;
    }
}

static void skip_quoted(struct lua_scanner *scanner)
{
    char quote = *scanner->p++;
    while (scanner->p < scanner->end && *scanner->p != quote) {
        if (*scanner->p == '\\' && scanner->p + 1 < scanner->end)
            step(scanner);
        step(scanner);
    }
    scanner->p += scanner->p < scanner->end;
}

static void skip_name(struct lua_scanner *scanner)
{
    while (is_letter(at(scanner, 0)) || is_digit(at(scanner, 0)))
        scanner->p++;
}

// Digits, letters of hexadecimal and exponents, signs behind an exponent.
static void skip_number(struct lua_scanner *scanner)
{
    for (;;) {
        char c = at(scanner, 0), next = at(scanner, 1);
        bool exponent = (c == 'e' || c == 'E' || c == 'p' || c == 'P') && (next == '+' || next == '-');
        if (!is_letter(c) && !is_digit(c) && c != '.')
            return;
        scanner->p += exponent ? 2 : 1;
    }
}

static void skip_symbol(struct lua_scanner *scanner)
{
    static const char *const longer[] = {"...", "..", "==", "~=", "<=", ">=", "//", "::"};
    size_t left = (size_t)(scanner->end - scanner->p);
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
        size_t n = strlen(longer[i]);
        if (n <= left && memcmp(scanner->p, longer[i], n) == 0) {
            scanner->p += n;
            return;
        }
    }
    scanner->p++;
}

static enum lua_word_kind skip_word(struct lua_scanner *scanner)
{
    char c = *scanner->p;
    ptrdiff_t level = long_bracket(scanner);
    if (level >= 0) {
        skip_long(scanner, level);
        return WORD_LONG_TEXT;
    }
    if (c == '"' || c == '\'') {
        skip_quoted(scanner);
        return WORD_QUOTED;
    }
    if (is_letter(c)) {
        skip_name(scanner);
        return WORD_NAME;
    }
    if (is_digit(c) || (c == '.' && is_digit(at(scanner, 1)))) {
        skip_number(scanner);
        return WORD_NUMBER;
    }
    skip_symbol(scanner);
    return WORD_SYMBOL;
}

void lua_scan_begin(struct lua_scanner *scanner, struct text content, uint32_t source)
{
    const char *start = content.p ? content.p : "";
    *scanner =
        (struct lua_scanner){.p = start, .end = start + content.n, .line_start = start, .line = 1, .source = source};
}

void lua_scan_next(struct lua_scanner *scanner)
{
    skip_blanks(scanner);
    const char *start = scanner->p;
    scanner->word = (struct lua_word){.kind = WORD_END, .line_start = scanner->line_start, .line = scanner->line};
    if (start < scanner->end)
        scanner->word.kind = skip_word(scanner);
    scanner->word.text = (struct text){start, (size_t)(scanner->p - start)};
}

struct lua_word lua_scan_peek(const struct lua_scanner *scanner)
{
    struct lua_scanner ahead = *scanner;
    lua_scan_next(&ahead);
    return ahead.word;
}

bool lua_word_is(const struct lua_word *word, const char *text)
{
    return (word->kind == WORD_SYMBOL || word->kind == WORD_NAME) && text_is(word->text, text);
}

static int bracket_nesting(char c)
{
    if (c == '(' || c == '[' || c == '{')
        return 1;
    return c == ')' || c == ']' || c == '}' ? -1 : 0;
}

int lua_word_nesting(const struct lua_word *word)
{
    static const char *const opening[] = {"function", "do", "if", "repeat"};
    static const char *const closing[] = {"end", "until"};
    if (word->kind == WORD_SYMBOL)
        return bracket_nesting(word->text.p[0]);
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        if (lua_word_is(word, opening[i]))
            return 1;
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (lua_word_is(word, closing[i]))
            return -1;
    return 0;
}

struct place lua_word_place(const struct lua_scanner *scanner, const struct lua_word *word)
{
    struct text before = {word->line_start, (size_t)(word->text.p - word->line_start)};
    size_t newline;
    struct text shown = word->text;
    if (text_find(shown, '\n', &newline))
        shown.n = newline;
    return (struct place){.line = word->line,
                          .column = (uint32_t)text_length(before) + 1,
                          .width = (uint32_t)text_length(shown),
                          .source = scanner->source};
}
