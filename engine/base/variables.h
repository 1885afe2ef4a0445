// Environment variables, as the process got them at its start: read from a list, never from the process.
#ifndef DROWSE_BASE_VARIABLES_H
#define DROWSE_BASE_VARIABLES_H

#include <stdbool.h>

#include "drowse/text.h"

struct buffer;

// NAME=VALUE, NULL at the end; the list and its texts outlive whoever reads them.
struct variables {
    char *const *all;
};

// False where it is not set or empty.
bool variable_get(const struct variables *, struct text name, struct text *value);
// The same, with the empty text for false.
struct text variable_text(const struct variables *, const char *name);
// "1" and "true" in any case; anything else, and nothing, is no.
bool variable_flag(const struct variables *, const char *name);
// The same for what must not be misread: 1 or true, and nothing, 0 or false. Other values: false, and `error` says so.
bool variable_switch(const struct variables *, const char *name, bool *on, struct buffer *error);

#endif
