// As much of XML as STS answers with: elements, attributes that are skipped, texts with the five entities. No comments,
// no CDATA, no DOCTYPE: those are faults.
#ifndef DROWSE_AWS_XML_H
#define DROWSE_AWS_XML_H

#include <stdbool.h>

#include "drowse/text.h"

struct arena;

// The inside of the first element of that path ("AssumeRoleResponse/AssumeRoleResult/Credentials"); `document` is a
// whole document, or the inside of an element. False: it is not there, or the document is broken before its end.
bool xml_find(struct text document, const char *path, struct text *inside);
// The text of the element at the path, which holds no others, decoded and trimmed. Empty where it is not there.
struct text xml_text(struct arena *, struct text document, const char *path);

#endif
