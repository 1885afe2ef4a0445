// A snapshot as JSON, exact: what it takes to decide again.
#ifndef DROWSE_REPORT_RECORD_SNAPSHOT_H
#define DROWSE_REPORT_RECORD_SNAPSHOT_H

struct json_writer;
struct policy;
struct snapshot;

// {"stage", "now", "trigger", "cluster", "service", "params": {NAME: {"value", "origin", "from"}}}, from the state
// stage on "state", from the metrics stage on "metrics": {NAME: {"status", "from", "points": [[at, value]...]}}.
// Instants are epoch seconds, durations seconds; what is absent or not known is null.
void snapshot_json(struct json_writer *, const struct policy *, const struct snapshot *);

#endif
