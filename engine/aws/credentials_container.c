// Credentials of an ECS task or an EKS pod, from the agent beside it
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
#include <math.h>

#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/files.h"
#include "engine/sys/http.h"

#define HOST "http://169.254.170.2"
#define TIMEOUT_MS 2000
#define TOKEN_BYTES ((size_t)16 * 1024)

static const struct text where = {"the container's credentials", sizeof "the container's credentials" - 1};

static enum credentials_found find_url(struct credentials_search *search, struct text *url)
{
    const struct variables *variables = &search->world->variables;
    struct text relative = variable_text(variables, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    struct text full = variable_text(variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative.n && relative.p[0] != '/')
        return search_wrong(search, PORT_DENIED, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with '/'");
    if (relative.n) {
        *url = arena_format(search->scratch, HOST "%.*s", TEXT_ARG(relative));
        return CREDENTIALS_FOUND;
    }
    if (full.n == 0)
        return search_not_here(search, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and ..._FULL_URI are not set");
    if (!text_starts(full, TEXT("https://")) && !http_plain_allowed(full))
        return search_wrong(
            search, PORT_DENIED,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI must begin with https://; http:// goes to this machine, "
            "169.254.170.2, 169.254.170.23 and [fd00:ec2::23] alone");
    *url = full;
    return CREDENTIALS_FOUND;
}

// The file wins, and is read each time: agents replace it.
static enum credentials_found find_token(struct credentials_search *search, struct text *token)
{
    const struct variables *variables = &search->world->variables;
    struct text file = variable_text(variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    *token = variable_text(variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (file.n && !file_read(search->scratch, file, TOKEN_BYTES, token, search->error)) {
        buffer_add(search->error, TEXT(" (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)"));
        search->status = PORT_DENIED;
        return CREDENTIALS_WRONG;
    }
    for (size_t i = 0; i < token->n; i++) {
        if (token->p[i] < ' ' || token->p[i] > '~')
            return search_wrong(search, PORT_DENIED, "%s holds a line end or another character that no header may have",
                                file.n ? "the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
                                       : "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    }
    return CREDENTIALS_FOUND;
}

static enum credentials_found read_answer(struct credentials_search *search, const struct http_answer *answer)
{
    struct credentials_json json;
    if (answer->outcome != HTTP_ANSWERED || answer->code != 200)
        return search_wrong(search, search_status(answer), "%.*s: %.*s", TEXT_ARG(where),
                            TEXT_ARG(search_reason(search, answer)));
    enum credentials_found found = search_read_json(search, where, answer->body, &json);
    if (found != CREDENTIALS_FOUND)
        return found;
    if (isinf(json.keys.expires_s))
        return search_wrong(search, PORT_FAILED, "%.*s: the answer has no Expiration", TEXT_ARG(where));
    return search_take(search, where, &json.keys);
}

enum credentials_found credentials_from_container(struct credentials_search *search)
{
    struct text url, token = {0};
    enum credentials_found found = find_url(search, &url);
    if (found == CREDENTIALS_FOUND)
        found = find_token(search, &token);
    if (found != CREDENTIALS_FOUND)
        return found;
    const struct http_header headers[] = {{TEXT("Accept"), TEXT("application/json")}, {TEXT("Authorization"), token}};
    const struct http_request request = {.method = TEXT("GET"),
                                         .url = url,
                                         .headers = headers,
                                         .header_count = token.n ? 2 : 1,
                                         .connect_timeout_ms = TIMEOUT_MS,
                                         .timeout_ms = TIMEOUT_MS};
    struct http_answer answer = search_ask(search, &request);
    return read_answer(search, &answer);
}
