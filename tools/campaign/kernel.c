/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "tools/campaign/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* `text` as one word of the shell; false: no room. */
static bool quote(const char *text, char *word, size_t room)
{
    size_t used = 0;

    if (room < 3) {
        return false;
    }
    word[used++] = '\'';
    for (const char *c = text; *c != '\0'; c++) {
        if (used + 6 > room) {
            return false;
        }
        if (*c == '\'') {
            memcpy(word + used, "'\\''", 4);
            used += 4;
        } else {
            word[used++] = *c;
        }
    }
    word[used++] = '\'';
    word[used] = '\0';
    return true;
}

enum sc_status sc_fuzz_kernel(const struct sc_fuzz_options *options, struct sc_fuzz_kernel *kernel,
                              struct sc_error *error)
{
    char program[1024], quoted[2048], word[1024];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    enum sc_status status = SC_OK;
    int length = 0;

    const ssize_t count = readlink("/proc/self/exe", program, sizeof program - 1);
    if (count <= 0 || count >= (ssize_t)sizeof program - 1) {
        return sc_fail(error, SC_E_UNAVAILABLE, "fuzz: this program's own file is not known");
    }
    program[count] = '\0';
    char *const path = options->library == NULL ? NULL : realpath(options->library, NULL);
    const char *const named = options->exec != NULL      ? options->exec
                              : path != NULL             ? path
                              : options->library != NULL ? options->library
                                                         : "";
    if (!quote(program, quoted, sizeof quoted) || !quote(named, word, sizeof word)) {
        free(path);
        return sc_fail(error, SC_E_INPUT, "fuzz: the name of the kernel is too long");
    }
    if (options->exec != NULL) {
        hash = add_bytes(hash, (const unsigned char *)named, strlen(named));
        (void)snprintf(kernel->words, sizeof kernel->words, "--exec %.1000s", word);
        length = snprintf(kernel->command, sizeof kernel->command, "%s", named);
    } else if (options->library != NULL) {
        status = hash_file(named, &hash, error);
        (void)snprintf(kernel->words, sizeof kernel->words, "--library %.1000s", word);
        length = snprintf(kernel->command, sizeof kernel->command, "exec %s serve --library %s",
                          quoted, word);
    } else {
        const char *const fast = options->fast ? " --fast" : "";
        status = hash_file(program, &hash, error);
        (void)snprintf(kernel->words, sizeof kernel->words, "--emulated%s", fast);
        length = snprintf(kernel->command, sizeof kernel->command, "exec %s serve --emulated%s",
                          quoted, fast);
    }
    free(path);
    (void)snprintf(kernel->code, sizeof kernel->code, "%s:%016llx",
                   options->exec != NULL      ? "command"
                   : options->library != NULL ? "library"
                   : options->fast            ? "emulated-fast"
                                              : "emulated",
                   (unsigned long long)hash);
    if (status == SC_OK && (length < 0 || (size_t)length >= sizeof kernel->command)) {
        status = sc_fail(error, SC_E_INPUT, "fuzz: a command of %d bytes, expected fewer than %zu",
                         length, sizeof kernel->command);
    }
    return status;
}
