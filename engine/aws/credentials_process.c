// Credentials that a program writes to its standard output
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html). It is run as AWS's tools run it:
// by its words, without a shell. Its standard error is ours, so that it can speak to a person; its standard input is
// empty.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define TIMEOUT_MS 60000
#define POLL_MS 5
#define REASON_BYTES 256
#define NO_CODE (-1)
#define NOT_THERE_CODE 127  // of shells; and of spawning, where a child cannot tell its parent why it failed
#define NOT_THERE "%.*s: cannot run %s: there is no such program, or not the one that it runs"

// ---- words ------------------------------------------------------------------------------------------------

struct splitter {
    struct text rest;
    char *out;  // room for all of the command
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char next(struct splitter *splitter)
{
    char c = splitter->rest.p[0];
    splitter->rest = text_from(splitter->rest, 1);
    return c;
}

// Behind the opening quote, to behind the closing one.
static bool take_quoted(struct splitter *splitter, char quote)
{
    while (splitter->rest.n) {
        char c = next(splitter);
        if (c == quote)
            return true;
        char following = splitter->rest.n ? splitter->rest.p[0] : '\0';
        if (c == '\\' && quote == '"' && (following == '"' || following == '\\'))
            c = next(splitter);
        *splitter->out++ = c;
    }
    return false;
}

static bool take_word(struct splitter *splitter)
{
    while (splitter->rest.n && !is_blank(splitter->rest.p[0])) {
        char c = next(splitter);
        if (c == '\'' || c == '"') {
            if (!take_quoted(splitter, c))
                return false;
            continue;
        }
        if (c == '\\') {
            if (splitter->rest.n == 0)
                return false;
            c = next(splitter);
        }
        *splitter->out++ = c;
    }
    *splitter->out++ = '\0';
    return true;
}

bool process_words(struct arena *arena, struct text command, char ***words, size_t *count)
{
    // A word takes at most the bytes that it is written with and a blank, which becomes its NUL.
    struct splitter splitter = {command, arena_alloc(arena, command.n + 1)};
    char **list = ARENA_ARRAY(arena, command.n / 2 + 2, char *);
    size_t n = 0;
    for (;;) {
        while (splitter.rest.n && is_blank(splitter.rest.p[0]))
            next(&splitter);
        if (splitter.rest.n == 0)
            break;
        list[n++] = splitter.out;
        if (!take_word(&splitter))
            return false;
    }
    *words = list;
    *count = n;
    return true;
}

// ---- running ----------------------------------------------------------------------------------------------

struct process {
    pid_t id;
    int output;
    int64_t ends_ms;  // by the monotonic clock
};

static int64_t monotonic_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// 0, or what the system says. It stays in our process group: Ctrl-C ends it too, and it may ask a person at the
// terminal.
static int spawn(char **words, char *const *variables, int output, pid_t *id)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (failed == 0)
        failed = posix_spawnp(id, words[0], &actions, &attributes, words, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static bool start(struct process *process, char **words, char *const *variables, int *failed)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        *failed = errno;
        return false;
    }
    *failed = spawn(words, variables, ends[1], &process->id);
    close(ends[1]);
    if (*failed)
        close(ends[0]);
    else
        process->output = ends[0];
    return *failed == 0;
}

enum process_end { PROCESS_ENDED, PROCESS_LATE, PROCESS_TOO_MUCH, PROCESS_BROKEN };

