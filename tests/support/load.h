// For tests: a policy from a file or from a text, and a small random generator that can be run again.
#ifndef DROWSE_TESTS_LOAD_H
#define DROWSE_TESTS_LOAD_H

#include <stdint.h>

#include "drowse/policy.h"

struct arena;

// The policy, or the test fails with the diagnostics. Paths count from the checkout's top, where tests run.
const struct policy *test_policy(struct arena *, const char *path);
// As a file of its own, "test.yaml", that may extend what the checkout has.
const struct policy *test_policy_text(struct arena *, const char *yaml);

struct random {
    uint64_t state;
};
uint32_t random_below(struct random *, uint32_t limit);
bool random_chance(struct random *, uint32_t percent);

#endif
