// For tests: a socket that listens on loopback, for servers of our own.
#ifndef DROWSE_TESTS_LISTENER_H
#define DROWSE_TESTS_LISTENER_H

// On 127.0.0.1 and *port, or on a free one where that is 0, which it then says. `flags` go to socket(2): SOCK_NONBLOCK
// or 0. The descriptor, or -1 with errno. The caller closes it.
int listener_open(int *port, int flags);

#endif
