// Recordings: every form and timestamp style read, oddities counted and told, faults named with their place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/json_read.h"
#include "engine/base/text.h"
#include "engine/recording/recording.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define NAB "../shared/recordings/nab/"

static struct arena arena;
static struct recording recording;
static struct buffer error;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    recording_init(&recording, &arena);
    buffer_init(&error, 4096);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buffer_release(&error);
    arena_release(&arena);
    return 0;
}

static bool read_text(const char *content, const char *metric, const char *stat)
{
    return recording_read(&recording, TEXT("file"), text_of(content), text_of(metric), text_of(stat), &error);
}

static void must_read(const char *content, const char *metric, const char *stat)
{
    if (!read_text(content, metric, stat))
        fail_msg("%.*s\nin: %s", TEXT_ARG(buffer_text(&error)), content);
}

static void again(void)
{
    arena_release(&arena);
    recording_init(&recording, &arena);
    buffer_clear(&error);
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
    for (size_t i = 0; i < recording.series_count; i++) {
        if (i)
            buffer_add(&out, TEXT("; "));
        print_series(&recording.series[i], &out);
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
        again();
        must_read(content, "", "");
        const struct recorded_series *series = &recording.series[0];
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
        "\"2026-11-23\"", "\"2026-13-01T00:00:00Z\"", "\"2026-11-23T24:00:00Z\"", "\"2026-11-23T06:60:00Z\"",
        "\"2026-11-23T06:35:36.Z\"", "\"2026-11-23T06:35:36+0000\"", "\"2026-11-23T06:35:36Zx\"", "\"yesterday\"",
        "\"\"", "-1", "1795415736000", "true", "null", "[]", "\"2026-11-23_06:35:36\"", "\"1969-12-31T23:00:00Z\"",
        "\"2026-11-23T06:3a:36Z\"", "\"2026-02-29T00:00:00Z\"",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        // A good one of the same date in front fills what the fast way remembers.
        char content[300];
        snprintf(content, sizeof content,
                 "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[\"2026-11-23T00:00:00Z\",%s],"
                 "\"Values\":[1,2]}]}", wrong[i]);
        again();
        if (read_text(content, "", ""))
            fail_msg("%s was taken for a timestamp", wrong[i]);
        assert_true(error.n > 0);
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
    {"{\"Datapoints\":[{\"Timestamp\":60,\"ExtendedStatistics\":{\"p90\":1,\"p99\":7}}]}", "cpu", "p99",
     "cpu: 60=7"},
    {"{\"Label\":\"x\",\"Datapoints\":[]}", "", "", "x:"},
    // CSV
    {"timestamp,value\n1970-01-01 00:01:00,1\n1970-01-01 00:02:00,2.5\n", "m", "", "m: 60=1 120=2.5"},
    {"1970-01-01 00:01:00,1\r\n1970-01-01 00:02:00,\r\n\r\n1970-01-01 00:03:00,3", "m", "", "m: 60=1 180=3"},
    {"\"Label\",\"a,b\"\nPeriod,300\n\"1970/01/01 00:01:00\",\"1\"\n\"1970/01/01 00:02:00\",\"\"\n", "m", "",
     "m: 60=1"},
    {"200000000,1\n200000060.5,2\n", "m", "", "m: 200000000=1 200000060.5=2"},
    {"1970-01-01T00:01:00Z , 1 \n", "m", "", "m: 60=1"},
    {"1970-01-01 00:01:00,1,2\n1970-01-01 00:02:00,3,4\n", "m", "", "m: 60=1 120=3"},
    {"t,a,m\n1970-01-01 00:01:00,1,2\n1970-01-01 00:02:00,,\n1970-01-01 00:03:00,5,6\n", "m", "",
     "m: 60=2 180=6"},
    {"\xEF\xBB\xBFt,v\n1970-01-01 00:01:00.250,-1e3\n", "m", "", "m: 60.25=-1000"},
    {"@timestamp,bin\n1970-01-01 00:01:00.000,7\n", "m", "", "m: 60=7"},
    {"t,\"say \"\"v\"\", x\"\n\"1970-01-01 00:01:00\",\"7\"\n", "m", "", "m: 60=7"},
};

static void test_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reads); i++) {
        again();
        must_read(reads[i].content, reads[i].metric, reads[i].stat);
        assert_series(reads[i].series, reads[i].content);
    }
}

