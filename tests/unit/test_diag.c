// Diagnostics: collecting, sorting, and the exact text that a person reads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"

static void assert_printed(const char *what, const struct buffer *printed, const char *wanted)
{
    if (!text_is(buffer_text(printed), wanted))
        fail_msg("%s: got\n%.*s\nwanted\n%s", what, TEXT_ARG(buffer_text(printed)), wanted);
}

// One error "wrong" in a file "p.yaml" of that content, printed.
static void check_excerpt(const char *what, struct text content, struct place place, const char *wanted)
{
    const struct source source = {TEXT("p.yaml"), content};
    const struct sources sources = {&source, 1};
    const struct diag diag = {SEVERITY_ERROR, "code", place, TEXT("wrong")};
    struct buffer printed;
    buffer_init(&printed, 10000);
    diag_print(&diag, &sources, false, &printed);
    assert_printed(what, &printed, wanted);
    buffer_release(&printed);
}

static const struct {
    const char *what;
    struct text content;
    struct place place;
    const char *printed;
} golden_cases[] = {
    {"first line",
     TEXT("policy: 2\nname: x\n"),
     {.line = 1, .column = 9},
     "p.yaml:1:9: error: wrong\n    policy: 2\n            ^\n"},
    {"width 0 reads as 1, 1 is one",
     TEXT("policy: 2\nname: x\n"),
     {.line = 2, .column = 1, .width = 1},
     "p.yaml:2:1: error: wrong\n    name: x\n    ^\n"},
    {"wider caret",
     TEXT("a: 1\nsclae_to: 0\n"),
     {.line = 2, .column = 1, .width = 8},
     "p.yaml:2:1: error: wrong\n    sclae_to: 0\n    ^~~~~~~~\n"},
    {"wider than the line",
     TEXT("a: bc\nnext: line\n"),
     {.line = 1, .column = 4, .width = 50},
     "p.yaml:1:4: error: wrong\n    a: bc\n       ^~\n"},
    {"behind the line", TEXT("a:\nb: 1\n"), {.line = 1, .column = 3}, "p.yaml:1:3: error: wrong\n    a:\n      ^\n"},
    {"far behind the line",
     TEXT("a:\nb: 1\n"),
     {.line = 1, .column = 90, .width = 4},
     "p.yaml:1:90: error: wrong\n    a:\n      ^\n"},
    {"tabs before the caret",
     TEXT("\ta\t= b\n"),
     {.line = 1, .column = 6},
     "p.yaml:1:6: error: wrong\n    \ta\t= b\n    \t \t  ^\n"},
    {"wide characters before it",
     TEXT("n: \xE6\x97\xA5\xE6\x9C\xAC x\n"),
     {.line = 1, .column = 7},
     "p.yaml:1:7: error: wrong\n    n: \xE6\x97\xA5\xE6\x9C\xAC x\n            ^\n"},
    {"wide characters above it",
     TEXT("n: \xE6\x97\xA5\xE6\x9C\xAC x\n"),
     {.line = 1, .column = 4, .width = 2},
     "p.yaml:1:4: error: wrong\n    n: \xE6\x97\xA5\xE6\x9C\xAC x\n       ^~~~\n"},
    {"combining characters",
     TEXT("a\xCC\x88o\xCC\x88 b\n"),
     {.line = 1, .column = 6},
     "p.yaml:1:6: error: wrong\n    a\xCC\x88o\xCC\x88 b\n       ^\n"},
    {"line 0", TEXT("a: 1\n"), {.line = 0, .column = 7}, "p.yaml: error: wrong\n"},
    {"column 0", TEXT("a: 1\n"), {.line = 1}, "p.yaml:1: error: wrong\n"},
    {"no such source", TEXT("a: 1\n"), {.line = 1, .column = 1, .source = 1}, "error: wrong\n"},
    {"CRLF, caret behind the line",
     TEXT("a: 1\r\nbc\r\n"),
     {.line = 2, .column = 3},
     "p.yaml:2:3: error: wrong\n    bc\n      ^\n"},
    {"CRLF alone", TEXT("a: 1\r\n\r\n"), {.line = 2, .column = 1}, "p.yaml:2:1: error: wrong\n"},
    {"no final newline",
     TEXT("a: 1\nb: 2"),
     {.line = 2, .column = 4},
     "p.yaml:2:4: error: wrong\n    b: 2\n       ^\n"},
    {"no final newline, at the end",
     TEXT("a: [1"),
     {.line = 1, .column = 6},
     "p.yaml:1:6: error: wrong\n    a: [1\n         ^\n"},
    {"the empty line behind the last", TEXT("a: [\n"), {.line = 2, .column = 1}, "p.yaml:2:1: error: wrong\n"},
    {"a line that is not there", TEXT("a\n"), {.line = 9, .column = 1}, "p.yaml:9:1: error: wrong\n"},
    {"empty file", {NULL, 0}, {.line = 1, .column = 1}, "p.yaml:1:1: error: wrong\n"},
    {"controls of the source",
     TEXT("a\x1B[31mb\x7F\0\xC2\x9B"
          "c\n"),
     {.line = 1, .column = 11, .width = 1},
     "p.yaml:1:11: error: wrong\n    a?[31mb???c\n              ^\n"},
    {"text that turns around",
     TEXT("a\xE2\x80\xAE"
          "b\n"),
     {.line = 1, .column = 3},
     "p.yaml:1:3: error: wrong\n    a?b\n      ^\n"},
    {"wrong UTF-8",
     TEXT("a\xFF\xC3 b\n"),
     {.line = 1, .column = 5},
     "p.yaml:1:5: error: wrong\n    a?? b\n        ^\n"},
    {"byte order mark",
     TEXT("\xEF\xBB\xBF"
          "ab\n"),
     {.line = 1, .column = 2},
     "p.yaml:1:2: error: wrong\n    ab\n     ^\n"},
};

