// What a command works with: the environment as it was at the start, the arguments, where results and messages go.
#ifndef DROWSE_CLI_SESSION_H
#define DROWSE_CLI_SESSION_H

#include <stdbool.h>

#include "drowse/diag.h"
#include "drowse/policy.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/variables.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"
#include "engine/report/style.h"

struct file_cache;
struct json_writer;
struct param_setting;

// Read once, by main.
struct environment {
    struct variables all;          // as the process got them: for those that a policy's params name
    struct text policy;            // DROWSE_POLICY
    struct text name;              // DROWSE_ENV
    struct text cluster, service;  // ECS_CLUSTER_NAME, ECS_SERVICE_NAME
    bool no_colour, force_colour;
    bool utf8;
    bool terminal_in, terminal_out, terminal_err;
    int columns;  // the terminal's width; 0: unknown
};

void environment_read(struct environment *, char *const *all);

struct session {
    const struct environment *environment;
    const struct arguments *arguments;
    struct arena arena;
    struct style out_style, err_style;
    struct buffer out;  // the result, written by session_finish
};

void session_init(struct session *, const struct environment *);
void session_release(struct session *);
// Writes the result to stdout; a higher code where that fails.
enum exit_code session_finish(struct session *, enum exit_code);

// A message for the user on stderr: "drowse: ..." and a line end.
void say(const struct session *, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool session_has(const struct session *, enum option_id);
bool session_value(const struct session *, enum option_id, struct text *value);
// The option as an instant: a date is its midnight in UTC, what has no offset is UTC. Where it was not given, *at_s
// stays. False: said that it is none.
bool session_instant(const struct session *, enum option_id, double *at_s);
// Sets params from every --param NAME=VALUE. False: `error` says what is wrong with one.
bool session_params(struct session *, const struct policy *, struct param_setting *, struct buffer *error);
// A writer into the result, as --json wants it; finish with session_json_end.
void session_json_begin(struct session *, struct json_writer *);
void session_json_end(struct session *, struct json_writer *);

// The whole file into the arena. False: said why.
bool session_read_file(struct session *, struct text path, size_t maximum, struct text *content);

// The selected policy's file: --policy, DROWSE_POLICY, policies/$DROWSE_ENV.yaml. False: said that there is none.
bool session_policy_path(struct session *, struct text *path);
// Loads a policy into the arena; faults are in diags and sources, unprinted. NULL: it has errors, or (then
// *unreadable is true) the file itself cannot be read. The cache may be NULL.
const struct policy *load_policy(struct arena *, struct file_cache *, struct text path, struct diags *,
                                 struct sources *, bool *unreadable);
// The selected policy, faults printed on stderr. NULL: *code says what to end with.
const struct policy *session_policy(struct session *, enum exit_code *code);

#endif
