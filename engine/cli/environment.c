#include "engine/cli/session.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MOST 2000

// The first of the three that is set decides, as it does for the C library.
static bool speaks_utf8(const struct variables *variables)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text locale = variable_text(variables, names[i]);
        if (locale.n)
            return text_contains(locale, TEXT("UTF-8")) || text_contains(locale, TEXT("utf8")) ||
                   text_contains(locale, TEXT("UTF8")) || text_contains(locale, TEXT("utf-8"));
    }
    return false;
}

static int terminal_columns(const struct environment *environment)
{
    int64_t columns = 0;
    if (text_to_int64(variable_text(&environment->all, "COLUMNS"), &columns) && columns > 0 && columns <= COLUMNS_MOST)
        return (int)columns;
    struct winsize size = {0};
    if (environment->terminal_out && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

void environment_read(struct environment *environment, char *const *all)
{
    *environment = (struct environment){.all = {all}};
    const struct variables *variables = &environment->all;
    environment->policy = variable_text(variables, "DROWSE_POLICY");
    environment->name = variable_text(variables, "DROWSE_ENV");
    environment->cluster = variable_text(variables, "ECS_CLUSTER_NAME");
    environment->service = variable_text(variables, "ECS_SERVICE_NAME");
    environment->no_colour =
        variable_text(variables, "NO_COLOR").n > 0 || text_is(variable_text(variables, "TERM"), "dumb");
    environment->force_colour = variable_text(variables, "FORCE_COLOR").n > 0;
    environment->utf8 = speaks_utf8(variables);
    environment->terminal_in = isatty(STDIN_FILENO);
    environment->terminal_out = isatty(STDOUT_FILENO);
    environment->terminal_err = isatty(STDERR_FILENO);
    environment->columns = terminal_columns(environment);
}
