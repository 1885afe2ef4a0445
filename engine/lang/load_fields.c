// A map read by its record: unknown keys, missing ones, values of the wrong shape, and the rest to the setters.
#include "engine/lang/loader.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

#define SENTENCE_BYTES 1024

const struct field *record_field(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->count; i++) {
        if (text_is(text_of(record->fields[i].name), name))
            return &record->fields[i];
    }
    return NULL;
}

static const struct field *field_of(const struct record *record, struct text key)
{
    for (size_t i = 0; i < record->count; i++) {
        if (text_is(key, record->fields[i].name))
            return &record->fields[i];
    }
    return NULL;
}

struct reading reading_of(struct loader *loader, const struct field *field, struct text label, struct place place)
{
    return (struct reading){loader, &policy_record, field, {label, place}};
}

struct text label_of(struct arena *arena, const char *kind, struct text name)
{
    return arena_format(arena, "%s '%.*s'", kind, TEXT_ARG(name));
}

__attribute__((format(printf, 4, 0))) static void report(const struct reading *reading, struct place place,
                                                         const char *code, const char *format, va_list list)
{
    char sentence[SENTENCE_BYTES];
    struct text label = reading->subject.label;
    int n = vsnprintf(sentence, sizeof sentence, format, list);
    struct text part = {sentence, n < 0 ? 0 : (size_t)n};
    if (part.n >= sizeof sentence)
        part.n = sizeof sentence - 1;
    diag_error(reading->loader->diags, place, code, "'%s'%s%.*s %.*s", reading->field->name, label.n ? " of " : "",
               TEXT_ARG(label), TEXT_ARG(part));
}

void value_fault(const struct reading *reading, const struct tree *value, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    report(reading, value->place, code, format, list);
    va_end(list);
}

void value_fault_at(const struct reading *reading, struct place place, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    report(reading, place, code, format, list);
    va_end(list);
}

// "a duration such as 60s".
static struct text wanted(struct loader *loader, const struct field *field)
{
    const char *example = field->example ? field->example : field_kinds[field->kind].example;
    return arena_format(loader->arena, "%s%s%s", field_kinds[field->kind].phrase, example ? " such as " : "",
                        example ? example : "");
}

void value_wrong(const struct reading *reading, const struct tree *value)
{
    struct text due = wanted(reading->loader, reading->field);
    if (tree_is_null(value))
        value_fault(reading, value, "type", "has no value; it must be %.*s", TEXT_ARG(due));
    else
        value_fault(reading, value, "type", "must be %.*s; found %.*s", TEXT_ARG(due),
                    TEXT_ARG(tree_describe(reading->loader->arena, value)));
}

static uint8_t shape_of(const struct tree *value)
{
    static const uint8_t shapes[] = {
        [TREE_SCALAR] = SHAPE_SCALAR,
        [TREE_MAP] = SHAPE_MAP,
        [TREE_LIST] = SHAPE_LIST,
        [TREE_FUNCTION] = SHAPE_FUNCTION,
    };
    return shapes[value->kind];
}

bool shape_check(const struct reading *reading, const struct tree *value)
{
    if (value->faulty)
        return false;
    uint8_t shapes = field_kinds[reading->field->kind].shapes;
    // Lua's empty table may be either.
    bool empty_table = value->kind == TREE_MAP && value->count == 0 && (shapes & SHAPE_LIST) &&
                       text_ends(reading->loader->sources[value->place.source].path, TEXT(".lua"));
    bool fits = (shapes & shape_of(value)) || empty_table;
    if (!fits || tree_is_null(value))
        value_wrong(reading, value);
    return fits && !tree_is_null(value);
}

// ---- keys that no field has -------------------------------------------------------------------------------

static struct text field_names(struct arena *arena, const struct record *record)
{
    struct text names = TEXT("");
    for (size_t i = 0; i < record->count; i++)
        names = arena_format(arena, "%.*s%s%s", TEXT_ARG(names), i ? ", " : "", record->fields[i].name);
    return names;
}

static void report_unknown_key(struct loader *loader, const struct record *record, const struct tree_entry *entry)
{
    struct text *names = ARENA_ARRAY(loader->arena, record->count, struct text);
    for (size_t i = 0; i < record->count; i++)
        names[i] = text_of(record->fields[i].name);
    struct text hint = diag_suggestion(loader->arena, entry->key, names, record->count);
    if (hint.n == 0)
        hint = arena_format(loader->arena, "; its fields are %.*s", TEXT_ARG(field_names(loader->arena, record)));
    diag_error(loader->diags, entry->key_place, "unknown-key", "%s has no field '%.*s'%.*s", record->what,
               TEXT_ARG(entry->key), TEXT_ARG(hint));
}

