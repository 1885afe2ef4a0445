// What a decision is: first match, stages, held decisions, direction, refusals and failures.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"
#include "tests/support/load.h"

#define HEAD                                                                                                           \
    "policy: 1\nname: test\ntargets: [{cluster: c, service: s}]\n"                                                     \
    "metrics:\n  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
#define UNKNOWN_RULE(name, rest)                                                                                       \
    "  - {rule: " name ", when: avg(m over 10m) > 1, " rest "status: no_change, message: m}\n"
#define LAST "  - {rule: last, status: no_change, message: \"count {desired}, m {avg(m over 10m)}\"}\n"

struct decide_case {
    const char *name, *policy;
    enum behaviour behaviour;
    int desired, running;
    // What comes of it: the stage that it needed, the outcome, the rules and the count.
    enum stage stage;
    enum outcome outcome;
    const char *rule, *held_by;
    int after;
    const char *message;
};

static const struct decide_case cases[] = {
    {"the first match wins",
     HEAD "sleep:\n  - {rule: a, when: desired == 2, scale_to: 1, status: x, message: one}\n"
          "  - {rule: b, when: desired == 2, scale_to: 0, status: x, message: none}\n" LAST,
     BEHAVIOUR_SLEEP, 2, 2, STAGE_STATE, OUTCOME_CHANGE, "a", "", 1, "one"},
    {"nothing matches but the last", HEAD "sleep:\n  - {rule: a, when: desired == 0, status: x, message: m}\n" LAST,
     BEHAVIOUR_SLEEP, 1, 1, STAGE_STATE, OUTCOME_NO_CHANGE, "last", "", 1, "count 1, m n/a"},
    {"a stopped service asks for no metric",
     HEAD "sleep:\n  - {rule: stopped, when: desired == 0, status: x, message: m}\n" UNKNOWN_RULE("busy", "") LAST,
     BEHAVIOUR_SLEEP, 0, 0, STAGE_STATE, OUTCOME_NO_CHANGE, "stopped", "", 0, "m"},
    {"a service that runs nothing asks for no metric", HEAD "sleep:\n" UNKNOWN_RULE("busy", "") LAST, BEHAVIOUR_SLEEP,
     1, 0, STAGE_STATE, OUTCOME_NO_CHANGE, "last", "", 1, "count 1, m unknown"},
    {"unknown does not fire", HEAD "sleep:\n" UNKNOWN_RULE("idle", "scale_to: 0, ") LAST, BEHAVIOUR_SLEEP, 1, 1,
     STAGE_METRICS, OUTCOME_NO_CHANGE, "last", "", 1, "count 1, m unknown"},
    {"unknown holds what would lower",
     HEAD "sleep:\n" UNKNOWN_RULE("busy", "") "  - {rule: idle, scale_to: 0, status: scaled_down, message: m}\n",
     BEHAVIOUR_SLEEP, 1, 1, STAGE_METRICS, OUTCOME_HELD, "idle", "busy", 1,
     "No change: rule idle is held back, because rule busy before it could not be settled (m: CloudWatch's answer was not complete)"},
    {"an earlier unknown that lowers as far does not hold",
     HEAD "sleep:\n" UNKNOWN_RULE("idle_too",
                                  "scale_to: 0, ") "  - {rule: idle, scale_to: 0, status: scaled_down, message: m}\n",
     BEHAVIOUR_SLEEP, 1, 1, STAGE_METRICS, OUTCOME_CHANGE, "idle", "", 0, "m"},
    {"an earlier unknown that lowers less holds",
     HEAD "sleep:\n" UNKNOWN_RULE("less",
                                  "scale_to: 1, ") "  - {rule: idle, scale_to: 0, status: scaled_down, message: m}\n",
     BEHAVIOUR_SLEEP, 3, 3, STAGE_METRICS, OUTCOME_HELD, "idle", "less", 3, NULL},
    {"an earlier unknown of an unknown count holds",
     HEAD "sleep:\n" UNKNOWN_RULE(
         "some", "scale_to: number(tag(\"x\")), ") "  - {rule: idle, scale_to: 0, status: scaled_down, message: m}\n",
     BEHAVIOUR_SLEEP, 3, 3, STAGE_METRICS, OUTCOME_HELD, "idle", "some", 3, NULL},
    {"the second unknown may be the one that holds",
     HEAD "sleep:\n" UNKNOWN_RULE("zero", "scale_to: 0, ")
         UNKNOWN_RULE("busy", "") "  - {rule: idle, scale_to: 0, status: scaled_down, message: m}\n",
     BEHAVIOUR_SLEEP, 1, 1, STAGE_METRICS, OUTCOME_HELD, "idle", "busy", 1, NULL},
    {"unknown does not hold what keeps the count",
     HEAD "sleep:\n" UNKNOWN_RULE("busy", "") "  - {rule: keep, scale_to: 2, status: no_change, message: m}\n",
     BEHAVIOUR_SLEEP, 2, 2, STAGE_METRICS, OUTCOME_NO_CHANGE, "keep", "", 2, "m"},
    {"sleep never raises", HEAD "sleep:\n  - {rule: up, scale_to: 5, status: no_change, message: m}\n", BEHAVIOUR_SLEEP,
     2, 2, STAGE_STATE, OUTCOME_NO_CHANGE, "up", "", 2, "m"},
    {"sleep lowers to what is above zero",
     HEAD "sleep:\n  - {rule: down, scale_to: 1, status: scaled_down, message: m}\n", BEHAVIOUR_SLEEP, 2, 2,
     STAGE_STATE, OUTCOME_CHANGE, "down", "", 1, "m"},
    {"wake never lowers", HEAD "wake:\n  - {rule: up, scale_to: 1, status: waking, message: m}\n", BEHAVIOUR_WAKE, 3, 3,
     STAGE_STATE, OUTCOME_NO_CHANGE, "up", "", 3, "m"},
    {"wake raises", HEAD "wake:\n  - {rule: up, scale_to: 2, status: waking, message: m}\n", BEHAVIOUR_WAKE, 0, 0,
     STAGE_STATE, OUTCOME_CHANGE, "up", "", 2, "m"},
    {"unknown does not hold a wake",
     HEAD "wake:\n" UNKNOWN_RULE("no", "") "  - {rule: up, scale_to: 2, status: waking, message: m}\n", BEHAVIOUR_WAKE,
     1, 1, STAGE_METRICS, OUTCOME_CHANGE, "up", "", 2, "m"},
    {"a wake to an unknown count is held",
     HEAD "wake:\n  - {rule: up, scale_to: number(tag(\"count\")), status: waking, message: m}\n", BEHAVIOUR_WAKE, 0, 0,
     STAGE_STATE, OUTCOME_HELD, "up", "", 0,
     "No change: rule up is held back, because the count that it asks for is unknown (the text is neither an instant nor a number)"},
    {"a wake to a known count",
     HEAD "wake:\n  - {rule: up, scale_to: 'otherwise(number(tag(\"count\")), 2)', status: waking, message: m}\n",
     BEHAVIOUR_WAKE, 0, 0, STAGE_STATE, OUTCOME_CHANGE, "up", "", 2, "m"},
    {"a count that needs metrics",
     HEAD "wake:\n  - {rule: up, scale_to: 'otherwise(max(m over 10m), 2)', status: waking, message: m}\n",
     BEHAVIOUR_WAKE, 1, 1, STAGE_METRICS, OUTCOME_CHANGE, "up", "", 2, "m"},
    {"a fraction is a failed decision",
     HEAD "wake:\n  - {rule: up, scale_to: 'otherwise(number(tag(\"count\")), 3) / 2', status: waking, message: m}\n",
     BEHAVIOUR_WAKE, 0, 0, STAGE_STATE, OUTCOME_FAILED, "up", "", 0,
     "No change: the policy gave no answer: test.yaml:7: rule up: scale_to is 1.5, not a whole number"},
    {"a count past the limit is a failed decision",
     HEAD "wake:\n  - {rule: up, scale_to: 'otherwise(number(tag(\"count\")), 11)', status: waking, message: m}\n",
     BEHAVIOUR_WAKE, 0, 0, STAGE_STATE, OUTCOME_FAILED, "up", "", 0,
     "No change: the policy gave no answer: test.yaml:7: rule up: scale_to is 11, outside 0 to limits.max_count"},
    {"a negative count is a failed decision",
     HEAD
     "sleep:\n  - {rule: down, scale_to: 'otherwise(number(tag(\"count\")), -1)', status: scaled_down, message: m}\n",
     BEHAVIOUR_SLEEP, 1, 1, STAGE_STATE, OUTCOME_FAILED, "down", "", 1, NULL},
    {"a kill without conditions asks for nothing",
     HEAD "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: \"{desired}\"}\n", BEHAVIOUR_KILL, 3, 3,
     STAGE_NOTHING, OUTCOME_CHANGE, "kill", "", 0, "n/a"},
    {"a kill of nothing, with conditions, changes nothing",
     HEAD "kill:\n  - {rule: kept, when: desired == 9, status: x, message: m}\n"
          "  - {rule: kill, scale_to: 0, status: killed, message: m}\n",
     BEHAVIOUR_KILL, 0, 0, STAGE_STATE, OUTCOME_NO_CHANGE, "kill", "", 0, "m"},
    {"a kill to one asks for the count, and never raises",
     HEAD "kill:\n  - {rule: kill, scale_to: 1, status: killed, message: m}\n", BEHAVIOUR_KILL, 0, 0, STAGE_STATE,
     OUTCOME_NO_CHANGE, "kill", "", 0, "m"},
    {"a kill whose protection is unknown is held",
     HEAD "kill:\n  - {rule: kept, when: number(tag(\"x\")) > 0, refuse: true, message: m}\n"
          "  - {rule: kill, scale_to: 0, status: killed, message: m}\n",
     BEHAVIOUR_KILL, 1, 1, STAGE_STATE, OUTCOME_HELD, "kill", "kept", 1, NULL},
    {"a kill held by what needs nothing fetched",
     HEAD "kill:\n  - {rule: kept, when: number(\"x\") > 0, status: x, message: m}\n"
          "  - {rule: kill, scale_to: 0, status: killed, message: m}\n",
     BEHAVIOUR_KILL, 1, 1, STAGE_NOTHING, OUTCOME_HELD, "kill", "kept", COUNT_UNKNOWN, NULL},
    {"an earlier unknown whose count needs more is asked for it",
     HEAD "kill:\n  - {rule: kept, when: number(\"x\") > 0, scale_to: number(tag(\"floor\")), status: x, message: m}\n"
          "  - {rule: kill, scale_to: 0, status: killed, message: m}\n",
     BEHAVIOUR_KILL, 1, 1, STAGE_STATE, OUTCOME_HELD, "kill", "kept", 1, NULL},
    {"a rule refuses",
     HEAD "kill:\n  - {rule: no, when: cluster == \"c\", refuse: true, message: \"not {service}\"}\n"
          "  - {rule: kill, scale_to: 0, status: killed, message: m}\n",
     BEHAVIOUR_KILL, 1, 1, STAGE_NOTHING, OUTCOME_REFUSED, "no", "", COUNT_UNKNOWN, "not s"},
};

