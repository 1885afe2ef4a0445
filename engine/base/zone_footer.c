#include "engine/base/zone_parts.h"

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/zone.h"

// The Gregorian calendar repeats after 400 years, weekdays included.
#define CYCLE_S (INT64_C(146097) * DAY_S)
#define RULE_HOURS_MAX 167
#define OFFSET_HOURS_MAX 24

// ---- reading ----------------------------------------------------------------------------------------------

struct cursor {
    const char *p, *end;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->p == cursor->end || *cursor->p != c)
        return false;
    cursor->p++;
    return true;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// One to three digits that make a number within the bounds.
static bool take_number(struct cursor *cursor, int32_t least, int32_t most, int32_t *number)
{
    int32_t sum = 0;
    const char *first = cursor->p;
    while (cursor->p != cursor->end && cursor->p - first < 3 && digit(*cursor->p))
        sum = sum * 10 + (*cursor->p++ - '0');
    *number = sum;
    return cursor->p != first && sum >= least && sum <= most;
}

// [+-]hh[:mm[:ss]]
static bool take_time(struct cursor *cursor, int32_t hours_most, int32_t *seconds)
{
    bool negative = take(cursor, '-');
    if (!negative)
        (void)take(cursor, '+');
    int32_t hours, minutes = 0, rest = 0;
    if (!take_number(cursor, 0, hours_most, &hours))
        return false;
    if (take(cursor, ':')) {
        if (!take_number(cursor, 0, 59, &minutes))
            return false;
        if (take(cursor, ':') && !take_number(cursor, 0, 59, &rest))
            return false;
    }
    int32_t sum = hours * HOUR_S + minutes * MINUTE_S + rest;
    *seconds = negative ? -sum : sum;
    return true;
}

// Three or more letters, or <...> with digits and signs too.
static bool take_abbreviation(struct arena *arena, struct cursor *cursor, struct text *abbreviation)
{
    bool quoted = take(cursor, '<');
    const char *first = cursor->p;
    for (; cursor->p != cursor->end; cursor->p++) {
        char c = *cursor->p;
        if (!letter(c) && !(quoted && (digit(c) || c == '+' || c == '-')))
            break;
    }
    size_t n = (size_t)(cursor->p - first);
    if (n < 3 || n > ZONE_ABBREVIATION_BYTES || (quoted && !take(cursor, '>')))
        return false;
    *abbreviation = arena_text(arena, (struct text){first, n});
    return true;
}

static bool take_weekday_date(struct cursor *cursor, struct zone_date *date)
{
    int32_t month, week, weekday;
    if (!take_number(cursor, 1, 12, &month) || !take(cursor, '.') || !take_number(cursor, 1, 5, &week) ||
        !take(cursor, '.') || !take_number(cursor, 0, 6, &weekday))
        return false;
    date->form = ZONE_DATE_WEEKDAY;
    date->month = (uint8_t)month;
    date->week = (uint8_t)week;
    date->weekday = (uint8_t)weekday;
    return true;
}

// ,date[/time]
static bool take_date(struct cursor *cursor, struct zone_date *date)
{
    if (!take(cursor, ','))
        return false;
    *date = (struct zone_date){.time_s = 2 * HOUR_S};
    if (take(cursor, 'M')) {
        if (!take_weekday_date(cursor, date))
            return false;
    } else {
        bool julian = take(cursor, 'J');
        int32_t day;
        if (!take_number(cursor, julian ? 1 : 0, 365, &day))
            return false;
        date->form = julian ? ZONE_DATE_JULIAN : ZONE_DATE_ORDINAL;
        date->day = (int16_t)day;
    }
    return !take(cursor, '/') || take_time(cursor, RULE_HOURS_MAX, &date->time_s);
}

// An abbreviation and an offset, which POSIX counts west of UTC. Without one it is an hour ahead of `standard_s`.
static bool take_kind(struct arena *arena, struct cursor *cursor, const int32_t *standard_s, struct zone_kind *kind)
{
    if (!take_abbreviation(arena, cursor, &kind->abbreviation))
        return false;
    bool absent = cursor->p == cursor->end || *cursor->p == ',';
    int32_t west_s = 0;
    if (absent ? !standard_s : !take_time(cursor, OFFSET_HOURS_MAX, &west_s))
        return false;
    kind->offset_s = absent ? *standard_s + HOUR_S : -west_s;
    return kind->offset_s >= ZONE_OFFSET_MIN_S && kind->offset_s <= ZONE_OFFSET_MAX_S;
}

