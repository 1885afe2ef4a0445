// Borrowed text: a pointer and a length, passed by value, never NUL-terminated by promise.
#ifndef DROWSE_TEXT_H
#define DROWSE_TEXT_H

#include <stddef.h>

struct text {
    const char *p;  // may be NULL only where n is 0
    size_t n;       // bytes
};

// A literal as text.
#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})

// The two arguments of a "%.*s".
#define TEXT_ARG(t) (int)(t).n, (t).p

#endif
