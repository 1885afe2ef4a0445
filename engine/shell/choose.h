// Which service a command or a request is about, where it is about one.
#ifndef DROWSE_SHELL_CHOOSE_H
#define DROWSE_SHELL_CHOOSE_H

#include <stdbool.h>

#include "drowse/policy.h"
#include "drowse/ports.h"
#include "drowse/text.h"

struct arena;
struct buffer;

struct choice {
    const struct policy *policy;
    struct text named_cluster, named_service;  // the request's or the command's; empty: not named. Names or ARNs
    struct text cluster, service;              // ECS_CLUSTER_NAME, ECS_SERVICE_NAME
    struct text account, region;               // of this function's own ARN and of the calls; empty: not known
};

enum chosen {
    CHOSEN_ONE,
    CHOSEN_NONE,     // nobody named one, and the policy has not exactly one: `error` lists what could be named
    CHOSEN_WRONG,    // an ARN that is none, or a name that cannot be one
    CHOSEN_FOREIGN,  // not among the policy's targets, or of another account or region
};

// What is named in part is completed from what comes next: the request, the two variables, the policy's only target.
// ARNs of services and clusters are reduced to names once account and region match
// (arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/SERVICE, the older service/SERVICE too, cluster/CLUSTER). Where a policy
// has no targets, the two variables are its only one.
enum chosen choose_service(struct arena *, const struct choice *, struct service_name *, struct buffer *error);
// The same. Where an ARN is named and `account` is not known, the service that it would be tells its own: one of the
// same name in another account must not be taken for the one meant.
enum chosen choose_service_here(struct arena *, const struct cloud *, const struct choice *, struct service_name *,
                                struct buffer *error);
// The policy's only target, where it is one service and no pattern; else NULL.
const struct target *only_target(const struct policy *);

#endif
