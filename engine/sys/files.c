#include "engine/sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/reason.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define FIRST_CHUNK_BYTES 4096
#define NEW_FILE_MODE 0644
#define REASON_BYTES 256

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}
#define FILE_OWNED __attribute__((cleanup(close_file)))

// The path as the system wants it, NUL-terminated. False: a NUL within it, or too long.
static bool system_path(struct text path, char out[PATH_MAX], struct buffer *error)
{
    size_t at;
    if (path.n == 0 || path.n >= PATH_MAX || text_find(path, '\0', &at)) {
        buffer_printf(error, "%s", path.n == 0 ? "an empty path" : "not a path that a file can have");
        return false;
    }
    memcpy(out, path.p, path.n);
    out[path.n] = '\0';
    return true;
}

static void add_too_large(struct buffer *error, size_t maximum)
{
    if (maximum >= 1024 * 1024)
        buffer_printf(error, "over %zu MB", maximum / (1024 * 1024));
    else
        buffer_printf(error, "over %zu KB", maximum / 1024);
}

// ---- reading ----------------------------------------------------------------------------------------------

// One byte more than wanted tells a file that is too large from one that just fits.
static bool read_all(int file, struct arena *arena, size_t size, size_t maximum, struct text *content,
                     struct buffer *error)
{
    size_t capacity = 0, n = 0;
    char *bytes = arena_grow(arena, NULL, 0, &capacity, size + 2 > FIRST_CHUNK_BYTES ? size + 2 : FIRST_CHUNK_BYTES, 1);
    for (;;) {
        if (n + 1 == capacity)
            bytes = arena_grow(arena, bytes, n, &capacity, n + 2, 1);
        ssize_t got = read(file, bytes + n, capacity - n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            reason_add(error, errno);
            return false;
        }
        n += (size_t)got;
        if (n > maximum) {
            add_too_large(error, maximum);
            return false;
        }
        if (got == 0)
            break;
    }
    bytes[n] = '\0';
    *content = (struct text){bytes, n};
    return true;
}

// Where a file may come from: a person names any; what a policy names must not wait for a writer, or wake a device.
enum readable { READABLE_ALL, READABLE_REGULAR };

// The reason alone, without the path.
static bool read_path(struct arena *arena, struct text path, enum readable readable, size_t maximum,
                      struct text *content, struct buffer *error)
{
    int flags = readable == READABLE_REGULAR ? O_NONBLOCK | O_NOCTTY : 0;
    char name[PATH_MAX];
    struct stat status;
    if (!system_path(path, name, error))
        return false;
    int file FILE_OWNED = open(name, O_RDONLY | O_CLOEXEC | flags);
    if (file < 0 || fstat(file, &status) != 0) {
        reason_add(error, errno);
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        buffer_printf(error, "is a directory");
        return false;
    }
    if (readable == READABLE_REGULAR && !S_ISREG(status.st_mode)) {
        buffer_printf(error, "is not a regular file");
        return false;
    }
    size_t size = status.st_size > 0 ? (size_t)status.st_size : 0;
    if (S_ISREG(status.st_mode) && size > maximum) {
        add_too_large(error, maximum);
        return false;
    }
    return read_all(file, arena, S_ISREG(status.st_mode) ? size : 0, maximum, content, error);
}

// Puts "path: " before a reason.
static void name_file(struct buffer *error, size_t before, struct text path)
{
    char reason[REASON_BYTES];
    struct text added = text_from(buffer_text(error), before);
    int n = snprintf(reason, sizeof reason, "%.*s", TEXT_ARG(added));
    struct text kept = {reason, n < 0 ? 0 : (size_t)n < sizeof reason ? (size_t)n : sizeof reason - 1};
    error->n = before;
    buffer_printf(error, "%.*s: ", TEXT_ARG(path));
    buffer_add(error, kept);
}

