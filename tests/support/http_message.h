// For tests: requests and answers of HTTP/1.1 as bytes.
#ifndef DROWSE_TESTS_HTTP_MESSAGE_H
#define DROWSE_TESTS_HTTP_MESSAGE_H

#include <stdbool.h>

#include "tests/support/http_server.h"

// The request that the bytes begin with; *whole is its length, 0 as long as it is not all there. False: it is none.
bool message_read(struct text bytes, struct server_request *, size_t *whole);
// As Date headers have it: "Mon, 23 Nov 2026 06:35:36 GMT".
#define MESSAGE_DATE_BYTES 40
void message_date(double at_s, char date[MESSAGE_DATE_BYTES]);
// The answer's bytes, as its fate has them.
void message_write(const struct server_reply *, double now_s, struct buffer *out);

#endif
