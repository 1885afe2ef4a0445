// Credentials of a profile of the shared files: its keys, its role, its process.
#include <math.h>
#include <string.h>

#include "engine/aws/credentials_parts.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"

#define CHAIN 8  // roles that one assumes through another
#define SHORTEST_S 900
#define LONGEST_S 43200

struct chain {
    struct credentials_search *search;
    const struct profiles *profiles;
    struct text visited[CHAIN];
    size_t count;
};

static enum credentials_found resolve(struct chain *chain, struct text profile);

static const struct profile_entry *setting(const struct chain *chain, struct text profile, const char *name)
{
    const struct profile_entry *entry = profiles_find(chain->profiles, profile, name);
    return entry && entry->value.n ? entry : NULL;
}

static struct text value(const struct chain *chain, struct text profile, const char *name)
{
    return profiles_value(chain->profiles, profile, name);
}

// "PATH:LINE: profile x": what messages about a setting begin with.
static struct text place(const struct chain *chain, struct text profile, const struct profile_entry *entry)
{
    struct text path = profiles_path(chain->profiles, entry);
    return arena_format(chain->search->scratch, "%.*s:%u: profile %.*s", TEXT_ARG(path), entry->line,
                        TEXT_ARG(profile));
}

// ---- keys -------------------------------------------------------------------------------------------------

// The key id that counts, or where there is none the secret that lacks one.
static const struct profile_entry *key_entry(const struct chain *chain, struct text profile)
{
    const struct profile_entry *entry = setting(chain, profile, "aws_access_key_id");
    return entry ? entry : setting(chain, profile, "aws_secret_access_key");
}

// All three from one file: a token of another file belongs to other keys.
static enum credentials_found take_keys(struct chain *chain, struct text profile, const struct profile_entry *entry)
{
    static const char *const names[] = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"};
    struct text parts[3];
    struct text where = place(chain, profile, entry);
    for (size_t i = 0; i < 3; i++) {
        const struct profile_entry *part = profiles_find_in(chain->profiles, profile, names[i], entry->place);
        parts[i] = part ? part->value : (struct text){0};
        if (i < 2 && parts[i].n == 0)
            return search_wrong(chain->search, PORT_DENIED, "%.*s: %s is missing beside %s", TEXT_ARG(where), names[i],
                                names[1 - i]);
    }
    const struct key_texts keys = {parts[0], parts[1], parts[2], INFINITY};
    return search_take(chain->search, where, &keys);
}

// ---- roles ------------------------------------------------------------------------------------------------

static enum credentials_found from_source(struct chain *chain, struct text profile, const struct profile_entry *entry)
{
    static const struct {
        const char *name;
        credentials_source *source;
    } sources[] = {{"Environment", credentials_from_environment},
                   {"EcsContainer", credentials_from_container},
                   {"Ec2InstanceMetadata", credentials_from_metadata}};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (!text_is(entry->value, sources[i].name))
            continue;
        enum credentials_found found = sources[i].source(chain->search);
        if (found != CREDENTIALS_NOT_HERE)
            return found;
        // What was looked at stands in the error already.
        return search_wrong(chain->search, PORT_DENIED, ": the credential_source %s of profile %.*s has none",
                            sources[i].name, TEXT_ARG(profile));
    }
    return search_wrong(chain->search, PORT_DENIED,
                        "%.*s: credential_source must be Environment, EcsContainer or Ec2InstanceMetadata",
                        TEXT_ARG(place(chain, profile, entry)));
}

static enum credentials_found cycle(struct chain *chain, struct text where, struct text again)
{
    struct text path = {0};
    for (size_t i = 0; i < chain->count; i++)
        path = arena_format(chain->search->scratch, "%.*s%.*s -> ", TEXT_ARG(path), TEXT_ARG(chain->visited[i]));
    return search_wrong(chain->search, PORT_DENIED, "%.*s: source_profile goes in a circle: %.*s%.*s", TEXT_ARG(where),
                        TEXT_ARG(path), TEXT_ARG(again));
}

