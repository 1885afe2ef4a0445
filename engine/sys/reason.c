#include "engine/sys/reason.h"

#include <string.h>

#include "engine/base/text.h"

#define REASON_BYTES 256

void reason_add(struct buffer *error, int number)
{
    char text[REASON_BYTES];
    const char *reason = strerror_r(number, text, sizeof text);
    struct text words = text_of(reason);
    if (words.n && words.p[0] >= 'A' && words.p[0] <= 'Z') {
        buffer_add_char(error, (char)(words.p[0] - 'A' + 'a'));
        words = text_from(words, 1);
    }
    buffer_add(error, words);
}
