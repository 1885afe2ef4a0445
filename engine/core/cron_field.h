// The fields of a cron expression. For the schedule's own files only.
#ifndef DROWSE_CORE_CRON_FIELD_H
#define DROWSE_CORE_CRON_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct buffer;

enum cron_field { CRON_MINUTES, CRON_HOURS, CRON_DAY_OF_MONTH, CRON_MONTH, CRON_DAY_OF_WEEK, CRON_YEAR };
#define CRON_FIELDS 6

#define CRON_FIRST_YEAR 1970
#define CRON_LAST_YEAR 2199
#define CRON_LAST_WEEKDAY 32  // in place of the n of nW

// What a field says. Values are kept as bits from the field's least value: minute 0, day 1, SUN, 1970.
struct cron_values {
    uint64_t bits[4];
    bool any;                 // '?'
    bool last_day;            // L of day-of-month
    uint8_t nearest_weekday;  // nW, or CRON_LAST_WEEKDAY
    uint8_t weekday, nth;     // D#n: weekday 1 = SUN
    bool last_weekday;        // DL
};

const char *cron_field_name(enum cron_field);
// Reads one field. False: `error` says what is wrong, *offset where within the field's text.
bool cron_field_parse(enum cron_field, struct text, struct cron_values *, struct buffer *error, size_t *offset);

#endif
