// Reading JSON: tokens, faults and their places.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/json_read.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"

// All tokens as one text: `{ a: [ 1 'x' true false null ] } .`, a fault as `!line:column text`.
static void trace(struct buffer *out, struct arena *arena, struct text document)
{
    static const char *const marks[] = {
        [JSON_OBJECT] = "{ ",    [JSON_OBJECT_END] = "} ", [JSON_ARRAY] = "[ ",
        [JSON_ARRAY_END] = "] ", [JSON_TRUE] = "true ",    [JSON_FALSE] = "false ",
        [JSON_NULL] = "null ",   [JSON_END] = ".",         [JSON_ERROR] = "",
    };
    struct json_reader reader;
    json_read_begin(&reader, arena, document);
    enum json_token token;
    do {
        token = json_next(&reader);
        if (token == JSON_KEY)
            buffer_printf(out, "%.*s: ", TEXT_ARG(reader.text));
        else if (token == JSON_STRING)
            buffer_printf(out, "'%.*s' ", TEXT_ARG(reader.text));
        else if (token == JSON_NUMBER)
            buffer_printf(out, "%.*s ", TEXT_ARG(reader.text));
        else
            buffer_add(out, text_of(marks[token]));
    } while (token != JSON_END && token != JSON_ERROR);
    assert_int_equal(json_next(&reader), token);
    if (token == JSON_ERROR) {
        uint32_t line = 0, column = 0;
        json_read_place(&reader, &line, &column);
        buffer_printf(out, "!%u:%u %s", line, column, reader.error);
    }
}

static void check_trace(struct text document, const char *wanted)
{
    struct arena arena = {0};
    struct buffer got;
    buffer_init(&got, 10000);
    trace(&got, &arena, document);
    if (!text_is(buffer_text(&got), wanted))
        fail_msg("%.*s\ngot    %.*s\nwanted %s", TEXT_ARG(document), TEXT_ARG(buffer_text(&got)), wanted);
    buffer_release(&got);
    arena_release(&arena);
}

struct golden {
    struct text document;
    const char *trace;
};

static void documents_taken(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {TEXT("1"), "1 ."},
        {TEXT(" \t\r\n-0.5e+10 \n"), "-0.5e+10 ."},
        {TEXT("\"\""), "'' ."},
        {TEXT("true"), "true ."},
        {TEXT("false"), "false ."},
        {TEXT("null"), "null ."},
        {TEXT("[]"), "[ ] ."},
        {TEXT("{}"), "{ } ."},
        {TEXT("[[],{}]"), "[ [ ] { } ] ."},
        {TEXT("[1,2 , 3]"), "[ 1 2 3 ] ."},
        {TEXT("{\"a\":1,\"b\" : [true,false,null] , \"c\":{\"d\":\"e\"}}"),
         "{ a: 1 b: [ true false null ] c: { d: 'e' } } ."},
        {TEXT("{\"a\":1,\"a\":2}"), "{ a: 1 a: 2 } ."},
        {TEXT("{\"\":0}"), "{ : 0 } ."},
        {TEXT("[0,-0,1.0,1e5,1E-5,12.25e+07]"), "[ 0 -0 1.0 1e5 1E-5 12.25e+07 ] ."},
        {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "'\"\\/\b\f\n\r\t' ."},
        {TEXT("\"\\u0041\\u00e4\\u65E5\\ud83d\\ude00z\""), "'A\xC3\xA4\xE6\x97\xA5\xF0\x9F\x98\x80z' ."},
        {TEXT("{\"k\\u0065y\":1}"), "{ key: 1 } ."},
        {TEXT("\"\xC3\xA4 \xE6\x97\xA5 \xF0\x9F\x98\x80 \xEF\xBF\xBF\""),
         "'\xC3\xA4 \xE6\x97\xA5 \xF0\x9F\x98\x80 \xEF\xBF\xBF' ."},
        {TEXT("\"\x7F\""), "'\x7F' ."},
        {TEXT("\xEF\xBB\xBF[1]"), "[ 1 ] ."},
        {TEXT("\"a long text of more than eight bytes, then an escape \\n and more text\""),
         "'a long text of more than eight bytes, then an escape \n and more text' ."},
        {TEXT("[\n                1,\n                \"2026-11-23T06:35:00+00:00\"\n        ]\n"),
         "[ 1 '2026-11-23T06:35:00+00:00' ] ."},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_trace(cases[i].document, cases[i].trace);
}

