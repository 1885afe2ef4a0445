// What a state file has that a decision could not use, though it looks as if it was meant to.
#ifndef DROWSE_CLI_STATE_HINTS_H
#define DROWSE_CLI_STATE_HINTS_H

#include "engine/cli/live.h"

// Once decided: metrics under names that the policy does not have, labels that name no service.
void hint_at_metrics(const struct live *);
// Where the service is not there: which ones are.
void hint_at_services(const struct live *);

#endif
