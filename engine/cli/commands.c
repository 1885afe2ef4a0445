#include "engine/cli/commands.h"

#include "engine/base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct example check_examples[] = {
    {"drowse check policies/production.yaml", "checks one policy and all that it extends"},
    {"drowse check --strict policies/*.yaml policies/*.lua", "checks all, where warnings fail too"},
    {"drowse check --dump policies/production.yaml", "shows what the policy comes to once merged"},
};
static const enum option_id check_options[] = {OPTION_POLICY, OPTION_STRICT, OPTION_DUMP, OPTION_JSON, OPTION_HELP};

static const struct example explain_examples[] = {
    {"drowse explain sleep --policy policies/production.yaml --state examples/states/sleep-active.json",
     "why the service would be put to sleep now, or would not"},
    {"drowse explain sleep -p policies/production.yaml -s examples/states/sleep-idle.json --param idle_threshold=2h",
     "the same under another threshold"},
};
static const enum option_id explain_options[] = {OPTION_POLICY,  OPTION_STATE,   OPTION_SERVICE, OPTION_PARAM,
                                                 OPTION_REQUEST, OPTION_TRIGGER, OPTION_JSON,    OPTION_HELP};

static const struct example run_examples[] = {
    {"drowse run sleep --dry-run --policy policies/production.yaml --state examples/states/sleep-idle.json",
     "decides and answers, changes nothing"},
    {"drowse run wake --policy policies/production.yaml --state state.json", "wakes the policy's only target"},
    {"drowse run kill --yes --service fluidity/fluidity-server -p policies/production.yaml -s state.json",
     "stops that service at once"},
};
static const enum option_id run_options[] = {OPTION_POLICY, OPTION_STATE,   OPTION_SERVICE, OPTION_ALL,
                                             OPTION_PARAM,  OPTION_REQUEST, OPTION_TRIGGER, OPTION_DRY_RUN,
                                             OPTION_YES,    OPTION_JSON,    OPTION_HELP};

static const struct example plan_examples[] = {
    {"drowse plan --policy policies/production.yaml --state examples/states/sleep-idle.json",
     "what wake, sleep and kill would do now"},
    {"drowse plan sleep --detailed-exitcode -p policies/production.yaml -s examples/states/sleep-idle.json",
     "for CI: exits with 2 where sleep would change something"},
};
static const enum option_id plan_options[] = {OPTION_POLICY, OPTION_STATE,   OPTION_SERVICE,
                                              OPTION_PARAM,  OPTION_TRIGGER, OPTION_DETAILED_EXITCODE,
                                              OPTION_JSON,   OPTION_HELP};

static const struct example replay_examples[] = {
    {"drowse replay --policy policies/production.yaml examples/tunnel.json",
     "when the service would have slept and woken"},
    {"drowse replay -p policies/production.yaml --map connections=connections.csv --demand 'connections>2'",
     "from a CSV of timestamp,value; three users wake it"},
    {"drowse replay -p policies/production.yaml examples/tunnel.json --to 2026-02-03 "
     "--param idle_threshold=30m",
     "its first day, under another threshold"},
};
static const enum option_id replay_options[] = {OPTION_POLICY,  OPTION_MAP,   OPTION_DEMAND, OPTION_FROM, OPTION_TO,
                                                OPTION_SERVICE, OPTION_PARAM, OPTION_WIDTH,  OPTION_JSON, OPTION_HELP};

static const struct example help_examples[] = {
    {"drowse help run", "a command's options and examples"},
    {"drowse help exit-codes", "what the process ends with"},
};
static const enum option_id help_options[] = {OPTION_HELP};

static const struct example version_examples[] = {{"drowse version", "prints the version"}};

#define EXAMPLES(array) (array), COUNT(array)
#define OPTIONS(array) (array), COUNT(array)

const struct command command_table[] = {
    {"check", "[FILE...]", "reports every fault of policy files",
     "Loads each file and all that it extends. Faults go to stderr with file, line and column, one line a file to\n"
     "stdout. Without a FILE it checks the selected policy.",
     EXAMPLES(check_examples), OPTIONS(check_options), 0, (size_t)-1, command_check},
    {"explain", "BEHAVIOUR", "one decision with its whole reasoning",
     "BEHAVIOUR is wake, sleep or kill. Decides as `run` would, changes nothing, and shows every rule with the value\n"
     "of each part of its condition, what was unknown, where params came from, and when the answer would change.\n"
     "Without --service it is the one that ECS_CLUSTER_NAME and ECS_SERVICE_NAME name, else the policy's only target.",
     EXAMPLES(explain_examples), OPTIONS(explain_options), 1, 1, command_explain},
    {"run", "BEHAVIOUR", "gathers, decides and applies: wake, sleep or kill",
     "BEHAVIOUR is wake, sleep or kill. Prints the answer as JSON. A kill asks first; where nobody can be asked it\n"
     "needs --yes. Without --service it is the service that ECS_CLUSTER_NAME and ECS_SERVICE_NAME name, else the\n"
     "policy's only target. `cp examples/states/sleep-idle.json state.json` makes a state to try things on.",
     EXAMPLES(run_examples), OPTIONS(run_options), 1, 1, command_run},
    {"plan", "[BEHAVIOUR]", "what run would change, for every target",
     "BEHAVIOUR is wake, sleep, kill or all (the default). Changes nothing. Without --service it is every target, and\n"
     "what limits.max_slept and limits.max_killed would refuse is said too.",
     EXAMPLES(plan_examples), OPTIONS(plan_options), 0, 1, command_plan},
    {"replay", "[RECORDING...]", "a policy over recorded metrics: when it would have slept and woken",
     "RECORDING is what `aws cloudwatch get-metric-data` or get-metric-statistics printed, a CSV of timestamp,value,\n"
     "or a state file. At every tick of the schedule the policy decides on what was visible by then; while asleep the\n"
     "service emits nothing, and demand wakes it. The environment is not looked at. A policy without metrics needs no\n"
     "RECORDING, but --from and --to.",
     EXAMPLES(replay_examples), OPTIONS(replay_options), 0, (size_t)-1, command_replay},
    {"help", "[COMMAND|TOPIC]", "help on a command, or on: exit-codes, environment",
     "Without a COMMAND it lists them all.", EXAMPLES(help_examples), OPTIONS(help_options), 0, 1, command_help},
    {"version", "", "prints the version", "", EXAMPLES(version_examples), OPTIONS(help_options), 0, 0, command_version},
};
const size_t command_count = COUNT(command_table);

const struct command *command_find(struct text name)
{
    for (size_t i = 0; i < command_count; i++)
        if (text_is(name, command_table[i].name))
            return &command_table[i];
    return NULL;
}
