#include "engine/aws/sigv4.h"

// SHA-256 by its plain functions: the newer ones look it up by its name each time, which costs as much as the hash.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <math.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/aws/credentials.h"
#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DATE_BYTES 8                // of a stamp: its day
#define LAST_S 253402300799.0       // 9999-12-31T23:59:59Z
#define CANONICAL_BYTES (1u << 26)  // a request of our own is a few KB; a bound for the growing text alone
#define SECRET_PREFIX "AWS4"

// ---- letters ----------------------------------------------------------------------------------------------

static const char digits_upper[] = "0123456789ABCDEF";
static const char digits_lower[] = "0123456789abcdef";

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int digit_of(char c)
{
    const char *found = c ? strchr(digits_lower, lower(c)) : NULL;
    return found ? (int)(found - digits_lower) : -1;
}

// Is there a %XX at `at`?
static bool is_escape(struct text text, size_t at)
{
    return text.p[at] == '%' && text.n - at > 2 && digit_of(text.p[at + 1]) >= 0 && digit_of(text.p[at + 2]) >= 0;
}

size_t sigv4_encode(char c, char encoded[3])
{
    unsigned char byte = (unsigned char)c;
    encoded[0] = c;
    if (is_unreserved(c))
        return 1;
    encoded[0] = '%';
    encoded[1] = digits_upper[byte >> 4];
    encoded[2] = digits_upper[byte & 15];
    return 3;
}

static void add_encoded(struct buffer *out, char c)
{
    char encoded[3];
    buffer_add(out, (struct text){encoded, sigv4_encode(c, encoded)});
}

static void add_hex(struct buffer *out, const unsigned char hash[SHA256_DIGEST_LENGTH])
{
    char hex[2 * SHA256_DIGEST_LENGTH];
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        hex[2 * i] = digits_lower[hash[i] >> 4];
        hex[2 * i + 1] = digits_lower[hash[i] & 15];
    }
    buffer_add(out, (struct text){hex, sizeof hex});
}

static void add_hash(struct buffer *out, struct text text)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, text.p, text.n);
    SHA256_Final(hash, &context);
    add_hex(out, hash);
}

void sigv4_stamp(double at_s, char stamp[SIGV4_STAMP_BYTES])
{
    double whole = at_s > 0 ? floor(at_s) : 0;
    int64_t second = (int64_t)(whole < LAST_S ? whole : LAST_S);
    struct civil date = civil_from_day((int32_t)(second / DAY_S));
    int rest = (int)(second % DAY_S);
    // Wrapped into their ranges once more, so that a compiler sees that they fit.
    snprintf(stamp, SIGV4_STAMP_BYTES, "%04u%02u%02uT%02u%02u%02uZ", (unsigned)date.year % 10000, date.month % 100u,
             date.day % 100u, (unsigned)(rest / HOUR_S) % 100, (unsigned)(rest / MINUTE_S) % 60, (unsigned)rest % 60);
}

// ---- the path ---------------------------------------------------------------------------------------------

// The segments that are left once "." , ".." and empty ones are resolved, as in RFC 3986, 5.2.4.
static size_t resolve_segments(struct text path, struct text *segments)
{
    size_t count = 0;
    while (path.n) {
        struct text segment = text_take(&path, '/');
        if (text_is(segment, "..") && count)
            count--;
        else if (segment.n && !text_is(segment, ".") && !text_is(segment, ".."))
            segments[count++] = segment;
    }
    return count;
}

static void add_normal_path(struct arena *arena, struct text path, struct buffer *out)
{
    struct text *segments = ARENA_ARRAY(arena, path.n / 2 + 1, struct text);
    size_t count = resolve_segments(path, segments);
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(out, '/');
        for (size_t at = 0; at < segments[i].n; at++)
            add_encoded(out, segments[i].p[at]);
    }
    bool ends_in_slash = path.n && path.p[path.n - 1] == '/';
    if (count == 0 || ends_in_slash)
        buffer_add_char(out, '/');
}

static void add_kept_path(struct text path, struct buffer *out)
{
    if (path.n == 0)
        buffer_add_char(out, '/');
    for (size_t at = 0; at < path.n; at++) {
        if (path.p[at] == '/' || is_escape(path, at))
            buffer_add_char(out, path.p[at]);
        else
            add_encoded(out, path.p[at]);
    }
}

// ---- the query --------------------------------------------------------------------------------------------

struct pair {
    struct text name, value;
    size_t place;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int by_name = text_compare(left->name, right->name);
    return by_name ? by_name : text_compare(left->value, right->value);
}

// Decoded and encoded anew, so that whatever may stand as it is stands as it is, and all else is %XX in capitals.
static struct text encode_anew(struct arena *arena, struct text text)
{
    char *p = arena_alloc(arena, 3 * text.n + 1);
    size_t n = 0;
    for (size_t at = 0; at < text.n; at++) {
        char c = text.p[at];
        if (is_escape(text, at)) {
            c = (char)(digit_of(text.p[at + 1]) * 16 + digit_of(text.p[at + 2]));
            at += 2;
        }
        if (is_unreserved(c)) {
            p[n++] = c;
            continue;
        }
        p[n++] = '%';
        p[n++] = digits_upper[(unsigned char)c >> 4];
        p[n++] = digits_upper[(unsigned char)c & 15];
    }
    return (struct text){p, n};
}

