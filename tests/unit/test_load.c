// What a sound policy file comes to, field by field.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/core/schedule.h"
#include "engine/lang/load.h"
#include "engine/lang/schema.h"
#include "tests/support/memory_files.h"

#define DUMP_BYTES (64 * 1024)
#define KILL "kill:\n  - {rule: k, scale_to: 0, status: killed}\n"

static const struct policy *load_text(struct arena *arena, const char *yaml)
{
    const struct memory_file files[MEMORY_FILES] = {{"p.yaml", yaml}};
    return memory_policy(arena, files);
}

static void expect_text(struct text found, const char *expected)
{
    if (!text_is(found, expected))
        fail_msg("'%.*s' in place of '%s'", TEXT_ARG(found), expected);
}

static void expect_number(double found, double expected)
{
    if (found < expected || found > expected)
        fail_msg("%g in place of %g", found, expected);
}

static void test_defaults(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct policy *policy = load_text(&arena, "policy: 1\nname: plain\n" KILL);
    expect_text(policy->name, "plain");
    assert_int_equal(policy->cold_start_s, 75);
    assert_int_equal(policy->max_count, 10);
    assert_int_equal(policy->stale_after_s, 300);
    assert_false(policy->max_slept.present);
    assert_false(policy->max_killed.present);
    assert_int_equal(policy->target_count, 0);
    assert_false(policy->behaviours[BEHAVIOUR_WAKE].present);
    assert_true(policy->behaviours[BEHAVIOUR_KILL].present);
    assert_null(policy->schedules[BEHAVIOUR_KILL]);
    arena_release(&arena);
}

static void test_params(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct policy *policy = load_text(&arena, "policy: 1\nname: t\nparams:\n"
                                                    "  a: {default: 15m, min: 5m, max: 24h, unit: hours, env: A_B, "
                                                    "request: a_b}\n"
                                                    "  b: {default: -1.5, min: -2}\n"
                                                    "  c: {default: true}\n"
                                                    "  d: {default: \"15m\"}\n"
                                                    "  e: {default: 1m}\n");
    const struct param *params = policy->params;
    assert_int_equal(policy->param_count, 5);
    assert_int_equal(params[0].type, TYPE_DURATION);
    expect_number(params[0].fallback.number, 900);
    expect_number(params[0].min, 300);
    expect_number(params[0].max, 86400);
    expect_number(params[0].unit_s, 3600);
    expect_text(params[0].env, "A_B");
    expect_text(params[0].request, "a_b");
    assert_int_equal(params[0].place.line, 4);
    assert_int_equal(params[1].type, TYPE_NUMBER);
    expect_number(params[1].fallback.number, -1.5);
    assert_true(params[1].has_min && !params[1].has_max);
    assert_int_equal(params[2].type, TYPE_BOOLEAN);
    assert_true(params[2].fallback.truth);
    assert_int_equal(params[3].type, TYPE_TEXT);
    expect_text(params[3].fallback.text, "15m");
    expect_number(params[4].unit_s, 60);
    assert_int_equal(params[4].env.n, 0);
    arena_release(&arena);
}

