// Recordings: every form and timestamp style read, faults named with their place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/asserts.h"
#include "tests/support/reading.h"

static struct reading reading;

static int setup(void **state)
{
    (void)state;
    reading_begin(&reading);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reading_end(&reading);
    return 0;
}

// Each time and value, "1795415736=2 ..."; the label where there is one.
static void print_series(const struct recorded_series *series, struct buffer *out)
{
    buffer_add(out, series->id);
    if (series->label.n)
        buffer_printf(out, "[%.*s]", TEXT_ARG(series->label));
    buffer_add_char(out, ':');
    for (size_t i = 0; i < series->count; i++) {
        buffer_add_char(out, ' ');
        buffer_add_number(out, series->at_s[i]);
        buffer_add_char(out, '=');
        buffer_add_number(out, series->values[i]);
    }
}

static void assert_series(const char *wanted, const char *content)
{
    struct buffer out;
    buffer_init(&out, 1 << 16);
    for (size_t i = 0; i < reading.recording.series_count; i++) {
        if (i)
            buffer_add(&out, TEXT("; "));
        print_series(&reading.recording.series[i], &out);
    }
    bool same = text_is(buffer_text(&out), wanted);
    if (!same)
        print_error("wanted %s\n   got %.*s\n    in %s\n", wanted, TEXT_ARG(buffer_text(&out)), content);
    buffer_release(&out);
    assert_true(same);
}

// ---- timestamps -------------------------------------------------------------------------------------------

struct stamp_case {
    const char *stamp;  // as it stands in JSON
    double at_s;
    bool unzoned;
};

static const struct stamp_case stamps[] = {
    {"1795415736", 1795415736, false},
    {"1795415736.918", 1795415736.918, false},
    {"\"2026-11-23T06:35:36Z\"", 1795415736, false},
    {"\"2026-11-23T06:35:36+00:00\"", 1795415736, false},
    {"\"2026-11-23T06:35:36.918000+00:00\"", 1795415736.918, false},
    {"\"2026-11-23T01:35:36.918000-05:00\"", 1795415736.918, false},
    {"\"2026-11-23T12:20:36+05:45\"", 1795415736, false},
    {"\"2026-11-23 06:35:36+00:00\"", 1795415736, false},
    {"\"2026-11-23 06:35:36\"", 1795415736, true},
    {"\"2026-11-23T06:35:36\"", 1795415736, true},
    {"\"2026-11-23 06:35:36.918\"", 1795415736.918, true},
    {"\"2026/11/23 06:35:36\"", 1795415736, true},
    {"\"2026-11-23t06:35:36z\"", 1795415736, false},
    {"\"2026-11-24T05:35:36+23:00\"", 1795415736, false},
    {"\"2016-12-31T23:59:60Z\"", 1483228800, false},
};

// Each style alone, and behind another stamp of the same date, which is the fast way.
static void test_every_timestamp_style(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stamps); i++) {
        char content[400];
        snprintf(content, sizeof content,
                 "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[%s,%s],\"Values\":[1,2]}]}", stamps[i].stamp,
                 stamps[i].stamp);
        reading_again(&reading);
        reading_must(&reading, content, "", "");
        const struct recorded_series *series = &reading.recording.series[0];
        for (size_t j = 0; j < 2; j++)
            if (fabs(series->at_s[j] - stamps[i].at_s) > 1e-6)
                fail_msg("%s, time %zu: %.6f, wanted %.6f", stamps[i].stamp, j, series->at_s[j], stamps[i].at_s);
        if (series->notes.unzoned != stamps[i].unzoned)
            fail_msg("%s: zone taken wrongly", stamps[i].stamp);
    }
}

