// Expressions that are right: what they compile to, and what is known of them before anything runs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "drowse/limits.h"
#include "drowse/snapshot.h"
#include "engine/base/text.h"
#include "tests/support/asserts.h"
#include "tests/support/expressions.h"

static const struct row {
    const char *text, *dump;
    enum type type;
    enum stage stage;
} rows[] = {
    {"1", "1", TYPE_NUMBER, STAGE_NOTHING},
    {"0.5", "0.5", TYPE_NUMBER, STAGE_NOTHING},
    {"15m", "15m", TYPE_DURATION, STAGE_NOTHING},
    {"2h30m", "2h30m", TYPE_DURATION, STAGE_NOTHING},
    {"true", "true", TYPE_BOOLEAN, STAGE_NOTHING},
    {"\"a\\\"b\\\\c\\'d\"", "\"a\\\"b\\\\c'd\"", TYPE_TEXT, STAGE_NOTHING},
    {"'it\"s'", "\"it\\\"s\"", TYPE_TEXT, STAGE_NOTHING},
    {"desired", "desired", TYPE_NUMBER, STAGE_STATE},
    {"lookback", "lookback", TYPE_DURATION, STAGE_NOTHING},
    {"avg_connections", "avg_connections", TYPE_NUMBER, STAGE_METRICS},
    {"1 + 2 * 3", "7", TYPE_NUMBER, STAGE_NOTHING},
    {"(1 + 2) * 3", "9", TYPE_NUMBER, STAGE_NOTHING},
    {"1 - 2 - 3", "-4", TYPE_NUMBER, STAGE_NOTHING},
    {"-1", "-1", TYPE_NUMBER, STAGE_NOTHING},
    {"- -1", "1", TYPE_NUMBER, STAGE_NOTHING},
    {"-lookback", "(-lookback)", TYPE_DURATION, STAGE_NOTHING},
    {"-15m", "-15m", TYPE_DURATION, STAGE_NOTHING},
    {"2 * 15m", "30m", TYPE_DURATION, STAGE_NOTHING},
    {"15m / 7", "(15m / 7)", TYPE_DURATION, STAGE_NOTHING},
    {"10m / 4m", "2.5", TYPE_NUMBER, STAGE_NOTHING},
    {"desired + 1 - 2 * running", "((desired + 1) - (2 * running))", TYPE_NUMBER, STAGE_STATE},
    {"not desired == 0", "(not (desired == 0))", TYPE_BOOLEAN, STAGE_STATE},
    {"not stopped and stopped or stopped", "(((not stopped) and stopped) or stopped)", TYPE_BOOLEAN, STAGE_STATE},
    {"stopped or stopped and stopped", "(stopped or (stopped and stopped))", TYPE_BOOLEAN, STAGE_STATE},
    {"now in office", "(now in office)", TYPE_BOOLEAN, STAGE_NOTHING},
    {"not now in office", "(not (now in office))", TYPE_BOOLEAN, STAGE_NOTHING},
    {"now in window(tag(\"schedule\"))", "(now in window(tag(\"schedule\")))", TYPE_BOOLEAN, STAGE_STATE},
    {"now in window(label)", "(now in window(label))", TYPE_BOOLEAN, STAGE_NOTHING},
    {"now in window(\"office\")", "(now in window(\"office\"))", TYPE_BOOLEAN, STAGE_NOTHING},
    {"avg(connections over lookback)", "avg(connections over lookback)", TYPE_NUMBER, STAGE_METRICS},
    {"avg(connections over 2 * lookback)", "avg(connections over (2 * lookback))", TYPE_NUMBER, STAGE_METRICS},
    {"avg(connections over window_of_two)", "avg(connections over window_of_two)", TYPE_NUMBER, STAGE_METRICS},
    {"p99.9(cpu over 1h)", "p99.9(cpu over 1h)", TYPE_NUMBER, STAGE_METRICS},
    {"p50(cpu over 1h)", "p50(cpu over 1h)", TYPE_NUMBER, STAGE_METRICS},
    {"p100(cpu over 1h)", "p100(cpu over 1h)", TYPE_NUMBER, STAGE_METRICS},
    {"p0.1(cpu over 1h)", "p0.1(cpu over 1h)", TYPE_NUMBER, STAGE_METRICS},
    {"age(connections over 10m)", "age(connections over 10m)", TYPE_DURATION, STAGE_METRICS},
    {"age(last_activity over 10m)", "age(last_activity over 10m)", TYPE_DURATION, STAGE_METRICS},
    {"quiet_for(cpu above 5 over 2h)", "quiet_for(cpu above 5 over 2h)", TYPE_DURATION, STAGE_METRICS},
    {"quiet_for(cpu above factor * 2 over 2h)", "quiet_for(cpu above (factor * 2) over 2h)", TYPE_DURATION,
     STAGE_METRICS},
    {"max(last_activity over 10m)", "max(last_activity over 10m)", TYPE_INSTANT, STAGE_METRICS},
    {"count(last_activity over 10m)", "count(last_activity over 10m)", TYPE_NUMBER, STAGE_METRICS},
    {"since(now)", "since(now)", TYPE_DURATION, STAGE_NOTHING},
    {"least(1, 2)", "least(1, 2)", TYPE_NUMBER, STAGE_NOTHING},
    {"least(1, 2, desired)", "least(least(1, 2), desired)", TYPE_NUMBER, STAGE_STATE},
    {"greatest(1m, lookback, uptime)", "greatest(greatest(1m, lookback), uptime)", TYPE_DURATION, STAGE_STATE},
    {"otherwise(number(tag(\"count\")), 1)", "otherwise(number(tag(\"count\")), 1)", TYPE_NUMBER, STAGE_STATE},
    {"known(woken_at)", "known(woken_at)", TYPE_BOOLEAN, STAGE_STATE},
    {"instant(\"2026-12-24T18:00:00+01:00\")", "instant(\"2026-12-24T17:00:00Z\")", TYPE_INSTANT, STAGE_NOTHING},
    {"instant(\"2026-12-24T18:00:00.5+01:00\")", "instant(\"2026-12-24T18:00:00.5+01:00\")", TYPE_INSTANT,
     STAGE_NOTHING},
    {"instant(tag(\"awake-until\"))", "instant(tag(\"awake-until\"))", TYPE_INSTANT, STAGE_STATE},
    {"number(\"5\")", "number(\"5\")", TYPE_NUMBER, STAGE_NOTHING},
    {"matches(service, \"prod-*\")", "matches(service, \"prod-*\")", TYPE_BOOLEAN, STAGE_NOTHING},
    {"tag(\"key\")", "tag(\"key\")", TYPE_TEXT, STAGE_STATE},
    {"tag(\"awake-until\") != \"\" and now < instant(tag(\"awake-until\"))",
     "((tag(\"awake-until\") != \"\") and (now < instant(tag(\"awake-until\"))))", TYPE_BOOLEAN, STAGE_STATE},
    {"9007199254740992", "9007199254740992", TYPE_NUMBER, STAGE_NOTHING},
    {"0.0000001", "0.0000001", TYPE_NUMBER, STAGE_NOTHING},
    {"now - now", "(now - now)", TYPE_DURATION, STAGE_NOTHING},
    {"now - 5m", "(now - 5m)", TYPE_INSTANT, STAGE_NOTHING},
    {"5m + now", "(5m + now)", TYPE_INSTANT, STAGE_NOTHING},
    {"2 * 5m", "10m", TYPE_DURATION, STAGE_NOTHING},
    {"5m / 2", "2m30s", TYPE_DURATION, STAGE_NOTHING},
    {"stopped", "stopped", TYPE_BOOLEAN, STAGE_STATE},
    {"greatest(1, otherwise(number(tag(\"count\")), 1))", "greatest(1, otherwise(number(tag(\"count\")), 1))",
     TYPE_NUMBER, STAGE_STATE},
    {"1", "1", TYPE_NUMBER, STAGE_NOTHING},
    {"9007199254740992 * 9007199254740992", "(9007199254740992 * 9007199254740992)", TYPE_NUMBER, STAGE_NOTHING},
    {"instant(\"2026-12-24T18:00:00Z\") + 1h", "instant(\"2026-12-24T19:00:00Z\")", TYPE_INSTANT, STAGE_NOTHING},
    {"instant(\"2026-12-24T18:00:00Z\") - instant(\"2026-12-23T18:00:00Z\")", "1d", TYPE_DURATION, STAGE_NOTHING},
    {"1000000000000000 * 2", "2000000000000000", TYPE_NUMBER, STAGE_NOTHING},
    {"36525d", "36525d", TYPE_DURATION, STAGE_NOTHING},
    {"36525d * 2", "(36525d * 2)", TYPE_DURATION, STAGE_NOTHING},
    {"0.5 * 15m", "7m30s", TYPE_DURATION, STAGE_NOTHING},
};

