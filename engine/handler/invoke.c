// One event, start to end: what it is, which services it is about, the run, the records, the answer.
#include "engine/handler/handler.h"

#include <math.h>

#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/handler/event.h"
#include "engine/handler/handler_parts.h"
#include "engine/handler/metrics.h"
#include "engine/handler/mix.h"
#include "engine/handler/reply.h"
#include "engine/handler/summary.h"
#include "engine/handler/trace.h"
#include "engine/report/answer.h"
#include "engine/report/record.h"
#include "engine/shell/choose.h"
#include "engine/shell/params.h"
#include "engine/shell/request.h"
#include "engine/shell/run.h"

#define REPLY_MARGIN_S 0.5                      // before the deadline, to answer and to log
#define RECORD_BYTES ((size_t)1024 * 1024)      // a line of CloudWatch Logs
#define ANSWER_BYTES ((size_t)4 * 1024 * 1024)  // an answer over one service is under 10 kB

struct handling {
    struct handler *handler;
    struct arena *arena;
    const struct invocation *invocation;
    struct logger logger;
    struct trace_header trace;
    struct event event;
    struct request request;
    struct param_setting *params;
    struct service_name *names;
    size_t count;
    bool over_all;
    struct run_result *results;
    struct answer *answers;
    struct text *prepared;  // of the records
    struct blast_radius radius;
    size_t calls;
    double begun_s;
    const char *public_message;  // what a caller over HTTP is told in place of `error`; NULL: `error` itself
    struct buffer error;
};

static double now_of(const struct handling *handling)
{
    const struct clock *clock = &handling->handler->ports.clock;
    return clock->now_s(clock->context);
}

static struct text error_of(const struct handling *handling)
{
    return arena_text(handling->arena, buffer_text(&handling->error));
}

// ---- the calls under way ----------------------------------------------------------------------------------

static void called(void *watcher, const struct call_report *call)
{
    struct handling *handling = watcher;
    const struct handler_ports *ports = &handling->handler->ports;
    handling->calls++;
    log_aws_call(&handling->logger, call);
    if (!ports->trace || !handling->trace.sampled)
        return;
    struct buffer segment;
    buffer_init(&segment, LIMIT_MESSAGE_BYTES);
    trace_segment(&segment, &handling->trace, call, handling->handler->events << 32 | handling->calls);
    if (!segment.truncated)
        ports->trace(ports->trace_context, buffer_text(&segment));
    buffer_release(&segment);
}

static void begin_calls(struct handling *handling)
{
    const struct cloud *cloud = &handling->handler->ports.cloud;
    double deadline_s = handling->invocation->deadline_s;
    const struct call_context context = {
        .deadline_s = deadline_s > 0 ? deadline_s - REPLY_MARGIN_S : INFINITY,
        .trace_header = handling->invocation->trace_header,
        .called = called,
        .watcher = handling,
    };
    if (cloud->begin)
        cloud->begin(cloud->context, &context);
}

// The watcher is gone once the event is answered.
static void end_calls(const struct handling *handling)
{
    const struct cloud *cloud = &handling->handler->ports.cloud;
    const struct call_context context = {.deadline_s = INFINITY, .trace_header = {"", 0}};
    if (cloud->begin)
        cloud->begin(cloud->context, &context);
}

// ---- what is asked, and of which services -----------------------------------------------------------------

// Starting a service late does no harm; stopping one late may.
static enum fault check_fresh(struct handling *handling)
{
    const struct handler *handler = handling->handler;
    if (!event_is_scheduled(handling->event.kind))
        return FAULT_NONE;
    if (event_is_fresh(&handling->event, now_of(handling), handler->policy->stale_after_s, &handling->error))
        return FAULT_NONE;
    if (handler->behaviour != BEHAVIOUR_WAKE)
        return FAULT_STALE;
    log_message(&handling->logger, LEVEL_WARN, "woken all the same: %.*s", TEXT_ARG(buffer_text(&handling->error)));
    buffer_clear(&handling->error);
    return FAULT_NONE;
}

static void log_ignored(const struct handling *handling, struct text lines)
{
    while (lines.n) {
        struct text line = text_take(&lines, '\n');
        log_message(&handling->logger, LEVEL_INFO, "%.*s", TEXT_ARG(line));
    }
}

