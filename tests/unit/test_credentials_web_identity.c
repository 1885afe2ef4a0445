// A role by a token in a file: the question to STS, its answers, and their XML.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/aws/xml.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/credentials_case.h"

#define WEB "AWS_WEB_IDENTITY_TOKEN_FILE=@/file\nAWS_ROLE_ARN=arn:aws:iam::1:role/r"
#define WEB_WHERE "AssumeRoleWithWebIdentity of arn:aws:iam::1:role/r (AWS_ROLE_ARN)"
#define STS_POST "POST https://sts.us-west-2.amazonaws.com/\n"
#define STS_KEYS(action, end)                                                                                          \
    "<?xml version=\"1.0\"?>\n<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n <" action     \
    "Result>\n<SubjectFromWebIdentityToken>x</SubjectFromWebIdentityToken><Credentials>\n"                             \
    "<AccessKeyId>ASIASTS</AccessKeyId><SecretAccessKey> hush+/= </SecretAccessKey>"                                   \
    "<SessionToken>hush//token==</SessionToken><Expiration>" end "</Expiration></Credentials></" action                \
    "Result><ResponseMetadata><RequestId>q</RequestId></ResponseMetadata></" action "Response>"
#define STS_FAULT(code, message)                                                                                       \
    "<ErrorResponse xmlns='x'><Error><Type>Sender</Type><Code>" code "</Code><Message>" message                        \
    "</Message></Error><RequestId>q-1</RequestId></ErrorResponse>"
#define WEB_KEYS STS_KEYS("AssumeRoleWithWebIdentity", "2026-11-23T07:35:36Z")

static const struct credentials_case web_identity_cases[] = {
    {.name = "a token for a role",
     .variables = WEB,
     .file = "hush-jwt\n",
     .answers = {{.to = "https://sts.us-west-2.amazonaws.com/", .code = 200, .body = WEB_KEYS}},
     .expected = "ASIASTS hush+/= hush//token== 2026-11-23T07:35:36Z",
     .asked = STS_POST},
    {.name = "the token goes into the body, encoded",
     .variables = WEB "\nAWS_ROLE_SESSION_NAME=me",
     .file = "hush.a+b/c=",
     .answers = {{.to = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
                        "RoleSessionName=me&WebIdentityToken=hush.a%2Bb%2Fc%3D",
                  .code = 200,
                  .body = WEB_KEYS}},
     .expected = "ASIASTS hush+/= hush//token== 2026-11-23T07:35:36Z",
     .asked = STS_POST},
    {.name = "a session name of our own",
     .variables = WEB,
     .file = "hush",
     .answers = {{.to = "&RoleSessionName=drowse-1795415736&", .code = 200, .body = WEB_KEYS}},
     .expected = "ASIASTS hush+/= hush//token== 2026-11-23T07:35:36Z",
     .asked = STS_POST},
    {.name = "no role",
     .variables = "AWS_WEB_IDENTITY_TOKEN_FILE=@/file",
     .expected = "denied: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not: set both, or neither"},
    {.name = "no file",
     .variables = WEB,
     .expected = "denied: @/file: no such file or directory (" WEB_WHERE ": its web identity token)"},
    {.name = "an empty file",
     .variables = WEB,
     .file = " \n",
     .expected = "denied: " WEB_WHERE ": the token file @/file is empty"},
    {.name = "refused",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 403, .body = STS_FAULT("AccessDenied", "Not authorized to perform &lt;it&gt;")}},
     .expected = "denied: " WEB_WHERE ": AccessDenied: Not authorized to perform <it> (request id q-1)",
     .asked = STS_POST},
    {.name = "a message that repeats the token is not shown",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 400, .body = STS_FAULT("InvalidIdentityToken", "what is hush?")}},
     .expected = "denied: " WEB_WHERE ": InvalidIdentityToken (request id q-1)",
     .asked = STS_POST},
    {.name = "of a message the first line alone",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 403, .body = STS_FAULT("X", "One.\nThe Canonical String:\nx-amz-security-token:hu")}},
     .expected = "denied: " WEB_WHERE ": X: One. (request id q-1)",
     .asked = STS_POST},
    {.name = "throttled",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 400, .body = STS_FAULT("Throttling", "Rate exceeded")}},
     .expected = "throttled: " WEB_WHERE ": Throttling: Rate exceeded (request id q-1)",
     .asked = STS_POST},
    {.name = "broken once",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 500, .body = "?"}, {.code = 200, .body = WEB_KEYS}},
     .expected = "ASIASTS hush+/= hush//token== 2026-11-23T07:35:36Z",
     .asked = STS_POST STS_POST},
    {.name = "lost once",
     .variables = WEB,
     .file = "hush",
     .answers = {{.outcome = HTTP_LOST, .error = "connection reset"}, {.code = 200, .body = WEB_KEYS}},
     .expected = "ASIASTS hush+/= hush//token== 2026-11-23T07:35:36Z",
     .asked = STS_POST STS_POST},
    {.name = "broken always",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 503, .body = "hush", .again = true}},
     .expected = "failed: " WEB_WHERE ": it answers with code 503",
     .asked = STS_POST STS_POST},
    {.name = "no answer in time",
     .variables = WEB,
     .file = "hush",
     .answers = {{.outcome = HTTP_LOST, .error = "timed out after 10 s", .timed_out = true}},
     .expected = "timed out: " WEB_WHERE ": timed out after 10 s",
     .asked = STS_POST},
    {.name = "no connection",
     .variables = WEB,
     .file = "hush",
     .answers = {{.outcome = HTTP_NOT_SENT, .error = "connection refused"}},
     .expected = "failed: " WEB_WHERE ": connection refused",
     .asked = STS_POST},
    {.name = "too much",
     .variables = WEB,
     .file = "hush",
     .answers = {{.outcome = HTTP_TOO_LARGE, .error = "over 65536 bytes"}},
     .expected = "failed: " WEB_WHERE ": its answer is over 64 KB",
     .asked = STS_POST},
    {.name = "no XML",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 200, .body = "{\"hush\": 1}"}},
     .expected = "failed: " WEB_WHERE ": the answer is not the XML that it should be",
     .asked = STS_POST},
    {.name = "another answer",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 200, .body = STS_KEYS("AssumeRole", "2026-11-23T07:35:36Z")}},
     .expected = "failed: " WEB_WHERE ": the answer is not the XML that it should be",
     .asked = STS_POST},
    {.name = "no end",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 200, .body = STS_KEYS("AssumeRoleWithWebIdentity", "soon")}},
     .expected = "failed: " WEB_WHERE ": the answer lacks an Expiration or a SessionToken",
     .asked = STS_POST},
    {.name = "ended before it came",
     .variables = WEB,
     .file = "hush",
     .answers = {{.code = 200, .body = STS_KEYS("AssumeRoleWithWebIdentity", "2026-11-23T06:35:36Z")}},
     .expected = "denied: " WEB_WHERE ": these credentials ended at 2026-11-23T06:35:36Z: get new ones, and check this "
                 "clock",
     .asked = STS_POST},
};

