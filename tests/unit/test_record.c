// The record of a decision: what its line holds, and that the decision can be made again from it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/series.h"
#include "engine/report/record.h"
#include "engine/sim/state_file.h"
#include "tests/support/asserts.h"
#include "tests/support/expect_json.h"
#include "tests/support/fleet.h"
#include "tests/support/load.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct text text_item(const cJSON *json, const char *name)
{
    return arena_text(&arena, text_of(json_item_text(json, name)));
}

// null is NaN.
static double number_item(const cJSON *json, const char *name)
{
    const cJSON *number = json_item(json, name);
    return cJSON_IsNumber(number) ? number->valuedouble : NAN;
}

static size_t index_of(struct text word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(word, words[i]))
            return i;
    fail_msg("unknown word %.*s", TEXT_ARG(word));
    return 0;
}

// ---- a snapshot from a line -------------------------------------------------------------------------------

static const struct param_setting *read_params(const cJSON *json, const struct policy *policy)
{
    struct param_setting *settings = ARENA_ARRAY(&arena, policy->param_count, struct param_setting);
    for (size_t i = 0; i < policy->param_count; i++) {
        const cJSON *param = json_item(json, arena_text(&arena, policy->params[i].name).p);
        settings[i].value = (struct value){.number = number_item(param, "value"), .knowledge = KNOWN};
    }
    return settings;
}

static void read_tags(const cJSON *json, struct service_state *state)
{
    state->tags_read = cJSON_IsObject(json);
    struct tag *tags = ARENA_ARRAY(&arena, (size_t)cJSON_GetArraySize(json), struct tag);
    const cJSON *tag = NULL;
    cJSON_ArrayForEach(tag, json)
    {
        tags[state->tag_count].key = arena_text(&arena, text_of(tag->string));
        tags[state->tag_count++].value = arena_text(&arena, text_of(tag->valuestring));
    }
    state->tags = tags;
}

static struct service_state read_state(const cJSON *json)
{
    static const char *const fences[] = {"none", "wake_mark", "started_event", "deployment", "service_created"};
    struct service_state state = {
        .status = text_item(json, "status"),
        .scheduling_strategy = text_item(json, "schedulingStrategy"),
        .desired = (int64_t)number_item(json, "desired"),
        .running = (int64_t)number_item(json, "running"),
        .pending = (int64_t)number_item(json, "pending"),
        .deploying = cJSON_IsTrue(json_item(json, "deploying")),
        .deployed_at_s = number_item(json, "deployedAt"),
        .woken_at_s = number_item(json, "wokenAt"),
        .fence_s = number_item(json, "fence"),
        .fence_source = (uint8_t)index_of(text_item(json, "fenceSource"), fences, COUNT_OF(fences)),
    };
    read_tags(json_item(json, "tags"), &state);
    return state;
}

static struct metric_view read_view(const cJSON *json)
{
    static const char *const statuses[] = {"complete", "partial", "failed"};
    const cJSON *points = json_item(json, "points"), *point = NULL;
    size_t most = (size_t)cJSON_GetArraySize(points), count = 0;
    int64_t *at_s = ARENA_ARRAY(&arena, most, int64_t);
    double *values = ARENA_ARRAY(&arena, most, double);
    cJSON_ArrayForEach(point, points)
    {
        at_s[count] = (int64_t)cJSON_GetArrayItem(point, 0)->valuedouble;
        values[count++] = cJSON_GetArrayItem(point, 1)->valuedouble;
    }
    struct series *series = ARENA_NEW(&arena, struct series);
    *series = series_build(&arena, at_s, values, count);
    return (struct metric_view){
        .series = series,
        .end = count,
        .from_s = (int64_t)number_item(json, "from"),
        .status = (uint8_t)index_of(text_item(json, "status"), statuses, COUNT_OF(statuses)),
    };
}

static struct snapshot read_snapshot(const cJSON *json, const struct policy *policy)
{
    static const char *const stages[] = {"nothing", "state", "metrics"}, *const triggers[] = {"request", "schedule",
                                                                                              "cli"};
    struct snapshot snapshot = {
        .stage = (uint8_t)index_of(text_item(json, "stage"), stages, COUNT_OF(stages)),
        .trigger = (uint8_t)index_of(text_item(json, "trigger"), triggers, COUNT_OF(triggers)),
        .now_s = number_item(json, "now"),
        .cluster = text_item(json, "cluster"),
        .service = text_item(json, "service"),
        .params = read_params(json_item(json, "params"), policy),
    };
    if (snapshot.stage >= STAGE_STATE)
        snapshot.state = read_state(json_item(json, "state"));
    snapshot.state.cluster = snapshot.cluster;
    snapshot.state.service = snapshot.service;
    if (snapshot.stage < STAGE_METRICS)
        return snapshot;
    struct metric_view *views = ARENA_ARRAY(&arena, policy->metric_count, struct metric_view);
    for (size_t i = 0; i < policy->metric_count; i++)
        views[i] = read_view(json_item(json_item(json, "metrics"), arena_text(&arena, policy->metrics[i].name).p));
    snapshot.metrics = views;
    return snapshot;
}

