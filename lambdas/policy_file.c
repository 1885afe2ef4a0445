#include "lambdas/policy_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define NAMES_SHOWN 10

// LAMBDA_TASK_ROOT, else ".".
static struct text task_root(const struct variables *variables)
{
    struct text root = variable_text(variables, "LAMBDA_TASK_ROOT");
    return root.n ? root : TEXT(".");
}

static struct text join(struct arena *arena, struct text folder, struct text name)
{
    const char *slash = text_ends(folder, TEXT("/")) ? "" : "/";
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARG(folder), slash, TEXT_ARG(name));
}

// ---- the only one -----------------------------------------------------------------------------------------

struct names {
    struct text *items;
    size_t count, capacity;
};

static bool is_policy(struct text name)
{
    return !text_starts(name, TEXT(".")) &&
           (text_ends(name, TEXT(".yaml")) || text_ends(name, TEXT(".yml")) || text_ends(name, TEXT(".lua")));
}

static void folder_cleanup(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}
#define FOLDER_OWNED __attribute__((cleanup(folder_cleanup)))

static int by_name(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static bool list_policies(struct arena *arena, struct text path, struct names *names, struct buffer *error)
{
    DIR *folder FOLDER_OWNED = opendir(arena_text(arena, path).p);
    if (!folder) {
        buffer_printf(error, "%.*s: %s: set DROWSE_POLICY to the policy's file", TEXT_ARG(path), strerror(errno));
        return false;
    }
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        struct text name = text_of(entry->d_name);
        if (!is_policy(name))
            continue;
        names->items =
            arena_grow(arena, names->items, names->count, &names->capacity, names->count + 1, sizeof *names->items);
        names->items[names->count++] = arena_text(arena, name);
    }
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    return true;
}

static bool only_policy(struct arena *arena, struct text folder, struct text *path, struct buffer *error)
{
    struct names names = {0};
    if (!list_policies(arena, folder, &names, error))
        return false;
    if (names.count == 1) {
        *path = join(arena, folder, names.items[0]);
        return true;
    }
    if (names.count == 0) {
        buffer_printf(error, "%.*s has no policy: a file that ends in .yaml, .yml or .lua", TEXT_ARG(folder));
        return false;
    }
    buffer_printf(error, "%.*s has %zu policies (", TEXT_ARG(folder), names.count);
    for (size_t i = 0; i < names.count && i < NAMES_SHOWN; i++)
        buffer_printf(error, "%s%.*s", i ? ", " : "", TEXT_ARG(names.items[i]));
    buffer_printf(error, "%s): set DROWSE_ENV to a name, such as production, or DROWSE_POLICY to a file",
                  names.count > NAMES_SHOWN ? ", ..." : "");
    return false;
}

// ---- the choice -------------------------------------------------------------------------------------------

bool policy_file_find(struct arena *arena, const struct variables *variables, struct text *path, struct buffer *error)
{
    struct text root = task_root(variables);
    struct text file = variable_text(variables, "DROWSE_POLICY"), name = variable_text(variables, "DROWSE_ENV");
    size_t slash;
    if (file.n) {
        *path = text_starts(file, TEXT("/")) ? file : join(arena, root, file);
        return true;
    }
    if (name.n == 0)
        return only_policy(arena, join(arena, root, TEXT("policies")), path, error);
    if (text_find(name, '/', &slash)) {
        buffer_printf(error, "DROWSE_ENV is '%.*s': it must be a plain name, such as production", TEXT_ARG(name));
        return false;
    }
    *path = join(arena, root, arena_format(arena, "policies/%.*s.yaml", TEXT_ARG(name)));
    return true;
}

struct file_reader policy_file_reader(struct arena *arena, const struct variables *variables, struct zone_folder *zones)
{
    struct stat status;
    zones->path = join(arena, task_root(variables), TEXT("zoneinfo")).p;
    if (stat(zones->path, &status) == 0 && S_ISDIR(status.st_mode))
        return file_reader_disk_zones(zones);
    return file_reader_disk();
}
