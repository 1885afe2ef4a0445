// The lexical part of reading JSON: where strings and numbers end, and what escapes mean.
#ifndef DROWSE_BASE_JSON_SCAN_H
#define DROWSE_BASE_JSON_SCAN_H

#include <stdbool.h>

#include "drowse/text.h"

struct arena;

// Behind the blanks, tabs and line ends.
const char *json_scan_blanks(const char *p, const char *end);

struct json_string {
    const char *end;  // the closing quote, or the byte that is wrong
    bool has_escapes;
    const char *error;  // static text, or NULL
};

// `p` is behind the opening quote. Checks UTF-8 and control characters, but not yet what follows a backslash.
struct json_string json_scan_string(const char *p, const char *end);

// Decodes the inside of a scanned string. False where an escape is wrong: *bad is its backslash.
bool json_unescape(struct arena *, struct text inside, struct text *decoded, const char **bad);

// Behind the number, or NULL where it is none; `p` < `end` is its first byte.
const char *json_scan_number(const char *p, const char *end);

#endif
