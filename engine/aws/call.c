// Calls side by side, in rounds: what is due is sent, the answers settle it or make it due again.
#include "engine/aws/call.h"

#include <math.h>
#include <stdarg.h>

#include "engine/aws/aws_parts.h"

#define LEAST_MS 500  // with less time left than this no attempt is begun
#define NONSENSE_BYTES 500

double local_now(const struct aws *aws)
{
    return aws->local.now_s(aws->local.context);
}

// ---- ends -------------------------------------------------------------------------------------------------

static void settle(struct sending *sending, struct attempt *attempt)
{
    struct call *call = attempt->call;
    attempt->settled = true;
    sending->pending--;
    if (call->result.status != PORT_OK && attempt->doubtful)
        call->result.status = PORT_UNKNOWN_OUTCOME;
    if (call->result.status != PORT_OK)
        call->result.error = call_error_text(sending->arena, call, call->target);
}

void attempt_fail(struct sending *sending, struct attempt *attempt, enum port_status status, struct text reason)
{
    attempt->call->result.status = status;
    attempt->call->reason = reason;
    settle(sending, attempt);
}

// No time is left: what failed before stays what it was.
static void out_of_time(struct sending *sending, struct attempt *attempt)
{
    struct call *call = attempt->call;
    if (attempt->sent == 0)
        attempt_fail(sending, attempt, PORT_TIMED_OUT, TEXT("not sent: no time is left before the deadline"));
    else
        attempt_fail(sending, attempt, call->result.status,
                     arena_format(sending->arena, "%.*s; no time is left for another attempt", TEXT_ARG(call->reason)));
}

static void out_of_date(struct sending *sending, struct attempt *attempt)
{
    if (attempt->sent == 0)
        attempt_fail(sending, attempt, PORT_TIMED_OUT, TEXT("not sent: what it rests on has become too old"));
    else
        attempt_fail(sending, attempt, attempt->call->result.status,
                     arena_format(sending->arena, "%.*s; not sent again: what it rests on has become too old",
                                  TEXT_ARG(attempt->call->reason)));
}

static void out_of_patience(struct sending *sending, struct attempt *attempt)
{
    if (attempt->sent == 0)
        attempt_fail(sending, attempt, PORT_THROTTLED, TEXT("not sent: AWS throttles all calls of this operation"));
    else
        attempt_fail(sending, attempt, attempt->call->result.status, attempt->call->reason);
}

static void fail_all(struct sending *sending, enum port_status status, struct text reason)
{
    for (size_t i = 0; i < sending->count; i++)
        if (!sending->attempts[i].settled)
            attempt_fail(sending, &sending->attempts[i], status, reason);
}

void call_nonsense(struct arena *arena, struct call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct text what = printable(arena, arena_vformat(arena, format, list), NONSENSE_BYTES);
    va_end(list);
    struct text id = call->request_id.n ? call->request_id : TEXT("unknown");
    call->result.status = call->operation->changes ? PORT_UNKNOWN_OUTCOME : PORT_FAILED;
    call->reason =
        arena_format(arena, "the answer makes no sense: %.*s (request id %.*s)", TEXT_ARG(what), TEXT_ARG(id));
    call->result.error = call_error_text(arena, call, call->target);
}

// ---- rounds -----------------------------------------------------------------------------------------------

static int64_t time_left_ms(const struct aws *aws, double now_s)
{
    double left_s = aws->deadline_s - now_s;
    if (left_s <= 0)
        return 0;
    return left_s < 1e9 ? (int64_t)(left_s * 1000) : INT64_MAX;
}

static bool time_for_one(const struct aws *aws, double now_s)
{
    int64_t least_ms = aws->settings.timeout_ms < LEAST_MS ? aws->settings.timeout_ms : LEAST_MS;
    return time_left_ms(aws, now_s) >= least_ms;
}

// The port begins so many at once, and each may take the whole time: what would begin too late to end before the
// deadline waits for the next round, which cuts its time.
static size_t room(const struct aws *aws, double now_s, size_t pending)
{
    int64_t turns = time_left_ms(aws, now_s) / aws->settings.timeout_ms;
    if (turns < 1)
        turns = 1;
    size_t at_once = aws->settings.side_by_side;
    return (uint64_t)turns >= pending / at_once + 1 ? pending : at_once * (size_t)turns;
}

static double allowed_s(const struct aws *aws, const struct attempt *attempt)
{
    const struct pace *pace = &aws->paces[attempt->call->operation->pace];
    return pace->interval_s > 0 ? fmax(attempt->due_s, pace->next_s) : attempt->due_s;
}

