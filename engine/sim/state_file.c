#include "engine/sim/state_file.h"

#include <string.h>

#include "engine/base/text.h"
#include "engine/core/series.h"
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
        find_state(file, &(struct service_name){state->cluster, state->service}, &first);
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

static enum port_status state_list(void *context, struct arena *arena, const struct target *target,
                                   struct service_name **names, size_t *count, struct buffer *error)
{
    (void)error;
    const struct recording *recording = &((struct state_file *)context)->recording;
    struct service_name *found = ARENA_ARRAY(arena, recording->state_count, struct service_name);
    size_t n = 0;
    for (size_t i = 0; i < recording->state_count; i++) {
        const struct service_state *state = &recording->states[i];
        if (takes_changes(state) && text_glob(state->cluster, target->cluster) &&
            text_glob(state->service, target->service))
            found[n++] = (struct service_name){state->cluster, state->service};
    }
    *names = found;
    *count = n;
    return PORT_OK;
}

static enum port_status state_describe(void *context, struct arena *arena, const struct service_name *names,
                                       size_t count, struct service_state *states, bool *found, struct buffer *error)
{
    (void)arena;
    (void)error;
    const struct state_file *file = context;
    for (size_t i = 0; i < count; i++) {
        size_t index;
        found[i] = find_state(file, &names[i], &index);
        if (found[i])
            states[i] = file->recording.states[index];
    }
    return PORT_OK;
}

// Is it "cluster/service"?
static bool label_names(struct text label, const struct service_state *service)
{
    size_t n = service->cluster.n;
    return label.n == n + 1 + service->service.n && text_starts(label, service->cluster) && label.p[n] == '/' &&
           text_ends(label, service->service);
}

// Is it the label of a service, rather than a metric's description ("ActiveConnections Average")?
static bool label_names_some_service(struct text label)
{
    size_t at = 0;
    return text_find(label, '/', &at) && !text_find(label, ' ', &at);
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
        if (label_names(series->label, request->service))
            return series;
        if (!label_names_some_service(series->label))
            any = any ? &either_s : series;
    }
    return recording->state_count == 1 ? any : NULL;
}

// The points that CloudWatch would answer, in buckets.
static struct metric_view view_of(struct arena *arena, const struct recorded_series *series,
                                  const struct metric_request *request)
{
    struct recorded_series asked = {
        .at_s = ARENA_ARRAY(arena, series->count, double),
        .values = ARENA_ARRAY(arena, series->count, double),
    };
    for (size_t i = 0; i < series->count; i++) {
        if (series->at_s[i] < (double)request->start_s || series->at_s[i] >= (double)request->end_s)
            continue;
        asked.at_s[asked.count] = series->at_s[i];
        asked.values[asked.count++] = series->values[i];
    }
    int64_t *at_s;
    double *values;
    size_t count;
    recording_bucket(arena, &asked, request->metric->period_s, request->metric->stat, &at_s, &values, &count);
    struct series *built = ARENA_NEW(arena, struct series);
    *built = series_build(arena, at_s, values, count);
    // A point that cannot be used is not one that is missing, which `missing` would fill.
    bool unusable = series->dropped_at_s >= (double)request->start_s || asked.notes.overflown;
    return (struct metric_view){.series = built, .end = count, .status = unusable ? METRIC_PARTIAL : series->status};
}

static enum port_status state_metrics(void *context, struct arena *arena, const struct metric_request *requests,
                                      size_t count, struct metric_view *views, struct buffer *error)
{
    (void)error;
    const struct state_file *file = context;
    for (size_t i = 0; i < count; i++) {
        const struct recorded_series *series = find_series(&file->recording, &requests[i]);
        // CloudWatch answers all that it is asked: what the file lacks was not asked, and `missing` cannot fill it.
        bool fills = requests[i].metric->missing == MISSING_IS;
        views[i] = series ? view_of(arena, series, &requests[i])
                          : (struct metric_view){.status = fills ? METRIC_PARTIAL : METRIC_COMPLETE};
    }
    return PORT_OK;
}

static enum port_status refuse(const struct service_state *state, const char *why, struct buffer *error)
{
    buffer_printf(error, "service %.*s/%.*s %s", TEXT_ARG(state->cluster), TEXT_ARG(state->service), why);
    return PORT_REFUSED;
}

static enum port_status state_set_desired(void *context, const struct service_name *name, int64_t desired,
                                          struct buffer *error)
{
    struct state_file *file = context;
    size_t index;
    if (!find_state(file, name, &index)) {
        buffer_printf(error, "%.*s: there is no service %.*s/%.*s", TEXT_ARG(file->path), TEXT_ARG(name->cluster),
                      TEXT_ARG(name->service));
        return PORT_NOT_FOUND;
    }
    const struct service_state *state = &file->recording.states[index];
    if (!takes_changes(state))
        return refuse(state, "is draining, inactive or a daemon: its desired count cannot be set", error);
    if (desired < 0 || desired > LIMIT_COUNT)
        return refuse(state, "cannot have that desired count", error);
    if (desired == state->desired)
        return PORT_OK;
    struct state_change change = {.scales = true, .desired = desired};
    return state_apply(file, index, &change, error) ? PORT_OK : PORT_FAILED;
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

static enum port_status state_set_tags(void *context, const struct service_state *service, const struct tag *tags,
                                       size_t count, struct buffer *error)
{
    struct state_file *file = context;
    size_t index;
    if (!find_state(file, &(struct service_name){service->cluster, service->service}, &index)) {
        buffer_printf(error, "%.*s: there is no service %.*s/%.*s", TEXT_ARG(file->path), TEXT_ARG(service->cluster),
                      TEXT_ARG(service->service));
        return PORT_NOT_FOUND;
    }
    if (file->recording.tags_denied) {
        buffer_printf(error, "%.*s: tags are denied (tagsDenied)", TEXT_ARG(file->path));
        return PORT_DENIED;
    }
    if (!tags_fit(&file->recording.states[index], tags, count))
        return refuse(service, "has no room for that tag", error);
    struct state_change change = {.tags = tags, .tag_count = count};
    return state_apply(file, index, &change, error) ? PORT_OK : PORT_FAILED;
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
