// Credentials of profiles: keys, roles through other profiles and sources, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/aws/credentials.h"
#include "engine/aws/sigv4.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/credentials_case.h"

#define X "AWS_EC2_METADATA_DISABLED=true\nAWS_PROFILE=x"
#define KEYS "aws_access_key_id = AKIAFILE\naws_secret_access_key = hush-file\n"
#define FOUND "AKIAFILE hush-file - -"
#define EXPORT(profile) "`eval \"$(aws configure export-credentials --profile " profile " --format env)\"`"

// ---- keys -----------------------------------------------------------------------------------------------------

static const struct credentials_case key_cases[] = {
    {.name = "of credentials", .variables = X, .credentials = "[x]\n" KEYS, .expected = FOUND},
    {.name = "of config", .variables = X, .config = "[profile x]\n" KEYS, .expected = FOUND},
    {.name = "of the default profile", .credentials = "[default]\n" KEYS, .expected = FOUND},
    {.name = "of AWS_DEFAULT_PROFILE",
     .variables = "AWS_DEFAULT_PROFILE=y",
     .credentials = "[y]\n" KEYS,
     .expected = FOUND},
    {.name = "with a token",
     .variables = X,
     .credentials = "[x]\n" KEYS "aws_session_token = hush+/=\n",
     .expected = "AKIAFILE hush-file hush+/= -"},
    {.name = "credentials win over config, and leave its token",
     .variables = X,
     .config = "[profile x]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = hush-other\n"
               "aws_session_token = hush-other\n",
     .credentials = "[x]\n" KEYS,
     .expected = FOUND},
    {.name = "files elsewhere",
     .variables = X "\nAWS_SHARED_CREDENTIALS_FILE=~/file\nAWS_CONFIG_FILE=/dev/null",
     .file = "[x]\n" KEYS,
     .credentials = "[x]\nbroken\n",
     .expected = FOUND},
    {.name = "half in either file are no keys",
     .variables = X,
     .config = "[profile x]\naws_secret_access_key = hush\n",
     .credentials = "[x]\naws_access_key_id = AKIAFILE\n",
     .expected = "denied: @/.aws/credentials:2: profile x: aws_secret_access_key is missing beside aws_access_key_id"},
    {.name = "a secret alone",
     .variables = X,
     .config = "[profile x]\n\naws_secret_access_key = hush\n",
     .expected = "denied: @/.aws/config:3: profile x: aws_access_key_id is missing beside aws_secret_access_key"},
    {.name = "a key of two lines",
     .variables = X,
     .credentials = "[x]\naws_access_key_id = A\naws_secret_access_key = hush\n  hush\n",
     .expected = "denied: @/.aws/credentials:2: profile x: the secret access key holds a blank, a line end or another "
                 "character that no key has"},
    {.name = "no such profile",
     .variables = X,
     .config = "[profile a]\n[default]\n[sso-session s]\n[services t]\n",
     .credentials = "[b]\n[a]\n",
     .expected = "denied: there is no profile x in @/.aws/config or @/.aws/credentials; there is a, default, b: set "
                 "AWS_PROFILE to one that is there, or unset it"},
    {.name = "no profile at all",
     .variables = X,
     .expected = "denied: there is no profile x in @/.aws/config or @/.aws/credentials: set AWS_PROFILE to one that is "
                 "there, or unset it"},
    {.name = "a broken file",
     .variables = X,
     .credentials = "[x]\n" KEYS "hush hush\n",
     .expected = "denied: @/.aws/credentials:4: neither NAME = VALUE nor a [section]"},
    {.name = "a folder for a file", .variables = X "\nAWS_CONFIG_FILE=@", .expected = "denied: @: is a directory"},
    {.name = "a profile without credentials",
     .variables = X,
     .config = "[profile x]\nregion = eu-west-1\n",
     .expected =
         "denied: no AWS credentials: AWS_ACCESS_KEY_ID is not set; AWS_WEB_IDENTITY_TOKEN_FILE is not set; profile x "
         "has no credentials; AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and ..._FULL_URI are not set; "
         "AWS_EC2_METADATA_DISABLED is set: give AWS credentials by AWS_PROFILE (see `aws configure list-profiles`), by "
         "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or by the role of the instance or task"},
};

static void keys(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(key_cases, COUNT_OF(key_cases)), 0);
}

// ---- roles ----------------------------------------------------------------------------------------------------

#define STS_POST "POST https://sts.us-west-2.amazonaws.com/\n"
#define STS_KEYS(action, id)                                                                                           \
    "<" action "Response><" action "Result><Credentials><AccessKeyId>" id "</AccessKeyId>"                             \
    "<SecretAccessKey>hush-" id "</SecretAccessKey><SessionToken>hush-t-" id "</SessionToken>"                         \
    "<Expiration>2026-11-23T07:35:36Z</Expiration></Credentials></" action "Result></" action "Response>"
