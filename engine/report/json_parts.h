// What the JSON of several reports has in common.
#ifndef DROWSE_REPORT_JSON_PARTS_H
#define DROWSE_REPORT_JSON_PARTS_H

#include <stdint.h>

#include "drowse/decision.h"
#include "drowse/policy.h"
#include "drowse/text.h"

struct json_writer;

// One member of the object that is open.
void json_member_text(struct json_writer *, const char *key, struct text);
void json_member_string(struct json_writer *, const char *key, const char *);
void json_member_int(struct json_writer *, const char *key, int64_t);
void json_member_number(struct json_writer *, const char *key, double);
void json_member_bool(struct json_writer *, const char *key, bool);
void json_member_null(struct json_writer *, const char *key);
// RFC 3339; not finite: null.
void json_member_instant(struct json_writer *, const char *key, double at_s);
// A count; COUNT_UNKNOWN: null.
void json_member_count(struct json_writer *, const char *key, int64_t);
// "file:line:column".
void json_member_place(struct json_writer *, const char *key, const struct policy *, struct place);
// Why a value is unknown, as a sentence.
void json_member_why(struct json_writer *, const char *key, const struct policy *, struct value);
// "policy": name, digest and file.
void json_member_policy(struct json_writer *, const struct policy *);

#endif
