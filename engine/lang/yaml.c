// YAML as a tree, event by event: aliases, tags and all that makes one document mean two things are refused, and
// every value keeps its place.
#include "engine/lang/yaml_reader.h"

#include <stdlib.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

static void parser_cleanup(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}
#define PARSER_OWNED __attribute__((cleanup(parser_cleanup)))

static void event_cleanup(yaml_event_t *event)
{
    yaml_event_delete(event);
}
#define EVENT_OWNED __attribute__((cleanup(event_cleanup)))

static struct tree *read_value(struct yaml_reader *reader, const yaml_event_t *event, int depth);

// False once the reader has stopped; the event is then empty.
static bool next_event(struct yaml_reader *reader, yaml_event_t *event)
{
    memset(event, 0, sizeof *event);
    if (reader->stopped)
        return false;
    if (yaml_parser_parse(reader->parser, event))
        return true;
    memset(event, 0, sizeof *event);
    reader->stopped = true;
    yaml_syntax_fault(reader);
    return false;
}

static struct place place_of(struct yaml_reader *reader, const yaml_event_t *event)
{
    struct yaml_spot start = yaml_spot_of(reader, event->start_mark);
    return yaml_place(reader, start, yaml_spot_of(reader, event->end_mark));
}

static struct text text_of_yaml(const yaml_char_t *bytes)
{
    // libyaml's characters are unsigned bytes; through void, as text is made of char.
    const void *p = bytes;
    return text_of(p);
}

static struct tree *new_node(struct yaml_reader *reader, enum tree_kind kind, struct place place)
{
    struct tree *tree = ARENA_NEW(reader->arena, struct tree);
    tree->kind = (uint8_t)kind;
    tree->place = place;
    if (++reader->nodes > LIMIT_POLICY_NODES && !reader->stopped) {
        diag_error(reader->diags, place, "too-large", "more than %d values: no policy needs so many",
                   LIMIT_POLICY_NODES);
        reader->stopped = true;
    }
    return tree;
}

// Stands where a value was refused, so that what is around it is still checked.
static struct tree *faulty_node(struct yaml_reader *reader, struct place place)
{
    struct tree *tree = new_node(reader, TREE_SCALAR, place);
    tree->scalar = TEXT("");
    tree->faulty = true;
    return tree;
}

// Anchors and tags. False where the value is not what it seems to be.
static bool check_properties(struct yaml_reader *reader, const yaml_char_t *anchor, const yaml_char_t *tag,
                             struct place place)
{
    if (anchor)
        diag_error(reader->diags, place, "anchor",
                   "anchors ('&%.*s') are not used in policies: write the value where it is needed, or share it "
                   "through 'extends'",
                   TEXT_ARG(text_of_yaml(anchor)));
    struct text shown = text_of_yaml(tag);
    if (text_starts(shown, TEXT("tag:yaml.org,2002:")))
        shown = arena_format(reader->arena, "!!%.*s", TEXT_ARG(text_from(shown, 18)));
    if (tag)
        diag_error(reader->diags, place, "tag",
                   "tags ('%.*s') are not used in policies: quote a text that begins with '!' (an expression says "
                   "'not')",
                   TEXT_ARG(shown));
    return !tag;
}

static enum tree_style style_of(yaml_scalar_style_t style)
{
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        return STYLE_QUOTED;
    bool block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    return block ? STYLE_BLOCK : STYLE_PLAIN;
}

// Does the text stand in the source as it is (behind a quote)? Then an offset into it is a column.
static bool stands_in_source(const struct yaml_reader *reader, const struct tree *tree, size_t start)
{
    struct text there = text_from(reader->content, start + (tree->style == STYLE_QUOTED ? 1 : 0));
    return tree->style != STYLE_BLOCK && text_starts(there, tree->scalar);
}

static struct tree *read_scalar(struct yaml_reader *reader, const yaml_event_t *event)
{
    struct yaml_spot start = yaml_spot_of(reader, event->start_mark);
    struct yaml_spot end = yaml_spot_of(reader, event->end_mark);
    struct tree *tree = new_node(reader, TREE_SCALAR, yaml_place(reader, start, end));
    const void *bytes = event->data.scalar.value;
    tree->scalar = arena_text(reader->arena, (struct text){bytes, event->data.scalar.length});
    tree->style = (uint8_t)style_of(event->data.scalar.style);
    tree->exact_columns = stands_in_source(reader, tree, start.byte);
    tree->faulty = !check_properties(reader, event->data.scalar.anchor, event->data.scalar.tag, tree->place);
    // A value that is not there explains nothing; what is before it may.
    if (end.byte > start.byte)
        reader->newest = (struct yaml_newest){true, tree->style == STYLE_QUOTED, false, start, end};
    if (tree->style == STYLE_PLAIN && reader->flow_depth > 0 && yaml_text_is_open(tree->scalar))
        reader->open = tree;
    if (memchr(tree->scalar.p, 0, tree->scalar.n)) {
        diag_error(reader->diags, tree->place, "encoding", "the text holds a NUL character");
        tree->faulty = true;
    }
    if (tree->style == STYLE_PLAIN && !tree->faulty)
        yaml_mend_comment_cut(reader, tree, start.byte, end.byte);
    return tree;
}