static void dumps(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expressions x;
        expressions_begin(&x, usual_lets, usual_let_count);
        node_index node = expressions_compile(&x, rows[i].text, WANT_ANY);
        if (!node)
            fail_msg("`%s`: %.*s", rows[i].text, TEXT_ARG(expressions_faults(&x)));
        assert_text(rows[i].text, expressions_dump(&x, node), rows[i].dump);
        const struct node *compiled = &x.compiler.nodes[node];
        if (compiled->type != rows[i].type || compiled->stage != rows[i].stage)
            fail_msg("`%s`: type %d, stage %d", rows[i].text, compiled->type, compiled->stage);
        expressions_end(&x);
    }
}

// A dump compiles, and dumps as itself.
static void dumps_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expressions x;
        expressions_begin(&x, usual_lets, usual_let_count);
        node_index node = expressions_compile(&x, rows[i].dump, WANT_ANY);
        if (!node)
            fail_msg("`%s`: %.*s", rows[i].dump, TEXT_ARG(expressions_faults(&x)));
        assert_text(rows[i].text, expressions_dump(&x, node), rows[i].dump);
        expressions_end(&x);
    }
}

// Nodes keep the place of the whole sub-expression, for explain.
static void node_places(void **state)
{
    (void)state;
    struct expressions x;
    expressions_begin(&x, usual_lets, usual_let_count);
    node_index root = expressions_compile(&x, "(desired == 1) and not now in office", WANT_BOOLEAN);
    const struct node *nodes = x.compiler.nodes;
    const struct place *places = x.compiler.places;
    assert_int_equal(nodes[root].op, OP_AND);
    assert_int_equal(places[root].column, 1);
    assert_int_equal(places[root].width, 36);
    node_index left = nodes[root].a, right = nodes[root].b;
    assert_int_equal(nodes[left].op, OP_EQUAL);
    assert_int_equal(nodes[left].operands, TYPE_NUMBER);
    assert_int_equal(places[left].column, 1);
    assert_int_equal(places[left].width, 14);
    assert_int_equal(nodes[right].op, OP_NOT);
    assert_int_equal(places[right].column, 20);
    assert_int_equal(places[nodes[right].a].column, 24);
    assert_int_equal(places[nodes[right].a].width, 13);
    expressions_end(&x);
}

