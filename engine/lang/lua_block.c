#include "engine/lang/lua_block.h"

#include <stdlib.h>
#include <string.h>

#define GRAIN 16u
#define SMALL_BYTES 512u  // up to here a class every GRAIN bytes, then four to each doubling
#define SMALL_CLASSES (SMALL_BYTES / GRAIN)
#define STEPS 4u

_Static_assert(GRAIN % _Alignof(max_align_t) == 0, "blocks must be aligned for any type");

bool block_init(struct block *block, size_t capacity)
{
    *block = (struct block){.bytes = malloc(capacity), .capacity = capacity};
    block->heads.used = GRAIN;  // offset 0 means none
    return block->bytes != NULL;
}

void block_release(struct block *block)
{
    free(block->bytes);
    free(block->saved);
    *block = (struct block){0};
}

// The class that holds n bytes, and the bytes that its blocks have.
static unsigned class_of(size_t n, size_t *bytes)
{
    if (n <= SMALL_BYTES) {
        unsigned small = n ? (unsigned)((n - 1) / GRAIN) : 0;
        *bytes = (small + 1) * GRAIN;
        return small;
    }
    unsigned class = SMALL_CLASSES;
    size_t base = SMALL_BYTES;
    while (n > base * 2) {
        base *= 2;
        class += STEPS;
    }
    size_t step = base / STEPS;
    unsigned steps = (unsigned)((n - base - 1) / step);
    *bytes = base + (steps + 1) * step;
    return class + steps;
}

static void *take(struct block *block, size_t n)
{
    size_t bytes;
    unsigned class = class_of(n, &bytes);
    struct block_heads *heads = &block->heads;
    uint32_t offset = heads->unused[class];
    if (offset) {
        // An unused block begins with the offset of the next one.
        memcpy(&heads->unused[class], block->bytes + offset, sizeof offset);
        return block->bytes + offset;
    }
    if (bytes > block->capacity - heads->used)
        return NULL;
    offset = heads->used;
    heads->used += (uint32_t)bytes;
    return block->bytes + offset;
}

static void give(struct block *block, void *old, size_t n)
{
    size_t bytes;
    unsigned class = class_of(n, &bytes);
    memcpy(old, &block->heads.unused[class], sizeof block->heads.unused[class]);
    block->heads.unused[class] = (uint32_t)((char *)old - block->bytes);
}

void block_give_back(struct block *block, void *old, size_t n)
{
    if (!old)
        return;
    give(block, old, n);
    block->heads.live_bytes -= n;
}

static void *move(struct block *block, void *old, size_t old_n, size_t n)
{
    size_t old_bytes, bytes;
    if (old && class_of(old_n, &old_bytes) == class_of(n, &bytes))
        return old;
    void *moved = take(block, n);
    if (!moved)
        return n <= old_n ? old : NULL;  // a block too large for its new class serves there as well
    if (old) {
        memcpy(moved, old, old_n < n ? old_n : n);
        give(block, old, old_n);
    }
    return moved;
}

void *block_resize(struct block *block, void *old, size_t old_n, size_t n)
{
    if (!old)
        old_n = 0;
    void *p = move(block, old, old_n, n);
    if (!p)
        return NULL;
    block->heads.live_bytes += n - old_n;
    block->heads.total_bytes += n > old_n ? n : 0;
    return p;
}

bool block_save(struct block *block)
{
    char *saved = malloc(block->heads.used);
    if (!saved)
        return false;
    memcpy(saved, block->bytes, block->heads.used);
    free(block->saved);
    block->saved = saved;
    block->saved_heads = block->heads;
    return true;
}

void block_restore(struct block *block)
{
    memcpy(block->bytes, block->saved, block->saved_heads.used);
    block->heads = block->saved_heads;
}
