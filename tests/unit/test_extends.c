// `extends`: chains of files, merged maps, edited behaviours.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/memory_files.h"

static const struct load_case cases[] = {
    {"a clash across files",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "params: {a: {default: 1m}}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"
                    "let: {a: 1}\n"}},
     "base.yaml:7:7 clash: the let 'a' needs another name: the param in line 4 of p.yaml has it "
     "already\n"},
    {"extends: edits in order",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "sleep:\n"
                 "  - {before: idle, add: [{rule: office, when: now in office}]}\n"
                 "  - {after: office, add: [{rule: late, when: uptime < 1m}]}\n"
                 "  - {replace: stopped, with: {when: desired < 1}}\n"
                 "  - {remove: late}\n"
                 "windows: {office: {days: mon-fri, zone: UTC}}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     ""},
    {"extends: an edit alone",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "sleep: {remove: idle}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     ""},
    {"extends: a list replaces",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "sleep:\n"
                 "  - {rule: mine}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     ""},
    {"extends: edits that miss",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "sleep:\n"
                 "  - {before: idel, add: []}\n"
                 "  - {remove: nothing}\n"
                 "wake: {remove: start}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     "p.yaml:5:14 edit: sleep has no inherited rule 'idel' (did you mean 'idle'?)\n"
     "p.yaml:6:14 edit: sleep has no inherited rule 'nothing'\n"
     "p.yaml:7:7 edit: this edits rules of wake, but nothing is inherited\n"},
    {"extends: wrong edits",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "sleep:\n"
                 "  - {before: idle, after: idle, add: []}\n"
                 "  - {before: idle}\n"
                 "  - {replace: idle, add: []}\n"
                 "  - {remove: idle, with: {rule: x}}\n"
                 "  - {add: []}\n"
                 "  - {after: idle, ad: []}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     "p.yaml:5:20 edit: an edit does one thing; this one has both 'before' and 'after': make "
     "them two items of a list\n"
     "p.yaml:6:6 edit: 'before' needs 'add', as in {before: idle, add: [{rule: office, when: "
     "now in office}]}\n"
     "p.yaml:7:6 edit: 'replace' needs 'with', as in {replace: idle, with: {rule: idle, when: "
     "desired > 0, scale_to: 0}}\n"
     "p.yaml:7:21 edit: 'add' does not go with 'replace'\n"
     "p.yaml:8:20 edit: 'with' does not go with 'remove'\n"
     "p.yaml:9:5 edit: an edit says which inherited rule it is about: before, after, replace or "
     "remove\n"
     "p.yaml:10:19 unknown-key: an edit has no field 'ad' (did you mean 'add'?)\n"},
    {"extends: rules among edits",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "sleep:\n"
                 "  - {remove: idle}\n"
                 "  - {rule: x}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     "p.yaml:6:5 edit: sleep mixes rules with edits of inherited rules: it is a list of the one "
     "or of the other\n"},
    {"edits without a parent",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "sleep: {remove: idle}\n"}},
     "3:8 edit: this edits rules of sleep, but nothing is inherited\n"},
    {"extends: a fault of the parent keeps its place",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"
                    "limits: {max_count: x}\n"}},
     "base.yaml:7:21 type: 'max_count' of 'limits' must be a whole number such as 10; found the "
     "text 'x'\n"},
    {"extends: maps merge, the child's part is where the child wrote it",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "limits: {max_slept: x}\n"
                 "params: {a: {min: 2m}}\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"
                    "limits: {max_count: 0}\n"
                    "params: {a: {default: 1m}}\n"}},
     "p.yaml:4:21 type: 'max_slept' of 'limits' must be a count or a percentage such as 50%; "
     "found the text 'x'\n"
     "base.yaml:7:21 range: 'max_count' of 'limits' must be from 1 to 5000; found 0\n"
     "base.yaml:8:23 range: 'default' of param 'a' is below its 'min' of 2m\n"},
    {"extends: a circle",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"},
      {"base.yaml", "policy: 1\n"
                    "extends: ./x/../p.yaml\n"}},
     "base.yaml:2:10 extends: these files extend each other in a circle: p.yaml -> base.yaml -> "
     "p.yaml\n"},
    {"extends: itself",
     {{"p.yaml", "policy: 1\n"
                 "extends: p.yaml\n"}},
     "2:10 extends: these files extend each other in a circle: p.yaml -> p.yaml\n"},
    {"extends: no such file",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"}},
     "3:10 extends: 'base.yaml' cannot be read: no such file\n"},
    {"extends: another kind of file",
     {{"p.yaml", "policy: 1\n"
                 "extends: /etc/passwd\n"}},
     "2:10 extends: '/etc/passwd' cannot be read: a policy file ends in .yaml, .yml or .lua\n"},
    {"extends: not a path",
     {{"p.yaml", "policy: 1\n"
                 "extends: [a]\n"}},
     "2:10 type: 'extends' must be the path of a policy file, such as base.yaml; found a list\n"},
    {"extends: the parent says its version too",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"},
      {"base.yaml", "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     "base.yaml:1:1 version: a policy file says 'policy: 1', the language's version\n"},
    {"extends: faults of both files",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"
                 "colour: red\n"},
      {"base.yaml", "a: 1\n"
                    "a: 2\n"}},
     "p.yaml:4:1 unknown-key: a policy has no field 'colour'; its fields are policy, name, "
     "extends, targets, params, metrics, windows, let, cold_start, limits, wake, sleep, kill, "
     "schedule, report\n"
     "base.yaml:1:1 version: a policy file says 'policy: 1', the language's version\n"
     "base.yaml:1:1 unknown-key: a policy has no field 'a'; its fields are policy, name, "
     "extends, targets, params, metrics, windows, let, cold_start, limits, wake, sleep, kill, "
     "schedule, report\n"
     "base.yaml:2:1 duplicate-key: the key 'a' is in line 1 already\n"},
    {"the name is inherited",
     {{"p.yaml", "policy: 1\n"
                 "extends: base.yaml\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"}},
     ""},
    {"Lua: a behaviour cannot be edited",
     {{"p.yaml", "policy: 1\n"
                 "extends: base.lua\n"
                 "sleep: {remove: idle}\n"},
      {"base.lua", "return {policy = 1, name = \"b\",\n"
                   " sleep = {rules = {\"idle\"}, decide = function(s) end}}\n"}},
     "p.yaml:3:8 edit: this edits rules of sleep, but the inherited one is a Lua function, "
     "which can only be replaced as a whole\n"},
    {"Lua: a behaviour can be replaced",
     {{"p.yaml", "policy: 1\n"
                 "extends: base.lua\n"
                 "sleep:\n"
                 "  - {rule: mine}\n"},
      {"base.lua", "return {policy = 1, name = \"b\",\n"
                   " sleep = {rules = {\"idle\"}, decide = function(s) end}}\n"}},
     ""},
    {"Lua: a function alone, misspelt names",
     {{"p.lua", "return {policy = 1, name = \"b\",\n"
                "  sleep = function(s) end,\n"
                "  wake = {rules = {\"A b\", \"c\", \"c\", 3}, decide = function(s) end},\n"
                "  kill = {rules = {}, decid = 3},\n"
                "}\n"}},
     "2:11 type: sleep must be a list of rules, or a table with the rules' names and the "
     "function: {rules = {\"stopped\", \"idle\"}, decide = function(s) ... end}\n"
     "3:20 name: the name 'A b' is made of small letters, digits and '_': write 'a_b'\n"
     "3:32 clash: wake has a rule 'c' already, in line 3\n"
     "3:37 name: the name '3' is made of small letters, digits and '_', and begins with a "
     "letter\n"
     "4:10 missing-key: kill needs 'decide', a Lua function such as function(s) ... end\n"
     "4:23 unknown-key: a Lua behaviour has no field 'decid' (did you mean 'decide'?)\n"},
};