static void test_metrics(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct policy *policy = load_text(
        &arena, "policy: 1\nname: t\nmetrics:\n"
                "  a: {namespace: N/S, metric: M, stat: p99.9, period: 20s, lag: 0s, coverage: 1, dimensions: {D: "
                "\"x{tag:a b}{cluster}\", E: e}, missing: {is: -1, while: b}}\n"
                "  b: {namespace: N, metric: M, stat: SampleCount, period: 2m, dimensions: {D: e}, as: instant}\n"
                "  c: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {D: e}, missing: {is: 0, while: "
                "none}}\n");
    const struct metric *a = &policy->metrics[0], *b = &policy->metrics[1], *c = &policy->metrics[2];
    expect_text(a->metric_namespace, "N/S");
    expect_text(a->metric, "M");
    expect_text(a->stat, "p99.9");
    assert_int_equal(a->period_s, 20);
    assert_int_equal(a->lag_s, 0);
    expect_number(a->coverage, 1);
    assert_int_equal(a->missing, MISSING_IS);
    expect_number(a->missing_is, -1);
    assert_int_equal(a->missing_while, 1);
    assert_int_equal(a->dimension_count, 2);
    expect_text(a->dimensions[0].name, "D");
    expect_text(a->dimensions[0].value, "x{tag:a b}{cluster}");
    assert_int_equal(b->period_s, 120);
    assert_int_equal(b->lag_s, 120);
    expect_number(b->coverage, 0.8);
    assert_true(b->as_instant && !a->as_instant);
    assert_int_equal(b->missing, MISSING_UNKNOWN);
    assert_int_equal(c->missing_while, -1);
    arena_release(&arena);
}

struct span_case {
    const char *yaml;
    uint8_t days;
    bool has_dates;
    int32_t first, last, from_min, to_min;
};

static void test_windows(void **state)
{
    (void)state;
    static const struct span_case cases[] = {
        {"{days: mon-fri, zone: UTC}", 0x1F, false, 0, 0, 0, 1440},
        {"{days: fri-mon, zone: UTC}", 0x71, false, 0, 0, 0, 1440},
        {"{days: \"mon,wed, fri\", zone: UTC}", 0x15, false, 0, 0, 0, 1440},
        {"{days: [mon, sat-sun], zone: UTC}", 0x61, false, 0, 0, 0, 1440},
        {"{from: \"22:00\", to: \"06:30\", zone: UTC}", 0x7F, false, 0, 0, 1320, 390},
        {"{from: \"00:00\", to: \"24:00\", zone: UTC}", 0x7F, false, 0, 0, 0, 1440},
        {"{dates: 1970-01-02, zone: UTC}", 0x7F, true, 1, 1, 0, 1440},
        {"{dates: \"1970-01-02..1970-02-01\", days: sun, zone: UTC}", 0x40, true, 1, 31, 0, 1440},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        char yaml[512];
        snprintf(yaml, sizeof yaml, "policy: 1\nname: t\nwindows:\n  w: %s\n", cases[i].yaml);
        const struct window_span *span = &load_text(&arena, yaml)->windows[0].spans[0];
        bool good = span->days == cases[i].days && span->has_dates == cases[i].has_dates &&
                    span->first_date == cases[i].first && span->last_date == cases[i].last &&
                    span->from_min == cases[i].from_min && span->to_min == cases[i].to_min && span->zone;
        if (!good)
            fail_msg("%s: days %x dates %d %d..%d %d-%d", cases[i].yaml, span->days, span->has_dates, span->first_date,
                     span->last_date, span->from_min, span->to_min);
        arena_release(&arena);
    }
}

static void test_window_of_spans(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct policy *policy =
        load_text(&arena, "policy: 1\nname: t\nwindows:\n  w:\n"
                          "    - {days: mon, zone: UTC, except: [1970-01-02, \"1970-01-03\"]}\n"
                          "    - {days: tue, zone: UTC}\n");
    assert_int_equal(policy->windows[0].span_count, 2);
    assert_int_equal(policy->windows[0].spans[0].except_count, 2);
    assert_int_equal(policy->windows[0].spans[0].except[1], 2);
    assert_int_equal(policy->windows[0].spans[1].days, 2);
    arena_release(&arena);
}

