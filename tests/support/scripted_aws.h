// For unit tests of engine/aws: its client, with ECS and CloudWatch behind its HTTP port and not behind a server, with
// a clock that moves only when somebody waits, and with answers as a test writes them. It knows no services: every one
// exists and is as it always was. A world in which services change is fake_aws.h.
#ifndef DROWSE_TESTS_SCRIPTED_AWS_H
#define DROWSE_TESTS_SCRIPTED_AWS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/aws/aws.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define SCRIPTED_AWS_NOW 1795415736.0  // 2026-11-23T06:35:36Z
#define SCRIPTED_AWS_FAULTS 16

enum scripted_operation {
    SCRIPTED_LIST_CLUSTERS,
    SCRIPTED_LIST_SERVICES,
    SCRIPTED_DESCRIBE,
    SCRIPTED_UPDATE,
    SCRIPTED_TAG,
    SCRIPTED_METRIC_DATA,
    SCRIPTED_OPERATIONS
};

// What stands in for the answer to some requests of an operation.
struct scripted_fault {
    enum scripted_operation operation;
    size_t from, to;  // requests of that operation, from 1; 0, 0: all
    enum http_outcome outcome;
    bool timed_out;
    int code;             // of HTTP_ANSWERED
    const char *headers;  // "name: value\nname: value"
    const char *body;
};

struct scripted_aws {
    struct arena arena;
    double clock_s, ahead_s;  // AWS's own clock is so much ahead
    double latency_s;         // of one perform
    bool dates;               // answers carry a Date
    double waited_s;
    size_t waits, performs, at_once;  // at_once: the most requests of one perform
    size_t asked[SCRIPTED_OPERATIONS];
    struct scripted_fault faults[SCRIPTED_AWS_FAULTS];
    size_t fault_count;
    // UpdateService is throttled to so many a second, after a burst; 0: it is not.
    double updates_per_s, burst, allowance, allowance_at_s;
    size_t throttled;
    // Of every service: c/anything exists but what begins with "no"; tags as JSON or NULL for none.
    const char *tags;
    bool deny_tags;
    const char *deny_tags_of;   // of that cluster alone; NULL: of all
    size_t clusters, services;  // of the lists: "c0".., "s0"..
    // GetMetricData
    size_t page_points;  // a page holds no more; 0: all
    double value;
    bool endless, same_token;
    // The newest request: its body and its headers.
    struct http_request newest;
    struct text bodies;  // all bodies, one a line
    bool keep_bodies;
    size_t reports;
    char newest_report[300];
    struct variables variables;
    struct aws *aws;
    struct cloud cloud;
};

// Begins with plain credentials, a region, endpoints on fake hosts, chance always a half.
struct scripted_aws *scripted_aws_new(void);
// The same with settings changed.
struct scripted_aws *scripted_aws_with(void (*change)(struct aws_settings *));
void scripted_aws_free(struct scripted_aws *);
void scripted_aws_fails(struct scripted_aws *, struct scripted_fault);
struct text scripted_aws_header(const struct scripted_aws *, const char *name);
// Of service c/`service`: its description; its desired count set to 0.
struct described scripted_aws_describe(struct scripted_aws *, struct arena *, const char *service);
struct port_result scripted_aws_update(struct scripted_aws *, struct arena *, const char *service);
// A run with that deadline, watched.
void scripted_aws_begin(struct scripted_aws *, double deadline_s);

#endif
