// Faults of the sections: targets, limits, params, metrics, windows, schedules.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/support/memory_files.h"

static const struct load_case cases[] = {
    {"targets",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "targets:\n"
                 "  - {cluster: \"a b\", service: s}\n"
                 "  - {cluster: c, service: \"arn:aws:ecs:eu-west-1:1:service/c/s\"}\n"
                 "  - fluidity\n"
                 "  - {cluster: \"\", service: s}\n"}},
     "4:17 target: 'cluster' of a target is made of letters, digits, '-' and '_', and of '*' "
     "and '?' as a glob\n"
     "5:27 target: 'service' of a target is a name, not an ARN: write what stands behind the "
     "last '/'\n"
     "6:5 type: a target must be a map such as {cluster: fluidity, service: fluidity-server}; "
     "found the text 'fluidity'\n"
     "7:15 range: 'cluster' of target 4 must not be empty\n"},
    {"limits",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "limits: {max_count: 0, max_slept: 110%, max_killed: 1.5}\n"}},
     "3:21 range: 'max_count' of 'limits' must be from 1 to 5000; found 0\n"
     "3:35 range: 'max_slept' of 'limits' must be from 0% to 100%; found 110%\n"
     "3:53 range: 'max_killed' of 'limits' must be a whole count, or a percentage such as 50%; "
     "found 1.5\n"},
    {"limits, spelt wrongly",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "limits: {max_count: 010, max_slept: \"5\", max_killed: -1}\n"}},
     "3:21 number: 'max_count' of 'limits' begins with a zero, which some read as octal: write "
     "10\n"
     "3:37 type: 'max_slept' of 'limits' must be a count or a percentage such as 50%; found the "
     "quoted text '5'\n"
     "3:54 range: 'max_killed' of 'limits' must be a whole count, or a percentage such as 50%; "
     "found -1\n"},
    {"a start that takes too long",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "cold_start: 2h\n"}},
     "3:13 range: 'cold_start' must be from 0s to 1h; found 2h\n"},
    {"params: types",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 15m, min: 5}\n"
                 "  b: {default: \"x\", min: 1}\n"
                 "  c: {default: hello}\n"
                 "  d: {default: 010}\n"
                 "  e: {min: 1m}\n"
                 "  f: 15m\n"
                 "  g: {default: true, unit: minutes}\n"
                 "  h: {default: 9007199254740993}\n"}},
     "4:26 type: 'min' of param 'a' must be a duration as the default is; found the number 5\n"
     "5:26 type: 'min' of param 'b' goes with durations and numbers only; the default is a "
     "text\n"
     "6:16 type: 'default' of param 'c' must be a duration such as 15m, a number, true or "
     "false, or a quoted text; write \"hello\" if it is a text\n"
     "7:16 number: 'default' of param 'd' begins with a zero, which some read as octal: write "
     "10\n"
     "8:3 missing-key: param 'e' needs 'default', a duration, a number, true, false or a quoted "
     "text such as 15m\n"
     "9:6 type: param 'f' must be a map such as {default: 15m, min: 5m, max: 24h}; found the "
     "text '15m'\n"
     "10:28 type: 'unit' of param 'g' goes with durations only; the default is a boolean\n"
     "11:16 number: 'default' of param 'h' has more digits than a number keeps; "
     "9007199254740992 (2^53) is the most\n"},
    {"params: order of bounds",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 1m, min: 5m}\n"
                 "  b: {default: 9, max: 5}\n"
                 "  c: {default: 5m, min: 9m, max: 8m}\n"}},
     "4:16 range: 'default' of param 'a' is below its 'min' of 5m\n"
     "5:16 range: 'default' of param 'b' is above its 'max' of 5\n"
     "6:25 range: 'min' of param 'c' is above its 'max' of 8m\n"},
    {"params: where they come from",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 1m, env: A_B, request: a_b, unit: weeks}\n"
                 "  b: {default: 1m, env: A_B, request: a_b, unit: minute}\n"
                 "  c: {default: 1m, env: a-b, request: A}\n"}},
     "4:50 choice: 'unit' of param 'a' must be one of seconds, minutes, hours, days; found the "
     "text 'weeks'\n"
     "5:25 clash: the variable A_B sets param 'a' already\n"
     "5:39 clash: the request field 'a_b' sets param 'a' already\n"
     "5:50 choice: 'unit' of param 'b' must be one of seconds, minutes, hours, days; found the "
     "text 'minute' (did you mean 'minutes'?)\n"
     "6:25 name: 'env' of param 'c' must be capitals, digits and '_' such as "
     "IDLE_THRESHOLD_MINUTES, at most 64 long; found the text 'a-b'\n"
     "6:39 name: 'request' of param 'c' must be small letters, digits and '_' such as "
     "idle_threshold_mins, at most 64 long; found the text 'A'\n"},
    {"metrics",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  a: {namespace: N, metric: M, stat: avg, period: 90s, dimensions: {A: b}}\n"
                 "  b: {namespace: N, metric: M, stat: tm90, period: 60, dimensions: {}}\n"
                 "  c: {namespace: N, metric: M, stat: p99.9, period: 60s, coverage: 0, lag: 2d, as: text, "
                 "dimensions: {A: b}}\n"
                 "  d: {metric: M}\n"
                 "  e: 3\n"}},
     "4:38 statistic: 'stat' of metric 'a' must be Average, Sum, Minimum, Maximum, SampleCount "
     "or a percentile such as p99 or p99.9; found the text 'avg' (did you mean 'Average'?)\n"
     "4:51 period: 'period' of metric 'a' must be 1s, 5s, 10s, 20s, 30s or whole minutes; found "
     "90s\n"
     "5:38 statistic: 'stat' of metric 'b' must be Average, Sum, Minimum, Maximum, SampleCount "
     "or a percentile such as p99 or p99.9; found the text 'tm90'\n"
     "5:52 type: 'period' of metric 'b' must be a duration such as 60s; found the number 60\n"
     "5:68 dimension: metric 'b' has 0 dimensions; CloudWatch takes 1 to 30\n"
     "6:68 range: 'coverage' of metric 'c' must be above 0 and at most 1; found 0\n"
     "6:76 range: 'lag' of metric 'c' must be from 0s to 1d; found 2d\n"
     "6:84 choice: 'as' of metric 'c' must be one of number, instant; found the text 'text'\n"
     "7:3 missing-key: metric 'd' needs 'namespace', a text such as AWS/ECS\n"
     "7:3 missing-key: metric 'd' needs 'stat', a statistic of CloudWatch such as Average\n"
     "7:3 missing-key: metric 'd' needs 'period', a duration such as 60s\n"
     "7:3 missing-key: metric 'd' needs 'dimensions', a map from names to texts such as "
     "{ClusterName: \"{cluster}\", ServiceName: \"{service}\"}\n"
     "8:6 type: metric 'e' must be a map such as {namespace: AWS/ECS, metric: CPUUtilization, "
     "stat: Average, period: 60s, dimensions: {...}}; found the number 3\n"},
    {"metrics: dimensions",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  a: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: {service}, B: "
                 "\"{servic}\", C: \"{tag:}\", D: \"x}\", E: \"{tag:k}-{cluster}\", F: \"{\", G: \"\"}}\n"}},
     "4:72 dimension: YAML reads braces as a map: quote the dimension 'A' as in A: "
     "\"{service}\"\n"
     "4:87 dimension: a dimension may hold {cluster}, {service} and {tag:KEY}; '{servic}' is "
     "none of them (did you mean 'service'?)\n"
     "4:102 dimension: a dimension may hold {cluster}, {service} and {tag:KEY}; '{tag:}' is "
     "none of them\n"
     "4:116 dimension: a '}' without its '{'\n"
     "4:148 dimension: this '{' is not closed\n"
     "4:155 dimension: the dimension 'G' of metric 'a' must be a text of 1 to 1024 bytes such "
     "as \"{service}\"; found an empty text\n"},
    {"metrics: missing",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  a: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: "
                 "0}}\n"
                 "  b: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: "
                 "0, while: b}}\n"
                 "  c: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: "
                 "0, while: none}}\n"
                 "  d: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: "
                 "0, while: c}}\n"
                 "  e: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: "
                 "0, while: aa}}\n"
                 "  f: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, as: instant, "
                 "missing: {is: 0, while: none}}\n"
                 "  g: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: {is: "
                 "\"0\", while: none}}\n"
                 "  h: {namespace: N, metric: M, stat: Sum, period: 60s, dimensions: {A: b}, missing: 0}\n"}},
     "4:85 missing-key: 'missing' of metric 'a' needs 'while', the name of another metric, or "
     "none, such as heartbeat\n"
     "5:100 missing: a metric cannot vouch for its own silence: name another in 'while'\n"
     "7:100 missing: the heartbeat 'c' has a 'missing' of its own, so it can never be silent: "
     "name one that has none\n"
     "8:100 missing: 'while' names a metric or is 'none'; there is no metric 'aa' (did you mean "
     "'a'?)\n"
     "9:98 missing: metric 'f' is an instant, and no instant stands for a missing one: leave "
     "'missing' out\n"
     "10:90 type: 'is' of 'missing' of metric 'g' must be a number such as 0; found the quoted "
     "text '0'\n"
     "11:85 type: 'missing' of metric 'h' must be a map such as {is: 0, while: heartbeat}; "
     "found the number 0\n"},
    {"windows",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "windows:\n"
                 "  a: {days: mon-fri, from: 08:00, to: \"18:00\", zone: UTC}\n"
                 "  b: {days: [mon, tuesday], zone: UTC}\n"
                 "  c: {from: \"08:00\", zone: UTC}\n"
                 "  d: {from: \"08:00\", to: \"08:00\", zone: UTC}\n"
                 "  e: {zone: UTC}\n"
                 "  f: {days: mon}\n"
                 "  g: {days: mon, from: \"24:00\", to: \"24:00\", zone: UTC}\n"
                 "  h: {dates: 2026-02-30, zone: UTC}\n"
                 "  i: {dates: 2026-03-02..2026-03-01, zone: UTC}\n"
                 "  j: {days: mon, zone: Mars/Olympus, except: 2026-12-25}\n"
                 "  k: []\n"
                 "  l: [{days: mon, zone: Mars/Olympus}, x]\n"}},
     "4:28 time: 'from' of window 'a' must be quoted, as some read plain 08:00 as a number: "
     "write \"08:00\"\n"
     "5:19 days: 'days' of window 'b' names days as mon, tue, wed, thu, fri, sat and sun, alone "
     "or as in mon-fri; found 'tuesday' (did you mean 'tue'?)\n"
     "6:13 span: window 'c' has 'from' without 'to': it needs both, or neither for whole days\n"
     "7:26 span: window 'd' ends when it begins: for whole days leave 'from' and 'to' out\n"
     "8:3 span: window 'e' says neither when nor on which days: it needs days, dates, or from "
     "and to\n"
     "9:3 missing-key: window 'f' needs 'zone', a time zone such as Europe/London\n"
     "10:24 time: 'from' of window 'g' must be before 24:00; midnight is \"00:00\"; found the "
     "quoted text '24:00'\n"
     "11:14 date: 'dates' of window 'h' must be a date such as 2026-12-24, or a range such as "
     "2026-12-24..2027-01-02; '2026-02-30' is no date\n"
     "12:14 date: 'dates' of window 'i' ends before it begins\n"
     "13:24 zone: 'zone' of window 'j' must be a time zone such as Europe/London or UTC; "
     "'Mars/Olympus': no such zone\n"
     "13:46 type: 'except' of window 'j' must be a list of dates such as [2026-12-25]; found "
     "the text '2026-12-25'\n"
     "14:6 span: window 'k' has no span\n"
     "15:25 zone: 'zone' of window 'l' must be a time zone such as Europe/London or UTC; "
     "'Mars/Olympus' is none\n"
     "15:40 type: window 'l' must be a map such as {days: mon-fri, from: \"08:00\", to: "
     "\"18:00\", zone: Europe/London}; found the text 'x'\n"},
    {"schedules",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "kill:\n"
                 "  - {rule: k, scale_to: 0, status: killed}\n"
                 "schedule: {kill: rate(1 minutes), sleep: hourly, zone: Mars/Olympus, stale_after: 0s}\n"}},
     "5:25 schedule: the schedule of kill: rate: the unit is singular for 1 and plural for all "
     "else; write rate(1 minute)\n"
     "5:42 schedule: the schedule of sleep: a schedule is rate(5 minutes) or cron(0 23 * * ? "
     "*)\n"
     "5:56 zone: 'zone' of 'schedule' must be a time zone such as Europe/London or UTC; "
     "'Mars/Olympus': no such zone\n"
     "5:83 range: 'stale_after' of 'schedule' must be from 1s to 1d; found 0s\n"},
    {"a schedule cut at a comma",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "kill:\n"
                 "  - {rule: k, scale_to: 0, status: killed}\n"
                 "schedule: {kill: cron(0 8,20 * * ? *)}\n"}},
     "5:18 cut-expression: YAML ends this text at a comma: quote the whole of it, as in kill: "
     "\"cron(0 8,20 * * ? *)\"\n"},
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
    return cmocka_run_group_tests_name("load_sections", tests, NULL, NULL) != 0;
}
