#include "engine/base/zone.h"

#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone_parts.h"

// Local clocks differ from UTC by less than this.
#define REACH_S (INT64_C(27) * HOUR_S)

static const struct zone utc = {
    .name = {"UTC", 3},
    .before = {0, {"UTC", 3}},
    .footer = {.present = true, .standard = {0, {"UTC", 3}}},
};

const struct zone *zone_utc(void)
{
    return &utc;
}

struct text zone_name(const struct zone *zone)
{
    return zone->name;
}

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '/';
}

bool zone_name_valid(struct text name)
{
    if (name.n == 0 || name.n > 255)
        return false;
    char before = '/';  // so that neither the first nor any other part is empty
    for (size_t i = 0; i < name.n; i++) {
        if (!name_byte(name.p[i]) || (name.p[i] == '/' && before == '/'))
            return false;
        before = name.p[i];
    }
    return before != '/';
}

// How many transitions lie at or before that instant.
static size_t transitions_until(const struct zone *zone, int64_t at_s)
{
    size_t low = 0, high = zone->transition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->transitions_s[middle] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct zone_period period_of(const struct zone_kind *kind, int64_t from_s, int64_t until_s)
{
    return (struct zone_period){from_s, until_s, kind->offset_s, kind->abbreviation};
}

// Behind the table: the footer, or else what the last transition began.
static struct zone_period period_behind_table(const struct zone *zone, int64_t at_s)
{
    size_t count = zone->transition_count;
    int64_t table_end_s = count ? zone->transitions_s[count - 1] : INT64_MIN;
    if (!zone->footer.present) {
        const struct zone_kind *last = count ? &zone->kinds[zone->transition_kinds[count - 1]] : &zone->before;
        return period_of(last, table_end_s, INT64_MAX);
    }
    struct zone_period period = zone_footer_period(&zone->footer, at_s);
    if (period.from_s < table_end_s)
        period.from_s = table_end_s;
    return period;
}

struct zone_period zone_period_at(const struct zone *zone, int64_t at_s)
{
    if (at_s > ZONE_INSTANT_MAX)
        at_s = ZONE_INSTANT_MAX;
    if (at_s < -ZONE_INSTANT_MAX)
        at_s = -ZONE_INSTANT_MAX;
    size_t passed = transitions_until(zone, at_s);
    if (passed == zone->transition_count)
        return period_behind_table(zone, at_s);
    if (passed == 0)
        return period_of(&zone->before, INT64_MIN, zone->transitions_s[0]);
    return period_of(&zone->kinds[zone->transition_kinds[passed - 1]], zone->transitions_s[passed - 1],
                     zone->transitions_s[passed]);
}

int32_t zone_offset_s(const struct zone *zone, int64_t at_s)
{
    return zone_period_at(zone, at_s).offset_s;
}

struct text zone_abbreviation(const struct zone *zone, int64_t at_s)
{
    return zone_period_at(zone, at_s).abbreviation;
}

// Walks the periods that can show this wall clock, wherever they are: the local time in question appears at
// wall - offset if that instant lies within the period itself. Where none shows it, clocks jumped over it at the
// start of the first period that is past it.
struct local_instants zone_local(const struct zone *zone, int32_t day, int32_t second_of_day)
{
    int64_t wall_s = (int64_t)day * DAY_S + second_of_day;
    int64_t first_s = 0, second_s = 0, after_gap_s = 0;
    bool shown = false, jumped = false;
    struct zone_period period = zone_period_at(zone, wall_s - REACH_S);
    for (;;) {
        int64_t at_s = wall_s - period.offset_s;
        if (at_s >= period.from_s && at_s < period.until_s) {
            first_s = shown ? first_s : at_s;
            second_s = at_s;
            shown = true;
        } else if (at_s < period.from_s && !jumped) {
            after_gap_s = period.from_s;
            jumped = true;
        }
        if (period.until_s > wall_s + REACH_S)
            break;
        period = zone_period_at(zone, period.until_s);
    }
    if (!shown)
        return (struct local_instants){LOCAL_GAP, after_gap_s, after_gap_s};
    return (struct local_instants){first_s == second_s ? LOCAL_ONCE : LOCAL_FOLD, first_s, second_s};
}

// Neighbours may differ in their abbreviation alone; a footer may even do so for ever, so the search ends once it
// has seen all of the table and a year of the footer.
bool zone_next_transition(const struct zone *zone, int64_t at_s, int64_t *transition_s)
{
    struct zone_period period = zone_period_at(zone, at_s);
    for (size_t left = zone->transition_count + 3; left > 0 && period.until_s < ZONE_INSTANT_MAX; left--) {
        struct zone_period next = zone_period_at(zone, period.until_s);
        if (next.offset_s != period.offset_s) {
            *transition_s = next.from_s;
            return true;
        }
        period = next;
    }
    return false;
}
