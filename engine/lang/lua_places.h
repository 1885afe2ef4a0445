// Where the fields of a Lua file's returned table stand in its source: a light scan of the table constructor behind
// the last `return` (or behind `local NAME =` where the file ends in `return NAME`). What is computed has no place.
#ifndef DROWSE_LANG_LUA_PLACES_H
#define DROWSE_LANG_LUA_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/diag.h"
#include "drowse/text.h"

struct arena;
struct lua_fields;

struct lua_field {
    struct text key;         // of `key =` and `["key"] =`
    int64_t index;           // of `[1] =`, and counted where there is no key
    struct place key_place;  // the value's own where there is no key
    struct place place;
    bool literal;  // the value is one quoted text without escapes, and `content` is it
    struct text content;
    const struct lua_fields *inner;  // the value is a table constructor; else NULL
};

// A table constructor.
struct lua_fields {
    struct place place;       // of `{`
    struct lua_field *items;  // in the order of the source; a key may stand in it twice
    size_t count, capacity;
};

struct lua_places {
    struct place returned;            // of `return`; the file as a whole where there is none
    const struct lua_fields *fields;  // NULL: the table is computed
};

struct lua_places lua_places_find(struct arena *, struct text content, uint32_t source);

#endif