// What is due now; of an operation that is throttled one.
static size_t pick(struct sending *sending, double now_s, struct attempt **picked)
{
    struct aws *aws = sending->aws;
    size_t most = room(aws, now_s, sending->pending), n = 0;
    for (size_t i = 0; i < sending->count && n < most; i++) {
        struct attempt *attempt = &sending->attempts[i];
        if (attempt->settled || allowed_s(aws, attempt) > now_s)
            continue;
        struct pace *pace = &aws->paces[attempt->call->operation->pace];
        // A quarter to either side, so that clients that were throttled together part.
        if (pace->interval_s > 0)
            pace->next_s = now_s + pace->interval_s * (0.75 + aws->random() / 2);
        attempt->successes = pace->successes;
        picked[n++] = attempt;
    }
    return n;
}

static void begin(const struct aws *aws, struct attempt *attempt, double now_s)
{
    attempt->sent++;
    attempt->begun_s = now_s;
    attempt->correction_s = aws->skew.correction_s;
    attempt->call->error_code = attempt->call->message = attempt->call->request_id = (struct text){NULL, 0};
}

static const struct credentials *get_credentials(struct sending *sending)
{
    struct buffer error;
    buffer_init(&error, NONSENSE_BYTES);
    enum port_status status = PORT_DENIED;
    const struct credentials *credentials = credentials_get(sending->aws->provider, &status, &error);
    if (!credentials)
        fail_all(sending, status, arena_text(sending->arena, buffer_text(&error)));
    buffer_release(&error);
    return credentials;
}

// Signs, sends and settles.
static void perform(struct sending *sending, struct attempt **picked, size_t count)
{
    struct aws *aws = sending->aws;
    const struct credentials *credentials = get_credentials(sending);
    if (!credentials)
        return;
    double now_s = local_now(aws);
    int64_t left_ms = time_left_ms(aws, now_s);
    int64_t timeout_ms = left_ms < aws->settings.timeout_ms ? left_ms : aws->settings.timeout_ms;
    struct http_request *requests = ARENA_ARRAY(sending->scratch, count, struct http_request);
    struct http_answer *answers = ARENA_ARRAY(sending->scratch, count, struct http_answer);
    if (!time_for_one(aws, now_s))
        return;  // fetching the credentials took the time; the next round says so
    for (size_t i = 0; i < count; i++) {
        begin(aws, picked[i], now_s);
        if (!request_make(aws, sending->scratch, picked[i], credentials, timeout_ms, &requests[i])) {
            fail_all(sending, PORT_FAILED, TEXT("the request could not be signed: OpenSSL's HMAC failed"));
            return;
        }
    }
    aws->round++;
    aws->http.perform(aws->http.context, sending->arena, requests, count, answers);
    for (size_t i = 0; i < count; i++)
        attempt_settle(sending, picked[i], credentials, &answers[i]);
    // Only now: the answers were checked for holding secrets.
    if (sending->expired)
        credentials_expire(aws->provider);
    sending->expired = false;
}

// The first instant at which something may be sent. What could only be sent too late is given up.
static double next_due_s(struct sending *sending)
{
    const struct aws *aws = sending->aws;
    double next_s = INFINITY;
    for (size_t i = 0; i < sending->count; i++) {
        struct attempt *attempt = &sending->attempts[i];
        if (attempt->settled)
            continue;
        double at_s = allowed_s(aws, attempt), until_s = attempt->call->until_s;
        if (until_s > 0 && fmax(at_s, local_now(aws)) > until_s)
            out_of_date(sending, attempt);
        else if (pace_over(&aws->paces[attempt->call->operation->pace], aws->settings.max_attempts))
            out_of_patience(sending, attempt);
        else if (time_for_one(aws, at_s))
            next_s = fmin(next_s, at_s);
        else
            out_of_time(sending, attempt);
    }
    return next_s;
}

// Where nobody waits by the clock, it is taken to have moved on.
static double wait_until(const struct aws *aws, double at_s)
{
    double now_s = local_now(aws);
    if (at_s > now_s && aws->local.wait_s)
        aws->local.wait_s(aws->local.context, at_s - now_s);
    return fmax(at_s, local_now(aws));
}

void aws_calls(struct aws *aws, struct arena *arena, struct call *calls, size_t count)
{
    struct arena scratch;
    arena_init(&scratch);
    struct sending sending = {aws, arena, &scratch, ARENA_ARRAY(arena, count, struct attempt), count, count, false};
    struct attempt **picked = ARENA_ARRAY(arena, count, struct attempt *);
    double now_s = local_now(aws);
    for (size_t i = 0; i < PACES; i++)
        aws->paces[i].throttled = 0;
    for (size_t i = 0; i < count; i++) {
        sending.attempts[i] = (struct attempt){.call = &calls[i], .due_s = now_s};
        invocation_make(aws, sending.attempts[i].invocation);
    }
    while (sending.pending) {
        double at_s = next_due_s(&sending);
        if (!sending.pending)
            break;
        size_t n = pick(&sending, wait_until(aws, at_s), picked);
        if (n)
            perform(&sending, picked, n);
        arena_reset(&scratch);
    }
    arena_release(&scratch);
}
