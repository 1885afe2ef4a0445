#include "engine/cli/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/lang/load.h"
#include "engine/shell/params.h"
#include "engine/sys/files.h"

#define RESULT_BYTES ((size_t)1 << 30)
#define MESSAGES_BYTES ((size_t)16 << 20)
#define JSON_INDENT 2

static struct style style_of(const struct environment *environment, bool terminal)
{
    bool colour = !environment->no_colour && (terminal || environment->force_colour);
    return (struct style){colour, environment->utf8, terminal ? environment->columns : 0};
}

void session_init(struct session *session, const struct environment *environment)
{
    *session = (struct session){.environment = environment};
    arena_init(&session->arena);
    session->out_style = style_of(environment, environment->terminal_out);
    session->err_style = style_of(environment, environment->terminal_err);
    buffer_init(&session->out, RESULT_BYTES);
}

void session_release(struct session *session)
{
    buffer_release(&session->out);
    arena_release(&session->arena);
}

enum exit_code session_finish(struct session *session, enum exit_code code)
{
    struct text result = buffer_text(&session->out);
    if (session->out.truncated) {
        say(session, "the result is larger than %zu bytes; it is not printed whole", RESULT_BYTES);
        code = code_higher(code, CODE_OUTSIDE);
    }
    bool written = result.n == 0 || fwrite(result.p, 1, result.n, stdout) == result.n;
    if (fflush(stdout) != 0 || !written) {
        say(session, "cannot write the result: %s", strerror(errno));
        code = code_higher(code, CODE_OUTSIDE);
    }
    return code;
}

void say(const struct session *session, const char *format, ...)
{
    struct buffer message;
    buffer_init(&message, MESSAGES_BYTES);
    paint_text(&message, &session->err_style, PAINT_BOLD, TEXT("drowse: "));
    size_t said = message.n;
    va_list list;
    va_start(list, format);
    buffer_vprintf(&message, format, list);
    va_end(list);
    // Names and texts of files and requests are not to steer the terminal.
    for (char *p = message.p + said; *p; p++) {
        unsigned char byte = (unsigned char)*p;
        bool wide = byte == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] <= 0x9F;  // U+0080 to U+009F
        if ((byte < ' ' && byte != '\n') || byte == 0x7F || wide)
            *p = '?';
        if (wide)
            *++p = '?';
    }
    buffer_add_char(&message, '\n');
    fwrite(message.p, 1, message.n, stderr);
    buffer_release(&message);
}

bool session_has(const struct session *session, enum option_id id)
{
    return arguments_has(session->arguments, id);
}

bool session_value(const struct session *session, enum option_id id, struct text *value)
{
    return arguments_value(session->arguments, id, value);
}

bool session_params(struct session *session, const struct policy *policy, struct param_setting *settings,
                    struct buffer *error)
{
    const struct arguments *arguments = session->arguments;
    for (size_t i = 0; i < arguments->option_count; i++)
        if (arguments->options[i].id == OPTION_PARAM &&
            !params_from_option(&session->arena, policy, arguments->options[i].value, settings, error))
            return false;
    return true;
}

void session_json_begin(struct session *session, struct json_writer *json)
{
    json_begin(json, &session->out, JSON_INDENT);
}

void session_json_end(struct session *session, struct json_writer *json)
{
    (void)json;
    buffer_add_char(&session->out, '\n');
}

bool session_instant(const struct session *session, enum option_id id, double *at_s)
{
    struct text text;
    int32_t day = 0;
    bool zoned = false;
    if (!session_value(session, id, &text))
        return true;
    if (parse_date(text, &day)) {
        *at_s = (double)day * DAY_S;
        return true;
    }
    if (parse_timestamp(text, at_s, &zoned))
        return true;
    say(session, "--%s %.*s: write a date such as 2026-11-02, or an instant such as 2026-11-02T06:00:00Z",
        option_table[id].name, TEXT_ARG(text));
    return false;
}

bool session_read_file(struct session *session, struct text path, size_t maximum, struct text *content)
{
    struct buffer error;
    buffer_init(&error, LIMIT_MESSAGE_BYTES);
    bool read = file_read(&session->arena, path, maximum, content, &error);
    if (!read)
        say(session, "%.*s", TEXT_ARG(buffer_text(&error)));
    buffer_release(&error);
    return read;
}

bool session_policy_path(struct session *session, struct text *path)
{
    const struct environment *environment = session->environment;
    if (session_value(session, OPTION_POLICY, path))
        return true;
    if (environment->policy.n) {
        *path = environment->policy;
        return true;
    }
    size_t slash = 0;
    if (environment->name.n && !text_find(environment->name, '/', &slash)) {
        *path = arena_format(&session->arena, "policies/%.*s.yaml", TEXT_ARG(environment->name));
        return true;
    }
    if (environment->name.n)
        say(session, "DROWSE_ENV is '%.*s': it must be a plain name, such as production", TEXT_ARG(environment->name));
    else
        say(session, "no policy: give --policy FILE, or set DROWSE_POLICY to a file or DROWSE_ENV to an environment");
    return false;
}

// The loader's one fault where there is nothing to find faults in.
static bool is_about_the_file(const struct diags *diags)
{
    return diags->count == 1 && diags->items[0].place.line == 0 && text_is(text_of(diags->items[0].code), "file");
}

static bool is_directory(struct arena *arena, struct text path)
{
    struct stat status;
    return stat(arena_text(arena, path).p, &status) == 0 && S_ISDIR(status.st_mode);
}

// What is no file to look into at all, and easily meant as one.
static const char *no_policy_file(struct arena *arena, struct text path)
{
    if (path.n == 0)
        return "the name of the policy file is empty";
    if (text_is(path, "-"))
        return "a policy is not read from standard input: give a file that ends in .yaml, .yml or .lua";
    return is_directory(arena, path) ? "it is a directory: name the files in it, such as policies/*.yaml" : NULL;
}

const struct policy *load_policy(struct arena *arena, struct file_cache *cache, struct text path, struct diags *diags,
                                 struct sources *sources, bool *unreadable)
{
    diags_init(diags, arena);
    const char *why = no_policy_file(arena, path);
    if (why) {
        diag_error(diags, (struct place){0, 0, 0, 0}, "file", path.n ? "%.*s cannot be read: %s" : "%.*s%s",
                   TEXT_ARG(path), why);
        *unreadable = true;
        return NULL;
    }
    const struct file_reader reader = file_reader_disk();
    const struct policy *policy = policy_load_shared(arena, &reader, cache, path, diags, sources);
    diags_sort(diags);
    *unreadable = !policy && is_about_the_file(diags);
    return policy;
}

static void print_diags(const struct session *session, const struct diags *diags, const struct sources *sources)
{
    struct buffer text;
    buffer_init(&text, MESSAGES_BYTES);
    diags_print(diags, sources, session->err_style.colour, &text);
    if (text.n)
        fwrite(text.p, 1, text.n, stderr);
    buffer_release(&text);
}

const struct policy *session_policy(struct session *session, enum exit_code *code)
{
    struct text path;
    *code = CODE_USAGE;
    if (!session_policy_path(session, &path))
        return NULL;
    struct diags diags;
    struct sources sources = {0};
    bool unreadable = false;
    const struct policy *policy = load_policy(&session->arena, NULL, path, &diags, &sources, &unreadable);
    // Warnings are check's to tell: a run is not the time for them.
    if (!policy)
        print_diags(session, &diags, &sources);
    *code = policy ? CODE_DONE : unreadable ? CODE_USAGE : CODE_NOT_SO;
    return policy;
}
