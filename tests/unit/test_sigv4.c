// Signatures: AWS's own suite stage by stage, its documented example, and the canonical form's odd corners.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "engine/aws/credentials.h"
#include "engine/aws/sigv4.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/json_read.h"
#include "engine/base/text.h"
#include "engine/sys/files.h"

#define LEAST_CASES 26
#define HEADERS 16
#define FILE_BYTES 65536

// ---- reading a case of the suite ------------------------------------------------------------------------------

struct suite_case {
    struct arena arena;
    struct text folder;
    struct credentials credentials;
    struct sigv4_scope scope;
    struct sigv4_request request;
    struct http_header headers[HEADERS];
    char stamp[SIGV4_STAMP_BYTES];
    bool omit_token, sign_body;
};

static struct text read_file(struct suite_case *suite, const char *name)
{
    struct buffer error;
    struct text content = {0};
    struct text path = arena_format(&suite->arena, "%.*s/%s", TEXT_ARG(suite->folder), name);
    buffer_init(&error, 500);
    if (!file_read(&suite->arena, path, FILE_BYTES, &content, &error))
        fail_msg("%s", error.p);
    buffer_release(&error);
    return content;
}

static void copy(char *to, size_t room, struct text from)
{
    assert_true(from.n < room);
    memcpy(to, from.p, from.n);
    to[from.n] = '\0';
}

static void set_member(struct suite_case *suite, struct text name, enum json_token token, struct text value)
{
    struct credentials *credentials = &suite->credentials;
    if (text_is(name, "access_key_id"))
        copy(credentials->access_key_id, sizeof credentials->access_key_id, value);
    else if (text_is(name, "secret_access_key"))
        copy(credentials->secret_access_key, sizeof credentials->secret_access_key, value);
    else if (text_is(name, "token"))
        copy(credentials->session_token, sizeof credentials->session_token, value);
    else if (text_is(name, "region"))
        suite->scope.region = value;
    else if (text_is(name, "service"))
        suite->scope.service = value;
    else if (text_is(name, "timestamp"))
        assert_true(parse_instant(value, &suite->scope.at_s));
    else if (text_is(name, "normalize"))
        suite->request.keep_path = token == JSON_FALSE;
    else if (text_is(name, "sign_body"))
        suite->sign_body = token == JSON_TRUE;
    else if (text_is(name, "omit_session_token"))
        suite->omit_token = token == JSON_TRUE;
    else if (!text_is(name, "credentials") && !text_is(name, "expiration_in_seconds"))
        fail_msg("context.json of %.*s: %.*s is not known here", TEXT_ARG(suite->folder), TEXT_ARG(name));
}

static void read_context(struct suite_case *suite)
{
    struct json_reader reader;
    struct text name = {0};
    json_read_begin(&reader, &suite->arena, read_file(suite, "context.json"));
    for (enum json_token token = json_next(&reader); token != JSON_END; token = json_next(&reader)) {
        assert_int_not_equal(token, JSON_ERROR);
        if (token == JSON_KEY)
            name = reader.text;
        else if (token != JSON_OBJECT && token != JSON_OBJECT_END)
            set_member(suite, name, token, reader.text);
    }
}

static struct text take_line(struct text *rest)
{
    size_t end = rest->n;
    text_find(*rest, '\n', &end);
    struct text line = {rest->p, end};
    *rest = text_from(*rest, end + 1);
    return line;
}

static void add_header(struct suite_case *suite, struct text name, struct text value)
{
    assert_true(suite->request.header_count < HEADERS);
    suite->headers[suite->request.header_count++] = (struct http_header){name, value};
}

// A line that begins with a blank goes on with the value before it.
static void read_header(struct suite_case *suite, struct text line)
{
    size_t colon;
    if (line.p[0] == ' ') {
        struct http_header *last = &suite->headers[suite->request.header_count - 1];
        last->value = (struct text){last->value.p, (size_t)(line.p + line.n - last->value.p)};
        return;
    }
    assert_true(text_find(line, ':', &colon));
    add_header(suite, (struct text){line.p, colon}, text_from(line, colon + 1));
}