// ---- constants --------------------------------------------------------------------------------------------

// The value as text: a number, true, false, a text in quotes, or "varies".
static struct text constant_text(struct expressions *x, node_index node)
{
    struct value value;
    if (!expression_constant(&x->compiler, node, &value))
        return TEXT("varies");
    assert_int_equal(value.knowledge, KNOWN);
    switch ((enum type)x->compiler.nodes[node].type) {
    case TYPE_BOOLEAN:
        return value.truth ? TEXT("true") : TEXT("false");
    case TYPE_TEXT:
        return arena_format(&x->arena, "\"%.*s\"", TEXT_ARG(value.text));
    case TYPE_NUMBER:
    case TYPE_DURATION:
    case TYPE_INSTANT:
        break;
    }
    return arena_format(&x->arena, "%.17g", value.number);
}

static void constants(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"5", "5"},
        {"15m", "900"},
        {"true", "true"},
        {"\"a\"", "\"a\""},
        {"lookback", "600"},
        {"lookback * factor + 1s", "1201"},
        {"-lookback", "-600"},
        {"lookback / 4m", "2.5"},
        {"lookback / nothing", "varies"},
        {"label", "\"office\""},
        {"enabled", "true"},
        {"not enabled", "false"},
        {"window_of_two", "1200"},
        {"window_of_two + window_of_two", "2400"},
        {"stopped", "varies"},
        {"desired", "varies"},
        {"now", "varies"},
        {"enabled or stopped", "true"},
        {"stopped or enabled", "true"},
        {"enabled and stopped", "varies"},
        {"not enabled and stopped", "false"},
        {"enabled and lookback == 10m", "true"},
        {"lookback < 10m", "false"},
        {"lookback <= 10m", "true"},
        {"lookback > 10m", "false"},
        {"lookback >= 10m", "true"},
        {"lookback - 1m != 9m", "false"},
        {"label == \"office\"", "true"},
        {"label != \"office\"", "false"},
        {"enabled == false", "false"},
        {"least(lookback, 5m, 7m)", "300"},
        {"greatest(factor, 1)", "2"},
        {"otherwise(factor, desired)", "2"},
        {"otherwise(desired, factor)", "varies"},
        {"known(factor)", "true"},
        {"known(desired)", "varies"},
        {"instant(\"1970-01-02T00:00:00.5Z\")", "86400.5"},
        {"instant(label)", "varies"},
        {"number(\"12.5\")", "12.5"},
        {"number(label)", "varies"},
        {"matches(label, \"off*\")", "true"},
        {"matches(label, \"on*\")", "false"},
        {"matches(service, \"on*\")", "varies"},
        {"tag(\"x\")", "varies"},
        {"avg_connections", "varies"},
        {"age(connections over 10m)", "varies"},
        {"quiet_for(cpu above 1 over 10m)", "varies"},
        {"since(instant(\"1970-01-02T00:00:00Z\"))", "varies"},
        {"now in office", "varies"},
        {"now in window(label)", "varies"},
        {"-factor * (9007199254740992 * 9007199254740992 - 1)", "-1.6225927682921336e+32"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct expressions x;
        expressions_begin(&x, usual_lets, usual_let_count);
        node_index node = expressions_compile(&x, cases[i][0], WANT_ANY);
        if (!node)
            fail_msg("`%s`: %.*s", cases[i][0], TEXT_ARG(expressions_faults(&x)));
        assert_text(cases[i][0], constant_text(&x, node), cases[i][1]);
        expressions_end(&x);
    }
}

