// Which policy a function carries, and where its zones are.
#ifndef DROWSE_LAMBDAS_POLICY_FILE_H
#define DROWSE_LAMBDAS_POLICY_FILE_H

#include <stdbool.h>

#include "drowse/text.h"
#include "engine/base/variables.h"
#include "engine/sys/files.h"

struct arena;
struct buffer;

// DROWSE_POLICY, from the task's root unless it is absolute; else policies/$DROWSE_ENV.yaml; else the only policy in
// policies/. False: `error` says what to set.
bool policy_file_find(struct arena *, const struct variables *, struct text *path, struct buffer *error);

// The disk, with zones from the folder `zoneinfo` of the task's root where there is one. `zones` must outlive it.
struct file_reader policy_file_reader(struct arena *, const struct variables *, struct zone_folder *zones);

#endif