static struct snapshot snapshot_of(const struct decide_case *row, const struct metric_view *views)
{
    struct snapshot snapshot = {
        .stage = STAGE_NOTHING, .now_s = 1772445600, .cluster = TEXT("c"), .service = TEXT("s"), .metrics = views};
    snapshot.state = (struct service_state){.status = TEXT("ACTIVE"),
                                            .desired = row->desired,
                                            .running = row->running,
                                            .deployed_at_s = NAN,
                                            .woken_at_s = NAN,
                                            .fence_s = NAN,
                                            .tags_read = true};
    return snapshot;
}

static struct text rule_name(const struct policy *policy, const struct decide_case *row, int16_t rule)
{
    return rule == RULE_NONE ? TEXT("") : policy->behaviours[row->behaviour].rules[rule].name;
}

static void check_case(const struct decide_case *row)
{
    struct arena arena = {0};
    const struct policy *policy = test_policy_text(&arena, row->policy);
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, &arena);
    const struct metric_view failed = {.status = METRIC_FAILED};
    struct snapshot snapshot = snapshot_of(row, &failed);
    enum rule_result results[8];
    struct decision decision = decide(&evaluator, row->behaviour, &snapshot, results);
    while (decision.need) {
        assert_int_equal(decision.need, snapshot.stage + 1);
        snapshot.stage = decision.need;
        decision = decide(&evaluator, row->behaviour, &snapshot, results);
    }
    struct text rule = rule_name(policy, row, decision.rule), held_by = rule_name(policy, row, decision.held_by);
    bool alike = snapshot.stage == row->stage && decision.outcome == row->outcome && text_is(rule, row->rule) &&
                 text_is(held_by, row->held_by) && decision.desired == row->after;
    if (!alike)
        fail_msg("%s: stage %d, %s, rule %.*s, held by '%.*s', desired %d", row->name, snapshot.stage,
                 outcome_name(decision.outcome), TEXT_ARG(rule), TEXT_ARG(held_by), (int)decision.desired);
    struct buffer message;
    buffer_init(&message, LIMIT_MESSAGE_BYTES);
    message_format(&message, &evaluator, &decision);
    if (row->message && !text_is(buffer_text(&message), row->message))
        fail_msg("%s: message \"%s\"", row->name, message.p);
    buffer_release(&message);
    if (decision.outcome != OUTCOME_FAILED)
        assert_int_equal(results[decision.rule], RULE_FIRED);
    arena_release(&arena);
}