static void test_what_is_no_timestamp(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\"2026-11-23\"",
        "\"2026-13-01T00:00:00Z\"",
        "\"2026-11-23T24:00:00Z\"",
        "\"2026-11-23T06:60:00Z\"",
        "\"2026-11-23T06:35:36.Z\"",
        "\"2026-11-23T06:35:36+0000\"",
        "\"2026-11-23T06:35:36Zx\"",
        "\"yesterday\"",
        "\"\"",
        "-1",
        "1795415736000",
        "true",
        "null",
        "[]",
        "\"2026-11-23_06:35:36\"",
        "\"1969-12-31T23:00:00Z\"",
        "\"2026-11-23T06:3a:36Z\"",
        "\"2026-02-29T00:00:00Z\"",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        // A good one of the same date in front fills what the fast way remembers.
        char content[300];
        snprintf(content, sizeof content,
                 "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[\"2026-11-23T00:00:00Z\",%s],"
                 "\"Values\":[1,2]}]}",
                 wrong[i]);
        reading_again(&reading);
        if (reading_read(&reading, content, "", ""))
            fail_msg("%s was taken for a timestamp", wrong[i]);
        assert_true(reading.error.n > 0);
    }
}

// ---- forms ------------------------------------------------------------------------------------------------

struct read_case {
    const char *content, *metric, *stat;
    const char *series;  // as assert_series has it
};

static const struct read_case reads[] = {
    // get-metric-data
    {"{\"MetricDataResults\":[]}", "", "", ""},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Label\":\"l\",\"Timestamps\":[120,60],\"Values\":[2,1],"
     "\"StatusCode\":\"Complete\",\"Messages\":[{\"Code\":\"x\",\"Value\":[]}]}],\"Messages\":[]}",
     "", "", "m[l]: 120=2 60=1"},
    {"{\"Other\":{\"deep\":[1,{}]},\"MetricDataResults\":[{\"Values\":[2],\"What\":null,\"Timestamps\":[60],"
     "\"Id\":\"m\"}]}",
     "", "", "m: 60=2"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[180],\"Values\":[3]},{\"Id\":\"n\",\"Timestamps\":[60],"
     "\"Values\":[9]},{\"Id\":\"m\",\"Timestamps\":[120,60],\"Values\":[2,1]}]}",
     "", "", "m: 180=3 120=2 60=1; n: 60=9"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Label\":\"c/a\",\"Timestamps\":[60],\"Values\":[1]},"
     "{\"Id\":\"m\",\"Label\":\"c/b\",\"Timestamps\":[60],\"Values\":[2]}]}",
     "", "", "m[c/a]: 60=1; m[c/b]: 60=2"},
    {"{\"MetricDataResults\":[{\"Id\":\"m1\",\"Timestamps\":[60],\"Values\":[1]}]}", "connections", "",
     "connections: 60=1"},
    {"{\"MetricDataResults\":[{\"Id\":\"m1\",\"Timestamps\":[60],\"Values\":[1]},"
     "{\"Id\":\"connections\",\"Timestamps\":[],\"Values\":[]}]}",
     "connections", "", "m1: 60=1; connections:"},
    {"{\"MetricDataResults\":[{\"Id\":\"\\u006d\",\"Label\":\"\\\"\\u00e9\",\"Timestamps\":[60],\"Values\":[1e0]}]}",
     "", "", "m[\"\xc3\xa9]: 60=1"},
    {"\xEF\xBB\xBF {\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60],\"Values\":[-0.5]}]}\n", "", "",
     "m: 60=-0.5"},
    // get-metric-statistics
    {"{\"Label\":\"CPU\",\"Datapoints\":[{\"Timestamp\":60,\"Average\":1.5,\"Unit\":\"Percent\"},"
     "{\"Unit\":\"Percent\",\"Average\":2,\"Timestamp\":\"1970-01-01T00:02:00Z\"}]}",
     "", "", "CPU: 60=1.5 120=2"},
    {"{\"Datapoints\":[{\"Timestamp\":60,\"Maximum\":3,\"Average\":1}],\"Label\":\"CPU\"}", "cpu", "Maximum",
     "cpu: 60=3"},
    {"{\"Datapoints\":[{\"Timestamp\":60,\"ExtendedStatistics\":{\"p90\":1,\"p99\":7}}]}", "cpu", "p99", "cpu: 60=7"},
    {"{\"Label\":\"x\",\"Datapoints\":[]}", "", "", "x:"},
    // CSV
    {"timestamp,value\n1970-01-01 00:01:00,1\n1970-01-01 00:02:00,2.5\n", "m", "", "m: 60=1 120=2.5"},
    {"1970-01-01 00:01:00,1\r\n1970-01-01 00:02:00,\r\n\r\n1970-01-01 00:03:00,3", "m", "", "m: 60=1 180=3"},
    {"\"Label\",\"a,b\"\nPeriod,300\n\"1970/01/01 00:01:00\",\"1\"\n\"1970/01/01 00:02:00\",\"\"\n", "m", "",
     "m: 60=1"},
    {"200000000,1\n200000060.5,2\n", "m", "", "m: 200000000=1 200000060.5=2"},
    {"1970-01-01T00:01:00Z , 1 \n", "m", "", "m: 60=1"},
    {"1970-01-01 00:01:00,1,2\n1970-01-01 00:02:00,3,4\n", "m", "", "m: 60=1 120=3"},
    {"t,a,m\n1970-01-01 00:01:00,1,2\n1970-01-01 00:02:00,,\n1970-01-01 00:03:00,5,6\n", "m", "", "m: 60=2 180=6"},
    {"\xEF\xBB\xBFt,v\n1970-01-01 00:01:00.250,-1e3\n", "m", "", "m: 60.25=-1000"},
    {"@timestamp,bin\n1970-01-01 00:01:00.000,7\n", "m", "", "m: 60=7"},
    {"t,\"say \"\"v\"\", x\"\n\"1970-01-01 00:01:00\",\"7\"\n", "m", "", "m: 60=7"},
};

