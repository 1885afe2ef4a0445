#include "engine/base/json_write.h"
#include "engine/core/message.h"
#include "engine/report/json_parts.h"
#include "engine/report/replay_report.h"

static const char *cause_name(enum replay_cause cause)
{
    static const char *const names[] = {"schedule", "demand", "started"};
    return names[cause];
}

static void demand_json(struct json_writer *json, const struct replay_input *input)
{
    json_key(json, "demand");
    if (input->demand.metric < 0) {
        json_null(json);
        return;
    }
    json_open_object(json);
    json_member_text(json, "metric", input->policy->metrics[input->demand.metric].name);
    json_member_number(json, "above", input->demand.limit);
    json_close_object(json);
}

static void transition_json(struct json_writer *json, const struct policy *policy,
                            const struct replay_transition *transition)
{
    json_open_object(json);
    json_member_instant(json, "at", transition->at_s);
    json_member_string(json, "from", replay_state_name(transition->from));
    json_member_string(json, "to", replay_state_name(transition->to));
    json_member_string(json, "cause", cause_name(transition->cause));
    if (transition->rule != RULE_NONE) {
        const struct rule *rule = &policy->behaviours[transition->behaviour].rules[transition->rule];
        json_member_string(json, "behaviour", behaviour_name(transition->behaviour));
        json_member_text(json, "rule", rule->name);
        json_member_place(json, "place", policy, rule->place);
    }
    json_member_int(json, "desiredBefore", transition->before);
    json_member_int(json, "desired", transition->desired);
    if (transition->cause == CAUSE_STARTED)
        json_member_number(json, "demandWaitedSeconds", transition->waited_s);
    else
        json_member_text(json, "message", transition->message);
    json_close_object(json);
}

static void totals_json(struct json_writer *json, const struct replay_report *report)
{
    const struct replay_result *result = report->result;
    double all_s = report->input->to_s - report->input->from_s;
    json_key(json, "totals");
    json_open_object(json);
    json_member_number(json, "seconds", all_s);
    json_member_number(json, "asleepSeconds", result->state_s[REPLAY_ASLEEP]);
    json_member_number(json, "startingSeconds", result->state_s[REPLAY_STARTING]);
    json_member_number(json, "awakeSeconds", result->state_s[REPLAY_AWAKE]);
    json_member_number(json, "asleepShare", result->state_s[REPLAY_ASLEEP] / all_s);
    json_member_int(json, "wakes", (int64_t)result->wakes);
    json_member_int(json, "wakesRefused", (int64_t)result->wakes_refused);
    json_member_int(json, "sleeps", (int64_t)result->sleeps);
    json_member_int(json, "kills", (int64_t)result->kills);
    json_member_number(json, "demandWaitedSeconds", result->demand_waited_s);
    json_member_int(json, "demandPointsMissed", (int64_t)result->demand_missed);
    json_member_int(json, "decisions", (int64_t)result->ticks);
    json_member_int(json, "unsettledDecisions", (int64_t)result->unsettled_ticks);
    json_member_int(json, "heldDecisions", (int64_t)result->held_ticks);
    json_member_int(json, "failedDecisions", (int64_t)result->failed_ticks);
    json_close_object(json);
}

static void unsettled_json(struct json_writer *json, const struct policy *policy, const struct replay_result *result)
{
    json_key(json, "unsettled");
    json_open_array(json);
    for (size_t i = 0; i < result->unsettled_count; i++) {
        json_open_object(json);
        json_member_why(json, "why", policy, result->unsettled[i].unknown);
        json_member_int(json, "decisions", (int64_t)result->unsettled[i].ticks);
        json_member_instant(json, "first", result->unsettled[i].first_s);
        json_close_object(json);
    }
    json_close_array(json);
}

void replay_report_json(struct json_writer *json, const struct replay_report *report)
{
    const struct replay_input *input = report->input;
    json_open_object(json);
    json_member_policy(json, input->policy);
    json_member_text(json, "cluster", input->target.cluster);
    json_member_text(json, "service", input->target.service);
    json_member_instant(json, "from", input->from_s);
    json_member_instant(json, "to", input->to_s);
    demand_json(json, input);
    json_member_string(json, "first", replay_state_name(report->result->first_state));
    json_key(json, "transitions");
    json_open_array(json);
    for (size_t i = 0; i < report->result->transition_count; i++)
        transition_json(json, input->policy, &report->result->transitions[i]);
    json_close_array(json);
    totals_json(json, report);
    unsettled_json(json, input->policy, report->result);
    if (report->result->failed_ticks)
        json_member_text(json, "firstFailure", report->result->first_failure);
    json_close_object(json);
}
