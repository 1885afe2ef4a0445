// The cache before the chain: when new credentials are asked for, and what holds while that fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/aws/credentials.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/credentials_case.h"

#define CONTAINER "AWS_EC2_METADATA_DISABLED=true\nAWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x"
#define REFUSED "failed: the container's credentials: connection refused"

// Adds an answer with keys of that name that live so long from now.
static void answer_keys(struct case_world *world, const char *id, double life_s)
{
    struct buffer ends;
    buffer_init(&ends, 64);
    format_instant(&ends, world->now_s + life_s);
    struct text body = arena_format(&world->arena,
                                    "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"hush\",\"Token\":\"hush\","
                                    "\"Expiration\":\"%s\"}",
                                    id, ends.p);
    const struct fake_answer answer = {.code = 200, .body = body.p};
    fake_http_answers(world->http, &answer, 1);
    buffer_release(&ends);
}

static void answer_nothing(struct case_world *world)
{
    const struct fake_answer answer = {.outcome = HTTP_NOT_SENT, .error = "connection refused"};
    fake_http_answers(world->http, &answer, 1);
}

// "ID", or the message.
static const char *get(struct case_world *world, struct credentials_provider *provider)
{
    const char *shown = case_world_get(world, provider);
    size_t end;
    struct text text = text_of(shown);
    bool found = strstr(shown, " hush hush ") != NULL && text_find(text, ' ', &end);
    return found ? arena_text(&world->arena, (struct text){shown, end}).p : shown;
}

static const struct {
    double life_s, kept_s, asked_s;  // so long after they came they are kept, and asked for anew
} margins[] = {
    {21600, 20999, 21000},                                        // ten minutes before the end
    {3600, 2999, 3000},    {3000, 2399, 2400}, {1000, 799, 800},  // a fifth of the life
    {60, 47, 48},          {5, 3, 4},
};

static void asked_for_again_in_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(margins); i++) {
        struct case_world world;
        case_world_open(&world, CONTAINER);
        struct credentials_provider *provider = credentials_provider_new(&world.world);
        answer_keys(&world, "FIRST", margins[i].life_s);
        assert_string_equal(get(&world, provider), "FIRST");
        world.now_s = CASE_NOW_S + margins[i].kept_s;
        assert_string_equal(get(&world, provider), "FIRST");
        assert_int_equal(world.http->requested, 1);
        world.now_s = CASE_NOW_S + margins[i].asked_s;
        answer_keys(&world, "SECOND", 3600);
        assert_string_equal(get(&world, provider), "SECOND");
        assert_int_equal(world.http->requested, 2);
        credentials_provider_free(provider);
        case_world_close(&world);
    }
}

static void failure_while_valid_is_none(void **state)
{
    (void)state;
    struct case_world world;
    case_world_open(&world, CONTAINER);
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    answer_keys(&world, "FIRST", 3600);
    assert_string_equal(get(&world, provider), "FIRST");
    world.now_s = CASE_NOW_S + 3000;
    answer_nothing(&world);
    assert_string_equal(get(&world, provider), "FIRST");
    assert_int_equal(world.http->requested, 2);
    // For a minute nothing is asked.
    world.now_s += 59;
    assert_string_equal(get(&world, provider), "FIRST");
    assert_int_equal(world.http->requested, 2);
    world.now_s += 1;
    answer_nothing(&world);
    assert_string_equal(get(&world, provider), "FIRST");
    assert_int_equal(world.http->requested, 3);
    // In the last minute before the end once more, then at the end.
    world.now_s = CASE_NOW_S + 3590;
    answer_nothing(&world);
    assert_string_equal(get(&world, provider), "FIRST");
    world.now_s = CASE_NOW_S + 3599;
    assert_string_equal(get(&world, provider), "FIRST");
    assert_int_equal(world.http->requested, 4);
    world.now_s = CASE_NOW_S + 3600;
    answer_nothing(&world);
    assert_string_equal(get(&world, provider), REFUSED);
    assert_int_equal(world.http->requested, 5);
    answer_keys(&world, "SECOND", 3600);
    assert_string_equal(get(&world, provider), "SECOND");
    credentials_provider_free(provider);
    case_world_close(&world);
}

static void expired_ones_are_fetched_anew(void **state)
{
    (void)state;
    struct case_world world;
    case_world_open(&world, CONTAINER);
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    answer_keys(&world, "FIRST", 3600);
    assert_string_equal(get(&world, provider), "FIRST");
    credentials_expire(provider);
    answer_keys(&world, "SECOND", 3600);
    assert_string_equal(get(&world, provider), "SECOND");
    // What AWS calls expired does not serve on, however long it would live.
    credentials_expire(provider);
    answer_nothing(&world);
    assert_string_equal(get(&world, provider), REFUSED);
    credentials_provider_free(provider);
    case_world_close(&world);
}

static void keys_without_an_end_are_read_once(void **state)
{
    (void)state;
    struct case_world world;
    case_world_open(&world, "AWS_PROFILE=x");
    case_world_file(&world, ".aws/credentials", "[x]\naws_access_key_id=FIRST\naws_secret_access_key=hush\n");
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    assert_string_equal(case_world_get(&world, provider), "FIRST hush - -");
    case_world_file(&world, ".aws/credentials", "[x]\naws_access_key_id=SECOND\naws_secret_access_key=hush\n");
    world.now_s += 1e9;
    assert_string_equal(case_world_get(&world, provider), "FIRST hush - -");
    credentials_expire(provider);
    assert_string_equal(case_world_get(&world, provider), "SECOND hush - -");
    credentials_provider_free(provider);
    case_world_close(&world);
}

static void tokens_in_files_are_read_anew(void **state)
{
    (void)state;
    struct case_world world;
    case_world_open(&world, CONTAINER "\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@/token");
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    for (int i = 0; i < 3; i++) {
        struct text token = arena_format(&world.arena, "hush-%d", i);
        case_world_file(&world, "token", token.p);
        answer_keys(&world, "KEYS", 3600);
        assert_string_equal(get(&world, provider), "KEYS");
        assert_true(text_eq(fake_http_header(world.http, (size_t)i, "authorization"), token));
        world.now_s += 3000;
    }
    credentials_provider_free(provider);
    case_world_close(&world);
}

static bool holds_only_zeros(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void wiped(void **state)
{
    (void)state;
    struct case_world world;
    case_world_open(&world, "AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=hush");
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    enum port_status status;
    struct buffer error;
    buffer_init(&error, 1000);
    const struct credentials *credentials = credentials_get(provider, &status, &error);
    assert_non_null(credentials);
    struct credentials copy = *credentials;
    assert_string_equal(copy.secret_access_key, "hush");
    credentials_wipe(&copy);
    assert_true(holds_only_zeros(&copy, sizeof copy));
    credentials_expire(provider);  // which lends no more of them
    assert_true(holds_only_zeros(credentials, sizeof *credentials));
    buffer_release(&error);
    credentials_provider_free(provider);
    credentials_provider_free(NULL);
    case_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked_for_again_in_time),       cmocka_unit_test(failure_while_valid_is_none),
        cmocka_unit_test(expired_ones_are_fetched_anew), cmocka_unit_test(keys_without_an_end_are_read_once),
        cmocka_unit_test(tokens_in_files_are_read_anew), cmocka_unit_test(wiped),
    };
    return cmocka_run_group_tests_name("credentials_refresh", tests, NULL, NULL) != 0;
}
