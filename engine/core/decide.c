#include "engine/core/decide.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/core/value.h"

static const struct text no_change = {"no_change", 9};

// A rule whose condition was unknown.
struct unknown_rule {
    struct value condition;
    int16_t rule;
};

// One decision under way.
struct deciding {
    struct evaluator *evaluator;
    const struct behaviour_rules *rules;
    enum rule_result *results;  // NULL: nobody asks
    size_t unknown_count;
    struct unknown_rule unknowns[LIMIT_RULES];  // in the order of the rules
};

static struct decision begin(enum behaviour behaviour, const struct snapshot *snapshot)
{
    int64_t before = snapshot->stage >= STAGE_STATE ? snapshot->state.desired : COUNT_UNKNOWN;
    return (struct decision){.behaviour = (uint8_t)behaviour,
                             .rule = RULE_NONE,
                             .held_by = RULE_NONE,
                             .before = before,
                             .desired = before,
                             .status = no_change};
}

static void ask_for_more(struct decision *decision, const struct snapshot *snapshot)
{
    decision->need = (uint8_t)(snapshot->stage + 1);
}

static void fail(struct decision *decision, struct evaluator *evaluator, int16_t rule, const char *what, double count)
{
    const struct rule *fired = &evaluator->policy->behaviours[decision->behaviour].rules[rule];
    struct text path = evaluator->policy->sources.items[fired->place.source].path;
    decision->outcome = OUTCOME_FAILED;
    decision->rule = rule;
    decision->error = arena_format(evaluator->arena, "%.*s:%u: rule %.*s: scale_to is %.15g, %s", TEXT_ARG(path),
                                   fired->place.line, TEXT_ARG(fired->name), count, what);
}

static void hold(struct decision *decision, enum held_why why, int16_t held_by, struct value unknown)
{
    decision->outcome = OUTCOME_HELD;
    decision->held_why = (uint8_t)why;
    decision->held_by = held_by;
    decision->unknown = unknown;
    decision->desired = decision->before;
    decision->status = no_change;
}

// The count that this rule, had its condition been true, would have left; without limit where it changes none.
static struct value count_kept(struct deciding *deciding, int16_t rule)
{
    const struct rule *earlier = &deciding->rules->rules[rule];
    if (earlier->refuse || !earlier->scale_to)
        return value_number(LIMIT_COUNT + 1);
    return evaluate(deciding->evaluator, earlier->scale_to);
}

// Does an earlier rule of unknown condition keep more than `target`? Then the decision is held, or asks for the
// stage that says how many that rule keeps.
static bool held_by_earlier(struct deciding *deciding, struct decision *decision, int64_t target)
{
    for (size_t i = 0; i < deciding->unknown_count; i++) {
        const struct unknown_rule *earlier = &deciding->unknowns[i];
        struct value kept = count_kept(deciding, earlier->rule);
        if (kept.knowledge == KNOWN && kept.number <= (double)target)
            continue;
        if (kept.knowledge == UNFETCHED)
            ask_for_more(decision, deciding->evaluator->snapshot);
        else
            hold(decision, HELD_BY_RULE, earlier->rule, earlier->condition);
        return true;
    }
    return false;
}

static bool lowers(const struct decision *decision, int64_t target)
{
    return decision->before == COUNT_UNKNOWN || target < decision->before;
}

// Wake never lowers; sleep and kill never raise.
static enum direction_why direction(const struct decision *decision, int64_t target)
{
    if (decision->before == COUNT_UNKNOWN)
        return DIRECTION_FREE;
    if (decision->behaviour == BEHAVIOUR_WAKE)
        return target < decision->before ? DIRECTION_WAKE_NEVER_LOWERS : DIRECTION_FREE;
    return target > decision->before ? DIRECTION_NEVER_RAISES : DIRECTION_FREE;
}

// Only a stop to zero is right whatever the count is: all else must know it, to keep its direction.
static bool needs_the_count(const struct decision *decision, int64_t target)
{
    return decision->before == COUNT_UNKNOWN && !(decision->behaviour == BEHAVIOUR_KILL && target == 0);
}

