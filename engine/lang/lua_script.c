// The script host: behaviours that are decided by a Lua function.
#include "engine/lang/lua_script.h"

#include <lauxlib.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/core/message.h"
#include "engine/lang/load.h"

struct script_host {
    struct arena arena;  // holds this
    struct script_unit units[BEHAVIOUR_COUNT];
    size_t count;
};

// ---- deciding ---------------------------------------------------------------------------------------------------

static bool call(struct script_unit *unit, enum behaviour behaviour, struct script_answer *answer)
{
    lua_State *lua = sandbox_state(unit->sandbox);
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    lua_pushvalue(lua, SLOT_FUNCTIONS + (int)behaviour);
    lua_pushvalue(lua, SLOT_READER);
    enum lua_end end = sandbox_call(unit->sandbox, 1, 1, &error);
    if (end != LUA_END_OK && !answer->need)
        answer->error = arena_text(unit->evaluator->arena, buffer_text(&error));
    buffer_release(&error);
    return end == LUA_END_OK;
}

static struct text no_function(const struct script_unit *unit, enum behaviour behaviour)
{
    struct text path = unit->policy->sources.items[unit->source].path;
    return arena_format(unit->evaluator->arena, "%.*s: %s.decide is not a function written in this file",
                        TEXT_ARG(path), behaviour_name(behaviour));
}

static bool decide_by_script(void *context, struct evaluator *evaluator, enum behaviour behaviour,
                             struct script_answer *answer)
{
    struct script_unit *unit = context;
    *answer = (struct script_answer){.rule = RULE_NONE};
    if (unit->fault.n) {
        answer->error = unit->fault;
        return false;
    }
    unit->evaluator = evaluator;
    unit->answer = answer;
    sandbox_reset(unit->sandbox);
    if (lua_isnil(sandbox_state(unit->sandbox), SLOT_FUNCTIONS + (int)behaviour)) {
        answer->error = no_function(unit, behaviour);
        return false;
    }
    if (call(unit, behaviour, answer))
        return lua_answer_read(unit, behaviour, answer);
    if (answer->need)
        *answer = (struct script_answer){.rule = RULE_NONE, .need = answer->need};
    return answer->need != 0;
}

// ---- loading ----------------------------------------------------------------------------------------------------

// Pushes what stands at "BEHAVIOUR.decide" in the table at 1.
static void push_function(lua_State *lua, enum behaviour behaviour)
{
    lua_pushstring(lua, behaviour_name(behaviour));
    if (lua_rawget(lua, 1) != LUA_TTABLE)
        return;  // left in its place, it is no function
    lua_pushliteral(lua, "decide");
    lua_rawget(lua, -2);
    lua_remove(lua, -2);
}

// Where the function on the top begins; what is none becomes nil.
static void note_line(lua_State *lua, struct script_unit *unit, enum behaviour behaviour)
{
    lua_Debug function;
    if (!lua_isfunction(lua, -1) || lua_iscfunction(lua, -1)) {
        lua_pop(lua, 1);
        lua_pushnil(lua);
        return;
    }
    lua_pushvalue(lua, -1);
    lua_getinfo(lua, ">S", &function);
    unit->lines[behaviour] = (uint32_t)function.linedefined;
}

// Runs protected, with the chunk's results as arguments; its own are what the slots hold.
static int fill_slots(lua_State *lua)
{
    struct script_unit *unit = sandbox_host(lua);
    lua_settop(lua, 1);
    if (!lua_istable(lua, 1))
        sandbox_raise(lua, LUA_END_ERROR, "the file returns no table");
    lua_reader_push(lua, unit);
    for (int behaviour = 0; behaviour < BEHAVIOUR_COUNT; behaviour++) {
        push_function(lua, (enum behaviour)behaviour);
        note_line(lua, unit, (enum behaviour)behaviour);
    }
    for (size_t i = 0; i < ANSWER_FIELDS; i++)
        lua_pushstring(lua, answer_field_names[i]);
    lua_remove(lua, 1);
    return lua_gettop(lua);
}

static bool load(struct script_unit *unit, struct buffer *error)
{
    const struct source *source = &unit->policy->sources.items[unit->source];
    unit->sandbox = sandbox_new();
    if (!unit->sandbox) {
        buffer_printf(error, "%.*s: no memory for Lua", TEXT_ARG(source->path));
        return false;
    }
    sandbox_set_host(unit->sandbox, unit);
    if (sandbox_load(unit->sandbox, source->content, source->path, error) != LUA_END_OK ||
        sandbox_protect(unit->sandbox, fill_slots, error) != LUA_END_OK)
        return false;
    if (sandbox_freeze(unit->sandbox))
        return true;
    buffer_printf(error, "%.*s: no memory for Lua", TEXT_ARG(source->path));
    return false;
}

static struct script_unit *add_unit(struct script_host *host, const struct policy *policy, uint32_t source)
{
    struct script_unit *unit = &host->units[host->count++];
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    *unit = (struct script_unit){.policy = policy, .source = source};
    if (!load(unit, &error))
        unit->fault = arena_text(&host->arena, buffer_text(&error));
    buffer_release(&error);
    return unit;
}

static struct script_unit *unit_of(struct script_host *host, const struct policy *policy, uint32_t source)
{
    for (size_t i = 0; i < host->count; i++)
        if (host->units[i].source == source)
            return &host->units[i];
    return add_unit(host, policy, source);
}

struct script_host *script_host_new(const struct policy *policy, struct evaluator *evaluator)
{
    struct arena arena = {0};
    struct script_host *host = ARENA_NEW(&arena, struct script_host);
    host->arena = arena;
    for (int behaviour = 0; behaviour < BEHAVIOUR_COUNT; behaviour++) {
        const struct behaviour_rules *rules = &policy->behaviours[behaviour];
        if (rules->present && rules->scripted)
            evaluator->scripts[behaviour] =
                (struct script){unit_of(host, policy, rules->script_source), decide_by_script};
    }
    return host;
}

void script_host_free(struct script_host *host)
{
    if (!host)
        return;
    for (size_t i = 0; i < host->count; i++)
        sandbox_free(host->units[i].sandbox);
    struct arena arena = host->arena;
    arena_release(&arena);
}
