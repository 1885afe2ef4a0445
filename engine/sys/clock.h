// The machine's clock.
#ifndef DROWSE_SYS_CLOCK_H
#define DROWSE_SYS_CLOCK_H

#include "drowse/ports.h"

// Waits go on over signals that are handled; what is no time to wait is none. It has no doubts.
struct clock system_clock(void);

#endif
