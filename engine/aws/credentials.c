// The chain of sources, and the cache before it.
#include "engine/aws/credentials.h"

#include <math.h>
#include <openssl/crypto.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define REFRESH_S 600.0
#define REFRESH_SHARE 0.2
#define AGAIN_S 60.0  // after a refresh that failed while the old ones were still valid
#define ERROR_BYTES 4096

struct credentials_provider {
    struct arena arena;  // holds the provider itself
    struct credentials_world world;
    struct credentials current;
    bool have;
    double refresh_s;  // from then on new ones are asked for
};

void credentials_wipe(struct credentials *credentials)
{
    OPENSSL_cleanse(credentials, sizeof *credentials);
}

bool credentials_told(const struct credentials *credentials, struct text text)
{
    return text_contains(text, text_of(credentials->secret_access_key)) ||
           text_contains(text, text_of(credentials->session_token));
}

struct credentials_provider *credentials_provider_new(const struct credentials_world *world)
{
    struct arena arena = {0};
    struct credentials_provider *provider = ARENA_NEW(&arena, struct credentials_provider);
    provider->arena = arena;
    provider->world = *world;
    return provider;
}

void credentials_provider_free(struct credentials_provider *provider)
{
    if (!provider)
        return;
    struct arena arena = provider->arena;
    arena_wipe(&arena);
}

// ---- the chain --------------------------------------------------------------------------------------------

static const char no_credentials[] =
    ": give AWS credentials by AWS_PROFILE (see `aws configure list-profiles`), by AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or by the role of the instance or task";
static const char no_credentials_lambda[] =
    ": in Lambda they come by the environment alone: does the function have an execution role, and does nothing "
    "overwrite these variables?";

// One after another; what each that is not configured looked at is kept for the message.
static enum credentials_found search_chain(struct credentials_search *search, bool in_lambda)
{
    static credentials_source *const sources[] = {credentials_from_environment, credentials_from_web_identity,
                                                  credentials_from_profile, credentials_from_container,
                                                  credentials_from_metadata};
    size_t count = in_lambda ? 1 : sizeof sources / sizeof sources[0];
    struct buffer *error = search->error;
    struct buffer looked, one;
    enum credentials_found found = CREDENTIALS_NOT_HERE;
    buffer_init(&looked, ERROR_BYTES);
    buffer_init(&one, ERROR_BYTES);
    search->error = &one;
    for (size_t i = 0; i < count && found == CREDENTIALS_NOT_HERE; i++) {
        buffer_clear(&one);
        found = sources[i](search);
        if (found == CREDENTIALS_NOT_HERE)
            buffer_printf(&looked, "%s%.*s", i ? "; " : "no AWS credentials: ", TEXT_ARG(buffer_text(&one)));
    }
    if (found == CREDENTIALS_WRONG)
        buffer_add(error, buffer_text(&one));
    if (found == CREDENTIALS_NOT_HERE) {
        search->status = PORT_DENIED;
        buffer_add(error, buffer_text(&looked));
        buffer_add(error, text_of(in_lambda ? no_credentials_lambda : no_credentials));
    }
    search->error = error;
    buffer_release(&looked);
    buffer_release(&one);
    return found;
}

// ---- the cache --------------------------------------------------------------------------------------------

static double refresh_at_s(double now_s, double expires_s)
{
    double share_s = (expires_s - now_s) * REFRESH_SHARE;
    return expires_s - (share_s < REFRESH_S ? share_s : REFRESH_S);
}

// *status is written on failure alone.
static bool fetch(struct credentials_provider *provider, double now_s, enum port_status *status, struct buffer *error)
{
    struct arena scratch = {0};
    struct credentials *found = ARENA_NEW(&scratch, struct credentials);
    struct credentials_search search = {
        .world = &provider->world, .scratch = &scratch, .found = found, .status = PORT_DENIED, .error = error};
    bool in_lambda = variable_text(&provider->world.variables, "AWS_LAMBDA_FUNCTION_NAME").n > 0;
    bool good = search_chain(&search, in_lambda) == CREDENTIALS_FOUND;
    if (good) {
        provider->current = *found;
        provider->have = true;
        provider->refresh_s = isinf(found->expires_s) ? INFINITY : refresh_at_s(now_s, found->expires_s);
    } else {
        *status = search.status;
    }
    arena_wipe(&scratch);
    return good;
}

// Old ones that are still valid serve on, for another minute, but not past their end.
static bool serve_on(struct credentials_provider *provider, double now_s)
{
    if (!provider->have || now_s >= provider->current.expires_s)
        return false;
    provider->refresh_s = now_s + AGAIN_S;
    if (provider->refresh_s > provider->current.expires_s)
        provider->refresh_s = provider->current.expires_s;
    return true;
}

const struct credentials *credentials_get(struct credentials_provider *provider, enum port_status *status,
                                          struct buffer *error)
{
    const struct clock *clock = provider->world.clock;
    double now_s = clock->now_s(clock->context);
    if (provider->have && now_s < provider->refresh_s)
        return &provider->current;
    struct buffer why;
    buffer_init(&why, 2 * ERROR_BYTES);
    bool good = fetch(provider, now_s, status, &why) || serve_on(provider, now_s);
    if (!good) {
        credentials_expire(provider);
        buffer_add(error, buffer_text(&why));
    }
    buffer_release(&why);
    return good ? &provider->current : NULL;
}

void credentials_expire(struct credentials_provider *provider)
{
    credentials_wipe(&provider->current);
    provider->have = false;
}
