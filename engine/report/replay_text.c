#include "engine/report/replay_report.h"

#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/core/schedule.h"

#define LABEL_COLUMNS 12

const char *replay_state_name(enum replay_state state)
{
    static const char *const names[REPLAY_STATE_COUNT] = {"awake", "asleep", "starting"};
    return names[state];
}

static void label(struct buffer *out, const char *name)
{
    buffer_add(out, TEXT("  "));
    pad_text(out, text_of(name), LABEL_COLUMNS);
}

// ---- what is replayed -------------------------------------------------------------------------------------

static void schedule_line(struct buffer *out, const struct policy *policy, enum behaviour behaviour)
{
    const struct schedule *schedule = policy->schedules[behaviour];
    if (!policy->behaviours[behaviour].present || (!schedule && behaviour != BEHAVIOUR_SLEEP))
        return;
    label(out, behaviour_name(behaviour));
    if (schedule)
        buffer_printf(out, "decides at %.*s\n", TEXT_ARG(schedule->expression));
    else
        buffer_add(out, TEXT("decides at rate(5 minutes), as the policy has no schedule for it\n"));
}

static void demand_line(struct buffer *out, const struct replay_input *input)
{
    label(out, "demand");
    if (input->demand.metric < 0) {
        buffer_add(out, TEXT("none: nothing wakes it but a schedule\n"));
        return;
    }
    buffer_printf(out, "%.*s above ", TEXT_ARG(input->policy->metrics[input->demand.metric].name));
    buffer_add_number(out, input->demand.limit);
    buffer_add(out, TEXT(" wakes it; a start takes "));
    format_duration(out, input->policy->cold_start_s);
    buffer_add_char(out, '\n');
}

static void service_format(struct buffer *out, const struct replay_input *input)
{
    if (!input->target.service.n)
        buffer_add(out, TEXT("a service"));
    else if (!input->target.cluster.n)
        buffer_add(out, input->target.service);
    else
        buffer_printf(out, "%.*s/%.*s", TEXT_ARG(input->target.cluster), TEXT_ARG(input->target.service));
}

static void header(struct buffer *out, const struct style *style, const struct replay_input *input)
{
    paint_begin(out, style, PAINT_BOLD);
    buffer_printf(out, "Policy %.*s over ", TEXT_ARG(input->policy->name));
    format_duration(out, input->to_s - input->from_s);
    buffer_add(out, input->policy->metric_count ? TEXT(" of recorded metrics of ") : TEXT(" of "));
    service_format(out, input);
    paint_end(out, style);
    buffer_add_char(out, '\n');
    label(out, "from");
    format_instant(out, input->from_s);
    buffer_add(out, TEXT(" to "));
    format_instant(out, input->to_s);
    buffer_add_char(out, '\n');
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++)
        schedule_line(out, input->policy, (enum behaviour)i);
    demand_line(out, input);
}

// ---- transitions ------------------------------------------------------------------------------------------

static void rule_format(struct buffer *out, const struct policy *policy, const struct replay_transition *transition)
{
    if (transition->cause == CAUSE_STARTED) {
        buffer_add(out, TEXT("started"));
        return;
    }
    buffer_add(out, transition->cause == CAUSE_DEMAND ? TEXT("demand") : TEXT("schedule"));
    if (transition->rule == RULE_NONE)
        return;
    const struct rule *rule = &policy->behaviours[transition->behaviour].rules[transition->rule];
    buffer_printf(out, ": %s %.*s", behaviour_name(transition->behaviour), TEXT_ARG(rule->name));
}

static void rule_place_format(struct buffer *out, const struct policy *policy,
                              const struct replay_transition *transition)
{
    if (transition->rule != RULE_NONE)
        place_format_line(out, policy, policy->behaviours[transition->behaviour].rules[transition->rule].place);
}

static void transition_message(struct buffer *out, const struct replay_transition *transition)
{
    if (transition->cause == CAUSE_STARTED) {
        buffer_add(out, TEXT("running"));
        if (transition->waited_s > 0) {
            buffer_add(out, TEXT("; demand waited "));
            format_duration(out, transition->waited_s);
        }
        return;
    }
    if (transition->from == transition->to)
        buffer_printf(out, "from %lld to %lld tasks: ", (long long)transition->before, (long long)transition->desired);
    buffer_add(out, transition->message);
}

// The widths that make columns of the two parts that vary.
struct widths {
    size_t rule, place;
};

typedef void part_fn(struct buffer *, const struct policy *, const struct replay_transition *);

static size_t widest(const struct replay_report *report, part_fn *part)
{
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE_BYTES);
    size_t most = 0;
    for (size_t i = 0; i < report->result->transition_count; i++) {
        buffer_clear(&text);
        part(&text, report->input->policy, &report->result->transitions[i]);
        size_t columns = text_columns(buffer_text(&text));
        if (columns > most)
            most = columns;
    }
    buffer_release(&text);
    return most;
}

static void pad_part(struct buffer *out, const struct replay_report *report, const struct replay_transition *transition,
                     part_fn *part, size_t columns)
{
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE_BYTES);
    part(&text, report->input->policy, transition);
    pad_text(out, buffer_text(&text), columns + 2);
    buffer_release(&text);
}

