// URLs: which host they name, and how far away that is.
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "engine/sys/http.h"
#include "engine/sys/http_parts.h"

#define HOST_MAXIMUM 253
#define PORT_MAXIMUM 65535
#define PORT_DIGITS 5

// Where AWS hands out credentials over plain HTTP: containers, EKS, instances.
static const char *const plain_v4[] = {"169.254.170.2", "169.254.170.23", "169.254.169.254"};
static const char *const plain_v6[] = {"fd00:ec2::23", "fd00:ec2::254"};

static bool byte_among(char c, const char *others)
{
    bool common = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return common || (c != '\0' && strchr(others, c));
}

static bool bytes_among(struct text text, const char *others)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!byte_among(text.p[i], others))
            return false;
    }
    return text.n > 0;
}

static bool take_scheme(struct text *url, bool *tls)
{
    static const struct {
        const char *name;
        bool tls;
    } schemes[] = {{"https://", true}, {"http://", false}};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t n = strlen(schemes[i].name);
        if (url->n <= n || strncasecmp(url->p, schemes[i].name, n) != 0)
            continue;
        *url = text_from(*url, n);
        *tls = schemes[i].tls;
        return true;
    }
    return false;
}

// What stands behind the host: nothing, or a colon and a port.
static bool port_valid(struct text port)
{
    if (port.n == 0)
        return true;
    int64_t number;
    port = text_from(port, 1);
    return port.n <= PORT_DIGITS && bytes_among(port, "") && text_to_int64(port, &number) && number > 0 &&
           number <= PORT_MAXIMUM;
}

static bool take_host(struct text authority, struct text *host)
{
    size_t end = authority.n;
    if (authority.n && authority.p[0] == '[') {
        if (!text_find(authority, ']', &end))
            return false;
        *host = (struct text){authority.p + 1, end - 1};
        struct text port = text_from(authority, end + 1);
        return bytes_among(*host, ":.") && (port.n == 0 || port.p[0] == ':') && port_valid(port);
    }
    if (!text_find(authority, ':', &end))
        end = authority.n;
    *host = (struct text){authority.p, end};
    return bytes_among(*host, "-._") && port_valid(text_from(authority, end));
}

static void classify_v4(struct in_addr address, struct http_place *place)
{
    uint32_t number = ntohl(address.s_addr);
    place->loopback = number >> 24 == 127;
    place->link_local = number >> 16 == (169u << 8 | 254u);
    place->plain_allowed = place->loopback;
    for (size_t i = 0; i < sizeof plain_v4 / sizeof plain_v4[0]; i++) {
        struct in_addr one;
        place->plain_allowed |= inet_pton(AF_INET, plain_v4[i], &one) == 1 && one.s_addr == address.s_addr;
    }
}

static void classify_v6(const struct in6_addr *address, struct http_place *place)
{
    place->loopback = IN6_IS_ADDR_LOOPBACK(address);
    place->link_local = IN6_IS_ADDR_LINKLOCAL(address);
    place->plain_allowed = place->loopback;
    for (size_t i = 0; i < sizeof plain_v6 / sizeof plain_v6[0]; i++) {
        struct in6_addr one;
        bool same = inet_pton(AF_INET6, plain_v6[i], &one) == 1 && memcmp(&one, address, sizeof one) == 0;
        place->plain_allowed |= same;
        place->link_local |= same;
    }
}

// "localhost" is loopback by libcurl's own doing, whatever a name server says of it.
static void classify(struct http_place *place)
{
    char name[HOST_MAXIMUM + 1];
    memcpy(name, place->host.p, place->host.n);
    name[place->host.n] = '\0';
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(name, "localhost") == 0)
        place->loopback = place->plain_allowed = true;
    else if (inet_pton(AF_INET, name, &v4) == 1)
        classify_v4(v4, place);
    else if (inet_pton(AF_INET6, name, &v6) == 1)
        classify_v6(&v6, place);
}

bool http_place_of(struct text url, struct http_place *place)
{
    struct http_place found = {0};
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        if (c <= ' ' || c > '~' || c == '\\' || c == '#')
            return false;
    }
    if (!take_scheme(&url, &found.tls))
        return false;
    size_t end = 0;
    while (end < url.n && url.p[end] != '/' && url.p[end] != '?')
        end++;
    if (!take_host((struct text){url.p, end}, &found.host) || found.host.n > HOST_MAXIMUM)
        return false;
    classify(&found);
    *place = found;
    return true;
}

bool http_plain_allowed(struct text url)
{
    struct http_place place;
    return http_place_of(url, &place) && !place.tls && place.plain_allowed;
}
