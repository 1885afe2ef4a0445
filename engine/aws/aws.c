// The parts of AWS put together: the cloud port, the corrected clock.
#include "engine/aws/aws.h"

#include <math.h>

#include "engine/aws/aws_parts.h"

#define PACE_REMEMBERED_S 60  // what was throttled longer ago says nothing

static double corrected_now(void *context)
{
    const struct aws *aws = context;
    return local_now(aws) + aws->skew.correction_s;
}

static double doubt(void *context)
{
    const struct aws *aws = context;
    double own_s = aws->local.doubt_s ? aws->local.doubt_s(aws->local.context) : 0;
    return fmax(own_s, aws->skew.doubt_s);
}

static void corrected_wait(void *context, double seconds)
{
    const struct aws *aws = context;
    aws->local.wait_s(aws->local.context, seconds);
}

struct clock aws_clock(struct aws *aws)
{
    return (struct clock){
        .context = aws,
        .now_s = corrected_now,
        .doubt_s = doubt,
        .wait_s = aws->local.wait_s ? corrected_wait : NULL,
    };
}

// The settings were checked when they were read; what has no host stays without one, and calls to it are not sent.
static void parse_endpoints(struct aws *aws)
{
    const char *why;
    endpoint_parse(&aws->arena, aws->settings.ecs_endpoint, &aws->ecs, &why);
    endpoint_parse(&aws->arena, aws->settings.cloudwatch_endpoint, &aws->cloudwatch, &why);
}

struct aws *aws_new(const struct aws_settings *settings, const struct http *http, const struct clock *clock,
                    double (*random)(void))
{
    struct arena arena;
    arena_init(&arena);
    struct aws *aws = ARENA_NEW(&arena, struct aws);
    aws->arena = arena;  // from here on it owns the pool that it lives in
    aws->settings = *settings;
    aws->http = *http;
    aws->local = *clock;
    aws->random = random;
    aws->tokens = BUCKET_TOKENS;
    aws->deadline_s = INFINITY;
    aws->run.deadline_s = INFINITY;
    aws->corrected = aws_clock(aws);
    parse_endpoints(aws);
    aws->world = (struct credentials_world){
        .variables = settings->variables,
        .region = settings->region,
        .sts_endpoint = settings->sts_endpoint,
        .http = &aws->http,
        .clock = &aws->corrected,
        .connect_timeout_ms = settings->connect_timeout_ms,
        .timeout_ms = settings->timeout_ms,
    };
    aws->provider = credentials_provider_new(&aws->world);
    return aws;
}

void aws_free(struct aws *aws)
{
    if (!aws)
        return;
    credentials_provider_free(aws->provider);
    struct arena arena = aws->arena;
    arena_release(&arena);
}

// ---- the port ---------------------------------------------------------------------------------------------

// What was learnt of the clock stays; the first answer of the run may correct it without a doubt, as the local clock
// may have been set, or have stood still, since.
static void begin_run(void *context, const struct call_context *run)
{
    struct aws *aws = context;
    aws->run = *run;
    aws->deadline_s = run->deadline_s - aws->skew.correction_s;
    aws->skew.seen = false;
    aws->skew.doubt_s = 0;
    aws->tags_denied_count = 0;
    for (size_t i = 0; i < PACES; i++)
        if (local_now(aws) > aws->paces[i].next_s + PACE_REMEMBERED_S)
            aws->paces[i].interval_s = 0;
}

static void describe(void *context, struct arena *arena, const struct service_name *names, size_t count,
                     struct described *answers)
{
    ecs_describe(context, arena, names, count, answers, NULL);
}

struct cloud aws_cloud(struct aws *aws)
{
    return (struct cloud){
        .context = aws,
        .begin = begin_run,
        .list = ecs_list,
        .describe = describe,
        .metrics = cloudwatch_metrics,
        .set_desired = ecs_set_desired,
        .set_tags = ecs_set_tags,
    };
}
