// Checks Signature Version 4 on its own: nothing of the engine's signer is used here.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#include <math.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/instant.h"
#include "tests/support/fake_aws.h"

#define HASH_BYTES 32
#define SKEW_S 300

struct claim {
    struct text key_id, day, region, service, signed_headers, signature, stamp;
};

static void hexadecimal(const unsigned char hash[HASH_BYTES], char digits[2 * HASH_BYTES + 1])
{
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(digits + 2 * i, 3, "%02x", hash[i]);
}

static void hash_text(struct text text, char digits[2 * HASH_BYTES + 1])
{
    unsigned char hash[HASH_BYTES];
    EVP_Digest(text.p ? text.p : "", text.n, hash, NULL, EVP_sha256(), NULL);
    hexadecimal(hash, digits);
}

// One step of the key's derivation, in place.
static void step(unsigned char key[HASH_BYTES], struct text text)
{
    unsigned char hash[HASH_BYTES];
    unsigned int n = HASH_BYTES;
    HMAC(EVP_sha256(), key, HASH_BYTES, (const unsigned char *)text.p, text.n, hash, &n);
    memcpy(key, hash, HASH_BYTES);
}

static struct text part_of(struct text header, const char *name)
{
    char *at = header.n ? memmem(header.p, header.n, name, strlen(name)) : NULL;
    if (!at)
        return (struct text){NULL, 0};
    struct text part = text_from(header, (size_t)(at - header.p) + strlen(name));
    text_find(part, ',', &part.n);
    return text_trim(part);
}

static bool read_claim(const struct server_request *request, struct claim *claim)
{
    struct text header = request_header(request, "authorization");
    struct text credential = part_of(header, "Credential=");
    claim->signed_headers = part_of(header, "SignedHeaders=");
    claim->signature = part_of(header, "Signature=");
    claim->stamp = request_header(request, "x-amz-date");
    claim->key_id = text_take(&credential, '/');
    claim->day = text_take(&credential, '/');
    claim->region = text_take(&credential, '/');
    claim->service = text_take(&credential, '/');
    return text_starts(header, TEXT("AWS4-HMAC-SHA256 ")) && text_is(credential, "aws4_request") &&
           claim->signed_headers.n && claim->signature.n;
}

static void canonical_request(const struct server_request *request, const struct claim *claim, struct buffer *out)
{
    char digits[2 * HASH_BYTES + 1];
    struct text rest = claim->signed_headers;
    buffer_printf(out, "%.*s\n%.*s\n%.*s\n", TEXT_ARG(request->method), TEXT_ARG(request->path),
                  TEXT_ARG(request->query));
    while (rest.n) {
        char *name = fake_copy(text_take(&rest, ';'));
        struct text value = request_header(request, name);
        buffer_printf(out, "%s:%.*s\n", name, TEXT_ARG(value));
        free(name);
    }
    hash_text(request->body, digits);
    buffer_printf(out, "\n%.*s\n%s", TEXT_ARG(claim->signed_headers), digits);
}

static bool signature_right(const struct server_request *request, const struct claim *claim, const char *secret)
{
    struct buffer canonical, to_sign, first;
    char digits[2 * HASH_BYTES + 1];
    unsigned char key[HASH_BYTES];
    unsigned int n = HASH_BYTES;
    buffer_init(&canonical, 65536);
    buffer_init(&to_sign, 4096);
    buffer_init(&first, 256);
    canonical_request(request, claim, &canonical);
    hash_text(buffer_text(&canonical), digits);
    buffer_printf(&to_sign, "AWS4-HMAC-SHA256\n%.*s\n%.*s/%.*s/%.*s/aws4_request\n%s", TEXT_ARG(claim->stamp),
                  TEXT_ARG(claim->day), TEXT_ARG(claim->region), TEXT_ARG(claim->service), digits);
    buffer_printf(&first, "AWS4%s", secret);
    HMAC(EVP_sha256(), first.p, (int)first.n, (const unsigned char *)claim->day.p, claim->day.n, key, &n);
    step(key, claim->region);
    step(key, claim->service);
    step(key, TEXT("aws4_request"));
    step(key, buffer_text(&to_sign));
    hexadecimal(key, digits);
    buffer_release(&canonical);
    buffer_release(&to_sign);
    buffer_release(&first);
    return text_is(claim->signature, digits);
}