static void test_rules(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct policy *policy = load_text(
        &arena, "policy: 1\nname: t\nlimits: {max_count: 3, max_slept: 50%, max_killed: 4}\ncold_start: 2m\nwake:\n"
                "  - {rule: a, when: desired == 0, scale_to: 3, message: \"{{up}}\"}\n"
                "  - {rule: b, when: desired > 2, refuse: true}\n"
                "  - {rule: c, status: starting}\n"
                "  - {rule: d}\n"
                "sleep:\n  - {rule: a, scale_to: 0}\n" KILL);
    const struct rule *rules = policy->behaviours[BEHAVIOUR_WAKE].rules;
    assert_int_equal(policy->behaviours[BEHAVIOUR_WAKE].count, 4);
    expect_text(rules[0].status, "waking");
    expect_text(rules[1].status, "no_change");
    expect_text(rules[2].status, "starting");
    expect_text(rules[3].status, "no_change");
    expect_text(policy->behaviours[BEHAVIOUR_SLEEP].rules[0].status, "scaled_down");
    assert_true(rules[0].when != 0 && rules[0].scale_to != 0 && !rules[0].refuse);
    assert_true(rules[1].refuse && rules[1].scale_to == 0);
    assert_true(rules[3].when == 0);
    expect_text(rules[0].message.pieces[0].literal, "{up}");
    expect_text(rules[3].message.pieces[0].literal, "Decided by rule 'd'");
    assert_int_equal(rules[1].place.line, 7);
    assert_int_equal(rules[1].place.column, 12);
    assert_int_equal(policy->behaviours[BEHAVIOUR_WAKE].place.line, 5);
    assert_int_equal(policy->max_count, 3);
    assert_true(policy->max_slept.percent && !policy->max_killed.percent);
    expect_number(policy->max_slept.amount, 50);
    expect_number(policy->max_killed.amount, 4);
    assert_int_equal(policy->cold_start_s, 120);
    arena_release(&arena);
}

static void test_schedules(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct policy *policy =
        load_text(&arena, "policy: 1\nname: t\nschedule: {kill: cron(0 23 * * ? *), stale_after: 90s}\n" KILL);
    assert_non_null(policy->schedules[BEHAVIOUR_KILL]);
    assert_null(policy->schedules[BEHAVIOUR_SLEEP]);
    expect_text(policy->schedules[BEHAVIOUR_KILL]->expression, "cron(0 23 * * ? *)");
    assert_int_equal(policy->stale_after_s, 90);
    arena_release(&arena);
}

static void expect_digest(const struct memory_file files[MEMORY_FILES], const char *expected)
{
    struct arena arena = {0};
    struct buffer digest;
    buffer_init(&digest, DUMP_BYTES);
    policy_digest(memory_policy(&arena, files), &digest);
    expect_text(buffer_text(&digest), expected);
    buffer_release(&digest);
    arena_release(&arena);
}

static void test_digest(void **state)
{
    (void)state;
    const struct memory_file one[MEMORY_FILES] = {{"p.yaml", "policy: 1\nname: t\n"}};
    const struct memory_file two[MEMORY_FILES] = {{"p.yaml", "policy: 1\nname: t\nextends: b.yaml\n"},
                                                  {"b.yaml", "policy: 1\n"}};
    const struct memory_file other[MEMORY_FILES] = {{"p.yaml", "policy: 1\nname: t\nextends: b.yaml\n"},
                                                    {"b.yaml", "policy: 1\n\n"}};
    // printf 'policy: 1\nname: t\n' | sha256sum
    expect_digest(one, "sha256:f88f57af8aa55b54888ca5df822b703e9b6b8b5a90b4328dd370cee8497a2433");
    // printf 'policy: 1\nname: t\nextends: b.yaml\n\0policy: 1\n' | sha256sum
    expect_digest(two, "sha256:2f8882a7772da25ccb9c3c3a87d44e208473e1d4ef2b7662b66d542897d4c696");
    // printf 'policy: 1\nname: t\nextends: b.yaml\n\0policy: 1\n\n' | sha256sum
    expect_digest(other, "sha256:a84565f6eb94f0bb8ebeab4bb615a7e45b94993fd8c300064cec683150fb2de3");
}

