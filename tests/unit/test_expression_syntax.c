// Expressions that do not read: tokens, operators, parentheses, places, bounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drowse/limits.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/expressions.h"

// All faults of an expression, a line each: column, '+', width, text. The code is the first one's.
static const struct row {
    enum want want;
    const char *text, *code, *faults;
} rows[] = {
    {WANT_ANY, "desired == not stopped", "expression-syntax",
     "12+3 'not' binds looser than the operator before it: write (not ...)"},
    {WANT_ANY, "now not in office", "expression-syntax", "5+3 there is no 'not in': write not x in WINDOW"},
    {WANT_ANY, "now in \"office\"", "expression-syntax", "8+8 a window's name stands without quotes: now in office"},
    {WANT_ANY, "now in window()", "expression-syntax", "8+8 window takes one text: now in window(TEXT)"},
    {WANT_ANY, "now in", "expression-syntax", "5+2 behind 'in' stands a window's name, or window(TEXT)"},
    {WANT_ANY, "now in 5", "expression-syntax", "8+1 behind 'in' stands a window's name, or window(TEXT)"},
    {WANT_ANY, "quiet_for(cpu over 2h above 5)", "expression-syntax",
     "23+5 'above' stands once in a call, and before 'over'"},
    {WANT_ANY, "avg(connections 10m)", "expression-syntax",
     "17+3 'over' is missing before '10m': write avg(METRIC over SPAN)"},
    {WANT_ANY, "avg(connections over)", "expression-syntax", "21+1 a value is missing before ')'"},
    {WANT_ANY, "avg(connections over 10 m)", "expression-syntax", "25+1 a duration has no blank in it: write 10m"},
    {WANT_ANY, "avg(connections over 5m over 10m)", "expression-syntax", "25+4 'over' stands once in a call"},
    {WANT_ANY, "", "expression-syntax", "1+0 the expression is empty"},
    {WANT_ANY, "   ", "expression-syntax", "4+0 the expression is empty"},
    {WANT_ANY, "(", "expression-syntax",
     "1+1 a value is missing behind '('; quote the whole expression; YAML ends it at ', ' "
     "inside { } and at ' #'"},
    {WANT_ANY, "(1", "expression-syntax",
     "1+1 the parenthesis of `(1` is not closed; quote the whole expression; YAML ends it at "
     "', ' inside { } and at ' #'"},
    {WANT_ANY, "1)", "expression-syntax", "2+1 this ')' closes nothing"},
    {WANT_ANY, "(1 2)", "expression-syntax", "4+1 '2' stands where an operator or ) is due, behind `(1`"},
    {WANT_ANY, "1 2", "expression-syntax", "3+1 an operator is missing between '1' and '2'"},
    {WANT_ANY, "desired desired", "expression-syntax", "9+7 an operator is missing between 'desired' and 'desired'"},
    {WANT_ANY, "desired,", "expression-syntax", "8+1 a ',' stands only between arguments"},
    {WANT_ANY, "desired == ", "expression-syntax", "9+2 a value is missing behind '=='"},
    {WANT_ANY, "desired == )", "expression-syntax", "12+1 a value is missing before ')'"},
    {WANT_ANY, "== 1", "expression-syntax", "1+2 a value is missing before '=='"},
    {WANT_ANY, "+ 1", "expression-syntax", "1+1 a value is missing before '+'"},
    {WANT_ANY, "* 2", "expression-syntax", "1+1 a value is missing before '*'"},
    {WANT_ANY, "and stopped", "expression-syntax", "1+3 a value is missing before 'and'"},
    {WANT_ANY, "stopped and", "expression-syntax", "9+3 a value is missing behind 'and'"},
    {WANT_ANY, "stopped && stopped || stopped", "expression-syntax",
     "9+2 there is no '&&' here: write and\n"
     "20+2 there is no '||' here: write or"},
    {WANT_ANY, "!stopped", "expression-syntax", "1+1 there is no '!' here: write not"},
    {WANT_ANY, "desired = 0", "expression-syntax", "9+1 there is no '=' here: write =="},
    {WANT_ANY, "desired === 0", "expression-syntax", "9+3 there is no '===' here: write =="},
    {WANT_ANY, "desired !== 0", "expression-syntax", "9+3 there is no '!==' here: write !="},
    {WANT_ANY, "desired <> 1", "expression-syntax", "9+2 there is no '<>' here: write !="},
    {WANT_ANY, "desired =< 1", "expression-syntax", "9+2 there is no '=<' here: write <="},
    {WANT_ANY, "desired => 1", "expression-syntax", "9+2 there is no '=>' here: write >="},
    {WANT_ANY, "desired ≥ 1", "expression-syntax", "9+1 there is no '≥' here: write >="},
    {WANT_ANY, "desired × 2", "expression-syntax", "9+1 there is no '×' here: write *"},
    {WANT_ANY, "stopped AND stopped Or NOT stopped", "expression-syntax",
     "9+3 'AND' is written in small letters: and\n"
     "21+2 'Or' is written in small letters: or\n"
     "24+3 'NOT' is written in small letters: not"},
    {WANT_ANY, "TRUE", "expression-syntax", "1+4 'TRUE' is written in small letters: true"},
    {WANT_ANY, "true == True", "expression-syntax", "9+4 'True' is written in small letters: true"},
    {WANT_ANY, "service =~ \"a\"", "expression-syntax", "9+2 there is no '=~' here: write matches(TEXT, \"GLOB\")"},
    {WANT_ANY, "1 < 2 < 3", "expression-syntax",
     "7+1 comparisons do not chain: join two with 'and', or put one in parentheses"},
    {WANT_ANY, "desired == 1 == true", "expression-syntax",
     "14+2 comparisons do not chain: join two with 'and', or put one in parentheses"},
    {WANT_ANY, "now in office == true", "expression-syntax",
     "15+2 comparisons do not chain: join two with 'and', or put one in parentheses"},
    {WANT_ANY, "5 % 2", "expression-syntax", "3+1 there is no '%' here: write a share as a fraction, such as 0.5"},
    {WANT_ANY, "5 ^ 2", "expression-syntax", "3+1 there is no '^' here: write the product out"},
    {WANT_ANY, "5 ** 2", "expression-syntax", "3+2 there is no '**' here: write the product out"},
    {WANT_ANY, "5 // 2", "expression-syntax", "3+2 there is no '//' here: write /"},
    {WANT_ANY, "stopped ? 1 : 2", "expression-syntax", "9+1 there is no '?' here: write two rules, or otherwise(x, y)"},
    {WANT_ANY, "{desired}", "expression-syntax", "1+1 there is no '{' here: names stand without braces"},
    {WANT_ANY, "$desired", "expression-syntax", "1+1 there is no '$' here: names stand without it"},
    {WANT_ANY, "tags[\"x\"]", "expression-syntax", "5+1 there is no '[' here: write ( )"},
    {WANT_ANY, "`x`", "expression-syntax", "1+1 there is no '`' here: write texts in \" or '"},
    {WANT_ANY, "“x”", "expression-syntax", "1+1 there is no '“' here: write texts in straight quotes"},
    {WANT_ANY, "#", "expression-syntax", "1+1 '#' has no meaning here"},
    {WANT_ANY, "desired @ 5", "expression-syntax", "9+1 '@' has no meaning here"},
    {WANT_ANY, "desired; 5", "expression-syntax", "8+1 ';' has no meaning here"},
    {WANT_ANY, "desired.count", "expression-syntax", "8+1 '.' has no meaning here"},
    {WANT_ANY, "010", "expression-syntax", "1+3 a number has no leading zero: write 10"},
    {WANT_ANY, "007.5", "expression-syntax", "1+5 a number has no leading zero: write 7.5"},
    {WANT_ANY, "00", "expression-syntax", "1+2 a number has no leading zero: write 0"},
    {WANT_ANY, "0x10", "expression-syntax", "1+4 '0x10' is not a number or a duration: numbers are decimal"},
    {WANT_ANY, "0b1", "expression-syntax", "1+3 '0b1' is not a number or a duration: numbers are decimal"},
    {WANT_ANY, "1_000", "expression-syntax",
     "1+5 '1_000' is not a number or a duration: write all its digits without '_'"},
    {WANT_ANY, "1e9", "expression-syntax",
     "1+3 '1e9' is not a number or a duration: write it out, without an exponent"},
    {WANT_ANY, "1.5e3", "expression-syntax",
     "1+5 '1.5e3' is not a number or a duration: write it out, without an exponent"},
    {WANT_ANY, "1.5h", "expression-syntax",
     "1+4 '1.5h' is not a number or a duration: the parts of a duration are whole, as in 1h30m"},
    {WANT_ANY, "5.", "expression-syntax", "1+2 '5.' is not a number or a duration: it ends with a digit"},
    {WANT_ANY, ".5", "expression-syntax", "1+2 '.5' is not a number or a duration: it begins with a digit, as in 0.5"},
    {WANT_ANY, "1.2.3", "expression-syntax",
     "1+5 '1.2.3' is not a number or a duration: durations are made of d, h, m and s, in this "
     "order, as in 2h30m"},
    {WANT_ANY, "15min", "expression-syntax", "1+5 '15min' is not a number or a duration: write 15m"},
    {WANT_ANY, "15 minutes", "expression-syntax", "4+7 a duration has no blank in it: write 15m"},
    {WANT_ANY, "10 s", "expression-syntax", "4+1 a duration has no blank in it: write 10s"},
    {WANT_ANY, "90sec", "expression-syntax", "1+5 '90sec' is not a number or a duration: write 90s"},
    {WANT_ANY, "5x", "expression-syntax",
     "1+2 '5x' is not a number or a duration: durations are made of d, h, m and s, in this "
     "order, as in 2h30m"},
    {WANT_ANY, "2h30", "expression-syntax",
     "1+4 '2h30' is not a number or a duration: durations are made of d, h, m and s, in this "
     "order, as in 2h30m"},
    {WANT_ANY, "30m2h", "expression-syntax",
     "1+5 '30m2h' is not a number or a duration: durations are made of d, h, m and s, in this "
     "order, as in 2h30m"},
    {WANT_ANY, "1w", "expression-syntax",
     "1+2 '1w' is not a number or a duration: durations are made of d, h, m and s, in this "
     "order, as in 2h30m"},
    {WANT_ANY, "9007199254740993", "expression-syntax", "1+16 a number is at most 9007199254740992 (2^53)"},
    {WANT_ANY, "99999999999999999999", "expression-syntax", "1+20 a number is at most 9007199254740992 (2^53)"},
    {WANT_ANY, "99999999999999999999s", "expression-syntax", "1+21 a duration is at most 36525d"},
    {WANT_ANY, "36525d1s", "expression-syntax", "1+8 a duration is at most 36525d"},
    {WANT_ANY, "9007199254740992.5", "expression-syntax", "1+18 a number is at most 9007199254740992 (2^53)"},
    {WANT_ANY, "123456789012345678.5", "expression-syntax", "1+20 a number is at most 9007199254740992 (2^53)"},
    {WANT_ANY, "\"abc", "expression-syntax",
     "1+4 the text that begins here lacks its closing \"; quote the whole expression; YAML "
     "ends it at ', ' inside { } and at ' #'"},
    {WANT_ANY, "'abc", "expression-syntax",
     "1+4 the text that begins here lacks its closing '; quote the whole expression; YAML "
     "ends it at ', ' inside { } and at ' #'"},
    {WANT_ANY, "\"a\\nb\"", "expression-syntax",
     "3+1 a \\ within a text stands only before \", ' or another \\; write \\\\"},
    {WANT_ANY, "\"a\\", "expression-syntax",
     "3+1 a \\ within a text stands only before \", ' or another \\; write \\\\"},
    {WANT_ANY, "least(1 2)", "expression-syntax", "9+1 an operator, ',' or ')' is missing before '2'"},
    {WANT_ANY, "least(1,", "expression-syntax", "8+1 a value is missing behind ','"},
    {WANT_ANY, "least(1, 2", "expression-syntax",
     "1+5 the parenthesis of `least(` is not closed; quote the whole expression; YAML ends it "
     "at ', ' inside { } and at ' #'"},
    {WANT_ANY, "least(,1)", "expression-syntax", "7+1 a value is missing before ','"},
    {WANT_ANY, "least(1,)", "expression-syntax", "9+1 a value is missing before ')'"},
    {WANT_ANY, "service is \"x\"", "expression-syntax", "9+2 there is no 'is': write =="},
    {WANT_ANY, "desired between 1", "expression-syntax",
     "9+7 there is no 'between': write two comparisons, joined with and"},
    {WANT_ANY, "desired in (1)", "expression-syntax", "12+1 behind 'in' stands a window's name, or window(TEXT)"},
    {WANT_ANY, "desired over 10m", "expression-syntax",
     "9+4 'over' stands only within a function, as in avg(METRIC over SPAN)"},
    {WANT_ANY, "above", "expression-syntax", "1+5 a value is missing before 'above'"},
    {WANT_ANY, "since(now) over 5m", "expression-syntax",
     "12+4 'over' stands only within a function, as in avg(METRIC over SPAN)"},
    {WANT_ANY, "desired == \"ä\" and ö", "expression-syntax", "20+1 'ö' has no meaning here"},
    {WANT_ANY, "avg(connections over 5m, cpu over 5m)", "expression-syntax", "30+4 'over' stands once in a call"},
    {WANT_ANY, "not", "expression-syntax", "1+3 a value is missing behind 'not'"},
    {WANT_ANY, "desired in", "expression-syntax", "9+2 behind 'in' stands a window's name, or window(TEXT)"},
    {WANT_ANY, "now in office()", "expression-syntax", "8+6 behind 'in' stands a window's name, or window(TEXT)"},
};

