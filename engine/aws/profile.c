#include "engine/aws/profile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/aws/credentials.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/files.h"

#define LISTED_PROFILES 8
#define CONTINUED_LINES 64
#define CONTINUED_BYTES ((size_t)16 * 1024)

// ---- lines ------------------------------------------------------------------------------------------------

struct reader {
    struct arena *arena;
    struct profiles *profiles;
    struct buffer *error;
    struct text path;
    enum profile_place file;  // PROFILE_CONFIG or PROFILE_CREDENTIALS
    uint32_t line;
    bool in_section, kept;  // of the section: was there one, and is it of interest
    enum profile_place place;
    struct text section;
    bool open;      // a setting that deeper lines continue
    bool is_group;  // its value was empty: deeper lines are settings of their own
    size_t indent;  // its
    struct text group;
    size_t continued;  // lines of its value but the first
};

static bool fault(struct reader *reader, const char *what)
{
    buffer_printf(reader->error, "%.*s:%u: %s", TEXT_ARG(reader->path), reader->line, what);
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// "x" and 'x' are x.
static struct text unquote(struct text text)
{
    bool quoted = text.n >= 2 && (text.p[0] == '"' || text.p[0] == '\'') && text.p[text.n - 1] == text.p[0];
    return quoted ? (struct text){text.p + 1, text.n - 2} : text;
}

static struct profile_entry *add_entry(struct reader *reader, struct text group, struct text name, struct text value)
{
    struct profiles *profiles = reader->profiles;
    profiles->entries = arena_grow(reader->arena, profiles->entries, profiles->count, &profiles->capacity,
                                   profiles->count + 1, sizeof *profiles->entries);
    struct profile_entry *entry = &profiles->entries[profiles->count++];
    *entry = (struct profile_entry){reader->place, reader->section, group, name, value, reader->line};
    return entry;
}

// ---- sections ---------------------------------------------------------------------------------------------

// What a section of config is: "default", "profile x", "services x"; others are of no interest here.
static bool config_section(struct reader *reader, struct text inside)
{
    static const struct {
        const char *word;
        enum profile_place place;
    } kinds[] = {{"profile", PROFILE_CONFIG}, {"services", PROFILE_SERVICES}};
    size_t end = 0;
    if (text_is(inside, "default")) {
        reader->place = PROFILE_CONFIG_DEFAULT;
        reader->section = inside;
        return true;
    }
    while (end < inside.n && !is_blank(inside.p[end]))
        end++;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!text_is((struct text){inside.p, end}, kinds[i].word))
            continue;
        reader->place = kinds[i].place;
        reader->section = unquote(text_trim(text_from(inside, end)));
        return reader->section.n > 0;
    }
    return false;
}

static bool read_section(struct reader *reader, struct text line)
{
    size_t end;
    if (!text_find(line, ']', &end))
        return fault(reader, "a section needs a ']' at its end, as in [profile name]");
    struct text behind = text_trim(text_from(line, end + 1));
    if (behind.n && behind.p[0] != '#' && behind.p[0] != ';')
        return fault(reader, "nothing but a comment may stand behind a section's ']'");
    struct text inside = text_trim((struct text){line.p + 1, end - 1});
    if (inside.n == 0)
        return fault(reader, "a section needs a name, as in [profile name]");
    reader->in_section = true;
    reader->open = false;
    if (reader->file == PROFILE_CONFIG) {
        reader->kept = config_section(reader, inside);
    } else {
        reader->kept = true;
        reader->place = PROFILE_CREDENTIALS;
        reader->section = inside;
    }
    if (reader->kept)
        add_entry(reader, (struct text){0}, (struct text){0}, (struct text){0});
    return true;
}

// ---- settings ---------------------------------------------------------------------------------------------

// Up to a comment: a '#' or ';' behind a blank. A command keeps all: AWS's tools do not cut there at all.
static struct text value_of(struct text name, struct text rest)
{
    bool is_command = text_is_any_case(name, "credential_process");
    for (size_t i = 0; !is_command && i + 1 < rest.n; i++) {
        if (is_blank(rest.p[i]) && (rest.p[i + 1] == '#' || rest.p[i + 1] == ';'))
            rest.n = i;
    }
    return text_trim(rest);
}

static bool split_setting(struct reader *reader, struct text line, struct text *name, struct text *value)
{
    size_t equals;
    if (!text_find(line, '=', &equals) || text_trim((struct text){line.p, equals}).n == 0)
        return fault(reader, "neither NAME = VALUE nor a [section]");
    *name = text_trim((struct text){line.p, equals});
    *value = value_of(*name, text_from(line, equals + 1));
    return true;
}

static bool read_setting(struct reader *reader, struct text line, size_t indent)
{
    struct text name, value;
    if (!split_setting(reader, line, &name, &value))
        return false;
    if (!reader->in_section)
        return fault(reader, "a setting before the first [section]");
    reader->open = true;
    reader->is_group = value.n == 0;
    reader->indent = indent;
    reader->continued = 0;
    reader->group = name;
    if (reader->kept)
        add_entry(reader, (struct text){0}, name, value);
    return true;
}

