#include "tests/support/states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double clock_now(void *context)
{
    return ((struct states *)context)->clock_s;
}

void states_begin(struct states *states)
{
    *states = (struct states){
        .clock_s = STATES_NOW, .clock = {.context = states, .now_s = clock_now}, .policy = {.cold_start_s = 75}};
    buffer_init(&states->error, 4096);
    snprintf(states->folder, sizeof states->folder, "/tmp/drowse-state-XXXXXX");
    assert_non_null(mkdtemp(states->folder));
    snprintf(states->path, sizeof states->path, "%s/state.json", states->folder);
}

void states_end(struct states *states)
{
    unlink(states->path);
    rmdir(states->folder);
    buffer_release(&states->error);
    arena_release(&states->arena);
}

void states_write(const struct states *states, const char *content)
{
    FILE *file = fopen(states->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
    assert_int_equal(fclose(file), 0);
}

char *states_read(const struct states *states)
{
    static char content[1 << 16];
    FILE *file = fopen(states->path, "rb");
    assert_non_null(file);
    size_t n = fread(content, 1, sizeof content - 1, file);
    content[n] = '\0';
    fclose(file);
    return content;
}

struct state_file *states_open(struct states *states)
{
    buffer_clear(&states->error);
    struct state_file *file = state_file_open(text_of(states->path), &states->policy, &states->clock, &states->error);
    if (!file)
        fail_msg("%.*s", TEXT_ARG(buffer_text(&states->error)));
    return file;
}

struct service_state states_describe(struct states *states, struct state_file *file, const char *cluster,
                                     const char *service)
{
    struct cloud cloud = state_file_cloud(file);
    struct service_name name = {text_of(cluster), text_of(service), false};
    struct described described;
    cloud.describe(cloud.context, &states->arena, &name, 1, &described);
    assert_int_equal(described.result.status, PORT_OK);
    return described.state;
}

void states_expect_counts(struct states *states, struct state_file *file, int64_t desired, int64_t running,
                          int64_t pending)
{
    struct service_state state = states_describe(states, file, "c", "s");
    if (state.desired != desired || state.running != running || state.pending != pending)
        fail_msg("desired %lld, running %lld, pending %lld; wanted %lld, %lld, %lld", (long long)state.desired,
                 (long long)state.running, (long long)state.pending, (long long)desired, (long long)running,
                 (long long)pending);
}

static enum port_status keep_error(struct states *states, const struct port_result *result)
{
    buffer_clear(&states->error);
    buffer_add(&states->error, result->error);
    return result->status;
}

enum port_status states_scale(struct states *states, struct state_file *file, const char *service, int64_t desired)
{
    struct cloud cloud = state_file_cloud(file);
    struct desired_change change = {{TEXT("c"), text_of(service), false}, desired, 0};
    struct port_result result;
    cloud.set_desired(cloud.context, &states->arena, &change, 1, &result);
    return keep_error(states, &result);
}

enum port_status states_tag(struct states *states, struct state_file *file, const char *key, const char *value)
{
    struct cloud cloud = state_file_cloud(file);
    struct service_state service = {.cluster = TEXT("c"), .service = TEXT("s")};
    struct tag one = {text_of(key), text_of(value)};
    struct tag_change change = {&service, &one, 1};
    struct port_result result;
    cloud.set_tags(cloud.context, &states->arena, &change, 1, &result);
    return keep_error(states, &result);
}

void states_expect(const struct states *states, const char *part)
{
    const char *content = states_read(states);
    if (!strstr(content, part))
        fail_msg("lacks %s\nin %s", part, content);
}
