/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "tools/campaign/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, going on from `hash`. */
static uint64_t add_bytes(uint64_t hash, const unsigned char *bytes, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        hash = (hash ^ bytes[n]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static enum sc_status hash_file(const char *path, uint64_t *hash, struct sc_error *error)
{
    unsigned char bytes[65536];
    FILE *const file = fopen(path, "rb");
    size_t count = 0;

    if (file == NULL) {
        return sc_fail(error, SC_E_INPUT, "fuzz: %.256s: cannot open: %s", path, strerror(errno));
    }
    *hash = UINT64_C(0xcbf29ce484222325);
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) {
        *hash = add_bytes(*hash, bytes, count);
    }
    const bool good = ferror(file) == 0;
    (void)fclose(file);
    return good ? SC_OK : sc_fail(error, SC_E_INPUT, "fuzz: %.256s: cannot read", path);
}

enum sc_status sc_fuzz_kernel(const struct sc_fuzz_options *options, struct sc_fuzz_kernel *kernel,
                              struct sc_error *error)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    char word[1024];
    char *const path = options->library == NULL ? NULL : realpath(options->library, NULL);
    const char *const library = path != NULL ? path : options->library;
    const struct sc_target target = {options->library == NULL && options->exec == NULL,
                                     options->fast, library, options->exec};
    const char *const named = options->exec != NULL ? options->exec : library;
    enum sc_status status = sc_target_command("fuzz", &target, kernel->command, error);

    if (status == SC_OK && named != NULL && !sc_target_quote(named, word, sizeof word)) {
        status = sc_fail(error, SC_E_INPUT, "fuzz: the name of the kernel is too long");
    }
    if (status == SC_OK && options->exec != NULL) {
        hash = add_bytes(hash, (const unsigned char *)named, strlen(named));
        (void)snprintf(kernel->words, sizeof kernel->words, "--exec %.1000s", word);
    } else if (status == SC_OK && library != NULL) {
        status = hash_file(library, &hash, error);
        (void)snprintf(kernel->words, sizeof kernel->words, "--library %.1000s", word);
    } else if (status == SC_OK) {
        status = hash_file("/proc/self/exe", &hash, error);
        (void)snprintf(kernel->words, sizeof kernel->words, "--emulated%s",
                       options->fast ? " --fast" : "");
    }
    (void)snprintf(kernel->code, sizeof kernel->code, "%s:%016llx",
                   options->exec != NULL      ? "command"
                   : options->library != NULL ? "library"
                   : options->fast            ? "emulated-fast"
                                              : "emulated",
                   (unsigned long long)hash);
    free(path);
    return status;
}
