#include "engine/shell/request.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/params.h"

static void json_cleanup(cJSON **json)
{
    cJSON_Delete(*json);
}

struct request_reading {
    struct arena *arena;
    const struct policy *policy;
    struct request request;
    struct param_setting *settings;
    struct buffer *ignored, *error;
};

static bool wrong_type(struct request_reading *reading, const cJSON *field, const char *expected)
{
    buffer_printf(reading->error, "request: %s must be %s", field->string, expected);
    return false;
}

static bool is_absent(const cJSON *field)
{
    return cJSON_IsNull(field) || (cJSON_IsString(field) && field->valuestring[0] == '\0');
}

static bool read_name(struct request_reading *reading, const cJSON *field, struct text *name)
{
    if (is_absent(field))
        return true;
    if (!cJSON_IsString(field))
        return wrong_type(reading, field, "a text");
    *name = arena_text(reading->arena, text_of(field->valuestring));
    return true;
}

static bool set_number(struct request_reading *reading, const struct param *param, const cJSON *field,
                       struct param_setting *setting)
{
    struct buffer fault;
    buffer_init(&fault, LIMIT_MESSAGE_BYTES);
    bool set = param_set_number(param, field->valuedouble, setting, &fault);
    if (!set)
        buffer_printf(reading->error, "request field %s: %.*s", field->string, TEXT_ARG(buffer_text(&fault)));
    buffer_release(&fault);
    return set;
}

static bool set_param(struct request_reading *reading, const struct param *param, const cJSON *field,
                      struct param_setting *setting)
{
    switch ((enum type)param->type) {
    case TYPE_DURATION:
        if (!cJSON_IsNumber(field))
            return wrong_type(reading, field, "a number");
        return field->valuedouble == 0 || set_number(reading, param, field, setting);
    case TYPE_NUMBER:
        if (!cJSON_IsNumber(field))
            return wrong_type(reading, field, "a number");
        return set_number(reading, param, field, setting);
    case TYPE_BOOLEAN:
        if (!cJSON_IsBool(field))
            return wrong_type(reading, field, "true or false");
        setting->value = (struct value){.truth = cJSON_IsTrue(field), .knowledge = KNOWN};
        return true;
    case TYPE_TEXT:
    case TYPE_INSTANT:
        break;
    }
    if (!cJSON_IsString(field))
        return wrong_type(reading, field, "a text");
    return param_set_text(param, arena_text(reading->arena, text_of(field->valuestring)), setting, reading->error);
}

// Only what the field set comes from the request; an absent one leaves what was there.
static bool read_param(struct request_reading *reading, size_t index, const cJSON *field)
{
    if (is_absent(field))
        return true;
    const struct param *param = &reading->policy->params[index];
    struct param_setting setting = {0};
    if (!set_param(reading, param, field, &setting))
        return false;
    if (setting.value.knowledge != KNOWN)
        return true;
    setting.origin = PARAM_REQUEST;
    setting.origin_name = param->request;
    reading->settings[index] = setting;
    return true;
}

static bool read_field(struct request_reading *reading, const cJSON *field)
{
    struct text name = text_of(field->string);
    if (text_is(name, "cluster_name"))
        return read_name(reading, field, &reading->request.cluster);
    if (text_is(name, "service_name"))
        return read_name(reading, field, &reading->request.service);
    for (size_t i = 0; i < reading->policy->param_count; i++)
        if (reading->policy->params[i].request.n && text_eq(name, reading->policy->params[i].request))
            return read_param(reading, i, field);
    buffer_add(reading->ignored, TEXT("request: unknown field "));
    for (size_t i = 0; i < name.n; i++)
        buffer_add_char(reading->ignored, (unsigned char)name.p[i] < ' ' ? '?' : name.p[i]);
    buffer_add(reading->ignored, TEXT(" is ignored\n"));
    return true;
}

static bool read_fields(struct request_reading *reading, const cJSON *body)
{
    const cJSON *field = NULL;
    cJSON_ArrayForEach(field, body) if (!read_field(reading, field)) return false;
    return true;
}

// cJSON ends a text at a NUL: a name would read as another one, or as none.
static bool holds_nul(struct text body)
{
    return body.n && memmem(body.p, body.n, "\\u0000", sizeof "\\u0000" - 1);
}

bool request_parse(struct arena *arena, const struct policy *policy, struct text body, struct request *request,
                   struct param_setting *settings, struct buffer *ignored, struct buffer *error)
{
    struct request_reading reading = {arena, policy, {{0}, {0}}, settings, ignored, error};
    struct text terminated = arena_text(arena, text_trim(body));
    if (!terminated.n)
        terminated = TEXT("{}");
    if (holds_nul(terminated)) {
        buffer_add(error, TEXT("request: it holds a NUL (\\u0000), which no name and no value has"));
        return false;
    }
    cJSON *json __attribute__((cleanup(json_cleanup))) =
        cJSON_ParseWithLengthOpts(terminated.p, terminated.n + 1, NULL, true);
    if (!cJSON_IsObject(json)) {
        buffer_add(error, json ? TEXT("request: it must be a JSON object") : TEXT("request: it is not JSON"));
        return false;
    }
    if (!read_fields(&reading, json))
        return false;
    *request = reading.request;
    return true;
}
