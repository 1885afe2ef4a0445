// Where plain HTTP may go, and what is no URL at all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/base/text.h"
#include "engine/sys/http.h"
#include "engine/sys/http_parts.h"
#include "tests/support/asserts.h"

static void lets_plain_http_go_nearby_only(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool allowed;
    } cases[] = {
        {"http://127.0.0.1/", true},
        {"http://127.0.0.1", true},
        {"http://127.8.9.10:9001/2018-06-01", true},
        {"HTTP://LocalHost:8080?x", true},
        {"http://[::1]:80/x", true},
        {"http://[0:0:0:0:0:0:0:1]/x", true},
        {"http://169.254.170.2/v2/credentials/x", true},
        {"http://169.254.170.23/v1/credentials", true},
        {"http://169.254.169.254/latest/api/token", true},
        {"http://[fd00:ec2::23]/v1/credentials", true},
        {"http://[fd00:ec2:0:0:0:0:0:254]/latest", true},
        {"https://127.0.0.1/", false},
        {"http://example.com/", false},
        {"http://10.0.0.1/", false},
        {"http://169.254.170.3/", false},
        {"http://169.254.169.25/", false},
        {"http://[fd00:ec2::24]/", false},
        {"http://[fe80::1]/", false},
        {"http://[::ffff:10.0.0.1]/", false},
        {"http://0.0.0.0/", false},
        {"http://localhost.example.com/", false},
        {"http://127.0.0.1.example.com/", false},
        {"http://127.1/", false},
        {"http://0x7f000001/", false},
        {"http://2130706433/", false},
        {"http://0177.0.0.1/", false},
        {"http://127.0.0.1@example.com/", false},
        {"http://user:127.0.0.1@example.com/", false},
        {"http://example.com#@127.0.0.1/", false},
        {"http://127.0.0.1#@example.com/", false},
        {"http://127.0.0.1\\@example.com/", false},
        {"http://127.0.0.1\t.example.com/", false},
        {"http://127.0.0.1%2eexample.com/", false},
        {"http://127.0.0.1:80@example.com/", false},
        {"http://[::1]example.com/", false},
        {"http://[::1", false},
        {"http://[::1%25eth0]/", false},
        {"http://127.0.0.1:/", false},
        {"http://127.0.0.1:0/", false},
        {"http://127.0.0.1:65536/", false},
        {"http://127.0.0.1:-1/", false},
        {"http://127.0.0.1:123456/", false},
        {"http:///x", false},
        {"http://", false},
        {"http:127.0.0.1", false},
        {"//127.0.0.1/", false},
        {"ftp://127.0.0.1/", false},
        {"", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (http_plain_allowed(text_of(cases[i].url)) != cases[i].allowed)
            fail_msg("\"%s\" should %sbe allowed", cases[i].url, cases[i].allowed ? "" : "not ");
    }
}

static void knows_who_is_near(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        bool tls, loopback, link_local;
    } cases[] = {
        {"https://ecs.eu-west-1.amazonaws.com/", "ecs.eu-west-1.amazonaws.com", true, false, false},
        {"https://ecs.eu-west-1.amazonaws.com:8443?x=[@]", "ecs.eu-west-1.amazonaws.com", true, false, false},
        {"https://localhost/", "localhost", true, true, false},
        {"http://169.254.1.2/", "169.254.1.2", false, false, true},
        {"https://[fe80::1]/", "fe80::1", true, false, true},
        {"https://[fd00:ec2::254]/", "fd00:ec2::254", true, false, true},
        {"https://[2001:db8::1]:1/", "2001:db8::1", true, false, false},
        {"https://169.255.0.1/", "169.255.0.1", true, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_place place;
        if (!http_place_of(text_of(cases[i].url), &place) || !text_is(place.host, cases[i].host) ||
            place.tls != cases[i].tls || place.loopback != cases[i].loopback || place.link_local != cases[i].link_local)
            fail_msg("%s", cases[i].url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_plain_http_go_nearby_only),
        cmocka_unit_test(knows_who_is_near),
    };
    return cmocka_run_group_tests_name("http_url", tests, NULL, NULL) != 0;
}
