// production.yaml and its Lua twin decide alike on 100,000 random snapshots, field by field; and no snapshot in which
// a metric that the rule needs is unknown lowers a desired count, in either, nor in a Lua policy that writes `or 0`
// around the unknown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/decide.h"
#include "engine/core/message.h"
#include "engine/core/series.h"
#include "engine/lang/load.h"
#include "tests/support/load.h"

#define SNAPSHOTS 100000
#define NOW_S 1772445600
#define MINUTES 40

struct side {
    const struct policy *policy;
    struct evaluator evaluator;
    struct script_host *host;
    struct arena arena, tick;
};

static void side_open(struct side *side, const char *path)
{
    *side = (struct side){0};
    side->policy = test_policy(&side->arena, path);
    evaluator_init(&side->evaluator, side->policy, &side->arena);
    side->evaluator.arena = &side->tick;
    side->host = script_host_new(side->policy, &side->evaluator);
}

static void side_close(struct side *side)
{
    script_host_free(side->host);
    arena_release(&side->tick);
    arena_release(&side->arena);
}

static int metric_of(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->metric_count; i++)
        if (text_is(policy->metrics[i].name, name))
            return (int)i;
    fail_msg("no metric %s", name);
    return -1;
}

// A world in which much goes wrong, and enough goes right that sleeps happen.
struct world {
    int64_t at_s[2][MINUTES];
    double values[2][MINUTES];
    struct series series[2];
    struct metric_view views[2];  // connections, last_activity
    struct snapshot snapshot;
    struct arena arena;
};

static void random_series(struct world *world, struct random *random, int which, double value)
{
    uint32_t lost = random_chance(random, 50) ? 0 : random_below(random, 60);
    uint32_t silent = random_chance(random, 80) ? 0 : random_below(random, MINUTES);
    size_t count = 0;
    for (uint32_t i = 0; i < MINUTES - silent; i++) {
        if (random_chance(random, lost))
            continue;
        world->at_s[which][count] = NOW_S - 60 * (int64_t)(MINUTES - i);
        world->values[which][count++] = random_chance(random, 2) ? value + 1 + random_below(random, 3) : value;
    }
    world->series[which] = series_build(&world->arena, world->at_s[which], world->values[which], count);
    uint8_t status = random_chance(random, 93)   ? METRIC_COMPLETE
                     : random_chance(random, 50) ? METRIC_PARTIAL
                                                 : METRIC_FAILED;
    bool absent = random_chance(random, 3);
    world->views[which] = (struct metric_view){
        .series = absent ? NULL : &world->series[which], .end = absent ? 0 : count, .status = status};
}

static double random_past(struct random *random, uint32_t most_minutes)
{
    return NOW_S - 60.0 * random_below(random, most_minutes) - random_below(random, 60);
}

static void random_state(struct world *world, struct random *random)
{
    struct service_state *state = &world->snapshot.state;
    state->desired = random_chance(random, 90) ? 1 + random_below(random, 3) : 0;
    state->running = random_chance(random, 90) ? state->desired : random_below(random, 3);
    state->pending = random_below(random, 2);
    state->deploying = random_chance(random, 15);
    state->deployed_at_s = random_chance(random, 90) ? random_past(random, 120) : NAN;
    state->woken_at_s = random_chance(random, 50) ? random_past(random, 60) : NAN;
    state->fence_s = random_chance(random, 70) ? random_past(random, 90) : NAN;
    state->tags_read = random_chance(random, 90);
    state->status = TEXT("ACTIVE");
}

static void random_world(struct world *world, struct random *random)
{
    arena_reset(&world->arena);
    world->snapshot = (struct snapshot){.trigger = (uint8_t)random_below(random, 3),
                                        .now_s = NOW_S + random_below(random, 60),
                                        .cluster = TEXT("fluidity"),
                                        .service = TEXT("fluidity-server"),
                                        .metrics = world->views};
    random_state(world, random);
    random_series(world, random, 0, random_chance(random, 75) ? 0 : random_below(random, 5));
    double strange = random_chance(random, 50) ? 0 : NOW_S * 1000.0;
    random_series(world, random, 1, random_chance(random, 95) ? random_past(random, 60) : strange);
}

// Through the stages, as the shell goes; the views in the order of the policy's metrics.
static struct decision settle(struct side *side, enum behaviour behaviour, struct snapshot *snapshot)
{
    arena_reset(&side->tick);
    snapshot->stage = STAGE_NOTHING;
    for (;;) {
        struct decision decision = decide(&side->evaluator, behaviour, snapshot, NULL);
        if (!decision.need)
            return decision;
        assert_int_equal(decision.need, snapshot->stage + 1);
        snapshot->stage = decision.need;
    }
}

