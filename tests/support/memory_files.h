// For tests: policies from files in memory, and tables of what the loader says of them.
#ifndef DROWSE_TESTS_MEMORY_FILES_H
#define DROWSE_TESTS_MEMORY_FILES_H

#include <stddef.h>

#include "drowse/diag.h"
#include "drowse/policy.h"
#include "engine/lang/load.h"

#define MEMORY_FILES 3

struct memory_file {
    const char *path;  // NULL behind the last
    const char *content;
};

// Reads these files and no others; there is no time zone but UTC. `files` must outlive it.
struct file_reader memory_reader(const struct memory_file files[MEMORY_FILES]);

// A load of the first file. Each line of `expected` is a fault: "line:column [warning ]code: text", with the path
// before it where several files were read.
struct load_case {
    const char *name;
    struct memory_file files[MEMORY_FILES];
    const char *expected;
};

// How many of the cases failed; each is printed.
int load_cases_failed(const struct load_case *, size_t count);

// The policy of these files, or the test fails with the faults.
const struct policy *memory_policy(struct arena *, const struct memory_file files[MEMORY_FILES]);

#endif
