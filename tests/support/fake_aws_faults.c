// Faults that strike calls, and what moves the world around them:
//   {"call": "UpdateService" or a glob, "target": "part of it", "nth": 1, "times": 1 (-1: always),
//    "kind": KIND, "applied": true where the service did its work and only the answer went wrong,
//    "ms", "code", "type", "message", "body", "per_s", "headers": "Retry-After: 1"}
//   {"call", "target", "nth", "times", "before": true, "do": {...}}   see world_change
// Each counts the calls that it matches. Kinds: reset, timeout, slow, status (code, type, message), 400, 403, 429,
// throttling, 500, 503, truncated, half (a whole answer of half a document), not_json, empty, wrong_types, huge, body,
// partial_data, forbidden, internal_error, endless, rate (per_s), chunks, close, hollow (each list is empty), vanish.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_aws.h"

#define HUGE_BYTES ((size_t)8 * 1024 * 1024)
#define SLOW_MS 100
#define PAST_ALL 1000000LL  // in a token: behind the last service and the last point

struct fault {
    const cJSON *said;
    const char *kind;
    int64_t seen;
    double tokens, filled_s;  // of a rate
};

struct fake_faults {
    cJSON *faults, *hooks;
    struct fault *of_faults, *of_hooks;
    size_t fault_count, hook_count;
};

struct fake_faults *faults_new(void)
{
    struct fake_faults *faults = calloc(1, sizeof *faults);
    if (!faults)
        abort();
    return faults;
}

static void list_free(cJSON **list, struct fault **states)
{
    cJSON_Delete(*list);
    free(*states);
    *list = NULL;
    *states = NULL;
}

void faults_free(struct fake_faults *faults)
{
    list_free(&faults->faults, &faults->of_faults);
    list_free(&faults->hooks, &faults->of_hooks);
    free(faults);
}

static size_t list_set(const cJSON *from, cJSON **list, struct fault **states)
{
    list_free(list, states);
    *list = cJSON_Duplicate(from, true);
    size_t count = (size_t)cJSON_GetArraySize(*list);
    *states = calloc(count + 1, sizeof **states);
    if (!*states)
        abort();
    for (size_t i = 0; i < count; i++) {
        (*states)[i].said = cJSON_GetArrayItem(*list, (int)i);
        (*states)[i].kind = member_text((*states)[i].said, "kind", "");
    }
    return count;
}

void faults_set(struct fake_faults *faults, const cJSON *control)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(control, "faults");
    const cJSON *hooks = cJSON_GetObjectItemCaseSensitive(control, "on");
    if (list)
        faults->fault_count = list_set(list, &faults->faults, &faults->of_faults);
    if (hooks)
        faults->hook_count = list_set(hooks, &faults->hooks, &faults->of_hooks);
}

static bool concerns(const struct fault *fault, const struct fake_call *call)
{
    const char *target = member_text(fault->said, "target", NULL);
    struct text named = text_of(member_text(fault->said, "call", "*"));
    return text_glob(text_of(call->operation), named) &&
           (!target || (call->target.p && strstr(call->target.p, target)));
}

// Counts, and says whether it is this one's turn.
static bool is_due(struct fault *fault, const struct fake_call *call, double times_otherwise)
{
    if (!concerns(fault, call))
        return false;
    double seen = (double)++fault->seen, nth = member_number(fault->said, "nth", 1);
    double times = member_number(fault->said, "times", times_otherwise);
    return seen >= nth && (times < 0 || seen < nth + times);
}

void faults_hooks(struct fake *fake, const struct fake_call *call, bool before)
{
    for (size_t i = 0; i < fake->faults->hook_count; i++) {
        struct fault *hook = &fake->faults->of_hooks[i];
        bool early = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(hook->said, "before"));
        if (early == before && is_due(hook, call, 1))
            world_change(fake->world, cJSON_GetObjectItemCaseSensitive(hook->said, "do"), fake_now_s(fake));
    }
}

// Takes one from the bucket; true where it was empty.
static bool over_rate(struct fault *fault, double now_s)
{
    double per_s = member_number(fault->said, "per_s", 5), burst = member_number(fault->said, "burst", per_s);
    if (fault->filled_s <= 0)
        fault->tokens = burst;
    else
        fault->tokens = fmin(burst, fault->tokens + (now_s - fault->filled_s) * per_s);
    fault->filled_s = now_s;
    if (fault->tokens < 1)
        return true;
    fault->tokens -= 1;
    return false;
}

