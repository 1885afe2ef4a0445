// Credentials from the environment.
#include <math.h>

#include "engine/aws/credentials_parts.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"

enum credentials_found credentials_from_environment(struct credentials_search *search)
{
    const struct variables *variables = &search->world->variables;
    struct text ends = variable_text(variables, "AWS_CREDENTIAL_EXPIRATION");
    struct key_texts keys = {variable_text(variables, "AWS_ACCESS_KEY_ID"),
                             variable_text(variables, "AWS_SECRET_ACCESS_KEY"),
                             variable_text(variables, "AWS_SESSION_TOKEN"), INFINITY};
    if (keys.access_key_id.n == 0 && keys.secret_access_key.n == 0)
        return search_not_here(search, "AWS_ACCESS_KEY_ID is not set");
    if (keys.access_key_id.n == 0)
        return search_wrong(search, PORT_DENIED,
                            "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not: set both, or neither");
    if (keys.secret_access_key.n == 0)
        return search_wrong(search, PORT_DENIED,
                            "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both, or neither");
    if (ends.n && !parse_instant(ends, &keys.expires_s))
        return search_wrong(
            search, PORT_DENIED,
            "AWS_CREDENTIAL_EXPIRATION is no instant such as 2026-11-23T06:35:36Z: correct or unset it");
    return search_take(search, TEXT("AWS_ACCESS_KEY_ID of the environment"), &keys);
}
