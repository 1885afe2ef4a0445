// Any bytes as the files that AWS's tools share, as a command of such a file, and as an answer of STS: no crash, a fault
// has its place and shows nothing of the file, and what was read and written anew reads the same.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/aws/credentials_parts.h"
#include "engine/aws/profile.h"
#include "engine/aws/xml.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define WRITTEN_BYTES ((size_t)1 << 24)

static void demand(bool holds, const char *what, struct text input)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %.*s\n", what, TEXT_ARG(input));
    abort();
}

// ---- files ----------------------------------------------------------------------------------------------------

static void write_section(const struct profile_entry *entry, struct buffer *out)
{
    switch (entry->place) {
    case PROFILE_SERVICES:
        buffer_printf(out, "[services \"%.*s\"]\n", TEXT_ARG(entry->section));
        break;
    case PROFILE_CONFIG_DEFAULT:
        buffer_add(out, TEXT("[default]\n"));
        break;
    case PROFILE_CONFIG:
        buffer_printf(out, "[profile \"%.*s\"]\n", TEXT_ARG(entry->section));
        break;
    case PROFILE_CREDENTIALS:
        buffer_printf(out, "[%.*s]\n", TEXT_ARG(entry->section));
        break;
    }
}

// Settings of a group and further lines of a value are indented.
static void write_setting(const struct profile_entry *entry, struct buffer *out)
{
    buffer_printf(out, "%s%.*s=", entry->group.n ? " " : "", TEXT_ARG(entry->name));
    for (size_t i = 0; i < entry->value.n; i++) {
        buffer_add_char(out, entry->value.p[i]);
        if (entry->value.p[i] == '\n')
            buffer_add_char(out, ' ');
    }
    buffer_add_char(out, '\n');
}

static void write_entries(const struct profiles *profiles, struct buffer *out)
{
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_entry *entry = &profiles->entries[i];
        if (entry->name.n)
            write_setting(entry, out);
        else
            write_section(entry, out);
    }
}

static void check_entries(const struct profiles *profiles, struct text input)
{
    uint32_t line = 0;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_entry *entry = &profiles->entries[i];
        demand(entry->line > line && entry->line <= input.n + 1, "lines that do not ascend", input);
        demand(entry->section.n > 0, "an entry of no section", input);
        demand(entry->place == PROFILE_SERVICES || profiles_have(profiles, entry->section), "a lost profile", input);
        line = entry->line;
    }
}

// A fault has a place, and no word of the input behind it: its texts are ours.
static void check_fault(const struct buffer *error, struct text input)
{
    size_t colon;
    struct text behind = text_from(buffer_text(error), 2);
    demand(text_starts(buffer_text(error), TEXT("F:")), "a fault without its file", input);
    demand(text_find(behind, ':', &colon) && colon > 0, "a fault without its line", input);
    for (size_t i = 0; i < error->n; i++)
        demand(error->p[i] >= ' ' && error->p[i] <= '~', "a fault that shows the file", input);
}

static void check_file(struct text input, enum profile_place file)
{
    struct arena arena = {0};
    struct profiles profiles = {0}, again = {0};
    struct buffer error, first, second;
    buffer_init(&error, 500);
    buffer_init(&first, WRITTEN_BYTES);
    buffer_init(&second, WRITTEN_BYTES);
    if (profiles_parse(&arena, TEXT("F"), input, file, &profiles, &error)) {
        check_entries(&profiles, input);
        write_entries(&profiles, &first);
        demand(profiles_parse(&arena, TEXT("F"), buffer_text(&first), file, &again, &error),
               "written anew it is refused", buffer_text(&first));
        write_entries(&again, &second);
        demand(text_eq(buffer_text(&first), buffer_text(&second)), "written anew it is another", buffer_text(&first));
    } else {
        check_fault(&error, input);
    }
    buffer_release(&error);
    buffer_release(&first);
    buffer_release(&second);
    arena_wipe(&arena);
}

// ---- commands and answers -------------------------------------------------------------------------------------

static void check_words(struct text input)
{
    struct arena arena = {0};
    char **words;
    size_t count, bytes = 0;
    if (process_words(&arena, input, &words, &count)) {
        for (size_t i = 0; i < count; i++)
            bytes += strlen(words[i]) + 1;
        demand(bytes <= input.n + 1 && words[count] == NULL, "words that are longer than their command", input);
    }
    arena_release(&arena);
}

static void check_answer(struct text input)
{
    struct arena arena = {0};
    struct text inside;
    const char *path = "AssumeRoleResponse/AssumeRoleResult/Credentials";
    if (xml_find(input, path, &inside)) {
        demand(inside.n == 0 || (inside.p >= input.p && inside.p + inside.n <= input.p + input.n), "out of bounds",
               input);
        demand(xml_text(&arena, inside, "AccessKeyId").n <= inside.n, "a text that grew", input);
    }
    demand(xml_text(&arena, input, "ErrorResponse/Error/Code").n <= input.n, "a text that grew", input);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text input = {(const char *)bytes, n};
    check_file(input, PROFILE_CONFIG);
    check_file(input, PROFILE_CREDENTIALS);
    check_words(input);
    check_answer(input);
    return 0;
}
