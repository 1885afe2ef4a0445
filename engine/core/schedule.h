// EventBridge schedule expressions (Scheduler user guide, "Schedule types"): rate(N unit) and
// cron(minutes hours day-of-month month day-of-week year), with a zone for cron.
#ifndef DROWSE_CORE_SCHEDULE_H
#define DROWSE_CORE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/text.h"

struct arena;
struct buffer;
struct zone;

enum schedule_kind { SCHEDULE_RATE, SCHEDULE_CRON };

// A set of cron values and the forms that depend on the month.
struct schedule {
    uint8_t kind;
    int64_t rate_s;
    uint64_t minutes;  // bit per minute
    uint32_t hours;
    uint32_t days_of_month;                  // bit 1..31
    bool last_day;                           // L
    uint8_t nearest_weekday;                 // nW: 1..31, or 0; 32 = LW, the month's last weekday
    uint16_t months;                         // bit 1..12
    uint8_t days_of_week;                    // bit 0 = Monday
    uint8_t nth_weekday, nth;                // D#n: the weekday (0 = Monday) and 1..5; nth 0: none
    bool last_weekday;                       // DL: the month's last such day, in nth_weekday
    bool any_day_of_month, any_day_of_week;  // '?'
    uint64_t years[4];                       // bit per year from 1970; 1970..2199
    const struct zone *zone;
    struct text expression;  // as written
};

// NULL: not a schedule expression; `error` says what is wrong and what would be right, and *offset (in bytes) where.
// The zone is kept, not copied; NULL is UTC.
const struct schedule *schedule_parse(struct arena *, struct text expression, const struct zone *, struct buffer *error,
                                      size_t *offset);
// The first run after `after_s`. A rate runs at `anchor_s` + k * rate (k >= 0); a cron has no anchor. A local time
// that spring skips is skipped; one that autumn repeats runs once, the first time. False: never again (a cron ends
// with 2199).
bool schedule_next(const struct schedule *, int64_t anchor_s, int64_t after_s, int64_t *next_s);

#endif
