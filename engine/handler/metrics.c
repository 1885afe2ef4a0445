#include "engine/handler/metrics.h"

#include <math.h>
#include <stdio.h>

#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/core/schedule.h"
#include "engine/report/explanation.h"
#include "engine/report/json_parts.h"

#define METRIC_LIMIT 100  // of one directive, and of the values of one metric
#define STATUS_LIMIT 40   // distinct statuses counted by name
#define WHY_COUNT (WHY_HEARTBEAT + 1)
#define NAME_BYTES (LIMIT_NAME_BYTES + 32)

struct metric_row {
    char name[NAME_BYTES];
    const char *unit;
    double value;
};

struct tally {
    const struct invocation_metrics *of;
    struct text statuses[STATUS_LIMIT];
    size_t status_counts[STATUS_LIMIT], status_count, other;
    size_t changed, held, superseded, deferred, refused, errors;
    double held_s[WHY_COUNT], idle_s[METRIC_LIMIT];
    size_t idle_count;
    struct metric_row rows[METRIC_LIMIT];
    size_t row_count;
};

// ---- counting ---------------------------------------------------------------------------------------------

static const char *why_word(enum why why)
{
    static const char *const words[WHY_COUNT] = {
        [WHY_NONE] = "none",
        [WHY_NOT_FETCHED] = "not_fetched",
        [WHY_NOT_STARTED] = "not_started",
        [WHY_NO_BUCKET_DUE] = "no_bucket_due",
        [WHY_COVERAGE] = "coverage",
        [WHY_STALE] = "stale",
        [WHY_INCOMPLETE] = "incomplete",
        [WHY_NOT_ASKED] = "not_asked",
        [WHY_FUTURE] = "future",
        [WHY_ARITHMETIC] = "arithmetic",
        [WHY_NOT_SET] = "not_set",
        [WHY_TAGS_DENIED] = "tags_denied",
        [WHY_UNPARSABLE] = "unparsable",
        [WHY_NO_WINDOW] = "no_window",
        [WHY_HEARTBEAT] = "heartbeat",
    };
    return words[why];
}

static bool find_status(const struct tally *tally, struct text status, size_t *at)
{
    for (size_t i = 0; i < tally->status_count; i++)
        if (text_eq(tally->statuses[i], status)) {
            *at = i;
            return true;
        }
    return false;
}

static void add_status(struct tally *tally, struct text status)
{
    size_t at = 0;
    if (status.n && status.n <= LIMIT_NAME_BYTES && tally->status_count < STATUS_LIMIT &&
        !find_status(tally, status, &at))
        tally->statuses[tally->status_count++] = status;
}

// Only what stands in the policy becomes the name of a metric: a script's own statuses could be any number.
static void collect_statuses(struct tally *tally)
{
    const struct behaviour_rules *rules = &tally->of->policy->behaviours[tally->of->behaviour];
    static const struct text contract[] = {{"no_change", 9},        {"waking", 6},       {"starting", 8},
                                           {"already_running", 15}, {"scaled_down", 11}, {"killed", 6}};
    add_status(tally, contract[0]);
    for (size_t i = 0; !rules->scripted && i < rules->count; i++)
        add_status(tally, rules->rules[i].status);
    for (size_t i = 0; rules->scripted && i < sizeof contract / sizeof *contract; i++)
        add_status(tally, contract[i]);
}

// Until the schedule looks again; 0 where it was no schedule that looked.
static double seconds_to_next_look(const struct invocation_metrics *of)
{
    const struct schedule *schedule = of->policy->schedules[of->behaviour];
    int64_t next_s = 0;
    if (!schedule || of->trigger != TRIGGER_SCHEDULE)
        return 0;
    if (schedule->kind == SCHEDULE_RATE)
        return (double)schedule->rate_s;
    int64_t now_s = (int64_t)floor(of->at_s);
    return schedule_next(schedule, now_s, now_s, &next_s) ? (double)(next_s - now_s) : 0;
}

static void count_decision(struct tally *tally, const struct run_result *result, double until_next_s)
{
    size_t at = 0;
    if (find_status(tally, answer_status(result), &at))
        tally->status_counts[at]++;
    else
        tally->other++;
    tally->refused += result->decision.outcome == OUTCOME_REFUSED;
    tally->errors += result->decision.outcome == OUTCOME_FAILED;
    if (result->decision.outcome != OUTCOME_HELD)
        return;
    tally->held++;
    tally->held_s[result->decision.unknown.why < WHY_COUNT ? result->decision.unknown.why : WHY_NONE] += until_next_s;
}

static void count_applied(struct tally *tally, enum applied applied)
{
    switch (applied) {
    case APPLIED_DONE:
        tally->changed++;
        return;
    case APPLIED_SUPERSEDED:
    case APPLIED_RESTORED:
        tally->superseded++;
        return;
    case APPLIED_DEFERRED:
        tally->deferred++;
        return;
    case APPLIED_REFUSED:
        tally->refused++;
        return;
    case APPLIED_NOTHING:
    case APPLIED_DRY:
    case APPLIED_UNKNOWN:
    case APPLIED_FAILED:
    case APPLIED_PASSED:
        return;
    }
}

static void count_idle(struct tally *tally, const struct answer *answer)
{
    for (size_t i = 0; i < answer->report_count; i++) {
        if (answer->report[i].type != TYPE_DURATION)
            continue;
        if (answer->report[i].value.knowledge == KNOWN && tally->idle_count < METRIC_LIMIT)
            tally->idle_s[tally->idle_count++] = floor(answer->report[i].value.number);
        return;
    }
}

