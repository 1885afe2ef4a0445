#include "engine/base/instant.h"

#include <inttypes.h>
#include <math.h>

#include "engine/base/text.h"

#define PRINTABLE_S 1e14  // beyond it days leave an int32; nothing within three million years is lost

static const struct {
    char letter;
    int32_t seconds;
} units[] = {{'d', DAY_S}, {'h', HOUR_S}, {'m', MINUTE_S}, {'s', 1}};
#define UNIT_COUNT (sizeof units / sizeof units[0])

// A whole second as a day and the second of that day.
static int32_t split_day(int64_t at_s, int32_t *second)
{
    int64_t day = at_s / DAY_S;
    int64_t rest = at_s % DAY_S;
    if (rest < 0) {
        rest += DAY_S;
        day--;
    }
    *second = (int32_t)rest;
    return (int32_t)day;
}

// Date and time of day with a separator between; years of more than four digits carry a sign, as in ISO 8601.
static void add_moment(struct buffer *buffer, int64_t at_s, char separator)
{
    int32_t second;
    struct civil date = civil_from_day(split_day(at_s, &second));
    bool usual = date.year >= 0 && date.year <= 9999;
    buffer_printf(buffer, usual ? "%04" PRId32 : "%+07" PRId32, date.year);
    buffer_printf(buffer, "-%02d-%02d%c", date.month, date.day, separator);
    buffer_printf(buffer, "%02d:%02d:%02d", (int)(second / HOUR_S), (int)(second % HOUR_S / MINUTE_S),
                  (int)(second % MINUTE_S));
}

static bool printable(double seconds)
{
    return fabs(seconds) <= PRINTABLE_S;  // false for NaN
}

void format_instant(struct buffer *buffer, double at_s)
{
    if (!printable(at_s)) {
        buffer_add(buffer, TEXT("unknown"));
        return;
    }
    add_moment(buffer, (int64_t)floor(at_s), 'T');
    buffer_add_char(buffer, 'Z');
}

void format_instant_offset(struct buffer *buffer, double at_s, int32_t offset_s)
{
    if (!printable(at_s)) {
        buffer_add(buffer, TEXT("unknown"));
        return;
    }
    add_moment(buffer, (int64_t)floor(at_s) + offset_s, ' ');
    int64_t distance = offset_s < 0 ? -(int64_t)offset_s : offset_s;
    buffer_printf(buffer, " %c%02d:%02d", offset_s < 0 ? '-' : '+', (int)(distance / HOUR_S),
                  (int)(distance % HOUR_S / MINUTE_S));
    if (distance % MINUTE_S)  // local mean times of old
        buffer_printf(buffer, ":%02d", (int)(distance % MINUTE_S));
}

// At most `most` units that are not zero, the highest first, with `between` after each but the last.
static void add_units(struct buffer *buffer, double seconds, int most, struct text between)
{
    if (!printable(seconds)) {
        buffer_add(buffer, TEXT("unknown"));
        return;
    }
    int64_t left = (int64_t)fabs(seconds);
    if (left == 0) {
        buffer_add(buffer, TEXT("0s"));
        return;
    }
    if (seconds < 0)
        buffer_add_char(buffer, '-');
    int printed = 0;
    for (size_t i = 0; i < UNIT_COUNT && printed < most; i++) {
        int64_t amount = left / units[i].seconds;
        left %= units[i].seconds;
        if (amount == 0)
            continue;
        if (printed++)
            buffer_add(buffer, between);
        buffer_printf(buffer, "%" PRId64 "%c", amount, units[i].letter);
    }
}

void format_duration(struct buffer *buffer, double seconds)
{
    add_units(buffer, seconds, 2, TEXT(" "));
}

void format_duration_literal(struct buffer *buffer, double seconds)
{
    add_units(buffer, seconds, (int)UNIT_COUNT, TEXT(""));
}
