/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/jvp.h"

#include "tests/exact.h"

#include <criterion/criterion.h>
#include <string.h>

/* O_t_ic = sum_j [1/2 v_t_jc + 1/4 tau (<q_t_i, k_j> + <q_i, k_t_j>) v_jc]; tau is 1/2 or 1/4. */
static void expect_row(const struct exact *e, int32_t b, int32_t h, int32_t i)
{
    const struct sc_case *t = &e->built;
    const struct sc_problem *p = &t->problem;
    const int64_t over_tau = (int64_t)(1.0f / p->tau);
    double *found = malloc(((size_t)p->d_v + 1) * sizeof *found);

    found[p->d_v] = EXACT_SENTINEL;
    sc_jvp_row_f64(p, t->q, t->k, t->v, e->q_t, e->k_t, e->v_t, b, h, i, found);
    for (int32_t c = 0; c < p->d_v; c++) {
        int64_t sum = 0; /* in units of tau / 4 */
        for (int32_t j = 0; j < definition_keys(p, b); j++) {
            if (definition_sees(&e->x, b, h, i, j)) {
                const int64_t place = exact_head_key(p, b, h, j) * p->d_v + c;
                sum += 2 * over_tau * (int64_t)e->v_p[place] +
                       exact_tangent(e, b, h, i, j) * (int64_t)e->x.v[place];
            }
        }
        exact_expect(e, "the tangent of O", b, h, i, c, found[c],
                     (double)p->tau * 0.25 * (double)sum);
    }
    cr_expect_eq(found[p->d_v], EXACT_SENTINEL, "seed %llu: one value too many",
                 (unsigned long long)t->seed);
    free(found);
}

Test(jvp, tangents_equal_the_definition_bit_for_bit)
{
    int64_t empty = 0, rows = 0;

    for (uint64_t seed = 0; seed < EXACT_SEEDS; seed++) {
        struct exact e;
        exact_create(&e, seed, 0.0f);
        const struct sc_problem *p = &e.built.problem;
        for (int32_t b = 0; b < p->batch; b++) {
            for (int32_t h = 0; h < p->heads_q; h++) {
                for (int32_t i = 0; i < definition_rows(p, b); i++) {
                    expect_row(&e, b, h, i);
                    empty += exact_row_count(&e, b, h, i) == 0 ? 1 : 0;
                    rows++;
                }
            }
        }
        exact_destroy(&e);
    }
    cr_expect(empty > 300 && rows > 3000, "%lld rows, %lld see nothing", (long long)rows,
              (long long)empty);
}
