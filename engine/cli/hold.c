// A hold is three tags of the service, which the policy's sleep reads.
#include <string.h>

#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/live.h"
#include "engine/cli/session.h"
#include "engine/report/json_parts.h"
#include "engine/shell/reach.h"

enum hold_tag { HOLD_UNTIL, HOLD_BY, HOLD_REASON, HOLD_TAGS };
static const char *const tag_keys[HOLD_TAGS] = {"awake-until", "awake-by", "awake-reason"};

struct hold {
    bool release;
    bool unheld;  // there was nothing to release
    double until_s;
    struct tag tags[HOLD_TAGS];
};

// What ECS takes in a tag's value (API_Tag): letters, digits and blanks of any script, and these.
static bool tag_byte(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || (unsigned char)c >= 0x80 || (c != '\0' && memchr(" +-=._:/@", c, 9) != NULL);
}

static bool tag_fits(const struct session *session, enum option_id option, struct text value)
{
    size_t bad = 0;
    if (value.n > LIMIT_TAG_VALUE_BYTES) {
        say(session, "--%s: %zu bytes; a tag holds %d", option_table[option].name, value.n, LIMIT_TAG_VALUE_BYTES);
        return false;
    }
    if (!text_is_utf8(value, &bad)) {
        say(session, "--%s is no UTF-8", option_table[option].name);
        return false;
    }
    for (bad = 0; bad < value.n && tag_byte(value.p[bad]);)
        bad++;
    if (bad == value.n)
        return true;
    say(session, "--%s: a tag takes letters, digits, blanks and + - = . _ : / @, and not '%.1s'",
        option_table[option].name, value.p + bad);
    return false;
}

// An instant, or a span from now on.
static bool read_until(const struct session *session, double now_s, double *until_s)
{
    struct text option;
    double span_s;
    if (!session_value(session, OPTION_UNTIL, &option)) {
        say(session, "until when? --until 2h, or --until 2026-12-01T18:00:00Z");
        return false;
    }
    bool is_span = parse_duration(option, &span_s);
    if (!is_span && !parse_instant(option, until_s)) {
        say(session, "--until %.*s: write a span such as 2h30m, or an instant such as 2026-12-01T18:00:00+01:00",
            TEXT_ARG(option));
        return false;
    }
    if (is_span)
        *until_s = now_s + span_s;
    if (*until_s > now_s)
        return true;
    say(session, "--until %.*s is over already", TEXT_ARG(option));
    return false;
}

static struct text who(const struct session *session)
{
    struct text by = {0};
    if (session_value(session, OPTION_BY, &by))
        return by;
    by = variable_text(&session->environment->all, "USER");
    return by.n ? by : variable_text(&session->environment->all, "LOGNAME");
}

static bool read_hold(const struct live *live, struct hold *hold)
{
    struct session *session = live->session;
    *hold = (struct hold){.release = session_has(session, OPTION_RELEASE)};
    for (size_t i = 0; i < HOLD_TAGS; i++)
        hold->tags[i].key = text_of(tag_keys[i]);
    if (hold->release) {
        if (!session_has(session, OPTION_UNTIL) && !session_has(session, OPTION_REASON))
            return true;
        say(session, "--release does not go together with --until or --reason");
        return false;
    }
    if (!read_until(session, live->clock.now_s(live->clock.context), &hold->until_s))
        return false;
    struct text reason = {0}, by = who(session);
    if (!session_value(session, OPTION_REASON, &reason) || !text_trim(reason).n) {
        say(session, "why? --reason 'load test': whoever asks why the service is still up will read it");
        return false;
    }
    if (!by.n) {
        say(session, "who asks? --by NAME: neither USER nor LOGNAME is set");
        return false;
    }
    struct buffer until;
    buffer_init(&until, LIMIT_TAG_VALUE_BYTES);
    format_instant(&until, hold->until_s);
    hold->tags[HOLD_UNTIL].value = arena_text(&session->arena, buffer_text(&until));
    hold->tags[HOLD_BY].value = by;
    hold->tags[HOLD_REASON].value = reason;
    buffer_release(&until);
    return tag_fits(session, OPTION_BY, by) && tag_fits(session, OPTION_REASON, reason);
}

// Can sleep come to read the tag? Else a hold would be a promise that nobody keeps.
static bool sleep_reads_tag(struct arena *arena, const struct policy *policy, struct text key)
{
    const struct behaviour_rules *sleep = &policy->behaviours[BEHAVIOUR_SLEEP];
    struct reach reach;
    reach_begin(&reach, arena, policy);
    for (size_t i = 0; i < sleep->count; i++)
        reach_expression(&reach, sleep->rules[i].when);
    for (size_t i = 1; i < policy->node_count; i++) {
        const struct node *node = &policy->nodes[i];
        if (reach.nodes[i] && node->op == OP_TAG && policy->nodes[node->a].op == OP_TEXT &&
            text_eq(policy->texts[policy->nodes[node->a].a], key))
            return true;
    }
    return false;
}

