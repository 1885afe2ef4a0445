// Tags that may not be read: what is done without them, and for how long.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "tests/support/scripted_aws.h"

static struct service_name name_of(const char *cluster, const char *service)
{
    return (struct service_name){text_of(cluster), text_of(service), false};
}

static void test_tags_denied(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    fake->deny_tags = true;
    fake->tags = "[]";
    struct described described = scripted_aws_describe(fake, &arena, "s");
    assert_int_equal(described.result.status, PORT_OK);
    assert_false(described.state.tags_read);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 2);
    // Learnt for this run, and not for the next.
    assert_int_equal(scripted_aws_describe(fake, &arena, "s").result.status, PORT_OK);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 3);
    scripted_aws_begin(fake, INFINITY);
    fake->deny_tags = false;
    assert_true(scripted_aws_describe(fake, &arena, "s").state.tags_read);
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 4);
    scripted_aws_free(fake);
    arena_release(&arena);
}

// What is denied in one cluster says nothing of another, where a wake's mark must be seen.
static void test_tags_denied_in_one_cluster(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct scripted_aws *fake = scripted_aws_new();
    const struct service_name names[] = {name_of("c", "s"), name_of("d", "s")};
    struct described described[2];
    fake->deny_tags = true;
    fake->deny_tags_of = "d";
    fake->tags = "[]";
    for (size_t i = 0; i < 2; i++) {
        fake->cloud.describe(fake->cloud.context, &arena, names, 2, described);
        assert_true(described[0].state.tags_read);
        assert_int_equal(described[1].result.status, PORT_OK);
        assert_false(described[1].state.tags_read);
    }
    assert_int_equal(fake->asked[SCRIPTED_DESCRIBE], 5);
    scripted_aws_free(fake);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags_denied),
        cmocka_unit_test(test_tags_denied_in_one_cluster),
    };
    return cmocka_run_group_tests_name("aws_tags", tests, NULL, NULL) != 0;
}