// ---- a decision and its line ------------------------------------------------------------------------------

struct recorded {
    const struct policy *policy;
    struct run_result result;
    struct text prepared, line;
};

struct preparing {
    struct evaluator evaluator;
    struct text prepared;
};

static void prepare(void *context, size_t index, const struct run_result *result)
{
    (void)index;
    struct preparing *preparing = context;
    preparing->prepared = record_prepare(&arena, &preparing->evaluator, result);
}

static struct text line_of(const struct policy *policy, const struct run_result *result, struct text prepared)
{
    struct buffer out;
    struct json_writer json;
    const struct record_context context = {
        .policy = policy,
        .behaviour = (enum behaviour)result->decision.behaviour,
        .trigger = TRIGGER_REQUEST,
        .policy_digest = TEXT("sha256:0"),
        .caller = {.user_arn = TEXT("arn:u"), .source_address = TEXT("203.0.113.7")},
        .request_id = TEXT("id"),
    };
    buffer_init(&out, 1 << 20);
    json_begin(&json, &out, 0);
    record_json(&json, &context, result, prepared, 1770026400.25);
    struct text line = arena_text(&arena, buffer_text(&out));
    buffer_release(&out);
    return line;
}

static double fixed_now(void *context)
{
    (void)context;
    return FLEET_NOW + 0.625;
}

static struct recorded decide_on(const char *policy_path, const char *state_path, enum behaviour behaviour,
                                 const struct param_setting *params)
{
    struct recorded recorded = {.policy = test_policy(&arena, policy_path)};
    const struct clock clock = {.now_s = fixed_now};
    struct preparing preparing;
    struct buffer error;
    buffer_init(&error, 1024);
    struct state_file *file = state_file_open(text_of(state_path), recorded.policy, &clock, &error);
    if (!file)
        fail_msg("%s", error.p);
    const struct cloud cloud = state_file_cloud(file);
    const struct service_name name = {recorded.policy->targets[0].cluster, recorded.policy->targets[0].service, false};
    const struct run_watch watch = {&preparing, prepare};
    const struct run_options options = {
        .watch = &watch, .behaviour = behaviour, .params = params, .at_s = NAN, .dry_run = true};
    struct clock file_clock = state_file_clock(file);
    evaluator_init(&preparing.evaluator, recorded.policy, &arena);
    run_decide(&arena, &preparing.evaluator, &cloud, &file_clock, &options, &name, 1, &recorded.result);
    recorded.prepared = preparing.prepared;
    recorded.line = line_of(recorded.policy, &recorded.result, recorded.prepared);
    state_file_close(file);
    buffer_release(&error);
    return recorded;
}

static struct decision decide_from(const cJSON *line, const struct recorded *recorded)
{
    struct evaluator evaluator;
    struct snapshot *snapshot = ARENA_NEW(&arena, struct snapshot);
    *snapshot = read_snapshot(json_item(line, "snapshot"), recorded->policy);
    evaluator_init(&evaluator, recorded->policy, &arena);
    return decide(&evaluator, (enum behaviour)recorded->result.decision.behaviour, snapshot, NULL);
}

static bool decides_alike(const struct decision *a, const struct decision *b)
{
    return a->need == b->need && a->outcome == b->outcome && a->rule == b->rule && a->held_by == b->held_by &&
           a->held_why == b->held_why && a->before == b->before && a->desired == b->desired &&
           text_eq(a->status, b->status) && a->unknown.why == b->unknown.why;
}

static const struct {
    const char *state, *rule;
    enum behaviour behaviour;
} decisions[] = {
    {"sleep-idle", "idle", BEHAVIOUR_SLEEP},       {"sleep-active", "active", BEHAVIOUR_SLEEP},
    {"sleep-stopped", "stopped", BEHAVIOUR_SLEEP}, {"sleep-no-metrics", "active", BEHAVIOUR_SLEEP},
    {"wake-stopped", "start", BEHAVIOUR_WAKE},     {"wake-running", "awake", BEHAVIOUR_WAKE},
    {"wake-starting", "starting", BEHAVIOUR_WAKE}, {"kill-running", "kill", BEHAVIOUR_KILL},
};

