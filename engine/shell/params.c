#include "engine/shell/params.h"

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/shell/reach.h"

struct param_setting *params_new(struct arena *arena, const struct policy *policy)
{
    return ARENA_ARRAY(arena, policy->param_count, struct param_setting);
}

// ---- one value --------------------------------------------------------------------------------------------

static void number_text(struct buffer *out, const struct param *param, double number)
{
    if (param->type == TYPE_DURATION)
        format_duration_literal(out, number);
    else
        buffer_add_number(out, number);
}

static bool within_bounds(const struct param *param, double number, struct buffer *error)
{
    bool below = param->has_min && number < param->min, above = param->has_max && number > param->max;
    if (!below && !above)
        return true;
    buffer_printf(error, "%.*s: ", TEXT_ARG(param->name));
    number_text(error, param, number);
    buffer_add(error, below ? TEXT(" is below its minimum of ") : TEXT(" is above its maximum of "));
    number_text(error, param, below ? param->min : param->max);
    return false;
}

static bool set_number(const struct param *param, double number, struct param_setting *setting, struct buffer *error)
{
    if (!within_bounds(param, number, error))
        return false;
    setting->value = (struct value){.number = number, .knowledge = KNOWN};
    return true;
}

bool param_set_number(const struct param *param, double number, struct param_setting *setting, struct buffer *error)
{
    double scaled = param->type == TYPE_DURATION ? number * param->unit_s : number;
    if (param->type == TYPE_DURATION && scaled < 0) {
        buffer_printf(error, "%.*s: a duration is not negative", TEXT_ARG(param->name));
        return false;
    }
    return set_number(param, scaled, setting, error);
}

static bool set_truth(const struct param *param, struct text text, struct param_setting *setting, struct buffer *error)
{
    bool truth = text_is(text, "true");
    if (!truth && !text_is(text, "false")) {
        buffer_printf(error, "%.*s: '%.*s' is neither true nor false", TEXT_ARG(param->name), TEXT_ARG(text));
        return false;
    }
    setting->value = (struct value){.truth = truth, .knowledge = KNOWN};
    return true;
}

static const char *unit_name(const struct param *param)
{
    return param->unit_s >= 86400  ? "days"
           : param->unit_s >= 3600 ? "hours"
           : param->unit_s >= 60   ? "minutes"
                                   : "seconds";
}

static bool set_duration(const struct param *param, struct text text, struct param_setting *setting,
                         struct buffer *error)
{
    double number = 0;
    if (text_to_double(text, &number))
        return param_set_number(param, number, setting, error);
    if (parse_duration(text, &number))
        return set_number(param, number, setting, error);
    buffer_printf(error, "%.*s: '%.*s' is no duration, such as 15m or 2h30m, and no number of %s",
                  TEXT_ARG(param->name), TEXT_ARG(text), unit_name(param));
    return false;
}

bool param_set_text(const struct param *param, struct text text, struct param_setting *setting, struct buffer *error)
{
    double number = 0;
    if (!text.n)
        return true;
    switch ((enum type)param->type) {
    case TYPE_BOOLEAN:
        return set_truth(param, text, setting, error);
    case TYPE_DURATION:
        return set_duration(param, text, setting, error);
    case TYPE_NUMBER:
        if (text_to_double(text, &number))
            return set_number(param, number, setting, error);
        buffer_printf(error, "%.*s: '%.*s' is no number", TEXT_ARG(param->name), TEXT_ARG(text));
        return false;
    case TYPE_TEXT:
    case TYPE_INSTANT:
        break;
    }
    setting->value = (struct value){.text = text, .knowledge = KNOWN};
    return true;
}

// ---- which params a behaviour can reach -------------------------------------------------------------------

static void reach_behaviour(struct reach *reach, enum behaviour behaviour)
{
    const struct behaviour_rules *rules = &reach->policy->behaviours[behaviour];
    for (size_t i = 0; i < rules->count; i++)
        reach_rule(reach, &rules->rules[i]);
    if (behaviour == BEHAVIOUR_SLEEP)
        reach_report(reach);
}

// A script may read whatever there is.
static const bool *params_reached(struct arena *arena, const struct policy *policy, unsigned behaviours)
{
    bool *reached = ARENA_ARRAY(arena, policy->param_count, bool), all = false;
    struct reach reach;
    reach_begin(&reach, arena, policy);
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++) {
        if (!(behaviours & 1u << i) || !policy->behaviours[i].present)
            continue;
        reach_behaviour(&reach, (enum behaviour)i);
        all = all || policy->behaviours[i].scripted;
    }
    for (size_t i = 0; i < policy->param_count; i++)
        reached[i] = all;
    for (size_t i = 1; i < policy->node_count; i++)
        if (reach.nodes[i] && policy->nodes[i].op == OP_PARAM)
            reached[policy->nodes[i].a] = true;
    return reached;
}

// ---- sources ----------------------------------------------------------------------------------------------

bool params_from_environment(struct arena *arena, const struct policy *policy, const struct variables *variables,
                             unsigned behaviours, struct param_setting *settings, struct buffer *error)
{
    const bool *reached = params_reached(arena, policy, behaviours);
    for (size_t i = 0; i < policy->param_count; i++) {
        const struct param *param = &policy->params[i];
        struct text text;
        if (!param->env.n || !reached[i] || !variable_get(variables, param->env, &text))
            continue;
        struct buffer fault;
        buffer_init(&fault, LIMIT_MESSAGE_BYTES);
        bool set = param_set_text(param, text, &settings[i], &fault);
        if (!set)
            buffer_printf(error, "variable %.*s: %.*s", TEXT_ARG(param->env), TEXT_ARG(buffer_text(&fault)));
        buffer_release(&fault);
        if (!set)
            return false;
        settings[i].origin = PARAM_ENVIRONMENT;
        settings[i].origin_name = param->env;
    }
    return true;
}

static bool find_param(struct arena *arena, const struct policy *policy, struct text name, size_t *found,
                       struct buffer *error)
{
    struct text *names = ARENA_ARRAY(arena, policy->param_count, struct text);
    for (size_t i = 0; i < policy->param_count; i++) {
        names[i] = policy->params[i].name;
        if (text_eq(name, names[i])) {
            *found = i;
            return true;
        }
    }
    buffer_printf(error, "--param: the policy has no param '%.*s'%.*s", TEXT_ARG(name),
                  TEXT_ARG(suggest_name(arena, name, names, policy->param_count)));
    return false;
}

bool params_from_option(struct arena *arena, const struct policy *policy, struct text option,
                        struct param_setting *settings, struct buffer *error)
{
    size_t equals = 0, param = 0;
    if (!text_find(option, '=', &equals)) {
        buffer_printf(error, "--param %.*s: write NAME=VALUE", TEXT_ARG(option));
        return false;
    }
    if (!find_param(arena, policy, (struct text){option.p, equals}, &param, error))
        return false;
    struct text value = text_from(option, equals + 1);
    if (!param_set_text(&policy->params[param], value, &settings[param], error))
        return false;
    if (value.n) {
        settings[param].origin = PARAM_OPTION;
        settings[param].origin_name = (struct text){0};
    }
    return true;
}
