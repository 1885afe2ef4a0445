#include "engine/handler/summary.h"

#include "engine/base/arena.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/report/json_parts.h"

#define SUMMARY_BYTES ((size_t)4 * 1024 * 1024)
#define FAILURES_NAMED 3

static enum fault fault_of_status(enum port_status status)
{
    switch (status) {
    case PORT_OK:
        return FAULT_NONE;
    case PORT_NOT_FOUND:
        return FAULT_NOT_FOUND;
    case PORT_REFUSED:
        return FAULT_REFUSED;
    case PORT_THROTTLED:
    case PORT_TIMED_OUT:
    case PORT_UNKNOWN_OUTCOME:
        return FAULT_UNAVAILABLE;
    case PORT_DENIED:
    case PORT_FAILED:
        break;
    }
    return FAULT_AWS;
}

enum fault fault_of_result(const struct run_result *result)
{
    if (result->applied == APPLIED_PASSED)
        return FAULT_NONE;
    if (result->applied == APPLIED_DEFERRED)
        return FAULT_UNAVAILABLE;
    if (result->status != PORT_OK)
        return fault_of_status(result->status);
    if (result->decision.outcome == OUTCOME_FAILED)
        return FAULT_POLICY;
    return result->decision.outcome == OUTCOME_REFUSED || result->applied == APPLIED_REFUSED ? FAULT_REFUSED
                                                                                             : FAULT_NONE;
}

// ---- counting ---------------------------------------------------------------------------------------------

struct status_count {
    struct text status;
    size_t count;
};

struct counts {
    size_t lowered, raised, held, superseded, deferred, refused, passed, failed;
    struct status_count *statuses;
    size_t status_count;
};

static void count_status(struct counts *counts, struct text status)
{
    for (size_t i = 0; i < counts->status_count; i++)
        if (text_eq(counts->statuses[i].status, status)) {
            counts->statuses[i].count++;
            return;
        }
    counts->statuses[counts->status_count++] = (struct status_count){status, 1};
}

// Deferred is the next run's; a refusal of a rule or of ECS is what was wanted.
static bool is_failure(const struct run_result *result)
{
    switch (fault_of_result(result)) {
    case FAULT_NONE:
    case FAULT_REFUSED:
        return false;
    case FAULT_UNAVAILABLE:
        return result->applied != APPLIED_DEFERRED;
    case FAULT_REQUEST:
    case FAULT_STALE:
    case FAULT_FOREIGN:
    case FAULT_NOT_FOUND:
    case FAULT_METHOD:
    case FAULT_POLICY:
    case FAULT_AWS:
        break;
    }
    return true;
}

static bool is_lowered(const struct run_result *result)
{
    return result->decision.before == COUNT_UNKNOWN || result->decision.desired < result->decision.before;
}

static void count_result(struct counts *counts, const struct run_result *result)
{
    bool changed = result->applied == APPLIED_DONE || result->applied == APPLIED_DRY;
    bool failed = is_failure(result);
    counts->passed += result->applied == APPLIED_PASSED;
    counts->deferred += result->applied == APPLIED_DEFERRED;
    counts->superseded += result->applied == APPLIED_SUPERSEDED || result->applied == APPLIED_RESTORED;
    counts->refused += fault_of_result(result) == FAULT_REFUSED;
    counts->failed += failed;
    counts->lowered += changed && is_lowered(result);
    counts->raised += changed && !is_lowered(result);
    if (failed || result->status != PORT_OK || result->applied == APPLIED_PASSED || result->applied == APPLIED_DEFERRED)
        return;
    counts->held += result->decision.outcome == OUTCOME_HELD;
    count_status(counts, answer_status(result));
}

static struct counts count_all(struct arena *arena, const struct summary *summary)
{
    struct counts counts = {.statuses = ARENA_ARRAY(arena, summary->count, struct status_count)};
    for (size_t i = 0; i < summary->count; i++)
        count_result(&counts, &summary->results[i]);
    return counts;
}

// ---- the answer -------------------------------------------------------------------------------------------

static bool is_listed(const struct run_result *result)
{
    if (result->applied == APPLIED_PASSED || result->applied == APPLIED_DEFERRED)
        return false;
    return result->status != PORT_OK || fault_of_result(result) != FAULT_NONE ||
           result->decision.outcome == OUTCOME_CHANGE;
}

