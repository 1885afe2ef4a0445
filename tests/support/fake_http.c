#include "tests/support/fake_http.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

struct fake_http *fake_http_new(void)
{
    struct fake_http *fake = calloc(1, sizeof *fake);
    if (!fake)
        abort();
    return fake;
}

void fake_http_free(struct fake_http *fake)
{
    arena_release(&fake->arena);
    free(fake);
}

void fake_http_reset(struct fake_http *fake)
{
    arena_release(&fake->arena);
    memset(fake->used, 0, sizeof fake->used);
    fake->scripted = fake->requested = fake->unexpected = 0;
}

void fake_http_answers(struct fake_http *fake, const struct fake_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fake->scripted == FAKE_HTTP_ANSWERS)
            abort();
        fake->script[fake->scripted++] = answers[i];
    }
}

static bool fits(struct arena *arena, const struct fake_answer *answer, const struct http_request *request)
{
    const struct text part = text_of(answer->to);
    if (!answer->to)
        return true;
    struct text line = arena_format(arena, "%.*s %.*s", TEXT_ARG(request->method), TEXT_ARG(request->url));
    bool found = text_contains(line, part) || text_contains(request->body, part);
    for (size_t i = 0; i < request->header_count; i++)
        found = found || text_contains(request->headers[i].value, part);
    return found;
}

static const struct fake_answer *take(struct fake_http *fake, const struct http_request *request)
{
    for (size_t i = 0; i < fake->scripted; i++) {
        if (fake->used[i] || !fits(&fake->arena, &fake->script[i], request))
            continue;
        fake->used[i] = !fake->script[i].again;
        return &fake->script[i];
    }
    fake->unexpected++;
    return NULL;
}

struct http_header *headers_from_lines(struct arena *arena, const char *lines, size_t *count)
{
    struct http_header *headers = NULL;
    size_t capacity = 0;
    struct text rest = text_of(lines);
    *count = 0;
    while (rest.n) {
        struct text value = text_take(&rest, '\n'), name = text_take(&value, ':');
        headers = arena_grow(arena, headers, *count, &capacity, *count + 1, sizeof *headers);
        headers[(*count)++] = (struct http_header){name, text_trim(value)};
    }
    return headers;
}

struct http_request request_copy(struct arena *arena, const struct http_request *request)
{
    struct http_header *headers = ARENA_ARRAY(arena, request->header_count, struct http_header);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *from = &request->headers[i];
        headers[i] = (struct http_header){arena_text(arena, from->name), arena_text(arena, from->value)};
    }
    struct http_request copy = *request;
    copy.method = arena_text(arena, request->method);
    copy.url = arena_text(arena, request->url);
    copy.body = arena_text(arena, request->body);
    copy.headers = headers;
    return copy;
}

struct text request_value(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (text_is_any_case(request->headers[i].name, name))
            return request->headers[i].value;
    return (struct text){0};
}

static struct http_answer answer_of(struct arena *arena, const struct fake_answer *scripted)
{
    struct http_answer answer = {.outcome = HTTP_NOT_SENT, .error = TEXT("no answer is scripted")};
    if (!scripted)
        return answer;
    answer = (struct http_answer){.outcome = scripted->outcome, .timed_out = scripted->timed_out, .elapsed_s = 0.001};
    if (scripted->outcome != HTTP_ANSWERED) {
        answer.error = scripted->error ? text_of(scripted->error) : TEXT("a scripted fault");
        return answer;
    }
    answer.code = scripted->code;
    answer.body = arena_text(arena, text_of(scripted->body));
    answer.headers = headers_from_lines(arena, scripted->headers, &answer.header_count);
    answer.received_s = scripted->received_s != 0 ? scripted->received_s : 1;
    return answer;
}

static void perform(void *context, struct arena *arena, const struct http_request *requests, size_t count,
                    struct http_answer *answers)
{
    struct fake_http *fake = context;
    for (size_t i = 0; i < count; i++) {
        if (fake->requested < FAKE_HTTP_REQUESTS)
            fake->requests[fake->requested++] = request_copy(&fake->arena, &requests[i]);
        answers[i] = answer_of(arena, take(fake, &requests[i]));
    }
}

struct http fake_http_port(struct fake_http *fake)
{
    return (struct http){fake, perform};
}

struct text fake_http_header(const struct fake_http *fake, size_t request, const char *name)
{
    return request < fake->requested ? request_value(&fake->requests[request], name) : (struct text){0};
}

const char *fake_http_log(struct fake_http *fake)
{
    struct text log = TEXT("");
    for (size_t i = 0; i < fake->requested; i++) {
        const struct http_request *asked = &fake->requests[i];
        log =
            arena_format(&fake->arena, "%.*s%.*s %.*s\n", TEXT_ARG(log), TEXT_ARG(asked->method), TEXT_ARG(asked->url));
    }
    return log.p;
}
