// Which service is meant: what is named, what completes it, what is no name, and what is not the policy's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/choose.h"
#include "tests/support/asserts.h"
#include "tests/support/load.h"

#define KILL "kill:\n  - {rule: kill, scale_to: 0, status: killed, message: m}\n"
#define POLICY(targets) "policy: 1\nname: t\n" targets KILL
#define NONE POLICY("")
#define ONE POLICY("targets: [{cluster: c, service: s}]\n")
#define TWO POLICY("targets: [{cluster: c, service: s}, {cluster: d, service: s}]\n")
#define GLOB POLICY("targets: [{cluster: c, service: \"s*\"}]\n")
#define MANY                                                                                                           \
    POLICY("targets: [{cluster: c, service: a}, {cluster: c, service: b}, {cluster: c, service: d}, {cluster: c, "     \
           "service: e}, {cluster: c, service: f}, {cluster: c, service: g}, {cluster: c, service: h}, {cluster: c, "  \
           "service: i}, {cluster: c, service: j}]\n")
#define ARN "arn:aws:ecs:eu-west-1:123456789012:"

struct choose_case {
    const char *policy;
    const char *named_cluster, *named_service, *cluster, *service;
    enum chosen chosen;
    const char *result;  // the service chosen, or a part of the error
};

static const struct choose_case cases[] = {
    // what names it, and what completes it
    {ONE, "", "", "", "", CHOSEN_ONE, "c/s"},
    {ONE, "c", "s", "", "", CHOSEN_ONE, "c/s"},
    {ONE, "", "s", "", "", CHOSEN_ONE, "c/s"},
    {ONE, "c", "", "", "", CHOSEN_ONE, "c/s"},
    {TWO, "", "", "d", "s", CHOSEN_ONE, "d/s"},
    {TWO, "c", "s", "d", "s", CHOSEN_ONE, "c/s"},
    {TWO, "c", "", "d", "s", CHOSEN_ONE, "c/s"},
    {TWO, "", "s", "d", "x", CHOSEN_ONE, "d/s"},
    {TWO, "", "s", "d", "", CHOSEN_ONE, "d/s"},
    {GLOB, "c", "s99", "", "", CHOSEN_ONE, "c/s99"},
    {GLOB, "", "s_9-Z", "c", "", CHOSEN_ONE, "c/s_9-Z"},
    {NONE, "", "", "c", "s", CHOSEN_ONE, "c/s"},
    {NONE, "c", "s", "c", "s", CHOSEN_ONE, "c/s"},
    {NONE, "", "s", "c", "s", CHOSEN_ONE, "c/s"},
    // one variable alone names nothing
    {ONE, "", "", "x", "", CHOSEN_ONE, "c/s"},
    {TWO, "", "", "d", "", CHOSEN_NONE, "name one of the targets of test.yaml: c/s, d/s"},
    // nobody named one
    {TWO, "", "", "", "", CHOSEN_NONE, "name one of the targets of test.yaml: c/s, d/s"},
    {TWO, "", "s", "", "", CHOSEN_NONE, "service s is named, but not its cluster: name one of"},
    {TWO, "c", "", "", "", CHOSEN_NONE, "cluster c is named, but not its service: name one of"},
    {GLOB, "", "", "", "", CHOSEN_NONE, "name one of the targets of test.yaml: c/s*"},
    {MANY, "", "", "", "", CHOSEN_NONE, "c/h, c/i and 1 more"},
    {NONE, "", "", "", "", CHOSEN_NONE, "test.yaml has no targets: ECS_CLUSTER_NAME and ECS_SERVICE_NAME must be set"},
    {NONE, "c", "", "", "", CHOSEN_NONE, "test.yaml has no targets"},
    // not the policy's
    {ONE, "c", "x", "", "", CHOSEN_FOREIGN, "c/x is not among the targets of test.yaml"},
    {ONE, "", "", "d", "s", CHOSEN_FOREIGN, "d/s is not among the targets of test.yaml"},
    {GLOB, "d", "s1", "", "", CHOSEN_FOREIGN, "d/s1 is not among"},
    {NONE, "c", "x", "c", "s", CHOSEN_FOREIGN, "c/x is not among"},
    {NONE, "c", "s", "", "", CHOSEN_FOREIGN, "c/s is not among"},
    // ARNs
    {TWO, "", ARN "service/d/s", "", "", CHOSEN_ONE, "d/s"},
    {TWO, "d", ARN "service/s", "", "", CHOSEN_ONE, "d/s"},
    {TWO, ARN "cluster/d", "s", "", "", CHOSEN_ONE, "d/s"},
    {TWO, ARN "cluster/d", ARN "service/d/s", "", "", CHOSEN_ONE, "d/s"},
    {TWO, "", "", ARN "cluster/d", ARN "service/s", CHOSEN_ONE, "d/s"},
    {NONE, "", ARN "service/c/s", ARN "cluster/c", "s", CHOSEN_ONE, "c/s"},
    {TWO, "c", ARN "service/d/s", "", "", CHOSEN_WRONG, "is of cluster d, and cluster c is named beside it"},
    {TWO, "", ARN "service/d/x", "", "", CHOSEN_FOREIGN, "d/x is not among"},
    {TWO, "", "arn:aws:ecs:eu-west-1:999999999999:service/d/s", "", "", CHOSEN_FOREIGN,
     "is of account 999999999999, and this is account 123456789012"},
    {TWO, "", "arn:aws:ecs:us-east-1:123456789012:service/d/s", "", "", CHOSEN_FOREIGN,
     "is of region us-east-1, and this is region eu-west-1"},
    {TWO, "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/d", "s", "", "", CHOSEN_FOREIGN, "is of region cn-north-1"},
    {TWO, "", ARN "task/d/s", "", "", CHOSEN_WRONG, "is no ARN of an ECS service"},
    {TWO, "", ARN "cluster/d", "", "", CHOSEN_WRONG, "is no ARN of an ECS service"},
    {TWO, ARN "service/d/s", "s", "", "", CHOSEN_WRONG, "is no ARN of an ECS cluster"},
    {TWO, "", "arn:aws:s3:eu-west-1:123456789012:service/d/s", "", "", CHOSEN_WRONG, "is no ARN of an ECS service"},
    {TWO, "", "arn:aws:ecs:service/d/s", "", "", CHOSEN_WRONG, "is no ARN of an ECS service"},
    {TWO, "", "arn:", "", "", CHOSEN_WRONG, "is no ARN of an ECS service"},
    {TWO, "", ARN "service/d/s/x", "", "", CHOSEN_WRONG, "'s/x' is no name of a service"},
    {TWO, "", ARN "service/", "", "", CHOSEN_WRONG, "'' is no name of a service"},
    {TWO, "", ARN "service//s", "", "", CHOSEN_WRONG, "'' is no name of a cluster"},
    // what cannot be a name: a pattern is none, for one
    {GLOB, "c", "s*", "", "", CHOSEN_WRONG, "'s*' is no name of a service: it has up to 255 letters"},
    {GLOB, "*", "s1", "", "", CHOSEN_WRONG, "'*' is no name of a cluster"},
    {GLOB, "c", "s 1", "", "", CHOSEN_WRONG, "is no name of a service"},
    {GLOB, "c", "s\n1", "", "", CHOSEN_WRONG, "is no name of a service"},
    {GLOB, "c/s", "s1", "", "", CHOSEN_WRONG, "'c/s' is no name of a cluster"},
    {TWO, "", "", "c d", "s", CHOSEN_WRONG, "'c d' is no name of a cluster"},
};