static void test_cases(void **state)
{
    (void)state;
    assert_int_equal(load_cases_failed(cases, sizeof cases / sizeof *cases), 0);
}

// The names of the rules of sleep, in their order.
static void expect_rules(const struct memory_file files[MEMORY_FILES], const char *expected)
{
    struct arena arena = {0};
    struct buffer found;
    buffer_init(&found, 1024);
    const struct behaviour_rules *rules = &memory_policy(&arena, files)->behaviours[BEHAVIOUR_SLEEP];
    for (size_t i = 0; i < rules->count; i++)
        buffer_printf(&found, "%s%.*s", i ? " " : "", TEXT_ARG(rules->rules[i].name));
    if (!text_is(buffer_text(&found), expected))
        fail_msg("rules: %.*s; expected: %s", TEXT_ARG(buffer_text(&found)), expected);
    buffer_release(&found);
    arena_release(&arena);
}

#define BASE                                                                                                           \
    "policy: 1\nname: base\nsleep:\n"                                                                                  \
    "  - {rule: a, when: desired == 0}\n  - {rule: b, when: desired == 1, scale_to: 0}\n  - {rule: c}\n"
#define CHILD "policy: 1\nname: child\nextends: base.yaml\nsleep:"

struct edit_case {
    const char *sleep;
    const char *rules;
};