// ---- reckoning --------------------------------------------------------------------------------------------

// The day of that rule in that year.
static int32_t date_day(const struct zone_date *date, int32_t year)
{
    int32_t january = civil_to_day(year, 1, 1);
    switch ((enum zone_date_form)date->form) {
    case ZONE_DATE_JULIAN:
        return january + date->day - 1 + (date->day >= 60 && days_in_month(year, 2) == 29);
    case ZONE_DATE_ORDINAL:
        return january + date->day;
    case ZONE_DATE_WEEKDAY:
        break;
    }
    int32_t first = civil_to_day(year, date->month, 1);
    int32_t first_weekday = (weekday_of_day(first) + 1) % 7;  // 0 = Sunday
    int32_t day = (date->weekday - first_weekday + 7) % 7 + (date->week - 1) * 7;
    while (day >= days_in_month(year, date->month))
        day -= 7;
    return first + day;
}

// Summer time starts by the standard clock and ends by its own.
static int64_t summer_start_s(const struct zone_footer *footer, int32_t year)
{
    return (int64_t)date_day(&footer->start, year) * DAY_S + footer->start.time_s - footer->standard.offset_s;
}

static int64_t summer_end_s(const struct zone_footer *footer, int32_t year)
{
    return (int64_t)date_day(&footer->end, year) * DAY_S + footer->end.time_s - footer->summer.offset_s;
}

// A rule may say that summer time never ends (",0/0,J365/25") or never is: then nothing changes.
static void settle_constant(struct zone_footer *footer)
{
    bool always = true, never = true;
    for (int32_t year = 2000; year < 2004; year++) {
        int64_t start_s = summer_start_s(footer, year), end_s = summer_end_s(footer, year);
        always = always && start_s < end_s && end_s >= summer_start_s(footer, year + 1);
        never = never && start_s == end_s;
    }
    if (always)
        footer->standard = footer->summer;
    footer->changes = !always && !never;
}

bool zone_footer_parse(struct arena *arena, struct text text, struct zone_footer *footer)
{
    struct zone_footer result = {.present = text.n > 0};
    if (text.n == 0) {
        *footer = result;
        return true;
    }
    struct cursor cursor = {text.p, text.p + text.n};
    if (!take_kind(arena, &cursor, NULL, &result.standard))
        return false;
    if (cursor.p != cursor.end) {
        if (!take_kind(arena, &cursor, &result.standard.offset_s, &result.summer) ||
            !take_date(&cursor, &result.start) || !take_date(&cursor, &result.end) || cursor.p != cursor.end)
            return false;
        settle_constant(&result);
    }
    *footer = result;
    return true;
}

struct change {
    int64_t at_s;
    const struct zone_kind *kind;
};

// The year's two changes, the earlier first.
static void changes_of_year(const struct zone_footer *footer, int32_t year, struct change changes[2])
{
    struct change start = {summer_start_s(footer, year), &footer->summer};
    struct change end = {summer_end_s(footer, year), &footer->standard};
    bool summer_first = start.at_s <= end.at_s;
    changes[0] = summer_first ? start : end;
    changes[1] = summer_first ? end : start;
}

struct zone_period zone_footer_period(const struct zone_footer *footer, int64_t at_s)
{
    const struct zone_kind *kind = &footer->standard;
    struct zone_period period = {INT64_MIN, INT64_MAX, kind->offset_s, kind->abbreviation};
    if (!footer->changes)
        return period;
    int64_t cycle = at_s / CYCLE_S - (at_s % CYCLE_S < 0);
    int64_t in_cycle_s = at_s - cycle * CYCLE_S;
    int32_t year = civil_from_day((int32_t)(in_cycle_s / DAY_S)).year;
    // Rules may reach a week and a day past their year's ends: at its edges both the change before and the change
    // behind can be those of two years away.
    for (int32_t y = year - 2; y <= year + 2; y++) {
        struct change changes[2];
        changes_of_year(footer, y, changes);
        for (int i = 0; i < 2; i++) {
            int64_t change_s = changes[i].at_s + cycle * CYCLE_S;
            if (change_s <= at_s && change_s >= period.from_s) {
                period.from_s = change_s;
                kind = changes[i].kind;
            } else if (change_s > at_s && change_s < period.until_s) {
                period.until_s = change_s;
            }
        }
    }
    period.offset_s = kind->offset_s;
    period.abbreviation = kind->abbreviation;
    return period;
}
