// Message templates: what they are made of, and every way to get them wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drowse/limits.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/expressions.h"

// ---- right ------------------------------------------------------------------------------------------------

static const char *const formats[] = {
    [PIECE_LITERAL] = "",         [PIECE_PLAIN] = "",           [PIECE_FIXED] = ":f",
    [PIECE_SECONDS] = ":seconds", [PIECE_MINUTES] = ":minutes", [PIECE_DURATION] = ":duration",
    [PIECE_ISO] = ":iso"};

// Pieces in brackets: [literal][=expression:format].
static struct text pieces_text(struct expressions *x, const struct message *message)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < message->count; i++) {
        const struct piece *piece = &message->pieces[i];
        bool literal = piece->format == PIECE_LITERAL;
        struct text inside = literal ? piece->literal : expressions_dump(x, piece->expression);
        all = arena_format(&x->arena, "%.*s[%s%.*s%s", TEXT_ARG(all), literal ? "" : "=", TEXT_ARG(inside),
                           formats[piece->format]);
        if (piece->format == PIECE_FIXED)
            all = arena_format(&x->arena, "%.*s%d", TEXT_ARG(all), piece->decimals);
        all = arena_format(&x->arena, "%.*s]", TEXT_ARG(all));
    }
    return all;
}

static void right(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"hello", "[hello]"},
        {"{desired}", "[=desired]"},
        {"{desired}{running}", "[=desired][=running]"},
        {"a {desired} b {uptime:seconds}", "[a ][=desired][ b ][=uptime:seconds]"},
        {"{uptime:minutes}{uptime:duration}{now:iso}", "[=uptime:minutes][=uptime:duration][=now:iso]"},
        {"{desired:.0f}{avg_connections:.6f}", "[=desired:f0][=avg_connections:f6]"},
        {"{uptime}{now}{service}{stopped}", "[=uptime][=now][=service][=stopped]"},
        {"{{x}} }}{{", "[{x} }{]"},
        {"{{{desired}}}", "[{][=desired][}]"},
        {"{ desired + 1 : .2f }", "[=(desired + 1):f2]"},
        {"{tag(\"a:b}c{\")}", "[=tag(\"a:b}c{\")]"},
        {"{tag('a\\'}')}", "[=tag(\"a'}\")]"},
        {"it's {desired}, isn't it", "[it's ][=desired][, isn't it]"},
        {"\u00e4 {desired} \u4e2d", "[\u00e4 ][=desired][ \u4e2d]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct expressions x;
        struct message message;
        expressions_begin(&x, usual_lets, usual_let_count);
        if (!compile_message(&x.compiler, expressions_scalar(&x, text_of(cases[i][0])), &message))
            fail_msg("'%s': %.*s", cases[i][0], TEXT_ARG(expressions_faults(&x)));
        struct text pieces = pieces_text(&x, &message);
        if (!text_is(pieces, cases[i][1]))
            fail_msg("'%s': got %.*s, wanted %s", cases[i][0], TEXT_ARG(pieces), cases[i][1]);
        expressions_end(&x);
    }
}

// ---- wrong ------------------------------------------------------------------------------------------------

