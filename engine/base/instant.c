#include "engine/base/instant.h"

#define FIRST_YEAR 1970
#define LAST_YEAR 9999
#define YEARS_PER_ERA 400
#define DAYS_PER_ERA 146097
#define DAYS_BEFORE_1970 719468  // from 0000-03-01, where the arithmetic's years begin

// ---- the calendar -----------------------------------------------------------------------------------------

// Years begin in March here, so that the leap day is a year's last and months need no table.
int32_t civil_to_day(int32_t year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - (YEARS_PER_ERA - 1)) / YEARS_PER_ERA;
    int64_t year_of_era = y - era * YEARS_PER_ERA;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970);
}

struct civil civil_from_day(int32_t day)
{
    int64_t z = (int64_t)day + DAYS_BEFORE_1970;
    int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int32_t day_of_era = (int32_t)(z - era * DAYS_PER_ERA);
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t march_month = (5 * day_of_year + 2) / 153;
    int32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    int32_t year = (int32_t)(year_of_era + era * YEARS_PER_ERA) + (month <= 2);
    return (struct civil){
        .year = year,
        .month = (uint8_t)month,
        .day = (uint8_t)(day_of_year - (153 * march_month + 2) / 5 + 1),
    };
}

static bool leap_year(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t days_in_month(int32_t year, int month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12)
        return 0;
    return days[month - 1] + (month == 2 && leap_year(year));
}

bool civil_valid(int32_t year, int month, int day)
{
    return day >= 1 && day <= days_in_month(year, month);
}

int weekday_of_day(int32_t day)
{
    int32_t weekday = (int32_t)(((int64_t)day + 3) % 7);  // 1970-01-01 was a Thursday
    return weekday < 0 ? weekday + 7 : weekday;
}

// ---- reading ----------------------------------------------------------------------------------------------

// What is left to read. Each take_ function moves on only where it succeeds.
struct cursor {
    const char *p, *end;
};

static struct cursor cursor_of(struct text text)
{
    const char *p = text.n ? text.p : "";  // an empty text may be NULL
    return (struct cursor){p, p + text.n};
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct cursor *cursor, char c)
{
    if (cursor->p == cursor->end || *cursor->p != c)
        return false;
    cursor->p++;
    return true;
}

// Exactly `count` digits.
static bool take_digits(struct cursor *cursor, int count, int32_t *value)
{
    if (cursor->end - cursor->p < count)
        return false;
    int32_t sum = 0;
    for (int i = 0; i < count; i++) {
        if (!digit(cursor->p[i]))
            return false;
        sum = sum * 10 + (cursor->p[i] - '0');
    }
    cursor->p += count;
    *value = sum;
    return true;
}

// YYYY-MM-DD, or with another separator.
static bool take_date(struct cursor *cursor, char separator, int32_t *day)
{
    int32_t year, month, day_of_month;
    if (!take_digits(cursor, 4, &year) || !take(cursor, separator) || !take_digits(cursor, 2, &month) ||
        !take(cursor, separator) || !take_digits(cursor, 2, &day_of_month))
        return false;
    if (year < FIRST_YEAR || year > LAST_YEAR || !civil_valid(year, month, day_of_month))
        return false;
    *day = civil_to_day(year, month, day_of_month);
    return true;
}

bool parse_date(struct text text, int32_t *day)
{
    struct cursor cursor = cursor_of(text);
    int32_t result;
    if (!take_date(&cursor, '-', &result) || cursor.p != cursor.end)
        return false;
    *day = result;
    return true;
}

// HH:MM, without any bound on the hours but two digits.
static bool take_hours_minutes(struct cursor *cursor, int32_t *hours, int32_t *minutes)
{
    return take_digits(cursor, 2, hours) && take(cursor, ':') && take_digits(cursor, 2, minutes) && *minutes <= 59;
}

bool parse_time_of_day(struct text text, int32_t *minutes)
{
    struct cursor cursor = cursor_of(text);
    int32_t hour, minute;
    if (!take_hours_minutes(&cursor, &hour, &minute) || cursor.p != cursor.end)
        return false;
    int32_t result = hour * 60 + minute;
    if (result > 24 * 60)
        return false;
    *minutes = result;
    return true;
}

