// Credentials of an EC2 instance's role, from its metadata service, version 2
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
#include <math.h>
#include <string.h>

#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/sys/http.h"

#define ENDPOINT "http://169.254.169.254"
#define ENDPOINT_IPV6 "http://[fd00:ec2::254]"
#define ROLES "/latest/meta-data/iam/security-credentials/"
#define TIMEOUT_MS 1000
#define ROLE_BYTES 64  // IAM's limit of a role's name
#define TOKEN_BYTES 1024
#define CODE_BYTES 64

struct metadata {
    struct credentials_search *search;
    struct text endpoint, token;
};

static enum credentials_found find_endpoint(struct credentials_search *search, struct text *endpoint)
{
    const struct variables *variables = &search->world->variables;
    struct text own = variable_text(variables, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    struct text mode = variable_text(variables, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (variable_flag(variables, "AWS_EC2_METADATA_DISABLED"))
        return search_not_here(search, "AWS_EC2_METADATA_DISABLED is set");
    if (own.n && !text_starts(own, TEXT("https://")) && !http_plain_allowed(own))
        return search_wrong(search, PORT_DENIED,
                            "AWS_EC2_METADATA_SERVICE_ENDPOINT must begin with https://; http:// goes to this machine, "
                            "169.254.169.254 and [fd00:ec2::254] alone");
    while (own.n && own.p[own.n - 1] == '/')
        own.n--;
    *endpoint = text_is(mode, "IPv6") ? TEXT(ENDPOINT_IPV6) : TEXT(ENDPOINT);
    if (own.n)
        *endpoint = own;
    return CREDENTIALS_FOUND;
}

static struct http_answer ask(const struct metadata *metadata, const char *method, struct text path,
                              const struct http_header *header)
{
    struct credentials_search *search = metadata->search;
    const struct http_request request = {
        .method = text_of(method),
        .url = arena_format(search->scratch, "%.*s%.*s", TEXT_ARG(metadata->endpoint), TEXT_ARG(path)),
        .headers = header,
        .header_count = 1,
        .connect_timeout_ms = TIMEOUT_MS,
        .timeout_ms = TIMEOUT_MS,
    };
    return search_ask(search, &request);
}

static struct http_answer get(const struct metadata *metadata, struct text path)
{
    const struct http_header header = {TEXT("X-aws-ec2-metadata-token"), metadata->token};
    return ask(metadata, "GET", path, &header);
}

static bool is_answer(const struct http_answer *answer, int code)
{
    return answer->outcome == HTTP_ANSWERED && answer->code == code;
}

static enum credentials_found wrong_answer(const struct metadata *metadata, const char *what,
                                           const struct http_answer *answer)
{
    return search_wrong(metadata->search, search_status(answer), "EC2's metadata service, %s: %.*s", what,
                        TEXT_ARG(search_reason(metadata->search, answer)));
}

// Printable, without blanks, and no longer than that.
static bool is_word(struct text text, size_t most)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return false;
    return text.n > 0 && text.n <= most;
}

// No answer at all means that this is no instance, or that a container's extra hop eats the token; a refusal, that
// something else answers there, or that the service is switched off.
static enum credentials_found fetch_token(struct metadata *metadata)
{
    const struct http_header header = {TEXT("X-aws-ec2-metadata-token-ttl-seconds"), TEXT("21600")};
    struct http_answer answer = ask(metadata, "PUT", TEXT("/latest/api/token"), &header);
    bool refused = answer.outcome == HTTP_ANSWERED && answer.code >= 400 && answer.code < 500;
    if (answer.outcome == HTTP_NOT_SENT || answer.timed_out || refused)
        return search_not_here(metadata->search, "no EC2 metadata service at %.*s (%.*s)", TEXT_ARG(metadata->endpoint),
                               TEXT_ARG(search_reason(metadata->search, &answer)));
    if (!is_answer(&answer, 200))
        return wrong_answer(metadata, "a token", &answer);
    metadata->token = text_trim(answer.body);
    if (is_word(metadata->token, TOKEN_BYTES))
        return CREDENTIALS_FOUND;
    return search_wrong(metadata->search, PORT_FAILED, "EC2's metadata service, a token: the answer is none");
}

static enum credentials_found fetch_role(const struct metadata *metadata, struct text *role)
{
    struct http_answer answer = get(metadata, TEXT(ROLES));
    if (is_answer(&answer, 404))
        return search_not_here(metadata->search, "this EC2 instance has no role (attach an instance profile)");
    if (!is_answer(&answer, 200))
        return wrong_answer(metadata, "the role's name", &answer);
    struct text names = text_trim(answer.body);
    size_t end = names.n;
    text_find(names, '\n', &end);
    *role = text_trim((struct text){names.p, end});
    bool good = is_word(*role, ROLE_BYTES);
    for (size_t i = 0; good && i < role->n; i++)
        good = !strchr("/?#%", role->p[i]);
    if (good)
        return CREDENTIALS_FOUND;
    return search_wrong(metadata->search, PORT_FAILED, "EC2's metadata service: the answer is no role's name");
}

static enum credentials_found fetch_keys(const struct metadata *metadata, struct text role)
{
    struct credentials_search *search = metadata->search;
    struct credentials_json json;
    struct text path = arena_format(search->scratch, ROLES "%.*s", TEXT_ARG(role));
    struct http_answer answer = get(metadata, path);
    if (!is_answer(&answer, 200))
        return wrong_answer(metadata, "the role's keys", &answer);
    struct text where = arena_format(search->scratch, "EC2's metadata service, role %.*s", TEXT_ARG(role));
    enum credentials_found found = search_read_json(search, where, answer.body, &json);
    if (found != CREDENTIALS_FOUND)
        return found;
    // A 200 may say that the role cannot be assumed, by a Code and a message.
    if (json.code.n && !text_is(json.code, "Success"))
        return search_wrong(search, PORT_DENIED, "%.*s: it gives no keys: %.*s", TEXT_ARG(where),
                            TEXT_ARG(is_word(json.code, CODE_BYTES) ? json.code : TEXT("no reason")));
    if (isinf(json.keys.expires_s))
        return search_wrong(search, PORT_FAILED, "%.*s: the answer has no Expiration", TEXT_ARG(where));
    return search_take(search, where, &json.keys);
}

enum credentials_found credentials_from_metadata(struct credentials_search *search)
{
    struct metadata metadata = {.search = search};
    struct text role = {0};
    enum credentials_found found = find_endpoint(search, &metadata.endpoint);
    if (found == CREDENTIALS_FOUND)
        found = fetch_token(&metadata);
    if (found == CREDENTIALS_FOUND)
        found = fetch_role(&metadata, &role);
    return found == CREDENTIALS_FOUND ? fetch_keys(&metadata, role) : found;
}
