// For tests: ECS, CloudWatch, STS and the metadata services as far as drowse calls them, as a server with a world of
// services behind it (tests/tools/fake_aws.c is the program). It refuses what AWS refuses, and misbehaves where it is
// told to. Unit tests of the client alone have scripted_aws.h. The world is JSON:
//   {"account": "123456789012", "region": "eu-west-1",
//    "access_key": "AKIDEXAMPLE", "secret": "...", "token": "...",   a request signed otherwise is refused
//    "start_delay_s": 0, "stop_delay_s": 0,    from UpdateService to the tasks' start or stop
//    "lag_s": 0,                               of metrics
//    "page_points": 100800, "page_results": 500,   of one page of GetMetricData
//    "life_s": 3600,                           of the credentials that it hands out
//    "container_token": "...", "clock_offset_s": 0, "skew_error": "RequestTimeTooSkewed",
//    "deny": ["ecs:UpdateService"], "clusters": ["empty"],
//    "services": [{"cluster", "service", "desired", "running", "status", "strategy", "tags": {},
//                  "created_ago_s", "deployed_ago_s", "deploying": true, "events": [{"ago_s", "message"}]}],
//    "metrics": [{"namespace", "metric", "dimensions": {"Service": "web-*"},
//                 "value": 3 | "now" | {"ago_s": 900}, or "points": [[ago_s, value]],
//                 "every_s": 60, "from_ago_s", "until_ago_s", "status": "PartialData"}]}
// The first metric that matches counts. What is "ago" counts from when the world was loaded.
#ifndef DROWSE_TESTS_FAKE_AWS_H
#define DROWSE_TESTS_FAKE_AWS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/text.h"
#include "tests/support/http_server.h"
#include "tests/support/json_members.h"

#define FAKE_EVENTS 100       // ECS keeps as many of a service
#define FAKE_DEPLOYMENTS 4    // of one service at once
#define FAKE_KEYS 64          // handed out and still known
#define FAKE_LOG_CALLS 20000  // the newest are kept; all are counted
#define FAKE_HASH 16384

struct fake_tag {
    char *key, *value;
};

struct fake_event {
    double at_s;
    char *message;
};

struct fake_deployment {
    double created_s;
    bool under_way;
};

struct fake_service {
    char *cluster, *name, *status, *strategy;
    int64_t desired, running;
    double created_s;
    double due_s;  // when running becomes desired; INFINITY: nothing is due
    struct fake_tag *tags;
    size_t tag_count;
    struct fake_event events[FAKE_EVENTS];  // newest first
    size_t event_count;
    struct fake_deployment deployments[FAKE_DEPLOYMENTS];  // the primary first
    size_t deployment_count;
    double described_s, measured_s;  // when it was last asked for; 0: never
    bool removed;
    struct fake_service *same_hash;
};

enum fake_value { VALUE_CONSTANT, VALUE_NOW, VALUE_POINTS };

// What a metric reports.
struct fake_metric {
    char *name_space, *name, *status;
    struct fake_tag *dimensions;  // values are globs
    size_t dimension_count;
    enum fake_value kind;
    double value, every_s, from_s, until_s;
    double (*points)[2];  // instant, value
    size_t point_count;
    struct fake_metric *next;
};

struct fake_key {
    char id[40], secret[64], token[80];
    double expires_s;
};

struct fake_world {
    char *account, *region, *container_token, *skew_error;
    double start_delay_s, stop_delay_s, lag_s, life_s;
    int64_t page_points, page_results;
    cJSON *deny, *clusters;
    struct fake_service **services;
    size_t service_count, service_capacity;
    struct fake_service *by_hash[FAKE_HASH];
    struct fake_metric *metrics;
    struct fake_key keys[FAKE_KEYS];  // the first is the world's own
    size_t key_count;                 // ever handed out, and the world's own
};

// One request, as far as it is understood, and what became of it.
struct fake_call {
    const struct server_request *request;
    struct server_reply *reply;
    const char *service;  // "ecs", "cloudwatch", "sts", "metadata", "container"
    char operation[64];
    cJSON *body;  // of the JSON protocols
    struct buffer target;
    int64_t items;
    const char *signed_how;                  // "right", "wrong", "unsigned", "not asked"
    const char *fault;                       // the kind that struck, or ""
    double described_ago_s, measured_ago_s;  // of UpdateService: how old what was known of the service is
};

