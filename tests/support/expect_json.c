#include "tests/support/expect_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void json_delete(cJSON **json)
{
    cJSON_Delete(*json);
}

cJSON *json_parsed(struct text text)
{
    cJSON *json = cJSON_ParseWithLength(text.p, text.n);
    if (!json)
        fail_msg("no JSON: %.*s", TEXT_ARG(text));
    return json;
}

const cJSON *json_item(const cJSON *json, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(json, name);
    if (!found)
        fail_msg("no member %s", name);
    return found;
}

const char *json_item_text(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(json_item(json, name));
    if (!text)
        fail_msg("%s is no text", name);
    return text;
}

double json_item_number(const cJSON *json, const char *name)
{
    const cJSON *number = json_item(json, name);
    if (!cJSON_IsNumber(number))
        fail_msg("%s is no number", name);
    return number->valuedouble;
}
