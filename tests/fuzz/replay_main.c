// Runs a fuzzer's target over the files of its corpus, one by one, with any compiler: what a fuzzer once
// found stays found. Arguments are files and folders (not searched deeper).
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct tally {
    size_t passed, failed;
};

static uint8_t *read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0) {
        if (file)
            fclose(file);
        return NULL;
    }
    // Exactly as large as the input, so that a read behind its end is seen by sanitizers and by valgrind.
    uint8_t *bytes = malloc(status.st_size > 0 ? (size_t)status.st_size : 1);
    *n = bytes ? fread(bytes, 1, (size_t)status.st_size, file) : 0;
    fclose(file);
    return bytes;
}

static void replay_file(struct tally *tally, const char *path)
{
    size_t n = 0;
    uint8_t *bytes = read_whole(path, &n);
    if (!bytes) {
        printf("%s: cannot be read\n", path);
        tally->failed++;
        return;
    }
    // Named before it runs: a crash must tell which input it was.
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    tally->passed++;
}

static bool replay_folder(struct tally *tally, const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char file[4096];
        struct stat status;
        if (snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= (int)sizeof file)
            continue;
        if (stat(file, &status) == 0 && S_ISREG(status.st_mode))
            replay_file(tally, file);
    }
    closedir(folder);
    return true;
}

int main(int argc, char **argv)
{
    struct tally tally = {0, 0};
    for (int i = 1; i < argc; i++)
        if (!replay_folder(&tally, argv[i]))
            replay_file(&tally, argv[i]);
    printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
    return tally.failed != 0 || tally.passed == 0;
}
