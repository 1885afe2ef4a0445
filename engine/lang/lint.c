// What is legal and surely not meant: warnings.
#include "engine/lang/loader.h"

#include <math.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/core/retention.h"
#include "engine/core/schedule.h"

// ---- rules ------------------------------------------------------------------------------------------------

// What the contract lets each behaviour answer; `no_change` suits all.
static const char *const contract[BEHAVIOUR_COUNT][4] = {
    [BEHAVIOUR_WAKE] = {"waking", "starting", "already_running", NULL},
    [BEHAVIOUR_SLEEP] = {"scaled_down", "no_change", NULL},
    [BEHAVIOUR_KILL] = {"killed", NULL},
};

static void lint_status(struct loader *loader, enum behaviour behaviour, const struct rule *rule)
{
    struct text list = TEXT("");
    if (rule->refuse || text_is(rule->status, "no_change"))
        return;
    for (size_t i = 0; contract[behaviour][i]; i++) {
        if (text_is(rule->status, contract[behaviour][i]))
            return;
        list = arena_format(loader->arena, "%.*s%s%s", TEXT_ARG(list), i ? ", " : "", contract[behaviour][i]);
    }
    diag_warning(loader->diags, rule->place, "status",
                 "rule '%.*s' answers '%.*s', which clients of %s do not know; they know %.*s%s", TEXT_ARG(rule->name),
                 TEXT_ARG(rule->status), behaviour_name(behaviour), TEXT_ARG(list),
                 behaviour == BEHAVIOUR_SLEEP ? "" : " and no_change");
}

static void lint_rule(struct loader *loader, enum behaviour behaviour, const struct rule *rule)
{
    const char *taken = name_taken(rule->name);
    bool always = rule->when == 0 || always_true(loader, rule->when);
    lint_status(loader, behaviour, rule);
    if (taken)
        diag_warning(loader->diags, rule->place, "rule-name", "the name of rule '%.*s' is %s too", TEXT_ARG(rule->name),
                     taken);
    if (never_true(loader, rule->when))
        diag_warning(loader->diags, rule->place, "never-true", "rule '%.*s' never fires: its condition is always false",
                     TEXT_ARG(rule->name));
    if (behaviour == BEHAVIOUR_SLEEP && always && rule->scale_to)
        diag_warning(loader->diags, rule->place, "unconditional-sleep",
                     "rule '%.*s' puts every service to sleep that comes to it: it has no condition",
                     TEXT_ARG(rule->name));
}

static void lint_rules(struct loader *loader, enum behaviour behaviour)
{
    const struct behaviour_rules *rules = &loader->policy->behaviours[behaviour];
    const struct rule *last = NULL;
    for (size_t i = 0; i < rules->count && !rules->scripted; i++) {
        const struct rule *rule = &rules->rules[i];
        if (last)
            diag_warning(loader->diags, rule->place, "unreachable-rule",
                         "rule '%.*s' is never reached: '%.*s' before it always matches", TEXT_ARG(rule->name),
                         TEXT_ARG(last->name));
        else
            lint_rule(loader, behaviour, rule);
        if (!last && (rule->when == 0 || always_true(loader, rule->when)))
            last = rule;
    }
}

static void lint_schedules(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
        const struct schedule *schedule = policy->schedules[i];
        if (schedule && !policy->behaviours[i].present)
            diag_warning(loader->diags, loader->schedule_places[i], "schedule-unused",
                         "%s is scheduled, but the policy has no %s", behaviour_name((enum behaviour)i),
                         behaviour_name((enum behaviour)i));
        int64_t next_s;
        if (schedule && !schedule_next(schedule, 0, 0, &next_s))
            diag_warning(loader->diags, loader->schedule_places[i], "schedule-never",
                         "the schedule of %s never runs: no date fits it", behaviour_name((enum behaviour)i));
    }
}

// ---- spans ------------------------------------------------------------------------------------------------

static void lint_span(struct loader *loader, const struct node *node)
{
    const struct metric *metric = &loader->policy->metrics[node->a];
    struct place place = loader->policy->places[node->b];
    struct arena *arena = loader->arena;
    double span_s;
    if (!node_default(loader, node->b, &span_s))
        return;
    if (span_s > retention_s(metric->period_s))
        diag_warning(loader->diags, place, "span-kept",
                     "a span of %.*s: CloudWatch keeps datapoints of %.*s for %.*s only",
                     TEXT_ARG(duration_text(arena, span_s)), TEXT_ARG(duration_text(arena, metric->period_s)),
                     TEXT_ARG(duration_text(arena, retention_s(metric->period_s))));
    if (fmod(span_s, metric->period_s) != 0)
        diag_warning(loader->diags, place, "span-periods",
                     "a span of %.*s is not a whole number of the %.*s periods of metric '%.*s'",
                     TEXT_ARG(duration_text(arena, span_s)), TEXT_ARG(duration_text(arena, metric->period_s)),
                     TEXT_ARG(metric->name));
}

