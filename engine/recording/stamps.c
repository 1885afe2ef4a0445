// Timestamps, fast where they have the usual form: YYYY-MM-DDTHH:MM:SS, with a fraction and an offset or without.
#include "engine/recording/read.h"

#include <math.h>
#include <string.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"

#define LAST_EPOCH_S 253402300800.0  // 10000-01-01T00:00:00Z
#define DATE_BYTES 10
#define MOMENT_BYTES 19  // date, separator, HH:MM:SS

bool epoch_valid(double at_s)
{
    return at_s >= 0 && at_s < LAST_EPOCH_S;
}

// Two digits below `bound`; else a number of at least `bound`.
static unsigned two_digits(const char *p, unsigned bound)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    unsigned ones = (unsigned)(unsigned char)p[1] - '0';
    return tens > 9 || ones > 9 ? bound : tens * 10 + ones;
}

// +hh:mm or -hh:mm, all that is left.
static bool offset_of(const char *p, const char *end, double *offset_s)
{
    if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':')
        return false;
    unsigned hours = two_digits(p + 1, 24), minutes = two_digits(p + 4, 60);
    if (hours >= 24 || minutes >= 60)
        return false;
    double seconds = (double)(hours * HOUR_S + minutes * MINUTE_S);
    *offset_s = *p == '-' ? -seconds : seconds;
    return true;
}

// '.' and digits, of which nine count.
static const char *fraction_of(const char *p, const char *end, double *fraction)
{
    int64_t sum = 0, scale = 1;
    for (p++; p < end && *p >= '0' && *p <= '9'; p++) {
        if (scale < 1000000000) {
            sum = sum * 10 + (*p - '0');
            scale *= 10;
        }
    }
    *fraction = (double)sum / (double)scale;
    return p;
}

// What stands behind the seconds. False: nothing that is known here.
static bool rest_of(const char *p, const char *end, double *fraction, double *offset_s, bool *zoned)
{
    if (p < end && *p == '.') {
        if (p + 1 == end || p[1] < '0' || p[1] > '9')
            return false;
        p = fraction_of(p, end, fraction);
    }
    *zoned = p < end;
    if (p == end || (end - p == 1 && *p == 'Z'))
        return true;
    return offset_of(p, end, offset_s);
}

// Only where the date is that of the timestamp before.
static bool stamp_fast(const struct stamps *stamps, struct text text, double *at_s, bool *zoned)
{
    const char *p = text.p;
    if (text.n < MOMENT_BYTES || !stamps->filled || memcmp(p, stamps->date, DATE_BYTES) != 0)
        return false;
    if ((p[10] != 'T' && p[10] != ' ') || p[13] != ':' || p[16] != ':')
        return false;
    unsigned hours = two_digits(p + 11, 24), minutes = two_digits(p + 14, 60), seconds = two_digits(p + 17, 60);
    if (hours >= 24 || minutes >= 60 || seconds >= 60)
        return false;
    double fraction = 0, offset_s = 0;
    if (!rest_of(p + MOMENT_BYTES, p + text.n, &fraction, &offset_s, zoned))
        return false;
    double whole = (double)(stamps->day_s + hours * HOUR_S + minutes * MINUTE_S + seconds);
    *at_s = whole - offset_s + fraction;
    return true;
}

// The date's own digits, whatever the offset makes of the day.
static void remember_date(struct stamps *stamps, struct text text)
{
    char iso[DATE_BYTES];
    memcpy(iso, text.p, DATE_BYTES);
    iso[4] = iso[7] = '-';
    int32_t day;
    if (!parse_date((struct text){iso, DATE_BYTES}, &day))
        return;
    memcpy(stamps->date, text.p, DATE_BYTES);
    stamps->day_s = (int64_t)day * DAY_S;
    stamps->filled = true;
}

bool stamp_read(struct stamps *stamps, struct text text, double *at_s, bool *zoned)
{
    if (stamp_fast(stamps, text, at_s, zoned))
        return epoch_valid(*at_s);
    double moment;
    bool has_zone;
    if (!parse_timestamp(text, &moment, &has_zone) || !epoch_valid(moment))
        return false;
    remember_date(stamps, text);
    *at_s = moment;
    *zoned = has_zone;
    return true;
}

bool parse_wake_mark(struct text text, double *at_s)
{
    double moment;
    if (!parse_instant(text, &moment) && !text_to_double(text, &moment))
        return false;
    if (!epoch_valid(moment))
        return false;
    *at_s = moment;
    return true;
}
