#include "engine/lang/schema.h"

#include "drowse/limits.h"

#define ROWS(fields) (fields), sizeof(fields) / sizeof *(fields)

const struct field_kind_info field_kinds[FIELD_KIND_COUNT] = {
    [FIELD_TEXT] = {"a text", "production", SHAPE_SCALAR},
    [FIELD_NAME] = {"a name of small letters, digits and '_'", "idle_time", SHAPE_SCALAR},
    [FIELD_HEARTBEAT] = {"the name of another metric, or none,", "heartbeat", SHAPE_SCALAR},
    [FIELD_VARIABLE] = {"the name of an environment variable", "IDLE_THRESHOLD_MINUTES", SHAPE_SCALAR},
    [FIELD_REQUEST] = {"the name of a request's field", "idle_threshold_mins", SHAPE_SCALAR},
    [FIELD_BOOLEAN] = {"true or false", NULL, SHAPE_SCALAR},
    [FIELD_NUMBER] = {"a number", "0.8", SHAPE_SCALAR},
    [FIELD_WHOLE] = {"a whole number", "10", SHAPE_SCALAR},
    [FIELD_DURATION] = {"a duration", "90s", SHAPE_SCALAR},
    [FIELD_SHARE] = {"a count or a percentage", "50%", SHAPE_SCALAR},
    [FIELD_CHOICE] = {"one of a few words", "minutes", SHAPE_SCALAR},
    [FIELD_STATISTIC] = {"a statistic of CloudWatch", "Average", SHAPE_SCALAR},
    [FIELD_DAYS] = {"days of the week", "mon-fri", SHAPE_SCALAR | SHAPE_LIST},
    [FIELD_DATES] = {"a date or a range of dates", "2026-12-24..2027-01-02", SHAPE_SCALAR},
    [FIELD_DATE_LIST] = {"a list of dates", "[2026-12-25, 2026-12-26]", SHAPE_LIST},
    [FIELD_TIME] = {"a quoted time", "\"08:00\"", SHAPE_SCALAR},
    [FIELD_ZONE] = {"a time zone", "Europe/London", SHAPE_SCALAR},
    [FIELD_PARAM_VALUE] = {"a duration, a number, true, false or a quoted text", "15m", SHAPE_SCALAR},
    [FIELD_EXPRESSION] = {"an expression", "desired == 0", SHAPE_SCALAR},
    [FIELD_COUNT] = {"a whole number or an expression", "1", SHAPE_SCALAR},
    [FIELD_MESSAGE] = {"a text", "\"Idle for {idle_time:duration}\"", SHAPE_SCALAR},
    [FIELD_SCHEDULE] = {"a schedule", "rate(5 minutes)", SHAPE_SCALAR},
    [FIELD_FUNCTION] = {"a Lua function", "function(s) ... end", SHAPE_FUNCTION},
    [FIELD_RECORD] = {"a map", "{max_count: 10}", SHAPE_MAP},
    [FIELD_LIST] = {"a list", "[{cluster: fluidity, service: fluidity-server}]", SHAPE_LIST},
    [FIELD_MAP] = {"a map of names", "{lookback: {default: 10m}}", SHAPE_MAP},
    [FIELD_WINDOWS] = {"a map of names", "{office: {days: mon-fri, zone: Europe/London}}", SHAPE_MAP},
    [FIELD_EXPRESSIONS] = {"a map from names to expressions", "{idle_time: since(woken_at)}", SHAPE_MAP},
    [FIELD_TEXTS] = {"a map from names to texts", "{ServiceName: \"{service}\"}", SHAPE_MAP},
    [FIELD_NAMES] = {"a list of names", "[idle, active]", SHAPE_LIST},
    [FIELD_BEHAVIOUR] = {"a list of rules", "[{rule: kill, scale_to: 0, status: killed}]", SHAPE_LIST | SHAPE_MAP},
};

static const struct field target_fields[] = {
    {"cluster", FIELD_TEXT, offsetof(struct target, cluster), .required = true, .max = 255, .example = "fluidity",
     .doc = "The cluster's name, or a quoted glob with '*' and '?'."},
    {"service", FIELD_TEXT, offsetof(struct target, service), .required = true, .max = 255,
     .example = "fluidity-server", .doc = "The service's name, or a quoted glob with '*' and '?'."},
};
const struct record target_record = {"a target", "Services that this policy may touch.", ROWS(target_fields)};

static const char *const units[] = {"seconds", "minutes", "hours", "days", NULL};

