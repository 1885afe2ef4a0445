// `schedule`: when behaviours run by themselves.
#include "engine/lang/loader.h"

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/message.h"
#include "engine/core/schedule.h"

#define REASON_BYTES 512

static const struct schedule *read_schedule(struct loader *loader, const struct tree *value, enum behaviour behaviour,
                                            const struct zone *zone)
{
    struct buffer error;
    size_t offset = 0;
    buffer_init(&error, REASON_BYTES);
    const struct schedule *schedule = schedule_parse(loader->arena, value->scalar, zone, &error, &offset);
    if (!schedule)
        diag_error(loader->diags, tree_place_at(value, offset, 1), "schedule", "the schedule of %s: %.*s",
                   behaviour_name(behaviour), TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return schedule;
}

void load_schedule(struct loader *loader, const struct tree *map, struct subject subject)
{
    struct policy *policy = loader->policy;
    struct schedule_fields fields = {.zone = zone_utc(), .stale_after_s = policy->stale_after_s};
    record_read(loader, &schedule_record, map, subject, &fields);
    policy->stale_after_s = fields.stale_after_s;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
        if (!fields.behaviours[i])
            continue;
        loader->schedule_places[i] = fields.behaviours[i]->place;
        policy->schedules[i] = read_schedule(loader, fields.behaviours[i], (enum behaviour)i, fields.zone);
    }
}
