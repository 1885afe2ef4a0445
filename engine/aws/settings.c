// Where AWS is and how patiently it is called: from environment variables and the profile in AWS's shared files.

#include "engine/aws/aws_parts.h"

#define SIDE_BY_SIDE 16
#define ANSWER_BYTES (6 * 1024 * 1024)  // 100,800 points take 4 MB; ten services with all their events a few 100 kB
#define REGION_BYTES 40
#define THROTTLE_FACTOR 20  // AWS's SDKs: 50 ms after failures, 1 s after throttling

struct reading {
    struct arena *arena;
    const struct variables *variables;
    struct buffer *error;
    bool dualstack, fips, ignore_endpoints;
};

// The variable, else the profile's setting. False: the profile cannot be read.
static bool setting(struct reading *reading, const char *variable, const char *name, struct text *value)
{
    *value = variable_text(reading->variables, variable);
    return value->n || profile_setting(reading->variables, reading->arena, name, value, reading->error);
}

static bool flag(struct reading *reading, const char *variable, const char *name, bool *out)
{
    struct text value;
    if (!setting(reading, variable, name, &value))
        return false;
    *out = value.n == 4 && (value.p[0] | 32) == 't' && (value.p[1] | 32) == 'r' && (value.p[2] | 32) == 'u' &&
           (value.p[3] | 32) == 'e';
    *out = *out || text_is(value, "1");
    return true;
}

// ---- region -----------------------------------------------------------------------------------------------

// It goes into host names and signatures.
static bool region_valid(struct text region)
{
    for (size_t i = 0; i < region.n; i++) {
        char c = region.p[i];
        bool inner = c == '-' && i > 0 && i + 1 < region.n;
        if (!inner && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return false;
    }
    return region.n <= REGION_BYTES;
}

static bool read_region(struct reading *reading, struct text *region)
{
    *region = variable_text(reading->variables, "AWS_REGION");
    if (region->n == 0 && !setting(reading, "AWS_DEFAULT_REGION", "region", region))
        return false;
    if (region->n == 0) {
        buffer_add(reading->error, TEXT("no AWS region is set: set AWS_REGION (such as eu-west-1), or `region` in the "
                                        "profile in ~/.aws/config"));
        return false;
    }
    if (region_valid(*region))
        return true;
    char excerpt[EXCERPT_BYTES];
    buffer_printf(reading->error, "\"%s\" is no AWS region: set AWS_REGION to one such as eu-west-1",
                  excerpt_of(*region, excerpt));
    return false;
}

// ---- endpoints --------------------------------------------------------------------------------------------

// AWS's partitions, by how their regions begin (botocore/data/partitions.json).
static const struct partition {
    const char *begins, *suffix, *dualstack_suffix;
} partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"", "amazonaws.com", "api.aws"},
};

static const struct partition *partition_of(struct text region)
{
    const struct partition *partition = partitions;
    while (!text_starts(region, text_of(partition->begins)))
        partition++;
    return partition;
}

// A service as AWS's own settings name it, and its host.
struct service_endpoint {
    const char *variable, *profile_service, *host;
    bool gov_fips_plain;  // in the government's partition the plain host is the FIPS one
};

static bool configured_endpoint(struct reading *reading, const struct service_endpoint *service, struct text *url)
{
    *url = (struct text){NULL, 0};
    if (reading->ignore_endpoints)
        return true;
    *url = variable_text(reading->variables, service->variable);
    if (url->n == 0)
        *url = variable_text(reading->variables, "AWS_ENDPOINT_URL");
    if (url->n)
        return true;
    if (!profile_service_setting(reading->variables, reading->arena, service->profile_service, "endpoint_url", url,
                                 reading->error))
        return false;
    return url->n || profile_setting(reading->variables, reading->arena, "endpoint_url", url, reading->error);
}

// A user in a URL has a password with it, more often than not.
static struct text shown_endpoint(struct arena *arena, struct text url)
{
    size_t at = 0;
    if (text_find(url, '@', &at))
        return arena_format(arena, "...@%.*s", TEXT_ARG(printable(arena, text_from(url, at + 1), 100)));
    return printable(arena, url, 100);
}

