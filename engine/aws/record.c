#include "engine/aws/record.h"

#include "engine/aws/aws_parts.h"

void aws_record_services(struct aws *aws, struct arena *arena, const struct service_name *names, size_t count,
                         struct buffer *items, struct port_result *results, bool *tags_read)
{
    struct described *described = ARENA_ARRAY(arena, count, struct described);
    struct text *raws = ARENA_ARRAY(arena, count, struct text);
    size_t added = 0;
    *tags_read = true;
    ecs_describe(aws, arena, names, count, described, raws);
    for (size_t i = 0; i < count; i++) {
        results[i] = described[i].result;
        if (results[i].status != PORT_OK)
            continue;
        buffer_add(items, added++ ? TEXT(",\n") : TEXT(""));
        buffer_add(items, raws[i]);
        *tags_read = *tags_read && described[i].state.tags_read;
    }
}
