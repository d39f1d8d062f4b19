/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/processor.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The fastest of OpenBLAS's kinds of code that this processor can run; NULL: none better than what every one can. */
static const char *best_kind(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        return "SkylakeX";
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return "Haswell";
    }
#endif
    return NULL;
}

void sc_processor_use(char **argv)
{
    const char *kind = best_kind();
    char path[4096];
    /* the path itself, so that the process keeps its name */
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

    if (length <= 0 || kind == NULL || getenv("OPENBLAS_CORETYPE") != NULL ||
        strcmp(openblas_get_corename(), "Prescott") != 0 ||
        setenv("OPENBLAS_CORETYPE", kind, 1) != 0) {
        return;
    }
    path[length] = '\0';
    const char *name = strrchr(path, '/');
    if (name == NULL ||
        strncmp(name + 1, "ld-", 3) != 0) { /* started by the loader: it is none of ours */
        (void)execv(path, argv);
    }
}
