// The words of Lua source, one by one. Never fails: what is no Lua comes as symbols.
#ifndef DROWSE_LANG_LUA_SCAN_H
#define DROWSE_LANG_LUA_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/diag.h"
#include "drowse/text.h"

enum lua_word_kind { WORD_END, WORD_NAME, WORD_NUMBER, WORD_QUOTED, WORD_LONG_TEXT, WORD_SYMBOL };

struct lua_word {
    enum lua_word_kind kind;
    struct text text;  // as it stands, quotes included; one byte of a symbol, but for == ~= <= >= // .. ... ::
    const char *line_start;
    uint32_t line;
};

struct lua_scanner {
    const char *p, *end, *line_start;
    uint32_t line, source;
    struct lua_word word;  // the newest
};

void lua_scan_begin(struct lua_scanner *, struct text content, uint32_t source);
// On to the next word.
void lua_scan_next(struct lua_scanner *);
// The word behind the newest.
struct lua_word lua_scan_peek(const struct lua_scanner *);
bool lua_word_is(const struct lua_word *, const char *text);  // a symbol or a name, never a text
// +1 where it opens a bracket or a block, -1 where it closes one, else 0.
int lua_word_nesting(const struct lua_word *);
struct place lua_word_place(const struct lua_scanner *, const struct lua_word *);

#endif
