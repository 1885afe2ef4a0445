#include "engine/core/retention.h"

#include <stddef.h>

#include "engine/base/instant.h"

static const struct {
    uint32_t period_s;  // from this period on
    double kept_s;
} retention[] = {{0, 3.0 * HOUR_S}, {60, 15.0 * DAY_S}, {300, 63.0 * DAY_S}, {3600, 455.0 * DAY_S}};

double retention_s(uint32_t period_s)
{
    double kept_s = 0;
    for (size_t i = 0; i < sizeof retention / sizeof *retention; i++)
        if (period_s >= retention[i].period_s)
            kept_s = retention[i].kept_s;
    return kept_s;
}
