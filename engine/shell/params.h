// Values for a policy's params from outside: the environment, --param, a request. Out of bounds is refused.
#ifndef DROWSE_SHELL_PARAMS_H
#define DROWSE_SHELL_PARAMS_H

#include <stdbool.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "engine/base/variables.h"

struct arena;
struct buffer;

// Behaviours as bits.
#define ALL_BEHAVIOURS ((1u << BEHAVIOUR_COUNT) - 1)

// All at their defaults.
struct param_setting *params_new(struct arena *, const struct policy *);

// A text in the policy's notation, or a plain number in the param's unit. Empty text is absent: nothing is set.
// False: `error` says what is wrong, bounds included.
bool param_set_text(const struct param *, struct text, struct param_setting *, struct buffer *error);
// A number in the param's unit; for a param that is a number or a duration.
bool param_set_number(const struct param *, double, struct param_setting *, struct buffer *error);

// From the variables that params name; only of those that the behaviours can reach.
bool params_from_environment(struct arena *, const struct policy *, const struct variables *, unsigned behaviours,
                             struct param_setting *, struct buffer *error);
// From one `NAME=VALUE`, as --param has it.
bool params_from_option(struct arena *, const struct policy *, struct text option, struct param_setting *,
                        struct buffer *error);

#endif