#define ENDS "the document ends too early"
#define ENDS_IN_STRING "the document ends within a string"
#define CONTROL "a control character within a string must be escaped"
#define ESCAPE "a wrong escape, or half of a surrogate pair"
#define UTF8 "not valid UTF-8"
#define NUMBER "a wrong number"
#define MORE "expected nothing more: the document has ended"

static const struct golden refused[] = {
    {TEXT(""), "!1:1 the document is empty"},
    {TEXT("\xEF\xBB\xBF"), "!1:1 the document is empty"},
    {TEXT(" \n "), "!2:2 " ENDS},
    {TEXT("["), "[ !1:2 " ENDS},
    {TEXT("{"), "{ !1:2 " ENDS},
    {TEXT("[1"), "[ 1 !1:3 " ENDS},
    {TEXT("[1,"), "[ 1 !1:4 " ENDS},
    {TEXT("{\"a\""), "{ !1:5 " ENDS},
    {TEXT("{\"a\":"), "{ a: !1:6 " ENDS},
    {TEXT("{\"a\":1,"), "{ a: 1 !1:8 " ENDS},
    {TEXT("[1,]"), "[ 1 !1:4 expected a value"},
    {TEXT("[,1]"), "[ !1:2 expected a value or ']'"},
    {TEXT("[1,,2]"), "[ 1 !1:4 expected a value"},
    {TEXT("[1 2]"), "[ 1 !1:4 expected ',' or ']'"},
    {TEXT("[1}"), "[ 1 !1:3 expected ',' or ']'"},
    {TEXT("[}"), "[ !1:2 expected a value or ']'"},
    {TEXT("]"), "!1:1 expected a value"},
    {TEXT("[1:2]"), "[ 1 !1:3 expected ',' or ']'"},
    {TEXT("{\"a\":1,}"), "{ a: 1 !1:8 expected a key in double quotes"},
    {TEXT("{,}"), "{ !1:2 expected a key in double quotes, or '}'"},
    {TEXT("{a:1}"), "{ !1:2 expected a key in double quotes, or '}'"},
    {TEXT("{1:1}"), "{ !1:2 expected a key in double quotes, or '}'"},
    {TEXT("{\"a\":1,2}"), "{ a: 1 !1:8 expected a key in double quotes"},
    {TEXT("{\"a\" 1}"), "{ !1:6 expected ':' behind the key"},
    {TEXT("{\"a\"}"), "{ !1:5 expected ':' behind the key"},
    {TEXT("{\"a\"::1}"), "{ a: !1:6 expected a value"},
    {TEXT("{\"a\":}"), "{ a: !1:6 expected a value"},
    {TEXT("{\"a\":1 \"b\":2}"), "{ a: 1 !1:8 expected ',' or '}'"},
    {TEXT("{\"a\":1]"), "{ a: 1 !1:7 expected ',' or '}'"},
    {TEXT("{]"), "{ !1:2 expected a key in double quotes, or '}'"},
    {TEXT("1 2"), "1 !1:3 " MORE},
    {TEXT("{}\n{}"), "{ } !2:1 " MORE},
    {TEXT("[],"), "[ ] !1:3 " MORE},
    {TEXT("[]]"), "[ ] !1:3 " MORE},
    {TEXT("1\0"), "1 !1:2 " MORE},
    {TEXT("tru"), "!1:1 expected a value"},
    {TEXT("truex"), "true !1:5 " MORE},
    {TEXT("True"), "!1:1 expected a value"},
    {TEXT("nul"), "!1:1 expected a value"},
    {TEXT("NaN"), "!1:1 expected a value"},
    {TEXT("Infinity"), "!1:1 expected a value"},
    {TEXT("-Infinity"), "!1:1 " NUMBER},
    {TEXT("'a'"), "!1:1 expected a value"},
    {TEXT("[1] // no"), "[ 1 ] !1:5 " MORE},
    {TEXT("/**/1"), "!1:1 expected a value"},
    {TEXT("01"), "!1:1 " NUMBER},
    {TEXT("-01"), "!1:1 " NUMBER},
    {TEXT("-"), "!1:1 " NUMBER},
    {TEXT("+1"), "!1:1 expected a value"},
    {TEXT(".5"), "!1:1 expected a value"},
    {TEXT("-.5"), "!1:1 " NUMBER},
    {TEXT("[1.]"), "[ !1:2 " NUMBER},
    {TEXT("1.e5"), "!1:1 " NUMBER},
    {TEXT("1e"), "!1:1 " NUMBER},
    {TEXT("1e+"), "!1:1 " NUMBER},
    {TEXT("1.5.2"), "1.5 !1:4 " MORE},
    {TEXT("0x10"), "0 !1:2 " MORE},
    {TEXT("1_000"), "1 !1:2 " MORE},
    {TEXT("[\n\"a\nb\"]"), "[ !2:3 " CONTROL},
    {TEXT("\"a\0b\""), "!1:3 " CONTROL},
    {TEXT("\"0123456789\t\""), "!1:12 " CONTROL},
    {TEXT("\"abc"), "!1:5 " ENDS_IN_STRING},
    {TEXT("\"abc\\"), "!1:5 " ENDS_IN_STRING},
    {TEXT("\"abc\\\""), "!1:7 " ENDS_IN_STRING},
    {TEXT("\"a\\x41\""), "!1:3 " ESCAPE},
    {TEXT("\"a\\'\""), "!1:3 " ESCAPE},
    {TEXT("\"a\\\n\""), "!1:3 " ESCAPE},
    {TEXT("\"a\\\xC3\xA4\""), "!1:3 " ESCAPE},
    {TEXT("\"\\u12\""), "!1:2 " ESCAPE},
    {TEXT("\"\\u12G4\""), "!1:2 " ESCAPE},
    {TEXT("\"\\u 123\""), "!1:2 " ESCAPE},
    {TEXT("\"\\U0041\""), "!1:2 " ESCAPE},
    {TEXT("\"\\ud800\""), "!1:2 " ESCAPE},
    {TEXT("\"\\udc00\""), "!1:2 " ESCAPE},
    {TEXT("\"\\udc00\\udc00\""), "!1:2 " ESCAPE},
    {TEXT("\"\\udfff\\udfff\""), "!1:2 " ESCAPE},
    {TEXT("\"\\udbff\\ue000\""), "!1:2 " ESCAPE},
    {TEXT("\"\\ud800\\ud800\""), "!1:2 " ESCAPE},
    {TEXT("\"\\ud800x\\udc00\""), "!1:2 " ESCAPE},
    {TEXT("\"\\ud83d\\n\""), "!1:2 " ESCAPE},
    {TEXT("\"\xFF\""), "!1:2 " UTF8},
    {TEXT("\"\xC3\xA4\xC3\""), "!1:3 " UTF8},
    {TEXT("\"\xC0\x80\""), "!1:2 " UTF8},
    {TEXT("\"\xED\xA0\x80\""), "!1:2 " UTF8},
    {TEXT("\"\xF4\x90\x80\x80\""), "!1:2 " UTF8},
    {TEXT("\"\\\xC3\""), "!1:3 " UTF8},
    {TEXT("\"\xC3"), "!1:2 " UTF8},
    {TEXT("{\"\xE6\x97\xA5\": \"\xE6\x97\xA5\", x}"),
     "{ \xE6\x97\xA5: '\xE6\x97\xA5' !1:12 expected a key in double quotes"},
    {TEXT("[1,\xC2\xA0 2]"), "[ 1 !1:4 expected a value"},
    {TEXT("[\v1]"), "[ !1:2 expected a value or ']'"},
    {TEXT("[\xEF\xBB\xBF]"), "[ !1:2 expected a value or ']'"},
    {TEXT("\xEF\xBB\xBF x"), "!1:2 expected a value"},
};

