// YAML as a tree: what is refused, what is mended, and where things stand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/tree.h"

#define REPORT_BYTES (64 * 1024)

// Each expectation is a line a fault: "line:column code: text".
struct fault_case {
    const char *name;
    const char *yaml;
    const char *expected;
};

static const struct fault_case fault_cases[] = {
    {"an expression cut at a comma is made whole", "a: {rule: x, when: greatest(a, b) > 1, scale_to: 0}\n",
     "1:20 cut-expression: YAML ends this text at a comma: quote the whole of it, as in when: "
     "\"greatest(a, b) > 1\"\n"},
    {"cut twice", "a: {when: least(a, greatest(b, c)) > 1}\n",
     "1:11 cut-expression: YAML ends this text at a comma: quote the whole of it, as in when: "
     "\"least(a, greatest(b, c)) > 1\"\n"},
    {"a text with a comma in quotes", "a: {when: matches(service, \"a, b\")}\n",
     "1:11 cut-expression: YAML ends this text at a comma: quote the whole expression\n"},
    {"cut at a comment",
     "when: matches(tag(\"a #b\"), \"x\")\n"
     "b: 1\n",
     "1:7 cut-expression: YAML ends this text at ' #', where a comment begins: quote the whole "
     "of it, as in 'matches(tag(\"a #b\"), \"x\")'\n"},
    {"cut at a comment within braces", "r: {when: matches(tag(\"a #b\"), \"x\"), c: d}\n",
     "1:11 cut-expression: YAML begins a comment at ' #': quote the whole of this text\n"},
    {"open where a comment begins",
     "when: (a > 1 or # b\n"
     "b: 1\n",
     "1:7 cut-expression: this text is not complete where ' #' begins a comment: if the '#' "
     "belongs to it, quote the whole of it; else close its quotes and parentheses\n"},
    {"begins with a quote",
     "when: \"a\" == service\n"
     "b: 1\n",
     "1:7 cut-expression: YAML ends a text that begins with a quote at the closing quote: quote "
     "the whole of it, as in '\"a\" == service'\n"},
    {"begins with a quote within braces", "x: {when: \"a\" == service, b: 1}\n",
     "1:11 cut-expression: YAML ends a text that begins with a quote at the closing quote: "
     "quote the whole of it, as in '\"a\" == service'\n"},
    {"an unquoted star", "t: [{cluster: *, service: b}]\n",
     "1:15 cut-expression: a text that begins with '*' must be quoted, as in \"*\"\n"},
    {"an alias behind which text goes on", "a: *x + 1\n",
     "1:4 alias: aliases ('*x') are not used in policies: write the value out, or quote a text "
     "that begins with '*'\n"},
    {"alias, anchor, tag",
     "a: *x\n"
     "b: &y 1\n"
     "c: !foo 3\n"
     "d: !!int 4\n",
     "1:4 alias: aliases ('*x') are not used in policies: write the value out, or quote a text "
     "that begins with '*'\n"
     "2:4 anchor: anchors ('&y') are not used in policies: write the value where it is needed, "
     "or share it through 'extends'\n"
     "3:4 tag: tags ('!foo') are not used in policies: quote a text that begins with '!' (an "
     "expression says 'not')\n"
     "4:4 tag: tags ('!!int') are not used in policies: quote a text that begins with '!' (an "
     "expression says 'not')\n"},
    {"anchors and tags on maps and lists",
     "a: &x {b: 1}\n"
     "c: !t [1]\n",
     "1:4 anchor: anchors ('&x') are not used in policies: write the value where it is needed, "
     "or share it through 'extends'\n"
     "2:4 tag: tags ('!t') are not used in policies: quote a text that begins with '!' (an "
     "expression says 'not')\n"},
    {"a merge key",
     "a:\n"
     "  <<: {b: 1}\n"
     "  c: 2\n",
     "2:3 merge-key: merge keys ('<<') are not used in policies: 'extends' merges a whole file\n"},
    {"duplicate keys, each told",
     "a: 1\n"
     "b: 2\n"
     "a: 3\n"
     "\"a\": 4\n"
     "c: {d: 1, d: 2}\n",
     "3:1 duplicate-key: the key 'a' is in line 1 already\n"
     "4:1 duplicate-key: the key 'a' is in line 1 already\n"
     "5:11 duplicate-key: the key 'd' is in line 5 already\n"},
    {"a second document",
     "a: 1\n"
     "---\n"
     "b: 2\n",
     "2:1 document: a second document begins here: a policy file holds one\n"},
    {"a tab as indentation",
     "a:\n"
     "\tb: 1\n",
     "2:1 tab: a tab where YAML wants blanks: indent with blanks\n"},
    {"a colon within a text", "m: foo: bar\n",
     "1:7 syntax: this is not YAML: mapping values are not allowed in this context; a text that "
     "holds ': ' must be quoted, and the keys of one map begin in the same column\n"},
    {"a character that YAML keeps", "a: @x\n", "1:4 syntax: a text that begins with '@' must be quoted\n"},
    {"an open quote",
     "a: 1\n"
     "k: \"xx\n",
     "2:4 syntax: this is not YAML: found unexpected end of stream while scanning a quoted "
     "scalar; a quote is not closed\n"},
    {"an open brace",
     "a: {b: 1\n"
     "c: 2\n",
     "2:2 syntax: this is not YAML: did not find expected ',' or '}' while parsing a flow "
     "mapping that begins in line 1; a map in braces separates its entries by ', ' and ends "
     "with '}'\n"},
    {"a key without a colon",
     "a: 1\n"
     "b\n"
     "c: 2\n",
     "3:1 syntax: this is not YAML: could not find expected ':' while scanning a simple key "
     "that begins in line 2; a key is followed by ': ' and its value; a text of several lines "
     "is quoted\n"},
    {"a wrong escape", "a: \"\\q\"\n",
     "1:5 syntax: this is not YAML: found unknown escape character while parsing a quoted "
     "scalar; in double quotes '\\' begins an escape; single quotes take it as it is\n"},
    {"a list as key",
     "? [a]\n"
     ": 1\n",
     "1:3 key: a key is a name, not a list\n"},
    {"no key",
     "a: 1\n"
     ": 2\n",
     "2:1 syntax: this is not YAML: did not find expected key while parsing a block mapping "
     "that begins in line 1; the lines of one map begin in the same column\n"},
    {"an empty file", "", "0:0 empty: the file is empty; a policy begins with 'policy: 1'\n"},
    {"only comments", "# nothing\n", "0:0 empty: the file is empty; a policy begins with 'policy: 1'\n"},
    {"a text", "hello\n", "1:1 type: a policy is a map that begins with 'policy: 1'; this is the text 'hello'\n"},
    {"a list", "- a\n", "1:1 type: a policy is a map that begins with 'policy: 1'; this is a list\n"},
    {"null", "~\n", "0:0 empty: the file is empty; a policy begins with 'policy: 1'\n"},
    {"a control character", "a: \001b\n",
     "1:4 encoding: the file holds a control character (0x01): a policy is plain text\n"},
    {"an escaped NUL", "a: \"x\\0y\"\n", "1:4 encoding: the text holds a NUL character\n"},
    {"wide characters before a fault",
     "a: \"\303\244\303\266\303\274\"\n"
     "b: {\"\303\251\": 1, \"\303\251\": 2}\n",
     "2:13 duplicate-key: the key '\303\251' is in line 2 already\n"},
};

