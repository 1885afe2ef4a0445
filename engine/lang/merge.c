// A policy over the one that it extends: maps key by key, all else replaced, behaviours by rules of their own.
#include "engine/lang/loader.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/message.h"

static bool both_maps(const struct tree *parent, const struct tree *child)
{
    return parent->kind == TREE_MAP && child->kind == TREE_MAP && !parent->faulty && !child->faulty;
}

static struct tree *merge_values(struct loader *loader, struct tree *parent, struct tree *child);

static struct tree *copy_map(struct loader *loader, const struct tree *like, size_t room)
{
    struct tree *map = ARENA_NEW(loader->arena, struct tree);
    *map = *like;
    map->entries = ARENA_ARRAY(loader->arena, room, struct tree_entry);
    map->count = 0;
    return map;
}

// The parent's keys in their order, then those that only the child has. A key that both have stands where the
// child wrote it, but for maps: what is merely refined stays the parent's.
static struct tree *merge_maps(struct loader *loader, const struct tree *parent, const struct tree *child)
{
    struct tree *merged = copy_map(loader, child, parent->count + child->count);
    for (size_t i = 0; i < parent->count; i++) {
        const struct tree_entry *below = &parent->entries[i];
        const struct tree_entry *above = tree_entry(child, below->key);
        struct tree_entry *entry = &merged->entries[merged->count++];
        *entry = above && !both_maps(below->value, above->value) ? *above : *below;
        if (above)
            entry->value = merge_values(loader, below->value, above->value);
    }
    for (size_t i = 0; i < child->count; i++) {
        if (!tree_entry(parent, child->entries[i].key))
            merged->entries[merged->count++] = child->entries[i];
    }
    return merged;
}

static struct tree *merge_values(struct loader *loader, struct tree *parent, struct tree *child)
{
    return both_maps(parent, child) ? merge_maps(loader, parent, child) : child;
}

static bool is_behaviour(struct text key)
{
    for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
        if (text_is(key, behaviour_name((enum behaviour)i)))
            return true;
    }
    return false;
}

// What a file says of itself alone.
static bool is_own(struct text key)
{
    return text_is(key, "policy") || text_is(key, "extends");
}

static struct tree *merge_entry(struct loader *loader, struct text key, struct tree *below, struct tree *above)
{
    if (is_behaviour(key))
        return merge_behaviour(loader, key, below, above);
    if (below && above)
        return merge_values(loader, below, above);
    return above ? above : below;
}

const struct tree *merge_policies(struct loader *loader, const struct tree *parent, const struct tree *child)
{
    size_t room = child->count + (parent ? parent->count : 0);
    struct tree *merged = copy_map(loader, child, room);
    for (size_t i = 0; parent && i < parent->count; i++) {
        const struct tree_entry *below = &parent->entries[i];
        const struct tree_entry *above = tree_entry(child, below->key);
        if (is_own(below->key))
            continue;
        struct tree_entry *entry = &merged->entries[merged->count++];
        *entry = above ? *above : *below;
        entry->value = merge_entry(loader, below->key, below->value, above ? above->value : NULL);
    }
    for (size_t i = 0; i < child->count; i++) {
        const struct tree_entry *above = &child->entries[i];
        if (parent && !is_own(above->key) && tree_entry(parent, above->key))
            continue;
        struct tree_entry *entry = &merged->entries[merged->count++];
        *entry = *above;
        entry->value = merge_entry(loader, above->key, NULL, above->value);
    }
    return merged;
}
