// libcurl and OpenSSL, set up as quickly as they can be. Each start is to be followed by one end.
#ifndef DROWSE_SYS_HTTP_LIBRARY_H
#define DROWSE_SYS_HTTP_LIBRARY_H

#include <stdbool.h>

// False: out of memory.
bool http_library_start(void);
void http_library_end(void);
// Before the first handshake: what OpenSSL says when one fails. Others of its errors stay numbers.
void http_library_load_texts(void);

#endif
