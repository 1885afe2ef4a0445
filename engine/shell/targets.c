// Which services a run is about.
#include "engine/shell/run.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"

bool target_covers(const struct policy *policy, const struct service_name *name)
{
    for (size_t i = 0; i < policy->target_count; i++)
        if (text_glob(name->cluster, policy->targets[i].cluster) &&
            text_glob(name->service, policy->targets[i].service))
            return true;
    return false;
}

static bool is_glob(struct text text)
{
    size_t at;
    return text_find(text, '*', &at) || text_find(text, '?', &at);
}

struct names {
    struct arena *arena;
    struct service_name *items;
    size_t count, capacity;
};

// Targets may overlap; each service comes once, where it came first. Named by one of them in full, it is no longer one
// that only a pattern found. The first `others` names are those of earlier targets: one target's own are all different.
static void names_add(struct names *names, size_t others, const struct service_name *name)
{
    for (size_t i = 0; i < others; i++) {
        struct service_name *there = &names->items[i];
        if (!text_eq(there->service, name->service) || !text_eq(there->cluster, name->cluster))
            continue;
        there->listed = there->listed && name->listed;
        return;
    }
    names->items =
        arena_grow(names->arena, names->items, names->count, &names->capacity, names->count + 1, sizeof *names->items);
    names->items[names->count++] = *name;
}

static enum port_status add_target(struct names *names, const struct cloud *cloud, const struct target *target,
                                   struct buffer *error)
{
    if (!is_glob(target->cluster) && !is_glob(target->service)) {
        names_add(names, names->count, &(struct service_name){target->cluster, target->service, false});
        return PORT_OK;
    }
    struct service_name *found;
    size_t count, others = names->count;
    struct port_result result = cloud->list(cloud->context, names->arena, target, &found, &count);
    for (size_t i = 0; result.status == PORT_OK && i < count; i++)
        names_add(names, others, &found[i]);
    if (result.status != PORT_OK)
        buffer_add(error, result.error);
    return result.status;
}

static enum port_status add_targets(struct names *names, const struct policy *policy, const struct cloud *cloud,
                                    struct buffer *error)
{
    if (policy->target_count == 0) {
        buffer_add(error, TEXT("the policy has no targets, and no service was named"));
        return PORT_DENIED;
    }
    enum port_status status = PORT_OK;
    for (size_t i = 0; status == PORT_OK && i < policy->target_count; i++)
        status = add_target(names, cloud, &policy->targets[i], error);
    return status;
}

static enum port_status add_only(struct names *names, const struct policy *policy, const struct service_name *only,
                                 struct buffer *error)
{
    if (!target_covers(policy, only)) {
        buffer_printf(error, "%.*s/%.*s is not among the policy's targets", TEXT_ARG(only->cluster),
                      TEXT_ARG(only->service));
        return PORT_DENIED;
    }
    names_add(names, 0, only);
    return PORT_OK;
}

bool resolve_targets(struct arena *arena, const struct policy *policy, const struct cloud *cloud,
                     const struct service_name *only, struct service_name **names, size_t *count,
                     enum port_status *status, struct buffer *error)
{
    struct names found = {.arena = arena};
    *status = only ? add_only(&found, policy, only, error) : add_targets(&found, policy, cloud, error);
    if (*status != PORT_OK)
        return false;
    *names = found.items;
    *count = found.count;
    return true;
}
