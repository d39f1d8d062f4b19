/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_compare.h"

#include "reference/oracle/tensorcore.h"
#include "spec/format_value.h"

#include <string.h>

static void decode(enum sc_format format, const uint16_t *bits,
                   struct sc_tensorcore_factors *factors)
{
    float values[SC_MMA_TERMS];

    for (int32_t t = 0; t < SC_MMA_TERMS; t++) {
        values[t] = (float)sc_format_decode(format, bits[t]);
    }
    sc_tensorcore_decode(format, values, SC_MMA_TERMS, factors);
}

/* Where a step is. */
struct place {
    enum sc_mma_category category;
    int64_t tile;
    int32_t step;
};

static void keep(const struct sc_mma_batch *batch, const struct place *place, const uint16_t *a,
                 const uint16_t *b, uint32_t c, uint32_t found, uint32_t model, int32_t row,
                 int32_t column, struct sc_mma_tally *tally)
{
    if (tally->kept == SC_MMA_KEPT) {
        return;
    }
    struct sc_mma_mismatch *const x = &tally->first[tally->kept++];
    *x = (struct sc_mma_mismatch){.category = place->category,
                                  .format = batch->format,
                                  .tile = place->tile,
                                  .step = place->step,
                                  .row = row,
                                  .column = column,
                                  .c = c,
                                  .found = found,
                                  .model = model};
    memcpy(x->a, a, sizeof x->a);
    memcpy(x->b, b, sizeof x->b);
}

/* One step: c before it, d after it. */
static void compare_step(const struct sc_mma_batch *batch, const struct place *place,
                         const uint16_t *a, const uint16_t *b, const uint32_t *c, const uint32_t *d,
                         struct sc_mma_tally *tally)
{
    struct sc_tensorcore_factors row, columns[SC_MMA_COLUMNS];
    float sums[SC_MMA_COLUMNS];
    uint32_t model[SC_MMA_COLUMNS];

    for (int32_t n = 0; n < SC_MMA_COLUMNS; n++) {
        decode(batch->format, b + n * SC_MMA_TERMS, &columns[n]);
    }
    for (int32_t m = 0; m < SC_MMA_ROWS; m++) {
        const int32_t first = m * SC_MMA_COLUMNS;
        decode(batch->format, a + m * SC_MMA_TERMS, &row);
        memcpy(sums, c + first, sizeof sums);
        sc_tensorcore_add(SC_CORE_H100, &row, columns, 1, SC_MMA_COLUMNS, sums);
        memcpy(model, sums, sizeof model);
        for (int32_t n = 0; n < SC_MMA_COLUMNS; n++) {
            if (d[first + n] != model[n]) {
                tally->mismatches++;
                keep(batch, place, a + m * SC_MMA_TERMS, b + n * SC_MMA_TERMS, c[first + n],
                     d[first + n], model[n], m, n, tally);
            }
        }
    }
    tally->outputs += SC_MMA_C;
}

void sc_mma_compare(enum sc_mma_category category, int64_t first, const struct sc_mma_batch *batch,
                    struct sc_mma_tally *tally)
{
    for (int32_t n = 0; n < batch->tiles; n++) {
        const uint32_t *c = batch->c + (int64_t)n * SC_MMA_C;
        for (int32_t step = 0; step < batch->steps; step++) {
            const struct place place = {category, first + n, step};
            const int64_t at = (int64_t)n * batch->steps + step;
            const uint32_t *const d = batch->d + at * SC_MMA_C;
            compare_step(batch, &place, batch->a + at * SC_MMA_A, batch->b + at * SC_MMA_B, c, d,
                         tally);
            c = d;
        }
        tally->tiles++;
    }
}

void sc_mma_merge(struct sc_mma_tally *tally, const struct sc_mma_tally *later)
{
    tally->tiles += later->tiles;
    tally->outputs += later->outputs;
    tally->mismatches += later->mismatches;
    for (int32_t n = 0; n < later->kept && tally->kept < SC_MMA_KEPT; n++) {
        tally->first[tally->kept++] = later->first[n];
    }
}

bool sc_mma_mismatch_holds(const struct sc_mma_mismatch *x)
{
    struct sc_tensorcore_factors a, b;
    float sum;
    uint32_t model;

    decode(x->format, x->a, &a);
    decode(x->format, x->b, &b);
    memcpy(&sum, &x->c, sizeof sum);
    sc_tensorcore_add(SC_CORE_H100, &a, &b, 1, 1, &sum);
    memcpy(&model, &sum, sizeof model);
    return model == x->model && model != x->found;
}