static void dump_of(const struct memory_file files[MEMORY_FILES], struct buffer *out)
{
    struct arena arena = {0};
    buffer_init(out, DUMP_BYTES);
    policy_dump(memory_policy(&arena, files), out);
    arena_release(&arena);
}

#define WHOLE                                                                                                          \
    "targets: [{cluster: c, service: \"s-*\"}]\n"                                                                      \
    "params:\n  p: {default: 15m, min: 5m, max: 1d, env: P, request: p}\n  n: {default: 1.5}\n"                        \
    "metrics:\n  m: {namespace: N, metric: \"M\\\"\", stat: Sum, period: 60s, dimensions: {B: \"{service}\", A: x}, "  \
    "missing: {is: 0, while: none}}\n"                                                                                 \
    "windows:\n  w: [{days: mon-tue, from: \"08:00\", to: \"24:00\", zone: UTC, except: [2026-12-25]}, "               \
    "{dates: 2026-12-24..2027-01-02, zone: UTC}]\n"                                                                    \
    "let: {z: avg(m over p), a: z * n}\nreport: {field: a}\nlimits: {max_slept: 50%}\n"                                \
    "schedule: {sleep: rate(5 minutes)}\nsleep:\n"                                                                     \
    "  - {rule: one, when: now in w, message: \"a \\\"b\\\" {a:.1f}\"}\n"                                              \
    "  - {rule: two, when: a > 1, scale_to: 0}\n  - {rule: three, message: \"{now:iso}\"}\n"

static void test_dump(void **state)
{
    (void)state;
    const struct memory_file files[MEMORY_FILES] = {{"p.yaml", "policy: 1\nname: whole\n" WHOLE}};
    struct buffer found;
    dump_of(files, &found);
    expect_text(buffer_text(&found),
                "policy 1 \"whole\"\n"
                "target c/s-*\n"
                "cold_start 1m15s\n"
                "stale_after 5m\n"
                "limits max_count 10 max_slept 50%\n"
                "param n number default 1.5\n"
                "param p duration default 15m min 5m max 1d unit 1m env P request p\n"
                "metric m \"N\" \"M\\\"\" Sum period 1m lag 2m coverage 0.8 missing is 0 while none "
                "dimensions \"A\"=\"x\" \"B\"=\"{service}\"\n"
                "window w\n"
                "  mon tue 08:00-24:00 UTC except 2026-12-25\n"
                "  2026-12-24..2027-01-02 UTC\n"
                "let a = (z * n)\n"
                "let z = avg(m over p)\n"
                "report field = a\n"
                "schedule sleep rate(5 minutes) UTC\n"
                "sleep\n"
                "  rule one\n"
                "    when (now in w)\n"
                "    status no_change\n"
                "    message \"a \\\"b\\\" \" {a:.1f}\n"
                "  rule two\n"
                "    when (a > 1)\n"
                "    scale_to 0\n"
                "    status scaled_down\n"
                "    message \"Decided by rule 'two'\"\n"
                "  rule three\n"
                "    status no_change\n"
                "    message {now:iso}\n");
    buffer_release(&found);
}

// What decides alike dumps alike: names in another order, split over files, said at length.
static void test_dump_is_canonical(void **state)
{
    (void)state;
    const struct memory_file plain[MEMORY_FILES] = {
        {"p.yaml",
         "policy: 1\nname: t\nlet: {a: 1 + 2, b: a}\nkill:\n  - {rule: k, when: (a) > 3, scale_to: 0, status: "
         "killed, message: m}\n  - {rule: l, message: m}\n"}};
    const struct memory_file split[MEMORY_FILES] = {
        {"p.yaml", "name: \"t\"\nextends: b.yaml\npolicy: 1\ncold_start: 75s\nlet: {b: a}\nlimits: {max_count: 10}\n"},
        {"b.yaml", "policy: 1\nname: b\nkill:\n  - rule: k\n    when: a > 3  # three\n    scale_to: 0\n    status: "
                   "killed\n    message: m\n  - {rule: l, status: no_change, message: m}\nlet: {a: 1+2}\n"}};
    struct buffer first, second;
    dump_of(plain, &first);
    dump_of(split, &second);
    assert_true(first.n > 0);
    expect_text(buffer_text(&first), second.p);
    buffer_release(&first);
    buffer_release(&second);
}