static void exact_faults(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expressions x;
        expressions_begin(&x, usual_lets, usual_let_count);
        node_index node = expressions_compile(&x, rows[i].text, rows[i].want);
        struct text faults = expressions_faults(&x);
        bool code = x.diags.count && text_is(text_of(x.diags.items[0].code), rows[i].code);
        if (node || !code || !text_is(faults, rows[i].faults)) {
            print_error("`%s` gives node %u, code %s:\n%.*s\ninstead of %s:\n%s\n", rows[i].text, node,
                        x.diags.count ? x.diags.items[0].code : "none", TEXT_ARG(faults), rows[i].code, rows[i].faults);
            failed++;
        }
        expressions_end(&x);
    }
    assert_int_equal(failed, 0);
}

// A scalar's text, how it was written, and where its one fault lies.
struct placed {
    enum tree_style style;
    bool exact;
    uint32_t line, column;
    const char *text;
    uint32_t fault_line, fault_column, fault_width;
};

static void places(void **state)
{
    (void)state;
    static const struct placed placed[] = {
        {STYLE_PLAIN, true, 7, 12, "a_b == 1", 7, 12, 3},
        {STYLE_QUOTED, true, 7, 12, "1 == a_b", 7, 18, 3},
        {STYLE_LUA_STRING, true, 7, 12, "1 == a_b", 7, 18, 3},
        {STYLE_BLOCK, false, 7, 12, "1 ==\n a_b", 7, 12, 0},
        {STYLE_QUOTED, false, 7, 12, "1 == a_b", 7, 12, 0},
        {STYLE_LUA_STRING, true, 7, 12, "1 ==\n  a_b", 8, 3, 3},
        {STYLE_PLAIN, true, 1, 1, "\"\u00e4\u00f6\u4e2d\" == a_b", 1, 10, 3},
    };
    for (size_t i = 0; i < COUNT_OF(placed); i++) {
        struct expressions x;
        expressions_begin(&x, NULL, 0);
        struct tree *scalar = expressions_scalar(&x, text_of(placed[i].text));
        scalar->style = (uint8_t)placed[i].style;
        scalar->exact_columns = placed[i].exact;
        scalar->place = (struct place){.line = placed[i].line, .column = placed[i].column, .source = 3};
        assert_int_equal(compile_expression(&x.compiler, scalar, WANT_ANY), 0);
        assert_int_equal(x.diags.count, 1);
        struct place place = x.diags.items[0].place;
        if (place.line != placed[i].fault_line || place.column != placed[i].fault_column ||
            place.width != placed[i].fault_width || place.source != 3)
            fail_msg("row %zu: fault at %u:%u+%u", i, place.line, place.column, place.width);
        expressions_end(&x);
    }
}

