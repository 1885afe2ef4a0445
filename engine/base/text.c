#include "engine/base/text.h"

#include <string.h>
#include <strings.h>

struct text text_of(const char *nul_terminated)
{
    if (!nul_terminated)
        return (struct text){"", 0};
    return (struct text){nul_terminated, strlen(nul_terminated)};
}

bool text_eq(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool text_is(struct text text, const char *nul_terminated)
{
    // Most of what is compared with a table's words differs in the first byte.
    if (text.n && nul_terminated && text.p[0] != nul_terminated[0])
        return false;
    return text_eq(text, text_of(nul_terminated));
}

bool text_is_any_case(struct text text, const char *nul_terminated)
{
    return text.n == strlen(nul_terminated) && (text.n == 0 || strncasecmp(text.p, nul_terminated, text.n) == 0);
}

int text_compare(struct text a, struct text b)
{
    size_t shorter = a.n < b.n ? a.n : b.n;
    int order = shorter ? memcmp(a.p, b.p, shorter) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

bool text_starts(struct text text, struct text prefix)
{
    return text.n >= prefix.n && text_eq((struct text){text.p, prefix.n}, prefix);
}

bool text_ends(struct text text, struct text suffix)
{
    return text.n >= suffix.n && text_eq(text_from(text, text.n - suffix.n), suffix);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text text)
{
    while (text.n && is_blank(text.p[0]))
        text = text_from(text, 1);
    while (text.n && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

struct text text_from(struct text text, size_t offset)
{
    // Adding to a null pointer is undefined, even 0 bytes of nothing.
    if (offset >= text.n)
        return (struct text){text.p ? text.p + text.n : "", 0};
    return (struct text){text.p + offset, text.n - offset};
}

bool text_find(struct text text, char c, size_t *at)
{
    const char *found = text.n ? memchr(text.p, c, text.n) : NULL;
    if (!found)
        return false;
    *at = (size_t)(found - text.p);
    return true;
}

struct text text_take(struct text *rest, char separator)
{
    struct text part = *rest;
    text_find(*rest, separator, &part.n);
    *rest = text_from(*rest, part.n + 1);
    return part;
}

struct text text_part(struct text text, char separator, size_t index)
{
    for (; index; index--)
        text_take(&text, separator);
    return text_take(&text, separator);
}

bool text_contains(struct text text, struct text part)
{
    return part.n && text.n >= part.n && memmem(text.p, text.n, part.p, part.n);
}