// All faults, a line each: column, '+', width, text. The code is the first one's.
static const struct row {
    const char *text, *code, *faults;
} rows[] = {
    {"open {desired", "message-syntax",
     "6+1 this '{' is not closed; a brace that is meant as such is written {{; quote the "
     "whole message; YAML ends it at ', ' inside { } and at ' #'"},
    {"lone } brace", "message-syntax", "6+1 this '}' closes nothing; a brace that is meant as such is written }}"},
    {"{}", "message-syntax",
     "1+2 there is no expression in these braces; a brace that is meant as such is written {{ or }}"},
    {"{:seconds}", "message-syntax",
     "1+10 there is no expression in these braces; a brace that is meant as such is written {{ or }}"},
    {"{ }", "message-syntax",
     "1+3 there is no expression in these braces; a brace that is meant as such is written {{ or }}"},
    {"{uptime:.2f}", "message-format",
     "9+3 '.2f' is for a number, and this is a duration; a duration takes seconds, minutes or duration"},
    {"{desired:seconds}", "message-format",
     "10+7 'seconds' is for a duration, and this is a number; a number takes .0f to .6f"},
    {"{now:seconds}", "message-format",
     "6+7 'seconds' is for a duration, and this is an instant; an instant takes iso"},
    {"{service:.1f}", "message-format", "10+3 '.1f' is for a number, and this is a text; a text takes no format"},
    {"{stopped:iso}", "message-format",
     "10+3 'iso' is for an instant, and this is a boolean; a boolean takes no format"},
    {"{uptime:secnds}", "message-format",
     "9+6 unknown format 'secnds' (did you mean 'seconds'?); the formats are .0f to .6f, "
     "seconds, minutes, duration and iso"},
    {"{desired:.7f}", "message-format",
     "10+3 unknown format '.7f' (did you mean '.2f'?); the formats are .0f to .6f, seconds, "
     "minutes, duration and iso"},
    {"{desired:2f}", "message-format",
     "10+2 unknown format '2f' (did you mean '.2f'?); the formats are .0f to .6f, seconds, "
     "minutes, duration and iso"},
    {"{desired:}", "message-format",
     "10+0 unknown format ''; the formats are .0f to .6f, seconds, minutes, duration and iso"},
    {"{upptime}", "unknown-name", "2+7 unknown name 'upptime' (did you mean 'uptime'?)"},
    {"{desird} and {runing} and }", "unknown-name",
     "2+6 unknown name 'desird' (did you mean 'desired'?)\n"
     "15+6 unknown name 'runing' (did you mean 'running'?)\n"
     "27+1 this '}' closes nothing; a brace that is meant as such is written }}"},
    {"{tag(\"a", "message-syntax",
     "1+1 this '{' is not closed; a brace that is meant as such is written {{; quote the "
     "whole message; YAML ends it at ', ' inside { } and at ' #'"},
    {"{a {b}}", "message-syntax",
     "1+1 this '{' is not closed; a brace that is meant as such is written {{\n"
     "5+1 unknown name 'b'\n"
     "7+1 this '}' closes nothing; a brace that is meant as such is written }}"},
    {"{desired + }", "expression-syntax", "10+1 a value is missing behind '+'"},
    {"{(desired}", "expression-syntax", "2+1 the parenthesis of `(desired` is not closed"},
};

static void wrong(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expressions x;
        struct message message;
        expressions_begin(&x, usual_lets, usual_let_count);
        bool compiled = compile_message(&x.compiler, expressions_scalar(&x, text_of(rows[i].text)), &message);
        struct text faults = expressions_faults(&x);
        bool code = x.diags.count && text_is(text_of(x.diags.items[0].code), rows[i].code);
        if (compiled || !code || !text_is(faults, rows[i].faults)) {
            print_error("'%s' gives code %s:\n%.*s\ninstead of %s:\n%s\n", rows[i].text,
                        x.diags.count ? x.diags.items[0].code : "none", TEXT_ARG(faults), rows[i].code, rows[i].faults);
            failed++;
        }
        expressions_end(&x);
    }
    assert_int_equal(failed, 0);
}

static void quoted_columns(void **state)
{
    (void)state;
    struct expressions x;
    struct message message;
    expressions_begin(&x, usual_lets, usual_let_count);
    struct tree *scalar = expressions_scalar(&x, TEXT("\u00e4 {desird:.2f} {uptime:.2f}"));
    scalar->style = STYLE_QUOTED;
    scalar->place.column = 10;
    assert_false(compile_message(&x.compiler, scalar, &message));
    struct text faults = expressions_faults(&x);
    assert_true(text_is(faults, "14+6 unknown name 'desird' (did you mean 'desired'?)\n"
                                "34+3 '.2f' is for a number, and this is a duration; a duration takes seconds, "
                                "minutes or duration"));
    expressions_end(&x);
}

static void bytes(void **state)
{
    (void)state;
    struct expressions x;
    struct message message;
    expressions_begin(&x, NULL, 0);
    char *p = arena_alloc(&x.arena, LIMIT_MESSAGE_BYTES + 1);
    for (size_t i = 0; i <= LIMIT_MESSAGE_BYTES; i++)
        p[i] = 'x';
    struct tree *scalar = expressions_scalar(&x, (struct text){p, LIMIT_MESSAGE_BYTES});
    assert_true(compile_message(&x.compiler, scalar, &message));
    assert_int_equal(message.pieces[0].literal.n, LIMIT_MESSAGE_BYTES);
    scalar->scalar.n++;
    assert_false(compile_message(&x.compiler, scalar, &message));
    assert_true(text_is(expressions_faults(&x), "1+0 a message has at most 4096 bytes, this has 4097"));
    expressions_end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(right), cmocka_unit_test(wrong),
                                       cmocka_unit_test(quoted_columns), cmocka_unit_test(bytes)};
    return cmocka_run_group_tests_name("message_template", tests, NULL, NULL) != 0;
}
