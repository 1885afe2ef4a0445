// Policies made to crash, to stall or to eat memory: bounds over all files of a chain, and the costs of messages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/load.h"
#include "tests/support/memory_files.h"

#define FILE_BYTES ((size_t)256 * 1024)

// ---- what a Lua file returns ------------------------------------------------------------------------------

static const struct load_case cases[] = {
    {"Lua: a list is no policy",
     {{"p.lua", "return {1}\n"}},
     "1:8 type: a policy is a table with names, such as {policy = 1, name = \"production\"}; this is a list\n"},
    {"Lua: a list of tables is no policy",
     {{"p.lua", "return {{policy = 1}, {name = \"t\"}}\n"}},
     "1:8 type: a policy is a table with names, such as {policy = 1, name = \"production\"}; this is a list\n"},
    {"Lua: nor is what is faulty as a whole",
     {{"p.lua", "return {1, policy = 1}\n"}},
     "1:8 lua-value: the returned table mixes names and positions\n"},
    {"Lua: lines that a lone CR ends are Lua's alone",
     {{"p.lua", "-- a\r\r\r\r\n\r  return {policy = 'x\n"}},
     "2:4 lua-syntax: unfinished string near ''x'\n"},
    {"Lua: CRLF ends one line",
     {{"p.lua", "-- a\r\n\r\nreturn {policy = 'x\r\n"}},
     "3:1 lua-syntax: unfinished string near ''x'\n"},
    {"Lua: an inherited list",
     {{"p.yaml", "policy: 1\nname: child\nextends: base.lua\n"}, {"base.lua", "return {{}}\n"}},
     "base.lua:1:8 type: a policy is a table with names, such as {policy = 1, name = \"production\"}; this is a list\n"},
};

static void test_cases(void **state)
{
    (void)state;
    assert_int_equal(load_cases_failed(cases, COUNT_OF(cases)), 0);
}

// ---- bounds -----------------------------------------------------------------------------------------------

// The line with each number from 0 on in place of its %d.
static void add_lines(struct buffer *out, const char *head, const char *line, size_t count)
{
    const char *number = strstr(line, "%d");
    buffer_add(out, text_of(head));
    for (size_t i = 0; i < count; i++) {
        buffer_add(out, (struct text){line, (size_t)(number - line)});
        buffer_printf(out, "%zu%s", i, number + 2);
    }
}

static void expect_faults(const char *name, const char *child, const char *base, const char *expected)
{
    struct load_case one = {name, {{"p.yaml", child}, {"base.yaml", base}}, expected};
    assert_int_equal(load_cases_failed(&one, 1), 0);
}

// Each inserts one rule into a list that would else grow from file to file, and cost its square.
static void test_edits(void **state)
{
    struct buffer child;
    (void)state;
    buffer_init(&child, FILE_BYTES);
    add_lines(&child, "policy: 1\nextends: base.yaml\nsleep:\n", "  - {before: last, add: [{rule: r%d}]}\n", 2000);
    expect_faults("edits past the limit", child.p, "policy: 1\nname: base\nsleep: [{rule: last}]\n",
                  "base.yaml:3:8 too-large: 257 rules; at most 256 are taken\n");
    buffer_release(&child);
}

static void test_values_of_a_chain(void **state)
{
    struct buffer base, child;
    (void)state;
    buffer_init(&base, FILE_BYTES);
    buffer_init(&child, FILE_BYTES);
    add_lines(&base, "policy: 1\nname: base\nlet:\n", "  a%d: 1\n", 6000);
    add_lines(&child, "policy: 1\nextends: base.yaml\nlet:\n", "  b%d: 1\n", 6000);
    expect_faults("two files of 12,000 values", child.p, base.p,
                  "p.yaml:2:10 too-large: with 'base.yaml' these files hold more than 20000 values\n");
    buffer_release(&base);
    buffer_release(&child);
}

// ---- distances --------------------------------------------------------------------------------------------

#define WORD_BYTES 9

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// By its definition: the whole table, without a bound.
static size_t plain_distance(struct text a, struct text b)
{
    size_t cells[WORD_BYTES + 1][WORD_BYTES + 1];
    for (size_t i = 0; i <= a.n; i++) {
        for (size_t j = 0; j <= b.n; j++) {
            cells[i][j] = i + j;
            if (i == 0 || j == 0)
                continue;
            cells[i][j] =
                least(least(cells[i - 1][j], cells[i][j - 1]) + 1, cells[i - 1][j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                cells[i][j] = least(cells[i][j], cells[i - 2][j - 2] + 1);
        }
    }
    return cells[a.n][b.n];
}

static struct text random_word(struct random *random, char bytes[WORD_BYTES])
{
    size_t n = random_below(random, WORD_BYTES + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)('a' + random_below(random, 3));
    return (struct text){bytes, n};
}

static void test_distances(void **state)
{
    struct random random = {2026};
    char first[WORD_BYTES], second[WORD_BYTES];
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct text a = random_word(&random, first), b = random_word(&random, second);
        size_t most = random_below(&random, WORD_BYTES + 2);
        size_t got = text_distance(a, b, most), wanted = least(plain_distance(a, b), most + 1);
        if (got != wanted)
            fail_msg("'%.*s' and '%.*s' are %zu apart (at most %zu asked for); wanted %zu", TEXT_ARG(a), TEXT_ARG(b),
                     got, most, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_values_of_a_chain),
        cmocka_unit_test(test_distances),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL) != 0;
}
