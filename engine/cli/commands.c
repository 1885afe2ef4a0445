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
static const enum option_id explain_options[] = {OPTION_POLICY, OPTION_STATE,   OPTION_SERVICE,
                                                 OPTION_PARAM,  OPTION_REQUEST, OPTION_TRIGGER,
                                                 OPTION_AT,     OPTION_JSON,    OPTION_HELP};

static const struct example run_examples[] = {
    {"drowse run sleep --dry-run --policy policies/production.yaml --state examples/states/sleep-idle.json",
     "decides and answers, changes nothing"},
    {"drowse run wake --policy policies/production.yaml --state state.json", "wakes the policy's only target"},
    {"drowse run kill --yes --service fluidity/fluidity-server -p policies/production.yaml -s state.json",
     "stops that service at once"},
};
static const enum option_id run_options[] = {OPTION_POLICY, OPTION_STATE,   OPTION_SERVICE, OPTION_ALL,
                                             OPTION_PARAM,  OPTION_REQUEST, OPTION_TRIGGER, OPTION_DRY_RUN,
                                             OPTION_YES,    OPTION_LOG,     OPTION_JSON,    OPTION_HELP};

static const struct example plan_examples[] = {
    {"drowse plan --policy policies/production.yaml", "what wake, sleep and kill would do now, on AWS"},
    {"drowse plan --policy policies/production.yaml --state examples/states/sleep-idle.json",
     "the same, on a state in a file"},
    {"drowse plan sleep --detailed-exitcode -p policies/production.yaml -s examples/states/sleep-idle.json",
     "for CI: exits with 2 where sleep would change something"},
};
static const enum option_id plan_options[] = {OPTION_POLICY,  OPTION_STATE, OPTION_SERVICE,           OPTION_PARAM,
                                              OPTION_TRIGGER, OPTION_AT,    OPTION_DETAILED_EXITCODE, OPTION_JSON,
                                              OPTION_HELP};

static const struct example status_examples[] = {
    {"drowse status --policy policies/production.yaml", "what is up on AWS, why, and until when"},
    {"drowse status --policy policies/production.yaml --state examples/states/sleep-active.json",
     "the same, of a state in a file"},
};
static const enum option_id status_options[] = {OPTION_POLICY,  OPTION_STATE, OPTION_SERVICE, OPTION_PARAM,
                                                OPTION_TRIGGER, OPTION_JSON,  OPTION_HELP};

static const struct example hold_examples[] = {
    {"drowse hold --until 2h --reason 'load test' --by alice -p policies/production.yaml -s state.json",
     "keeps the policy's only target awake for two hours"},
    {"drowse hold --release -p policies/production.yaml -s state.json", "lets it sleep again"},
};
static const enum option_id hold_options[] = {OPTION_POLICY,  OPTION_STATE,  OPTION_SERVICE,
                                              OPTION_UNTIL,   OPTION_REASON, OPTION_BY,
                                              OPTION_RELEASE, OPTION_JSON,   OPTION_HELP};

static const struct example record_examples[] = {
    {"drowse record --policy policies/production.yaml --from 2026-11-16 -o week.json",
     "the policy's services and their metrics since then, from AWS"},
};
static const enum option_id record_options[] = {OPTION_POLICY, OPTION_SERVICE, OPTION_FROM,
                                                OPTION_TO,     OPTION_OUTPUT,  OPTION_HELP};

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

static const struct example invoke_examples[] = {
    {"drowse invoke sleep -e examples/events/eventbridge-sleep.json -p policies/production.yaml -s state.json",
     "what a schedule's event would come to"},
    {"echo '{\"idle_threshold_mins\": 30}' | drowse invoke sleep -e - -p policies/production.yaml -s state.json",
     "a direct invocation, from standard input"},
};
static const enum option_id invoke_options[] = {OPTION_EVENT, OPTION_POLICY, OPTION_STATE, OPTION_REQUEST_ID,
                                                OPTION_HELP};

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
    {"status", "", "every target: what it is, why, and what changes next",
     "Decides whether each service may sleep, changes nothing, and shows what holds it and the next tick of any\n"
     "schedule that would change its count, with the metrics held still. A `?` behind it: that hangs on metrics which\n"
     "were not needed now. Without --service it is every target.",
     EXAMPLES(status_examples), OPTIONS(status_options), 0, 0, command_status},
    {"hold", "", "keeps a service awake until a time, with a reason",
     "Sets the tags awake-until, awake-by and awake-reason of the service, which the rule kept_awake of the base\n"
     "policy reads. A hold keeps no kill away, and wakes nothing. A new one takes the place of the one before. A\n"
     "policy whose sleep does not look at awake-until is refused.",
     EXAMPLES(hold_examples), OPTIONS(hold_options), 0, 0, command_hold},
    {"record", "", "saves live state and metrics for replay and --state",
     "Asks AWS for the policy's services and for their metrics from --from (else for as long as CloudWatch keeps\n"
     "them) to --to (else now). Nothing is written unless all of them could be asked for; a metric that CloudWatch\n"
     "gave in part is marked so.",
     EXAMPLES(record_examples), OPTIONS(record_options), 0, 0, command_record},
    {"replay", "[RECORDING...]", "a policy over recorded metrics: when it would have slept and woken",
     "RECORDING is what `aws cloudwatch get-metric-data` or get-metric-statistics printed, a CSV of timestamp,value,\n"
     "or a state file. At every tick of the schedule the policy decides on what was visible by then; while asleep the\n"
     "service emits nothing, and demand wakes it. The environment is not looked at. A policy without metrics needs no\n"
     "RECORDING, but --from and --to.",
     EXAMPLES(replay_examples), OPTIONS(replay_options), 0, (size_t)-1, command_replay},
    {"invoke", "BEHAVIOUR", "one Lambda event through the Lambda handler, on this machine",
     "BEHAVIOUR is wake, sleep or kill: the function. Prints what the function would return; its log goes to stderr.\n"
     "Reads the environment as the function does (DROWSE_DRY_RUN, LOG_LEVEL, ECS_CLUSTER_NAME and the params'\n"
     "variables). Events of each kind are in examples/events; a scheduled one is stale after stale_after.",
     EXAMPLES(invoke_examples), OPTIONS(invoke_options), 1, 1, command_invoke},
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
