// `metrics`: what of CloudWatch expressions may ask.
#include "engine/lang/loader.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"

#define DEFAULT_LAG_S 120
#define DEFAULT_COVERAGE 0.8
#define DEFAULT_PERIOD_S 60  // what checks assume where the period itself is wrong
#define DIMENSIONS_MOST 30   // CloudWatch: PutMetricData
#define DIMENSION_NAME_BYTES 255
#define DIMENSION_VALUE_BYTES 1024
#define HEARTBEAT_NONE (-1)

// ---- statistics -------------------------------------------------------------------------------------------

static const struct text statistics[] = {
    {"Average", 7}, {"Sum", 3}, {"Minimum", 7}, {"Maximum", 7}, {"SampleCount", 11},
};
#define STATISTIC_COUNT (sizeof statistics / sizeof *statistics)

// What people call them elsewhere.
static const struct {
    const char *alias;
    const char *statistic;
} statistic_aliases[] = {
    {"avg", "Average"},       {"mean", "Average"},        {"min", "Minimum"}, {"max", "Maximum"},
    {"count", "SampleCount"}, {"samples", "SampleCount"}, {"median", "p50"},
};

static bool is_percentile(struct text stat)
{
    double percentile;
    struct text digits = text_from(stat, 1);
    if (stat.n < 2 || stat.p[0] != 'p')
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        bool point = digits.p[i] == '.' && i > 0 && i + 1 < digits.n;
        if (!point && (digits.p[i] < '0' || digits.p[i] > '9'))
            return false;
    }
    return text_to_double(digits, &percentile) && percentile > 0 && percentile <= 100;
}

static struct text lowered(struct arena *arena, struct text text)
{
    char *p = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        p[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] + 'a' - 'A') : text.p[i];
    return (struct text){p, text.n};
}

static struct text statistic_hint(struct arena *arena, struct text wrong)
{
    struct text small = lowered(arena, wrong);
    for (size_t i = 0; i < sizeof statistic_aliases / sizeof *statistic_aliases; i++) {
        if (text_is(small, statistic_aliases[i].alias))
            return arena_format(arena, " (did you mean '%s'?)", statistic_aliases[i].statistic);
    }
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        if (text_eq(small, lowered(arena, statistics[i])))
            return arena_format(arena, " (did you mean '%.*s'?)", TEXT_ARG(statistics[i]));
    }
    return diag_suggestion(arena, wrong, statistics, STATISTIC_COUNT);
}

bool set_statistic(const struct reading *reading, const struct tree *value, void *out)
{
    bool known = is_percentile(value->scalar);
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        known |= text_eq(value->scalar, statistics[i]);
    if (known) {
        value_store(reading, out, &value->scalar, sizeof value->scalar);
        return true;
    }
    struct arena *arena = reading->loader->arena;
    value_fault(reading, value, "statistic",
                "must be Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p99 or p99.9; found "
                "%.*s%.*s",
                TEXT_ARG(tree_describe(arena, value)), TEXT_ARG(statistic_hint(arena, value->scalar)));
    return false;
}

// ---- dimensions -------------------------------------------------------------------------------------------

static const struct text placeholders[] = {{"cluster", 7}, {"service", 7}};

static bool is_placeholder(struct text inner)
{
    bool tag = text_starts(inner, TEXT("tag:")) && inner.n > 4 && inner.n - 4 <= 128;
    return tag || text_eq(inner, placeholders[0]) || text_eq(inner, placeholders[1]);
}

// Braces hold {cluster}, {service} or {tag:KEY}, and nothing else.
static void check_template(struct loader *loader, const struct tree *value)
{
    struct text text = value->scalar;
    for (size_t i = 0; i < text.n; i++) {
        size_t close = 0;
        struct text rest = text_from(text, i + 1);
        if (text.p[i] == '}') {
            diag_error(loader->diags, tree_place_at(value, i, 1), "dimension", "a '}' without its '{'");
            return;
        }
        if (text.p[i] != '{')
            continue;
        if (!text_find(rest, '}', &close)) {
            diag_error(loader->diags, tree_place_at(value, i, 1), "dimension", "this '{' is not closed");
            return;
        }
        struct text inner = {rest.p, close};
        if (!is_placeholder(inner)) {
            struct text hint = diag_suggestion(loader->arena, inner, placeholders, 2);
            diag_error(loader->diags, tree_place_at(value, i, close + 2), "dimension",
                       "a dimension may hold {cluster}, {service} and {tag:KEY}; '{%.*s}' is none of them%.*s",
                       TEXT_ARG(inner), TEXT_ARG(hint));
        }
        i += close + 1;
    }
}

