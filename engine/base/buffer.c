// The growing text.
#include "engine/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_BYTES ((size_t)64)

void buffer_init(struct buffer *buffer, size_t maximum)
{
    // The byte for the NUL must not overflow.
    *buffer = (struct buffer){.maximum = maximum < SIZE_MAX / 4 ? maximum : SIZE_MAX / 4};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->p);
    buffer_init(buffer, buffer->maximum);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->n = 0;
    buffer->truncated = false;
    if (buffer->p)
        buffer->p[0] = '\0';
}

// Room for `more` bytes and a NUL; false where that is past the maximum or the memory.
static bool reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->maximum - buffer->n)
        return false;
    size_t need = buffer->n + more + 1;
    if (need <= buffer->capacity)
        return true;
    size_t larger = buffer->capacity ? buffer->capacity * 2 : SMALLEST_BYTES;
    if (larger < need)
        larger = need;
    if (larger > buffer->maximum + 1)
        larger = buffer->maximum + 1;
    char *grown = realloc(buffer->p, larger);
    if (!grown)
        return false;
    buffer->p = grown;
    buffer->capacity = larger;
    return true;
}

// The most of `text` that may still be added, cut before a character that would be torn.
static size_t fitting(const struct buffer *buffer, struct text text)
{
    size_t n = buffer->maximum - buffer->n;
    while (n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

void buffer_add(struct buffer *buffer, struct text text)
{
    // Once something is missing nothing follows: a text with a hole would read as a whole one.
    if (buffer->truncated || text.n == 0)
        return;
    if (text.n > buffer->maximum - buffer->n) {
        text.n = fitting(buffer, text);
        buffer->truncated = true;
    }
    if (!reserve(buffer, text.n)) {
        buffer->truncated = true;
        return;
    }
    memcpy(buffer->p + buffer->n, text.p, text.n);
    buffer->n += text.n;
    buffer->p[buffer->n] = '\0';
}

void buffer_add_char(struct buffer *buffer, char c)
{
    // The capacity is never past the maximum: where there is room, it may be used.
    if (buffer->truncated || buffer->capacity - buffer->n < 2) {
        buffer_add(buffer, (struct text){&c, 1});
        return;
    }
    buffer->p[buffer->n++] = c;
    buffer->p[buffer->n] = '\0';
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    buffer_vprintf(buffer, format, list);
    va_end(list);
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list list)
{
    char small[256];
    va_list again;
    va_copy(again, list);
    int n = vsnprintf(small, sizeof small, format, list);
    if (n < 0) {
        buffer->truncated = true;
    } else if ((size_t)n < sizeof small) {
        buffer_add(buffer, (struct text){small, (size_t)n});
    } else {
        char *large = malloc((size_t)n + 1);
        if (large)
            vsnprintf(large, (size_t)n + 1, format, again);
        buffer_add(buffer, (struct text){large, large ? (size_t)n : 0});
        buffer->truncated = buffer->truncated || !large;
        free(large);
    }
    va_end(again);
}

struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->p ? buffer->p : "", buffer->n};
}
