#include "engine/report/explanation.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"
#include "engine/core/message.h"
#include "engine/core/node.h"
#include "engine/lang/load.h"

// Deeper parts of an expression are summed up in the value above them.
#define DEPTH_MOST 24

const char *rule_result_name(const struct reasoned_rule *rule)
{
    if (rule->held_back)
        return "held back";
    switch (rule->result) {
    case RULE_NOT_REACHED:
        return rule->by_script ? "not chosen" : "not reached";
    case RULE_FALSE:
        return "false";
    case RULE_UNKNOWN:
        return "unknown";
    case RULE_FIRED:
        break;
    }
    return rule->by_script ? "chosen" : "fired";
}

const char *fence_source_name(enum fence_source source)
{
    static const char *const names[] = {"nothing", "its wake mark", "its newest start event",
                                        "its deployment's creation", "its creation"};
    return names[source];
}

const char *trigger_name(enum trigger trigger)
{
    static const char *const names[] = {"request", "schedule", "cli"};
    return names[trigger];
}

const char *param_origin_name(enum param_origin origin)
{
    static const char *const names[] = {"policy", "environment", "--param", "request"};
    return names[origin];
}

// ---- the reasoning ----------------------------------------------------------------------------------------

struct reasoning {
    struct arena *arena;
    const struct policy *policy;
    const struct trace *trace;
    bool *let_shown;
    struct reasoning_step *steps;
    size_t count, capacity;
};

// The canonical notation puts every operation in parentheses; around a whole expression they say nothing.
static struct text without_outer_parentheses(struct text text)
{
    if (text.n < 2 || text.p[0] != '(')
        return text;
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        if (quoted && text.p[i] == '\\') {
            i++;
            continue;
        }
        quoted = quoted != (text.p[i] == '"');
        depth += !quoted && text.p[i] == '(';
        depth -= !quoted && text.p[i] == ')';
        if (depth == 0)
            return i + 1 == text.n ? (struct text){text.p + 1, text.n - 2} : text;
    }
    return text;
}

static struct text expression_text(struct reasoning *reasoning, node_index node)
{
    struct buffer text;
    buffer_init(&text, LIMIT_EXPRESSION_BYTES);
    expression_dump(reasoning->policy, node, &text);
    struct text copy = arena_text(reasoning->arena, without_outer_parentheses(buffer_text(&text)));
    buffer_release(&text);
    return copy;
}

static bool is_literal(const struct policy *policy, node_index node)
{
    return policy->nodes[node].op == OP_CONSTANT || policy->nodes[node].op == OP_TEXT;
}

static bool is_unknown(const struct reasoning *reasoning, node_index node)
{
    return reasoning->trace->seen[node] && reasoning->trace->values[node].knowledge != KNOWN;
}

static bool child_is_unknown(const struct reasoning *reasoning, const node_index *children, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_unknown(reasoning, children[i]))
            return true;
    return false;
}

// A `let` is taken apart where it is first met.
static bool is_taken_apart(struct reasoning *reasoning, node_index index, size_t depth)
{
    const struct node *node = &reasoning->policy->nodes[index];
    if (!reasoning->trace->seen[index] || depth >= DEPTH_MOST)
        return false;
    if (node->op != OP_LET)
        return true;
    bool shown = reasoning->let_shown[node->a];
    reasoning->let_shown[node->a] = true;
    return !shown;
}

static void reason(struct reasoning *reasoning, node_index node, size_t depth)
{
    node_index children[NODE_CHILDREN];
    size_t count = node_children(reasoning->policy, node, children);
    const struct trace *trace = reasoning->trace;
    bool needed = trace->seen[node] > 0;
    struct reasoning_step step = {.node = node, .depth = depth, .needed = needed};
    step.expression = expression_text(reasoning, node);
    if (needed)
        step.value = trace->values[node];
    step.explains = is_unknown(reasoning, node) && !child_is_unknown(reasoning, children, count);
    reasoning->steps = arena_grow(reasoning->arena, reasoning->steps, reasoning->count, &reasoning->capacity,
                                  reasoning->count + 1, sizeof step);
    reasoning->steps[reasoning->count++] = step;
    if (!is_taken_apart(reasoning, node, depth))
        return;
    for (size_t i = 0; i < count; i++)
        if (!is_literal(reasoning->policy, children[i]))
            reason(reasoning, children[i], depth + 1);
}

