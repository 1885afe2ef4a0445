#include "engine/lang/loader.h"

#include <openssl/evp.h>

#include "engine/base/arena.h"

static void context_cleanup(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

struct text sha256_hex(struct arena *arena, const struct text *parts, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_MD_CTX *context __attribute__((cleanup(context_cleanup))) = EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        return (struct text){"unavailable", 11};
    for (size_t i = 0; i < count; i++)
        EVP_DigestUpdate(context, parts[i].p, parts[i].n);
    EVP_DigestFinal_ex(context, hash, &length);
    char *hex = arena_alloc(arena, (size_t)length * 2 + 1);
    for (unsigned int i = 0; i < length; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    return (struct text){hex, (size_t)length * 2};
}
