// Credentials that a program prints: how it is run, what it may say, and how its command is split.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/aws/credentials.h"
#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/credentials_case.h"

#define X "AWS_EC2_METADATA_DISABLED=true\nAWS_PROFILE=x"
#define PROCESS(command) "[profile x]\ncredential_process = " command "\n"
#define PRINTS(json) PROCESS("printf '%s' '" json "'")
#define SAYS(message) "failed: credential_process of profile x: " message
#define REFUSES(message) "denied: credential_process of profile x: " message
#define PROCESS_KEYS "\"AccessKeyId\":\"AKIAP\",\"SecretAccessKey\":\"hush-p\""

static const struct credentials_case process_cases[] = {
    {.name = "keys",
     .variables = X,
     .config = PRINTS("{\"Version\":1," PROCESS_KEYS "}"),
     .expected = "AKIAP hush-p - -"},
    {.name = "a token and an end",
     .variables = X,
     .config = PRINTS("{\"Version\":1," PROCESS_KEYS
                      ",\"SessionToken\":\"hush-t\",\"Expiration\":\"2026-11-23T08:35:36+01:00\"}"),
     .expected = "AKIAP hush-p hush-t 2026-11-23T07:35:36Z"},
    {.name = "its environment is ours",
     .variables = X "\nKEY=hush-of-ours",
     .config = PROCESS(
         "sh -c 'printf \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"A\\\",\\\"SecretAccessKey\\\":\\\"%s\\\"}\" $KEY'"),
     .expected = "A hush-of-ours - -"},
    {.name = "no shell, so nothing is expanded and nothing chained",
     .variables = X,
     .config = PROCESS(
         "printf %s {\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"$HOME;x\\\",\\\"SecretAccessKey\\\":\\\"`hush`&&x>y\\\"}"),
     .expected = "$HOME;x `hush`&&x>y - -"},
    {.name = "its input is empty",
     .variables = X,
     .config = PROCESS(
         "sh -c 'read x || printf \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"A\\\",\\\"SecretAccessKey\\\":\\\"hush\\\"}\"'"),
     .expected = "A hush - -"},
    {.name = "as the source of a role",
     .variables = "AWS_PROFILE=r",
     .config = PRINTS("{\"Version\":1," PROCESS_KEYS "}") "[profile r]\nrole_arn = r\nsource_profile = x\n",
     .answers = {{.to = "Credential=AKIAP/", .code = 403, .body = "no"}},
     .expected = "denied: AssumeRole of r (profile r): it answers with code 403",
     .asked = "POST https://sts.us-west-2.amazonaws.com/\n"},
    {.name = "keys of the profile come first",
     .variables = X,
     .config = PROCESS("false") "aws_access_key_id = AKIAFILE\naws_secret_access_key = hush-file\n",
     .expected = "AKIAFILE hush-file - -"},
    {.name = "another version",
     .variables = X,
     .config = PRINTS("{\"Version\":2," PROCESS_KEYS "}"),
     .expected = SAYS("what it gives must say \"Version\": 1")},
    {.name = "no version",
     .variables = X,
     .config = PRINTS("{" PROCESS_KEYS "}"),
     .expected = SAYS("what it gives must say \"Version\": 1")},
    {.name = "a version that is a text",
     .variables = X,
     .config = PRINTS("{\"Version\":\"hush\"}"),
     .expected = SAYS("what it gives is wrong: Version is no number")},
    {.name = "no JSON",
     .variables = X,
     .config = PRINTS("hush"),
     .expected = SAYS("what it gives is no JSON at line 1, column 1: expected a value")},
    {.name = "nothing",
     .variables = X,
     .config = PROCESS("true"),
     .expected = SAYS("what it gives is no JSON at line 1, column 1: the document is empty")},
    {.name = "ended",
     .variables = X,
     .config = PRINTS("{\"Version\":1," PROCESS_KEYS ",\"Expiration\":\"2026-11-23T06:00:00Z\"}"),
     .expected = REFUSES("these credentials ended at 2026-11-23T06:00:00Z: get new ones, and check this clock")},
    {.name = "it fails",
     .variables = X,
     .config = PROCESS("sh -c 'printf hush; exit 3'"),
     .expected = REFUSES("it ended with code 3; what it says goes to stderr")},
    {.name = "it is killed",
     .variables = X,
     .config = PROCESS("sh -c 'kill -9 $$'"),
     .expected = REFUSES("it was ended by a signal")},
    {.name = "it writes without end",
     .variables = X,
     .config = PROCESS("yes hush"),
     .expected = SAYS("it writes more than 64 KB")},
    {.name = "no such program",
     .variables = X,
     .config = PROCESS("/nowhere/at-all --key hush"),
     .expected = REFUSES("cannot run /nowhere/at-all: there is no such program, or not the one that it runs")},
    {.name = "a shell that finds none",
     .variables = X,
     .config = PROCESS("sh -c 'exec /nowhere/at-all 2>&-'"),
     .expected = REFUSES("cannot run sh: there is no such program, or not the one that it runs")},
    {.name = "a quote without its other half",
     .variables = X,
     .config = PROCESS("printf 'hush"),
     .expected = REFUSES("a quote or a backslash at its end has no other half")},
};

