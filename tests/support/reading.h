// For tests: a recording that is read from texts, errors and all.
#ifndef DROWSE_TESTS_READING_H
#define DROWSE_TESTS_READING_H

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/recording/recording.h"

struct reading {
    struct arena arena;
    struct recording recording;
    struct buffer error;
};

void reading_begin(struct reading *);
void reading_end(struct reading *);
// Forgets what was read.
void reading_again(struct reading *);
// Reads a text as the file called "file".
bool reading_read(struct reading *, const char *content, const char *metric, const char *stat);
// Or the test fails.
void reading_must(struct reading *, const char *content, const char *metric, const char *stat);
// Buckets the first series: "0=1 60=2", and its line of notes.
void reading_buckets(struct reading *, uint32_t period_s, const char *stat, struct buffer *buckets,
                     struct buffer *line);

#endif
