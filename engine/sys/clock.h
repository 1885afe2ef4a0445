// The machine's clock.
#ifndef DROWSE_SYS_CLOCK_H
#define DROWSE_SYS_CLOCK_H

#include "drowse/ports.h"

struct clock system_clock(void);

#endif
