// Setting up libcurl, and OpenSSL under it.
#include "engine/sys/http_library.h"

// Deprecated in favour of loading them always.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

// By itself OpenSSL first fills tables that a process may never look at: the texts of some 3,000 errors, and ciphers by
// the names that encrypted key files use. That would be a third of the bootstrap's start.
#define LEFT_OUT (OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_LOAD_CONFIG)

bool http_library_start(void)
{
    return OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_SSL_STRINGS | LEFT_OUT, NULL) == 1 &&
           curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void http_library_end(void)
{
    curl_global_cleanup();
}

void http_library_load_texts(void)
{
    ERR_load_SSL_strings();
}
