// Values for params from outside: notation, units, bounds, precedence, and which variables a behaviour looks at.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/params.h"
#include "engine/shell/request.h"
#include "tests/support/load.h"

enum { PARAM_IDLE, PARAM_BUSY, PARAM_LABEL, PARAM_STRICT, PARAM_COUNT };

static const char yaml[] =
    "policy: 1\n"
    "name: test\n"
    "params:\n"
    "  idle: {default: 15m, min: 5m, max: 24h, unit: minutes, env: IDLE_MINUTES, request: idle_mins}\n"
    "  busy: {default: 7, min: 0, max: 100, env: BUSY, request: busy}\n"
    "  label: {default: \"blue\", env: LABEL, request: label}\n"
    "  strict: {default: false, request: strict}\n"
    "metrics:\n"
    "  connections: {namespace: N, metric: M, stat: Average, period: 60s, dimensions: {S: x}}\n"
    "wake:\n"
    "  - {rule: start, when: desired == 0 and label == \"blue\", scale_to: 1, status: waking, message: m}\n"
    "  - {rule: up, status: already_running, message: up}\n"
    "sleep:\n"
    "  - {rule: stopped, when: desired == 0 or strict, status: no_change, message: m}\n"
    "  - {rule: idle, when: avg(connections over idle) <= 0, scale_to: 0, status: scaled_down, message: '{busy}'}\n"
    "  - {rule: active, status: no_change, message: m}\n";

struct world {
    struct arena arena;
    const struct policy *policy;
    struct param_setting *settings;
    struct request request;
    struct buffer error, ignored;
};

static void begin(struct world *world)
{
    *world = (struct world){0};
    arena_init(&world->arena);
    world->policy = test_policy_text(&world->arena, yaml);
    assert_int_equal(world->policy->param_count, PARAM_COUNT);
    world->settings = params_new(&world->arena, world->policy);
    buffer_init(&world->error, 4096);
    buffer_init(&world->ignored, 4096);
}

static void end(struct world *world)
{
    buffer_release(&world->error);
    buffer_release(&world->ignored);
    arena_release(&world->arena);
}

static const char *error_of(const struct world *world)
{
    return world->error.n ? world->error.p : "";
}

// Exact: a wrong unit is wrong by a factor.
static void assert_number(const struct param_setting *setting, double expected)
{
    if (setting->value.knowledge != KNOWN || setting->value.number != expected)
        fail_msg("knowledge %d, value %g, expected %g", setting->value.knowledge, setting->value.number, expected);
}

static void reads_texts(void **state)
{
    (void)state;
    static const struct {
        size_t param;
        const char *text;
        double expected;    // of those that are taken
        const char *error;  // NULL: taken
    } cases[] = {
        {PARAM_IDLE, "20m", 1200, NULL},
        {PARAM_IDLE, "20", 1200, NULL},
        {PARAM_IDLE, "7.5", 450, NULL},
        {PARAM_IDLE, "1h30m", 5400, NULL},
        {PARAM_IDLE, "5", 300, NULL},
        {PARAM_IDLE, "24h", 86400, NULL},
        {PARAM_IDLE, "4m59s", 0, "idle: 4m59s is below its minimum of 5m"},
        {PARAM_IDLE, "1441", 0, "idle: 1d1m is above its maximum of 1d"},
        {PARAM_IDLE, "-20", 0, "idle: a duration is not negative"},
        {PARAM_IDLE, "soon", 0, "idle: 'soon' is no duration, such as 15m or 2h30m, and no number of minutes"},
        {PARAM_IDLE, "20 m", 0, "idle: '20 m' is no duration, such as 15m or 2h30m, and no number of minutes"},
        {PARAM_BUSY, "0", 0, NULL},
        {PARAM_BUSY, "12.5", 12.5, NULL},
        {PARAM_BUSY, "101", 0, "busy: 101 is above its maximum of 100"},
        {PARAM_BUSY, "5m", 0, "busy: '5m' is no number"},
        {PARAM_STRICT, "yes", 0, "strict: 'yes' is neither true nor false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world);
        struct param_setting setting = {0};
        bool taken =
            param_set_text(&world.policy->params[cases[i].param], text_of(cases[i].text), &setting, &world.error);
        assert_string_equal(error_of(&world), cases[i].error ? cases[i].error : "");
        assert_int_equal(taken, !cases[i].error);
        if (taken)
            assert_number(&setting, cases[i].expected);
        else
            assert_int_equal(setting.value.knowledge, UNKNOWN);
        end(&world);
    }
}

static void empty_text_is_absent(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        struct param_setting setting = {0};
        assert_true(param_set_text(&world.policy->params[i], TEXT(""), &setting, &world.error));
        assert_int_equal(setting.value.knowledge, UNKNOWN);
    }
    end(&world);
}

static bool set_all(struct world *world, char *const *environment, unsigned behaviours, const char *option,
                    const char *request)
{
    struct variables read = {environment};
    return params_from_environment(&world->arena, world->policy, &read, behaviours, world->settings, &world->error) &&
           (!option ||
            params_from_option(&world->arena, world->policy, text_of(option), world->settings, &world->error)) &&
           request_parse(&world->arena, world->policy, text_of(request), &world->request, world->settings,
                         &world->ignored, &world->error);
}

