// The sockets of the connections, known one by one, so that those that died while nobody used them can be told.
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/sys/http_parts.h"

curl_socket_t http_socket_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct http_client *client = context;
    int opened = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (opened < 0)
        return CURL_SOCKET_BAD;
    client->sockets = arena_grow(&client->arena, client->sockets, client->socket_count, &client->socket_capacity,
                                 client->socket_count + 1, sizeof client->sockets[0]);
    client->sockets[client->socket_count++] = (struct pollfd){.fd = opened, .events = POLLIN};
    return opened;
}

int http_socket_close(void *context, curl_socket_t closed)
{
    struct http_client *client = context;
    for (size_t i = 0; i < client->socket_count; i++) {
        if (client->sockets[i].fd == closed) {
            client->sockets[i] = client->sockets[--client->socket_count];
            break;
        }
    }
    return close(closed);
}

// On a connection without a request there is nothing to come but its end.
bool http_sockets_stirred(struct http_client *client)
{
    int stirred;
    do {
        stirred = poll(client->sockets, client->socket_count, 0);
    } while (stirred < 0 && errno == EINTR);
    return stirred != 0;
}
