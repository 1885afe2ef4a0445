// Expressions that are well formed and wrong: names, types, functions, constants.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/expressions.h"

// All faults of an expression, a line each: column, '+', width, text. The code is the first one's.
static const struct row {
    enum want want;
    const char *text, *code, *faults;
} rows[] = {
    {WANT_ANY, "office", "wrong-sort", "1+6 office is a window: say now in office"},
    {WANT_ANY, "connections", "wrong-sort", "1+11 connections is a metric: say avg(connections over 10m)"},
    {WANT_ANY, "last_activity", "wrong-sort", "1+13 last_activity is a metric: say max(last_activity over 10m)"},
    {WANT_ANY, "since", "wrong-sort", "1+5 since is a function: say since(INSTANT)"},
    {WANT_ANY, "p50", "wrong-sort", "1+3 p50 is a function: say p50(METRIC over SPAN)"},
    {WANT_ANY, "window", "wrong-sort", "1+6 window is a function: say now in window(TEXT)"},
    {WANT_ANY, "conections", "unknown-name", "1+10 unknown name 'conections' (did you mean 'connections'?)"},
    {WANT_ANY, "desird", "unknown-name", "1+6 unknown name 'desird' (did you mean 'desired'?)"},
    {WANT_ANY, "Desired", "unknown-name", "1+7 unknown name 'Desired': names are in small letters, write desired"},
    {WANT_ANY, "null", "unknown-name", "1+4 there is no 'null': ask for an unknown with known(x)"},
    {WANT_ANY, "None", "unknown-name", "1+4 there is no 'None': ask for an unknown with known(x)"},
    {WANT_ANY, "nan", "unknown-name", "1+3 there is no 'nan': numbers are finite"},
    {WANT_ANY, "yes", "unknown-name", "1+3 there is no 'yes': write true"},
    {WANT_ANY, "a or b", "unknown-name",
     "1+1 unknown name 'a'\n"
     "6+1 unknown name 'b'"},
    {WANT_ANY, "1 / 0", "constant-unknown", "3+1 `1 / 0` divides by zero, so it is never known"},
    {WANT_ANY, "1h / 0m", "constant-unknown", "4+1 `1h / 0m` divides by zero, so it is never known"},
    {WANT_ANY, "now in label", "wrong-sort",
     "8+5 behind 'in' stands a window, and label is a param: to read the window's name from "
     "it, say window(label)"},
    {WANT_ANY, "now in cluster", "wrong-sort",
     "8+7 behind 'in' stands a window, and cluster is a built-in name: to read the window's "
     "name from it, say window(cluster)"},
    {WANT_ANY, "now in ofice", "unknown-name", "8+5 unknown window 'ofice' (did you mean 'office'?)"},
    {WANT_ANY, "now in window(\"offic\")", "unknown-name", "15+7 unknown window \"offic\" (did you mean 'office'?)"},
    {WANT_ANY, "now in window(5)", "type-mismatch", "15+1 window takes a text, and `5` is a number"},
    {WANT_ANY, "now in window(office)", "wrong-sort", "15+6 office is a window: say now in office"},
    {WANT_ANY, "desired in office", "type-mismatch", "1+7 'in' takes an instant, and `desired` is a number"},
    {WANT_ANY, "p0(cpu over 1h)", "wrong-arguments",
     "1+2 there is no percentile p0: they go from p0.1 to p100, with one decimal at most"},
    {WANT_ANY, "p100.1(cpu over 1h)", "wrong-arguments",
     "1+6 there is no percentile p100.1: they go from p0.1 to p100, with one decimal at most"},
    {WANT_ANY, "p99.95(cpu over 1h)", "wrong-arguments",
     "1+6 there is no percentile p99.95: they go from p0.1 to p100, with one decimal at most"},
    {WANT_ANY, "p050(cpu over 1h)", "wrong-arguments",
     "1+4 there is no percentile p050: they go from p0.1 to p100, with one decimal at most"},
    {WANT_ANY, "quiet_for(cpu over 2h)", "wrong-arguments",
     "1+22 quiet_for is without its 'above': write quiet_for(METRIC above NUMBER over SPAN)"},
    {WANT_ANY, "quiet_for(cpu above 5)", "wrong-arguments",
     "1+22 quiet_for is without its span: write quiet_for(cpu above 5 over 10m)"},
    {WANT_ANY, "quiet_for(cpu above 5m over 2h)", "type-mismatch",
     "21+2 'above' takes a number, and `5m` is a duration"},
    {WANT_ANY, "quiet_for(last_activity above 5 over 2h)", "wrong-arguments",
     "1+9 last_activity holds instants: it takes min, max, last, count or age, not quiet_for"},
    {WANT_ANY, "avg(last_activity over 10m)", "wrong-arguments",
     "1+3 last_activity holds instants: it takes min, max, last, count or age, not avg"},
    {WANT_ANY, "avg()", "wrong-arguments", "1+5 avg is without its metric: write avg(METRIC over SPAN)"},
    {WANT_ANY, "avg(connections)", "wrong-arguments", "1+16 avg is without its span: write avg(connections over 10m)"},
    {WANT_ANY, "avg(connections, 10m)", "wrong-arguments", "18+3 avg takes no comma: write avg(connections over 10m)"},
    {WANT_ANY, "avg(connections over 10)", "type-mismatch",
     "22+2 a span is a duration, and `10` is a number: write 10m or 10s"},
    {WANT_ANY, "avg(connections over uptime)", "span-reads-state",
     "22+6 a span may read only params and constants, and `uptime` reads more"},
    {WANT_ANY, "avg(connections over 0s)", "span-bounds", "22+2 the span `0s` is not longer than 0s"},
    {WANT_ANY, "avg(connections over nothing)", "span-bounds", "22+7 the span `nothing` is not longer than 0s"},
    {WANT_ANY, "avg(connections over 500d)", "span-bounds",
     "22+4 the span `500d` is longer than 455d: CloudWatch keeps no older points"},
    {WANT_ANY, "avg(connections over now)", "type-mismatch",
     "22+3 a span is a duration, and `now` is an instant: since(INSTANT) is a duration"},
    {WANT_ANY, "avg(\"connections\" over 10m)", "wrong-sort", "5+13 a metric's name stands without quotes"},
    {WANT_ANY, "avg(lookback over 10m)", "wrong-sort", "5+8 avg takes a metric, and lookback is a param"},
    {WANT_ANY, "avg(1 + 2 over 10m)", "wrong-sort", "5+5 avg takes a metric's name, not `1 + 2`"},
    {WANT_ANY, "avg(conections over 10m)", "unknown-name",
     "5+10 unknown metric 'conections' (did you mean 'connections'?)"},
    {WANT_ANY, "avg(connections above 5 over 10m)", "wrong-arguments",
     "23+1 only quiet_for takes 'above': write avg(METRIC over SPAN)"},
    {WANT_ANY, "max(1, 2)", "wrong-arguments", "1+3 max is over a metric; of two values say greatest(X, Y)"},
    {WANT_ANY, "max(connections, 5m)", "wrong-arguments", "18+2 max takes no comma: write max(connections over 5m)"},
    {WANT_ANY, "since(now, now)", "wrong-arguments", "1+15 since takes 1 argument, not 2: write since(INSTANT)"},
    {WANT_ANY, "since()", "wrong-arguments", "1+7 since takes 1 argument, not 0: write since(INSTANT)"},
    {WANT_ANY, "since(15m)", "type-mismatch", "7+3 since takes an instant, and `15m` is a duration"},
    {WANT_ANY, "since(\"x\")", "type-mismatch",
     "7+3 since takes an instant, and `\"x\"` is a text: instant(TEXT) is an instant"},
    {WANT_ANY, "least(1)", "wrong-arguments", "1+8 least takes at least 2 arguments, not 1: write least(X, Y, ...)"},
    {WANT_ANY, "greatest(1, 2m)", "type-mismatch",
     "13+2 greatest takes values of one type, and `1` is a number, `2m` a duration: write 1m or 1s"},
    {WANT_ANY, "greatest(\"a\", \"b\")", "type-mismatch",
     "10+3 greatest takes numbers, durations or instants, and `\"a\"` is a text\n"
     "15+3 greatest takes numbers, durations or instants, and `\"b\"` is a text"},
    {WANT_ANY, "otherwise(1, 2m)", "type-mismatch",
     "14+2 otherwise takes values of one type, and `1` is a number, `2m` a duration: write 1m or 1s"},
    {WANT_ANY, "otherwise(1)", "wrong-arguments", "1+12 otherwise takes 2 arguments, not 1: write otherwise(X, Y)"},
    {WANT_ANY, "known(connections)", "wrong-sort", "7+11 connections is a metric: say avg(connections over 10m)"},
    {WANT_ANY, "instant(\"2026-13-24\")", "constant-unknown",
     "9+12 \"2026-13-24\" is not an instant with its offset, such as \"2026-12-24T18:00:00+01:00\""},
    {WANT_ANY, "instant(5)", "type-mismatch", "9+1 instant takes a text, and `5` is a number"},
    {WANT_ANY, "number(5)", "type-mismatch", "8+1 number takes a text, and `5` is a number"},
    {WANT_ANY, "matches(service)", "wrong-arguments",
     "1+16 matches takes 2 arguments, not 1: write matches(TEXT, GLOB)"},
    {WANT_ANY, "matches(service, 5)", "type-mismatch", "18+1 matches takes a text, and `5` is a number"},
    {WANT_ANY, "tag(5)", "type-mismatch", "5+1 tag takes a text, and `5` is a number"},
    {WANT_ANY, "tag(key)", "unknown-name", "5+3 unknown name 'key'"},
    {WANT_ANY, "avrg(connections over 10m)", "unknown-name", "1+4 unknown function 'avrg' (did you mean 'avg'?)"},
    {WANT_ANY, "Avg(connections over 10m)", "unknown-name",
     "1+3 unknown function 'Avg': names are in small letters, write avg"},
    {WANT_ANY, "desired(5)", "wrong-sort", "1+7 desired is a built-in name, not a function"},
    {WANT_ANY, "lookback(5)", "wrong-sort", "1+8 lookback is a param, not a function"},
    {WANT_ANY, "connections(5)", "wrong-sort", "1+11 connections is a metric, not a function"},
    {WANT_ANY, "avg_connections()", "wrong-sort", "1+15 avg_connections is a let, not a function"},
    {WANT_ANY, "known(1 over 5m)", "wrong-arguments", "1+5 known takes no 'over': write known(X)"},
    {WANT_ANY, "window(\"x\")", "wrong-arguments", "1+6 window(TEXT) stands only behind 'in': now in window(TEXT)"},
    {WANT_ANY, "idle_time >= 15", "type-mismatch",
     "11+2 `idle_time >= 15` compares a duration with a number: write 15m or 15s"},
    {WANT_ANY, "15 <= idle_time", "type-mismatch",
     "4+2 `15 <= idle_time` compares a number with a duration: write 15m or 15s"},
    {WANT_ANY, "idle_time >= 1.5", "type-mismatch",
     "11+2 `idle_time >= 1.5` compares a duration with a number: write a duration, such as 1h30m"},
    {WANT_ANY, "idle_time >= desired", "type-mismatch",
     "11+2 `idle_time >= desired` compares a duration with a number: multiply the number by 1s, 1m or 1h"},
    {WANT_ANY, "now > 15m", "type-mismatch",
     "5+1 `now > 15m` compares an instant with a duration: since(INSTANT) is a duration"},
    {WANT_ANY, "woken_at > 5m", "type-mismatch",
     "10+1 `woken_at > 5m` compares an instant with a duration: since(INSTANT) is a duration"},
    {WANT_ANY, "service > 3", "type-mismatch",
     "9+1 `service > 3` compares a text with a number: number(TEXT) is a number"},
    {WANT_ANY, "service == 3", "type-mismatch",
     "9+2 `service == 3` compares a text with a number: number(TEXT) is a number"},
    {WANT_ANY, "service > \"a\"", "type-mismatch",
     "9+1 '>' compares numbers, durations or instants, and `service` is a text"},
    {WANT_ANY, "stopped > stopped", "type-mismatch",
     "9+1 '>' compares numbers, durations or instants, and `stopped` is a boolean"},
    {WANT_ANY, "deploying == \"yes\"", "type-mismatch", "11+2 `deploying == \"yes\"` compares a boolean with a text"},
    {WANT_ANY, "idle_time >= \"15m\"", "type-mismatch",
     "11+2 `idle_time >= \"15m\"` compares a duration with a text: a duration stands without quotes"},
    {WANT_ANY, "now > \"2026-01-01T00:00:00Z\"", "type-mismatch",
     "5+1 `now > \"2026-01-01T00:00:00Z\"` compares an instant with a text: instant(TEXT) is an instant"},
    {WANT_ANY, "not desired", "type-mismatch", "5+7 'not' takes a boolean, and `desired` is a number"},
    {WANT_ANY, "desired and running", "type-mismatch",
     "1+7 'and' takes a boolean, and `desired` is a number\n"
     "13+7 'and' takes a boolean, and `running` is a number"},
    {WANT_ANY, "desired or stopped", "type-mismatch", "1+7 'or' takes a boolean, and `desired` is a number"},
    {WANT_ANY, "-stopped", "type-mismatch", "1+8 '-' takes a number or a duration, and `stopped` is a boolean"},
    {WANT_ANY, "-now", "type-mismatch", "1+4 '-' takes a number or a duration, and `now` is an instant"},
    {WANT_ANY, "-service", "type-mismatch", "1+8 '-' takes a number or a duration, and `service` is a text"},
    {WANT_ANY, "idle_time * idle_time", "type-mismatch",
     "11+1 '*' does not take a duration and a duration: `idle_time * idle_time`"},
    {WANT_ANY, "now + now", "type-mismatch", "5+1 '+' does not take an instant and an instant: `now + now`"},
    {WANT_ANY, "5m - now", "type-mismatch",
     "4+1 '-' does not take a duration and an instant: `5m - now`: since(INSTANT) is a duration"},
    {WANT_ANY, "2 / 5m", "type-mismatch", "3+1 '/' does not take a number and a duration: `2 / 5m`: write 2m or 2s"},
    {WANT_ANY, "now * 2", "type-mismatch", "5+1 '*' does not take an instant and a number: `now * 2`"},
    {WANT_ANY, "\"a\" + \"b\"", "type-mismatch", "5+1 '+' does not take a text and a text: `\"a\" + \"b\"`"},
    {WANT_ANY, "desired + 1m", "type-mismatch",
     "9+1 '+' does not take a number and a duration: `desired + 1m`: multiply the number by 1s, 1m or 1h"},
    {WANT_ANY, "(desired + true) == (running + service)", "type-mismatch",
     "10+1 '+' does not take a number and a boolean: `(desired + true)`\n"
     "30+1 '+' does not take a number and a text: `(running + service)`: number(TEXT) is a number"},
    {WANT_ANY, "nope and nada or nil", "unknown-name",
     "1+4 unknown name 'nope'\n"
     "10+4 unknown name 'nada'\n"
     "18+3 there is no 'nil': ask for an unknown with known(x)"},
    {WANT_BOOLEAN, "desired", "type-mismatch", "1+7 a rule's condition must be a boolean, this is a number"},
    {WANT_BOOLEAN, "15m", "type-mismatch", "1+3 a rule's condition must be a boolean, this is a duration"},
    {WANT_BOOLEAN, "now", "type-mismatch", "1+3 a rule's condition must be a boolean, this is an instant"},
    {WANT_COUNT, "desired + 1", "count-reads-count", "1+7 scale_to may not read desired, running or pending"},
    {WANT_COUNT, "stopped", "count-reads-count",
     "1+7 scale_to may not read desired, running or pending, and the let 'stopped' reads 'desired'"},
    {WANT_COUNT, "5m", "type-mismatch", "1+2 scale_to must be a number, this is a duration"},
    {WANT_COUNT, "twice", "unknown-name", "1+5 unknown name 'twice'"},
    {WANT_COUNT, "running + pending", "count-reads-count",
     "1+7 scale_to may not read desired, running or pending\n"
     "11+7 scale_to may not read desired, running or pending"},
    {WANT_ANY,
     "desired == 0 and running == 0 and pending == 0 and not deploying and since(deployed_at) > 1h and connections",
     "wrong-sort", "98+11 connections is a metric: say avg(connections over 10m)"},
    {WANT_ANY, "\"ä\" == nope", "unknown-name", "8+4 unknown name 'nope'"},
    {WANT_ANY, "quiet_for(cpu, 5, 10m)", "wrong-arguments",
     "16+1 quiet_for takes no comma: write quiet_for(METRIC above NUMBER over SPAN)"},
    {WANT_ANY, "avg(office over 5m)", "wrong-sort", "5+6 avg takes a metric, and office is a window"},
    {WANT_ANY, "avg(avg over 5m)", "wrong-sort", "5+3 avg takes a metric, and avg is a function"},
    {WANT_ANY, "avg(connections over nope)", "unknown-name", "22+4 unknown name 'nope'"},
    {WANT_ANY, "avg(connections over 500d / 1s)", "type-mismatch",
     "22+9 a span is a duration, and `500d / 1s` is a number: multiply the number by 1s, 1m or 1h"},
    {WANT_ANY, "now in lookback", "wrong-sort", "8+8 behind 'in' stands a window, and lookback is a param"},
    {WANT_ANY, "now in avg_connections", "wrong-sort",
     "8+15 behind 'in' stands a window, and avg_connections is a let"},
    {WANT_ANY, "least(nope, 2m)", "unknown-name", "7+4 unknown name 'nope'"},
    {WANT_ANY, "now in window(nope)", "unknown-name", "15+4 unknown name 'nope'"},
    {WANT_ANY, "-nope", "unknown-name", "2+4 unknown name 'nope'"},
    {WANT_ANY, "count(connections over 10m) > 1 and count(connexions over 10m) > 1", "unknown-name",
     "43+10 unknown metric 'connexions' (did you mean 'connections'?)"},
};

static void exact_faults(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expressions x;
        expressions_begin(&x, usual_lets, usual_let_count);
        node_index node = expressions_compile(&x, rows[i].text, rows[i].want);
        struct text faults = expressions_faults(&x);
        bool code = x.diags.count && text_is(text_of(x.diags.items[0].code), rows[i].code);
        if (node || !code || !text_is(faults, rows[i].faults)) {
            print_error("`%s` gives node %u, code %s:\n%.*s\ninstead of %s:\n%s\n", rows[i].text, node,
                        x.diags.count ? x.diags.items[0].code : "none", TEXT_ARG(faults), rows[i].code, rows[i].faults);
            failed++;
        }
        expressions_end(&x);
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact_faults)};
    return cmocka_run_group_tests_name("expression_faults", tests, NULL, NULL) != 0;
}
