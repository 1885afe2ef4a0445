// What the process ends with. Over many targets the highest wins.
#ifndef DROWSE_CLI_EXIT_CODE_H
#define DROWSE_CLI_EXIT_CODE_H

enum exit_code {
    CODE_DONE = 0,     // held and no change included
    CODE_NOT_SO = 1,   // what was asked for does not hold: an invalid policy, a failed decision
    CODE_USAGE = 2,    // wrong usage, or input that cannot be read
    CODE_OUTSIDE = 3,  // AWS, the network, a full disk
    CODE_REFUSED = 4,  // permission, target, protection, blast radius
};
#define CODE_INTERRUPTED 130

static inline enum exit_code code_higher(enum exit_code a, enum exit_code b)
{
    return a > b ? a : b;
}

#endif
