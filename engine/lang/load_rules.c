// The behaviours: lists of rules compiled, or a Lua function and the names of its rules.
#include "engine/lang/loader.h"

#include <math.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/core/message.h"

// What the answer says where a rule does not.
static const struct text scaled_status[BEHAVIOUR_COUNT] = {{"waking", 6}, {"scaled_down", 11}, {"killed", 6}};

static struct text default_status(enum behaviour behaviour, const struct rule_fields *fields)
{
    return fields->scale_to ? scaled_status[behaviour] : TEXT("no_change");
}

static struct message default_message(struct loader *loader, struct text rule)
{
    struct piece *piece = ARENA_NEW(loader->arena, struct piece);
    *piece = (struct piece){.format = PIECE_LITERAL,
                            .literal = arena_format(loader->arena, "Decided by rule '%.*s'", TEXT_ARG(rule))};
    return (struct message){piece, 1};
}

// ---- one rule ---------------------------------------------------------------------------------------------

static void check_count(struct loader *loader, const struct tree *scalar, node_index node)
{
    struct value value;
    double most = loader->policy->max_count;
    if (node == 0 || !expression_constant(&loader->compiler, node, &value))
        return;
    if (value.number == floor(value.number) && value.number >= 0 && value.number <= most)
        return;
    diag_error(loader->diags, scalar->place, "range",
               "'scale_to' must be a whole number from 0 to %u (limits.max_count); this is %.*s",
               (unsigned)loader->policy->max_count, TEXT_ARG(number_text(loader->arena, value.number)));
}

static void check_refuse(struct loader *loader, enum behaviour behaviour, const struct tree *map,
                         const struct rule_fields *fields)
{
    const struct tree_entry *entry = tree_entry(map, TEXT("refuse"));
    if (!fields->refuse)
        return;
    if (behaviour == BEHAVIOUR_SLEEP)
        diag_error(loader->diags, entry->key_place, "refuse",
                   "'refuse' turns requests down, and nobody requests sleep: leave 'scale_to' out to keep the count");
    else if (fields->scale_to)
        diag_error(loader->diags, entry->key_place, "refuse",
                   "a rule either refuses or scales: leave out 'refuse' or 'scale_to'");
}

static void compile_rule(struct loader *loader, const struct rule_fields *fields, struct rule *rule)
{
    struct compiler *compiler = &loader->compiler;
    if (fields->when)
        rule->when = compile_expression(compiler, fields->when, WANT_BOOLEAN);
    if (fields->scale_to) {
        rule->scale_to = compile_expression(compiler, fields->scale_to, WANT_COUNT);
        check_count(loader, fields->scale_to, rule->scale_to);
    }
    if (fields->message)
        compile_message(compiler, fields->message, &rule->message);
    else
        rule->message = default_message(loader, rule->name);
}

static void read_rule(struct loader *loader, enum behaviour behaviour, const struct tree *item, size_t index,
                      struct rule *rule)
{
    const char *list = behaviour_name(behaviour);
    const struct tree *name = tree_get(item, "rule");
    struct rule_fields fields = {.name = TEXT("")};
    struct subject subject = {arena_format(loader->arena, "rule %zu of %s", index + 1, list), item->place};
    if (name && name->kind == TREE_SCALAR && name_valid(name->scalar))
        subject.label = label_of(loader->arena, "rule", name->scalar);
    rule->place = name ? name->place : item->place;
    if (item->faulty)
        return;
    if (item->kind != TREE_MAP) {
        diag_error(loader->diags, item->place, "type",
                   "a rule must be a map such as {rule: idle, when: desired > 0, scale_to: 0}; found %.*s",
                   TEXT_ARG(tree_describe(loader->arena, item)));
        return;
    }
    record_read(loader, &rule_record, item, subject, &fields);
    check_refuse(loader, behaviour, item, &fields);
    rule->name = fields.name;
    rule->refuse = fields.refuse;
    rule->status = fields.status.n ? fields.status : default_status(behaviour, &fields);
    compile_rule(loader, &fields, rule);
}

