// Checks of the whole: bounds on spans and thresholds, and warnings of what is legal and surely not meant.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/support/memory_files.h"

static const struct load_case cases[] = {
    {"a span below lag and three periods",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "kill:\n"
                 "  - {rule: k, when: avg(m over 4m) > 1}\n"
                 "  - {rule: l}\n"}},
     "6:32 bound: this span is 4m; it must be at least 5m: the lag of 2m and three periods of "
     "1m of metric 'm'\n"},
    {"a span of just as much",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "kill:\n"
                 "  - {rule: k, when: avg(m over 5m) > 1}\n"
                 "  - {rule: l}\n"}},
     ""},
    {"params as spans",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 10m, min: 3m}\n"
                 "  b: {default: 10m}\n"
                 "  c: {default: 10m, min: 5m}\n"
                 "  d: {default: 10m, min: 2m}\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "let: {s: b, t: d * 2}\n"
                 "kill:\n"
                 "  - {rule: k, when: avg(m over a) + avg(m over s) + avg(m over c) + avg(m over t) > 1}\n"
                 "  - {rule: l}\n"}},
     "4:26 bound: 'min' of param 'a', a span of 'm', must be at least 5m: the lag of 2m and "
     "three periods of 1m of metric 'm'\n"
     "5:3 bound: param 'b' is a span of 'm' and needs a 'min' of at least 5m: the lag of 2m and "
     "three periods of 1m of metric 'm'\n"
     "12:80 bound: this span can be as short as 4m; it must be at least 5m: the lag of 2m and "
     "three periods of 1m of metric 'm'\n"},
    {"the largest demand on a param counts",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 1h, min: 5m}\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "  n: {namespace: N, metric: M, stat: Average, period: 300s, dimensions: {A: b}}\n"
                 "kill:\n"
                 "  - {rule: k, when: avg(m over a) + avg(n over a) > 1}\n"
                 "  - {rule: l}\n"}},
     "4:25 bound: 'min' of param 'a', a span of 'n', must be at least 17m: the lag of 2m and "
     "three periods of 5m of metric 'n'\n"},
    {"thresholds",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  t: {default: 10m, min: 1m}\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "  i: {namespace: N, metric: M, stat: Average, period: 60s, as: instant, dimensions: {A: "
                 "b}}\n"
                 "let:\n"
                 "  idle: since(max(i over 10m))\n"
                 "kill:\n"
                 "  - {rule: a, when: idle >= t}\n"
                 "  - {rule: b, when: 4m < quiet_for(m above 0 over 10m)}\n"
                 "  - {rule: c, when: since(deployed_at) < 1m}\n"
                 "  - {rule: d, when: \"least(idle, quiet_for(m above 0 over 10m)) > 2m\"}\n"
                 "  - {rule: l}\n"}},
     "4:26 bound: 'min' of param 't', a threshold on 'i', must be at least 5m: the lag of 2m "
     "and three periods of 1m of metric 'i'\n"
     "12:21 bound: this threshold is 4m; it must be at least 5m: the lag of 2m and three "
     "periods of 1m of metric 'm'\n"
     "14:67 bound: this threshold is 2m; it must be at least 5m: the lag of 2m and three "
     "periods of 1m of metric 'i'\n"},
    {"a bounded arithmetic span",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 10m, min: 2m}\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "kill:\n"
                 "  - {rule: k, when: \"avg(m over greatest(a, 5m)) + avg(m over least(a, 5m)) + avg(m over "
                 "a + 1m) + avg(m over a / 2) > 1\"}\n"
                 "  - {rule: l}\n"}},
     "8:63 bound: this span can be as short as 2m; it must be at least 5m: the lag of 2m and "
     "three periods of 1m of metric 'm'\n"
     "8:90 bound: this span can be as short as 3m; it must be at least 5m: the lag of 2m and "
     "three periods of 1m of metric 'm'\n"
     "8:111 bound: this span can be as short as 1m; it must be at least 5m: the lag of 2m and "
     "three periods of 1m of metric 'm'\n"},
    {"warnings: rules",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "wake:\n"
                 "  - {rule: a, when: 1 > 2, scale_to: 1, status: waking}\n"
                 "  - {rule: min, status: scaled_down}\n"
                 "  - {rule: c, scale_to: 1}\n"
                 "sleep:\n"
                 "  - {rule: d, scale_to: 0}\n"
                 "kill:\n"
                 "  - {rule: e, refuse: true, when: desired > 3}\n"
                 "  - {rule: f, scale_to: 0, status: no_change}\n"}},
     "4:12 warning never-true: rule 'a' never fires: its condition is always false\n"
     "5:12 warning status: rule 'min' answers 'scaled_down', which clients of wake do not know; "
     "they know waking, starting, already_running and no_change\n"
     "5:12 warning rule-name: the name of rule 'min' is a function too\n"
     "6:12 warning unreachable-rule: rule 'c' is never reached: 'min' before it always matches\n"
     "8:12 warning unconditional-sleep: rule 'd' puts every service to sleep that comes to it: "
     "it has no condition\n"},
    {"warnings: params settle nothing",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  on: {default: true}\n"
                 "let: {off: not on}\n"
                 "sleep:\n"
                 "  - {rule: a, when: on}\n"
                 "  - {rule: b, when: off, scale_to: 0}\n"
                 "  - {rule: c}\n"}},
     ""},
    {"warnings: unused",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "params:\n"
                 "  a: {default: 1m}\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "  n: {namespace: N, metric: M, stat: Average, period: 60s, missing: {is: 0, while: m}, "
                 "dimensions: {A: b}}\n"
                 "  o: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "windows: {w: {days: mon, zone: UTC}}\n"
                 "let: {l: 1}\n"
                 "kill:\n"
                 "  - {rule: k, when: avg(n over 10m) > 1}\n"
                 "  - {rule: z}\n"}},
     "4:3 warning unused-param: param 'a' is not used\n"
     "8:3 warning unused-metric: metric 'o' is not used\n"
     "9:11 warning unused-window: window 'w' is not used\n"
     "10:7 warning unused-let: let 'l' is not used\n"},
    {"warnings: what is inherited may be unused",
     {{"p.yaml", "policy: 1\n"
                 "name: child\n"
                 "extends: base.yaml\n"},
      {"base.yaml", "policy: 1\n"
                    "name: base\n"
                    "sleep:\n"
                    "  - {rule: stopped, when: desired == 0}\n"
                    "  - {rule: idle, when: uptime > 1h, scale_to: 0}\n"
                    "  - {rule: active}\n"
                    "let: {l: 1}\n"}},
     ""},
    {"warnings: spans",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "  n: {namespace: N, metric: M, stat: Average, period: 30s, dimensions: {A: b}}\n"
                 "kill:\n"
                 "  - {rule: a, when: avg(m over 16d) + avg(n over 4h) + avg(m over 330s) > 1}\n"
                 "  - {rule: z}\n"}},
     "7:32 warning span-kept: a span of 16d: CloudWatch keeps datapoints of 1m for 15d only\n"
     "7:50 warning span-kept: a span of 4h: CloudWatch keeps datapoints of 30s for 3h only\n"
     "7:67 warning span-periods: a span of 5m30s is not a whole number of the 1m periods of "
     "metric 'm'\n"},
    {"warnings: quiet_for",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "metrics:\n"
                 "  m: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {A: b}}\n"
                 "let: {q: quiet_for(m above 0 over 10m)}\n"
                 "kill:\n"
                 "  - {rule: a, when: q >= 20m}\n"
                 "  - {rule: b, when: quiet_for(m above 0 over 2h) > 30m}\n"
                 "  - {rule: c, when: quiet_for(m above 0 over 1h) > 30m or quiet_for(m above 1 over 1h) > "
                 "1h}\n"
                 "  - {rule: z}\n"}},
     "7:26 warning quiet-span: quiet_for looks back 10m and so is never longer; it is compared "
     "with 20m\n"
     "8:46 warning quiet-span: quiet_for looks back 2h, but is compared with 30m: the longer "
     "span only asks for more datapoints\n"
     "9:46 warning quiet-span: quiet_for looks back 1h, but is compared with 30m: the longer "
     "span only asks for more datapoints\n"},
    {"warnings: a schedule of nothing",
     {{"p.yaml", "policy: 1\n"
                 "name: t\n"
                 "kill:\n"
                 "  - {rule: k, scale_to: 0, status: killed}\n"
                 "schedule: {sleep: rate(5 minutes)}\n"}},
     "5:19 warning schedule-unused: sleep is scheduled, but the policy has no sleep\n"},
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
    return cmocka_run_group_tests_name("load_checks", tests, NULL, NULL) != 0;
}
