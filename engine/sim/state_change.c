// Changes of a state file: made in cJSON's tree, which keeps every field that they do not concern, and written whole.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json_read.h"
#include "engine/base/text.h"
#include "engine/sim/state_parts.h"
#include "engine/sys/files.h"

#define SAFE_DIGITS 15  // whole numbers of up to 15 digits are exact in a double
#define NUMBER_BYTES 400

static bool fail(const struct state_file *file, const char *what, struct buffer *error)
{
    buffer_printf(error, "%.*s: %s", TEXT_ARG(file->path), what);
    return false;
}

static void free_printed(char **printed)
{
    cJSON_free(*printed);
}

// ---- will all of it survive? ------------------------------------------------------------------------------

static bool is_whole(struct text number)
{
    size_t at;
    return !text_find(number, '.', &at) && !text_find(number, 'e', &at) && !text_find(number, 'E', &at);
}

static bool number_survives(const struct json_reader *reader)
{
    double number;
    if (!json_read_double(reader, &number))
        return false;
    if (reader->text.n <= SAFE_DIGITS || !is_whole(reader->text))
        return true;
    char printed[NUMBER_BYTES];
    snprintf(printed, sizeof printed, "%.0f", number);
    return text_is(reader->text, printed);
}

// A NUL within a string would cut it off in cJSON.
static bool text_survives(const struct json_reader *reader)
{
    return reader->text.n == 0 || !memchr(reader->text.p, '\0', reader->text.n);
}

static bool content_survives(const struct state_file *file, struct buffer *error)
{
    struct json_reader reader;
    struct arena scratch;
    arena_init(&scratch);
    json_read_begin(&reader, &scratch, file->content);
    enum json_token token;
    bool survives = true;
    while (survives && (token = json_next(&reader)) != JSON_END && token != JSON_ERROR) {
        if (token == JSON_NUMBER)
            survives = number_survives(&reader);
        else if (token == JSON_STRING || token == JSON_KEY)
            survives = text_survives(&reader);
    }
    if (!survives) {
        uint32_t line, column;
        json_read_place(&reader, &line, &column);
        buffer_printf(error, "%.*s:%u:%u: this value would not survive being written again, so nothing is written",
                      TEXT_ARG(file->path), line, column);
    }
    arena_release(&scratch);
    return survives;
}

// ---- the tree ---------------------------------------------------------------------------------------------

// Builds the tree where it is not there yet.
static bool state_tree(struct state_file *file, struct buffer *error)
{
    if (file->root)
        return true;
    file->root = cJSON_ParseWithLengthOpts(file->content.p, file->content.n, NULL, false);
    const cJSON *services = cJSON_GetObjectItemCaseSensitive(file->root, "services");
    file->items = ARENA_ARRAY(&file->arena, file->recording.state_count, cJSON *);
    size_t count = 0;
    cJSON *item;
    cJSON_ArrayForEach(item, services)
    {
        if (count < file->recording.state_count)
            file->items[count] = item;
        count++;
    }
    if (count == file->recording.state_count)
        return true;
    cJSON_Delete(file->root);
    file->root = NULL;
    return fail(file, "has two members called services", error);
}

// Reads the state again from its object.
static bool read_again(struct state_file *file, size_t state, struct buffer *error)
{
    char *printed __attribute__((cleanup(free_printed))) = cJSON_PrintUnformatted(file->items[state]);
    if (!printed)
        return fail(file, "out of memory", error);
    struct text list = arena_format(&file->arena, "[%s]", printed);
    struct services_read read = {
        .arena = &file->arena, .source = file->path, .tags_denied = file->recording.tags_denied, .tags_asked = true};
    struct json_reader reader;
    json_read_begin(&reader, &file->arena, list);
    if (json_next(&reader) != JSON_ARRAY || !read_services(&reader, &read, error))
        return false;
    file->recording.states[state] = read.states[0];
    return true;
}

static bool write_tree(struct state_file *file, struct buffer *error)
{
    if (!file->checked && !content_survives(file, error))
        return false;
    file->checked = true;
    char *printed __attribute__((cleanup(free_printed))) = cJSON_Print(file->root);
    if (!printed)
        return fail(file, "out of memory", error);
    size_t n = strlen(printed);
    printed[n] = '\n';  // in place of the NUL, which a text does without
    return file_write_atomic(file->path, (struct text){printed, n + 1}, error);
}

static void put_back(struct state_file *file, size_t state, cJSON *former)
{
    cJSON *services = cJSON_GetObjectItemCaseSensitive(file->root, "services");
    cJSON_ReplaceItemViaPointer(services, file->items[state], former);
    file->items[state] = former;
}

bool state_apply(struct state_file *file, size_t state, const struct state_change *change, struct buffer *error)
{
    if (!state_tree(file, error))
        return false;
    cJSON *former = cJSON_Duplicate(file->items[state], true);
    if (!former)
        return fail(file, "out of memory", error);
    if (change->scales)
        service_scale(file->items[state], change->desired, state_now(file));
    service_tag(file->items[state], change->tags, change->tag_count);
    struct service_state before = file->recording.states[state];
    if (!read_again(file, state, error) || !write_tree(file, error)) {
        put_back(file, state, former);
        file->recording.states[state] = before;
        return false;
    }
    cJSON_Delete(former);
    return true;
}

bool state_settle(struct state_file *file, struct buffer *error)
{
    if (!text_contains(file->content, TEXT(CHANGED_AT)))
        return true;
    if (!state_tree(file, error))
        return false;
    for (size_t i = 0; i < file->recording.state_count; i++) {
        struct text name = file->recording.states[i].service;
        bool wrong;
        bool settled = service_settle(file->items[i], name, state_now(file), file->policy->cold_start_s, &wrong);
        if (wrong) {
            buffer_printf(error, "%.*s: %s of service %.*s is no timestamp", TEXT_ARG(file->path), CHANGED_AT,
                          TEXT_ARG(name));
            return false;
        }
        if (settled && !read_again(file, i, error))
            return false;
    }
    return true;
}
