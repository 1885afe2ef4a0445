// Services described, for those that gather and those that apply.
#ifndef DROWSE_SHELL_DESCRIBE_H
#define DROWSE_SHELL_DESCRIBE_H

#include <stddef.h>

#include "drowse/ports.h"

struct arena;

// One answer a name, in their order. A service that is never touched (DRAINING, INACTIVE, a daemon) is PORT_REFUSED,
// with its state.
void describe_services(const struct cloud *, struct arena *, const struct service_name *names, size_t count,
                       struct described *answers);

#endif
