#include "engine/handler/handler.h"

#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/handler/handler_parts.h"
#include "engine/lang/load.h"
#include "engine/shell/params.h"

#define DIGEST_BYTES 128

// ---- which function this is -------------------------------------------------------------------------------

static bool behaviour_named(struct text name, enum behaviour *behaviour)
{
    for (enum behaviour i = 0; i < BEHAVIOUR_COUNT; i++)
        if (text_is(name, behaviour_name(i))) {
            *behaviour = i;
            return true;
        }
    return false;
}

static struct text behind_last_dot(struct text name)
{
    size_t dot = 0;
    while (text_find(name, '.', &dot))
        name = text_from(name, dot + 1);
    return name;
}

bool handler_behaviour(const struct variables *variables, enum behaviour *behaviour, struct buffer *error)
{
    struct text name = variable_text(variables, "_HANDLER"), word = variable_text(variables, "DROWSE_BEHAVIOUR");
    if (behaviour_named(behind_last_dot(name), behaviour) || behaviour_named(word, behaviour))
        return true;
    if (word.n)
        buffer_printf(error, "DROWSE_BEHAVIOUR is '%.*s': it must be wake, sleep or kill", TEXT_ARG(word));
    else
        buffer_printf(error,
                      "the handler '%.*s' does not say what this function does: name it drowse.wake, drowse.sleep or "
                      "drowse.kill, or set DROWSE_BEHAVIOUR to wake, sleep or kill",
                      TEXT_ARG(name));
    return false;
}

// ---- once a process ---------------------------------------------------------------------------------------

static void say_at_start(const struct handler *handler, struct text warning)
{
    const struct logger logger = {&handler->ports.log, &handler->ports.clock, handler->least, {"", 0}};
    if (warning.n)
        log_message(&logger, LEVEL_WARN, "%.*s", TEXT_ARG(warning));
    if (handler->dry_run)
        log_message(&logger, LEVEL_INFO, "DROWSE_DRY_RUN is set: everything is decided and recorded, nothing applied");
}

static void read_settings(struct handler *handler, const struct variables *variables)
{
    struct buffer warning;
    buffer_init(&warning, LIMIT_MESSAGE_BYTES);
    handler->cluster = variable_text(variables, "ECS_CLUSTER_NAME");
    handler->service = variable_text(variables, "ECS_SERVICE_NAME");
    handler->region = variable_text(variables, "AWS_REGION");
    handler->least = log_level_from(variables, &warning);
    say_at_start(handler, buffer_text(&warning));
    buffer_release(&warning);
}

static bool read_params(struct handler *handler, const struct variables *variables, struct buffer *error)
{
    const struct policy *policy = handler->policy;
    if (!policy->behaviours[handler->behaviour].present) {
        buffer_printf(error, "the policy %.*s has no rules for %s", TEXT_ARG(policy->sources.items[0].path),
                      behaviour_name(handler->behaviour));
        return false;
    }
    handler->params = params_new(&handler->arena, policy);
    return params_from_environment(&handler->arena, policy, variables, 1u << handler->behaviour, handler->params,
                                   error);
}

static struct text digest_of(struct arena *arena, const struct policy *policy)
{
    struct buffer digest;
    buffer_init(&digest, DIGEST_BYTES);
    policy_digest(policy, &digest);
    struct text copy = arena_text(arena, buffer_text(&digest));
    buffer_release(&digest);
    return copy;
}

struct handler *handler_new(const struct policy *policy, enum behaviour behaviour, const struct handler_ports *ports,
                            const struct variables *variables, struct buffer *error)
{
    struct arena arena;
    arena_init(&arena);
    struct handler *handler = ARENA_NEW(&arena, struct handler);
    handler->arena = arena;  // from here on the handler owns the pool that it lives in
    handler->policy = policy;
    handler->behaviour = behaviour;
    handler->ports = *ports;
    if (!variable_switch(variables, "DROWSE_DRY_RUN", &handler->dry_run, error)) {
        handler_free(handler);
        return NULL;
    }
    read_settings(handler, variables);
    if (!read_params(handler, variables, error)) {
        handler_free(handler);
        return NULL;
    }
    handler->digest = digest_of(&handler->arena, policy);
    evaluator_init(&handler->evaluator, policy, &handler->arena);
    handler->scripts = script_host_new(policy, &handler->evaluator);
    return handler;
}

void handler_free(struct handler *handler)
{
    if (!handler)
        return;
    if (handler->scripts)
        script_host_free(handler->scripts);
    struct arena arena = handler->arena;
    arena_release(&arena);
}
