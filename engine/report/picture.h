// A terminal's picture of a replay: a sparkline for each metric over a strip of the service's states.
#ifndef DROWSE_REPORT_PICTURE_H
#define DROWSE_REPORT_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "drowse/snapshot.h"
#include "drowse/text.h"
#include "engine/report/style.h"
#include "engine/sim/replay.h"

struct buffer;

struct picture_row {
    struct text name;
    const struct series *series;
    uint32_t period_s;
};

struct picture {
    double from_s, to_s;
    size_t width;  // columns in all
    const struct picture_row *rows;
    size_t row_count;
    const struct replay_result *result;
};

// A column of a sparkline shows the highest value that it covers, so that no short spike is lost; a column without
// a point is blank. The strip shows what a column is wholly, a start wherever there is one, else what it is mostly.
void picture_draw(struct buffer *, const struct style *, const struct picture *);

#endif
