// How long bootstraps take from exec to their first GET /next, and what is resident then.
//     start_probe COUNT PROGRAM...
// Starts them in turn, COUNT times each, with the environment given and an address to ask. One line a program: the
// least milliseconds and their median, and the median of resident kB.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "tests/support/listener.h"

#define MOST_PROGRAMS 4
#define MOST_STARTS 1000
#define PATIENCE_MS 10000

struct figures {
    double ms[MOST_STARTS], resident_kb[MOST_STARTS];
};

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "start_probe: %s\n", what);
    exit(2);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int listen_somewhere(void)
{
    char text[40];
    int port = 0, file = listener_open(&port, 0);
    if (file < 0)
        stop("cannot listen");
    snprintf(text, sizeof text, "127.0.0.1:%d", port);
    setenv("AWS_LAMBDA_RUNTIME_API", text, 1);
    return file;
}

static void wait_for(int file)
{
    struct pollfd watched = {.fd = file, .events = POLLIN};
    if (poll(&watched, 1, PATIENCE_MS) != 1)
        stop("no GET /next in ten seconds");
}

// Until the whole head of a GET /next has come.
static void take_request(int file)
{
    char bytes[4096];
    size_t n = 0;
    do {
        wait_for(file);
        ssize_t got = recv(file, bytes + n, sizeof bytes - 1 - n, 0);
        if (got <= 0)
            stop("the program closed the connection");
        n += (size_t)got;
        bytes[n] = '\0';
    } while (!strstr(bytes, "\r\n\r\n"));
    if (strncmp(bytes, "GET /2018-06-01/runtime/invocation/next ", 40) != 0) {
        fprintf(stderr, "%s\n", bytes);
        stop("the first request is no GET /next");
    }
}

static double resident_kb(pid_t pid)
{
    char path[64], line[200];
    double kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && kb < 0 && fgets(line, sizeof line, file)) {
        struct text text = text_of(line);
        if (!text_starts(text, TEXT("VmRSS:")))
            continue;
        text = text_trim(text_from(text, sizeof "VmRSS:" - 1));
        text_find(text, ' ', &text.n);
        if (!text_to_double(text, &kb))
            break;
    }
    if (file)
        fclose(file);
    if (kb < 0)
        stop("no VmRSS");
    return kb;
}

static void start(int listener, char *program, double *ms, double *kb)
{
    char *arguments[] = {program, NULL};
    pid_t pid;
    double begun = now_ms();
    if (posix_spawn(&pid, program, NULL, NULL, arguments, environ) != 0)
        stop("cannot start the program");
    wait_for(listener);
    int file = accept(listener, NULL, NULL);
    if (file < 0)
        stop("cannot accept");
    take_request(file);
    *ms = now_ms() - begun;
    *kb = resident_kb(pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(file);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, by_size);
    return count % 2 ? numbers[count / 2] : (numbers[count / 2 - 1] + numbers[count / 2]) / 2;
}

int main(int argc, char **argv)
{
    static struct figures figures[MOST_PROGRAMS];
    int64_t count = 0;
    if (argc < 3 || argc - 2 > MOST_PROGRAMS || !text_to_int64(text_of(argv[1]), &count) || count < 1 ||
        count > MOST_STARTS)
        stop("usage: start_probe COUNT PROGRAM...");
    size_t starts = (size_t)count;
    int listener = listen_somewhere();
    for (size_t i = 0; i < starts; i++)
        for (int p = 2; p < argc; p++)
            start(listener, argv[p], &figures[p - 2].ms[i], &figures[p - 2].resident_kb[i]);
    for (int p = 2; p < argc; p++) {
        double middle = median(figures[p - 2].ms, starts);  // sorts them
        printf("%.3f %.3f %.0f %s\n", figures[p - 2].ms[0], middle, median(figures[p - 2].resident_kb, starts),
               argv[p]);
    }
    return 0;
}
