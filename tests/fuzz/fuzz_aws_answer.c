// AWS's answers: no crash on any bytes, and what is read keeps its promises. The first byte picks the operation.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/aws/aws_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void read_services_answer(struct arena *arena, struct text body, struct buffer *error)
{
    struct services_answer answer;
    if (!services_answer_read(arena, body, true, true, &answer, error)) {
        demand(error->n > 0, "what cannot be read has an error");
        return;
    }
    for (size_t i = 0; i < answer.services.count; i++) {
        const struct service_state *state = &answer.services.states[i];
        struct text raw = answer.services.raws[i];
        demand(state->service.n && state->cluster.n, "a service has names");
        demand(state->desired >= 0 && state->running >= 0, "counts are not negative");
        demand(raw.n > 1 && raw.p[0] == '{' && raw.p[raw.n - 1] == '}', "its JSON is an object");
        demand(raw.p >= body.p && raw.p + raw.n <= body.p + body.n, "its JSON is of the answer");
    }
}

static void read_updated(struct arena *arena, struct text body, struct buffer *error)
{
    struct updated_service service;
    if (updated_service_read(arena, body, &service, error))
        demand(service.desired >= -1 && service.desired <= INT32_MAX, "a count is one, or not there");
    else
        demand(error->n > 0, "what cannot be read has an error");
}

static void read_arns(struct arena *arena, struct text body, struct buffer *error)
{
    struct arns_page page;
    if (!arns_page_read(arena, body, "serviceArns", &page, error)) {
        demand(error->n > 0, "what cannot be read has an error");
        return;
    }
    for (size_t i = 0; i < page.count; i++)
        demand(arn_name(page.arns[i]).n > 0, "an ARN has a name");
}

static void check_query(struct arena *arena, const struct query *query, const struct metric *metric)
{
    const struct recorded_series *series = &query->series;
    demand(query->answered || (series->count == 0 && series->notes.read == 0), "points come with an answer");
    demand(series->notes.read == series->count + series->notes.dropped, "points are kept or counted as dropped");
    struct metric_view view = recording_view(arena, series, metric, 0, 4102444800);
    for (size_t i = view.first; i < view.end; i++) {
        demand(i == 0 || view.series->at_s[i] > view.series->at_s[i - 1], "points ascend");
        demand(fabs(view.series->values[i]) <= LIMIT_POINT_MAGNITUDE, "points are bounded");
    }
}

// The same page twice, as if it were two.
static void read_metrics(struct arena *arena, struct text body, struct buffer *error)
{
    struct query queries[2] = {{.series = {.dropped_at_s = -INFINITY}}, {.series = {.dropped_at_s = -INFINITY}}};
    struct query_batch batch = {.count = 2};
    struct metric_plan plan = {.queries = queries, .query_count = 2, .batches = &batch, .batch_count = 1};
    const struct metric metric = {.name = TEXT("m"), .stat = TEXT("Average"), .period_s = 60};
    struct text token;
    for (size_t i = 0; i < 2; i++) {
        if (!metric_page_read(arena, body, &plan, &batch, &token, error)) {
            demand(error->n > 0, "what cannot be read has an error");
            return;
        }
    }
    for (size_t i = 0; i < 2; i++)
        check_query(arena, &queries[i], &metric);
}

static void read_error(struct arena *arena, struct text body, struct buffer *ignored)
{
    (void)ignored;
    const struct credentials credentials = {
        .access_key_id = "AKIDEXAMPLE", .secret_access_key = "secretsecret", .session_token = "tokentoken"};
    struct call call = {.operation = &ecs_update_service, .target = TEXT("c/s")};
    const struct http_answer answer = {.outcome = HTTP_ANSWERED, .code = 400, .body = body};
    error_read(arena, &call, &answer, &credentials);
    call.reason = error_reason(arena, &call, &answer, TEXT("https://host"), 3);
    struct text text = call_error_text(arena, &call, call.target);
    size_t bad;
    demand(text_is_utf8(text, &bad), "an error is valid UTF-8");
    demand(text.n < 1200, "an error is bounded");
    for (size_t i = 0; i < text.n; i++)
        demand((unsigned char)text.p[i] >= ' ' && text.p[i] != 0x7F, "an error has no controls");
    demand(!memmem(text.p, text.n, "secretsecret", 12), "an error does not tell the secret");
    demand(!memmem(text.p, text.n, "tokentoken", 10), "an error does not tell the token");
}

static void read_date(struct arena *arena, struct text date, struct buffer *ignored)
{
    (void)arena;
    (void)ignored;
    double at_s;
    if (http_date(date, &at_s))
        demand(at_s >= 0 && at_s < 253402300800.0, "a date is one of the years 1970 to 9999");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static void (*const readers[])(struct arena *, struct text, struct buffer *) = {
        read_services_answer, read_updated, read_arns, read_metrics, read_error, read_date,
    };
    if (n == 0)
        return 0;
    struct arena arena = {0};
    struct buffer error;
    buffer_init(&error, 1 << 16);
    const struct text body = {(const char *)bytes + 1, n - 1};
    readers[bytes[0] % 6u](&arena, body, &error);
    buffer_release(&error);
    arena_release(&arena);
    return 0;
}
