#include "engine/sys/clock.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#define LONGEST_WAIT_S 1e9

static double now_s(void *context)
{
    (void)context;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void wait_s(void *context, double seconds)
{
    (void)context;
    if (!(seconds > 0))
        return;
    double whole = floor(fmin(seconds, LONGEST_WAIT_S));
    double rest = fmin(seconds, LONGEST_WAIT_S) - whole;
    struct timespec left = {.tv_sec = (time_t)whole, .tv_nsec = (long)(rest * 1e9)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

struct clock system_clock(void)
{
    return (struct clock){.now_s = now_s, .wait_s = wait_s};
}
