// Command-line options: one table of all, and a parser that takes those that a command allows.
#ifndef DROWSE_CLI_OPTIONS_H
#define DROWSE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/text.h"

struct arena;
struct buffer;

enum option_id {
    OPTION_POLICY,
    OPTION_STATE,
    OPTION_SERVICE,
    OPTION_ALL,
    OPTION_PARAM,
    OPTION_REQUEST,
    OPTION_TRIGGER,
    OPTION_DRY_RUN,
    OPTION_YES,
    OPTION_STRICT,
    OPTION_DUMP,
    OPTION_DETAILED_EXITCODE,
    OPTION_MAP,
    OPTION_DEMAND,
    OPTION_FROM,
    OPTION_TO,
    OPTION_WIDTH,
    OPTION_AT,
    OPTION_OUTPUT,
    OPTION_LOG,
    OPTION_UNTIL,
    OPTION_REASON,
    OPTION_BY,
    OPTION_RELEASE,
    OPTION_EVENT,
    OPTION_REQUEST_ID,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_COUNT
};

struct option {
    const char *name;   // without its dashes
    char letter;        // 0: none
    const char *value;  // what stands behind it, such as FILE; NULL: a switch
    bool repeatable;
    const char *help;  // one sentence; '\n' where a second line begins
};

extern const struct option option_table[OPTION_COUNT];

struct given_option {
    enum option_id id;
    struct text value;
};

// What the user wrote, in order; texts are borrowed from argv.
struct arguments {
    const struct given_option *options;
    size_t option_count;
    const struct text *operands;
    size_t operand_count;
};

// Takes `--name VALUE`, `--name=VALUE`, `-x VALUE`, `-xVALUE`, several switches as `-ny`, and `--` before operands;
// a single `-` is an operand. Names are not abbreviated. False: `error` is a complete message, with a suggestion
// where a name is near. OPTION_HELP is always allowed, and ends parsing: what stands behind it is not looked at.
bool options_parse(struct arena *, const enum option_id *allowed, size_t allowed_count, int argc,
                   const char *const *argv, struct arguments *, struct buffer *error);

bool arguments_has(const struct arguments *, enum option_id);
// The option's value; false where it was not given.
bool arguments_value(const struct arguments *, enum option_id, struct text *value);

#endif
