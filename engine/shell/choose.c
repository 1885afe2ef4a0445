#include "engine/shell/choose.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/shell/run.h"

#define NAME_BYTES 255  // of ECS's names of clusters and services
#define TARGETS_LISTED 8

// One choice under way.
struct choosing {
    const struct choice *choice;
    struct buffer *error;
};

// A cluster and a service as somebody named them, each perhaps not at all.
struct naming {
    struct text cluster, service;
};

// ---- ARNs -----------------------------------------------------------------------------------------------------

enum arn_part { ARN_ARN, ARN_PARTITION, ARN_OF, ARN_REGION, ARN_ACCOUNT, ARN_RESOURCE, ARN_PARTS };

static bool is_arn(struct text text)
{
    return text_starts(text, TEXT("arn:"));
}

static bool split_arn(struct text arn, struct text parts[ARN_PARTS])
{
    size_t colon = 0;
    for (size_t i = 0; i < ARN_RESOURCE; i++) {
        if (!text_find(arn, ':', &colon))
            return false;
        parts[i] = (struct text){arn.p, colon};
        arn = text_from(arn, colon + 1);
    }
    parts[ARN_RESOURCE] = arn;
    return text_starts(parts[ARN_PARTITION], TEXT("aws")) && text_is(parts[ARN_OF], "ecs") && parts[ARN_REGION].n &&
           parts[ARN_ACCOUNT].n;
}

// The resource behind its type: "service/CLUSTER/SERVICE" -> "CLUSTER/SERVICE". False: it is of another type.
static bool resource_of(struct text resource, const char *type, struct text *rest)
{
    size_t slash = 0;
    if (!text_find(resource, '/', &slash) || !text_eq((struct text){resource.p, slash}, text_of(type)))
        return false;
    *rest = text_from(resource, slash + 1);
    return true;
}

static enum chosen wrong_arn(const struct choosing *choosing, struct text arn, const char *type, const char *form)
{
    buffer_printf(choosing->error, "'%.*s' is no ARN of an ECS %s: it is arn:aws:ecs:REGION:ACCOUNT:%s", TEXT_ARG(arn),
                  type, form);
    return CHOSEN_WRONG;
}

static enum chosen check_owner(const struct choosing *choosing, struct text arn, const struct text parts[ARN_PARTS])
{
    const struct choice *choice = choosing->choice;
    const char *what = NULL;
    struct text here = {0}, there = {0};
    if (choice->account.n && !text_eq(choice->account, parts[ARN_ACCOUNT])) {
        what = "account";
        here = choice->account;
        there = parts[ARN_ACCOUNT];
    } else if (choice->region.n && !text_eq(choice->region, parts[ARN_REGION])) {
        what = "region";
        here = choice->region;
        there = parts[ARN_REGION];
    }
    if (!what)
        return CHOSEN_ONE;
    buffer_printf(choosing->error, "'%.*s' is of %s %.*s, and this is %s %.*s", TEXT_ARG(arn), what, TEXT_ARG(there),
                  what, TEXT_ARG(here));
    return CHOSEN_FOREIGN;
}

// ---- names ------------------------------------------------------------------------------------------------------

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// API_CreateService, API_CreateCluster: up to 255 letters, digits, underscores and hyphens.
static enum chosen check_name(const struct choosing *choosing, struct text name, const char *type)
{
    bool possible = name.n > 0 && name.n <= NAME_BYTES;
    for (size_t i = 0; possible && i < name.n; i++)
        possible = is_name_char(name.p[i]);
    if (possible)
        return CHOSEN_ONE;
    buffer_printf(choosing->error,
                  "'%.*s' is no name of a %s: it has up to %d letters, digits, hyphens and underscores", TEXT_ARG(name),
                  type, NAME_BYTES);
    return CHOSEN_WRONG;
}

static enum chosen read_cluster(const struct choosing *choosing, struct text given, struct text *cluster)
{
    struct text parts[ARN_PARTS];
    *cluster = given;
    if (!given.n)
        return CHOSEN_ONE;
    if (!is_arn(given))
        return check_name(choosing, given, "cluster");
    if (!split_arn(given, parts) || !resource_of(parts[ARN_RESOURCE], "cluster", cluster))
        return wrong_arn(choosing, given, "cluster", "cluster/CLUSTER");
    enum chosen owner = check_owner(choosing, given, parts);
    return owner == CHOSEN_ONE ? check_name(choosing, *cluster, "cluster") : owner;
}

// A service's ARN may name its cluster too; older ones do not.
static enum chosen read_service(const struct choosing *choosing, struct text given, struct naming *naming)
{
    struct text parts[ARN_PARTS], rest = given;
    size_t slash = 0;
    naming->service = given;
    if (!given.n)
        return CHOSEN_ONE;
    if (!is_arn(given))
        return check_name(choosing, given, "service");
    if (!split_arn(given, parts) || !resource_of(parts[ARN_RESOURCE], "service", &rest))
        return wrong_arn(choosing, given, "service", "service/CLUSTER/SERVICE");
    enum chosen owner = check_owner(choosing, given, parts);
    if (owner != CHOSEN_ONE)
        return owner;
    if (text_find(rest, '/', &slash)) {
        naming->cluster = (struct text){rest.p, slash};
        rest = text_from(rest, slash + 1);
        enum chosen cluster = check_name(choosing, naming->cluster, "cluster");
        if (cluster != CHOSEN_ONE)
            return cluster;
    }
    naming->service = rest;
    return check_name(choosing, rest, "service");
}

