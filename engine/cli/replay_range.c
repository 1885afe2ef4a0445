#include "engine/cli/replay_range.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/cli/session.h"
#include "engine/core/series.h"

#define DAYS_MOST 36600  // a hundred years
#define STAMP_BYTES 64

struct range {
    double from_s, to_s;
};

// From the first to behind the last bucket; empty where nothing is recorded.
static struct range recorded_range(const struct replay_input *input)
{
    struct range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < input->policy->metric_count; i++) {
        const struct series *series = &input->series[i];
        if (series->count == 0)
            continue;
        range.from_s = fmin(range.from_s, (double)series->at_s[0]);
        range.to_s = fmax(range.to_s, (double)series->at_s[series->count - 1] + input->policy->metrics[i].period_s);
    }
    return range;
}

static struct text stamp(struct session *session, double at_s)
{
    struct buffer text;
    buffer_init(&text, STAMP_BYTES);
    format_instant(&text, at_s);
    struct text copy = arena_text(&session->arena, buffer_text(&text));
    buffer_release(&text);
    return copy;
}

// Nothing is known beyond the recording: a service would seem to stay as it was, for however long one asks.
static bool keep_within(struct session *session, const struct range *recorded, struct range *asked)
{
    if (asked->from_s >= recorded->to_s || asked->to_s <= recorded->from_s) {
        say(session, "nothing is recorded between --from and --to: the recording is of %.*s to %.*s",
            TEXT_ARG(stamp(session, recorded->from_s)), TEXT_ARG(stamp(session, recorded->to_s)));
        return false;
    }
    if (asked->from_s < recorded->from_s)
        say(session, "note: the recording begins at %.*s, and so does the replay",
            TEXT_ARG(stamp(session, recorded->from_s)));
    if (asked->to_s > recorded->to_s)
        say(session, "note: the recording ends at %.*s, and so does the replay",
            TEXT_ARG(stamp(session, recorded->to_s)));
    asked->from_s = fmax(asked->from_s, recorded->from_s);
    asked->to_s = fmin(asked->to_s, recorded->to_s);
    return true;
}

static bool is_in_order(struct session *session, const struct range *range)
{
    if (range->from_s < range->to_s)
        return true;
    say(session, "--from is %.*s, which is not before --to, %.*s", TEXT_ARG(stamp(session, range->from_s)),
        TEXT_ARG(stamp(session, range->to_s)));
    return false;
}

// A timestamp gone astray makes an endless replay.
static bool is_finite(struct session *session, const struct range *range)
{
    if (isinf(range->from_s) || isinf(range->to_s)) {
        say(session, "the policy has no metrics, so that no recording says from when to when: give --from and --to");
        return false;
    }
    if (range->to_s - range->from_s <= (double)DAYS_MOST * DAY_S)
        return true;
    say(session, "%.*s to %.*s is more than 100 years: give --from and --to", TEXT_ARG(stamp(session, range->from_s)),
        TEXT_ARG(stamp(session, range->to_s)));
    return false;
}

bool replay_range_choose(struct session *session, struct replay_input *input)
{
    struct range recorded = recorded_range(input);
    bool any = recorded.from_s < recorded.to_s;
    struct range asked = any ? recorded : (struct range){-INFINITY, INFINITY};
    if (!session_instant(session, OPTION_FROM, &asked.from_s) || !session_instant(session, OPTION_TO, &asked.to_s))
        return false;
    bool both = session_has(session, OPTION_FROM) && session_has(session, OPTION_TO);
    if (both && !is_in_order(session, &asked))
        return false;
    if (any && !keep_within(session, &recorded, &asked))
        return false;
    if (!is_finite(session, &asked))
        return false;
    input->from_s = floor(asked.from_s);
    input->to_s = ceil(asked.to_s);
    return true;
}