struct fake_log;
struct fake_faults;

struct fake {
    double clock_offset_s;
    struct fake_world *world;
    struct fake_log *log;
    struct fake_faults *faults;
    uint64_t request_ids;
};

double fake_now_s(const struct fake *);
char *fake_copy(struct text);
char *fake_string(const cJSON *object, const char *name, const char *otherwise);  // a copy

// fake_aws_world.c. NULL with a message on stderr where the JSON makes no sense.
struct fake_world *world_read(const cJSON *, double now_s);
void world_free(struct fake_world *);
struct fake_service *world_add(struct fake_world *, const char *cluster, const char *name, double now_s);
struct fake_service *world_find(struct fake_world *, struct text cluster, struct text name);
bool world_has_cluster(const struct fake_world *, struct text cluster);
bool world_add_service(struct fake_world *, const cJSON *, double now_s);
void world_add_metric(struct fake_world *, const cJSON *, double now_s);
// `count` services of cluster "fleet": idle-00001 and on, then busy-00001 and on, with metrics that say so.
void world_generate(struct fake_world *, int64_t count, int64_t idle, double now_s);

// fake_aws_service.c: what happens to a service.
void service_settle(struct fake_service *, double now_s);
void service_scale(struct fake_world *, struct fake_service *, int64_t desired, double now_s);
void service_event(struct fake_service *, const char *message, double now_s);
void service_tag(struct fake_service *, const char *key, const char *value);  // NULL: takes it away
void service_deploy(struct fake_service *, double now_s);
void service_free(struct fake_service *);
// {"service": "cluster/name", "desired", "running", "status", "strategy", "tags", "event", "deploy", "deployed",
// "woken", "remove"} and {"metric": {...}}, or a list of them: moves the world.
void world_change(struct fake_world *, const cJSON *, double now_s);

// fake_aws_ecs.c, fake_aws_metrics.c, fake_aws_keys.c: the services. They fill the call's reply.
void fake_ecs(struct fake *, struct fake_call *);
void fake_cloudwatch(struct fake *, struct fake_call *);
void fake_sts(struct fake *, struct fake_call *);
void fake_metadata(struct fake *, struct fake_call *);
void fake_container(struct fake *, struct fake_call *);
// An error in the service's own protocol; `type` is the shape's name.
void fake_error(struct fake_call *, int code, const char *type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// fake_aws_samples.c: the points of a metric in a span, as CloudWatch makes them.
struct fake_samples {
    double *at_s, *values;
    size_t count, capacity;
};
struct fake_query {
    const struct fake_metric *metric;  // NULL: no point ever
    struct text stat;
    int64_t period_s, start_s, end_s;
    double now_s;  // with the lag taken off
};
bool samples_stat_known(struct text stat);
void samples_make(const struct fake_query *, struct fake_samples *);  // oldest first

// fake_aws_signature.c: true where the call may go on; else the reply is the refusal.
bool fake_check_signature(struct fake *, struct fake_call *, const char *signing_name);

// fake_aws_faults.c
struct fake_faults *faults_new(void);
void faults_free(struct fake_faults *);
// {"faults": [...], "on": [...]}: each list given replaces the one that was.
void faults_set(struct fake_faults *, const cJSON *control);
// Moves the world as `on` says.
void faults_hooks(struct fake *, const struct fake_call *, bool before);
// The call, with the fault that strikes it, if one does. `perform` is what the service would do.
void faults_perform(struct fake *, struct fake_call *, void (*perform)(struct fake *, struct fake_call *));

// fake_aws_log.c
struct fake_log *log_new(void);
void log_free(struct fake_log *);
void log_clear(struct fake_log *);
void log_call(struct fake_log *, const struct fake_call *, const char *request_id, double begun_s);
void log_write(const struct fake_log *, struct buffer *json);

// fake_aws_control.c: what the server answers with; the context is a struct fake.
void fake_answer(void *context, const struct server_request *, struct server_reply *);

#endif
