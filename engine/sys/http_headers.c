// Headers: those of a request as libcurl wants them, and those of an answer as they come in.
#include <string.h>

#include "drowse/limits.h"
#include "engine/sys/http_parts.h"

// The port's own; two of a kind would let the two ends disagree on where a request ends.
static const char *const reserved[] = {"host", "content-length", "transfer-encoding", "connection", "expect"};

// What libcurl adds unasked, and what takes it away. A body needs no Expect: it would wait a second for a server that
// does not know it, and signers do not see it.
static const char *const unasked[] = {"accept", "content-type", "expect"};

// RFC 9110: a token.
static bool name_valid(struct text name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.n > 0;
}

static bool value_valid(struct text value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool header_valid(const struct http_header *header, struct buffer *error)
{
    if (!name_valid(header->name)) {
        buffer_printf(error, "a header's name that is none");
        return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (text_is_any_case(header->name, reserved[i])) {
            buffer_printf(error, "the header %s is not for the caller to set", reserved[i]);
            return false;
        }
    }
    if (!value_valid(header->value))
        buffer_printf(error, "the header %.*s has a line break or another control character in it",
                      TEXT_ARG(header->name));
    return value_valid(header->value);
}

// libcurl's list takes a char *, and only reads it.
static struct curl_slist **append(struct arena *arena, struct curl_slist **last, char *line)
{
    struct curl_slist *node = ARENA_NEW(arena, struct curl_slist);
    node->data = line;
    *last = node;
    return &node->next;
}

static char *line_of(struct arena *arena, struct text name, struct text separator, struct text value)
{
    char *line = arena_alloc(arena, name.n + separator.n + value.n + 1);
    memcpy(line, name.p, name.n);
    memcpy(line + name.n, separator.p, separator.n);
    if (value.n)
        memcpy(line + name.n + separator.n, value.p, value.n);
    return line;
}

bool http_headers_for_request(struct arena *arena, const struct http_request *request, struct curl_slist **list,
                              struct buffer *error)
{
    struct curl_slist *first = NULL, **last = &first;
    bool given[sizeof unasked / sizeof unasked[0]] = {false};
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!header_valid(header, error))
            return false;
        struct text value = text_trim(header->value);
        // To libcurl "Name:" means to leave the header out, and "Name;" to send it empty.
        last = append(arena, last, line_of(arena, header->name, value.n ? TEXT(": ") : TEXT(";"), value));
        for (size_t j = 0; j < sizeof unasked / sizeof unasked[0]; j++)
            given[j] |= text_is_any_case(header->name, unasked[j]);
    }
    for (size_t j = 0; j < sizeof unasked / sizeof unasked[0]; j++) {
        if (!given[j])
            last = append(arena, last, line_of(arena, text_of(unasked[j]), TEXT(":"), (struct text){0}));
    }
    *list = first;
    return true;
}

// ---- of an answer -----------------------------------------------------------------------------------------

static bool fail(struct http_head *head, const char *fault)
{
    head->fault = fault;
    return false;
}

static struct text lower_case(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        copy[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct text){copy, text.n};
}

static bool add_header(struct http_head *head, struct arena *arena, struct text line)
{
    size_t colon;
    if (!text_find(line, ':', &colon) || !name_valid((struct text){line.p, colon}))
        return fail(head, "a header of the answer that is none");
    if (head->count == LIMIT_HTTP_HEADERS)
        return fail(head, "too many headers in the answer");
    head->headers =
        arena_grow(arena, head->headers, head->count, &head->capacity, head->count + 1, sizeof head->headers[0]);
    head->headers[head->count++] = (struct http_header){
        .name = lower_case(arena, (struct text){line.p, colon}),
        .value = arena_text(arena, text_trim(text_from(line, colon + 1))),
    };
    return true;
}

bool http_head_add(struct http_head *head, struct arena *arena, struct text line, bool interim)
{
    head->bytes += line.n;
    if (head->bytes > LIMIT_HTTP_HEAD_BYTES)
        return fail(head, "the answer's head is too large");
    if (head->whole)  // trailers: nothing of ours asks for them
        return true;
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    if (line.n == 0) {
        head->whole = !interim;
        return true;
    }
    if (text_starts(line, TEXT("HTTP/"))) {
        head->count = 0;
        return true;
    }
    return add_header(head, arena, line);
}

struct text http_header_value(const struct http_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (text_is(answer->headers[i].name, name))
            return answer->headers[i].value;
    }
    return (struct text){0};
}