#define ROLE_KEYS(id)                                                                                                  \
    {                                                                                                                  \
        .code = 200, .body = STS_KEYS("AssumeRole", id)                                                                \
    }
#define ROLE_FOUND(id) id " hush-" id " hush-t-" id " 2026-11-23T07:35:36Z"
#define ROLE "role_arn = arn:aws:iam::1:role/r\n"
#define STS_FAULT "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
#define ONE_ROLE_OF(settings) "[profile x]\n" ROLE "source_profile = b\n" settings "[profile b]\n" KEYS

static const struct credentials_case role_cases[] = {
    {.name = "through another profile",
     .variables = X,
     .config = ONE_ROLE_OF(""),
     .answers = {ROLE_KEYS("ASIA")},
     .expected = ROLE_FOUND("ASIA"),
     .asked = STS_POST},
    {.name = "with all that may be set",
     .variables = X,
     .config = ONE_ROLE_OF("role_session_name = me\nexternal_id = a&b =\nduration_seconds = 7200\n"),
     .answers = {{.to =
                      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName="
                      "me&DurationSeconds=7200&ExternalId=a%26b%20%3D",
                  .code = 200,
                  .body = STS_KEYS("AssumeRole", "ASIA")}},
     .expected = ROLE_FOUND("ASIA"),
     .asked = STS_POST},
    {.name = "its own source",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = x\n" KEYS,
     .answers = {{.to = "Credential=AKIAFILE/", .code = 200, .body = STS_KEYS("AssumeRole", "ASIA")}},
     .expected = ROLE_FOUND("ASIA"),
     .asked = STS_POST},
    {.name = "a chain: each signs for the next",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = b\n[profile b]\nrole_arn = middle\nsource_profile = c\n"
               "[profile c]\n" KEYS,
     .answers = {{.to = "Credential=AKIAFILE/", .code = 200, .body = STS_KEYS("AssumeRole", "ASIA1")},
                 {.to = "Credential=ASIA1/", .code = 200, .body = STS_KEYS("AssumeRole", "ASIA2")}},
     .expected = ROLE_FOUND("ASIA2"),
     .asked = STS_POST STS_POST},
    {.name = "a source with keys and a role gives its keys",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = b\n[profile b]\nrole_arn = middle\nsource_profile = c\n" KEYS,
     .answers = {{.to = "Credential=AKIAFILE/", .code = 200, .body = STS_KEYS("AssumeRole", "ASIA")}},
     .expected = ROLE_FOUND("ASIA"),
     .asked = STS_POST},
    {.name = "a circle",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = b\n[profile b]\n" ROLE "source_profile = c\n[profile c]\n" ROLE
               "source_profile = b\n",
     .expected = "denied: @/.aws/config:9: profile c: source_profile goes in a circle: x -> b -> c -> b"},
    {.name = "a circle of one",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = x\n",
     .expected = "denied: @/.aws/config:3: profile x: source_profile goes in a circle: x -> x"},
    {.name = "a chain that is too long",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile=1\n[profile 1]\n" ROLE "source_profile=2\n[profile 2]\n" ROLE
               "source_profile=3\n[profile 3]\n" ROLE "source_profile=4\n[profile 4]\n" ROLE
               "source_profile=5\n[profile 5]\n" ROLE "source_profile=6\n[profile 6]\n" ROLE
               "source_profile=7\n[profile 7]\n" ROLE "source_profile=8\n[profile 8]\n" ROLE "source_profile=9\n"
               "[profile 9]\n" KEYS,
     .expected = "denied: profile x: more than 8 profiles in a chain of source_profile"},
    {.name = "no such source",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = b\n",
     .expected = "denied: @/.aws/config:3: profile x: source_profile: there is no profile b in @/.aws/config or "
                 "@/.aws/credentials; there is x"},
    {.name = "a source without credentials",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = b\n[profile b]\nregion = r\n",
     .expected = "denied: profile b has no credentials: @/.aws/config:3: profile x: its source_profile has none"},
    {.name = "no source",
     .variables = X,
     .config = "[profile x]\n" ROLE,
     .expected =
         "denied: @/.aws/config:2: profile x: role_arn needs a source_profile or a credential_source beside it"},
    {.name = "two sources",
     .variables = X,
     .config = "[profile x]\n" ROLE "source_profile = b\ncredential_source = Environment\n[profile b]\n" KEYS,
     .expected =
         "denied: @/.aws/config:2: profile x: source_profile and credential_source exclude each other: keep one"},
    {.name = "the source of a container",
     .variables = X "\nAWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v",
     .config = "[profile x]\n" ROLE "credential_source = EcsContainer\n",
     .answers = {{.to = "GET http://169.254.170.2/v",
                  .code = 200,
                  .body = "{\"AccessKeyId\":\"ASIATASK\",\"SecretAccessKey\":\"hush\",\"Token\":\"hush-task\","
                          "\"Expiration\":\"2026-11-23T12:00:00Z\"}"},
                 {.to = "Credential=ASIATASK/", .code = 200, .body = STS_KEYS("AssumeRole", "ASIA")}},
     .expected = ROLE_FOUND("ASIA"),
     .asked = "GET http://169.254.170.2/v\n" STS_POST},
    {.name = "the source of an instance that is none",
     .variables = X,
     .config = "[profile x]\n" ROLE "credential_source = Ec2InstanceMetadata\n",
     .expected = "denied: AWS_EC2_METADATA_DISABLED is set: the credential_source Ec2InstanceMetadata of profile x has "
                 "none"},
    {.name = "the environment, which has nothing",
     .variables = X,
     .config = "[profile x]\n" ROLE "credential_source = Environment\n",
     .expected = "denied: AWS_ACCESS_KEY_ID is not set: the credential_source Environment of profile x has none"},
    {.name = "another source",
     .variables = X,
     .config = "[profile x]\n" ROLE "credential_source = environment\n",
     .expected = "denied: @/.aws/config:3: profile x: credential_source must be Environment, EcsContainer or "
                 "Ec2InstanceMetadata"},
    {.name = "a one-time code",
     .variables = X,
     .config = ONE_ROLE_OF("mfa_serial = arn:aws:iam::1:mfa/me\n"),
     .expected =
         "denied: @/.aws/config:4: profile x: it asks for a one-time code (mfa_serial), which drowse cannot take: "
         "run " EXPORT("x") " and unset AWS_PROFILE"},
    {.name = "too short",
     .variables = X,
     .config = ONE_ROLE_OF("duration_seconds = 899\n"),
     .expected = "denied: @/.aws/config:4: profile x: duration_seconds must be a whole number of 900 to 43200"},
    {.name = "no number",
     .variables = X,
     .config = ONE_ROLE_OF("duration_seconds = 1h\n"),
     .expected = "denied: @/.aws/config:4: profile x: duration_seconds must be a whole number of 900 to 43200"},
    {.name = "refused",
     .variables = X,
     .config = ONE_ROLE_OF(""),
     .answers = {{.code = 403, .body = STS_FAULT}},
     .expected = "denied: AssumeRole of arn:aws:iam::1:role/r (profile x): AccessDenied: no",
     .asked = STS_POST},
    {.name = "a refusal that repeats the secret",
     .variables = X,
     .config = ONE_ROLE_OF(""),
     .answers = {{.code = 403, .body = "<ErrorResponse><Error><Code>hush-file</Code></Error></ErrorResponse>"}},
     .expected = "denied: AssumeRole of arn:aws:iam::1:role/r (profile x): it answers with code 403",
     .asked = STS_POST},
    {.name = "by a token",
     .variables = X,
     .config = "[profile x]\nrole_arn = r\nweb_identity_token_file = @/file\nrole_session_name = s\n",
     .file = "hush",
     .answers = {{.to = "&RoleArn=r&RoleSessionName=s&WebIdentityToken=hush",
                  .code = 200,
                  .body = STS_KEYS("AssumeRoleWithWebIdentity", "ASIA")}},
     .expected = ROLE_FOUND("ASIA"),
     .asked = STS_POST},
    {.name = "a token without a role",
     .variables = X,
     .config = "[profile x]\nweb_identity_token_file = @/file\n",
     .expected = "denied: @/.aws/config:2: profile x: web_identity_token_file needs a role_arn beside it"},
};

