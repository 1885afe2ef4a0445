#include "engine/cli/replay_input.h"

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/cli/replay_range.h"
#include "engine/cli/session.h"
#include "engine/cli/target.h"
#include "engine/core/series.h"
#include "engine/shell/choose.h"
#include "engine/shell/run.h"

#define METRIC_NONE ((size_t)-1)
#define FUTURE_S 300.0          // an instant further ahead is unknown
#define ANCIENT_S 31536000.0    // of the year 1970
#define MILLISECONDS_FROM 1e11  // as seconds: the year 5138

static bool find_metric(struct session *session, const struct policy *policy, const char *option, struct text name,
                        size_t *found)
{
    struct text *names = ARENA_ARRAY(&session->arena, policy->metric_count, struct text);
    for (size_t i = 0; i < policy->metric_count; i++) {
        names[i] = policy->metrics[i].name;
        if (text_eq(name, names[i])) {
            *found = i;
            return true;
        }
    }
    say(session, "%s: the policy has no metric '%.*s'%.*s", option, TEXT_ARG(name),
        TEXT_ARG(suggest_name(&session->arena, name, names, policy->metric_count)));
    return false;
}

// ---- files ------------------------------------------------------------------------------------------------

// `metric` is the one that a file without names of its own is of.
static bool read_recording(struct session *session, const struct policy *policy, struct recording *recording,
                           struct text path, size_t metric)
{
    struct text content;
    if (!session_read_file(session, path, LIMIT_RECORDING_BYTES, &content))
        return false;
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    bool known = metric != METRIC_NONE;
    bool read = recording_read(recording, path, content, known ? policy->metrics[metric].name : TEXT(""),
                               known ? policy->metrics[metric].stat : TEXT(""), &error);
    if (!read)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return read;
}

static bool read_mapped(struct session *session, const struct policy *policy, struct recording *recording,
                        struct text option)
{
    size_t equals = 0, metric = METRIC_NONE;
    if (!text_find(option, '=', &equals) || equals == 0 || equals + 1 == option.n) {
        say(session, "--map %.*s: write METRIC=FILE", TEXT_ARG(option));
        return false;
    }
    return find_metric(session, policy, "--map", (struct text){option.p, equals}, &metric) &&
           read_recording(session, policy, recording, text_from(option, equals + 1), metric);
}

static bool read_recordings(struct session *session, const struct policy *policy, struct recording *recording)
{
    const struct arguments *arguments = session->arguments;
    size_t files = arguments->operand_count;
    for (size_t i = 0; i < arguments->operand_count; i++)
        if (!read_recording(session, policy, recording, arguments->operands[i],
                            policy->metric_count == 1 ? 0 : METRIC_NONE))
            return false;
    for (size_t i = 0; i < arguments->option_count; i++) {
        if (arguments->options[i].id != OPTION_MAP)
            continue;
        files++;
        if (!read_mapped(session, policy, recording, arguments->options[i].value))
            return false;
    }
    if (files > 0 || policy->metric_count == 0)
        return true;
    say(session, "a recording is missing: drowse replay RECORDING, or --map METRIC=FILE");
    return false;
}

// ---- which service ----------------------------------------------------------------------------------------

static void name_target(struct text label, struct service_name_view *target)
{
    size_t slash = 0;
    if (text_find(label, '/', &slash))
        *target = (struct service_name_view){{label.p, slash}, text_from(label, slash + 1)};
}

// Several services in the recording: one must be chosen.
static bool label_chooses(const struct session *session, const struct recording *recording,
                          struct service_name_view *target)
{
    struct text chosen = {0};
    for (size_t i = 0; i < recording->series_count; i++) {
        struct text label = recording->series[i].label;
        if (!label_names_some_service(label) || text_eq(label, chosen))
            continue;
        if (chosen.n) {
            say(session, "the recording has several services, such as %.*s and %.*s: choose one with --service",
                TEXT_ARG(chosen), TEXT_ARG(label));
            return false;
        }
        chosen = label;
    }
    name_target(chosen, target);
    return true;
}

