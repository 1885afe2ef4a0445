// The bootstrap: what Lambda starts. One program for wake, sleep and kill.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "drowse/limits.h"
#include "engine/aws/aws.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/handler/handler.h"
#include "engine/lang/load.h"
#include "engine/sys/chance.h"
#include "engine/sys/clock.h"
#include "engine/sys/http.h"
#include "lambdas/output.h"
#include "lambdas/policy_file.h"
#include "lambdas/runtime.h"

#define CODE_INIT_ERROR 1
#define ERROR_BYTES ((size_t)64 * 1024)
#define SETTINGS_ERROR TEXT("Runtime.InvalidSettings")
#define POLICY_ERROR TEXT("Runtime.InvalidPolicy")

// All that lasts as long as the process.
struct function {
    struct arena arena;
    struct variables variables;
    struct buffer error;
    struct text error_type;  // of `error`
    struct runtime *runtime;
    enum behaviour behaviour;
    struct zone_folder zones;
    const struct policy *policy;
    struct aws_settings settings;
    struct http_client *client;
    struct http http;
    struct clock machine_clock;
    struct aws *aws;
    struct trace_sender *traces;
    struct handler *handler;
};

static void function_release(struct function *function)
{
    handler_free(function->handler);
    trace_sender_free(function->traces);
    aws_free(function->aws);
    http_client_free(function->client);
    runtime_free(function->runtime);
    buffer_release(&function->error);
    arena_release(&function->arena);
}

// ---- setting up -------------------------------------------------------------------------------------------

// The errors' first lines: the source lines under them say nothing in a log.
static void add_faults(struct buffer *out, const struct diags *diags, const struct sources *sources)
{
    struct buffer whole;
    buffer_init(&whole, ERROR_BYTES);
    for (size_t i = 0; i < diags->count; i++) {
        if (diags->items[i].severity != SEVERITY_ERROR)
            continue;
        buffer_clear(&whole);
        diag_print(&diags->items[i], sources, false, &whole);
        struct text line = buffer_text(&whole);
        text_find(line, '\n', &line.n);
        buffer_printf(out, "%s%.*s", out->n ? "\n" : "", TEXT_ARG(line));
    }
    buffer_release(&whole);
}

static bool load_policy(struct function *function)
{
    struct text path;
    struct diags diags;
    struct sources sources = {0};
    function->error_type = POLICY_ERROR;
    if (!policy_file_find(&function->arena, &function->variables, &path, &function->error))
        return false;
    const struct file_reader reader = policy_file_reader(&function->arena, &function->variables, &function->zones);
    diags_init(&diags, &function->arena);
    function->policy = policy_load(&function->arena, &reader, path, &diags, &sources);
    diags_sort(&diags);
    if (!function->policy)
        add_faults(&function->error, &diags, &sources);
    return function->policy != NULL;
}

static bool set_up_aws(struct function *function)
{
    struct aws_settings *settings = &function->settings;
    struct arena *arena = &function->arena;
    if (!aws_settings_read(arena, &function->variables, settings, &function->error))
        return false;
    const char *bundle = settings->ca_bundle.n ? arena_text(arena, settings->ca_bundle).p : NULL;
    const struct http_settings http = {.ca_file = bundle, .side_by_side = settings->side_by_side};
    function->client = http_client_new(&http, &function->error);
    if (!function->client)
        return false;
    function->http = http_client_port(function->client);
    function->machine_clock = system_clock();
    function->aws = aws_new(settings, &function->http, &function->machine_clock, random_unit);
    return true;
}

static bool set_up_handler(struct function *function)
{
    struct handler_ports ports = {
        .cloud = aws_cloud(function->aws), .clock = aws_clock(function->aws), .log = output_log()};
    function->traces =
        trace_sender_new(&function->arena, variable_text(&function->variables, "AWS_XRAY_DAEMON_ADDRESS"));
    if (function->traces) {
        ports.trace = trace_sender_send;
        ports.trace_context = function->traces;
    }
    function->handler =
        handler_new(function->policy, function->behaviour, &ports, &function->variables, &function->error);
    return function->handler != NULL;
}

static bool set_up(struct function *function)
{
    function->error_type = SETTINGS_ERROR;
    if (!handler_behaviour(&function->variables, &function->behaviour, &function->error) || !load_policy(function))
        return false;
    function->error_type = SETTINGS_ERROR;
    return set_up_aws(function) && set_up_handler(function);
}

// ---- running ----------------------------------------------------------------------------------------------

static void invoke(void *context, struct arena *arena, const struct invocation *invocation, struct reply *reply)
{
    handler_invoke(context, arena, invocation, reply);
}

static int serve(struct function *function)
{
    const struct runtime_ports ports = {.log = output_log(), .clock = system_clock()};
    struct text address = variable_text(&function->variables, "AWS_LAMBDA_RUNTIME_API");
    function->runtime = runtime_new(address, &ports, &function->error);
    if (!function->runtime) {
        fprintf(stderr, "bootstrap: %.*s\n", TEXT_ARG(buffer_text(&function->error)));
        return CODE_INIT_ERROR;
    }
    if (!set_up(function)) {
        runtime_init_error(function->runtime, function->error_type, buffer_text(&function->error));
        return CODE_INIT_ERROR;
    }
    const struct runtime_handler handler = {function->handler, invoke};
    return (int)runtime_loop(function->runtime, &handler, 0);
}

int main(void)
{
    struct function function = {.variables = {environ}};
    buffer_init(&function.error, ERROR_BYTES);
    signal(SIGPIPE, SIG_IGN);  // a connection that closed is an error to handle, not the end
    int code = serve(&function);
    function_release(&function);
    return code;
}