// ---- lets -------------------------------------------------------------------------------------------------

static void lets_in_any_order(void **state)
{
    (void)state;
    static const struct let_source lets[] = {{"a", "b and now in office"}, {"b", "c > 1"}, {"c", "desired + 1"}};
    struct expressions x;
    expressions_begin(&x, lets, COUNT_OF(lets));
    uint8_t type = TYPE_TEXT;
    assert_true(compile_let(&x.compiler, 0, &type));
    assert_int_equal(type, TYPE_BOOLEAN);
    assert_true(compile_let(&x.compiler, 2, &type));
    assert_int_equal(type, TYPE_NUMBER);
    assert_int_equal(x.compiler.nodes[x.compiler.lets[0].expression].stage, STAGE_STATE);
    assert_true(x.compiler.let_used[1] && x.compiler.let_used[2]);
    assert_false(x.compiler.let_used[0]);
    assert_text("dump", expressions_dump(&x, x.compiler.lets[0].expression), "(b and (now in office))");
    expressions_end(&x);
}

static void let_cycles(void **state)
{
    (void)state;
    static const struct let_source lets[] = {
        {"a", "b + 1"}, {"b", "c * 2"}, {"c", "a"}, {"selfish", "selfish"}, {"user", "a + 1"}};
    struct expressions x;
    expressions_begin(&x, lets, COUNT_OF(lets));
    uint8_t type;
    for (uint32_t i = 0; i < COUNT_OF(lets); i++)
        assert_false(compile_let(&x.compiler, i, &type));
    assert_text("faults", expressions_faults(&x),
                "1+1 the let 'a' is made of itself: a -> b -> c -> a\n"
                "1+7 the let 'selfish' is made of itself: selfish -> selfish");
    expressions_end(&x);
}

// A faulty let is reported once, and nothing is said of what reads it.
static void faulty_lets(void **state)
{
    (void)state;
    static const struct let_source lets[] = {{"a", "nope"}, {"b", "a + 1"}};
    struct expressions x;
    expressions_begin(&x, lets, COUNT_OF(lets));
    assert_int_equal(expressions_compile(&x, "a and b", WANT_BOOLEAN), 0);
    assert_int_equal(expressions_compile(&x, "b", WANT_COUNT), 0);
    assert_text("faults", expressions_faults(&x), "1+4 unknown name 'nope'");
    expressions_end(&x);
}

#define CHAIN_MOST (LIMIT_LET_DEPTH + 1)
#define NOT_8 "not not not not not not not not "
#define NOT_62 NOT_8 NOT_8 NOT_8 NOT_8 NOT_8 NOT_8 NOT_8 "not not not not not not "

// Begins with `count` lets l0, l1, ...; each is made of the next one as the format says, the last one as told.
static void begin_chain(struct expressions *x, struct arena *arena, const char *before, const char *between,
                        const char *last, size_t count)
{
    struct let_source lets[CHAIN_MOST];
    for (size_t i = 0; i < count; i++) {
        lets[i].name = arena_format(arena, "l%zu", i).p;
        lets[i].text = between ? arena_format(arena, "%sl%zu%sl%zu", before, i + 1, between, i + 1).p
                               : arena_format(arena, "%sl%zu", before, i + 1).p;
    }
    lets[count - 1].text = last;
    expressions_begin(x, lets, count);
}

