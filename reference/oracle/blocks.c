/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/blocks.h"

/* Indices begin .. end - 1; grows to hold others. */
struct range {
    int32_t begin, end;
};

static void extend(struct range *range, int32_t begin, int32_t end)
{
    if (begin >= end) {
        return;
    }
    range->begin = begin < range->begin ? begin : range->begin;
    range->end = end > range->end ? end : range->end;
}

static void visit_range(const struct range *range, int32_t h, int32_t size, sc_blocks_visit *visit,
                        void *context)
{
    int32_t block[SC_BLOCKS_MAX];

    for (int32_t first = range->begin; first < range->end; first += size) {
        const int32_t count = range->end - first < size ? range->end - first : size;
        for (int32_t n = 0; n < count; n++) {
            block[n] = first + n;
        }
        visit(context, h, block, count);
    }
}

void sc_blocks_of_rows(const struct sc_problem *p, int32_t b, int32_t h, const int32_t *rows,
                       int32_t count, int32_t size, sc_blocks_visit *visit, void *context)
{
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    struct range range = {n_k, 0};

    for (int32_t r = 0; r < count; r++) {
        extend(&range, sc_mask_key_begin(rows[r], n_q, n_k, p->left, p->right),
               sc_mask_key_end(rows[r], n_q, n_k, p->left, p->right));
    }
    visit_range(&range, h, size, visit, context);
}

void sc_blocks_of_keys(const struct sc_problem *p, int32_t b, int32_t g, const int32_t *keys,
                       int32_t count, int32_t size, sc_blocks_visit *visit, void *context)
{
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t group = p->heads_q / p->heads_kv;
    struct range range = {n_q, 0};

    for (int32_t n = 0; n < count; n++) {
        extend(&range, sc_mask_row_begin(keys[n], n_q, n_k, p->left, p->right),
               sc_mask_row_end(keys[n], n_q, n_k, p->left, p->right));
    }
    for (int32_t h = g * group; h < (g + 1) * group; h++) {
        visit_range(&range, h, size, visit, context);
    }
}
