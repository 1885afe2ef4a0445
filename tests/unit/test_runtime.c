// The loop of the Runtime API, against a script of what the other side does.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "lambdas/runtime.h"
#include "tests/support/json_members.h"
#include "tests/support/runtime_script.h"

#define NOW_S 1795415916.25
#define ONE "{\"event\":1}\n"

// ---- this side --------------------------------------------------------------------------------------------

struct seen {
    int calls;
    char request_id[200], function_arn[200], trace_header[200];
    size_t event_bytes;
    double deadline_s;
    const void *first_bytes[8];  // where the arena's memory began, by call
    struct buffer log;
    size_t log_lines;
};

static void copy(char out[200], struct text text)
{
    snprintf(out, 200, "%.*s", TEXT_ARG(text));
}

// An event "fail TYPE" fails with that type, "large" gives 7 MB, all others are given back.
static void stub(void *context, struct arena *arena, const struct invocation *invocation, struct reply *reply)
{
    struct seen *seen = context;
    struct text event = invocation->event;
    if (seen->calls < 8)
        seen->first_bytes[seen->calls] = arena_alloc(arena, 10000);
    seen->calls++;
    seen->event_bytes = event.n;
    seen->deadline_s = invocation->deadline_s;
    copy(seen->request_id, invocation->request_id);
    copy(seen->function_arn, invocation->function_arn);
    copy(seen->trace_header, invocation->trace_header);
    reply->body = event;
    if (text_is(event, "large")) {
        char *bytes = arena_alloc(arena, 7000000);
        memset(bytes, ' ', 7000000);
        reply->body = (struct text){bytes, 7000000};
    }
    if (text_starts(event, TEXT("fail "))) {
        reply->failed = true;
        reply->error_type = text_from(event, 5);
        reply->body = TEXT("{\"errorMessage\":\"so\"}");
    }
}

static double now_s(void *context)
{
    (void)context;
    return NOW_S;
}

// Each line is a JSON object with a level and a timestamp that Lambda understands.
static void take_line(void *context, struct text line)
{
    struct seen *seen = context;
    cJSON *object = cJSON_ParseWithLength(line.p, line.n);
    const char *level = member_text(object, "level", "");
    assert_true(strcmp(level, "ERROR") == 0 || strcmp(level, "WARN") == 0);
    assert_string_equal(member_text(object, "timestamp", ""), "2026-11-23T06:38:36.250Z");
    seen->log_lines++;
    buffer_printf(&seen->log, "%s: %s\n", level, member_text(object, "message", ""));
    cJSON_Delete(object);
}

static struct runtime *connect_to(const char *address, struct seen *seen)
{
    struct buffer error;
    const struct runtime_ports ports = {.log = {seen, take_line}, .clock = {.now_s = now_s}};
    buffer_init(&error, 1000);
    struct runtime *runtime = runtime_new(text_of(address), &ports, &error);
    if (!runtime)
        fail_msg("%s", error.p);
    buffer_release(&error);
    return runtime;
}

static void seen_begin(struct seen *seen)
{
    *seen = (struct seen){0};
    buffer_init(&seen->log, 100000);
}

static enum runtime_end run_loop(const struct runtime_script *other, struct seen *seen, unsigned long events)
{
    struct runtime *runtime = connect_to(other->address, seen);
    const struct runtime_handler handler = {seen, stub};
    enum runtime_end end = runtime_loop(runtime, &handler, events);
    runtime_free(runtime);
    return end;
}

// ---- scripts ----------------------------------------------------------------------------------------------

// What ends every script: nothing more comes, on the connection there was or on a new one.
#define GONE "ERROR: no event from the Runtime API: no answer came: cannot connect"

