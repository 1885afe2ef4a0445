// The answer to a run, as the contract of the three functions has it. Extra fields (`held`, `outcome`, `dryRun`)
// appear only where they apply; statuses are never new ones.
#ifndef DROWSE_REPORT_ANSWER_H
#define DROWSE_REPORT_ANSWER_H

#include <stddef.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/text.h"

struct arena;
struct evaluator;
struct json_writer;
struct run_result;

struct answer_field {
    struct text name;
    uint8_t type;  // enum type
    struct value value;
};

// What only the evaluator knows, kept beyond its next decision.
struct answer {
    struct text message;
    const struct answer_field *report;  // of sleep
    size_t report_count;
};

// While the evaluator still is at the result's decision; texts are copied to the arena.
void answer_prepare(struct arena *, struct evaluator *, const struct run_result *, struct answer *);
// At the same time: "rule idle could not be settled: ..." where nothing changes and an earlier rule's condition is
// unknown, else the empty text. In the arena.
struct text unsettled_format(struct arena *, struct evaluator *, const struct run_result *);
// The rule's status, but "no_change" where what it stands for did not come about.
struct text answer_status(const struct run_result *);
// Members of one answer, in the contract's order, once it was applied. `named` adds cluster and service in front, for
// an answer among several. The caller opens and closes the object.
void answer_json(struct json_writer *, const struct policy *, const struct run_result *, const struct answer *,
                 bool named);

#endif
