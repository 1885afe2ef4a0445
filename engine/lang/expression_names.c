#include "engine/lang/expression.h"

#include "drowse/limits.h"
#include "drowse/snapshot.h"
#include "engine/base/text.h"

#define NAMED(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

const struct builtin_name builtin_names[] = {
    {NAMED("desired"), BUILTIN_DESIRED, TYPE_NUMBER, STAGE_STATE, "the desired count as described"},
    {NAMED("running"), BUILTIN_RUNNING, TYPE_NUMBER, STAGE_STATE, "tasks that run"},
    {NAMED("pending"), BUILTIN_PENDING, TYPE_NUMBER, STAGE_STATE, "tasks that are about to run"},
    {NAMED("deploying"), BUILTIN_DEPLOYING, TYPE_BOOLEAN, STAGE_STATE, "is a deployment under way?"},
    {NAMED("deployed_at"), BUILTIN_DEPLOYED_AT, TYPE_INSTANT, STAGE_STATE, "when the primary deployment was created"},
    {NAMED("uptime"), BUILTIN_UPTIME, TYPE_DURATION, STAGE_STATE, "time since the last wake; 0s while no task runs"},
    {NAMED("woken_at"), BUILTIN_WOKEN_AT, TYPE_INSTANT, STAGE_STATE,
     "the wake mark; unknown where the service has none"},
    {NAMED("now"), BUILTIN_NOW, TYPE_INSTANT, STAGE_NOTHING, "the instant of the decision"},
    {NAMED("service_status"), BUILTIN_SERVICE_STATUS, TYPE_TEXT, STAGE_STATE, "ACTIVE, DRAINING or INACTIVE"},
    {NAMED("cluster"), BUILTIN_CLUSTER, TYPE_TEXT, STAGE_NOTHING, "the target's cluster"},
    {NAMED("service"), BUILTIN_SERVICE, TYPE_TEXT, STAGE_NOTHING, "the target's service"},
    {NAMED("trigger"), BUILTIN_TRIGGER, TYPE_TEXT, STAGE_NOTHING,
     "what asked for the decision: \"request\", \"schedule\" or \"cli\""},
};
const size_t builtin_name_count = COUNT_OF(builtin_names);

#define SPAN(name, aggregate, doc)                                                                                     \
    {                                                                                                                  \
        NAMED(name), FORM_SPAN, OP_AGGREGATE, aggregate, name "(METRIC over SPAN)", doc                                \
    }
#define PLAIN(name, op, arguments, doc)                                                                                \
    {                                                                                                                  \
        NAMED(name), FORM_PLAIN, op, 0, name "(" arguments ")", doc                                                    \
    }

const struct function_name function_names[] = {
    SPAN("avg", AGGREGATE_AVG, "the plain mean of the datapoints"),
    SPAN("min", AGGREGATE_MIN, "the smallest datapoint"),
    SPAN("max", AGGREGATE_MAX, "the largest datapoint"),
    SPAN("sum", AGGREGATE_SUM, "the sum of the datapoints"),
    SPAN("count", AGGREGATE_COUNT, "how many datapoints there are"),
    SPAN("last", AGGREGATE_LAST, "the newest datapoint"),
    SPAN("p50", AGGREGATE_PERCENTILE, "a percentile by nearest rank, p0.1 to p100"),
    {NAMED("age"), FORM_SPAN, OP_AGE, 0, "age(METRIC over SPAN)", "time since the newest datapoint"},
    {NAMED("quiet_for"), FORM_QUIET, OP_QUIET_FOR, 0, "quiet_for(METRIC above NUMBER over SPAN)",
     "time since a datapoint above the number, else since the oldest one that may vote"},
    PLAIN("since", OP_SINCE, "INSTANT", "time since the instant; 0s for a future one"),
    PLAIN("least", OP_LEAST, "X, Y, ...", "the least of two or more of one type"),
    PLAIN("greatest", OP_GREATEST, "X, Y, ...", "the greatest of two or more of one type"),
    PLAIN("otherwise", OP_OTHERWISE, "X, Y", "the first of the two that is known"),
    PLAIN("known", OP_KNOWN, "X", "is the value known? Never unknown itself"),
    PLAIN("instant", OP_INSTANT, "TEXT", "the instant that an RFC 3339 text with offset names"),
    PLAIN("number", OP_NUMBER, "TEXT", "the number that a text spells"),
    PLAIN("matches", OP_MATCHES, "TEXT, GLOB", "does the text match the glob, with * and ?"),
    PLAIN("tag", OP_TAG, "KEY", "the service's tag of that key; \"\" where it has none"),
    {NAMED("window"), FORM_WINDOW, OP_IN_NAMED_WINDOW, 0, "now in window(TEXT)",
     "the window that a text names; unknown for no such window"},
};
const size_t function_name_count = COUNT_OF(function_names);

const struct text reserved_words[] = {
    NAMED("and"), NAMED("or"), NAMED("not"), NAMED("in"), NAMED("over"), NAMED("above"), NAMED("true"), NAMED("false"),
};
const size_t reserved_word_count = COUNT_OF(reserved_words);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// p, digits, perhaps a point and digits.
static bool percentile_shaped(struct text name)
{
    size_t points = 0;
    if (name.n < 2 || name.p[0] != 'p')
        return false;
    for (size_t i = 1; i < name.n; i++) {
        points += name.p[i] == '.';
        if (!is_digit(name.p[i]) && (name.p[i] != '.' || i == 1 || i + 1 == name.n))
            return false;
    }
    return points <= 1;
}

bool percentile_parse(struct text name, double *percentile)
{
    size_t point;
    double number;
    if (!percentile_shaped(name))
        return false;
    struct text digits = text_from(name, 1);
    bool decimals = text_find(digits, '.', &point);
    bool leading_zero = digits.p[0] == '0' && !(decimals && point == 1);
    if (leading_zero || (decimals && digits.n - point != 2))
        return false;
    if (!text_to_double(digits, &number) || number <= 0 || number > 100)
        return false;
    *percentile = number;
    return true;
}

const struct function_name *function_find(struct text name)
{
    struct text key = percentile_shaped(name) ? TEXT("p50") : name;
    for (size_t i = 0; i < function_name_count; i++)
        if (text_eq(function_names[i].name, key))
            return &function_names[i];
    return NULL;
}

const struct builtin_name *builtin_find(struct text name)
{
    for (size_t i = 0; i < builtin_name_count; i++)
        if (text_eq(builtin_names[i].name, name))
            return &builtin_names[i];
    return NULL;
}

bool name_valid(struct text name)
{
    if (name.n == 0 || name.n > LIMIT_NAME_BYTES || name.p[0] < 'a' || name.p[0] > 'z')
        return false;
    for (size_t i = 1; i < name.n; i++) {
        char c = name.p[i];
        if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '_')
            return false;
    }
    return true;
}

const char *name_taken(struct text name)
{
    for (size_t i = 0; i < reserved_word_count; i++)
        if (text_eq(reserved_words[i], name))
            return "a word of the language";
    if (builtin_find(name))
        return "a built-in name";
    return function_find(name) ? "a function" : NULL;
}
