#include "tests/support/run_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/load.h"

void run_world_begin(struct run_world *world, const char *policy, size_t count, int64_t desired, double value)
{
    *world = (struct run_world){.count = count};
    arena_init(&world->arena);
    world->fake = fake_cloud_new(desired, desired, value);
    world->names = fake_cloud_many(&world->arena, &world->fake, count);
    world->results = ARENA_ARRAY(&world->arena, count, struct run_result);
    evaluator_init(&world->evaluator, test_policy_text(&world->arena, policy), &world->arena);
    buffer_init(&world->order, 400);
}

void run_world_end(struct run_world *world)
{
    buffer_release(&world->order);
    buffer_release(&world->fake.log);
    arena_release(&world->arena);
}

static void note_decided(void *context, size_t index, const struct run_result *result)
{
    struct run_world *world = context;
    bool placed = result == &world->results[index] && world->evaluator.snapshot == &result->snapshot &&
                  text_eq(result->name.service, world->names[index].service);
    world->told++;
    world->misplaced += !placed;
    buffer_printf(&world->order, "%zu ", index);
}

void run_world_run(struct run_world *world, struct run_options options)
{
    struct cloud cloud = fake_cloud_port(&world->fake);
    struct clock clock = fake_cloud_clock(&world->fake);
    struct run_watch watch = {world, note_decided};
    options.watch = &watch;
    world->radius = run_targets(&world->arena, &world->evaluator, &cloud, &clock, &options, world->names, world->count,
                                world->results);
    assert_int_equal(world->misplaced, 0);
}

size_t run_world_applied(const struct run_world *world, enum applied applied)
{
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++)
        count += world->results[i].applied == applied;
    return count;
}

size_t run_world_up(const struct run_world *world)
{
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++)
        count += world->fake.many[i].state.desired > 0;
    return count;
}
