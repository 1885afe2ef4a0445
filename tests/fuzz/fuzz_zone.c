// A time zone's file, hostile: whatever decodes must answer within its bounds and agree with itself.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void try_instant(const struct zone *zone, int64_t at_s)
{
    struct zone_period period = zone_period_at(zone, at_s);
    must(period.from_s <= at_s && (at_s < period.until_s || period.until_s == INT64_MAX));
    must(period.offset_s == zone_offset_s(zone, at_s));
    must(period.offset_s > -26 * HOUR_S && period.offset_s <= 26 * HOUR_S);
    must(zone_abbreviation(zone, at_s).n == period.abbreviation.n);
}

static void try_local(const struct zone *zone, int32_t day, int32_t second)
{
    struct local_instants local = zone_local(zone, day, second);
    int64_t wall_s = (int64_t)day * DAY_S + second;
    must(local.first_s <= local.second_s);
    if (local.kind == LOCAL_GAP) {
        must(local.first_s == local.second_s);
        must(local.first_s + zone_offset_s(zone, local.first_s) > wall_s);
        return;
    }
    must(local.first_s + zone_offset_s(zone, local.first_s) == wall_s);
    must(local.second_s + zone_offset_s(zone, local.second_s) == wall_s);
    must((local.kind == LOCAL_ONCE) == (local.first_s == local.second_s));
}

// Steps along the changes of offset, so that the file's own transitions are what is asked about.
static void try_zone(const struct zone *zone)
{
    static const int64_t starts_s[] = {-(INT64_C(1) << 58), INT32_MIN, 0, 1795415736, INT64_C(1) << 40};
    for (size_t i = 0; i < sizeof starts_s / sizeof starts_s[0]; i++) {
        int64_t at_s = starts_s[i];
        for (int steps = 0; steps < 20; steps++) {
            try_instant(zone, at_s);
            try_instant(zone, at_s - 1);
            if (at_s > -(INT64_C(1) << 46) && at_s < INT64_C(1) << 46)
                try_local(zone, (int32_t)(at_s / DAY_S), (int32_t)(at_s & 0xffff));
            int64_t next_s;
            if (!zone_next_transition(zone, at_s, &next_s))
                break;
            must(next_s > at_s);
            at_s = next_s;
        }
    }
    try_instant(zone, (INT64_C(1) << 59) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct buffer error;
    arena_init(&arena);
    buffer_init(&error, 4096);
    const void *p = bytes;
    const struct zone *zone = zone_decode(&arena, TEXT("Fuzzed/Zone"), (struct text){p, n}, &error);
    must(zone ? error.n == 0 : error.n > 0);
    if (zone)
        try_zone(zone);
    buffer_release(&error);
    arena_release(&arena);
    return 0;
}