static void decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(&cases[i]);
    print_message("%zu decisions\n", sizeof cases / sizeof *cases);
}

static void the_direction_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        enum behaviour behaviour;
        enum direction_why why;
    } rows[] = {
        {HEAD "wake:\n  - {rule: up, scale_to: 1, status: waking, message: m}\n", BEHAVIOUR_WAKE,
         DIRECTION_WAKE_NEVER_LOWERS},
        {HEAD "sleep:\n  - {rule: up, scale_to: 7, status: no_change, message: m}\n", BEHAVIOUR_SLEEP,
         DIRECTION_NEVER_RAISES},
        {HEAD "sleep:\n  - {rule: up, scale_to: 3, status: no_change, message: m}\n", BEHAVIOUR_SLEEP, DIRECTION_FREE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct evaluator evaluator;
        evaluator_init(&evaluator, test_policy_text(&arena, rows[i].policy), &arena);
        struct snapshot snapshot = {.stage = STAGE_STATE, .now_s = 0, .state = {.desired = 3, .running = 3}};
        struct decision decision = decide(&evaluator, rows[i].behaviour, &snapshot, NULL);
        assert_int_equal(decision.direction, rows[i].why);
        assert_int_equal(decision.outcome, OUTCOME_NO_CHANGE);
        assert_int_equal(decision.desired, 3);
        arena_release(&arena);
    }
}

