// From files and options to what replay runs on.
#ifndef DROWSE_CLI_REPLAY_INPUT_H
#define DROWSE_CLI_REPLAY_INPUT_H

#include <stdbool.h>

#include "engine/recording/recording.h"
#include "engine/report/picture.h"
#include "engine/sim/replay.h"

struct session;

struct replay_sources {
    struct recording recording;
    struct series *series;     // by metric
    struct picture_row *rows;  // the recorded metrics that are no instants
    size_t row_count;
};

// Fills in all of the input but the evaluator; policy and params must be set. Notes about the data go to stderr.
// False: said why.
bool replay_input_read(struct session *, struct replay_sources *, struct replay_input *);

#endif
