// Evaluation of expressions against a snapshot. One evaluator belongs to one thread and may serve any number of
// decisions of its policy; `let` values are computed once a decision.
#ifndef DROWSE_CORE_EVALUATOR_H
#define DROWSE_CORE_EVALUATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/snapshot.h"

struct arena;
struct span;
struct evaluator;

// A script that decides in place of a list of rules (lang's Lua is the one). `decide` fills the decision's rule,
// scale, status and message through the answer; false: the script failed, and answer.error says how.
struct script_answer {
    int16_t rule;  // index into the behaviour's rules
    bool has_scale_to;
    bool refuse;
    double scale_to;
    struct text status, message;
    bool marked;           // it read an unknown
    struct value unknown;  // the first that it read
    uint8_t need;          // enum stage: it read what is not fetched yet; nothing else is set
    struct text error;
};
struct script {
    void *context;
    bool (*decide)(void *context, struct evaluator *, enum behaviour, struct script_answer *);
};

// What one evaluation saw, by node: for explain, coverage and mutation. `seen` counts visits; `values` is the
// newest. Both have policy.node_count entries and belong to the caller.
struct trace {
    struct value *values;
    uint32_t *seen;
    uint32_t *seen_true, *seen_false, *seen_unknown;  // of boolean nodes
};

struct let_slot {
    struct value value;
    uint32_t epoch;
};

struct evaluator {
    const struct policy *policy;
    const struct snapshot *snapshot;  // of the decision under way, or of the last one
    struct arena *arena;              // a tick's; the caller resets it between decisions
    struct let_slot *lets;
    struct trace *trace;  // NULL: none
    struct script scripts[BEHAVIOUR_COUNT];
    uint32_t epoch;
};

// Slots live in `arena` too; so init with an arena that outlives the evaluator, then set `evaluator->arena`
// to the tick's.
void evaluator_init(struct evaluator *, const struct policy *, struct arena *);

// Begins a decision: forgets the `let` values of the last one.
void evaluator_begin(struct evaluator *, const struct snapshot *);
// An expression's value. Between evaluator_begin and the end of the snapshot's life.
struct value evaluate(struct evaluator *, node_index);

// What an operator or function of two makes of two known values. Where constants are folded, this is what folds them.
struct value value_combine(const struct node *, const struct value *, const struct value *);

// The value that a param has in this snapshot, and where it came from.
struct value param_value(const struct evaluator *, uint32_t param, enum param_origin *origin);
struct value builtin_value(const struct snapshot *, enum builtin);
// What a span of a metric says: KNOWN and *span filled in, or the unknown to hand on. For scripts; expressions
// come here too.
struct value evaluate_span(struct evaluator *, uint32_t metric, double length_s, struct span *);
// A `let` value, computed once a decision. For scripts; expressions come here too.
struct value evaluate_let(struct evaluator *, uint32_t let);
// tag("key") in this snapshot.
struct value tag_value(const struct snapshot *, struct text key);

#endif
