// ECS and CloudWatch over HTTP: the `cloud` port for real.
#ifndef DROWSE_AWS_AWS_H
#define DROWSE_AWS_AWS_H

#include <stdbool.h>

#include "drowse/ports.h"
#include "engine/base/variables.h"

struct arena;
struct buffer;

struct aws_settings {
    struct text region;
    struct text ecs_endpoint, cloudwatch_endpoint, sts_endpoint;  // without a '/' at the end
    struct text ca_bundle;                                        // empty: the roots carried
    int max_attempts;                                             // in all, of one call (AWS_MAX_ATTEMPTS, default 3)
    double retry_scale_s, throttle_scale_s;                       // 0.05 and 1: the base of the back-off
    int64_t connect_timeout_ms, timeout_ms;                       // 3,100 and 10,000
    size_t side_by_side;                                          // calls at once: what the http port is set to as well
    size_t maximum_bytes;                                         // of one answer
    struct variables variables;                                   // for credentials
};

// From AWS_REGION, AWS_DEFAULT_REGION, the profile's region; AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL_CLOUDWATCH,
// AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, the profile's `services` section and endpoint_url,
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT; AWS_CA_BUNDLE, the profile's
// ca_bundle; AWS_MAX_ATTEMPTS, the profile's max_attempts; DROWSE_AWS_TIMEOUT_MS, DROWSE_AWS_CONNECT_TIMEOUT_MS and
// DROWSE_AWS_RETRY_MS (the base of the back-off after failures; 20 times that after throttling), which tests and slow
// networks set. False: `error` says what is missing or wrong, and what would be right.
bool aws_settings_read(struct arena *, const struct variables *, struct aws_settings *, struct buffer *error);

struct aws;
// The settings' texts, the http port and what the clock stands for must outlive it. `random` gives numbers in [0, 1).
struct aws *aws_new(const struct aws_settings *, const struct http *, const struct clock *, double (*random)(void));
void aws_free(struct aws *);
// `begin`'s deadline is by aws_clock as it stands when `begin` is called.
struct cloud aws_cloud(struct aws *);
// The clock given, corrected by the skew that AWS's Date headers show: from the first answer of a run on (`begin`).
// Its doubt is what later answers of that run disagree by.
struct clock aws_clock(struct aws *);

// For `record`: see record.h of this layer.

#endif
