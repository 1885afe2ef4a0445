// Which certificate authorities are trusted.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "engine/sys/http_parts.h"

static void bio_cleanup(BIO **bio)
{
    BIO_free(*bio);
}

static void store_cleanup(X509_STORE **store)
{
    X509_STORE_free(*store);
}

// An encrypted PEM block makes OpenSSL ask on the terminal, unless somebody answers for it.
// NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL fixes its type
static int no_password(char *password, int size, int writing, void *context)
{
    (void)password, (void)size, (void)writing, (void)context;
    return -1;
}

// All certificates of the text, added to the store. -1: one of them cannot be read.
static int add_all(X509_STORE *store, BIO *input)
{
    int count = 0;
    for (;; count++) {
        X509 *certificate = PEM_read_bio_X509_AUX(input, NULL, no_password, NULL);
        if (!certificate)
            break;
        bool added = X509_STORE_add_cert(store, certificate) == 1;
        X509_free(certificate);
        if (!added)
            return -1;
    }
    unsigned long last = ERR_peek_last_error();
    bool at_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    return at_end ? count : -1;
}

X509_STORE *http_trust_new(struct text pem, struct buffer *error)
{
    __attribute__((cleanup(bio_cleanup))) BIO *input = BIO_new_mem_buf(pem.p, (int)pem.n);
    __attribute__((cleanup(store_cleanup))) X509_STORE *store = X509_STORE_new();
    if (!input || !store) {
        buffer_printf(error, "out of memory");
        return NULL;
    }
    ERR_clear_error();
    int count = add_all(store, input);
    ERR_clear_error();
    if (count <= 0) {
        buffer_printf(error, count < 0 ? "a certificate in it cannot be read"
                                       : "no certificate in it; what is wanted is PEM, -----BEGIN CERTIFICATE-----");
        return NULL;
    }
    // As libcurl does by itself: servers may send old intermediates, and a bundle may name an intermediate alone.
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE *made = store;
    store = NULL;
    return made;
}
