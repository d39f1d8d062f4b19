/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/visible.h"

bool sc_visible_row(const struct sc_problem *p, int32_t b, int32_t h, int32_t i)
{
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t end = sc_mask_key_end(i, n_q, n_k, p->left, p->right);

    for (int32_t j = sc_mask_key_begin(i, n_q, n_k, p->left, p->right); j < end; j++) {
        if (sc_problem_visible(p, b, h, i, j)) {
            return true;
        }
    }
    return false;
}

bool sc_visible_key(const struct sc_problem *p, int32_t b, int32_t g, int32_t j)
{
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t begin = sc_mask_row_begin(j, n_q, n_k, p->left, p->right);
    const int32_t end = sc_mask_row_end(j, n_q, n_k, p->left, p->right);
    const int32_t group = p->heads_q / p->heads_kv;

    for (int32_t h = g * group; h < (g + 1) * group; h++) {
        for (int32_t i = begin; i < end; i++) {
            if (sc_problem_visible(p, b, h, i, j)) {
                return true;
            }
        }
    }
    return false;
}

bool sc_visible_head(const struct sc_problem *p, int32_t b, int32_t h)
{
    for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
        if (sc_visible_row(p, b, h, i)) {
            return true;
        }
    }
    return false;
}
