// Signs requests, for tests that know the signatures from elsewhere.
//     sigv4_probe < REQUESTS
// A request is lines of a word, a blank and its value with bytes as \xNN where they are no printable ASCII (or a
// backslash), closed by an empty line; it is answered by one line, the Authorization header.
//     key ID   secret KEY   region NAME   service NAME   at SECONDS   method NAME   path PATH   query QUERY
//     header NAME:VALUE (any number)   body BYTES
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/aws/credentials.h"
#include "engine/aws/sigv4.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define HEADERS 64
#define LINE_BYTES ((size_t)1 << 20)

struct probe {
    struct arena arena;
    struct credentials credentials;
    struct sigv4_scope scope;
    struct sigv4_request request;
    struct http_header headers[HEADERS];
};

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "sigv4_probe: %s\n", what);
    exit(2);
}

static char digit(char c)
{
    const char digits[] = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;
    if (!found)
        stop("\\x needs two digits in small letters");
    return (char)(found - digits);
}

static struct text decode(struct arena *arena, const char *written)
{
    size_t length = strlen(written), n = 0;
    char *p = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        if (written[i] != '\\') {
            p[n++] = written[i];
            continue;
        }
        if (length - i < 4 || written[i + 1] != 'x')
            stop("a backslash without xNN");
        p[n++] = (char)(digit(written[i + 2]) * 16 + digit(written[i + 3]));
        i += 3;
    }
    return (struct text){p, n};
}

static void copy(char *to, size_t room, struct text from)
{
    if (from.n >= room)
        stop("a key that is too long");
    memcpy(to, from.p, from.n);
    to[from.n] = '\0';
}

static void add_header(struct probe *probe, struct text line)
{
    size_t colon;
    if (probe->request.header_count == HEADERS || !text_find(line, ':', &colon))
        stop("too many headers, or one without a colon");
    probe->headers[probe->request.header_count++] = (struct http_header){{line.p, colon}, text_from(line, colon + 1)};
}

static void set(struct probe *probe, struct text word, struct text value)
{
    const struct {
        const char *word;
        struct text *to;
    } texts[] = {{"region", &probe->scope.region},   {"service", &probe->scope.service},
                 {"method", &probe->request.method}, {"path", &probe->request.path},
                 {"query", &probe->request.query},   {"body", &probe->request.body}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (text_is(word, texts[i].word)) {
            *texts[i].to = value;
            return;
        }
    }
    if (text_is(word, "key"))
        copy(probe->credentials.access_key_id, sizeof probe->credentials.access_key_id, value);
    else if (text_is(word, "secret"))
        copy(probe->credentials.secret_access_key, sizeof probe->credentials.secret_access_key, value);
    else if (text_is(word, "header"))
        add_header(probe, value);
    else if (!text_is(word, "at") || !text_to_double(value, &probe->scope.at_s))
        stop("a word that is not known");
}

static void answer(struct probe *probe)
{
    struct buffer out;
    buffer_init(&out, LINE_BYTES);
    probe->request.headers = probe->headers;
    if (!sigv4_authorization(&probe->credentials, &probe->scope, &probe->request, &out))
        stop("cannot sign");
    printf("%s\n", out.p);
    buffer_release(&out);
    arena_release(&probe->arena);
    memset(probe, 0, sizeof *probe);
}

int main(void)
{
    static struct probe probe;
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        size_t blank;
        struct text whole = text_of(line);
        if (whole.n == 0) {
            answer(&probe);
            continue;
        }
        if (!text_find(whole, ' ', &blank))
            stop("a line without a blank");
        set(&probe, arena_text(&probe.arena, (struct text){line, blank}), decode(&probe.arena, line + blank + 1));
    }
    arena_release(&probe.arena);
    return 0;
}
