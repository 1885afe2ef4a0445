// DescribeServices' JSON -> service states, the fence found.
#include "engine/recording/read.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

// One service under way.
struct service_read {
    struct services_read *all;
    struct json_source *source;
    struct service_state state;
    struct text cluster_arn;
    int64_t deployments;
    bool rollout_under_way;       // of the primary
    double created_s, started_s;  // the service's creation, its newest "has started" event
    struct tag *tags;
    size_t tag_count, tag_capacity;
    // the item of a list that is being read
    struct text item_text, item_more;
    double item_at_s;
};

static bool read_instant(struct service_read *read, const char *name, double *at_s)
{
    bool zoned;
    return source_instant(read->source, name, at_s, &zoned);
}

static bool deployment_member(void *context, struct text key)
{
    struct service_read *read = context;
    if (text_is(key, "status"))
        return source_text(read->source, "status", &read->item_text);
    if (text_is(key, "rolloutState"))
        return source_text(read->source, "rolloutState", &read->item_more);
    if (text_is(key, "createdAt"))
        return read_instant(read, "createdAt", &read->item_at_s);
    return source_skip_value(read->source);
}

static bool event_member(void *context, struct text key)
{
    struct service_read *read = context;
    if (text_is(key, "message"))
        return source_text(read->source, "message", &read->item_text);
    if (text_is(key, "createdAt"))
        return read_instant(read, "createdAt", &read->item_at_s);
    return source_skip_value(read->source);
}

static bool tag_member(void *context, struct text key)
{
    struct service_read *read = context;
    if (text_is(key, "key"))
        return source_text(read->source, "key", &read->item_text);
    if (text_is(key, "value"))
        return source_text(read->source, "value", &read->item_more);
    return source_skip_value(read->source);
}

// Reads an item's object into item_text, item_more and item_at_s.
static bool read_item(struct service_read *read, enum json_token token, const char *what,
                      bool (*member)(void *context, struct text key))
{
    if (token != JSON_OBJECT)
        return source_fail(read->source, "%s is %s; an object is due", what, token_kind(token));
    read->item_text = read->item_more = (struct text){NULL, 0};
    read->item_at_s = NAN;
    return source_members(read->source, member, read);
}

static bool deployment_item(void *context, enum json_token token)
{
    struct service_read *read = context;
    if (!read_item(read, token, "a deployment", deployment_member))
        return false;
    read->deployments++;
    if (text_is(read->item_text, "PRIMARY")) {
        read->state.deployed_at_s = read->item_at_s;
        read->rollout_under_way = text_is(read->item_more, "IN_PROGRESS");
    }
    return true;
}

static bool event_item(void *context, enum json_token token)
{
    struct service_read *read = context;
    if (!read_item(read, token, "an event", event_member))
        return false;
    if (text_contains(read->item_text, TEXT("has started")))
        read->started_s = fmax(read->started_s, read->item_at_s);
    return true;
}

static bool tag_item(void *context, enum json_token token)
{
    struct service_read *read = context;
    struct arena *arena = read->all->arena;
    if (!read_item(read, token, "a tag", tag_member))
        return false;
    // Passed over, it would read as a tag that the service lacks.
    if (read->item_text.n == 0)
        return source_fail(read->source, "this tag has no key");
    read->tags =
        arena_grow(arena, read->tags, read->tag_count, &read->tag_capacity, read->tag_count + 1, sizeof *read->tags);
    read->tags[read->tag_count++] =
        (struct tag){arena_text(arena, read->item_text), arena_text(arena, read->item_more)};
    return true;
}

// A null is no list.
static bool read_list(struct service_read *read, const char *name, bool (*item)(void *context, enum json_token),
                      bool *found)
{
    enum json_token token = json_next(read->source->reader);
    *found = token != JSON_NULL;
    if (token == JSON_NULL)
        return true;
    if (token != JSON_ARRAY)
        return source_fail(read->source, "%s is %s; an array is due", name, token_kind(token));
    return source_items(read->source, item, read);
}

static bool service_tags(struct service_read *read)
{
    return read_list(read, "tags", tag_item, &read->state.tags_read);
}

static bool service_events(struct service_read *read)
{
    bool found;
    return read_list(read, "events", event_item, &found);
}

static bool service_deployments(struct service_read *read)
{
    bool found;
    return read_list(read, "deployments", deployment_item, &found);
}

static bool service_created(struct service_read *read)
{
    return read_instant(read, "createdAt", &read->created_s);
}