// Only a plain scalar can have been cut by YAML.
static void only_plain_scalars_are_cut(void **state)
{
    (void)state;
    struct expressions x;
    expressions_begin(&x, NULL, 0);
    struct tree *scalar = expressions_scalar(&x, TEXT("least(1"));
    scalar->style = STYLE_QUOTED;
    assert_int_equal(compile_expression(&x.compiler, scalar, WANT_ANY), 0);
    struct text faults = expressions_faults(&x);
    assert_true(text_is(faults, "2+5 the parenthesis of `least(` is not closed"));
    expressions_end(&x);
}

// `times` copies of a text.
static struct text repeated(struct expressions *x, const char *text, size_t times)
{
    struct text one = text_of(text);
    char *p = arena_alloc(&x->arena, one.n * times);
    for (size_t i = 0; i < one.n * times; i++)
        p[i] = one.p[i % one.n];
    return (struct text){p, one.n * times};
}

static void bounds(void **state)
{
    (void)state;
    static const char deep[] = "an expression nests at most 64 deep, chains of operators and arguments counted; name a "
                               "part of it under let";
    static const struct bound {
        const char *repeated;
        size_t fits;
        const char *behind;
    } bound[] = {
        {"(", 64, "1"},          {"not ", 63, "true"},        {"-", 63, "desired"},
        {"1 + ", 63, "desired"}, {"true or ", 63, "stopped"}, {"since(now -", 31, "0s"},
        {"(-", 63, "factor"},
    };
    for (size_t i = 0; i < COUNT_OF(bound); i++) {
        for (size_t more = 0; more < 2; more++) {
            struct expressions x;
            expressions_begin(&x, usual_lets, usual_let_count);
            struct text open = repeated(&x, bound[i].repeated, bound[i].fits + more);
            size_t closing = text_find(text_of(bound[i].repeated), '(', &(size_t){0}) ? bound[i].fits + more : 0;
            struct text close = repeated(&x, ")", closing);
            struct text whole = arena_format(&x.arena, "%.*s%s%.*s", TEXT_ARG(open), bound[i].behind, TEXT_ARG(close));
            node_index node = compile_expression(&x.compiler, expressions_scalar(&x, whole), WANT_ANY);
            bool said = x.diags.count == 1 && text_is(x.diags.items[0].text, deep);
            if (more ? node || !said : !node)
                fail_msg("'%s' %zu times: %.*s", bound[i].repeated, bound[i].fits + more,
                         TEXT_ARG(expressions_faults(&x)));
            expressions_end(&x);
        }
    }
}