// '.' and at least one digit, or nothing. Digits past the ninth are read and do not count.
static bool take_fraction(struct cursor *cursor, double *fraction)
{
    *fraction = 0;
    if (!take(cursor, '.'))
        return true;
    int64_t sum = 0, scale = 1;
    const char *first = cursor->p;
    for (; cursor->p != cursor->end && digit(*cursor->p); cursor->p++) {
        if (scale < 1000000000) {
            sum = sum * 10 + (*cursor->p - '0');
            scale *= 10;
        }
    }
    *fraction = (double)sum / (double)scale;
    return cursor->p != first;
}

// HH:MM:SS with an optional fraction. Second 60 is let through for the caller to judge.
static bool take_clock(struct cursor *cursor, int32_t *seconds, bool *leap_second, double *fraction)
{
    int32_t hour, minute, second;
    if (!take_hours_minutes(cursor, &hour, &minute) || hour > 23 || !take(cursor, ':') ||
        !take_digits(cursor, 2, &second) || second > 60)
        return false;
    *seconds = hour * HOUR_S + minute * MINUTE_S + second;
    *leap_second = second == 60;
    return take_fraction(cursor, fraction);
}

// Z or +hh:mm. False where neither is there.
static bool take_offset(struct cursor *cursor, int32_t *offset_s)
{
    if (take(cursor, 'Z') || take(cursor, 'z')) {
        *offset_s = 0;
        return true;
    }
    int32_t hours, minutes;
    bool west = take(cursor, '-');
    if ((!west && !take(cursor, '+')) || !take_hours_minutes(cursor, &hours, &minutes) || hours > 23)
        return false;
    int32_t offset = hours * HOUR_S + minutes * MINUTE_S;
    *offset_s = west ? -offset : offset;
    return true;
}

static bool parse_moment(struct text text, char separator, bool offset_needed, double *at_s, bool *zoned)
{
    struct cursor cursor = cursor_of(text);
    int32_t day, seconds, offset_s = 0;
    bool leap_second;
    double fraction;
    if (!take_date(&cursor, separator, &day))
        return false;
    if (!take(&cursor, 'T') && !take(&cursor, 't') && !take(&cursor, ' '))
        return false;
    if (!take_clock(&cursor, &seconds, &leap_second, &fraction))
        return false;
    bool offset_absent = cursor.p == cursor.end;
    if (offset_absent ? offset_needed : !take_offset(&cursor, &offset_s) || cursor.p != cursor.end)
        return false;
    int64_t whole = (int64_t)day * DAY_S + seconds - offset_s;
    if (leap_second && whole % DAY_S != 0)  // leap seconds end a day of UTC, and nothing else
        return false;
    *at_s = (double)whole + fraction;
    *zoned = !offset_absent;
    return true;
}

bool parse_instant(struct text text, double *at_s)
{
    bool zoned;
    return parse_moment(text, '-', true, at_s, &zoned);
}

bool parse_timestamp(struct text text, double *at_s, bool *zoned)
{
    char separator = text.n > 4 && text.p[4] == '/' ? '/' : '-';
    return parse_moment(text, separator, false, at_s, zoned);
}

struct duration_unit {
    char letter;
    int32_t seconds;
};

static const struct duration_unit units[] = {{'d', DAY_S}, {'h', HOUR_S}, {'m', MINUTE_S}, {'s', 1}};
#define UNIT_COUNT (sizeof units / sizeof units[0])
#define DURATION_MAX_S (INT64_C(1) << 53)  // the last whole number that a double surely holds

// Digits and a unit; `next` is the first unit that may still come.
static bool take_part(struct cursor *cursor, size_t *next, int64_t *total)
{
    int64_t amount = 0;
    const char *first = cursor->p;
    for (; cursor->p != cursor->end && digit(*cursor->p); cursor->p++) {
        amount = amount * 10 + (*cursor->p - '0');
        if (amount > DURATION_MAX_S)
            return false;
    }
    if (cursor->p == first)
        return false;
    for (; *next < UNIT_COUNT; (*next)++) {
        if (!take(cursor, units[*next].letter))
            continue;
        if (amount > (DURATION_MAX_S - *total) / units[*next].seconds)
            return false;
        *total += amount * units[*next].seconds;
        (*next)++;
        return true;
    }
    return false;
}

bool parse_duration(struct text text, double *seconds)
{
    struct cursor cursor = cursor_of(text);
    size_t next = 0;
    int64_t total = 0;
    do {
        if (!take_part(&cursor, &next, &total))
            return false;
    } while (cursor.p != cursor.end);
    *seconds = (double)total;
    return true;
}
