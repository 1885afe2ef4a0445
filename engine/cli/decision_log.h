// --log FILE: the record of each decision of a run, one JSON line each, appended.
#ifndef DROWSE_CLI_DECISION_LOG_H
#define DROWSE_CLI_DECISION_LOG_H

#include <stdbool.h>

#include "engine/shell/run.h"

struct session;
struct live;

struct decision_log {
    int file;  // -1: nobody asked for one
    struct text path;
};

// Before anything is done, so that a run that cannot be recorded does not happen. False: said why.
bool decision_log_open(struct session *, struct decision_log *);
// The results of a run and what record_prepare made of each. False: said why; the run has happened all the same.
bool decision_log_write(const struct decision_log *, const struct live *, const struct run_options *,
                        const struct run_result *results, const struct text *prepared);
void decision_log_close(struct decision_log *);

#endif
