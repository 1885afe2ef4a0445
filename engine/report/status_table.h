// Every target: what it is, why, what holds it, and when that changes.
#ifndef DROWSE_REPORT_STATUS_TABLE_H
#define DROWSE_REPORT_STATUS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/report/answer.h"
#include "engine/report/style.h"
#include "engine/shell/run.h"
#include "engine/sim/outlook.h"

struct buffer;
struct json_writer;

struct status_line {
    struct run_result result;  // of sleep; without a decision where the policy has none
    struct answer answer;
    struct text unsettled;  // unsettled_format
    bool described;         // `result.snapshot.state` is set, also where nothing was decided
    bool has_next;
    enum behaviour next_behaviour;
    struct outlook next;
};

struct status {
    const struct policy *policy;
    double now_s;
    const struct status_line *lines;
    size_t count;
};

void status_table_text(struct buffer *, const struct style *, const struct status *);
void status_table_json(struct json_writer *, const struct status *);

#endif