// A line that is indented more deeply than the setting before it.
static bool read_continuation(struct reader *reader, struct text line)
{
    struct text name, value;
    if (!reader->kept)
        return true;
    if (reader->is_group) {
        if (!split_setting(reader, line, &name, &value))
            return false;
        add_entry(reader, reader->group, name, value);
        return true;
    }
    struct profile_entry *entry = &reader->profiles->entries[reader->profiles->count - 1];
    size_t n = entry->value.n;
    // Each line copies those before it: bounded, so that no file makes that long.
    if (++reader->continued > CONTINUED_LINES || n + line.n > CONTINUED_BYTES)
        return fault(reader, "a value of more than 64 lines or 16 KB");
    char *joined = arena_alloc(reader->arena, n + line.n + 2);
    memcpy(joined, entry->value.p, n);
    joined[n] = '\n';
    memcpy(joined + n + 1, line.p, line.n);
    entry->value = (struct text){joined, n + 1 + line.n};
    return true;
}

static bool read_line(struct reader *reader, struct text line)
{
    size_t indent = 0;
    struct text trimmed = text_trim(line);
    if (trimmed.n == 0 || trimmed.p[0] == '#' || trimmed.p[0] == ';')
        return true;
    while (is_blank(line.p[indent]))
        indent++;
    if (reader->open && indent > reader->indent)
        return read_continuation(reader, trimmed);
    if (trimmed.p[0] == '[')
        return read_section(reader, trimmed);
    return read_setting(reader, trimmed, indent);
}

bool profiles_parse(struct arena *arena, struct text path, struct text content, enum profile_place file,
                    struct profiles *profiles, struct buffer *error)
{
    struct reader reader = {.arena = arena, .profiles = profiles, .error = error, .path = path, .file = file};
    size_t bad;
    const char *wrong = text_is_utf8(content, &bad) ? NULL : content.p + bad;
    if (text_starts(content, TEXT("\xEF\xBB\xBF")))
        content = text_from(content, 3);
    while (content.n) {
        struct text line = text_take(&content, '\n');
        reader.line++;
        if (wrong && wrong <= line.p + line.n)
            return fault(&reader, "not UTF-8 text");
        if (!read_line(&reader, line))
            return false;
    }
    return true;
}

// ---- files ------------------------------------------------------------------------------------------------

// The variable's path, with "~/" as HOME, else the default below HOME; empty without a HOME.
static struct text path_of(const struct variables *variables, struct arena *arena, const char *variable,
                           const char *below_home)
{
    struct text home = variable_text(variables, "HOME"), path = variable_text(variables, variable);
    if (path.n && !text_starts(path, TEXT("~/")))
        return path;
    if (home.n == 0)
        return (struct text){0};
    if (path.n)
        return arena_format(arena, "%.*s%.*s", TEXT_ARG(home), TEXT_ARG(text_from(path, 1)));
    return arena_format(arena, "%.*s/%s", TEXT_ARG(home), below_home);
}

static bool read_file(struct arena *arena, struct text path, enum profile_place file, struct profiles *profiles,
                      struct buffer *error)
{
    struct stat status;
    struct text content;
    // Paths end in NUL: variables do, and so do texts of arenas.
    if (path.n == 0 || (stat(path.p, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)))
        return true;
    return file_read(arena, path, PROFILE_FILE_BYTES, &content, error) &&
           profiles_parse(arena, path, content, file, profiles, error);
}

bool profiles_read(const struct variables *variables, struct arena *arena, struct profiles *profiles,
                   struct buffer *error)
{
    *profiles = (struct profiles){
        .config_path = path_of(variables, arena, "AWS_CONFIG_FILE", ".aws/config"),
        .credentials_path = path_of(variables, arena, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    };
    return read_file(arena, profiles->config_path, PROFILE_CONFIG, profiles, error) &&
           read_file(arena, profiles->credentials_path, PROFILE_CREDENTIALS, profiles, error);
}

// ---- look-ups ---------------------------------------------------------------------------------------------

struct text profiles_chosen(const struct variables *variables, bool *named)
{
    struct text name = variable_text(variables, "AWS_PROFILE");
    if (name.n == 0)
        name = variable_text(variables, "AWS_DEFAULT_PROFILE");
    *named = name.n > 0;
    return name.n ? name : TEXT("default");
}

static bool is_profile(const struct profile_entry *entry, struct text profile)
{
    return entry->place != PROFILE_SERVICES && text_eq(entry->section, profile);
}

bool profiles_have(const struct profiles *profiles, struct text profile)
{
    for (size_t i = 0; i < profiles->count; i++)
        if (is_profile(&profiles->entries[i], profile))
            return true;
    return false;
}

// The last of those of the highest place between the two.
static const struct profile_entry *find(const struct profiles *profiles, struct text profile, const char *name,
                                        enum profile_place lowest, enum profile_place highest)
{
    const struct profile_entry *best = NULL;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_entry *entry = &profiles->entries[i];
        if (!is_profile(entry, profile) || entry->group.n || entry->name.n == 0 || !text_is_any_case(entry->name, name))
            continue;
        if (entry->place < lowest || entry->place > highest)
            continue;
        if (!best || entry->place >= best->place)
            best = entry;
    }
    return best;
}

