// The option parser: what it takes, what it refuses, and in which words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/options.h"

static const enum option_id allowed[] = {OPTION_POLICY, OPTION_PARAM, OPTION_DRY_RUN,
                                         OPTION_YES,    OPTION_JSON,  OPTION_WIDTH};

#define MOST_WORDS 8

struct parsed {
    struct arena arena;
    struct buffer error;
    struct arguments arguments;
    bool taken;
};

static void parse(struct parsed *parsed, const char *const *words)
{
    int count = 0;
    while (words[count])
        count++;
    *parsed = (struct parsed){0};
    arena_init(&parsed->arena);
    buffer_init(&parsed->error, 1000);
    parsed->taken = options_parse(&parsed->arena, allowed, sizeof allowed / sizeof *allowed, count, words,
                                  &parsed->arguments, &parsed->error);
}

static void release(struct parsed *parsed)
{
    buffer_release(&parsed->error);
    arena_release(&parsed->arena);
}

// Everything given, in order, as one text: `policy=a.yaml json | operand operand`.
static void describe(const struct arguments *arguments, struct buffer *out)
{
    for (size_t i = 0; i < arguments->option_count; i++) {
        const struct given_option *given = &arguments->options[i];
        buffer_printf(out, "%s", option_table[given->id].name);
        if (option_table[given->id].value)
            buffer_printf(out, "=%.*s", TEXT_ARG(given->value));
        buffer_add_char(out, ' ');
    }
    buffer_add_char(out, '|');
    for (size_t i = 0; i < arguments->operand_count; i++)
        buffer_printf(out, " %.*s", TEXT_ARG(arguments->operands[i]));
}

static void takes(void **state)
{
    (void)state;
    static const struct {
        const char *words[MOST_WORDS];
        const char *expected;
    } cases[] = {
        {{NULL}, "|"},
        {{"sleep", NULL}, "| sleep"},
        {{"--policy", "a.yaml", NULL}, "policy=a.yaml |"},
        {{"--policy=a.yaml", NULL}, "policy=a.yaml |"},
        {{"--policy=", NULL}, "policy= |"},
        {{"--policy=a=b", NULL}, "policy=a=b |"},
        {{"-p", "a.yaml", "sleep", NULL}, "policy=a.yaml | sleep"},
        {{"-pa.yaml", NULL}, "policy=a.yaml |"},
        {{"-ny", NULL}, "dry-run yes |"},
        {{"-nypa.yaml", NULL}, "dry-run yes policy=a.yaml |"},
        {{"-nyp", "a.yaml", NULL}, "dry-run yes policy=a.yaml |"},
        {{"sleep", "--json", "more", NULL}, "json | sleep more"},
        {{"--param", "a=1", "--param=b=2", NULL}, "param=a=1 param=b=2 |"},
        {{"--json", "--json", NULL}, "json json |"},
        {{"-", NULL}, "| -"},
        {{"-p", "-", NULL}, "policy=- |"},
        {{"--", "--json", "-n", NULL}, "| --json -n"},
        {{"--json", "--", NULL}, "json |"},
        {{"-h", "--nonsense", NULL}, "help |"},
        {{"--help", NULL}, "help |"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        parse(&parsed, cases[i].words);
        if (!parsed.taken)
            fail_msg("case %zu (%s): refused: %s", i, cases[i].expected, parsed.error.p);
        struct buffer got;
        buffer_init(&got, 1000);
        describe(&parsed.arguments, &got);
        assert_string_equal(got.p, cases[i].expected);
        buffer_release(&got);
        release(&parsed);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *words[MOST_WORDS];
        const char *expected;
    } cases[] = {
        {{"--polcy", "a", NULL}, "unknown option --polcy (did you mean --policy?)"},
        {{"--jsn", NULL}, "unknown option --jsn (did you mean --json?)"},
        {{"--utterly", NULL}, "unknown option --utterly"},
        {{"--poli=a", NULL}, "unknown option --poli (did you mean --policy?)"},
        {{"--p=a", NULL}, "unknown option --p"},
        {{"--dry", NULL}, "unknown option --dry (did you mean --dry-run?)"},
        {{"--pa", NULL}, "unknown option --pa (did you mean --param?)"},
        {{"--strict", NULL}, "this command has no option --strict"},
        {{"--policy", NULL}, "--policy needs a value: --policy FILE"},
        {{"--policy", "--json", NULL}, "--policy needs a value: --policy FILE"},
        {{"-p", NULL}, "--policy needs a value: --policy FILE"},
        {{"--json=yes", NULL}, "--json takes no value"},
        {{"-pa", "--policy", "b", NULL}, "--policy is given twice"},
        {{"-x", NULL}, "unknown option -x"},
        {{"-nx", NULL}, "unknown option -nx"},
        {{"-json", NULL}, "unknown option -json (did you mean --json?)"},
        {{"--=a", NULL}, "unknown option --"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        parse(&parsed, cases[i].words);
        if (parsed.taken)
            fail_msg("case %zu (%s): taken", i, cases[i].expected);
        assert_string_equal(parsed.error.p, cases[i].expected);
        assert_int_equal(parsed.arguments.option_count, 0);
        release(&parsed);
    }
}

static void finds_values(void **state)
{
    (void)state;
    struct parsed parsed;
    parse(&parsed, (const char *const[]){"--param", "a=1", "-w80", "--json", "--param", "b=2", NULL});
    assert_true(parsed.taken);
    struct text value = TEXT("untouched");
    assert_false(arguments_value(&parsed.arguments, OPTION_POLICY, &value));
    assert_true(text_is(value, "untouched"));
    assert_true(arguments_value(&parsed.arguments, OPTION_PARAM, &value));
    assert_true(text_is(value, "a=1"));
    assert_true(arguments_value(&parsed.arguments, OPTION_WIDTH, &value));
    assert_true(text_is(value, "80"));
    assert_true(arguments_has(&parsed.arguments, OPTION_JSON));
    assert_false(arguments_has(&parsed.arguments, OPTION_YES));
    release(&parsed);
}

// The table itself: every option is named and explained, and no name or letter stands for two.
static void table_is_sound(void **state)
{
    (void)state;
    for (enum option_id a = 0; a < OPTION_COUNT; a++) {
        assert_non_null(option_table[a].name);
        assert_non_null(option_table[a].help);
        for (enum option_id b = a + 1; b < OPTION_COUNT; b++) {
            assert_int_not_equal(strcmp(option_table[a].name, option_table[b].name), 0);
            if (option_table[a].letter && option_table[a].letter == option_table[b].letter)
                fail_msg("-%c stands for --%s and for --%s", option_table[a].letter, option_table[a].name,
                         option_table[b].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(finds_values),
        cmocka_unit_test(table_is_sound),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL) != 0;
}
