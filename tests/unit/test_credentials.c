// Where credentials come from: the environment, containers and EC2, the order of the chain, and what
// each says when it fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/aws/credentials.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/credentials_case.h"

#define KEYS "AWS_ACCESS_KEY_ID=AKIAENV\nAWS_SECRET_ACCESS_KEY=hush-env"
#define NO_EC2 "AWS_EC2_METADATA_DISABLED=true"
#define NOT_THERE                                                                                                      \
    {                                                                                                                  \
        .outcome = HTTP_NOT_SENT, .error = "connection timed out", .timed_out = true, .again = true                    \
    }
#define JSON_KEYS(id, rest) "{\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":\"hush-" id "\"" rest "}"
#define TOKEN_AND_END ",\"Token\":\"hush-token\",\"Expiration\":\"2026-11-23T12:00:00Z\""
#define LOOKED                                                                                                         \
    "AWS_ACCESS_KEY_ID is not set; AWS_WEB_IDENTITY_TOKEN_FILE is not set; there is no profile default in "            \
    "@/.aws/config or @/.aws/credentials; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and ..._FULL_URI are not set; "
#define WHAT_TO_DO                                                                                                     \
    ": give AWS credentials by AWS_PROFILE (see `aws configure list-profiles`), by AWS_ACCESS_KEY_ID and "             \
    "AWS_SECRET_ACCESS_KEY, or by the role of the instance or task"

// ---- the environment ------------------------------------------------------------------------------------------

static const struct credentials_case environment_cases[] = {
    {.name = "keys", .variables = KEYS, .expected = "AKIAENV hush-env - -"},
    {.name = "with a token", .variables = KEYS "\nAWS_SESSION_TOKEN=hush-t", .expected = "AKIAENV hush-env hush-t -"},
    {.name = "an empty token is none", .variables = KEYS "\nAWS_SESSION_TOKEN=", .expected = "AKIAENV hush-env - -"},
    {.name = "an end",
     .variables = KEYS "\nAWS_CREDENTIAL_EXPIRATION=2026-11-23T07:00:00+00:00",
     .expected = "AKIAENV hush-env - 2026-11-23T07:00:00Z"},
    {.name = "ended",
     .variables = KEYS "\nAWS_CREDENTIAL_EXPIRATION=2026-11-23T06:00:00Z",
     .expected = "denied: AWS_ACCESS_KEY_ID of the environment: these credentials ended at 2026-11-23T06:00:00Z: get "
                 "new ones, and check this clock"},
    {.name = "an end that is none",
     .variables = KEYS "\nAWS_CREDENTIAL_EXPIRATION=hush",
     .expected = "denied: AWS_CREDENTIAL_EXPIRATION is no instant such as 2026-11-23T06:35:36Z: correct or unset it"},
    {.name = "no secret",
     .variables = "AWS_ACCESS_KEY_ID=AKIAENV\nAWS_SECRET_ACCESS_KEY=",
     .expected = "denied: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both, or neither"},
    {.name = "no id",
     .variables = "AWS_SECRET_ACCESS_KEY=hush",
     .expected = "denied: AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not: set both, or neither"},
    {.name = "a blank behind a secret",
     .variables = KEYS " ",
     .expected = "denied: AWS_ACCESS_KEY_ID of the environment: the secret access key holds a blank, a line end or "
                 "another character that no key has"},
    {.name = "wins over a profile that is named",
     .variables = KEYS "\nAWS_PROFILE=x",
     .credentials = "[x]\naws_access_key_id=AKIAFILE\naws_secret_access_key=hush-file\n",
     .expected = "AKIAENV hush-env - -"},
    {.name = "wins over all that follows",
     .variables =
         KEYS "\nAWS_WEB_IDENTITY_TOKEN_FILE=@/file\nAWS_ROLE_ARN=r\nAWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x",
     .expected = "AKIAENV hush-env - -"},
    {.name = "in Lambda they are all that is looked at",
     .variables = "AWS_LAMBDA_FUNCTION_NAME=f\nAWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x",
     .credentials = "[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=hush-file\n",
     .expected = "denied: no AWS credentials: AWS_ACCESS_KEY_ID is not set: in Lambda they come by the environment "
                 "alone: does the function have an execution role, and does nothing overwrite these variables?"},
    {.name = "in Lambda",
     .variables = KEYS "\nAWS_SESSION_TOKEN=hush-t\nAWS_LAMBDA_FUNCTION_NAME=f",
     .expected = "AKIAENV hush-env hush-t -"},
};

