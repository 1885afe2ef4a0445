// `windows`: named spans of local time.
#include "engine/lang/loader.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"

#define EVERY_DAY 0x7F
#define DAYS_A_WEEK 7
#define TIME_NONE (-1)
#define REASON_BYTES 256

static const struct text day_names[DAYS_A_WEEK] = {
    {"mon", 3}, {"tue", 3}, {"wed", 3}, {"thu", 3}, {"fri", 3}, {"sat", 3}, {"sun", 3},
};

// ---- days -------------------------------------------------------------------------------------------------

static bool day_of(const struct reading *reading, const struct tree *value, struct text word, int *day)
{
    for (int i = 0; i < DAYS_A_WEEK; i++) {
        if (text_eq(word, day_names[i])) {
            *day = i;
            return true;
        }
    }
    size_t offset = word.n ? (size_t)(word.p - value->scalar.p) : 0;
    struct text start = {word.p, word.n < 3 ? word.n : 3};
    struct text hint = word.n > 3 ? TEXT("") : diag_suggestion(reading->loader->arena, start, day_names, DAYS_A_WEEK);
    for (int i = 0; i < DAYS_A_WEEK && word.n > 3; i++) {
        bool day_spelt = text_eq(start, day_names[i]) && text_ends(word, TEXT("day"));
        if (day_spelt)
            hint = arena_format(reading->loader->arena, " (did you mean '%.*s'?)", TEXT_ARG(start));
    }
    value_fault_at(reading, tree_place_at(value, offset, word.n), "days",
                   "names days as mon, tue, wed, thu, fri, sat and sun, alone or as in mon-fri; found '%.*s'%.*s",
                   TEXT_ARG(word), TEXT_ARG(hint));
    return false;
}

// "mon" or "fri-mon", which wraps.
static bool add_day_range(const struct reading *reading, const struct tree *value, struct text part, uint8_t *days)
{
    size_t dash;
    struct text first = part, last = part;
    int from, to;
    if (text_find(part, '-', &dash)) {
        first = text_trim((struct text){part.p, dash});
        last = text_trim(text_from(part, dash + 1));
    }
    if (!day_of(reading, value, first, &from) || !day_of(reading, value, last, &to))
        return false;
    for (int day = from;; day = (day + 1) % DAYS_A_WEEK) {
        *days = (uint8_t)(*days | 1u << day);
        if (day == to)
            return true;
    }
}

static bool add_days(const struct reading *reading, const struct tree *value, uint8_t *days)
{
    struct text rest = value->scalar;
    if (value->kind != TREE_SCALAR || tree_is_null(value)) {
        value_wrong(reading, value);
        return false;
    }
    for (;;) {
        size_t comma;
        bool more = text_find(rest, ',', &comma);
        struct text part = text_trim((struct text){rest.p, more ? comma : rest.n});
        if (!add_day_range(reading, value, part, days))
            return false;
        if (!more)
            return true;
        rest = text_from(rest, comma + 1);
    }
}

bool set_days(const struct reading *reading, const struct tree *value, void *out)
{
    uint8_t days = 0;
    bool good = true;
    if (value->kind == TREE_SCALAR)
        good = add_days(reading, value, &days);
    for (size_t i = 0; value->kind == TREE_LIST && i < value->count; i++)
        good &= !value->items[i]->faulty && add_days(reading, value->items[i], &days);
    if (good && days == 0) {
        value_wrong(reading, value);
        good = false;
    }
    if (good)
        value_store(reading, out, &days, sizeof days);
    return good;
}

// ---- dates and times --------------------------------------------------------------------------------------

static bool date_of(const struct reading *reading, const struct tree *value, struct text text, int32_t *day)
{
    if (parse_date(text, day))
        return true;
    size_t offset = text.n ? (size_t)(text.p - value->scalar.p) : 0;
    value_fault_at(reading, tree_place_at(value, offset, text.n), "date",
                   "must be a date such as 2026-12-24, or a range such as 2026-12-24..2027-01-02; '%.*s' is no date",
                   TEXT_ARG(text));
    return false;
}

