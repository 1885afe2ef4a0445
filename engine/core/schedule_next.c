#include "engine/core/schedule.h"

#include "engine/base/instant.h"
#include "engine/base/zone.h"
#include "engine/core/cron_field.h"

#define MINUTES_PER_DAY (24 * 60)
#define SATURDAY 5
#define SUNDAY 6

static bool next_rate(const struct schedule *schedule, int64_t anchor_s, int64_t after_s, int64_t *next_s)
{
    int64_t passed_s, steps_s, next = anchor_s;
    if (after_s >= anchor_s) {
        if (__builtin_sub_overflow(after_s, anchor_s, &passed_s) ||
            __builtin_mul_overflow(passed_s / schedule->rate_s + 1, schedule->rate_s, &steps_s) ||
            __builtin_add_overflow(anchor_s, steps_s, &next))
            return false;
    }
    *next_s = next;
    return true;
}

static bool year_wanted(const struct schedule *schedule, int32_t year)
{
    uint32_t bit = (uint32_t)(year - CRON_FIRST_YEAR);
    return schedule->years[bit / 64] >> bit % 64 & 1;
}

// The weekday (Monday to Friday) of that month nearest to the day; it never leaves the month.
static int32_t nearest_weekday(int32_t first_day, int32_t day, int32_t month_days)
{
    int weekday = weekday_of_day(first_day + day - 1);
    if (weekday == SATURDAY)
        return day > 1 ? day - 1 : day + 2;
    if (weekday == SUNDAY)
        return day < month_days ? day + 1 : day - 2;
    return day;
}

static bool day_of_month_wanted(const struct schedule *schedule, struct civil date, int32_t day)
{
    int32_t month_days = days_in_month(date.year, date.month);
    if (schedule->last_day)
        return date.day == month_days;
    if (schedule->nearest_weekday == 0)
        return schedule->days_of_month >> date.day & 1;
    int32_t first_day = day - date.day + 1;
    if (schedule->nearest_weekday != CRON_LAST_WEEKDAY) {
        int32_t wanted = schedule->nearest_weekday;
        return wanted <= month_days && date.day == nearest_weekday(first_day, wanted, month_days);
    }
    return date.day == nearest_weekday(first_day, month_days, month_days);
}

static bool day_of_week_wanted(const struct schedule *schedule, struct civil date, int32_t day)
{
    int weekday = weekday_of_day(day);
    if (schedule->last_weekday)
        return weekday == schedule->nth_weekday && date.day + 7 > days_in_month(date.year, date.month);
    if (schedule->nth)
        return weekday == schedule->nth_weekday && (date.day - 1) / 7 + 1 == schedule->nth;
    return schedule->days_of_week >> weekday & 1;
}

static bool day_wanted(const struct schedule *schedule, struct civil date, int32_t day)
{
    return schedule->any_day_of_week ? day_of_month_wanted(schedule, date, day)
                                     : day_of_week_wanted(schedule, date, day);
}

// The first run on that local day at or after that minute of it, and after `after_s`.
static bool next_on_day(const struct schedule *schedule, int32_t day, int32_t first_minute, int64_t after_s,
                        int64_t *next_s)
{
    for (int32_t minute = first_minute; minute < MINUTES_PER_DAY; minute++) {
        if (!(schedule->hours >> minute / 60 & 1)) {
            minute += 59 - minute % 60;  // on to the next hour
            continue;
        }
        if (!(schedule->minutes >> minute % 60 & 1))
            continue;
        struct local_instants local = zone_local(schedule->zone, day, minute * MINUTE_S);
        if (local.kind == LOCAL_GAP || local.first_s <= after_s)
            continue;
        *next_s = local.first_s;
        return true;
    }
    return false;
}

// The first day that is neither in a year nor in a month without runs, from that day on; INT32_MAX past the end.
static int32_t skip_to_wanted_month(const struct schedule *schedule, int32_t day, struct civil *date)
{
    *date = civil_from_day(day);
    while (date->year <= CRON_LAST_YEAR) {
        bool year = year_wanted(schedule, date->year);
        if (year && schedule->months >> date->month & 1)
            return civil_to_day(date->year, date->month, date->day);
        bool next_year = !year || date->month == 12;
        *date = (struct civil){date->year + next_year, next_year ? 1 : (uint8_t)(date->month + 1), 1};
    }
    return INT32_MAX;
}

// No local clock that shows a run after `after_s` for the first time shows less than the clock at `after_s`: so the
// walk begins there, and goes by day.
static bool next_cron(const struct schedule *schedule, int64_t after_s, int64_t *next_s)
{
    int32_t first_day = civil_to_day(CRON_FIRST_YEAR, 1, 1), last_day = civil_to_day(CRON_LAST_YEAR, 12, 31);
    if (after_s > (int64_t)(last_day + 2) * DAY_S)
        return false;
    if (after_s < (int64_t)(first_day - 2) * DAY_S)
        after_s = (int64_t)(first_day - 2) * DAY_S;
    int64_t local_s = after_s + zone_offset_s(schedule->zone, after_s);
    int32_t day = (int32_t)(local_s / DAY_S - (local_s % DAY_S < 0));
    int32_t minute = (int32_t)((local_s - (int64_t)day * DAY_S) / MINUTE_S);
    if (day < first_day) {
        day = first_day;
        minute = 0;
    }
    for (struct civil date;; day++, minute = 0) {
        int32_t wanted = skip_to_wanted_month(schedule, day, &date);
        if (wanted > last_day)
            return false;
        if (wanted != day) {
            day = wanted;
            minute = 0;
        }
        if (day_wanted(schedule, date, day) && next_on_day(schedule, day, minute, after_s, next_s))
            return true;
    }
}

bool schedule_next(const struct schedule *schedule, int64_t anchor_s, int64_t after_s, int64_t *next_s)
{
    switch ((enum schedule_kind)schedule->kind) {
    case SCHEDULE_RATE:
        return next_rate(schedule, anchor_s, after_s, next_s);
    case SCHEDULE_CRON:
        break;
    }
    return next_cron(schedule, after_s, next_s);
}