struct error_case {
    const char *content, *metric, *stat;
    const char *error;
};

#define NOTHING_KNOWN \
    "file: is no recording: neither JSON with MetricDataResults, Datapoints or services, nor CSV whose first " \
    "column is a time (YYYY-MM-DD HH:MM:SS, ISO 8601 or epoch seconds)"
#define SERVICE(rest) "{\"services\":[{" rest "}]}"
#define NAMED "\"serviceName\":\"s\",\"clusterArn\":\"c\","

static const struct error_case errors[] = {
    {"", "", "", "file: is empty"},
    {"hello\nworld\n", "m", "", NOTHING_KNOWN},
    {"\x7f" "ELF", "m", "", NOTHING_KNOWN},
    {"\x1f\x8b\x08", "m", "", "file: is compressed by gzip: unpack it first"},
    {"[1]", "", "", "file:1:1: is not a JSON object with MetricDataResults, Datapoints or services"},
    {"{\"a\":1}", "", "", "file: holds none of MetricDataResults, Datapoints and services"},
    {"{\n \"MetricDataResults\": [,]}", "", "", "file:2:24: not valid JSON: expected a value or ']'"},
    {"{\"MetricDataResults\":[]} x", "", "",
     "file:1:26: not valid JSON: expected nothing more: the document has ended"},
    {"{\"MetricDataResults\":{}}", "", "", "file:1:22: MetricDataResults is an object; an array is due"},
    {"{\"MetricDataResults\":[3]}", "", "", "file:1:23: a metric result is a number; an object is due"},
    {"{\"MetricDataResults\":[{\"Timestamps\":[],\"Values\":[]}]}", "", "",
     "file:1:51: this metric result has no Id"},
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
    {SERVICE(NAMED "\"desiredCount\":1.5"), "", "",
     "file:1:65: desiredCount is 1.5; a whole number from 0 on is due"},
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
        again();
        bool read = read_text(errors[i].content, errors[i].metric, errors[i].stat);
        if (!read && text_is(buffer_text(&error), errors[i].error))
            continue;
        print_error("in     %s\nwanted %s\ngot    %.*s\n", errors[i].content, errors[i].error,
                    TEXT_ARG(buffer_text(&error)));
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
        {"Complete", "Complete", "null", METRIC_COMPLETE},
        {"PartialData", "Complete", "null", METRIC_COMPLETE},
        {"Complete", "PartialData", "null", METRIC_PARTIAL},
        {"Complete", "Complete", "\"more\"", METRIC_PARTIAL},
        {"Forbidden", "Complete", "null", METRIC_FAILED},
        {"Complete", "InternalError", "null", METRIC_FAILED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[400];
        snprintf(content, sizeof content,
                 "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60],\"Values\":[1],\"StatusCode\":\"%s\"},"
                 "{\"Id\":\"m\",\"Timestamps\":[0],\"Values\":[1],\"StatusCode\":\"%s\"}],\"NextToken\":%s}",
                 cases[i].first, cases[i].second, cases[i].token);
        again();
        must_read(content, "", "");
        assert_int_equal(recording.series_count, 1);
        if (recording.series[0].status != cases[i].status ||
            recording.series[0].notes.incomplete != (cases[i].status != METRIC_COMPLETE))
            fail_msg("case %zu: status %d", i, recording.series[0].status);
    }
}

static void test_a_second_file_goes_on(void **state)
{
    (void)state;
    must_read("1970-01-01 00:01:00,1\n1970-01-01 00:02:00,nan\n", "m", "");
    must_read("{\"MetricDataResults\":[{\"Id\":\"x\",\"Timestamps\":[120],\"Values\":[2]}]}", "m", "");
    must_read("{\"MetricDataResults\":[{\"Id\":\"n\",\"Timestamps\":[60],\"Values\":[5]}]}", "", "");
    assert_series("m: 60=1 120=2; n: 60=5", "three files");
    assert_int_equal(recording.series[0].notes.read, 3);
    assert_int_equal(recording.series[0].notes.dropped, 1);
}

