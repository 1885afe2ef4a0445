// Chance, for jitter; not for secrets.
#ifndef DROWSE_SYS_CHANCE_H
#define DROWSE_SYS_CHANCE_H

// From 0 to below 1, from the system.
double random_unit(void);

#endif
