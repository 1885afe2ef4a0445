// What the files of this layer share.
#ifndef DROWSE_AWS_AWS_PARTS_H
#define DROWSE_AWS_AWS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/aws/call.h"
#include "engine/aws/credentials.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/recording/read.h"

// ---- the clock's skew -------------------------------------------------------------------------------------

#define SKEW_SIGNATURE_S 240.0  // a signature that is further off than that was refused for its time

// How far AWS's clocks are ahead of the local one.
struct skew {
    bool seen;            // an answer of this run has shown it
    double correction_s;  // what is added to the local clock
    double doubt_s;       // what later answers of this run disagree by
};

// AWS's time lay within [low_s, high_s] of the local clock. Date headers have whole seconds, and answers take time.
void skew_observe(struct skew *, double low_s, double high_s);
// The skew that an answer's Date header shows. False: it has none that can be trusted.
bool skew_of_answer(const struct http_answer *, double *low_s, double *high_s);
// "Mon, 23 Nov 2026 06:35:36 GMT" (RFC 9110, section 5.6.7).
bool http_date(struct text, double *at_s);

// ---- retries ----------------------------------------------------------------------------------------------

#define BUCKET_TOKENS 500  // of one client, as AWS's SDKs have it

enum failure_kind {
    FAILURE_FINAL,
    FAILURE_TRANSIENT,
    FAILURE_THROTTLED,
    FAILURE_EXPIRED,    // the credentials
    FAILURE_SIGNATURE,  // perhaps the clock is wrong
};

// What AWS's error code, or in its place the HTTP code, means.
struct failure {
    enum failure_kind kind;
    enum port_status status;
};
struct failure failure_of(const struct operation *, struct text error_code, int http_code);

// rand * min(scale * 2^(n-1), 20 s); n counts the failures from 1.
double back_off_s(double scale_s, int n, double random);
// The same, raised to what x-amz-retry-after asks for (milliseconds; at most 5 s more).
double back_off_asked_s(double back_off, const struct http_answer *);

// How fast an operation's calls go. After throttling they go one by one, at an interval that doubles with each further
// throttling and shrinks with each success, until there is none.
struct pace {
    double interval_s;  // 0: as many at once as there are
    double next_s;      // by the local clock: nothing before
    int throttled;      // rounds in succession, without a success in between
    size_t round;       // the newest in which AWS throttled
    size_t successes;
};
// What went out at once is refused at once: a round is one piece of news.
void pace_throttled(struct pace *, double scale_s, double now_s, size_t round);
void pace_succeeded(struct pace *, double scale_s);
// AWS does nothing but throttle: nothing more is sent.
bool pace_over(const struct pace *, int max_attempts);

// ---- the whole --------------------------------------------------------------------------------------------

// Where a service is reached.
struct endpoint {
    struct text url;   // as in errors: "https://ecs.eu-west-1.amazonaws.com"
    struct text post;  // with the path that is posted to
    struct text host;  // the Host header: without the scheme's own port
    struct text path;  // "/"
};
// False: it is no URL that calls can go to, and `why` says so.
bool endpoint_parse(struct arena *, struct text url, struct endpoint *, const char **why);

#define CLUSTER_BYTES 256  // API_CreateCluster: up to 255 letters, and a NUL
#define CLUSTERS_REMEMBERED 8

// A cluster whose tags this run may not read.
struct denied_cluster {
    char name[CLUSTER_BYTES];
};

struct aws {
    struct arena arena;
    struct aws_settings settings;
    struct http http;
    struct clock local, corrected;
    double (*random)(void);
    struct credentials_world world;
    struct credentials_provider *provider;
    struct endpoint ecs, cloudwatch;
    struct skew skew;
    int tokens;
    size_t round;
    struct pace paces[PACES];
    struct denied_cluster tags_denied[CLUSTERS_REMEMBERED];  // in this run
    size_t tags_denied_count;
    struct call_context run;
    double deadline_s;  // by the local clock
};

double local_now(const struct aws *);
const struct endpoint *endpoint_of(const struct aws *, const struct operation *);

// ---- one call under way -----------------------------------------------------------------------------------

#define INVOCATION_BYTES 37  // a UUID and its NUL

struct attempt {
    struct call *call;
    bool settled;
    double due_s;             // by the local clock
    int sent, failed;         // attempts; of them those that count against the maximum
    size_t successes;         // the pace's, when it was sent last
    bool corrected, renewed;  // signed anew for the clock, for expired credentials
    bool doubtful;            // a server failed over the change: it may have been made
    double correction_s;      // of the clock, when it was signed
    double begun_s;           // by the local clock
    int paid;                 // tokens of the newest retry
    char invocation[INVOCATION_BYTES];
};

struct sending {
    struct aws *aws;
    struct arena *arena;    // of answers and errors
    struct arena *scratch;  // of one round
    struct attempt *attempts;
    size_t count, pending;
    bool expired;  // AWS called the credentials of this round so
};

