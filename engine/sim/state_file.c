#include "engine/sim/state_file.h"

#include <string.h>

#include "engine/base/text.h"
#include "engine/sim/state_parts.h"
#include "engine/sys/files.h"

double state_now(struct state_file *file)
{
    return file->recording.has_now ? file->recording.now_s : file->clock->now_s(file->clock->context);
}

static bool same_service(const struct service_state *state, const struct service_name *name)
{
    return text_eq(state->service, name->service) && text_eq(state->cluster, name->cluster);
}

static bool find_state(const struct state_file *file, const struct service_name *name, size_t *index)
{
    for (size_t i = 0; i < file->recording.state_count; i++) {
        if (same_service(&file->recording.states[i], name)) {
            *index = i;
            return true;
        }
    }
    return false;
}

// ---- open and close ---------------------------------------------------------------------------------------

static bool check_services(const struct state_file *file, struct buffer *error)
{
    const struct recording *recording = &file->recording;
    if (!recording->has_services) {
        buffer_printf(error, "%.*s: has no services: it is no state file", TEXT_ARG(file->path));
        return false;
    }
    for (size_t i = 0; i < recording->state_count; i++) {
        const struct service_state *state = &recording->states[i];
        size_t first = i;
        find_state(file, &(struct service_name){state->cluster, state->service, false}, &first);
        if (first == i)
            continue;
        buffer_printf(error, "%.*s: service %.*s/%.*s is there twice", TEXT_ARG(file->path), TEXT_ARG(state->cluster),
                      TEXT_ARG(state->service));
        return false;
    }
    return true;
}

static bool load(struct state_file *file, struct buffer *error)
{
    if (!file_read(&file->arena, file->path, LIMIT_STATE_BYTES, &file->content, error))
        return false;
    recording_init(&file->recording, &file->arena);
    const struct text none = {NULL, 0};
    return recording_read(&file->recording, file->path, file->content, none, none, error) &&
           check_services(file, error) && state_settle(file, error);
}

struct state_file *state_file_open(struct text path, const struct policy *policy, const struct clock *clock,
                                   struct buffer *error)
{
    struct arena arena;
    arena_init(&arena);
    struct state_file *file = ARENA_NEW(&arena, struct state_file);
    file->arena = arena;  // from here on the file owns the pool that it lives in
    file->path = arena_text(&file->arena, path);
    file->policy = policy;
    file->clock = clock;
    if (load(file, error))
        return file;
    state_file_close(file);
    return NULL;
}

void state_file_close(struct state_file *file)
{
    if (!file)
        return;
    cJSON_Delete(file->root);
    struct arena arena = file->arena;
    arena_release(&arena);
}

// ---- the port ---------------------------------------------------------------------------------------------

static bool takes_changes(const struct service_state *state)
{
    return (state->status.n == 0 || text_is(state->status, "ACTIVE")) && !text_is(state->scheduling_strategy, "DAEMON");
}

static struct port_result state_list(void *context, struct arena *arena, const struct target *target,
                                     struct service_name **names, size_t *count)
{
    const struct recording *recording = &((struct state_file *)context)->recording;
    struct service_name *found = ARENA_ARRAY(arena, recording->state_count, struct service_name);
    size_t n = 0;
    for (size_t i = 0; i < recording->state_count; i++) {
        const struct service_state *state = &recording->states[i];
        if (takes_changes(state) && text_glob(state->cluster, target->cluster) &&
            text_glob(state->service, target->service))
            found[n++] = (struct service_name){state->cluster, state->service, true};
    }
    *names = found;
    *count = n;
    return (struct port_result){PORT_OK, {0}};
}

// The state that the name means; NULL, with the result filled, where there is none.
static const struct service_state *named_state(const struct state_file *file, struct arena *arena,
                                               const struct service_name *name, size_t *index,
                                               struct port_result *result)
{
    if (find_state(file, name, index))
        return &file->recording.states[*index];
    result->status = PORT_NOT_FOUND;
    result->error =
        arena_format(arena, "there is no service %.*s/%.*s", TEXT_ARG(name->cluster), TEXT_ARG(name->service));
    return NULL;
}

static void state_describe(void *context, struct arena *arena, const struct service_name *names, size_t count,
                           struct described *answers)
{
    for (size_t i = 0; i < count; i++) {
        size_t index;
        answers[i] = (struct described){.result = {PORT_OK, {0}}};
        const struct service_state *state = named_state(context, arena, &names[i], &index, &answers[i].result);
        if (state)
            answers[i].state = *state;
    }
}

// Of two series that both could be the service's, neither is.
static const struct recorded_series either_s = {.status = METRIC_PARTIAL};

