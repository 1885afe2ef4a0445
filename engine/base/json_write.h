// Writing JSON: a stack of commas, nothing else. Keys and texts are escaped; invalid UTF-8 becomes U+FFFD.
// No line end follows the document.
#ifndef DROWSE_BASE_JSON_WRITE_H
#define DROWSE_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/limits.h"
#include "drowse/text.h"

struct buffer;

// Unbalanced brackets, a key without a value and more than LIMIT_JSON_DEPTH levels are faults of the caller:
// asserted.
struct json_writer {
    struct buffer *out;
    int indent;  // blanks a level; 0: one line
    int depth;
    bool filled[LIMIT_JSON_DEPTH];  // does this level hold something yet?
    bool after_key;
};

void json_begin(struct json_writer *, struct buffer *out, int indent);
void json_open_object(struct json_writer *);
void json_close_object(struct json_writer *);
void json_open_array(struct json_writer *);
void json_close_array(struct json_writer *);
void json_key(struct json_writer *, const char *key);
void json_key_text(struct json_writer *, struct text key);
void json_text(struct json_writer *, struct text);
void json_string(struct json_writer *, const char *nul_terminated);
void json_int(struct json_writer *, int64_t);
void json_number(struct json_writer *, double);  // not finite: null
void json_bool(struct json_writer *, bool);
void json_null(struct json_writer *);
void json_raw(struct json_writer *, struct text already_json);

#endif