static void message_of(struct side *side, const struct decision *decision, struct buffer *out)
{
    buffer_init(out, LIMIT_MESSAGE_BYTES);
    message_format(out, &side->evaluator, decision);
}

static void assert_alike(struct side *yaml, struct side *lua, enum behaviour behaviour, struct world *world, int seed)
{
    struct snapshot a = world->snapshot, b = world->snapshot;
    struct decision x = settle(yaml, behaviour, &a), y = settle(lua, behaviour, &b);
    bool alike = x.outcome == y.outcome && x.rule == y.rule && x.before == y.before && x.desired == y.desired &&
                 x.direction == y.direction && a.stage == b.stage && text_eq(x.status, y.status);
    if (!alike)
        fail_msg("snapshot %d, %s: yaml: outcome %d rule %d %d -> %d, lua: outcome %d rule %d %d -> %d: %.*s", seed,
                 behaviour_name(behaviour), x.outcome, x.rule, (int)x.before, (int)x.desired, y.outcome, y.rule,
                 (int)y.before, (int)y.desired, TEXT_ARG(y.error));
    struct buffer yaml_message, lua_message;
    message_of(yaml, &x, &yaml_message);
    message_of(lua, &y, &lua_message);
    if (x.outcome != OUTCOME_HELD && !text_eq(buffer_text(&yaml_message), buffer_text(&lua_message)))
        fail_msg("snapshot %d: \"%s\" and \"%s\"", seed, yaml_message.p, lua_message.p);
    buffer_release(&yaml_message);
    buffer_release(&lua_message);
}

static bool needed_metric_unknown(struct side *side, const struct snapshot *snapshot)
{
    for (uint32_t i = 0; i < side->policy->metric_count; i++) {
        struct span span;
        span_find(side->policy, snapshot, i, 600, &span);
        if (span.unknown.knowledge != KNOWN)
            return true;
    }
    return false;
}

static void twins_decide_alike(void **state)
{
    (void)state;
    struct side yaml, lua;
    side_open(&yaml, "policies/production.yaml");
    side_open(&lua, "policies/production.lua");
    assert_int_equal(metric_of(yaml.policy, "connections"), 0);
    assert_int_equal(metric_of(lua.policy, "connections"), 0);
    static struct world world;
    struct random random = {42};
    int lowered = 0, held = 0;
    for (int i = 0; i < SNAPSHOTS; i++) {
        random_world(&world, &random);
        assert_alike(&yaml, &lua, BEHAVIOUR_SLEEP, &world, i);
        assert_alike(&yaml, &lua, BEHAVIOUR_WAKE, &world, i);
        if (i % 100 == 0)
            assert_alike(&yaml, &lua, BEHAVIOUR_KILL, &world, i);
        struct snapshot snapshot = world.snapshot;
        struct decision decision = settle(&yaml, BEHAVIOUR_SLEEP, &snapshot);
        lowered += decision.outcome == OUTCOME_CHANGE;
        held += decision.outcome == OUTCOME_HELD;
        if (decision.outcome == OUTCOME_CHANGE && needed_metric_unknown(&yaml, &snapshot))
            fail_msg("snapshot %d sleeps on an unknown metric", i);
    }
    print_message("%d snapshots: %d slept, %d held\n", SNAPSHOTS, lowered, held);
    assert_true(lowered > SNAPSHOTS / 50);
    assert_true(held > 10);
    side_close(&yaml);
    side_close(&lua);
    arena_release(&world.arena);
}

static void looking_past_an_unknown_in_lua_never_sleeps(void **state)
{
    (void)state;
    struct side careless;
    side_open(&careless, "tests/cases/stories/careless.lua");
    static struct world world;
    struct random random = {43};
    int lowered = 0, held = 0;
    for (int i = 0; i < SNAPSHOTS; i++) {
        random_world(&world, &random);
        struct snapshot snapshot = world.snapshot;
        struct decision decision = settle(&careless, BEHAVIOUR_SLEEP, &snapshot);
        assert_int_not_equal(decision.outcome, OUTCOME_FAILED);
        lowered += decision.outcome == OUTCOME_CHANGE;
        held += decision.outcome == OUTCOME_HELD;
        if (decision.outcome == OUTCOME_CHANGE && needed_metric_unknown(&careless, &snapshot))
            fail_msg("snapshot %d sleeps on an unknown metric", i);
    }
    print_message("%d snapshots: %d slept, %d held\n", SNAPSHOTS, lowered, held);
    assert_true(lowered > SNAPSHOTS / 50);
    assert_true(held > SNAPSHOTS / 50);
    side_close(&careless);
    arena_release(&world.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twins_decide_alike),
        cmocka_unit_test(looking_past_an_unknown_in_lua_never_sleeps),
    };
    return cmocka_run_group_tests_name("twins", tests, NULL, NULL) != 0;
}
