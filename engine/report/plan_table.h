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
};

void plan_table_text(struct buffer *, const struct style *, const struct policy *, const struct plan_line *,
                     size_t count);
void plan_table_json(struct json_writer *, const struct policy *, const struct plan_line *, size_t count);

#endif
