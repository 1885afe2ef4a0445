// What the parts of the script host know of each other; nobody else includes this.
#ifndef DROWSE_LANG_LUA_SCRIPT_H
#define DROWSE_LANG_LUA_SCRIPT_H

#include <lua.h>

#include "engine/core/evaluator.h"
#include "engine/lang/lua.h"

// One Lua file with behaviours: its sandbox, frozen with these on the stack from 1 on, so that a call makes nothing.
enum script_slot {
    SLOT_READER = 1,                                 // `s`
    SLOT_FUNCTIONS,                                  // by behaviour; nil where the file has none
    SLOT_FIELDS = SLOT_FUNCTIONS + BEHAVIOUR_COUNT,  // the names of the answer's fields, in the order of answer_field
};

enum answer_field { FIELD_RULE, FIELD_SCALE_TO, FIELD_STATUS, FIELD_MESSAGE, FIELD_REFUSE };
#define ANSWER_FIELDS 5
extern const char *const answer_field_names[ANSWER_FIELDS];

struct script_unit {
    struct sandbox *sandbox;
    const struct policy *policy;
    uint32_t source;
    uint32_t lines[BEHAVIOUR_COUNT];  // where each function begins
    struct text fault;                // why there is no state to call; empty where there is
    struct evaluator *evaluator;      // of the call under way
    struct script_answer *answer;     // of the call under way
};

// Pushes `s`: an empty table whose __index finds names. sandbox_host() must give the unit.
void lua_reader_push(lua_State *, const struct script_unit *);
// The functions that `s` offers beside the names, into the table on the top; `names` is the index of the table of
// names, which they share.
void lua_reader_add_functions(lua_State *, int names);
// The percentile's function of that name, pushed; false where the text names none.
bool lua_reader_push_percentile(lua_State *, int names, struct text name);

// What a name of the policy stands for: an integer in the table of names.
enum name_kind { NAME_BUILTIN, NAME_PARAM, NAME_LET, NAME_METRIC, NAME_WINDOW };
struct name {
    enum name_kind kind;
    uint32_t index;
};
// The name at that index of the stack, looked up in the functions' table of names (their first upvalue).
bool lua_reader_find(lua_State *, int argument, struct name *);
struct value lua_reader_value(const struct script_unit *, struct name, enum type *);
// Pushes the value; an unknown is nil and marks the call, one not fetched yet ends it.
void lua_reader_push_value(lua_State *, enum type, struct value);
_Noreturn void lua_reader_unknown_name(lua_State *, struct text name);

// Reads the value on the top as an answer; false: answer->error says what is wrong with it.
bool lua_answer_read(struct script_unit *, enum behaviour, struct script_answer *);

#endif
