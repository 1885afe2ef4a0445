// Values and messages as text. Pure: reads the decision under way, asks for nothing.
#ifndef DROWSE_CORE_MESSAGE_H
#define DROWSE_CORE_MESSAGE_H

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/value.h"

struct arena;
struct buffer;
struct evaluator;
struct json_writer;

// As explain shows it: durations "16m", instants ISO, numbers shortest, text quoted; unknown "unknown"; not
// fetched "n/a".
void value_format(struct buffer *, enum type, struct value);
// Durations and instants in whole seconds rounded down; unknown and not fetched null.
void value_json(struct json_writer *, enum type, struct value);
// "connections: 3 of 10 due buckets have a point, coverage 0.8 asks for 8" and the like.
void why_format(struct buffer *, const struct policy *, struct value);
// A rule's message (or the script's) for the decision under way; the buffer's maximum bounds it. Where the decision
// is held or failed, a sentence that says so and why.
void message_format(struct buffer *, struct evaluator *, const struct decision *);
// The same, in the arena, LIMIT_MESSAGE_BYTES at most.
struct text message_text(struct arena *, struct evaluator *, const struct decision *);

const char *behaviour_name(enum behaviour);
const char *outcome_name(enum outcome);
const char *type_name(enum type);

#endif