static void documents_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        check_trace(refused[i].document, refused[i].trace);
}

// Strings are scanned eight bytes at a time: each byte must be seen at each place among plain ones.
static void each_byte_at_each_place(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 24; at++) {
            char document[] = "\"........................\"";
            document[1 + at] = (char)byte;
            struct json_reader reader;
            json_read_begin(&reader, &arena, (struct text){document, sizeof document - 1});
            enum json_token token = json_next(&reader);
            bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            size_t length = byte == '"' ? at : 24;
            bool right = plain || byte == '"' ? token == JSON_STRING && reader.text.n == length : token == JSON_ERROR;
            // A backslash before the closing quote takes it for its own.
            size_t wrong = byte == '\\' && at == 23 ? sizeof document - 1 : 1 + at;
            if (!right || (token == JSON_ERROR && reader.token != document + wrong))
                fail_msg("byte %d at %zu: token %d at %td", byte, at, (int)token, reader.token - document);
        }
    }
    arena_release(&arena);
}

// A document cut at each length: it must be refused, and never read past the cut.
static void documents_cut_short(void **state)
{
    (void)state;
    const struct text whole =
        TEXT("{\"k\\n\": [-12.5e+3, \"\xE6\x97\xA5\\ud83d\\ude00\", true, false, null, {\"a\": {}}]}");
    for (size_t n = 0; n < whole.n; n++) {
        struct arena arena = {0};
        // In a block of exactly that size, so that a sanitizer sees a byte too many.
        struct buffer copy;
        buffer_init(&copy, n ? n - 1 : 0);
        buffer_add(&copy, (struct text){whole.p, n ? n - 1 : 0});
        struct json_reader reader;
        json_read_begin(&reader, &arena, buffer_text(&copy));
        enum json_token token = json_next(&reader);
        while (token != JSON_END && token != JSON_ERROR)
            token = json_next(&reader);
        if (token != JSON_ERROR)
            fail_msg("cut at %zu it was taken", n);
        buffer_release(&copy);
        arena_release(&arena);
    }
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char document[4 * LIMIT_JSON_DEPTH];
    for (size_t depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        memset(document, '[', depth);
        memset(document + depth, ']', depth);
        struct json_reader reader;
        json_read_begin(&reader, NULL, (struct text){document, 2 * depth});
        bool taken = json_skip(&reader, json_next(&reader)) && json_next(&reader) == JSON_END;
        assert_int_equal(taken, depth <= LIMIT_JSON_DEPTH);
        if (!taken)
            assert_string_equal(reader.error, "nested deeper than 64 levels");
    }
}

