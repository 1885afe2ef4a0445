// A pool that gives memory and takes it back all at once.
#ifndef DROWSE_BASE_ARENA_H
#define DROWSE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "drowse/text.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;  // newest first
    char *next;                  // free bytes of the newest block
    size_t left;
    size_t used;  // bytes handed out since init or reset
};

// The whole struct zeroed is a valid empty arena.
void arena_init(struct arena *);
// Frees everything; the arena may be used again.
void arena_release(struct arena *);
// The same, and overwrites all that was in it: for arenas that held secrets.
void arena_wipe(struct arena *);
// Forgets everything but keeps the newest block, so that a loop of ticks allocates nothing once warm.
void arena_reset(struct arena *);

// Zeroed memory, aligned for any type. Never NULL: out of memory ends the process with a message and code 3,
// as a half-made decision must not go on. n = 0 gives a valid pointer.
void *arena_alloc(struct arena *, size_t n) __attribute__((returns_nonnull, malloc));
// count * size with overflow checked.
void *arena_array(struct arena *, size_t count, size_t size) __attribute__((returns_nonnull, malloc));
// Doubles an array held in an arena (the old copy stays behind until release): returns room for at least
// `need` items of `size`, the first `count` copied; *capacity is updated.
void *arena_grow(struct arena *, void *items, size_t count, size_t *capacity, size_t need, size_t size);
// A copy, NUL-terminated behind its last byte.
struct text arena_text(struct arena *, struct text);
struct text arena_format(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text arena_vformat(struct arena *, const char *format, va_list) __attribute__((format(printf, 2, 0)));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

#endif