static void environment(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(environment_cases, COUNT_OF(environment_cases)), 0);
}

static void keys_that_are_too_long(void **state)
{
    (void)state;
    static const struct {
        const char *before, *what;
        size_t room;
    } cases[] = {{"AWS_SECRET_ACCESS_KEY=hush\nAWS_ACCESS_KEY_ID=", "access key id",
                  sizeof((struct credentials *)0)->access_key_id},
                 {"AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=", "secret access key",
                  sizeof((struct credentials *)0)->secret_access_key},
                 {KEYS "\nAWS_SESSION_TOKEN=", "session token", sizeof((struct credentials *)0)->session_token}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t n = cases[i].room - 1; n <= cases[i].room; n++) {
            struct case_world world;
            struct arena arena = {0};
            char *many = arena_alloc(&arena, n + 1);
            memset(many, 'k', n);
            case_world_open(&world, arena_format(&arena, "%s%s", cases[i].before, many).p);
            struct credentials_provider *provider = credentials_provider_new(&world.world);
            const char *got = case_world_get(&world, provider);
            struct text wanted = arena_format(&arena,
                                              "denied: AWS_ACCESS_KEY_ID of the environment: the %s is longer than "
                                              "such a key can be",
                                              cases[i].what);
            if (n < cases[i].room)
                assert_non_null(strstr(got, many));
            else
                assert_string_equal(got, wanted.p);
            credentials_provider_free(provider);
            case_world_close(&world);
            arena_release(&arena);
        }
    }
}

// ---- containers -----------------------------------------------------------------------------------------------

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/x"
#define RELATIVE_GET "GET http://169.254.170.2/v2/x\n"
#define FULL(url) "AWS_CONTAINER_CREDENTIALS_FULL_URI=" url
#define POD FULL("http://169.254.170.23/v1/credentials")
#define POD_GET "GET http://169.254.170.23/v1/credentials\n"
#define CONTAINER_KEYS                                                                                                 \
    {                                                                                                                  \
        .code = 200, .body = JSON_KEYS("ASIATASK", TOKEN_AND_END)                                                      \
    }
#define CONTAINER_FOUND "ASIATASK hush-ASIATASK hush-token 2026-11-23T12:00:00Z"
#define CONTAINER "the container's credentials: "