static void test_values_out_of_bounds_are_dropped(void **state)
{
    (void)state;
    must_read("{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[60,120,180,240,300],"
              "\"Values\":[1e999,1e300,null,5,-2.4e108]}]}", "", "");
    assert_series("m: 240=5", "bounds");
    assert_int_equal(recording.series[0].notes.dropped, 4);
    again();
    must_read("1970-01-01 00:01:00,NaN\n1970-01-01 00:02:00,-Inf\n1970-01-01 00:03:00,1e999\n"
              "1970-01-01 00:04:00,1\n", "m", "");
    assert_series("m: 240=1", "bounds");
    assert_int_equal(recording.series[0].notes.dropped, 3);
    assert_int_equal(recording.series[0].notes.read, 4);
}

// ---- buckets and notes ------------------------------------------------------------------------------------

struct bucket_case {
    const char *content;  // CSV unless it begins with '{'
    uint32_t period_s;
    const char *stat;
    const char *buckets;
    const char *line;
};

#define ROW(clock, value) "1970-01-01 00:" clock "," value "\n"
#define JSON_POINTS(times, values) \
    "{\"MetricDataResults\":[{\"Id\":\"m\",\"Timestamps\":[" times "],\"Values\":[" values "]}]}"

static const struct bucket_case buckets[] = {
    {ROW("00:00", "1") ROW("01:00", "2"), 60, "Average", "0=1 60=2", ""},
    {ROW("00:07", "1") ROW("01:07", "2"), 60, "Average", "0=1 60=2", ""},
    {JSON_POINTS("120,60,0", "3,2,1"), 60, "Average", "0=1 60=2 120=3", ""},
    {JSON_POINTS("0,120,60,180,240", "1,3,2,4,5"), 60, "Average", "0=1 60=2 120=3 180=4 240=5",
     "m: 1 point out of order"},
    // exact duplicates count once, others are merged by the statistic
    {ROW("00:00", "1") ROW("00:00", "1") ROW("01:00", "2"), 60, "Sum", "0=1 60=2", "m: 1 duplicate timestamp"},
    {ROW("00:00", "1") ROW("00:00", "3") ROW("00:00", "1"), 60, "Sum", "0=4", "m: 2 duplicate timestamps"},
    {ROW("00:10", "1") ROW("00:20", "2") ROW("00:30", "6"), 60, "Sum", "0=9",
     "m: 2 points merged into the buckets of others"},
    {ROW("00:10", "1") ROW("00:20", "2") ROW("00:30", "6"), 60, "SampleCount", "0=9",
     "m: 2 points merged into the buckets of others"},
    {ROW("00:10", "1") ROW("00:20", "5"), 60, "Average", "0=3", "m: 1 point merged into the bucket of another"},
    {ROW("00:10", "1") ROW("00:20", "5"), 60, "Maximum", "0=5", "m: 1 point merged into the bucket of another"},
    {ROW("00:10", "1") ROW("00:20", "5"), 60, "Minimum", "0=1", "m: 1 point merged into the bucket of another"},
    {ROW("00:10", "1") ROW("00:20", "5"), 60, "p99", "0=5", "m: 1 point merged into the bucket of another"},
    {ROW("00:10", "1") ROW("00:20", "5"), 60, "tm90", "0=3", "m: 1 point merged into the bucket of another"},
    {ROW("00:00", "0") ROW("00:00", "-0"), 60, "Sum", "0=0", "m: 1 duplicate timestamp"},
    // gaps: one lost bucket is none; what is coarser than the period has none between its own steps
    {ROW("00:00", "1") ROW("01:00", "1") ROW("03:00", "1"), 60, "Average", "0=1 60=1 180=1", ""},
    {ROW("00:00", "1") ROW("01:00", "1") ROW("04:00", "1"), 60, "Average", "0=1 60=1 240=1", "m: 1 gap of 2m"},
    {ROW("00:00", "1") ROW("05:00", "1") ROW("10:00", "1"), 60, "Average", "0=1 300=1 600=1", ""},
    {ROW("00:00", "1") ROW("05:00", "1") ROW("10:00", "1") ROW("50:00", "1") ROW("55:00", "1"), 60, "Average",
     "0=1 300=1 600=1 3000=1 3300=1", "m: 1 gap of 35m"},
    {ROW("00:00", "1") ROW("01:00", "1") ROW("05:00", "1") ROW("06:00", "1") ROW("59:00", "1"), 60, "Average",
     "0=1 60=1 300=1 360=1 3540=1", "m: 2 gaps, the longest 52m"},
    // a sum past the bound is no value
    {JSON_POINTS("0,1,60", "2e108,2e108,1"), 60, "Sum", "60=1",
     "m: 1 point merged into the bucket of another, 1 value dropped (not finite, or beyond 2^360)"},
    {"{\"MetricDataResults\":[{\"Id\":\"m\",\"Label\":\"c/s\",\"Timestamps\":[0],\"Values\":[1],"
     "\"StatusCode\":\"PartialData\"}]}", 60, "Sum", "0=1",
     "m (c/s): incomplete (CloudWatch did not answer Complete, or pages are missing)"},
    // datapoints promise no order
    {"{\"Label\":\"m\",\"Datapoints\":[{\"Timestamp\":120,\"Sum\":3},{\"Timestamp\":0,\"Sum\":1},"
     "{\"Timestamp\":180,\"Sum\":4},{\"Timestamp\":60,\"Sum\":2}]}", 60, "Sum", "0=1 60=2 120=3 180=4", ""},
};

