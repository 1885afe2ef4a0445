// What was asked of the fake: counts of all calls, and the newest ones one by one.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/json_write.h"
#include "engine/report/json_parts.h"
#include "tests/support/fake_aws.h"

#define OPERATIONS 32
#define TARGET_BYTES 1024

struct entry {
    double begun_s, described_ago_s, measured_ago_s;
    char operation[64], request_id[48], key_id[32];
    const char *signed_how;
    char *fault, *target, *attempt, *trace;
    int code;
    int64_t items;
    size_t bytes;
};

struct fake_log {
    struct entry *entries;  // a ring of FAKE_LOG_CALLS
    size_t count;           // ever
    struct {
        char name[64];
        size_t count;
    } operations[OPERATIONS];
    size_t operation_count;
};

struct fake_log *log_new(void)
{
    struct fake_log *log = calloc(1, sizeof *log);
    if (!log)
        abort();
    log->entries = calloc(FAKE_LOG_CALLS, sizeof *log->entries);
    if (!log->entries)
        abort();
    return log;
}

static void entry_clear(struct entry *entry)
{
    free(entry->fault);
    free(entry->target);
    free(entry->attempt);
    free(entry->trace);
    *entry = (struct entry){0};
}

void log_clear(struct fake_log *log)
{
    for (size_t i = 0; i < FAKE_LOG_CALLS; i++)
        entry_clear(&log->entries[i]);
    log->count = log->operation_count = 0;
}

void log_free(struct fake_log *log)
{
    log_clear(log);
    free(log->entries);
    free(log);
}

static void count_operation(struct fake_log *log, const char *name)
{
    size_t i = 0;
    while (i < log->operation_count && strcmp(log->operations[i].name, name) != 0)
        i++;
    if (i == OPERATIONS)
        return;
    if (i == log->operation_count) {
        snprintf(log->operations[i].name, sizeof log->operations[i].name, "%s", name);
        log->operations[i].count = 0;
        log->operation_count++;
    }
    log->operations[i].count++;
}

static struct text key_of(const struct server_request *request)
{
    struct text header = request_header(request, "authorization");
    const char *at = header.n ? memmem(header.p, header.n, "Credential=", 11) : NULL;
    if (!at)
        return (struct text){NULL, 0};
    struct text key = text_from(header, (size_t)(at - header.p) + 11);
    text_find(key, '/', &key.n);
    return key;
}

void log_call(struct fake_log *log, const struct fake_call *call, const char *request_id, double begun_s)
{
    struct entry *entry = &log->entries[log->count++ % FAKE_LOG_CALLS];
    struct text target = buffer_text(&call->target);
    target.n = target.n < TARGET_BYTES ? target.n : TARGET_BYTES;
    entry_clear(entry);
    count_operation(log, call->operation);
    entry->begun_s = begun_s;
    entry->described_ago_s = call->described_ago_s;
    entry->measured_ago_s = call->measured_ago_s;
    entry->signed_how = call->signed_how;
    entry->fault = fake_copy(text_of(call->fault));
    entry->code = call->reply->fate == FATE_RESET || call->reply->fate == FATE_SILENT ? 0 : call->reply->code;
    entry->items = call->items;
    entry->bytes = call->request->body.n;
    entry->target = fake_copy(target);
    entry->attempt = fake_copy(request_header(call->request, "amz-sdk-request"));
    entry->trace = fake_copy(request_header(call->request, "x-amzn-trace-id"));
    snprintf(entry->operation, sizeof entry->operation, "%s", call->operation);
    snprintf(entry->request_id, sizeof entry->request_id, "%s", request_id);
    struct text key = key_of(call->request);
    snprintf(entry->key_id, sizeof entry->key_id, "%.*s", TEXT_ARG(key));
}

static void write_entry(struct json_writer *out, const struct entry *entry)
{
    json_open_object(out);
    json_member_number(out, "at_s", entry->begun_s);
    json_member_string(out, "operation", entry->operation);
    json_member_string(out, "target", entry->target);
    json_member_int(out, "items", entry->items);
    json_member_int(out, "bytes", (int64_t)entry->bytes);
    json_member_int(out, "code", entry->code);
    json_member_string(out, "signed", entry->signed_how);
    json_member_string(out, "key", entry->key_id);
    json_member_string(out, "fault", entry->fault);
    json_member_string(out, "attempt", entry->attempt);
    json_member_string(out, "trace", entry->trace);
    json_member_string(out, "request_id", entry->request_id);
    if (strcmp(entry->operation, "UpdateService") == 0) {
        json_member_number(out, "described_ago_s", entry->described_ago_s);
        json_member_number(out, "measured_ago_s", entry->measured_ago_s);
    }
    json_close_object(out);
}

void log_write(const struct fake_log *log, struct buffer *json)
{
    struct json_writer out;
    json_begin(&out, json, 0);
    json_open_object(&out);
    json_key(&out, "counts");
    json_open_object(&out);
    for (size_t i = 0; i < log->operation_count; i++) {
        json_key(&out, log->operations[i].name);
        json_int(&out, (int64_t)log->operations[i].count);
    }
    json_close_object(&out);
    json_key(&out, "calls");
    json_open_array(&out);
    size_t first = log->count > FAKE_LOG_CALLS ? log->count - FAKE_LOG_CALLS : 0;
    for (size_t i = first; i < log->count; i++)
        write_entry(&out, &log->entries[i % FAKE_LOG_CALLS]);
    json_close_array(&out);
    json_close_object(&out);
}
