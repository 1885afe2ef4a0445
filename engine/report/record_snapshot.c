#include "engine/report/record_snapshot.h"

#include <math.h>

#include "drowse/policy.h"
#include "drowse/snapshot.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/report/explanation.h"
#include "engine/report/json_parts.h"

static const char *const stage_names[] = {"nothing", "state", "metrics"};
static const char *const fence_names[] = {"none", "wake_mark", "started_event", "deployment", "service_created"};
static const char *const metric_status_names[] = {"complete", "partial", "failed"};

// Unlike value_json, to the last bit.
static void exact_json(struct json_writer *json, uint8_t type, struct value value)
{
    if (value.knowledge != KNOWN) {
        json_null(json);
        return;
    }
    switch ((enum type)type) {
    case TYPE_BOOLEAN:
        json_bool(json, value.truth);
        return;
    case TYPE_NUMBER:
    case TYPE_DURATION:
    case TYPE_INSTANT:
        json_number(json, value.number);
        return;
    case TYPE_TEXT:
        json_text(json, value.text);
        return;
    }
}

static void param_json(struct json_writer *json, const struct param *param, const struct param_setting *setting)
{
    bool set = setting && setting->value.knowledge == KNOWN;
    json_key_text(json, param->name);
    json_open_object(json);
    json_key(json, "value");
    exact_json(json, param->type, set ? setting->value : param->fallback);
    json_member_string(json, "origin", param_origin_name(set ? setting->origin : PARAM_POLICY));
    if (set && setting->origin_name.n)
        json_member_text(json, "from", setting->origin_name);
    json_close_object(json);
}

static void params_json(struct json_writer *json, const struct policy *policy, const struct snapshot *snapshot)
{
    json_key(json, "params");
    json_open_object(json);
    for (size_t i = 0; i < policy->param_count; i++)
        param_json(json, &policy->params[i], snapshot->params ? &snapshot->params[i] : NULL);
    json_close_object(json);
}

static void tags_json(struct json_writer *json, const struct service_state *state)
{
    json_key(json, "tags");
    if (!state->tags_read) {
        json_null(json);
        return;
    }
    json_open_object(json);
    for (size_t i = 0; i < state->tag_count; i++) {
        json_key_text(json, state->tags[i].key);
        json_text(json, state->tags[i].value);
    }
    json_close_object(json);
}

static void state_json(struct json_writer *json, const struct service_state *state)
{
    json_key(json, "state");
    json_open_object(json);
    json_member_text(json, "status", state->status);
    json_member_text(json, "schedulingStrategy", state->scheduling_strategy);
    json_member_int(json, "desired", state->desired);
    json_member_int(json, "running", state->running);
    json_member_int(json, "pending", state->pending);
    json_member_bool(json, "deploying", state->deploying);
    json_member_number(json, "deployedAt", state->deployed_at_s);
    json_member_number(json, "wokenAt", state->woken_at_s);
    json_member_number(json, "fence", state->fence_s);
    json_member_string(json, "fenceSource", fence_names[state->fence_source]);
    tags_json(json, state);
    json_close_object(json);
}

static void points_json(struct json_writer *json, const struct metric_view *view)
{
    json_key(json, "points");
    json_open_array(json);
    for (size_t i = view->first; view->series && i < view->end; i++) {
        json_open_array(json);
        json_int(json, view->series->at_s[i]);
        json_number(json, view->series->values[i]);
        json_close_array(json);
    }
    json_close_array(json);
}

static void metrics_json(struct json_writer *json, const struct policy *policy, const struct snapshot *snapshot)
{
    json_key(json, "metrics");
    json_open_object(json);
    for (size_t i = 0; i < policy->metric_count; i++) {
        const struct metric_view *view = &snapshot->metrics[i];
        json_key_text(json, policy->metrics[i].name);
        json_open_object(json);
        json_member_string(json, "status", metric_status_names[view->status]);
        json_member_int(json, "from", view->from_s);
        points_json(json, view);
        json_close_object(json);
    }
    json_close_object(json);
}

void snapshot_json(struct json_writer *json, const struct policy *policy, const struct snapshot *snapshot)
{
    json_open_object(json);
    json_member_string(json, "stage", stage_names[snapshot->stage]);
    json_member_number(json, "now", snapshot->now_s);
    json_member_string(json, "trigger", trigger_name(snapshot->trigger));
    json_member_text(json, "cluster", snapshot->cluster);
    json_member_text(json, "service", snapshot->service);
    params_json(json, policy, snapshot);
    if (snapshot->stage >= STAGE_STATE)
        state_json(json, &snapshot->state);
    if (snapshot->stage >= STAGE_METRICS)
        metrics_json(json, policy, snapshot);
    json_close_object(json);
}
