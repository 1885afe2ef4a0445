// One line a figure: what was measured, against its budget in docs/performance.md. Timings are the least of several
// rounds, which on a noisy machine is the steadiest.
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/series.h"
#include "engine/lang/load.h"
#include "engine/lang/lua.h"
#include "engine/recording/recording.h"
#include "engine/sim/replay.h"
#include "engine/sys/files.h"

#define NOW_S 1772445600

static double seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void figure(const char *name, double value, const char *unit, double budget, bool more_is_better)
{
    bool met = more_is_better ? value >= budget : value <= budget;
    printf("%-52s %10.3g %-5s  budget %6.3g %-5s  %s\n", name, value, unit, budget, unit, met ? "met" : "MISSED");
}

static const struct policy *load(struct arena *arena, const char *path)
{
    struct file_reader disk = file_reader_disk();
    struct diags diags;
    struct sources sources = {0};
    diags_init(&diags, arena);
    const struct policy *policy = policy_load(arena, &disk, text_of(path), &diags, &sources);
    if (!policy) {
        fprintf(stderr, "bench: %s does not load\n", path);
        exit(1);
    }
    return policy;
}

// ---- the whole process ------------------------------------------------------------------------------------

static double run_once(char *const *argv, long *resident_kb)
{
    double begin = seconds();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execv(argv[0], argv);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    wait4(child, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s %s failed\n", argv[0], argv[1]);
        exit(1);
    }
    *resident_kb = usage.ru_maxrss;
    return seconds() - begin;
}

static void bench_check(const char *drowse)
{
    glob_t found = {.gl_offs = 2};
    glob("policies/*.yaml", GLOB_DOOFFS, NULL, &found);
    glob("policies/*.lua", GLOB_DOOFFS | GLOB_APPEND, NULL, &found);
    glob("policies/recipes/*", GLOB_DOOFFS | GLOB_APPEND, NULL, &found);
    char path[1000], verb[] = "check";
    snprintf(path, sizeof path, "%s", drowse);
    found.gl_pathv[0] = path;
    found.gl_pathv[1] = verb;
    double best = INFINITY;
    long resident_kb = 0;
    for (int i = 0; i < 200; i++)
        best = fmin(best, run_once(found.gl_pathv, &resident_kb));
    char name[80];
    snprintf(name, sizeof name, "drowse check, whole process, %zu policies", found.gl_pathc);
    figure(name, best * 1e3, "ms", 2, false);
    figure("  its memory, resident", (double)resident_kb / 1024, "MB", 4, false);
    globfree(&found);
}

// ---- decisions --------------------------------------------------------------------------------------------

struct idle_world {
    int64_t at_s[60];
    double values[2][60];
    struct series series[2];
    struct metric_view views[2];
    struct snapshot snapshot;
};

static void make_idle_world(struct idle_world *world, struct arena *arena)
{
    for (int i = 0; i < 60; i++) {
        world->at_s[i] = NOW_S - 60 * (60 - i);
        world->values[0][i] = 0;
        world->values[1][i] = NOW_S - 1200;
    }
    for (int m = 0; m < 2; m++) {
        world->series[m] = series_build(arena, world->at_s, world->values[m], 60);
        world->views[m] = (struct metric_view){.series = &world->series[m], .end = 60};
    }
    world->snapshot = (struct snapshot){.stage = STAGE_METRICS, .now_s = NOW_S, .metrics = world->views};
    world->snapshot.state = (struct service_state){.desired = 1,
                                                   .running = 1,
                                                   .fence_s = NOW_S - 86400,
                                                   .woken_at_s = NAN,
                                                   .deployed_at_s = NOW_S - 86400,
                                                   .tags_read = true};
}

// Seconds for one decision.
static double time_decisions(const char *path, int rounds, int count)
{
    struct arena arena = {0}, tick = {0};
    const struct policy *policy = load(&arena, path);
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, &arena);
    evaluator.arena = &tick;
    struct script_host *host = script_host_new(policy, &evaluator);
    struct idle_world world;
    make_idle_world(&world, &arena);
    double best = INFINITY;
    for (int round = 0; round < rounds; round++) {
        double begin = seconds();
        for (int i = 0; i < count; i++) {
            arena_reset(&tick);
            struct decision decision = decide(&evaluator, BEHAVIOUR_SLEEP, &world.snapshot, NULL);
            if (decision.outcome != OUTCOME_CHANGE) {
                fprintf(stderr, "bench: %s does not sleep: %.*s\n", path, TEXT_ARG(decision.error));
                exit(1);
            }
        }
        best = fmin(best, (seconds() - begin) / count);
    }
    script_host_free(host);
    arena_release(&tick);
    arena_release(&arena);
    return best;
}

// ---- replay -----------------------------------------------------------------------------------------------

enum { SERVICES = 500, DAY = 1440 };

static void fill_day(int service, int64_t *at_s, double *connections, double *activity)
{
    uint32_t random = (uint32_t)service * 2654435761u + 1;
    double last = NOW_S - 3600;
    for (int i = 0; i < DAY; i++) {
        random = random * 1664525u + 1013904223u;
        bool busy = (i / 90 + service) % 3 == 0;
        at_s[i] = NOW_S + 60 * i;
        connections[i] = busy ? (random >> 24) % 5 : 0;
        if (connections[i] > 0)
            last = (double)at_s[i];
        activity[i] = last;
    }
}