static enum fault read_request(struct handling *handling)
{
    const struct policy *policy = handling->handler->policy;
    struct buffer ignored;
    buffer_init(&ignored, LIMIT_MESSAGE_BYTES);
    handling->params = params_new(handling->arena, policy);
    for (size_t i = 0; i < policy->param_count; i++)
        handling->params[i] = handling->handler->params[i];
    bool read = request_parse(handling->arena, policy, handling->event.body, &handling->request, handling->params,
                              &ignored, &handling->error);
    log_ignored(handling, buffer_text(&ignored));
    buffer_release(&ignored);
    return read ? FAULT_NONE : FAULT_REQUEST;
}

static enum fault choose_one(struct handling *handling)
{
    const struct handler *handler = handling->handler;
    struct text arn = handling->invocation->function_arn;
    struct text region = text_part(arn, ':', 3);
    const struct choice choice = {
        .policy = handler->policy,
        .named_cluster = handling->request.cluster,
        .named_service = handling->request.service,
        .cluster = handler->cluster,
        .service = handler->service,
        .account = text_part(arn, ':', 4),
        .region = region.n ? region : handler->region,
    };
    handling->names = ARENA_NEW(handling->arena, struct service_name);
    handling->count = 1;
    switch (choose_service_here(handling->arena, &handler->ports.cloud, &choice, handling->names, &handling->error)) {
    case CHOSEN_ONE:
        return FAULT_NONE;
    case CHOSEN_FOREIGN:
        handling->public_message = "the service that the request names is none that this function may act on";
        return FAULT_FOREIGN;
    case CHOSEN_NONE:
        handling->public_message = "the request must name one service by cluster_name and service_name";
        break;
    case CHOSEN_WRONG:
        break;
    }
    return FAULT_REQUEST;
}

static enum fault choose_all(struct handling *handling)
{
    const struct handler *handler = handling->handler;
    struct run_result failed = {.status = PORT_OK};
    handling->over_all = true;
    if (!resolve_targets(handling->arena, handler->policy, &handler->ports.cloud, NULL, &handling->names,
                         &handling->count, &failed.status, &handling->error))
        return fault_of_result(&failed);
    return FAULT_NONE;
}

// Only a schedule acts on more than one service.
static enum fault choose(struct handling *handling)
{
    bool named = handling->request.cluster.n || handling->request.service.n;
    bool all = event_is_scheduled(handling->event.kind) && !named && handling->handler->policy->target_count;
    return all ? choose_all(handling) : choose_one(handling);
}

// ---- the run ----------------------------------------------------------------------------------------------

static void decided(void *context, size_t index, const struct run_result *result)
{
    struct handling *handling = context;
    struct evaluator *evaluator = &handling->handler->evaluator;
    if (result->status == PORT_OK)
        answer_prepare(handling->arena, evaluator, result, &handling->answers[index]);
    handling->prepared[index] = record_prepare(handling->arena, evaluator, result);
}

static enum trigger trigger_of(const struct handling *handling)
{
    return event_is_scheduled(handling->event.kind) ? TRIGGER_SCHEDULE : TRIGGER_REQUEST;
}

// Where a run over many begins: elsewhere each time, so that none starves where time runs out.
static size_t first_target(const struct handling *handling)
{
    return (size_t)(mix_bits((uint64_t)floor(handling->begun_s)) % handling->count);
}

static void run(struct handling *handling)
{
    struct handler *handler = handling->handler;
    const struct run_watch watch = {handling, decided};
    const struct run_options options = {
        .watch = &watch,
        .behaviour = handler->behaviour,
        .trigger = trigger_of(handling),
        .dry_run = handler->dry_run,
        .person = !event_is_scheduled(handling->event.kind),
        .over_all = handling->over_all,
        .params = handling->params,
        .at_s = NAN,
        .deadline_s = handling->over_all ? handling->invocation->deadline_s : 0,
        .first = handling->over_all && handling->count ? first_target(handling) : 0,
    };
    handling->results = ARENA_ARRAY(handling->arena, handling->count, struct run_result);
    handling->answers = ARENA_ARRAY(handling->arena, handling->count, struct answer);
    handling->prepared = ARENA_ARRAY(handling->arena, handling->count, struct text);
    handler->evaluator.arena = handling->arena;
    handling->radius = run_targets(handling->arena, &handler->evaluator, &handler->ports.cloud, &handler->ports.clock,
                                   &options, handling->names, handling->count, handling->results);
}

