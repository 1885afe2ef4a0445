// Scrambling bits, for what must differ and need not be secret.
#ifndef DROWSE_HANDLER_MIX_H
#define DROWSE_HANDLER_MIX_H

#include <stdint.h>

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output.
static inline uint64_t mix_bits(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
    return bits ^ bits >> 31;
}

#endif
