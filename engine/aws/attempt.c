// What an answer makes of an attempt: done, failed, or due again.
#include "engine/aws/aws_parts.h"

#include <math.h>

#define RETRY_COST 14    // tokens, as AWS's SDKs have it since 2026
#define PLAIN_SUCCESS 1  // tokens that a call without a retry gives back
#define REQUEST_ID_BYTES 100

static void succeed(struct sending *sending, struct attempt *attempt, const struct http_answer *answer)
{
    struct aws *aws = sending->aws;
    struct call *call = attempt->call;
    aws->tokens += attempt->paid ? attempt->paid : PLAIN_SUCCESS;
    if (aws->tokens > BUCKET_TOKENS)
        aws->tokens = BUCKET_TOKENS;
    pace_succeeded(&aws->paces[call->operation->pace], aws->settings.throttle_scale_s);
    call->answer = answer->body;
    attempt_fail(sending, attempt, PORT_OK, (struct text){NULL, 0});
}

// Of an answer that is no 200.
static struct failure failure_of_answer(const struct call *call, const struct http_answer *answer)
{
    const struct operation *operation = call->operation;
    enum port_status status = answer->timed_out ? PORT_TIMED_OUT : PORT_FAILED;
    switch (answer->outcome) {
    case HTTP_NOT_SENT:
        return (struct failure){FAILURE_TRANSIENT, status};
    case HTTP_LOST:
        if (operation->changes)
            return (struct failure){FAILURE_FINAL, PORT_UNKNOWN_OUTCOME};
        return (struct failure){FAILURE_TRANSIENT, status};
    case HTTP_TOO_LARGE:
        return (struct failure){FAILURE_FINAL, operation->changes ? PORT_UNKNOWN_OUTCOME : PORT_FAILED};
    case HTTP_ANSWERED:
        break;
    }
    if (answer->code > 200 && answer->code < 300 && operation->changes)
        return (struct failure){FAILURE_FINAL, PORT_UNKNOWN_OUTCOME};
    return failure_of(operation, call->error_code, answer->code);
}

// Fails for good where the tokens or the attempts are used up.
static bool may_retry(struct sending *sending, struct attempt *attempt)
{
    struct aws *aws = sending->aws;
    attempt->failed++;
    if (attempt->failed >= aws->settings.max_attempts || aws->tokens < RETRY_COST)
        return false;
    aws->tokens -= RETRY_COST;
    attempt->paid = RETRY_COST;
    return true;
}

// As long as the operation's calls get through one after the other, being throttled is no failure of this one.
static bool may_wait(struct sending *sending, struct attempt *attempt)
{
    const struct aws *aws = sending->aws;
    const struct pace *pace = &aws->paces[attempt->call->operation->pace];
    int most = aws->settings.max_attempts;
    if (most == 1 || pace->successes == attempt->successes)
        attempt->failed++;
    return attempt->failed < most && !pace_over(pace, most);
}

static bool clock_was_wrong(const struct attempt *attempt, const struct http_answer *answer)
{
    double low_s, high_s;
    if (attempt->corrected || !skew_of_answer(answer, &low_s, &high_s))
        return false;
    return fabs((low_s + high_s) / 2 - attempt->correction_s) > SKEW_SIGNATURE_S;
}

// When it may be sent again, by the local clock; NaN: never.
static double due_again_s(struct sending *sending, struct attempt *attempt, const struct http_answer *answer,
                          enum failure_kind kind)
{
    struct aws *aws = sending->aws;
    double now_s = local_now(aws);
    switch (kind) {
    case FAILURE_TRANSIENT:
        if (!may_retry(sending, attempt))
            return NAN;
        return now_s +
               back_off_asked_s(back_off_s(aws->settings.retry_scale_s, attempt->failed, aws->random()), answer);
    case FAILURE_THROTTLED:
        pace_throttled(&aws->paces[attempt->call->operation->pace], aws->settings.throttle_scale_s, now_s, aws->round);
        if (!may_wait(sending, attempt))
            return NAN;
        return now_s + back_off_asked_s(back_off_s(aws->settings.throttle_scale_s,
                                                   attempt->failed > 0 ? attempt->failed : 1, aws->random()),
                                        answer);
    case FAILURE_EXPIRED:
        if (attempt->renewed)
            return NAN;
        attempt->renewed = true;
        sending->expired = true;
        return now_s;
    case FAILURE_SIGNATURE:
        if (!clock_was_wrong(attempt, answer))
            return NAN;
        attempt->corrected = true;
        return now_s;
    case FAILURE_FINAL:
        break;
    }
    return NAN;
}

static void report(const struct sending *sending, const struct attempt *attempt, const struct http_answer *answer)
{
    const struct aws *aws = sending->aws;
    const struct call *call = attempt->call;
    if (!aws->run.called)
        return;
    double start_s = answer->received_s > 0 ? answer->received_s - answer->elapsed_s : attempt->begun_s;
    const struct call_report told = {
        .service = call->operation->service,
        .operation = call->operation->name,
        .region = aws->settings.region,
        .request_id = call->request_id,
        .start_s = start_s,
        .end_s = start_s + answer->elapsed_s,
        .attempt = attempt->sent,
        .http_code = answer->outcome == HTTP_ANSWERED ? answer->code : 0,
        .error = call->reason,
    };
    aws->run.called(aws->run.watcher, &told);
}

void attempt_settle(struct sending *sending, struct attempt *attempt, const struct credentials *credentials,
                    const struct http_answer *answer)
{
    struct aws *aws = sending->aws;
    struct call *call = attempt->call;
    double low_s, high_s;
    call->reason = (struct text){NULL, 0};
    call->request_id = printable(sending->arena, http_header_value(answer, "x-amzn-requestid"), REQUEST_ID_BYTES);
    if (skew_of_answer(answer, &low_s, &high_s))
        skew_observe(&aws->skew, low_s, high_s);
    if (answer->outcome == HTTP_ANSWERED && answer->code == 200) {
        report(sending, attempt, answer);
        succeed(sending, attempt, answer);
        return;
    }
    if (answer->outcome == HTTP_ANSWERED)
        error_read(sending->arena, call, answer, credentials);
    struct failure failure = failure_of_answer(call, answer);
    call->result.status = failure.status;
    call->reason = error_reason(sending->arena, call, answer, endpoint_of(aws, call->operation)->url, attempt->sent);
    attempt->doubtful = attempt->doubtful || (call->operation->changes && answer->outcome == HTTP_ANSWERED &&
                                              failure.kind == FAILURE_TRANSIENT);
    report(sending, attempt, answer);
    attempt->due_s = due_again_s(sending, attempt, answer, failure.kind);
    if (isnan(attempt->due_s))
        attempt_fail(sending, attempt, failure.status, call->reason);
}
