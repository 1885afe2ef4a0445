// What failures mean, and when a call may be sent again: AWS's standard mode with the constants of 2026
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html), but that throttling slows the whole
// operation down in place of costing each of its calls an attempt.
#include "engine/aws/aws_parts.h"

#include <math.h>

#define BACK_OFF_MAXIMUM_S 20.0
#define RETRY_AFTER_MORE_S 5.0
#define PACE_FIRST 0.1  // of the scale of back-off after throttling: ten calls a second
#define PACE_SLOWEST 5.0
#define PACE_FASTEST 0.01
#define PACE_GAIN 0.9    // by each success
#define PACE_PATIENCE 2  // times the maximum of attempts: rounds in which AWS does nothing but throttle

// One row an error code. Of reads, what ECS calls the client's fault is ours: there is no service of which it could be
// said that it takes no changes.
static const struct meaning {
    const char *code;
    enum failure_kind kind;
    enum port_status of_reads, of_changes;
} meanings[] = {
    {"Throttling", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"ThrottlingException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"ThrottledException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"RequestThrottledException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"TooManyRequestsException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"ProvisionedThroughputExceededException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"TransactionInProgressException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"RequestLimitExceeded", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"BandwidthLimitExceeded", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"RequestThrottled", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"SlowDown", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"PriorRequestNotComplete", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    {"EC2ThrottledException", FAILURE_THROTTLED, PORT_THROTTLED, PORT_THROTTLED},
    // TagResource says so of a service that has all the tags it may have.
    {"LimitExceededException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
    {"RequestTimeout", FAILURE_TRANSIENT, PORT_TIMED_OUT, PORT_TIMED_OUT},
    {"RequestTimeoutException", FAILURE_TRANSIENT, PORT_TIMED_OUT, PORT_TIMED_OUT},
    {"ExpiredToken", FAILURE_EXPIRED, PORT_DENIED, PORT_DENIED},
    {"ExpiredTokenException", FAILURE_EXPIRED, PORT_DENIED, PORT_DENIED},
    {"RequestTimeTooSkewed", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"RequestExpired", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"InvalidSignatureException", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"SignatureDoesNotMatch", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"AuthFailure", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"AccessDenied", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"AccessDeniedException", FAILURE_SIGNATURE, PORT_DENIED, PORT_DENIED},
    {"UnrecognizedClientException", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"InvalidClientTokenId", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"MissingAuthenticationToken", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"MissingAuthenticationTokenException", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"IncompleteSignature", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"IncompleteSignatureException", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"NotAuthorized", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"UnauthorizedOperation", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"OptInRequired", FAILURE_FINAL, PORT_DENIED, PORT_DENIED},
    {"ServiceNotFoundException", FAILURE_FINAL, PORT_NOT_FOUND, PORT_NOT_FOUND},
    {"ClusterNotFoundException", FAILURE_FINAL, PORT_NOT_FOUND, PORT_NOT_FOUND},
    {"ResourceNotFoundException", FAILURE_FINAL, PORT_NOT_FOUND, PORT_NOT_FOUND},
    {"ServiceNotActiveException", FAILURE_FINAL, PORT_REFUSED, PORT_REFUSED},
    {"InvalidParameterException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
    {"ClientException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
    {"UnsupportedFeatureException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
    {"PlatformUnknownException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
    {"PlatformTaskDefinitionIncompatibilityException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
    {"NamespaceNotFoundException", FAILURE_FINAL, PORT_FAILED, PORT_REFUSED},
};

// Where the code says nothing.
static const struct {
    int http_code;
    struct failure failure;
} answers[] = {
    {401, {FAILURE_FINAL, PORT_DENIED}},        {403, {FAILURE_FINAL, PORT_DENIED}},
    {408, {FAILURE_TRANSIENT, PORT_TIMED_OUT}}, {429, {FAILURE_THROTTLED, PORT_THROTTLED}},
    {500, {FAILURE_TRANSIENT, PORT_FAILED}},    {502, {FAILURE_TRANSIENT, PORT_FAILED}},
    {503, {FAILURE_TRANSIENT, PORT_FAILED}},    {504, {FAILURE_TRANSIENT, PORT_FAILED}},
};

struct failure failure_of(const struct operation *operation, struct text error_code, int http_code)
{
    for (size_t i = 0; error_code.n && i < sizeof meanings / sizeof meanings[0]; i++)
        if (text_is(error_code, meanings[i].code))
            return (struct failure){meanings[i].kind,
                                    operation->changes ? meanings[i].of_changes : meanings[i].of_reads};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].http_code == http_code)
            return answers[i].failure;
    return (struct failure){FAILURE_FINAL, PORT_FAILED};
}

double back_off_s(double scale_s, int n, double random)
{
    return random * fmin(scale_s * ldexp(1, n - 1), BACK_OFF_MAXIMUM_S);
}

double back_off_asked_s(double back_off, const struct http_answer *answer)
{
    int64_t asked_ms;
    if (!text_to_int64(http_header_value(answer, "x-amz-retry-after"), &asked_ms) || asked_ms < 0)
        return back_off;
    return fmax(back_off, fmin((double)asked_ms / 1000, back_off + RETRY_AFTER_MORE_S));
}

void pace_throttled(struct pace *pace, double scale_s, double now_s, size_t round)
{
    if (pace->round == round)
        return;
    pace->round = round;
    pace->throttled++;
    pace->interval_s = pace->interval_s > 0 ? pace->interval_s * 2 : PACE_FIRST * scale_s;
    pace->interval_s = fmin(pace->interval_s, PACE_SLOWEST * scale_s);
    pace->next_s = now_s + pace->interval_s;
}

void pace_succeeded(struct pace *pace, double scale_s)
{
    pace->throttled = 0;
    pace->successes++;
    pace->interval_s *= PACE_GAIN;
    if (pace->interval_s < PACE_FASTEST * scale_s)
        pace->interval_s = 0;
}

bool pace_over(const struct pace *pace, int max_attempts)
{
    return pace->throttled >= PACE_PATIENCE * max_attempts;
}
