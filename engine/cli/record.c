// Live state and metrics into a file that replay and --state read.
#include <math.h>
#include <stdio.h>

#include "engine/aws/record.h"
#include "engine/base/instant.h"
#include "engine/base/json_read.h"
#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/core/retention.h"
#include "engine/core/series.h"
#include "engine/recording/recording.h"
#include "engine/report/json_parts.h"
#include "engine/report/style.h"
#include "engine/sys/files.h"

#define RECORDING_BYTES ((size_t)1 << 30)

// One recording under way.
struct saving {
    struct live *live;
    struct service_state *states;  // by target
    bool tags_read;
    double from_s, to_s;  // -INFINITY: as far back as CloudWatch keeps
    struct buffer out;
    struct json_writer json;
    size_t points, incomplete;  // points; series of which CloudWatch did not answer all
};

static bool read_range(const struct live *live, struct saving *saving)
{
    const struct session *session = live->session;
    double now_s = live->clock.now_s(live->clock.context);
    saving->from_s = -INFINITY;
    saving->to_s = now_s;
    if (!session_instant(session, OPTION_FROM, &saving->from_s) || !session_instant(session, OPTION_TO, &saving->to_s))
        return false;
    if (saving->to_s > now_s)
        saving->to_s = now_s;
    if (saving->from_s < saving->to_s)
        return true;
    say(session, "--from is not before --to (or now)");
    return false;
}

// ---- services ---------------------------------------------------------------------------------------------

