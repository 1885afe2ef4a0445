// Numbers in texts, both ways, whatever the locale.
#include "engine/base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_POWER 22  // 10^22 is the largest power of ten that a double holds exactly
#define EXACT_MANTISSA (1ULL << 53)
#define MANTISSA_DIGITS 19   // always fit 64 bits
#define DIVISOR_POWER 27     // 5^27 is the largest power of five below 2^63
#define DECISIVE_DIGITS 800  // more never change the rounding, but for not being zero; 768 would do
#define EXACT_PLACES 9       // behind the point, of numbers that need no search for their digits
#define EXACT_BELOW 0x1p51
#define FAR_EXPONENT 100000  // beyond it all is infinite or zero, whatever the digits

bool text_to_int64(struct text text, int64_t *out)
{
    bool negative = text.n && text.p[0] == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t sum = 0;
    if (text.n == (size_t)negative)
        return false;
    for (size_t i = negative; i < text.n; i++) {
        unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';
        if (digit > 9 || sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

// A decimal taken apart: mantissa * 10^exponent, where the mantissa holds the first digits that are not
// leading zeros, up to MANTISSA_DIGITS of them. `dropped` digits did not fit: then `digits` is read again.
struct decimal {
    bool negative;
    uint64_t mantissa;
    int significant;  // digits in the mantissa
    size_t dropped;
    int64_t exponent;    // of the last digit of all, the dropped ones included
    struct text digits;  // digits and at most one '.'
};

static bool is_digit(const char *p, const char *end)
{
    return p < end && (unsigned char)(*p - '0') <= 9;
}

static const char *take_digits(struct decimal *decimal, const char *p, const char *end)
{
    uint64_t mantissa = decimal->mantissa;
    int significant = decimal->significant;
    for (; is_digit(p, end); p++) {
        if (significant == MANTISSA_DIGITS) {
            decimal->dropped++;
            continue;
        }
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
        significant += mantissa != 0;
    }
    decimal->mantissa = mantissa;
    decimal->significant = significant;
    return p;
}

// What follows the 'e'; NULL where it is no exponent.
static const char *take_exponent(struct decimal *decimal, const char *p, const char *end)
{
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (!is_digit(p, end))
        return NULL;
    // Past this nothing can bring it back: a text is shorter than that.
    const int64_t cap = INT64_MAX / 4;
    int64_t exponent = 0;
    for (; is_digit(p, end); p++)
        exponent = exponent > cap / 10 ? cap : exponent * 10 + (*p - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return p;
}

static bool take_decimal(struct text text, struct decimal *decimal)
{
    const char *p = text.p, *end = text.p + text.n;
    decimal->negative = *p == '-';
    p += decimal->negative;
    if (!is_digit(p, end))
        return false;
    decimal->digits.p = p;
    p = take_digits(decimal, p, end);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = take_digits(decimal, p, end);
        if (p == fraction)
            return false;
        decimal->exponent = -(int64_t)(p - fraction);
    }
    decimal->digits.n = (size_t)(p - decimal->digits.p);
    if (p < end && (*p == 'e' || *p == 'E'))
        p = take_exponent(decimal, p + 1, end);
    return p == end;
}

// Both operands exact, so the one operation rounds correctly.
static bool convert_exact(const struct decimal *decimal, double *out)
{
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (decimal->dropped || decimal->mantissa > EXACT_MANTISSA)
        return false;
    if (decimal->exponent < -EXACT_POWER || decimal->exponent > EXACT_POWER)
        return false;
    double mantissa = (double)decimal->mantissa;
    int64_t power = decimal->exponent;
    *out = power < 0 ? mantissa / powers[-power] : mantissa * powers[power];
    return true;
}

// The 16 to 19 digits of a computed average: mantissa / (5^k * 2^k) by whole numbers. The quotient has at
// least 64 bits, of which the lowest is set where a remainder is left, so that the one conversion rounds
// correctly.
static bool convert_fraction(const struct decimal *decimal, double *out)
{
    if (decimal->dropped || decimal->exponent >= 0 || decimal->exponent < -DIVISOR_POWER)
        return false;
    uint64_t divisor = 1;
    for (int64_t i = decimal->exponent; i < 0; i++)
        divisor *= 5;
    int shift = __builtin_clzll(decimal->mantissa);
    unsigned __int128 dividend = (unsigned __int128)(decimal->mantissa << shift) << 64;
    unsigned __int128 quotient = dividend / divisor;
    quotient |= quotient * divisor != dividend;
    *out = ldexp((double)quotient, (int)decimal->exponent - 64 - shift);
    return true;
}

// The C library's conversion, of a copy without '.' so that no locale matters.
static double convert_long(const struct decimal *decimal)
{
    char copy[DECISIVE_DIGITS + 40];
    size_t n = 0;
    int64_t exponent = decimal->exponent;
    bool cut = false;
    for (size_t i = 0; i < decimal->digits.n; i++) {
        char c = decimal->digits.p[i];
        if (c == '.' || (c == '0' && n == 0))
            continue;
        if (n < DECISIVE_DIGITS) {
            copy[n++] = c;
        } else {
            cut = cut || c != '0';
            exponent++;
        }
    }
    if (cut) {
        copy[n++] = '1';
        exponent--;
    }
    if (exponent > FAR_EXPONENT)
        exponent = FAR_EXPONENT;
    if (exponent < -FAR_EXPONENT)
        exponent = -FAR_EXPONENT;
    snprintf(copy + n, sizeof copy - n, "e%lld", (long long)exponent);
    return strtod(copy, NULL);
}

bool text_to_double(struct text text, double *out)
{
    struct decimal decimal = {0};
    if (text.n == 0 || !take_decimal(text, &decimal))
        return false;
    double magnitude = 0;
    if (decimal.mantissa && !convert_exact(&decimal, &magnitude) && !convert_fraction(&decimal, &magnitude))
        magnitude = convert_long(&decimal);
    if (!isfinite(magnitude))
        return false;
    *out = decimal.negative ? -magnitude : magnitude;
    return true;
}

// Digits without a zero at the end, and where the point is: d.ddd * 10^exponent.
struct shortest {
    char digits[40];
    size_t count;
    int exponent;
};

// Few numbers need more: a whole mantissa over a power of ten, by one exact division. Below 2^51 the neighbours of such
// a decimal are further away than those of the double, so that no shorter one reads back the same.
static bool shorten_exactly(double magnitude, struct shortest *out)
{
    double power = 1;
    uint64_t mantissa = 0;
    int places = 0;
    while (places <= EXACT_PLACES) {
        double scaled = magnitude * power;
        if (!(scaled < EXACT_BELOW))
            return false;
        mantissa = (uint64_t)(scaled + 0.5);
        if (mantissa && (double)mantissa / power == magnitude)
            break;
        power *= 10;
        places++;
    }
    if (places > EXACT_PLACES)
        return false;
    size_t n = 0;
    char reversed[24];
    for (; mantissa; mantissa /= 10)
        reversed[n++] = (char)('0' + mantissa % 10);
    out->exponent = (int)n - 1 - places;
    for (out->count = 0; out->count < n; out->count++)
        out->digits[out->count] = reversed[n - 1 - out->count];
    return true;
}

// The fewest of 15 to 17 digits that read back the same; the few bits of a subnormal may need less than 15.
static void shorten(double magnitude, struct shortest *out)
{
    int digits = magnitude < DBL_MIN ? 1 : 15;
    double back = -1;
    while (back != magnitude && digits <= 17) {
        snprintf(out->digits, sizeof out->digits, "%.*e", digits - 1, magnitude);
        back = strtod(out->digits, NULL);
        digits++;
    }
    // "d.ddde+XX" -> the digits in one run, their exponent apart.
    int64_t exponent = 0;
    const char *sign = strchr(out->digits, 'e') + 1;
    text_to_int64(text_of(sign + (*sign == '+')), &exponent);
    out->exponent = (int)exponent;
    out->count = (size_t)digits - 1;
    memmove(out->digits + 1, out->digits + 2, out->count - 1);
}

// 0.00123: `exponent` is that of the first digit, and negative.
static void add_small(struct buffer *buffer, struct text digits, int exponent)
{
    buffer_add(buffer, TEXT("0."));
    for (int i = -1; i > exponent; i--)
        buffer_add_char(buffer, '0');
    buffer_add(buffer, digits);
}

static void add_plain(struct buffer *buffer, struct text digits, int exponent)
{
    if (exponent < 0) {
        add_small(buffer, digits, exponent);
        return;
    }
    size_t whole = (size_t)exponent + 1;
    for (size_t i = 0; i < whole; i++)
        buffer_add_char(buffer, i < digits.n ? digits.p[i] : '0');
    if (digits.n > whole) {
        buffer_add_char(buffer, '.');
        buffer_add(buffer, text_from(digits, whole));
    }
}

static void add_scientific(struct buffer *buffer, struct text digits, int exponent)
{
    buffer_add_char(buffer, digits.p[0]);
    if (digits.n > 1) {
        buffer_add_char(buffer, '.');
        buffer_add(buffer, text_from(digits, 1));
    }
    buffer_printf(buffer, "e%d", exponent);
}

void buffer_add_number(struct buffer *buffer, double number)
{
    if (!isfinite(number)) {
        buffer_add(buffer, isnan(number) ? TEXT("nan") : number < 0 ? TEXT("-inf") : TEXT("inf"));
        return;
    }
    if (number < 0)
        buffer_add_char(buffer, '-');
    if (number == 0) {
        buffer_add_char(buffer, '0');
        return;
    }
    struct shortest shortest;
    if (!shorten_exactly(fabs(number), &shortest))
        shorten(fabs(number), &shortest);
    while (shortest.count > 1 && shortest.digits[shortest.count - 1] == '0')
        shortest.count--;
    struct text digits = {shortest.digits, shortest.count};
    int exponent = shortest.exponent;
    if (exponent < -6 || exponent > 15 || (exponent == 15 && (digits.n > 1 || digits.p[0] > '1')))
        add_scientific(buffer, digits, exponent);
    else
        add_plain(buffer, digits, exponent);
}