static void count_all(struct tally *tally)
{
    const struct invocation_metrics *of = tally->of;
    double until_next_s = seconds_to_next_look(of);
    for (size_t i = 0; i < of->count; i++) {
        const struct run_result *result = &of->results[i];
        count_applied(tally, result->applied);
        if (result->applied == APPLIED_DEFERRED || result->applied == APPLIED_PASSED)
            continue;
        if (result->status != PORT_OK) {
            tally->errors++;
            continue;
        }
        count_decision(tally, result, until_next_s);
        count_idle(tally, &of->answers[i]);
    }
    tally->refused += of->refused;
    if (of->failed && tally->errors == 0)
        tally->errors = 1;
}

// ---- the line ---------------------------------------------------------------------------------------------

static void add_row(struct tally *tally, const char *name, struct text suffix, const char *unit, double value)
{
    if (tally->row_count == METRIC_LIMIT - 1)  // the last is for IdleSeconds
        return;
    struct metric_row *row = &tally->rows[tally->row_count++];
    snprintf(row->name, sizeof row->name, "%s%.*s", name, TEXT_ARG(suffix));
    row->unit = unit;
    row->value = value;
}

static void add_count(struct tally *tally, const char *name, size_t value)
{
    add_row(tally, name, TEXT(""), "Count", (double)value);
}

static void add_held(struct tally *tally)
{
    double all_s = 0;
    for (size_t i = 0; i < WHY_COUNT; i++)
        all_s += tally->held_s[i];
    add_count(tally, "Held", tally->held);
    add_row(tally, "HeldSeconds", TEXT(""), "Seconds", all_s);
    for (size_t i = 0; i < WHY_COUNT; i++)
        if (tally->held_s[i] > 0)
            add_row(tally, "HeldSeconds.", text_of(why_word((enum why)i)), "Seconds", tally->held_s[i]);
}

static void add_rows(struct tally *tally)
{
    static const char *const changed[] = {"Woken", "Slept", "Killed"};
    size_t decisions = tally->other;
    for (size_t i = 0; i < tally->status_count; i++)
        decisions += tally->status_counts[i];
    add_count(tally, "Decisions", decisions);
    for (size_t i = 0; i < tally->status_count; i++)
        if (tally->status_counts[i])
            add_row(tally, "Decisions.", tally->statuses[i], "Count", (double)tally->status_counts[i]);
    if (tally->other)
        add_count(tally, "Decisions.other", tally->other);
    add_count(tally, changed[tally->of->behaviour], tally->changed);
    add_held(tally);
    add_count(tally, "Superseded", tally->superseded);
    add_count(tally, "Deferred", tally->deferred);
    add_count(tally, "Refused", tally->refused);
    add_count(tally, "Errors", tally->errors);
    add_count(tally, "AwsCalls", tally->of->calls);
    add_row(tally, "Duration", TEXT(""), "Milliseconds", tally->of->elapsed_ms);
}

static void definition_json(struct json_writer *json, const char *name, const char *unit)
{
    json_open_object(json);
    json_member_string(json, "Name", name);
    json_member_string(json, "Unit", unit);
    json_close_object(json);
}

static void directive_json(struct json_writer *json, const struct tally *tally)
{
    json_open_object(json);
    json_member_string(json, "Namespace", "Drowse");
    json_key(json, "Dimensions");
    json_open_array(json);
    json_open_array(json);
    json_string(json, "Behaviour");
    json_string(json, "Policy");
    json_close_array(json);
    json_close_array(json);
    json_key(json, "Metrics");
    json_open_array(json);
    for (size_t i = 0; i < tally->row_count; i++)
        definition_json(json, tally->rows[i].name, tally->rows[i].unit);
    if (tally->idle_count)
        definition_json(json, "IdleSeconds", "Seconds");
    json_close_array(json);
    json_close_object(json);
}

static void values_json(struct json_writer *json, const struct tally *tally)
{
    for (size_t i = 0; i < tally->row_count; i++)
        json_member_number(json, tally->rows[i].name, isfinite(tally->rows[i].value) ? tally->rows[i].value : 0);
    if (!tally->idle_count)
        return;
    json_key(json, "IdleSeconds");
    json_open_array(json);
    for (size_t i = 0; i < tally->idle_count; i++)
        json_number(json, tally->idle_s[i]);
    json_close_array(json);
}

void metrics_line(struct buffer *out, const struct invocation_metrics *of)
{
    struct tally tally = {.of = of};
    struct json_writer json;
    collect_statuses(&tally);
    count_all(&tally);
    add_rows(&tally);
    json_begin(&json, out, 0);
    json_open_object(&json);
    json_key(&json, "_aws");
    json_open_object(&json);
    json_member_int(&json, "Timestamp", (int64_t)floor(of->at_s * 1000));
    json_key(&json, "CloudWatchMetrics");
    json_open_array(&json);
    directive_json(&json, &tally);
    json_close_array(&json);
    json_close_object(&json);
    json_member_string(&json, "Behaviour", behaviour_name(of->behaviour));
    // A dimension's value must not be empty.
    json_member_text(&json, "Policy", of->policy->name.n ? of->policy->name : TEXT("unnamed"));
    json_member_string(&json, "trigger", trigger_name(of->trigger));
    json_member_text(&json, "requestId", of->request_id);
    values_json(&json, &tally);
    json_close_object(&json);
}
