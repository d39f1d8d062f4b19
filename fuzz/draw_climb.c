/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/draw_recipe.h"
#include "fuzz/place.h"
#include "spec/size.h"

/* A step runs the kernel and judges what it leaves, so these bound what a climb takes. */
#define WORK_MAX ((int64_t)1 << 17) /* products in Q K^T and P V */
#define SPAN_MAX ((int64_t)1 << 20) /* elements of a tensor with its gaps */

static bool small(const struct sc_recipe *r)
{
    const int64_t pairs =
        sc_size_times((int64_t)r->n_q * r->n_k, (int64_t)r->batch * r->heads_q, WORK_MAX);
    const int64_t work = sc_size_times(pairs, (int64_t)r->d + r->d_v, WORK_MAX);
    bool near = true;

    for (int tensor = 0; tensor < SC_TENSORS; tensor++) {
        near = near && sc_place_of(r, (enum sc_tensor)tensor).layout.size <= SPAN_MAX;
    }
    return work > 0 && near;
}

void sc_draw_climb(struct sc_draw *draw, struct sc_recipe *r)
{
    const bool wanted = sc_draw_one_in(draw, SC_DRAW_CLIMBING);
    const int32_t steps = 4 << sc_draw_int(draw, 0, 2);

    r->climb = wanted && sc_recipe_climbs(r->values) && small(r) ? steps : 0;
}
