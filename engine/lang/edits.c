// Edits of an inherited list of rules: before, after, replace, remove.
#include "engine/lang/loader.h"

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

// The list under edit.
struct rules {
    struct text behaviour;
    struct tree **items;
    size_t count, capacity;
};

static bool has_any(const struct tree *map, const struct record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        if (tree_get(map, record->fields[i].name))
            return true;
    }
    return false;
}

bool behaviour_is_script(const struct tree *tree)
{
    return tree->kind == TREE_MAP && has_any(tree, &script_record);
}

static struct tree *faulty_at(struct loader *loader, struct place place)
{
    struct tree *tree = ARENA_NEW(loader->arena, struct tree);
    tree->place = place;
    tree->scalar = TEXT("");
    tree->faulty = true;
    return tree;
}

static struct text rule_name(const struct tree *rule)
{
    const struct tree *name = tree_get(rule, "rule");
    return name && name->kind == TREE_SCALAR ? name->scalar : TEXT("");
}

// ---- one edit ---------------------------------------------------------------------------------------------

static bool find_rule(struct loader *loader, const struct rules *rules, const struct tree *name, size_t *at)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (text_eq(rule_name(rules->items[i]), name->scalar)) {
            *at = i;
            return true;
        }
    }
    struct text *names = ARENA_ARRAY(loader->arena, rules->count, struct text);
    for (size_t i = 0; i < rules->count; i++)
        names[i] = rule_name(rules->items[i]);
    diag_error(loader->diags, name->place, "edit", "%.*s has no inherited rule '%.*s'%.*s", TEXT_ARG(rules->behaviour),
               TEXT_ARG(name->scalar), TEXT_ARG(diag_suggestion(loader->arena, name->scalar, names, rules->count)));
    return false;
}

static void insert(struct loader *loader, struct rules *rules, size_t at, struct tree *const *items, size_t count)
{
    rules->items = arena_grow(loader->arena, rules->items, rules->count, &rules->capacity, rules->count + count,
                              sizeof *rules->items);
    for (size_t i = rules->count; i-- > at;)
        rules->items[i + count] = rules->items[i];
    for (size_t i = 0; i < count; i++)
        rules->items[at + i] = items[i];
    rules->count += count;
}

// A rule that replaces another keeps its name, unless it has one of its own.
static struct tree *with_name(struct loader *loader, struct tree *rule, const struct tree *old)
{
    const struct tree_entry *name = tree_entry(old, TEXT("rule"));
    if (tree_get(rule, "rule") || !name)
        return rule;
    struct tree *named = ARENA_NEW(loader->arena, struct tree);
    *named = *rule;
    named->entries = ARENA_ARRAY(loader->arena, rule->count + 1, struct tree_entry);
    named->entries[0] = *name;
    for (size_t i = 0; i < rule->count; i++)
        named->entries[i + 1] = rule->entries[i];
    named->count = rule->count + 1;
    return named;
}

struct verb {
    const char *name;
    const char *partner;  // the field that goes with it; NULL: none
    void (*apply)(struct loader *, struct rules *, size_t at, const struct tree *partner);
};

static void add_before(struct loader *loader, struct rules *rules, size_t at, const struct tree *add)
{
    insert(loader, rules, at, add->items, add->count);
}

static void add_after(struct loader *loader, struct rules *rules, size_t at, const struct tree *add)
{
    insert(loader, rules, at + 1, add->items, add->count);
}

static void replace(struct loader *loader, struct rules *rules, size_t at, const struct tree *with)
{
    struct tree *rule = ARENA_NEW(loader->arena, struct tree);
    *rule = *with;
    rules->items[at] = with_name(loader, rule, rules->items[at]);
}

static void take_away(struct loader *loader, struct rules *rules, size_t at, const struct tree *partner)
{
    (void)loader, (void)partner;
    for (size_t i = at + 1; i < rules->count; i++)
        rules->items[i - 1] = rules->items[i];
    rules->count--;
}

static const struct verb verbs[] = {
    {"before", "add", add_before},
    {"after", "add", add_after},
    {"replace", "with", replace},
    {"remove", NULL, take_away},
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

// The one thing that an edit does. NULL after a fault.
static const struct verb *verb_of(struct loader *loader, const struct tree *edit)
{
    const struct verb *found = NULL;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (!tree_get(edit, verbs[i].name))
            continue;
        if (found) {
            diag_error(loader->diags, tree_entry(edit, text_of(verbs[i].name))->key_place, "edit",
                       "an edit does one thing; this one has both '%s' and '%s': make them two items of a list",
                       found->name, verbs[i].name);
            return NULL;
        }
        found = &verbs[i];
    }
    if (!found)
        diag_error(loader->diags, edit->place, "edit",
                   "an edit says which inherited rule it is about: before, after, replace or remove");
    return found;
}

