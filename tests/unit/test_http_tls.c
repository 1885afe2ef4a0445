// The HTTP client over TLS: who is trusted, what fails before anything is sent, proxies.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/http.h"
#include "tests/support/http_world.h"
#include "tests/support/loopback_server.h"

#define SHORT_MS 150
#define TRIES 2000

static const struct loopback_route routes[] = {
    {"/ok", 0, false, {{LOOPBACK_SEND, OK_HELLO, 0}}},
    {"/last", 0, false, {{LOOPBACK_SEND, OK_HELLO, 0}, {LOOPBACK_CLOSE, NULL, 0}}},
    {"/dies", 0, false, {{LOOPBACK_CLOSE, NULL, 0}}},
    {"/unread", 0, true, {{LOOPBACK_RESET, NULL, 0}}},
    {0},
};

static int make_identity(void **state)
{
    static struct loopback_identity identity;
    *state = &identity;
    return loopback_identity_make(&identity) ? 0 : -1;
}

static int release_identity(void **state)
{
    loopback_identity_release(*state);
    return 0;
}

static void start_tls(struct http_world *world, const struct loopback_identity *identity,
                      enum loopback_certificate certificate, const char *ca_file)
{
    http_world_start_server(
        world, &(struct loopback_settings){.routes = routes, .identity = identity, .certificate = certificate},
        (struct http_settings){.ca_file = ca_file});
}

// ---- trust ------------------------------------------------------------------------------------------------

static void trusts_the_file_of_authorities(void **state)
{
    const struct loopback_identity *identity = *state;
    struct http_world world;
    start_tls(&world, identity, LOOPBACK_VALID, identity->ca_file);
    for (int i = 0; i < 3; i++)
        assert_answered("by address", http_world_get(&world, "/ok"), 200, "hello");
    assert_int_equal(loopback_connections(world.server), 1);
    struct http_request request = http_world_request(&world, "GET", "/ok");
    request.url = arena_format(&world.arena, "https://localhost:%d/ok", loopback_port(world.server));
    assert_answered("by name", http_world_call(&world, request), 200, "hello");
    http_world_stop(&world);
}

// The words in the brackets are OpenSSL's, and its versions differ in them.
static void assert_untrusted(struct http_world *world, const char *words)
{
    struct http_answer answer = http_world_get(world, "/ok");
    char error[256];
    snprintf(error, sizeof error, "%.*s", TEXT_ARG(answer.error));
    if (answer.outcome != HTTP_NOT_SENT || !text_starts(answer.error, TEXT("TLS: ")) || !strstr(error, words))
        fail_msg("outcome %d, error \"%s\"; wanted \"%s\"", answer.outcome, error, words);
    assert_int_equal(loopback_requests(world->server, NULL), 0);
}

static void trusts_nobody_else(void **state)
{
    const struct loopback_identity *identity = *state;
    const struct {
        enum loopback_certificate certificate;
        const char *ca_file;
        const char *words;
    } cases[] = {
        {LOOPBACK_VALID, NULL, "TLS: certificate verify failed (unable to get local issuer certificate)"},
        {LOOPBACK_EXPIRED, identity->ca_file, "TLS: certificate verify failed (certificate has expired)"},
        {LOOPBACK_OTHER_HOST, identity->ca_file, "TLS: the certificate is for another host name"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_world world;
        start_tls(&world, identity, cases[i].certificate, cases[i].ca_file);
        assert_untrusted(&world, cases[i].words);
        assert_untrusted(&world, cases[i].words);
        http_world_stop(&world);
    }
}

// The roots of one file may not leak into a client of another: each has its own store.
static void keeps_clients_apart(void **state)
{
    const struct loopback_identity *identity = *state;
    struct http_world trusting, other;
    start_tls(&trusting, identity, LOOPBACK_VALID, identity->ca_file);
    assert_answered("trusted", http_world_get(&trusting, "/ok"), 200, "hello");
    start_tls(&other, identity, LOOPBACK_VALID, NULL);
    assert_untrusted(&other, "certificate verify failed");
    http_world_stop(&other);
    http_world_stop(&trusting);
}

static void assert_no_client(const char *path, const char *wanted)
{
    struct buffer error;
    buffer_init(&error, 256);
    struct http_client *client = http_client_new(&(struct http_settings){.ca_file = path}, &error);
    assert_null(client);
    assert_text(path, buffer_text(&error), wanted);
    buffer_release(&error);
}

static void says_what_is_wrong_with_a_file_of_authorities(void **state)
{
    (void)state;
    static const struct {
        const char *content, *reason;
    } cases[] = {
        {"", "no certificate in it; what is wanted is PEM, -----BEGIN CERTIFICATE-----"},
        {"nothing of the kind\n", "no certificate in it; what is wanted is PEM, -----BEGIN CERTIFICATE-----"},
        {"-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n",
         "a certificate in it cannot be read"},
        {"-----BEGIN CERTIFICATE-----\nMIID", "a certificate in it cannot be read"},
        {"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAA\n-----END CERTIFICATE-----\n",
         "a certificate in it cannot be read"},
    };
    assert_no_client("/nonexistent/ca.pem", "/nonexistent/ca.pem: no such file or directory");
    char path[] = "/tmp/drowse-ca-XXXXXX", wanted[256];
    int file = mkstemp(path);
    assert_true(file >= 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].content, strlen(cases[i].content), 0), strlen(cases[i].content));
        snprintf(wanted, sizeof wanted, "%s: %s", path, cases[i].reason);
        assert_no_client(path, wanted);
    }
    close(file);
    unlink(path);
}

// ---- handshakes -------------------------------------------------------------------------------------------

