// The machine's clock, and chance.
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <cmocka.h>

#include "engine/sys/chance.h"
#include "engine/sys/clock.h"

#define DRAWS 1000

static double monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tells_the_time(void **state)
{
    (void)state;
    struct clock clock = system_clock();
    struct timespec now;
    double first = clock.now_s(clock.context);
    clock_gettime(CLOCK_REALTIME, &now);
    double last = clock.now_s(clock.context);
    assert_true(first <= (double)now.tv_sec + (double)now.tv_nsec / 1e9);
    assert_true(last >= (double)now.tv_sec + (double)now.tv_nsec / 1e9);
    assert_null(clock.doubt_s);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms = alarms + 1;
}

static void waits_on_over_signals(void **state)
{
    (void)state;
    struct clock clock = system_clock();
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval every_10_ms = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    struct sigaction before;
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &every_10_ms, NULL);
    double start_s = monotonic_s();
    clock.wait_s(clock.context, 0.1);
    double waited_s = monotonic_s() - start_s;
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_true(alarms > 0);
    assert_true(waited_s >= 0.1);
}

static void waits_for_nothing_at_all(void **state)
{
    (void)state;
    struct clock clock = system_clock();
    clock.wait_s(clock.context, 0);
    clock.wait_s(clock.context, -INFINITY);
    clock.wait_s(clock.context, NAN);
}

// One in 2^53 draws is 0; that the mean of a thousand lies this far off happens once in 10^27 runs.
static void draws_evenly(void **state)
{
    (void)state;
    double sum = 0, first = random_unit();
    int same = 0;
    for (int i = 0; i < DRAWS; i++) {
        double draw = random_unit();
        assert_true(draw >= 0 && draw < 1);
        same += draw >= first && draw <= first;
        sum += draw;
    }
    assert_true(sum > DRAWS * 0.4 && sum < DRAWS * 0.6);
    assert_int_equal(same, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_time),
        cmocka_unit_test(waits_on_over_signals),
        cmocka_unit_test(waits_for_nothing_at_all),
        cmocka_unit_test(draws_evenly),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL) != 0;
}
