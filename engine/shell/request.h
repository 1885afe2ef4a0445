// A request's body: {"cluster_name", "service_name"} and the fields that the policy's params name.
#ifndef DROWSE_SHELL_REQUEST_H
#define DROWSE_SHELL_REQUEST_H

#include <stdbool.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "drowse/text.h"

struct arena;
struct buffer;

struct request {
    struct text cluster, service;  // empty: not named
};

// Fields that are "", null or, for a duration, 0 are absent: clients in Go send their zero values. An empty body is
// {}. Wrong types, values out of bounds and what is no JSON object give false and a complete `error`. Unknown fields
// are ignored, and named in `ignored`, one sentence each line.
bool request_parse(struct arena *, const struct policy *, struct text body, struct request *, struct param_setting *,
                   struct buffer *ignored, struct buffer *error);

#endif
