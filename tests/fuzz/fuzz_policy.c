// Any bytes as a policy file: YAML, or Lua where the first byte is an 'L' (the file is what follows). No crash and no
// leak; what is wrong is said, in one line each, with its place; and what loads can be dumped and decides within the
// bounds that hold for every policy.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/base/utf8.h"
#include "engine/core/decide.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"
#include "tests/support/policy_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define OUT_BYTES ((size_t)64 << 20)  // more than anything here may print

static void demand(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void demand(bool holds, const char *format, ...)
{
    if (holds)
        return;
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    abort();
}

// ---- what is said of the file -----------------------------------------------------------------------------

static bool is_printable(uint32_t code)
{
    bool steers = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    bool breaks_line = code == 0x2028 || code == 0x2029;
    bool reorders = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return !steers && !breaks_line && !reorders;
}

static void check_text(struct text text, bool lines)
{
    for (size_t at = 0; at < text.n;) {
        struct character next = utf8_decode(text_from(text, at));
        demand(next.bytes > 0, "not UTF-8 from byte %zu on: %.*s", at, TEXT_ARG(text));
        demand(is_printable(next.code) || (lines && (next.code == '\n' || next.code == '\t')),
               "U+%04X is not for printing: %.*s", (unsigned)next.code, TEXT_ARG(text));
        at += next.bytes;
    }
}

static void check_place(const struct diag *diag, const struct sources *sources)
{
    struct place place = diag->place;
    if (place.line == 0)
        return;
    demand(place.source < sources->count, "of no source: %.*s", TEXT_ARG(diag->text));
    struct text line = sources->items[place.source].content;
    size_t end;
    for (uint32_t i = 1; i < place.line; i++) {
        demand(text_find(line, '\n', &end), "there is no line %u: %.*s", (unsigned)place.line, TEXT_ARG(diag->text));
        line = text_from(line, end + 1);
    }
    if (text_find(line, '\n', &end))
        line.n = end;
    demand(place.column <= text_length(line) + 1, "line %u has no column %u: %.*s", (unsigned)place.line,
           (unsigned)place.column, TEXT_ARG(diag->text));
}

static void check_diags(const struct diags *diags, const struct sources *sources)
{
    demand(diags->count + diags->dropped >= diags->errors, "more errors than diagnostics");
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        demand(diag->text.n > 0 && diag->code[0], "a diagnostic that says nothing");
        check_place(diag, sources);
    }
    struct buffer out;
    buffer_init(&out, OUT_BYTES);
    diags_print(diags, sources, false, &out);
    demand((out.n > 0) == (diags->count > 0) && !out.truncated, "diagnostics of %zu bytes", out.n);
    check_text(buffer_text(&out), true);
    for (size_t i = 0; i < diags->count; i++) {
        buffer_clear(&out);
        diag_print(&diags->items[i], &(struct sources){NULL, 0}, false, &out);
        demand(text_trim(buffer_text(&out)).n + 1 == out.n, "more than a line: %s", out.p);
        check_text((struct text){out.p, out.n - 1}, false);
    }
    buffer_release(&out);
}

static void check_dump(const struct policy *policy)
{
    struct buffer first, second;
    buffer_init(&first, OUT_BYTES);
    buffer_init(&second, OUT_BYTES);
    policy_dump(policy, &first);
    policy_dump(policy, &second);
    demand(first.n > 0 && !first.truncated, "a dump of %zu bytes", first.n);
    demand(text_eq(buffer_text(&first), buffer_text(&second)), "two dumps that differ");
    check_text(buffer_text(&first), true);
    buffer_release(&first);
    buffer_release(&second);
}

// ---- what it decides --------------------------------------------------------------------------------------

static void check_change(const struct policy *policy, const struct decision *decision)
{
    bool known = decision->before != COUNT_UNKNOWN;
    demand(decision->desired >= 0 && decision->desired <= policy->max_count, "a count out of limits");
    if (decision->behaviour == BEHAVIOUR_WAKE)
        demand(known && decision->desired > decision->before, "wake lowers");
    else
        demand(known ? decision->desired < decision->before : decision->desired == 0, "sleep or kill raises");
    demand(known || decision->behaviour == BEHAVIOUR_KILL, "a change of a count that nobody knows");
}