static void test_lua(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct memory_file files[MEMORY_FILES] = {
        {"p.lua", "return {policy = 1, name = 'l', extends = 'b.yaml', targets = {},\n"
                  "  params = {p = {default = '15m'}, q = {default = 2}, r = {default = true}, t = {default = 'x'}},\n"
                  "  windows = {w = {days = 'mon', from = '08:00', to = '09:00', zone = 'UTC'}},\n"
                  "  sleep = {rules = {'one', 'two'}, decide = function(s) return {rule = 'one'} end}}\n"},
        {"b.yaml", "policy: 1\nname: b\n" KILL}};
    const struct policy *policy = memory_policy(&arena, files);
    const struct behaviour_rules *sleep = &policy->behaviours[BEHAVIOUR_SLEEP];
    assert_true(sleep->present && sleep->scripted);
    assert_int_equal(sleep->script_source, 0);
    assert_int_equal(sleep->count, 2);
    expect_text(sleep->rules[1].name, "two");
    assert_false(policy->behaviours[BEHAVIOUR_KILL].scripted);
    for (size_t i = 0; i < policy->param_count; i++) {
        const struct param *param = &policy->params[i];
        enum type type = text_is(param->name, "p")   ? TYPE_DURATION
                         : text_is(param->name, "q") ? TYPE_NUMBER
                         : text_is(param->name, "r") ? TYPE_BOOLEAN
                                                     : TYPE_TEXT;
        assert_int_equal(param->type, type);
    }
    arena_release(&arena);
}

static void test_unreadable(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    struct sources sources = {0};
    const struct memory_file files[MEMORY_FILES] = {{"p.yaml", ""}};
    struct file_reader reader = memory_reader(files);
    diags_init(&diags, &arena);
    assert_null(policy_load(&arena, &reader, TEXT("none.yaml"), &diags, &sources));
    assert_int_equal(sources.count, 0);
    expect_text(diags.items[0].text, "none.yaml cannot be read: no such file");
    diags_init(&diags, &arena);
    assert_null(policy_load(&arena, &reader, TEXT("p.txt"), &diags, &sources));
    expect_text(diags.items[0].text, "p.txt cannot be read: a policy file ends in .yaml, .yml or .lua");
    arena_release(&arena);
}

// Each row says what it is; what holds others says what they are.
static void check_record(const struct record *record, int depth)
{
    assert_true(depth < 8);
    assert_true(strlen(record->what) > 0 && strlen(record->doc) > 0);
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        bool holds = field->kind == FIELD_RECORD || field->kind == FIELD_LIST || field->kind == FIELD_MAP ||
                     field->kind == FIELD_WINDOWS || field->kind == FIELD_BEHAVIOUR;
        if (!field->doc || field->doc[strlen(field->doc) - 1] != '.')
            fail_msg("%s: %s has no sentence", record->what, field->name);
        assert_non_null(field_kinds[field->kind].phrase);
        assert_true((field->kind == FIELD_CHOICE) == (field->choices != NULL));
        assert_true(holds == (field->record != NULL));
        if (field->record)
            check_record(field->record, depth + 1);
    }
}

static void test_field_table(void **state)
{
    (void)state;
    check_record(&policy_record, 0);
    check_record(&edit_record, 0);
    check_record(&script_record, 0);
    for (size_t i = 0; i < FIELD_KIND_COUNT; i++)
        assert_true(field_kinds[i].phrase && field_kinds[i].shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_window_of_spans),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_dump_is_canonical),
        cmocka_unit_test(test_lua),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_field_table),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL) != 0;
}
