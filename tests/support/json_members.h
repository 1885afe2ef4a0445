// For tests: members of JSON objects that may be there or not (expect_json.h: those that must be).
#ifndef DROWSE_TESTS_JSON_MEMBERS_H
#define DROWSE_TESTS_JSON_MEMBERS_H

#include <cjson/cJSON.h>

// `otherwise` where there is none of that name and kind. Texts are borrowed.
const char *member_text(const cJSON *object, const char *name, const char *otherwise);
double member_number(const cJSON *object, const char *name, double otherwise);

#endif
