// One binary: reads the environment once, finds the command, parses what is behind it, and ends with its code.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "drowse/limits.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"

// State files are replaced by renaming, so that there is nothing to tidy up.
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    _exit(CODE_INTERRUPTED);
}

static void end_on_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

static struct text command_name(const char *word)
{
    static const struct {
        const char *word, *command;
    } customary[] = {{"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};
    struct text name = text_of(word);
    for (size_t i = 0; i < sizeof customary / sizeof *customary; i++)
        if (text_is(name, customary[i].word))
            return text_of(customary[i].command);
    return name;
}

static enum exit_code unknown_command(struct session *session, struct text name)
{
    if (name.n > 1 && name.p[0] == '-') {
        say(session, "'%.*s': options stand behind the command: drowse COMMAND [OPTIONS]", TEXT_ARG(name));
        return CODE_USAGE;
    }
    if (text_is(name, "wake") || text_is(name, "sleep") || text_is(name, "kill")) {
        say(session, "'%.*s' is a behaviour, not a command: drowse run %.*s, drowse explain %.*s", TEXT_ARG(name),
            TEXT_ARG(name), TEXT_ARG(name));
        return CODE_USAGE;
    }
    struct text *names = ARENA_ARRAY(&session->arena, command_count, struct text);
    for (size_t i = 0; i < command_count; i++)
        names[i] = text_of(command_table[i].name);
    struct text nearest = text_nearest(name, names, command_count);
    if (nearest.n)
        say(session, "unknown command '%.*s' (did you mean %.*s?)", TEXT_ARG(name), TEXT_ARG(nearest));
    else
        say(session, "unknown command '%.*s'; `drowse help` lists them", TEXT_ARG(name));
    return CODE_USAGE;
}

static bool operands_fit(struct session *session, const struct command *command, const struct arguments *arguments)
{
    size_t count = arguments->operand_count;
    if (count >= command->least_operands && count <= command->most_operands)
        return true;
    const char *blank = command->operands[0] ? " " : "";
    if (count > command->most_operands)
        say(session, "unexpected '%.*s': drowse %s%s%s", TEXT_ARG(arguments->operands[command->most_operands]),
            command->name, blank, command->operands);
    else
        say(session, "%s is missing: drowse %s%s%s; see `drowse %s --help`", command->operands, command->name, blank,
            command->operands, command->name);
    return false;
}

static enum exit_code run_command(struct session *session, const struct command *command, int argc,
                                  const char *const *argv)
{
    struct arguments arguments = {0};
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    bool parsed =
        options_parse(&session->arena, command->options, command->option_count, argc, argv, &arguments, &error);
    if (!parsed)
        say(session, "%.*s; see `drowse %s --help`", TEXT_ARG(buffer_text(&error)), command->name);
    buffer_release(&error);
    if (!parsed)
        return CODE_USAGE;
    session->arguments = &arguments;
    if (arguments_has(&arguments, OPTION_HELP)) {
        help_command(&session->out, command);
        return CODE_DONE;
    }
    return operands_fit(session, command, &arguments) ? command->run(session) : CODE_USAGE;
}

static enum exit_code dispatch(struct session *session, int argc, const char *const *argv)
{
    if (argc < 2) {
        struct buffer overview;
        buffer_init(&overview, LIMIT_MESSAGE_BYTES);
        help_overview(&overview);
        say(session, "a command is missing\n\n%.*s", TEXT_ARG(buffer_text(&overview)));
        buffer_release(&overview);
        return CODE_USAGE;
    }
    struct text name = command_name(argv[1]);
    const struct command *command = command_find(name);
    return command ? run_command(session, command, argc - 2, argv + 2) : unknown_command(session, name);
}

// A standard stream that is closed would lend its number to the next file opened, and messages would be written
// into that file. What is opened here can be read (and is empty), but not written to: that still fails.
static void occupy_closed_streams(void)
{
    int file = open("/dev/null", O_RDONLY);
    while (file >= 0 && file <= STDERR_FILENO)
        file = open("/dev/null", O_RDONLY);
    if (file > STDERR_FILENO)
        close(file);
}

int main(int argc, char **argv)
{
    occupy_closed_streams();
    end_on_interrupt();
    struct environment environment;
    environment_read(&environment, environ);
    struct session session;
    session_init(&session, &environment);
    enum exit_code code = dispatch(&session, argc, (const char *const *)argv);
    code = session_finish(&session, code);
    session_release(&session);
    return (int)code;
}
