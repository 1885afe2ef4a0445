// For tests: a cloud of several services, c/s0, c/s1 and so on, each of which can fail in its own way; it notes its
// calls, reports them to whoever watches, and keeps log lines and trace segments.
#ifndef DROWSE_TESTS_FLEET_H
#define DROWSE_TESTS_FLEET_H

#include "drowse/ports.h"
#include "engine/base/text.h"
#include "engine/handler/handler.h"

#define FLEET_MOST 32
#define FLEET_NOW 1770026400.0  // 2026-02-02T10:00:00Z

struct fleet_service {
    char name[16];
    struct service_state state;
    enum port_status describing, measuring, changing;  // what these calls of it end with
    double value;                                      // of every point of every metric
};

struct fleet {
    struct fleet_service services[FLEET_MOST];
    size_t count;
    enum port_status listing;
    struct buffer calls;     // "describe 2, metrics 4, scale s0=0, tag s1, "
    struct buffer log;       // lines
    struct buffer segments;  // of traces, one a line
    struct call_context context;
    size_t begun;        // how often `begin` was called
    double clock_s;      // FLEET_NOW, until a test moves it
    double deadline_s;   // of the newest `begin` with a watcher
    size_t trace_bytes;  // of its trace header
    size_t reports;
};

// All running one task for a day, their metrics saying 0. Stays where it is.
void fleet_init(struct fleet *, size_t count);
void fleet_rename(struct fleet_service *, const char *cluster, const char *service);
void fleet_release(struct fleet *);
struct handler_ports fleet_ports(struct fleet *);

#endif