static enum chosen read_naming(const struct choosing *choosing, struct text cluster, struct text service,
                               struct naming *naming)
{
    struct text named = {0};
    *naming = (struct naming){{0}, {0}};
    enum chosen read = read_service(choosing, service, naming);
    if (read == CHOSEN_ONE)
        read = read_cluster(choosing, cluster, &named);
    if (read != CHOSEN_ONE || !named.n)
        return read;
    if (naming->cluster.n && !text_eq(naming->cluster, named)) {
        buffer_printf(choosing->error, "'%.*s' is of cluster %.*s, and cluster %.*s is named beside it",
                      TEXT_ARG(service), TEXT_ARG(naming->cluster), TEXT_ARG(named));
        return CHOSEN_WRONG;
    }
    naming->cluster = named;
    return CHOSEN_ONE;
}

// ---- the choice ---------------------------------------------------------------------------------------------------

static bool has_globs(struct text text)
{
    size_t at = 0;
    return text_find(text, '*', &at) || text_find(text, '?', &at);
}

const struct target *only_target(const struct policy *policy)
{
    const struct target *target = policy->targets;
    if (policy->target_count != 1 || has_globs(target->cluster) || has_globs(target->service))
        return NULL;
    return target;
}

static struct text policy_path(const struct choosing *choosing)
{
    return choosing->choice->policy->sources.items[0].path;
}

static enum chosen none_named(const struct choosing *choosing, const struct naming *part)
{
    const struct policy *policy = choosing->choice->policy;
    struct buffer *error = choosing->error;
    if (part->cluster.n || part->service.n) {
        bool cluster = part->cluster.n > 0;
        buffer_printf(error, "%s %.*s is named, but not its %s: ", cluster ? "cluster" : "service",
                      TEXT_ARG(cluster ? part->cluster : part->service), cluster ? "service" : "cluster");
    }
    if (!policy->target_count) {
        buffer_printf(error,
                      "%.*s has no targets: ECS_CLUSTER_NAME and ECS_SERVICE_NAME must be set to the service meant",
                      TEXT_ARG(policy_path(choosing)));
        return CHOSEN_NONE;
    }
    buffer_printf(error, "name one of the targets of %.*s: ", TEXT_ARG(policy_path(choosing)));
    for (size_t i = 0; i < policy->target_count && i < TARGETS_LISTED; i++)
        buffer_printf(error, "%s%.*s/%.*s", i ? ", " : "", TEXT_ARG(policy->targets[i].cluster),
                      TEXT_ARG(policy->targets[i].service));
    if (policy->target_count > TARGETS_LISTED)
        buffer_printf(error, " and %zu more", policy->target_count - TARGETS_LISTED);
    return CHOSEN_NONE;
}

static struct text first_set(struct text a, struct text b, struct text c)
{
    return a.n ? a : b.n ? b : c;
}

// Where a policy has no targets, the two variables are its only one.
static bool is_covered(const struct choosing *choosing, const struct naming *variables, const struct service_name *name)
{
    const struct policy *policy = choosing->choice->policy;
    if (policy->target_count)
        return target_covers(policy, name);
    return text_eq(name->cluster, variables->cluster) && text_eq(name->service, variables->service);
}

static enum chosen choose(const struct choosing *choosing, struct service_name *name)
{
    const struct choice *choice = choosing->choice;
    const struct target *only = only_target(choice->policy);
    struct naming named, variables;
    enum chosen read = read_naming(choosing, choice->named_cluster, choice->named_service, &named);
    if (read == CHOSEN_ONE)
        read = read_naming(choosing, choice->cluster, choice->service, &variables);
    if (read != CHOSEN_ONE)
        return read;
    // One variable alone names nothing.
    bool by_variables = variables.cluster.n && variables.service.n;
    if (!named.cluster.n && !named.service.n && !by_variables)
        variables = (struct naming){{0}, {0}};
    *name = (struct service_name){
        .cluster = first_set(named.cluster, variables.cluster, only ? only->cluster : TEXT("")),
        .service = first_set(named.service, variables.service, only ? only->service : TEXT("")),
    };
    if (!name->cluster.n || !name->service.n)
        return none_named(choosing, &named);
    if (is_covered(choosing, &variables, name))
        return CHOSEN_ONE;
    buffer_printf(choosing->error, "%.*s/%.*s is not among the targets of %.*s", TEXT_ARG(name->cluster),
                  TEXT_ARG(name->service), TEXT_ARG(policy_path(choosing)));
    return CHOSEN_FOREIGN;
}

enum chosen choose_service(struct arena *arena, const struct choice *choice, struct service_name *name,
                           struct buffer *error)
{
    const struct choosing choosing = {choice, error};
    struct service_name found;
    enum chosen chosen = choose(&choosing, &found);
    if (chosen == CHOSEN_ONE)
        *name = (struct service_name){arena_text(arena, found.cluster), arena_text(arena, found.service), false};
    return chosen;
}

enum chosen choose_service_here(struct arena *arena, const struct cloud *cloud, const struct choice *choice,
                                struct service_name *name, struct buffer *error)
{
    bool by_arn = is_arn(choice->named_cluster) || is_arn(choice->named_service) || is_arn(choice->cluster) ||
                  is_arn(choice->service);
    enum chosen chosen = choose_service(arena, choice, name, error);
    if (chosen != CHOSEN_ONE || choice->account.n || !by_arn)
        return chosen;
    struct described found = {.result = {PORT_OK, {0}}};
    cloud->describe(cloud->context, arena, name, 1, &found);
    if (found.result.status != PORT_OK) {
        buffer_printf(error, "whether it is of this account cannot be told: %.*s", TEXT_ARG(found.result.error));
        return CHOSEN_FOREIGN;
    }
    struct choice known = *choice;
    known.account = text_part(found.state.arn, ':', ARN_ACCOUNT);
    return choose_service(arena, &known, name, error);
}
