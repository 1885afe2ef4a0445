// Base64 of RFC 4648 section 4, as API Gateway and Function URLs encode bodies.
#ifndef DROWSE_HANDLER_BASE64_H
#define DROWSE_HANDLER_BASE64_H

#include <stdbool.h>

#include "drowse/text.h"

struct arena;

// The whole text, padded, without blanks or line ends, and without bits behind the last byte. False: it is none.
bool base64_decode(struct arena *, struct text encoded, struct text *decoded);

#endif
