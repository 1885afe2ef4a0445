// Credentials of a role by a token in a file, as Kubernetes gives its pods
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

enum credentials_found credentials_from_web_identity(struct credentials_search *search)
{
    const struct variables *variables = &search->world->variables;
    struct text file = variable_text(variables, "AWS_WEB_IDENTITY_TOKEN_FILE");
    struct text role = variable_text(variables, "AWS_ROLE_ARN");
    if (file.n == 0)
        return search_not_here(search, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    if (role.n == 0)
        return search_wrong(search, PORT_DENIED,
                            "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not: set both, or neither");
    struct text where =
        arena_format(search->scratch, "AssumeRoleWithWebIdentity of %.*s (AWS_ROLE_ARN)", TEXT_ARG(role));
    return search_web_identity(search, where, file, role, variable_text(variables, "AWS_ROLE_SESSION_NAME"));
}
