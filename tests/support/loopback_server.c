#include "tests/support/loopback_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "tests/support/listener.h"

#define CONNECTIONS 256
#define ROUTES 64
#define HEAD_BYTES (64 * 1024)
#define TOGETHER_MS 10000

struct loopback_connection {
    struct loopback_server *server;
    pthread_t thread;
    int socket;  // -1: closed; changed under the server's lock
    SSL *tls;
    char head[HEAD_BYTES + 1];
    size_t have;     // bytes of `head`
    bool under_way;  // a request has come and nothing of its answer has left
};

struct loopback_server {
    struct loopback_settings settings;
    SSL_CTX *tls;
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;  // of all below
    pthread_cond_t changed;
    bool stopping;
    struct loopback_connection *connections[CONNECTIONS];
    int connection_count;
    int resumed;             // TLS sessions taken up again
    int taken[ROUTES];       // requests by route; the last one: by none
    int together, released;  // of LOOPBACK_TOGETHER
    int under_way, most_at_once;
    size_t body_bytes;
    char *last_head;
};

// ---- bytes ------------------------------------------------------------------------------------------------

static bool send_all(struct loopback_connection *connection, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = connection->tls ? SSL_write(connection->tls, bytes, (int)n)
                                       : send(connection->socket, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

static ssize_t receive(struct loopback_connection *connection, char *bytes, size_t n)
{
    return connection->tls ? SSL_read(connection->tls, bytes, (int)n) : recv(connection->socket, bytes, n, 0);
}

static void close_connection(struct loopback_connection *connection)
{
    pthread_mutex_lock(&connection->server->lock);
    if (connection->socket >= 0)
        close(connection->socket);
    connection->socket = -1;
    pthread_mutex_unlock(&connection->server->lock);
}

// Counted as under way until an answer begins: from then on the client may send the next.
static void set_under_way(struct loopback_connection *connection, bool under_way)
{
    struct loopback_server *server = connection->server;
    pthread_mutex_lock(&server->lock);
    server->under_way += (int)under_way - (int)connection->under_way;
    connection->under_way = under_way;
    if (server->under_way > server->most_at_once)
        server->most_at_once = server->under_way;
    pthread_mutex_unlock(&server->lock);
}

// ---- steps ------------------------------------------------------------------------------------------------

static struct timespec in_ms(int ms)
{
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    long nanoseconds = when.tv_nsec + (long)(ms % 1000) * 1000000;
    when.tv_sec += ms / 1000 + nanoseconds / 1000000000;
    when.tv_nsec = nanoseconds % 1000000000;
    return when;
}

static void wait_ms(struct loopback_server *server, int ms)
{
    struct timespec until = in_ms(ms);
    pthread_mutex_lock(&server->lock);
    while (!server->stopping && pthread_cond_timedwait(&server->changed, &server->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&server->lock);
}

// All who wait are let go by the one that makes them enough.
static void wait_together(struct loopback_server *server, int number)
{
    struct timespec until = in_ms(TOGETHER_MS);
    pthread_mutex_lock(&server->lock);
    int round = server->released;
    if (++server->together >= number) {
        server->released++;
        server->together = 0;
        pthread_cond_broadcast(&server->changed);
    }
    while (!server->stopping && server->released == round) {
        if (pthread_cond_timedwait(&server->changed, &server->lock, &until) != 0)
            break;
    }
    pthread_mutex_unlock(&server->lock);
}

static bool take_step(struct loopback_connection *connection, const struct loopback_step *step)
{
    char waste[4096];
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    switch (step->action) {
    case LOOPBACK_END:
        return true;
    case LOOPBACK_SEND:
        set_under_way(connection, false);
        for (int i = 0; i < (step->number ? step->number : 1); i++) {
            if (!send_all(connection, step->text, strlen(step->text)))
                return false;
        }
        return true;
    case LOOPBACK_WAIT:
        wait_ms(connection->server, step->number);
        return true;
    case LOOPBACK_TOGETHER:
        wait_together(connection->server, step->number);
        return true;
    case LOOPBACK_STALL:
        while (receive(connection, waste, sizeof waste) > 0)
            continue;
        return false;
    case LOOPBACK_RESET:
        setsockopt(connection->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case LOOPBACK_CLOSE:
        if (connection->tls)
            SSL_shutdown(connection->tls);
        return false;
    case LOOPBACK_CUT:
        return false;
    }
    return false;
}

// False: the connection is at its end.
static bool take_steps(struct loopback_connection *connection, const struct loopback_step *steps)
{
    for (int i = 0; i < LOOPBACK_STEPS && steps[i].action != LOOPBACK_END; i++) {
        if (!take_step(connection, &steps[i]))
            return false;
    }
    return true;
}

// ---- requests ---------------------------------------------------------------------------------------------

// The head of the next request, NUL-terminated; what has come behind it is moved to `rest`.
static bool read_head(struct loopback_connection *connection, char **rest, size_t *rest_bytes)
{
    for (;;) {
        connection->head[connection->have] = '\0';
        char *end = strstr(connection->head, "\r\n\r\n");
        if (end) {
            *rest = end + 4;
            *rest_bytes = connection->have - (size_t)(*rest - connection->head);
            return true;
        }
        if (connection->have == HEAD_BYTES)
            return false;
        ssize_t got = receive(connection, connection->head + connection->have, HEAD_BYTES - connection->have);
        if (got <= 0)
            return false;
        connection->have += (size_t)got;
    }
}

static size_t content_length(const char *head)
{
    static const char name[] = "\r\nContent-Length:";
    const char *line = strcasestr(head, name);
    int64_t length = 0;
    if (line) {
        const char *value = line + strlen(name);
        text_to_int64(text_trim((struct text){value, strcspn(value, "\r")}), &length);
    }
    return length > 0 ? (size_t)length : 0;
}

// Requests do not come two at a time, so that all behind the head is body.
static bool read_body(struct loopback_connection *connection, size_t n, size_t have)
{
    char waste[16384];
    while (have < n) {
        ssize_t got = receive(connection, waste, n - have < sizeof waste ? n - have : sizeof waste);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    pthread_mutex_lock(&connection->server->lock);
    connection->server->body_bytes = n;
    pthread_mutex_unlock(&connection->server->lock);
    return true;
}

static bool path_is(const char *head, const char *path)
{
    const char *blank = strchr(head, ' ');
    size_t n = strlen(path);
    return blank && strncmp(blank + 1, path, n) == 0 && blank[1 + n] == ' ';
}

// The route that the request takes, counted; NULL: there is none.
static const struct loopback_route *take_route(struct loopback_server *server, const char *head)
{
    const struct loopback_route *route = server->settings.routes;
    pthread_mutex_lock(&server->lock);
    int i = 0;
    while (route[i].path && !(path_is(head, route[i].path) && (!route[i].uses || server->taken[i] < route[i].uses)))
        i++;
    bool found = route[i].path;
    server->taken[found ? i : ROUTES - 1]++;
    free(server->last_head);
    server->last_head = strdup(head);
    pthread_mutex_unlock(&server->lock);
    return found ? &route[i] : NULL;
}

static bool serve_request(struct loopback_connection *connection)
{
    static const struct loopback_step unknown[LOOPBACK_STEPS] = {
        {LOOPBACK_SEND, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0}};
    char *rest;
    size_t rest_bytes;
    if (!read_head(connection, &rest, &rest_bytes))
        return false;
    rest[-2] = '\0';
    const struct loopback_route *route = take_route(connection->server, connection->head);
    connection->have = 0;
    set_under_way(connection, true);
    if (!(route && route->unread) && !read_body(connection, content_length(connection->head), rest_bytes))
        return false;
    return take_steps(connection, route ? route->steps : unknown);
}

static bool greet(struct loopback_connection *connection)
{
    struct loopback_server *server = connection->server;
    if (server->settings.greeting && !take_steps(connection, server->settings.greeting))
        return false;
    if (!server->tls)
        return true;
    connection->tls = SSL_new(server->tls);
    if (!connection->tls || SSL_set_fd(connection->tls, connection->socket) != 1 || SSL_accept(connection->tls) != 1)
        return false;
    pthread_mutex_lock(&server->lock);
    server->resumed += SSL_session_reused(connection->tls);
    pthread_mutex_unlock(&server->lock);
    return true;
}

static void *serve_connection(void *context)
{
    struct loopback_connection *connection = context;
    if (greet(connection)) {
        while (serve_request(connection))
            continue;
    }
    set_under_way(connection, false);
    SSL_free(connection->tls);
    close_connection(connection);
    return NULL;
}

// ---- the server -------------------------------------------------------------------------------------------

static bool adopt(struct loopback_server *server, int accepted)
{
    struct loopback_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return false;
    int yes = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->server = server;
    connection->socket = accepted;
    pthread_mutex_lock(&server->lock);
    bool room = !server->stopping && server->connection_count < CONNECTIONS &&
                pthread_create(&connection->thread, NULL, serve_connection, connection) == 0;
    if (room)
        server->connections[server->connection_count++] = connection;
    pthread_mutex_unlock(&server->lock);
    if (!room)
        free(connection);
    return room;
}

static void *accept_all(void *context)
{
    struct loopback_server *server = context;
    for (;;) {
        int accepted = accept(server->listener, NULL, NULL);
        if (accepted < 0)
            return NULL;
        if (!adopt(server, accepted))
            close(accepted);
    }
}

static void discard(struct loopback_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    SSL_CTX_free(server->tls);
    free(server->last_head);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

// Threads inherit the mask: a client that is gone must not end the test by SIGPIPE.
static bool start_thread(struct loopback_server *server)
{
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    bool started = pthread_create(&server->thread, NULL, accept_all, server) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

struct loopback_server *loopback_start(const struct loopback_settings *settings)
{
    struct loopback_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->settings = *settings;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->listener = listener_open(&server->port, 0);
    if (settings->identity)
        server->tls = loopback_tls(settings->identity, settings->certificate);
    if (server->listener >= 0 && (!settings->identity || server->tls) && start_thread(server))
        return server;
    discard(server);
    return NULL;
}

void loopback_stop(struct loopback_server *server)
{
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    shutdown(server->listener, SHUT_RDWR);
    for (int i = 0; i < server->connection_count; i++) {
        if (server->connections[i]->socket >= 0)
            shutdown(server->connections[i]->socket, SHUT_RDWR);
    }
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->thread, NULL);
    for (int i = 0; i < server->connection_count; i++) {
        pthread_join(server->connections[i]->thread, NULL);
        free(server->connections[i]);
    }
    discard(server);
}

// ---- what it saw ------------------------------------------------------------------------------------------

int loopback_port(const struct loopback_server *server)
{
    return server->port;
}

int loopback_connections(struct loopback_server *server)
{
    pthread_mutex_lock(&server->lock);
    int count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

int loopback_open_connections(struct loopback_server *server)
{
    int open = 0;
    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < server->connection_count; i++)
        open += server->connections[i]->socket >= 0;
    pthread_mutex_unlock(&server->lock);
    return open;
}

int loopback_resumed(struct loopback_server *server)
{
    pthread_mutex_lock(&server->lock);
    int count = server->resumed;
    pthread_mutex_unlock(&server->lock);
    return count;
}

int loopback_requests(struct loopback_server *server, const char *path)
{
    pthread_mutex_lock(&server->lock);
    int count = path ? 0 : server->taken[ROUTES - 1];
    for (int i = 0; server->settings.routes[i].path; i++) {
        if (!path || strcmp(server->settings.routes[i].path, path) == 0)
            count += server->taken[i];
    }
    pthread_mutex_unlock(&server->lock);
    return count;
}

int loopback_most_at_once(struct loopback_server *server)
{
    pthread_mutex_lock(&server->lock);
    int most = server->most_at_once;
    pthread_mutex_unlock(&server->lock);
    return most;
}

size_t loopback_body_bytes(struct loopback_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t bytes = server->body_bytes;
    pthread_mutex_unlock(&server->lock);
    return bytes;
}

bool loopback_last_head(struct loopback_server *server, char *head, size_t size)
{
    pthread_mutex_lock(&server->lock);
    bool fits = server->last_head && strlen(server->last_head) < size;
    if (fits)
        snprintf(head, size, "%s", server->last_head);
    pthread_mutex_unlock(&server->lock);
    return fits;
}