static void test_edits(void **state)
{
    (void)state;
    static const struct edit_case edits[] = {
        {" {before: a, add: [{rule: x, when: desired > 2}]}", "x a b c"},
        {" {before: c, add: [{rule: x, when: desired > 2}, {rule: y, when: desired > 3}]}", "a b x y c"},
        {" {after: a, add: [{rule: x, when: desired > 2}]}", "a x b c"},
        {" {after: c, add: []}", "a b c"},
        {" {replace: b, with: {rule: x, when: desired > 2}}", "a x c"},
        {" {replace: b, with: {when: desired > 2}}", "a b c"},
        {" {remove: a}", "b c"},
        {" [{remove: b}, {after: a, add: [{rule: b, when: desired > 2}]}]", "a b c"},
        {" [{after: a, add: [{rule: x, when: desired > 2}]}, {replace: x, with: {rule: y, when: desired > 4}}]",
         "a y b c"},
        {" [{rule: mine}]", "mine"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char child[1024];
        snprintf(child, sizeof child, "%s%s\n", CHILD, edits[i].sleep);
        const struct memory_file files[MEMORY_FILES] = {{"child.yaml", child}, {"base.yaml", BASE}};
        expect_rules(files, edits[i].rules);
    }
}

static void test_edits_of_edits(void **state)
{
    (void)state;
    const struct memory_file files[MEMORY_FILES] = {
        {"one.yaml", "policy: 1\nname: one\nextends: two.yaml\nsleep: {remove: x}\n"},
        {"two.yaml", "policy: 1\nextends: base.yaml\nsleep: {before: b, add: [{rule: x, when: desired > 2}, "
                     "{rule: y, when: desired > 3}]}\n"},
        {"base.yaml", BASE}};
    expect_rules(files, "a y b c");
}

// Nodes keep the place where they were written.
static void test_places(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct memory_file files[MEMORY_FILES] = {
        {"child.yaml", CHILD " {before: b, add: [{rule: x, when: desired > 2}]}\nparams: {p: {default: 9m}}\n"},
        {"base.yaml", BASE "params: {p: {default: 5m, min: 1m}, q: {default: 1}}\n"}};
    const struct policy *policy = memory_policy(&arena, files);
    const struct rule *rules = policy->behaviours[BEHAVIOUR_SLEEP].rules;
    assert_int_equal(policy->sources.count, 2);
    assert_true(text_is(policy->sources.items[0].path, "child.yaml"));
    assert_int_equal(rules[0].place.source, 1);
    assert_int_equal(rules[1].place.source, 0);
    assert_int_equal(rules[1].place.line, 4);
    assert_int_equal(policy->places[rules[1].when].source, 0);
    assert_int_equal(policy->places[rules[2].when].source, 1);
    // A param that is only refined stays where it was made.
    assert_int_equal(policy->params[0].place.source, 1);
    assert_true(policy->params[0].fallback.number == 540 && policy->params[0].min == 60);
    assert_int_equal(policy->param_count, 2);
    arena_release(&arena);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct memory_file cases_of_paths[][MEMORY_FILES] = {
        {{"p/a.yaml", "policy: 1\nname: a\nextends: b.yaml\n"}, {"p/b.yaml", "policy: 1\n"}},
        {{"p/a.yaml", "policy: 1\nname: a\nextends: ./b.yaml\n"}, {"p/b.yaml", "policy: 1\n"}},
        {{"p/a.yaml", "policy: 1\nname: a\nextends: ../q/b.yaml\n"}, {"q/b.yaml", "policy: 1\n"}},
        {{"../a.yaml", "policy: 1\nname: a\nextends: ../b.yml\n"}, {"../../b.yml", "policy: 1\n"}},
        {{"a.yaml", "policy: 1\nname: a\nextends: x//y/../b.yaml\n"}, {"x/b.yaml", "policy: 1\n"}},
        {{"/e/a.yaml", "policy: 1\nname: a\nextends: ../../b.yaml\n"}, {"/b.yaml", "policy: 1\n"}},
        {{"a.yaml", "policy: 1\nname: a\nextends: /z/b.yaml\n"}, {"/z/b.yaml", "policy: 1\n"}},
    };
    for (size_t i = 0; i < sizeof cases_of_paths / sizeof *cases_of_paths; i++) {
        struct arena arena = {0};
        assert_int_equal(memory_policy(&arena, cases_of_paths[i])->sources.count, 2);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),  cmocka_unit_test(test_edits), cmocka_unit_test(test_edits_of_edits),
        cmocka_unit_test(test_places), cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests_name("extends", tests, NULL, NULL) != 0;
}