static void check_unique(struct loader *loader, enum behaviour behaviour, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i && rules[i].name.n; j++) {
            if (!text_eq(rules[i].name, rules[j].name))
                continue;
            diag_error(loader->diags, rules[i].place, "clash", "%s has a rule '%.*s' already, in line %u%s%.*s",
                       behaviour_name(behaviour), TEXT_ARG(rules[i].name), (unsigned)rules[j].place.line,
                       rules[j].place.source == rules[i].place.source ? "" : " of ",
                       TEXT_ARG(rules[j].place.source == rules[i].place.source
                                    ? TEXT("")
                                    : loader->sources[rules[j].place.source].path));
            break;
        }
    }
}

// ---- a behaviour ------------------------------------------------------------------------------------------

static struct behaviour_rules read_rules(struct loader *loader, enum behaviour behaviour, const struct tree *list)
{
    size_t count = count_within(loader, list, LIMIT_RULES, "rules");
    struct rule *rules = ARENA_ARRAY(loader->arena, count, struct rule);
    if (count == 0)
        diag_error(loader->diags, list->place, "ending", "%s has no rule", behaviour_name(behaviour));
    for (size_t i = 0; i < count; i++)
        read_rule(loader, behaviour, list->items[i], i, &rules[i]);
    check_unique(loader, behaviour, rules, count);
    return (struct behaviour_rules){.present = true, .rules = rules, .count = count};
}

static struct behaviour_rules read_script(struct loader *loader, enum behaviour behaviour, const struct tree *map)
{
    struct script_fields fields = {0};
    struct behaviour_rules result = {.present = true, .scripted = true};
    struct text label = arena_format(loader->arena, "%s", behaviour_name(behaviour));
    if (!record_read(loader, &script_record, map, (struct subject){label, map->place}, &fields))
        return result;
    size_t count = count_within(loader, fields.rules, LIMIT_RULES, "rules");
    struct rule *rules = ARENA_ARRAY(loader->arena, count, struct rule);
    struct reading reading = reading_of(loader, record_field(&script_record, "rules"), label, map->place);
    if (count == 0)
        value_wrong(&reading, fields.rules);
    for (size_t i = 0; i < count; i++) {
        const struct tree *item = fields.rules->items[i];
        rules[i].place = item->place;
        if (item->faulty)
            continue;
        if (item->kind != TREE_SCALAR || tree_is_null(item))
            value_wrong(&reading, item);
        else if (name_check(&reading, item))
            rules[i].name = item->scalar;
    }
    check_unique(loader, behaviour, rules, count);
    result.script_source = fields.decide->place.source;
    result.rules = rules;
    result.count = count;
    return result;
}

void load_behaviours(struct loader *loader, const struct tree *const behaviours[BEHAVIOUR_COUNT],
                     const struct tree *root)
{
    for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
        enum behaviour behaviour = (enum behaviour)i;
        const struct tree *tree = behaviours[i];
        if (!tree)
            continue;
        struct behaviour_rules rules =
            tree->kind == TREE_LIST ? read_rules(loader, behaviour, tree) : read_script(loader, behaviour, tree);
        rules.place = tree_entry(root, text_of(behaviour_name(behaviour)))->key_place;
        loader->policy->behaviours[i] = rules;
    }
}

static bool always_fires(const struct loader *loader, const struct behaviour_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->rules[i].when == 0 || always_true(loader, rules->rules[i].when))
            return true;
    }
    return false;
}

// A list must not run out of rules: then nothing would say what the answer is.
void check_endings(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
        const struct behaviour_rules *rules = &policy->behaviours[i];
        if (!rules->present || rules->scripted || rules->count == 0)
            continue;
        if (!always_fires(loader, rules))
            diag_error(loader->diags, rules->rules[rules->count - 1].place, "ending",
                       "%s can end without a match, as each of its rules has a condition: end it with a rule "
                       "without 'when'",
                       behaviour_name((enum behaviour)i));
    }
}
