#include "tests/support/policy_world.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/series.h"
#include "tests/support/tzif.h"

#define NOW_S 1795435260.5  // 2026-11-23T12:01:00.5Z
#define POINTS 240

// ---- files and zones --------------------------------------------------------------------------------------

static const char base[] =
    "policy: 1\n"
    "name: base\n"
    "params:\n"
    "  threshold: {default: 15m, min: 10m, max: 1h, unit: minutes, env: THRESHOLD, request: threshold}\n"
    "  lookback: {default: 10m, min: 10m, max: 3h, unit: minutes}\n"
    "metrics:\n"
    "  connections: {namespace: N, metric: C, stat: Average, period: 60s, dimensions: {S: \"{service}\"}}\n"
    "  activity: {namespace: N, metric: A, stat: Maximum, period: 60s, dimensions: {S: s}, as: instant}\n"
    "windows:\n"
    "  office: {days: mon-fri, from: \"08:00\", to: \"18:00\", zone: Europe/London, except: [2026-12-25]}\n"
    "let:\n"
    "  idle_time: since(max(activity over lookback))\n"
    "wake:\n"
    "  - {rule: start, when: desired == 0, scale_to: 1, status: waking, message: m}\n"
    "  - {rule: running, status: already_running, message: m}\n"
    "sleep:\n"
    "  - {rule: stopped, when: desired == 0, status: no_change, message: m}\n"
    "  - rule: idle\n"
    "    when: avg(connections over lookback) <= 0 and idle_time >= threshold and not (now in office)\n"
    "    scale_to: 0\n"
    "    status: scaled_down\n"
    "    message: \"idle for {idle_time:seconds}\"\n"
    "  - {rule: active, status: no_change, message: \"{idle_time:duration}\"}\n"
    "kill:\n"
    "  - {rule: kill, scale_to: 0, status: killed, message: m}\n"
    "schedule: {sleep: rate(5 minutes), kill: cron(0 23 * * ? *), zone: Europe/London}\n"
    "report: {idle: idle_time}\n";

static bool read_world(void *context, struct arena *arena, struct text path, size_t maximum, struct text *content,
                       struct buffer *error)
{
    const struct world_files *files = context;
    (void)arena;
    if (!text_eq(path, files->path) && !text_is(path, "base.yaml")) {
        buffer_printf(error, "no such file");
        return false;
    }
    struct text found = text_eq(path, files->path) ? files->content : text_of(base);
    if (found.n > maximum) {
        buffer_printf(error, "too large");
        return false;
    }
    *content = found;
    return true;
}

static bool read_world_zone(void *context, struct arena *arena, struct text name, struct text *content,
                            struct buffer *error)
{
    static const struct tzif_kind kind = {0, 0, 0};
    bool london = text_is(name, "Europe/London");
    struct tzif file = {.version = '3',
                        .kinds = &kind,
                        .kind_count = 1,
                        .abbreviations = {"GMT", 4},
                        .footer = london ? "GMT0BST,M3.5.0/1,M10.5.0" : "UTC0"};
    (void)context;
    if (!london && !text_is(name, "UTC")) {
        buffer_printf(error, "no such zone");
        return false;
    }
    *content = tzif_encode(arena, &file);
    return true;
}

struct file_reader world_reader(struct world_files *files)
{
    return (struct file_reader){files, read_world, read_world_zone};
}

// ---- services ---------------------------------------------------------------------------------------------

struct world_service {
    uint8_t trigger;
    int64_t desired, running;
    bool deploying, tags_read;
    double woken_s, fence_s;  // ago; NaN: never
};

static const struct world_service services[] = {
    {TRIGGER_REQUEST, 0, 0, false, true, NAN, 86400},       // stopped
    {TRIGGER_SCHEDULE, 3, 3, false, true, 40000, 40000},    // running
    {TRIGGER_CLI, 1, 1, true, true, 1200, 1200},            // alone, woken of late
    {TRIGGER_SCHEDULE, 2, 0, true, true, 30, 30},           // starting
    {TRIGGER_SCHEDULE, 5000, 4999, false, false, NAN, NAN}  // large, without tags and fence
};
const size_t world_count = sizeof services / sizeof services[0];

static const struct tag tags[] = {
    {{"schedule", 8}, {"office", 6}},
    {{"count", 5}, {"2", 1}},
    {{"awake-until", 11}, {"2026-11-23T18:00:00Z", 20}},
};

// One a minute: connections, and the instant of an activity that ended an hour ago, or that goes on.
static struct metric_view view_of(struct arena *arena, const struct metric *metric, bool busy)
{
    int64_t *at_s = ARENA_ARRAY(arena, POINTS, int64_t);
    double *values = ARENA_ARRAY(arena, POINTS, double);
    struct series *series = ARENA_NEW(arena, struct series);
    for (int i = 0; i < POINTS; i++) {
        at_s[i] = ((int64_t)NOW_S / 60 - POINTS + i) * 60;
        values[i] = busy ? 5 : 0;
        if (metric->as_instant)
            values[i] = busy ? (double)at_s[i] : NOW_S - 3600;
    }
    *series = series_build(arena, at_s, values, POINTS);
    return (struct metric_view){.series = series, .end = POINTS};
}

static const struct metric_view *views_of(struct arena *arena, const struct policy *policy, enum world_metrics metrics)
{
    struct metric_view *views = ARENA_ARRAY(arena, policy->metric_count, struct metric_view);
    for (size_t i = 0; i < policy->metric_count; i++) {
        views[i] = (struct metric_view){.status = METRIC_COMPLETE};
        if (metrics == WORLD_FAILED)
            views[i].status = METRIC_FAILED;
        else if (metrics != WORLD_EMPTY)
            views[i] = view_of(arena, &policy->metrics[i], metrics == WORLD_BUSY);
    }
    return views;
}

struct snapshot world_snapshot(struct arena *arena, const struct policy *policy, size_t service,
                               enum world_metrics metrics)
{
    const struct world_service *one = &services[service];
    bool fenced = !isnan(one->fence_s);
    return (struct snapshot){
        .trigger = one->trigger,
        .now_s = NOW_S,
        .cluster = TEXT("fluidity"),
        .service = TEXT("fluidity-server"),
        .metrics = views_of(arena, policy, metrics),
        .state = {.cluster = TEXT("fluidity"),
                  .service = TEXT("fluidity-server"),
                  .status = TEXT("ACTIVE"),
                  .desired = one->desired,
                  .running = one->running,
                  .pending = one->desired - one->running,
                  .deploying = one->deploying,
                  .deployed_at_s = NOW_S - 90000,
                  .woken_at_s = NOW_S - one->woken_s,
                  .fence_s = NOW_S - one->fence_s,
                  .fence_source = fenced ? FENCE_WAKE_MARK : FENCE_NONE,
                  .tags_read = one->tags_read,
                  .tags = tags,
                  .tag_count = one->tags_read ? sizeof tags / sizeof tags[0] : 0},
    };
}
