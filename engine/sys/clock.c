#include "engine/sys/clock.h"

#include <time.h>

static double now_s(void *context)
{
    (void)context;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct clock system_clock(void)
{
    return (struct clock){.now_s = now_s};
}
