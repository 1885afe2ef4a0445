#include "tests/support/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512

int listener_open(int *port, int flags)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1, file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (file < 0)
        return -1;
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(file, (struct sockaddr *)&address, size) != 0 || listen(file, BACKLOG) != 0 ||
        getsockname(file, (struct sockaddr *)&address, &size) != 0) {
        close(file);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return file;
}
