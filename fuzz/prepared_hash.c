/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/digest.h"
#include "fuzz/place.h"
#include "spec/format_value.h"

#include <stddef.h>

static uint64_t digest_floats(uint64_t digest, enum sc_format format, const float *values,
                              int64_t count)
{
    const int bytes = sc_format_bytes(format);

    for (int64_t x = 0; values != NULL && x < count; x++) {
        digest = sc_digest(digest, sc_format_encode(format, (double)values[x]), bytes);
    }
    return digest;
}

static uint64_t digest_ints(uint64_t digest, const int32_t *values, int64_t count)
{
    for (int64_t x = 0; values != NULL && x < count; x++) {
        digest = sc_digest(digest, (uint32_t)values[x], 4);
    }
    return digest;
}

static int64_t bias_count(const struct sc_problem *p)
{
    if (p->bias_scope == SC_BIAS_SCALAR) {
        return 1;
    }
    return p->bias_scope == SC_BIAS_PER_HEAD ? p->heads_q : p->batch;
}

static uint64_t digest_problem(uint64_t digest, const struct sc_problem *p)
{
    const int32_t numbers[] = {p->batch,
                               p->heads_q,
                               p->heads_kv,
                               p->n_q,
                               p->n_k,
                               p->d,
                               p->d_v,
                               (int32_t)p->format_in,
                               (int32_t)p->format_out,
                               (int32_t)p->bias_scope,
                               p->left,
                               p->right,
                               p->slopes != NULL,
                               p->key_lengths != NULL,
                               p->starts_q != NULL,
                               p->plane.visible != NULL};

    digest = digest_ints(digest, numbers, sizeof numbers / sizeof numbers[0]);
    digest = digest_floats(digest, SC_FORMAT_FP32, &p->tau, 1);
    digest = digest_floats(digest, SC_FORMAT_FP32, p->bias, bias_count(p));
    digest = digest_floats(digest, SC_FORMAT_FP32, p->slopes, p->heads_q);
    digest = digest_ints(digest, p->key_lengths, p->batch);
    digest = digest_ints(digest, p->starts_q, (int64_t)p->batch + 1);
    digest = digest_ints(digest, p->starts_k, (int64_t)p->batch + 1);
    if (p->plane.visible != NULL) {
        const int32_t cells[] = {p->plane.block_rows, p->plane.block_keys, p->plane.rows,
                                 p->plane.keys};
        digest = digest_ints(digest, cells, 4);
        digest = sc_digest(digest, (uint64_t)p->plane.layout.stride_batch, 8);
        digest = sc_digest(digest, (uint64_t)p->plane.layout.stride_head, 8);
        for (int64_t x = 0; x < p->plane.layout.size; x++) {
            digest = sc_digest(digest, p->plane.visible[x], 1);
        }
    }
    return digest;
}

uint64_t sc_prepared_hash(const struct sc_prepared *prepared)
{
    const struct sc_case *const c = &prepared->c;
    const float *const inputs[] = {c->q, c->k, c->v, c->d_o};
    uint64_t digest = sc_digest(SC_DIGEST_START, SC_RECIPE_VERSION, 4);

    digest = digest_problem(digest, &c->problem);
    digest = sc_digest(digest, prepared->recipe.backward, 1);
    for (int tensor = 0; tensor < SC_TENSORS; tensor++) {
        const struct sc_placement *const place = &prepared->places[tensor];
        digest = sc_digest(digest, (uint64_t)place->layout.stride_batch, 8);
        digest = sc_digest(digest, (uint64_t)place->layout.stride_head, 8);
        digest = sc_digest(digest, (uint64_t)place->layout.stride_row, 8);
        digest = sc_digest(digest, (uint64_t)place->base, 4);
    }
    for (int tensor = SC_TENSOR_Q; tensor <= SC_TENSOR_D_O; tensor++) {
        const struct sc_extent extent = sc_prepared_extent(&c->problem, (enum sc_tensor)tensor);
        digest = digest_floats(digest, extent.format, inputs[tensor], sc_extent_elements(&extent));
    }
    return digest;
}