static bool check_endpoint(struct reading *reading, const struct service_endpoint *service, struct text *url)
{
    struct endpoint parsed;
    const char *why = NULL;
    if (reading->fips || reading->dualstack)
        why = "cannot be used together with AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT";
    if (!why && endpoint_parse(reading->arena, *url, &parsed, &why)) {
        *url = parsed.url;
        return true;
    }
    struct text shown = shown_endpoint(reading->arena, *url);
    buffer_printf(reading->error, "the endpoint \"%.*s\" (%s, AWS_ENDPOINT_URL or endpoint_url) %s", TEXT_ARG(shown),
                  service->variable, why);
    return false;
}

static bool read_endpoint(struct reading *reading, struct text region, const struct service_endpoint *service,
                          struct text *url)
{
    if (!configured_endpoint(reading, service, url))
        return false;
    if (url->n)
        return check_endpoint(reading, service, url);
    const struct partition *partition = partition_of(region);
    bool plain = service->gov_fips_plain && text_starts(region, TEXT("us-gov-"));
    *url = arena_format(reading->arena, "https://%s%s.%.*s.%s", service->host, reading->fips && !plain ? "-fips" : "",
                        TEXT_ARG(region), reading->dualstack ? partition->dualstack_suffix : partition->suffix);
    return true;
}

static bool read_endpoints(struct reading *reading, struct aws_settings *settings)
{
    const struct {
        struct service_endpoint service;
        struct text *url;
    } all[] = {
        {{"AWS_ENDPOINT_URL_ECS", "ecs", "ecs", false}, &settings->ecs_endpoint},
        {{"AWS_ENDPOINT_URL_CLOUDWATCH", "cloudwatch", "monitoring", true}, &settings->cloudwatch_endpoint},
        {{"AWS_ENDPOINT_URL_STS", "sts", "sts", true}, &settings->sts_endpoint},
    };
    if (!flag(reading, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &reading->dualstack) ||
        !flag(reading, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &reading->fips) ||
        !flag(reading, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
              &reading->ignore_endpoints))
        return false;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!read_endpoint(reading, settings->region, &all[i].service, all[i].url))
            return false;
    return true;
}

// ---- numbers ----------------------------------------------------------------------------------------------

static bool read_number(struct reading *reading, const char *variable, struct text text, int64_t least, int64_t most,
                        int64_t *out)
{
    if (text.n == 0)
        return true;
    int64_t number;
    if (text_to_int64(text, &number) && number >= least && number <= most) {
        *out = number;
        return true;
    }
    char excerpt[EXCERPT_BYTES];
    buffer_printf(reading->error, "%s is \"%s\"; a whole number from %lld to %lld is due", variable,
                  excerpt_of(text, excerpt), (long long)least, (long long)most);
    return false;
}

static bool read_numbers(struct reading *reading, struct aws_settings *settings)
{
    struct text text;
    int64_t attempts = 3, retry_ms = 50;
    if (!setting(reading, "AWS_MAX_ATTEMPTS", "max_attempts", &text) ||
        !read_number(reading, "AWS_MAX_ATTEMPTS", text, 1, 10, &attempts))
        return false;
    settings->connect_timeout_ms = 3100;
    settings->timeout_ms = 10000;
    const struct {
        const char *variable;
        int64_t least, most, *out;
    } numbers[] = {
        {"DROWSE_AWS_TIMEOUT_MS", 1, 900000, &settings->timeout_ms},
        {"DROWSE_AWS_CONNECT_TIMEOUT_MS", 1, 900000, &settings->connect_timeout_ms},
        {"DROWSE_AWS_RETRY_MS", 0, 60000, &retry_ms},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!read_number(reading, numbers[i].variable, variable_text(reading->variables, numbers[i].variable),
                         numbers[i].least, numbers[i].most, numbers[i].out))
            return false;
    settings->max_attempts = (int)attempts;
    settings->retry_scale_s = (double)retry_ms / 1000;
    settings->throttle_scale_s = settings->retry_scale_s * THROTTLE_FACTOR;
    return true;
}

bool aws_settings_read(struct arena *arena, const struct variables *variables, struct aws_settings *settings,
                       struct buffer *error)
{
    struct reading reading = {.arena = arena, .variables = variables, .error = error};
    struct aws_settings read = {.side_by_side = SIDE_BY_SIDE, .maximum_bytes = ANSWER_BYTES, .variables = *variables};
    if (!read_region(&reading, &read.region) || !read_endpoints(&reading, &read) ||
        !setting(&reading, "AWS_CA_BUNDLE", "ca_bundle", &read.ca_bundle) || !read_numbers(&reading, &read))
        return false;
    *settings = read;
    return true;
}