static bool split_dates(struct text text, struct text *first, struct text *last)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] == '.' && text.p[i + 1] == '.') {
            *first = text_trim((struct text){text.p, i});
            *last = text_trim(text_from(text, i + 2));
            return true;
        }
    }
    *first = *last = text;
    return false;
}

bool set_dates(const struct reading *reading, const struct tree *value, void *out)
{
    struct date_range dates = {.present = true};
    struct text first, last;
    bool range = split_dates(value->scalar, &first, &last);
    bool good = date_of(reading, value, first, &dates.first);
    if (range)
        good &= date_of(reading, value, last, &dates.last);
    else
        dates.last = dates.first;
    if (good && dates.last < dates.first) {
        value_fault(reading, value, "date", "ends before it begins");
        good = false;
    }
    if (good)
        value_store(reading, out, &dates, sizeof dates);
    return good;
}

bool set_date_list(const struct reading *reading, const struct tree *value, void *out)
{
    struct loader *loader = reading->loader;
    size_t count = count_within(loader, value, LIMIT_WINDOW_SPANS, "dates");
    int32_t *days = ARENA_ARRAY(loader->arena, count, int32_t);
    bool good = count == value->count;
    for (size_t i = 0; i < count; i++) {
        const struct tree *item = value->items[i];
        if (item->faulty) {
            good = false;
        } else if (item->kind != TREE_SCALAR || !parse_date(item->scalar, &days[i])) {
            value_fault(reading, item, "date", "is a list of dates such as [2026-12-25, 2026-12-26]; found %.*s",
                        TEXT_ARG(tree_describe(loader->arena, item)));
            good = false;
        }
    }
    struct date_list list = {days, count};
    if (good)
        value_store(reading, out, &list, sizeof list);
    return good;
}

bool set_time(const struct reading *reading, const struct tree *value, void *out)
{
    int32_t minutes;
    struct arena *arena = reading->loader->arena;
    if (!parse_time_of_day(value->scalar, &minutes)) {
        value_wrong(reading, value);
        return false;
    }
    if (value->style == STYLE_PLAIN) {
        value_fault(reading, value, "time", "must be quoted, as some read plain %.*s as a number: write \"%.*s\"",
                    TEXT_ARG(value->scalar), TEXT_ARG(value->scalar));
        return false;
    }
    if (minutes > reading->field->max) {
        value_fault(reading, value, "time", "must be before 24:00; midnight is \"00:00\"; found %.*s",
                    TEXT_ARG(tree_describe(arena, value)));
        return false;
    }
    value_store(reading, out, &minutes, sizeof minutes);
    return true;
}

// ---- zones ------------------------------------------------------------------------------------------------