static void check_settled(const struct policy *policy, struct evaluator *evaluator, const struct decision *decision)
{
    const struct behaviour_rules *rules = &policy->behaviours[decision->behaviour];
    bool no_rule = decision->rule == RULE_NONE && decision->outcome == OUTCOME_FAILED;
    demand(no_rule || (decision->rule >= 0 && (size_t)decision->rule < rules->count), "rule %d", decision->rule);
    if (decision->outcome == OUTCOME_CHANGE)
        check_change(policy, decision);
    else
        demand(decision->desired == decision->before, "a count changed without a change");
    demand((decision->outcome == OUTCOME_FAILED) == (decision->error.n > 0), "a failure without a reason");
    demand((decision->outcome == OUTCOME_HELD) == (decision->held_why != HELD_NOT), "held for no reason");
    struct buffer message;
    size_t bad = 0;
    buffer_init(&message, LIMIT_MESSAGE_BYTES);
    message_format(&message, evaluator, decision);
    demand(message.n <= LIMIT_MESSAGE_BYTES, "a message of %zu bytes", message.n);
    demand(text_is_utf8(buffer_text(&message), &bad), "not UTF-8 from byte %zu on: %s", bad, message.p);
    buffer_release(&message);
}

// By stages, as the shell does: what needs no more is settled, whatever comes.
static struct decision settle(const struct policy *policy, struct evaluator *evaluator, enum behaviour behaviour,
                              struct snapshot *snapshot)
{
    int16_t settled_by = RULE_NONE;
    struct decision decision = {.rule = RULE_NONE};
    for (int stage = STAGE_NOTHING; stage <= STAGE_METRICS; stage++) {
        snapshot->stage = (uint8_t)stage;
        decision = decide(evaluator, behaviour, snapshot, NULL);
        demand(decision.need == 0 || decision.need == stage + 1, "needs stage %d at %d", decision.need, stage);
        demand(decision.need <= STAGE_METRICS, "needs more than there is");
        if (decision.need) {
            demand(settled_by == RULE_NONE, "what was settled needs more");
            continue;
        }
        check_settled(policy, evaluator, &decision);
        demand(settled_by == RULE_NONE || settled_by == decision.rule, "rule %d, then rule %d", settled_by,
               decision.rule);
        settled_by = decision.rule;
    }
    return decision;
}

// Only these tell an unknown from what is known, and may decide otherwise once more is known.
static bool asks_for_unknowns(const struct policy *policy)
{
    for (size_t i = 0; i < policy->node_count; i++)
        if (policy->nodes[i].op == OP_KNOWN || policy->nodes[i].op == OP_OTHERWISE)
            return true;
    return false;
}

// What is lowered without metrics would have been lowered as far whatever the metrics had said.
static void check_blind(const struct policy *policy, const struct decision *blind, const struct decision *seeing)
{
    bool lowered = blind->outcome == OUTCOME_CHANGE && blind->desired < blind->before;
    if (!lowered || policy->behaviours[blind->behaviour].scripted || asks_for_unknowns(policy))
        return;
    demand(seeing->outcome == OUTCOME_FAILED || seeing->desired <= blind->desired,
           "rule %d lowers to %lld without metrics, rule %d to %lld with them", blind->rule, (long long)blind->desired,
           seeing->rule, (long long)seeing->desired);
}

static void check_behaviour(const struct policy *policy, struct evaluator *evaluator, struct arena *arena,
                            enum behaviour behaviour)
{
    for (size_t i = 0; i < world_count; i++) {
        struct decision blind = {0};
        for (int metrics = 0; metrics < WORLD_METRICS_COUNT; metrics++) {
            struct snapshot snapshot = world_snapshot(arena, policy, i, (enum world_metrics)metrics);
            struct decision decision = settle(policy, evaluator, behaviour, &snapshot);
            if (metrics == WORLD_FAILED)
                blind = decision;
            check_blind(policy, &blind, &decision);
            if (policy->behaviours[behaviour].scripted && metrics == WORLD_IDLE)
                break;  // each of its calls may take its whole budget
        }
    }
}

static void check_decisions(const struct policy *policy, struct arena *arena)
{
    struct evaluator evaluator;
    evaluator_init(&evaluator, policy, arena);
    struct script_host *host = script_host_new(policy, &evaluator);
    for (int i = 0; i < BEHAVIOUR_COUNT; i++)
        if (policy->behaviours[i].present)
            check_behaviour(policy, &evaluator, arena, (enum behaviour)i);
    script_host_free(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena = {0};
    struct diags diags;
    struct sources sources = {0};
    struct text content = {(const char *)bytes, n};
    bool lua = n > 0 && bytes[0] == 'L';
    struct world_files files = {lua ? TEXT("fuzz.lua") : TEXT("fuzz.yaml"), text_from(content, lua ? 1 : 0)};
    struct file_reader reader = world_reader(&files);
    diags_init(&diags, &arena);
    const struct policy *policy = policy_load(&arena, &reader, files.path, &diags, &sources);
    demand((policy != NULL) == (diags.errors == 0), "loaded: %d, %zu errors", policy != NULL, diags.errors);
    check_diags(&diags, &sources);
    if (policy) {
        check_dump(policy);
        check_decisions(policy, &arena);
    }
    arena_release(&arena);
    return 0;
}
