// Reading JSON: cJSON as the judge of many documents.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/json_oracle.h"

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32) % limit;
}

static void check_agreement(struct text document, enum json_agreement wanted, const char *why_wanted)
{
    struct buffer why;
    buffer_init(&why, 1000);
    enum json_agreement got = json_compare(document, &why);
    if (got != wanted || !text_is(buffer_text(&why), why_wanted))
        fail_msg("%.*s: got %d (%.*s), wanted %d (%s)", TEXT_ARG(document), (int)got, TEXT_ARG(buffer_text(&why)),
                 (int)wanted, why_wanted);
    buffer_release(&why);
}

static void known_differences(void **state)
{
    (void)state;
    static const struct {
        struct text document;
        enum json_agreement agreement;
        const char *why;
    } cases[] = {
        {TEXT("[1,\"a\",{\"b\":null}]"), JSON_BOTH_TAKE, ""},
        {TEXT("\xEF\xBB\xBF[1]"), JSON_BOTH_TAKE, ""},
        {TEXT("[1e999]"), JSON_BOTH_TAKE, ""},
        {TEXT("\"a\\u0000b\""), JSON_BOTH_TAKE, ""},
        {TEXT("[1,]"), JSON_BOTH_REFUSE, ""},
        {TEXT("\"\\ud800\""), JSON_BOTH_REFUSE, ""},
        {TEXT("[1] x"), JSON_BOTH_REFUSE, ""},
        {TEXT("\"a\nb\""), JSON_ONLY_THEIRS, "control in string"},
        {TEXT("\"a\0b\""), JSON_ONLY_THEIRS, "control in string"},
        {TEXT("[\v1]"), JSON_ONLY_THEIRS, "control between tokens"},
        {TEXT("[1\0]"), JSON_ONLY_THEIRS, "control between tokens"},
        {TEXT("\"\xFF\""), JSON_ONLY_THEIRS, "UTF-8"},
        {TEXT("\"\xED\xA0\x80\""), JSON_ONLY_THEIRS, "UTF-8"},
        {TEXT("[01]"), JSON_ONLY_THEIRS, "number"},
        {TEXT("[1.]"), JSON_ONLY_THEIRS, "number"},
        {TEXT("[-.5]"), JSON_ONLY_THEIRS, "number"},
        {TEXT("\"\\u12G4\""), JSON_ONLY_THEIRS, "escape"},
        {TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
              "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
         JSON_ONLY_THEIRS, "depth"},
        {TEXT("\xEF\xBB\xBF"
              "1"),
         JSON_ONLY_OURS, "byte order mark"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_agreement(cases[i].document, cases[i].agreement, cases[i].why);
}

// Versions of cJSON differ: some know no bound.
static void a_long_number(void **state)
{
    (void)state;
    struct buffer why;
    buffer_init(&why, 1000);
    const struct text number = TEXT("0.12345678901234567890123456789012345678901234567890123456789012");
    enum json_agreement got = json_compare(number, &why);
    if (got != JSON_BOTH_TAKE && !(got == JSON_ONLY_OURS && text_is(buffer_text(&why), "long number")))
        fail_msg("got %d (%.*s)", (int)got, TEXT_ARG(buffer_text(&why)));
    buffer_release(&why);
}

static const char *pick(uint64_t *random, const char *const *texts, uint32_t count)
{
    return texts[random_below(random, count)];
}

static void add_blanks(uint64_t *random, struct buffer *out)
{
    static const char *const blanks[] = {"", "", "", "", " ", "\n", "\t ", "\r\n", "\n            ", "        "};
    buffer_add(out, text_of(pick(random, blanks, COUNT_OF(blanks))));
}

static void add_random_string(uint64_t *random, struct buffer *out)
{
    static const char *const parts[] = {"a",
                                        "Z9",
                                        " ",
                                        "/",
                                        "\\\"",
                                        "\\\\",
                                        "\\/",
                                        "\\n",
                                        "\\u0041",
                                        "\\u00Ff",
                                        "\\ud83D\\uDE00",
                                        "\xC3\xA4",
                                        "\xE6\x97\xA5",
                                        "\xF0\x9F\x98\x80",
                                        "2026-11-23T06:35:00Z",
                                        "{",
                                        "]",
                                        ",",
                                        ":",
                                        "\x7F",
                                        "\\b\\f\\r\\t",
                                        "a long run of plain text"};
    buffer_add_char(out, '"');
    for (uint32_t left = random_below(random, 6); left > 0; left--)
        buffer_add(out, text_of(pick(random, parts, COUNT_OF(parts))));
    buffer_add_char(out, '"');
}

static void add_random_number(uint64_t *random, struct buffer *out)
{
    if (random_below(random, 3) == 0)
        buffer_add_char(out, '-');
    if (random_below(random, 4) == 0)
        buffer_add_char(out, '0');
    else
        buffer_printf(out, "%u", 1 + random_below(random, 1u << (1 + random_below(random, 30))));
    if (random_below(random, 2)) {
        buffer_add_char(out, '.');
        for (uint32_t left = 1 + random_below(random, 18); left > 0; left--)
            buffer_add_char(out, (char)('0' + random_below(random, 10)));
    }
    static const char *const exponents[] = {"", "", "e", "E", "e+", "E-", "e-0"};
    const char *exponent = pick(random, exponents, COUNT_OF(exponents));
    buffer_add(out, text_of(exponent));
    if (*exponent)
        buffer_printf(out, "%u", random_below(random, 330));
}

static void add_random_value(uint64_t *random, struct buffer *out, uint32_t depth);

static void add_random_items(uint64_t *random, struct buffer *out, uint32_t depth, bool object)
{
    uint32_t count = random_below(random, 5);
    add_blanks(random, out);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_blanks(random, out);
        if (object) {
            add_random_string(random, out);
            add_blanks(random, out);
            buffer_add_char(out, ':');
            add_blanks(random, out);
        }
        add_random_value(random, out, depth + 1);
        add_blanks(random, out);
    }
}

static void add_random_value(uint64_t *random, struct buffer *out, uint32_t depth)
{
    static const char *const words[] = {"true", "false", "null"};
    uint32_t kind = random_below(random, depth > 6 ? 4 : 7);
    if (kind == 0) {
        buffer_add(out, text_of(pick(random, words, COUNT_OF(words))));
    } else if (kind == 1) {
        add_random_string(random, out);
    } else if (kind < 4) {
        add_random_number(random, out);
    } else {
        bool object = random_below(random, 2);
        buffer_add_char(out, object ? '{' : '[');
        add_random_items(random, out, depth, object);
        buffer_add_char(out, object ? '}' : ']');
    }
}

static void random_documents(void **state)
{
    (void)state;
    uint64_t random = 8259;
    struct buffer document;
    buffer_init(&document, 1u << 24);
    size_t bytes = 0;
    for (int round = 0; round < 20000; round++) {
        buffer_clear(&document);
        add_blanks(&random, &document);
        add_random_value(&random, &document, 0);
        add_blanks(&random, &document);
        check_agreement(buffer_text(&document), JSON_BOTH_TAKE, "");
        bytes += document.n;
    }
    assert_true(bytes > 1000000);
    buffer_release(&document);
}

// One to three changes: a byte replaced, put in or taken out, or a part moved elsewhere.
static void mutate(uint64_t *random, struct text document, struct buffer *out)
{
    static const char bytes[] = "\"\\{}[],:0123456789.eE+-tfnu \n\t\v\x01\x7F\xC3\xA4\xED\xA0\x80\xEF\xBB\xBF\xFFx/";
    uint32_t changes = 1 + random_below(random, 3);
    buffer_clear(out);
    buffer_add(out, document);
    for (; changes > 0 && out->n > 0; changes--) {
        uint32_t at = random_below(random, (uint32_t)out->n), other = random_below(random, (uint32_t)out->n);
        char byte = bytes[random_below(random, sizeof bytes)];
        switch (random_below(random, 4)) {
        case 0:
            out->p[at] = byte;
            break;
        case 1:
            buffer_add_char(out, 'x');
            memmove(out->p + at + 1, out->p + at, out->n - 1 - at);
            out->p[at] = byte;
            break;
        case 2:
            memmove(out->p + at, out->p + at + 1, out->n - at);
            out->n--;
            break;
        default:
            out->p[at] = out->p[other];
            break;
        }
    }
}

static void mutated_documents(void **state)
{
    (void)state;
    uint64_t random = 4627;
    struct buffer document, mutated, why;
    buffer_init(&document, 1u << 20);
    buffer_init(&mutated, 1u << 20);
    buffer_init(&why, 1000);
    size_t tally[JSON_DISAGREE + 1] = {0};
    for (int round = 0; round < 60000; round++) {
        buffer_clear(&document);
        add_random_value(&random, &document, 2);
        mutate(&random, buffer_text(&document), &mutated);
        enum json_agreement agreement = json_compare(buffer_text(&mutated), &why);
        if (agreement == JSON_DISAGREE)
            fail_msg("%.*s\n%.*s", TEXT_ARG(buffer_text(&mutated)), TEXT_ARG(buffer_text(&why)));
        tally[agreement]++;
    }
    // All of them must have come up, or the documents were not what they should be.
    assert_true(tally[JSON_BOTH_TAKE] > 5000 && tally[JSON_BOTH_REFUSE] > 5000 && tally[JSON_ONLY_THEIRS] > 500);
    buffer_release(&document);
    buffer_release(&mutated);
    buffer_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_differences),
        cmocka_unit_test(a_long_number),
        cmocka_unit_test(random_documents),
        cmocka_unit_test(mutated_documents),
    };
    return cmocka_run_group_tests_name("json_agreement", tests, NULL, NULL) != 0;
}
