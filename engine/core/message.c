#include "engine/core/message.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/base/text.h"
#include "engine/core/evaluator.h"

const char *behaviour_name(enum behaviour behaviour)
{
    static const char *const names[] = {"wake", "sleep", "kill"};
    return names[behaviour];
}

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"no_change", "change", "held", "refused", "failed"};
    return names[outcome];
}

const char *type_name(enum type type)
{
    static const char *const names[] = {"boolean", "number", "duration", "instant", "text"};
    return names[type];
}

static bool say_if_not_known(struct buffer *out, struct value value)
{
    if (value.knowledge == KNOWN)
        return false;
    buffer_add(out, value.knowledge == UNFETCHED ? TEXT("n/a") : TEXT("unknown"));
    return true;
}

static void plain_format(struct buffer *out, enum type type, struct value value)
{
    switch (type) {
    case TYPE_BOOLEAN:
        buffer_add(out, value.truth ? TEXT("true") : TEXT("false"));
        return;
    case TYPE_NUMBER:
        buffer_add_number(out, value.number);
        return;
    case TYPE_DURATION:
        format_duration(out, value.number);
        return;
    case TYPE_INSTANT:
        format_instant(out, value.number);
        return;
    case TYPE_TEXT:
        buffer_add(out, value.text);
        return;
    }
}

void value_format(struct buffer *out, enum type type, struct value value)
{
    if (say_if_not_known(out, value))
        return;
    bool quoted = type == TYPE_TEXT;
    if (quoted)
        buffer_add_char(out, '"');
    plain_format(out, type, value);
    if (quoted)
        buffer_add_char(out, '"');
}

void value_json(struct json_writer *out, enum type type, struct value value)
{
    if (value.knowledge != KNOWN) {
        json_null(out);
        return;
    }
    switch (type) {
    case TYPE_BOOLEAN:
        json_bool(out, value.truth);
        return;
    case TYPE_NUMBER:
        json_number(out, value.number);
        return;
    case TYPE_DURATION:
    case TYPE_INSTANT:
        json_number(out, floor(value.number));
        return;
    case TYPE_TEXT:
        json_text(out, value.text);
        return;
    }
}

static const char *why_sentence(enum why why)
{
    switch (why) {
    case WHY_NONE:
        break;
    case WHY_NOT_FETCHED:
        return "not fetched";
    case WHY_NOT_STARTED:
        return "no task is running yet";
    case WHY_NO_BUCKET_DUE:
        return "no whole period lies between the fence and now - lag";
    case WHY_COVERAGE:
        return "too few points";
    case WHY_STALE:
        return "its newest point is too old";
    case WHY_INCOMPLETE:
        return "CloudWatch's answer was not complete";
    case WHY_NOT_ASKED:
        return "the span begins before what was asked of CloudWatch";
    case WHY_FUTURE:
        return "it lies more than 5 minutes in the future";
    case WHY_ARITHMETIC:
        return "division by zero, or a result that is not finite";
    case WHY_NOT_SET:
        return "it is not set";
    case WHY_TAGS_DENIED:
        return "the service's tags could not be read";
    case WHY_UNPARSABLE:
        return "the text is neither an instant nor a number";
    case WHY_NO_WINDOW:
        return "no window has that name";
    case WHY_HEARTBEAT:
        return "too few points, and its heartbeat is unknown too";
    }
    return "unknown";
}

static bool concerns_metric(enum why why)
{
    switch (why) {
    case WHY_NOT_STARTED:
    case WHY_NO_BUCKET_DUE:
    case WHY_COVERAGE:
    case WHY_STALE:
    case WHY_INCOMPLETE:
    case WHY_NOT_ASKED:
    case WHY_FUTURE:
    case WHY_HEARTBEAT:
        return true;
    case WHY_NONE:
    case WHY_NOT_FETCHED:
    case WHY_ARITHMETIC:
    case WHY_NOT_SET:
    case WHY_TAGS_DENIED:
    case WHY_UNPARSABLE:
    case WHY_NO_WINDOW:
        break;
    }
    return false;
}

