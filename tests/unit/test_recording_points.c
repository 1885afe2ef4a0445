// What becomes of points: buckets, notes on what was odd, agreement with cJSON on random input, real recordings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "tests/support/asserts.h"
#include "tests/support/reading.h"

#define NAB "../shared/recordings/nab/"

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

struct bucket_case {
    const char *content;  // CSV unless it begins with '{'
    uint32_t period_s;
    const char *stat;
    const char *buckets;
    const char *line;
};

#define ROW(clock, value) "1970-01-01 00:" clock "," value "\n"
#define JSON_POINTS(times, values)                                                                                     \
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
     "\"StatusCode\":\"PartialData\"}]}",
     60, "Sum", "0=1", "m (c/s): incomplete (CloudWatch did not answer Complete, or pages are missing)"},
    // datapoints promise no order
    {"{\"Label\":\"m\",\"Datapoints\":[{\"Timestamp\":120,\"Sum\":3},{\"Timestamp\":0,\"Sum\":1},"
     "{\"Timestamp\":180,\"Sum\":4},{\"Timestamp\":60,\"Sum\":2}]}",
     60, "Sum", "0=1 60=2 120=3 180=4", ""},
};

static void test_buckets_and_notes(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(buckets); i++) {
        struct buffer out, line;
        buffer_init(&out, 4096);
        buffer_init(&line, 4096);
        reading_again(&reading);
        reading_must(&reading, buckets[i].content, *buckets[i].content == '{' ? "" : "m", "");
        reading_buckets(&reading, buckets[i].period_s, buckets[i].stat, &out, &line);
        if (!text_is(buffer_text(&out), buckets[i].buckets) || !text_is(buffer_text(&line), buckets[i].line)) {
            print_error("case %zu: %s\nwanted %s | %s\ngot    %.*s | %.*s\n", i, buckets[i].content, buckets[i].buckets,
                        buckets[i].line, TEXT_ARG(buffer_text(&out)), TEXT_ARG(buffer_text(&line)));
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
        {60, false, "", 1, 0}, {60, true, "", 1, 0},
        {30, false, "", 1, 0}, {60, false, "Z", 0, 1},  // with a zone there is no such fold
        {65, false, "", 1, 0},                          // a row is lost
        {45, false, "", 0, 1}, {90, false, "", 0, 1},
    };
    struct buffer csv;
    buffer_init(&csv, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_fold(&csv, cases[i].back_min, cases[i].reversed, cases[i].zone);
        reading_again(&reading);
        reading_must(&reading, csv.p, "cpu", "");
        const struct recording_notes *notes = &reading.recording.series[0].notes;
        if (notes->steps_back != cases[i].steps_back || notes->out_of_order != cases[i].out_of_order)
            fail_msg("case %zu: %zu steps back, %zu out of order", i, notes->steps_back, notes->out_of_order);
    }
    write_fold(&csv, 60, false, "");
    reading_again(&reading);
    reading_must(&reading, csv.p, "cpu", "");
    struct buffer out, line;
    buffer_init(&out, 1 << 16);
    buffer_init(&line, 4096);
    reading_buckets(&reading, 300, "Average", &out, &line);
    assert_true(text_is(buffer_text(&line),
                        "cpu: 12 duplicate timestamps, clock set back at 2026-10-25 01:55 (a daylight-saving fold? "
                        "the timestamps carry no zone and were read as UTC)"));
    assert_int_equal(reading.recording.series[0].notes.gaps, 0);
    buffer_release(&out);
    buffer_release(&line);
    buffer_release(&csv);
}

// A single late row is disorder, not a clock set back: time does not go on from it.
static void test_a_late_row_is_no_fold(void **state)
{
    (void)state;
    reading_must(&reading,
                 "2026-10-25 01:00:00,1\n2026-10-25 01:05:00,1\n2026-10-25 01:10:00,1\n2026-10-25 00:10:00,1\n"
                 "2026-10-25 01:15:00,1\n2026-10-25 01:20:00,1\n",
                 "m", "");
    assert_int_equal(reading.recording.series[0].notes.steps_back, 0);
    assert_int_equal(reading.recording.series[0].notes.out_of_order, 1);
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
        const struct recorded_series *series = &reading.recording.series[i++];
        assert_column(result, "Timestamps", series->at_s, series->count);
        assert_column(result, "Values", series->values, series->count);
    }
    assert_int_equal(i, reading.recording.series_count);
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
        reading_again(&reading);
        reading_must(&reading, json.p, "", "");
        assert_as_cjson(json.p, json.n);
    }
    buffer_release(&json);
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
        reading_again(&reading);
        reading_must(&reading, content.p, "m", "");
        struct recorded_series *series = &reading.recording.series[0];
        int64_t *at_s;
        double *values;
        size_t count, rows = 0;
        for (size_t j = 0; j < content.n; j++)
            rows += content.p[j] == '\n';
        recording_bucket(&reading.arena, series, 300, TEXT("Average"), &at_s, &values, &count);
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
        TEST(test_buckets_and_notes),     TEST(test_daylight_saving_folds),
        TEST(test_a_late_row_is_no_fold), TEST(test_random_recordings_agree_with_cjson),
        TEST(test_real_recordings),
    };
    return cmocka_run_group_tests_name("recording_points", tests, NULL, NULL) != 0;
}
