// For tests: JSON and its members, or the test fails.
#ifndef DROWSE_TESTS_EXPECT_JSON_H
#define DROWSE_TESTS_EXPECT_JSON_H

#include <cjson/cJSON.h>

#include "drowse/text.h"

void json_delete(cJSON **);
#define JSON_OWNED __attribute__((cleanup(json_delete)))

cJSON *json_parsed(struct text);  // the caller's
const cJSON *json_item(const cJSON *, const char *name);
const char *json_item_text(const cJSON *, const char *name);
double json_item_number(const cJSON *, const char *name);

#endif