const struct profile_entry *profiles_find(const struct profiles *profiles, struct text profile, const char *name)
{
    return find(profiles, profile, name, PROFILE_CONFIG_DEFAULT, PROFILE_CREDENTIALS);
}

const struct profile_entry *profiles_find_in(const struct profiles *profiles, struct text profile, const char *name,
                                             enum profile_place place)
{
    return find(profiles, profile, name, place, place);
}

struct text profiles_value(const struct profiles *profiles, struct text profile, const char *name)
{
    const struct profile_entry *entry = profiles_find(profiles, profile, name);
    return entry ? entry->value : (struct text){0};
}

// The setting of a group of a services section; the empty text where there is none.
static struct text service_value(const struct profiles *profiles, struct text services, const char *service,
                                 const char *name)
{
    struct text value = {0};
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_entry *entry = &profiles->entries[i];
        if (entry->place == PROFILE_SERVICES && text_eq(entry->section, services) &&
            text_is_any_case(entry->group, service) && text_is_any_case(entry->name, name))
            value = entry->value;
    }
    return value;
}

struct text profiles_path(const struct profiles *profiles, const struct profile_entry *entry)
{
    return entry->place == PROFILE_CREDENTIALS ? profiles->credentials_path : profiles->config_path;
}

// ---- what is missing --------------------------------------------------------------------------------------

static bool is_listed(const struct text *names, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_eq(names[i], name))
            return true;
    return false;
}

void profiles_add_missing(const struct profiles *profiles, struct arena *arena, struct text profile,
                          struct buffer *error)
{
    struct text *names = ARENA_ARRAY(arena, profiles->count, struct text);
    size_t count = 0;
    for (size_t i = 0; i < profiles->count && count < LISTED_PROFILES; i++) {
        const struct profile_entry *entry = &profiles->entries[i];
        if (entry->place != PROFILE_SERVICES && entry->name.n == 0 && !is_listed(names, count, entry->section))
            names[count++] = entry->section;
    }
    struct text none = TEXT("~/.aws (HOME is not set)");
    struct text config = profiles->config_path.n ? profiles->config_path : none;
    struct text keys = profiles->credentials_path.n ? profiles->credentials_path : none;
    buffer_printf(error, "there is no profile %.*s in %.*s or %.*s", TEXT_ARG(profile), TEXT_ARG(config),
                  TEXT_ARG(keys));
    for (size_t i = 0; i < count; i++)
        buffer_printf(error, "%s%.*s", i ? ", " : "; there is ", TEXT_ARG(names[i]));
}

// ---- settings of the chosen profile -----------------------------------------------------------------------

// The profiles in an arena that the caller wipes, and the chosen one's name; empty: there is none, which is fine.
static bool open_chosen(const struct variables *variables, struct arena *scratch, struct profiles *profiles,
                        struct text *profile, struct buffer *error)
{
    bool named;
    struct text chosen = profiles_chosen(variables, &named);
    if (!profiles_read(variables, scratch, profiles, error))
        return false;
    if (profiles_have(profiles, chosen)) {
        *profile = chosen;
        return true;
    }
    if (!named) {
        *profile = (struct text){0};
        return true;
    }
    profiles_add_missing(profiles, scratch, chosen, error);
    buffer_add(error, TEXT(": set AWS_PROFILE to one that is there, or unset it"));
    return false;
}

bool profile_setting(const struct variables *variables, struct arena *arena, const char *name, struct text *value,
                     struct buffer *error)
{
    struct arena scratch = {0};
    struct profiles profiles;
    struct text profile;
    bool good = open_chosen(variables, &scratch, &profiles, &profile, error);
    if (good)
        *value = arena_text(arena, profiles_value(&profiles, profile, name));
    arena_wipe(&scratch);
    return good;
}

bool profile_service_setting(const struct variables *variables, struct arena *arena, const char *service,
                             const char *name, struct text *value, struct buffer *error)
{
    struct arena scratch = {0};
    struct profiles profiles;
    struct text profile;
    bool good = open_chosen(variables, &scratch, &profiles, &profile, error);
    if (good) {
        struct text services = profiles_value(&profiles, profile, "services");
        *value = arena_text(arena, services.n ? service_value(&profiles, services, service, name) : services);
    }
    arena_wipe(&scratch);
    return good;
}
