#include "tests/support/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/load.h"
#include "engine/sys/files.h"

struct overlay {
    struct file_reader disk;
    struct text path, content;
};

static bool overlay_read(void *context, struct arena *arena, struct text path, size_t maximum, struct text *content,
                         struct buffer *error)
{
    struct overlay *overlay = context;
    if (!text_eq(path, overlay->path))
        return overlay->disk.read(overlay->disk.context, arena, path, maximum, content, error);
    *content = overlay->content;
    return true;
}

static bool overlay_zone(void *context, struct arena *arena, struct text name, struct text *content,
                         struct buffer *error)
{
    struct overlay *overlay = context;
    return overlay->disk.read_zone(overlay->disk.context, arena, name, content, error);
}

static const struct policy *load(struct arena *arena, const struct file_reader *reader, struct text path)
{
    struct diags diags;
    struct sources sources = {0};
    diags_init(&diags, arena);
    const struct policy *policy = policy_load(arena, reader, path, &diags, &sources);
    if (!policy) {
        struct buffer out;
        buffer_init(&out, 100000);
        diags_print(&diags, &sources, false, &out);
        print_error("%s", out.p);
        buffer_release(&out);
        fail_msg("%.*s does not load", TEXT_ARG(path));
    }
    return policy;
}

const struct policy *test_policy(struct arena *arena, const char *path)
{
    struct file_reader disk = file_reader_disk();
    return load(arena, &disk, text_of(path));
}

const struct policy *test_policy_text(struct arena *arena, const char *yaml)
{
    struct overlay overlay = {file_reader_disk(), TEXT("test.yaml"), text_of(yaml)};
    struct file_reader reader = {&overlay, overlay_read, overlay_zone};
    return load(arena, &reader, overlay.path);
}

// splitmix64
static uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

bool random_chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}
