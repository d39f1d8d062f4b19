/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/twin.h"

#include "fuzz/call.h"
#include "fuzz/digest.h"
#include "fuzz/philox.h"
#include "spec/format_value.h"

#include <math.h>
#include <string.h>

/* The size of what is in Q and K: 2^15 in every input format; 2^30 tau must pass 256. */
#define SHARP       0x1p15f
#define LEAST_SCORE 512.0f

/* One element in `every` is not 0, and half of those are negative where that is asked for. */
static void sharpen(float *values, int64_t count, uint64_t seed, uint32_t every, bool both)
{
    for (int64_t n = 0; n < count; n++) {
        const struct sc_philox at = {{(uint32_t)n, (uint32_t)(n >> 32), both, 0}};
        const struct sc_philox drawn = sc_philox(at, (uint32_t)seed, (uint32_t)(seed >> 32));
        const float size = both && drawn.word[1] % 2 == 0 ? -SHARP : SHARP;
        if (isfinite(values[n])) {
            values[n] = drawn.word[0] % every == 0 ? size : 0.0f;
        }
    }
}

bool sc_twin_sharpen(struct sc_case *c)
{
    struct sc_problem *p = &c->problem;
    const int64_t biases = sc_call_array_bytes(p, SC_CALL_BIAS) / (int64_t)sizeof *c->bias;

    if (!(fabsf(p->tau) * (SHARP * SHARP) >= LEAST_SCORE)) {
        return false;
    }
    sharpen(c->q, p->q.size, c->seed, 8, false);
    sharpen(c->k, p->k.size, c->seed, 2, true);
    for (int64_t n = 0; n < biases; n++) {
        c->bias[n] = 0.0f;
    }
    for (int32_t h = 0; c->slopes != NULL && h < p->heads_q; h++) {
        c->slopes[h] = 0.0f;
    }
    return true;
}

static uint64_t digest_line(const struct sc_outputs *outputs, enum sc_outputs_kind kind,
                            int64_t first, uint64_t digest)
{
    const enum sc_format format = sc_outputs_format(outputs, kind);

    for (int32_t c = 0; c < sc_outputs_width(outputs, kind); c++) {
        const uint32_t bits = sc_outputs_bits(outputs, kind, first + c);
        digest = sc_digest(digest, isnan(sc_format_decode(format, bits)) ? UINT32_MAX : bits, 4);
    }
    return digest;
}

void sc_twin_digest(const struct sc_outputs *outputs, struct sc_twin_digests *digests)
{
    const struct sc_problem *p = &outputs->c->problem;

    digests->seed = outputs->c->seed;
    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        const enum sc_outputs_kind kind = (enum sc_outputs_kind)n;
        const bool rows = kind == SC_OUTPUTS_O || kind == SC_OUTPUTS_D_Q;
        uint64_t digest = SC_DIGEST_START;
        for (int32_t b = 0; b < p->batch; b++) {
            const int32_t lines = rows ? sc_problem_rows(p, b) : sc_problem_key_room(p, b);
            for (int32_t h = 0; h < (rows ? p->heads_q : p->heads_kv); h++) {
                for (int32_t i = 0; i < lines; i++) {
                    digest =
                        digest_line(outputs, kind, sc_outputs_row(outputs, kind, b, h, i), digest);
                }
            }
        }
        digests->of[n] = digest;
    }
}