static const struct script_case {
    const char *name, *script, *trace;
    int calls;
    const char *log;  // is in it; NULL: nothing but that nothing more comes
} script_cases[] = {
    {"nothing at all", "", "next@1", 0, GONE},
    {"an event", ONE, "next@1 response@1 next@1", 1, NULL},
    {"warm events", "{\"event\":1,\"repeat\":3}\n", "next@1 response@1 next@1 response@1 next@1 response@1 next@1", 3,
     NULL},
    {"a handler's error, then on", "{\"event_text\":\"fail Function.BadRequest\"}\n" ONE,
     "next@1 error@1(Function.BadRequest) next@1 response@1 next@1", 2, NULL},
    {"error type without a category", "{\"event_text\":\"fail BadRequest\"}\n",
     "next@1 error@1(Function.Unknown) next@1", 1, NULL},
    {"error type of nobody", "{\"event_text\":\"fail Extension.Bad\"}\n", "next@1 error@1(Function.Unknown) next@1", 1,
     NULL},
    {"error type in small letters", "{\"event_text\":\"fail Function.bad\"}\n",
     "next@1 error@1(Function.Unknown) next@1", 1, NULL},
    {"error type of one letter", "{\"event_text\":\"fail Function.B\"}\n", "next@1 error@1(Function.Unknown) next@1", 1,
     NULL},
    {"error type with a digit", "{\"event_text\":\"fail Function.Bad1\"}\n", "next@1 error@1(Function.Unknown) next@1",
     1, NULL},
    {"error type of two lines", "{\"event_text\":\"fail Function.Bad\\r\\nX-Y: z\"}\n",
     "next@1 error@1(Function.Unknown) next@1", 1, NULL},
    {"error type of the runtime", "{\"event_text\":\"fail Runtime.Bad\"}\n", "next@1 error@1(Runtime.Bad) next@1", 1,
     NULL},
    {"headers in small letters", "{\"event\":1,\"case\":\"lower\"}\n", "next@1 response@1 next@1", 1, NULL},
    {"headers in capitals", "{\"event\":1,\"case\":\"upper\"}\n", "next@1 response@1 next@1", 1, NULL},
    {"a chunked event", "{\"event_bytes\":5000,\"chunked\":true}\n", "next@1 response@1 next@1", 1, NULL},
    {"an event in pieces", "{\"event_bytes\":50,\"split\":7}\n", "next@1 response@1 next@1", 1, NULL},
    {"6 MiB, there and back", "{\"event_bytes\":6291456}\n" ONE, "next@1 response@1 next@1 response@1 next@1", 2, NULL},
    {"an event that is too large", "{\"event_bytes\":6400000}\n" ONE,
     "next@1 error@1(Function.EventTooLarge) next@1 response@1 next@1", 1, NULL},
    {"an answer that is too large", "{\"event_text\":\"large\"}\n" ONE, "next@1 response@1 next@1 response@1 next@1", 2,
     "ERROR: the response of 7000000 bytes was not accepted; it is too large, and the caller has got an error instead: "
     "413"},
    {"a wait for the event", "{\"event\":1,\"delay_ms\":1500}\n", "next@1 response@1 next@1", 1, NULL},
    {"closed while waiting, on the first connection", "{\"next\":\"close\",\"delay_ms\":50}\n" ONE,
     "next@1 next@2 response@2 next@2", 1,
     "WARN: no event from the Runtime API: no answer came: the connection was closed without an answer"},
    {"closed while waiting, on a kept connection", ONE "{\"next\":\"close\",\"delay_ms\":50}\n" ONE,
     "next@1 response@1 next@1 next@2 response@2 next@2", 2, NULL},
    {"reset while waiting", ONE "{\"next\":\"reset\",\"delay_ms\":50}\n" ONE,
     "next@1 response@1 next@1 next@2 response@2 next@2", 2, NULL},
    {"closed after the event", "{\"event\":1,\"then\":\"close\"}\n" ONE, "next@1 response@2 next@2 response@2 next@2",
     2, NULL},
    {"garbage, then an event", "{\"next\":\"garbage\"}\n" ONE, "next@1 next@2 response@2 next@2", 1,
     "WARN: no event from the Runtime API: no answer came: "},
    {"garbage twice", "{\"next\":\"garbage\",\"repeat\":2}\n" ONE, "next@1 next@2", 0,
     "ERROR: no event from the Runtime API: no answer came: "},
    {"a torn event, then a whole one", "{\"event\":1,\"next\":\"cut\"}\n" ONE, "next@1 next@2 response@2 next@2", 1,
     "WARN: no event from the Runtime API: no answer came: the answer was cut short"},
    {"503, then an event", "{\"next\":503}\n" ONE, "next@1 next@2 response@2 next@2", 1,
     "WARN: no event from the Runtime API: 200 was due: 503: {\"errorMessage\""},
    {"503 twice", "{\"next\":503,\"repeat\":2}\n" ONE, "next@1 next@2", 0,
     "ERROR: no event from the Runtime API: 200 was due: 503"},
    {"403 twice", "{\"next\":403,\"repeat\":2}\n" ONE, "next@1 next@2", 0,
     "ERROR: no event from the Runtime API: 200 was due: 403"},
    {"500: at once", "{\"next\":500}\n" ONE, "next@1", 0, "ERROR: no event from the Runtime API: 200 was due: 500"},
    {"no request id, once", "{\"headers\":{\"Lambda-Runtime-Aws-Request-Id\":null}}\n" ONE,
     "next@1 next@2 response@2 next@2", 1, "Lambda-Runtime-Aws-Request-Id is missing"},
    {"no request id, twice", "{\"headers\":{\"Lambda-Runtime-Aws-Request-Id\":null},\"repeat\":2}\n" ONE,
     "next@1 next@2", 0, "Lambda-Runtime-Aws-Request-Id is missing"},
    {"a request id that is a path", "{\"headers\":{\"Lambda-Runtime-Aws-Request-Id\":\"a/../b\"},\"repeat\":2}\n" ONE,
     "next@1 next@2", 0, "Lambda-Runtime-Aws-Request-Id is no request id"},
    {"400 to the answer", "{\"event\":1,\"answer\":400}\n" ONE, "next@1 response@1 next@1 response@1 next@1", 2,
     "ERROR: the response of 1 bytes was not accepted; it may not have reached the caller: 400"},
    {"403 to the answer", "{\"event\":1,\"answer\":403}\n" ONE, "next@1 response@1 next@1 response@1 next@1", 2,
     "it came too late, or twice: 403"},
    {"413 to the answer", "{\"event\":1,\"answer\":413}\n" ONE, "next@1 response@1 next@1 response@1 next@1", 2,
     "the caller has got an error instead: 413"},
    {"200 to the answer", "{\"event\":1,\"answer\":200}\n" ONE, "next@1 response@1 next@1 response@1 next@1", 2,
     "it may not have reached the caller: 200"},
    {"500 to the answer: the end", "{\"event\":1,\"answer\":500}\n" ONE, "next@1 response@1", 1,
     "it may not have reached the caller: 500"},
    {"500 to an error: the end", "{\"event_text\":\"fail Function.Bad\",\"answer\":500}\n" ONE,
     "next@1 error@1(Function.Bad)", 1, "the error of 21 bytes was not accepted"},
    {"413 to an error", "{\"event_text\":\"fail Function.Bad\",\"answer\":413}\n" ONE,
     "next@1 error@1(Function.Bad) next@1 response@1 next@1", 2, "the error of 21 bytes was not accepted"},
    {"taken, and closed", "{\"event\":1,\"answer\":\"close\"}\n" ONE,
     "next@1 response@1 response@2 next@2 response@2 next@2", 2, "it came too late, or twice: 403"},
    {"taken, and reset", "{\"event\":1,\"answer\":\"reset\"}\n" ONE,
     "next@1 response@1 response@2 next@2 response@2 next@2", 2, "it came too late, or twice: 403"},
};

