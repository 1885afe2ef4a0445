#include "engine/shell/describe.h"

#include "engine/base/text.h"

// A service of an unknown status is not one that takes no changes: ECS has the last word.
static bool takes_changes(const struct service_name *name, const struct service_state *state, struct buffer *error)
{
    bool daemon = text_is(state->scheduling_strategy, "DAEMON");
    if (!daemon && (state->status.n == 0 || text_is(state->status, "ACTIVE")))
        return true;
    struct text what = daemon ? TEXT("a daemon, which has no desired count") : state->status;
    buffer_printf(error, "service %.*s/%.*s is %.*s: it is left alone", TEXT_ARG(name->cluster),
                  TEXT_ARG(name->service), TEXT_ARG(what));
    return false;
}

enum port_status describe_one(const struct cloud *cloud, struct arena *arena, const struct service_name *name,
                              struct service_state *state, struct buffer *error)
{
    struct service_state described;
    bool found = false;
    enum port_status status = cloud->describe(cloud->context, arena, name, 1, &described, &found, error);
    if (status != PORT_OK)
        return status;
    if (!found) {
        buffer_printf(error, "there is no service %.*s/%.*s", TEXT_ARG(name->cluster), TEXT_ARG(name->service));
        return PORT_NOT_FOUND;
    }
    if (!takes_changes(name, &described, error))
        return PORT_REFUSED;
    *state = described;
    return PORT_OK;
}
