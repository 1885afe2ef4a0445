#include "engine/base/json_scan.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/utf8.h"

// Eight bytes at a time, as a word of which each byte is looked at alike.
#define EACH_BYTE(byte) (0x0101010101010101ULL * (byte))
#define HIGH_BITS EACH_BYTE(0x80)
#define WORD_BYTES ((ptrdiff_t)sizeof(uint64_t))

static uint64_t load_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

const char *json_scan_blanks(const char *p, const char *end)
{
    // Indentation is most of an indented document.
    for (;;) {
        while (end - p >= WORD_BYTES && load_word(p) == EACH_BYTE(' '))
            p += WORD_BYTES;
        if (p == end || (*p != ' ' && *p != '\n' && *p != '\r' && *p != '\t'))
            return p;
        p++;
    }
}

// Is any byte of the word zero? Bytes above a zero may be taken for one too, so only the answer as a whole counts.
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(0x01)) & ~word & HIGH_BITS;
}

// All eight plain: ASCII, no control, no quote, no backslash.
static bool is_plain(uint64_t word)
{
    uint64_t controls = (word - EACH_BYTE(0x20)) & ~word & HIGH_BITS;
    uint64_t marks = zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\'));
    return (controls | marks | (word & HIGH_BITS)) == 0;
}

// Behind the bytes that are plain.
static const char *scan_plain(const char *p, const char *end)
{
    while (end - p >= WORD_BYTES && is_plain(load_word(p)))
        p += WORD_BYTES;
    while (p < end && *p != '"' && *p != '\\' && (signed char)*p >= ' ')
        p++;
    return p;
}

struct json_string json_scan_string(const char *p, const char *end)
{
    struct json_string string = {0};
    for (;;) {
        p = scan_plain(p, end);
        string.end = p;
        if (p == end) {
            string.error = "the document ends within a string";
            return string;
        }
        if (*p == '"')
            return string;
        if (*p == '\\' && end - p >= 2) {
            string.has_escapes = true;
            p += (unsigned char)p[1] < 0x80 ? 2 : 1;  // a longer character must be checked as one
            continue;
        }
        struct character next = utf8_decode((struct text){p, (size_t)(end - p)});
        if (next.code < 0x20)
            string.error = "a control character within a string must be escaped";
        else if (next.bytes < 2)
            string.error = *p == '\\' ? "the document ends within a string" : "not valid UTF-8";
        if (string.error)
            return string;
        p += next.bytes;
    }
}

// The four digits behind a "\u"; false where there are not four.
static bool read_hexadecimal(struct text text, uint32_t *code)
{
    uint32_t sum = 0;
    if (text.n < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        uint32_t c = (unsigned char)text.p[i];
        uint32_t letter = (c | 0x20) - 'a';
        if (c - '0' <= 9)
            sum = sum << 4 | (c - '0');
        else if (letter <= 5)
            sum = sum << 4 | (letter + 10);
        else
            return false;
    }
    *code = sum;
    return true;
}

// One \uXXXX, or two that are a surrogate pair. Returns the bytes it took, 0 where it is wrong.
static size_t read_unicode(struct text escape, uint32_t *code)
{
    uint32_t first = 0, second = 0;
    if (!read_hexadecimal(text_from(escape, 2), &first) || (first >= 0xDC00 && first <= 0xDFFF))
        return 0;
    if (first < 0xD800 || first > 0xDFFF) {
        *code = first;
        return 6;
    }
    struct text low = text_from(escape, 6);
    if (!text_starts(low, TEXT("\\u")) || !read_hexadecimal(text_from(low, 2), &second))
        return 0;
    if (second < 0xDC00 || second > 0xDFFF)
        return 0;
    *code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    return 12;
}

// The escape that the text begins with. Returns the bytes it took, 0 where it is wrong.
static size_t read_escape(struct text escape, uint32_t *code)
{
    static const char meanings[128] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    unsigned char letter = escape.n > 1 ? (unsigned char)escape.p[1] : 0;
    if (letter == 'u')
        return read_unicode(escape, code);
    if (letter >= sizeof meanings || meanings[letter] == 0)
        return 0;
    *code = (unsigned char)meanings[letter];
    return 2;
}

bool json_unescape(struct arena *arena, struct text inside, struct text *decoded, const char **bad)
{
    // No escape is shorter than what it stands for.
    char *out = arena_alloc(arena, inside.n + 1);
    size_t n = 0;
    while (inside.n) {
        size_t plain = inside.n;
        text_find(inside, '\\', &plain);
        memcpy(out + n, inside.p, plain);
        n += plain;
        inside = text_from(inside, plain);
        if (inside.n == 0)
            break;
        uint32_t code = 0;
        size_t taken = read_escape(inside, &code);
        if (taken == 0) {
            *bad = inside.p;
            return false;
        }
        n += utf8_encode(code, out + n);
        inside = text_from(inside, taken);
    }
    *decoded = (struct text){out, n};
    return true;
}

static const char *scan_digits(const char *p, const char *end)
{
    while (p < end && (unsigned char)(*p - '0') <= 9)
        p++;
    return p;
}

const char *json_scan_number(const char *p, const char *end)
{
    p += *p == '-';
    const char *whole = p;
    p = scan_digits(p, end);
    if (p == whole || (*whole == '0' && p - whole > 1))
        return NULL;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = scan_digits(p, end);
        if (p == fraction)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        const char *exponent = p;
        p = scan_digits(p, end);
        if (p == exponent)
            return NULL;
    }
    return p;
}
