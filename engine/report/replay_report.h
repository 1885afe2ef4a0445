// A replay for people and for programs.
#ifndef DROWSE_REPORT_REPLAY_REPORT_H
#define DROWSE_REPORT_REPLAY_REPORT_H

#include <stddef.h>

#include "engine/report/picture.h"
#include "engine/report/style.h"
#include "engine/sim/replay.h"

struct buffer;
struct json_writer;

struct replay_report {
    const struct replay_input *input;
    const struct replay_result *result;
    const struct picture_row *rows;  // the recorded metrics
    size_t row_count;
    size_t picture_width;
};

// What was replayed, every transition, the picture, the totals.
void replay_report_text(struct buffer *, const struct style *, const struct replay_report *);
void replay_report_json(struct json_writer *, const struct replay_report *);

const char *replay_state_name(enum replay_state);

#endif
