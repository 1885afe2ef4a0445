#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/report/explanation.h"
#include "engine/report/json_parts.h"

static void value_member(struct json_writer *json, const struct policy *policy, uint8_t type, struct value value)
{
    json_key(json, "value");
    value_json(json, type, value);
    if (value.knowledge != KNOWN)
        json_member_why(json, "why", policy, value);
}

static void state_json(struct json_writer *json, const struct snapshot *snapshot)
{
    json_key(json, "state");
    if (snapshot->stage < STAGE_STATE) {
        json_null(json);
        return;
    }
    const struct service_state *state = &snapshot->state;
    json_open_object(json);
    json_member_int(json, "desired", state->desired);
    json_member_int(json, "running", state->running);
    json_member_int(json, "pending", state->pending);
    json_member_text(json, "status", state->status);
    json_member_bool(json, "deploying", state->deploying);
    json_member_instant(json, "fence", state->fence_s);
    json_member_string(json, "fenceSource", fence_source_name(state->fence_source));
    json_close_object(json);
}

static void params_json(struct json_writer *json, const struct explanation *explanation)
{
    const struct policy *policy = explanation->policy;
    json_key(json, "params");
    json_open_array(json);
    for (size_t i = 0; i < policy->param_count; i++) {
        const struct param_setting *setting = &explanation->params[i];
        json_open_object(json);
        json_member_text(json, "name", policy->params[i].name);
        json_member_string(json, "type", type_name(policy->params[i].type));
        value_member(json, policy, policy->params[i].type, setting->value);
        json_member_string(json, "origin", param_origin_name(setting->origin));
        if (setting->origin_name.n)
            json_member_text(json, "originName", setting->origin_name);
        json_close_object(json);
    }
    json_close_array(json);
}

static void metrics_json(struct json_writer *json, const struct explanation *explanation)
{
    json_key(json, "metrics");
    if (explanation->snapshot->stage < STAGE_METRICS) {
        json_null(json);
        return;
    }
    json_open_array(json);
    for (size_t i = 0; i < explanation->policy->metric_count; i++) {
        const struct metric_view *view = &explanation->snapshot->metrics[i];
        json_open_object(json);
        json_member_text(json, "name", explanation->policy->metrics[i].name);
        json_member_bool(json, "complete", view->status == METRIC_COMPLETE);
        json_member_int(json, "points", (int64_t)(view->end - view->first));
        if (view->series && view->end > view->first) {
            json_member_instant(json, "newest", (double)view->series->at_s[view->end - 1]);
            json_member_number(json, "newestValue", view->series->values[view->end - 1]);
        }
        json_close_object(json);
    }
    json_close_array(json);
}

static void step_json(struct json_writer *json, const struct policy *policy, const struct reasoning_step *step)
{
    uint8_t type = policy->nodes[step->node].type;
    json_open_object(json);
    json_member_int(json, "depth", (int64_t)step->depth);
    json_member_text(json, "expression", step->expression);
    json_member_place(json, "place", policy, policy->places[step->node]);
    json_member_string(json, "type", type_name(type));
    json_member_bool(json, "needed", step->needed);
    if (step->needed)
        value_member(json, policy, type, step->value);
    json_close_object(json);
}

static void rules_json(struct json_writer *json, const struct explanation *explanation)
{
    json_key(json, "rules");
    json_open_array(json);
    for (size_t i = 0; i < explanation->rule_count; i++) {
        const struct reasoned_rule *rule = &explanation->rules[i];
        json_open_object(json);
        json_member_text(json, "rule", rule->rule->name);
        json_member_place(json, "place", explanation->policy, rule->rule->place);
        json_member_string(json, "result", rule_result_name(rule));
        json_key(json, "steps");
        json_open_array(json);
        for (size_t k = 0; k < rule->step_count; k++)
            step_json(json, explanation->policy, &rule->steps[k]);
        json_close_array(json);
        json_close_object(json);
    }
    json_close_array(json);
}

static void lets_json(struct json_writer *json, const struct explanation *explanation)
{
    if (!explanation->scripted)
        return;
    json_key(json, "let");
    json_open_array(json);
    for (size_t i = 0; i < explanation->let_count; i++) {
        const struct reasoned_let *let = &explanation->lets[i];
        uint8_t type = explanation->policy->nodes[let->let->expression].type;
        json_open_object(json);
        json_member_text(json, "name", let->let->name);
        json_member_string(json, "type", type_name(type));
        value_member(json, explanation->policy, type, let->value);
        json_close_object(json);
    }
    json_close_array(json);
}

static void decision_json(struct json_writer *json, const struct explanation *explanation,
                          const struct decision *decision)
{
    const struct rule *rules = explanation->policy->behaviours[decision->behaviour].rules;
    json_member_string(json, "outcome", outcome_name(decision->outcome));
    if (decision->rule == RULE_NONE)
        json_member_null(json, "rule");
    else
        json_member_text(json, "rule", rules[decision->rule].name);
    json_member_count(json, "desired", decision->desired);
    if (decision->outcome != OUTCOME_HELD)
        return;
    if (decision->held_by != RULE_NONE)
        json_member_text(json, "heldBy", rules[decision->held_by].name);
    json_member_why(json, "heldWhy", explanation->policy, decision->unknown);
}

static void outlook_json(struct json_writer *json, const struct explanation *explanation)
{
    if (!explanation->has_outlook)
        return;
    const struct outlook *outlook = &explanation->outlook;
    json_key(json, "outlook");
    json_open_object(json);
    json_member_bool(json, "changes", outlook->changes);
    json_member_int(json, "withinSeconds", OUTLOOK_S);
    if (outlook->changes) {
        json_member_instant(json, "at", outlook->at_s);
        json_member_bool(json, "needsMore", outlook->decision.need > STAGE_NOTHING);
        if (outlook->decision.need == STAGE_NOTHING) {
            decision_json(json, explanation, &outlook->decision);
            json_member_text(json, "message", outlook->message);
        }
    }
    json_close_object(json);
}

void explanation_json(struct json_writer *json, const struct explanation *explanation)
{
    const struct snapshot *snapshot = explanation->snapshot;
    json_open_object(json);
    json_member_text(json, "summary", explanation->headline);
    json_member_text(json, "cluster", snapshot->cluster);
    json_member_text(json, "service", snapshot->service);
    json_member_string(json, "behaviour", behaviour_name(explanation->decision.behaviour));
    json_member_instant(json, "now", snapshot->now_s);
    json_member_string(json, "trigger", trigger_name(snapshot->trigger));
    json_member_policy(json, explanation->policy);
    decision_json(json, explanation, &explanation->decision);
    json_member_count(json, "before", explanation->decision.before);
    json_member_text(json, "status", explanation->decision.status);
    json_member_text(json, "message", explanation->message);
    state_json(json, snapshot);
    params_json(json, explanation);
    metrics_json(json, explanation);
    rules_json(json, explanation);
    lets_json(json, explanation);
    outlook_json(json, explanation);
    json_close_object(json);
}