// Members that are lists or instants.
static bool service_other(struct service_read *read, struct text key)
{
    static const struct {
        struct text key;
        bool (*take)(struct service_read *);
    } others[] = {
        {{"createdAt", 9}, service_created},
        {{"deployments", 11}, service_deployments},
        {{"events", 6}, service_events},
        {{"tags", 4}, service_tags},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (text_eq(key, others[i].key))
            return others[i].take(read);
    return source_skip_value(read->source);
}

static bool service_member(void *context, struct text key)
{
    struct service_read *read = context;
    const struct {
        const char *key;
        struct text *text;
    } texts[] = {
        {"serviceName", &read->state.service},
        {"serviceArn", &read->state.arn},
        {"clusterArn", &read->cluster_arn},
        {"status", &read->state.status},
        {"schedulingStrategy", &read->state.scheduling_strategy},
    };
    const struct {
        const char *key;
        int64_t *count;
    } counts[] = {
        {"desiredCount", &read->state.desired},
        {"runningCount", &read->state.running},
        {"pendingCount", &read->state.pending},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (text_is(key, texts[i].key))
            return source_text(read->source, texts[i].key, texts[i].text);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (text_is(key, counts[i].key))
            return source_count(read->source, counts[i].key, counts[i].count);
    return service_other(read, key);
}

struct text arn_name(struct text arn)
{
    for (size_t i = arn.n; i > 0; i--)
        if (arn.p[i - 1] == '/')
            return text_from(arn, i);
    return arn;
}

// Of arn:...:service/CLUSTER/NAME the cluster; an ARN of the old form, service/NAME, has none.
static struct text cluster_of_service(struct text arn)
{
    struct text name = arn_name(arn);
    if (name.n == arn.n)
        return (struct text){NULL, 0};
    struct text before = {arn.p, arn.n - name.n - 1};
    struct text cluster = arn_name(before);
    return cluster.n == before.n ? (struct text){NULL, 0} : cluster;
}

static bool name_service(struct service_read *read)
{
    struct service_state *state = &read->state;
    struct arena *arena = read->all->arena;
    struct text service = state->service.n ? state->service : arn_name(state->arn);
    struct text cluster = arn_name(read->cluster_arn);
    if (cluster.n == 0)
        cluster = cluster_of_service(state->arn);
    if (service.n == 0)
        return source_fail(read->source, "this service has neither serviceName nor serviceArn");
    if (cluster.n == 0)
        return source_fail(read->source, "service %.*s has no clusterArn", TEXT_ARG(service));
    state->service = arena_text(arena, service);
    state->cluster = arena_text(arena, cluster);
    state->arn = arena_text(arena, state->arn);
    state->status = arena_text(arena, state->status);
    state->scheduling_strategy = arena_text(arena, state->scheduling_strategy);
    return true;
}

static bool check_counts(struct service_read *read)
{
    const struct {
        const char *name;
        int64_t count;
    } counts[] = {
        {"desiredCount", read->state.desired},
        {"runningCount", read->state.running},
        {"pendingCount", read->state.pending},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].count < 0)
            return source_fail(read->source, "service %.*s has no %s", TEXT_ARG(read->state.service), counts[i].name);
    return true;
}

// A key that is there twice comes from files put together: of two wake marks the newer fences.
static void take_wake_mark(struct service_state *state, struct text value)
{
    double woken_at_s;
    if (parse_wake_mark(value, &woken_at_s))
        state->woken_at_s = fmax(state->woken_at_s, woken_at_s);
}

static void settle_tags(struct service_read *read)
{
    struct service_state *state = &read->state;
    if (read->all->tags_denied) {
        state->tags_read = false;
        return;
    }
    state->tags_read = state->tags_read || read->all->tags_asked;
    state->tags = read->tags;
    state->tag_count = read->tag_count;
    for (size_t i = 0; i < read->tag_count; i++)
        if (text_is(read->tags[i].key, WAKE_MARK_TAG))
            take_wake_mark(state, read->tags[i].value);
}

// Of the wake mark and the start event the newer (a NaN loses); else the next best thing that is known.
static void settle_fence(struct service_read *read)
{
    struct service_state *state = &read->state;
    const struct {
        double at_s;
        enum fence_source source;
    } others[] = {
        {read->started_s, FENCE_STARTED_EVENT},
        {state->deployed_at_s, FENCE_DEPLOYMENT},
        {read->created_s, FENCE_SERVICE_CREATED},
    };
    state->fence_s = state->woken_at_s;
    state->fence_source = (uint8_t)(isnan(state->woken_at_s) ? FENCE_NONE : FENCE_WAKE_MARK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        bool newer = others[i].source == FENCE_STARTED_EVENT && others[i].at_s > state->fence_s;
        bool first = state->fence_source == FENCE_NONE && !isnan(others[i].at_s);
        if (!newer && !first)
            continue;
        state->fence_s = others[i].at_s;
        state->fence_source = (uint8_t)others[i].source;
    }
}

static void keep_raw(const struct service_read *read, const char *begin)
{
    struct services_read *all = read->all;
    all->raws = arena_grow(all->arena, all->raws, all->count, &all->raw_capacity, all->count + 1, sizeof *all->raws);
    all->raws[all->count] = (struct text){begin, (size_t)(read->source->reader->p - begin)};
}

static bool service_item(void *context, enum json_token token)
{
    struct service_read *shared = context;
    struct services_read *all = shared->all;
    struct service_read read = {.all = all, .source = shared->source, .created_s = NAN, .started_s = NAN};
    const char *begin = shared->source->reader->token;
    read.state = (struct service_state){
        .desired = -1, .running = -1, .pending = -1, .deployed_at_s = NAN, .woken_at_s = NAN, .fence_s = NAN};
    if (token != JSON_OBJECT)
        return source_fail(read.source, "a service is %s; an object is due", token_kind(token));
    if (all->count == LIMIT_STATE_SERVICES)
        return source_fail(read.source, "over %d services", LIMIT_STATE_SERVICES);
    if (!source_members(read.source, service_member, &read) || !name_service(&read) || !check_counts(&read))
        return false;
    if (all->keep_raw)
        keep_raw(&read, begin);
    read.state.deploying = read.deployments > 1 || read.rollout_under_way;
    settle_tags(&read);
    settle_fence(&read);
    all->states = arena_grow(all->arena, all->states, all->count, &all->capacity, all->count + 1, sizeof *all->states);
    all->states[all->count++] = read.state;
    return true;
}

bool read_services(struct json_reader *reader, struct services_read *all, struct buffer *error)
{
    struct json_source source = {.reader = reader, .name = all->source, .error = error};
    struct service_read shared = {.all = all, .source = &source};
    return source_items(&source, service_item, &shared);
}