static void reason_rule(struct reasoning *reasoning, struct reasoned_rule *reasoned)
{
    reasoning->steps = NULL;
    reasoning->count = reasoning->capacity = 0;
    if (reasoned->result != RULE_NOT_REACHED) {
        if (reasoned->rule->when)
            reason(reasoning, reasoned->rule->when, 0);
        node_index scale_to = reasoned->rule->scale_to;
        if (reasoned->result == RULE_FIRED && scale_to && !is_literal(reasoning->policy, scale_to))
            reason(reasoning, scale_to, 0);
    }
    reasoned->steps = reasoning->steps;
    reasoned->step_count = reasoning->count;
}

static struct trace trace_new(struct arena *arena, const struct policy *policy)
{
    size_t count = policy->node_count;
    return (struct trace){.values = ARENA_ARRAY(arena, count, struct value),
                          .seen = ARENA_ARRAY(arena, count, uint32_t),
                          .seen_true = ARENA_ARRAY(arena, count, uint32_t),
                          .seen_false = ARENA_ARRAY(arena, count, uint32_t),
                          .seen_unknown = ARENA_ARRAY(arena, count, uint32_t)};
}

static void reason_rules(struct arena *arena, const struct policy *policy, const struct trace *trace,
                         const enum rule_result *results, struct explanation *explanation)
{
    const struct behaviour_rules *behaviour = &policy->behaviours[explanation->decision.behaviour];
    struct reasoned_rule *rules = ARENA_ARRAY(arena, behaviour->count, struct reasoned_rule);
    struct reasoning reasoning = {.arena = arena, .policy = policy, .trace = trace};
    reasoning.let_shown = ARENA_ARRAY(arena, policy->let_count, bool);
    for (size_t i = 0; i < behaviour->count; i++) {
        rules[i].rule = &behaviour->rules[i];
        rules[i].result = results[i];
        rules[i].held_back = explanation->decision.outcome == OUTCOME_HELD && results[i] == RULE_FIRED;
        rules[i].by_script = behaviour->scripted;
        if (!behaviour->scripted)
            reason_rule(&reasoning, &rules[i]);
    }
    explanation->rules = rules;
    explanation->rule_count = behaviour->count;
    explanation->scripted = behaviour->scripted;
}

// ---- all around it ----------------------------------------------------------------------------------------

static void collect_params(struct arena *arena, const struct evaluator *evaluator, struct explanation *explanation)
{
    const struct policy *policy = evaluator->policy;
    struct param_setting *params = ARENA_ARRAY(arena, policy->param_count, struct param_setting);
    for (uint32_t i = 0; i < policy->param_count; i++) {
        enum param_origin origin = PARAM_POLICY;
        params[i].value = param_value(evaluator, i, &origin);
        params[i].origin = (uint8_t)origin;
        if (origin != PARAM_POLICY)
            params[i].origin_name = explanation->snapshot->params[i].origin_name;
    }
    explanation->params = params;
}

static void collect_lets(struct arena *arena, struct evaluator *evaluator, struct explanation *explanation)
{
    if (!explanation->scripted)
        return;
    const struct policy *policy = evaluator->policy;
    struct reasoned_let *lets = ARENA_ARRAY(arena, policy->let_count, struct reasoned_let);
    for (size_t i = 0; i < policy->let_count; i++)
        lets[i] = (struct reasoned_let){&policy->lets[i], evaluate(evaluator, policy->lets[i].expression)};
    explanation->lets = lets;
    explanation->let_count = policy->let_count;
}

