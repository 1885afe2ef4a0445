// TZif, RFC 8536 and 9636: a header, a block of 32-bit data, and from version 2 on a second header, a block of
// 64-bit data and a footer. Every read is checked against the end of the bytes.
#include "engine/base/zone.h"

#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/zone_parts.h"

#define HEADER_BYTES 44
#define KIND_BYTES 6
#define KINDS_MAX 256                    // a transition names its kind in one byte
#define TABLE_END_S INT64_C(2145916800)  // 2038-01-01, where the tables of "fat" files end
#define TABLE_EXTRA_MAX 300              // 150 years

struct header {
    char version;
    uint32_t universal_count, standard_count, leap_count, transition_count, kind_count, abbreviation_bytes;
};

// The six parts of a data block, as they lie in the file.
struct block {
    const unsigned char *transitions, *transition_kinds, *kinds, *abbreviations;
};

struct decoder {
    struct arena *arena;
    struct buffer *error;
    const unsigned char *p, *end;
};

static bool fail(struct decoder *decoder, const char *reason)
{
    buffer_printf(decoder->error, "not a time zone file: %s", reason);
    return false;
}

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int32_t read_i32(const unsigned char *p)
{
    uint32_t bits = read_u32(p);
    return bits <= INT32_MAX ? (int32_t)bits : (int32_t)((int64_t)bits - (INT64_C(1) << 32));
}

static int64_t read_i64(const unsigned char *p)
{
    return (int64_t)read_i32(p) * (INT64_C(1) << 32) + (int64_t)read_u32(p + 4);
}

static bool take_header(struct decoder *decoder, struct header *header)
{
    const unsigned char *p = decoder->p;
    if (decoder->end - p < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
        return fail(decoder, "it does not begin with a TZif header");
    *header = (struct header){
        .version = (char)p[4],
        .universal_count = read_u32(p + 20),
        .standard_count = read_u32(p + 24),
        .leap_count = read_u32(p + 28),
        .transition_count = read_u32(p + 32),
        .kind_count = read_u32(p + 36),
        .abbreviation_bytes = read_u32(p + 40),
    };
    if (header->version != 0 && (header->version < '2' || header->version > '4'))
        return fail(decoder, "its version is not 1 to 4");
    decoder->p += HEADER_BYTES;
    return true;
}

// Sets the parts' places and moves behind the block. Counts are 32 bits wide, so the sum fits 64.
static bool take_block(struct decoder *decoder, const struct header *header, int time_bytes, struct block *block)
{
    uint64_t width = (uint64_t)time_bytes;
    uint64_t need = header->transition_count * (width + 1) + (uint64_t)header->kind_count * KIND_BYTES +
                    header->abbreviation_bytes + header->leap_count * (width + 4) + header->standard_count +
                    (uint64_t)header->universal_count;
    if (need > (uint64_t)(decoder->end - decoder->p))
        return fail(decoder, "it ends before its data does");
    block->transitions = decoder->p;
    block->transition_kinds = block->transitions + header->transition_count * width;
    block->kinds = block->transition_kinds + header->transition_count;
    block->abbreviations = block->kinds + (uint64_t)header->kind_count * KIND_BYTES;
    decoder->p += need;
    return true;
}

static bool check_counts(struct decoder *decoder, const struct header *header)
{
    if (header->kind_count == 0 || header->kind_count > KINDS_MAX)
        return fail(decoder, "it has no kind of local time, or more than 256");
    if (header->universal_count != 0 && header->universal_count != header->kind_count)
        return fail(decoder, "its UT indicators do not match its kinds of local time");
    if (header->standard_count != 0 && header->standard_count != header->kind_count)
        return fail(decoder, "its standard indicators do not match its kinds of local time");
    if (header->leap_count != 0)
        return fail(decoder, "it counts leap seconds, which Unix clocks do not");
    return true;
}

// An abbreviation is printable ASCII, ended by NUL within its part of the file.
static bool read_abbreviation(struct decoder *decoder, const struct header *header, const struct block *block,
                              size_t at, struct text *abbreviation)
{
    size_t n = 0;
    for (; at + n < header->abbreviation_bytes && block->abbreviations[at + n] != 0; n++) {
        if (block->abbreviations[at + n] < ' ' || block->abbreviations[at + n] > '~')
            return fail(decoder, "an abbreviation is not printable");
    }
    if (at + n >= header->abbreviation_bytes || n > ZONE_ABBREVIATION_BYTES)
        return fail(decoder, "an abbreviation has no end");
    char *copy = arena_alloc(decoder->arena, n + 1);
    memcpy(copy, block->abbreviations + at, n);
    *abbreviation = (struct text){copy, n};
    return true;
}

static bool read_kinds(struct decoder *decoder, const struct header *header, const struct block *block,
                       struct zone *zone)
{
    struct zone_kind *kinds = ARENA_ARRAY(decoder->arena, header->kind_count, struct zone_kind);
    for (uint32_t i = 0; i < header->kind_count; i++) {
        const unsigned char *p = block->kinds + (size_t)i * KIND_BYTES;
        kinds[i].offset_s = read_i32(p);
        if (kinds[i].offset_s < ZONE_OFFSET_MIN_S || kinds[i].offset_s > ZONE_OFFSET_MAX_S)
            return fail(decoder, "an offset is more than 26 hours");
        if (p[4] > 1)
            return fail(decoder, "a kind of local time is neither standard nor summer");
        if (!read_abbreviation(decoder, header, block, p[5], &kinds[i].abbreviation))
            return false;
    }
    zone->kinds = kinds;
    zone->before = kinds[0];
    return true;
}

static bool read_transitions(struct decoder *decoder, const struct header *header, const struct block *block,
                             int time_bytes, struct zone *zone)
{
    size_t count = header->transition_count;
    int64_t *transitions_s = ARENA_ARRAY(decoder->arena, count, int64_t);
    uint16_t *kinds = ARENA_ARRAY(decoder->arena, count, uint16_t);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *p = block->transitions + i * (size_t)time_bytes;
        transitions_s[i] = time_bytes == 8 ? read_i64(p) : read_i32(p);
        kinds[i] = block->transition_kinds[i];
        if (kinds[i] >= header->kind_count)
            return fail(decoder, "a transition leads to no kind of local time");
        if (transitions_s[i] < -ZONE_INSTANT_MAX || transitions_s[i] > ZONE_INSTANT_MAX)
            return fail(decoder, "a transition lies out of all time");
        if (i > 0 && transitions_s[i] <= transitions_s[i - 1])
            return fail(decoder, "its transitions do not rise");
    }
    zone->transitions_s = transitions_s;
    zone->transition_kinds = kinds;
    zone->transition_count = count;
    return true;
}