static bool choose_target(struct session *session, const struct recording *recording, struct replay_input *input)
{
    struct text option;
    if (session_value(session, OPTION_SERVICE, &option)) {
        struct service_name name;
        if (!parse_service_name(session, option, &name))
            return false;
        input->target = (struct service_name_view){name.cluster, name.service};
        return true;
    }
    if (!label_chooses(session, recording, &input->target))
        return false;
    const struct target *only = only_target(input->policy);
    if (!input->target.service.n && recording->state_count == 1)
        input->target = (struct service_name_view){recording->states[0].cluster, recording->states[0].service};
    else if (!input->target.service.n && only)
        input->target = (struct service_name_view){only->cluster, only->service};
    return true;
}

// A replay of what a run would refuse is worth a word, no more.
static void note_foreign(const struct session *session, const struct replay_input *input)
{
    const struct service_name name = {input->target.cluster, input->target.service, false};
    if (name.service.n && input->policy->target_count && !target_covers(input->policy, &name))
        say(session, "warning: %.*s/%.*s is not among the targets of %.*s: a run would refuse it",
            TEXT_ARG(name.cluster), TEXT_ARG(name.service), TEXT_ARG(input->policy->sources.items[0].path));
}

static const struct service_state *initial_state(const struct recording *recording,
                                                 const struct service_name_view *target)
{
    for (size_t i = 0; i < recording->state_count; i++)
        if (text_eq(recording->states[i].cluster, target->cluster) &&
            text_eq(recording->states[i].service, target->service))
            return &recording->states[i];
    return NULL;
}

// ---- series -----------------------------------------------------------------------------------------------

static struct recorded_series *series_of(struct recording *recording, struct text metric,
                                         const struct service_name_view *target)
{
    for (size_t i = 0; i < recording->series_count; i++) {
        struct recorded_series *series = &recording->series[i];
        if (text_eq(series->id, metric) &&
            (!label_names_some_service(series->label) || label_names(series->label, target->cluster, target->service)))
            return series;
    }
    return NULL;
}

static void note_data(const struct session *session, const struct metric *metric, const struct recorded_series *series)
{
    struct buffer line;
    buffer_init(&line, LIMIT_MESSAGE_BYTES);
    recording_notes_line(series, &line);
    if (line.n)
        say(session, "note: %.*s", TEXT_ARG(text_trim(buffer_text(&line))));
    buffer_clear(&line);
    int64_t step_s = series->notes.usual_step_s;
    if (metric->missing == MISSING_UNKNOWN && step_s > 0 && metric->period_s < metric->coverage * (double)step_s) {
        format_duration(&line, (double)step_s);
        say(session,
            "warning: %.*s has a point every %.*s, but its period is %us: coverage %.15g is out of reach, and it "
            "stays unknown. Give it `period: %llds` in the policy.",
            TEXT_ARG(metric->name), TEXT_ARG(buffer_text(&line)), metric->period_s, metric->coverage,
            (long long)step_s);
    }
    buffer_release(&line);
}

// Values that are no epoch seconds of their time: milliseconds, or another metric's values.
static void note_instants(const struct session *session, const struct metric *metric,
                          const struct recorded_series *series)
{
    size_t future = 0, ancient = 0;
    for (size_t i = 0; i < series->count; i++) {
        future += series->values[i] > series->at_s[i] + FUTURE_S;
        ancient += series->values[i] > 0 && series->values[i] < ANCIENT_S;
    }
    if (future == series->count)
        say(session,
            "warning: %.*s lies in the future at every point, and stays unknown: its values must be epoch seconds%s",
            TEXT_ARG(metric->name), series->values[0] > MILLISECONDS_FROM ? ", and seem to be milliseconds" : "");
    if (ancient == series->count)
        say(session, "warning: %.*s is an instant in the year 1970 at every point: its values must be epoch seconds",
            TEXT_ARG(metric->name));
}

static void add_series(struct session *session, struct replay_sources *sources, const struct policy *policy,
                       size_t index, struct recorded_series *recorded)
{
    const struct metric *metric = &policy->metrics[index];
    int64_t *at_s = NULL;
    double *values = NULL;
    size_t count = 0;
    recording_bucket(&session->arena, recorded, metric->period_s, metric->stat, &at_s, &values, &count);
    sources->series[index] = series_build(&session->arena, at_s, values, count);
    note_data(session, metric, recorded);
    if (metric->as_instant)
        note_instants(session, metric, recorded);
    if (!metric->as_instant && count > 0)
        sources->rows[sources->row_count++] =
            (struct picture_row){metric->name, &sources->series[index], metric->period_s};
}

