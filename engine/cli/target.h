// Which services a command acts on.
#ifndef DROWSE_CLI_TARGET_H
#define DROWSE_CLI_TARGET_H

#include "drowse/ports.h"
#include "engine/cli/live.h"

// "cluster/service"; false: said.
bool parse_service_name(const struct session *, struct text option, struct service_name *);

// The one named (--service, the request, the two variables), else the policy's: its only one, or with --all, a
// scheduled trigger or LIVE_ALL every one. Fills in live->targets. Anything but CODE_DONE was said.
enum exit_code choose_targets(struct live *, enum live_targets);

#endif
