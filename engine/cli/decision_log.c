#include "engine/cli/decision_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/json_write.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/lang/load.h"
#include "engine/report/record.h"

#define LINE_BYTES ((size_t)4 * RECORD_SNAPSHOT_BYTES)

bool decision_log_open(struct session *session, struct decision_log *log)
{
    log->file = -1;
    if (!session_value(session, OPTION_LOG, &log->path))
        return true;
    log->file = open(arena_text(&session->arena, log->path).p, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (log->file < 0)
        say(session, "%.*s: %s", TEXT_ARG(log->path), strerror(errno));
    return log->file >= 0;
}

// In one write where the system allows: lines of two runs do not mix.
static bool write_whole(int file, struct text line)
{
    while (line.n) {
        ssize_t written = write(file, line.p, line.n);
        if (written < 0 && errno != EINTR)
            return false;
        line = text_from(line, written > 0 ? (size_t)written : 0);
    }
    return true;
}

bool decision_log_write(const struct decision_log *log, const struct live *live, const struct run_options *options,
                        const struct run_result *results, const struct text *prepared)
{
    if (log->file < 0)
        return true;
    struct buffer digest, line;
    buffer_init(&digest, LIMIT_MESSAGE_BYTES);
    buffer_init(&line, LINE_BYTES);
    policy_digest(live->policy, &digest);
    struct record_context context = {.policy = live->policy,
                                     .behaviour = options->behaviour,
                                     .trigger = options->trigger,
                                     .policy_digest = buffer_text(&digest),
                                     .caller = {.principal = variable_text(&live->session->environment->all, "USER")},
                                     .dry_run = options->dry_run};
    bool written = true;
    for (size_t i = 0; written && i < live->target_count; i++) {
        struct json_writer json;
        buffer_clear(&line);
        json_begin(&json, &line, 0);
        record_json(&json, &context, &results[i], prepared[i], live->clock.now_s(live->clock.context));
        buffer_add_char(&line, '\n');
        written = write_whole(log->file, buffer_text(&line));
    }
    if (!written)
        say(live->session, "%.*s: %s", TEXT_ARG(log->path), strerror(errno));
    buffer_release(&line);
    buffer_release(&digest);
    return written;
}

void decision_log_close(struct decision_log *log)
{
    if (log->file >= 0)
        close(log->file);
    log->file = -1;
}
