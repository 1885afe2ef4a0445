// Writing JSON: commas, indentation, escapes, numbers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/json_read.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"

static void assert_written(struct buffer *out, const char *wanted)
{
    if (!text_is(buffer_text(out), wanted))
        fail_msg("got\n%.*s\nwanted\n%s", TEXT_ARG(buffer_text(out)), wanted);
    buffer_clear(out);
}

static void write_sample(struct buffer *out, int indent)
{
    struct json_writer writer;
    json_begin(&writer, out, indent);
    json_open_object(&writer);
    json_key(&writer, "empty");
    json_open_object(&writer);
    json_close_object(&writer);
    json_key_text(&writer, TEXT("list"));
    json_open_array(&writer);
    json_int(&writer, -5);
    json_open_array(&writer);
    json_close_array(&writer);
    json_open_object(&writer);
    json_key(&writer, "a");
    json_null(&writer);
    json_key(&writer, "b");
    json_bool(&writer, true);
    json_close_object(&writer);
    json_string(&writer, "x");
    json_close_array(&writer);
    json_key(&writer, "raw");
    json_raw(&writer, TEXT("{\"z\":1}"));
    json_key(&writer, "last");
    json_bool(&writer, false);
    json_close_object(&writer);
}

static void both_forms(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 10000);
    write_sample(&out, 0);
    assert_written(&out,
                   "{\"empty\":{},\"list\":[-5,[],{\"a\":null,\"b\":true},\"x\"],\"raw\":{\"z\":1},\"last\":false}");
    write_sample(&out, 2);
    assert_written(&out, "{\n"
                         "  \"empty\": {},\n"
                         "  \"list\": [\n"
                         "    -5,\n"
                         "    [],\n"
                         "    {\n"
                         "      \"a\": null,\n"
                         "      \"b\": true\n"
                         "    },\n"
                         "    \"x\"\n"
                         "  ],\n"
                         "  \"raw\": {\"z\":1},\n"
                         "  \"last\": false\n"
                         "}");
    buffer_release(&out);
}

static void values_alone(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } numbers[] = {{0, "0"},       {-0.0, "0"},   {15, "15"},         {0.1, "0.1"},        {1e300, "1e300"},
                   {1e-9, "1e-9"}, {NAN, "null"}, {INFINITY, "null"}, {-INFINITY, "null"}, {-2.5, "-2.5"}};
    struct buffer out;
    buffer_init(&out, 1000);
    struct json_writer writer;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        json_begin(&writer, &out, 2);
        json_number(&writer, numbers[i].number);
        assert_written(&out, numbers[i].text);
    }
    json_begin(&writer, &out, 0);
    json_int(&writer, INT64_MIN);
    assert_written(&out, "-9223372036854775808");
    json_begin(&writer, &out, 0);
    json_int(&writer, INT64_MAX);
    assert_written(&out, "9223372036854775807");
    json_begin(&writer, &out, 0);
    json_text(&writer, (struct text){NULL, 0});
    assert_written(&out, "\"\"");
    buffer_release(&out);
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        const char *json;
    } cases[] = {
        {TEXT("plain /text'"), "\"plain /text'\""},
        {TEXT("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {TEXT("a\0z\x01\x1F\x7F"), "\"a\\u0000z\\u0001\\u001f\\u007f\""},
        {TEXT("\xC3\xA4\xE6\x97\xA5\xF0\x9F\x98\x80"), "\"\xC3\xA4\xE6\x97\xA5\xF0\x9F\x98\x80\""},
        {TEXT("\xC2\x9B|\xC2\xA0|"), "\"\\u009b|\xC2\xA0|\""},
        {TEXT("\xC2\x80\xC2\x9F~"), "\"\\u0080\\u009f~\""},
        {TEXT("\xE2\x80\xA8\xE2\x80\xA9"), "\"\\u2028\\u2029\""},
        {TEXT("\xFF"
              "a\xE6\x97"),
         "\"\xEF\xBF\xBD"
         "a\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {TEXT("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {TEXT("\xEF\xBF\xBD"), "\"\xEF\xBF\xBD\""},
    };
    struct buffer out;
    buffer_init(&out, 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_writer writer;
        json_begin(&writer, &out, 0);
        json_text(&writer, cases[i].text);
        assert_written(&out, cases[i].json);
    }
    buffer_release(&out);
}

static void keys_are_escaped_too(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    struct json_writer writer;
    json_begin(&writer, &out, 0);
    json_open_object(&writer);
    json_key_text(&writer, TEXT("a\"\n"));
    json_int(&writer, 1);
    json_key(&writer, "");
    json_int(&writer, 2);
    json_close_object(&writer);
    assert_written(&out, "{\"a\\\"\\n\":1,\"\":2}");
    buffer_release(&out);
}

// Every byte between ASCII ones: our reader gives back what was written, or U+FFFD for a wrong byte.
static void every_text_reads_back(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buffer out;
    buffer_init(&out, 1000);
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 128; second++) {
            const char bytes[] = {(char)second, (char)first, (char)second};
            struct text text = {bytes, sizeof bytes};
            struct json_writer writer;
            json_begin(&writer, &out, 0);
            json_text(&writer, text);
            struct json_reader reader;
            json_read_begin(&reader, &arena, buffer_text(&out));
            assert_int_equal(json_next(&reader), JSON_STRING);
            bool same = first < 0x80 ? text_eq(reader.text, text) : reader.text.n == 2 + 3;
            if (!same)
                fail_msg("bytes %d, %d: %.*s", first, second, TEXT_ARG(buffer_text(&out)));
            assert_int_equal(json_next(&reader), JSON_END);
            buffer_clear(&out);
        }
        arena_reset(&arena);
    }
    buffer_release(&out);
    arena_release(&arena);
}

static void as_deep_as_may_be_read(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    struct json_writer writer;
    json_begin(&writer, &out, 0);
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
        json_open_array(&writer);
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
        json_close_array(&writer);
    struct json_reader reader;
    json_read_begin(&reader, NULL, buffer_text(&out));
    assert_true(json_skip(&reader, json_next(&reader)));
    assert_int_equal(json_next(&reader), JSON_END);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms),
        cmocka_unit_test(values_alone),
        cmocka_unit_test(escapes),
        cmocka_unit_test(keys_are_escaped_too),
        cmocka_unit_test(every_text_reads_back),
        cmocka_unit_test(as_deep_as_may_be_read),
    };
    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL) != 0;
}
