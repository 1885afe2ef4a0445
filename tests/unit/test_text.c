// Texts, globs, near names, UTF-8 and the growing buffer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/utf8.h"
#include "tests/support/asserts.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void parts_and_order(void **state)
{
    (void)state;
    assert_true(text_eq(TEXT(""), (struct text){NULL, 0}));
    assert_true(text_eq(text_of(NULL), TEXT("")));
    assert_false(text_eq(TEXT("a"), TEXT("ab")));
    assert_false(text_eq(TEXT("a\0b"), TEXT("a\0c")));
    assert_true(text_is(TEXT("sleep"), "sleep"));
    assert_false(text_is(TEXT("sleep"), "slee"));
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT("z"), TEXT("\xC3\xA4")) < 0);
    assert_int_equal(text_compare(TEXT("ab"), TEXT("ab")), 0);
    assert_int_equal(text_compare((struct text){NULL, 0}, TEXT("")), 0);
    assert_true(text_starts(TEXT("wake.rule"), TEXT("wake")));
    assert_true(text_starts(TEXT(""), TEXT("")));
    assert_false(text_starts(TEXT("wak"), TEXT("wake")));
    assert_true(text_ends(TEXT("base.yaml"), TEXT(".yaml")));
    assert_true(text_ends(TEXT("x"), TEXT("")));
    assert_false(text_ends(TEXT("yaml"), TEXT(".yaml")));
    assert_text("trim", text_trim(TEXT(" \t\r\n a b \v\f")), "a b");
    assert_text("trim of blanks", text_trim(TEXT(" \n ")), "");
    assert_text("trim of nothing", text_trim((struct text){NULL, 0}), "");
    assert_text("from", text_from(TEXT("abc"), 1), "bc");
    assert_text("from the end", text_from(TEXT("abc"), 3), "");
    assert_text("from past the end", text_from(TEXT("abc"), 9), "");
    assert_text("from nothing", text_from((struct text){NULL, 0}, 0), "");
    size_t at = 77;
    assert_false(text_find(TEXT("abc"), 'x', &at));
    assert_false(text_find((struct text){NULL, 0}, 'x', &at));
    assert_int_equal(at, 77);
    assert_true(text_find(TEXT("abcabc"), 'c', &at));
    assert_int_equal(at, 2);
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *pattern;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "*", true},
        {"", "?", false},
        {"a", "", false},
        {"abc", "abc", true},
        {"abc", "ab", false},
        {"ab", "abc", false},
        {"abc", "*", true},
        {"abc", "a*", true},
        {"abc", "*c", true},
        {"abc", "a?c", true},
        {"abc", "a*b*c*", true},
        {"abc", "??", false},
        {"abcbd", "a*b?", true},
        {"abcbde", "a*b?", false},
        {"mississippi", "m*iss*ppi", true},
        {"mississippi", "m*issip*x", false},
        {"fluidity-server", "fluidity-*", true},
        {"*", "?", true},
        {"[a]", "[a]", true},
        {"a", "[a]", false},
        {"A", "a", false},
        {"aab", "*ab", true},
        {"abab", "*?ab", true},
        {"x***y", "x***y", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (text_glob(text_of(cases[i].subject), text_of(cases[i].pattern)) != cases[i].matches)
            fail_msg("'%s' against '%s'", cases[i].subject, cases[i].pattern);
}

// The definition, spelt out: what the iterative matcher must agree with.
static bool plain_glob(struct text subject, struct text pattern)
{
    if (pattern.n == 0)
        return subject.n == 0;
    struct text rest = text_from(pattern, 1);
    if (pattern.p[0] == '*')
        return plain_glob(subject, rest) || (subject.n && plain_glob(text_from(subject, 1), pattern));
    return subject.n && (pattern.p[0] == '?' || pattern.p[0] == subject.p[0]) &&
           plain_glob(text_from(subject, 1), rest);
}

static void globs_agree_with_their_definition(void **state)
{
    (void)state;
    uint64_t random = 8;
    int matched = 0;
    for (int round = 0; round < 100000; round++) {
        char subject[9], pattern[7];
        struct text s = {subject, next_random(&random) % sizeof subject};
        struct text p = {pattern, next_random(&random) % sizeof pattern};
        for (size_t i = 0; i < s.n; i++)
            subject[i] = "ab"[next_random(&random) % 2];
        for (size_t i = 0; i < p.n; i++)
            pattern[i] = "ab?**"[next_random(&random) % 5];
        bool wanted = plain_glob(s, p);
        matched += wanted;
        if (text_glob(s, p) != wanted)
            fail_msg("'%.*s' against '%.*s': wanted %d", TEXT_ARG(s), TEXT_ARG(p), wanted);
    }
    assert_in_range(matched, 10000, 90000);
}

static void a_hostile_glob_ends_soon(void **state)
{
    (void)state;
    static char subject[20000], pattern[2001];
    memset(subject, 'a', sizeof subject);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = i % 2 ? '*' : 'a';
    pattern[sizeof pattern - 1] = 'b';
    assert_false(text_glob((struct text){subject, sizeof subject}, (struct text){pattern, sizeof pattern}));
}

