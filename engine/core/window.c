#include "engine/core/window.h"

#include <math.h>

#include "engine/base/instant.h"
#include "engine/base/zone.h"

#define INSTANT_MAX_S 1e13  // 300,000 years: days still fit an int32

// By the local day alone.
static bool wanted_on(const struct window_span *span, int32_t day)
{
    if (!(span->days >> weekday_of_day(day) & 1))
        return false;
    if (span->has_dates && (day < span->first_date || day > span->last_date))
        return false;
    for (size_t i = 0; i < span->except_count; i++) {
        if (span->except[i] == day)
            return false;
    }
    return true;
}

bool window_span_on(const struct window_span *span, int32_t day, int64_t *start_s, int64_t *end_s)
{
    if (!wanted_on(span, day))
        return false;
    int32_t last_day = span->to_min <= span->from_min ? day + 1 : day;
    int64_t start = zone_local(span->zone, day, span->from_min * MINUTE_S).first_s;
    int64_t end = zone_local(span->zone, last_day, span->to_min * MINUTE_S).second_s;
    if (end <= start)
        return false;
    *start_s = start;
    *end_s = end;
    return true;
}

// A span ends by the end of the day after its own; a change of clocks may move the local date by one more day,
// either way.
static bool span_contains(const struct window_span *span, int64_t at_s)
{
    int64_t local_s = at_s + zone_offset_s(span->zone, at_s);
    int32_t today = (int32_t)(local_s / DAY_S - (local_s % DAY_S < 0));
    for (int32_t day = today - 2; day <= today + 1; day++) {
        int64_t start_s, end_s;
        if (window_span_on(span, day, &start_s, &end_s) && at_s >= start_s && at_s < end_s)
            return true;
    }
    return false;
}

bool window_contains(const struct window *window, double at_s)
{
    if (!(fabs(at_s) <= INSTANT_MAX_S))  // NaN too
        return false;
    for (size_t i = 0; i < window->span_count; i++) {
        if (span_contains(&window->spans[i], (int64_t)floor(at_s)))
            return true;
    }
    return false;
}
