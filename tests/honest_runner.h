/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_HONEST_RUNNER_H
#define SC_TESTS_HONEST_RUNNER_H

#include "fuzz/honest.h"
#include "fuzz/result.h"
#include "fuzz/runner.h"
#include "spec/format_value.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* An honest kernel (fuzz/honest.h) as a kernel under test. */
struct honest_runner {
    struct sc_worker_kernel kernel;
    struct sc_honest honest;
};

/* The bits of a result, as the kernel stores it. */
static inline void honest_runner_store(const struct honest_runner *x, const struct sc_problem *p,
                                       enum sc_result result, const float *values,
                                       struct sc_outcome *outcome)
{
    const bool of_keys = result == SC_RESULT_D_K || result == SC_RESULT_D_V;
    const int32_t heads = of_keys ? p->heads_kv : p->heads_q;
    const int32_t width = sc_result_width(p, result);
    const enum sc_format format = sc_result_format(p, result);
    uint32_t *bits = calloc((size_t)sc_result_elements(p, result) + 1, sizeof *bits);

    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t lines = of_keys ? sc_problem_keys(p, b) : sc_problem_rows(p, b);
        for (int32_t n = 0; n < heads * lines; n++) {
            const int32_t head = n / lines, index = n % lines;
            const int64_t at = sc_result_row(p, result, b, head, index);
            const float *from =
                values + sc_honest_at(heads, of_keys ? p->n_k : p->n_q, width, b, head, index);
            for (int32_t c = 0; c < width; c++) {
                const double out =
                    sc_honest_store(&x->honest, format, from[c], (uint64_t)(at + c) * 8 + result);
                bits[at + c] = sc_format_encode(format, out);
            }
        }
    }
    outcome->bits[sc_result_tensor(result)] = bits;
}

static inline enum sc_status honest_runner_run(void *self, const struct sc_prepared *prepared,
                                               const struct sc_worker_call *call,
                                               struct sc_outcome *outcome, struct sc_error *error)
{
    const struct honest_runner *x = self;
    const struct sc_case *c = &prepared->c;
    const struct sc_problem *p = &c->problem;
    float *zeros = calloc((size_t)p->o.size + 1, sizeof *zeros);
    const struct sc_oracle_values values = {c->q, c->k, c->v, c->d_o != NULL ? c->d_o : zeros};
    struct sc_honest_outputs outputs;

    memset(outcome, 0, sizeof *outcome);
    const enum sc_status status = sc_honest_run(&x->honest, p, &values, &outputs, error);
    free(zeros);
    if (status != SC_OK) {
        return status;
    }
    honest_runner_store(x, p, SC_RESULT_O, outputs.o, outcome);
    if (call->backward) {
        honest_runner_store(x, p, SC_RESULT_D_Q, outputs.d_q, outcome);
        honest_runner_store(x, p, SC_RESULT_D_K, outputs.d_k, outcome);
        honest_runner_store(x, p, SC_RESULT_D_V, outputs.d_v, outcome);
    }
    free(outputs.store);
    free(outputs.additions);
    return SC_OK;
}

/* A kernel of a kind for the problem of a case, with 16-bit inputs where the kind needs them. `text` is what it says of
 * its arithmetic. */
static inline struct honest_runner honest_runner(enum sc_honest_kind kind,
                                                 const struct sc_problem *problem, uint64_t seed,
                                                 const char *text)
{
    struct honest_runner x = {.kernel = {.name = "honest"}};
    struct sc_random random = {seed * 0x9e3779b97f4a7c15u + 11};

    x.kernel.traits = (struct sc_kernel_traits){.features = (1u << SC_KERNEL_FEATURES) - 1u,
                                                .formats_in = 7,
                                                .formats_out = 7,
                                                .d_max = 256,
                                                .d_v_max = 256,
                                                .d_multiple = 1};
    (void)strcpy(x.kernel.arithmetic, text);
    sc_honest_draw(kind, problem, &random, &x.honest);
    return x;
}

static inline bool honest_runner_suits(enum sc_honest_kind kind, enum sc_format format)
{
    return format != SC_FORMAT_FP32 ||
           (kind != SC_HONEST_TILED && kind != SC_HONEST_STEPS && kind != SC_HONEST_TRUNCATE);
}

#endif