static const struct credentials_case container_cases[] = {
    {.name = "of a task",
     .variables = RELATIVE,
     .answers = {CONTAINER_KEYS},
     .expected = CONTAINER_FOUND,
     .asked = RELATIVE_GET},
    {.name = "of a pod, with a token",
     .variables = POD "\nAWS_CONTAINER_AUTHORIZATION_TOKEN=hush-a",
     .answers = {{.to = "hush-a", .code = 200, .body = JSON_KEYS("ASIATASK", TOKEN_AND_END)}},
     .expected = CONTAINER_FOUND,
     .asked = POD_GET},
    {.name = "a token's file wins over a token",
     .variables = POD "\nAWS_CONTAINER_AUTHORIZATION_TOKEN=hush-a\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@/file",
     .file = "hush-b",
     .answers = {{.to = "hush-b", .code = 200, .body = JSON_KEYS("ASIATASK", TOKEN_AND_END)}},
     .expected = CONTAINER_FOUND,
     .asked = POD_GET},
    {.name = "the relative address wins over the full one",
     .variables = RELATIVE "\n" POD,
     .answers = {CONTAINER_KEYS},
     .expected = CONTAINER_FOUND,
     .asked = RELATIVE_GET},
    {.name = "https may go anywhere",
     .variables = FULL("https://example.com/x"),
     .answers = {CONTAINER_KEYS},
     .expected = CONTAINER_FOUND,
     .asked = "GET https://example.com/x\n"},
    {.name = "http on this machine",
     .variables = FULL("http://127.0.0.1:81/x"),
     .answers = {CONTAINER_KEYS},
     .expected = CONTAINER_FOUND,
     .asked = "GET http://127.0.0.1:81/x\n"},
    {.name = "http elsewhere",
     .variables = FULL("http://127.0.0.1.example.com/x"),
     .expected = "denied: AWS_CONTAINER_CREDENTIALS_FULL_URI must begin with https://; http:// goes to this machine, "
                 "169.254.170.2, 169.254.170.23 and [fd00:ec2::23] alone"},
    {.name = "another scheme",
     .variables = FULL("file:///etc/passwd"),
     .expected = "denied: AWS_CONTAINER_CREDENTIALS_FULL_URI must begin with https://; http:// goes to this machine, "
                 "169.254.170.2, 169.254.170.23 and [fd00:ec2::23] alone"},
    {.name = "a relative address that leads elsewhere",
     .variables = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=.example.com/x",
     .expected = "denied: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with '/'"},
    {.name = "a token of two lines",
     .variables = POD "\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@/file",
     .file = "hush\r\nX-Other: 1",
     .expected =
         "denied: the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds a line end or another character that "
         "no header may have"},
    {.name = "a token's file that is not there",
     .variables = POD "\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@/file",
     .expected = "denied: @/file: no such file or directory (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)"},
    {.name = "refused",
     .variables = RELATIVE,
     .answers = {{.code = 403, .body = "{\"message\":\"hush\"}"}},
     .expected = "denied: " CONTAINER "it answers with code 403",
     .asked = RELATIVE_GET},
    {.name = "not JSON",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = "{\"SecretAccessKey\": hush}"}},
     .expected = "failed: " CONTAINER "what it gives is no JSON at line 1, column 21: expected a value",
     .asked = RELATIVE_GET},
    {.name = "cut short",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = "{\"SecretAccessKey\": \"hush"}},
     .expected =
         "failed: " CONTAINER "what it gives is no JSON at line 1, column 26: the document ends within a string",
     .asked = RELATIVE_GET},
    {.name = "a list",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = "[\"hush\"]"}},
     .expected = "failed: " CONTAINER "what it gives is wrong: it is no JSON object",
     .asked = RELATIVE_GET},
    {.name = "a number for a text",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = "{\"SecretAccessKey\": 5}"}},
     .expected = "failed: " CONTAINER "what it gives is wrong: SecretAccessKey is no text",
     .asked = RELATIVE_GET},
    {.name = "no end",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = JSON_KEYS("A", "")}},
     .expected = "failed: " CONTAINER "the answer has no Expiration",
     .asked = RELATIVE_GET},
    {.name = "an end that is none",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = JSON_KEYS("A", ",\"Expiration\":\"soon\"")}},
     .expected = "failed: " CONTAINER "what it gives is wrong: Expiration is no instant such as 2026-11-23T06:35:36Z",
     .asked = RELATIVE_GET},
    {.name = "no secret",
     .variables = RELATIVE,
     .answers = {{.code = 200, .body = "{\"AccessKeyId\":\"A\"" TOKEN_AND_END "}"}},
     .expected = "denied: " CONTAINER "the secret access key is missing",
     .asked = RELATIVE_GET},
    {.name = "what else there is does not matter",
     .variables = RELATIVE,
     .answers = {{.code = 200,
                  .body = JSON_KEYS("A", ",\"AccountId\":\"1\",\"x\":{\"y\":[1,{}]},\"Code\":null" TOKEN_AND_END)}},
     .expected = "A hush-A hush-token 2026-11-23T12:00:00Z",
     .asked = RELATIVE_GET},
};

static void containers(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(container_cases, COUNT_OF(container_cases)), 0);
}

// ---- EC2 ------------------------------------------------------------------------------------------------------

#define EC2 "http://169.254.169.254/latest/"
#define EC2_PUT "PUT " EC2 "api/token\n"
#define EC2_LIST "GET " EC2 "meta-data/iam/security-credentials/\n"
#define EC2_KEYS "GET " EC2 "meta-data/iam/security-credentials/my-role\n"
#define EC2_TOKEN                                                                                                      \
    {                                                                                                                  \
        .to = "PUT ", .code = 200, .body = "hush-imds"                                                                 \
    }
#define EC2_ROLE                                                                                                       \
    {                                                                                                                  \
        .to = "hush-imds", .code = 200, .body = "my-role\nother"                                                       \
    }