static void check_script(const struct script_case *c)
{
    struct runtime_script other = {0};
    struct seen seen;
    seen_begin(&seen);
    script_start(&other, c->script);
    enum runtime_end end = run_loop(&other, &seen, 0);
    // Where it gave up by itself, the other side is still there.
    bool gone = strstr(buffer_text(&seen.log).p, GONE) != NULL;
    script_finish(&other, !gone);
    if (end != RUNTIME_BROKEN || strcmp(other.trace, c->trace) != 0 || seen.calls != c->calls)
        fail_msg("%s: end %d, %d calls: %s\ninstead of %d calls: %s\n%s", c->name, (int)end, seen.calls, other.trace,
                 c->calls, c->trace, buffer_text(&seen.log).p);
    if (c->log && !strstr(buffer_text(&seen.log).p, c->log))
        fail_msg("%s: the log lacks \"%s\":\n%s", c->name, c->log, buffer_text(&seen.log).p);
    // That nothing more comes are two lines, one a try.
    if (!c->log && (seen.log_lines != 2 || !gone))
        fail_msg("%s: it should have nothing to say:\n%s", c->name, buffer_text(&seen.log).p);
    buffer_release(&seen.log);
}

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof script_cases / sizeof *script_cases; i++)
        check_script(&script_cases[i]);
}

