// What a decoded zone is made of. For the zone's own files only.
#ifndef DROWSE_BASE_ZONE_PARTS_H
#define DROWSE_BASE_ZONE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct arena;
struct zone_period;

#define ZONE_OFFSET_MIN_S (-89999)           // RFC 8536: more than 25 hours west and
#define ZONE_OFFSET_MAX_S 93599              // 26 hours east do not occur
#define ZONE_INSTANT_MAX (INT64_C(1) << 59)  // older than the universe; room for sums
#define ZONE_ABBREVIATION_BYTES 32

// A kind of local time.
struct zone_kind {
    int32_t offset_s;
    struct text abbreviation;
};

enum zone_date_form {
    ZONE_DATE_JULIAN,   // Jn: 1..365, February 29 is never counted
    ZONE_DATE_ORDINAL,  // n: 0..365, February 29 counts
    ZONE_DATE_WEEKDAY,  // Mm.w.d: the w-th weekday d of month m; 5 is the last
};

struct zone_date {
    uint8_t form;                  // enum zone_date_form
    uint8_t month, week, weekday;  // weekday: 0 = Sunday, as POSIX counts
    int16_t day;
    int32_t time_s;  // of the local day; from -167 to 167 hours
};

// The POSIX-TZ footer: what holds after the last transition of the table.
struct zone_footer {
    bool present;
    bool changes;  // does it have a summer time? else `standard` holds for ever
    struct zone_kind standard, summer;
    struct zone_date start, end;  // of summer time
};

struct zone {
    struct text name;
    struct zone_kind before;           // holds before the first transition
    const int64_t *transitions_s;      // strictly rising
    const uint16_t *transition_kinds;  // index into kinds: what holds from that transition on
    size_t transition_count;
    const struct zone_kind *kinds;
    struct zone_footer footer;
};

// Reads the footer's text, without its line feeds. The empty text is a footer that is not present.
bool zone_footer_parse(struct arena *, struct text, struct zone_footer *);
// The period around `at_s` where the footer held always.
struct zone_period zone_footer_period(const struct zone_footer *, int64_t at_s);

#endif
