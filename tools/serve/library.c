/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/serve/serve.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

static bool in_range(const struct sc_kernel *k)
{
    const struct sc_kernel_traits *t = &k->traits;
    const struct sc_kernel_memory *m = k->memory;

    return k->name != NULL && k->arithmetic != NULL && k->run != NULL && t->formats_in - 1u < 7u &&
           t->formats_out - 1u < 7u && t->features >> SC_KERNEL_FEATURES == 0 && t->d_max >= 1 &&
           t->d_v_max >= 1 && t->d_multiple >= 1 &&
           (m == NULL || (m->allocate != NULL && m->release != NULL && m->write != NULL &&
                          m->read != NULL && (m->expose == NULL) == (m->unwritten == NULL) &&
                          (m->begin == NULL) == (m->end == NULL)));
}

enum sc_status sc_serve_library(const char *path, const struct sc_kernel **kernel,
                                struct sc_error *error)
{
    sc_kernel_entry_function *entry = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library != NULL ? dlsym(library, SC_KERNEL_ENTRY) : NULL;

    if (symbol == NULL) {
        return sc_fail(error, SC_E_INPUT, "serve: %s", dlerror());
    }
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from data to code */
    const struct sc_kernel *found = entry(SC_KERNEL_VERSION);
    if (found == NULL || found->version != SC_KERNEL_VERSION || found->bytes != sizeof *found) {
        return sc_fail(error, SC_E_INPUT,
                       "serve: %s has no kernel of version %d and %zu bytes (spec/kernel.h)", path,
                       SC_KERNEL_VERSION, sizeof *found);
    }
    if (!in_range(found)) {
        return sc_fail(error, SC_E_INPUT, "serve: %s does not fill what spec/kernel.h asks for",
                       path);
    }
    *kernel = found;
    return SC_OK;
}