// ---- records ----------------------------------------------------------------------------------------------

static void write_record(const struct handling *handling, const struct record_context *context, size_t index)
{
    const struct log *log = &handling->handler->ports.log;
    struct buffer line;
    struct json_writer json;
    buffer_init(&line, RECORD_BYTES);
    json_begin(&json, &line, 0);
    record_json(&json, context, &handling->results[index], handling->prepared[index], now_of(handling));
    log->write(log->context, buffer_text(&line));
    buffer_release(&line);
}

// What changed something or failed is written whatever the level is.
static void write_records(const struct handling *handling)
{
    const struct handler *handler = handling->handler;
    const struct record_context context = {
        .policy = handler->policy,
        .behaviour = handler->behaviour,
        .trigger = trigger_of(handling),
        .policy_digest = handler->digest,
        .caller = handling->event.caller,
        .request_id = handling->invocation->request_id,
        .trace_id = handling->trace.root,
        .function_arn = handling->invocation->function_arn,
        .dry_run = handler->dry_run,
    };
    for (size_t i = 0; i < handling->count; i++)
        if (log_takes(&handling->logger, LEVEL_INFO) || !text_is(text_of(record_level(&handling->results[i])), "INFO"))
            write_record(handling, &context, i);
}

// ---- the answer -------------------------------------------------------------------------------------------

static struct text answer_text(const struct handling *handling)
{
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, ANSWER_BYTES);
    json_begin(&json, &out, 0);
    json_open_object(&json);
    answer_json(&json, handling->handler->policy, &handling->results[0], &handling->answers[0], false);
    json_close_object(&json);
    struct text copy = arena_text(handling->arena, buffer_text(&out));
    buffer_release(&out);
    return copy;
}

// What a caller over HTTP is told of a fault of AWS: nothing of accounts, roles and calls. The log has it all.
static const char *public_reason(enum port_status status)
{
    switch (status) {
    case PORT_OK:
        return "there was no time left to act on it; ask again";
    case PORT_NOT_FOUND:
        return "there is no such service";
    case PORT_REFUSED:
        return "ECS takes no changes to it now: it is draining, inactive or no replica service";
    case PORT_DENIED:
        return "AWS denied a call that this needs";
    case PORT_THROTTLED:
        return "AWS is throttling; ask again";
    case PORT_TIMED_OUT:
        return "AWS did not answer in time; ask again";
    case PORT_UNKNOWN_OUTCOME:
        return "a change was sent and its answer lost; ask again";
    case PORT_FAILED:
        break;
    }
    return "AWS could not be reached, or gave no usable answer";
}

static struct text fault_message(const struct handling *handling, enum fault fault)
{
    const struct run_result *result = &handling->results[0];
    bool http = event_is_http(handling->event.kind);
    if (result->status == PORT_OK && fault == FAULT_REFUSED)
        return handling->answers[0].message;
    if (fault == FAULT_POLICY)
        return http ? TEXT("the policy gave no answer; the function's log says why") : result->decision.error;
    if (!http && result->error.n)
        return result->error;
    return arena_format(handling->arena, "%.*s/%.*s: %s", TEXT_ARG(result->name.cluster),
                        TEXT_ARG(result->name.service), public_reason(result->status));
}

static struct reply reply_with_fault(const struct handling *handling, enum fault fault, struct text message)
{
    return reply_fault(handling->arena, handling->event.kind, fault, message, handling->invocation->request_id);
}

static struct reply reply_over_one(const struct handling *handling, enum fault *fault)
{
    *fault = fault_of_result(&handling->results[0]);
    if (*fault != FAULT_NONE)
        return reply_with_fault(handling, *fault, fault_message(handling, *fault));
    return reply_answer(handling->arena, handling->event.kind, answer_text(handling));
}