static const struct field param_fields[] = {
    {"default", FIELD_PARAM_VALUE, offsetof(struct param_fields, fallback), .required = true, .example = "15m",
     .doc = "The value that holds where nobody gives another. Its kind is the param's type: a duration (15m), a "
            "number, true or false, or a quoted text."},
    {"min", FIELD_PARAM_VALUE, offsetof(struct param_fields, min), .example = "5m",
     .doc = "The least value that is taken; less is refused. Durations and numbers only."},
    {"max", FIELD_PARAM_VALUE, offsetof(struct param_fields, max), .example = "24h",
     .doc = "The largest value that is taken; more is refused. Durations and numbers only."},
    {"unit", FIELD_CHOICE, offsetof(struct param_fields, unit), .choices = units, .fallback = "minutes",
     .example = "minutes",
     .doc = "What a plain number means for a duration when it comes from a request or the environment."},
    {"env", FIELD_VARIABLE, offsetof(struct param_fields, env), .example = "IDLE_THRESHOLD_MINUTES",
     .doc = "The environment variable that may set it."},
    {"request", FIELD_REQUEST, offsetof(struct param_fields, request), .example = "idle_threshold_mins",
     .doc = "The field of a request that may set it."},
};
const struct record param_record = {"a param", "A value that a request, an option or the environment may change.",
                                    ROWS(param_fields)};

static const struct field missing_fields[] = {
    {"is", FIELD_NUMBER, offsetof(struct missing_fields, is), .required = true, .example = "0",
     .doc = "The value that a bucket without a datapoint counts as."},
    {"while", FIELD_HEARTBEAT, offsetof(struct missing_fields, heartbeat), .required = true, .example = "heartbeat",
     .doc = "The metric that must be known over the same span for a missing point to count, so that silence of the "
            "telemetry is not taken for rest; 'none' to do without one."},
};
const struct record missing_record = {"'missing'", "What a bucket without a datapoint stands for.",
                                      ROWS(missing_fields)};

static const char *const metric_forms[] = {"number", "instant", NULL};

static const struct field metric_fields[] = {
    {"namespace", FIELD_TEXT, offsetof(struct metric_fields, metric_namespace), .required = true, .max = 255,
     .example = "AWS/ECS", .doc = "The metric's namespace in CloudWatch."},
    {"metric", FIELD_TEXT, offsetof(struct metric_fields, metric), .required = true, .max = 255,
     .example = "CPUUtilization", .doc = "The metric's name in CloudWatch."},
    {"stat", FIELD_STATISTIC, offsetof(struct metric_fields, stat), .required = true, .example = "Average",
     .doc = "How CloudWatch makes one datapoint of a period: Average, Sum, Minimum, Maximum, SampleCount or a "
            "percentile such as p99."},
    {"period", FIELD_DURATION, offsetof(struct metric_fields, period_s), .required = true, .min = 1, .max = 86400,
     .example = "60s", .doc = "The length of a bucket: 1, 5, 10, 20 or 30 seconds, or whole minutes."},
    {"lag", FIELD_DURATION, offsetof(struct metric_fields, lag_s), .max = 86400, .fallback = "2m", .example = "2m",
     .doc = "How late datapoints may arrive; a bucket is due once it has ended that long ago."},
    {"coverage", FIELD_NUMBER, offsetof(struct metric_fields, coverage), .max = 1, .fallback = "0.8", .example = "0.8",
     .doc = "The share of the due buckets that must have a datapoint for the metric to be known."},
    {"as", FIELD_CHOICE, offsetof(struct metric_fields, as), .choices = metric_forms, .fallback = "number",
     .example = "instant", .doc = "'instant' for a metric whose values are instants in epoch seconds."},
    {"missing", FIELD_RECORD, offsetof(struct metric_fields, missing), .record = &missing_record,
     .example = "{is: 0, while: heartbeat}",
     .doc = "What a bucket without a datapoint stands for, for metrics that say nothing while there is nothing."},
    {"dimensions", FIELD_TEXTS, offsetof(struct metric_fields, dimensions), .required = true,
     .example = "{ClusterName: \"{cluster}\", ServiceName: \"{service}\"}",
     .doc = "The metric's dimensions in CloudWatch; values may hold {cluster}, {service} and {tag:KEY}."},
};
const struct record metric_record = {"a metric", "A metric of CloudWatch that expressions may ask.",
                                     ROWS(metric_fields)};