static void test_decides_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(decisions); i++) {
        struct text path = arena_format(&arena, "examples/states/%s.json", decisions[i].state);
        struct recorded recorded = decide_on("policies/production.yaml", path.p, decisions[i].behaviour, NULL);
        cJSON *line JSON_OWNED = cJSON_ParseWithLength(recorded.line.p, recorded.line.n);
        assert_non_null(line);
        assert_true(text_is(text_item(line, "rule"), decisions[i].rule));
        struct decision again = decide_from(line, &recorded);
        if (!decides_alike(&again, &recorded.result.decision))
            fail_msg("%s: decided anew: outcome %d rule %d desired %lld; recorded: %.*s", decisions[i].state,
                     again.outcome, again.rule, (long long)again.desired, TEXT_ARG(recorded.line));
    }
}

static cJSON *change_point(cJSON *line, const char *metric, int index, double value)
{
    cJSON *metrics = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(line, "snapshot"), "metrics");
    cJSON *points = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(metrics, metric), "points");
    cJSON_SetNumberValue(cJSON_GetArrayItem(cJSON_GetArrayItem(points, index), 1), value);
    return line;
}

// What is decided anew hangs on what the line says, and on nothing else.
static void test_line_decides(void **state)
{
    (void)state;
    struct recorded recorded =
        decide_on("policies/production.yaml", "examples/states/sleep-idle.json", BEHAVIOUR_SLEEP, NULL);
    cJSON *line JSON_OWNED = cJSON_ParseWithLength(recorded.line.p, recorded.line.n);
    struct decision again = decide_from(change_point(line, "connections", 3, 7), &recorded);
    assert_int_equal(again.outcome, OUTCOME_NO_CHANGE);
    assert_int_equal(recorded.result.decision.outcome, OUTCOME_CHANGE);
}

// A param of the request's is in the line, with where it came from, and decides again.
static void test_params_of_requests(void **state)
{
    (void)state;
    const struct param_setting params[] = {{.value = {.number = 1200.5, .knowledge = KNOWN},
                                            .origin = PARAM_REQUEST,
                                            .origin_name = TEXT("idle_threshold_mins")},
                                           {.value = {.knowledge = UNKNOWN}}};
    struct recorded recorded =
        decide_on("policies/production.yaml", "examples/states/sleep-idle.json", BEHAVIOUR_SLEEP, params);
    assert_int_equal(recorded.result.decision.outcome, OUTCOME_NO_CHANGE);
    assert_non_null(
        strstr(recorded.line.p,
               "\"idle_threshold\":{\"value\":1200.5,\"origin\":\"request\",\"from\":\"idle_threshold_mins\"}"));
    cJSON *line JSON_OWNED = cJSON_ParseWithLength(recorded.line.p, recorded.line.n);
    struct decision again = decide_from(line, &recorded);
    assert_true(decides_alike(&again, &recorded.result.decision));
}

// ---- the line ---------------------------------------------------------------------------------------------

static void expect_part(struct text line, const char *part)
{
    if (!strstr(line.p, part))
        fail_msg("%s\nis not in %.*s", part, TEXT_ARG(line));
}

static void test_members(void **state)
{
    (void)state;
    struct recorded recorded =
        decide_on("policies/production.yaml", "examples/states/sleep-idle.json", BEHAVIOUR_SLEEP, NULL);
    expect_part(recorded.line, "{\"level\":\"WARN\",\"timestamp\":\"2026-02-02T10:00:00.250Z\",\"requestId\":\"id\",");
    expect_part(recorded.line, "\"caller\":{\"userArn\":\"arn:u\",\"sourceAddress\":\"203.0.113.7\"}");
    expect_part(recorded.line,
                "\"policy\":{\"name\":\"production\",\"file\":\"policies/production.yaml\",\"digest\":\"sha256:0\"}");
    expect_part(recorded.line, "\"rule\":\"idle\",\"place\":\"policies/base.yaml:");
    expect_part(recorded.line, "\"action\":{\"from\":1,\"to\":0}");
    expect_part(recorded.line, "\"avg_connections\":0,\"idle_time\":1200");
    struct recorded unknown =
        decide_on("policies/production.yaml", "examples/states/sleep-no-metrics.json", BEHAVIOUR_SLEEP, NULL);
    expect_part(unknown.line, "\"level\":\"INFO\"");
    expect_part(unknown.line, "\"unknown\":[{\"rule\":\"idle\",\"why\":\"");
    expect_part(unknown.line, "\"action\":null");
    assert_null(memchr(recorded.line.p, '\n', recorded.line.n));
}

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        enum applied applied;
        enum port_status status;
        enum outcome outcome;
        const char *warning, *level;
    } cases[] = {
        {APPLIED_NOTHING, PORT_OK, OUTCOME_NO_CHANGE, "", "INFO"},
        {APPLIED_NOTHING, PORT_OK, OUTCOME_HELD, "", "INFO"},
        {APPLIED_NOTHING, PORT_OK, OUTCOME_REFUSED, "", "INFO"},
        {APPLIED_NOTHING, PORT_OK, OUTCOME_NO_CHANGE, "no mark", "WARN"},
        {APPLIED_DONE, PORT_OK, OUTCOME_CHANGE, "", "WARN"},
        {APPLIED_DRY, PORT_OK, OUTCOME_CHANGE, "", "WARN"},
        {APPLIED_SUPERSEDED, PORT_OK, OUTCOME_CHANGE, "moved", "WARN"},
        {APPLIED_RESTORED, PORT_OK, OUTCOME_CHANGE, "", "WARN"},
        {APPLIED_DEFERRED, PORT_OK, OUTCOME_NO_CHANGE, "", "WARN"},
        {APPLIED_REFUSED, PORT_OK, OUTCOME_CHANGE, "", "WARN"},
        {APPLIED_PASSED, PORT_REFUSED, OUTCOME_NO_CHANGE, "", "INFO"},
        {APPLIED_UNKNOWN, PORT_UNKNOWN_OUTCOME, OUTCOME_CHANGE, "", "ERROR"},
        {APPLIED_FAILED, PORT_DENIED, OUTCOME_CHANGE, "", "ERROR"},
        {APPLIED_NOTHING, PORT_TIMED_OUT, OUTCOME_FAILED, "", "ERROR"},
        {APPLIED_NOTHING, PORT_OK, OUTCOME_FAILED, "", "ERROR"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct run_result result = {.applied = cases[i].applied,
                                          .status = cases[i].status,
                                          .decision = {.outcome = (uint8_t)cases[i].outcome},
                                          .warning = text_of(cases[i].warning)};
        if (strcmp(record_level(&result), cases[i].level) != 0)
            fail_msg("case %zu: %s, wanted %s", i, record_level(&result), cases[i].level);
    }
}