// As many lets as may build on one another, each as deep as one may be.
static void lets_build_on_lets(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t count = LIMIT_LET_DEPTH; count <= CHAIN_MOST; count++) {
        for (int forward = 0; forward < 2; forward++) {
            struct expressions x;
            uint8_t type;
            bool all = true;
            begin_chain(&x, &arena, NOT_62, NULL, "desired == 0", count);
            for (uint32_t i = 0; i < count; i++)
                all = compile_let(&x.compiler, forward ? i : (uint32_t)count - 1 - i, &type) && all;
            assert_int_equal(all, count == LIMIT_LET_DEPTH);
            if (!all)
                assert_non_null(strstr(expressions_faults(&x).p, "lets build on one another more than 32 deep here"));
            expressions_end(&x);
        }
    }
    arena_release(&arena);
}

// Sums of sums: what is found out about a let is found out once.
static void doubling_lets(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct expressions x;
    begin_chain(&x, &arena, "", " + ", "lookback", LIMIT_LET_DEPTH);
    node_index node = expressions_compile(&x, "l0", WANT_ANY);
    assert_text("constant", constant_text(&x, node), "1288490188800");
    expressions_end(&x);
    arena_release(&arena);
}

// ---- what was used ----------------------------------------------------------------------------------------

static void uses(void **state)
{
    (void)state;
    struct expressions x;
    expressions_begin(&x, usual_lets, usual_let_count);
    expressions_compile(&x, "avg_connections > factor and now in office", WANT_BOOLEAN);
    const struct compiler *c = &x.compiler;
    assert_true(c->let_used[0] && c->param_used[1] && c->param_used[3] && c->metric_used[0] && c->window_used[0]);
    assert_false(c->let_used[1] || c->param_used[0] || c->metric_used[1] || c->metric_used[2] || c->window_used[1]);
    expressions_compile(&x, "now in window(\"freeze\")", WANT_BOOLEAN);
    assert_true(c->window_used[1]);
    expressions_end(&x);
    expressions_begin(&x, usual_lets, usual_let_count);
    expressions_compile(&x, "now in window(tag(\"schedule\"))", WANT_BOOLEAN);
    assert_true(c->window_used[0] && c->window_used[1]);
    expressions_end(&x);
}

// ---- names ------------------------------------------------------------------------------------------------

static void names(void **state)
{
    (void)state;
    static const struct name_case {
        const char *name;
        bool valid;
        const char *taken;
    } cases[] = {
        {"idle", true, NULL},
        {"i2_", true, NULL},
        {"", false, NULL},
        {"Idle", false, NULL},
        {"2i", false, NULL},
        {"_i", false, NULL},
        {"a-b", false, NULL},
        {"desired", true, "a built-in name"},
        {"avg", true, "a function"},
        {"p95", true, "a function"},
        {"p0", true, "a function"},
        {"pp95", true, NULL},
        {"p", true, NULL},
        {"window", true, "a function"},
        {"over", true, "a word of the language"},
        {"true", true, "a word of the language"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *taken = name_taken(text_of(cases[i].name));
        if (name_valid(text_of(cases[i].name)) != cases[i].valid || !taken != !cases[i].taken ||
            (taken && strcmp(taken, cases[i].taken) != 0))
            fail_msg("%s: %s", cases[i].name, taken ? taken : "not taken");
    }
    char longest[LIMIT_NAME_BYTES + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(name_valid((struct text){longest, LIMIT_NAME_BYTES}));
    assert_false(name_valid((struct text){longest, LIMIT_NAME_BYTES + 1}));
}

static void tables_are_whole(void **state)
{
    (void)state;
    uint32_t seen = 0;
    for (size_t i = 0; i < builtin_name_count; i++)
        seen |= 1u << builtin_names[i].builtin;
    assert_int_equal(seen, (1u << BUILTIN_COUNT) - 1);
    for (size_t i = 0; i < function_name_count; i++) {
        assert_ptr_equal(function_find(function_names[i].name), &function_names[i]);
        assert_null(builtin_find(function_names[i].name));
        assert_true(function_names[i].signature[0] && function_names[i].doc[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dumps),
        cmocka_unit_test(dumps_read_back),
        cmocka_unit_test(node_places),
        cmocka_unit_test(constants),
        cmocka_unit_test(lets_in_any_order),
        cmocka_unit_test(let_cycles),
        cmocka_unit_test(faulty_lets),
        cmocka_unit_test(lets_build_on_lets),
        cmocka_unit_test(doubling_lets),
        cmocka_unit_test(uses),
        cmocka_unit_test(names),
        cmocka_unit_test(tables_are_whole),
    };
    return cmocka_run_group_tests_name("expression", tests, NULL, NULL) != 0;
}