static void bench_replay(void)
{
    static int64_t at_s[SERVICES][DAY];
    static double connections[SERVICES][DAY], activity[SERVICES][DAY];
    for (int s = 0; s < SERVICES; s++)
        fill_day(s, at_s[s], connections[s], activity[s]);
    struct arena arena = {0}, work = {0};
    const struct policy *policy = load(&arena, "policies/production.yaml");
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, &arena);
    double best = INFINITY;
    size_t ticks = 0, transitions = 0;
    for (int round = 0; round < 10; round++) {
        ticks = transitions = 0;
        double begin = seconds();
        for (int s = 0; s < SERVICES; s++) {
            arena_reset(&work);
            struct series series[] = {series_build(&work, at_s[s], connections[s], DAY),
                                      series_build(&work, at_s[s], activity[s], DAY)};
            struct replay_input input = {.policy = policy,
                                         .evaluator = &evaluator,
                                         .series = series,
                                         .demand = replay_demand(policy, NULL),
                                         .from_s = NOW_S,
                                         .to_s = NOW_S + DAY * 60.0};
            input.target.cluster = TEXT("fluidity");
            input.target.service = TEXT("fluidity-server");
            struct replay_result result = {0};
            replay_run(&work, &input, &result);
            ticks += result.ticks;
            transitions += result.transition_count;
        }
        best = fmin(best, seconds() - begin);
    }
    figure("replay, 500 services, 24 h at 1 min, two metrics", best, "s", 0.06, false);
    printf("  %zu sleep decisions, %zu transitions, series index built within\n", ticks, transitions);
    arena_release(&work);
    arena_release(&arena);
}

// ---- recordings -------------------------------------------------------------------------------------------

static void time_reading(const char *name, struct text content, struct text metric)
{
    double best = INFINITY;
    for (int round = 0; round < 5; round++) {
        struct arena arena = {0};
        struct recording recording;
        struct buffer error;
        recording_init(&recording, &arena);
        buffer_init(&error, 1000);
        double begin = seconds();
        if (!recording_read(&recording, TEXT("bench"), content, metric, TEXT("Average"), &error)) {
            fprintf(stderr, "bench: %s\n", error.p);
            exit(1);
        }
        best = fmin(best, seconds() - begin);
        buffer_release(&error);
        arena_release(&arena);
    }
    figure(name, (double)content.n / best * 1e-6, "MB/s", 200, true);
}

static void bench_reading(void)
{
    enum { POINTS = 1000000 };
    struct buffer json, csv;
    buffer_init(&json, (size_t)1 << 30);
    buffer_init(&csv, (size_t)1 << 30);
    buffer_add(&json, TEXT("{\"MetricDataResults\": [{\"Id\": \"m\", \"Label\": \"c/s\", \"Timestamps\": ["));
    buffer_add(&csv, TEXT("timestamp,value\n"));
    for (int i = 0; i < POINTS; i++) {
        time_t at = NOW_S + 60 * (time_t)i;
        struct tm parts;
        gmtime_r(&at, &parts);
        char stamp[40];
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
        buffer_printf(&json, "%s\n   \"%s\"", i ? "," : "", stamp);
        stamp[10] = ' ';
        buffer_printf(&csv, "%.19s,%.3f\n", stamp, i % 977 / 7.0);
    }
    buffer_add(&json, TEXT("], \"Values\": ["));
    for (int i = 0; i < POINTS; i++)
        buffer_printf(&json, "%s\n   %.3f", i ? "," : "", i % 977 / 7.0);
    buffer_add(&json, TEXT("], \"StatusCode\": \"Complete\"}]}"));
    time_reading("recording input, get-metric-data JSON", buffer_text(&json), TEXT(""));
    time_reading("recording input, CSV", buffer_text(&csv), TEXT("m"));
    buffer_release(&json);
    buffer_release(&csv);
}

// ---- the sandbox ------------------------------------------------------------------------------------------

static double time_attack(struct text program)
{
    double begin = seconds();
    struct sandbox *sandbox = sandbox_new();
    struct buffer error;
    buffer_init(&error, 10000);
    sandbox_load(sandbox, program, TEXT("attack.lua"), &error);
    buffer_release(&error);
    sandbox_free(sandbox);
    return seconds() - begin;
}

static void bench_attacks(void)
{
    FILE *file = fopen("tests/cases/lua_attacks.txt", "r");
    if (!file) {
        perror("tests/cases/lua_attacks.txt");
        exit(1);
    }
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;
    double slowest = 0;
    char worst[60] = "";
    while ((n = getline(&line, &capacity, file)) > 0) {
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || !tab)
            continue;
        struct text program = {tab + 1, (size_t)(line + n - tab - 1)};
        double best = fmin(time_attack(program), time_attack(program));
        if (best > slowest) {
            slowest = best;
            snprintf(worst, sizeof worst, "%.*s", (int)(program.n ? program.n - 1 : 0), program.p);
        }
    }
    free(line);
    fclose(file);
    figure("the slowest attack on the Lua sandbox", slowest * 1e3, "ms", 50, false);
    printf("  %s\n", worst);
}

int main(int argc, char **argv)
{
    bench_check(argc > 1 ? argv[1] : "build/drowse");
    figure("a YAML decision", time_decisions("policies/production.yaml", 20, 100000) * 1e9, "ns", 100, false);
    figure("a Lua decision", time_decisions("policies/production.lua", 20, 10000) * 1e6, "us", 5, false);
    bench_replay();
    bench_reading();
    bench_attacks();
    return 0;
}
