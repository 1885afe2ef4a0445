#include "tests/support/scripts.h"

#include <math.h>
#include <stdio.h>

#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/series.h"
#include "engine/lang/load.h"

#define NAMED(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { NODE_PLACEHOLDER, NODE_LOOKBACK, NODE_AVERAGE, NODE_ZERO, NODE_IDLE, NODE_GONE, NODES };

static const struct param params[SCRIPT_PARAMS] = {
    {.name = NAMED("lookback"), .type = TYPE_DURATION, .fallback = {.number = 600, .knowledge = KNOWN}},
    {.name = NAMED("strict"), .type = TYPE_BOOLEAN, .fallback = {.truth = true, .knowledge = KNOWN}},
    {.name = NAMED("mode"), .type = TYPE_TEXT, .fallback = {.text = NAMED("auto"), .knowledge = KNOWN}},
};
static const struct metric metrics[SCRIPT_METRICS] = {
    {.name = NAMED("connections"), .period_s = 60, .lag_s = 120, .coverage = 0.8},
    {.name = NAMED("last_activity"), .period_s = 60, .lag_s = 120, .coverage = 0.8, .as_instant = true},
    {.name = NAMED("gone"), .period_s = 60, .lag_s = 120, .coverage = 0.8},
};
static const struct node nodes[NODES] = {
    [NODE_LOOKBACK] = {.op = OP_PARAM, .type = TYPE_DURATION, .a = SCRIPT_LOOKBACK},
    [NODE_AVERAGE] =
        {.op = OP_AGGREGATE, .type = TYPE_NUMBER, .a = SCRIPT_CONNECTIONS, .b = NODE_LOOKBACK, .c = AGGREGATE_AVG},
    [NODE_ZERO] = {.op = OP_CONSTANT, .type = TYPE_NUMBER},
    [NODE_IDLE] =
        {.op = OP_LESS_EQUAL, .type = TYPE_BOOLEAN, .operands = TYPE_NUMBER, .a = NODE_AVERAGE, .b = NODE_ZERO},
    [NODE_GONE] = {.op = OP_AGGREGATE, .type = TYPE_NUMBER, .a = SCRIPT_GONE, .b = NODE_LOOKBACK, .c = AGGREGATE_AVG},
};
static const struct let lets[] = {
    {.name = NAMED("avg_connections"), .expression = NODE_AVERAGE},
    {.name = NAMED("idle"), .expression = NODE_IDLE},
    {.name = NAMED("gone_average"), .expression = NODE_GONE},
};
static const struct rule rules[] = {
    {.name = NAMED("stopped")},
    {.name = NAMED("idle")},
    {.name = NAMED("active")},
    {.name = NAMED("start")},
};

static void make_policy(struct script_fixture *f, const char *lua)
{
    f->source = (struct source){TEXT("policies/p.lua"), arena_text(&f->arena, text_of(lua))};
    f->span = (struct window_span){.days = 0x7F, .from_min = 8 * 60, .to_min = 18 * 60, .zone = zone_utc()};
    f->window = (struct window){.name = TEXT("office"), .spans = &f->span, .span_count = 1};
    f->policy = (struct policy){
        .sources = {&f->source, 1},
        .params = params,
        .param_count = SCRIPT_PARAMS,
        .metrics = metrics,
        .metric_count = SCRIPT_METRICS,
        .windows = &f->window,
        .window_count = 1,
        .lets = lets,
        .let_count = COUNT_OF(lets),
        .nodes = nodes,
        .node_count = NODES,
        .max_count = 10,
    };
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        f->policy.behaviours[i] =
            (struct behaviour_rules){.present = true, .scripted = true, .rules = rules, .count = COUNT_OF(rules)};
}

// A service that runs, with a minute of one connection an hour of minutes ago and none since.
static void make_snapshot(struct script_fixture *f)
{
    for (int i = 0; i < SCRIPT_POINTS; i++) {
        f->at_s[i] = (int64_t)SCRIPT_NOW_S - 60 * (SCRIPT_POINTS - i);
        f->connections[i] = i == 0 ? 1 : 0;
        f->activity[i] = SCRIPT_NOW_S - 3000;
    }
    f->series[0] = series_build(&f->arena, f->at_s, f->connections, SCRIPT_POINTS);
    f->series[1] = series_build(&f->arena, f->at_s, f->activity, SCRIPT_POINTS);
    for (int i = 0; i < 2; i++)
        f->views[i] = (struct metric_view){.series = &f->series[i], .end = SCRIPT_POINTS};
    f->tags[0] = (struct tag){TEXT("team"), TEXT("tunnel")};
    f->tags[1] = (struct tag){TEXT("schedule"), TEXT("office")};
    f->snapshot = (struct snapshot){
        .stage = STAGE_METRICS,
        .trigger = TRIGGER_SCHEDULE,
        .now_s = SCRIPT_NOW_S,
        .cluster = TEXT("prod"),
        .service = TEXT("tunnel-eu"),
        .metrics = f->views,
        .state = {.status = TEXT("ACTIVE"),
                  .desired = 2,
                  .running = 2,
                  .deployed_at_s = SCRIPT_NOW_S - 90000.5,
                  .woken_at_s = NAN,
                  .fence_s = SCRIPT_NOW_S - 36000,
                  .tags_read = true,
                  .tags = f->tags,
                  .tag_count = 2},
    };
}

struct script_fixture *script_set_up(struct script_fixture *f, const char *lua)
{
    *f = (struct script_fixture){0};
    make_policy(f, lua);
    make_snapshot(f);
    evaluator_init(&f->evaluator, &f->policy, &f->arena);
    f->host = script_host_new(&f->policy, &f->evaluator);
    return f;
}

void script_tear_down(struct script_fixture *f)
{
    script_host_free(f->host);
    arena_release(&f->arena);
}

bool script_ask(struct script_fixture *f, enum behaviour behaviour, struct script_answer *answer)
{
    const struct script *script = &f->evaluator.scripts[behaviour];
    evaluator_begin(&f->evaluator, &f->snapshot);
    return script->decide(script->context, &f->evaluator, behaviour, answer);
}

struct script_fixture *script_set_up_showing(struct script_fixture *f, const char *expression)
{
    char lua[4096];
    snprintf(lua, sizeof lua,
             "return {sleep = {decide = function(s)\n"
             "local v = %s\n"
             "return {rule = 'active', status = 'no_change', message = tostring(v)} end}}",
             expression);
    return script_set_up(f, lua);
}

struct script_fixture *script_set_up_deciding(struct script_fixture *f, const char *body)
{
    char lua[4096];
    snprintf(lua, sizeof lua,
             "return {wake = {decide = function(s) %s end},\n"
             "sleep = {decide = function(s) %s end}}",
             body, body);
    return script_set_up(f, lua);
}
