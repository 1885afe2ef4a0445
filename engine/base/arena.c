#include "engine/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 * 1024)
#define BRIEF_BYTES 200  // a formatted text of fewer is formatted once, not twice
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
    struct arena_block *older;
    size_t size;
    max_align_t bytes[];
};

static _Noreturn void out_of_memory(void)
{
    fputs("drowse: out of memory\n", stderr);
    exit(3);
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_release(struct arena *arena)
{
    free_blocks(arena->blocks);
    arena_init(arena);
}

void arena_wipe(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks; block; block = block->older)
        explicit_bzero(block->bytes, block->size);
    arena_release(arena);
}

void arena_reset(struct arena *arena)
{
    struct arena_block *newest = arena->blocks;
    if (newest) {
        free_blocks(newest->older);
        newest->older = NULL;
        arena->next = (char *)newest->bytes;
        arena->left = newest->size;
    }
    arena->used = 0;
}

// Each block is at least as large as all before it, so that a reset arena soon needs only one.
static void add_block(struct arena *arena, size_t need)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_BYTES;
    if (size < need)
        size = need;
    if (size > SIZE_MAX / 2)
        out_of_memory();
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        out_of_memory();
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->next = (char *)block->bytes;
    arena->left = size;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    if (n > SIZE_MAX / 4)
        out_of_memory();
    size_t rounded = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0)
        rounded = ALIGNMENT;
    if (rounded > arena->left)
        add_block(arena, rounded);
    void *p = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    arena->used += rounded;
    return memset(p, 0, n);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 4 / size)
        out_of_memory();
    return arena_alloc(arena, count * size);
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return items;
    size_t larger = *capacity ? *capacity * 2 : 8;
    if (larger < need)
        larger = need;
    void *grown = arena_array(arena, larger, size);
    if (count)
        memcpy(grown, items, count * size);
    *capacity = larger;
    return grown;
}

struct text arena_text(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    return (struct text){copy, text.n};
}

struct text arena_format(struct arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct text text = arena_vformat(arena, format, list);
    va_end(list);
    return text;
}

struct text arena_vformat(struct arena *arena, const char *format, va_list list)
{
    char brief[BRIEF_BYTES];
    va_list again;
    va_copy(again, list);
    int n = vsnprintf(brief, sizeof brief, format, list);
    if (n < 0)
        out_of_memory();
    char *p = arena_alloc(arena, (size_t)n + 1);
    if ((size_t)n < sizeof brief)
        memcpy(p, brief, (size_t)n);
    else
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (struct text){p, (size_t)n};
}
