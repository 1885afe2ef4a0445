#include "engine/handler/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/handler/mix.h"
#include "engine/report/json_parts.h"

#define HTTP_THROTTLED 429
#define HTTP_CLIENT 400
#define HTTP_SERVER 500

// NAME=VALUE; what it does not know is passed over.
static void read_part(struct trace_header *header, struct text part)
{
    size_t equals = 0;
    if (!text_find(part, '=', &equals))
        return;
    struct text name = text_trim((struct text){part.p, equals}), value = text_trim(text_from(part, equals + 1));
    if (text_is(name, "Root"))
        header->root = value;
    else if (text_is(name, "Parent"))
        header->parent = value;
    else if (text_is(name, "Sampled"))
        header->sampled = text_is(value, "1");
}

struct trace_header trace_header_read(struct text text)
{
    struct trace_header header = {{"", 0}, {"", 0}, false};
    while (text.n)
        read_part(&header, text_take(&text, ';'));
    header.sampled = header.sampled && header.root.n && header.parent.n;
    return header;
}

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static uint64_t segment_id(const struct trace_header *header, const struct call_report *call, uint64_t seed)
{
    uint64_t id = mix_bits(seed);
    for (size_t i = 0; i < header->parent.n; i++)
        id = mix_bits(id + (unsigned char)header->parent.p[i]);
    return mix_bits(id ^ mix_bits(bits_of(call->start_s)) ^ mix_bits(mix_bits(bits_of(call->end_s))));
}

static void flags_json(struct json_writer *json, const struct call_report *call)
{
    if (call->http_code == HTTP_THROTTLED)
        json_member_bool(json, "throttle", true);
    if (call->http_code >= HTTP_CLIENT && call->http_code < HTTP_SERVER)
        json_member_bool(json, "error", true);
    if (call->http_code == 0 || call->http_code >= HTTP_SERVER)
        json_member_bool(json, "fault", true);
}

static void aws_json(struct json_writer *json, const struct call_report *call)
{
    json_key(json, "aws");
    json_open_object(json);
    json_member_string(json, "operation", call->operation);
    json_member_text(json, "region", call->region);
    json_member_text(json, "request_id", call->request_id);
    json_member_int(json, "retries", call->attempt - 1);
    json_close_object(json);
    if (call->http_code == 0)
        return;
    json_key(json, "http");
    json_open_object(json);
    json_key(json, "response");
    json_open_object(json);
    json_member_int(json, "status", call->http_code);
    json_close_object(json);
    json_close_object(json);
}

void trace_segment(struct buffer *out, const struct trace_header *header, const struct call_report *call, uint64_t seed)
{
    char id[17];
    struct json_writer json;
    snprintf(id, sizeof id, "%016" PRIx64, segment_id(header, call, seed));
    json_begin(&json, out, 0);
    json_open_object(&json);
    json_member_string(&json, "name", call->service);
    json_member_string(&json, "id", id);
    json_member_text(&json, "trace_id", header->root);
    json_member_text(&json, "parent_id", header->parent);
    json_member_string(&json, "type", "subsegment");
    json_member_number(&json, "start_time", call->start_s);
    json_member_number(&json, "end_time", call->end_s);
    json_member_string(&json, "namespace", "aws");
    aws_json(&json, call);
    flags_json(&json, call);
    json_close_object(&json);
}
