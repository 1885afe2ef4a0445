#include "engine/handler/base64.h"

#include <stdint.h>

#include "engine/base/arena.h"

#define QUAD 4
#define NO_DIGIT 64

static uint32_t digit_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return (uint32_t)(letter - 'A');
    if (letter >= 'a' && letter <= 'z')
        return (uint32_t)(letter - 'a') + 26;
    if (letter >= '0' && letter <= '9')
        return (uint32_t)(letter - '0') + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : NO_DIGIT;
}

// Four digits, of which the last `padding` are '='; what they leave over must be zero bits.
static bool decode_quad(const char *quad, size_t padding, char *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < QUAD; i++) {
        uint32_t digit = i < QUAD - padding ? digit_of(quad[i]) : 0;
        if (digit == NO_DIGIT)
            return false;
        bits = bits << 6 | digit;
    }
    if (padding && bits & ((1u << 8 * padding) - 1))
        return false;
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (char)(bits >> (16 - 8 * i) & 0xFF);
    return true;
}

static size_t padding_of(struct text encoded)
{
    size_t padding = 0;
    while (padding < 2 && padding < encoded.n && encoded.p[encoded.n - 1 - padding] == '=')
        padding++;
    return padding;
}

bool base64_decode(struct arena *arena, struct text encoded, struct text *decoded)
{
    if (encoded.n % QUAD != 0)
        return false;
    size_t padding = padding_of(encoded);
    size_t bytes = encoded.n / QUAD * 3 - padding;
    char *out = arena_alloc(arena, bytes + 1);
    for (size_t i = 0; i < encoded.n / QUAD; i++) {
        bool last = i + 1 == encoded.n / QUAD;
        if (!decode_quad(encoded.p + QUAD * i, last ? padding : 0, out + 3 * i))
            return false;
    }
    *decoded = (struct text){out, bytes};
    return true;
}
