// Windows of local time. A window is a set of half-open spans between two instants, resolved per local date: a
// start in the gap of spring is the first instant after it; in the hour that autumn repeats, a start is the first
// and an end the second; a span within the gap is empty; one across midnight belongs to the day it starts on.
#ifndef DROWSE_CORE_WINDOW_H
#define DROWSE_CORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/policy.h"

// Is that instant in one of its spans? False for NaN and for instants past 300,000 years.
bool window_contains(const struct window *, double at_s);
// The instants of the span that starts on that local day (days since 1970-01-01, as in policy.h): start_s <= t <
// end_s. False where that day has none, by its weekday, dates or exceptions, or where it is empty.
bool window_span_on(const struct window_span *, int32_t day, int64_t *start_s, int64_t *end_s);

#endif