static struct tree *read_alias(struct yaml_reader *reader, const yaml_event_t *event)
{
    struct yaml_spot start = yaml_spot_of(reader, event->start_mark);
    struct yaml_spot end = yaml_spot_of(reader, event->end_mark);
    struct place place = yaml_place(reader, start, end);
    reader->newest = (struct yaml_newest){true, false, true, start, end};
    diag_error(reader->diags, place, "alias",
               "aliases ('*%.*s') are not used in policies: write the value out, or quote a text that begins with '*'",
               TEXT_ARG(text_of_yaml(event->data.alias.anchor)));
    return faulty_node(reader, place);
}

static bool too_deep(struct yaml_reader *reader, struct place place, int depth)
{
    if (depth < LIMIT_POLICY_DEPTH)
        return false;
    diag_error(reader->diags, place, "too-deep", "nested deeper than %d levels", LIMIT_POLICY_DEPTH);
    reader->stopped = true;
    return true;
}

static struct tree *read_list(struct yaml_reader *reader, const yaml_event_t *event, int depth)
{
    struct place place = place_of(reader, event);
    struct tree *tree = new_node(reader, TREE_LIST, place);
    size_t capacity = 0;
    check_properties(reader, event->data.sequence_start.anchor, event->data.sequence_start.tag, place);
    if (too_deep(reader, place, depth))
        return tree;
    bool flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    reader->flow_depth += flow ? 1 : 0;
    for (;;) {
        yaml_event_t item EVENT_OWNED;
        if (!next_event(reader, &item) || item.type == YAML_SEQUENCE_END_EVENT)
            break;
        struct tree *value = read_value(reader, &item, depth + 1);
        tree->items =
            arena_grow(reader->arena, tree->items, tree->count, &capacity, tree->count + 1, sizeof *tree->items);
        tree->items[tree->count++] = value;
    }
    reader->flow_depth -= flow ? 1 : 0;
    return tree;
}

// False: not a key of a policy, which was reported; its value is read and dropped.
static bool read_key(struct yaml_reader *reader, const yaml_event_t *event, int depth, struct yaml_entry *out)
{
    struct tree *key = read_value(reader, event, depth + 1);
    *out = (struct yaml_entry){0};
    if (key->faulty || reader->stopped)
        return false;
    if (key->kind != TREE_SCALAR) {
        diag_error(reader->diags, key->place, "key", "a key is a name, not %.*s",
                   TEXT_ARG(tree_describe(reader->arena, key)));
        return false;
    }
    bool plain = key->style == STYLE_PLAIN;
    if (plain && text_is(key->scalar, "<<")) {
        diag_error(reader->diags, key->place, "merge-key",
                   "merge keys ('<<') are not used in policies: 'extends' merges a whole file");
        return false;
    }
    if (key->scalar.n == 0) {
        diag_error(reader->diags, key->place, "key", "a key is missing here");
        return false;
    }
    out->entry.key = key->scalar;
    out->entry.key_place = key->place;
    out->key_end = reader->newest.end.byte;
    out->plain_key = plain;
    return true;
}

static int by_key(const void *left, const void *right)
{
    const struct yaml_entry *const *a = left, *const *b = right;
    int order = text_compare((*a)->entry.key, (*b)->entry.key);
    // Entries of one key in the order of the file; both point into one array.
    return order ? order : (*a > *b) - (*a < *b);
}

// Marks all but the first of entries with one key. Sorts, as ten thousand keys would be slow to compare pairwise.
static void mark_duplicates(struct yaml_reader *reader, struct yaml_entry *entries, size_t count)
{
    struct yaml_entry **sorted = ARENA_ARRAY(reader->arena, count, struct yaml_entry *);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, count, sizeof *sorted, by_key);
    const struct yaml_entry *first = NULL;
    for (size_t i = 0; i < count; i++) {
        sorted[i]->duplicate = first && text_eq(first->entry.key, sorted[i]->entry.key);
        if (!sorted[i]->duplicate)
            first = sorted[i];
        else
            diag_error(reader->diags, sorted[i]->entry.key_place, "duplicate-key",
                       "the key '%.*s' is in line %u already", TEXT_ARG(first->entry.key),
                       (unsigned)first->entry.key_place.line);
    }
}

