#include "engine/aws/xml.h"

#include <stddef.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define DEPTH 16  // answers nest four deep

struct cursor {
    struct text rest;
};

struct element {
    struct text name, inside;
};

static bool is_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
}

static struct text take_name(struct cursor *cursor)
{
    size_t n = 0;
    while (n < cursor->rest.n && is_name(cursor->rest.p[n]))
        n++;
    struct text name = {cursor->rest.p, n};
    cursor->rest = text_from(cursor->rest, n);
    return name;
}

static bool take(struct cursor *cursor, struct text what)
{
    if (!text_starts(cursor->rest, what))
        return false;
    cursor->rest = text_from(cursor->rest, what.n);
    return true;
}

// Behind the '>' of a start tag whose name was read; *empty: it was "/>".
static bool skip_attributes(struct cursor *cursor, bool *empty)
{
    char quote = '\0', last = '\0';
    for (size_t i = 0; i < cursor->rest.n; i++) {
        char c = cursor->rest.p[i];
        if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '<') {
            return false;
        } else if (c == '>') {
            *empty = last == '/';
            cursor->rest = text_from(cursor->rest, i + 1);
            return true;
        }
        last = c;
    }
    return false;
}

// Blanks, texts, and the declaration at the start of a document. False: nothing but that is left.
static bool skip_to_tag(struct cursor *cursor)
{
    for (;;) {
        size_t at;
        if (!text_find(cursor->rest, '<', &at))
            return false;
        cursor->rest = text_from(cursor->rest, at);
        if (!text_starts(cursor->rest, TEXT("<?")))
            return true;
        const char *end = memmem(cursor->rest.p, cursor->rest.n, "?>", 2);
        if (!end)
            return false;
        cursor->rest = text_from(cursor->rest, (size_t)(end - cursor->rest.p) + 2);
    }
}

static bool take_element(struct cursor *cursor, int depth, struct element *element);

// All that is within an element, to behind its end tag.
static bool take_inside(struct cursor *cursor, int depth, struct element *element)
{
    const char *start = cursor->rest.p;
    while (skip_to_tag(cursor)) {
        struct element inner;
        size_t n = (size_t)(cursor->rest.p - start);
        if (take(cursor, TEXT("</"))) {
            struct text name = take_name(cursor);
            element->inside = (struct text){start, n};
            while (cursor->rest.n && strchr(" \t\r\n", cursor->rest.p[0]))
                cursor->rest = text_from(cursor->rest, 1);
            return text_eq(name, element->name) && take(cursor, TEXT(">"));
        }
        if (!take_element(cursor, depth + 1, &inner))
            return false;
    }
    return false;
}

// At its '<'.
static bool take_element(struct cursor *cursor, int depth, struct element *element)
{
    bool empty = false;
    if (depth > DEPTH || !take(cursor, TEXT("<")))
        return false;
    *element = (struct element){.name = take_name(cursor)};
    if (element->name.n == 0 || !skip_attributes(cursor, &empty))
        return false;
    return empty || take_inside(cursor, depth, element);
}

// The first element of that name; what follows it must be whole too.
static bool find_child(struct text inside, struct text name, struct text *found)
{
    struct cursor cursor = {inside};
    struct element element;
    bool here = false;
    while (skip_to_tag(&cursor)) {
        if (!take_element(&cursor, 0, &element))
            return false;
        if (!here && text_eq(element.name, name)) {
            *found = element.inside;
            here = true;
        }
    }
    return here;
}

bool xml_find(struct text document, const char *path, struct text *inside)
{
    struct text rest = text_of(path), here = document;
    while (rest.n) {
        if (!find_child(here, text_take(&rest, '/'), &here))
            return false;
    }
    *inside = here;
    return true;
}

// The character that an entity at the start stands for, and its length; 0: none that is known.
static size_t entity(struct text text, char *character)
{
    static const struct {
        struct text written;
        char character;
    } entities[] = {
        {{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}, {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''}};
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (text_starts(text, entities[i].written)) {
            *character = entities[i].character;
            return entities[i].written.n;
        }
    }
    return 0;
}

struct text xml_text(struct arena *arena, struct text document, const char *path)
{
    struct text inside;
    size_t at, n = 0;
    if (!xml_find(document, path, &inside) || text_find(inside, '<', &at))
        return (struct text){0};
    inside = text_trim(inside);
    char *p = arena_alloc(arena, inside.n + 1);
    for (size_t i = 0; i < inside.n; n++) {
        size_t length = entity(text_from(inside, i), &p[n]);
        if (length == 0)
            p[n] = inside.p[i];
        i += length ? length : 1;
    }
    return (struct text){p, n};
}
