#include "engine/handler/log.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/report/json_parts.h"

#define LINE_BYTES ((size_t)64 * 1024)
#define MESSAGE_BYTES ((size_t)2 * LIMIT_MESSAGE_BYTES)

static const char *const level_names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
#define LEVEL_COUNT (sizeof level_names / sizeof *level_names)

enum log_level log_level_from(const struct variables *variables, struct buffer *warning)
{
    static const char *const names[] = {"AWS_LAMBDA_LOG_LEVEL", "LOG_LEVEL"};
    for (size_t i = 0; i < 2; i++) {
        struct text word;
        if (!variable_get(variables, text_of(names[i]), &word))
            continue;
        for (size_t level = 0; level < LEVEL_COUNT; level++)
            if (text_is_any_case(word, level_names[level]))
                return (enum log_level)level;
        buffer_printf(warning, "%s is '%.*s': it is TRACE, DEBUG, INFO, WARN, ERROR or FATAL; INFO is taken", names[i],
                      TEXT_ARG(word));
        return LEVEL_INFO;
    }
    return LEVEL_INFO;
}

bool log_takes(const struct logger *logger, enum log_level level)
{
    return level >= logger->least;
}

// ---- lines ------------------------------------------------------------------------------------------------

struct line {
    struct buffer text;
    struct json_writer json;
};

static void line_begin(struct line *line, const struct logger *logger, enum log_level level)
{
    buffer_init(&line->text, LINE_BYTES);
    json_begin(&line->json, &line->text, 0);
    json_open_object(&line->json);
    json_member_string(&line->json, "level", level_names[level]);
    timestamp_json(&line->json, logger->clock->now_s(logger->clock->context));
    if (logger->request_id.n)
        json_member_text(&line->json, "requestId", logger->request_id);
}

static void line_end(struct line *line, const struct logger *logger)
{
    json_close_object(&line->json);
    logger->port->write(logger->port->context, buffer_text(&line->text));
    buffer_release(&line->text);
}

void log_message(const struct logger *logger, enum log_level level, const char *format, ...)
{
    if (!log_takes(logger, level))
        return;
    struct buffer message;
    buffer_init(&message, MESSAGE_BYTES);
    va_list list;
    va_start(list, format);
    buffer_vprintf(&message, format, list);
    va_end(list);
    struct line line;
    line_begin(&line, logger, level);
    json_member_text(&line.json, "message", buffer_text(&message));
    line_end(&line, logger);
    buffer_release(&message);
}

void log_refusal(const struct logger *logger, enum fault fault, enum event_kind kind, const struct caller *caller,
                 struct text message)
{
    enum log_level level = fault == FAULT_AWS || fault == FAULT_UNAVAILABLE ? LEVEL_ERROR : LEVEL_WARN;
    if (!log_takes(logger, level))
        return;
    struct line line;
    line_begin(&line, logger, level);
    json_member_text(&line.json, "message", message);
    json_member_string(&line.json, "error", fault_words_of(fault)->word);
    json_member_string(&line.json, "event", event_kind_name(kind));
    caller_json(&line.json, caller);
    line_end(&line, logger);
}

void log_aws_call(const struct logger *logger, const struct call_report *call)
{
    if (!log_takes(logger, LEVEL_DEBUG))
        return;
    char message[LIMIT_NAME_BYTES * 4];
    snprintf(message, sizeof message, "%s %s: %s", call->service, call->operation, call->error.n ? "failed" : "done");
    struct line line;
    line_begin(&line, logger, LEVEL_DEBUG);
    json_member_string(&line.json, "message", message);
    json_member_string(&line.json, "service", call->service);
    json_member_string(&line.json, "operation", call->operation);
    json_member_text(&line.json, "region", call->region);
    json_member_text(&line.json, "awsRequestId", call->request_id);
    json_member_int(&line.json, "attempt", call->attempt);
    json_member_int(&line.json, "httpStatus", call->http_code);
    json_member_number(&line.json, "milliseconds", round((call->end_s - call->start_s) * 1e6) / 1e3);
    if (call->error.n)
        json_member_text(&line.json, "error", call->error);
    line_end(&line, logger);
}