static void bytes(void **state)
{
    (void)state;
    struct expressions x;
    expressions_begin(&x, NULL, 0);
    struct text blanks = repeated(&x, " ", 4095);
    struct text fits = arena_format(&x.arena, "%.*s1", TEXT_ARG(blanks));
    assert_int_not_equal(compile_expression(&x.compiler, expressions_scalar(&x, fits), WANT_ANY), 0);
    struct text more = arena_format(&x.arena, "%.*s10", TEXT_ARG(blanks));
    assert_int_equal(compile_expression(&x.compiler, expressions_scalar(&x, more), WANT_ANY), 0);
    assert_true(text_is(expressions_faults(&x), "1+0 an expression has at most 4096 bytes, this has 4097"));
    expressions_end(&x);
}

static void nodes(void **state)
{
    (void)state;
    struct expressions x;
    expressions_begin(&x, NULL, 0);
    while (x.compiler.node_count < LIMIT_NODES - 1)
        assert_int_not_equal(expressions_compile(&x, "desired", WANT_ANY), 0);
    assert_int_equal(expressions_compile(&x, "desired + 1", WANT_ANY), 0);
    assert_true(text_is(expressions_faults(&x), "11+1 the expressions of a policy have at most 65535 parts"));
    expressions_end(&x);
}

