/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade.h"

#include "tools/kernels/machine.h"

#include <stdlib.h>

#define GUARDS 1024 /* bytes that an allocation takes beyond its own on the emulator, at most */

struct device {
    struct sc_machine *machine;
    struct sc_binade *results; /* the machine's */
    struct sc_binade *host;    /* as many */
    int32_t parts, every;
};

static size_t results_bytes(const struct device *my)
{
    return (size_t)SC_BINADES * (size_t)my->parts * sizeof *my->host;
}

/* The bin of a part and what is known so far. Of equal errors the one of the least bits stays. */
static void merge(struct sc_binade *bin, const struct sc_binade *part)
{
    for (int32_t n = 0; n < SC_BINADE_ERRORS; n++) {
        const struct sc_binade_worst *const x = &part->worst[n];
        struct sc_binade_worst *const w = &bin->worst[n];
        if (x->error > w->error || (x->error >= 0.0 && x->error >= w->error && x->at < w->at)) {
            *w = *x;
        }
    }
    bin->arguments += part->arguments;
    bin->outside += part->outside;
    bin->falling += part->falling;
    bin->nan += part->nan;
    bin->beyond += part->beyond;
}

static enum sc_status scan(void *context, enum sc_binade_function function,
                           const struct sc_activation_error *limits,
                           struct sc_binade bins[SC_BINADES], struct sc_error *error)
{
    const struct device *my = context;
    const struct sc_binade_arguments arguments = {(int32_t)function, my->parts, my->every, *limits,
                                                  my->results};
    const struct sc_launch launch = {
        sc_binade_scan,    &arguments,
        sizeof arguments,  (SC_BINADES * my->parts + SC_BINADE_THREADS - 1) / SC_BINADE_THREADS,
        SC_BINADE_THREADS, 0};
    struct sc_machine_fault fault = {""};
    enum sc_status status = sc_machine_launch(my->machine, &launch, &fault, error);

    if (status == SC_OK && fault.text[0] != '\0') {
        status = sc_fail(error, SC_E_UNAVAILABLE, "activation: the kernel: %s", fault.text);
    }
    if (status == SC_OK) {
        status = sc_machine_read(my->machine, my->host, my->results, results_bytes(my), error);
    }
    for (int32_t bin = 0; status == SC_OK && bin < SC_BINADES; bin++) {
        bins[bin] = my->host[bin * my->parts];
        for (int32_t part = 1; part < my->parts; part++) {
            merge(&bins[bin], &my->host[bin * my->parts + part]);
        }
    }
    return status;
}

enum sc_status sc_binade_machine_create(int32_t parts, int32_t every,
                                        struct sc_binade_machine *machine, struct sc_error *error)
{
    struct device *my = calloc(1, sizeof *my);
    enum sc_status status = SC_OK;

    *machine = (struct sc_binade_machine){scan, my};
    if (my == NULL) {
        return sc_fail(error, SC_E_MEMORY, "activation: no memory");
    }
    my->parts = parts;
    my->every = every;
    my->host = malloc(results_bytes(my));
    if (my->host == NULL) {
        return sc_fail(error, SC_E_MEMORY, "activation: no memory for %zu bytes",
                       results_bytes(my));
    }
    status = sc_machine_create(0, 0, results_bytes(my) + GUARDS, &my->machine, error);
    if (status == SC_OK) {
        my->results = sc_machine_allocate(my->machine, results_bytes(my), 0);
        if (my->results == NULL) {
            return sc_fail(error, SC_E_MEMORY, "activation: no memory of the machine");
        }
        sc_machine_expose(my->machine, my->results, results_bytes(my));
    }
    return status;
}

void sc_binade_machine_destroy(struct sc_binade_machine *machine)
{
    struct device *my = machine->context;

    if (my != NULL) {
        sc_machine_destroy(my->machine);
        free(my->host);
        free(my);
    }
    machine->context = NULL;
}
