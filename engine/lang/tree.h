// The one tree that both forms of a policy file become: YAML by libyaml, Lua by running the file in the sandbox.
#ifndef DROWSE_LANG_TREE_H
#define DROWSE_LANG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/diag.h"
#include "drowse/text.h"

struct arena;

enum tree_kind { TREE_SCALAR, TREE_MAP, TREE_LIST, TREE_FUNCTION };

// How a scalar was written. YAML's plain scalars are ours to type; a quoted one is text. Lua's are typed already:
// its numbers come as PLAIN in decimal, its booleans as PLAIN `true` and `false`, its strings as QUOTED where the
// schema asks for text, and read like plain ones where it asks for anything else.
enum tree_style { STYLE_PLAIN, STYLE_QUOTED, STYLE_BLOCK, STYLE_LUA_STRING };

struct tree_entry {
    struct text key;
    struct place key_place;
    struct tree *value;
};

struct tree {
    uint8_t kind;
    uint8_t style;
    bool exact_columns;          // the scalar's text stands in the source byte for byte from `place` on (behind a
                                 // quote), so that an offset into it is a column; else only `place` is known
    bool faulty;                 // a fault of this value was reported already: whoever reads it says no more
    struct place place;          // of the value's first character (the quote, where quoted)
    struct text scalar;          // TREE_SCALAR
    struct tree_entry *entries;  // TREE_MAP: in the order of the file
    struct tree **items;         // TREE_LIST
    size_t count;                // of entries or items
    struct text function;        // TREE_FUNCTION: the path to it from the returned table, such as "sleep.decide"
};

// Both report every fault they can find, and return NULL where there is no tree worth walking.
// YAML: duplicate keys, aliases, anchors, tags, second documents, NUL, invalid UTF-8, depth and size are errors.
struct tree *yaml_read(struct arena *, struct diags *, struct text content, uint32_t source);
// Lua: runs the file in the sandbox (engine/lang/lua.h) and walks what it returns. Keys are sorted as in the
// source where their place is found there (a light scan of table constructors), else by name.
struct tree *lua_read(struct arena *, struct diags *, struct text content, uint32_t source, struct text path);

struct tree *tree_get(const struct tree *map, const char *key);  // NULL where absent, or no map
const struct tree_entry *tree_entry(const struct tree *map, struct text key);

bool tree_is_null(const struct tree *);  // written as nothing, `~` or `null`: no value
// Could the scalar be a number, a boolean, a duration? (Plain in YAML; Lua's texts may be anything.)
bool tree_is_untyped(const struct tree *);
// "the number 60", "the text 'abc'", "a list": what a message says was found.
struct text tree_describe(struct arena *, const struct tree *);
// The place of `width` characters at a byte offset into a scalar; the whole scalar where columns are not exact.
struct place tree_place_at(const struct tree *scalar, size_t offset, size_t bytes);
// A list in the arena with these items.
struct tree *tree_new_list(struct arena *, struct place, struct tree **items, size_t count);

#endif
