// What the system says of an error.
#ifndef DROWSE_SYS_REASON_H
#define DROWSE_SYS_REASON_H

struct buffer;

// The words for an errno, in small letters, as they stand within a sentence: "no such file or directory".
void reason_add(struct buffer *, int number);

#endif
