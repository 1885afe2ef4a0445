// One decision with its whole reasoning, for people and for programs.
#ifndef DROWSE_REPORT_EXPLANATION_H
#define DROWSE_REPORT_EXPLANATION_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "engine/core/decide.h"
#include "engine/report/style.h"
#include "engine/sim/outlook.h"

struct arena;
struct buffer;
struct json_writer;

// One line of the reasoning: an expression, `depth` below its rule's condition.
struct reasoning_step {
    node_index node;
    size_t depth;
    struct text expression;
    bool needed;  // else a condition was settled before it came to this
    struct value value;
    bool explains;  // unknown by itself, not only because something in it is
};

struct reasoned_rule {
    const struct rule *rule;
    enum rule_result result;
    bool held_back;  // it fired, and an unknown kept it from acting
    bool by_script;  // a script chose among the rules; they have no conditions
    const struct reasoning_step *steps;
    size_t step_count;
};

struct reasoned_let {
    const struct let *let;
    struct value value;
};

struct explanation {
    const struct policy *policy;
    const struct snapshot *snapshot;
    struct decision decision;
    struct text headline;  // answers "why is it still up?" in one line
    struct text message;
    const struct param_setting *params;  // by param index: value and origin as they were
    const struct reasoned_rule *rules;
    size_t rule_count;
    bool scripted;
    const struct reasoned_let *lets;  // of a scripted behaviour: what the names say
    size_t let_count;
    struct outlook outlook;  // not of a decision that changes something, or failed
    bool has_outlook;
};

// Decides afresh on the snapshot, tracing. Texts live in the arena.
void explain(struct arena *, struct evaluator *, enum behaviour, const struct snapshot *, struct explanation *);

void explanation_text(struct buffer *, const struct style *, const struct explanation *);
void explanation_json(struct json_writer *, const struct explanation *);

// "fired", "unknown" and the like.
const char *rule_result_name(const struct reasoned_rule *);
const char *fence_source_name(enum fence_source);
const char *trigger_name(enum trigger);
const char *param_origin_name(enum param_origin);

#endif
