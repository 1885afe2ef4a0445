// What core answers. A decision holds indices; text and JSON are made of it by report when asked.
#ifndef DROWSE_DECISION_H
#define DROWSE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "drowse/text.h"

enum outcome {
    OUTCOME_NO_CHANGE,  // a rule fired that keeps the count, or asks for the count that is there
    OUTCOME_CHANGE,     // set the desired count to `desired`
    OUTCOME_HELD,       // a rule that lowers would have fired; an earlier, unknown one holds it back
    OUTCOME_REFUSED,    // a rule with `refuse: true` fired
    OUTCOME_FAILED,     // the policy gave no answer (Lua error, budget, a fraction): nothing is scaled
};

enum held_why {
    HELD_NOT,
    HELD_BY_RULE,      // `held_by`: its condition is unknown and it would have kept a higher count
    HELD_BY_SCALE_TO,  // the fired rule's own scale_to is unknown
    HELD_BY_UNKNOWN,   // a script read an unknown and then lowered
};

enum direction_why {
    DIRECTION_FREE,
    DIRECTION_WAKE_NEVER_LOWERS,
    DIRECTION_NEVER_RAISES,  // sleep and kill
};

#define COUNT_UNKNOWN (-1)
#define RULE_NONE (-1)

struct decision {
    uint8_t need;                // enum stage: above the snapshot's stage, nothing else is set: gather it, decide again
    uint8_t behaviour;           // enum behaviour
    uint8_t outcome;             // enum outcome
    uint8_t held_why;            // enum held_why
    uint8_t direction;           // enum direction_why: the fired rule's count was turned down by the behaviour
    int16_t rule;                // the rule that fired, or that was held back; RULE_NONE where none did (failed)
    int16_t held_by;             // the rule whose unknown condition holds
    int64_t before;              // desired count as described; COUNT_UNKNOWN at STAGE_NOTHING
    int64_t desired;             // desired count after the action
    struct value unknown;        // the first unknown that held it, for its `why` and `what`
    struct text status;          // the rule's, or the script's; "no_change" where held
    struct text script_message;  // a script's own message (in the evaluator's arena); else the rule's template serves
    struct text error;           // OUTCOME_FAILED: complete, with file and line
};

#endif