static bool is_visited(const struct chain *chain, struct text profile)
{
    for (size_t i = 0; i < chain->count; i++)
        if (text_eq(chain->visited[i], profile))
            return true;
    return false;
}

// A profile may be its own source where it has keys: they sign, and the role is what is wanted.
static enum credentials_found from_source_profile(struct chain *chain, struct text profile,
                                                  const struct profile_entry *entry)
{
    struct text source = entry->value, where = place(chain, profile, entry);
    const struct profile_entry *keys = key_entry(chain, source);
    if (!profiles_have(chain->profiles, source)) {
        buffer_printf(chain->search->error, "%.*s: source_profile: ", TEXT_ARG(where));
        profiles_add_missing(chain->profiles, chain->search->scratch, source, chain->search->error);
        chain->search->status = PORT_DENIED;
        return CREDENTIALS_WRONG;
    }
    if (keys)
        return take_keys(chain, source, keys);
    if (is_visited(chain, source))
        return cycle(chain, where, source);
    enum credentials_found found = resolve(chain, source);
    if (found != CREDENTIALS_NOT_HERE)
        return found;
    return search_wrong(chain->search, PORT_DENIED, ": %.*s: its source_profile has none", TEXT_ARG(where));
}

static enum credentials_found find_signer(struct chain *chain, struct text profile, struct text where)
{
    const struct profile_entry *source = setting(chain, profile, "source_profile");
    const struct profile_entry *named = setting(chain, profile, "credential_source");
    if (source && named)
        return search_wrong(chain->search, PORT_DENIED,
                            "%.*s: source_profile and credential_source exclude each other: keep one", TEXT_ARG(where));
    if (source)
        return from_source_profile(chain, profile, source);
    if (named)
        return from_source(chain, profile, named);
    return search_wrong(chain->search, PORT_DENIED,
                        "%.*s: role_arn needs a source_profile or a credential_source beside it", TEXT_ARG(where));
}

static enum credentials_found read_duration(struct chain *chain, struct text profile, int64_t *duration_s)
{
    const struct profile_entry *entry = setting(chain, profile, "duration_seconds");
    *duration_s = 0;
    if (!entry || (text_to_int64(entry->value, duration_s) && *duration_s >= SHORTEST_S && *duration_s <= LONGEST_S))
        return CREDENTIALS_FOUND;
    return search_wrong(chain->search, PORT_DENIED, "%.*s: duration_seconds must be a whole number of %d to %d",
                        TEXT_ARG(place(chain, profile, entry)), SHORTEST_S, LONGEST_S);
}

static enum credentials_found assume_by(struct chain *chain, struct text profile, const struct profile_entry *role,
                                        int64_t duration_s)
{
    struct credentials_search *search = chain->search;
    struct credentials *signer = ARENA_NEW(search->scratch, struct credentials);
    struct text session = value(chain, profile, "role_session_name");
    *signer = *search->found;
    const struct assumption assumption = {
        .where = arena_format(search->scratch, "AssumeRole of %.*s (profile %.*s)", TEXT_ARG(role->value),
                              TEXT_ARG(profile)),
        .role_arn = role->value,
        .session_name = session.n ? session : search_session_name(search),
        .external_id = value(chain, profile, "external_id"),
        .duration_s = duration_s,
        .signer = signer,
    };
    return search_assume(search, &assumption);
}

static enum credentials_found from_role(struct chain *chain, struct text profile, const struct profile_entry *role)
{
    struct text where = place(chain, profile, role);
    const struct profile_entry *code = setting(chain, profile, "mfa_serial");
    int64_t duration_s;
    if (code)
        return search_wrong(
            chain->search, PORT_DENIED,
            "%.*s: it asks for a one-time code (mfa_serial), which drowse cannot take: run `eval "
            "\"$(aws configure export-credentials --profile %.*s --format env)\"` and unset AWS_PROFILE",
            TEXT_ARG(place(chain, profile, code)), TEXT_ARG(profile));
    enum credentials_found found = read_duration(chain, profile, &duration_s);
    if (found == CREDENTIALS_FOUND)
        found = find_signer(chain, profile, where);
    return found == CREDENTIALS_FOUND ? assume_by(chain, profile, role, duration_s) : found;
}