static bool policy_honours_hold(const struct live *live)
{
    const struct policy *policy = live->policy;
    const struct behaviour_rules *sleep = &policy->behaviours[BEHAVIOUR_SLEEP];
    struct text path = policy->sources.items[0].path, key = text_of(tag_keys[HOLD_UNTIL]);
    if (!sleep->present) {
        say(live->session, "%.*s has no sleep: there is nothing to hold off, and no hold keeps a kill away",
            TEXT_ARG(path));
        return false;
    }
    // What a script reads only its run shows.
    if (sleep->scripted || sleep_reads_tag(&live->session->arena, policy, key))
        return true;
    say(live->session,
        "the sleep of %.*s does not look at the tag %.*s: a hold would hold nothing; add the rule kept_awake of "
        "policies/base.yaml",
        TEXT_ARG(path), TEXT_ARG(key));
    return false;
}

// ---- the service's own tags -------------------------------------------------------------------------------

static struct text tag_of(const struct service_state *state, enum hold_tag which)
{
    for (size_t i = 0; i < state->tag_count; i++)
        if (text_is(state->tags[i].key, tag_keys[which]))
            return state->tags[i].value;
    return TEXT("");
}

// Somebody else may count on the hold that this one takes the place of.
static void say_replaced(const struct live *live, const struct service_state *before)
{
    double until_s;
    struct text until = tag_of(before, HOLD_UNTIL);
    if (!parse_instant(until, &until_s) || until_s <= live->clock.now_s(live->clock.context))
        return;
    say(live->session, "note: it takes the place of the hold until %.*s (%.*s: %.*s)", TEXT_ARG(until),
        TEXT_ARG(tag_of(before, HOLD_BY)), TEXT_ARG(tag_of(before, HOLD_REASON)));
}

// ---- the answer -------------------------------------------------------------------------------------------

static void print_hold(struct session *session, const struct service_name *name, const struct hold *hold)
{
    if (!session_has(session, OPTION_JSON)) {
        buffer_printf(&session->out, "%.*s/%.*s ", TEXT_ARG(name->cluster), TEXT_ARG(name->service));
        if (hold->release)
            buffer_add(&session->out, hold->unheld ? TEXT("was not held\n") : TEXT("is no longer kept awake\n"));
        else
            buffer_printf(&session->out, "is kept awake until %.*s (%.*s: %.*s)\n",
                          TEXT_ARG(hold->tags[HOLD_UNTIL].value), TEXT_ARG(hold->tags[HOLD_BY].value),
                          TEXT_ARG(hold->tags[HOLD_REASON].value));
        return;
    }
    struct json_writer json;
    session_json_begin(session, &json);
    json_open_object(&json);
    json_member_text(&json, "cluster", name->cluster);
    json_member_text(&json, "service", name->service);
    json_member_bool(&json, "held", !hold->release);
    if (!hold->release) {
        json_member_text(&json, "until", hold->tags[HOLD_UNTIL].value);
        json_member_text(&json, "by", hold->tags[HOLD_BY].value);
        json_member_text(&json, "reason", hold->tags[HOLD_REASON].value);
    }
    json_close_object(&json);
    session_json_end(session, &json);
}

// Describes the service, whose ARN is what is tagged. Empty tags would tell of a hold that never was.
static struct port_result send_hold(const struct live *live, struct hold *hold, struct service_state *before)
{
    struct arena *arena = &live->session->arena;
    struct described found = {.result = {.status = PORT_FAILED}};
    live->cloud.describe(live->cloud.context, arena, live->targets, 1, &found);
    struct port_result result = found.result;
    *before = found.state;
    hold->unheld = hold->release && found.state.tags_read && !tag_of(&found.state, HOLD_UNTIL).n;
    if (result.status != PORT_OK || hold->unheld)
        return result;
    struct tag_change change = {&found.state, hold->tags, HOLD_TAGS};
    live->cloud.set_tags(live->cloud.context, arena, &change, 1, &result);
    return result;
}

// A sleep that had looked before the hold was there may have got in.
static bool is_asleep(const struct live *live, const struct service_state *before)
{
    struct described now = {.result = {.status = PORT_FAILED}};
    live->cloud.describe(live->cloud.context, &live->session->arena, live->targets, 1, &now);
    return (now.result.status == PORT_OK ? now.state.desired : before->desired) == 0;
}

static enum exit_code set_hold(struct live *live, struct hold *hold)
{
    struct session *session = live->session;
    struct service_state before;
    struct port_result result = send_hold(live, hold, &before);
    if (result.status != PORT_OK) {
        say(session, "%.*s", TEXT_ARG(result.error));
        return code_of_status(result.status);
    }
    print_hold(session, &live->targets[0], hold);
    if (hold->release)
        return CODE_DONE;
    say_replaced(live, &before);
    if (is_asleep(live, &before))
        say(session, "note: it is asleep, and a hold does not wake it: drowse run wake");
    return CODE_DONE;
}

enum exit_code command_hold(struct session *session)
{
    struct live live;
    struct hold hold;
    enum exit_code code = live_open(session, 0, LIVE_ONE, &live);
    if (code == CODE_DONE && !read_hold(&live, &hold))
        code = CODE_USAGE;
    if (code == CODE_DONE && !hold.release && !policy_honours_hold(&live))
        code = CODE_NOT_SO;
    if (code == CODE_DONE)
        code = set_hold(&live, &hold);
    live_close(&live);
    return code;
}
