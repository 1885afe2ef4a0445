// The functions of `s`. Each has the table of names as its first upvalue. An argument that is nil because a value was
// unknown gives nil, as an expression's unknown travels.
#include <lauxlib.h>

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/core/series.h"
#include "engine/core/value.h"
#include "engine/core/window.h"
#include "engine/lang/expression.h"
#include "engine/lang/lua_parts.h"
#include "engine/lang/lua_script.h"

#define UPVALUE_AGGREGATE 2
#define UPVALUE_PERCENTILE 3
#define GLOB_BYTES 256
#define POINTS_PER_INSTRUCTION                                                                                         \
    32  // of a percentile, which copies and sorts them; all else costs the same for any number

// ---- arguments ------------------------------------------------------------------------------------------------

// Is one of the first arguments an unknown that was read before?
static bool has_unknown(lua_State *lua, int count)
{
    const struct script_unit *unit = sandbox_host(lua);
    for (int i = 1; i <= count; i++)
        if (unit->answer->marked && lua_type(lua, i) == LUA_TNIL)
            return true;
    return false;
}

static int give_unknown(lua_State *lua)
{
    lua_pushnil(lua);
    return 1;
}

static _Noreturn void wrong_argument(lua_State *lua, int argument, const char *due, const char *usage)
{
    if (lua_isnone(lua, argument))
        sandbox_raise(lua, LUA_END_ERROR, "%s: argument %d is missing", usage, argument);
    sandbox_raise(lua, LUA_END_ERROR, "%s: argument %d is a %s, not a %s", usage, argument,
                  luaL_typename(lua, argument), due);
}

static struct text text_argument(lua_State *lua, int argument, const char *usage)
{
    struct text text;
    if (lua_type(lua, argument) != LUA_TSTRING)
        wrong_argument(lua, argument, "text", usage);
    text.p = lua_tolstring(lua, argument, &text.n);
    return text;
}

static double number_argument(lua_State *lua, int argument, const char *usage)
{
    if (lua_type(lua, argument) != LUA_TNUMBER)
        wrong_argument(lua, argument, "number", usage);
    return lua_tonumber(lua, argument);
}

static const char *const kind_names[] = {
    [NAME_BUILTIN] = "a built-in name", [NAME_PARAM] = "a param",   [NAME_LET] = "a let",
    [NAME_METRIC] = "a metric",         [NAME_WINDOW] = "a window",
};

// The metric or window that the first argument names.
static uint32_t named_argument(lua_State *lua, enum name_kind kind, const char *usage)
{
    struct name name;
    struct text text = text_argument(lua, 1, usage);
    if (!lua_reader_find(lua, 1, &name))
        lua_reader_unknown_name(lua, text);
    if (name.kind != kind)
        sandbox_raise(lua, LUA_END_ERROR, "%s: '%.*s' is %s, not %s", usage, TEXT_ARG(text), kind_names[name.kind],
                      kind_names[kind]);
    return name.index;
}

static double span_argument(lua_State *lua, int argument, const char *usage)
{
    double length_s = number_argument(lua, argument, usage);
    if (!(length_s > 0))
        sandbox_raise(lua, LUA_END_ERROR, "%s: the span must be longer than 0 seconds", usage);
    return length_s;
}

// ---- over a metric and a span -----------------------------------------------------------------------------------

static void check_aggregate(lua_State *lua, const struct metric *metric, enum aggregate aggregate)
{
    bool of_instants = aggregate == AGGREGATE_MIN || aggregate == AGGREGATE_MAX || aggregate == AGGREGATE_LAST ||
                       aggregate == AGGREGATE_COUNT;
    if (metric->as_instant && !of_instants)
        sandbox_raise(lua, LUA_END_ERROR, "'%.*s' holds instants: they take min, max, last and count",
                      TEXT_ARG(metric->name));
}

static int read_aggregate(lua_State *lua)
{
    static const char usage[] = "a metric and a span are due, such as s.avg(\"connections\", 600)";
    const struct script_unit *unit = sandbox_host(lua);
    enum aggregate aggregate = (enum aggregate)lua_tointeger(lua, lua_upvalueindex(UPVALUE_AGGREGATE));
    double percentile = lua_tonumber(lua, lua_upvalueindex(UPVALUE_PERCENTILE));
    struct span span;
    if (has_unknown(lua, 2))
        return give_unknown(lua);
    uint32_t index = named_argument(lua, NAME_METRIC, usage);
    const struct metric *metric = &unit->policy->metrics[index];
    check_aggregate(lua, metric, aggregate);
    struct value value = evaluate_span(unit->evaluator, index, span_argument(lua, 2, usage), &span);
    const struct snapshot *snapshot = unit->evaluator->snapshot;
    if (value.knowledge == KNOWN && aggregate == AGGREGATE_PERCENTILE)
        sandbox_charge(lua, (int64_t)(span.end - span.first + span.filled) / POINTS_PER_INSTRUCTION);
    if (value.knowledge == KNOWN)
        value = span_aggregate(metric, snapshot, &snapshot->metrics[index], &span, aggregate, percentile,
                               unit->evaluator->arena);
    lua_reader_push_value(lua, TYPE_NUMBER, value);
    return 1;
}

