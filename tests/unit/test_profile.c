// The files that AWS's tools share: sections, settings, nesting, comments, faults with their lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/aws/credentials.h"
#include "engine/aws/profile.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/credentials_case.h"

struct parse_case {
    const char *name;
    enum profile_place file;
    const char *content;
    const char *expected;  // an entry a line: "PLACE section/group.name=value", or the fault
};

static const struct parse_case parse_cases[] = {
    {"nothing", PROFILE_CONFIG, "", ""},
    {"comments and blank lines", PROFILE_CONFIG, "\n# a\n; b\n   # c\n\t\n", ""},
    {"a profile", PROFILE_CONFIG, "[profile x]\nregion = r\n", "2 x/.=\n2 x/.region=r\n"},
    {"the default profile, either way", PROFILE_CONFIG, "[default]\na=1\n[profile default]\nb=2\n",
     "1 default/.=\n1 default/.a=1\n2 default/.=\n2 default/.b=2\n"},
    {"names with blanks and quotes", PROFILE_CONFIG, "[ profile \"a b\" ]\n[profile 'c']\n[profile\td]\n",
     "2 a b/.=\n2 c/.=\n2 d/.=\n"},
    {"sections of no interest", PROFILE_CONFIG,
     "[sso-session s]\na=1\n b=2\n[preview]\n[profile]\n[x]\nc=3\n  not that\n", ""},
    {"credentials", PROFILE_CREDENTIALS, "[x]\na=1\n[profile y]\n[default]\n",
     "3 x/.=\n3 x/.a=1\n3 profile y/.=\n3 default/.=\n"},
    {"no blanks, many blanks, an equals sign", PROFILE_CONFIG, "[profile x]\na=1\nb  =  2  \nc = d=e\n",
     "2 x/.=\n2 x/.a=1\n2 x/.b=2\n2 x/.c=d=e\n"},
    {"ends of lines as on Windows, and a byte order mark", PROFILE_CONFIG, "\xEF\xBB\xBF[profile x]\r\na = 1\r\n",
     "2 x/.=\n2 x/.a=1\n"},
    {"no end of the last line", PROFILE_CONFIG, "[profile x]\na = 1", "2 x/.=\n2 x/.a=1\n"},
    {"comments behind", PROFILE_CONFIG, "[profile x] # c\n[profile y];c\na = 1 # c\nb = 2 ; c\nc = 3#4;5\nd = # c\n",
     "2 x/.=\n2 y/.=\n2 y/.a=1\n2 y/.b=2\n2 y/.c=3#4;5\n2 y/.d=\n"},
    {"a command keeps all", PROFILE_CONFIG, "[profile x]\ncredential_process = a # b ; c\n",
     "2 x/.=\n2 x/.credential_process=a # b ; c\n"},
    {"nested settings", PROFILE_CONFIG, "[profile x]\ns3 =\n  a = 1\n\n  # c\n\tb = 2 # c\nregion = r\n",
     "2 x/.=\n2 x/.s3=\n2 x/s3.a=1\n2 x/s3.b=2\n2 x/.region=r\n"},
    {"services", PROFILE_CONFIG,
     "[services s]\necs =\n  endpoint_url = http://x\ncloudwatch = \n  endpoint_url = http://y\n",
     "0 s/.=\n0 s/.ecs=\n0 s/ecs.endpoint_url=http://x\n0 s/.cloudwatch=\n0 s/cloudwatch.endpoint_url=http://y\n"},
    {"a value over several lines", PROFILE_CONFIG, "[profile x]\na = 1\n   2\n # c\n   3 = 4\nb = 5\n",
     "2 x/.=\n2 x/.a=1\\2\\3 = 4\n2 x/.b=5\n"},
    {"a section that is indented as a whole", PROFILE_CONFIG, "[profile x]\n  a = 1\n  b = 2\n",
     "2 x/.=\n2 x/.a=1\n2 x/.b=2\n"},
    {"nested within one", PROFILE_CONFIG, "[profile x]\n  s3 =\n    a = 1\n  b = 2\n  [profile y]\n",
     "2 x/.=\n2 x/.s3=\n2 x/s3.a=1\n2 x/.b=2\n2 y/.=\n"},
    {"a section twice", PROFILE_CONFIG, "[profile x]\na = 1\n[profile y]\n[profile x]\na = 2\n",
     "2 x/.=\n2 x/.a=1\n2 y/.=\n2 x/.=\n2 x/.a=2\n"},
    {"no ']'", PROFILE_CONFIG, "\n[profile hush\n", "F:2: a section needs a ']' at its end, as in [profile name]"},
    {"no name", PROFILE_CREDENTIALS, "[ ]\n", "F:1: a section needs a name, as in [profile name]"},
    {"something behind a section", PROFILE_CONFIG, "[profile x] hush = 1\n",
     "F:1: nothing but a comment may stand behind a section's ']'"},
    {"no '='", PROFILE_CONFIG, "[profile x]\na = 1\nhush\n", "F:3: neither NAME = VALUE nor a [section]"},
    {"no name of a setting", PROFILE_CONFIG, "[profile x]\n= hush\n", "F:2: neither NAME = VALUE nor a [section]"},
    {"a colon", PROFILE_CONFIG, "[profile x]\nregion: hush\n", "F:2: neither NAME = VALUE nor a [section]"},
    {"no section", PROFILE_CONFIG, "# c\nhush = hush\n[profile x]\n", "F:2: a setting before the first [section]"},
    {"no '=' in a nested one", PROFILE_CONFIG, "[profile x]\ns3 =\n  a = 1\n  hush\n",
     "F:4: neither NAME = VALUE nor a [section]"},
    {"other bytes behind a byte order mark", PROFILE_CONFIG, "\xEF\xBB\xBF[profile x]\n\xff", "F:2: not UTF-8 text"},
    {"other bytes", PROFILE_CONFIG, "[profile x]\na = 1\nb = \xff hush\n", "F:3: not UTF-8 text"},
};