static void print_buckets(uint32_t period_s, const char *stat, struct buffer *out, struct buffer *line)
{
    int64_t *at_s;
    double *values;
    size_t count;
    struct recorded_series *series = &recording.series[0];
    // Twice: the notes say the same.
    recording_bucket(&arena, series, period_s, text_of(stat), &at_s, &values, &count);
    recording_bucket(&arena, series, period_s, text_of(stat), &at_s, &values, &count);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s%lld=", i ? " " : "", (long long)at_s[i]);
        buffer_add_number(out, values[i]);
    }
    recording_notes_line(series, line);
}

static void test_buckets_and_notes(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(buckets); i++) {
        struct buffer out, line;
        buffer_init(&out, 4096);
        buffer_init(&line, 4096);
        again();
        must_read(buckets[i].content, *buckets[i].content == '{' ? "" : "m", "");
        print_buckets(buckets[i].period_s, buckets[i].stat, &out, &line);
        if (!text_is(buffer_text(&out), buckets[i].buckets) || !text_is(buffer_text(&line), buckets[i].line)) {
            print_error("case %zu: %s\nwanted %s | %s\ngot    %.*s | %.*s\n", i, buckets[i].content,
                        buckets[i].buckets, buckets[i].line, TEXT_ARG(buffer_text(&out)),
                        TEXT_ARG(buffer_text(&line)));
            wrong++;
        }
        buffer_release(&out);
        buffer_release(&line);
    }
    assert_int_equal(wrong, 0);
}

// Five-minute rows of local time over a change of clocks: from 00:00, set back by `back_min` at 02:00.
static void write_fold(struct buffer *csv, int back_min, bool reversed, const char *zone)
{
    int minutes[64], count = 0;
    for (int minute = 0; minute < 120; minute += 5)
        minutes[count++] = minute;
    for (int minute = 120 - back_min; minute < 180; minute += 5)
        minutes[count++] = minute;
    buffer_clear(csv);
    for (int i = 0; i < count; i++) {
        int minute = minutes[reversed ? count - 1 - i : i];
        buffer_printf(csv, "2026-10-25 %02d:%02d:00%s,%d\n", minute / 60, minute % 60, zone, i);
    }
    buffer_add_char(csv, '\0');
}

struct fold_case {
    int back_min;
    bool reversed;
    const char *zone;
    size_t steps_back, out_of_order;
};

static void test_daylight_saving_folds(void **state)
{
    (void)state;
    static const struct fold_case cases[] = {
        {60, false, "", 1, 0}, {60, true, "", 1, 0}, {30, false, "", 1, 0},
        {60, false, "Z", 0, 1},   // with a zone there is no such fold
        {65, false, "", 1, 0},    // a row is lost
        {45, false, "", 0, 1}, {90, false, "", 0, 1},
    };
    struct buffer csv;
    buffer_init(&csv, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_fold(&csv, cases[i].back_min, cases[i].reversed, cases[i].zone);
        again();
        must_read(csv.p, "cpu", "");
        const struct recording_notes *notes = &recording.series[0].notes;
        if (notes->steps_back != cases[i].steps_back || notes->out_of_order != cases[i].out_of_order)
            fail_msg("case %zu: %zu steps back, %zu out of order", i, notes->steps_back, notes->out_of_order);
    }
    write_fold(&csv, 60, false, "");
    again();
    must_read(csv.p, "cpu", "");
    struct buffer out, line;
    buffer_init(&out, 1 << 16);
    buffer_init(&line, 4096);
    print_buckets(300, "Average", &out, &line);
    assert_true(text_is(buffer_text(&line),
                        "cpu: 12 duplicate timestamps, clock set back at 2026-10-25 01:55 (a daylight-saving fold? "
                        "the timestamps carry no zone and were read as UTC)"));
    assert_int_equal(recording.series[0].notes.gaps, 0);
    buffer_release(&out);
    buffer_release(&line);
    buffer_release(&csv);
}