static void roles(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(role_cases, COUNT_OF(role_cases)), 0);
}

// ---- what is signed -------------------------------------------------------------------------------------------

static const struct {
    const char *name, *endpoint, *region, *url, *host, *path;
} endpoint_cases[] = {
    {"a region's", "", "eu-west-1", "https://sts.eu-west-1.amazonaws.com/", "sts.eu-west-1.amazonaws.com", "/"},
    {"in China", "", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/", "sts.cn-north-1.amazonaws.com.cn", "/"},
    {"one's own", "http://127.0.0.1:5000", "us-east-1", "http://127.0.0.1:5000/", "127.0.0.1:5000", "/"},
    {"with a path", "https://x.example/aws/", "us-east-1", "https://x.example/aws/", "x.example", "/aws/"},
    {"with the usual port", "https://x.example:443", "us-east-1", "https://x.example:443/", "x.example", "/"},
    {"with the other's usual port", "https://x.example:80", "us-east-1", "https://x.example:80/", "x.example:80", "/"},
};

// The request that was sent, signed anew with Host as it will be sent.
static void check_signature(const struct case_world *world, const char *host, const char *path, const char *region)
{
    static const struct credentials signer = {"AKIAFILE", "hush-file", "hush-token", 0};
    const struct http_request *sent = &world->http->requests[0];
    struct http_header headers[8] = {{TEXT("host"), text_of(host)}};
    size_t count = 1;
    for (size_t i = 0; i < sent->header_count; i++)
        if (!text_is(sent->headers[i].name, "Authorization"))
            headers[count++] = sent->headers[i];
    const struct sigv4_request request = {
        .method = sent->method, .path = text_of(path), .headers = headers, .header_count = count, .body = sent->body};
    const struct sigv4_scope scope = {text_of(region), TEXT("sts"), CASE_NOW_S};
    struct buffer wanted;
    buffer_init(&wanted, 2000);
    assert_true(sigv4_authorization(&signer, &scope, &request, &wanted));
    struct text got = fake_http_header(world->http, 0, "authorization");
    if (!text_eq(got, buffer_text(&wanted)))
        fail_msg("%s: %.*s should be %s", host, TEXT_ARG(got), wanted.p);
    assert_non_null(strstr(wanted.p, "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"));
    buffer_release(&wanted);
}

static void signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(endpoint_cases); i++) {
        struct case_world world;
        case_world_open(&world, X);
        case_world_file(&world, ".aws/config",
                        "[profile x]\nsource_profile = x\naws_session_token = hush-token\n" ROLE KEYS);
        world.world.sts_endpoint = text_of(endpoint_cases[i].endpoint);
        world.world.region = text_of(endpoint_cases[i].region);
        const struct fake_answer answer = ROLE_KEYS("ASIA");
        fake_http_answers(world.http, &answer, 1);
        struct credentials_provider *provider = credentials_provider_new(&world.world);
        assert_string_equal(case_world_get(&world, provider), ROLE_FOUND("ASIA"));
        assert_true(text_is(world.http->requests[0].url, endpoint_cases[i].url));
        assert_true(text_is(fake_http_header(world.http, 0, "x-amz-security-token"), "hush-token"));
        assert_true(text_is(fake_http_header(world.http, 0, "x-amz-date"), "20261123T063536Z"));
        assert_int_equal(fake_http_header(world.http, 0, "host").n, 0);
        check_signature(&world, endpoint_cases[i].host, endpoint_cases[i].path, endpoint_cases[i].region);
        credentials_provider_free(provider);
        case_world_close(&world);
    }
}