static bool read_footer(struct decoder *decoder, struct zone *zone)
{
    size_t left = (size_t)(decoder->end - decoder->p);
    if (left < 2 || decoder->p[0] != '\n')
        return fail(decoder, "its footer is missing");
    const unsigned char *first = decoder->p + 1;
    const unsigned char *end = memchr(first, '\n', left - 1);
    if (!end)
        return fail(decoder, "its footer has no end");
    size_t n = (size_t)(end - first);
    char *copy = arena_alloc(decoder->arena, n + 1);
    memcpy(copy, first, n);
    if (!zone_footer_parse(decoder->arena, (struct text){copy, n}, &zone->footer))
        return fail(decoder, "its footer is not a POSIX TZ rule");
    return true;
}

// Newer files are "slim": their tables end where the footer can tell the rest. A look into the table is ten times
// faster than reckoning by the footer, so a slim table is continued to where those of "fat" files end.
static void continue_table(struct decoder *decoder, size_t kind_count, struct zone *zone)
{
    const struct zone_footer *footer = &zone->footer;
    size_t count = zone->transition_count, most = count + TABLE_EXTRA_MAX;
    if (count == 0 || !footer->changes || zone->transitions_s[count - 1] >= TABLE_END_S)
        return;
    struct zone_kind *kinds = ARENA_ARRAY(decoder->arena, kind_count + 2, struct zone_kind);
    int64_t *transitions_s = ARENA_ARRAY(decoder->arena, most, int64_t);
    uint16_t *transition_kinds = ARENA_ARRAY(decoder->arena, most, uint16_t);
    memcpy(kinds, zone->kinds, kind_count * sizeof *kinds);
    memcpy(transitions_s, zone->transitions_s, count * sizeof *transitions_s);
    memcpy(transition_kinds, zone->transition_kinds, count * sizeof *transition_kinds);
    kinds[kind_count] = footer->standard;
    kinds[kind_count + 1] = footer->summer;
    int64_t from_s = transitions_s[count - 1];
    for (count--; count < most && from_s < TABLE_END_S; count++) {
        struct zone_period period = zone_footer_period(footer, from_s);
        bool summer = period.abbreviation.p == footer->summer.abbreviation.p;
        transitions_s[count] = from_s;
        transition_kinds[count] = (uint16_t)(kind_count + summer);
        from_s = period.until_s;
    }
    zone->kinds = kinds;
    zone->transitions_s = transitions_s;
    zone->transition_kinds = transition_kinds;
    zone->transition_count = count;
}

static bool decode(struct decoder *decoder, struct zone *zone)
{
    struct header header;
    struct block block;
    int time_bytes = 4;
    if (!take_header(decoder, &header) || !take_block(decoder, &header, time_bytes, &block))
        return false;
    bool wide = header.version != 0;
    if (wide) {
        time_bytes = 8;
        if (!take_header(decoder, &header) || !take_block(decoder, &header, time_bytes, &block))
            return false;
    }
    if (!check_counts(decoder, &header) || !read_kinds(decoder, &header, &block, zone) ||
        !read_transitions(decoder, &header, &block, time_bytes, zone) || (wide && !read_footer(decoder, zone)))
        return false;
    continue_table(decoder, header.kind_count, zone);
    return true;
}

const struct zone *zone_decode(struct arena *arena, struct text name, struct text bytes, struct buffer *error)
{
    // The bytes of a text are chars; the numbers in them are read from unsigned ones.
    const void *first = bytes.n ? bytes.p : "";
    struct decoder decoder = {arena, error, first, (const unsigned char *)first + bytes.n};
    if (bytes.n > LIMIT_ZONE_BYTES) {
        buffer_printf(error, "not a time zone file: it is larger than %d bytes", LIMIT_ZONE_BYTES);
        return NULL;
    }
    struct zone *zone = ARENA_NEW(arena, struct zone);
    if (!decode(&decoder, zone))
        return NULL;
    zone->name = arena_text(arena, name);
    return zone;
}