static void test_choices(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct choose_case *test = &cases[i];
        struct arena arena = {0};
        struct buffer error;
        buffer_init(&error, 1000);
        struct choice choice = {
            .policy = test_policy_text(&arena, test->policy),
            .named_cluster = text_of(test->named_cluster),
            .named_service = text_of(test->named_service),
            .cluster = text_of(test->cluster),
            .service = text_of(test->service),
            .account = TEXT("123456789012"),
            .region = TEXT("eu-west-1"),
        };
        struct service_name name = {TEXT("untouched"), TEXT("untouched"), true};
        enum chosen chosen = choose_service(&arena, &choice, &name, &error);
        struct text got = chosen == CHOSEN_ONE
                              ? arena_format(&arena, "%.*s/%.*s", TEXT_ARG(name.cluster), TEXT_ARG(name.service))
                              : arena_text(&arena, buffer_text(&error));
        bool as_wanted = chosen == CHOSEN_ONE ? text_is(got, test->result) && !name.listed && !error.n
                                              : strstr(got.p, test->result) != NULL && name.listed;
        if (chosen != test->chosen || !as_wanted) {
            print_error("case %zu: chosen %d: %.*s\n", i, chosen, TEXT_ARG(got));
            wrong++;
        }
        buffer_release(&error);
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

// Where neither account nor region is known, nothing is foreign for their sake.
static void test_unknown_owner(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buffer error;
    struct service_name name;
    buffer_init(&error, 1000);
    struct choice choice = {.policy = test_policy_text(&arena, TWO), .named_service = TEXT(ARN "service/d/s")};
    assert_int_equal(choose_service(&arena, &choice, &name, &error), CHOSEN_ONE);
    assert_true(text_is(name.cluster, "d"));
    buffer_release(&error);
    arena_release(&arena);
}

static void describe_own(void *context, struct arena *arena, const struct service_name *names, size_t count,
                         struct described *answers)
{
    (void)arena;
    assert_int_equal(count, 1);
    answers[0] = *(const struct described *)context;
    answers[0].state.service = names[0].service;
}

// One of the same name in another account is not the one meant.
static void test_owner_by_the_service(void **state)
{
    (void)state;
    static const struct {
        const char *named, *arn;
        enum port_status status;
        enum chosen chosen;
        const char *error;
    } owners[] = {
        {ARN "service/d/s", ARN "service/d/s", PORT_OK, CHOSEN_ONE, ""},
        {ARN "service/d/s", "arn:aws:ecs:eu-west-1:999999999999:service/d/s", PORT_OK, CHOSEN_FOREIGN,
         "is of account 123456789012, and this is account 999999999999"},
        {ARN "service/d/s", "", PORT_FAILED, CHOSEN_FOREIGN, "whether it is of this account cannot be told: why"},
        {"s", "arn:aws:ecs:eu-west-1:999999999999:service/d/s", PORT_FAILED, CHOSEN_ONE, ""},
    };
    for (size_t i = 0; i < COUNT_OF(owners); i++) {
        struct arena arena = {0};
        struct buffer error;
        struct service_name name;
        struct described own = {{owners[i].status, TEXT("why")}, {.arn = text_of(owners[i].arn)}};
        const struct cloud cloud = {.context = &own, .describe = describe_own};
        buffer_init(&error, 1000);
        struct choice choice = {.policy = test_policy_text(&arena, TWO),
                                .named_cluster = TEXT("d"),
                                .named_service = text_of(owners[i].named)};
        assert_int_equal(choose_service_here(&arena, &cloud, &choice, &name, &error), owners[i].chosen);
        buffer_add_char(&error, '\0');
        assert_non_null(strstr(error.p, owners[i].error));
        buffer_release(&error);
        arena_release(&arena);
    }
}

static void test_longest_name(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buffer error;
    struct service_name name;
    char letters[257];
    memset(letters, 's', sizeof letters);
    buffer_init(&error, 1000);
    struct choice choice = {.policy = test_policy_text(&arena, GLOB), .named_cluster = TEXT("c")};
    choice.named_service = (struct text){letters, 255};
    assert_int_equal(choose_service(&arena, &choice, &name, &error), CHOSEN_ONE);
    choice.named_service = (struct text){letters, 256};
    assert_int_equal(choose_service(&arena, &choice, &name, &error), CHOSEN_WRONG);
    buffer_release(&error);
    arena_release(&arena);
}

static void test_only_target(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        bool only;
    } policies[] = {{NONE, false}, {ONE, true}, {TWO, false}, {GLOB, false}};
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        struct arena arena = {0};
        if ((only_target(test_policy_text(&arena, policies[i].policy)) != NULL) != policies[i].only)
            fail_msg("policy %zu", i);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_unknown_owner),
        cmocka_unit_test(test_owner_by_the_service),
        cmocka_unit_test(test_longest_name),
        cmocka_unit_test(test_only_target),
    };
    return cmocka_run_group_tests_name("choose", tests, NULL, NULL) != 0;
}
