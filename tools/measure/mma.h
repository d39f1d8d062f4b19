/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_MMA_H
#define SC_TOOLS_MEASURE_MMA_H

#include "kernels/products.h"
#include "reference/status.h"
#include "spec/format.h"

#include <stdint.h>

/* Products of a tensor core, as they are asked of a machine: for each tile C of 16 x 8 and each of its steps s,
 * C = C + A_s B_s over 16 products, in the instruction that the kernels use: kernels/primitives/matrix.h or group.h. */
#define SC_MMA_ROWS    16
#define SC_MMA_COLUMNS 8
#define SC_MMA_TERMS   16
#define SC_MMA_A       (SC_MMA_ROWS * SC_MMA_TERMS)
#define SC_MMA_B       (SC_MMA_COLUMNS * SC_MMA_TERMS)
#define SC_MMA_C       (SC_MMA_ROWS * SC_MMA_COLUMNS)

struct sc_mma_batch {
    enum sc_format format; /* of A and B: bf16 or fp16 */
    int32_t tiles, steps;  /* steps of each tile */
    uint16_t *a;           /* [tiles][steps][row][term], encodings */
    uint16_t *b;           /* [tiles][steps][column][term] */
    uint32_t *c;           /* [tiles][row][column], bits of fp32 */
    uint32_t *d; /* [tiles][steps][row][column]: C after each step, the machine's answer */
};

/* What answers: `multiply` fills d of a batch whose tiles have at most `slots` steps together, one call at a time. */
struct sc_mma_machine {
    enum sc_status (*multiply)(void *context, const struct sc_mma_batch *batch,
                               struct sc_error *error);
    void *context;
    int32_t slots;
};

/* The machine that the program is linked with (tools/kernels/machine.h): a device, or the emulator.
 *   slots     >= 1, of the largest batch; on the emulator some 100 KB each
 *   products  what multiplies
 * SC_E_UNAVAILABLE: there is no such device, or it has no such products. SC_E_MEMORY. */
enum sc_status sc_mma_machine_create(int32_t slots, enum sc_products products,
                                     struct sc_mma_machine *machine, struct sc_error *error);
/* After a failed creation too. */
void sc_mma_machine_destroy(struct sc_mma_machine *machine);

/* The kernels: a warp for each tile (mma.cu), or a warpgroup for four (mma_group.cu). */
#define SC_MMA_WARPS       4                      /* of a block */
#define SC_MMA_GROUP_BYTES ((64 + 32 + 16) * 128) /* shared memory of the latter */
struct sc_mma_arguments {
    int32_t bf16, tiles, steps; /* bf16: 1, else fp16 */
    const uint16_t *a, *b;      /* as above, in the machine's memory */
    const float *c;
    float *d;
};
#ifndef __CUDACC__
void sc_mma_multiply(const void *arguments);
void sc_mma_multiply_group(const void *arguments);
#endif

#endif
