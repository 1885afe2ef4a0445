#include "engine/cli/options.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"

const struct option option_table[OPTION_COUNT] = {
    [OPTION_POLICY] = {"policy", 'p', "FILE", false, "the policy; else DROWSE_POLICY, else policies/$DROWSE_ENV.yaml"},
    [OPTION_STATE] = {"state", 's', "FILE", false,
                      "services and metrics from a file, which `run` changes as ECS would; else AWS"},
    [OPTION_SERVICE] = {"service", 0, "CLUSTER/SERVICE", false, "the one service meant"},
    [OPTION_ALL] = {"all", 0, NULL, false, "every target of the policy"},
    [OPTION_PARAM] = {"param", 0, "NAME=VALUE", true,
                      "sets a param of the policy: a duration such as 20m, or a number in the param's own unit"},
    [OPTION_REQUEST] = {"request", 0, "JSON|FILE", false,
                        "a request's body, such as '{\"idle_threshold_mins\": 30}'; the trigger is then `request`"},
    [OPTION_TRIGGER] = {"trigger", 0, "WHAT", false, "what a policy sees as `trigger`: request, schedule or cli"},
    [OPTION_DRY_RUN] = {"dry-run", 'n', NULL, false, "decides and answers, changes nothing"},
    [OPTION_YES] = {"yes", 'y', NULL, false, "kills without asking"},
    [OPTION_STRICT] = {"strict", 0, NULL, false, "warnings fail the check too"},
    [OPTION_DUMP] = {"dump", 0, NULL, false, "prints the compiled policy"},
    [OPTION_DETAILED_EXITCODE] = {"detailed-exitcode", 0, NULL, false,
                                  "exits with 0 where nothing would change, 2 where something would, 1 on any error"},
    [OPTION_MAP] = {"map", 'm', "METRIC=FILE", true, "a recording of that metric of the policy"},
    [OPTION_DEMAND] = {"demand", 0, "METRIC>LIMIT", false,
                       "what wakes the service: a point above the limit; else what the policy's quiet_for\n"
                       "compares with, else its first metric above 0"},
    [OPTION_FROM] = {"from", 0, "INSTANT", false, "begins there, such as 2026-11-02 or 2026-11-02T06:00:00Z"},
    [OPTION_TO] = {"to", 0, "INSTANT", false, "ends there"},
    [OPTION_WIDTH] = {"width", 'w', "COLUMNS", false, "the picture's width; else the terminal's, else 80"},
    [OPTION_AT] = {"at", 0, "INSTANT", false, "decides as of then, such as 2026-11-02T06:00:00Z"},
    [OPTION_OUTPUT] = {"output", 'o', "FILE", false, "writes there; `-` is stdout"},
    [OPTION_LOG] = {"log", 0, "FILE", false, "appends the record of each decision, one JSON line each"},
    [OPTION_UNTIL] = {"until", 0, "INSTANT|SPAN", false, "such as 2026-12-01T18:00:00+01:00, or 2h from now"},
    [OPTION_REASON] = {"reason", 0, "TEXT", false, "why, for whoever asks why the service is still up"},
    [OPTION_BY] = {"by", 0, "NAME", false, "who asks; else USER"},
    [OPTION_RELEASE] = {"release", 0, NULL, false, "ends the hold"},
    [OPTION_EVENT] = {"event", 'e', "FILE", false, "the event, JSON; - is standard input"},
    [OPTION_REQUEST_ID] = {"request-id", 0, "ID", false, "the request id in answers and log lines"},
    [OPTION_JSON] = {"json", 0, NULL, false, "prints the result as JSON"},
    [OPTION_HELP] = {"help", 'h', NULL, false, "prints this help"},
};

// One command line under way.
struct parsing {
    struct arena *arena;
    const enum option_id *allowed;
    size_t allowed_count;
    int argc;
    const char *const *argv;
    int at;
    struct given_option *options;
    struct text *operands;
    struct arguments result;
    struct buffer *error;
};

static bool is_allowed(const struct parsing *parsing, enum option_id id)
{
    if (id == OPTION_HELP)
        return true;
    for (size_t i = 0; i < parsing->allowed_count; i++)
        if (parsing->allowed[i] == id)
            return true;
    return false;
}

static bool already_given(const struct parsing *parsing, enum option_id id)
{
    return arguments_has(&parsing->result, id);
}

static bool give(struct parsing *parsing, enum option_id id, struct text value)
{
    const struct option *option = &option_table[id];
    if (option->value && !option->repeatable && already_given(parsing, id)) {
        buffer_printf(parsing->error, "--%s is given twice", option->name);
        return false;
    }
    parsing->options[parsing->result.option_count++] = (struct given_option){id, value};
    return true;
}

// An option's value stands behind it: `attached` in the same word, or the next word.
static bool take_value(struct parsing *parsing, enum option_id id, bool has_attached, struct text attached)
{
    const struct option *option = &option_table[id];
    if (has_attached)
        return give(parsing, id, attached);
    struct text next = parsing->at + 1 < parsing->argc ? text_of(parsing->argv[parsing->at + 1]) : TEXT("--");
    if (text_starts(next, TEXT("--"))) {
        buffer_printf(parsing->error, "--%s needs a value: --%s %s", option->name, option->name, option->value);
        return false;
    }
    parsing->at++;
    return give(parsing, id, next);
}