static void read_request(struct suite_case *suite)
{
    struct sigv4_request *request = &suite->request;
    struct text rest = read_file(suite, "request.txt");
    struct text line = take_line(&rest), protocol = TEXT(" HTTP/1.1");
    size_t blank, mark;
    assert_true(text_find(line, ' ', &blank) && text_ends(line, protocol));
    request->method = (struct text){line.p, blank};
    struct text target = text_from(line, blank + 1);
    target.n -= protocol.n;
    mark = target.n;
    text_find(target, '?', &mark);
    request->path = (struct text){target.p, mark};
    request->query = text_from(target, mark + 1);
    for (line = take_line(&rest); line.n; line = take_line(&rest))
        read_header(suite, line);
    request->body = rest;
    request->headers = suite->headers;
}

// What a signer adds before it signs.
static void add_own_headers(struct suite_case *suite)
{
    sigv4_stamp(suite->scope.at_s, suite->stamp);
    add_header(suite, TEXT("X-Amz-Date"), text_of(suite->stamp));
    if (suite->credentials.session_token[0] && !suite->omit_token)
        add_header(suite, TEXT("X-Amz-Security-Token"), text_of(suite->credentials.session_token));
    if (!suite->sign_body)
        return;
    // The canonical request ends in the body's hash.
    struct buffer canonical;
    buffer_init(&canonical, FILE_BYTES);
    sigv4_canonical_request(&suite->request, &canonical);
    struct text hash = text_from(buffer_text(&canonical), canonical.n - 64);
    add_header(suite, TEXT("x-amz-content-sha256"), arena_text(&suite->arena, hash));
    buffer_release(&canonical);
}

// ---- the stages -----------------------------------------------------------------------------------------------

static int differs(struct suite_case *suite, const char *stage, struct text got, struct text wanted)
{
    if (text_eq(text_trim(got), text_trim(wanted)))
        return 0;
    print_error("%.*s: %s is\n%.*s\n---- and should be\n%.*s\n", TEXT_ARG(suite->folder), stage, TEXT_ARG(got),
                TEXT_ARG(wanted));
    return 1;
}

static struct text authorization_of(struct text signed_request)
{
    struct text rest = signed_request, name = TEXT("Authorization:");
    while (rest.n) {
        struct text line = take_line(&rest);
        if (text_starts(line, name))
            return text_from(line, name.n);
    }
    return (struct text){0};
}

// Each stage from the suite's own answer of the one before it, then all at once.
static int compare_stages(struct suite_case *suite)
{
    struct buffer out;
    struct text canonical = read_file(suite, "header-canonical-request.txt");
    struct text to_sign = read_file(suite, "header-string-to-sign.txt");
    int failed = 0;
    buffer_init(&out, FILE_BYTES);
    sigv4_canonical_request(&suite->request, &out);
    failed += differs(suite, "the canonical request", buffer_text(&out), canonical);
    buffer_clear(&out);
    sigv4_string_to_sign(&suite->scope, text_trim(canonical), &out);
    failed += differs(suite, "the string to sign", buffer_text(&out), to_sign);
    buffer_clear(&out);
    assert_true(sigv4_signature(&suite->credentials, &suite->scope, text_trim(to_sign), &out));
    failed += differs(suite, "the signature", buffer_text(&out), read_file(suite, "header-signature.txt"));
    buffer_clear(&out);
    assert_true(sigv4_authorization(&suite->credentials, &suite->scope, &suite->request, &out));
    struct text wanted = authorization_of(read_file(suite, "header-signed-request.txt"));
    assert_true(wanted.n > 0);
    failed += differs(suite, "the Authorization", buffer_text(&out), wanted);
    buffer_release(&out);
    return failed;
}

static int run_case(const char *folder, const char *name)
{
    static struct suite_case suite;
    suite = (struct suite_case){.scope.at_s = 0};
    suite.folder = arena_format(&suite.arena, "%s/%s", folder, name);
    read_context(&suite);
    read_request(&suite);
    add_own_headers(&suite);
    int failed = compare_stages(&suite);
    arena_release(&suite.arena);
    return failed;
}

