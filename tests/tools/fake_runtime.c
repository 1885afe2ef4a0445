// A Runtime API that serves a script, for what the emulator cannot do: frozen calls, torn answers, refusals.
//     fake_runtime SCRIPT POSTS
// Prints its port, serves the script's events one after the other, and ends; the last line printed is what came.
// SCRIPT is JSON lines, one a GET /next; POSTS gets a JSON line for each request ("-": none are written). A line:
//     event | event_text | event_bytes     JSON, any text, or how large a JSON text of padding is to be
//     headers                              more headers of the event; null takes one away
//     case                                 "lower", "upper": of the names of its headers
//     deadline_ms                          from now (60,000)
//     delay_ms                             before the answer
//     chunked, split                       true; bytes a write
//     next                                 instead of an event: a status code, "close", "reset", "garbage", "cut"
//     then                                 "close": the connection, after the event
//     answer                               of the POST that follows: a status code, "close", "reset"
//     repeat                               how often (1)
//     mark                                 true: before its first answer the number of events so far is printed, and
//                                          a line of standard input waited for
// Without `answer` it answers as Lambda does: 202; 400 for another request id; 403 for a second answer; 413 for one of
// more than 6 MiB and 100 bytes. A POST of an init error ends it; the first line says how that is answered.
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "tests/support/http_server.h"
#include "tests/support/json_members.h"

#define REQUEST_BYTES ((size_t)16 << 20)
#define RESPONSE_MOST 6291556
#define IDLE_MS 120000  // whoever was to be served is gone
#define PREFIX "/2018-06-01/runtime"

struct fake {
    struct http_server *server;
    FILE *script, *posts;
    char *line;
    size_t line_capacity;
    cJSON *item;    // the newest line
    int left;       // how often it is still to be served
    int event;      // number of the newest event, from 1
    bool answered;  // has it been?
    int responses, errors, init_errors, refused;
};

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "fake_runtime: %s\n", what);
    exit(2);
}

// ---- the script -------------------------------------------------------------------------------------------

static const cJSON *field(const struct fake *fake, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(fake->item, name);
}

static bool word_is(const struct fake *fake, const char *name, const char *word)
{
    return text_is(text_of(member_text(fake->item, name, "")), word);
}

// False: the script is over.
static bool next_item(struct fake *fake)
{
    if (--fake->left > 0)
        return true;
    ssize_t n = getline(&fake->line, &fake->line_capacity, fake->script);
    if (n <= 0)
        return false;
    cJSON_Delete(fake->item);
    fake->item = cJSON_ParseWithLength(fake->line, (size_t)n);
    if (!cJSON_IsObject(fake->item))
        stop("a line of the script is no JSON object");
    fake->left = (int)member_number(fake->item, "repeat", 1);
    return true;
}

