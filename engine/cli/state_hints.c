#include "engine/cli/state_hints.h"

#include "engine/base/text.h"
#include "engine/cli/session.h"
#include "engine/recording/recording.h"
#include "engine/sim/state_file.h"

#define NAMES_LISTED 5

static const struct metric *find_metric(const struct policy *policy, struct text name)
{
    for (size_t i = 0; i < policy->metric_count; i++)
        if (text_eq(policy->metrics[i].name, name))
            return &policy->metrics[i];
    return NULL;
}

static bool has_series(const struct recording *recording, struct text metric)
{
    for (size_t i = 0; i < recording->series_count; i++)
        if (text_eq(recording->series[i].id, metric))
            return true;
    return false;
}

// Adds a name to a list that is cut where it grows long.
static void list_name(struct buffer *list, struct text name, size_t *count)
{
    if (*count < NAMES_LISTED)
        buffer_printf(list, "%s%.*s", *count ? ", " : "", TEXT_ARG(name));
    else if (*count == NAMES_LISTED)
        buffer_add(list, TEXT(", ..."));
    ++*count;
}

static bool seen_before(const struct recording *recording, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (text_eq(recording->series[i].id, recording->series[index].id))
            return true;
    return false;
}

// A metric that is missing while the file has others under names of their own: the Id is easily forgotten.
static void hint_at_ids(const struct live *live, const struct recording *recording)
{
    struct buffer missing, strange;
    buffer_init(&missing, LIMIT_MESSAGE_BYTES);
    buffer_init(&strange, LIMIT_MESSAGE_BYTES);
    size_t missing_count = 0, strange_count = 0;
    for (size_t i = 0; i < live->policy->metric_count; i++)
        if (!has_series(recording, live->policy->metrics[i].name))
            list_name(&missing, live->policy->metrics[i].name, &missing_count);
    for (size_t i = 0; i < recording->series_count; i++)
        if (!find_metric(live->policy, recording->series[i].id) && !seen_before(recording, i))
            list_name(&strange, recording->series[i].id, &strange_count);
    if (missing_count && strange_count)
        say(live->session,
            "warning: %.*s has no points of %.*s, but of %.*s: an Id of its MetricDataResults must be the policy's "
            "name of the metric",
            TEXT_ARG(live->world.state_path), TEXT_ARG(buffer_text(&missing)), TEXT_ARG(buffer_text(&strange)));
    buffer_release(&strange);
    buffer_release(&missing);
}

static bool label_names_any(const struct recording *recording, struct text label)
{
    for (size_t i = 0; i < recording->state_count; i++)
        if (label_names(label, recording->states[i].cluster, recording->states[i].service))
            return true;
    return false;
}

// With several services, points belong to the one that the label names; with one, to that one.
static void hint_at_label(const struct live *live, const struct recording *recording, struct text id, struct text label)
{
    const struct service_state *first = &recording->states[0];
    if (recording->state_count > 1)
        say(live->session,
            "warning: %.*s has several services, and %.*s is labelled '%.*s': its points are nobody's, until the label "
            "is a service such as %.*s/%.*s",
            TEXT_ARG(live->world.state_path), TEXT_ARG(id), TEXT_ARG(label), TEXT_ARG(first->cluster),
            TEXT_ARG(first->service));
    else
        say(live->session,
            "warning: in %.*s, %.*s is labelled %.*s, and its points are taken for those of %.*s/%.*s, the only "
            "service there",
            TEXT_ARG(live->world.state_path), TEXT_ARG(id), TEXT_ARG(label), TEXT_ARG(first->cluster),
            TEXT_ARG(first->service));
}

static void hint_at_labels(const struct live *live, const struct recording *recording)
{
    for (size_t i = 0; recording->state_count && i < recording->series_count; i++) {
        const struct recorded_series *series = &recording->series[i];
        if (!find_metric(live->policy, series->id) || label_names_any(recording, series->label))
            continue;
        if (recording->state_count == 1 && !label_names_some_service(series->label))
            continue;
        hint_at_label(live, recording, series->id, series->label);
        return;
    }
}

void hint_at_metrics(const struct live *live)
{
    const struct recording *recording = state_file_recording(live->world.file);
    hint_at_ids(live, recording);
    hint_at_labels(live, recording);
}

void hint_at_services(const struct live *live)
{
    const struct recording *recording = state_file_recording(live->world.file);
    struct buffer list, name;
    buffer_init(&list, LIMIT_MESSAGE_BYTES);
    buffer_init(&name, LIMIT_MESSAGE_BYTES);
    size_t count = 0;
    for (size_t i = 0; i < recording->state_count; i++) {
        buffer_clear(&name);
        buffer_printf(&name, "%.*s/%.*s", TEXT_ARG(recording->states[i].cluster),
                      TEXT_ARG(recording->states[i].service));
        list_name(&list, buffer_text(&name), &count);
    }
    if (count)
        say(live->session, "note: %.*s has %.*s", TEXT_ARG(live->world.state_path), TEXT_ARG(buffer_text(&list)));
    else
        say(live->session, "note: %.*s has no service at all", TEXT_ARG(live->world.state_path));
    buffer_release(&name);
    buffer_release(&list);
}