static void take_entries(struct yaml_reader *reader, struct tree *map, struct yaml_entry *entries, size_t count)
{
    mark_duplicates(reader, entries, count);
    map->entries = ARENA_ARRAY(reader->arena, count, struct tree_entry);
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].duplicate)
            map->entries[map->count++] = entries[i].entry;
    }
}

static bool read_entry(struct yaml_reader *reader, const yaml_event_t *key, int depth, struct yaml_entry *entry)
{
    bool good = read_key(reader, key, depth, entry);
    yaml_event_t value EVENT_OWNED;
    if (!next_event(reader, &value))
        return false;
    entry->value_start = yaml_spot_of(reader, value.start_mark).byte;
    entry->entry.value = read_value(reader, &value, depth + 1);
    // A scalar's end is where the cursor stands; the end of anything else nobody asks for.
    entry->value_end = value.type == YAML_SCALAR_EVENT ? yaml_spot_of(reader, value.end_mark).byte : entry->value_start;
    return good;
}

static struct tree *read_map(struct yaml_reader *reader, const yaml_event_t *event, int depth)
{
    struct place place = place_of(reader, event);
    struct tree *tree = new_node(reader, TREE_MAP, place);
    struct yaml_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    check_properties(reader, event->data.mapping_start.anchor, event->data.mapping_start.tag, place);
    if (too_deep(reader, place, depth))
        return tree;
    bool flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    reader->flow_depth += flow ? 1 : 0;
    for (;;) {
        yaml_event_t key EVENT_OWNED;
        if (!next_event(reader, &key) || key.type == YAML_MAPPING_END_EVENT)
            break;
        entries = arena_grow(reader->arena, entries, count, &capacity, count + 1, sizeof *entries);
        if (read_entry(reader, &key, depth, &entries[count]))
            count++;
    }
    reader->flow_depth -= flow ? 1 : 0;
    if (flow)
        count = yaml_join_cut_entries(reader, entries, count);
    if (entries)
        take_entries(reader, tree, entries, count);
    return tree;
}

static struct tree *read_value(struct yaml_reader *reader, const yaml_event_t *event, int depth)
{
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event);
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event);
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return read_list(reader, event, depth);
    return read_map(reader, event, depth);
}

// Up to the first value, and past it: only one document may be there.
static struct tree *read_documents(struct yaml_reader *reader)
{
    struct tree *root = NULL;
    int documents = 0;
    for (;;) {
        yaml_event_t event EVENT_OWNED;
        if (!next_event(reader, &event) || event.type == YAML_STREAM_END_EVENT)
            return root;
        if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT)
            continue;
        if (event.type != YAML_DOCUMENT_START_EVENT) {
            root = read_value(reader, &event, 0);
            continue;
        }
        if (event.data.document_start.tag_directives.start != event.data.document_start.tag_directives.end)
            diag_error(reader->diags, place_of(reader, &event), "tag", "tags are not used in policies");
        if (++documents > 1) {
            diag_error(reader->diags, place_of(reader, &event), "document",
                       "a second document begins here: a policy file holds one");
            return root;
        }
    }
}

static bool check_root(struct yaml_reader *reader, const struct tree *root)
{
    struct place file = {0, 0, 0, reader->source};
    bool empty = root->kind == TREE_SCALAR && tree_is_null(root) && !root->faulty;
    if (empty)
        diag_error(reader->diags, file, "empty", "the file is empty; a policy begins with 'policy: 1'");
    else if (root->kind != TREE_MAP && !root->faulty)
        diag_error(reader->diags, root->place, "type", "a policy is a map that begins with 'policy: 1'; this is %.*s",
                   TEXT_ARG(tree_describe(reader->arena, root)));
    return root->kind == TREE_MAP;
}

struct tree *yaml_read(struct arena *arena, struct diags *diags, struct text content, uint32_t source)
{
    struct yaml_reader reader = {.arena = arena, .diags = diags, .content = content, .source = source};
    if (text_starts(content, TEXT("\xEF\xBB\xBF")))
        reader.content = text_from(content, 3);
    if (!yaml_content_check(&reader))
        return NULL;
    yaml_parser_t parser PARSER_OWNED;
    if (!yaml_parser_initialize(&parser)) {
        diag_error(diags, (struct place){0, 0, 0, source}, "memory", "out of memory");
        return NULL;
    }
    reader.parser = &parser;
    const void *bytes = reader.content.p;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes, reader.content.n);
    struct tree *root = read_documents(&reader);
    if (reader.stopped)
        return NULL;
    if (!root) {
        diag_error(diags, (struct place){0, 0, 0, source}, "empty",
                   "the file is empty; a policy begins with 'policy: 1'");
        return NULL;
    }
    return check_root(&reader, root) ? root : NULL;
}
