// The state file's two halves: what was read from it, and the tree that changes are made in.
#ifndef DROWSE_SIM_STATE_PARTS_H
#define DROWSE_SIM_STATE_PARTS_H

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/recording/recording.h"
#include "engine/sim/state_file.h"

struct state_file {
    struct arena arena;
    struct text path, content;
    const struct policy *policy;
    const struct clock *clock;   // serves where the file has no `now`
    struct recording recording;  // states are kept in step with the tree
    cJSON *root;                 // NULL until something must change
    cJSON **items;               // by state: its object in the tree
    bool checked;                // the content is known to survive being written again
};

double state_now(struct state_file *);

// Services that this port raised come up, cold_start later. In memory only.
bool state_settle(struct state_file *, struct buffer *error);

// One change, written to the disk; where that fails, nothing changed in memory either.
struct state_change {
    bool scales;
    int64_t desired;
    const struct tag *tags;
    size_t tag_count;
};
bool state_apply(struct state_file *, size_t state, const struct state_change *, struct buffer *error);

// Edits of one service's object (no I/O, no checks).
void service_scale(cJSON *service, int64_t desired, double now_s);
void service_tag(cJSON *service, const struct tag *tags, size_t count);
// Did it come up by now? False with `*wrong` where its drowseChangedAt is no timestamp.
bool service_settle(cJSON *service, struct text name, double now_s, double cold_start_s, bool *wrong);

#define CHANGED_AT "drowseChangedAt"

#endif
