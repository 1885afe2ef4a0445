#include "engine/lang/loader.h"

// SHA-256 by its plain functions: OpenSSL's newer ones set up the whole library first, 1.5 ms and 3 MB of every start.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

struct text sha256_hex(struct arena *arena, const struct text *parts, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;
    SHA256_Init(&context);
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&context, parts[i].p, parts[i].n);
    SHA256_Final(hash, &context);
    char *hex = arena_alloc(arena, 2 * sizeof hash + 1);
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    return (struct text){hex, 2 * sizeof hash};
}

// Sources are joined by a NUL, which none of them holds: one file's digest is that of its bytes.
void policy_digest(const struct policy *policy, struct buffer *out)
{
    struct arena scratch = {0};
    struct text *parts = ARENA_ARRAY(&scratch, policy->sources.count * 2, struct text);
    size_t count = 0;
    for (size_t i = 0; i < policy->sources.count; i++) {
        if (i)
            parts[count++] = (struct text){"", 1};
        parts[count++] = policy->sources.items[i].content;
    }
    buffer_printf(out, "sha256:%.*s", TEXT_ARG(sha256_hex(&scratch, parts, count)));
    arena_release(&scratch);
}