static void read_dimension(struct loader *loader, struct text label, const struct tree_entry *entry,
                           struct dimension *dimension)
{
    const struct tree *value = entry->value;
    *dimension = (struct dimension){entry->key, TEXT("")};
    if (entry->key.n > DIMENSION_NAME_BYTES || entry->key.p[0] == ':')
        diag_error(loader->diags, entry->key_place, "dimension",
                   "a dimension's name has at most %d bytes and does not begin with ':'", DIMENSION_NAME_BYTES);
    if (value->faulty)
        return;
    if (value->kind == TREE_MAP && value->count == 1 && tree_is_null(value->entries[0].value)) {
        struct text inner = value->entries[0].key;
        diag_error(loader->diags, value->place, "dimension",
                   "YAML reads braces as a map: quote the dimension '%.*s' as in %.*s: \"{%.*s}\"",
                   TEXT_ARG(entry->key), TEXT_ARG(entry->key), TEXT_ARG(inner));
        return;
    }
    if (value->kind != TREE_SCALAR || tree_is_null(value) || value->scalar.n == 0 ||
        value->scalar.n > DIMENSION_VALUE_BYTES) {
        diag_error(loader->diags, value->place, "dimension",
                   "the dimension '%.*s' of %.*s must be a text of 1 to %d bytes such as \"{service}\"; found %.*s",
                   TEXT_ARG(entry->key), TEXT_ARG(label), DIMENSION_VALUE_BYTES,
                   TEXT_ARG(tree_describe(loader->arena, value)));
        return;
    }
    dimension->value = value->scalar;
    check_template(loader, value);
}

static void read_dimensions(struct loader *loader, const struct tree *map, struct text label, struct metric *metric)
{
    struct dimension *dimensions = ARENA_ARRAY(loader->arena, map->count, struct dimension);
    if (map->count == 0 || map->count > DIMENSIONS_MOST)
        diag_error(loader->diags, map->place, "dimension", "%.*s has %zu dimensions; CloudWatch takes 1 to %d",
                   TEXT_ARG(label), map->count, DIMENSIONS_MOST);
    for (size_t i = 0; i < map->count; i++)
        read_dimension(loader, label, &map->entries[i], &dimensions[i]);
    metric->dimensions = dimensions;
    metric->dimension_count = map->count;
}

// ---- one metric -------------------------------------------------------------------------------------------

static bool period_valid(uint32_t period_s)
{
    static const uint32_t short_periods[] = {1, 5, 10, 20, 30};
    for (size_t i = 0; i < sizeof short_periods / sizeof *short_periods; i++) {
        if (period_s == short_periods[i])
            return true;
    }
    return period_s > 0 && period_s % MINUTE_S == 0;
}

static void check_numbers(struct loader *loader, const struct tree *map, struct subject subject,
                          struct metric_fields *fields)
{
    struct reading reading = {loader, &metric_record, record_field(&metric_record, "period"), subject};
    const struct tree *period = tree_get(map, "period"), *coverage = tree_get(map, "coverage");
    if (fields->period_s && !period_valid(fields->period_s)) {
        value_fault(&reading, period, "period", "must be 1s, 5s, 10s, 20s, 30s or whole minutes; found %.*s",
                    TEXT_ARG(period->scalar));
        fields->period_s = DEFAULT_PERIOD_S;
    }
    reading.field = record_field(&metric_record, "coverage");
    if (coverage && fields->coverage <= 0)
        value_fault(&reading, coverage, "range", "must be above 0 and at most 1; found %.*s",
                    TEXT_ARG(coverage->scalar));
}