static void a_role_needs_a_region(void **state)
{
    (void)state;
    struct case_world world;
    case_world_open(&world, X);
    case_world_file(&world, ".aws/config", "[profile x]\nsource_profile = x\n" ROLE KEYS);
    world.world.region = (struct text){0};
    struct credentials_provider *provider = credentials_provider_new(&world.world);
    assert_string_equal(case_world_get(&world, provider),
                        "denied: AssumeRole of arn:aws:iam::1:role/r (profile x): needs a region: set AWS_REGION");
    credentials_provider_free(provider);
    case_world_close(&world);
}

// ---- logins ---------------------------------------------------------------------------------------------------

#define LOGIN(line, name)                                                                                              \
    "denied: @/.aws/config:" line ": profile x: it signs in through a browser (" name                                  \
    "), which drowse does not do: sign in with AWS's CLI, then run " EXPORT(                                           \
        "x") ", or write `credential_process = aws configure export-credentials --profile x` into another profile"

static const struct credentials_case login_cases[] = {
    {.name = "a session",
     .variables = X,
     .config = "[profile x]\nsso_session = s\nsso_account_id = 1\n[sso-session s]\nsso_region = r\n",
     .expected = LOGIN("2", "sso_session")},
    {.name = "the older form",
     .variables = X,
     .config = "[profile x]\nsso_account_id = 1\nsso_start_url = https://x\n",
     .expected = LOGIN("3", "sso_start_url")},
    {.name = "a login",
     .variables = X,
     .config = "[profile x]\nlogin_session = s\n",
     .expected = LOGIN("2", "login_session")},
    {.name = "as the source of a role",
     .variables = "AWS_PROFILE=r",
     .config = "[profile x]\nsso_session = s\n[profile r]\n" ROLE "source_profile = x\n",
     .expected = LOGIN("2", "sso_session")},
    {.name = "keys that were written beside it serve",
     .variables = X,
     .config = "[profile x]\nsso_session = s\n",
     .credentials = "[x]\n" KEYS,
     .expected = FOUND},
};

static void logins(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(login_cases, COUNT_OF(login_cases)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),       cmocka_unit_test(roles),
        cmocka_unit_test(signatures), cmocka_unit_test(a_role_needs_a_region),
        cmocka_unit_test(logins),
    };
    return cmocka_run_group_tests_name("credentials_profile", tests, NULL, NULL) != 0;
}