// The request of this attempt, signed. False: OpenSSL failed.
bool request_make(const struct aws *, struct arena *, struct attempt *, const struct credentials *, int64_t timeout_ms,
                  struct http_request *);
void invocation_make(struct aws *, char invocation[INVOCATION_BYTES]);
// What the answer makes of the attempt: settled, or due again.
void attempt_settle(struct sending *, struct attempt *, const struct credentials *, const struct http_answer *);
// It comes to nothing, and `reason` says why.
void attempt_fail(struct sending *, struct attempt *, enum port_status, struct text reason);

// ---- errors -----------------------------------------------------------------------------------------------

// Code, message and request id of an answer that is no 200, from its headers and its JSON or XML body.
void error_read(struct arena *, struct call *, const struct http_answer *, const struct credentials *);
// "ServiceNotFoundException: Service not found. (request id 1-2)", "connection refused (https://..., 3 attempts)".
struct text error_reason(struct arena *, const struct call *, const struct http_answer *, struct text endpoint,
                         int attempts);
// At most `most` bytes of it, controls and wrong UTF-8 as '?'.
struct text printable(struct arena *, struct text, size_t most);
struct text call_error_text(struct arena *, const struct call *, struct text target);

// ---- decoders: bytes in, states and points out ------------------------------------------------------------

#define PAGES_MAXIMUM 200  // of one question; CloudWatch and ECS answer any that is allowed with far fewer

extern const struct operation ecs_list_clusters, ecs_list_services, ecs_update_service, ecs_tag_resource;

// What was read of one answer to DescribeServices.
struct services_failure {
    struct text arn, reason, detail;
};
struct services_answer {
    struct services_read services;
    struct services_failure *failures;
    size_t failure_count, failure_capacity;
};
bool services_answer_read(struct arena *, struct text body, bool tags_asked, bool keep_raw, struct services_answer *,
                          struct buffer *error);

struct updated_service {
    struct text arn, name, cluster_arn;
    int64_t desired;  // -1: not there
};
bool updated_service_read(struct arena *, struct text body, struct updated_service *, struct buffer *error);

// One page of ListClusters or ListServices.
struct arns_page {
    struct text *arns;
    size_t count, capacity;
    struct text next_token;
};
bool arns_page_read(struct arena *, struct text body, const char *member, struct arns_page *, struct buffer *error);

// A JSON object as a whole, its members taken by `member`.
bool answer_object(struct arena *, struct text body,
                   bool (*member)(void *context, struct json_source *, struct text key), void *context,
                   struct buffer *error);

// DescribeServices of all names: descriptions, and where `raws` is given the JSON as well.
void ecs_describe(struct aws *, struct arena *, const struct service_name *names, size_t count,
                  struct described *answers, struct text *raws);
void ecs_set_desired(void *context, struct arena *, const struct desired_change *, size_t count, struct port_result *);
void ecs_set_tags(void *context, struct arena *, const struct tag_change *, size_t count, struct port_result *);
struct port_result ecs_list(void *context, struct arena *, const struct target *, struct service_name **names,
                            size_t *count);
void cloudwatch_metrics(void *context, struct arena *, const struct metric_request *, size_t count,
                        struct metric_answer *);

// ---- GetMetricData ----------------------------------------------------------------------------------------

#define QUERIES_MAXIMUM 500        // MetricDataQueries of one call
#define DATAPOINTS_MAXIMUM 100800  // of one call

// A question for one metric over a span, or over a part of one that is too long for one call.
struct query {
    size_t request;
    int64_t start_s, end_s;
    struct recorded_series series;
    bool answered, on_page;
    struct text message;  // CloudWatch's
};

// One GetMetricData call and its further pages: queries [first, first + count).
struct query_batch {
    size_t first, count;
    int64_t start_s, end_s;
    struct text *tokens;  // of the pages so far
    size_t pages, capacity;
    struct call *call;  // of the newest page
    bool done;
    struct text message;  // about the call as a whole
};

struct metric_plan {
    struct query *queries;
    size_t query_count, query_capacity;
    struct query_batch *batches;
    size_t batch_count, batch_capacity;
};

// The dimension's value for that service. False: `why` says what is missing.
bool dimension_resolve(struct arena *, struct text pattern, const struct service_state *, struct text *value,
                       struct text *why);
// Cuts what is too long, and puts together what fits into one call. `wanted` says which requests are asked at all.
void metric_plan_make(struct arena *, const struct metric_request *, const bool *wanted, size_t count,
                      struct metric_plan *);
// Reads a page into the batch's queries; *next_token is empty behind the last one.
bool metric_page_read(struct arena *, struct text body, struct metric_plan *, struct query_batch *,
                      struct text *next_token, struct buffer *error);

#endif