static void suite_passes(void **state)
{
    (void)state;
    char path[1024];
    const char *shared = getenv("SHARED");
    snprintf(path, sizeof path, "%s/vectors/sigv4", shared ? shared : "../shared");
    DIR *folder = opendir(path);
    if (!folder) {
        print_message("left out: AWS's suite of signatures: %s is not there\n", path);
        skip();
        return;
    }
    int cases = 0, failed = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        cases++;
        failed += run_case(path, entry->d_name);
    }
    closedir(folder);
    print_message("%d cases of AWS's suite, four stages each\n", cases);
    assert_true(cases >= LEAST_CASES);
    assert_int_equal(failed, 0);
}

// ---- what needs no suite --------------------------------------------------------------------------------------

static const struct credentials example = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", 0};

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html: ListUsers.
static void documented_example(void **state)
{
    (void)state;
    const struct sigv4_scope scope = {TEXT("us-east-1"), TEXT("iam"), 1440938160};
    const struct http_header headers[] = {
        {TEXT("Content-Type"), TEXT("application/x-www-form-urlencoded; charset=utf-8")},
        {TEXT("Host"), TEXT("iam.amazonaws.com")},
        {TEXT("X-Amz-Date"), TEXT("20150830T123600Z")},
    };
    const struct sigv4_request request = {.method = TEXT("GET"),
                                          .path = TEXT("/"),
                                          .query = TEXT("Action=ListUsers&Version=2010-05-08"),
                                          .headers = headers,
                                          .header_count = 3};
    struct buffer out;
    buffer_init(&out, 1000);
    assert_true(sigv4_authorization(&example, &scope, &request, &out));
    assert_string_equal(out.p, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                               "SignedHeaders=content-type;host;x-amz-date, "
                               "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    buffer_release(&out);
}

static const struct {
    const char *name, *path, *query, *headers;
    bool keep_path;
    const char *expected;  // path, query, headers
} canonical_cases[] = {
    {"an empty path is the root", "", "", "host:a", false, "/||host:a\n"},
    {"kept, too", "", "", "host:a", true, "/||host:a\n"},
    {"dots go up, but not above the root", "/../a/./b//c/../d/", "", "host:a", false, "/a/b/d/||host:a\n"},
    {"dots at the end", "/a/..", "", "host:a", false, "/||host:a\n"},
    {"three dots are a name", "/.../a", "", "host:a", false, "/.../a||host:a\n"},
    {"what is encoded is encoded again", "/a%20b/ü", "", "host:a", false, "/a%2520b/%C3%BC||host:a\n"},
    {"but for S3", "/a%20b//../ü", "", "host:a", true, "/a%20b//../%C3%BC||host:a\n"},
    {"a lone percent sign", "/%/%2/%zz", "", "host:a", true, "/%25/%252/%25zz||host:a\n"},
    {"by name, then by value", "/", "b=2&a=z&b=10&a=b&aa=1", "host:a", false, "/|a=b&a=z&aa=1&b=10&b=2|host:a\n"},
    {"a name that begins another", "/", "Param-3=v&Param=v", "host:a", false, "/|Param=v&Param-3=v|host:a\n"},
    {"no value, no name, nothing", "/", "b&&=v&a=", "host:a", false, "/|=v&a=&b=|host:a\n"},
    {"escapes in one form", "/", "k=%2f%41%7e&m=a+b c", "host:a", false, "/|k=%2FA~&m=a%2Bb%20c|host:a\n"},
    {"an equals sign in a value", "/", "k=a=b", "host:a", false, "/|k=a%3Db|host:a\n"},
    {"blanks within and around", "/", "", "My-B:  a \t  b  |HOST:a", false, "/||host:a\nmy-b:a b\n"},
    {"repeated names in their order", "/", "", "x:b|host:h|X: a |x:", false, "/||host:h\nx:b,a,\n"},
    {"a value over several lines", "/", "", "x:one\r\n  two\n\tthree|host:h", false, "/||host:h\nx:one two three\n"},
    {"names by bytes", "/", "", "a-b:1|a:2|ab:3", false, "/||a:2\na-b:1\nab:3\n"},
};

static size_t split_headers(const char *lines, struct http_header headers[HEADERS])
{
    size_t count = 0;
    for (struct text rest = text_of(lines); rest.n;) {
        size_t end = rest.n, colon;
        text_find(rest, '|', &end);
        struct text line = {rest.p, end};
        assert_true(text_find(line, ':', &colon));
        headers[count++] = (struct http_header){{line.p, colon}, text_from(line, colon + 1)};
        rest = text_from(rest, end + 1);
    }
    return count;
}

static void canonical_corners(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < sizeof canonical_cases / sizeof canonical_cases[0]; i++) {
        struct http_header headers[HEADERS];
        struct sigv4_request request = {.method = TEXT("GET"),
                                        .path = text_of(canonical_cases[i].path),
                                        .query = text_of(canonical_cases[i].query),
                                        .headers = headers,
                                        .keep_path = canonical_cases[i].keep_path};
        struct buffer out, got;
        buffer_init(&out, 2000);
        buffer_init(&got, 2000);
        request.header_count = split_headers(canonical_cases[i].headers, headers);
        sigv4_canonical_request(&request, &out);
        struct text rest = buffer_text(&out);
        assert_true(text_is(take_line(&rest), "GET"));
        struct text path = take_line(&rest), query = take_line(&rest);
        buffer_printf(&got, "%.*s|%.*s|", TEXT_ARG(path), TEXT_ARG(query));
        for (struct text line = take_line(&rest); line.n; line = take_line(&rest))
            buffer_printf(&got, "%.*s\n", TEXT_ARG(line));
        if (!text_is(buffer_text(&got), canonical_cases[i].expected)) {
            print_error("%s: %s should be %s\n", canonical_cases[i].name, got.p, canonical_cases[i].expected);
            failed++;
        }
        buffer_release(&out);
        buffer_release(&got);
    }
    assert_int_equal(failed, 0);
}

