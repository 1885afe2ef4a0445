// HTTP over libcurl: one multi handle, whose connections, TLS sessions and CA store are kept between calls.
#ifndef DROWSE_SYS_HTTP_H
#define DROWSE_SYS_HTTP_H

#include <stddef.h>

#include "drowse/ports.h"

struct buffer;

struct http_settings {
    const char *ca_file;  // PEM, replaces the roots carried (AWS_CA_BUNDLE); NULL: the roots carried
    size_t side_by_side;  // transfers at once at most; the others wait their turn, their time not running. 0: 16
    double idle_s;        // connections unused for longer, by the clock on the wall, are not used again. 0: 50
};

struct http_client;

// The library is set up on the first call, so that a process that never calls pays nothing. NULL with a message
// where the CA file cannot be read. One thread at a time.
struct http_client *http_client_new(const struct http_settings *, struct buffer *error);
void http_client_free(struct http_client *);
// - TLS 1.2 or newer, always verified. A URL that is not plain and simple (credentials, blanks, a fragment), plain HTTP
//   where http_plain_allowed says no, a line break in a header: HTTP_NOT_SENT, with the reason.
// - A redirect is an answer like any other; it is never followed.
// - A body that is cut short, one that may be (its head does not say how long it is) and one past the maximum are
//   outcomes, never answers. Of these the headers are there
//   where the answer's head was whole, for its request id; `code` is not.
// - HTTP_NOT_SENT is said only of what failed before the first byte of the request could go out.
// - Nothing is sent twice, though libcurl by itself would: kept connections that have been closed are replaced before
//   they are used, but a request that went out on one, and got no answer, is HTTP_LOST. Whether to send it again is for
//   those who know what it does.
// - Proxies are those of https_proxy, no_proxy and so on, as libcurl reads them; never for loopback and link-local
//   addresses.
struct http http_client_port(struct http_client *);

// May plain HTTP go there: loopback, 169.254.170.2, 169.254.170.23, 169.254.169.254, [fd00:ec2::23], [fd00:ec2::254]?
bool http_plain_allowed(struct text url);

// The five roots of Amazon Trust Services (https://www.amazontrust.com/repository/), as PEM.
struct text http_roots(void);

#endif
