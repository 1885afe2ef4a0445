// The world that a command acts on: an ECS and CloudWatch in a file (--state), else AWS.
#ifndef DROWSE_CLI_WORLD_H
#define DROWSE_CLI_WORLD_H

#include <stdbool.h>

#include "drowse/ports.h"
#include "engine/aws/aws.h"

struct session;
struct state_file;
struct http_client;

struct world {
    struct cloud cloud;
    struct clock clock;
    struct clock machine;  // which the clock above leans on
    struct text state_path;
    struct state_file *file;  // NULL: it is AWS
    struct aws_settings settings;
    struct http_client *client;
    struct http http;
    struct aws *aws;
};

// False: said why. The world must stay where it is until world_close, which is due in any case.
bool world_open(struct session *, const struct policy *, struct world *);
void world_close(struct world *);

#endif