// ---- what the handler gets --------------------------------------------------------------------------------

#define ARN "arn:aws:lambda:eu-west-1:123456789012:function:drowse"
#define TRACE "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"
#define ID "00000000-0000-4000-8000-000000000001"
#define WITH(name, value)                                                                                              \
    "{\"event\":{\"a\":1},\"headers\":{\"Lambda-Runtime-Deadline-Ms\":\"1795415956079\",\"" name "\":" value "}}\n"

static const struct header_case {
    const char *script, *request_id, *function_arn, *trace_header;
    double deadline_s;
} header_cases[] = {
    {WITH("X", "\"y\""), ID, ARN, TRACE, 1795415956.079},
    {WITH("Lambda-Runtime-Trace-Id", "null"), ID, ARN, "", 1795415956.079},
    {WITH("Lambda-Runtime-Trace-Id", "\"\""), ID, ARN, "", 1795415956.079},
    {WITH("Lambda-Runtime-Invoked-Function-Arn", "null"), ID, "", TRACE, 1795415956.079},
    {WITH("Lambda-Runtime-Aws-Request-Id", "\"other_ID-1\""), "other_ID-1", ARN, TRACE, 1795415956.079},
    {"{\"event\":{\"a\":1},\"headers\":{\"Lambda-Runtime-Deadline-Ms\":null}}\n", ID, ARN, TRACE, 0},
    {"{\"event\":{\"a\":1},\"headers\":{\"Lambda-Runtime-Deadline-Ms\":\"soon\"}}\n", ID, ARN, TRACE, 0},
    {"{\"event\":{\"a\":1},\"headers\":{\"Lambda-Runtime-Deadline-Ms\":\"-5\"}}\n", ID, ARN, TRACE, 0},
    {"{\"event\":{\"a\":1},\"headers\":{\"Lambda-Runtime-Deadline-Ms\":\"99999999999999999999\"}}\n", ID, ARN, TRACE,
     0},
};

static void test_invocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof header_cases / sizeof *header_cases; i++) {
        const struct header_case *c = &header_cases[i];
        struct runtime_script other = {0};
        struct seen seen;
        seen_begin(&seen);
        script_start(&other, c->script);
        assert_int_equal(run_loop(&other, &seen, 0), RUNTIME_BROKEN);
        script_finish(&other, false);
        if (strcmp(other.last, "{\"a\":1}") != 0)
            fail_msg("case %zu: %s\n%s", i, other.trace, seen.log.p);
        assert_string_equal(seen.request_id, c->request_id);
        assert_string_equal(seen.function_arn, c->function_arn);
        assert_string_equal(seen.trace_header, c->trace_header);
        if (seen.deadline_s > c->deadline_s || seen.deadline_s < c->deadline_s)
            fail_msg("case %zu: deadline %f", i, seen.deadline_s);
        buffer_release(&seen.log);
    }
}

// The number of events that is asked for is served, and nothing is asked for then.
static void test_count(void **state)
{
    (void)state;
    struct runtime_script other = {0};
    struct seen seen;
    seen_begin(&seen);
    script_start(&other, "{\"event\":1,\"repeat\":9}\n");
    assert_int_equal(run_loop(&other, &seen, 2), RUNTIME_DONE);
    script_finish(&other, true);
    assert_string_equal(other.trace, "next@1 response@1 next@1 response@1");
    assert_int_equal(seen.log_lines, 0);
    buffer_release(&seen.log);
}