static void test_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reads); i++) {
        reading_again(&reading);
        reading_must(&reading, reads[i].content, reads[i].metric, reads[i].stat);
        assert_series(reads[i].series, reads[i].content);
    }
}

struct error_case {
    const char *content, *metric, *stat;
    const char *error;
};

#define NOTHING_KNOWN                                                                                                  \
    "file: is no recording: neither JSON with MetricDataResults, Datapoints or services, nor CSV whose first "         \
    "column is a time (YYYY-MM-DD HH:MM:SS, ISO 8601 or epoch seconds)"
#define SERVICE(rest) "{\"services\":[{" rest "}]}"
#define NAMED "\"serviceName\":\"s\",\"clusterArn\":\"c\","

static const struct error_case errors[] = {
    {"", "", "", "file: is empty"},
    {"hello\nworld\n", "m", "", NOTHING_KNOWN},
    {"\x7f"
     "ELF",
     "m", "", NOTHING_KNOWN},
    {"\x1f\x8b\x08", "m", "", "file: is compressed by gzip: unpack it first"},
    {"[1]", "", "", "file:1:1: is not a JSON object with MetricDataResults, Datapoints or services"},
    {"{\"a\":1}", "", "", "file: holds none of MetricDataResults, Datapoints and services"},
    {"{\n \"MetricDataResults\": [,]}", "", "", "file:2:24: not valid JSON: expected a value or ']'"},
    {"{\"MetricDataResults\":[]} x", "", "",
     "file:1:26: not valid JSON: expected nothing more: the document has ended"},
    {"{\"MetricDataResults\":{}}", "", "", "file:1:22: MetricDataResults is an object; an array is due"},
    {"{\"MetricDataResults\":[3]}", "", "", "file:1:23: a metric result is a number; an object is due"},
    {"{\"MetricDataResults\":[{\"Timestamps\":[],\"Values\":[]}]}", "", "", "file:1:51: this metric result has no Id"},
    {"{\"MetricDataResults\":[{\"Id\":7}]}", "", "", "file:1:29: Id is a number; a string is due"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60,120],\"Values\":[1]}]}", "", "",
     "file:1:67: m has 2 Timestamps and 1 Values"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60],\"Values\":[\"1\"]}]}", "", "",
     "file:1:61: a string stands where a value is due"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[\"soon\"],\"Values\":[1]}]}", "", "",
     "file:1:47: \"soon\" is no timestamp; epoch seconds and ISO 8601 are read"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[1611929698000],\"Values\":[1]}]}", "", "",
     "file:1:47: 1611929698000 is no timestamp: epoch seconds lie between 0 and the year 9999 (are these "
     "milliseconds?)"},
    {"{\"MetricDataResults\":[{\"Id\":\"a\"},{\"Id\":\"b\"}]}", "m", "",
     "file: holds several metrics (a, b...), and none with the Id m"},
    {"{\"Datapoints\":[{\"Average\":1}]}", "m", "", "file:1:28: this datapoint has no Timestamp"},
    {"{\"Datapoints\":[{\"Timestamp\":60}]}", "m", "", "file:1:31: this datapoint has no statistic"},
    {"{\"Datapoints\":[{\"Timestamp\":60,\"Average\":1}]}", "m", "Sum",
     "file:1:43: this datapoint has no Sum, but Average"},
    {"{\"Datapoints\":[{\"Timestamp\":60,\"Average\":1,\"Sum\":1}]}", "m", "",
     "file:1:51: this datapoint has both Average and Sum, and no policy's metric says which"},
    {"{\"Datapoints\":[{\"Timestamp\":60,\"Sum\":\"1\"}]}", "m", "", "file:1:38: Sum is a string; a number is due"},
    {"t,v\n1970-01-01 00:01:00,1\nx,2\n", "m", "",
     "file:3:1: \"x\" is no timestamp; the first column holds YYYY-MM-DD HH:MM:SS, ISO 8601 or epoch seconds"},
    {"1970-01-01 00:01:00,1\n1970-01-01 00:02:00,ten\n", "m", "", "file:2:21: \"ten\" is not a number"},
    {"1970-01-01 00:01:00\n", "m", "", "file:1:1: \"1970-01-01 00:01:00\" has no value column"},
    {"1970-01-01 00:01:00,0x1p3\n", "m", "", "file:1:21: \"0x1p3\" is not a number"},
    {"1970-01-01 00:01:00,\x01\xff\n", "m", "", "file:1:21: \"??\" is not a number"},
    {"time,a,b\n1970-01-01 00:01:00,1,2\n", "m", "", "file:1:1: several value columns (a, b) and none is called m"},
    {"{\"now\":\"later\",\"services\":[]}", "", "",
     "file:1:8: \"later\" is no timestamp; epoch seconds and ISO 8601 are read"},
    {"{\"services\":{}}", "", "", "file:1:13: services is an object; an array is due"},
    {"{\"services\":[7]}", "", "", "file:1:14: a service is a number; an object is due"},
    {SERVICE("\"desiredCount\":1"), "", "", "file:1:31: this service has neither serviceName nor serviceArn"},
    {SERVICE("\"serviceArn\":\"arn:aws:ecs:r:1:service/s\""), "", "", "file:1:55: service s has no clusterArn"},
    {SERVICE(NAMED "\"runningCount\":0,\"pendingCount\":0"), "", "", "file:1:83: service s has no desiredCount"},
    {SERVICE(NAMED "\"desiredCount\":\"1\""), "", "", "file:1:65: desiredCount is a string; a whole number is due"},
    {SERVICE(NAMED "\"desiredCount\":1.5"), "", "", "file:1:65: desiredCount is 1.5; a whole number from 0 on is due"},
    {SERVICE(NAMED "\"desiredCount\":-1"), "", "", "file:1:65: desiredCount is -1; a whole number from 0 on is due"},
    {SERVICE(NAMED "\"tags\":{}"), "", "", "file:1:57: tags is an object; an array is due"},
    {SERVICE(NAMED "\"events\":[1]"), "", "", "file:1:60: an event is a number; an object is due"},
    {SERVICE(NAMED "\"deployments\":[{\"createdAt\":true}]"), "", "",
     "file:1:78: createdAt is a boolean; a timestamp is due"},
};

