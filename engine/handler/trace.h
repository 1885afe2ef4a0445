// X-Ray: a subsegment for each call to AWS
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html).
#ifndef DROWSE_HANDLER_TRACE_H
#define DROWSE_HANDLER_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/ports.h"
#include "drowse/text.h"

struct buffer;

// "Root=1-...;Parent=...;Sampled=1", taken apart; texts are borrowed from it.
struct trace_header {
    struct text root, parent;
    bool sampled;
};
struct trace_header trace_header_read(struct text);

// The subsegment's document. `seed` and the call's own times make its id, which must differ within the trace.
void trace_segment(struct buffer *, const struct trace_header *, const struct call_report *, uint64_t seed);

#endif
