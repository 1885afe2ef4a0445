// One AWS operation over JSON: signed, sent, retried, its errors told apart.
#ifndef DROWSE_AWS_CALL_H
#define DROWSE_AWS_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/ports.h"
#include "engine/aws/aws.h"

struct arena;

// What is throttled together.
enum pace_of { PACE_ECS_LIST, PACE_ECS_DESCRIBE, PACE_ECS_UPDATE, PACE_ECS_TAG, PACE_METRIC_DATA, PACES };

// What an operation is on the wire.
struct operation {
    const char *service;       // for reports and endpoints: "ecs", "cloudwatch"
    const char *signing_name;  // "ecs", "monitoring"
    const char *target;        // X-Amz-Target's prefix: "AmazonEC2ContainerServiceV20141113"
    const char *name;          // "DescribeServices"
    const char *content_type;  // "application/x-amz-json-1.1"
    bool changes;              // a lost answer is an unknown outcome, and is not sent again
    enum pace_of pace;
};

struct call {
    const struct operation *operation;
    struct text body;    // JSON
    struct text target;  // whom errors name: "cluster/service", or how many
    double until_s;      // by the local clock: no attempt is begun later; 0: at any time
    // What became of it.
    struct port_result result;
    struct text answer;      // the body of a 200, whole; not yet checked to be JSON
    struct text error_code;  // AWS's, such as "ServiceNotFoundException"
    struct text message;     // AWS's, fit to be printed
    struct text request_id;
    struct text reason;  // what result.error says behind "DescribeServices of c/s: "
};

// All calls side by side, each retried on its own: standard mode, token bucket, full jitter; throttling is told from
// failure, and makes an operation's calls go one by one at a rate that falls until AWS takes them; a clock skew is
// corrected once; expired credentials are fetched once more; nothing is begun that could end behind the deadline.
// Answers live in the arena.
void aws_calls(struct aws *, struct arena *, struct call *calls, size_t count);

// A 200 whose body is not what it should be. "DescribeServices of c/s: the answer ...: ... (request id ...)"; a change
// becomes PORT_UNKNOWN_OUTCOME.
void call_nonsense(struct arena *, struct call *, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The call's result, for one of several targets that it was made for.
struct port_result call_result_of(struct arena *, const struct call *, struct text target);

#endif