static void golden_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(golden_cases); i++)
        check_excerpt(golden_cases[i].what, golden_cases[i].content, golden_cases[i].place, golden_cases[i].printed);
}

// Splits what was printed into its three lines.
static void split_lines(struct text printed, struct text lines[3])
{
    for (int i = 0; i < 3; i++) {
        size_t end = 0;
        assert_true(text_find(printed, '\n', &end));
        lines[i] = (struct text){printed.p, end};
        printed = text_from(printed, end + 1);
    }
    assert_int_equal(printed.n, 0);
}

// A line of letters, one of them 'X': wherever it is, the caret must stand under it and no line be too long.
static void check_long_line(size_t length, size_t at)
{
    char line[1000];
    memset(line, 'a', length);
    line[at] = 'X';
    const struct source source = {TEXT("p"), {line, length}};
    const struct sources sources = {&source, 1};
    const struct diag diag = {SEVERITY_ERROR, "code", {.line = 1, .column = (uint32_t)at + 1}, TEXT("wrong")};
    struct buffer printed;
    buffer_init(&printed, 10000);
    diag_print(&diag, &sources, false, &printed);
    struct text lines[3];
    split_lines(buffer_text(&printed), lines);
    size_t shown = 0, caret = 0;
    bool found = text_find(lines[1], 'X', &shown) && text_find(lines[2], '^', &caret);
    bool cut_before = text_starts(lines[1], TEXT("    ...")), cut_after = text_ends(lines[1], TEXT("..."));
    size_t letters = lines[1].n - 4 - 3 * (size_t)(cut_before + cut_after);
    bool whole = length <= 160;
    if (!found || shown != caret || lines[2].n != caret + 1 || lines[1].n > 4 + 160)
        fail_msg("%zu letters, X at %zu:\n%.*s", length, at, TEXT_ARG(buffer_text(&printed)));
    if (whole != (letters == length) || whole != (!cut_before && !cut_after))
        fail_msg("%zu letters, X at %zu: cut wrongly:\n%.*s", length, at, TEXT_ARG(buffer_text(&printed)));
    buffer_release(&printed);
}

static void long_lines_are_cut_around_the_caret(void **state)
{
    (void)state;
    static const size_t lengths[] = {159, 160, 161, 162, 163, 170, 240, 241, 242, 243, 244, 400, 1000};
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t at = 0; at < lengths[i]; at++)
            check_long_line(lengths[i], at);
}

// 300 digits with the caret under the 151st: what is shown of them, exactly.
static void check_digits(uint32_t width, const char *tail)
{
    char line[300];
    for (size_t i = 0; i < sizeof line; i++)
        line[i] = (char)('0' + i % 10);
    struct buffer wanted;
    buffer_init(&wanted, 1000);
    buffer_printf(&wanted, "p.yaml:1:151: error: wrong\n    ...%.154s...\n    %83s%s\n", line + 70, "", tail);
    check_excerpt("300 digits", (struct text){line, sizeof line},
                  (struct place){.line = 1, .column = 151, .width = width}, wanted.p);
    buffer_release(&wanted);
}

static void a_long_line_whole(void **state)
{
    (void)state;
    check_digits(4, "^~~~");
    // Marked to its end: the tail stops with what is shown.
    char tail[75] = "^";
    memset(tail + 1, '~', 73);
    check_digits(150, tail);
}

static void colours(void **state)
{
    (void)state;
    const struct source source = {TEXT("p.yaml"), TEXT("ab: 1\n")};
    const struct sources sources = {&source, 1};
    const struct diag error = {SEVERITY_ERROR, "code", {.line = 1, .column = 1, .width = 2}, TEXT("wrong")};
    const struct diag warning = {SEVERITY_WARNING, "code", {.line = 0}, TEXT("odd")};
    struct buffer printed;
    buffer_init(&printed, 1000);
    diag_print(&error, &sources, true, &printed);
    diag_print(&warning, &sources, true, &printed);
    diag_print(&warning, &sources, false, &printed);
    assert_printed("colours", &printed,
                   "\033[1mp.yaml:1:1:\033[0m \033[1;31merror:\033[0m wrong\n"
                   "    ab: 1\n"
                   "    \033[1;32m^~\033[0m\n"
                   "\033[1mp.yaml:\033[0m \033[1;35mwarning:\033[0m odd\n"
                   "p.yaml: warning: odd\n");
    buffer_release(&printed);
}

