/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/run.h"

#include "fuzz/generate.h"
#include "tools/kernels/failure.h"
#include "tools/kernels/placed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVERY 16 /* rows and keys, one of which is held against the bound */

bool sc_kernels_twins(const struct sc_kernels_options *options)
{
    return options->digests != NULL || options->against != NULL;
}

/* What the kernels left: each bit, where the machine is known so well, and the errors. */
static enum sc_status look(const struct sc_outputs *outputs, bool fast, struct sc_kernels_run *run,
                           struct sc_error *error)
{
    const struct sc_kernel_arithmetic arithmetic =
        sc_check_arithmetic(&outputs->c->problem, run->options->activation);
    struct sc_check_tally *tally = &run->tally;
    enum sc_status status = SC_OK;

    if (sc_machine_traits.sigmoid != NULL) {
        status = sc_check_predicted(outputs, &arithmetic.schedule, !fast, tally, error);
    }
    return status == SC_OK ? sc_check_bounded(outputs, &arithmetic, fast, EVERY, tally, error)
                           : status;
}

/* Notes the digests of the outputs, or holds them against those of another machine. */
static enum sc_status look_twin(const struct sc_outputs *outputs, struct sc_kernels_run *run,
                                struct sc_error *error)
{
    struct sc_twin_digests digests;

    sc_twin_digest(outputs, &digests);
    if (run->options->digests != NULL) {
        return sc_twin_add(&run->digests, &digests, error);
    }
    const struct sc_twin_digests *other = sc_twin_find(&run->digests, digests.seed);
    if (other == NULL) {
        return SC_OK;
    }
    run->compared++;
    if (memcmp(digests.of, other->of, sizeof digests.of) != 0) {
        run->different++;
        run->tally.failed++;
        sc_failure_note(outputs, &run->tally, "other bits than on the other machine");
    }
    return SC_OK;
}

/* One case, on a machine of its own. */
static enum sc_status run_case(uint64_t seed, struct sc_kernels_run *run, struct sc_error *error)
{
    struct sc_case c;
    struct sc_outputs outputs = {.c = NULL};
    struct sc_machine *machine = NULL;
    const bool twin = sc_kernels_twins(run->options);
    const bool fast = !twin && seed / SC_GENERATE_MASKS % 2 == 1;
    enum sc_status status = sc_generate_tiled(seed, &c, error);

    if (status != SC_OK) {
        return status;
    }
    if (twin && !sc_twin_sharpen(&c)) {
        sc_generate_destroy(&c);
        return SC_OK;
    }
    status = sc_machine_create(seed, seed, sc_placed_bytes(&c), &machine, error);
    if (status == SC_OK) {
        status = sc_outputs_run(&c, machine, fast, &outputs, error);
    }
    if (status == SC_OK && sc_check_ran(&outputs, &run->tally)) {
        status = look(&outputs, fast, run, error);
        if (status == SC_OK && twin) {
            status = look_twin(&outputs, run, error);
        }
    }
    sc_outputs_destroy(&outputs);
    sc_machine_destroy(machine);
    sc_generate_destroy(&c);
    return status;
}

enum sc_status sc_kernels_run(const struct sc_kernels_options *options, struct sc_kernels_run *run,
                              struct sc_error *error)
{
    const int shown = isatty(STDERR_FILENO);

    memset(run, 0, sizeof *run);
    run->options = options;
    enum sc_status status =
        options->against != NULL ? sc_twin_read(options->against, &run->digests, error) : SC_OK;

    for (int32_t n = 0;
         n < options->cases && status == SC_OK && !(options->first && run->tally.failed > 0); n++) {
        status = run_case((uint64_t)options->seed + (uint64_t)n, run, error);
        if (shown) {
            (void)fprintf(stderr, "\r\033[Kkernels: case %d of %d", n + 1, options->cases);
        }
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    if (status == SC_OK && options->digests != NULL) {
        status = sc_twin_write(options->digests, &run->digests, error);
    }
    sc_twin_destroy(&run->digests);
    return status;
}
