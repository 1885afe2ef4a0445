// `params`: the only values that a request, an option or the environment may change.
#include "engine/lang/loader.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/message.h"

static const double unit_seconds[] = {
    [UNIT_SECONDS] = 1, [UNIT_MINUTES] = MINUTE_S, [UNIT_HOURS] = HOUR_S, [UNIT_DAYS] = DAY_S};

static struct value of_number(double number)
{
    return (struct value){.number = number, .knowledge = KNOWN};
}

static struct value of_text(struct text text)
{
    return (struct value){.text = text, .knowledge = KNOWN};
}

static bool looks_like_number(struct text text)
{
    double number;
    return text_to_double(text, &number);
}

// The value's kind is the param's type. Lua's texts may be durations.
static bool param_value(const struct reading *reading, const struct tree *value, uint8_t *type, struct value *out)
{
    double number;
    bool plain = value->style == STYLE_PLAIN;
    if (tree_is_untyped(value) && parse_duration(value->scalar, &number)) {
        *type = TYPE_DURATION;
        *out = of_number(number);
    } else if (plain && (text_is(value->scalar, "true") || text_is(value->scalar, "false"))) {
        *type = TYPE_BOOLEAN;
        *out = (struct value){.truth = text_is(value->scalar, "true"), .knowledge = KNOWN};
    } else if (plain && looks_like_number(value->scalar)) {
        *type = TYPE_NUMBER;
        if (!number_read(reading, value, &number))
            return false;
        *out = of_number(number);
    } else if (plain) {
        value_fault(reading, value, "type",
                    "must be a duration such as 15m, a number, true or false, or a quoted text; write \"%.*s\" if it "
                    "is a text",
                    TEXT_ARG(value->scalar));
        return false;
    } else {
        *type = TYPE_TEXT;
        *out = of_text(value->scalar);
    }
    return true;
}

static struct reading param_reading(struct loader *loader, const char *field, struct subject subject)
{
    return (struct reading){loader, &param_record, record_field(&param_record, field), subject};
}

// One bound; the default must have a type already.
static bool read_bound(const struct reading *reading, const struct tree *value, uint8_t type, double *bound)
{
    uint8_t bound_type;
    struct value bound_value;
    if (type == TYPE_BOOLEAN || type == TYPE_TEXT) {
        value_fault(reading, value, "type", "goes with durations and numbers only; the default is a %s",
                    type_name((enum type)type));
        return false;
    }
    if (!param_value(reading, value, &bound_type, &bound_value))
        return false;
    if (bound_type != type) {
        value_fault(reading, value, "type", "must be a %s as the default is; found %.*s", type_name((enum type)type),
                    TEXT_ARG(tree_describe(reading->loader->arena, value)));
        return false;
    }
    *bound = bound_value.number;
    return true;
}

static struct text bound_text(struct loader *loader, const struct param *param, double bound)
{
    return param->type == TYPE_DURATION ? duration_text(loader->arena, bound) : number_text(loader->arena, bound);
}

static void check_order(struct loader *loader, const struct param_fields *fields, const struct param *param)
{
    double value = param->fallback.number;
    if (param->has_min && param->has_max && fields->min && param->min > param->max)
        diag_error(loader->diags, fields->min->place, "range", "'min' of param '%.*s' is above its 'max' of %.*s",
                   TEXT_ARG(param->name), TEXT_ARG(bound_text(loader, param, param->max)));
    else if (param->has_min && value < param->min)
        diag_error(loader->diags, fields->fallback->place, "range",
                   "'default' of param '%.*s' is below its 'min' of %.*s", TEXT_ARG(param->name),
                   TEXT_ARG(bound_text(loader, param, param->min)));
    else if (param->has_max && value > param->max)
        diag_error(loader->diags, fields->fallback->place, "range",
                   "'default' of param '%.*s' is above its 'max' of %.*s", TEXT_ARG(param->name),
                   TEXT_ARG(bound_text(loader, param, param->max)));
}

static void read_typed(struct loader *loader, const struct tree *map, struct subject subject,
                       const struct param_fields *fields, struct param *param)
{
    struct reading reading = param_reading(loader, "default", subject);
    if (!param_value(&reading, fields->fallback, &param->type, &param->fallback))
        return;
    reading = param_reading(loader, "min", subject);
    if (fields->min)
        param->has_min = read_bound(&reading, fields->min, param->type, &param->min);
    reading = param_reading(loader, "max", subject);
    if (fields->max)
        param->has_max = read_bound(&reading, fields->max, param->type, &param->max);
    if (param->type == TYPE_DURATION || param->type == TYPE_NUMBER)
        check_order(loader, fields, param);
    const struct tree *unit = tree_get(map, "unit");
    reading = param_reading(loader, "unit", subject);
    if (unit && param->type != TYPE_DURATION)
        value_fault(&reading, unit, "type", "goes with durations only; the default is a %s",
                    type_name((enum type)param->type));
}

static void read_param(struct loader *loader, const struct tree_entry *entry, size_t index, struct param *param)
{
    struct subject subject = {label_of(loader->arena, "param", entry->key), entry->key_place};
    struct param_fields fields = {.unit = UNIT_MINUTES};
    // Until the default says better: most params are durations.
    *param = (struct param){.name = entry->key, .type = TYPE_DURATION, .place = entry->key_place};
    param->fallback = of_number(0);
    if (entry->value->faulty)
        return;
    if (entry->value->kind != TREE_MAP) {
        diag_error(loader->diags, entry->value->place, "type",
                   "%.*s must be a map such as {default: 15m, min: 5m, max: 24h}; found %.*s", TEXT_ARG(subject.label),
                   TEXT_ARG(tree_describe(loader->arena, entry->value)));
        return;
    }
    record_read(loader, &param_record, entry->value, subject, &fields);
    param->env = fields.env;
    param->request = fields.request;
    param->unit_s = unit_seconds[fields.unit];
    if (fields.fallback)
        read_typed(loader, entry->value, subject, &fields, param);
    if (fields.min)
        loader->param_notes[index].min_place = fields.min->place;
}

// One variable or one request field can set one param.
static void check_sources(struct loader *loader, const struct tree *map, const struct param *params, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool env = params[i].env.n && text_eq(params[i].env, params[j].env);
            bool request = params[i].request.n && text_eq(params[i].request, params[j].request);
            const struct tree *value = map->entries[i].value;
            if (env)
                diag_error(loader->diags, tree_get(value, "env")->place, "clash",
                           "the variable %.*s sets param '%.*s' already", TEXT_ARG(params[i].env),
                           TEXT_ARG(params[j].name));
            if (request)
                diag_error(loader->diags, tree_get(value, "request")->place, "clash",
                           "the request field '%.*s' sets param '%.*s' already", TEXT_ARG(params[i].request),
                           TEXT_ARG(params[j].name));
        }
    }
}

void load_params(struct loader *loader, const struct tree *map)
{
    size_t count = count_within(loader, map, LIMIT_PARAMS, "params");
    struct param *params = ARENA_ARRAY(loader->arena, count, struct param);
    loader->param_notes = ARENA_ARRAY(loader->arena, count, struct param_notes);
    for (size_t i = 0; i < count; i++)
        read_param(loader, &map->entries[i], i, &params[i]);
    check_sources(loader, map, params, count);
    loader->policy->params = params;
    loader->policy->param_count = count;
}