static struct fault *strike(struct fake *fake, struct fake_call *call)
{
    struct fault *found = NULL;
    for (size_t i = 0; i < fake->faults->fault_count; i++) {
        struct fault *fault = &fake->faults->of_faults[i];
        bool due = is_due(fault, call, 1);
        if (due && strcmp(fault->kind, "rate") == 0)
            due = over_rate(fault, fake_now_s(fake));
        if (due && !found)
            found = fault;
    }
    return found;
}

// ---- kinds that answer instead of the service ---------------------------------------------------------------

struct refusal {
    const char *kind;
    int code;
    const char *type, *message;
};

static const struct refusal refusals[] = {
    {"400", 400, "InvalidParameterException", "the fake refuses"},
    {"403", 403, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/fake is not authorized"},
    {"429", 429, "ThrottlingException", "Rate exceeded"},
    {"throttling", 400, "ThrottlingException", "Rate exceeded"},
    {"rate", 400, "ThrottlingException", "Rate exceeded"},
    {"500", 500, "ServerException", "Service Unavailable. Please try again later."},
    {"503", 503, "ServiceUnavailableException", "Service Unavailable"},
};

static bool refuse(const struct fault *fault, struct fake_call *call)
{
    const struct refusal *found = NULL;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcmp(fault->kind, refusals[i].kind) == 0)
            found = &refusals[i];
    bool spelt_out = strcmp(fault->kind, "status") == 0;
    if (!found && !spelt_out)
        return false;
    int code = (int)member_number(fault->said, "code", found ? found->code : 500);
    buffer_clear(&call->reply->body);
    fake_error(call, code, member_text(fault->said, "type", found ? found->type : "ServerException"), "%s",
               member_text(fault->said, "message", found ? found->message : "the fake says so"));
    return true;
}

static bool set_fate(const struct fault *fault, struct fake_call *call)
{
    static const struct {
        const char *kind;
        enum server_fate fate;
    } fates[] = {
        {"reset", FATE_RESET}, {"timeout", FATE_SILENT}, {"truncated", FATE_CUT},
        {"close", FATE_CLOSE}, {"chunks", FATE_CHUNKS},  {"vanish", FATE_VANISH},
    };
    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++) {
        if (strcmp(fault->kind, fates[i].kind) == 0) {
            call->reply->fate = fates[i].fate;
            return true;
        }
    }
    return false;
}

// ---- kinds that spoil what the service answered -------------------------------------------------------------

static void spoil_body(const struct fault *fault, struct fake_call *call)
{
    struct buffer *body = &call->reply->body;
    struct buffer padded;
    if (strcmp(fault->kind, "half") == 0 && body->n > 0) {
        body->n /= 2;
        body->p[body->n] = '\0';
    } else if (strcmp(fault->kind, "huge") == 0) {
        buffer_init(&padded, HUGE_BYTES * 2);
        while (padded.n < HUGE_BYTES)
            buffer_add(&padded, TEXT("                                                                "));
        buffer_add(body, buffer_text(&padded));
        buffer_release(&padded);
    } else {
        const char *instead = strcmp(fault->kind, "not_json") == 0 ? "<html><body><h1>It works!</h1></body></html>"
                                                                   : member_text(fault->said, "body", "");
        buffer_clear(body);
        buffer_add(body, text_of(instead));
    }
}

// Numbers become texts; returns how many there were.
static size_t numbers_to_texts(cJSON *item)
{
    size_t count = 0;
    for (cJSON *child = item->child; child; child = child->next) {
        if (cJSON_IsNumber(child)) {
            char digits[40];
            snprintf(digits, sizeof digits, "%.17g", child->valuedouble);
            child->type = cJSON_String;
            child->valuestring = cJSON_malloc(sizeof digits);
            memcpy(child->valuestring, digits, sizeof digits);
            count++;
        }
        count += numbers_to_texts(child);
    }
    return count;
}

static void texts_to_numbers(cJSON *item)
{
    for (cJSON *child = item->child; child; child = child->next) {
        if (cJSON_IsString(child)) {
            cJSON_free(child->valuestring);
            child->valuestring = NULL;
            child->type = cJSON_Number;
            child->valuedouble = 7;
        }
        texts_to_numbers(child);
    }
}