static int read_age(lua_State *lua)
{
    static const char usage[] = "a metric and a span are due, such as s.age(\"connections\", 600)";
    const struct script_unit *unit = sandbox_host(lua);
    const struct snapshot *snapshot = unit->evaluator->snapshot;
    struct span span;
    if (has_unknown(lua, 2))
        return give_unknown(lua);
    uint32_t index = named_argument(lua, NAME_METRIC, usage);
    struct value value = evaluate_span(unit->evaluator, index, span_argument(lua, 2, usage), &span);
    if (value.knowledge == KNOWN)
        value = span_age(snapshot, &snapshot->metrics[index], &span);
    lua_reader_push_value(lua, TYPE_DURATION, value);
    return 1;
}

static int read_quiet_for(lua_State *lua)
{
    static const char usage[] = "a metric, a number and a span are due, such as s.quiet_for(\"connections\", 0, 7200)";
    const struct script_unit *unit = sandbox_host(lua);
    const struct snapshot *snapshot = unit->evaluator->snapshot;
    struct span span;
    if (has_unknown(lua, 3))
        return give_unknown(lua);
    uint32_t index = named_argument(lua, NAME_METRIC, usage);
    const struct metric *metric = &unit->policy->metrics[index];
    double threshold = number_argument(lua, 2, usage);
    if (metric->as_instant)
        sandbox_raise(lua, LUA_END_ERROR, "'%.*s' holds instants: they are not above a number", TEXT_ARG(metric->name));
    struct value value = evaluate_span(unit->evaluator, index, span_argument(lua, 3, usage), &span);
    if (value.knowledge == KNOWN)
        value = span_quiet_for(metric, snapshot, &snapshot->metrics[index], &span, threshold);
    lua_reader_push_value(lua, TYPE_DURATION, value);
    return 1;
}

// ---- windows ----------------------------------------------------------------------------------------------------

static bool contains(lua_State *lua, uint32_t index, double at_s)
{
    const struct script_unit *unit = sandbox_host(lua);
    const struct window *window = &unit->policy->windows[index];
    sandbox_charge(lua, (int64_t)window->span_count);
    return window_contains(window, at_s);
}

static double instant_argument(lua_State *lua, const char *usage)
{
    const struct script_unit *unit = sandbox_host(lua);
    return lua_isnone(lua, 2) ? unit->evaluator->snapshot->now_s : number_argument(lua, 2, usage);
}

static int read_within(lua_State *lua)
{
    static const char usage[] = "a window and perhaps an instant are due, such as s.within(\"office\")";
    if (has_unknown(lua, 2))
        return give_unknown(lua);
    uint32_t index = named_argument(lua, NAME_WINDOW, usage);
    lua_pushboolean(lua, contains(lua, index, instant_argument(lua, usage)));
    return 1;
}

// As `now in window(text)`: a name from outside, such as a tag's; where there is no such window, it is unknown.
static int read_window(lua_State *lua)
{
    static const char usage[] = "a text and perhaps an instant are due, such as s.window(s.tag(\"schedule\"))";
    struct name name;
    if (has_unknown(lua, 2))
        return give_unknown(lua);
    text_argument(lua, 1, usage);
    double at_s = instant_argument(lua, usage);
    struct value value = value_unknown(WHY_NO_WINDOW);
    if (lua_reader_find(lua, 1, &name) && name.kind == NAME_WINDOW)
        value = value_truth(contains(lua, name.index, at_s));
    lua_reader_push_value(lua, TYPE_BOOLEAN, value);
    return 1;
}

// ---- names ------------------------------------------------------------------------------------------------------

// The value of the let, param or built-in name that the first argument spells.
static struct value value_argument(lua_State *lua, const char *usage, enum type *type)
{
    struct name name;
    struct text text = text_argument(lua, 1, usage);
    if (!lua_reader_find(lua, 1, &name))
        lua_reader_unknown_name(lua, text);
    if (name.kind == NAME_METRIC || name.kind == NAME_WINDOW)
        sandbox_raise(lua, LUA_END_ERROR, "%s: '%.*s' is %s", usage, TEXT_ARG(text), kind_names[name.kind]);
    return lua_reader_value(sandbox_host(lua), name, type);
}

static int read_known(lua_State *lua)
{
    enum type type;
    struct value value = value_argument(lua, "the name of a value is due, such as s.known(\"woken_at\")", &type);
    if (value.knowledge == UNKNOWN)
        value = value_truth(false);
    else if (value.knowledge == KNOWN)
        value = value_truth(true);
    lua_reader_push_value(lua, TYPE_BOOLEAN, value);
    return 1;
}

// The value of that name or, where it is unknown, the second argument; marks nothing.
static int read_otherwise(lua_State *lua)
{
    static const char usage[] = "the name of a value and another value are due, such as s.otherwise(\"count\", 1)";
    enum type type;
    struct value value = value_argument(lua, usage, &type);
    if (lua_isnone(lua, 2))
        wrong_argument(lua, 2, "value", usage);
    if (value.knowledge == UNKNOWN)
        lua_settop(lua, 2);
    else
        lua_reader_push_value(lua, type, value);
    return 1;
}

