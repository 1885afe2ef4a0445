#include "tests/support/http_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/http_message.h"
#include "tests/support/listener.h"

#define READ_BYTES 65536
#define REQUEST_BYTES ((size_t)16 * 1024 * 1024)
#define ANSWER_BYTES ((size_t)64 * 1024 * 1024)
#define KEPT_BYTES 65536  // larger buffers are given back between requests

enum connection_state {
    CONNECTION_READS,
    CONNECTION_WAITS,  // for `due_ms`
    CONNECTION_WRITES,
    CONNECTION_SILENT,
};

struct connection {
    int fd;
    SSL *tls;
    enum connection_state state;
    bool ends, resets;  // once written, or once due
    bool vanishes;      // once written: and the server with it
    bool wants_out;     // epoll watches for room to write
    int64_t due_ms;
    int number;
    size_t piece_bytes;
    struct buffer in, out;
    size_t sent;
    struct connection *previous, *next;
};

struct http_server {
    struct server_settings settings;
    SSL_CTX *tls;
    int listener, epoll, signals, port, accepted;
    struct connection *connections;
    bool stops;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void connection_close(struct http_server *server, struct connection *connection)
{
    if (connection->resets) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if (connection->tls)
        SSL_free(connection->tls);
    close(connection->fd);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    buffer_release(&connection->in);
    buffer_release(&connection->out);
    free(connection);
}

static void watch(struct http_server *server, struct connection *connection, bool wants_out)
{
    if (connection->wants_out == wants_out)
        return;
    struct epoll_event event = {.events = EPOLLIN | (wants_out ? (uint32_t)EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(server->epoll, EPOLL_CTL_MOD, connection->fd, &event);
    connection->wants_out = wants_out;
}

enum moved { MOVED_SOME, MOVED_NOTHING, MOVED_OVER };

static enum moved tls_result(struct connection *connection, int n)
{
    if (n > 0)
        return MOVED_SOME;
    int error = SSL_get_error(connection->tls, n);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? MOVED_NOTHING : MOVED_OVER;
}

static enum moved socket_result(ssize_t n)
{
    if (n > 0)
        return MOVED_SOME;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? MOVED_NOTHING : MOVED_OVER;
}

static enum moved receive(struct connection *connection)
{
    char bytes[READ_BYTES];
    ssize_t n;
    enum moved moved;
    if (connection->tls) {
        n = SSL_read(connection->tls, bytes, READ_BYTES);
        moved = tls_result(connection, (int)n);
    } else {
        n = recv(connection->fd, bytes, READ_BYTES, 0);
        moved = socket_result(n);
    }
    if (moved == MOVED_SOME)
        buffer_add(&connection->in, (struct text){bytes, (size_t)n});
    return connection->in.truncated ? MOVED_OVER : moved;
}

static enum moved transmit(struct connection *connection)
{
    size_t left = connection->out.n - connection->sent;
    const char *from = connection->out.p + connection->sent;
    ssize_t n;
    enum moved moved;
    if (connection->piece_bytes && left > connection->piece_bytes)
        left = connection->piece_bytes;
    if (connection->tls) {
        n = SSL_write(connection->tls, from, left > READ_BYTES ? READ_BYTES : (int)left);
        moved = tls_result(connection, (int)n);
    } else {
        // Where the connection ends behind it, its end goes out with the last bytes: a client that has the answer can
        // see that it cannot send its next request here.
        n = send(connection->fd, from, left, MSG_NOSIGNAL | (connection->ends ? MSG_MORE : 0));
        moved = socket_result(n);
    }
    if (moved == MOVED_SOME)
        connection->sent += (size_t)n;
    return moved;
}

static void clear(struct buffer *buffer)
{
    if (buffer->capacity > KEPT_BYTES)
        buffer_release(buffer);
    else
        buffer_clear(buffer);
}

// Takes the first `n` bytes away.
static void consume(struct buffer *in, size_t n)
{
    size_t left = in->n - n;
    if (left == 0) {
        clear(in);
        return;
    }
    memmove(in->p, in->p + n, left);
    in->n = left;
    in->p[left] = '\0';
}

static void reply_init(struct server_reply *reply)
{
    *reply = (struct server_reply){.code = 200};
    buffer_init(&reply->headers, REQUEST_BYTES);
    buffer_init(&reply->body, ANSWER_BYTES);
}

// One request that is whole: asks for its answer and puts that into `out`.
static void answer(struct http_server *server, struct connection *connection, const struct server_request *request)
{
    struct server_reply reply;
    reply_init(&reply);
    server->settings.answer(server->settings.context, request, &reply);
    message_write(&reply, server->settings.now_s(server->settings.context), &connection->out);
    connection->sent = 0;
    connection->vanishes = reply.fate == FATE_VANISH;
    connection->ends = reply.fate == FATE_CUT || reply.fate == FATE_CLOSE || reply.fate == FATE_NOTHING ||
                       reply.fate == FATE_GARBAGE || connection->vanishes;
    connection->resets = reply.fate == FATE_RESET;
    connection->due_ms = monotonic_ms() + reply.delay_ms;
    connection->piece_bytes = reply.piece_bytes;
    if (reply.fate == FATE_SILENT)
        connection->state = CONNECTION_SILENT;
    else
        connection->state = reply.delay_ms > 0 || connection->resets ? CONNECTION_WAITS : CONNECTION_WRITES;
    buffer_release(&reply.headers);
    buffer_release(&reply.body);
}

// False: the connection is over.
static bool write_out(struct http_server *server, struct connection *connection)
{
    while (connection->sent < connection->out.n) {
        enum moved moved = transmit(connection);
        if (moved == MOVED_OVER)
            return false;
        if (moved == MOVED_NOTHING) {
            watch(server, connection, true);
            return true;
        }
        if (connection->piece_bytes && connection->sent < connection->out.n) {
            connection->state = CONNECTION_WAITS;
            connection->due_ms = monotonic_ms() + 1;
            return true;
        }
    }
    watch(server, connection, false);
    clear(&connection->out);
    connection->state = CONNECTION_READS;
    return !connection->ends;
}

// All that can be done without waiting. False: the connection is over.
static bool advance(struct http_server *server, struct connection *connection)
{
    for (;;) {
        if (connection->state == CONNECTION_WAITS && connection->due_ms <= monotonic_ms()) {
            if (connection->resets)
                return false;
            connection->state = CONNECTION_WRITES;
        }
        if (connection->state == CONNECTION_WRITES && !write_out(server, connection))
            return false;
        if (connection->state != CONNECTION_READS)
            return true;
        struct server_request request;
        size_t whole = 0;
        if (!message_read(buffer_text(&connection->in), &request, &whole))
            return false;
        if (whole == 0)
            return true;
        request.connection = connection->number;
        answer(server, connection, &request);
        consume(&connection->in, whole);
    }
}

static void close_listener(struct http_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
}

static void vanish(struct http_server *server)
{
    while (server->connections)
        connection_close(server, server->connections);
    close_listener(server);
}

static void serve(struct http_server *server, struct connection *connection)
{
    enum moved moved;
    do
        moved = receive(connection);
    while (moved == MOVED_SOME);
    bool open = advance(server, connection);
    if (!open && connection->vanishes)
        vanish(server);
    else if (moved == MOVED_OVER || !open)
        connection_close(server, connection);
}

static void accept_one(struct http_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        abort();
    connection->fd = fd;
    connection->number = ++server->accepted;
    buffer_init(&connection->in, REQUEST_BYTES);
    buffer_init(&connection->out, ANSWER_BYTES * 2);
    if (server->tls) {
        connection->tls = SSL_new(server->tls);
        SSL_set_fd(connection->tls, fd);
        SSL_set_accept_state(connection->tls);
    }
    connection->next = server->connections;
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

// Until the next answer that waits is due; -1: none does.
static int wait_ms(const struct http_server *server)
{
    int64_t now_ms = monotonic_ms(), soonest_ms = -1;
    for (const struct connection *connection = server->connections; connection; connection = connection->next) {
        if (connection->state != CONNECTION_WAITS)
            continue;
        int64_t left_ms = connection->due_ms > now_ms ? connection->due_ms - now_ms : 0;
        if (soonest_ms < 0 || left_ms < soonest_ms)
            soonest_ms = left_ms;
    }
    return (int)soonest_ms;
}

static void advance_due(struct http_server *server)
{
    struct connection *next;
    for (struct connection *connection = server->connections; connection; connection = next) {
        next = connection->next;
        if (connection->state == CONNECTION_WAITS && !advance(server, connection))
            connection_close(server, connection);
    }
}

static bool input_ended(void)
{
    char byte;
    ssize_t n = read(STDIN_FILENO, &byte, 1);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void add(struct http_server *server, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

static bool open_listener(struct http_server *server)
{
    server->listener = listener_open(&server->port, SOCK_NONBLOCK);
    if (server->listener < 0)
        return false;
    add(server, server->listener, &server->listener);
    return true;
}

static void take_signal(struct http_server *server)
{
    struct signalfd_siginfo signal;
    if (read(server->signals, &signal, sizeof signal) != (ssize_t)sizeof signal)
        return;
    if (signal.ssi_signo != SIGUSR1)
        server->stops = true;
    else if (server->listener < 0)
        server->stops = !open_listener(server);
}

static void handle(struct http_server *server, const struct epoll_event *event)
{
    if (event->data.ptr == &server->listener)
        accept_one(server);
    else if (event->data.ptr == &server->signals)
        take_signal(server);
    else if (event->data.ptr == server)
        server->stops = input_ended();
    else
        serve(server, event->data.ptr);
}

bool server_run(struct http_server *server)
{
    while (!server->stops) {
        // One at a time: handling one may close another.
        struct epoll_event event;
        int due_ms = wait_ms(server), idle_ms = server->settings.idle_ms ? server->settings.idle_ms : -1;
        int n = epoll_wait(server->epoll, &event, 1, due_ms < 0 ? idle_ms : due_ms);
        if ((n < 0 && errno != EINTR) || (n == 0 && due_ms < 0))
            return false;
        if (n > 0)
            handle(server, &event);
        advance_due(server);
    }
    return true;
}

static bool open_tls(struct http_server *server)
{
    if (!server->settings.certificate)
        return true;
    server->tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(server->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return SSL_CTX_use_certificate_chain_file(server->tls, server->settings.certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(server->tls, server->settings.key, SSL_FILETYPE_PEM) == 1;
}

static void watch_ends(struct http_server *server)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGUSR1);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    server->signals = signalfd(-1, &ends, SFD_CLOEXEC);
    add(server, server->signals, &server->signals);
    if (server->settings.until_input_ends)
        add(server, STDIN_FILENO, server);
}

struct http_server *server_new(const struct server_settings *settings)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->settings = *settings;
    server->listener = server->signals = -1;
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    if (!open_listener(server) || !open_tls(server)) {
        fprintf(stderr, "cannot listen on loopback, or cannot read the certificate or its key\n");
        server_free(server);
        return NULL;
    }
    watch_ends(server);
    return server;
}

void server_stop(struct http_server *server)
{
    close_listener(server);
    server->stops = true;
}

int server_port(const struct http_server *server)
{
    return server->port;
}

int server_accepted(const struct http_server *server)
{
    return server->accepted;
}

void server_free(struct http_server *server)
{
    while (server->connections)
        connection_close(server, server->connections);
    if (server->tls)
        SSL_CTX_free(server->tls);
    close(server->epoll);
    close_listener(server);
    if (server->signals >= 0)
        close(server->signals);
    free(server);
}