static void distances(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t most, distance;
    } cases[] = {
        {"", "", 3, 0},
        {"", "abc", 3, 3},
        {"abc", "", 2, 3},
        {"kitten", "sitting", 5, 3},
        {"scale_to", "scale_ot", 3, 1},
        {"when", "whne", 3, 1},
        {"ca", "abc", 5, 3},
        {"desired", "desierd", 3, 1},
        {"abc", "xyz", 1, 2},
        {"same", "same", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t got = text_distance(text_of(cases[i].a), text_of(cases[i].b), cases[i].most);
        size_t back = text_distance(text_of(cases[i].b), text_of(cases[i].a), cases[i].most);
        if (got != cases[i].distance || back != got)
            fail_msg("'%s' and '%s': got %zu and %zu, wanted %zu", cases[i].a, cases[i].b, got, back,
                     cases[i].distance);
    }
    char first[200], second[200];
    memset(first, 'x', sizeof first);
    memset(second, 'x', sizeof second);
    struct text long_one = {first, sizeof first}, other = {second, sizeof second};
    assert_int_equal(text_distance(long_one, other, 3), 0);
    second[100] = 'y';
    assert_int_equal(text_distance(long_one, other, 3), 4);
    assert_int_equal(text_distance((struct text){first, 96}, (struct text){second + 104, 96}, 3), 0);
    assert_int_equal(text_distance((struct text){first, 96}, (struct text){first, 94}, 3), 2);
}

static void nearest_names(void **state)
{
    (void)state;
    static const struct text names[] = {TEXT("desired"), TEXT("running"), TEXT("scale_to"), TEXT("when"),
                                        TEXT("status"),  TEXT("message"), TEXT("refuse"),   TEXT("rule"),
                                        TEXT("at"),      TEXT("to")};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"desird", "desired"}, {"desired", ""}, {"scaleTo", "scale_to"}, {"scale", ""},         {"wen", "when"},
        {"wehn", "when"},      {"hwo", ""},     {"mesage", "message"},   {"stauts", "status"},  {"x", ""},
        {"t", "at"},           {"", ""},        {"zzzzzzzzz", ""},       {"runing", "running"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_text(cases[i].word, text_nearest(text_of(cases[i].word), names, COUNT_OF(names)), cases[i].nearest);
    assert_text("no candidates", text_nearest(TEXT("x"), NULL, 0), "");
}

static void valid_utf8(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        int bad;  // -1: valid
        size_t length, columns;
    } cases[] = {
        {TEXT(""), -1, 0, 0},
        {TEXT("abc"), -1, 3, 3},
        {TEXT("a\0b"), 1, 3, 3},
        {TEXT("\xC3\xA4"), -1, 1, 1},                  // a with diaeresis
        {TEXT("a\xCC\x88z"), -1, 3, 2},                // the same by a combining mark
        {TEXT("\xE6\x97\xA5\xE6\x9C\xAC"), -1, 2, 4},  // two ideographs
        {TEXT("\xF0\x9F\x98\x80"), -1, 1, 2},          // a face
        {TEXT("\xE2\x80\x8B|"), -1, 2, 1},             // zero width space
        {TEXT("\xEF\xBC\xA1"), -1, 1, 2},              // fullwidth A
        {TEXT("\xEA\xB0\x80"), -1, 1, 2},              // a Hangul syllable
        {TEXT("\xF0\xA0\x80\x80"), -1, 1, 2},          // an ideograph of the second plane
        {TEXT("\xE1\x84\x80\xE1\x85\xA1"), -1, 2, 2},  // the same of two parts
        {TEXT("\xEF\xBF\xBD"), -1, 1, 1},              // U+FFFD itself
        {TEXT("\xF4\x8F\xBF\xBF"), -1, 1, 1},          // U+10FFFF
        {TEXT("\xF4\x90\x80\x80"), 0, 4, 4},           // past it
        {TEXT("ok\x80"), 2, 3, 3},                     // a continuation alone
        {TEXT("\xC3"), 0, 1, 1},                       // cut short
        {TEXT("x\xE6\x97"), 1, 3, 3},
        {TEXT("\xC0\xAF"), 0, 2, 2},  // longer than needed
        {TEXT("\xE0\x80\xAF"), 0, 3, 3},
        {TEXT("\xF0\x80\x80\xAF"), 0, 4, 4},
        {TEXT("\xED\xA0\x80"), 0, 3, 3},  // half of a surrogate pair
        {TEXT("\xFF\xFE"), 0, 2, 2},
        {TEXT("\xC3\x41"), 0, 2, 2},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t bad = 4711;
        bool valid = text_is_utf8(cases[i].text, &bad);
        if (valid != (cases[i].bad < 0) || bad != (valid ? 4711 : (size_t)cases[i].bad))
            fail_msg("case %zu: valid %d, bad %zu, wanted %d", i, valid, bad, cases[i].bad);
        if (text_length(cases[i].text) != cases[i].length)
            fail_msg("case %zu: length %zu, wanted %zu", i, text_length(cases[i].text), cases[i].length);
        if (text_columns(cases[i].text) != cases[i].columns)
            fail_msg("case %zu: columns %zu, wanted %zu", i, text_columns(cases[i].text), cases[i].columns);
    }
}

