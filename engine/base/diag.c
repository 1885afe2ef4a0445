#include "engine/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define NAMES_LISTED 8
#define LONGEST_TEXT_BYTES 8192  // of one diagnostic: a message template and its sentence fit

void diags_init(struct diags *diags, struct arena *arena)
{
    *diags = (struct diags){.arena = arena};
}

__attribute__((format(printf, 5, 0))) static void add(struct diags *diags, enum severity severity, struct place place,
                                                      const char *code, const char *format, va_list arguments)
{
    if (severity == SEVERITY_ERROR)
        diags->errors++;
    else
        diags->warnings++;
    if (diags->count == LIMIT_DIAGS) {
        diags->dropped++;
        return;
    }
    char text[LONGEST_TEXT_BYTES];
    int n = vsnprintf(text, sizeof text, format, arguments);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    diags->items =
        arena_grow(diags->arena, diags->items, diags->count, &diags->capacity, diags->count + 1, sizeof *diags->items);
    diags->items[diags->count++] = (struct diag){
        .severity = severity,
        .code = code,
        .place = place,
        .text = arena_text(diags->arena, (struct text){text, length}),
    };
}

void diag_error(struct diags *diags, struct place place, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diags, SEVERITY_ERROR, place, code, format, arguments);
    va_end(arguments);
}

void diag_warning(struct diags *diags, struct place place, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(diags, SEVERITY_WARNING, place, code, format, arguments);
    va_end(arguments);
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_places(const struct place *a, const struct place *b)
{
    if (a->source != b->source)
        return compare_numbers(a->source, b->source);
    if (a->line != b->line)
        return compare_numbers(a->line, b->line);
    return compare_numbers(a->column, b->column);
}

// Does one of the first `count`, which are sorted, say the same of the same place?
static bool is_repeated(const struct diag *items, size_t count, const struct diag *diag)
{
    for (size_t i = count; i-- > 0 && compare_places(&items[i].place, &diag->place) == 0;)
        if (items[i].severity == diag->severity && text_eq(items[i].text, diag->text))
            return true;
    return false;
}

void diags_sort(struct diags *diags)
{
    // By insertion: stable, and there are LIMIT_DIAGS at most.
    size_t kept = 0;
    for (size_t i = 0; i < diags->count; i++) {
        struct diag diag = diags->items[i];
        size_t at = kept;
        while (at > 0 && compare_places(&diags->items[at - 1].place, &diag.place) > 0)
            at--;
        if (is_repeated(diags->items, at, &diag)) {
            diags->errors -= diag.severity == SEVERITY_ERROR;
            diags->warnings -= diag.severity == SEVERITY_WARNING;
            continue;
        }
        for (size_t j = kept; j > at; j--)
            diags->items[j] = diags->items[j - 1];
        diags->items[at] = diag;
        kept++;
    }
    diags->count = kept;
}

struct text diag_suggestion(struct arena *arena, struct text word, const struct text *candidates, size_t count)
{
    struct text nearest = text_nearest(word, candidates, count);
    if (nearest.n == 0)
        return TEXT("");
    return arena_format(arena, " (did you mean '%.*s'?)", TEXT_ARG(nearest));
}

struct text suggest_name(struct arena *arena, struct text word, const struct text *names, size_t count)
{
    struct text near = diag_suggestion(arena, word, names, count);
    if (near.n)
        return near;
    if (count == 0)
        return TEXT("; it has none");
    struct buffer list;
    buffer_init(&list, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < count && i < NAMES_LISTED; i++)
        buffer_printf(&list, "%s%.*s", i ? ", " : "; it has ", TEXT_ARG(names[i]));
    if (count > NAMES_LISTED)
        buffer_printf(&list, " and %zu more", count - NAMES_LISTED);
    struct text copy = arena_text(arena, buffer_text(&list));
    buffer_release(&list);
    return copy;
}
