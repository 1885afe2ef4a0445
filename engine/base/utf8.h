// One character of UTF-8 at a time.
#ifndef DROWSE_BASE_UTF8_H
#define DROWSE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

#define UTF8_WRONG 0xFFFD  // what stands for a wrong byte

struct character {
    uint32_t code;
    uint32_t bytes;  // 0: the text does not begin with a character; then code is UTF8_WRONG
};

// The first character of the text: shortest forms only, no surrogates, none past U+10FFFF. NUL counts as one.
struct character utf8_decode(struct text);
// The same, but a wrong byte is one character UTF8_WRONG of one byte; only the empty text gives bytes 0.
struct character utf8_next(struct text);
// Writes a code point (a scalar value) as 1 to 4 bytes; returns how many.
size_t utf8_encode(uint32_t code, char bytes[4]);
// For messages: at most `most` bytes of the text, controls and wrong UTF-8 as '?', "..." where it was cut. Returns how
// many bytes that are; `to` has room for most + 4, and a NUL follows.
size_t utf8_show(struct text, size_t most, char *to);
// Columns on a terminal: combining characters 0, East Asian wide ones 2, all others (controls too) 1.
int utf8_columns(uint32_t code);

#endif
