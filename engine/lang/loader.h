// What the parts of the loader share. One loader makes one policy; every part reports all faults that it finds and
// the next part goes on, so that one run tells everything.
#ifndef DROWSE_LANG_LOADER_H
#define DROWSE_LANG_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/diag.h"
#include "drowse/policy.h"
#include "engine/lang/expression.h"
#include "engine/lang/load.h"
#include "engine/lang/schema.h"
#include "engine/lang/tree.h"

struct named_zone {
    struct text name;
    const struct zone *zone;  // NULL: there is none, which was reported where it was first asked for
};

// What the policy does not keep, but checks of the whole need.
struct param_notes {
    struct place min_place;  // of the value of `min`, where there is one
};

struct loader {
    struct arena *arena;
    struct diags *diags;
    const struct file_reader *reader;
    struct file_cache *cache;  // NULL: none
    struct policy *policy;
    struct compiler compiler;
    struct source *sources;
    size_t source_count, source_capacity;
    struct named_zone *zones;
    size_t zone_count, zone_capacity;
    struct param_notes *param_notes;                // by param
    struct place schedule_places[BEHAVIOUR_COUNT];  // of the expressions
    uint8_t *let_reads_param;                       // by let: 0 not looked at, else 1 + the answer
};

// ---- files and `extends` (load_files.c, merge.c, edits.c) -------------------------------------------------

// Reads the file and all that it extends, and merges them. NULL where there is nothing to walk.
const struct tree *load_files(struct loader *, struct text path);
// A child's tree over its parent's; parent NULL for a file that extends nothing.
const struct tree *merge_policies(struct loader *, const struct tree *parent, const struct tree *child);
// A behaviour of the child over the inherited one (NULL: none): rules, edits or a script in; rules or a script out.
struct tree *merge_behaviour(struct loader *, struct text name, struct tree *inherited, struct tree *own);
bool behaviour_is_script(const struct tree *);
bool behaviour_is_edit(const struct tree *);

// ---- reading records by the field table (load_fields.c, load_values.c) ------------------------------------

// Of whom a message speaks ("metric 'connections'"; empty for the policy itself), and where what it lacks is told.
struct subject {
    struct text label;
    struct place place;
};

// One field of one record under way.
struct reading {
    struct loader *loader;
    const struct record *record;
    const struct field *field;
    struct subject subject;
};

// Fills `out`, the struct of the record, from a map; fields that are absent or wrong are left as they were.
// False after any fault.
bool record_read(struct loader *, const struct record *, const struct tree *map, struct subject, void *out);
// The keys alone, of this map and of all within: what can be said of a file whose parent is not there.
void record_check_keys(struct loader *, const struct record *, const struct tree *map);
// "'period' of metric 'connections' " and the rest, at the value.
void value_fault(const struct reading *, const struct tree *value, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void value_fault_at(const struct reading *, struct place, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// "must be a duration such as 60s; found the number 60".
void value_wrong(const struct reading *, const struct tree *value);
// A reading of one value that stands under no record of its own, such as a `let`.
struct reading reading_of(struct loader *, const struct field *, struct text label, struct place);
const struct field *record_field(const struct record *, const char *name);
// Has the value one of the shapes of the field's kind? Else that is reported; false, too, where it is faulty.
bool shape_check(const struct reading *, const struct tree *value);

// Sets a field of a plain kind; the rows' setters by kind.
bool value_set(const struct reading *, const struct tree *value, void *out);
// Puts a value where the field's row says; `out` is the record's struct.
void value_store(const struct reading *, void *out, const void *value, size_t bytes);
// Is the scalar written as a plain number? *number is it. A fault of its spelling ("010") is reported.
bool number_read(const struct reading *, const struct tree *value, double *number);
bool name_check(const struct reading *, const struct tree *value);
struct text duration_text(struct arena *, double seconds);
struct text number_text(struct arena *, double number);
struct text label_of(struct arena *, const char *kind, struct text name);

// ---- themes -----------------------------------------------------------------------------------------------

void load_params(struct loader *, const struct tree *map);
void load_metrics(struct loader *, const struct tree *map);
void load_windows(struct loader *, const struct tree *map);
void load_lets(struct loader *, const struct tree *map);
void load_behaviours(struct loader *, const struct tree *const behaviours[BEHAVIOUR_COUNT], const struct tree *root);
void load_report(struct loader *, const struct tree *map);
void load_schedule(struct loader *, const struct tree *map, struct subject);
// Lists of rules that can end without a match; once everything is compiled.
void check_endings(struct loader *);

// Values with a grammar of their own: setters of the field table.
bool set_days(const struct reading *, const struct tree *, void *out);
bool set_dates(const struct reading *, const struct tree *, void *out);
bool set_date_list(const struct reading *, const struct tree *, void *out);
bool set_time(const struct reading *, const struct tree *, void *out);
bool set_zone(const struct reading *, const struct tree *, void *out);
bool set_statistic(const struct reading *, const struct tree *, void *out);

// How many entries of a map or a list are taken: all, or the limit after a fault.
size_t count_within(struct loader *, const struct tree *, size_t limit, const char *what);
// Names of params, metrics, windows and lets against one another and against the language's.
void check_names(struct loader *);
// Gives the compiler the names, in one place; expressions may be compiled from here on.
void begin_expressions(struct loader *);
// Hands the nodes over to the policy once everything is compiled.
void end_expressions(struct loader *);

// ---- checks of the whole ----------------------------------------------------------------------------------

// Spans and thresholds below lag and three periods: errors.
void check_bounds(struct loader *);
// Legal and surely wrong: warnings.
void lint_policy(struct loader *);

// The node behind `let` names.
node_index node_resolved(const struct policy *, node_index);
// True or false whatever a snapshot says, and whatever its params are given.
bool always_true(const struct loader *, node_index);
bool never_true(const struct loader *, node_index);
// The value of a node with the params at their defaults; false where it depends on anything else.
bool node_default(const struct loader *, node_index, double *value);

struct text sha256_hex(struct arena *, const struct text *parts, size_t count);

#endif
