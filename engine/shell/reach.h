// Which expressions a behaviour can come to evaluate.
#ifndef DROWSE_SHELL_REACH_H
#define DROWSE_SHELL_REACH_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/policy.h"

struct arena;

struct reach {
    const struct policy *policy;
    bool *nodes;       // by node: it can be reached
    node_index *open;  // within a search: found and not yet looked into; each comes once
    size_t open_count;
};

// Nothing is reached yet.
void reach_begin(struct reach *, struct arena *, const struct policy *);
// The expression and all that it is made of, the `let`s that it names included.
void reach_expression(struct reach *, node_index);
// A rule's condition, count and message.
void reach_rule(struct reach *, const struct rule *);
void reach_report(struct reach *);
void reach_lets(struct reach *);

#endif