static void widths_at_the_edges_of_ranges(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        int columns;
    } cases[] = {
        {0x00, 1},    {0x7F, 1},    {0x2FF, 1},   {0x300, 0},   {0x36F, 0},   {0x370, 1},   {0x5BE, 1},    {0x5BF, 0},
        {0x5C0, 1},   {0x10FF, 1},  {0x1100, 2},  {0x115F, 2},  {0x1160, 0},  {0x11FF, 0},  {0x1200, 1},   {0x200B, 0},
        {0x200F, 0},  {0x2010, 1},  {0x231A, 2},  {0x231B, 2},  {0x231C, 1},  {0x303E, 2},  {0x303F, 1},   {0x3040, 1},
        {0x4E00, 2},  {0xA4CF, 1},  {0xABFF, 1},  {0xAC00, 2},  {0xD7A3, 2},  {0xFE0F, 0},  {0xFF60, 2},   {0xFF61, 1},
        {0x1F600, 2}, {0x20000, 2}, {0x3FFFD, 2}, {0x3FFFE, 1}, {0xE01EF, 0}, {0xE01F0, 1}, {0x10FFFF, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (utf8_columns(cases[i].code) != cases[i].columns)
            fail_msg("U+%04" PRIX32 ": %d columns, wanted %d", cases[i].code, utf8_columns(cases[i].code),
                     cases[i].columns);
}

static void utf8_both_ways(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code == 0xD800)
            code = 0xE000;
        char bytes[4];
        size_t n = utf8_encode(code, bytes);
        struct character back = utf8_decode((struct text){bytes, n});
        if (back.code != code || back.bytes != n)
            fail_msg("U+%04" PRIX32 " came back as U+%04" PRIX32 " of %" PRIu32 " bytes", code, back.code, back.bytes);
    }
}

static void a_buffer_grows(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    assert_text("new", buffer_text(&buffer), "");
    buffer_add(&buffer, (struct text){NULL, 0});
    assert_text("nothing added", buffer_text(&buffer), "");
    for (int i = 0; i < 10000; i++) {
        buffer_add_char(&buffer, (char)('0' + i % 10));
        assert_int_equal(buffer.p[buffer.n], 0);
    }
    assert_int_equal(buffer.n, 10000);
    assert_memory_equal(buffer.p + 9990, "0123456789", 10);
    buffer_clear(&buffer);
    assert_text("cleared", buffer_text(&buffer), "");
    assert_string_equal(buffer.p, "");
    buffer_printf(&buffer, "%s-%d", "a", 7);
    buffer_printf(&buffer, "%300s|", "");
    assert_int_equal(buffer.n, 304);
    assert_int_equal(buffer.p[303], '|');
    assert_false(buffer.truncated);
    buffer_release(&buffer);
    buffer_add(&buffer, TEXT("again"));
    assert_text("after release", buffer_text(&buffer), "again");
    buffer_release(&buffer);
}

static void a_full_buffer_stops(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    buffer_add(&buffer, TEXT("12345"));
    assert_false(buffer.truncated);
    buffer_add(&buffer, TEXT(""));
    assert_false(buffer.truncated);
    buffer_add_char(&buffer, '6');
    assert_true(buffer.truncated);
    assert_text("full", buffer_text(&buffer), "12345");
    buffer_clear(&buffer);
    buffer_add(&buffer, TEXT("abc\xE6\x97\xA5"
                             "d"));
    assert_true(buffer.truncated);
    assert_text("no half characters", buffer_text(&buffer), "abc");
    buffer_add_char(&buffer, 'x');
    assert_text("no holes", buffer_text(&buffer), "abc");
    buffer_clear(&buffer);
    assert_false(buffer.truncated);
    buffer_printf(&buffer, "%d", 1234567);
    assert_text("printed", buffer_text(&buffer), "12345");
    assert_true(buffer.truncated);
    buffer_release(&buffer);
    buffer_init(&buffer, 0);
    buffer_add_char(&buffer, 'x');
    assert_text("of no size", buffer_text(&buffer), "");
    assert_true(buffer.truncated);
    buffer_release(&buffer);
    buffer_init(&buffer, SIZE_MAX);
    buffer_add(&buffer, TEXT("any"));
    assert_text("of any size", buffer_text(&buffer), "any");
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_and_order),
        cmocka_unit_test(globs),
        cmocka_unit_test(globs_agree_with_their_definition),
        cmocka_unit_test(a_hostile_glob_ends_soon),
        cmocka_unit_test(distances),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(valid_utf8),
        cmocka_unit_test(widths_at_the_edges_of_ranges),
        cmocka_unit_test(utf8_both_ways),
        cmocka_unit_test(a_buffer_grows),
        cmocka_unit_test(a_full_buffer_stops),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL) != 0;
}
