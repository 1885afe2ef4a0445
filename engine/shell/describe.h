// One service described, for those that gather and those that apply.
#ifndef DROWSE_SHELL_DESCRIBE_H
#define DROWSE_SHELL_DESCRIBE_H

#include "drowse/ports.h"

struct arena;
struct buffer;

// PORT_NOT_FOUND where there is none, PORT_REFUSED where it is one that is never touched (DRAINING, INACTIVE, a
// daemon); `error` is then filled. The state is set on PORT_OK only.
enum port_status describe_one(const struct cloud *, struct arena *, const struct service_name *, struct service_state *,
                              struct buffer *error);

#endif
