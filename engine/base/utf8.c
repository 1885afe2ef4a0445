#include "engine/base/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "engine/base/text.h"

static uint32_t byte_at(struct text text, size_t at)
{
    return (unsigned char)text.p[at];
}

static bool continues(struct text text, size_t count)
{
    if (text.n <= count)
        return false;
    for (size_t i = 1; i <= count; i++)
        if ((byte_at(text, i) & 0xC0) != 0x80)
            return false;
    return true;
}

static bool is_scalar(uint32_t code, uint32_t smallest)
{
    return code >= smallest && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
}

struct character utf8_decode(struct text text)
{
    // By the number of continuing bytes: the lead byte's mark, the bits that it carries, the least code.
    static const struct {
        uint32_t mask, mark, smallest;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    const struct character wrong = {UTF8_WRONG, 0};
    if (text.n == 0)
        return wrong;
    uint32_t lead = byte_at(text, 0);
    for (uint32_t more = 0; more < 4; more++) {
        if ((lead & forms[more].mask) != forms[more].mark)
            continue;
        if (!continues(text, more))
            return wrong;
        uint32_t code = lead & ~forms[more].mask;
        for (uint32_t i = 1; i <= more; i++)
            code = code << 6 | (byte_at(text, i) & 0x3F);
        return is_scalar(code, forms[more].smallest) ? (struct character){code, more + 1} : wrong;
    }
    return wrong;
}

struct character utf8_next(struct text text)
{
    // Almost all of every text is ASCII.
    if (text.n && byte_at(text, 0) < 0x80)
        return (struct character){byte_at(text, 0), 1};
    struct character found = utf8_decode(text);
    if (found.bytes == 0 && text.n)
        found.bytes = 1;
    return found;
}

size_t utf8_encode(uint32_t code, char bytes[4])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint32_t marks[] = {0, 0xC0, 0xE0, 0xF0};
    for (size_t i = more; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)(marks[more] | code);
    return more + 1;
}

bool text_is_utf8(struct text text, size_t *bad)
{
    for (size_t at = 0; at < text.n;) {
        if (byte_at(text, at) - 1 < 0x7F) {
            at++;
            continue;
        }
        struct character next = utf8_decode(text_from(text, at));
        if (next.bytes == 0 || next.code == 0) {
            *bad = at;
            return false;
        }
        at += next.bytes;
    }
    return true;
}

size_t text_length(struct text text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.n; count++)
        at += byte_at(text, at) < 0x80 ? 1 : utf8_next(text_from(text, at)).bytes;
    return count;
}

size_t text_columns(struct text text)
{
    size_t columns = 0;
    for (size_t at = 0; at < text.n;) {
        struct character next = utf8_next(text_from(text, at));
        columns += (size_t)utf8_columns(next.code);
        at += next.bytes;
    }
    return columns;
}

static bool is_shown(struct character character)
{
    bool control = character.code < ' ' || (character.code >= 0x7F && character.code < 0xA0);
    return !control && character.code != UTF8_WRONG;
}

size_t utf8_show(struct text text, size_t most, char *to)
{
    size_t n = 0;
    while (text.n) {
        struct character character = utf8_next(text);
        if (n + character.bytes > most) {
            memcpy(to + n, "...", 3);
            n += 3;
            break;
        }
        if (is_shown(character)) {
            memcpy(to + n, text.p, character.bytes);
            n += character.bytes;
        } else {
            to[n++] = '?';
        }
        text = text_from(text, character.bytes);
    }
    to[n] = '\0';
    return n;
}