#define EC2_WHERE "EC2's metadata service, role my-role: "

static const struct credentials_case metadata_cases[] = {
    {.name = "of an instance's role",
     .answers = {EC2_TOKEN,
                 EC2_ROLE,
                 {.to = "hush-imds", .code = 200, .body = JSON_KEYS("ASIAEC2", ",\"Code\":\"Success\"" TOKEN_AND_END)}},
     .expected = "ASIAEC2 hush-ASIAEC2 hush-token 2026-11-23T12:00:00Z",
     .asked = EC2_PUT EC2_LIST EC2_KEYS},
    {.name = "an endpoint of one's own",
     .variables = "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:99/",
     .answers = {EC2_TOKEN, EC2_ROLE, {.code = 200, .body = JSON_KEYS("ASIAEC2", TOKEN_AND_END)}},
     .expected = "ASIAEC2 hush-ASIAEC2 hush-token 2026-11-23T12:00:00Z",
     .asked = "PUT http://127.0.0.1:99/latest/api/token\n"
              "GET http://127.0.0.1:99/latest/meta-data/iam/security-credentials/\n"
              "GET http://127.0.0.1:99/latest/meta-data/iam/security-credentials/my-role\n"},
    {.name = "an endpoint elsewhere",
     .variables = "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://example.com/",
     .expected = "denied: AWS_EC2_METADATA_SERVICE_ENDPOINT must begin with https://; http:// goes to this machine, "
                 "169.254.169.254 and [fd00:ec2::254] alone"},
    {.name = "by IPv6",
     .variables = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6",
     .answers = {{.code = 500, .again = true}},
     .expected = "failed: EC2's metadata service, a token: it answers with code 500",
     .asked = "PUT http://[fd00:ec2::254]/latest/api/token\nPUT http://[fd00:ec2::254]/latest/api/token\n"},
    {.name = "none of it where it is switched off",
     .variables = NO_EC2,
     .expected = "denied: no AWS credentials: " LOOKED "AWS_EC2_METADATA_DISABLED is set" WHAT_TO_DO},
    {.name = "not an instance",
     .answers = {NOT_THERE},
     .expected = "denied: no AWS credentials: " LOOKED
                 "no EC2 metadata service at http://169.254.169.254 (connection timed out)" WHAT_TO_DO,
     .asked = EC2_PUT},
    {.name = "an instance without a role",
     .answers = {EC2_TOKEN, {.code = 404}},
     .expected =
         "denied: no AWS credentials: " LOOKED "this EC2 instance has no role (attach an instance profile)" WHAT_TO_DO,
     .asked = EC2_PUT EC2_LIST},
    {.name = "tokens refused",
     .answers = {{.code = 403}},
     .expected = "denied: no AWS credentials: " LOOKED
                 "no EC2 metadata service at http://169.254.169.254 (it answers with code 403)" WHAT_TO_DO,
     .asked = EC2_PUT},
    {.name = "a token of two lines",
     .answers = {{.code = 200, .body = "hush\r\nhush"}},
     .expected = "failed: EC2's metadata service, a token: the answer is none",
     .asked = EC2_PUT},
    {.name = "a role that leads elsewhere",
     .answers = {EC2_TOKEN, {.code = 200, .body = "../../x"}},
     .expected = "failed: EC2's metadata service: the answer is no role's name",
     .asked = EC2_PUT EC2_LIST},
    {.name = "a page for a role",
     .answers = {EC2_TOKEN, {.code = 200, .body = "<html> hush"}},
     .expected = "failed: EC2's metadata service: the answer is no role's name",
     .asked = EC2_PUT EC2_LIST},
    {.name = "a role that cannot be assumed",
     .answers = {EC2_TOKEN,
                 EC2_ROLE,
                 {.code = 200, .body = "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 hush\"}"}},
     .expected = "denied: " EC2_WHERE "it gives no keys: AssumeRoleUnauthorizedAccess",
     .asked = EC2_PUT EC2_LIST EC2_KEYS},
    {.name = "keys that are lost",
     .answers = {EC2_TOKEN, EC2_ROLE, {.outcome = HTTP_LOST, .error = "cut short", .again = true}},
     .expected = "failed: EC2's metadata service, the role's keys: cut short",
     .asked = EC2_PUT EC2_LIST EC2_KEYS EC2_KEYS},
    {.name = "keys without an end",
     .answers = {EC2_TOKEN, EC2_ROLE, {.code = 200, .body = JSON_KEYS("A", ",\"Token\":\"hush\"")}},
     .expected = "failed: " EC2_WHERE "the answer has no Expiration",
     .asked = EC2_PUT EC2_LIST EC2_KEYS},
};