static double wall_clock_s(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void reply_status(struct server_reply *reply, int code, const char *type)
{
    reply->code = code;
    buffer_add(&reply->headers, TEXT("Content-Type: application/json\r\n"));
    if (code == 202)
        buffer_add(&reply->body, TEXT("{\"status\":\"OK\"}\n"));
    else
        buffer_printf(&reply->body, "{\"errorMessage\":\"refused by the script\",\"errorType\":\"%s\"}\n", type);
}

// ---- events -----------------------------------------------------------------------------------------------

static void add_header(const struct fake *fake, struct buffer *out, const char *name, const char *value)
{
    const cJSON *changed = cJSON_GetObjectItemCaseSensitive(field(fake, "headers"), name);
    if (changed)
        value = cJSON_IsString(changed) ? changed->valuestring : NULL;
    if (!value)
        return;
    for (const char *p = name; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        char c = letter && word_is(fake, "case", "lower") ? (char)(*p | 0x20) : *p;
        buffer_add_char(out, letter && word_is(fake, "case", "upper") ? (char)(*p & ~0x20) : c);
    }
    buffer_printf(out, ": %s\r\n", value);
}

static void request_id(const struct fake *fake, char id[64])
{
    const cJSON *named = cJSON_GetObjectItemCaseSensitive(field(fake, "headers"), "Lambda-Runtime-Aws-Request-Id");
    if (cJSON_IsString(named))
        snprintf(id, 64, "%s", named->valuestring);
    else
        snprintf(id, 64, "00000000-0000-4000-8000-%012d", fake->event);
}

static void add_event_headers(const struct fake *fake, struct buffer *out)
{
    char id[64], deadline[64];
    request_id(fake, id);
    snprintf(deadline, sizeof deadline, "%.0f",
             wall_clock_s(NULL) * 1000 + member_number(fake->item, "deadline_ms", 60000));
    add_header(fake, out, "Lambda-Runtime-Aws-Request-Id", id);
    add_header(fake, out, "Lambda-Runtime-Deadline-Ms", deadline);
    add_header(fake, out, "Lambda-Runtime-Invoked-Function-Arn",
               "arn:aws:lambda:eu-west-1:123456789012:function:drowse");
    add_header(fake, out, "Lambda-Runtime-Trace-Id",
               "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0");
}

static void add_event(const struct fake *fake, struct buffer *out)
{
    const cJSON *text = field(fake, "event_text"), *bytes = field(fake, "event_bytes");
    if (cJSON_IsString(text)) {
        buffer_add(out, text_of(text->valuestring));
    } else if (cJSON_IsNumber(bytes)) {
        buffer_add(out, TEXT("{\"padding\":\""));
        while (out->n + 2 < (size_t)bytes->valuedouble)
            buffer_add_char(out, 'x');
        buffer_add(out, TEXT("\"}"));
    } else {
        char *json = cJSON_PrintUnformatted(field(fake, "event"));
        buffer_add(out, json ? text_of(json) : TEXT("{}"));
        cJSON_free(json);
    }
}

static void reply_event(struct fake *fake, struct server_reply *reply)
{
    fake->event++;
    fake->answered = false;
    buffer_add(&reply->headers, TEXT("Content-Type: application/json\r\n"));
    add_event_headers(fake, &reply->headers);
    add_event(fake, &reply->body);
    if (word_is(fake, "next", "cut"))
        reply->fate = FATE_CUT;
    else if (word_is(fake, "then", "close"))
        reply->fate = FATE_CLOSE;
    else if (cJSON_IsTrue(field(fake, "chunked")))
        reply->fate = FATE_CHUNKS;
}

// ---- requests ---------------------------------------------------------------------------------------------

static void write_headers(struct json_writer *json, struct text head)
{
    json_key(json, "headers");
    json_open_object(json);
    while (head.n) {
        struct text line = head;
        size_t colon;
        text_find(head, '\n', &line.n);
        head = text_from(head, line.n + 1);
        if (!text_find(line, ':', &colon))
            stop("a header without a colon");
        char name[200];
        snprintf(name, sizeof name, "%.*s", (int)colon, line.p);
        for (char *p = name; *p; p++)
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
        json_key(json, name);
        json_text(json, text_trim(text_from(line, colon + 1)));
    }
    json_close_object(json);
}

static void write_request(struct fake *fake, const struct server_request *request)
{
    struct buffer out;
    struct json_writer json;
    struct text body = request->body;
    if (!fake->posts)
        return;
    buffer_init(&out, REQUEST_BYTES);
    json_begin(&json, &out, 0);
    json_open_object(&json);
    json_key(&json, "method");
    json_text(&json, request->method);
    json_key(&json, "path");
    json_text(&json, request->path);
    json_key(&json, "connection");
    json_int(&json, request->connection);
    write_headers(&json, request->head);
    json_key(&json, "bytes");
    json_int(&json, (int64_t)body.n);
    json_key(&json, "body");
    body.n = body.n < 100000 ? body.n : 1000;
    json_text(&json, body);
    json_close_object(&json);
    fprintf(fake->posts, "%s\n", out.p);
    fflush(fake->posts);
    buffer_release(&out);
}

// ---- answers ----------------------------------------------------------------------------------------------

// What Lambda would answer.
static int natural_code(const struct fake *fake, const struct server_request *request)
{
    char id[64], expected[200];
    request_id(fake, id);
    snprintf(expected, sizeof expected, PREFIX "/invocation/%s/", id);
    if (text_is(request->path, PREFIX "/init/error"))
        return 202;
    if (!text_starts(request->path, text_of(expected)))
        return 400;
    if (fake->answered)
        return 403;
    return request->body.n > RESPONSE_MOST ? 413 : 202;
}

static void count(struct fake *fake, const struct server_request *request, int code)
{
    if (code != 202)
        fake->refused++;
    else if (text_ends(request->path, TEXT("/response")))
        fake->responses++;
    else if (text_ends(request->path, TEXT("/init/error")))
        fake->init_errors++;
    else
        fake->errors++;
}

static void answer_post(struct fake *fake, const struct server_request *request, struct server_reply *reply)
{
    static const struct {
        int code;
        const char *type;
    } types[] = {{400, "InvalidRequestID"}, {403, "InvalidStateTransition"}, {413, "RequestEntityTooLarge"}};
    if (!fake->item && next_item(fake))
        fake->left++;  // an init error before the first event
    const cJSON *said = field(fake, "answer");
    int code = cJSON_IsNumber(said) && !fake->answered ? said->valueint : natural_code(fake, request);
    if (cJSON_IsString(said) && !fake->answered) {
        fake->answered = true;  // it was taken, and nobody is told
        count(fake, request, 202);
        reply->fate = text_is(text_of(said->valuestring), "reset") ? FATE_RESET : FATE_NOTHING;
        return;
    }
    const char *type = "InternalServerError";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code)
            type = types[i].type;
    count(fake, request, code);
    fake->answered = true;
    reply_status(reply, code, type);
    if (text_ends(request->path, TEXT("/init/error")))
        server_stop(fake->server);
}