// The states that were just written, for the dimensions of their metrics.
static bool read_states(struct saving *saving, struct text items)
{
    struct live *live = saving->live;
    struct arena *arena = &live->session->arena;
    struct services_read read = {
        .arena = arena,
        .source = TEXT("DescribeServices"),
        .tags_denied = !saving->tags_read,
        .tags_asked = true,
    };
    struct json_reader reader;
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    json_read_begin(&reader, arena, arena_format(arena, "[%.*s]", TEXT_ARG(items)));
    bool sound = json_next(&reader) == JSON_ARRAY && read_services(&reader, &read, &error);
    if (!sound)
        say(live->session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    saving->states = read.states;
    return sound && read.count == live->target_count;
}

static enum exit_code save_services(struct saving *saving)
{
    struct live *live = saving->live;
    struct arena *arena = &live->session->arena;
    struct port_result *results = ARENA_ARRAY(arena, live->target_count, struct port_result);
    struct buffer items;
    buffer_init(&items, RECORDING_BYTES);
    aws_record_services(live->world.aws, arena, live->targets, live->target_count, &items, results, &saving->tags_read);
    enum exit_code code = CODE_DONE;
    for (size_t i = 0; i < live->target_count; i++) {
        if (results[i].status == PORT_OK)
            continue;
        say(live->session, "%.*s", TEXT_ARG(results[i].error));
        code = code_higher(code, code_of_status(results[i].status));
    }
    if (code == CODE_DONE && !read_states(saving, buffer_text(&items)))
        code = CODE_OUTSIDE;
    json_key(&saving->json, "services");
    json_open_array(&saving->json);
    if (items.n)
        json_raw(&saving->json, buffer_text(&items));
    json_close_array(&saving->json);
    if (!saving->tags_read)
        json_member_bool(&saving->json, "tagsDenied", true);
    buffer_release(&items);
    return code;
}

// ---- metrics ----------------------------------------------------------------------------------------------

static struct metric_request request_of(const struct saving *saving, const struct metric *metric,
                                        const struct service_state *state)
{
    double now_s = saving->live->clock.now_s(saving->live->clock.context);
    double kept_from_s = now_s - retention_s(metric->period_s);
    double from_s = fmax(saving->from_s, kept_from_s), period_s = metric->period_s;
    return (struct metric_request){
        .metric = metric,
        .service = state,
        .start_s = (int64_t)(floor(from_s / period_s) * period_s),
        .end_s = (int64_t)ceil(saving->to_s),
    };
}

static void times_json(struct json_writer *json, const struct metric_view *view)
{
    json_key(json, "Timestamps");
    json_open_array(json);
    for (size_t i = view->first; i < view->end; i++) {
        struct buffer stamp;
        buffer_init(&stamp, 64);
        format_instant(&stamp, (double)view->series->at_s[i]);
        json_text(json, buffer_text(&stamp));
        buffer_release(&stamp);
    }
    json_close_array(json);
}

static void series_json(struct saving *saving, const struct metric_request *request, const struct metric_view *view)
{
    static const char *const statuses[] = {"Complete", "PartialData", "InternalError"};
    struct json_writer *json = &saving->json;
    json_open_object(json);
    json_member_text(json, "Id", request->metric->name);
    struct text label = arena_format(&saving->live->session->arena, "%.*s/%.*s", TEXT_ARG(request->service->cluster),
                                     TEXT_ARG(request->service->service));
    json_member_text(json, "Label", label);
    times_json(json, view);
    json_key(json, "Values");
    json_open_array(json);
    for (size_t i = view->first; i < view->end; i++)
        json_number(json, view->series->values[i]);
    json_close_array(json);
    json_member_string(json, "StatusCode", statuses[view->status]);
    json_close_object(json);
    saving->points += view->end - view->first;
}

static void show_progress(const struct saving *saving, size_t done)
{
    const struct session *session = saving->live->session;
    if (!session->environment->terminal_err)
        return;
    bool over = done == saving->live->target_count;
    fprintf(stderr, "\rrecord: %zu of %zu services, %zu points%s", done, saving->live->target_count, saving->points,
            over ? "\n" : "");
}

// One service's metrics in one call; its points are forgotten once written.
static enum exit_code save_metrics_of(struct saving *saving, struct arena *arena, const struct service_state *state)
{
    struct live *live = saving->live;
    const struct policy *policy = live->policy;
    struct metric_request *requests = ARENA_ARRAY(arena, policy->metric_count, struct metric_request);
    struct metric_answer *answers = ARENA_ARRAY(arena, policy->metric_count, struct metric_answer);
    size_t count = 0;
    for (size_t i = 0; i < policy->metric_count; i++) {
        struct metric_request request = request_of(saving, &policy->metrics[i], state);
        if (request.start_s < request.end_s)
            requests[count++] = request;
    }
    if (count)
        live->cloud.metrics(live->cloud.context, arena, requests, count, answers);
    enum exit_code code = CODE_DONE;
    for (size_t i = 0; i < count; i++) {
        bool answered = answers[i].result.status == PORT_OK;
        // One call asks for many metrics, and fails once.
        if (answers[i].result.error.n && (answered || code == CODE_DONE))
            say(live->session, "%s%.*s", answered ? "warning: " : "", TEXT_ARG(answers[i].result.error));
        code = code_higher(code, code_of_status(answers[i].result.status));
        if (!answered)
            continue;
        series_json(saving, &requests[i], &answers[i].view);
        saving->incomplete += answers[i].view.status != METRIC_COMPLETE;
    }
    return code;
}

static enum exit_code save_metrics(struct saving *saving)
{
    struct live *live = saving->live;
    enum exit_code code = CODE_DONE;
    struct arena scratch;
    arena_init(&scratch);
    json_key(&saving->json, "MetricDataResults");
    json_open_array(&saving->json);
    for (size_t i = 0; code == CODE_DONE && i < live->target_count; i++) {
        code = save_metrics_of(saving, &scratch, &saving->states[i]);
        arena_reset(&scratch);
        show_progress(saving, i + 1);
    }
    json_close_array(&saving->json);
    arena_release(&scratch);
    return code;
}

// ---- the file ---------------------------------------------------------------------------------------------

// What was saved, for whoever did not see it go by.
static void say_saved(const struct saving *saving, struct text path)
{
    struct buffer what;
    buffer_init(&what, LIMIT_MESSAGE_BYTES);
    count_format(&what, saving->live->target_count, "service", "services");
    buffer_add(&what, TEXT(" and "));
    count_format(&what, saving->points, "point", "points");
    say(saving->live->session, "%.*s are in %.*s", TEXT_ARG(buffer_text(&what)), TEXT_ARG(path));
    buffer_release(&what);
    if (saving->incomplete)
        say(saving->live->session,
            "note: %zu of the metrics are incomplete, and marked so: decisions on them see what CloudWatch said",
            saving->incomplete);
}

static enum exit_code write_recording(struct saving *saving)
{
    struct session *session = saving->live->session;
    struct text path, content = buffer_text(&saving->out);
    if (saving->out.truncated) {
        say(session, "the recording is larger than 1 GB: record fewer services, or a shorter time (--from)");
        return CODE_OUTSIDE;
    }
    if (!session_value(session, OPTION_OUTPUT, &path) || text_is(path, "-")) {
        buffer_add(&session->out, content);
        return CODE_DONE;
    }
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    bool written = file_write_atomic(path, content, &error);
    if (!written)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    if (written)
        say_saved(saving, path);
    return written ? CODE_DONE : CODE_OUTSIDE;
}

static enum exit_code save_all(struct saving *saving)
{
    json_open_object(&saving->json);
    json_member_instant(&saving->json, "now", saving->to_s);
    enum exit_code code = save_services(saving);
    if (code == CODE_DONE)
        code = save_metrics(saving);
    if (code != CODE_DONE) {
        say(saving->live->session, "nothing was saved");
        return code;
    }
    json_close_object(&saving->json);
    buffer_add_char(&saving->out, '\n');
    return write_recording(saving);
}

enum exit_code command_record(struct session *session)
{
    struct live live;
    struct saving saving = {.live = &live};
    enum exit_code code = live_open(session, 0, LIVE_ALL, &live);
    if (code == CODE_DONE && !read_range(&live, &saving))
        code = CODE_USAGE;
    if (code == CODE_DONE) {
        buffer_init(&saving.out, RECORDING_BYTES);
        json_begin(&saving.json, &saving.out, 0);
        code = save_all(&saving);
        buffer_release(&saving.out);
    }
    live_close(&live);
    return code;
}