static void the_nearest_source_wins(void **state)
{
    (void)state;
    static char variable[] = "IDLE_MINUTES=10";
    char *const set[] = {variable, NULL}, *const unset[] = {NULL};
    const struct {
        char *const *environment;
        const char *option, *request;
        enum param_origin origin;
        double expected;
    } cases[] = {
        {set, NULL, "{}", PARAM_ENVIRONMENT, 600},
        {set, "idle=20", "{}", PARAM_OPTION, 1200},
        {set, "idle=20", "{\"idle_mins\": 30}", PARAM_REQUEST, 1800},
        {unset, "idle=20", "{\"idle_mins\": 0}", PARAM_OPTION, 1200},
        {unset, NULL, "{\"idle_mins\": 30}", PARAM_REQUEST, 1800},
        {set, "idle=", "{\"idle_mins\": null}", PARAM_ENVIRONMENT, 600},
        {set, NULL, "{\"idle_mins\": \"\"}", PARAM_ENVIRONMENT, 600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world);
        if (!set_all(&world, cases[i].environment, ALL_BEHAVIOURS, cases[i].option, cases[i].request))
            fail_msg("case %zu: %s", i, error_of(&world));
        assert_number(&world.settings[PARAM_IDLE], cases[i].expected);
        assert_int_equal(world.settings[PARAM_IDLE].origin, cases[i].origin);
        end(&world);
    }
}

// A wrong variable stops only those that could read it: idle and busy are sleep's (busy by a message), label wake's.
static void only_reachable_variables_count(void **state)
{
    (void)state;
    static char short_idle[] = "IDLE_MINUTES=1", much_busy[] = "BUSY=1000", label[] = "LABEL=green";
    static const unsigned wake = 1u << BEHAVIOUR_WAKE, sleep = 1u << BEHAVIOUR_SLEEP;
    const struct {
        char *variable;
        unsigned behaviours;
        const char *error;
    } cases[] = {
        {short_idle, wake, ""}, {short_idle, sleep, "variable IDLE_MINUTES: idle: 1m is below its minimum of 5m"},
        {much_busy, wake, ""},  {much_busy, sleep, "variable BUSY: busy: 1000 is above its maximum of 100"},
        {label, wake, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world);
        char *const environment[] = {cases[i].variable, NULL};
        bool set = set_all(&world, environment, cases[i].behaviours, NULL, "{}");
        assert_string_equal(error_of(&world), cases[i].error);
        assert_int_equal(set, cases[i].error[0] == '\0');
        if (cases[i].variable == label)
            assert_true(text_is(world.settings[PARAM_LABEL].value.text, "green"));
        end(&world);
    }
}

static void refuses_options(void **state)
{
    (void)state;
    static const struct {
        const char *option, *error;
    } cases[] = {
        {"idle", "--param idle: write NAME=VALUE"},
        {"idel=20", "--param: the policy has no param 'idel' (did you mean 'idle'?)"},
        {"x=20", "--param: the policy has no param 'x'; it has idle, busy, label, strict"},
        {"idle=2", "idle: 2m is below its minimum of 5m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world);
        char *const environment[] = {NULL};
        assert_false(set_all(&world, environment, ALL_BEHAVIOURS, cases[i].option, "{}"));
        assert_string_equal(error_of(&world), cases[i].error);
        end(&world);
    }
}

static void reads_requests(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *cluster, *service;
        const char *ignored, *error;  // error "": taken
    } cases[] = {
        {"", "", "", "", ""},
        {"  {} ", "", "", "", ""},
        {"{\"cluster_name\": \"c\", \"service_name\": \"s\"}", "c", "s", "", ""},
        {"{\"cluster_name\": \"\", \"service_name\": null}", "", "", "", ""},
        {"{\"busy\": 0}", "", "", "", ""},
        {"{\"strict\": true, \"label\": \"green\"}", "", "", "", ""},
        {"{\"idle\": 1, \"Cluster_Name\": 2}", "", "",
         "request: unknown field idle is ignored\nrequest: unknown field Cluster_Name is ignored\n", ""},
        {"{\"cluster_name\": 5}", "", "", "", "request: cluster_name must be a text"},
        {"{\"idle_mins\": \"30\"}", "", "", "", "request: idle_mins must be a number"},
        {"{\"idle_mins\": true}", "", "", "", "request: idle_mins must be a number"},
        {"{\"idle_mins\": 1}", "", "", "", "request field idle_mins: idle: 1m is below its minimum of 5m"},
        {"{\"idle_mins\": -5}", "", "", "", "request field idle_mins: idle: a duration is not negative"},
        {"{\"strict\": 1}", "", "", "", "request: strict must be true or false"},
        {"{\"label\": 1}", "", "", "", "request: label must be a text"},
        {"[]", "", "", "", "request: it must be a JSON object"},
        {"{\"a\": }", "", "", "", "request: it is not JSON"},
        {"{} {}", "", "", "", "request: it is not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world);
        bool read = request_parse(&world.arena, world.policy, text_of(cases[i].body), &world.request, world.settings,
                                  &world.ignored, &world.error);
        assert_string_equal(error_of(&world), cases[i].error);
        assert_int_equal(read, cases[i].error[0] == '\0');
        assert_true(text_is(world.request.cluster, cases[i].cluster));
        assert_true(text_is(world.request.service, cases[i].service));
        assert_string_equal(world.ignored.n ? world.ignored.p : "", cases[i].ignored);
        end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_texts),
        cmocka_unit_test(empty_text_is_absent),
        cmocka_unit_test(the_nearest_source_wins),
        cmocka_unit_test(only_reachable_variables_count),
        cmocka_unit_test(refuses_options),
        cmocka_unit_test(reads_requests),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL) != 0;
}
