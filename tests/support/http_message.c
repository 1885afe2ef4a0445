#include "tests/support/http_message.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "engine/base/text.h"

#define CHUNK_BYTES 7

struct text request_header(const struct server_request *request, const char *name)
{
    struct text rest = request->head;
    size_t n = strlen(name);
    while (rest.n) {
        struct text line = text_take(&rest, '\n');
        if (line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0)
            return text_trim(text_from(line, n + 1));
    }
    return (struct text){NULL, 0};
}

static bool read_line(struct text line, struct server_request *request)
{
    request->method = text_take(&line, ' ');
    struct text target = text_take(&line, ' ');
    request->path = text_take(&target, '?');
    request->query = target;
    return request->method.n && request->path.n && text_starts(text_trim(line), TEXT("HTTP/1."));
}

bool message_read(struct text bytes, struct server_request *request, size_t *whole)
{
    *whole = 0;
    *request = (struct server_request){0};
    const char *end = bytes.n ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;
    if (!end)
        return true;
    size_t head = (size_t)(end - bytes.p) + 4;
    struct text rest = {bytes.p, head - 2};
    if (!read_line(text_take(&rest, '\n'), request))
        return false;
    request->head = rest;
    int64_t length = 0;
    struct text stated = request_header(request, "content-length");
    if (stated.n && (!text_to_int64(stated, &length) || length < 0))
        return false;
    request->body = (struct text){bytes.p + head, (size_t)length};
    if (bytes.n - head >= (size_t)length)
        *whole = head + (size_t)length;
    return true;
}

void message_date(double at_s, char date[MESSAGE_DATE_BYTES])
{
    time_t seconds = (time_t)at_s;
    struct tm parts;
    strftime(date, MESSAGE_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&seconds, &parts));
}

static void write_head(const struct server_reply *reply, double now_s, struct buffer *out)
{
    char date[MESSAGE_DATE_BYTES];
    message_date(now_s, date);
    buffer_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->code, reply->code < 400 ? "OK" : "Refused", date);
    buffer_add(out, buffer_text(&reply->headers));
    if (reply->fate == FATE_CHUNKS)
        buffer_add(out, TEXT("Transfer-Encoding: chunked\r\n\r\n"));
    else
        buffer_printf(out, "Content-Length: %zu\r\n\r\n", reply->body.n);
}

static void write_chunks(struct text body, struct buffer *out)
{
    for (size_t at = 0; at < body.n; at += CHUNK_BYTES) {
        size_t n = body.n - at < CHUNK_BYTES ? body.n - at : CHUNK_BYTES;
        buffer_printf(out, "%zx\r\n", n);
        buffer_add(out, (struct text){body.p + at, n});
        buffer_add(out, TEXT("\r\n"));
    }
    buffer_add(out, TEXT("0\r\n\r\n"));
}

void message_write(const struct server_reply *reply, double now_s, struct buffer *out)
{
    struct text body = buffer_text(&reply->body);
    if (reply->fate == FATE_RESET || reply->fate == FATE_SILENT || reply->fate == FATE_NOTHING)
        return;
    if (reply->fate == FATE_GARBAGE) {
        buffer_add(out, TEXT("this is no HTTP\r\n\r\n"));
        return;
    }
    write_head(reply, now_s, out);
    if (reply->fate == FATE_CHUNKS)
        write_chunks(body, out);
    else
        buffer_add(out, (struct text){body.p, reply->fate == FATE_CUT ? body.n / 2 : body.n});
}
