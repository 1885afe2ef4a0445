// For tests: a state file in a folder of its own, and the calls that tests make of it.
#ifndef DROWSE_TESTS_STATES_H
#define DROWSE_TESTS_STATES_H

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sim/state_file.h"

#define STATES_NOW 1795415736.0  // 2026-11-23T06:35:36Z

// Members of services, and a file of them.
#define SERVICE(name, desired, running, rest)                                                                          \
    "{\"serviceName\":\"" name "\",\"clusterArn\":\"arn:aws:ecs:r:1:cluster/c\",\"desiredCount\":" desired             \
    ",\"runningCount\":" running ",\"pendingCount\":0" rest "}"
#define STATE(services) "{\"now\":\"2026-11-23T06:35:36Z\",\"services\":[" services "]}"

struct states {
    struct arena arena;
    struct buffer error;
    char folder[64], path[100];
    double clock_s;  // STATES_NOW, until a test moves it
    struct clock clock;
    struct policy policy;  // with a cold start of 75s
};

// Points into itself: stays where it is.
void states_begin(struct states *);
void states_end(struct states *);
void states_write(const struct states *, const char *content);
char *states_read(const struct states *);  // until the next call
// The file opened, or the test fails.
struct state_file *states_open(struct states *);
// The service, which must be there.
struct service_state states_describe(struct states *, struct state_file *, const char *cluster, const char *service);
// Of service s in cluster c.
void states_expect_counts(struct states *, struct state_file *, int64_t desired, int64_t running, int64_t pending);
enum port_status states_scale(struct states *, struct state_file *, const char *service, int64_t desired);
enum port_status states_tag(struct states *, struct state_file *, const char *key, const char *value);
// The file's content has that part.
void states_expect(const struct states *, const char *part);

#endif