// A rule asks for a count; `marked` says that a script read an unknown on its way there.
static void scale(struct deciding *deciding, struct decision *decision, int16_t rule, double count,
                  const struct value *marked)
{
    struct evaluator *evaluator = deciding->evaluator;
    if (count != floor(count)) {
        fail(decision, evaluator, rule, "not a whole number", count);
        return;
    }
    if (!(count >= 0 && count <= (double)evaluator->policy->max_count)) {
        fail(decision, evaluator, rule, "outside 0 to limits.max_count", count);
        return;
    }
    int64_t target = (int64_t)count;
    if (needs_the_count(decision, target)) {
        ask_for_more(decision, evaluator->snapshot);
        return;
    }
    decision->direction = (uint8_t)direction(decision, target);
    if (decision->direction != DIRECTION_FREE || target == decision->before)
        return;
    if (lowers(decision, target)) {
        if (held_by_earlier(deciding, decision, target))
            return;
        if (marked) {
            hold(decision, HELD_BY_UNKNOWN, RULE_NONE, *marked);
            return;
        }
    }
    decision->outcome = OUTCOME_CHANGE;
    decision->desired = target;
}

static void refuse(struct decision *decision)
{
    decision->outcome = OUTCOME_REFUSED;
    if (decision->status.n == 0)
        decision->status = no_change;
}

static void fire(struct deciding *deciding, struct decision *decision, int16_t index)
{
    const struct rule *rule = &deciding->rules->rules[index];
    decision->rule = index;
    decision->status = rule->status;
    if (rule->refuse)
        refuse(decision);
    if (!rule->scale_to)
        return;
    struct value count = evaluate(deciding->evaluator, rule->scale_to);
    if (count.knowledge == UNFETCHED)
        ask_for_more(decision, deciding->evaluator->snapshot);
    else if (count.knowledge == UNKNOWN)
        hold(decision, HELD_BY_SCALE_TO, RULE_NONE, count);
    else
        scale(deciding, decision, index, count.number, NULL);
}

static void note(struct deciding *deciding, size_t rule, enum rule_result result)
{
    if (deciding->results)
        deciding->results[rule] = result;
}

static void decide_rules(struct deciding *deciding, struct decision *decision)
{
    for (size_t i = 0; i < deciding->rules->count; i++) {
        const struct rule *rule = &deciding->rules->rules[i];
        struct value when = rule->when ? evaluate(deciding->evaluator, rule->when) : value_truth(true);
        if (when.knowledge == UNFETCHED) {
            ask_for_more(decision, deciding->evaluator->snapshot);
            return;
        }
        if (when.knowledge == UNKNOWN) {
            deciding->unknowns[deciding->unknown_count++] = (struct unknown_rule){when, (int16_t)i};
            note(deciding, i, RULE_UNKNOWN);
        } else if (when.truth) {
            note(deciding, i, RULE_FIRED);
            fire(deciding, decision, (int16_t)i);
            return;
        } else {
            note(deciding, i, RULE_FALSE);
        }
    }
    decision->outcome = OUTCOME_FAILED;
    decision->error = TEXT("no rule matched");
}

static void decide_script(struct deciding *deciding, const struct script *script, struct decision *decision)
{
    struct script_answer answer = {.rule = RULE_NONE};
    bool answered = script->decide(script->context, deciding->evaluator, decision->behaviour, &answer);
    if (answer.need) {
        ask_for_more(decision, deciding->evaluator->snapshot);
        return;
    }
    if (!answered) {
        decision->outcome = OUTCOME_FAILED;
        decision->error = answer.error;
        return;
    }
    note(deciding, (size_t)answer.rule, RULE_FIRED);
    decision->rule = answer.rule;
    decision->status = answer.status;
    decision->script_message = answer.message;
    if (answer.refuse)
        refuse(decision);
    else if (answer.has_scale_to)
        scale(deciding, decision, answer.rule, answer.scale_to, answer.marked ? &answer.unknown : NULL);
}

struct decision decide(struct evaluator *evaluator, enum behaviour behaviour, const struct snapshot *snapshot,
                       enum rule_result *results)
{
    const struct behaviour_rules *rules = &evaluator->policy->behaviours[behaviour];
    struct deciding deciding;
    deciding.evaluator = evaluator;
    deciding.rules = rules;
    deciding.results = results;
    deciding.unknown_count = 0;
    for (size_t i = 0; results && i < rules->count; i++)
        results[i] = RULE_NOT_REACHED;
    evaluator_begin(evaluator, snapshot);
    struct decision decision = begin(behaviour, snapshot);
    if (rules->scripted)
        decide_script(&deciding, &evaluator->scripts[behaviour], &decision);
    else
        decide_rules(&deciding, &decision);
    return decision;
}
