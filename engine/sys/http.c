#include "engine/sys/http.h"

#include <openssl/x509.h>
#include <signal.h>
#include <time.h>

#include "drowse/limits.h"
#include "engine/sys/files.h"
#include "engine/sys/http_library.h"
#include "engine/sys/http_parts.h"

#define SIDE_BY_SIDE 16
// AWS does not say how long it keeps a connection that nobody uses. Its SDK for Java lets go after 60 s.
#define IDLE_S 50
#define POLL_MS 1000
#define HOSTS 2  // that connections are kept to for each transfer at once: ECS and CloudWatch
#define REASON_BYTES 256

// ---- making and freeing -----------------------------------------------------------------------------------

static bool read_trust(struct http_client *client, const char *path, struct buffer *error)
{
    struct text pem;
    if (!file_read(&client->scratch, text_of(path), LIMIT_CA_FILE_BYTES, &pem, error))
        return false;
    struct buffer reason;
    buffer_init(&reason, REASON_BYTES);
    client->trust = http_trust_new(pem, &reason);
    if (!client->trust)
        buffer_printf(error, "%s: %.*s", path, TEXT_ARG(buffer_text(&reason)));
    buffer_release(&reason);
    arena_release(&client->scratch);
    return client->trust;
}

struct http_client *http_client_new(const struct http_settings *settings, struct buffer *error)
{
    struct arena arena = {0};
    struct http_client *client = ARENA_NEW(&arena, struct http_client);
    client->slot_count = settings->side_by_side ? settings->side_by_side : SIDE_BY_SIDE;
    client->slots = ARENA_ARRAY(&arena, client->slot_count, struct http_slot);
    client->idle_s = settings->idle_s > 0 ? settings->idle_s : IDLE_S;
    client->arena = arena;
    for (size_t i = 0; i < client->slot_count; i++)
        client->slots[i].client = client;
    if (!settings->ca_file || read_trust(client, settings->ca_file, error))
        return client;
    http_client_free(client);
    return NULL;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->slot_count; i++)
        http_slot_release(&client->slots[i]);
    if (client->multi)
        curl_multi_cleanup(client->multi);
    if (client->share)
        curl_share_cleanup(client->share);
    if (client->global)
        http_library_end();
    X509_STORE_free(client->trust);
    arena_release(&client->scratch);
    struct arena arena = client->arena;  // the struct lies in it
    arena_release(&arena);
}

X509_STORE *http_client_trust(struct http_client *client)
{
    if (client->trust)
        return client->trust;
    struct buffer error;
    buffer_init(&error, REASON_BYTES);
    client->trust = http_trust_new(http_roots(), &error);
    buffer_release(&error);
    return client->trust;
}

// ---- readying the library ---------------------------------------------------------------------------------

static double wall_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// A process that was frozen for minutes finds its connections dead without a sign: what it sends is lost, and nobody
// knows whether it arrived. The wall's clock has gone on meanwhile; the monotonic one may not have.
static void drop_dead_connections(struct http_client *client)
{
    if (!client->multi || client->socket_count == 0)
        return;
    double idle_s = wall_s() - client->used_s;
    if (idle_s >= 0 && idle_s <= client->idle_s && !http_sockets_stirred(client))
        return;
    curl_multi_cleanup(client->multi);
    client->multi = NULL;
}

static bool make_share(struct http_client *client)
{
    client->share = curl_share_init();
    return client->share && curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

static bool ready(struct http_client *client)
{
    if (!client->global)
        client->global = http_library_start();
    if (!client->global || (!client->share && !make_share(client)))
        return false;
    drop_dead_connections(client);
    if (client->multi)
        return true;
    client->multi = curl_multi_init();
    // By default the number shrinks as transfers end, and with it what is kept.
    return client->multi &&
           curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)(client->slot_count * HOSTS)) == CURLM_OK;
}

// ---- the transfers of one call ----------------------------------------------------------------------------

struct batch {
    struct http_client *client;
    struct arena *arena;
    const struct http_request *requests;
    struct http_answer *answers;
    size_t count, next, busy;
};

// A transfer's time runs from here, not while it waits for its turn: therefore the queue is not libcurl's.
static void start_waiting(struct batch *batch)
{
    for (size_t i = 0; i < batch->client->slot_count; i++) {
        struct http_slot *slot = &batch->client->slots[i];
        while (!slot->busy && batch->next < batch->count) {
            size_t at = batch->next++;
            if (http_transfer_start(slot, &batch->requests[at], &batch->answers[at], batch->arena))
                batch->busy++;
        }
    }
}

static void finish_done(struct batch *batch)
{
    int left;
    for (;;) {
        CURLMsg *message = curl_multi_info_read(batch->client->multi, &left);
        if (!message)
            return;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;  // removing the handle takes the message with it
        struct http_slot *slot = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        http_transfer_finish(slot, code);
        batch->busy--;
    }
}

// libcurl itself is at its end (memory, descriptors): nothing more can be learnt of what is under way.
static void abandon(struct batch *batch)
{
    for (size_t i = 0; i < batch->client->slot_count; i++) {
        if (batch->client->slots[i].busy)
            http_transfer_finish(&batch->client->slots[i], CURLE_OUT_OF_MEMORY);
    }
    batch->busy = 0;
}

static bool any_tls(const struct batch *batch)
{
    struct http_place place;
    for (size_t i = 0; i < batch->count; i++) {
        if (http_place_of(batch->requests[i].url, &place) && place.tls)
            return true;
    }
    return false;
}

static void run_batch(struct batch *batch)
{
    CURLM *multi = batch->client->multi;
    bool roots_wanted = !batch->client->trust && any_tls(batch);
    for (;;) {
        int running;
        start_waiting(batch);
        if (batch->busy == 0)
            return;
        CURLMcode code = curl_multi_perform(multi, &running);
        // While names are looked up and connections made, there is time to read the roots.
        if (roots_wanted)
            http_client_trust(batch->client);
        roots_wanted = false;
        size_t before = batch->busy;
        finish_done(batch);
        if (code == CURLM_OK && batch->busy == before)
            code = curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
        if (code != CURLM_OK)
            abandon(batch);
    }
}

// Older libcurls let OpenSSL write to its socket itself, and a connection that is gone then ends the process.
static void run_without_sigpipe(struct batch *batch)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before);
    run_batch(batch);
    sigaction(SIGPIPE, &before, NULL);
}

static void perform(void *context, struct arena *arena, const struct http_request *requests, size_t count,
                    struct http_answer *answers)
{
    struct http_client *client = context;
    if (!ready(client)) {
        for (size_t i = 0; i < count; i++)
            http_transfer_refuse(&answers[i], arena, TEXT("libcurl cannot be set up: out of memory"));
        return;
    }
    arena_reset(&client->scratch);
    run_without_sigpipe(&(struct batch){client, arena, requests, answers, count, 0, 0});
    client->used_s = wall_s();
}

struct http http_client_port(struct http_client *client)
{
    return (struct http){.context = client, .perform = perform};
}
