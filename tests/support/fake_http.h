// For tests: an HTTP port that gives scripted answers and keeps what it was asked.
#ifndef DROWSE_TESTS_FAKE_HTTP_H
#define DROWSE_TESTS_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/ports.h"
#include "engine/base/arena.h"

#define FAKE_HTTP_ANSWERS 256
#define FAKE_HTTP_REQUESTS 4096

// One answer of the script.
struct fake_answer {
    const char *to;  // fits only a request whose "METHOD URL", a header's value or body holds this; NULL: any
    enum http_outcome outcome;
    int code;
    const char *headers;  // "name: value\nname: value", names in lower case; NULL: none
    const char *body;     // NULL: empty
    bool timed_out;
    const char *error;  // of what is not HTTP_ANSWERED; NULL: a word of its own
    bool again;         // stays for further requests; else it serves one
    double received_s;  // 0: the answer says 1
};

struct fake_http {
    struct arena arena;  // of what was recorded
    struct fake_answer script[FAKE_HTTP_ANSWERS];
    bool used[FAKE_HTTP_ANSWERS];
    size_t scripted;
    struct http_request requests[FAKE_HTTP_REQUESTS];  // whole copies, in their order; the last ones are dropped
    size_t requested;
    size_t unexpected;  // requests that no answer was left for: they get HTTP_NOT_SENT
};

struct fake_http *fake_http_new(void);
void fake_http_free(struct fake_http *);
struct http fake_http_port(struct fake_http *);
// Adds to the script. Texts are borrowed. A request takes the first unused answer that fits it.
void fake_http_answers(struct fake_http *, const struct fake_answer *, size_t count);
// Forgets the script and the requests.
void fake_http_reset(struct fake_http *);
// Of the request of that index, from 0: the header's value by its name in any case; the empty text where there is none.
struct text fake_http_header(const struct fake_http *, size_t request, const char *name);
// For other fakes of the port: a whole copy; "name: value\nname: value" as headers, NULL being none; and a request's
// header by its name in any case, the empty text where there is none.
struct http_request request_copy(struct arena *, const struct http_request *);
struct http_header *headers_from_lines(struct arena *, const char *lines, size_t *count);
struct text request_value(const struct http_request *, const char *name);
// "METHOD URL" of all requests, one a line, NUL-terminated.
const char *fake_http_log(struct fake_http *);

#endif