// A single late row is disorder, not a clock set back: time does not go on from it.
static void test_a_late_row_is_no_fold(void **state)
{
    (void)state;
    must_read("2026-10-25 01:00:00,1\n2026-10-25 01:05:00,1\n2026-10-25 01:10:00,1\n2026-10-25 00:10:00,1\n"
              "2026-10-25 01:15:00,1\n2026-10-25 01:20:00,1\n", "m", "");
    assert_int_equal(recording.series[0].notes.steps_back, 0);
    assert_int_equal(recording.series[0].notes.out_of_order, 1);
}

// ---- random input -----------------------------------------------------------------------------------------

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return *seed >> 33;
}

static void write_column(struct buffer *json, uint64_t *seed, const char *name, size_t count)
{
    buffer_printf(json, "\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        double number = (double)next_random(seed) / (1.0 + (double)(next_random(seed) % 1000));
        buffer_printf(json, "%s%.*g", i ? ", " : " ", (int)(next_random(seed) % 17) + 1, number);
    }
    buffer_add(json, TEXT("]"));
}

static void write_random(struct buffer *json, uint64_t *seed)
{
    size_t results = next_random(seed) % 5 + 1;
    buffer_clear(json);
    buffer_add(json, TEXT("{ \"x\" : [ { } , null ] , \"MetricDataResults\":["));
    for (size_t i = 0; i < results; i++) {
        size_t count = next_random(seed) % 40;
        bool values_first = next_random(seed) % 2;
        buffer_printf(json, "%s{\"Id\":\"m%zu\",", i ? "," : "", i);
        write_column(json, seed, values_first ? "Values" : "Timestamps", count);
        buffer_add(json, TEXT(",\n"));
        write_column(json, seed, values_first ? "Timestamps" : "Values", count);
        buffer_add(json, TEXT("}"));
    }
    buffer_add(json, TEXT("]}"));
}

static void assert_column(const cJSON *result, const char *name, const double *numbers, size_t count)
{
    const cJSON *column = cJSON_GetObjectItemCaseSensitive(result, name);
    assert_int_equal(cJSON_GetArraySize(column), count);
    const cJSON *item = column->child;
    for (size_t i = 0; i < count; i++, item = item->next)
        if (item->valuedouble != numbers[i])
            fail_msg("%s[%zu]: cJSON %.17g, we %.17g", name, i, item->valuedouble, numbers[i]);
}

static void assert_as_cjson(const char *content, size_t n)
{
    cJSON *root = cJSON_ParseWithLength(content, n);
    assert_non_null(root);
    size_t i = 0;
    const cJSON *result;
    cJSON_ArrayForEach(result, cJSON_GetObjectItemCaseSensitive(root, "MetricDataResults"))
    {
        const struct recorded_series *series = &recording.series[i++];
        assert_column(result, "Timestamps", series->at_s, series->count);
        assert_column(result, "Values", series->values, series->count);
    }
    assert_int_equal(i, recording.series_count);
    cJSON_Delete(root);
}

static void test_random_recordings_agree_with_cjson(void **state)
{
    (void)state;
    uint64_t seed = 20261123;
    struct buffer json;
    buffer_init(&json, 1 << 20);
    for (int i = 0; i < 500; i++) {
        write_random(&json, &seed);
        again();
        must_read(json.p, "", "");
        assert_as_cjson(json.p, json.n);
    }
    buffer_release(&json);
}

// ---- services ---------------------------------------------------------------------------------------------

struct fence_case {
    const char *rest;  // of the service's members
    double fence_s;
    enum fence_source source;
};

#define COUNTS NAMED "\"desiredCount\":1,\"runningCount\":1,\"pendingCount\":0"
#define MARK(value) ",\"tags\":[{\"key\":\"drowse-wake\",\"value\":\"" value "\"}]"
#define STARTED(at) "{\"createdAt\":" at ",\"message\":\"(service s) has started 1 tasks: (task 1).\"}"
#define STEADY(at) "{\"createdAt\":" at ",\"message\":\"(service s) has reached a steady state.\"}"
#define PRIMARY(at) ",\"deployments\":[{\"status\":\"PRIMARY\",\"createdAt\":" at "}]"

