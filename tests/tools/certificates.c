// Certificates for servers on loopback, made anew:
//     certificates FOLDER
// FOLDER then has authority.pem, to be trusted by clients, and of a server on localhost and 127.0.0.1 that it signed
// server.pem and server.key. They hold for two days.
#include <stdio.h>
#include <string.h>

#include "tests/support/loopback_certificates.h"

#define PATH_BYTES 1000

static bool copy_authority(const struct loopback_identity *identity, const char *path)
{
    char bytes[4096];
    FILE *from = fopen(identity->ca_file, "re"), *to = fopen(path, "we");
    size_t n = from ? fread(bytes, 1, sizeof bytes, from) : 0;
    bool copied = to && n > 0 && n < sizeof bytes && fwrite(bytes, 1, n, to) == n;
    if (from)
        fclose(from);
    return (!to || fclose(to) == 0) && copied;
}

static bool make_all(const char *folder)
{
    struct loopback_identity identity;
    char authority[PATH_BYTES], server[PATH_BYTES], key[PATH_BYTES];
    snprintf(authority, sizeof authority, "%s/authority.pem", folder);
    snprintf(server, sizeof server, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    bool made = loopback_identity_make(&identity) && copy_authority(&identity, authority) &&
                loopback_write(&identity, LOOPBACK_VALID, server, key);
    loopback_identity_release(&identity);
    return made;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strlen(argv[1]) < PATH_BYTES / 2 && make_all(argv[1]))
        return 0;
    fputs("certificates: cannot be made; usage: certificates FOLDER\n", stderr);
    return 2;
}