static void metadata(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(metadata_cases, COUNT_OF(metadata_cases)), 0);
}

// ---- the order ------------------------------------------------------------------------------------------------

#define WEB "AWS_WEB_IDENTITY_TOKEN_FILE=@/file\nAWS_ROLE_ARN=r"
#define WEB_ANSWER                                                                                                        \
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIASTS</AccessKeyId>" \
    "<SecretAccessKey>hush</SecretAccessKey><SessionToken>hush-t</SessionToken>"                                          \
    "<Expiration>2026-11-23T07:35:36Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"                       \
    "</AssumeRoleWithWebIdentityResponse>"

#define PROFILE_KEYS "[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=hush-file\n"

static const struct credentials_case order_cases[] = {
    {.name = "web identity before a profile",
     .variables = WEB "\n" RELATIVE,
     .file = "hush",
     .credentials = PROFILE_KEYS,
     .answers = {{.to = "sts.", .code = 200, .body = WEB_ANSWER}},
     .expected = "ASIASTS hush hush-t 2026-11-23T07:35:36Z",
     .asked = "POST https://sts.us-west-2.amazonaws.com/\n"},
    {.name = "a profile before a container",
     .variables = RELATIVE,
     .credentials = PROFILE_KEYS,
     .expected = "AKIAFILE hush-file - -"},
    {.name = "a profile without credentials stands in nobody's way",
     .variables = RELATIVE,
     .config = "[default]\nregion = eu-west-1\n",
     .answers = {CONTAINER_KEYS},
     .expected = CONTAINER_FOUND,
     .asked = RELATIVE_GET},
    {.name = "a container before EC2",
     .variables = RELATIVE,
     .answers = {CONTAINER_KEYS},
     .expected = CONTAINER_FOUND,
     .asked = RELATIVE_GET},
    {.name = "what is configured and fails is not passed over",
     .variables = RELATIVE,
     .answers = {{.code = 404}},
     .expected = "denied: " CONTAINER "it answers with code 404",
     .asked = RELATIVE_GET},
};

static void order(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(order_cases, COUNT_OF(order_cases)), 0);
}

// The metadata services have time-outs of their own, but the world's where those are less.
static void timeouts(void **state)
{
    (void)state;
    static const struct {
        const char *variables;
        int64_t connect_ms, whole_ms, expected_connect_ms, expected_whole_ms;
    } cases[] = {{NULL, 0, 0, 1000, 1000},       {NULL, 200, 100, 100, 100},  {NULL, 5000, 5000, 1000, 1000},
                 {RELATIVE, 0, 0, 2000, 2000},   {RELATIVE, 50, 0, 50, 2000}, {WEB, 0, 0, 3100, 10000},
                 {WEB, 5000, 20000, 5000, 20000}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct case_world world;
        case_world_open(&world, cases[i].variables);
        case_world_file(&world, "file", "hush");
        world.world.connect_timeout_ms = cases[i].connect_ms;
        world.world.timeout_ms = cases[i].whole_ms;
        struct credentials_provider *provider = credentials_provider_new(&world.world);
        case_world_get(&world, provider);
        assert_int_equal(world.http->requested, 1);
        assert_int_equal(world.http->requests[0].connect_timeout_ms, cases[i].expected_connect_ms);
        assert_int_equal(world.http->requests[0].timeout_ms, cases[i].expected_whole_ms);
        assert_int_equal(world.http->requests[0].maximum_bytes, 65536);
        credentials_provider_free(provider);
        case_world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment), cmocka_unit_test(keys_that_are_too_long),
        cmocka_unit_test(containers),  cmocka_unit_test(metadata),
        cmocka_unit_test(order),       cmocka_unit_test(timeouts),
    };
    return cmocka_run_group_tests_name("credentials", tests, NULL, NULL) != 0;
}
