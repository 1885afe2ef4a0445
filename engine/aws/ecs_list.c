// The services that a pattern covers: ListClusters where the cluster is a pattern, then ListServices of each.
#include <string.h>

#include "engine/aws/aws_parts.h"
#include "engine/base/json_write.h"

#define BODY_BYTES (16 * 1024)
#define ERROR_BYTES 500
#define PER_PAGE 100

// The pages of one question.
struct listing {
    const struct operation *operation;
    const char *member;   // "serviceArns"
    struct text cluster;  // of ListServices
    struct text *tokens;
    size_t token_count, token_capacity;
    struct text *arns;
    size_t count, capacity;
    bool done;
};

static struct text body_of(struct arena *arena, const struct listing *listing)
{
    struct buffer body;
    struct json_writer json;
    buffer_init(&body, BODY_BYTES);
    json_begin(&json, &body, 0);
    json_open_object(&json);
    if (listing->cluster.n) {
        json_key(&json, "cluster");
        json_text(&json, listing->cluster);
        json_key(&json, "schedulingStrategy");
        json_string(&json, "REPLICA");
    }
    json_key(&json, "maxResults");
    json_int(&json, PER_PAGE);
    if (listing->token_count) {
        json_key(&json, "nextToken");
        json_text(&json, listing->tokens[listing->token_count - 1]);
    }
    json_close_object(&json);
    struct text text = arena_text(arena, buffer_text(&body));
    bool whole = !body.truncated;
    buffer_release(&body);
    return whole ? text : (struct text){NULL, 0};
}

// A token that comes again would go round for ever.
static bool take_token(struct arena *arena, struct listing *listing, struct call *call, struct text token)
{
    listing->done = token.n == 0;
    if (listing->done)
        return true;
    for (size_t i = 0; i < listing->token_count; i++) {
        if (text_eq(listing->tokens[i], token)) {
            call_nonsense(arena, call, "its nextToken is that of an earlier page");
            return false;
        }
    }
    if (listing->token_count + 1 >= PAGES_MAXIMUM || token.n > BODY_BYTES / 2) {
        call_nonsense(arena, call, "it goes on behind %d pages, or its nextToken is too long", PAGES_MAXIMUM);
        return false;
    }
    listing->tokens = arena_grow(arena, listing->tokens, listing->token_count, &listing->token_capacity,
                                 listing->token_count + 1, sizeof *listing->tokens);
    listing->tokens[listing->token_count++] = token;
    return true;
}

static bool take_page(struct arena *arena, struct listing *listing, struct call *call)
{
    struct arns_page page;
    struct buffer error;
    if (call->result.status != PORT_OK)
        return false;
    buffer_init(&error, ERROR_BYTES);
    if (!arns_page_read(arena, call->answer, listing->member, &page, &error))
        call_nonsense(arena, call, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    if (call->result.status != PORT_OK)
        return false;
    size_t more = page.count;
    listing->arns =
        arena_grow(arena, listing->arns, listing->count, &listing->capacity, listing->count + more, sizeof *page.arns);
    if (more)
        memcpy(listing->arns + listing->count, page.arns, more * sizeof *page.arns);
    listing->count += more;
    return take_token(arena, listing, call, page.next_token);
}

// All pages of all listings, side by side. A list that lacks a part is none: the first fault ends it.
static struct port_result list_all(struct aws *aws, struct arena *arena, struct listing *listings, size_t count)
{
    struct call *calls = ARENA_ARRAY(arena, count, struct call);
    struct listing **of = ARENA_ARRAY(arena, count, struct listing *);
    for (;;) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++) {
            struct listing *listing = &listings[i];
            if (listing->done)
                continue;
            of[n] = listing;
            calls[n++] = (struct call){
                .operation = listing->operation,
                .body = body_of(arena, listing),
                .target = listing->cluster.n ? listing->cluster : TEXT("all clusters"),
            };
        }
        if (n == 0)
            return (struct port_result){.status = PORT_OK};
        aws_calls(aws, arena, calls, n);
        for (size_t i = 0; i < n; i++)
            if (!take_page(arena, of[i], &calls[i]))
                return calls[i].result;
    }
}

static bool is_pattern(struct text text)
{
    return text.n && (memchr(text.p, '*', text.n) || memchr(text.p, '?', text.n));
}

// The clusters whose services are to be listed.
static struct port_result find_clusters(struct aws *aws, struct arena *arena, struct text pattern,
                                        struct listing **listings, size_t *count)
{
    struct listing clusters = {.operation = &ecs_list_clusters, .member = "clusterArns"};
    struct port_result result = {.status = PORT_OK};
    *count = 0;
    if (is_pattern(pattern))
        result = list_all(aws, arena, &clusters, 1);
    *listings = ARENA_ARRAY(arena, clusters.count + 1, struct listing);
    const struct listing services = {.operation = &ecs_list_services, .member = "serviceArns", .cluster = pattern};
    if (!is_pattern(pattern))
        (*listings)[(*count)++] = services;
    for (size_t i = 0; i < clusters.count; i++) {
        struct text name = arn_name(clusters.arns[i]);
        if (!text_glob(name, pattern))
            continue;
        (*listings)[*count] = services;
        (*listings)[(*count)++].cluster = name;
    }
    return result;
}

static void take_names(struct arena *arena, const struct listing *listings, size_t listing_count, struct text pattern,
                       struct service_name **names, size_t *count)
{
    size_t most = 0;
    for (size_t i = 0; i < listing_count; i++)
        most += listings[i].count;
    *names = ARENA_ARRAY(arena, most, struct service_name);
    *count = 0;
    for (size_t i = 0; i < listing_count; i++) {
        struct text cluster = arena_text(arena, listings[i].cluster);
        for (size_t j = 0; j < listings[i].count; j++) {
            struct text service = arn_name(listings[i].arns[j]);
            if (text_glob(service, pattern))
                (*names)[(*count)++] = (struct service_name){cluster, arena_text(arena, service), true};
        }
    }
}

struct port_result ecs_list(void *context, struct arena *arena, const struct target *target,
                            struct service_name **names, size_t *count)
{
    struct arena scratch;
    struct listing *listings;
    size_t listing_count;
    arena_init(&scratch);
    struct port_result result = find_clusters(context, &scratch, target->cluster, &listings, &listing_count);
    if (result.status == PORT_OK)
        result = list_all(context, &scratch, listings, listing_count);
    if (result.status == PORT_OK)
        take_names(arena, listings, listing_count, target->service, names, count);
    else
        result.error = arena_text(arena, result.error);
    arena_release(&scratch);
    return result;
}
