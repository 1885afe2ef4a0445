#include "engine/base/diag.h"
#include "engine/base/json_write.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/lang/load.h"
#include "engine/report/json_parts.h"

#include <stdio.h>

#define FAULTS_BYTES ((size_t)16 << 20)

// One file under check.
struct checked {
    struct arena arena;
    struct text path;
    const struct policy *policy;
    struct diags diags;
    struct sources sources;
    bool unreadable;
};

static void print_faults(struct session *session, const struct checked *checked)
{
    struct buffer text;
    buffer_init(&text, FAULTS_BYTES);
    diags_print(&checked->diags, &checked->sources, session->err_style.colour, &text);
    if (text.n)
        fwrite(text.p, 1, text.n, stderr);
    buffer_release(&text);
}

static void count_rules(const struct policy *policy, size_t *behaviours, size_t *rules)
{
    *behaviours = *rules = 0;
    for (size_t i = 0; i < BEHAVIOUR_COUNT; i++) {
        if (!policy->behaviours[i].present)
            continue;
        ++*behaviours;
        *rules += policy->behaviours[i].count;
    }
}

static void summary_ok(struct buffer *out, const struct policy *policy)
{
    size_t behaviours = 0, rules = 0;
    count_rules(policy, &behaviours, &rules);
    buffer_add(out, TEXT("ok ("));
    count_format(out, behaviours, "behaviour", "behaviours");
    buffer_add(out, TEXT(", "));
    count_format(out, rules, "rule", "rules");
    buffer_add(out, TEXT(", "));
    count_format(out, policy->metric_count, "metric", "metrics");
    buffer_add_char(out, ')');
}

static void summary_line(struct session *session, const struct checked *checked)
{
    struct buffer *out = &session->out;
    buffer_printf(out, "%.*s: ", TEXT_ARG(checked->path));
    if (checked->policy)
        summary_ok(out, checked->policy);
    else if (checked->unreadable)
        buffer_add(out, TEXT("cannot be read"));
    else
        count_format(out, checked->diags.errors, "error", "errors");
    if (checked->diags.warnings) {
        buffer_add(out, TEXT(", "));
        count_format(out, checked->diags.warnings, "warning", "warnings");
    }
    buffer_add_char(out, '\n');
}

static void diag_json(struct json_writer *json, const struct checked *checked, const struct diag *diag)
{
    bool placed = diag->place.source < checked->sources.count;
    json_open_object(json);
    json_member_text(json, "policy", checked->path);
    json_member_text(json, "file", placed ? checked->sources.items[diag->place.source].path : checked->path);
    json_member_int(json, "line", diag->place.line);
    json_member_int(json, "column", diag->place.column);
    json_member_string(json, "severity", diag->severity == SEVERITY_ERROR ? "error" : "warning");
    json_member_string(json, "code", diag->code);
    json_member_text(json, "message", diag->text);
    json_close_object(json);
}

static enum exit_code code_of(struct session *session, const struct checked *checked)
{
    if (checked->unreadable)
        return CODE_USAGE;
    if (!checked->policy || (checked->diags.warnings && session_has(session, OPTION_STRICT)))
        return CODE_NOT_SO;
    return CODE_DONE;
}

static enum exit_code check_file(struct session *session, struct file_cache *cache, struct text path,
                                 struct json_writer *json)
{
    struct checked checked = {.path = path};
    arena_init(&checked.arena);
    checked.policy = load_policy(&checked.arena, cache, path, &checked.diags, &checked.sources, &checked.unreadable);
    if (json) {
        for (size_t i = 0; i < checked.diags.count; i++)
            diag_json(json, &checked, &checked.diags.items[i]);
    } else {
        print_faults(session, &checked);
        if (!session_has(session, OPTION_DUMP))
            summary_line(session, &checked);
        else if (checked.policy)
            policy_dump(checked.policy, &session->out);
    }
    enum exit_code code = code_of(session, &checked);
    arena_release(&checked.arena);
    return code;
}

static enum exit_code check_files(struct session *session, const struct text *paths, size_t count)
{
    struct file_cache cache = {0};
    struct json_writer json;
    bool as_json = session_has(session, OPTION_JSON);
    if (as_json) {
        session_json_begin(session, &json);
        json_open_array(&json);
    }
    enum exit_code code = CODE_DONE;
    for (size_t i = 0; i < count; i++)
        code = code_higher(code, check_file(session, &cache, paths[i], as_json ? &json : NULL));
    file_cache_release(&cache);
    if (as_json) {
        json_close_array(&json);
        session_json_end(session, &json);
    }
    return code;
}

enum exit_code command_check(struct session *session)
{
    const struct arguments *arguments = session->arguments;
    if (session_has(session, OPTION_JSON) && session_has(session, OPTION_DUMP)) {
        say(session, "--dump is text: it does not go with --json");
        return CODE_USAGE;
    }
    if (arguments->operand_count && session_has(session, OPTION_POLICY)) {
        say(session, "--policy and FILE do not go together: name all files without --policy");
        return CODE_USAGE;
    }
    if (arguments->operand_count)
        return check_files(session, arguments->operands, arguments->operand_count);
    struct text path;
    return session_policy_path(session, &path) ? check_files(session, &path, 1) : CODE_USAGE;
}