static void read_missing(struct loader *loader, const struct tree *missing, const struct metric_fields *fields,
                         struct subject subject, struct metric *metric)
{
    struct missing_fields values = {0};
    struct subject inner = {arena_format(loader->arena, "'missing' of %.*s", TEXT_ARG(subject.label)), missing->place};
    if (fields->as == AS_INSTANT) {
        diag_error(loader->diags, missing->place, "missing",
                   "%.*s is an instant, and no instant stands for a missing one: leave 'missing' out",
                   TEXT_ARG(subject.label));
        return;
    }
    if (!record_read(loader, &missing_record, missing, inner, &values))
        return;
    metric->missing = MISSING_IS;
    metric->missing_is = values.is;
}

static void read_metric(struct loader *loader, const struct tree_entry *entry, struct metric *metric)
{
    struct subject subject = {label_of(loader->arena, "metric", entry->key), entry->key_place};
    struct metric_fields fields = {.lag_s = DEFAULT_LAG_S, .coverage = DEFAULT_COVERAGE};
    *metric = (struct metric){
        .name = entry->key, .period_s = DEFAULT_PERIOD_S, .missing_while = HEARTBEAT_NONE, .place = entry->key_place};
    if (entry->value->faulty)
        return;
    if (entry->value->kind != TREE_MAP) {
        diag_error(loader->diags, entry->value->place, "type",
                   "%.*s must be a map such as {namespace: AWS/ECS, metric: CPUUtilization, stat: Average, "
                   "period: 60s, dimensions: {...}}; found %.*s",
                   TEXT_ARG(subject.label), TEXT_ARG(tree_describe(loader->arena, entry->value)));
        return;
    }
    record_read(loader, &metric_record, entry->value, subject, &fields);
    check_numbers(loader, entry->value, subject, &fields);
    metric->metric_namespace = fields.metric_namespace;
    metric->metric = fields.metric;
    metric->stat = fields.stat;
    metric->lag_s = fields.lag_s;
    metric->coverage = fields.coverage;
    metric->as_instant = fields.as == AS_INSTANT;
    if (fields.period_s)
        metric->period_s = fields.period_s;
    if (fields.dimensions)
        read_dimensions(loader, fields.dimensions, subject.label, metric);
    if (fields.missing)
        read_missing(loader, fields.missing, &fields, subject, metric);
}

// ---- heartbeats -------------------------------------------------------------------------------------------

static void report_no_heartbeat(struct loader *loader, const struct tree *name, const struct metric *metrics,
                                size_t count)
{
    struct text *names = ARENA_ARRAY(loader->arena, count, struct text);
    for (size_t i = 0; i < count; i++)
        names[i] = metrics[i].name;
    diag_error(loader->diags, name->place, "missing",
               "'while' names a metric or is 'none'; there is no metric '%.*s'%.*s", TEXT_ARG(name->scalar),
               TEXT_ARG(diag_suggestion(loader->arena, name->scalar, names, count)));
}

static void resolve_heartbeat(struct loader *loader, const struct tree *name, struct metric *metrics, size_t count,
                              size_t self)
{
    if (text_is(name->scalar, "none"))
        return;
    for (size_t i = 0; i < count; i++) {
        if (!text_eq(metrics[i].name, name->scalar))
            continue;
        if (i == self)
            diag_error(loader->diags, name->place, "missing",
                       "a metric cannot vouch for its own silence: name another in 'while'");
        else if (metrics[i].missing == MISSING_IS)
            diag_error(loader->diags, name->place, "missing",
                       "the heartbeat '%.*s' has a 'missing' of its own, so it can never be silent: name one that has "
                       "none",
                       TEXT_ARG(name->scalar));
        else
            metrics[self].missing_while = (int32_t)i;
        return;
    }
    report_no_heartbeat(loader, name, metrics, count);
}

void load_metrics(struct loader *loader, const struct tree *map)
{
    size_t count = count_within(loader, map, LIMIT_METRICS, "metrics");
    struct metric *metrics = ARENA_ARRAY(loader->arena, count, struct metric);
    for (size_t i = 0; i < count; i++)
        read_metric(loader, &map->entries[i], &metrics[i]);
    for (size_t i = 0; i < count; i++) {
        if (metrics[i].missing == MISSING_IS)
            resolve_heartbeat(loader, tree_get(tree_get(map->entries[i].value, "missing"), "while"), metrics, count, i);
    }
    loader->policy->metrics = metrics;
    loader->policy->metric_count = count;
}
