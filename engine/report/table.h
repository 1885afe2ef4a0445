// A table of text: columns as wide as their widest cell; the last one is cut at the terminal's edge, or goes on in the
// lines below.
#ifndef DROWSE_REPORT_TABLE_H
#define DROWSE_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/report/style.h"

struct buffer;

#define TABLE_COLUMNS_MOST 8

struct table {
    const char *const *headings;
    size_t columns, rows;
    const void *context;
    void (*cell)(const void *context, size_t row, size_t column, struct buffer *);
    bool (*stands_out)(const void *context, size_t row);
    bool wraps;  // the last column
};

void table_text(struct buffer *, const struct style *, const struct table *);

#endif