static void says_what_a_handshake_died_of(void **state)
{
    const struct loopback_identity *identity = *state;
    static const struct {
        struct loopback_step greeting[LOOPBACK_STEPS];
        const char *error;
        bool timed_out;
    } cases[] = {
        {{{LOOPBACK_SEND, "HTTP/1.1 400 Bad Request\r\n\r\n", 0}, {LOOPBACK_STALL, NULL, 0}},
         "TLS: the handshake failed (wrong version number)",
         false},
        {{{LOOPBACK_RESET, NULL, 0}}, "", false},
        {{{LOOPBACK_STALL, NULL, 0}}, "timed out after 150 ms while connecting", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_world world;
        http_world_start_server(
            &world, &(struct loopback_settings){.routes = routes, .greeting = cases[i].greeting, .identity = identity},
            (struct http_settings){.ca_file = identity->ca_file});
        struct http_request request = http_world_request(&world, "POST", "/ok");
        if (cases[i].timed_out)
            request.connect_timeout_ms = SHORT_MS;
        struct http_answer answer = http_world_call(&world, request);
        assert_int_equal(answer.outcome, HTTP_NOT_SENT);
        // Of a reset the words depend on how far the client has come.
        if (cases[i].error[0])
            assert_text("handshake", answer.error, cases[i].error);
        assert_true(answer.error.n > 0);
        assert_int_equal(answer.timed_out, cases[i].timed_out);
        assert_int_equal(loopback_requests(world.server, NULL), 0);
        http_world_stop(&world);
    }
}

static void sends_nothing_twice(void **state)
{
    const struct loopback_identity *identity = *state;
    struct http_world world;
    start_tls(&world, identity, LOOPBACK_VALID, identity->ca_file);
    assert_answered("first", http_world_get(&world, "/ok"), 200, "hello");
    assert_failed("/dies", http_world_call(&world, http_world_request(&world, "POST", "/dies")), HTTP_LOST,
                  "the connection was closed before an answer");
    assert_int_equal(loopback_requests(world.server, "/dies"), 1);
    http_world_stop(&world);
}

static void survives_a_reset_while_sending(void **state)
{
    const struct loopback_identity *identity = *state;
    static char large[8 * 1024 * 1024];
    struct http_world world;
    start_tls(&world, identity, LOOPBACK_VALID, identity->ca_file);
    struct http_request request = http_world_request(&world, "POST", "/unread");
    request.body = (struct text){large, sizeof large};
    assert_int_equal(http_world_call(&world, request).outcome, HTTP_LOST);
    http_world_stop(&world);
}

static void takes_sessions_up_again(void **state)
{
    const struct loopback_identity *identity = *state;
    struct http_world world;
    start_tls(&world, identity, LOOPBACK_VALID, identity->ca_file);
    assert_answered("first", http_world_get(&world, "/last"), 200, "hello");
    for (int i = 0; i < TRIES && loopback_open_connections(world.server); i++)
        usleep(1000);
    assert_answered("second", http_world_get(&world, "/ok"), 200, "hello");
    assert_int_equal(loopback_connections(world.server), 2);
    assert_int_equal(loopback_resumed(world.server), 1);
    http_world_stop(&world);
}

// ---- proxies ----------------------------------------------------------------------------------------------

static const char *const proxy_names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
static const char *const no_proxy_names[] = {"no_proxy", "NO_PROXY"};

static void set_proxies(const char *value)
{
    for (size_t i = 0; i < COUNT_OF(proxy_names); i++) {
        if (value)
            setenv(proxy_names[i], value, 1);
        else
            unsetenv(proxy_names[i]);
    }
    for (size_t i = 0; i < COUNT_OF(no_proxy_names); i++)
        unsetenv(no_proxy_names[i]);
}

static void uses_proxies_for_others_only(void **state)
{
    (void)state;
    static const struct loopback_route proxy_routes[] = {
        {"/ok", 0, false, {{LOOPBACK_SEND, OK_HELLO, 0}}},
        {"ecs.example.invalid:443",
         0,
         false,
         {{LOOPBACK_SEND, "HTTP/1.1 403 Forbidden\r\nX-Proxy: 1\r\nContent-Length: 0\r\n\r\n", 0},
          {LOOPBACK_CLOSE, NULL, 0}}},
        {0},
    };
    struct http_world world, proxy;
    http_world_start(&world, routes, (struct http_settings){0});
    http_world_start(&proxy, proxy_routes, (struct http_settings){0});
    char address[64];
    snprintf(address, sizeof address, "http://127.0.0.1:%d", loopback_port(proxy.server));
    set_proxies(address);
    struct http_answer near = http_world_get(&world, "/ok");
    struct http_request request = http_world_request(&world, "GET", "/ok");
    request.url = TEXT("https://ecs.example.invalid/");
    struct http_answer far = http_world_call(&world, request);
    set_proxies(NULL);
    assert_answered("to loopback", near, 200, "hello");
    assert_int_equal(loopback_requests(world.server, NULL), 1);
    assert_int_equal(far.outcome, HTTP_NOT_SENT);
    assert_int_equal(far.header_count, 0);
    assert_int_equal(loopback_requests(proxy.server, NULL), 1);
    http_world_stop(&proxy);
    http_world_stop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusts_the_file_of_authorities),
        cmocka_unit_test(trusts_nobody_else),
        cmocka_unit_test(keeps_clients_apart),
        cmocka_unit_test(says_what_is_wrong_with_a_file_of_authorities),
        cmocka_unit_test(says_what_a_handshake_died_of),
        cmocka_unit_test(sends_nothing_twice),
        cmocka_unit_test(survives_a_reset_while_sending),
        cmocka_unit_test(takes_sessions_up_again),
        cmocka_unit_test(uses_proxies_for_others_only),
    };
    return cmocka_run_group_tests_name("http_tls", tests, make_identity, release_identity) != 0;
}
