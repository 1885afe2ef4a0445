// What run, plan and explain share: a policy, the world that it acts on, the params in force, and the targets.
#ifndef DROWSE_CLI_LIVE_H
#define DROWSE_CLI_LIVE_H

#include <stdbool.h>

#include "engine/cli/exit_code.h"
#include "engine/cli/world.h"
#include "engine/core/evaluator.h"
#include "engine/shell/request.h"
#include "engine/shell/run.h"

struct session;
struct script_host;

struct live {
    struct session *session;
    const struct policy *policy;
    struct world world;
    struct cloud cloud;  // the world's
    struct clock clock;
    double at_s;  // --at; NaN: the clock's now
    struct evaluator evaluator;
    struct script_host *scripts;
    struct request request;
    struct param_setting *params;
    enum trigger trigger;
    struct service_name *targets;
    size_t target_count;
    bool over_all;                           // the targets are the policy's, none was named
    bool looked_at_metrics, lacked_service;  // what say_hints goes by
};

// Which targets a command acts on where none is named: the only one; that or, with --all or on schedule, all; all.
enum live_targets { LIVE_ONE, LIVE_RUN, LIVE_ALL };

// Opens everything for these behaviours (bits; 0: those that the policy has). Anything but CODE_DONE was said;
// live_close is due in any case.
enum exit_code live_open(struct session *, unsigned behaviours, enum live_targets, struct live *);
void live_close(struct live *);

struct run_options live_options(const struct live *, enum behaviour, bool dry_run);

// "wake", "sleep" or "kill"; false: said that it is none, or that the policy lacks it.
bool parse_behaviour(const struct session *, struct text name, enum behaviour *);

enum exit_code code_of_status(enum port_status);
// Of one target's run: its failure, else what its decision came to.
enum exit_code code_of_result(const struct run_result *);
void say_warning(const struct live *, const struct run_result *);
// Says what went wrong with that target, and warnings.
void say_result(const struct live *, const struct run_result *);
// Remembers what say_hints, once all is decided, may have to say about the state file.
void note_result(struct live *, const struct run_result *);
void say_hints(const struct live *);

#endif
