// Any bytes as a schedule, in the zone that a first capital letter names: no crash, a fault has its place, and what
// parses runs at instants that ascend, that nothing was left out between, and that its own fields allow.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/schedule.h"
#include "tests/support/tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define NOW_S INT64_C(1795435260)  // 2026-11-23T12:01:00Z
#define RUNS 12

static void demand(bool holds, const char *what, struct text expression, int64_t after_s)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %.*s after %lld\n", what, TEXT_ARG(expression), (long long)after_s);
    abort();
}

// ---- zones ------------------------------------------------------------------------------------------------

struct zone_choice {
    char letter;
    const char *footer;
};

static const struct zone_choice zones[] = {
    {'L', "GMT0BST,M3.5.0/1,M10.5.0"},
    {'N', "EST5EDT,M3.2.0,M11.1.0"},
    {'H', "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"},  // half an hour
    {'S', "<-04>4<-03>,M9.1.6/24,M4.1.6/24"},       // at midnight
    {'W', "<+24>-24<-23>23,J60/0,J300/0"},          // the dates jump
};

static const struct zone *zone_of(struct arena *arena, struct text *input)
{
    for (size_t i = 0; input->n && i < sizeof zones / sizeof zones[0]; i++) {
        if (input->p[0] != zones[i].letter)
            continue;
        *input = text_from(*input, 1);
        return tzif_zone(arena, zones[i].footer);
    }
    return zone_utc();
}

// ---- runs -------------------------------------------------------------------------------------------------

static void check_rate(const struct schedule *schedule, int64_t anchor_s, int64_t after_s, int64_t next_s)
{
    int64_t from_s = after_s > anchor_s ? after_s : anchor_s;
    demand((next_s - anchor_s) % schedule->rate_s == 0, "off the rate", schedule->expression, after_s);
    demand(next_s - from_s <= schedule->rate_s, "a run left out", schedule->expression, after_s);
}

static void check_cron(const struct schedule *schedule, int64_t after_s, int64_t next_s)
{
    struct text expression = schedule->expression;
    int64_t local_s = next_s + zone_offset_s(schedule->zone, next_s), again_s;
    int32_t day = (int32_t)(local_s / DAY_S - (local_s % DAY_S < 0));
    int32_t second = (int32_t)(local_s - (int64_t)day * DAY_S);
    struct civil date = civil_from_day(day);
    demand(second % MINUTE_S == 0, "not on a minute", expression, after_s);
    demand(schedule->minutes >> second / MINUTE_S % 60 & 1, "a wrong minute", expression, after_s);
    demand(schedule->hours >> second / HOUR_S & 1, "a wrong hour", expression, after_s);
    demand(schedule->months >> date.month & 1, "a wrong month", expression, after_s);
    demand(date.year >= 1970 && date.year <= 2199, "a wrong year", expression, after_s);
    struct local_instants local = zone_local(schedule->zone, day, second);
    demand(local.first_s == next_s, "the second of a time that comes twice", expression, after_s);
    int64_t middle_s = after_s + (next_s - after_s) / 2;
    demand(schedule_next(schedule, 0, middle_s, &again_s) && again_s == next_s, "left out", expression, middle_s);
    demand(schedule_next(schedule, 0, next_s - 1, &again_s) && again_s == next_s, "left out", expression, next_s - 1);
}

static void run_from(const struct schedule *schedule, int64_t anchor_s, int64_t after_s)
{
    int64_t next_s;
    for (int i = 0; i < RUNS && schedule_next(schedule, anchor_s, after_s, &next_s); i++) {
        demand(next_s > after_s, "a run that does not come after", schedule->expression, after_s);
        if (schedule->kind == SCHEDULE_CRON && after_s > -(INT64_C(1) << 40))
            check_cron(schedule, after_s, next_s);
        else if (schedule->kind == SCHEDULE_RATE && after_s > -(INT64_C(1) << 40))
            check_rate(schedule, anchor_s, after_s, next_s);
        after_s = next_s;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    // Around the changes of clocks of 2026, the ends of the calendar, and where sums overflow.
    static const int64_t starts_s[] = {INT64_MIN,  -(INT64_C(1) << 40), -1,         0,          1772953199,
                                       1774745999, 1775315000,          1788580000, 1792886400, 1793494799,
                                       NOW_S,      2147483647,          4107542399, 7258032000, INT64_MAX - 1};
    struct arena arena = {0};
    struct text input = {(const char *)bytes, n};
    struct buffer error;
    size_t offset = SIZE_MAX;
    buffer_init(&error, 512);
    const struct zone *zone = zone_of(&arena, &input);
    const struct schedule *schedule = schedule_parse(&arena, input, zone, &error, &offset);
    demand((schedule == NULL) == (error.n > 0), "neither a schedule nor a fault, or both", input, 0);
    demand(schedule || offset <= input.n, "a fault out of place", input, 0);
    for (size_t i = 0; schedule && i < sizeof starts_s / sizeof starts_s[0]; i++)
        run_from(schedule, i % 2 ? NOW_S : 0, starts_s[i]);
    buffer_release(&error);
    arena_release(&arena);
    return 0;
}