// All that it writes, to the end of its output.
static enum process_end read_output(const struct process *process, char *bytes, size_t room, size_t *n)
{
    *n = 0;
    for (;;) {
        int64_t left_ms = process->ends_ms - monotonic_ms();
        struct pollfd ready = {.fd = process->output, .events = POLLIN};
        int polled = left_ms > 0 ? poll(&ready, 1, (int)left_ms) : 0;
        if (polled == 0)
            return PROCESS_LATE;
        ssize_t got = polled < 0 ? -1 : read(process->output, bytes + *n, room - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return PROCESS_BROKEN;
        if (got == 0)
            return PROCESS_ENDED;
        *n += (size_t)got;
        if (*n == room)
            return PROCESS_TOO_MUCH;
    }
}

// It may close its output and go on: waited for until its time is over, then ended. The exit code, or NO_CODE.
static int await(const struct process *process, enum process_end *end)
{
    int status = 0;
    for (;;) {
        pid_t ended = waitpid(process->id, &status, WNOHANG);
        if (ended == process->id)
            return WIFEXITED(status) ? WEXITSTATUS(status) : NO_CODE;
        if (ended < 0 && errno != EINTR)
            return NO_CODE;
        if (monotonic_ms() >= process->ends_ms) {
            kill(process->id, SIGKILL);
            if (*end == PROCESS_ENDED)
                *end = PROCESS_LATE;
        }
        poll(NULL, 0, POLL_MS);
    }
}

// ---- the source -------------------------------------------------------------------------------------------

static enum credentials_found read_keys(struct credentials_search *search, struct text where, struct text output)
{
    struct credentials_json json;
    enum credentials_found found = search_read_json(search, where, output, &json);
    if (found != CREDENTIALS_FOUND)
        return found;
    if (!(json.version >= 1 && json.version <= 1))
        return search_wrong(search, PORT_FAILED, "%.*s: what it gives must say \"Version\": 1", TEXT_ARG(where));
    return search_take(search, where, &json.keys);
}

static enum credentials_found run(struct credentials_search *search, struct text where, const struct process *process,
                                  const char *program)
{
    char *bytes = arena_alloc(search->scratch, SEARCH_ANSWER_BYTES + 1);
    size_t n = 0;
    enum process_end end = read_output(process, bytes, SEARCH_ANSWER_BYTES, &n);
    close(process->output);
    if (end != PROCESS_ENDED)
        kill(process->id, SIGKILL);
    int code = await(process, &end);
    if (end == PROCESS_LATE)
        return search_wrong(search, PORT_TIMED_OUT, "%.*s: it did not end in time", TEXT_ARG(where));
    if (end == PROCESS_TOO_MUCH)
        return search_wrong(search, PORT_FAILED, "%.*s: it writes more than %zu KB", TEXT_ARG(where),
                            SEARCH_ANSWER_BYTES / 1024);
    if (end == PROCESS_BROKEN)
        return search_wrong(search, PORT_FAILED, "%.*s: its output cannot be read", TEXT_ARG(where));
    if (code == NO_CODE)
        return search_wrong(search, PORT_DENIED, "%.*s: it was ended by a signal", TEXT_ARG(where));
    if (code == NOT_THERE_CODE)
        return search_wrong(search, PORT_DENIED, NOT_THERE, TEXT_ARG(where), program);
    if (code != 0)
        return search_wrong(search, PORT_DENIED, "%.*s: it ended with code %d; what it says goes to stderr",
                            TEXT_ARG(where), code);
    return read_keys(search, where, (struct text){bytes, n});
}

enum credentials_found search_process(struct credentials_search *search, struct text profile, struct text command)
{
    const struct credentials_world *world = search->world;
    struct text where = arena_format(search->scratch, "credential_process of profile %.*s", TEXT_ARG(profile));
    struct process process = {.output = -1};
    char **words, reason[REASON_BYTES];
    size_t count;
    int failed;
    if (!process_words(search->scratch, command, &words, &count))
        return search_wrong(search, PORT_DENIED, "%.*s: a quote or a backslash at its end has no other half",
                            TEXT_ARG(where));
    if (count == 0)
        return search_wrong(search, PORT_DENIED, "%.*s: it names no program", TEXT_ARG(where));
    process.ends_ms = monotonic_ms() + (world->process_timeout_ms ? world->process_timeout_ms : TIMEOUT_MS);
    if (start(&process, words, world->variables.all, &failed))
        return run(search, where, &process, words[0]);
    if (failed == ENOENT)
        return search_wrong(search, PORT_DENIED, NOT_THERE, TEXT_ARG(where), words[0]);
    return search_wrong(search, PORT_DENIED, "%.*s: cannot run %s: %s", TEXT_ARG(where), words[0],
                        strerror_r(failed, reason, sizeof reason));
}
