// IANA time zones from TZif files (RFC 8536), versions 1 to 4, with the POSIX-TZ footer for times past the table.
#ifndef DROWSE_BASE_ZONE_H
#define DROWSE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/text.h"

struct arena;
struct zone;
struct buffer;

// Is it a name that may be looked up as a file: letters, digits and _ + - /, no "..", no leading '/'?
bool zone_name_valid(struct text);

// Decodes the bytes of a TZif file. Wrong or truncated bytes, or a zone that counts leap seconds: NULL, and the
// reason in error. Nothing is borrowed from name and bytes.
const struct zone *zone_decode(struct arena *, struct text name, struct text bytes, struct buffer *error);
const struct zone *zone_utc(void);  // static: offset 0 always

struct text zone_name(const struct zone *);

// A stretch of time of one offset and one abbreviation: from_s <= t < until_s. INT64_MIN and INT64_MAX where it
// has no end. Neighbours may have the same offset.
struct zone_period {
    int64_t from_s, until_s;
    int32_t offset_s;          // seconds east of UTC; within 26 hours
    struct text abbreviation;  // borrowed from the zone
};
struct zone_period zone_period_at(const struct zone *, int64_t at_s);

// Seconds east of UTC that hold at that instant.
int32_t zone_offset_s(const struct zone *, int64_t at_s);
// The abbreviation that holds then, such as "BST"; borrowed from the zone.
struct text zone_abbreviation(const struct zone *, int64_t at_s);

// The instants at which local clocks show that day and second of day (0..86400).
enum local_kind { LOCAL_ONCE, LOCAL_GAP, LOCAL_FOLD };
struct local_instants {
    enum local_kind kind;
    int64_t first_s, second_s;  // FOLD: both; ONCE: equal; GAP: both are the first instant after the gap
};
struct local_instants zone_local(const struct zone *, int32_t day, int32_t second_of_day);

// The next change of offset after `at_s`; false where there is none.
bool zone_next_transition(const struct zone *, int64_t at_s, int64_t *transition_s);

#endif
