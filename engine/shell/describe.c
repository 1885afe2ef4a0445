#include "engine/shell/describe.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"

// A service of an unknown status is not one that takes no changes: ECS has the last word.
static bool takes_changes(const struct service_state *state)
{
    return !text_is(state->scheduling_strategy, "DAEMON") && (state->status.n == 0 || text_is(state->status, "ACTIVE"));
}

static struct port_result refusal(struct arena *arena, const struct service_name *name,
                                  const struct service_state *state)
{
    bool daemon = text_is(state->scheduling_strategy, "DAEMON");
    struct text what = daemon ? TEXT("a daemon, which has no desired count") : state->status;
    return (struct port_result){PORT_REFUSED,
                                arena_format(arena, "service %.*s/%.*s is %.*s: it is left alone",
                                             TEXT_ARG(name->cluster), TEXT_ARG(name->service), TEXT_ARG(what))};
}

void describe_services(const struct cloud *cloud, struct arena *arena, const struct service_name *names, size_t count,
                       struct described *answers)
{
    for (size_t i = 0; i < count; i++)
        answers[i] = (struct described){.result = {PORT_OK, {0}}};
    if (count)
        cloud->describe(cloud->context, arena, names, count, answers);
    for (size_t i = 0; i < count; i++)
        if (answers[i].result.status == PORT_OK && !takes_changes(&answers[i].state))
            answers[i].result = refusal(arena, &names[i], &answers[i].state);
}
