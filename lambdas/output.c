#include "lambdas/output.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define SEGMENT_HEADER "{\"format\":\"json\",\"version\":1}\n"
#define SEGMENT_BYTES 65000  // what one datagram holds

// ---- lines ------------------------------------------------------------------------------------------------

// What is left of the two parts once `n` bytes of them are gone.
static void pass(struct text parts[2], size_t n)
{
    size_t first = n < parts[0].n ? n : parts[0].n;
    parts[0] = text_from(parts[0], first);
    parts[1] = text_from(parts[1], n - first);
}

static void write_line(void *context, struct text line)
{
    (void)context;
    struct text parts[2] = {line, TEXT("\n")};
    while (parts[1].n) {
        // writev takes them as its own to change, which it never does.
        const struct iovec vector[2] = {{(void *)parts[0].p, parts[0].n}, {(void *)parts[1].p, parts[1].n}};
        ssize_t written = writev(STDOUT_FILENO, vector, 2);
        if (written < 0 && errno != EINTR)
            return;
        if (written > 0)
            pass(parts, (size_t)written);
    }
}

struct log output_log(void)
{
    return (struct log){.write = write_line};
}

// ---- traces -----------------------------------------------------------------------------------------------

struct trace_sender {
    int socket;
};

// "host:port" or "[host]:port", as two texts with a NUL behind each.
static bool split_address(struct arena *arena, struct text address, struct text *host, struct text *port)
{
    size_t colon = address.n;
    while (colon && address.p[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return false;
    struct text before = {address.p, colon - 1};
    if (text_starts(before, TEXT("[")) && text_ends(before, TEXT("]")))
        before = (struct text){before.p + 1, before.n - 2};
    *host = arena_text(arena, before);
    *port = arena_text(arena, text_from(address, colon));
    return port->n > 0;
}

static void addresses_cleanup(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
}
#define ADDRESSES_OWNED __attribute__((cleanup(addresses_cleanup)))

// -1 where there is no such address. Names are not looked up: that could take long, for the sake of a trace.
static int connected_socket(const char *host, const char *port)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found ADDRESSES_OWNED = NULL;
    if (getaddrinfo(host, port, &wanted, &found) != 0)
        return -1;
    int file = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file >= 0 && connect(file, found->ai_addr, found->ai_addrlen) != 0) {
        close(file);
        return -1;
    }
    return file;
}

struct trace_sender *trace_sender_new(struct arena *arena, struct text address)
{
    struct text host, port;
    if (!split_address(arena, address, &host, &port))
        return NULL;
    int file = connected_socket(host.p, port.p);
    if (file < 0)
        return NULL;
    struct trace_sender *sender = ARENA_NEW(arena, struct trace_sender);
    sender->socket = file;
    return sender;
}

void trace_sender_free(struct trace_sender *sender)
{
    if (sender)
        close(sender->socket);
}

void trace_sender_send(void *sender, struct text segment)
{
    const struct trace_sender *to = sender;
    struct iovec parts[2] = {{(void *)SEGMENT_HEADER, sizeof SEGMENT_HEADER - 1}, {(void *)segment.p, segment.n}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (segment.n <= SEGMENT_BYTES)
        (void)sendmsg(to->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