// Whoever asks is idle now, and can be looked at.
static void wait_at_mark(struct fake *fake)
{
    if (!cJSON_IsTrue(field(fake, "mark")) || fake->left != (int)member_number(fake->item, "repeat", 1))
        return;
    printf("%d\n", fake->event);
    fflush(stdout);
    for (int c = getchar(); c != '\n'; c = getchar())
        if (c == EOF)
            stop("nobody looks at the mark");
}

static void answer_next(struct fake *fake, struct server_reply *reply)
{
    static const struct {
        const char *word;
        enum server_fate fate;
    } fates[] = {{"close", FATE_NOTHING}, {"reset", FATE_RESET}, {"garbage", FATE_GARBAGE}};
    if (!next_item(fake)) {
        reply->fate = FATE_NOTHING;
        server_stop(fake->server);
        return;
    }
    wait_at_mark(fake);
    reply->delay_ms = (int64_t)member_number(fake->item, "delay_ms", 0);
    reply->piece_bytes = (size_t)member_number(fake->item, "split", 0);
    const cJSON *next = field(fake, "next");
    if (cJSON_IsNumber(next)) {
        reply_status(reply, next->valueint, "InternalServerError");
        return;
    }
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        if (word_is(fake, "next", fates[i].word)) {
            reply->fate = fates[i].fate;
            return;
        }
    }
    reply_event(fake, reply);
}

static void answer(void *context, const struct server_request *request, struct server_reply *reply)
{
    struct fake *fake = context;
    if (request_header(request, "transfer-encoding").n)
        stop("a chunked request, though its length is known");
    write_request(fake, request);
    if (text_is(request->path, PREFIX "/invocation/next"))
        answer_next(fake, reply);
    else if (text_is(request->method, "POST"))
        answer_post(fake, request, reply);
    else
        reply_status(reply, 404, "NotFound");
}

int main(int argc, char **argv)
{
    struct fake fake = {0};
    if (argc != 3)
        stop("usage: fake_runtime SCRIPT POSTS");
    fake.script = fopen(argv[1], "re");
    fake.posts = text_is(text_of(argv[2]), "-") ? NULL : fopen(argv[2], "we");
    if (!fake.script || (!fake.posts && !text_is(text_of(argv[2]), "-")))
        stop("cannot open the script or the posts");
    const struct server_settings settings = {
        .idle_ms = IDLE_MS, .context = &fake, .now_s = wall_clock_s, .answer = answer};
    fake.server = server_new(&settings);
    if (!fake.server)
        stop("cannot listen");
    printf("%d\n", server_port(fake.server));
    fflush(stdout);
    if (!server_run(fake.server))
        stop("nobody has asked for anything in two minutes");
    int connections = server_accepted(fake.server);
    server_free(fake.server);
    printf("{\"events\":%d,\"responses\":%d,\"errors\":%d,\"init_errors\":%d,\"refused\":%d,\"connections\":%d}\n",
           fake.event, fake.responses, fake.errors, fake.init_errors, fake.refused, connections);
    cJSON_Delete(fake.item);
    free(fake.line);
    fclose(fake.script);
    if (fake.posts)
        fclose(fake.posts);
    return 0;
}
