/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_OUTPUTS_H
#define SC_TOOLS_KERNELS_OUTPUTS_H

#include "fuzz/generate.h"
#include "tools/kernels/machine.h"
#include "tools/kernels/placed.h"

#include <stdbool.h>
#include <stdint.h>

/* What our kernels leave in memory for a case. */
enum sc_outputs_kind { SC_OUTPUTS_O, SC_OUTPUTS_D_Q, SC_OUTPUTS_D_K, SC_OUTPUTS_D_V, SC_OUTPUTS };

struct sc_outputs {
    const struct sc_case *c;
    struct sc_placed placed;
    const char *refusal;           /* why no kernel does the case; NULL: one does */
    struct sc_machine_fault fault; /* what a kernel did that it must not; then there are no bytes */
    unsigned char *bytes[SC_OUTPUTS]; /* the buffers, whole */
    float *d_b;                       /* [batch][heads_q] */
};

/* The name of an output: "dQ". */
const char *sc_outputs_name(enum sc_outputs_kind kind);

/* Runs the forward and the backward pass of a case on a machine and reads the results.
 *   fast     dQ in the fast mode
 *   outputs  filled; sc_outputs_destroy frees what it holds, after a failure too
 * Statuses of the machine. SC_E_MEMORY. */
enum sc_status sc_outputs_run(const struct sc_case *c, struct sc_machine *machine, bool fast,
                              struct sc_outputs *outputs, struct sc_error *error);
void sc_outputs_destroy(struct sc_outputs *outputs);

/* Element of an output at which row or key `index` of (sequence b, head) starts. */
int64_t sc_outputs_row(const struct sc_outputs *outputs, enum sc_outputs_kind kind, int32_t b,
                       int32_t head, int32_t index);

/* The format of an output, its channels, and the bits of one element. */
enum sc_format sc_outputs_format(const struct sc_outputs *outputs, enum sc_outputs_kind kind);
int32_t sc_outputs_width(const struct sc_outputs *outputs, enum sc_outputs_kind kind);
uint32_t sc_outputs_bits(const struct sc_outputs *outputs, enum sc_outputs_kind kind,
                         int64_t element);

#endif