static struct text change_phrase(struct arena *arena, const struct decision *decision)
{
    if (decision->behaviour == BEHAVIOUR_WAKE && decision->before == 0)
        return TEXT("would be woken");
    if (decision->desired == 0)
        return decision->behaviour == BEHAVIOUR_SLEEP ? TEXT("would be put to sleep") : TEXT("would be stopped");
    return arena_format(arena, "would go from %lld to %lld tasks", (long long)decision->before,
                        (long long)decision->desired);
}

static struct text unchanged_phrase(const struct explanation *explanation)
{
    const struct service_state *state = &explanation->snapshot->state;
    bool wake = explanation->decision.behaviour == BEHAVIOUR_WAKE;
    if (explanation->snapshot->stage < STAGE_STATE)
        return TEXT("is left as it is");
    if (state->desired == 0)
        return wake ? TEXT("stays asleep") : TEXT("is asleep already");
    if (state->running == 0)
        return wake ? TEXT("is starting already") : TEXT("is left to start");
    return wake ? TEXT("is awake already") : TEXT("stays awake");
}

// A condition that could not be settled may be why an earlier rule did not act.
static struct text unsettled(struct arena *arena, const struct trace *trace, const struct explanation *explanation)
{
    for (size_t i = 0; explanation->decision.outcome == OUTCOME_NO_CHANGE && i < explanation->rule_count; i++) {
        const struct reasoned_rule *rule = &explanation->rules[i];
        if (rule->result != RULE_UNKNOWN)
            continue;
        struct buffer why;
        buffer_init(&why, LIMIT_MESSAGE_BYTES);
        why_format(&why, explanation->policy, trace->values[rule->rule->when]);
        struct text text = arena_format(arena, "; rule %.*s could not be settled: %.*s", TEXT_ARG(rule->rule->name),
                                        TEXT_ARG(buffer_text(&why)));
        buffer_release(&why);
        return text;
    }
    return (struct text){"", 0};
}

static struct text headline(struct arena *arena, const struct trace *trace, const struct explanation *explanation)
{
    const struct decision *decision = &explanation->decision;
    struct text phrase = unchanged_phrase(explanation);
    if (decision->outcome == OUTCOME_CHANGE)
        phrase = change_phrase(arena, decision);
    else if (decision->outcome == OUTCOME_REFUSED)
        phrase = decision->behaviour == BEHAVIOUR_WAKE ? TEXT("is not woken") : TEXT("is not stopped");
    return arena_format(arena, "%.*s/%.*s %.*s: %.*s%.*s", TEXT_ARG(explanation->snapshot->cluster),
                        TEXT_ARG(explanation->snapshot->service), TEXT_ARG(phrase), TEXT_ARG(explanation->message),
                        TEXT_ARG(unsettled(arena, trace, explanation)));
}

static void look_ahead(struct arena *arena, struct evaluator *evaluator, struct explanation *explanation)
{
    enum outcome outcome = explanation->decision.outcome;
    if (outcome == OUTCOME_CHANGE || outcome == OUTCOME_FAILED || explanation->snapshot->stage < STAGE_STATE)
        return;
    explanation->has_outlook = true;
    outlook_find(arena, evaluator, explanation->snapshot, &explanation->decision, &explanation->outlook);
}

void explain(struct arena *arena, struct evaluator *evaluator, enum behaviour behaviour,
             const struct snapshot *snapshot, struct explanation *explanation)
{
    const struct policy *policy = evaluator->policy;
    struct trace trace = trace_new(arena, policy);
    enum rule_result *results = ARENA_ARRAY(arena, policy->behaviours[behaviour].count, enum rule_result);
    struct arena *former = evaluator->arena;
    evaluator->arena = arena;
    evaluator->trace = &trace;
    struct explanation made = {.policy = policy, .snapshot = snapshot};
    made.decision = decide(evaluator, behaviour, snapshot, results);
    reason_rules(arena, policy, &trace, results, &made);
    collect_params(arena, evaluator, &made);
    collect_lets(arena, evaluator, &made);
    made.message = message_text(arena, evaluator, &made.decision);
    made.headline = headline(arena, &trace, &made);
    evaluator->trace = NULL;
    look_ahead(arena, evaluator, &made);
    evaluator->arena = former;
    *explanation = made;
}