// The only candidate that begins like that: names are not abbreviated, but suggested.
static struct text only_completion(struct text name, const struct text *candidates, size_t count)
{
    struct text found = {0};
    for (size_t i = 0; i < count && name.n > 1; i++) {
        if (!text_starts(candidates[i], name))
            continue;
        if (found.n)
            return (struct text){0};
        found = candidates[i];
    }
    return found;
}

static void unknown_name(struct parsing *parsing, struct text name)
{
    struct text candidates[OPTION_COUNT];
    size_t count = 0;
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        if (text_is(name, option_table[id].name)) {
            buffer_printf(parsing->error, "this command has no option --%.*s", TEXT_ARG(name));
            return;
        }
        if (is_allowed(parsing, id))
            candidates[count++] = text_of(option_table[id].name);
    }
    buffer_printf(parsing->error, "unknown option --%.*s", TEXT_ARG(name));
    struct text nearest = text_nearest(name, candidates, count);
    if (!nearest.n)
        nearest = only_completion(name, candidates, count);
    if (nearest.n)
        buffer_printf(parsing->error, " (did you mean --%.*s?)", TEXT_ARG(nearest));
}

static bool parse_long(struct parsing *parsing, struct text word)
{
    size_t equals = 0;
    bool has_value = text_find(word, '=', &equals);
    struct text name = has_value ? (struct text){word.p, equals} : word;
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &option_table[id];
        if (!text_is(name, option->name) || !is_allowed(parsing, id))
            continue;
        if (option->value)
            return take_value(parsing, id, has_value, has_value ? text_from(word, equals + 1) : word);
        if (has_value) {
            buffer_printf(parsing->error, "--%s takes no value", option->name);
            return false;
        }
        return give(parsing, id, (struct text){0});
    }
    unknown_name(parsing, name);
    return false;
}

static bool option_by_letter(const struct parsing *parsing, char letter, enum option_id *found)
{
    for (enum option_id id = 0; id < OPTION_COUNT; id++)
        if (option_table[id].letter == letter && is_allowed(parsing, id)) {
            *found = id;
            return true;
        }
    return false;
}

// `-json` is more likely a slip than four switches.
static void unknown_letters(struct parsing *parsing, struct text word)
{
    buffer_printf(parsing->error, "unknown option -%.*s", TEXT_ARG(word));
    for (enum option_id id = 0; id < OPTION_COUNT; id++)
        if (text_is(word, option_table[id].name) && is_allowed(parsing, id))
            buffer_printf(parsing->error, " (did you mean --%.*s?)", TEXT_ARG(word));
}

static bool parse_letters(struct parsing *parsing, struct text word)
{
    for (size_t i = 0; i < word.n; i++) {
        enum option_id id = OPTION_HELP;
        if (!option_by_letter(parsing, word.p[i], &id)) {
            unknown_letters(parsing, word);
            return false;
        }
        if (option_table[id].value)
            return take_value(parsing, id, i + 1 < word.n, text_from(word, i + 1));
        if (!give(parsing, id, (struct text){0}))
            return false;
    }
    return true;
}

static bool parse_word(struct parsing *parsing, struct text word, bool *only_operands)
{
    bool dashed = word.n > 1 && word.p[0] == '-' && !*only_operands;
    if (dashed && text_is(word, "--")) {
        *only_operands = true;
        return true;
    }
    if (dashed && word.p[1] == '-')
        return parse_long(parsing, text_from(word, 2));
    if (dashed)
        return parse_letters(parsing, text_from(word, 1));
    parsing->operands[parsing->result.operand_count++] = word;
    return true;
}

bool options_parse(struct arena *arena, const enum option_id *allowed, size_t allowed_count, int argc,
                   const char *const *argv, struct arguments *arguments, struct buffer *error)
{
    struct parsing parsing = {arena, allowed, allowed_count, argc, argv, 0, NULL, NULL, {0}, error};
    size_t letters = 0;
    for (int i = 0; i < argc; i++)
        letters += text_of(argv[i]).n + 1;
    parsing.options = ARENA_ARRAY(arena, letters, struct given_option);
    parsing.operands = ARENA_ARRAY(arena, (size_t)argc, struct text);
    parsing.result.options = parsing.options;
    parsing.result.operands = parsing.operands;
    bool only_operands = false;
    for (; parsing.at < argc && !already_given(&parsing, OPTION_HELP); parsing.at++)
        if (!parse_word(&parsing, text_of(argv[parsing.at]), &only_operands))
            return false;
    *arguments = parsing.result;
    return true;
}

bool arguments_has(const struct arguments *arguments, enum option_id id)
{
    struct text ignored;
    return arguments_value(arguments, id, &ignored);
}

bool arguments_value(const struct arguments *arguments, enum option_id id, struct text *value)
{
    for (size_t i = 0; i < arguments->option_count; i++)
        if (arguments->options[i].id == id) {
            *value = arguments->options[i].value;
            return true;
        }
    return false;
}
