#include "tests/support/credentials_case.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"

#define MESSAGE_BYTES 16384
#define PATH_BYTES 1024

static _Noreturn void stop(const char *what)
{
    perror(what);
    abort();
}

// ---- the world ------------------------------------------------------------------------------------------------

static double now_s(void *context)
{
    const double *now = context;
    return *now;
}

// With each `from` replaced.
static const char *replaced(struct arena *arena, const char *text, const char *from, const char *to)
{
    struct buffer out;
    size_t length = strlen(from);
    buffer_init(&out, MESSAGE_BYTES);
    while (*text) {
        if (strncmp(text, from, length) == 0) {
            buffer_add(&out, text_of(to));
            text += length;
        } else {
            buffer_add_char(&out, *text++);
        }
    }
    const char *copy = arena_text(arena, buffer_text(&out)).p;
    buffer_release(&out);
    return copy;
}

static void set_variables(struct case_world *world, const char *lines)
{
    size_t count = 0;
    world->variables[count++] = (char *)arena_format(&world->arena, "HOME=%s", world->home).p;
    world->variables[count++] = (char *)arena_format(&world->arena, "PATH=/usr/bin:/bin").p;
    for (struct text rest = text_of(lines ? replaced(&world->arena, lines, "@", world->home) : ""); rest.n;) {
        size_t end = rest.n;
        text_find(rest, '\n', &end);
        if (count == CASE_VARIABLES - 1)
            stop("too many variables");
        world->variables[count++] = (char *)arena_text(&world->arena, (struct text){rest.p, end}).p;
        rest = text_from(rest, end + 1);
    }
    world->world.variables.all = world->variables;
}

void case_world_open(struct case_world *world, const char *variables)
{
    const char *folder = getenv("TMPDIR");
    *world = (struct case_world){.now_s = CASE_NOW_S};
    struct text home = arena_format(&world->arena, "%s/drowse-credentials-XXXXXX", folder ? folder : "/tmp");
    if (!mkdtemp((char *)home.p))
        stop("mkdtemp");
    world->home = home.p;
    world->http = fake_http_new();
    world->port = fake_http_port(world->http);
    world->clock = (struct clock){.context = &world->now_s, .now_s = now_s};
    world->world.http = &world->port;
    world->world.clock = &world->clock;
    world->world.region = TEXT("us-west-2");
    world->world.process_timeout_ms = 20000;
    set_variables(world, variables);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void case_world_close(struct case_world *world)
{
    nftw(world->home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    fake_http_free(world->http);
    arena_release(&world->arena);
}

void case_world_file(struct case_world *world, const char *name, const char *content)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/.aws", world->home);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s", world->home, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(replaced(&world->arena, content, "@", world->home), file) < 0 || fclose(file) != 0)
        stop(path);
}

static const char *status_name(enum port_status status)
{
    switch (status) {
    case PORT_OK:
        return "ok";
    case PORT_NOT_FOUND:
        return "not found";
    case PORT_DENIED:
        return "denied";
    case PORT_REFUSED:
        return "refused";
    case PORT_THROTTLED:
        return "throttled";
    case PORT_TIMED_OUT:
        return "timed out";
    case PORT_FAILED:
        return "failed";
    case PORT_UNKNOWN_OUTCOME:
        return "unknown outcome";
    }
    return "?";
}

static const char *show(struct case_world *world, const struct credentials *credentials)
{
    struct buffer ends;
    buffer_init(&ends, 64);
    if (isinf(credentials->expires_s))
        buffer_add_char(&ends, '-');
    else
        format_instant(&ends, credentials->expires_s);
    const char *token = credentials->session_token;
    struct text shown = arena_format(&world->arena, "%s %s %s %s", credentials->access_key_id,
                                     credentials->secret_access_key, token[0] ? token : "-", ends.p);
    buffer_release(&ends);
    return shown.p;
}

const char *case_world_get(struct case_world *world, struct credentials_provider *provider)
{
    enum port_status status = PORT_OK;
    struct buffer error;
    buffer_init(&error, MESSAGE_BYTES);
    const struct credentials *credentials = credentials_get(provider, &status, &error);
    const char *shown;
    if (credentials && error.n)
        shown = "found, and yet an error";
    else if (credentials)
        shown = show(world, credentials);
    else
        shown = replaced(&world->arena,
                         arena_format(&world->arena, "%s: %s", status_name(status), error.p ? error.p : "").p,
                         world->home, "@");
    buffer_release(&error);
    return shown;
}

// ---- tables ---------------------------------------------------------------------------------------------------

// An answer without a code is the end of the script.
static size_t answer_count(const struct credentials_case *test)
{
    size_t count = 0;
    while (count < CASE_ANSWERS && (test->answers[count].outcome != HTTP_ANSWERED || test->answers[count].code != 0))
        count++;
    return count;
}

static int differs(const char *name, const char *what, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) == 0)
        return 0;
    fprintf(stderr, "%s: %s:\n    %s\n  should be:\n    %s\n", name, what, got, wanted);
    return 1;
}

static bool is_message(const char *shown)
{
    return strstr(shown, ": ") != NULL;
}

static int run(const struct credentials_case *test)
{
    struct case_world world;
    int failed = 0;
    case_world_open(&world, test->variables);
    if (test->config)
        case_world_file(&world, ".aws/config", test->config);
    if (test->credentials)
        case_world_file(&world, ".aws/credentials", test->credentials);
    if (test->file)
        case_world_file(&world, "file", test->file);
    fake_http_answers(world.http, test->answers, answer_count(test));
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    const char *got = case_world_get(&world, provider);
    failed |= differs(test->name, "found", got, test->expected);
    failed |= differs(test->name, "asked", fake_http_log(world.http), test->asked ? test->asked : "");
    if (is_message(got) && strstr(got, SECRET_MARK)) {
        fprintf(stderr, "%s: a secret in: %s\n", test->name, got);
        failed = 1;
    }
    credentials_provider_free(provider);
    case_world_close(&world);
    return failed;
}

int credentials_cases_failed(const struct credentials_case *cases, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count; i++)
        failed += run(&cases[i]);
    return failed;
}