static void hostile_names_stay_text(void **state)
{
    (void)state;
    const struct source source = {TEXT("a\x1B]0;x\x07\n.yaml"), TEXT("")};
    const struct sources sources = {&source, 1};
    const struct diag diag = {SEVERITY_ERROR, "code", {.line = 0}, TEXT("no '\x1B[2J\tz\xC3\xA4\n\xFF'")};
    struct buffer printed;
    buffer_init(&printed, 1000);
    diag_print(&diag, &sources, false, &printed);
    assert_printed("hostile", &printed, "a?]0;x??.yaml: error: no '?[2J?z\xC3\xA4?\?'\n");
    buffer_release(&printed);
}

static void sorted_and_merged(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    diags_init(&diags, &arena);
    const struct place first = {.line = 1, .column = 2}, second = {.line = 1, .column = 10}, third = {.line = 3};
    const struct place elsewhere = {.line = 1, .column = 1, .source = 1};
    diag_error(&diags, elsewhere, "c", "of the parent");
    diag_error(&diags, third, "c", "line %d", 3);
    diag_error(&diags, second, "c", "b came first");
    diag_warning(&diags, second, "c", "a came second");
    diag_error(&diags, first, "c", "once");
    diag_error(&diags, second, "c", "b came first");
    diag_warning(&diags, second, "c", "b came first");
    diag_error(&diags, first, "c", "once");
    assert_int_equal(diags.errors, 6);
    assert_int_equal(diags.warnings, 2);
    diags_sort(&diags);
    assert_int_equal(diags.count, 6);
    assert_int_equal(diags.errors, 4);
    assert_int_equal(diags.warnings, 2);
    const struct source files[] = {{TEXT("child.yaml"), TEXT("")}, {TEXT("parent.yaml"), TEXT("")}};
    struct buffer printed;
    buffer_init(&printed, 1000);
    diags_print(&diags, &(struct sources){files, 2}, false, &printed);
    assert_printed("sorted", &printed,
                   "child.yaml:1:2: error: once\n"
                   "child.yaml:1:10: error: b came first\n"
                   "child.yaml:1:10: warning: a came second\n"
                   "child.yaml:1:10: warning: b came first\n"
                   "child.yaml:3: error: line 3\n"
                   "parent.yaml:1:1: error: of the parent\n");
    buffer_release(&printed);
    arena_release(&arena);
}

static void the_rest_is_counted(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    diags_init(&diags, &arena);
    for (uint32_t i = 0; i < LIMIT_DIAGS + 12; i++)
        diag_error(&diags, (struct place){.line = LIMIT_DIAGS + 20 - i}, "code", "fault %u", i);
    assert_int_equal(diags.count, LIMIT_DIAGS);
    assert_int_equal(diags.dropped, 12);
    assert_int_equal(diags.errors, LIMIT_DIAGS + 12);
    diags_sort(&diags);
    assert_int_equal(diags.count, LIMIT_DIAGS);
    for (size_t i = 1; i < diags.count; i++)
        assert_true(diags.items[i - 1].place.line < diags.items[i].place.line);
    struct buffer printed;
    buffer_init(&printed, 100000);
    diags_print(&diags, &(struct sources){NULL, 0}, false, &printed);
    assert_true(text_starts(buffer_text(&printed), TEXT("error: fault 499\nerror: fault 498\n")));
    assert_true(text_ends(buffer_text(&printed), TEXT("error: fault 0\n12 more not shown\n")));
    buffer_release(&printed);
    arena_release(&arena);
}

static void texts_are_kept(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    diags_init(&diags, &arena);
    char name[] = "scale";
    static char huge[20000];
    memset(huge, 'h', sizeof huge - 1);
    diag_error(&diags, (struct place){.line = 1}, "unknown-key", "unknown key '%s'", name);
    diag_warning(&diags, (struct place){.line = 1}, "odd", "%s", huge);
    name[0] = 'X';
    assert_true(text_is(diags.items[0].text, "unknown key 'scale'"));
    assert_string_equal(diags.items[0].code, "unknown-key");
    assert_int_equal(diags.items[1].severity, SEVERITY_WARNING);
    assert_in_range(diags.items[1].text.n, 4096, 10000);
    arena_release(&arena);
}

static void suggestions(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct text names[] = {TEXT("scale_to"), TEXT("when")};
    assert_true(text_is(diag_suggestion(&arena, TEXT("scaleto"), names, 2), " (did you mean 'scale_to'?)"));
    assert_true(text_is(diag_suggestion(&arena, TEXT("message"), names, 2), ""));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_forms),
        cmocka_unit_test(long_lines_are_cut_around_the_caret),
        cmocka_unit_test(a_long_line_whole),
        cmocka_unit_test(colours),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(sorted_and_merged),
        cmocka_unit_test(the_rest_is_counted),
        cmocka_unit_test(texts_are_kept),
        cmocka_unit_test(suggestions),
    };
    return cmocka_run_group_tests_name("diag", tests, NULL, NULL) != 0;
}
