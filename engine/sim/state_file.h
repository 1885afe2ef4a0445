// An embedded ECS and CloudWatch that is a JSON file: one `cloud` port. Changes are atomic (written beside, synced,
// renamed) and keep every field that they do not concern.
#ifndef DROWSE_SIM_STATE_FILE_H
#define DROWSE_SIM_STATE_FILE_H

#include <stdbool.h>

#include "drowse/policy.h"
#include "drowse/ports.h"
#include "drowse/text.h"

struct state_file;
struct buffer;

// Reads and checks the file, and lets it settle up to its `now` (absent: the clock's): a service whose desired
// count was raised has, cold_start later, a start event and running = desired; one lowered to 0 has running 0 at
// once. NULL with a complete message otherwise. `policy` gives metric names and cold_start.
struct state_file *state_file_open(struct text path, const struct policy *, const struct clock *, struct buffer *error);
void state_file_close(struct state_file *);
struct cloud state_file_cloud(struct state_file *);
struct clock state_file_clock(struct state_file *);  // the file's `now`, else the clock given

#endif
