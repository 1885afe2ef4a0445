// Where a function's lines and traces go.
#ifndef DROWSE_LAMBDAS_OUTPUT_H
#define DROWSE_LAMBDAS_OUTPUT_H

#include "drowse/ports.h"
#include "drowse/text.h"

struct arena;

// One write a line to standard output, as Lambda makes an event of the log out of each. What cannot be written is
// lost: a function does not fail by its log.
struct log output_log(void);

// Subsegments go to the X-Ray daemon, each as one UDP datagram that nobody waits for
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html).
struct trace_sender;
// `address` is AWS_XRAY_DAEMON_ADDRESS: a numeric host, and a port. NULL where it is empty or anything else.
struct trace_sender *trace_sender_new(struct arena *, struct text address);
void trace_sender_free(struct trace_sender *);
void trace_sender_send(void *sender, struct text segment);

#endif
