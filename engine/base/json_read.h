// A pull reader of JSON (RFC 8259) over bytes in memory: no tree, no copies but of strings with escapes.
// Strict: UTF-8 checked, no trailing commas, no NaN, depth bounded, lone surrogates refused.
#ifndef DROWSE_BASE_JSON_READ_H
#define DROWSE_BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/limits.h"
#include "drowse/text.h"

struct arena;

enum json_token {
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_END,    // the document is over, and nothing but blanks was behind it
    JSON_ERROR,  // `error` says what; the reader stays there
};

struct json_reader {
    const char *start, *p, *end;
    struct arena *arena;  // holds strings that had escapes
    struct text text;     // of KEY and STRING: decoded; of NUMBER: its characters
    const char *token;    // first byte of the newest token, or the one that is wrong
    const char *error;    // static text
    int depth;
    uint8_t state;
    bool in_object[LIMIT_JSON_DEPTH];
};

// The input is borrowed, and so are the texts of strings without escapes; a byte order mark is skipped.
void json_read_begin(struct json_reader *, struct arena *, struct text input);
// Keys come as they stand: repeated ones too. A text may hold NUL, from "\u0000".
enum json_token json_next(struct json_reader *);
// The newest NUMBER as a double, correctly rounded; false where it overflows to infinity.
bool json_read_double(const struct json_reader *, double *out);
// After a JSON_OBJECT, JSON_ARRAY or a scalar value's token: reads on to behind that value; after a JSON_KEY
// to behind the key's value. False on error.
bool json_skip(struct json_reader *, enum json_token newest);
// Line and column (from 1, in characters) of the newest token or of the error.
void json_read_place(const struct json_reader *, uint32_t *line, uint32_t *column);

#endif