static const struct field span_fields[] = {
    {"days", FIELD_DAYS, offsetof(struct span_fields, days), .example = "mon-fri",
     .doc = "Days of the week on which it begins: a range (which may wrap, as fri-mon), a list, or both."},
    {"dates", FIELD_DATES, offsetof(struct span_fields, dates), .example = "2026-12-24..2027-01-02",
     .doc = "The date or the dates, first and last included, on which it begins."},
    {"from", FIELD_TIME, offsetof(struct span_fields, from_min), .max = 1439, .example = "\"08:00\"",
     .doc = "The local time at which it begins; without from and to it is whole days."},
    {"to", FIELD_TIME, offsetof(struct span_fields, to_min), .max = 1440, .example = "\"18:00\"",
     .doc = "The local time at which it ends, on the next day where it is before 'from'; \"24:00\" is midnight."},
    {"zone", FIELD_ZONE, offsetof(struct span_fields, zone), .required = true, .example = "Europe/London",
     .doc = "The time zone of its days and times."},
    {"except", FIELD_DATE_LIST, offsetof(struct span_fields, except), .example = "[2026-12-25]",
     .doc = "Dates on which it does not begin."},
};
const struct record span_record = {"a window", "A span of local time that comes again and again.", ROWS(span_fields)};

static const struct field limits_fields[] = {
    {"max_count", FIELD_WHOLE, offsetof(struct limits_fields, max_count), .min = 1, .max = LIMIT_COUNT,
     .fallback = "10", .example = "10", .doc = "The largest desired count that a rule may ask for."},
    {"max_slept", FIELD_SHARE, offsetof(struct limits_fields, max_slept), .example = "50%",
     .doc = "How many services, or which share of the targets, one sleep run may lower; a run that would lower more "
            "is refused whole."},
    {"max_killed", FIELD_SHARE, offsetof(struct limits_fields, max_killed), .example = "5",
     .doc = "The same for a kill run."},
};
const struct record limits_record = {"'limits'", "Bounds on what one rule or one run may do.", ROWS(limits_fields)};

static const struct field rule_fields[] = {
    {"rule", FIELD_NAME, offsetof(struct rule_fields, name), .required = true, .example = "idle",
     .doc = "The rule's name, unique within its behaviour."},
    {"when", FIELD_EXPRESSION, offsetof(struct rule_fields, when), .example = "desired == 0",
     .doc = "The condition; a rule without one always matches."},
    {"scale_to", FIELD_COUNT, offsetof(struct rule_fields, scale_to), .example = "0",
     .doc = "The desired count that follows, from 0 to limits.max_count; a rule without it keeps the count."},
    {"refuse", FIELD_BOOLEAN, offsetof(struct rule_fields, refuse), .fallback = "false",
     .doc = "Turns a request down, with the message as the answer; in wake and kill only, in place of scale_to."},
    {"status", FIELD_NAME, offsetof(struct rule_fields, status), .example = "no_change",
     .fallback = "waking, scaled_down or killed where it scales, else no_change",
     .doc = "What the answer says of the outcome. The contract's are waking, starting and already_running for wake, "
            "scaled_down and no_change for sleep, killed for kill."},
    {"message", FIELD_MESSAGE, offsetof(struct rule_fields, message), .example = "\"Idle for {idle_time:duration}\"",
     .doc = "The sentence for people; {x}, {x:.2f}, {x:seconds}, {x:minutes}, {x:duration} and {x:iso} print "
            "expressions."},
};
const struct record rule_record = {"a rule", "A condition and what follows; the first that matches wins.",
                                   ROWS(rule_fields)};

static const struct field edit_fields[] = {
    {"before", FIELD_NAME, offsetof(struct edit_fields, before), .example = "idle",
     .doc = "Adds rules before the inherited rule of that name; goes with 'add'."},
    {"after", FIELD_NAME, offsetof(struct edit_fields, after), .example = "stopped",
     .doc = "Adds rules after the inherited rule of that name; goes with 'add'."},
    {"add", FIELD_LIST, offsetof(struct edit_fields, add), .record = &rule_record,
     .example = "[{rule: office, when: now in office}]", .doc = "The rules to add."},
    {"replace", FIELD_NAME, offsetof(struct edit_fields, replace), .example = "idle",
     .doc = "Puts another rule in the place of the inherited one; goes with 'with'."},
    {"with", FIELD_RECORD, offsetof(struct edit_fields, with), .record = &rule_record,
     .example = "{rule: idle, when: desired > 0, scale_to: 0}", .doc = "The rule that replaces it."},
    {"remove", FIELD_NAME, offsetof(struct edit_fields, remove), .example = "deploying",
     .doc = "Takes the inherited rule of that name away."},
};
const struct record edit_record = {"an edit", "A change to an inherited list of rules.", ROWS(edit_fields)};

static const struct field script_fields[] = {
    {"rules", FIELD_NAMES, offsetof(struct script_fields, rules), .required = true, .example = "[stopped, idle]",
     .doc = "The names of the rules that the function may return."},
    {"decide", FIELD_FUNCTION, offsetof(struct script_fields, decide), .required = true,
     .doc = "The Lua function that decides."},
};
const struct record script_record = {"a Lua behaviour", "A function in place of a list of rules.", ROWS(script_fields)};

