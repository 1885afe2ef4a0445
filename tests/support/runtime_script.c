#include "tests/support/runtime_script.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "tests/support/json_members.h"

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named ? named : "/tmp";
}

static void write_script(const struct runtime_script *script, const char *lines)
{
    FILE *file = fopen(script->script, "we");
    assert_non_null(file);
    assert_true(fputs(lines, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void script_start(struct runtime_script *script, const char *lines)
{
    char program[500], line[20] = "";
    int ends[2];
    const char *build = getenv("BUILD");
    snprintf(program, sizeof program, "%s/tests/tools/fake_runtime", build ? build : "build");
    snprintf(script->script, sizeof script->script, "%s/script-%d.jsonl", folder(), getpid());
    snprintf(script->posts, sizeof script->posts, "%s/posts-%d.jsonl", folder(), getpid());
    write_script(script, lines);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    script->child = fork();
    assert_true(script->child >= 0);
    if (script->child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(program, program, script->script, script->posts, (char *)NULL);
        perror(program);
        _exit(127);
    }
    close(ends[1]);
    script->out = fdopen(ends[0], "r");
    assert_non_null(script->out);
    assert_non_null(fgets(line, sizeof line, script->out));
    snprintf(script->address, sizeof script->address, "127.0.0.1:%.*s", (int)strcspn(line, "\n"), line);
}

static void add_post(char trace[TRACE_BYTES], const cJSON *post)
{
    const char *path = member_text(post, "path", ""), *word = strrchr(path, '/');
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(post, "headers");
    const cJSON *connection = cJSON_GetObjectItemCaseSensitive(post, "connection");
    const char *type = member_text(headers, "lambda-runtime-function-error-type", "");
    size_t n = strlen(trace);
    assert_non_null(word);
    snprintf(trace + n, TRACE_BYTES - n, "%s%s@%d%s%s%s", n ? " " : "", word + 1, connection->valueint,
             *type ? "(" : "", type, *type ? ")" : "");
    bool posted = strcmp(member_text(post, "method", ""), "POST") == 0;
    assert_string_equal(member_text(headers, "content-type", ""), posted ? "application/json" : "");
    assert_string_equal(member_text(headers, "expect", ""), "");
}

static void read_posts(struct runtime_script *script)
{
    FILE *file = fopen(script->posts, "re");
    char *line = NULL;
    size_t capacity = 0;
    script->trace[0] = '\0';
    script->last[0] = '\0';
    assert_non_null(file);
    while (getline(&line, &capacity, file) > 0) {
        cJSON *post = cJSON_Parse(line);
        assert_non_null(post);
        add_post(script->trace, post);
        if (strcmp(member_text(post, "method", ""), "POST") == 0)
            snprintf(script->last, sizeof script->last, "%s", member_text(post, "body", ""));
        cJSON_Delete(post);
    }
    free(line);
    fclose(file);
}

void script_finish(struct runtime_script *script, bool kill_it)
{
    int status = 0;
    if (kill_it)
        kill(script->child, SIGKILL);
    assert_int_equal(waitpid(script->child, &status, 0), script->child);
    if (!kill_it)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fclose(script->out);
    read_posts(script);
    unlink(script->script);
    unlink(script->posts);
}
