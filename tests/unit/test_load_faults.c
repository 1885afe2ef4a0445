// Faults of one policy file: each told once, with its place and what would be right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/support/memory_files.h"

static const struct load_case cases[] = {
    {"a whole policy",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "kill:\n"
                 "  - {rule: k, scale_to: 0, status: killed}\n"}},
     ""},
    {"unknown keys, with the nearest known",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "target: []\n"
                 "limits: {max_cuont: 3, colour: red}\n"}},
     "3:1 unknown-key: a policy has no field 'target' (did you mean 'targets'?)\n"
     "4:10 unknown-key: 'limits' has no field 'max_cuont' (did you mean 'max_count'?)\n"
     "4:24 unknown-key: 'limits' has no field 'colour'; its fields are max_count, max_slept, "
     "max_killed\n"},
    {"a text that was cut at commas",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "windows:\n"
                 "  w: {days: mon,wed,fri, zone: UTC}\n"
                 "kill:\n"
                 "  - {rule: k, message: Hello, world}\n"}},
     "4:13 cut-text: YAML ends this text at a comma: quote the whole of it, as in days: "
     "\"mon,wed,fri\"\n"
     "6:24 cut-text: YAML ends this text at a comma: quote the whole of it, as in message: "
     "\"Hello, world\"\n"},
    {"a file without version",
     {{"p.yaml", "name: t\n"}},
     "1:1 version: a policy file says 'policy: 1', the language's version\n"},
    {"another version",
     {{"p.yaml", "policy: 2\n"
                 "name: t\n"
                 "colour: red\n"}},
     "1:9 version: this is version 2 of the policy language; only version 1 is known here\n"},
    {"a version that is no number",
     {{"p.yaml", "policy: one\n"
                 "name: t\n"}},
     "1:9 version: 'policy' must be 1, the language's version; found the text 'one'\n"},
    {"no name", {{"p.yaml", "policy: 1\n"}}, "1:1 missing-key: a policy needs 'name', a text such as production\n"},
    {"wrong kinds",
     {{"p.yaml", "policy: 1\n"
                 "name: [a]\n"
                 "cold_start: 75\n"
                 "limits: 3\n"
                 "targets: x\n"
                 "let: []\n"
                 "kill: 5\n"
                 "report: {a: {}}\n"}},
     "2:7 type: 'name' must be a text such as production; found a list\n"
     "3:13 type: 'cold_start' must be a duration such as 75s; found the number 75\n"
     "4:9 type: 'limits' must be a map such as {max_count: 10, max_slept: 50%}; found the "
     "number 3\n"
     "5:10 type: 'targets' must be a list such as [{cluster: fluidity, service: "
     "fluidity-server}]; found the text 'x'\n"
     "6:6 type: 'let' must be a map from names to expressions such as {idle_time: "
     "since(max(last_activity over lookback))}; found an empty list\n"
     "7:7 type: 'kill' must be a list of rules such as [{rule: kill, scale_to: 0, status: "
     "killed}]; found the number 5\n"
     "8:13 type: 'a' of 'report' must be an expression such as since(woken_at); found an empty "
     "map\n"},
    {"no values",
     {{"p.yaml", "policy: 1\n"
                 "name:\n"
                 "let: {a: }\n"
                 "kill: ~\n"}},
     "2:6 type: 'name' has no value; it must be a text such as production\n"
     "3:10 type: 'a' of 'let' has no value; it must be an expression such as since(woken_at)\n"
     "4:7 type: 'kill' has no value; it must be a list of rules such as [{rule: kill, scale_to: "
     "0, status: killed}]\n"},
    {"names",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  idleTime: {default: 1m}\n"
                 "  running: {default: 1m}\n"
                 "  both: {default: 1m}\n"
                 "metrics:\n"
                 "  avg: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "let:\n"
                 "  both: 1\n"
                 "  over: 2\n"
                 "  p95: 3\n"
                 "  1x: 4\n"}},
     "4:3 name: the name 'idleTime' is made of small letters, digits and '_': write "
     "'idle_time'\n"
     "5:3 clash: the param 'running' needs another name: 'running' is a built-in name\n"
     "8:3 clash: the metric 'avg' needs another name: 'avg' is a function\n"
     "10:3 clash: the let 'both' needs another name: the param in line 6 has it already\n"
     "11:3 clash: the let 'over' needs another name: 'over' is a word of the language\n"
     "12:3 clash: the let 'p95' needs another name: 'p95' is a function\n"
     "13:3 name: the name '1x' is made of small letters, digits and '_': write 'x'\n"},
    {"rules",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "kill:\n"
                 "  - {rule: a, when: [x]}\n"
                 "  - {rule: B b, when: desired == 0}\n"
                 "  - {when: desired == 1}\n"
                 "  - x\n"
                 "  - {rule: a, scale_to: 1.5}\n"
                 "  - {rule: c, scale_to: 11}\n"
                 "  - {rule: d, scale_to: desired}\n"
                 "  - {rule: e, refuse: true, scale_to: 1}\n"
                 "  - {rule: f, refuse: yes}\n"}},
     "4:21 type: 'when' of rule 'a' must be an expression such as desired == 0; found a list\n"
     "5:12 name: the name 'B b' is made of small letters, digits and '_': write 'b_b'\n"
     "6:5 missing-key: rule 3 of kill needs 'rule', a name of small letters, digits and '_' "
     "such as idle\n"
     "7:5 type: a rule must be a map such as {rule: idle, when: desired > 0, scale_to: 0}; "
     "found the text 'x'\n"
     "8:12 clash: kill has a rule 'a' already, in line 4\n"
     "8:25 range: 'scale_to' must be a whole number from 0 to 10 (limits.max_count); this is "
     "1.5\n"
     "9:25 range: 'scale_to' must be a whole number from 0 to 10 (limits.max_count); this is "
     "11\n"
     "10:25 count-reads-count: scale_to may not read desired, running or pending\n"
     "11:15 refuse: a rule either refuses or scales: leave out 'refuse' or 'scale_to'\n"
     "12:23 type: 'refuse' of rule 'f' must be true or false; found the text 'yes'\n"},
    {"refusing to sleep",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "sleep:\n"
                 "  - {rule: a, refuse: true}\n"}},
     "4:15 refuse: 'refuse' turns requests down, and nobody requests sleep: leave 'scale_to' "
     "out to keep the count\n"},
    {"a list that can end",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "sleep:\n"
                 "  - {rule: a, when: desired == 0}\n"
                 "  - {rule: b, when: desired == 1}\n"}},
     "5:12 ending: sleep can end without a match, as each of its rules has a condition: end it "
     "with a rule without 'when'\n"},
    {"a list that ends with true",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "sleep:\n"
                 "  - {rule: a, when: desired == 0}\n"
                 "  - {rule: b, when: true}\n"}},
     ""},
    {"an empty list",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "sleep: []\n"}},
     "3:8 ending: sleep has no rule\n"},
    {"a map in place of a list",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "sleep: {rule: a, scale_to: 0}\n"
                 "wake: {colour: red}\n"}},
     "3:8 type: sleep must be a list of rules such as [{rule: idle, when: ..., scale_to: 0}]; "
     "found a map: begin the rule with '- '\n"
     "4:7 type: wake must be a list of rules such as [{rule: idle, when: ..., scale_to: 0}]; "
     "found a map\n"},
    {"report",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "report: {a b: 1, status: 2, ok: desired, wrong: desird}\n"
                 "kill:\n"
                 "  - {rule: k, scale_to: 0, status: killed}\n"}},
     "3:10 name: a field of the report is named by letters, digits and '_', at most 64, such as "
     "idleDurationSeconds\n"
     "3:18 clash: the answer has a field 'status' already\n"
     "3:49 unknown-name: unknown name 'desird' (did you mean 'desired'?)\n"},
    {"faults of many parts in one run",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {defalt: 1m}\n"
                 "metrics: {m: {}}\n"
                 "windows: {w: {}}\n"
                 "let: {x: 1 +}\n"
                 "kill:\n"
                 "  - {rule: k, when: nothing == 1, message: \"{open\"}\n"
                 "schedule: {kill: x}\n"
                 "report: {r: q}\n"}},
     "4:3 missing-key: param 'a' needs 'default', a duration, a number, true, false or a quoted "
     "text such as 15m\n"
     "4:7 unknown-key: a param has no field 'defalt' (did you mean 'default'?)\n"
     "5:11 missing-key: metric 'm' needs 'namespace', a text such as AWS/ECS\n"
     "5:11 missing-key: metric 'm' needs 'metric', a text such as CPUUtilization\n"
     "5:11 missing-key: metric 'm' needs 'stat', a statistic of CloudWatch such as Average\n"
     "5:11 missing-key: metric 'm' needs 'period', a duration such as 60s\n"
     "5:11 missing-key: metric 'm' needs 'dimensions', a map from names to texts such as "
     "{ClusterName: \"{cluster}\", ServiceName: \"{service}\"}\n"
     "6:11 missing-key: window 'w' needs 'zone', a time zone such as Europe/London\n"
     "6:11 span: window 'w' says neither when nor on which days: it needs days, dates, or from "
     "and to\n"
     "7:12 expression-syntax: a value is missing behind '+'\n"
     "9:21 unknown-name: unknown name 'nothing'\n"
     "9:45 message-syntax: this '{' is not closed; a brace that is meant as such is written {{\n"
     "10:18 schedule: the schedule of kill: a schedule is rate(5 minutes) or cron(0 23 * * ? "
     "*)\n"
     "11:13 unknown-name: unknown name 'q'\n"},
    {"a faulty let is told once",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "let: {a: 1 +, b: a + 1}\n"
                 "kill:\n"
                 "  - {rule: k, when: a > b, message: \"{a}\"}\n"
                 "  - {rule: l}\n"}},
     "3:12 expression-syntax: a value is missing behind '+'\n"},
};

static void test_cases(void **state)
{
    (void)state;
    assert_int_equal(load_cases_failed(cases, sizeof cases / sizeof *cases), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests_name("load_faults", tests, NULL, NULL) != 0;
}
