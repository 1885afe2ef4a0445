// An embedded ECS and CloudWatch that is a JSON file: one `cloud` port. Changes are atomic (written beside, synced,
// renamed) and keep every field that they do not concern.
#ifndef DROWSE_SIM_STATE_FILE_H
#define DROWSE_SIM_STATE_FILE_H

#include <stdbool.h>

#include "drowse/policy.h"
#include "drowse/ports.h"
#include "drowse/text.h"

struct state_file;
struct recording;
struct buffer;

// The file is an object of
//   now                 an instant in any style that recordings have; absent: the clock given
//   services            as `aws ecs describe-services --include TAGS` prints them: one without `tags` has none
//   MetricDataResults   as `aws cloudwatch get-metric-data` prints them: Id = the policy's metric name, Label =
//                       cluster/service where there are several services; a metric that is not there is complete
//                       and empty, but for one that `missing` would fill: that is incomplete
//   tagsDenied          true: this role may neither read nor set tags, and those that are there count as unread
// and of anything else, which is kept. A service that this port raised carries `drowseChangedAt` until it settled.
// Numbers are kept as doubles; a file with a whole number that a double cannot hold is read, but not written.

// Reads and checks the file, and lets it settle up to its `now`: a service whose desired count was raised by this
// port has, cold_start later, a start event and running = desired; one lowered has as many running at once. What
// settled is written with the next change. NULL with a complete message otherwise. `policy` gives cold_start;
// it and the clock must outlive the state file. States that `describe` gives live as long as it.
struct state_file *state_file_open(struct text path, const struct policy *, const struct clock *, struct buffer *error);
void state_file_close(struct state_file *);
struct cloud state_file_cloud(struct state_file *);
struct clock state_file_clock(struct state_file *);  // the file's `now`, else the clock given
// What was read, for messages about it.
const struct recording *state_file_recording(const struct state_file *);

#endif