// ---- templates --------------------------------------------------------------------------------------------

static void templates_format_as_asked(void **state)
{
    (void)state;
    static const struct {
        const char *template, *printed;
    } rows[] = {
        {"plain", "plain"},
        {"{{}} {desired}", "{} 2"},
        {"{2.5:.2f} {2.5:.0f} {1/3:.6f}", "2.50 2 0.333333"},
        {"{20m:seconds} {90s:minutes} {90m:duration}", "1200 1 1h 30m"},
        {"{now:iso} {now}", "2026-03-02T10:00:00Z 2026-03-02T10:00:00Z"},
        {"{service} {deploying}", "s false"},
        {"{tag(\\\"none\\\")}|", "|"},
        {"{number(service)} {number(service):.1f}", "unknown unknown"},
        {"{-90s:seconds}", "-90"},
        {"{avg(m over 10m):.2f}", "n/a"},
        {"{1h30m}", "1h 30m"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct text yaml =
            arena_format(&arena, HEAD "sleep: [{rule: a, status: no_change, message: \"%s\"}]\n", rows[i].template);
        struct evaluator evaluator;
        evaluator_init(&evaluator, test_policy_text(&arena, yaml.p), &arena);
        struct decide_case row = {.desired = 2, .running = 1};
        struct snapshot snapshot = snapshot_of(&row, NULL);
        snapshot.stage = STAGE_STATE;
        struct decision decision = decide(&evaluator, BEHAVIOUR_SLEEP, &snapshot, NULL);
        struct buffer message;
        buffer_init(&message, LIMIT_MESSAGE_BYTES);
        message_format(&message, &evaluator, &decision);
        if (!text_is(buffer_text(&message), rows[i].printed))
            fail_msg("%s prints \"%s\"", rows[i].template, message.p);
        buffer_release(&message);
        arena_release(&arena);
    }
}

// ---- scripts ----------------------------------------------------------------------------------------------

struct script_case {
    const char *name;
    bool answers;
    struct script_answer answer;
    enum behaviour behaviour;
    enum stage stage;  // of the snapshot
    enum outcome outcome;
    int need, after;
    enum held_why held;
};

static bool canned(void *context, struct evaluator *evaluator, enum behaviour behaviour, struct script_answer *answer)
{
    (void)evaluator;
    (void)behaviour;
    const struct script_case *row = context;
    *answer = row->answer;
    return row->answers;
}

static const struct script_case script_cases[] = {
    {"lowers", true, {.rule = 0, .has_scale_to = true}, BEHAVIOUR_SLEEP, STAGE_STATE, OUTCOME_CHANGE, 0, 0, HELD_NOT},
    {"lowers, marked",
     true,
     {.rule = 0, .has_scale_to = true, .marked = true},
     BEHAVIOUR_SLEEP,
     STAGE_STATE,
     OUTCOME_HELD,
     0,
     2,
     HELD_BY_UNKNOWN},
    {"kills, marked, nothing fetched",
     true,
     {.rule = 0, .has_scale_to = true, .marked = true},
     BEHAVIOUR_KILL,
     STAGE_NOTHING,
     OUTCOME_HELD,
     0,
     COUNT_UNKNOWN,
     HELD_BY_UNKNOWN},
    {"raises, marked",
     true,
     {.rule = 0, .has_scale_to = true, .scale_to = 4, .marked = true},
     BEHAVIOUR_WAKE,
     STAGE_STATE,
     OUTCOME_CHANGE,
     0,
     4,
     HELD_NOT},
    {"keeps, marked",
     true,
     {.rule = 0, .marked = true},
     BEHAVIOUR_SLEEP,
     STAGE_STATE,
     OUTCOME_NO_CHANGE,
     0,
     2,
     HELD_NOT},
    {"sleeps with nothing fetched",
     true,
     {.rule = 0, .has_scale_to = true},
     BEHAVIOUR_SLEEP,
     STAGE_NOTHING,
     0,
     STAGE_STATE,
     COUNT_UNKNOWN,
     HELD_NOT},
    {"asks for metrics", true, {.need = STAGE_METRICS}, BEHAVIOUR_SLEEP, STAGE_STATE, 0, STAGE_METRICS, 2, HELD_NOT},
    {"fails",
     false,
     {.rule = RULE_NONE, .error = {"x.lua:3: oops", 13}},
     BEHAVIOUR_SLEEP,
     STAGE_STATE,
     OUTCOME_FAILED,
     0,
     2,
     HELD_NOT},
    {"refuses", true, {.rule = 0, .refuse = true}, BEHAVIOUR_KILL, STAGE_STATE, OUTCOME_REFUSED, 0, 2, HELD_NOT},
    {"answers a fraction",
     true,
     {.rule = 0, .has_scale_to = true, .scale_to = 0.5},
     BEHAVIOUR_SLEEP,
     STAGE_STATE,
     OUTCOME_FAILED,
     0,
     2,
     HELD_NOT},
    {"answers no number",
     true,
     {.rule = 0, .has_scale_to = true, .scale_to = INFINITY},
     BEHAVIOUR_SLEEP,
     STAGE_STATE,
     OUTCOME_FAILED,
     0,
     2,
     HELD_NOT},
};

static void scripts_answer_under_the_same_rules(void **state)
{
    (void)state;
    const struct rule rule = {.name = {"r", 1}};
    const struct source source = {.path = {"x.lua", 5}};
    for (size_t i = 0; i < sizeof script_cases / sizeof *script_cases; i++) {
        struct arena arena = {0};
        struct policy policy = {.max_count = 10, .sources = {&source, 1}};
        policy.behaviours[script_cases[i].behaviour] =
            (struct behaviour_rules){.present = true, .scripted = true, .rules = &rule, .count = 1};
        struct evaluator evaluator;
        evaluator_init(&evaluator, &policy, &arena);
        struct script_case row = script_cases[i];
        evaluator.scripts[row.behaviour] = (struct script){&row, canned};
        struct snapshot snapshot = {.stage = (uint8_t)row.stage, .state = {.desired = 2, .running = 2}};
        struct decision decision = decide(&evaluator, row.behaviour, &snapshot, NULL);
        bool alike = decision.need == row.need && (row.need || decision.outcome == row.outcome) &&
                     decision.desired == row.after && decision.held_why == row.held;
        if (!alike)
            fail_msg("%s: need %d, outcome %d, desired %d, held %d", row.name, decision.need, decision.outcome,
                     (int)decision.desired, decision.held_why);
        struct buffer message;
        buffer_init(&message, LIMIT_MESSAGE_BYTES);
        if (!decision.need)
            message_format(&message, &evaluator, &decision);
        if (decision.outcome == OUTCOME_FAILED && !row.answers)
            assert_string_equal(message.p, "No change: the policy gave no answer: x.lua:3: oops");
        buffer_release(&message);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions),
        cmocka_unit_test(the_direction_is_told),
        cmocka_unit_test(templates_format_as_asked),
        cmocka_unit_test(scripts_answer_under_the_same_rules),
    };
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL) != 0;
}
