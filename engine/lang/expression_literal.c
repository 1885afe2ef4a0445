#include "engine/lang/expression_parts.h"

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define WHOLE_MOST 9007199254740992  // 2^53: the last whole number before doubles skip some

static const struct unit_alias {
    struct text name;
    const char *unit;
} unit_aliases[] = {
#define ALIAS(name, unit)                                                                                              \
    {                                                                                                                  \
        {name, sizeof(name) - 1}, unit                                                                                 \
    }
    ALIAS("s", "s"), ALIAS("sec", "s"), ALIAS("secs", "s"), ALIAS("second", "s"), ALIAS("seconds", "s"),
    ALIAS("m", "m"), ALIAS("min", "m"), ALIAS("mins", "m"), ALIAS("minute", "m"), ALIAS("minutes", "m"),
    ALIAS("h", "h"), ALIAS("hr", "h"),  ALIAS("hrs", "h"),  ALIAS("hour", "h"),   ALIAS("hours", "h"),
    ALIAS("d", "d"), ALIAS("day", "d"), ALIAS("days", "d"), ALIAS("S", "s"),      ALIAS("M", "m"),
    ALIAS("H", "h"), ALIAS("D", "d"),
#undef ALIAS
};

const char *literal_unit(struct text name)
{
    for (size_t i = 0; i < COUNT_OF(unit_aliases); i++)
        if (text_eq(unit_aliases[i].name, name))
            return unit_aliases[i].unit;
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_of(struct text word, size_t from)
{
    size_t i = from;
    while (i < word.n && is_digit(word.p[i]))
        i++;
    return i - from;
}

static bool fault(struct expression *e, const struct token *token, const char *advice)
{
    expression_fault(e, token->at, "expression-syntax", "'%.*s' is not a number or a duration: %s",
                     TEXT_ARG(expression_excerpt(e, token->at)), advice);
    return false;
}

static bool too_long(struct expression *e, const struct token *token)
{
    expression_fault(e, token->at, "expression-syntax", "a duration is at most %.0fd", LONGEST_DURATION_S / DAY_S);
    return false;
}

// Digits, or digits, a point and digits.
static bool plain_number(struct expression *e, struct token *token, struct text word)
{
    size_t zeros = 0;
    while (zeros + 1 < word.n && word.p[zeros] == '0' && is_digit(word.p[zeros + 1]))
        zeros++;
    if (zeros) {
        struct text rest = expression_excerpt(e, (struct extent){token->at.start + zeros, token->at.end});
        expression_fault(e, token->at, "expression-syntax", "a number has no leading zero: write %.*s", TEXT_ARG(rest));
        return false;
    }
    size_t whole = digits_of(word, 0);
    int64_t floor;
    bool fits = text_to_int64((struct text){word.p, whole}, &floor) && floor < WHOLE_MOST + (whole == word.n);
    if (!fits || !text_to_double(word, &token->number)) {
        expression_fault(e, token->at, "expression-syntax", "a number is at most 9007199254740992 (2^53)");
        return false;
    }
    token->kind = TOKEN_NUMBER;
    return true;
}

// What is wrong with a word that begins with digits, and was no number and no duration.
static bool strange_number(struct expression *e, const struct token *token, struct text word)
{
    size_t whole = digits_of(word, 0);
    struct text tail = text_from(word, whole);
    const char *unit = literal_unit(tail);
    if (whole && unit && text_is(tail, unit))
        return too_long(e, token);
    if (whole && unit) {
        struct text right = arena_format(e->scratch, "write %.*s%s", (int)whole, word.p, unit);
        return fault(e, token, right.p);
    }
    if (whole == 0)
        return fault(e, token, "it begins with a digit, as in 0.5");
    if (text_is(tail, "."))
        return fault(e, token, "it ends with a digit");
    if (word.p[0] == '0' && whole == 1 &&
        (tail.p[0] == 'x' || tail.p[0] == 'X' || tail.p[0] == 'b' || tail.p[0] == 'o'))
        return fault(e, token, "numbers are decimal");
    if (text_find(word, '_', &whole))
        return fault(e, token, "write all its digits without '_'");
    size_t fraction = tail.p[0] == '.' ? digits_of(tail, 1) + 1 : 0;
    struct text behind = text_from(tail, fraction);
    if (behind.n && (behind.p[0] | 0x20) == 'e')
        return fault(e, token, "write it out, without an exponent");
    if (fraction && literal_unit(behind))
        return fault(e, token, "the parts of a duration are whole, as in 1h30m");
    return fault(e, token, "durations are made of d, h, m and s, in this order, as in 2h30m");
}

bool literal_number(struct expression *e, struct token *token)
{
    struct text word = expression_source(e, token->at);
    size_t whole = digits_of(word, 0);
    size_t fraction = whole && whole < word.n && word.p[whole] == '.' ? digits_of(word, whole + 1) : 0;
    if (whole == word.n || (fraction && whole + 1 + fraction == word.n))
        return plain_number(e, token, word);
    if (!parse_duration(word, &token->number))
        return strange_number(e, token, word);
    if (token->number > LONGEST_DURATION_S)
        return too_long(e, token);
    token->kind = TOKEN_DURATION;
    return true;
}

struct text literal_text(struct arena *arena, struct text quoted)
{
    struct text copy = arena_text(arena, (struct text){quoted.p + 1, quoted.n - 2});
    char *p = (char *)copy.p;
    size_t n = 0;
    for (size_t i = 0; i < copy.n; i++) {
        if (p[i] == '\\' && i + 1 < copy.n)
            i++;
        p[n++] = p[i];
    }
    return (struct text){p, n};
}