static void processes(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(process_cases, COUNT_OF(process_cases)), 0);
}

// One that never ends, and one that closes its output and goes on.
static void processes_that_take_too_long(void **state)
{
    (void)state;
    static const struct {
        const char *command, *expected;
    } cases[] = {
        {PROCESS("sleep 600"), "timed out: credential_process of profile x: it did not end in time"},
        {PROCESS("sh -c 'exec >&-; exec sleep 600'"),
         "timed out: credential_process of profile x: it did not end in time"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct case_world world;
        case_world_open(&world, X);
        case_world_file(&world, ".aws/config", cases[i].command);
        world.world.process_timeout_ms = 200;
        struct credentials_provider *provider = credentials_provider_new(&world.world);
        assert_string_equal(case_world_get(&world, provider), cases[i].expected);
        credentials_provider_free(provider);
        case_world_close(&world);
    }
}

// ---- words ----------------------------------------------------------------------------------------------------

static const struct {
    const char *command, *words;  // each word with '|' behind; NULL: refused
} word_cases[] = {
    {"", ""},
    {" \t ", ""},
    {"a", "a|"},
    {" a  b\tc ", "a|b|c|"},
    {"'a b' \"c d\"", "a b|c d|"},
    {"a'b c'\"d e\"f", "ab cd ef|"},
    {"'' \"\"", "||"},
    {"a\\ b \\'c \\\\", "a b|'c|\\|"},
    {"\"a\\\"b\\\\c\\d\\$\"", "a\"b\\c\\d\\$|"},
    {"'a\\b\"c'", "a\\b\"c|"},
    {"$HOME `x` $(y) ; | & > ~ * #", "$HOME|`x`|$(y)|;|||&|>|~|*|#|"},
    {"'a", NULL},
    {"\"a\\\"", NULL},
    {"a\\", NULL},
    {"a 'b' \"", NULL},
};

static void words(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(word_cases); i++) {
        struct arena arena = {0};
        struct buffer got;
        char **split;
        size_t count = 0;
        buffer_init(&got, 500);
        bool good = process_words(&arena, text_of(word_cases[i].command), &split, &count);
        for (size_t word = 0; good && word < count; word++)
            buffer_printf(&got, "%s|", split[word]);
        bool ended = !good || split[count] == NULL;
        bool expected = word_cases[i].words != NULL;
        if (good != expected || !ended || (good && !text_is(buffer_text(&got), word_cases[i].words))) {
            print_error("%s: %s\n", word_cases[i].command, good ? got.p : "refused");
            failed++;
        }
        buffer_release(&got);
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes),
        cmocka_unit_test(processes_that_take_too_long),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests_name("credentials_process", tests, NULL, NULL) != 0;
}