static struct pair read_pair(struct arena *arena, struct text text)
{
    struct text name = text_take(&text, '=');
    return (struct pair){.name = encode_anew(arena, name), .value = encode_anew(arena, text)};
}

static void add_query(struct arena *arena, struct text query, struct buffer *out)
{
    struct pair *pairs = NULL;
    size_t count = 0, capacity = 0;
    while (query.n) {
        struct text pair = text_take(&query, '&');
        if (pair.n == 0)
            continue;
        pairs = arena_grow(arena, pairs, count, &capacity, count + 1, sizeof *pairs);
        pairs[count++] = read_pair(arena, pair);
    }
    if (count)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%.*s=%.*s", i ? "&" : "", TEXT_ARG(pairs[i].name), TEXT_ARG(pairs[i].value));
}

// ---- the headers ------------------------------------------------------------------------------------------

static int compare_headers(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int by_name = text_compare(left->name, right->name);
    return by_name ? by_name : (left->place > right->place) - (left->place < right->place);
}

static struct text lower_text(struct arena *arena, struct text text)
{
    char *p = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        p[i] = lower(text.p[i]);
    return (struct text){p, text.n};
}

// By name, and of one name in the order given.
static struct pair *sorted_headers(struct arena *arena, const struct sigv4_request *request)
{
    struct pair *headers = ARENA_ARRAY(arena, request->header_count, struct pair);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *from = &request->headers[i];
        headers[i] = (struct pair){lower_text(arena, text_trim(from->name)), from->value, i};
    }
    if (request->header_count)
        qsort(headers, request->header_count, sizeof *headers, compare_headers);
    return headers;
}

// Without blanks at its ends, and with one where there were several within; ends of lines are blanks.
static void add_collapsed(struct text value, struct buffer *out)
{
    size_t before = out->n;
    while (value.n) {
        size_t blanks = 0, word = 0;
        while (blanks < value.n && is_blank(value.p[blanks]))
            blanks++;
        value = text_from(value, blanks);
        while (word < value.n && !is_blank(value.p[word]))
            word++;
        if (word && out->n > before)
            buffer_add_char(out, ' ');
        buffer_add(out, (struct text){value.p, word});
        value = text_from(value, word);
    }
}

static void add_headers(const struct pair *headers, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        bool repeated = i && text_eq(headers[i].name, headers[i - 1].name);
        bool repeats = i + 1 < count && text_eq(headers[i].name, headers[i + 1].name);
        if (!repeated)
            buffer_add(out, headers[i].name);
        buffer_add_char(out, repeated ? ',' : ':');
        add_collapsed(headers[i].value, out);
        if (!repeats)
            buffer_add_char(out, '\n');
    }
}

static void add_names(const struct pair *headers, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i && text_eq(headers[i].name, headers[i - 1].name))
            continue;
        if (i)
            buffer_add_char(out, ';');
        buffer_add(out, headers[i].name);
    }
}

// ---- stages -----------------------------------------------------------------------------------------------

static void add_payload_hash(const struct sigv4_request *request, const struct pair *headers, struct buffer *out)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (text_is(headers[i].name, "x-amz-content-sha256")) {
            add_collapsed(headers[i].value, out);
            return;
        }
    }
    add_hash(out, request->body);
}

static void add_canonical_request(struct arena *arena, const struct sigv4_request *request, const struct pair *headers,
                                  struct buffer *out)
{
    buffer_add(out, request->method);
    buffer_add_char(out, '\n');
    if (request->keep_path)
        add_kept_path(request->path, out);
    else
        add_normal_path(arena, request->path, out);
    buffer_add_char(out, '\n');
    add_query(arena, request->query, out);
    buffer_add_char(out, '\n');
    add_headers(headers, request->header_count, out);
    buffer_add_char(out, '\n');
    add_names(headers, request->header_count, out);
    buffer_add_char(out, '\n');
    add_payload_hash(request, headers, out);
}

void sigv4_canonical_request(const struct sigv4_request *request, struct buffer *out)
{
    struct arena arena = {0};
    add_canonical_request(&arena, request, sorted_headers(&arena, request), out);
    arena_release(&arena);
}

static void add_scope(const struct sigv4_scope *scope, const char *stamp, struct buffer *out)
{
    buffer_printf(out, "%.*s/%.*s/%.*s/aws4_request", DATE_BYTES, stamp, TEXT_ARG(scope->region),
                  TEXT_ARG(scope->service));
}

