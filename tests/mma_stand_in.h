/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_MMA_STAND_IN_H
#define SC_TESTS_MMA_STAND_IN_H

#include "spec/format_value.h"
#include "tests/tensorcore_model.h"
#include "tools/measure/mma.h"

/* A machine that computes by rules, in exact integers; `late`: from that step of a tile on it is off by a bit. */
struct mma_stand_in {
    struct model_rules rules;
    bool minus_zero; /* a negative sum that underflows leaves -0 */
    int32_t late;    /* 0: never */
    int32_t calls;
    int32_t fails_at; /* call that fails; 0: none */
};

static inline uint32_t mma_answer(const struct mma_stand_in *my, enum sc_format format,
                                  const uint16_t *a, const uint16_t *b, uint32_t c)
{
    const uint32_t sum = model_step(format, a, b, c, SC_MMA_TERMS, my->rules);
    double plain = 0.0;

    if (!my->minus_zero || sum != 0) {
        return sum;
    }
    for (int32_t t = 0; t < SC_MMA_TERMS; t++) {
        plain += sc_format_decode(format, a[t]) * sc_format_decode(format, b[t]);
    }
    return plain < 0.0 && c << 1 == 0 ? 0x80000000u : sum;
}

static inline enum sc_status mma_multiply(void *context, const struct sc_mma_batch *x,
                                          struct sc_error *error)
{
    struct mma_stand_in *const my = context;

    if (++my->calls == my->fails_at) {
        return sc_fail(error, SC_E_UNAVAILABLE, "stand-in: it stopped");
    }
    for (int32_t slot = 0; slot < x->tiles * x->steps; slot++) {
        const int32_t step = slot % x->steps;
        const uint32_t *const before =
            step == 0 ? x->c + slot / x->steps * SC_MMA_C : x->d + (slot - 1) * SC_MMA_C;
        for (int32_t n = 0; n < SC_MMA_C; n++) {
            const uint16_t *const a = x->a + slot * SC_MMA_A + n / SC_MMA_COLUMNS * SC_MMA_TERMS;
            const uint16_t *const b = x->b + slot * SC_MMA_B + n % SC_MMA_COLUMNS * SC_MMA_TERMS;
            x->d[slot * SC_MMA_C + n] = mma_answer(my, x->format, a, b, before[n]) ^
                                        (my->late > 0 && step >= my->late ? 1u : 0);
        }
    }
    return SC_OK;
}

#endif