static void given_hash_stands(void **state)
{
    (void)state;
    const struct http_header headers[] = {{TEXT("host"), TEXT("a")},
                                          {TEXT("X-Amz-Content-SHA256"), TEXT("UNSIGNED-PAYLOAD")}};
    const struct sigv4_request request = {
        .method = TEXT("PUT"), .path = TEXT("/"), .headers = headers, .header_count = 2, .body = TEXT("body")};
    struct buffer out;
    buffer_init(&out, 1000);
    sigv4_canonical_request(&request, &out);
    assert_true(text_ends(buffer_text(&out), TEXT("\nhost;x-amz-content-sha256\nUNSIGNED-PAYLOAD")));
    buffer_release(&out);
}

static void stamps(void **state)
{
    (void)state;
    static const struct {
        double at_s;
        const char *stamp;
    } cases[] = {{0, "19700101T000000Z"},
                 {1440938160, "20150830T123600Z"},
                 {1440938160.999, "20150830T123600Z"},
                 {1795415736.5, "20261123T063536Z"},
                 {951827696, "20000229T123456Z"},
                 {-5, "19700101T000000Z"},
                 {1e300, "99991231T235959Z"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char stamp[SIGV4_STAMP_BYTES];
        sigv4_stamp(cases[i].at_s, stamp);
        assert_string_equal(stamp, cases[i].stamp);
    }
}

// What does not fit whole is no signature, and nothing of it is added.
static void no_half_header(void **state)
{
    (void)state;
    const struct sigv4_scope scope = {TEXT("us-east-1"), TEXT("iam"), 1440938160};
    const struct http_header header = {TEXT("host"), TEXT("a")};
    const struct sigv4_request request = {
        .method = TEXT("GET"), .path = TEXT("/"), .headers = &header, .header_count = 1};
    struct buffer out;
    buffer_init(&out, 100);
    buffer_add(&out, TEXT("before"));
    assert_false(sigv4_authorization(&example, &scope, &request, &out));
    assert_int_equal(out.n, 6);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite_passes),
        cmocka_unit_test(documented_example),
        cmocka_unit_test(canonical_corners),
        cmocka_unit_test(given_hash_stands),
        cmocka_unit_test(stamps),
        cmocka_unit_test(no_half_header),
    };
    return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL) != 0;
}