static void test_faults_name_their_place(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        reading_again(&reading);
        bool read = reading_read(&reading, errors[i].content, errors[i].metric, errors[i].stat);
        if (!read && text_is(buffer_text(&reading.error), errors[i].error))
            continue;
        print_error("in     %s\nwanted %s\ngot    %.*s\n", errors[i].content, errors[i].error,
                    TEXT_ARG(buffer_text(&reading.error)));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

// ---- status, pages, files ---------------------------------------------------------------------------------

struct status_case {
    const char *first, *second, *token;
    enum metric_status status;
};

static void test_status_of_pages(void **state)
{
    (void)state;
    static const struct status_case cases[] = {
        {"Complete", "Complete", "null", METRIC_COMPLETE},   {"PartialData", "Complete", "null", METRIC_COMPLETE},
        {"Complete", "PartialData", "null", METRIC_PARTIAL}, {"Complete", "Complete", "\"more\"", METRIC_PARTIAL},
        {"Forbidden", "Complete", "null", METRIC_FAILED},    {"Complete", "InternalError", "null", METRIC_FAILED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[400];
        snprintf(content, sizeof content,
                 "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60],\"Values\":[1],\"StatusCode\":\"%s\"},"
                 "{\"Id\":\"m\",\"Timestamps\":[0],\"Values\":[1],\"StatusCode\":\"%s\"}],\"NextToken\":%s}",
                 cases[i].first, cases[i].second, cases[i].token);
        reading_again(&reading);
        reading_must(&reading, content, "", "");
        assert_int_equal(reading.recording.series_count, 1);
        if (reading.recording.series[0].status != cases[i].status ||
            reading.recording.series[0].notes.incomplete != (cases[i].status != METRIC_COMPLETE))
            fail_msg("case %zu: status %d", i, reading.recording.series[0].status);
    }
}

static void test_a_second_file_goes_on(void **state)
{
    (void)state;
    reading_must(&reading, "1970-01-01 00:01:00,1\n1970-01-01 00:02:00,nan\n", "m", "");
    reading_must(&reading, "{\"MetricDataResults\":[{\"Id\":\"x\",\"Timestamps\":[120],\"Values\":[2]}]}", "m", "");
    reading_must(&reading, "{\"MetricDataResults\":[{\"Id\":\"n\",\"Timestamps\":[60],\"Values\":[5]}]}", "", "");
    assert_series("m: 60=1 120=2; n: 60=5", "three files");
    assert_int_equal(reading.recording.series[0].notes.read, 3);
    assert_int_equal(reading.recording.series[0].notes.dropped, 1);
}

static void test_values_out_of_bounds_are_dropped(void **state)
{
    (void)state;
    reading_must(&reading,
                 "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60,120,180,240,300],"
                 "\"Values\":[1e999,1e300,null,5,-2.4e108]}]}",
                 "", "");
    assert_series("m: 240=5", "bounds");
    assert_int_equal(reading.recording.series[0].notes.dropped, 4);
    reading_again(&reading);
    reading_must(&reading,
                 "1970-01-01 00:01:00,NaN\n1970-01-01 00:02:00,-Inf\n1970-01-01 00:03:00,1e999\n"
                 "1970-01-01 00:04:00,1\n",
                 "m", "");
    assert_series("m: 240=1", "bounds");
    assert_int_equal(reading.recording.series[0].notes.dropped, 3);
    assert_int_equal(reading.recording.series[0].notes.read, 4);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_timestamp_style),
        TEST(test_what_is_no_timestamp),
        TEST(test_every_form),
        TEST(test_faults_name_their_place),
        TEST(test_status_of_pages),
        TEST(test_a_second_file_goes_on),
        TEST(test_values_out_of_bounds_are_dropped),
    };
    return cmocka_run_group_tests_name("recording", tests, NULL, NULL) != 0;
}
