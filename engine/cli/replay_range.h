// The time that a replay goes over.
#ifndef DROWSE_CLI_REPLAY_RANGE_H
#define DROWSE_CLI_REPLAY_RANGE_H

#include <stdbool.h>

#include "engine/sim/replay.h"

struct session;

// Sets from_s and to_s: --from and --to, but not beyond the recording, as nothing is known there; without them the
// recording from end to end. A policy without metrics needs no recording, but both options. `series` must be set.
// False: said why.
bool replay_range_choose(struct session *, struct replay_input *);

#endif