static const struct fence_case fences[] = {
    {"", NAN, FENCE_NONE},
    {",\"createdAt\":100", 100, FENCE_SERVICE_CREATED},
    {",\"createdAt\":100" PRIMARY("50"), 50, FENCE_DEPLOYMENT},
    {",\"createdAt\":100" PRIMARY("50") ",\"events\":[" STARTED("30") "," STARTED("40") "," STEADY("90") "]", 40,
     FENCE_STARTED_EVENT},
    {MARK("1970-01-01T00:10:00Z") ",\"events\":[" STARTED("30") "]", 600, FENCE_WAKE_MARK},
    {MARK("600") ",\"events\":[" STARTED("700") "]" PRIMARY("900"), 700, FENCE_STARTED_EVENT},
    {MARK("600") PRIMARY("900"), 600, FENCE_WAKE_MARK},
    {MARK("soon") PRIMARY("900"), 900, FENCE_DEPLOYMENT},
    {MARK("600.5") ",\"events\":[" STEADY("700") "]", 600.5, FENCE_WAKE_MARK},
    {",\"createdAt\":\"1970-01-01T01:01:40.000000+01:00\"", 100, FENCE_SERVICE_CREATED},
};

static void test_the_fence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fences); i++) {
        char content[1000];
        snprintf(content, sizeof content, SERVICE(COUNTS "%s"), fences[i].rest);
        again();
        must_read(content, "", "");
        const struct service_state *service = &recording.states[0];
        bool same = service->fence_s == fences[i].fence_s || (isnan(service->fence_s) && isnan(fences[i].fence_s));
        if (!same || service->fence_source != fences[i].source)
            fail_msg("%s: fence %g of source %d", fences[i].rest, service->fence_s, service->fence_source);
    }
}

static void test_deploying(void **state)
{
    (void)state;
    static const struct {
        const char *deployments;
        bool deploying;
    } cases[] = {
        {"", false},
        {"{\"status\":\"PRIMARY\",\"rolloutState\":\"COMPLETED\"}", false},
        {"{\"status\":\"PRIMARY\"}", false},
        {"{\"status\":\"PRIMARY\",\"rolloutState\":\"IN_PROGRESS\"}", true},
        {"{\"status\":\"PRIMARY\",\"rolloutState\":\"COMPLETED\"},{\"status\":\"ACTIVE\"}", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char content[1000];
        snprintf(content, sizeof content, SERVICE(COUNTS ",\"deployments\":[%s]"), cases[i].deployments);
        again();
        must_read(content, "", "");
        if (recording.states[0].deploying != cases[i].deploying)
            fail_msg("%s: deploying is %d", cases[i].deployments, recording.states[0].deploying);
    }
}

#define CLUSTER_ARN "arn:aws:ecs:eu-west-1:1:cluster/fluidity"

static void test_a_described_service(void **state)
{
    (void)state;
    must_read("{\"services\":[{\"serviceArn\":\"arn:aws:ecs:eu-west-1:1:service/fluidity/server\","
              "\"clusterArn\":\"" CLUSTER_ARN "\",\"serviceName\":\"server\",\"status\":\"ACTIVE\","
              "\"desiredCount\":2,\"runningCount\":1,\"pendingCount\":1,\"launchType\":\"FARGATE\","
              "\"schedulingStrategy\":\"REPLICA\",\"networkConfiguration\":{\"a\":[[]]},"
              "\"tags\":[{\"key\":\"a\",\"value\":\"\\u00e9\"},{\"key\":\"b\",\"value\":\"\"}]}],"
              "\"failures\":[{\"arn\":\"x\",\"reason\":\"MISSING\"}],\"now\":\"2026-11-23 06:35:36\"}", "", "");
    assert_int_equal(recording.state_count, 1);
    const struct service_state *service = &recording.states[0];
    assert_true(text_is(service->cluster, "fluidity") && text_is(service->service, "server"));
    assert_true(text_is(service->status, "ACTIVE") && text_is(service->scheduling_strategy, "REPLICA"));
    assert_int_equal(service->desired * 100 + service->running * 10 + service->pending, 211);
    assert_true(service->tags_read && service->tag_count == 2);
    assert_true(text_is(service->tags[0].value, "\xc3\xa9") && text_is(service->tags[1].key, "b"));
    assert_true(recording.has_now && recording.now_s == 1795415736);
}

static void test_names_from_arns(void **state)
{
    (void)state;
    must_read(SERVICE("\"serviceArn\":\"arn:aws:ecs:r:1:service/c1/s1\",\"desiredCount\":1,\"runningCount\":1,"
                      "\"pendingCount\":0"), "", "");
    assert_true(text_is(recording.states[0].cluster, "c1") && text_is(recording.states[0].service, "s1"));
    must_read(SERVICE("\"serviceArn\":\"arn:aws:ecs:r:1:service/old\",\"clusterArn\":\"" CLUSTER_ARN "\","
                      "\"desiredCount\":1,\"runningCount\":1,\"pendingCount\":0"), "", "");
    assert_true(text_is(recording.states[1].cluster, "fluidity") && text_is(recording.states[1].service, "old"));
}

static void test_tags_denied(void **state)
{
    (void)state;
    must_read("{\"services\":[{" COUNTS MARK("600") PRIMARY("50") "}],\"tagsDenied\":true}", "", "");
    const struct service_state *service = &recording.states[0];
    assert_false(service->tags_read);
    assert_int_equal(service->tag_count, 0);
    assert_true(isnan(service->woken_at_s));
    assert_int_equal(service->fence_source, FENCE_DEPLOYMENT);
    again();
    must_read(SERVICE(COUNTS), "", "");
    assert_false(recording.states[0].tags_read);
}

// As the live client reads: what was asked for and is not there is empty.
static void test_tags_asked(void **state)
{
    (void)state;
    struct services_read read = {.arena = &arena, .source = TEXT("DescribeServices"), .tags_asked = true};
    struct json_reader reader;
    json_read_begin(&reader, &arena, TEXT("[{" COUNTS "}]"));
    assert_int_equal(json_next(&reader), JSON_ARRAY);
    assert_true(read_services(&reader, &read, &error));
    assert_true(read.count == 1 && read.states[0].tags_read);
}

// ---- real recordings --------------------------------------------------------------------------------------

static bool load_file(const char *path, struct buffer *content)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char block[1 << 16];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(content, (struct text){block, n});
    fclose(file);
    return true;
}