static const struct zone *zone_read(const struct reading *reading, const struct tree *value)
{
    struct loader *loader = reading->loader;
    struct text name = value->scalar, bytes;
    if (!zone_name_valid(name)) {
        value_wrong(reading, value);
        return NULL;
    }
    if (text_is(name, "UTC"))
        return zone_utc();
    struct buffer error;
    buffer_init(&error, REASON_BYTES);
    const struct zone *zone = NULL;
    if (loader->reader->read_zone(loader->reader->context, loader->arena, name, &bytes, &error))
        zone = zone_decode(loader->arena, name, bytes, &error);
    if (!zone)
        value_fault(reading, value, "zone", "must be a time zone such as Europe/London or UTC; '%.*s': %.*s",
                    TEXT_ARG(name), TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return zone;
}

bool set_zone(const struct reading *reading, const struct tree *value, void *out)
{
    struct loader *loader = reading->loader;
    const struct zone *zone = NULL;
    bool known = false;
    for (size_t i = 0; i < loader->zone_count && !known; i++) {
        known = text_eq(loader->zones[i].name, value->scalar);
        zone = known ? loader->zones[i].zone : NULL;
    }
    if (!known) {
        zone = zone_read(reading, value);
        loader->zones = arena_grow(loader->arena, loader->zones, loader->zone_count, &loader->zone_capacity,
                                   loader->zone_count + 1, sizeof *loader->zones);
        loader->zones[loader->zone_count++] = (struct named_zone){value->scalar, zone};
    } else if (!zone) {
        value_fault(reading, value, "zone", "must be a time zone such as Europe/London or UTC; '%.*s' is none",
                    TEXT_ARG(value->scalar));
    }
    if (zone)
        value_store(reading, out, &zone, sizeof(const struct zone *));
    return zone != NULL;
}

// ---- spans ------------------------------------------------------------------------------------------------

static bool check_span_times(struct loader *loader, const struct tree *map, struct subject subject,
                             struct span_fields *fields)
{
    const struct tree *from = tree_get(map, "from"), *to = tree_get(map, "to");
    if (!from != !to) {
        diag_error(loader->diags, (from ? from : to)->place, "span",
                   "%.*s has '%s' without '%s': it needs both, or "
                   "neither for whole days",
                   TEXT_ARG(subject.label), from ? "from" : "to", from ? "to" : "from");
        return false;
    }
    if (!from && !tree_get(map, "days") && !tree_get(map, "dates")) {
        diag_error(loader->diags, subject.place, "span",
                   "%.*s says neither when nor on which days: it needs days, dates, or from and to",
                   TEXT_ARG(subject.label));
        return false;
    }
    if (!from) {
        fields->from_min = 0;
        fields->to_min = DAY_S / MINUTE_S;
    }
    if (from && fields->from_min == fields->to_min && fields->from_min != TIME_NONE) {
        diag_error(loader->diags, to->place, "span",
                   "%.*s ends when it begins: for whole days leave 'from' and 'to' out", TEXT_ARG(subject.label));
        return false;
    }
    return true;
}

static void read_span(struct loader *loader, const struct tree *map, struct subject subject, struct window_span *span)
{
    struct span_fields fields = {.days = EVERY_DAY, .from_min = TIME_NONE, .to_min = TIME_NONE};
    if (map->faulty)
        return;
    if (map->kind != TREE_MAP) {
        diag_error(loader->diags, map->place, "type",
                   "%.*s must be a map such as {days: mon-fri, from: \"08:00\", to: \"18:00\", zone: Europe/London}; "
                   "found %.*s",
                   TEXT_ARG(subject.label), TEXT_ARG(tree_describe(loader->arena, map)));
        return;
    }
    record_read(loader, &span_record, map, subject, &fields);
    check_span_times(loader, map, subject, &fields);
    *span = (struct window_span){
        .days = fields.days,
        .has_dates = fields.dates.present,
        .first_date = fields.dates.first,
        .last_date = fields.dates.last,
        .from_min = fields.from_min,
        .to_min = fields.to_min,
        .except = fields.except.days,
        .except_count = fields.except.count,
        .zone = fields.zone,
    };
}

static void read_window(struct loader *loader, const struct tree_entry *entry, struct window *window)
{
    struct subject subject = {label_of(loader->arena, "window", entry->key), entry->key_place};
    const struct tree *value = entry->value;
    bool list = value->kind == TREE_LIST && !value->faulty;
    size_t count = list ? count_within(loader, value, LIMIT_WINDOW_SPANS, "spans") : 1;
    struct window_span *spans = ARENA_ARRAY(loader->arena, count, struct window_span);
    *window = (struct window){entry->key, spans, count, entry->key_place};
    if (list && count == 0)
        diag_error(loader->diags, value->place, "span", "%.*s has no span", TEXT_ARG(subject.label));
    for (size_t i = 0; i < count; i++) {
        if (list)
            subject.place = value->items[i]->place;
        read_span(loader, list ? value->items[i] : value, subject, &spans[i]);
    }
}

void load_windows(struct loader *loader, const struct tree *map)
{
    size_t count = count_within(loader, map, LIMIT_WINDOWS, "windows");
    struct window *windows = ARENA_ARRAY(loader->arena, count, struct window);
    for (size_t i = 0; i < count; i++)
        read_window(loader, &map->entries[i], &windows[i]);
    loader->policy->windows = windows;
    loader->policy->window_count = count;
}