// Of a metric that is in the recording, and yet not there.
static bool has_empty_series(const struct policy *policy, const struct recording *recording)
{
    for (size_t i = 0; i < recording->series_count; i++)
        for (size_t k = 0; k < policy->metric_count; k++)
            if (text_eq(recording->series[i].id, policy->metrics[k].name) && recording->series[i].count == 0)
                return true;
    return false;
}

static void say_nothing_matched(const struct session *session, const struct policy *policy,
                                const struct recording *recording)
{
    struct buffer line;
    buffer_init(&line, LIMIT_MESSAGE_BYTES);
    buffer_add(&line, TEXT("nothing in the recording is a metric of the policy (which has"));
    for (size_t i = 0; i < policy->metric_count; i++)
        buffer_printf(&line, "%s %.*s", i ? "," : "", TEXT_ARG(policy->metrics[i].name));
    buffer_add(&line, TEXT("); it has"));
    for (size_t i = 0; i < recording->series_count; i++) {
        struct text id = recording->series[i].id;
        buffer_printf(&line, "%s %.*s", i ? "," : "", TEXT_ARG(id.n ? id : TEXT("a series without a name")));
    }
    if (!recording->series_count)
        buffer_add(&line, TEXT(" no series at all"));
    say(session, "%.*s. For a CSV give --map METRIC=FILE", TEXT_ARG(buffer_text(&line)));
    buffer_release(&line);
}

static bool match_series(struct session *session, struct replay_sources *sources, struct replay_input *input)
{
    const struct policy *policy = input->policy;
    sources->series = ARENA_ARRAY(&session->arena, policy->metric_count, struct series);
    sources->rows = ARENA_ARRAY(&session->arena, policy->metric_count, struct picture_row);
    bool *recorded = ARENA_ARRAY(&session->arena, policy->metric_count, bool);
    size_t matched = 0;
    for (size_t i = 0; i < policy->metric_count; i++) {
        struct recorded_series *series = series_of(&sources->recording, policy->metrics[i].name, &input->target);
        sources->series[i] = series_build(&session->arena, NULL, NULL, 0);
        if (!series || series->count == 0)
            continue;
        add_series(session, sources, policy, i, series);
        recorded[i] = true;
        matched++;
    }
    input->series = sources->series;
    if (policy->metric_count == 0)
        return true;
    if (matched == 0 && has_empty_series(policy, &sources->recording))
        say(session, "the recording has no points: nothing was measured in the time that it was asked for");
    else if (matched == 0)
        say_nothing_matched(session, policy, &sources->recording);
    for (size_t i = 0; matched > 0 && i < policy->metric_count; i++)
        if (!recorded[i])
            say(session, "warning: %.*s is not in the recording: it stays unknown throughout",
                TEXT_ARG(policy->metrics[i].name));
    return matched > 0;
}

// ---- demand -----------------------------------------------------------------------------------------------

static bool choose_demand(struct session *session, struct replay_input *input)
{
    struct text option;
    size_t above = 0, metric = 0;
    if (!session_value(session, OPTION_DEMAND, &option)) {
        input->demand = replay_demand(input->policy, input->params);
        return true;
    }
    double limit = 0;
    if (!text_find(option, '>', &above) || !text_to_double(text_trim(text_from(option, above + 1)), &limit)) {
        say(session, "--demand %.*s: write METRIC>LIMIT, quoted, such as 'connections>0'", TEXT_ARG(option));
        return false;
    }
    if (!find_metric(session, input->policy, "--demand", text_trim((struct text){option.p, above}), &metric))
        return false;
    input->demand = (struct demand){(int32_t)metric, limit};
    return true;
}

bool replay_input_read(struct session *session, struct replay_sources *sources, struct replay_input *input)
{
    *sources = (struct replay_sources){.series = NULL};
    recording_init(&sources->recording, &session->arena);
    if (!read_recordings(session, input->policy, &sources->recording) ||
        !choose_target(session, &sources->recording, input) || !match_series(session, sources, input) ||
        !replay_range_choose(session, input) || !choose_demand(session, input))
        return false;
    note_foreign(session, input);
    input->initial = initial_state(&sources->recording, &input->target);
    if (input->demand.metric >= 0 && input->series[input->demand.metric].count == 0)
        say(session,
            "warning: demand is read from %.*s, which is not recorded: nothing but a schedule wakes the service",
            TEXT_ARG(input->policy->metrics[input->demand.metric].name));
    return true;
}
