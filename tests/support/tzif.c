#include "tests/support/tzif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"

struct writer {
    unsigned char *p;
    size_t n;
};

static void add_bytes(struct writer *writer, const void *bytes, size_t n)
{
    if (n)
        memcpy(writer->p + writer->n, bytes, n);
    writer->n += n;
}

// Big-endian, the lowest `width` bytes.
static void add_number(struct writer *writer, int64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--)
        writer->p[writer->n++] = (unsigned char)((uint64_t)value >> (8 * i) & 0xff);
}

static void add_block(struct writer *writer, const struct tzif *file, int width, size_t changes)
{
    unsigned char reserved[15] = {0};
    add_bytes(writer, "TZif", 4);
    add_number(writer, file->version, 1);
    add_bytes(writer, reserved, sizeof reserved);
    add_number(writer, file->universal_count, 4);
    add_number(writer, file->standard_count, 4);
    add_number(writer, file->leap_count, 4);
    add_number(writer, (int64_t)changes, 4);
    add_number(writer, (int64_t)file->kind_count, 4);
    add_number(writer, (int64_t)file->abbreviations.n, 4);
    for (size_t i = 0; i < changes; i++)
        add_number(writer, file->changes[i].at_s, width);
    for (size_t i = 0; i < changes; i++)
        add_number(writer, file->changes[i].kind, 1);
    for (size_t i = 0; i < file->kind_count; i++) {
        add_number(writer, file->kinds[i].offset_s, 4);
        add_number(writer, file->kinds[i].summer, 1);
        add_number(writer, file->kinds[i].abbreviation, 1);
    }
    add_bytes(writer, file->abbreviations.p, file->abbreviations.n);
    for (uint32_t i = 0; i < file->leap_count; i++) {
        add_number(writer, 78796800, width);
        add_number(writer, 1, 4);
    }
    for (uint32_t i = 0; i < file->standard_count + file->universal_count; i++)
        add_number(writer, 0, 1);
}

struct text tzif_encode(struct arena *arena, const struct tzif *file)
{
    size_t footer_n = strlen(file->footer);
    size_t most = 1000 + 2 * (file->change_count * 9 + file->kind_count * 6 + file->abbreviations.n) + footer_n;
    void *memory = arena_alloc(arena, most);
    struct writer writer = {memory, 0};
    bool wide = file->version != 0;
    add_block(&writer, file, 4, wide ? 0 : file->change_count);
    if (wide) {
        add_block(&writer, file, 8, file->change_count);
        add_bytes(&writer, "\n", 1);
        add_bytes(&writer, file->footer, footer_n);
        add_bytes(&writer, "\n", 1);
    }
    return (struct text){memory, writer.n};
}

const struct zone *tzif_zone(struct arena *arena, const char *footer)
{
    struct tzif_kind kind = {0, 0, 0};
    struct tzif file = {.version = '3', .kinds = &kind, .kind_count = 1, .abbreviations = {"LMT", 4}, .footer = footer};
    struct buffer error;
    buffer_init(&error, 1024);
    const struct zone *zone = zone_decode(arena, TEXT("Test/Zone"), tzif_encode(arena, &file), &error);
    if (!zone) {
        fprintf(stderr, "%s: %s\n", footer, error.p);
        abort();
    }
    buffer_release(&error);
    return zone;
}
