// What can be wrong with an event or become of it, and how that is answered: design table "outcome".
#ifndef DROWSE_HANDLER_FAULT_H
#define DROWSE_HANDLER_FAULT_H

enum fault {
    FAULT_NONE,
    FAULT_REQUEST,      // 400
    FAULT_STALE,        // 400: a scheduled event too old, from the future, or without a time
    FAULT_FOREIGN,      // 403
    FAULT_NOT_FOUND,    // 404
    FAULT_METHOD,       // 405
    FAULT_REFUSED,      // 409: a rule, or ECS, or a limit of the policy
    FAULT_POLICY,       // 500: the policy gave no answer
    FAULT_AWS,          // 502: AWS denies, or answers nonsense
    FAULT_UNAVAILABLE,  // 503: throttled, timed out, no time left
};

// The names and codes of a fault.
struct fault_words {
    int status;        // HTTP
    const char *word;  // the body's `error`
    const char *type;  // of the function error
};
const struct fault_words *fault_words_of(enum fault);

#endif
