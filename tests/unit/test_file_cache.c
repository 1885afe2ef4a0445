// Loads that share a cache of files say what loads on their own say, and read less.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/load.h"
#include "tests/support/memory_files.h"

#define TEXT_BYTES (256 * 1024)
#define IDLE "idle: {default: 15m, min: 1m}"

struct counting {
    struct file_reader memory;
    size_t reads;
};

static bool read_counted(void *context, struct arena *arena, struct text path, size_t maximum, struct text *content,
                         struct buffer *error)
{
    struct counting *counting = context;
    counting->reads++;
    return counting->memory.read(counting->memory.context, arena, path, maximum, content, error);
}

// The file's faults and, where it is sound, its policy.
static void load_into(struct buffer *out, struct counting *counting, struct file_cache *cache, const char *path)
{
    struct arena arena = {0};
    struct diags diags;
    struct sources sources = {0};
    const struct file_reader reader = {counting, read_counted, counting->memory.read_zone};
    diags_init(&diags, &arena);
    const struct policy *policy = policy_load_shared(&arena, &reader, cache, text_of(path), &diags, &sources);
    buffer_printf(out, "---- %s\n", path);
    diags_print(&diags, &sources, false, out);
    if (policy) {
        policy_digest(policy, out);
        buffer_add_char(out, '\n');
        policy_dump(policy, out);
    }
    arena_release(&arena);
}

static size_t occurrences(const struct buffer *buffer, struct text part)
{
    size_t found = 0;
    for (struct text rest = buffer_text(buffer); rest.n; rest = text_from(rest, 1))
        found += text_starts(rest, part);
    return found;
}

// All files in turn, twice over. Returns how often one was read.
static size_t load_all(struct buffer *out, const struct memory_file files[MEMORY_FILES], struct file_cache *cache)
{
    struct counting counting = {.memory = memory_reader(files)};
    buffer_init(out, TEXT_BYTES);
    for (size_t i = 0; i < 2 * MEMORY_FILES; i++) {
        if (files[i % MEMORY_FILES].path)
            load_into(out, &counting, cache, files[i % MEMORY_FILES].path);
    }
    return counting.reads;
}

static const struct {
    const char *name;
    struct memory_file files[MEMORY_FILES];
    size_t reads_alone, reads_shared;
    size_t policies;  // of all loads together, that are without a fault
} cases[] = {
    // Alone 3 + 2 + 1, twice; with the cache each file as the one asked for, b and c second in a chain, c third.
    {"a chain of sound files",
     {{"a.yaml", "policy: 1\nextends: b.yaml\nname: a\nparams: {idle: {default: 20m}}\n"},
      {"b.yaml", "policy: 1\nextends: c.yaml\nparams: {idle: {max: 1h}}\nsleep: {before: busy, add: "
                 "[{rule: first, when: desired == 0, scale_to: 0}]}\n"},
      {"c.yaml", "policy: 1\nname: c\nparams: {" IDLE "}\nsleep:\n  - {rule: busy, when: desired > 1, status: kept}\n"
                 "  - {rule: idle, status: no_change}\n"}},
     12,
     9,
     6},
    {"a fault of the base that compiling finds",
     {{"a.yaml", "policy: 1\nextends: c.yaml\nname: a\n"},
      {"b.yaml", "policy: 1\nextends: a.yaml\nname: b\n"},
      {"c.yaml", "policy: 1\nname: c\nlet: {x: nonsense + 1}\n"}},
     12,
     9,
     0},
    // Such a file is no part of the cache: each load tries it there and then reads it for itself.
    {"a fault of the base that reading finds",
     {{"a.yaml", "policy: 1\nextends: c.yaml\nname: a\n"}, {"c.yaml", "policy: 1\nname: c\nname: d\n"}},
     6,
     8,
     0},
    {"a base without a version",
     {{"a.yaml", "policy: 1\nextends: c.yaml\nname: a\n"},
      {"b.yaml", "policy: 1\nextends: c.yaml\nname: b\n"},
      {"c.yaml", "name: c\n"}},
     10,
     7,
     0},
    {"a base with a wrong version",
     {{"a.yaml", "policy: 1\nextends: c.yaml\nname: a\n"},
      {"b.yaml", "policy: 1\nextends: c.yaml\nname: b\n"},
      {"c.yaml", "policy: one\nname: c\n"}},
     10,
     7,
     0},
    {"a base that is not there", {{"a.yaml", "policy: 1\nextends: none.yaml\nname: a\n"}}, 4, 6, 0},
    {"a circle",
     {{"a.yaml", "policy: 1\nextends: b.yaml\nname: a\n"}, {"b.yaml", "policy: 1\nextends: a.yaml\n"}},
     8,
     6,
     0},
    {"a base in Lua",
     {{"a.yaml", "policy: 1\nextends: c.lua\nname: a\n"},
      {"b.yaml", "policy: 1\nextends: c.lua\nname: b\n"},
      {"c.lua", "return {policy = 1, name = 'c', params = {idle = {default = '15m'}}}\n"}},
     10,
     7,
     6},
};

static void test_cases(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer alone, shared;
        struct file_cache cache = {0};
        size_t reads_alone = load_all(&alone, cases[i].files, NULL);
        size_t reads_shared = load_all(&shared, cases[i].files, &cache);
        size_t policies = occurrences(&alone, TEXT("\nsha256:"));
        bool holds = text_eq(buffer_text(&alone), buffer_text(&shared)) && policies == cases[i].policies &&
                     reads_alone == cases[i].reads_alone && reads_shared == cases[i].reads_shared;
        if (!holds)
            print_error("%s: %zu and %zu reads, %zu policies\nalone:\n%sshared:\n%s", cases[i].name, reads_alone,
                        reads_shared, policies, alone.p, shared.p);
        failed += !holds;
        buffer_release(&alone);
        buffer_release(&shared);
        file_cache_release(&cache);
        assert_null(cache.newest);
    }
    assert_int_equal(failed, 0);
}

// Places name the file by where it stands in the chain, which the same file in another chain must not inherit.
static void test_places(void **state)
{
    (void)state;
    const struct memory_file files[MEMORY_FILES] = {{"a.yaml", "policy: 1\nextends: c.yaml\nname: a\n"},
                                                    {"b.yaml", "policy: 1\nextends: a.yaml\n"},
                                                    {"c.yaml", "policy: 1\nlet: {x: nonsense}\n"}};
    struct counting counting = {.memory = memory_reader(files)};
    struct file_cache cache = {0};
    struct buffer out;
    buffer_init(&out, TEXT_BYTES);
    load_into(&out, &counting, &cache, "a.yaml");
    load_into(&out, &counting, &cache, "b.yaml");
    size_t found = occurrences(&out, TEXT("c.yaml:2:10: error: "));
    if (found != 2)
        print_error("%s\n", out.p);
    assert_int_equal(found, 2);
    buffer_release(&out);
    file_cache_release(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests_name("file_cache", tests, NULL, NULL) != 0;
}