// "20261123T063536Z"; NaN: it is none.
static double instant_of(struct text stamp)
{
    struct buffer spread;
    double at_s = NAN;
    const char *p = stamp.p;
    if (stamp.n != 16)
        return NAN;
    buffer_init(&spread, 64);
    buffer_printf(&spread, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", p, p + 4, p + 6, p + 9, p + 11, p + 13);
    parse_instant(buffer_text(&spread), &at_s);
    buffer_release(&spread);
    return at_s;
}

static const struct fake_key *key_of(const struct fake_world *world, struct text id)
{
    for (size_t i = 0; i < FAKE_KEYS; i++)
        if (id.n && text_is(id, world->keys[i].id))
            return &world->keys[i];
    return NULL;
}

static bool has_signed(const struct claim *claim, const char *name)
{
    struct text rest = claim->signed_headers;
    while (rest.n) {
        if (text_is(text_take(&rest, ';'), name))
            return true;
    }
    return false;
}

// All headers that AWS wants signed, as far as they are there.
static bool enough_signed(const struct server_request *request, const struct claim *claim)
{
    static const char *const names[] = {"host", "x-amz-date", "x-amz-target", "x-amz-security-token", "content-type"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (request_header(request, names[i]).n && !has_signed(claim, names[i]))
            return false;
    return has_signed(claim, "host") && has_signed(claim, "x-amz-date");
}

struct verdict {
    int code;
    const char *type, *message;
};

static struct verdict judge(const struct fake *fake, const struct server_request *request, const char *signing_name)
{
    struct claim claim;
    double now_s = fake_now_s(fake);
    if (!request_header(request, "authorization").n)
        return (struct verdict){400, "MissingAuthenticationTokenException", "Missing Authentication Token"};
    if (!read_claim(request, &claim))
        return (struct verdict){400, "IncompleteSignatureException", "Authorization header cannot be read."};
    const struct fake_key *key = key_of(fake->world, claim.key_id);
    if (!key)
        return (struct verdict){400, "UnrecognizedClientException",
                                "The security token included in the request is invalid."};
    if (key->expires_s <= now_s)
        return (struct verdict){400, "ExpiredTokenException", "The security token included in the request is expired"};
    if (!text_is(request_header(request, "x-amz-security-token"), key->token))
        return (struct verdict){400, "UnrecognizedClientException",
                                "The security token included in the request is invalid."};
    if (!(fabs(instant_of(claim.stamp) - now_s) <= SKEW_S))
        return (struct verdict){403, fake->world->skew_error,
                                "The difference between the request time and the current time is too large."};
    if (!text_is(claim.service, signing_name))
        return (struct verdict){400, "InvalidSignatureException", "Credential should be scoped to correct service."};
    if (!text_is(claim.region, fake->world->region))
        return (struct verdict){400, "InvalidSignatureException", "Credential should be scoped to a valid region."};
    if (!enough_signed(request, &claim) || !text_starts(claim.stamp, claim.day))
        return (struct verdict){400, "InvalidSignatureException",
                                "A header that must be signed is not, or the date does not match the scope's."};
    if (!signature_right(request, &claim, key->secret))
        return (struct verdict){400, "InvalidSignatureException",
                                "The request signature we calculated does not match the signature you provided. "
                                "Check your AWS Secret Access Key and signing method."};
    return (struct verdict){0};
}

bool fake_check_signature(struct fake *fake, struct fake_call *call, const char *signing_name)
{
    struct verdict verdict = judge(fake, call->request, signing_name);
    call->signed_how = "right";
    if (!verdict.code)
        return true;
    call->signed_how = request_header(call->request, "authorization").n ? "wrong" : "unsigned";
    fake_error(call, verdict.code, verdict.type, "%s", verdict.message);
    return false;
}
