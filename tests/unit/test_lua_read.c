// A Lua file as a tree: values, order, places and faults.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/tree.h"
#include "tests/support/asserts.h"

#define SOURCE 3  // of many: places must say which

struct reading {
    struct arena arena;
    struct diags diags;
    struct tree *tree;
};

static void begin(struct reading *r, struct text content)
{
    *r = (struct reading){0};
    diags_init(&r->diags, &r->arena);
    r->tree = lua_read(&r->arena, &r->diags, content, SOURCE, TEXT("p.lua"));
}

static void end(struct reading *r)
{
    arena_release(&r->arena);
}

// The tree on one line: {key=value}, [item], and scalars as they are, texts in quotes.
static void show(struct buffer *out, const struct tree *tree)
{
    const char *quote = tree->style == STYLE_LUA_STRING ? "'" : "";
    switch ((enum tree_kind)tree->kind) {
    case TREE_SCALAR:
        buffer_printf(out, "%s%.*s%s", quote, TEXT_ARG(tree->scalar), quote);
        return;
    case TREE_FUNCTION:
        buffer_printf(out, "function(%.*s)", TEXT_ARG(tree->function));
        return;
    case TREE_MAP:
        buffer_add_char(out, '{');
        for (size_t i = 0; i < tree->count; i++) {
            buffer_printf(out, "%s%.*s=", i ? " " : "", TEXT_ARG(tree->entries[i].key));
            show(out, tree->entries[i].value);
        }
        buffer_add_char(out, '}');
        return;
    case TREE_LIST:
        break;
    }
    buffer_add_char(out, '[');
    for (size_t i = 0; i < tree->count; i++) {
        buffer_add(out, i ? TEXT(" ") : TEXT(""));
        show(out, tree->items[i]);
    }
    buffer_add_char(out, ']');
}

struct read_case {
    const char *lua, *shown;
};

static void values_become_a_tree(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        {"return {}", "{}"},
        {"return {policy = 1, name = 'x', on = true, off = false}", "{policy=1 name='x' on=true off=false}"},
        {"return {z = 1, a = 2, ['m n'] = 3}", "{z=1 a=2 m n=3}"},
        {"return {1, 2.5, -3, 15.0, 0.1, 1e300, 9007199254740993, 0x10, -0.0}",
         "[1 2.5 -3 15 0.1 1e300 9007199254740993 16 0]"},
        {"return {1e15, 123456789.25, 1 / 3}", "[1000000000000000 123456789.25 0.3333333333333333]"},
        {"return {math.maxinteger, math.mininteger}", "[9223372036854775807 -9223372036854775808]"},
        {"return {a = {b = {c = {1, {2}}}}}", "{a={b={c=[1 [2]]}}}"},
        {"return {sleep = {rules = {'x'}, decide = function(s) end}}",
         "{sleep={rules=['x'] decide=function(sleep.decide)}}"},
        {"return {list = {function() end, {f = function() end}}}",
         "{list=[function(list[1]) {f=function(list[2].f)}]}"},
        {"return {text = 'a\\tb', long = [[\nx]], empty = ''}", "{text='a\tb' long='x' empty=''}"},
        {"return {gone = nil, kept = 1}", "{kept=1}"},
        {"local base = {b = 1, a = 2} return base", "{b=1 a=2}"},
        {"local t = {} t.z = 1 t.a = 2 return t", "{a=2 z=1}"},
        {"local p = {z = 1} p.b = 2 p.a = 3 return p", "{z=1 a=3 b=2}"},
        {"local function make(n) return {rule = n} end return {wake = {make('a'), make('b')}}",
         "{wake=[{rule='a'} {rule='b'}]}"},
        {"local t = {1, 2, 3} t[4] = 4 return {t = t, u = t}", "{t=[1 2 3 4] u=[1 2 3 4]}"},
        {"return {[1] = 'a', [2] = 'b'}", "['a' 'b']"},
        {"return {x = 1}, 'more', 5", "{x=1}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        struct buffer out;
        begin(&r, text_of(cases[i].lua));
        buffer_init(&out, 10000);
        if (!r.tree || r.diags.count)
            fail_msg("%s: %.*s", cases[i].lua, TEXT_ARG(r.diags.count ? r.diags.items[0].text : TEXT("no tree")));
        show(&out, r.tree);
        if (strcmp(out.p, cases[i].shown) != 0)
            fail_msg("%s\n    got    %s\n    wanted %s", cases[i].lua, out.p, cases[i].shown);
        buffer_release(&out);
        end(&r);
    }
}