void why_format(struct buffer *out, const struct policy *policy, struct value value)
{
    enum why why = value.why;
    if (concerns_metric(why))
        buffer_printf(out, "%.*s: ", TEXT_ARG(policy->metrics[value.what].name));
    buffer_add(out, text_of(why_sentence(why)));
    if (why == WHY_COVERAGE || why == WHY_HEARTBEAT)
        buffer_printf(out, " (%u of %u due buckets have one, coverage asks for %.15g)", value.buckets.present,
                      value.buckets.due, policy->metrics[value.what].coverage);
    if (why == WHY_STALE) {
        buffer_add(out, TEXT(" ("));
        format_duration(out, value.age_s);
        buffer_add(out, TEXT(")"));
    }
}

static void piece_format(struct buffer *out, struct evaluator *evaluator, const struct piece *piece)
{
    struct value value = evaluate(evaluator, piece->expression);
    if (say_if_not_known(out, value))
        return;
    switch ((enum piece_format)piece->format) {
    case PIECE_LITERAL:
        return;
    case PIECE_PLAIN:
        plain_format(out, evaluator->policy->nodes[piece->expression].type, value);
        return;
    case PIECE_FIXED:
        buffer_printf(out, "%.*f", piece->decimals, value.number);
        return;
    case PIECE_SECONDS:
        buffer_printf(out, "%.0f", floor(value.number));
        return;
    case PIECE_MINUTES:
        buffer_printf(out, "%.0f", floor(value.number / MINUTE_S));
        return;
    case PIECE_DURATION:
        format_duration(out, value.number);
        return;
    case PIECE_ISO:
        format_instant(out, value.number);
        return;
    }
}

static void template_format(struct buffer *out, struct evaluator *evaluator, const struct message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        const struct piece *piece = &message->pieces[i];
        if (piece->format == PIECE_LITERAL)
            buffer_add(out, piece->literal);
        else
            piece_format(out, evaluator, piece);
    }
}

static void held_format(struct buffer *out, const struct policy *policy, const struct decision *decision)
{
    const struct rule *rules = policy->behaviours[decision->behaviour].rules;
    buffer_printf(out, "No change: rule %.*s is held back, because ", TEXT_ARG(rules[decision->rule].name));
    switch ((enum held_why)decision->held_why) {
    case HELD_NOT:
        return;
    case HELD_BY_RULE:
        buffer_printf(out, "rule %.*s before it could not be settled (", TEXT_ARG(rules[decision->held_by].name));
        break;
    case HELD_BY_SCALE_TO:
        buffer_add(out, TEXT("the count that it asks for is unknown ("));
        break;
    case HELD_BY_UNKNOWN:
        buffer_add(out, TEXT("it read a value that is unknown ("));
        break;
    }
    why_format(out, policy, decision->unknown);
    buffer_add(out, TEXT(")"));
}

void message_format(struct buffer *out, struct evaluator *evaluator, const struct decision *decision)
{
    const struct behaviour_rules *rules = &evaluator->policy->behaviours[decision->behaviour];
    if (decision->outcome == OUTCOME_HELD)
        held_format(out, evaluator->policy, decision);
    else if (decision->outcome == OUTCOME_FAILED)
        buffer_printf(out, "No change: the policy gave no answer: %.*s", TEXT_ARG(decision->error));
    else if (rules->scripted)
        buffer_add(out, decision->script_message);
    else
        template_format(out, evaluator, &rules->rules[decision->rule].message);
}

struct text message_text(struct arena *arena, struct evaluator *evaluator, const struct decision *decision)
{
    struct buffer message;
    buffer_init(&message, LIMIT_MESSAGE_BYTES);
    message_format(&message, evaluator, decision);
    struct text text = arena_text(arena, buffer_text(&message));
    buffer_release(&message);
    return text;
}