static void test_real_recordings(void **state)
{
    (void)state;
    static const char *const names[] = {"ec2_cpu_utilization_77c1ca", "ec2_cpu_utilization_ac20cd",
                                        "ec2_network_in_257a54",      "elb_request_count_8c0756",
                                        "grok_asg_anomaly",           "rds_cpu_utilization_cc0c53"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[200];
        struct buffer content, line;
        buffer_init(&content, 1 << 24);
        buffer_init(&line, 4096);
        snprintf(path, sizeof path, NAB "%s.csv", names[i]);
        if (!load_file(path, &content)) {
            print_message("skipped: %s is not here\n", path);
            buffer_release(&content);
            skip();
        }
        again();
        must_read(content.p, "m", "");
        struct recorded_series *series = &recording.series[0];
        int64_t *at_s;
        double *values;
        size_t count, rows = 0;
        for (size_t j = 0; j < content.n; j++)
            rows += content.p[j] == '\n';
        recording_bucket(&arena, series, 300, TEXT("Average"), &at_s, &values, &count);
        recording_notes_line(series, &line);
        print_message("%s: %zu points, %zu buckets %.*s\n", names[i], series->count, count,
                      TEXT_ARG(buffer_text(&line)));
        assert_int_equal(series->count + series->notes.dropped, rows - 1);
        for (size_t j = 1; j < count; j++)
            assert_true(at_s[j] > at_s[j - 1] && at_s[j] % 300 == 0);
        assert_int_equal(series->notes.usual_step_s, 300);
        buffer_release(&content);
        buffer_release(&line);
    }
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
        TEST(test_buckets_and_notes),
        TEST(test_daylight_saving_folds),
        TEST(test_a_late_row_is_no_fold),
        TEST(test_random_recordings_agree_with_cjson),
        TEST(test_the_fence),
        TEST(test_deploying),
        TEST(test_a_described_service),
        TEST(test_names_from_arns),
        TEST(test_tags_denied),
        TEST(test_tags_asked),
        TEST(test_real_recordings),
    };
    return cmocka_run_group_tests_name("recording", tests, NULL, NULL) != 0;
}
