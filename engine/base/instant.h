// Instants (seconds since 1970-01-01T00:00:00Z, as double), civil dates, and their texts. No zones but offsets.
#ifndef DROWSE_BASE_INSTANT_H
#define DROWSE_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/text.h"

struct buffer;

#define DAY_S 86400
#define HOUR_S 3600
#define MINUTE_S 60

// A day as a number: days since 1970-01-01, proleptic Gregorian.
struct civil {
    int32_t year;
    uint8_t month, day;  // from 1
};

int32_t civil_to_day(int32_t year, int month, int day);
struct civil civil_from_day(int32_t day);
bool civil_valid(int32_t year, int month, int day);
int weekday_of_day(int32_t day);  // 0 = Monday
int32_t days_in_month(int32_t year, int month);

// "2026-10-25": years 1970 to 9999.
bool parse_date(struct text, int32_t *day);
// "08:00", "24:00" (1440): exactly HH:MM.
bool parse_time_of_day(struct text, int32_t *minutes);
// RFC 3339 with offset (Z, +hh:mm), 'T', 't' or blank between, optional fraction. Years 1970 to 9999. Second
// 60 only where a day of UTC ends.
bool parse_instant(struct text, double *at_s);
// As parse_instant, but the offset may be absent: then *zoned is false and UTC is assumed. Also takes
// YYYY/MM/DD. For recordings.
bool parse_timestamp(struct text, double *at_s, bool *zoned);
// "90s", "15m", "2h30m", "7d", "1d12h": whole parts, units falling, no blanks. "0s" is fine. Not negative,
// at most 2^53 s.
bool parse_duration(struct text, double *seconds);

// "2026-11-23T06:35:36Z": whole seconds, rounded down; not finite or past 1e14: "unknown" (so do all below).
void format_instant(struct buffer *, double at_s);
// The same shifted: "2026-11-23 07:35:36 +01:00".
void format_instant_offset(struct buffer *, double at_s, int32_t offset_s);
// "1d 2h", "2h 30m", "15m", "1m 30s", "45s", "0s": the two highest units that are not zero, rounded down;
// negative with '-'.
void format_duration(struct buffer *, double seconds);
// The policy language's own notation, exact to the second: "2h30m".
void format_duration_literal(struct buffer *, double seconds);

#endif