static struct tree *read_text(struct arena *arena, struct diags *diags, struct text yaml)
{
    diags_init(diags, arena);
    return yaml_read(arena, diags, yaml, 0);
}

static void report(struct diags *diags, struct buffer *out)
{
    buffer_init(out, REPORT_BYTES);
    diags_sort(diags);
    for (size_t i = 0; i < diags->count; i++)
        buffer_printf(out, "%u:%u %s: %.*s\n", (unsigned)diags->items[i].place.line,
                      (unsigned)diags->items[i].place.column, diags->items[i].code, TEXT_ARG(diags->items[i].text));
}

static void test_faults(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < sizeof fault_cases / sizeof *fault_cases; i++) {
        struct arena arena = {0};
        struct diags diags;
        struct buffer found;
        read_text(&arena, &diags, text_of(fault_cases[i].yaml));
        report(&diags, &found);
        if (!text_is(buffer_text(&found), fault_cases[i].expected)) {
            print_error("%s\nexpected:\n%sfound:\n%.*s\n", fault_cases[i].name, fault_cases[i].expected,
                        TEXT_ARG(buffer_text(&found)));
            failed++;
        }
        buffer_release(&found);
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

// One fault with this code, and no tree.
static void expect_refused(struct text yaml, const char *code)
{
    struct arena arena = {0};
    struct diags diags;
    assert_null(read_text(&arena, &diags, yaml));
    assert_true(diags.count >= 1);
    assert_string_equal(diags.items[0].code, code);
    arena_release(&arena);
}

static void test_encodings(void **state)
{
    (void)state;
    expect_refused(TEXT("a: \xff\n"), "encoding");
    expect_refused(TEXT("a: \xc3\x28\n"), "encoding");
    expect_refused((struct text){"a: 1\n\0b: 2\n", 11}, "encoding");
    expect_refused((struct text){"\xff\xfe"
                                 "a\0:\0",
                                 6},
                   "encoding");
    expect_refused((struct text){"\xfe\xff\0a\0:", 6}, "encoding");
    expect_refused((struct text){"a\0:\0001\0", 6}, "encoding");
}

static void test_byte_order_mark(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    struct tree *tree = read_text(&arena, &diags,
                                  TEXT("\xEF\xBB\xBF"
                                       "a: b\n"));
    assert_non_null(tree);
    assert_int_equal(tree->entries[0].key_place.column, 1);
    assert_int_equal(tree_get(tree, "a")->place.column, 4);
    arena_release(&arena);
}

// What is too large ends soon, whatever it holds.
static void test_bounds(void **state)
{
    (void)state;
    static const char *const heads[] = {"[", "{", "- ", "? ", "a: {", "\"x", "&a ", "a\n"};
    static char text[LIMIT_POLICY_BYTES + 1];
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t n = 0, length = strlen(heads[i]);
        for (; n + length <= LIMIT_POLICY_BYTES; n += length)
            memcpy(text + n, heads[i], length);
        struct arena arena = {0};
        struct diags diags;
        struct tree *tree = read_text(&arena, &diags, (struct text){text, n});
        assert_null(tree);
        assert_true(diags.errors > 0);
        arena_release(&arena);
    }
    memset(text, '#', sizeof text);
    expect_refused((struct text){text, sizeof text}, "too-large");
    for (size_t i = 0; i + 6 <= sizeof text; i += 6)
        memcpy(text + i, "- a  \n", 6);
    expect_refused((struct text){text, sizeof text / 6 * 6}, "too-large");
}

