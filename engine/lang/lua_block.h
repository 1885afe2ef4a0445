// The block that one Lua state lives in: blocks of size classes, given out from one stretch of memory, so that all
// of it can be copied away and put back.
#ifndef DROWSE_LANG_LUA_BLOCK_H
#define DROWSE_LANG_LUA_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_CLASSES 60
#define BLOCK_LARGEST_BYTES ((size_t)64 * 1024)

// What changes with each allocation besides the bytes themselves.
struct block_heads {
    uint32_t used;                   // bytes of the stretch ever given out
    uint32_t unused[BLOCK_CLASSES];  // offset of the first unused block of each class; 0: none
    size_t live_bytes;               // asked for and not given back
    size_t total_bytes;              // asked for in sum
};

struct block {
    char *bytes;
    size_t capacity;
    struct block_heads heads;
    char *saved;  // NULL: not saved yet
    struct block_heads saved_heads;
};

// False where the process is out of memory.
bool block_init(struct block *, size_t capacity);
void block_release(struct block *);
// As realloc, with the old size told; NULL where there is no room. Never fails to shrink. Aligned for any type.
// `n` is at most BLOCK_LARGEST_BYTES.
void *block_resize(struct block *, void *old, size_t old_n, size_t n);
void block_give_back(struct block *, void *old, size_t n);

bool block_save(struct block *);
void block_restore(struct block *);

#endif
