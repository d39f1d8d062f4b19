/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_MMA_COMPARE_H
#define SC_TOOLS_MEASURE_MMA_COMPARE_H

#include "tools/measure/mma_draw.h"

#include <stdbool.h>

/* An output of a step that is not the model's: all that it is made of. */
struct sc_mma_mismatch {
    enum sc_mma_category category;
    enum sc_format format;
    int64_t tile;              /* its number */
    int32_t step, row, column; /* in the tile */
    uint16_t a[SC_MMA_TERMS], b[SC_MMA_TERMS];
    uint32_t c; /* the addend: what the machine's step before left, or the tile's C */
    uint32_t found, model;
};

#define SC_MMA_KEPT 20 /* mismatches kept in full, the first ones */
struct sc_mma_tally {
    int64_t tiles, outputs, mismatches;
    int32_t kept;
    struct sc_mma_mismatch first[SC_MMA_KEPT];
};

/* Holds every output of every step of a batch against reference/oracle/tensorcore.h, SC_CORE_H100, bit for bit, NaN
 * included, and adds to the tally. A step starts from the accumulator that the machine had before it, so that one
 * difference is counted once.
 *   first  the number of the batch's first tile */
void sc_mma_compare(enum sc_mma_category category, int64_t first, const struct sc_mma_batch *batch,
                    struct sc_mma_tally *tally);

/* Adds what came later to a tally. */
void sc_mma_merge(struct sc_mma_tally *tally, const struct sc_mma_tally *later);

/* Whether a mismatch is one: the model of its vector is `model`, and `found` is another. */
bool sc_mma_mismatch_holds(const struct sc_mma_mismatch *mismatch);

#define SC_MMA_LINE_BYTES 512
/* A mismatch as a line of text without its end, and back: words KEY VALUE, encodings in hexadecimal, as
 *   category wide format bf16 tile 12 step 0 row 3 column 7 a 3f80,... b 3f80,... c 00000000 found 3f800000 model 3f800001
 * SC_E_INPUT: it is no such line. */
void sc_mma_mismatch_print(const struct sc_mma_mismatch *mismatch, char line[SC_MMA_LINE_BYTES]);
enum sc_status sc_mma_mismatch_parse(const char *line, struct sc_mma_mismatch *mismatch,
                                     struct sc_error *error);

#endif
