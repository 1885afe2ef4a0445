#include "engine/cli/session.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MOST 2000

bool environment_get(const struct environment *environment, struct text name, struct text *value)
{
    for (char *const *entry = environment->all; *entry; entry++) {
        struct text whole = text_of(*entry);
        if (whole.n <= name.n + 1 || whole.p[name.n] != '=' || !text_starts(whole, name))
            continue;
        *value = text_from(whole, name.n + 1);
        return true;
    }
    return false;
}

static struct text variable(const struct environment *environment, const char *name)
{
    struct text value = {0};
    environment_get(environment, text_of(name), &value);
    return value;
}

static bool contains(struct text text, const char *part)
{
    return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

// The first of the three that is set decides, as it does for the C library.
static bool speaks_utf8(const struct environment *environment)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text locale = variable(environment, names[i]);
        if (locale.n)
            return contains(locale, "UTF-8") || contains(locale, "utf8") || contains(locale, "UTF8") ||
                   contains(locale, "utf-8");
    }
    return false;
}

static int terminal_columns(const struct environment *environment)
{
    int64_t columns = 0;
    if (text_to_int64(variable(environment, "COLUMNS"), &columns) && columns > 0 && columns <= COLUMNS_MOST)
        return (int)columns;
    struct winsize size = {0};
    if (environment->terminal_out && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

void environment_read(struct environment *environment, char *const *all)
{
    *environment = (struct environment){.all = all};
    environment->policy = variable(environment, "DROWSE_POLICY");
    environment->name = variable(environment, "DROWSE_ENV");
    environment->cluster = variable(environment, "ECS_CLUSTER_NAME");
    environment->service = variable(environment, "ECS_SERVICE_NAME");
    environment->no_colour = variable(environment, "NO_COLOR").n > 0 || text_is(variable(environment, "TERM"), "dumb");
    environment->force_colour = variable(environment, "FORCE_COLOR").n > 0;
    environment->utf8 = speaks_utf8(environment);
    environment->terminal_in = isatty(STDIN_FILENO);
    environment->terminal_out = isatty(STDOUT_FILENO);
    environment->terminal_err = isatty(STDERR_FILENO);
    environment->columns = terminal_columns(environment);
}
