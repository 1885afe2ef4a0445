#include <string.h>

#include "drowse/version.h"
#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"

#define OPTION_COLUMNS 30

struct topic {
    const char *name, *text;
};

static const struct topic topics[] = {
    {"exit-codes",
     "What drowse ends with:\n"
     "  0    done; that a decision is held or changes nothing is done too\n"
     "  1    what was asked for does not hold: an invalid policy, a decision that failed\n"
     "  2    wrong usage, or input that cannot be read\n"
     "  3    AWS, the network or the disk failed\n"
     "  4    refused: by a rule, by the policy's targets or limits, by permissions\n"
     "  130  interrupted\n"
     "Over many targets the highest wins. `plan --detailed-exitcode` ends with 0 where nothing would change, 2 where\n"
     "something would, and 1 on any error.\n"},
    {"environment",
     "Variables that drowse reads:\n"
     "  DROWSE_POLICY                       the policy file, where --policy is not given\n"
     "  DROWSE_ENV                          else the policy is policies/$DROWSE_ENV.yaml\n"
     "  ECS_CLUSTER_NAME, ECS_SERVICE_NAME  the service meant, where --service is not given\n"
     "  DROWSE_DRY_RUN                      1: run changes nothing, as with --dry-run\n"
     "  USER, LOGNAME                       who holds a service, where --by is not given\n"
     "  AWS_REGION, AWS_PROFILE and others  where AWS is, and who asks it: see docs/aws.md\n"
     "  NO_COLOR, FORCE_COLOR               no colour; colour also where no terminal is\n"
     "  COLUMNS                             the terminal's width\n"
     "and those that the policy's params name (`env:`), for what decides now, not for check and replay. A param is\n"
     "taken from the request, else from --param, else from its variable, else from the policy.\n"},
};

static void add(struct buffer *out, const char *text)
{
    buffer_add(out, text_of(text));
}

static void examples(struct buffer *out, const struct example *items, size_t count)
{
    add(out, "Examples:\n");
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "  # %s\n  %s\n", items[i].does, items[i].line);
}

void help_overview(struct buffer *out)
{
    static const struct example overview[] = {
        {"drowse check policies/production.yaml", "is this policy sound?"},
        {"drowse replay --policy policies/production.yaml examples/tunnel.json", "when would it have slept?"},
        {"drowse explain sleep --policy policies/production.yaml --state examples/states/sleep-active.json",
         "why is it still up?"},
    };
    add(out, "drowse puts idle ECS services to sleep, wakes them on demand and kills them on schedule.\n\n");
    examples(out, overview, sizeof overview / sizeof *overview);
    add(out, "\nUsage: drowse COMMAND [OPTIONS]\n\nCommands:\n");
    for (size_t i = 0; i < command_count; i++)
        buffer_printf(out, "  %-10s %s\n", command_table[i].name, command_table[i].summary);
    add(out, "\n`drowse COMMAND --help` tells more of each.\n");
}

// A help text of several lines keeps its column.
static void option_help(struct buffer *out, const char *help)
{
    struct text rest = text_of(help);
    size_t end = 0;
    while (text_find(rest, '\n', &end)) {
        buffer_add(out, (struct text){rest.p, end + 1});
        buffer_printf(out, "%*s", OPTION_COLUMNS + 2, "");
        rest = text_from(rest, end + 1);
    }
    buffer_add(out, rest);
    buffer_add_char(out, '\n');
}

static void option_line(struct buffer *out, const struct option *option)
{
    struct buffer left;
    buffer_init(&left, 200);
    if (option->letter)
        buffer_printf(&left, "-%c, ", option->letter);
    else
        add(&left, "    ");
    buffer_printf(&left, "--%s", option->name);
    if (option->value)
        buffer_printf(&left, " %s", option->value);
    if (option->repeatable)
        add(&left, " ...");
    buffer_printf(out, "  %-*s", OPTION_COLUMNS, left.p);
    if (left.n >= OPTION_COLUMNS)
        buffer_printf(out, "\n%*s", OPTION_COLUMNS + 2, "");
    option_help(out, option->help);
    buffer_release(&left);
}

void help_command(struct buffer *out, const struct command *command)
{
    buffer_printf(out, "drowse %s: %s\n\n", command->name, command->summary);
    examples(out, command->examples, command->example_count);
    buffer_printf(out, "\nUsage: drowse %s%s%s [OPTIONS]\n", command->name, command->operands[0] ? " " : "",
                  command->operands);
    if (command->details[0])
        buffer_printf(out, "\n%s\n", command->details);
    add(out, "\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++)
        option_line(out, &option_table[command->options[i]]);
}

static void unknown_topic(struct session *session, struct text name)
{
    struct text names[64];
    size_t count = 0;
    for (size_t i = 0; i < command_count; i++)
        names[count++] = text_of(command_table[i].name);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        names[count++] = text_of(topics[i].name);
    struct text nearest = text_nearest(name, names, count);
    if (nearest.n)
        say(session, "no help on '%.*s' (did you mean %.*s?)", TEXT_ARG(name), TEXT_ARG(nearest));
    else
        say(session, "no help on '%.*s'; `drowse help` lists what there is", TEXT_ARG(name));
}

enum exit_code command_help(struct session *session)
{
    if (session->arguments->operand_count == 0) {
        help_overview(&session->out);
        return CODE_DONE;
    }
    struct text name = session->arguments->operands[0];
    const struct command *command = command_find(name);
    if (command) {
        help_command(&session->out, command);
        return CODE_DONE;
    }
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (text_is(name, topics[i].name)) {
            add(&session->out, topics[i].text);
            return CODE_DONE;
        }
    unknown_topic(session, name);
    return CODE_USAGE;
}

enum exit_code command_version(struct session *session)
{
    add(&session->out, "drowse " DROWSE_VERSION "\n");
    return CODE_DONE;
}
