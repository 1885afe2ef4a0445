// Credentials: where they come from, and when they are due again. Each source is one file behind one interface.
#ifndef DROWSE_AWS_CREDENTIALS_H
#define DROWSE_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "drowse/ports.h"
#include "drowse/text.h"
#include "engine/base/variables.h"

struct arena;
struct buffer;

struct credentials {
    char access_key_id[129];
    char secret_access_key[257];
    char session_token[8193];  // empty: none
    double expires_s;          // INFINITY: never
};

// Overwrites all of it in a way that the compiler keeps.
void credentials_wipe(struct credentials *);
// Does the text hold the secret key or the session token? AWS prints what it signed, the token among it, into the
// message that a signature is wrong.
bool credentials_told(const struct credentials *, struct text);

// What sources work with. All that it points to outlives whoever uses it.
struct credentials_world {
    struct variables variables;
    struct text region;        // of STS; empty: sources that need one refuse
    struct text sts_endpoint;  // empty: https://sts.REGION.amazonaws.com
    const struct http *http;
    const struct clock *clock;
    // Of STS; 0: 3,100 and 10,000. The metadata service of EC2 gets 1 s and that of containers 2 s, or less where
    // these are less.
    int64_t connect_timeout_ms, timeout_ms;
    int64_t process_timeout_ms;  // of credential_process; 0: 60,000, as it may ask a person for something
};

enum credentials_found {
    CREDENTIALS_FOUND,
    CREDENTIALS_NOT_HERE,  // this source is not configured: the next one is asked
    CREDENTIALS_WRONG,     // it is, and failed
};

// One search through one source or several.
struct credentials_search {
    const struct credentials_world *world;
    struct arena *scratch;      // wiped by whoever made it; holds whatever was read
    struct credentials *found;  // written on CREDENTIALS_FOUND alone
    enum port_status status;    // of CREDENTIALS_WRONG
    // CREDENTIALS_WRONG: a complete message with what to do. CREDENTIALS_NOT_HERE: one clause that says what was
    // looked at ("AWS_ACCESS_KEY_ID is not set"). Never a secret, nor anything that a file or an answer holds but
    // names, places and AWS's own error messages.
    struct buffer *error;
};

typedef enum credentials_found credentials_source(struct credentials_search *);
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION.
credentials_source credentials_from_environment;
// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME: STS AssumeRoleWithWebIdentity.
credentials_source credentials_from_web_identity;
// AWS_PROFILE (or AWS_DEFAULT_PROFILE, or "default") in the shared files: role_arn with source_profile or
// credential_source, web identity, keys, credential_process. A one-time code (mfa_serial) and SSO are refused with
// `aws configure export-credentials`.
credentials_source credentials_from_profile;
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI, and AWS_CONTAINER_AUTHORIZATION_TOKEN or
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.
credentials_source credentials_from_container;
// EC2's metadata service, version 2. AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT,
// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE.
credentials_source credentials_from_metadata;

// All sources in that order (an explicit AWS_PROFILE beside environment keys: the environment wins, as for AWS's
// tools); in Lambda the environment alone. Cached, and fetched again when 10 minutes or less are left, or a fifth of
// their life, if that is less. While old ones are still valid, a failure to refresh is no failure; the next attempt
// follows a minute later.
struct credentials_provider;
struct credentials_provider *credentials_provider_new(const struct credentials_world *);
void credentials_provider_free(struct credentials_provider *);
// Borrowed until the next call on this provider. NULL with a message: PORT_DENIED (none, or refused), PORT_THROTTLED,
// PORT_TIMED_OUT or PORT_FAILED (a service that gives credentials did not answer, or with nonsense).
const struct credentials *credentials_get(struct credentials_provider *, enum port_status *, struct buffer *error);
// AWS called them expired: those at hand are wiped, and fetched anew next time.
void credentials_expire(struct credentials_provider *);

// AWS_PROFILE's (or "default"'s) setting in the shared config and credentials files; the empty text where there is
// none. False: a file is broken, or a profile named by AWS_PROFILE is nowhere.
bool profile_setting(const struct variables *, struct arena *, const char *name, struct text *value,
                     struct buffer *error);
// The same of the profile's `services` section: `service` is "ecs", `name` "endpoint_url".
bool profile_service_setting(const struct variables *, struct arena *, const char *service, const char *name,
                             struct text *value, struct buffer *error);

#endif