static void print_entries(const struct profiles *profiles, struct buffer *out)
{
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_entry *entry = &profiles->entries[i];
        buffer_printf(out, "%d %.*s/%.*s.%.*s=", (int)entry->place, TEXT_ARG(entry->section), TEXT_ARG(entry->group),
                      TEXT_ARG(entry->name));
        for (size_t at = 0; at < entry->value.n; at++)
            buffer_add_char(out, entry->value.p[at] == '\n' ? '\\' : entry->value.p[at]);
        buffer_add_char(out, '\n');
    }
}

static void parsing(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(parse_cases); i++) {
        const struct parse_case *test = &parse_cases[i];
        struct arena arena = {0};
        struct profiles profiles = {0};
        struct buffer out;
        buffer_init(&out, 4000);
        if (profiles_parse(&arena, TEXT("F"), text_of(test->content), test->file, &profiles, &out))
            print_entries(&profiles, &out);
        if (!text_is(buffer_text(&out), test->expected)) {
            print_error("%s:\n%.*s\nshould be\n%s\n", test->name, TEXT_ARG(buffer_text(&out)), test->expected);
            failed++;
        }
        buffer_release(&out);
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

// ---- bounds ---------------------------------------------------------------------------------------------------

static void bounds(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t lines;
        const char *expected;
    } cases[] = {
        {" 1\n", 64, ""},
        {" 1\n", 65, "F:67: a value of more than 64 lines or 16 KB"},
        {"\n", 1000, ""},
        {"b=1\n", 20000, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena = {0};
        struct profiles profiles = {0};
        struct buffer content, error;
        buffer_init(&content, PROFILE_FILE_BYTES);
        buffer_init(&error, 500);
        buffer_add(&content, TEXT("[profile x]\na = 0\n"));
        for (size_t line = 0; line < cases[i].lines; line++)
            buffer_add(&content, text_of(cases[i].line));
        profiles_parse(&arena, TEXT("F"), buffer_text(&content), PROFILE_CONFIG, &profiles, &error);
        assert_true(text_is(buffer_text(&error), cases[i].expected));
        buffer_release(&content);
        buffer_release(&error);
        arena_release(&arena);
    }
}

static void a_file_that_is_too_large(void **state)
{
    (void)state;
    struct case_world world;
    struct text value;
    struct buffer error;
    case_world_open(&world, NULL);
    char *many = arena_alloc(&world.arena, PROFILE_FILE_BYTES + 2);
    memset(many, '\n', PROFILE_FILE_BYTES + 1);
    struct text path = arena_format(&world.arena, "%s/.aws/config", world.home);
    case_world_file(&world, ".aws/config", "");
    FILE *file = fopen(path.p, "w");
    assert_non_null(file);
    fputs(many, file);
    fclose(file);
    buffer_init(&error, 500);
    assert_false(profile_setting(&world.world.variables, &world.arena, "region", &value, &error));
    assert_true(text_ends(buffer_text(&error), TEXT("/.aws/config: over 1 MB")));
    buffer_release(&error);
    case_world_close(&world);
}

// ---- settings -------------------------------------------------------------------------------------------------

struct setting_case {
    const char *name, *variables, *config, *credentials;
    const char *service;  // NULL: of the profile itself
    const char *expected;
};

static const struct setting_case setting_cases[] = {
    {"none without files", NULL, NULL, NULL, NULL, ""},
    {"of the default profile", NULL, "[default]\nregion = r\n", NULL, NULL, "r"},
    {"[profile default] wins", NULL, "[profile default]\nregion = r\n[default]\nregion = s\n", NULL, NULL, "r"},
    {"credentials win", NULL, "[default]\nregion = r\n", "[default]\nregion = s\n", NULL, "s"},
    {"the last of several", NULL, "[default]\nregion = r\nregion = s\n[profile x]\nregion = t\n", NULL, NULL, "s"},
    {"names in any case", NULL, "[default]\nRegion = r\n", NULL, NULL, "r"},
    {"profiles not in any case", "AWS_PROFILE=X", "[profile x]\nregion = r\n", NULL, NULL,
     "there is no profile X in @/.aws/config or @/.aws/credentials; there is x: set AWS_PROFILE to one that is there, or "
     "unset it"},
    {"of AWS_PROFILE", "AWS_PROFILE=x\nAWS_DEFAULT_PROFILE=y", "[profile x]\nregion = r\n[default]\nregion = s\n", NULL,
     NULL, "r"},
    {"a nested one is none of the profile", NULL, "[default]\ns3 =\n  region = r\n", NULL, NULL, ""},
    {"a services section is no profile", "AWS_PROFILE=s", "[services s]\nregion = r\n", NULL, NULL,
     "there is no profile s in @/.aws/config or @/.aws/credentials: set AWS_PROFILE to one that is there, or unset it"},
    {"a broken file", NULL, NULL, "[default]\nhush\n", NULL,
     "@/.aws/credentials:2: neither NAME = VALUE nor a [section]"},
    {"of a service", NULL, "[default]\nservices = s\n[services s]\necs =\n  region = r\ncloudwatch =\n  region = s\n",
     NULL, "ecs", "r"},
    {"of another service", NULL, "[default]\nservices = s\n[services s]\ncloudwatch =\n  region = s\n", NULL, "ecs",
     ""},
    {"of services that are not there", NULL, "[default]\nservices = t\n[services s]\necs =\n  region = s\n", NULL,
     "ecs", ""},
    {"of no services", NULL, "[default]\nregion = r\n[services s]\necs =\n  region = s\n", NULL, "ecs", ""},
};

static void settings(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(setting_cases); i++) {
        const struct setting_case *test = &setting_cases[i];
        struct case_world world;
        struct text value = {0};
        struct buffer error, wanted;
        case_world_open(&world, test->variables);
        buffer_init(&error, 1000);
        buffer_init(&wanted, 1000);
        if (test->config)
            case_world_file(&world, ".aws/config", test->config);
        if (test->credentials)
            case_world_file(&world, ".aws/credentials", test->credentials);
        for (const char *p = test->expected; *p; p++)
            buffer_add(&wanted, *p == '@' ? text_of(world.home) : (struct text){p, 1});
        const struct variables *variables = &world.world.variables;
        bool good = test->service
                        ? profile_service_setting(variables, &world.arena, test->service, "region", &value, &error)
                        : profile_setting(variables, &world.arena, "region", &value, &error);
        struct text got = good ? value : buffer_text(&error);
        if (!text_eq(got, buffer_text(&wanted)) || (good && error.n)) {
            print_error("%s: %.*s should be %s\n", test->name, TEXT_ARG(got), test->expected);
            failed++;
        }
        buffer_release(&error);
        buffer_release(&wanted);
        case_world_close(&world);
    }
    assert_int_equal(failed, 0);
}

// Without a HOME there are no files but those that variables name.
static void no_home(void **state)
{
    (void)state;
    char none[] = "HOME=";
    char *list[] = {none, NULL};
    const struct variables variables = {list};
    struct arena arena = {0};
    struct text value = TEXT("?");
    struct buffer error;
    buffer_init(&error, 500);
    assert_true(profile_setting(&variables, &arena, "region", &value, &error));
    assert_int_equal(value.n, 0);
    buffer_release(&error);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing),  cmocka_unit_test(bounds),  cmocka_unit_test(a_file_that_is_too_large),
        cmocka_unit_test(settings), cmocka_unit_test(no_home),
    };
    return cmocka_run_group_tests_name("profile", tests, NULL, NULL) != 0;
}