static void result_json(struct json_writer *json, const struct summary *summary, size_t index)
{
    const struct run_result *result = &summary->results[index];
    json_open_object(json);
    if (result->status == PORT_OK || result->applied != APPLIED_NOTHING) {
        answer_json(json, summary->policy, result, &summary->answers[index], true);
    } else {
        json_member_text(json, "cluster", result->name.cluster);
        json_member_text(json, "service", result->name.service);
        json_member_text(json, "error", result->error);
    }
    json_close_object(json);
}

static void results_json(struct json_writer *json, const struct summary *summary)
{
    size_t listed = 0, more = 0;
    json_key(json, "results");
    json_open_array(json);
    for (size_t i = 0; i < summary->count; i++) {
        if (!is_listed(&summary->results[i]))
            continue;
        if (listed < SUMMARY_RESULTS) {
            result_json(json, summary, i);
            listed++;
        } else {
            more++;
        }
    }
    json_close_array(json);
    if (more)
        json_member_int(json, "more", (int64_t)more);
}

static void counts_json(struct json_writer *json, const struct counts *counts)
{
    json_key(json, "statuses");
    json_open_object(json);
    for (size_t i = 0; i < counts->status_count; i++) {
        json_key_text(json, counts->statuses[i].status);
        json_int(json, (int64_t)counts->statuses[i].count);
    }
    json_close_object(json);
    json_member_int(json, "lowered", (int64_t)counts->lowered);
    json_member_int(json, "raised", (int64_t)counts->raised);
    json_member_int(json, "held", (int64_t)counts->held);
    json_member_int(json, "superseded", (int64_t)counts->superseded);
    json_member_int(json, "deferred", (int64_t)counts->deferred);
    json_member_int(json, "refused", (int64_t)counts->refused);
    json_member_int(json, "passedOver", (int64_t)counts->passed);
    json_member_int(json, "failed", (int64_t)counts->failed);
}

struct text summary_json(struct arena *arena, const struct summary *summary)
{
    struct counts counts = count_all(arena, summary);
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, SUMMARY_BYTES);
    json_begin(&json, &out, 0);
    json_open_object(&json);
    json_member_string(&json, "behaviour", behaviour_name(summary->behaviour));
    json_member_text(&json, "policy", summary->policy->name);
    if (summary->scheduled.n)
        json_member_text(&json, "scheduledTime", summary->scheduled);
    if (summary->dry_run)
        json_member_bool(&json, "dryRun", true);
    json_member_int(&json, "services", (int64_t)summary->count);
    counts_json(&json, &counts);
    results_json(&json, summary);
    json_close_object(&json);
    struct text copy = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return copy;
}

// ---- the fault --------------------------------------------------------------------------------------------

// Of two faults the one that asking again helps least against.
static enum fault worse(enum fault a, enum fault b)
{
    static const enum fault order[] = {FAULT_NONE, FAULT_UNAVAILABLE, FAULT_NOT_FOUND, FAULT_POLICY, FAULT_AWS};
    enum fault worst = FAULT_NONE;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            worst = order[i];
    return worst;
}

static void name_failure(struct buffer *out, const struct run_result *result)
{
    struct text why = result->status != PORT_OK ? result->error : result->decision.error;
    buffer_printf(out, "; %.*s/%.*s: %.*s", TEXT_ARG(result->name.cluster), TEXT_ARG(result->name.service),
                  TEXT_ARG(why));
}

enum fault summary_fault(struct arena *arena, const struct summary *summary, struct text *message)
{
    enum fault fault = FAULT_NONE;
    size_t failures = 0;
    struct buffer names;
    buffer_init(&names, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < summary->count; i++) {
        if (!is_failure(&summary->results[i]))
            continue;
        fault = worse(fault, fault_of_result(&summary->results[i]));
        if (failures++ < FAILURES_NAMED)
            name_failure(&names, &summary->results[i]);
    }
    *message = arena_format(arena, "%s failed for %zu of %zu services%.*s%s", behaviour_name(summary->behaviour),
                            failures, summary->count, TEXT_ARG(buffer_text(&names)),
                            failures > FAILURES_NAMED ? "; and so on, as the log says" : "");
    buffer_release(&names);
    return fault;
}