// What is no text is refused, not read.
static void wild_bytes(void **state)
{
    (void)state;
    static const struct wild {
        struct text text;
        const char *faults;
    } wild[] = {
        {{"1\0002", 3}, "2+1 a control character (0x00) stands here"},
        {{"\033[31m", 5}, "1+1 a control character (0x1b) stands here"},
        {{"\xff", 1}, "1+1 '\xff' has no meaning here"},
        {{"\xe2\x82", 2}, NULL},
        {{"\xc2\xa0", 2}, "1+1 '\xc2\xa0' has no meaning here"},
    };
    for (size_t i = 0; i < COUNT_OF(wild); i++) {
        struct expressions x;
        expressions_begin(&x, NULL, 0);
        assert_int_equal(compile_expression(&x.compiler, expressions_scalar(&x, wild[i].text), WANT_ANY), 0);
        assert_int_equal(x.diags.count, 1);
        if (wild[i].faults && !text_is(expressions_faults(&x), wild[i].faults))
            fail_msg("row %zu: %.*s", i, TEXT_ARG(expressions_faults(&x)));
        expressions_end(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_faults), cmocka_unit_test(places), cmocka_unit_test(only_plain_scalars_are_cut),
        cmocka_unit_test(bounds),       cmocka_unit_test(bytes),  cmocka_unit_test(nodes),
        cmocka_unit_test(wild_bytes),
    };
    return cmocka_run_group_tests_name("expression_syntax", tests, NULL, NULL) != 0;
}
