// The shape of compiled expressions, for whoever walks them without evaluating.
#ifndef DROWSE_CORE_NODE_H
#define DROWSE_CORE_NODE_H

#include <stddef.h>

#include "drowse/policy.h"

#define NODE_CHILDREN 2

// The expressions that a node is made of, in their order in the source; a `let` has its definition. Returns how many.
size_t node_children(const struct policy *, node_index, node_index children[NODE_CHILDREN]);

#endif
