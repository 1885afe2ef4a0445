// TZif files made in memory, so that tests need no zone files of the machine's.
#ifndef DROWSE_TESTS_TZIF_H
#define DROWSE_TESTS_TZIF_H

#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"

struct arena;
struct zone;

struct tzif_change {
    int64_t at_s;
    uint8_t kind;
};

struct tzif_kind {
    int32_t offset_s;
    uint8_t summer;
    uint8_t abbreviation;  // where it begins in `abbreviations`
};

struct tzif {
    char version;  // 0 (32-bit data, no footer), '2', '3' or '4'
    const struct tzif_change *changes;
    size_t change_count;
    const struct tzif_kind *kinds;
    size_t kind_count;
    struct text abbreviations;                             // with their NULs
    const char *footer;                                    // without its line feeds
    uint32_t leap_count, standard_count, universal_count;  // as many such records are written
};

// The file's bytes, in the arena.
struct text tzif_encode(struct arena *, const struct tzif *);
// A decoded zone that is all footer. Stops the program where it does not decode.
const struct zone *tzif_zone(struct arena *, const char *footer);

#endif