// Once warm, each event gets the memory of the one before.
static void test_memory(void **state)
{
    (void)state;
    struct runtime_script other = {0};
    struct seen seen;
    seen_begin(&seen);
    script_start(&other, "{\"event\":1,\"repeat\":8}\n");
    run_loop(&other, &seen, 0);
    script_finish(&other, false);
    assert_int_equal(seen.calls, 8);
    for (int i = 3; i < 8; i++)
        assert_ptr_equal(seen.first_bytes[i], seen.first_bytes[2]);
    buffer_release(&seen.log);
}

// A proxy of the environment is for others.
static void test_proxy(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    setenv("all_proxy", "http://127.0.0.1:9", 1);
    check_script(&script_cases[1]);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

// ---- init errors ------------------------------------------------------------------------------------------

static const struct init_case {
    const char *script, *type, *message, *trace, *body;
    bool told;
} init_cases[] = {
    {"", "Runtime.InvalidPolicy", "a\n\"b\"", "error@1(Runtime.InvalidPolicy)",
     "{\"errorMessage\":\"a\\n\\\"b\\\"\",\"errorType\":\"Runtime.InvalidPolicy\",\"stackTrace\":[]}", true},
    {"", "whatever", "x", "error@1(Runtime.Unknown)",
     "{\"errorMessage\":\"x\",\"errorType\":\"Runtime.Unknown\",\"stackTrace\":[]}", true},
    {"{\"answer\":403}\n", "Runtime.Bad", "x", "error@1(Runtime.Bad)",
     "{\"errorMessage\":\"x\",\"errorType\":\"Runtime.Bad\",\"stackTrace\":[]}", false},
    {"{\"answer\":500}\n", "Runtime.Bad", "x", "error@1(Runtime.Bad)",
     "{\"errorMessage\":\"x\",\"errorType\":\"Runtime.Bad\",\"stackTrace\":[]}", false},
};

static void test_init_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof init_cases / sizeof *init_cases; i++) {
        const struct init_case *c = &init_cases[i];
        struct runtime_script other = {0};
        struct seen seen;
        seen_begin(&seen);
        script_start(&other, c->script);
        struct runtime *runtime = connect_to(other.address, &seen);
        bool told = runtime_init_error(runtime, text_of(c->type), text_of(c->message));
        runtime_free(runtime);
        script_finish(&other, false);
        assert_int_equal(told, c->told);
        assert_string_equal(other.trace, c->trace);
        assert_string_equal(other.last, c->body);
        assert_int_equal(seen.log_lines, c->told ? 1 : 2);
        buffer_release(&seen.log);
    }
}

// ---- addresses --------------------------------------------------------------------------------------------

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *address, *error;
    } cases[] = {
        {"", "AWS_LAMBDA_RUNTIME_API is not set"},
        {"127.0.0.1", "it must be host:port"},
        {":9001", "it must be host:port"},
        {"user@host:9001", "it must be host:port"},
        {"host:9001/x", "it must be host:port"},
        {"host:9001?x", "it must be host:port"},
        {"host:9001#", "it must be host:port"},
        {"host: 9001", "it must be host:port"},
        {"host:9001\r\nX: y", "it must be host:port"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct runtime_ports ports = {.clock = {.now_s = now_s}};
        struct buffer error;
        buffer_init(&error, 1000);
        assert_null(runtime_new(text_of(cases[i].address), &ports, &error));
        if (!strstr(buffer_text(&error).p, cases[i].error))
            fail_msg("%s: %s", cases[i].address, error.p);
        buffer_release(&error);
    }
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct runtime_script other = {0};
    struct seen seen;
    seen_begin(&seen);
    script_start(&other, "");
    script_finish(&other, true);
    assert_int_equal(run_loop(&other, &seen, 0), RUNTIME_BROKEN);
    assert_int_equal(seen.log_lines, 2);
    assert_non_null(strstr(seen.log.p, "WARN: no event"));
    assert_non_null(strstr(seen.log.p, GONE));
    buffer_release(&seen.log);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),   cmocka_unit_test(test_invocation),   cmocka_unit_test(test_count),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_proxy),        cmocka_unit_test(test_init_error),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests_name("runtime", tests, NULL, NULL) != 0;
}
