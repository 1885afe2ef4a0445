// Files of this machine.
#ifndef DROWSE_SYS_FILES_H
#define DROWSE_SYS_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "drowse/ports.h"
#include "drowse/text.h"

struct arena;
struct buffer;

// Policies from the disk, zones from /usr/share/zoneinfo; of regular files only, so that no pipe that a policy names
// makes the reader wait. Reasons come without the path.
struct file_reader file_reader_disk(void);
// The same with zones from a folder ($TZDIR, or a bundle's); the struct must outlive the reader.
struct zone_folder {
    const char *path;
};
struct file_reader file_reader_disk_zones(struct zone_folder *);

// The whole file, if it has at most `maximum` bytes. A NUL follows its last byte. Pipes and devices will do.
// False: `error` holds "path: reason".
bool file_read(struct arena *, struct text path, size_t maximum, struct text *content, struct buffer *error);

// Writes beside the file, then renames, so that whoever reads sees the old content or the new, never a part, even
// after a power cut. An existing file keeps its mode; a symbolic link is followed. False: `error` holds
// "path: reason", and nothing has changed.
bool file_write_atomic(struct text path, struct text content, struct buffer *error);

#endif