bool file_read(struct arena *arena, struct text path, size_t maximum, struct text *content, struct buffer *error)
{
    size_t before = error->n;
    if (read_path(arena, path, READABLE_ALL, maximum, content, error))
        return true;
    name_file(error, before, path);
    return false;
}

// ---- writing ----------------------------------------------------------------------------------------------

static bool write_all(int file, struct text content)
{
    while (content.n) {
        ssize_t written = write(file, content.p, content.n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        content = text_from(content, (size_t)written);
    }
    return true;
}

// The folder's entry must reach the disk too, or a power cut could bring the old file back; where folders cannot
// be synced, nothing more can be done.
static void sync_folder(const char *name)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(name, '/');
    size_t n = slash ? (size_t)(slash - name) + 1 : 1;
    memcpy(folder, slash ? name : ".", n);
    folder[n] = '\0';
    int file FILE_OWNED = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0)
        (void)fsync(file);
}

static bool write_beside(const char *name, char beside[PATH_MAX], struct text content)
{
    struct stat status;
    mode_t mode = stat(name, &status) == 0 ? status.st_mode & 07777 : NEW_FILE_MODE;
    int n = snprintf(beside, PATH_MAX, "%s.XXXXXX", name);
    if (n < 0 || n >= PATH_MAX) {
        beside[0] = '\0';
        errno = ENAMETOOLONG;
        return false;
    }
    int file FILE_OWNED = mkostemp(beside, O_CLOEXEC);
    if (file < 0) {
        beside[0] = '\0';
        return false;
    }
    return fchmod(file, mode) == 0 && write_all(file, content) && fsync(file) == 0;
}

// An existing file that may not be written stays, though its folder would let it be replaced.
static bool may_replace(const char *name, struct buffer *error)
{
    struct stat status;
    if (stat(name, &status) != 0)
        return true;
    if (!S_ISREG(status.st_mode)) {
        buffer_printf(error, S_ISDIR(status.st_mode) ? "is a directory" : "is not a regular file");
        return false;
    }
    if (access(name, W_OK) == 0)
        return true;
    reason_add(error, errno);
    return false;
}

static bool replace_file(const char *name, struct text content, struct buffer *error)
{
    char beside[PATH_MAX];
    if (!may_replace(name, error))
        return false;
    if (write_beside(name, beside, content) && rename(beside, name) == 0) {
        sync_folder(name);
        return true;
    }
    int number = errno;
    if (beside[0])
        unlink(beside);
    reason_add(error, number);
    return false;
}

bool file_write_atomic(struct text path, struct text content, struct buffer *error)
{
    char name[PATH_MAX], followed[PATH_MAX];
    size_t before = error->n;
    bool good = system_path(path, name, error);
    if (good)
        good = replace_file(realpath(name, followed) ? followed : name, content, error);
    if (!good)
        name_file(error, before, path);
    return good;
}

// ---- policies and zones -----------------------------------------------------------------------------------

static bool read_policy(void *context, struct arena *arena, struct text path, size_t maximum, struct text *content,
                        struct buffer *error)
{
    (void)context;
    return read_path(arena, path, READABLE_REGULAR, maximum, content, error);
}

static bool read_zone(void *context, struct arena *arena, struct text name, struct text *content, struct buffer *error)
{
    const struct zone_folder *folder = context;
    size_t before = error->n;
    const char *from = folder ? folder->path : ZONE_FOLDER;
    struct text path = arena_format(arena, "%s/%.*s", from, TEXT_ARG(name));
    if (read_path(arena, path, READABLE_REGULAR, LIMIT_ZONE_BYTES, content, error))
        return true;
    error->n = before;
    buffer_printf(error, "there is no such zone in %s", from);
    return false;
}

struct file_reader file_reader_disk(void)
{
    return (struct file_reader){NULL, read_policy, read_zone};
}

struct file_reader file_reader_disk_zones(struct zone_folder *folder)
{
    return (struct file_reader){folder, read_policy, read_zone};
}