// A key without a value right behind a plain text on its line: most likely the text went on behind a comma, where
// YAML ended it.
static bool is_remnant(const struct record *record, const struct tree_entry *entry, const struct tree *value)
{
    return !field_of(record, entry->key) && entry->value->kind == TREE_SCALAR && !entry->value->faulty &&
           entry->value->style == STYLE_PLAIN && entry->value->scalar.n == 0 && value->kind == TREE_SCALAR &&
           value->style == STYLE_PLAIN && value->place.line == entry->key_place.line &&
           value->place.source == entry->key_place.source;
}

// Reports a text that YAML cut at commas, made whole again; returns how many keys were parts of it.
static size_t report_remnants(struct loader *loader, const struct record *record, const struct tree *map, size_t first)
{
    if (first == 0 || !field_of(record, map->entries[first - 1].key))
        return 0;
    const struct tree_entry *owner = &map->entries[first - 1];
    struct text whole = owner->value->scalar;
    struct place end = owner->value->place;
    size_t n = 0;
    while (first + n < map->count && is_remnant(record, &map->entries[first + n], owner->value)) {
        const struct tree_entry *part = &map->entries[first + n];
        bool tight = part->key_place.column == end.column + end.width + 1;
        whole = arena_format(loader->arena, "%.*s,%s%.*s", TEXT_ARG(whole), tight ? "" : " ", TEXT_ARG(part->key));
        end = part->key_place;
        n++;
    }
    if (n)
        diag_error(loader->diags, owner->value->place, "cut-text",
                   "YAML ends this text at a comma: quote the whole of it, as in %.*s: \"%.*s\"", TEXT_ARG(owner->key),
                   TEXT_ARG(whole));
    return n;
}

static bool check_keys(struct loader *loader, const struct record *record, const struct tree *map)
{
    bool good = true;
    for (size_t i = 0; i < map->count; i++) {
        if (field_of(record, map->entries[i].key))
            continue;
        good = false;
        size_t remnants = report_remnants(loader, record, map, i);
        if (remnants)
            i += remnants - 1;
        else
            report_unknown_key(loader, record, &map->entries[i]);
    }
    return good;
}

static void check_all_keys(struct loader *loader, const struct field *field, const struct tree *value);

static void check_map_keys(struct loader *loader, const struct record *record, const struct tree *map)
{
    if (map->kind != TREE_MAP || map->faulty)
        return;
    check_keys(loader, record, map);
    for (size_t i = 0; i < map->count; i++) {
        const struct field *field = field_of(record, map->entries[i].key);
        if (field && field->record)
            check_all_keys(loader, field, map->entries[i].value);
    }
}

// Rules, or edits of inherited ones, or a Lua behaviour.
static const struct record *record_of_item(const struct field *field, const struct tree *item)
{
    if (field->kind != FIELD_BEHAVIOUR)
        return field->record;
    if (behaviour_is_script(item))
        return &script_record;
    return behaviour_is_edit(item) ? &edit_record : field->record;
}

static void check_all_keys(struct loader *loader, const struct field *field, const struct tree *value)
{
    bool named = field->kind == FIELD_MAP || field->kind == FIELD_WINDOWS;
    for (size_t i = 0; value->kind == TREE_LIST && i < value->count; i++)
        check_map_keys(loader, record_of_item(field, value->items[i]), value->items[i]);
    if (value->kind == TREE_MAP && !named)
        check_map_keys(loader, record_of_item(field, value), value);
    for (size_t i = 0; named && value->kind == TREE_MAP && i < value->count; i++) {
        const struct tree *item = value->entries[i].value;
        check_map_keys(loader, field->record, item);
        for (size_t k = 0; item->kind == TREE_LIST && k < item->count; k++)
            check_map_keys(loader, field->record, item->items[k]);
    }
}

void record_check_keys(struct loader *loader, const struct record *record, const struct tree *map)
{
    check_map_keys(loader, record, map);
}

static void report_missing(const struct reading *reading)
{
    struct subject subject = reading->subject;
    struct text who = subject.label.n ? subject.label : text_of(reading->record->what);
    diag_error(reading->loader->diags, subject.place, "missing-key", "%.*s needs '%s', %.*s", TEXT_ARG(who),
               reading->field->name, TEXT_ARG(wanted(reading->loader, reading->field)));
}

bool record_read(struct loader *loader, const struct record *record, const struct tree *map, struct subject subject,
                 void *out)
{
    if (map->faulty)
        return false;
    bool good = check_keys(loader, record, map);
    for (size_t i = 0; i < record->count; i++) {
        struct reading reading = {loader, record, &record->fields[i], subject};
        const struct tree *value = tree_get(map, reading.field->name);
        if (value) {
            good &= shape_check(&reading, value) && value_set(&reading, value, out);
        } else if (reading.field->required) {
            report_missing(&reading);
            good = false;
        }
    }
    return good;
}