// ---- places -----------------------------------------------------------------------------------------------------

struct place_case {
    const char *lua, *key;  // of the returned table
    uint32_t key_line, key_column;
    uint32_t line, column, width;
    bool exact;
};

static void values_know_their_places(void **state)
{
    (void)state;
    static const struct place_case cases[] = {
        {"return {a = 1}", "a", 1, 9, 1, 13, 1, false},
        {"return {\n  a = 'text',\n}", "a", 2, 3, 2, 7, 6, true},
        {"return {\r\n\ta = \"text\",\r\n}", "a", 2, 2, 2, 6, 6, true},
        {"return { ['a'] = 'x' }", "a", 1, 11, 1, 18, 3, true},
        {"return {a = 'x\\ny'}", "a", 1, 9, 1, 13, 6, false},
        {"return {a = [[x]]}", "a", 1, 9, 1, 13, 5, false},
        {"return {a = 'x' .. 'y'}", "a", 1, 9, 1, 13, 3, false},
        {"return {a = ('x'):upper()}", "a", 1, 9, 1, 13, 1, false},
        {"return {b = '\u00e9\u00e9', a = '\u00e9'}", "a", 1, 19, 1, 23, 3, true},
        {"return {b = {1, 2; {x = '}'}}, a = 5}", "a", 1, 32, 1, 36, 1, false},
        {"return {b = function() return {a = 1}, 2 end, a = 6}", "a", 1, 47, 1, 51, 1, false},
        {"return {b = function() if x then return 1 end while x do end repeat until x for i = 1, 2 do end end, a = 6}",
         "a", 1, 102, 1, 106, 1, false},
        {"-- return {a = 0}\nlocal x = 'return {'\nif not x then return {} end --[[ { ]]\nreturn {a = 7}", "a", 4, 9, 4,
         13, 1, false},
        {"local a = {a = 1}\nlocal p = {\n  a = 8,\n}\nreturn p", "a", 3, 3, 3, 7, 1, false},
        {"return {b = 1 --[==[ ]] ]==], a = 9}", "a", 1, 31, 1, 35, 1, false},
        {"return {b = 2 // 1, c = 1 == 1, d = 'x' ~= 'y', a = 9}", "a", 1, 49, 1, 53, 1, false},
        {"return {b = 0x1p-4, c = 1e+5, d = .5, e = 3., a = 9}", "a", 1, 47, 1, 51, 1, false},
        {"return {'p', 'q', a = nil, [3] = 1} and {a = 5}", "a", 1, 1, 1, 1, 6, false},
        {"local t = {} t.a = 1 return t", "a", 1, 11, 1, 11, 1, false},
        {"local function f() return {a = 1} end\nreturn f()", "a", 2, 1, 2, 1, 6, false},
        {"return ({a = 1})", "a", 1, 1, 1, 1, 6, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        const struct place_case *c = &cases[i];
        begin(&r, text_of(c->lua));
        const struct tree_entry *entry = r.tree ? tree_entry(r.tree, text_of(c->key)) : NULL;
        if (!entry) {
            fail_msg("%s: nothing at %s", c->lua, c->key);
            return;
        }
        struct place key = entry->key_place, value = entry->value->place;
        if (key.line != c->key_line || key.column != c->key_column || value.line != c->line ||
            value.column != c->column || value.width != c->width || entry->value->exact_columns != c->exact)
            fail_msg("%s\n    key %u:%u, value %u:%u+%u exact %d", c->lua, key.line, key.column, value.line,
                     value.column, value.width, entry->value->exact_columns);
        assert_int_equal(key.source, SOURCE);
        assert_int_equal(value.source, SOURCE);
        end(&r);
    }
}

static void nested_values_take_the_nearest_known_place(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, TEXT("local function rule(n)\n  return {rule = n}\nend\nreturn {\n  wake = {rule('a'),\n    rule('b')},\n"
                   "  sleep = {{when = 'x',\n    then_ = {y = 1}}},\n}"));
    const struct tree *second = tree_get(r.tree, "wake")->items[1];
    assert_int_equal(second->place.line, 6);
    assert_int_equal(second->entries[0].value->place.line, 6);
    assert_int_equal(second->entries[0].value->place.column, 5);
    const struct tree *first = tree_get(r.tree, "sleep")->items[0];
    assert_int_equal(tree_get(first, "when")->place.column, 20);
    assert_int_equal(tree_get(tree_get(first, "then_"), "y")->place.line, 8);
    end(&r);
}

