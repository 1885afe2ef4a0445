// For tests: tests/tools/fake_runtime as a child, with a script, and what was asked of it.
#ifndef DROWSE_TESTS_RUNTIME_SCRIPT_H
#define DROWSE_TESTS_RUNTIME_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define TRACE_BYTES 4000

struct runtime_script {
    char script[200], posts[200];  // files
    char address[40];              // host:port
    pid_t child;
    FILE *out;
    // Once it has ended: "next@1 response@1 error@2(Function.X)", the last word of each request's path, its connection
    // and its error type; and the body of the newest POST.
    char trace[TRACE_BYTES], last[1000];
};

// Failures fail the test under way.
void script_start(struct runtime_script *, const char *lines);
// Waits for its end, or brings it about.
void script_finish(struct runtime_script *, bool kill_it);

#endif