void sigv4_string_to_sign(const struct sigv4_scope *scope, struct text canonical_request, struct buffer *out)
{
    char stamp[SIGV4_STAMP_BYTES];
    sigv4_stamp(scope->at_s, stamp);
    buffer_printf(out, ALGORITHM "\n%s\n", stamp);
    add_scope(scope, stamp, out);
    buffer_add_char(out, '\n');
    add_hash(out, canonical_request);
}

// ---- keys -------------------------------------------------------------------------------------------------

static void release_mac(EVP_MAC **mac)
{
    EVP_MAC_free(*mac);
}

static void release_context(EVP_MAC_CTX **context)
{
    EVP_MAC_CTX_free(*context);  // wipes what it held
}

struct key {
    unsigned char bytes[SHA256_DIGEST_LENGTH];
};

// The digest is named once: asking the library for it costs more than the HMAC itself.
static bool first_hmac(EVP_MAC_CTX *context, const unsigned char *key, size_t n, struct text message, struct key *out)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    size_t got;
    return EVP_MAC_init(context, key, n, params) &&
           EVP_MAC_update(context, (const unsigned char *)message.p, message.n) &&
           EVP_MAC_final(context, out->bytes, &got, sizeof out->bytes) && got == sizeof out->bytes;
}

// Replaces the key by the HMAC of the message under it.
static bool next_hmac(EVP_MAC_CTX *context, struct text message, struct key *key)
{
    size_t got;
    return EVP_MAC_init(context, key->bytes, sizeof key->bytes, NULL) &&
           EVP_MAC_update(context, (const unsigned char *)message.p, message.n) &&
           EVP_MAC_final(context, key->bytes, &got, sizeof key->bytes) && got == sizeof key->bytes;
}

static bool derive(EVP_MAC_CTX *context, const struct credentials *credentials, const struct sigv4_scope *scope,
                   struct text string_to_sign, struct key *key)
{
    unsigned char secret[sizeof SECRET_PREFIX + sizeof credentials->secret_access_key];
    char stamp[SIGV4_STAMP_BYTES];
    size_t n = strnlen(credentials->secret_access_key, sizeof credentials->secret_access_key);
    sigv4_stamp(scope->at_s, stamp);
    memcpy(secret, SECRET_PREFIX, sizeof SECRET_PREFIX - 1);
    memcpy(secret + sizeof SECRET_PREFIX - 1, credentials->secret_access_key, n);
    bool good = first_hmac(context, secret, sizeof SECRET_PREFIX - 1 + n, (struct text){stamp, DATE_BYTES}, key) &&
                next_hmac(context, scope->region, key) && next_hmac(context, scope->service, key) &&
                next_hmac(context, TEXT("aws4_request"), key) && next_hmac(context, string_to_sign, key);
    OPENSSL_cleanse(secret, sizeof secret);
    return good;
}

bool sigv4_signature(const struct credentials *credentials, const struct sigv4_scope *scope, struct text string_to_sign,
                     struct buffer *out)
{
    struct key key;
    EVP_MAC *mac __attribute__((cleanup(release_mac))) = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *context __attribute__((cleanup(release_context))) = mac ? EVP_MAC_CTX_new(mac) : NULL;
    bool good = context && derive(context, credentials, scope, string_to_sign, &key);
    if (good)
        add_hex(out, key.bytes);
    OPENSSL_cleanse(&key, sizeof key);
    return good;
}

// ---- the header -------------------------------------------------------------------------------------------

static bool add_authorization(struct arena *arena, const struct credentials *credentials,
                              const struct sigv4_scope *scope, const struct sigv4_request *request, struct buffer *work,
                              struct buffer *out)
{
    char stamp[SIGV4_STAMP_BYTES];
    size_t before = out->n;
    const struct pair *headers = sorted_headers(arena, request);
    add_canonical_request(arena, request, headers, work);
    struct text canonical = arena_text(arena, buffer_text(work));
    bool whole = !work->truncated;
    buffer_clear(work);
    sigv4_string_to_sign(scope, canonical, work);
    sigv4_stamp(scope->at_s, stamp);
    buffer_printf(out, ALGORITHM " Credential=%s/", credentials->access_key_id);
    add_scope(scope, stamp, out);
    buffer_add(out, TEXT(", SignedHeaders="));
    add_names(headers, request->header_count, out);
    buffer_add(out, TEXT(", Signature="));
    if (whole && sigv4_signature(credentials, scope, buffer_text(work), out) && !out->truncated)
        return true;
    out->n = before;
    return false;
}

bool sigv4_authorization(const struct credentials *credentials, const struct sigv4_scope *scope,
                         const struct sigv4_request *request, struct buffer *out)
{
    struct arena arena = {0};
    struct buffer work;
    buffer_init(&work, CANONICAL_BYTES);
    bool good = add_authorization(&arena, credentials, scope, request, &work, out);
    // A session token among the headers is no key, but worth as little to whoever reads memory.
    if (work.p)
        OPENSSL_cleanse(work.p, work.capacity);
    buffer_release(&work);
    arena_wipe(&arena);
    return good;
}
