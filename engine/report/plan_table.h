// What runs would change, one line a target and behaviour.
#ifndef DROWSE_REPORT_PLAN_TABLE_H
#define DROWSE_REPORT_PLAN_TABLE_H

#include <stddef.h>

#include "engine/report/answer.h"
#include "engine/report/style.h"
#include "engine/shell/run.h"

struct buffer;
struct json_writer;

struct plan_line {
    enum behaviour behaviour;
    struct run_result result;
    struct answer answer;
    struct text unsettled;  // unsettled_format
};

// A run over all targets that is refused whole.
struct plan_refusal {
    enum behaviour behaviour;
    const char *limit;
    size_t lowered, of, allowed;
};

struct plan {
    const struct policy *policy;
    const struct plan_line *lines;
    size_t count;
    const struct plan_refusal *refusals;
    size_t refusal_count;
};

void plan_table_text(struct buffer *, const struct style *, const struct plan *);
void plan_table_json(struct json_writer *, const struct plan *);

#endif
