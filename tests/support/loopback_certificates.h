// A certificate authority made for one test, and certificates of servers that it has signed.
#ifndef DROWSE_TESTS_LOOPBACK_CERTIFICATES_H
#define DROWSE_TESTS_LOOPBACK_CERTIFICATES_H

#include <openssl/ssl.h>
#include <stdbool.h>

enum loopback_certificate {
    LOOPBACK_VALID,       // for localhost and 127.0.0.1
    LOOPBACK_EXPIRED,     // the same, until yesterday
    LOOPBACK_OTHER_HOST,  // for elsewhere.example
};

struct loopback_identity {
    EVP_PKEY *key;  // of the authority and of all its servers
    X509 *authority;
    char ca_file[64];  // the authority as PEM
};

bool loopback_identity_make(struct loopback_identity *);
// Removes the file, too.
void loopback_identity_release(struct loopback_identity *);
// What a server of that certificate needs; NULL: it cannot be made. The caller frees it.
SSL_CTX *loopback_tls(const struct loopback_identity *, enum loopback_certificate);
// The same for a server in another process: the certificate and the key as PEM. False: they cannot be written.
bool loopback_write(const struct loopback_identity *, enum loopback_certificate, const char *certificate_path,
                    const char *key_path);

#endif
