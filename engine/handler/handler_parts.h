// The handler's own struct: what is made once a process.
#ifndef DROWSE_HANDLER_HANDLER_PARTS_H
#define DROWSE_HANDLER_HANDLER_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/core/evaluator.h"
#include "engine/handler/handler.h"
#include "engine/handler/log.h"

struct script_host;

struct handler {
    struct arena arena;  // which it lives in itself
    const struct policy *policy;
    enum behaviour behaviour;
    struct handler_ports ports;
    struct text cluster, service, region;  // ECS_CLUSTER_NAME, ECS_SERVICE_NAME, AWS_REGION
    bool dry_run;
    enum log_level least;
    struct param_setting *params;  // by the environment
    struct text digest;
    struct evaluator evaluator;
    struct script_host *scripts;
    uint64_t events;  // so far
};

#endif