// A target that nothing was decided on has a line too.
static void test_undecided(void **state)
{
    (void)state;
    const struct policy *policy = test_policy(&arena, "policies/production.yaml");
    const struct run_result result = {
        .name = {TEXT("c"), TEXT("s"), false}, .applied = APPLIED_DEFERRED, .decision = {.rule = RULE_NONE}};
    struct text line = line_of(policy, &result, TEXT(""));
    expect_part(line, "\"outcome\":\"deferred\"}");
    assert_null(strstr(line.p, "\"decision\""));
}

// ---- large snapshots --------------------------------------------------------------------------------------

static struct run_result large_result(const struct policy *policy, size_t points)
{
    int64_t *at_s = ARENA_ARRAY(&arena, points, int64_t);
    double *values = ARENA_ARRAY(&arena, points, double);
    for (size_t i = 0; i < points; i++) {
        at_s[i] = (int64_t)FLEET_NOW - 60 * (int64_t)(points - i);
        values[i] = 0.123456789 * (double)i;
    }
    struct series *series = ARENA_NEW(&arena, struct series);
    *series = series_build(&arena, at_s, values, points);
    struct metric_view *views = ARENA_ARRAY(&arena, policy->metric_count, struct metric_view);
    for (size_t i = 0; i < policy->metric_count; i++)
        views[i] = (struct metric_view){.series = series, .end = points, .from_s = at_s[0], .status = METRIC_COMPLETE};
    return (struct run_result){.name = {TEXT("c"), TEXT("s"), false},
                               .decision = {.rule = RULE_NONE},
                               .snapshot = {.stage = STAGE_METRICS,
                                            .now_s = FLEET_NOW,
                                            .metrics = views,
                                            .state = {.woken_at_s = NAN, .fence_s = NAN, .deployed_at_s = NAN}}};
}

static void test_large_snapshots(void **state)
{
    (void)state;
    const struct policy *policy = test_policy(&arena, "policies/production.yaml");
    static const size_t points[] = {100, 5000, 5001};
    struct text lines[COUNT_OF(points)];
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        struct evaluator evaluator;
        struct run_result result = large_result(policy, points[i]);
        evaluator_init(&evaluator, policy, &arena);
        evaluator_begin(&evaluator, &result.snapshot);
        lines[i] = line_of(policy, &result, record_prepare(&arena, &evaluator, &result));
        assert_true(lines[i].n < RECORD_SNAPSHOT_BYTES + 4096);
    }
    expect_part(lines[0], "\"snapshot\":{");
    for (size_t i = 1; i < COUNT_OF(points); i++) {
        assert_null(strstr(lines[i].p, "\"snapshot\":{"));
        const char *digest = strstr(lines[i].p, "\"snapshotDigest\":\"sha256:");
        assert_non_null(digest);
        assert_int_equal(strspn(digest + 25, "0123456789abcdef"), 64);
    }
    assert_int_not_equal(strcmp(strstr(lines[1].p, "snapshotDigest"), strstr(lines[2].p, "snapshotDigest")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_decides_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_params_of_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_members, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_undecided, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_snapshots, setup, teardown),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL) != 0;
}