static void transition_line(struct buffer *out, const struct style *style, const struct replay_report *report,
                            const struct replay_transition *transition, const struct widths *widths)
{
    static const enum paint paints[REPLAY_STATE_COUNT] = {PAINT_GREEN, PAINT_DIM, PAINT_YELLOW};
    format_instant(out, transition->at_s);
    buffer_add(out, TEXT("  "));
    pad_text(out, text_of(replay_state_name(transition->from)), sizeof "starting" - 1);
    buffer_add(out, TEXT(" -> "));
    paint_begin(out, style, paints[transition->to]);
    pad_text(out, text_of(replay_state_name(transition->to)), sizeof "starting" - 1);
    paint_end(out, style);
    buffer_add(out, TEXT("  "));
    pad_part(out, report, transition, rule_format, widths->rule);
    if (widths->place)
        pad_part(out, report, transition, rule_place_format, widths->place);
    size_t used = sizeof "2026-11-02T06:35:00Z  starting -> starting  " - 1 + widths->rule + widths->place + 4;
    size_t left = style->width > 0 && (size_t)style->width > used + 20 ? (size_t)style->width - used : 0;
    struct buffer message;
    buffer_init(&message, 2 * LIMIT_MESSAGE_BYTES);
    transition_message(&message, transition);
    line_text(out, buffer_text(&message), left);
    buffer_release(&message);
    buffer_add_char(out, '\n');
}

static void transitions(struct buffer *out, const struct style *style, const struct replay_report *report)
{
    buffer_add_char(out, '\n');
    if (report->result->transition_count == 0)
        buffer_printf(out, "Nothing happened: the service stayed %s throughout.\n",
                      replay_state_name(report->result->first_state));
    struct widths widths = {widest(report, rule_format), widest(report, rule_place_format)};
    for (size_t i = 0; i < report->result->transition_count; i++)
        transition_line(out, style, report, &report->result->transitions[i], &widths);
    buffer_add_char(out, '\n');
}

// ---- totals -----------------------------------------------------------------------------------------------

static double share_of(const struct replay_report *report, enum replay_state state)
{
    return 100.0 * report->result->state_s[state] / (report->input->to_s - report->input->from_s);
}

static void state_line(struct buffer *out, const struct replay_report *report, enum replay_state state)
{
    struct buffer span;
    buffer_init(&span, 64);
    format_duration(&span, report->result->state_s[state]);
    label(out, replay_state_name(state));
    pad_text(out, buffer_text(&span), 10);
    buffer_printf(out, "%5.1f %%\n", share_of(report, state));
    buffer_release(&span);
}

static void wakes_line(struct buffer *out, const struct replay_result *result)
{
    label(out, "wakes");
    buffer_printf(out, "%zu", result->wakes);
    if (result->demand_waited_s > 0) {
        buffer_add(out, TEXT("; demand waited "));
        format_duration(out, result->demand_waited_s);
        buffer_add(out, TEXT(" in all"));
    }
    if (result->wakes_refused)
        buffer_printf(out, "; demand found %zu times that the policy does not wake", result->wakes_refused);
    buffer_add_char(out, '\n');
    if (!result->demand_missed)
        return;
    label(out, "");
    count_format(out, result->demand_missed, "point of demand came", "points of demand came");
    buffer_add(out, TEXT(" while it slept or started\n"));
}

static void ticks_lines(struct buffer *out, const struct replay_report *report)
{
    const struct replay_result *result = report->result;
    label(out, "decisions");
    buffer_printf(out, "%zu on schedule", result->ticks);
    if (result->ticks == 0)
        buffer_add(out, TEXT(": no time at which it decides lies in it"));
    if (result->unsettled_ticks)
        buffer_printf(out, "; %zu of them lacked data, so that they could not sleep it", result->unsettled_ticks);
    if (result->failed_ticks)
        buffer_printf(out, "; %zu failed", result->failed_ticks);
    buffer_add_char(out, '\n');
    for (size_t i = 0; i < result->unsettled_count; i++) {
        label(out, "");
        count_format(out, result->unsettled[i].ticks, "time", "times");
        buffer_add(out, TEXT(", first "));
        format_instant(out, result->unsettled[i].first_s);
        buffer_add(out, TEXT(": "));
        why_format(out, report->input->policy, result->unsettled[i].unknown);
        buffer_add_char(out, '\n');
    }
    if (!result->failed_ticks)
        return;
    label(out, "");
    buffer_add(out, TEXT("first failed "));
    format_instant(out, result->first_failure_s);
    buffer_add(out, TEXT(": "));
    line_text(out, result->first_failure, 0);
    buffer_add_char(out, '\n');
}

static void totals(struct buffer *out, const struct style *style, const struct replay_report *report)
{
    buffer_add_char(out, '\n');
    paint_begin(out, style, PAINT_BOLD);
    buffer_printf(out, "The service would have slept %.1f %% of the time.", share_of(report, REPLAY_ASLEEP));
    paint_end(out, style);
    buffer_add_char(out, '\n');
    state_line(out, report, REPLAY_ASLEEP);
    state_line(out, report, REPLAY_STARTING);
    state_line(out, report, REPLAY_AWAKE);
    label(out, "stops");
    buffer_printf(out, "%zu by sleep, %zu by kill\n", report->result->sleeps, report->result->kills);
    wakes_line(out, report->result);
    ticks_lines(out, report);
}

void replay_report_text(struct buffer *out, const struct style *style, const struct replay_report *report)
{
    header(out, style, report->input);
    transitions(out, style, report);
    struct picture picture = {report->input->from_s, report->input->to_s, report->picture_width,
                              report->rows,          report->row_count,   report->result};
    picture_draw(out, style, &picture);
    totals(out, style, report);
}
