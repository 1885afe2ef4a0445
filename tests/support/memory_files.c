#include "tests/support/memory_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

#define REPORT_BYTES (256 * 1024)

static bool read_memory(void *context, struct arena *arena, struct text path, size_t maximum, struct text *content,
                        struct buffer *error)
{
    const struct memory_file *files = context;
    (void)arena;
    for (size_t i = 0; i < MEMORY_FILES && files[i].path; i++) {
        if (!text_is(path, files[i].path))
            continue;
        *content = text_of(files[i].content);
        return content->n <= maximum;
    }
    buffer_printf(error, "no such file");
    return false;
}

static bool read_no_zone(void *context, struct arena *arena, struct text name, struct text *content,
                         struct buffer *error)
{
    (void)context, (void)arena, (void)name, (void)content;
    buffer_printf(error, "no such zone");
    return false;
}

struct file_reader memory_reader(const struct memory_file files[MEMORY_FILES])
{
    // The reader's context is not const, as other readers change theirs; this one only reads.
    union {
        const struct memory_file *files;
        void *context;
    } shared = {files};
    return (struct file_reader){shared.context, read_memory, read_no_zone};
}

static void report(const struct diags *diags, const struct sources *sources, struct buffer *out)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        if (sources->count > 1)
            buffer_printf(out, "%.*s:", TEXT_ARG(sources->items[diag->place.source].path));
        buffer_printf(out, "%u:%u %s%s: %.*s\n", (unsigned)diag->place.line, (unsigned)diag->place.column,
                      diag->severity == SEVERITY_WARNING ? "warning " : "", diag->code, TEXT_ARG(diag->text));
    }
}

static bool load_case_holds(const struct load_case *one)
{
    struct arena arena = {0};
    struct diags diags;
    struct sources sources = {0};
    struct buffer found;
    struct file_reader reader = memory_reader(one->files);
    diags_init(&diags, &arena);
    buffer_init(&found, REPORT_BYTES);
    const struct policy *policy = policy_load(&arena, &reader, text_of(one->files[0].path), &diags, &sources);
    report(&diags, &sources, &found);
    bool holds = text_is(buffer_text(&found), one->expected) && (policy != NULL) == (diags.errors == 0);
    if (!holds)
        print_error("%s\nexpected:\n%sfound%s:\n%.*s\n", one->name, one->expected, policy ? "" : " (no policy)",
                    TEXT_ARG(buffer_text(&found)));
    buffer_release(&found);
    arena_release(&arena);
    return holds;
}

int load_cases_failed(const struct load_case *cases, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count; i++)
        failed += !load_case_holds(&cases[i]);
    return failed;
}

const struct policy *memory_policy(struct arena *arena, const struct memory_file files[MEMORY_FILES])
{
    struct diags diags;
    struct sources sources = {0};
    struct file_reader reader = memory_reader(files);
    diags_init(&diags, arena);
    const struct policy *policy = policy_load(arena, &reader, text_of(files[0].path), &diags, &sources);
    if (!policy) {
        struct buffer out;
        buffer_init(&out, REPORT_BYTES);
        diags_print(&diags, &sources, false, &out);
        print_error("%.*s", TEXT_ARG(buffer_text(&out)));
        buffer_release(&out);
        fail_msg("%s does not load", files[0].path);
    }
    return policy;
}
