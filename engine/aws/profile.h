// The files that AWS's tools share: ~/.aws/config and ~/.aws/credentials
// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
#ifndef DROWSE_AWS_PROFILE_H
#define DROWSE_AWS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/text.h"
#include "engine/base/variables.h"

struct arena;
struct buffer;

#define PROFILE_FILE_BYTES ((size_t)1024 * 1024)

// Ascending by what wins where several name the same setting of a profile.
enum profile_place {
    PROFILE_SERVICES,        // [services x] of config
    PROFILE_CONFIG_DEFAULT,  // [default] of config
    PROFILE_CONFIG,          // [profile x] of config
    PROFILE_CREDENTIALS,     // [x] of credentials
};

struct profile_entry {
    enum profile_place place;
    struct text section;  // the profile's name, or that of the services section
    struct text group;    // "ecs" of a setting below `ecs =`; empty: none
    struct text name;     // empty: the section itself, so that one without settings is known too
    struct text value;    // lines joined by '\n'
    uint32_t line;
};

struct profiles {
    struct text config_path, credentials_path;  // empty: neither named nor in a HOME
    struct profile_entry *entries;
    size_t count, capacity;
};

// Both files; those that are not there are empty. All of it lives in the arena, secrets too: wipe it. False: `error`
// is complete, with file and line, and holds nothing of the file.
bool profiles_read(const struct variables *, struct arena *, struct profiles *, struct buffer *error);
// Adds one file's entries. PROFILE_CONFIG: as config; PROFILE_CREDENTIALS: as credentials.
bool profiles_parse(struct arena *, struct text path, struct text content, enum profile_place, struct profiles *,
                    struct buffer *error);

// AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default" with *named false.
struct text profiles_chosen(const struct variables *, bool *named);
bool profiles_have(const struct profiles *, struct text profile);
// Names in any case. NULL: there is none.
const struct profile_entry *profiles_find(const struct profiles *, struct text profile, const char *name);
const struct profile_entry *profiles_find_in(const struct profiles *, struct text profile, const char *name,
                                             enum profile_place);
// Its value; the empty text where there is none.
struct text profiles_value(const struct profiles *, struct text profile, const char *name);
// Which file an entry is from.
struct text profiles_path(const struct profiles *, const struct profile_entry *);
// "there is no profile x in CONFIG or CREDENTIALS", with what there is.
void profiles_add_missing(const struct profiles *, struct arena *, struct text profile, struct buffer *error);

#endif
