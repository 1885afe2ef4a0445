// Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), in
// stages that can each be tested. Time is given, keys are wiped.
#ifndef DROWSE_AWS_SIGV4_H
#define DROWSE_AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/ports.h"
#include "drowse/text.h"

struct buffer;
struct credentials;

struct sigv4_request {
    struct text method, path, query;  // path and query as they are sent (query without '?')
    // Those to sign, host and x-amz-date among them, and x-amz-security-token where the credentials have one; any
    // order, any case. Repeated names are joined, blanks collapsed. An x-amz-content-sha256 stands for the body's hash.
    const struct http_header *headers;
    size_t header_count;
    struct text body;
    bool keep_path;  // S3 and the suite's unnormalised cases: dot segments, double slashes and %XX stand
};

struct sigv4_scope {
    struct text region, service;
    double at_s;
};

#define SIGV4_STAMP_BYTES 17  // "20150830T123600Z" and its NUL

// Of an instant within the years 1970 to 9999; those outside are moved to the nearer end.
void sigv4_stamp(double at_s, char stamp[SIGV4_STAMP_BYTES]);
// A byte as it stands in paths, queries and forms, RFC 3986's unreserved ones as they are; returns how many bytes that
// are.
size_t sigv4_encode(char c, char encoded[3]);
// A buffer given to these is added to. One that is too small ends up `truncated`.
void sigv4_canonical_request(const struct sigv4_request *, struct buffer *);
void sigv4_string_to_sign(const struct sigv4_scope *, struct text canonical_request, struct buffer *);
// 64 hexadecimal digits. False: OpenSSL failed, and nothing was added.
bool sigv4_signature(const struct credentials *, const struct sigv4_scope *, struct text string_to_sign,
                     struct buffer *);
// The value of the Authorization header. False: OpenSSL or memory failed, and nothing was added.
bool sigv4_authorization(const struct credentials *, const struct sigv4_scope *, const struct sigv4_request *,
                         struct buffer *);

#endif