static void wrong_types(const struct fault *fault, cJSON *answer)
{
    (void)fault;
    if (numbers_to_texts(answer) == 0)
        texts_to_numbers(answer);
}

static void set_status(cJSON *result, const char *status, bool empty)
{
    cJSON_ReplaceItemInObjectCaseSensitive(result, "StatusCode", cJSON_CreateString(status));
    if (!empty)
        return;
    cJSON_ReplaceItemInObjectCaseSensitive(result, "Timestamps", cJSON_CreateArray());
    cJSON_ReplaceItemInObjectCaseSensitive(result, "Values", cJSON_CreateArray());
}

static void statuses(const struct fault *fault, cJSON *answer)
{
    static const struct {
        const char *kind, *status;
        bool empty;
    } known[] = {
        {"partial_data", "PartialData", false},
        {"forbidden", "Forbidden", true},
        {"internal_error", "InternalError", true},
    };
    cJSON *result;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        cJSON_ArrayForEach(result, cJSON_GetObjectItemCaseSensitive(answer, "MetricDataResults"))
        {
            if (strcmp(fault->kind, known[i].kind) == 0)
                set_status(result, known[i].status, known[i].empty);
        }
    }
}

// Each page says that another one comes, by a new token or (`same`) by one token for ever.
static void endless(const struct fault *fault, cJSON *answer)
{
    bool metrics = cJSON_HasObjectItem(answer, "MetricDataResults");
    const char *name = metrics ? "NextToken" : "nextToken";
    char token[64];
    bool same = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(fault->said, "same"));
    snprintf(token, sizeof token, metrics ? "page-0-%lld" : "%lld", PAST_ALL + (same ? 0 : (long long)fault->seen));
    cJSON_DeleteItemFromObjectCaseSensitive(answer, name);
    cJSON_AddStringToObject(answer, name, token);
}

static void hollow(const struct fault *fault, cJSON *answer)
{
    (void)fault;
    for (cJSON *child = answer->child; child; child = child->next)
        while (cJSON_IsArray(child) && child->child)
            cJSON_DeleteItemFromArray(child, 0);
}

static bool spoil_document(const struct fault *fault, struct fake_call *call)
{
    static const struct {
        const char *kind;
        void (*spoil)(const struct fault *, cJSON *);
    } kinds[] = {
        {"wrong_types", wrong_types}, {"partial_data", statuses}, {"forbidden", statuses},
        {"internal_error", statuses}, {"endless", endless},       {"hollow", hollow},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(fault->kind, kinds[i].kind) != 0)
            continue;
        cJSON *answer = cJSON_Parse(call->reply->body.p);
        if (answer) {
            kinds[i].spoil(fault, answer);
            char *text = cJSON_PrintUnformatted(answer);
            buffer_clear(&call->reply->body);
            buffer_add(&call->reply->body, text_of(text));
            cJSON_free(text);
            cJSON_Delete(answer);
        }
        return true;
    }
    return false;
}

// Does the fault come after the service has done its work?
static bool comes_after(const struct fault *fault)
{
    static const char *const before[] = {"reset", "timeout", "status", "400", "403",
                                         "429",   "rate",    "500",    "503", "throttling"};
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(fault->said, "applied")))
        return true;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        if (strcmp(fault->kind, before[i]) == 0)
            return false;
    return true;
}

void faults_perform(struct fake *fake, struct fake_call *call, void (*perform)(struct fake *, struct fake_call *))
{
    struct fault *fault = strike(fake, call);
    if (!fault || comes_after(fault))
        perform(fake, call);
    if (!fault)
        return;
    call->fault = fault->kind;
    const char *headers = member_text(fault->said, "headers", NULL);
    if (headers)
        buffer_printf(&call->reply->headers, "%s\r\n", headers);
    call->reply->delay_ms = (int64_t)member_number(fault->said, "ms", strcmp(fault->kind, "slow") == 0 ? SLOW_MS : 0);
    bool done =
        refuse(fault, call) || set_fate(fault, call) || strcmp(fault->kind, "slow") == 0 || spoil_document(fault, call);
    if (!done)
        spoil_body(fault, call);
}
