// The commands: one table drives dispatch, parsing, help and suggestions.
#ifndef DROWSE_CLI_COMMANDS_H
#define DROWSE_CLI_COMMANDS_H

#include <stddef.h>

#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"

struct session;

struct example {
    const char *line;  // what to type
    const char *does;
};

struct command {
    const char *name;
    const char *operands;  // as the usage shows them: "BEHAVIOUR", "[FILE...]"
    const char *summary;   // one line, for the list
    const char *details;   // a paragraph, for its help
    const struct example *examples;
    size_t example_count;
    const enum option_id *options;
    size_t option_count;
    size_t least_operands, most_operands;
    enum exit_code (*run)(struct session *);
};

extern const struct command command_table[];
extern const size_t command_count;

const struct command *command_find(struct text name);  // NULL: no such command

enum exit_code command_check(struct session *);
enum exit_code command_explain(struct session *);
enum exit_code command_run(struct session *);
enum exit_code command_plan(struct session *);
enum exit_code command_status(struct session *);
enum exit_code command_hold(struct session *);
enum exit_code command_record(struct session *);
enum exit_code command_replay(struct session *);
enum exit_code command_invoke(struct session *);
enum exit_code command_help(struct session *);
enum exit_code command_version(struct session *);

// The list of commands; one command's page.
void help_overview(struct buffer *);
void help_command(struct buffer *, const struct command *);

#endif