static const struct field schedule_fields[] = {
    {"wake", FIELD_SCHEDULE, offsetof(struct schedule_fields, behaviours[BEHAVIOUR_WAKE]),
     .example = "cron(0 8 ? * MON-FRI *)", .doc = "When wake runs by itself."},
    {"sleep", FIELD_SCHEDULE, offsetof(struct schedule_fields, behaviours[BEHAVIOUR_SLEEP]),
     .example = "rate(5 minutes)", .doc = "When sleep runs."},
    {"kill", FIELD_SCHEDULE, offsetof(struct schedule_fields, behaviours[BEHAVIOUR_KILL]),
     .example = "cron(0 23 * * ? *)", .doc = "When kill runs."},
    {"zone", FIELD_ZONE, offsetof(struct schedule_fields, zone), .fallback = "UTC", .example = "Europe/London",
     .doc = "The time zone of cron schedules."},
    {"stale_after", FIELD_DURATION, offsetof(struct schedule_fields, stale_after_s), .min = 1, .max = 86400,
     .fallback = "5m", .example = "5m", .doc = "A scheduled sleep or kill that arrives later than this is refused."},
};
const struct record schedule_record = {"'schedule'", "When behaviours run by themselves, as EventBridge writes it.",
                                       ROWS(schedule_fields)};

#define AT(member) offsetof(struct policy_fields, member)
static const struct field policy_fields[] = {
    {"policy", FIELD_WHOLE, AT(version), .required = true, .min = 1, .max = 1, .example = "1",
     .doc = "The version of the policy language; each file says it."},
    {"name", FIELD_TEXT, AT(name), .required = true, .max = LIMIT_NAME_BYTES, .example = "production",
     .doc = "The policy's name, for records and reports."},
    {"extends", FIELD_TEXT, AT(extends), .max = 1024, .example = "base.yaml",
     .doc = "Another policy file, relative to this one. Maps merge key by key, lists are replaced."},
    {"targets", FIELD_LIST, AT(targets), .record = &target_record,
     .example = "[{cluster: fluidity, service: fluidity-server}]",
     .doc = "The services that this policy may touch, and no others."},
    {"params", FIELD_MAP, AT(params), .record = &param_record, .example = "{idle_threshold: {default: 15m, min: 5m}}",
     .doc = "The only values that a request, an option or the environment may change."},
    {"metrics", FIELD_MAP, AT(metrics), .record = &metric_record,
     .example = "{cpu: {namespace: AWS/ECS, metric: CPUUtilization, stat: Average, period: 60s, dimensions: {...}}}",
     .doc = "The metrics that expressions may ask."},
    {"windows", FIELD_WINDOWS, AT(windows), .record = &span_record,
     .example = "{office: {days: mon-fri, from: \"08:00\", to: \"18:00\", zone: Europe/London}}",
     .doc = "Named spans of local time; each is one span or a list of them."},
    {"let", FIELD_EXPRESSIONS, AT(lets), .example = "{idle_time: since(max(last_activity over lookback))}",
     .doc = "Named expressions, in any order."},
    {"cold_start", FIELD_DURATION, AT(cold_start_s), .max = 3600, .fallback = "75s", .example = "75s",
     .doc = "What a start takes: the estimate of a wake, and the delay in a replay."},
    {"limits", FIELD_RECORD, AT(limits), .record = &limits_record, .example = "{max_count: 10, max_slept: 50%}",
     .doc = "Bounds on what one rule or one run may do."},
    {"wake", FIELD_BEHAVIOUR, AT(behaviours[BEHAVIOUR_WAKE]), .record = &rule_record,
     .example = "[{rule: start, when: desired == 0, scale_to: 1, status: waking}, ...]",
     .doc = "The rules by which a sleeping service is woken."},
    {"sleep", FIELD_BEHAVIOUR, AT(behaviours[BEHAVIOUR_SLEEP]), .record = &rule_record,
     .example = "[{rule: idle, when: idle, scale_to: 0, status: scaled_down}, ...]",
     .doc = "The rules by which an idle service is put to sleep."},
    {"kill", FIELD_BEHAVIOUR, AT(behaviours[BEHAVIOUR_KILL]), .record = &rule_record,
     .example = "[{rule: kill, scale_to: 0, status: killed}]", .doc = "The rules by which a service is stopped."},
    {"schedule", FIELD_RECORD, AT(schedule), .record = &schedule_record,
     .example = "{sleep: rate(5 minutes), kill: cron(0 23 * * ? *)}", .doc = "When behaviours run by themselves."},
    {"report", FIELD_EXPRESSIONS, AT(report), .example = "{idleDurationSeconds: idle_time}",
     .doc = "Further fields of the answer, each an expression."},
};
const struct record policy_record = {"a policy", "A policy file.", ROWS(policy_fields)};