static void web_identity(void **state)
{
    (void)state;
    assert_int_equal(credentials_cases_failed(web_identity_cases, COUNT_OF(web_identity_cases)), 0);
}

// Any beginning of an answer is no answer, and so is one whose closing tags are swapped.
static void sts_answers_cut_short(void **state)
{
    (void)state;
    const char whole[] = WEB_KEYS;
    struct text inside;
    const char *path = "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials";
    assert_true(xml_find((struct text){whole, sizeof whole - 1}, path, &inside));
    for (size_t n = 0; n < sizeof whole - 1; n++)
        assert_false(xml_find((struct text){whole, n}, path, &inside));
    assert_false(xml_find(TEXT("<a><b>x</a></b>"), "a", &inside));
    assert_false(xml_find(TEXT("<a><!-- <b>x</b> --></a>"), "a", &inside));
    assert_false(xml_find(TEXT("<a><![CDATA[x]]></a>"), "a", &inside));
    assert_false(xml_find(TEXT("<!DOCTYPE a [<!ENTITY x 'y'>]><a/>"), "a", &inside));
    assert_false(xml_find(TEXT("<a b='<'/>x<c>"), "a", &inside));
    assert_true(xml_find(TEXT("<a b='>' c=\"/>\"/>"), "a", &inside));
    assert_int_equal(inside.n, 0);
}

// Depth is bounded, whatever an answer says.
static void sts_answers_nested_deeply(void **state)
{
    (void)state;
    struct buffer deep;
    struct text inside;
    buffer_init(&deep, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buffer_add(&deep, TEXT("<a>"));
    assert_false(xml_find(buffer_text(&deep), "a/a", &inside));
    buffer_release(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(web_identity),
        cmocka_unit_test(sts_answers_cut_short),
        cmocka_unit_test(sts_answers_nested_deeply),
    };
    return cmocka_run_group_tests_name("credentials_web_identity", tests, NULL, NULL) != 0;
}
