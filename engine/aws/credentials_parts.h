// What the sources of credentials share; for engine/aws/credentials*.c alone.
#ifndef DROWSE_AWS_CREDENTIALS_PARTS_H
#define DROWSE_AWS_CREDENTIALS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drowse/ports.h"
#include "drowse/text.h"
#include "engine/aws/credentials.h"
#include "engine/aws/profile.h"

// ---- outcomes (credentials_search.c) ----------------------------------------------------------------------

// Says why, and is the outcome that it names.
enum credentials_found search_wrong(struct credentials_search *, enum port_status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum credentials_found search_not_here(struct credentials_search *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct key_texts {
    struct text access_key_id, secret_access_key, session_token;
    double expires_s;
};

// Checks that they can be keys and are still valid, and takes them. `where` begins messages: "credential_process of
// profile x".
enum credentials_found search_take(struct credentials_search *, struct text where, const struct key_texts *);

// A JSON object as credential processes, containers and EC2 give it. CREDENTIALS_FOUND: it is one, not yet whether it
// has all that it should.
struct credentials_json {
    struct key_texts keys;  // expires_s is INFINITY where there is no Expiration
    struct text code;       // EC2's "Success", or what failed
    double version;         // NaN: none
};
enum credentials_found search_read_json(struct credentials_search *, struct text where, struct text answer,
                                        struct credentials_json *);

// ---- calls (credentials_search.c) -------------------------------------------------------------------------

#define SEARCH_ANSWER_BYTES ((size_t)64 * 1024)

// Once more, at once, where the answer was lost before its time or is a 5xx. Time-outs are those of the request, or
// the world's where they are less.
struct http_answer search_ask(const struct credentials_search *, const struct http_request *);
// What an answer that is no 200 means: by what went wrong on the way, else by its code.
enum port_status search_status(const struct http_answer *);
// "timed out after 1 s", "connection refused", "it answers with code 404".
struct text search_reason(const struct credentials_search *, const struct http_answer *);

// ---- STS (credentials_sts.c) ------------------------------------------------------------------------------

struct assumption {
    struct text where;  // whom messages name: "profile x: AssumeRole of ROLE"
    struct text role_arn, session_name, external_id;
    int64_t duration_s;                // 0: as STS sees fit
    struct text web_identity;          // the token: unsigned
    const struct credentials *signer;  // else signed by these
};
enum credentials_found search_assume(struct credentials_search *, const struct assumption *);
// A session name of our own, for those who set none.
struct text search_session_name(const struct credentials_search *);

// The token in that file, and the role assumed by it.
enum credentials_found search_web_identity(struct credentials_search *, struct text where, struct text token_file,
                                           struct text role_arn, struct text session_name);

// ---- processes (credentials_process.c) --------------------------------------------------------------------

enum credentials_found search_process(struct credentials_search *, struct text profile, struct text command);

// Words as a POSIX shell splits them, without anything else that a shell does: blanks part, single quotes keep all,
// double quotes keep all but \\ and \", a backslash elsewhere keeps the next byte. NULL behind the last. False: a quote
// or an escape that does not end.
bool process_words(struct arena *, struct text command, char ***words, size_t *count);

#endif