static struct reply reply_refused(const struct handling *handling)
{
    const struct blast_radius *radius = &handling->radius;
    enum behaviour behaviour = handling->handler->behaviour;
    struct text message = arena_format(
        handling->arena,
        "%s is refused: it would lower %zu of %zu services, and limits.%s allows %zu; nothing was changed",
        behaviour_name(behaviour), radius->lowered, radius->of, blast_radius_limit(behaviour), radius->allowed);
    log_refusal(&handling->logger, FAULT_REFUSED, handling->event.kind, &handling->event.caller, message);
    return reply_with_fault(handling, FAULT_REFUSED, message);
}

static struct reply reply_scheduled(const struct handling *handling, enum fault *fault)
{
    struct text message;
    const struct summary summary = {
        .policy = handling->handler->policy,
        .behaviour = handling->handler->behaviour,
        .scheduled = handling->event.time,
        .results = handling->results,
        .answers = handling->answers,
        .count = handling->count,
        .dry_run = handling->handler->dry_run,
    };
    if (handling->radius.refused) {
        *fault = FAULT_REFUSED;
        return reply_refused(handling);
    }
    *fault = summary_fault(handling->arena, &summary, &message);
    if (*fault != FAULT_NONE)
        return reply_with_fault(handling, *fault, message);
    return reply_answer(handling->arena, handling->event.kind, summary_json(handling->arena, &summary));
}

static void write_metrics(const struct handling *handling, enum fault fault)
{
    const struct handler *handler = handling->handler;
    double now_s = now_of(handling);
    int status = fault_words_of(fault)->status;
    const struct invocation_metrics metrics = {
        .policy = handler->policy,
        .behaviour = handler->behaviour,
        .trigger = trigger_of(handling),
        .results = handling->results,
        .answers = handling->answers,
        .count = handling->results ? handling->count : 0,
        .refused = !handling->results && status >= 400 && status < 500,
        .failed = status >= 500,
        .calls = handling->calls,
        .request_id = handling->invocation->request_id,
        .at_s = now_s,
        .elapsed_ms = round((now_s - handling->begun_s) * 1e6) / 1e3,
    };
    struct buffer line;
    buffer_init(&line, RECORD_BYTES);
    metrics_line(&line, &metrics);
    handler->ports.log.write(handler->ports.log.context, buffer_text(&line));
    buffer_release(&line);
}

// ---- one event --------------------------------------------------------------------------------------------

// All that can be wrong before anything is decided.
static enum fault prepare(struct handling *handling)
{
    enum fault fault = event_read(handling->arena, handling->invocation->event, &handling->event, &handling->error);
    log_message(&handling->logger, LEVEL_DEBUG, "event: %s, %zu bytes", event_kind_name(handling->event.kind),
                handling->invocation->event.n);
    if (fault == FAULT_NONE)
        fault = check_fresh(handling);
    if (fault == FAULT_NONE)
        fault = read_request(handling);
    if (fault == FAULT_NONE)
        fault = choose(handling);
    return fault;
}

static struct reply reply_unprepared(const struct handling *handling, enum fault fault)
{
    struct text message = error_of(handling);
    log_refusal(&handling->logger, fault, handling->event.kind, &handling->event.caller, message);
    if (handling->public_message && event_is_http(handling->event.kind))
        message = text_of(handling->public_message);
    return reply_with_fault(handling, fault, message);
}

static struct reply handle(struct handling *handling, enum fault *fault)
{
    *fault = prepare(handling);
    if (*fault != FAULT_NONE)
        return reply_unprepared(handling, *fault);
    run(handling);
    write_records(handling);
    return event_is_scheduled(handling->event.kind) ? reply_scheduled(handling, fault)
                                                    : reply_over_one(handling, fault);
}

void handler_invoke(struct handler *handler, struct arena *arena, const struct invocation *invocation,
                    struct reply *reply)
{
    enum fault fault;
    struct handling handling = {
        .handler = handler,
        .arena = arena,
        .invocation = invocation,
        .logger = {&handler->ports.log, &handler->ports.clock, handler->least, invocation->request_id},
        .trace = trace_header_read(invocation->trace_header),
    };
    buffer_init(&handling.error, LIMIT_MESSAGE_BYTES);
    handling.begun_s = now_of(&handling);
    handler->events++;
    begin_calls(&handling);
    *reply = handle(&handling, &fault);
    end_calls(&handling);
    write_metrics(&handling, fault);
    buffer_release(&handling.error);
}