static enum credentials_found from_web_identity(struct chain *chain, struct text profile,
                                                const struct profile_entry *file)
{
    struct text role = value(chain, profile, "role_arn");
    if (role.n == 0)
        return search_wrong(chain->search, PORT_DENIED, "%.*s: web_identity_token_file needs a role_arn beside it",
                            TEXT_ARG(place(chain, profile, file)));
    struct text where = arena_format(chain->search->scratch, "AssumeRoleWithWebIdentity of %.*s (profile %.*s)",
                                     TEXT_ARG(role), TEXT_ARG(profile));
    return search_web_identity(chain->search, where, file->value, role, value(chain, profile, "role_session_name"));
}

// ---- what a profile holds ---------------------------------------------------------------------------------

static enum credentials_found refuse_login(struct chain *chain, struct text profile, const struct profile_entry *entry)
{
    return search_wrong(chain->search, PORT_DENIED,
                        "%.*s: it signs in through a browser (%.*s), which drowse does not do: sign in with AWS's CLI, "
                        "then run `eval \"$(aws configure export-credentials --profile %.*s --format env)\"`, or write "
                        "`credential_process = aws configure export-credentials --profile %.*s` into another profile",
                        TEXT_ARG(place(chain, profile, entry)), TEXT_ARG(entry->name), TEXT_ARG(profile),
                        TEXT_ARG(profile));
}

// Web identity before a role: it is one, of another kind. Keys and processes before a login in a browser, as other
// tools write what a login gave beside it.
static enum credentials_found read_profile(struct chain *chain, struct text profile, bool is_source)
{
    static const char *const logins[] = {"sso_session", "sso_start_url", "sso_account_id", "login_session"};
    const struct profile_entry *token = setting(chain, profile, "web_identity_token_file");
    const struct profile_entry *role = setting(chain, profile, "role_arn");
    const struct profile_entry *keys = key_entry(chain, profile);
    const struct profile_entry *process = setting(chain, profile, "credential_process");
    if (token)
        return from_web_identity(chain, profile, token);
    if (role && !(is_source && keys))
        return from_role(chain, profile, role);
    if (keys)
        return take_keys(chain, profile, keys);
    if (process)
        return search_process(chain->search, profile, process->value);
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        const struct profile_entry *login = setting(chain, profile, logins[i]);
        if (login)
            return refuse_login(chain, profile, login);
    }
    return search_not_here(chain->search, "profile %.*s has no credentials", TEXT_ARG(profile));
}

static enum credentials_found resolve(struct chain *chain, struct text profile)
{
    if (chain->count == CHAIN)
        return search_wrong(chain->search, PORT_DENIED,
                            "profile %.*s: more than %d profiles in a chain of source_profile",
                            TEXT_ARG(chain->visited[0]), CHAIN);
    chain->visited[chain->count++] = profile;
    return read_profile(chain, profile, chain->count > 1);
}

enum credentials_found credentials_from_profile(struct credentials_search *search)
{
    const struct variables *variables = &search->world->variables;
    struct profiles profiles;
    bool named;
    struct text profile = profiles_chosen(variables, &named);
    struct chain chain = {.search = search, .profiles = &profiles};
    search->status = PORT_DENIED;
    if (!profiles_read(variables, search->scratch, &profiles, search->error))
        return CREDENTIALS_WRONG;
    if (profiles_have(&profiles, profile))
        return resolve(&chain, profile);
    profiles_add_missing(&profiles, search->scratch, profile, search->error);
    if (named)
        buffer_add(search->error, TEXT(": set AWS_PROFILE to one that is there, or unset it"));
    return named ? CREDENTIALS_WRONG : CREDENTIALS_NOT_HERE;
}
