// For tests: tables of what the sources of credentials find, in a folder, an environment and a network of their own.
// Every secret of such a case holds SECRET_MARK: a message that shows one fails its case.
#ifndef DROWSE_TESTS_CREDENTIALS_CASE_H
#define DROWSE_TESTS_CREDENTIALS_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/aws/credentials.h"
#include "engine/base/arena.h"
#include "tests/support/fake_http.h"

#define SECRET_MARK "hush"
#define CASE_NOW_S 1795415736.0  // 2026-11-23T06:35:36Z
#define CASE_ANSWERS 6
#define CASE_VARIABLES 32

// A world: HOME is a new folder, the region us-west-2.
struct case_world {
    struct arena arena;
    const char *home;
    char *variables[CASE_VARIABLES];
    double now_s;
    struct clock clock;
    struct fake_http *http;
    struct http port;
    struct credentials_world world;
};

// `variables` are lines NAME=VALUE, in which '@' stands for HOME; so it does in texts of files. NULL: none.
void case_world_open(struct case_world *, const char *variables);
void case_world_close(struct case_world *);
// Writes HOME/name, in a folder or not.
void case_world_file(struct case_world *, const char *name, const char *content);
// "ID SECRET TOKEN EXPIRATION" ('-': no token, never), or "STATUS: message" with HOME as '@'. In the world's arena.
const char *case_world_get(struct case_world *, struct credentials_provider *);

struct credentials_case {
    const char *name;
    const char *variables;
    const char *config, *credentials;  // of ~/.aws; NULL: no such file
    const char *file;                  // content of @/file
    struct fake_answer answers[CASE_ANSWERS];
    const char *expected;  // as case_world_get says
    const char *asked;     // requests, a line each, as fake_http_log says; NULL: none
};

// How many of the cases failed; each is printed.
int credentials_cases_failed(const struct credentials_case *, size_t count);

#endif
