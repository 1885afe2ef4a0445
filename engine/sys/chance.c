#include "engine/sys/chance.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#define MANTISSA_BITS 53

double random_unit(void)
{
    uint64_t bits = 0;
    ssize_t got;
    do {
        got = getrandom(&bits, sizeof bits, 0);
    } while (got < 0 && errno == EINTR);
    return (double)(bits >> (64 - MANTISSA_BITS)) / (double)((uint64_t)1 << MANTISSA_BITS);
}