// ---- faults -----------------------------------------------------------------------------------------------------

struct fault_case {
    const char *lua;
    uint32_t line, column;
    const char *code, *text;
};

static void faults_are_reported_with_their_place(void **state)
{
    (void)state;
    static const struct fault_case cases[] = {
        {"return {\n  a = = 1}", 2, 3, "lua-syntax", "unexpected symbol near '='"},
        {"\n\n\tlocal x = os.time()\nreturn {}", 3, 2, "lua-refused", "'os' is not available in a policy"},
        {"local t\nreturn {a = t.x}", 2, 1, "lua-error", "attempt to index a nil value (local 't')"},
        {"while true do end", 1, 1, "lua-budget", "the budget of 20000 instructions is spent"},
        {"local s = 'x' while true do s = s .. s end", 1, 1, "lua-memory",
         "out of memory: a policy may hold 1024 KiB, in blocks of 16 KiB, and ask for 8 MiB"},
        {"policy = 1", 1, 1, "lua-refused",
         "'policy' is not a local variable, and a policy has no others: write 'local policy'"},
        {"return 5", 1, 1, "lua-value", "the file must return the policy as a table: return {policy = 1, ...}"},
        {"", 0, 0, "lua-value", "the file must return the policy as a table: return {policy = 1, ...}"},
        {"return {a = 1, a = 2}", 1, 16, "duplicate-key", "duplicate key 'a', first on line 1"},
        {"return {a = 1,\n['a'] = 2}", 2, 2, "duplicate-key", "duplicate key 'a', first on line 1"},
        {"return {a = {1, nil, 3}}", 1, 13, "lua-value", "'a' is a list with holes"},
        {"return {a = {1, 2, [4] = 3}}", 1, 13, "lua-value", "'a' is a list with holes"},
        {"return {a = {1, b = 2}}", 1, 13, "lua-value", "'a' mixes names and positions"},
        {"return {a = {[true] = 1}}", 1, 13, "lua-value",
         "'a' has a key that is neither a name nor a position from 1 on"},
        {"return {a = {[0] = 1}}", 1, 13, "lua-value", "'a' has a key that is neither a name nor a position from 1 on"},
        {"return {a = {[1.5] = 1, b = 1}}", 1, 13, "lua-value",
         "'a' has a key that is neither a name nor a position from 1 on"},
        {"return {a = 0/0}", 1, 13, "lua-value", "'a' is not a finite number"},
        {"return {a = {b = -math.huge}}", 1, 18, "lua-value", "'a.b' is not a finite number"},
        {"return {a = '\\xff'}", 1, 13, "lua-value", "'a' is not valid UTF-8"},
        {"return {a = 'x\\0'}", 1, 13, "lua-value", "'a' is not valid UTF-8"},
        {"return {['\\xff'] = 1}", 1, 8, "lua-value", "the returned table has a key that is not valid UTF-8"},
        {"return {a = math.abs}", 1, 13, "lua-value", "'a' is a function of Lua's own, not one written in this file"},
        {"local t = {} t.t = t return {a = t}", 1, 34, "lua-value", "'a.t' contains itself"},
        {"local t = {} for i = 1, 40 do t = {t} end return {a = t}", 1, 55, "lua-value", NULL},
        {"local t = {1, 2, 3, 4, 5, 6, 7, 8} for i = 1, 6 do t = {t, t, t, t, t, t} end return {a = t}", 1, 91,
         "too-large", "the table has more than 20000 values"},
        {"return {\xff}", 0, 0, "utf-8", "not valid UTF-8 at byte 9"},
        {"\033Lua", 0, 0, "lua-refused", "compiled Lua is not accepted"},
        {"return "
         "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}",
         1, 40, "lua-value", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;
        const struct fault_case *c = &cases[i];
        begin(&r, text_of(c->lua));
        if (r.diags.errors != 1)
            fail_msg("%s: %zu errors", c->lua, r.diags.errors);
        const struct diag *diag = &r.diags.items[0];
        bool as_wanted = diag->place.line == c->line && diag->place.column == c->column &&
                         diag->place.source == SOURCE && strcmp(diag->code, c->code) == 0;
        if (!as_wanted || (c->text && !text_is(diag->text, c->text)))
            fail_msg("%s\n    %u:%u %s %.*s", c->lua, diag->place.line, diag->place.column, diag->code,
                     TEXT_ARG(diag->text));
        end(&r);
    }
}

// All of them in one run, and what is whole beside them is still there; a faulty value says so.
static void several_faults_are_all_reported(void **state)
{
    (void)state;
    struct reading r;
    begin(&r, TEXT("return {a = 0/0, b = {1, nil, 3}, good = 5, c = math.abs, good = 6}"));
    assert_int_equal(r.diags.errors, 4);
    assert_true(tree_get(r.tree, "a")->faulty);
    assert_true(tree_get(r.tree, "b")->faulty);
    assert_false(tree_get(r.tree, "good")->faulty);
    assert_true(text_is(tree_get(r.tree, "good")->scalar, "6"));
    end(&r);
}

static void sources_are_bounded(void **state)
{
    (void)state;
    static char source[LIMIT_LUA_SOURCE_BYTES + 1];
    struct reading r;
    memset(source, '\n', sizeof source);
    begin(&r, (struct text){source, sizeof source});
    assert_int_equal(r.diags.errors, 1);
    assert_string_equal(r.diags.items[0].code, "lua-refused");
    assert_true(text_is(r.diags.items[0].text, "a Lua file may have at most 64 KiB"));
    assert_null(r.tree);
    end(&r);
}

// As many targets as a policy may have fit into one file and its budgets.
static void a_large_policy_is_read(void **state)
{
    (void)state;
    static char source[LIMIT_LUA_SOURCE_BYTES];
    struct reading r;
    size_t n = (size_t)snprintf(source, sizeof source, "return {targets = {\n");
    for (int i = 0; i < LIMIT_TARGETS; i++)
        n += (size_t)snprintf(source + n, sizeof source - n, "{cluster = 'c%d', service = 's%d'},\n", i, i);
    n += (size_t)snprintf(source + n, sizeof source - n, "}}");
    begin(&r, (struct text){source, n});
    if (r.diags.errors)
        fail_msg("%.*s", TEXT_ARG(r.diags.items[0].text));
    const struct tree *targets = tree_get(r.tree, "targets");
    assert_int_equal(targets->count, LIMIT_TARGETS);
    assert_int_equal(targets->items[LIMIT_TARGETS - 1]->place.line, LIMIT_TARGETS + 1);
    assert_true(text_is(tree_get(targets->items[999], "service")->scalar, "s999"));
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_a_tree),
        cmocka_unit_test(values_know_their_places),
        cmocka_unit_test(nested_values_take_the_nearest_known_place),
        cmocka_unit_test(faults_are_reported_with_their_place),
        cmocka_unit_test(several_faults_are_all_reported),
        cmocka_unit_test(sources_are_bounded),
        cmocka_unit_test(a_large_policy_is_read),
    };
    return cmocka_run_group_tests_name("lua_read", tests, NULL, NULL) != 0;
}