static bool check_partners(struct loader *loader, const struct tree *edit, const struct verb *verb)
{
    static const char *const partners[] = {"add", "with"};
    bool good = true;
    for (size_t i = 0; i < sizeof partners / sizeof *partners; i++) {
        const struct tree_entry *entry = tree_entry(edit, text_of(partners[i]));
        bool due = verb->partner && text_is(text_of(verb->partner), partners[i]);
        if (entry && !due)
            diag_error(loader->diags, entry->key_place, "edit", "'%s' does not go with '%s'", partners[i], verb->name);
        else if (!entry && due)
            diag_error(loader->diags, tree_entry(edit, text_of(verb->name))->key_place, "edit",
                       "'%s' needs '%s', as in %s", verb->name, partners[i],
                       i == 0 ? "{before: idle, add: [{rule: office, when: now in office}]}"
                              : "{replace: idle, with: {rule: idle, when: desired > 0, scale_to: 0}}");
        good &= (entry != NULL) == due;
    }
    return good;
}

// A wrong edit is left out, and the rest of the list is still checked.
static void apply_edit(struct loader *loader, struct rules *rules, const struct tree *edit)
{
    struct edit_fields fields = {0};
    struct subject subject = {arena_format(loader->arena, "an edit of %.*s", TEXT_ARG(rules->behaviour)), edit->place};
    if (edit->faulty || !record_read(loader, &edit_record, edit, subject, &fields))
        return;
    const struct verb *verb = verb_of(loader, edit);
    size_t at;
    if (!verb || !check_partners(loader, edit, verb))
        return;
    if (find_rule(loader, rules, tree_get(edit, verb->name), &at))
        verb->apply(loader, rules, at, verb->partner ? tree_get(edit, verb->partner) : NULL);
}

// ---- a behaviour ------------------------------------------------------------------------------------------

bool behaviour_is_edit(const struct tree *item)
{
    return item->kind == TREE_MAP && !tree_get(item, "rule") && has_any(item, &edit_record);
}

static struct tree *apply_edits(struct loader *loader, struct text name, const struct tree *inherited,
                                struct tree *const *edits, size_t count)
{
    struct place place = edits[0]->place;
    if (!inherited || inherited->faulty || inherited->kind != TREE_LIST) {
        const char *why = !inherited ? "nothing is inherited" : "what is inherited is no list of rules";
        if (inherited && behaviour_is_script(inherited))
            why = "the inherited one is a Lua function, which can only be replaced as a whole";
        if (!inherited || !inherited->faulty)
            diag_error(loader->diags, place, "edit", "this edits rules of %.*s, but %s", TEXT_ARG(name), why);
        return faulty_at(loader, place);
    }
    struct rules rules = {.behaviour = name};
    insert(loader, &rules, 0, inherited->items, inherited->count);
    // A list that is too long is told of once it is whole: until then it must not grow on, edit by edit.
    for (size_t i = 0; i < count && rules.count <= LIMIT_RULES; i++)
        apply_edit(loader, &rules, edits[i]);
    return tree_new_list(loader->arena, inherited->place, rules.items, rules.count);
}

static struct tree *merge_list(struct loader *loader, struct text name, const struct tree *inherited, struct tree *own)
{
    size_t edits = 0;
    for (size_t i = 0; i < own->count; i++)
        edits += behaviour_is_edit(own->items[i]);
    if (edits == 0)
        return own;
    if (edits == own->count)
        return apply_edits(loader, name, inherited, own->items, own->count);
    bool first = behaviour_is_edit(own->items[0]);
    for (size_t i = 1; i < own->count; i++) {
        if (behaviour_is_edit(own->items[i]) == first)
            continue;
        diag_error(loader->diags, own->items[i]->place, "edit",
                   "%.*s mixes rules with edits of inherited rules: it is a list of the one or of the other",
                   TEXT_ARG(name));
        break;
    }
    return faulty_at(loader, own->place);
}

static struct tree *merge_map(struct loader *loader, struct text name, const struct tree *inherited, struct tree *own)
{
    if (behaviour_is_script(own))
        return own;
    if (behaviour_is_edit(own) || (inherited && !has_any(own, &rule_record)))
        return apply_edits(loader, name, inherited, &own, 1);
    diag_error(loader->diags, own->place, "type",
               "%.*s must be a list of rules such as [{rule: idle, when: ..., scale_to: 0}]; found a map%s",
               TEXT_ARG(name), has_any(own, &rule_record) ? ": begin the rule with '- '" : "");
    return faulty_at(loader, own->place);
}

struct tree *merge_behaviour(struct loader *loader, struct text name, struct tree *inherited, struct tree *own)
{
    if (!own)
        return inherited;
    if (own->faulty)
        return own;
    if (own->kind == TREE_FUNCTION) {
        diag_error(loader->diags, own->place, "type",
                   "%.*s must be a list of rules, or a table with the rules' names and the function: "
                   "{rules = {\"stopped\", \"idle\"}, decide = function(s) ... end}",
                   TEXT_ARG(name));
        return faulty_at(loader, own->place);
    }
    if (own->kind == TREE_LIST)
        return merge_list(loader, name, inherited, own);
    return own->kind == TREE_MAP ? merge_map(loader, name, inherited, own) : own;
}
