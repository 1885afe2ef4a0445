// The JSON reader against cJSON, document by document.
#ifndef DROWSE_TESTS_JSON_ORACLE_H
#define DROWSE_TESTS_JSON_ORACLE_H

#include "drowse/text.h"

struct buffer;

enum json_agreement {
    JSON_BOTH_TAKE,  // and find the same shape, texts and numbers, to the last bit
    JSON_BOTH_REFUSE,
    JSON_ONLY_THEIRS,  // cJSON is laxer, in a way that is on the list; `why` names it
    JSON_ONLY_OURS,    // cJSON has a bound that is on the list; `why` names it
    JSON_DISAGREE,     // anything else; `why` says what
};

// What cJSON takes and we refuse: control characters within strings and between tokens, wrong UTF-8, numbers
// that are not RFC 8259's (01, 1., -.5), "\u" without four hexadecimal digits (it reads NUL), and more than
// LIMIT_JSON_DEPTH levels. What we take and it refuses: numbers of more than 63 characters (some
// versions of it), and a byte order mark before less than two bytes.
enum json_agreement json_compare(struct text document, struct buffer *why);

#endif
