#include "engine/base/variables.h"

#include "engine/base/text.h"

bool variable_get(const struct variables *variables, struct text name, struct text *value)
{
    for (char *const *entry = variables->all; *entry; entry++) {
        struct text whole = text_of(*entry);
        if (whole.n <= name.n + 1 || whole.p[name.n] != '=' || !text_starts(whole, name))
            continue;
        *value = text_from(whole, name.n + 1);
        return true;
    }
    return false;
}

struct text variable_text(const struct variables *variables, const char *name)
{
    struct text value = {0};
    variable_get(variables, text_of(name), &value);
    return value;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_word(struct text value, const char *lower_case)
{
    struct text word = text_of(lower_case);
    if (value.n != word.n)
        return false;
    for (size_t i = 0; i < value.n; i++)
        if (lower(value.p[i]) != word.p[i])
            return false;
    return true;
}

bool variable_flag(const struct variables *variables, const char *name)
{
    struct text value = variable_text(variables, name);
    return text_is(value, "1") || same_word(value, "true");
}

bool variable_switch(const struct variables *variables, const char *name, bool *on, struct buffer *error)
{
    struct text value = variable_text(variables, name);
    bool is_on = variable_flag(variables, name);
    if (!is_on && value.n && !text_is(value, "0") && !same_word(value, "false")) {
        buffer_printf(error, "%s is '%.*s': it must be 1 or 0", name, TEXT_ARG(value));
        return false;
    }
    *on = is_on;
    return true;
}
