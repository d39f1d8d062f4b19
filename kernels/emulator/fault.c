/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* dladdr */
#include "kernels/emulator/fault.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const unsigned char __executable_start[];

const char *sc_fault_name(enum sc_fault_kind kind)
{
    static const char *const names[] = {
        "none",
        "launch refused",
        "argument of a primitive out of range",
        "requires of a spec function broken",
        "out of bounds",
        "another thread's stack",
        "misaligned",
        "read of memory that nobody wrote",
        "write to read-only memory",
        "data race",
        "access to what is in flight",
        "copy or product never waited for",
        "not published to products",
        "product without a beginning",
        "divergent barrier",
        "divergent collective",
        "deadlock",
        "watchdog",
        "memory changed without an access",
    };

    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

/* The file that a site was loaded from, and the site's address in it. */
static uintptr_t locate(uintptr_t site, const char **object)
{
    Dl_info info;

    if (dladdr((const void *)site, &info) == 0 || info.dli_fbase == NULL) {
        return 0;
    }
    const Elf64_Ehdr *header = info.dli_fbase;
    *object =
        info.dli_fbase == (const void *)__executable_start ? "/proc/self/exe" : info.dli_fname;
    return header->e_type == ET_EXEC ? site : site - (uintptr_t)info.dli_fbase;
}

/* Cuts the working directory off an absolute path. */
static const char *relative(const char *path)
{
    char *directory = getcwd(NULL, 0);
    const size_t length = directory != NULL ? strlen(directory) : 0;
    const int below = length > 0 && strncmp(path, directory, length) == 0 && path[length] == '/';

    free(directory);
    return below ? path + length + 1 : path;
}

/* "path:12 (discriminator 3)" to path and 12. */
static int32_t parse(char *answer, char *file, size_t size)
{
    char *colon = strrchr(answer, ':');
    const int32_t line = colon != NULL ? (int32_t)strtol(colon + 1, NULL, 10) : 0;

    if (line > 0) {
        *colon = '\0';
        (void)snprintf(file, size, "%s", relative(answer));
    }
    return line;
}

/* Whether the folder of a file is spec/. */
static bool in_spec(const char *file)
{
    const char *slash = strrchr(file, '/');

    return slash != NULL && slash - file >= 4 && strncmp(slash - 4, "spec", 4) == 0 &&
           (slash - file == 4 || slash[-5] == '/');
}

int32_t sc_fault_source(uintptr_t site, char *file, size_t size)
{
    const char *object = NULL;
    const uintptr_t address = site != 0 ? locate(site - 1, &object) : 0;
    char text[4096];
    int32_t line = 0;

    (void)snprintf(file, size, "?");
    if (address == 0) {
        return 0;
    }
    char path[4096];
    const ssize_t length = readlink(object, path, sizeof path - 1);
    if (length > 0) {
        path[length] = '\0'; /* /proc/self is addr2line's own there */
        object = path;
    }
    if (snprintf(text, sizeof text, "addr2line -i -e '%s' 0x%zx 2>/dev/null", object,
                 (size_t)address) >= (int)sizeof text) {
        return 0;
    }
    FILE *pipe = popen(text, "r");
    if (pipe == NULL) {
        return 0;
    }
    while (fgets(text, sizeof text, pipe) != NULL) { /* from the innermost outwards */
        const int32_t found = line == 0 || in_spec(file) ? parse(text, file, size) : 0;
        line = found != 0 ? found : line;
    }
    (void)pclose(pipe);
    return line;
}

static void describe_place(const struct sc_fault_place *place, char *text, size_t size)
{
    char file[1024];

    if (place->site != 0) {
        const int32_t line = sc_fault_source(place->site, file, sizeof file);
        (void)snprintf(text, size, "block %d, thread %d, %s:%d", place->block, place->thread, file,
                       line);
    } else if (place->thread >= 0) {
        (void)snprintf(text, size, "block %d, thread %d", place->block, place->thread);
    } else {
        (void)snprintf(text, size, "block %d", place->block);
    }
}

static void describe_address(const struct sc_fault *fault, char *text, size_t size)
{
    const long long bytes = (long long)fault->bytes, offset = (long long)fault->offset;

    switch (fault->space) {
    case SC_FAULT_SHARED:
        (void)snprintf(text, size, "%lld bytes at shared %+lld", bytes, offset);
        break;
    case SC_FAULT_GLOBAL:
        (void)snprintf(text, size, "%lld bytes at global allocation %d %+lld", bytes,
                       fault->allocation, offset);
        break;
    case SC_FAULT_ARGUMENTS:
        (void)snprintf(text, size, "%lld bytes at arguments %+lld", bytes, offset);
        break;
    case SC_FAULT_STACKS:
        (void)snprintf(text, size, "%lld bytes at the stack of thread %d %+lld", bytes,
                       fault->allocation, offset);
        break;
    case SC_FAULT_PROGRAM:
        (void)snprintf(text, size, "%lld bytes at the program %+lld", bytes, offset);
        break;
    case SC_FAULT_NOWHERE:
        (void)snprintf(text, size, "%lld bytes at no memory, %#llx", bytes, offset);
        break;
    }
}

void sc_fault_describe(const struct sc_fault *fault, char *text, size_t size)
{
    char here[1200] = "", other[1200] = "", what[200] = "";

    describe_place(&fault->here, here, sizeof here);
    if (fault->bytes != 0) {
        describe_address(fault, what, sizeof what);
    } else if (fault->kind == SC_FAULT_CONTRACT) {
        (void)snprintf(what, sizeof what, "%s requires %s", fault->function, fault->clause);
    }
    if (fault->other.thread >= 0) {
        describe_place(&fault->other, other, sizeof other);
    }
    (void)snprintf(text, size, "%s: %s%s%s%s%s%s", sc_fault_name(fault->kind), here,
                   what[0] != '\0' ? ", " : "", what, other[0] != '\0' ? "; other: " : "", other,
                   fault->other.thread >= 0 && fault->other.site == 0 ? ", no line" : "");
}
