// The roots carried are those of Amazon Trust Services, and nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <cmocka.h>

#include "engine/sys/http.h"
#include "tests/support/asserts.h"

#define SHA256_BYTES 32

// SHA-256 of the certificates, as https://www.amazontrust.com/repository/ lists them.
static const char *const fingerprints[] = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
};

static void fingerprint_of(X509 *certificate, char hex[2 * SHA256_BYTES + 1])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    assert_int_equal(X509_digest(certificate, EVP_sha256(), bytes, &n), 1);
    assert_int_equal(n, SHA256_BYTES);
    for (unsigned i = 0; i < n; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

static void are_the_five_of_amazon(void **state)
{
    (void)state;
    struct text pem = http_roots();
    BIO *input = BIO_new_mem_buf(pem.p, (int)pem.n);
    size_t count = 0;
    for (;;) {
        X509 *certificate = PEM_read_bio_X509(input, NULL, NULL, NULL);
        if (!certificate)
            break;
        char hex[2 * SHA256_BYTES + 1];
        fingerprint_of(certificate, hex);
        assert_true(count < COUNT_OF(fingerprints));
        assert_string_equal(hex, fingerprints[count]);
        assert_true(X509_check_ca(certificate) > 0);
        assert_int_equal(X509_self_signed(certificate, 1), 1);
        X509_free(certificate);
        count++;
    }
    BIO_free(input);
    assert_int_equal(count, COUNT_OF(fingerprints));
    assert_int_equal(pem.n, strlen(pem.p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(are_the_five_of_amazon)};
    return cmocka_run_group_tests_name("roots", tests, NULL, NULL) != 0;
}
