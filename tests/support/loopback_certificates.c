#include "tests/support/loopback_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_S 86400L

struct certificate_plan {
    const char *name;
    const char *alternatives;  // NULL: it is the authority
    long serial, from_s, until_s;
};

static const struct certificate_plan authority_plan = {"authority of one test", NULL, 1, -2 * DAY_S, 2 * DAY_S};

static const struct certificate_plan server_plans[] = {
    [LOOPBACK_VALID] = {"localhost", "DNS:localhost,IP:127.0.0.1", 2, -DAY_S, DAY_S},
    [LOOPBACK_EXPIRED] = {"localhost", "DNS:localhost,IP:127.0.0.1", 3, -2 * DAY_S, -DAY_S},
    [LOOPBACK_OTHER_HOST] = {"elsewhere", "DNS:elsewhere.example", 4, -DAY_S, DAY_S},
};

static bool add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct certificate_plan *plan)
{
    if (!add_extension(certificate, issuer, NID_subject_key_identifier, "hash"))
        return false;
    if (!plan->alternatives)
        return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
               add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, issuer, NID_subject_alt_name, plan->alternatives);
}

// The issuer NULL: it signs itself.
static X509 *make_certificate(const struct certificate_plan *plan, EVP_PKEY *key, X509 *issuer)
{
    X509 *certificate = X509_new();
    if (!certificate)
        return NULL;
    X509_NAME *name = X509_get_subject_name(certificate);
    bool made = X509_set_version(certificate, 2) &&
                ASN1_INTEGER_set(X509_get_serialNumber(certificate), plan->serial) &&
                X509_gmtime_adj(X509_getm_notBefore(certificate), plan->from_s) &&
                X509_gmtime_adj(X509_getm_notAfter(certificate), plan->until_s) && X509_set_pubkey(certificate, key) &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)plan->name, -1, -1, 0) &&
                X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : name) &&
                add_extensions(certificate, issuer ? issuer : certificate, plan) &&
                X509_sign(certificate, key, EVP_sha256()) > 0;
    if (made)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool write_authority(struct loopback_identity *identity)
{
    snprintf(identity->ca_file, sizeof identity->ca_file, "/tmp/drowse-authority-XXXXXX");
    int file = mkstemp(identity->ca_file);
    FILE *output = file < 0 ? NULL : fdopen(file, "w");
    if (!output)
        return false;
    bool written = PEM_write_X509(output, identity->authority) == 1;
    return fclose(output) == 0 && written;
}

bool loopback_identity_make(struct loopback_identity *identity)
{
    *identity = (struct loopback_identity){.key = EVP_EC_gen("P-256")};
    if (identity->key)
        identity->authority = make_certificate(&authority_plan, identity->key, NULL);
    return identity->authority && write_authority(identity);
}

void loopback_identity_release(struct loopback_identity *identity)
{
    if (identity->ca_file[0])
        unlink(identity->ca_file);
    X509_free(identity->authority);
    EVP_PKEY_free(identity->key);
}

SSL_CTX *loopback_tls(const struct loopback_identity *identity, enum loopback_certificate kind)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    X509 *certificate = make_certificate(&server_plans[kind], identity->key, identity->authority);
    bool made = tls && certificate && SSL_CTX_use_certificate(tls, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(tls, identity->key) == 1;
    X509_free(certificate);
    if (made)
        return tls;
    SSL_CTX_free(tls);
    return NULL;
}

bool loopback_write(const struct loopback_identity *identity, enum loopback_certificate kind,
                    const char *certificate_path, const char *key_path)
{
    X509 *certificate = make_certificate(&server_plans[kind], identity->key, identity->authority);
    FILE *certificates = fopen(certificate_path, "we"), *keys = fopen(key_path, "we");
    bool written = certificate && certificates && keys && PEM_write_X509(certificates, certificate) == 1 &&
                   PEM_write_PrivateKey(keys, identity->key, NULL, NULL, 0, NULL, NULL) == 1;
    X509_free(certificate);
    written = (!certificates || fclose(certificates) == 0) && written;
    return (!keys || fclose(keys) == 0) && written;
}
