// From a policy file to a compiled policy: read, extend, walk with the field table, compile, check.
#ifndef DROWSE_LANG_LOAD_H
#define DROWSE_LANG_LOAD_H

#include <stdbool.h>

#include "drowse/diag.h"
#include "drowse/policy.h"
#include "drowse/ports.h"

struct arena;
struct buffer;

// Loads a policy and all that it extends. Form by extension: .yaml, .yml or .lua. Every fault of all files is
// reported; NULL where there was an error. Sources read so far are in *sources even then, for printing: none where
// the file itself could not be read.
// The policy, its sources and its texts live in the arena.
const struct policy *policy_load(struct arena *, const struct file_reader *, struct text path, struct diags *,
                                 struct sources *);

// Files that other files extend, read and found sound: for loads that meet them again. Zeroed it is empty.
struct cached_file;
struct file_cache {
    struct cached_file *newest;
};
void file_cache_release(struct file_cache *);
// policy_load with a cache, into which the policy and its sources point: it must outlive them.
const struct policy *policy_load_shared(struct arena *, const struct file_reader *, struct file_cache *,
                                        struct text path, struct diags *, struct sources *);

// "sha256:" and hex of all sources, in the order read, joined by a NUL.
void policy_digest(const struct policy *, struct buffer *);

// The compiled policy as text: everything that decides, in a fixed order. Two policies that decide alike by
// construction dump alike; golden files and mutation testing compare these.
void policy_dump(const struct policy *, struct buffer *);
// One expression in canonical notation.
void expression_dump(const struct policy *, node_index, struct buffer *);

// Makes the policy's Lua functions, if any, into scripts of this evaluator. One per evaluator and thread.
struct script_host;
struct evaluator;
struct script_host *script_host_new(const struct policy *, struct evaluator *);  // never NULL; empty where no Lua
void script_host_free(struct script_host *);

#endif