static void strings_without_escapes_are_borrowed(void **state)
{
    (void)state;
    const struct text document = TEXT("{\"key\":\"\xC3\xA4 text\",\"esc\\u0041pe\":\"\\n\"}");
    struct arena arena = {0};
    struct json_reader reader;
    json_read_begin(&reader, &arena, document);
    json_next(&reader);
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_ptr_equal(reader.text.p, document.p + 2);
    assert_int_equal(json_next(&reader), JSON_STRING);
    assert_ptr_equal(reader.text.p, document.p + 8);
    assert_int_equal(arena.used, 0);
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(text_is(reader.text, "escApe"));
    struct text kept = reader.text;
    assert_int_equal(json_next(&reader), JSON_STRING);
    assert_true(text_is(kept, "escApe"));
    assert_true(arena.used > 0);
    arena_release(&arena);
}

static void a_nul_is_part_of_its_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json_reader reader;
    json_read_begin(&reader, &arena, TEXT("\"a\\u0000b\""));
    assert_int_equal(json_next(&reader), JSON_STRING);
    assert_true(text_eq(reader.text, TEXT("a\0b")));
    arena_release(&arena);
}

static void skipping(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json_reader reader;
    json_read_begin(&reader, &arena, TEXT("{\"a\":{\"x\":[1,{}]},\"b\":[[]],\"c\":7,\"d\":\"z\"}"));
    assert_int_equal(json_next(&reader), JSON_OBJECT);
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(json_skip(&reader, json_next(&reader)));
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(text_is(reader.text, "b"));
    assert_true(json_skip(&reader, JSON_KEY));
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(text_is(reader.text, "c"));
    assert_true(json_skip(&reader, json_next(&reader)));
    assert_int_equal(json_next(&reader), JSON_KEY);
    assert_true(text_is(reader.text, "d"));
    assert_int_equal(json_next(&reader), JSON_STRING);
    assert_int_equal(json_next(&reader), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader), JSON_END);
    json_read_begin(&reader, &arena, TEXT("[[1,}]"));
    assert_false(json_skip(&reader, json_next(&reader)));
    assert_int_equal(json_next(&reader), JSON_ERROR);
    assert_false(json_skip(&reader, JSON_ERROR));
    arena_release(&arena);
}

static void numbers_as_doubles(void **state)
{
    (void)state;
    struct json_reader reader;
    json_read_begin(&reader, NULL, TEXT("[-0.25, 1e400, true]"));
    double number = 4711;
    assert_int_equal(json_next(&reader), JSON_ARRAY);
    assert_false(json_read_double(&reader, &number));
    assert_int_equal(json_next(&reader), JSON_NUMBER);
    assert_true(json_read_double(&reader, &number) && number == -0.25);
    assert_int_equal(json_next(&reader), JSON_NUMBER);
    assert_false(json_read_double(&reader, &number));
    assert_true(number == -0.25);
    assert_int_equal(json_next(&reader), JSON_TRUE);
    assert_false(json_read_double(&reader, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_taken),           cmocka_unit_test(documents_refused),
        cmocka_unit_test(each_byte_at_each_place),   cmocka_unit_test(documents_cut_short),
        cmocka_unit_test(depth_is_bounded),          cmocka_unit_test(strings_without_escapes_are_borrowed),
        cmocka_unit_test(a_nul_is_part_of_its_text), cmocka_unit_test(skipping),
        cmocka_unit_test(numbers_as_doubles),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL) != 0;
}