// ---- others -----------------------------------------------------------------------------------------------------

static int read_tag(lua_State *lua)
{
    const struct script_unit *unit = sandbox_host(lua);
    if (has_unknown(lua, 1))
        return give_unknown(lua);
    struct text key = text_argument(lua, 1, "a key is due, such as s.tag(\"team\")");
    lua_reader_push_value(lua, TYPE_TEXT, tag_value(unit->evaluator->snapshot, key));
    return 1;
}

static int read_since(lua_State *lua)
{
    const struct script_unit *unit = sandbox_host(lua);
    if (has_unknown(lua, 1))
        return give_unknown(lua);
    double since_s = number_argument(lua, 1, "an instant is due, such as s.since(s.deployed_at)");
    double age_s = unit->evaluator->snapshot->now_s - since_s;
    lua_reader_push_value(lua, TYPE_DURATION, value_number(age_s < 0 ? 0 : age_s));
    return 1;
}

static int read_matches(lua_State *lua)
{
    static const char usage[] = "a text and a glob are due, such as s.matches(s.service, \"web-*\")";
    if (has_unknown(lua, 2))
        return give_unknown(lua);
    struct text text = text_argument(lua, 1, usage), glob = text_argument(lua, 2, usage);
    if (text.n > GLOB_BYTES || glob.n > GLOB_BYTES)
        sandbox_raise(lua, LUA_END_REFUSED, "s.matches takes texts of at most %d bytes", GLOB_BYTES);
    sandbox_charge(lua, 1 + (int64_t)(text.n * glob.n) / 512);
    lua_pushboolean(lua, text_glob(text, glob));
    return 1;
}

static int read_parsed(lua_State *lua, bool (*parse)(struct text, double *), const char *usage)
{
    double number;
    if (has_unknown(lua, 1))
        return give_unknown(lua);
    struct text text = text_argument(lua, 1, usage);
    bool parsed = text.n <= LIMIT_TAG_VALUE_BYTES && parse(text, &number);
    lua_reader_push_value(lua, TYPE_NUMBER, parsed ? value_number(number) : value_unknown(WHY_UNPARSABLE));
    return 1;
}

static int read_instant(lua_State *lua)
{
    return read_parsed(lua, parse_instant, "a text is due, such as s.instant(s.tag(\"awake-until\"))");
}

static int read_number(lua_State *lua)
{
    return read_parsed(lua, text_to_double, "a text is due, such as s.number(s.tag(\"count\"))");
}

static int read_extreme(lua_State *lua, bool greatest)
{
    int count = lua_gettop(lua);
    static const char usage[] = "numbers are due, such as s.greatest(1, s.desired)";
    if (has_unknown(lua, count))
        return give_unknown(lua);
    double best = number_argument(lua, 1, usage);
    for (int i = 2; i <= count; i++) {
        double other = number_argument(lua, i, usage);
        if (greatest ? other > best : other < best)
            best = other;
    }
    lua_reader_push_value(lua, TYPE_NUMBER, value_number(best));
    return 1;
}

static int read_least(lua_State *lua)
{
    return read_extreme(lua, false);
}

static int read_greatest(lua_State *lua)
{
    return read_extreme(lua, true);
}

// ---- making them ------------------------------------------------------------------------------------------------

static const luaL_Reg functions[] = {
    {"age", read_age},           {"quiet_for", read_quiet_for},
    {"within", read_within},     {"window", read_window},
    {"known", read_known},       {"otherwise", read_otherwise},
    {"tag", read_tag},           {"since", read_since},
    {"matches", read_matches},   {"instant", read_instant},
    {"number", read_number},     {"least", read_least},
    {"greatest", read_greatest}, {NULL, NULL},
};

static void push_aggregate(lua_State *lua, int names, enum aggregate aggregate, double percentile)
{
    lua_pushvalue(lua, names);
    lua_pushinteger(lua, aggregate);
    lua_pushnumber(lua, percentile);
    lua_pushcclosure(lua, read_aggregate, UPVALUE_PERCENTILE);
}

bool lua_reader_push_percentile(lua_State *lua, int names, struct text name)
{
    double percentile;
    if (!percentile_parse(name, &percentile))
        return false;
    push_aggregate(lua, names, AGGREGATE_PERCENTILE, percentile);
    return true;
}

void lua_reader_add_functions(lua_State *lua, int names)
{
    for (size_t i = 0; i < function_name_count; i++) {
        const struct function_name *function = &function_names[i];
        if (function->op != OP_AGGREGATE || function->aggregate == AGGREGATE_PERCENTILE)
            continue;
        lua_pushlstring(lua, function->name.p, function->name.n);
        push_aggregate(lua, names, function->aggregate, 0);
        lua_rawset(lua, names);
    }
    lua_pushvalue(lua, names);
    luaL_setfuncs(lua, functions, 1);
}