// What one quiet_for is compared with, by node.
struct quiet {
    bool compared, open;  // open: with something that only a snapshot knows
    double most_s;
};

static void note_quiet(struct loader *loader, struct quiet *quiets, node_index time, node_index threshold)
{
    const struct policy *policy = loader->policy;
    node_index node = node_resolved(policy, time);
    double threshold_s, span_s;
    if (policy->nodes[node].op != OP_QUIET_FOR)
        return;
    struct quiet *quiet = &quiets[node];
    quiet->compared = true;
    if (!node_default(loader, threshold, &threshold_s)) {
        quiet->open = true;
        return;
    }
    quiet->most_s = fmax(quiet->most_s, threshold_s);
    if (node_default(loader, policy->nodes[node].b, &span_s) && threshold_s > span_s)
        diag_warning(loader->diags, policy->places[threshold], "quiet-span",
                     "quiet_for looks back %.*s and so is never longer; it is compared with %.*s",
                     TEXT_ARG(duration_text(loader->arena, span_s)),
                     TEXT_ARG(duration_text(loader->arena, threshold_s)));
}

static bool compares_durations(const struct node *node)
{
    return node->operands == TYPE_DURATION && node->op >= OP_EQUAL && node->op <= OP_GREATER_EQUAL;
}

static void lint_quiet(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    struct quiet *quiets = ARENA_ARRAY(loader->arena, policy->node_count, struct quiet);
    for (size_t i = 1; i < policy->node_count; i++) {
        const struct node *node = &policy->nodes[i];
        if (!compares_durations(node))
            continue;
        note_quiet(loader, quiets, node->a, node->b);
        note_quiet(loader, quiets, node->b, node->a);
    }
    for (size_t i = 1; i < policy->node_count; i++) {
        double span_s;
        if (!quiets[i].compared || quiets[i].open || !node_default(loader, policy->nodes[i].b, &span_s) ||
            span_s <= quiets[i].most_s)
            continue;
        diag_warning(loader->diags, policy->places[policy->nodes[i].b], "quiet-span",
                     "quiet_for looks back %.*s, but is compared with %.*s: the longer span only asks for more "
                     "datapoints",
                     TEXT_ARG(duration_text(loader->arena, span_s)),
                     TEXT_ARG(duration_text(loader->arena, quiets[i].most_s)));
    }
}

static void lint_spans(struct loader *loader)
{
    for (size_t i = 1; i < loader->policy->node_count; i++) {
        const struct node *node = &loader->policy->nodes[i];
        if (node->op == OP_AGGREGATE || node->op == OP_AGE || node->op == OP_QUIET_FOR)
            lint_span(loader, node);
    }
    lint_quiet(loader);
}

// ---- what nothing uses ------------------------------------------------------------------------------------

static void lint_unused(struct loader *loader, const char *code, const char *what, struct text name, struct place place,
                        bool used)
{
    // What is inherited need not be used by each child.
    if (!used && place.source == 0)
        diag_warning(loader->diags, place, code, "%s '%.*s' is not used", what, TEXT_ARG(name));
}

static bool lint_can_tell_uses(const struct policy *policy)
{
    bool present = false;
    for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
        present |= policy->behaviours[i].present;
        if (policy->behaviours[i].scripted)
            return false;  // a script reads names that only a run shows
    }
    return present;
}

// window(text) may name any window.
static bool reads_named_windows(const struct policy *policy)
{
    for (size_t i = 1; i < policy->node_count; i++) {
        if (policy->nodes[i].op == OP_IN_NAMED_WINDOW)
            return true;
    }
    return false;
}

static void lint_uses(struct loader *loader)
{
    const struct policy *policy = loader->policy;
    const struct compiler *compiler = &loader->compiler;
    bool any_window = reads_named_windows(policy);
    if (!lint_can_tell_uses(policy))
        return;
    for (size_t i = 0; i < policy->metric_count; i++) {
        if (policy->metrics[i].missing_while >= 0 && compiler->metric_used[i])
            compiler->metric_used[policy->metrics[i].missing_while] = true;
    }
    for (size_t i = 0; i < policy->param_count; i++)
        lint_unused(loader, "unused-param", "param", policy->params[i].name, policy->params[i].place,
                    compiler->param_used[i]);
    for (size_t i = 0; i < policy->metric_count; i++)
        lint_unused(loader, "unused-metric", "metric", policy->metrics[i].name, policy->metrics[i].place,
                    compiler->metric_used[i]);
    for (size_t i = 0; i < policy->window_count; i++)
        lint_unused(loader, "unused-window", "window", policy->windows[i].name, policy->windows[i].place,
                    any_window || compiler->window_used[i]);
    for (size_t i = 0; i < policy->let_count; i++)
        lint_unused(loader, "unused-let", "let", policy->lets[i].name, policy->lets[i].place, compiler->let_used[i]);
}

void lint_policy(struct loader *loader)
{
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        lint_rules(loader, (enum behaviour)i);
    lint_schedules(loader);
    lint_spans(loader);
    lint_uses(loader);
}