static void test_depth(void **state)
{
    (void)state;
    char text[512];
    size_t n = 0;
    for (int i = 0; i < LIMIT_POLICY_DEPTH; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "{a: ");
    text[n++] = '1';
    for (int i = 0; i < LIMIT_POLICY_DEPTH; i++)
        text[n++] = '}';
    struct arena arena = {0};
    struct diags diags;
    assert_non_null(read_text(&arena, &diags, (struct text){text, n}));
    arena_release(&arena);
    memmove(text + 3, text, n);
    memcpy(text, "a: ", 3);
    expect_refused((struct text){text, n + 3}, "too-deep");
}

static struct tree *scalar_of(struct arena *arena, const char *yaml)
{
    struct diags diags;
    struct tree *tree = read_text(arena, &diags, text_of(yaml));
    assert_non_null(tree);
    return tree_get(tree, "k");
}

struct scalar_case {
    const char *yaml;
    const char *scalar;
    enum tree_style style;
    bool exact, null;
    uint32_t line, column, width;
};

static void test_scalars(void **state)
{
    (void)state;
    static const struct scalar_case cases[] = {
        {"k: no\n", "no", STYLE_PLAIN, true, false, 1, 4, 2},
        {"k: 08:00\n", "08:00", STYLE_PLAIN, true, false, 1, 4, 5},
        {"k: 010 # x\n", "010", STYLE_PLAIN, true, false, 1, 4, 3},
        {"k: \"caf\xc3\xa9\"\n", "caf\xc3\xa9", STYLE_QUOTED, true, false, 1, 4, 6},
        {"k: 'it''s'\n", "it's", STYLE_QUOTED, false, false, 1, 4, 7},
        {"k: \"a\\tb\"\n", "a\tb", STYLE_QUOTED, false, false, 1, 4, 6},
        {"k: |\n  a\n  b\n", "a\nb\n", STYLE_BLOCK, false, false, 1, 4, 1},
        {"k: >-\n  a\n  b\n", "a b", STYLE_BLOCK, false, false, 1, 4, 2},
        {"k: a\n  b\n", "a b", STYLE_PLAIN, false, false, 1, 4, 1},
        {"k:\n", "", STYLE_PLAIN, true, true, 1, 3, 1},
        {"k: ~\n", "~", STYLE_PLAIN, true, true, 1, 4, 1},
        {"k: null\n", "null", STYLE_PLAIN, true, true, 1, 4, 4},
        {"k: \"\"\n", "", STYLE_QUOTED, true, false, 1, 4, 2},
        {"k: 'null'\n", "null", STYLE_QUOTED, true, false, 1, 4, 6},
        {"\"k\": x\n", "x", STYLE_PLAIN, true, false, 1, 6, 1},
        {"\xc3\xa9: 1\nk: x\r\n", "x", STYLE_PLAIN, true, false, 2, 4, 1},
        // libyaml ends lines at NEL too; editors and messages do not.
        {"a: \"\xc2\x85\"\nk: x\n", "x", STYLE_PLAIN, true, false, 2, 4, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        const struct tree *tree = scalar_of(&arena, cases[i].yaml);
        bool good = text_is(tree->scalar, cases[i].scalar) && tree->style == cases[i].style &&
                    tree->exact_columns == cases[i].exact && tree_is_null(tree) == cases[i].null &&
                    tree->place.line == cases[i].line && tree->place.column == cases[i].column &&
                    tree->place.width == cases[i].width;
        if (!good)
            fail_msg("%s: [%.*s] style %d exact %d null %d at %u:%u+%u", cases[i].yaml, TEXT_ARG(tree->scalar),
                     tree->style, tree->exact_columns, tree_is_null(tree), (unsigned)tree->place.line,
                     (unsigned)tree->place.column, (unsigned)tree->place.width);
        arena_release(&arena);
    }
}

static void test_structure(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    struct tree *tree = read_text(&arena, &diags, TEXT("%YAML 1.1\n---\nb: [1, {c: 2}]\na: {}\n...\n"));
    assert_non_null(tree);
    assert_int_equal(diags.count, 0);
    assert_int_equal(tree->kind, TREE_MAP);
    assert_int_equal(tree->count, 2);
    assert_true(text_is(tree->entries[0].key, "b"));
    const struct tree *list = tree_get(tree, "b");
    assert_int_equal(list->kind, TREE_LIST);
    assert_int_equal(list->count, 2);
    assert_true(text_is(tree_get(list->items[1], "c")->scalar, "2"));
    assert_int_equal(tree_get(tree, "a")->kind, TREE_MAP);
    assert_int_equal(tree_get(tree, "a")->count, 0);
    assert_null(tree_get(tree, "c"));
    assert_null(tree_get(list, "b"));
    arena_release(&arena);
}

static void test_cut_expression_made_whole(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diags diags;
    struct tree *tree = read_text(&arena, &diags, TEXT("a: {rule: x, when: \xc3\xa9(a, b), scale_to: 0}\n"));
    const struct tree *when = tree_get(tree_get(tree, "a"), "when");
    assert_true(text_is(when->scalar, "\xc3\xa9(a, b)"));
    assert_true(when->exact_columns);
    assert_false(when->faulty);
    assert_int_equal(tree_get(tree, "a")->count, 3);
    struct place place = tree_place_at(when, 6, 1);
    assert_int_equal(place.column, 25);
    arena_release(&arena);
}

static void expect_description(const char *yaml, const char *expected)
{
    struct arena arena = {0};
    struct text found = tree_describe(&arena, scalar_of(&arena, yaml));
    if (!text_is(found, expected))
        fail_msg("%s: described as %.*s", yaml, TEXT_ARG(found));
    arena_release(&arena);
}

static void test_descriptions(void **state)
{
    (void)state;
    expect_description("k: 12\n", "the number 12");
    expect_description("k: true\n", "the boolean true");
    expect_description("k: yes\n", "the text 'yes'");
    expect_description("k: '12'\n", "the quoted text '12'");
    expect_description("k: ''\n", "an empty text");
    expect_description("k:\n", "nothing");
    expect_description("k: []\n", "an empty list");
    expect_description("k: [a]\n", "a list");
    expect_description("k: {}\n", "an empty map");
    expect_description("k: {a: b}\n", "a map");
    expect_description("k: |\n  one\n  two\n", "the quoted text 'one...'");
    expect_description("k: 1234567890123456789012345678901234567890 x\n",
                       "the text '1234567890123456789012345678901234567890...'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),          cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_byte_order_mark), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_depth),           cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_structure),       cmocka_unit_test(test_cut_expression_made_whole),
        cmocka_unit_test(test_descriptions),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL) != 0;
}