// With one service any label will do but another service's: its points say nothing of this one.
static const struct recorded_series *find_series(const struct recording *recording,
                                                 const struct metric_request *request)
{
    const struct recorded_series *any = NULL;
    for (size_t i = 0; i < recording->series_count; i++) {
        const struct recorded_series *series = &recording->series[i];
        if (!text_eq(series->id, request->metric->name))
            continue;
        if (label_names(series->label, request->service->cluster, request->service->service))
            return series;
        if (!label_names_some_service(series->label))
            any = any ? &either_s : series;
    }
    return recording->state_count == 1 ? any : NULL;
}

static void state_metrics(void *context, struct arena *arena, const struct metric_request *requests, size_t count,
                          struct metric_answer *answers)
{
    const struct state_file *file = context;
    for (size_t i = 0; i < count; i++) {
        const struct recorded_series *series = find_series(&file->recording, &requests[i]);
        // CloudWatch answers all that it is asked: what the file lacks was not asked, and `missing` cannot fill it.
        bool fills = requests[i].metric->missing == MISSING_IS;
        answers[i] = (struct metric_answer){.result = {PORT_OK, {0}}};
        answers[i].view =
            series ? recording_view(arena, series, requests[i].metric, requests[i].start_s, requests[i].end_s)
                   : (struct metric_view){.status = fills ? METRIC_PARTIAL : METRIC_COMPLETE};
    }
}

static struct port_result refuse(struct arena *arena, const struct service_state *state, const char *why)
{
    return (struct port_result){PORT_REFUSED, arena_format(arena, "service %.*s/%.*s %s", TEXT_ARG(state->cluster),
                                                           TEXT_ARG(state->service), why)};
}

static struct port_result apply_change(struct state_file *file, struct arena *arena, size_t index,
                                       const struct state_change *change)
{
    struct port_result result = {PORT_OK, {0}};
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    if (!state_apply(file, index, change, &error))
        result = (struct port_result){PORT_FAILED, arena_text(arena, buffer_text(&error))};
    buffer_release(&error);
    return result;
}

static struct port_result set_one_desired(struct state_file *file, struct arena *arena,
                                          const struct desired_change *change)
{
    struct port_result result = {PORT_OK, {0}};
    size_t index;
    const struct service_state *state = named_state(file, arena, &change->name, &index, &result);
    if (!state)
        return result;
    if (!takes_changes(state))
        return refuse(arena, state, "is draining, inactive or a daemon: its desired count cannot be set");
    if (change->desired < 0 || change->desired > LIMIT_COUNT)
        return refuse(arena, state, "cannot have that desired count");
    if (change->desired == state->desired)
        return result;
    return apply_change(file, arena, index, &(struct state_change){.scales = true, .desired = change->desired});
}

static void state_set_desired(void *context, struct arena *arena, const struct desired_change *changes, size_t count,
                              struct port_result *results)
{
    for (size_t i = 0; i < count; i++)
        results[i] = set_one_desired(context, arena, &changes[i]);
}

static bool tags_fit(const struct service_state *state, const struct tag *tags, size_t count)
{
    size_t more = 0;
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        for (size_t j = 0; j < state->tag_count; j++)
            there = there || text_eq(state->tags[j].key, tags[i].key);
        more += !there;
        if (tags[i].value.n > LIMIT_TAG_VALUE_BYTES)
            return false;
    }
    return state->tag_count + more <= LIMIT_TAGS;
}

static struct port_result set_tags_of_one(struct state_file *file, struct arena *arena, const struct tag_change *change)
{
    struct port_result result = {PORT_OK, {0}};
    size_t index;
    const struct service_name name = {change->service->cluster, change->service->service, false};
    const struct service_state *state = named_state(file, arena, &name, &index, &result);
    if (!state)
        return result;
    if (file->recording.tags_denied)
        return (struct port_result){PORT_DENIED,
                                    arena_format(arena, "%.*s: tags are denied (tagsDenied)", TEXT_ARG(file->path))};
    if (!tags_fit(state, change->tags, change->count))
        return refuse(arena, state, "has no room for that tag");
    return apply_change(file, arena, index, &(struct state_change){.tags = change->tags, .tag_count = change->count});
}

static void state_set_tags(void *context, struct arena *arena, const struct tag_change *changes, size_t count,
                           struct port_result *results)
{
    for (size_t i = 0; i < count; i++)
        results[i] = set_tags_of_one(context, arena, &changes[i]);
}

struct cloud state_file_cloud(struct state_file *file)
{
    return (struct cloud){
        .context = file,
        .list = state_list,
        .describe = state_describe,
        .metrics = state_metrics,
        .set_desired = state_set_desired,
        .set_tags = state_set_tags,
    };
}

static double clock_now(void *context)
{
    return state_now(context);
}

struct clock state_file_clock(struct state_file *file)
{
    return (struct clock){.context = file, .now_s = clock_now};
}

const struct recording *state_file_recording(const struct state_file *file)
{
    return &file->recording;
}
