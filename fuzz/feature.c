/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/feature.h"

#include "fuzz/place.h"

#define TILE      16
#define LONG      256
#define MANY      65535
#define LARGE     64.0f /* a bias */
#define MANIFOLD  8     /* rows or keys that are far more than the others */
#define FAR       ((int64_t)1 << 31)
#define ALIGNMENT 16 /* bytes */

static uint8_t mask_kind(const struct sc_recipe *r)
{
    const bool left = r->left < SC_MASK_UNBOUNDED, right = r->right < SC_MASK_UNBOUNDED;

    if (!left && !right) {
        return 0;
    }
    if (left && right) {
        return 2;
    }
    return left ? 3 : r->right == 0 ? 1 : 4;
}

static uint8_t side(int32_t reach, int32_t keys)
{
    if (reach >= SC_MASK_UNBOUNDED) {
        return 0;
    }
    if (reach == 0) {
        return 1;
    }
    return reach < keys - 1 ? 2 : reach == keys - 1 ? 3 : 4;
}

static uint8_t lengths_kind(const struct sc_recipe *r)
{
    const int32_t used = r->lengths_count < r->batch ? r->lengths_count : r->batch;
    bool edge = false, beside = false, other = false;

    if (used == 0) {
        return 0;
    }
    for (int32_t x = 0; x < used; x++) {
        const int32_t length = r->lengths[x];
        if (length == 0) {
            return 1;
        }
        if (length < r->n_k) {
            edge = edge || length % TILE == 0;
            beside = beside || length % TILE == 1 || length % TILE == TILE - 1;
            other = other || (length % TILE > 1 && length % TILE < TILE - 1);
        }
    }
    return edge ? 2 : beside ? 3 : other ? 4 : 5;
}

static uint8_t packed_kind(const struct sc_recipe *r)
{
    if (r->packed_count == 0) {
        return 0;
    }
    if (r->batch == 1) {
        return 1;
    }
    const int32_t used = r->packed_count < r->batch ? r->packed_count : r->batch;
    for (int32_t x = 0; x < used; x++) {
        if (r->packed_q[x] == 0 || r->packed_k[x] == 0) {
            return r->packed_q[x] == 0 ? 2 : 3;
        }
    }
    return 4;
}

static uint8_t plane_kind(const struct sc_recipe *r)
{
    if (r->block_rows == 0) {
        return 0;
    }
    if (r->block_rows == 1 && r->block_keys == 1) {
        return 1;
    }
    return r->block_rows % TILE == 0 && r->block_keys % TILE == 0 ? 2 : 3;
}

static uint8_t density_kind(const struct sc_recipe *r)
{
    if (r->block_rows == 0) {
        return 0;
    }
    return r->density == 0 ? 1 : r->density < 8 ? 2 : r->density < 16 ? 3 : 4;
}

static uint8_t alibi_kind(const struct sc_recipe *r)
{
    if (r->slopes_count == 0) {
        return 0;
    }
    for (int32_t x = 0; x < r->slopes_count; x++) {
        if (!(r->slopes[x] > 0.0f)) {
            return 2;
        }
    }
    return 1;
}

static uint8_t bias_kind(const struct sc_recipe *r)
{
    bool large = false, positive = false, negative = false;

    if (r->biases == 0) {
        return 0;
    }
    for (int32_t x = 0; x < r->biases; x++) {
        large = large || r->bias[x] >= LARGE || r->bias[x] <= -LARGE;
        positive = positive || r->bias[x] > 0.0f;
        negative = negative || r->bias[x] < 0.0f;
    }
    return large ? 4 : positive ? 3 : negative ? 2 : 1;
}

static bool prime(int32_t n)
{
    for (int32_t factor = 2; factor * factor <= n; factor++) {
        if (n % factor == 0) {
            return false;
        }
    }
    return n > 1;
}

static uint8_t length_kind(int32_t n)
{
    if (n <= 1) {
        return (uint8_t)n;
    }
    if (n >= LONG) {
        return 8;
    }
    if (n % TILE == 0 || n % TILE == 1 || n % TILE == TILE - 1) {
        return n % TILE == 0 ? 2 : n % TILE == 1 ? 3 : 4;
    }
    return n < 8 ? 5 : prime(n) ? 6 : 7;
}

static uint8_t relation_kind(int32_t a, int32_t b)
{
    if (a == b) {
        return 0;
    }
    if (a < b) {
        return b > (int64_t)MANIFOLD * a ? 2 : 1;
    }
    return a > (int64_t)MANIFOLD * b ? 4 : 3;
}

static uint8_t size_kind(int32_t d)
{
    return d == 1 ? 0 : d < 16 ? 1 : d < 64 ? 2 : d == 64 ? 3 : d <= 128 ? 4 : 5;
}

static uint8_t multiple_kind(int32_t d)
{
    return d % 2 != 0 ? 0 : d % 8 != 0 ? 1 : d % 16 != 0 ? 2 : d % 32 != 0 ? 3 : 4;
}

static uint8_t group_kind(const struct sc_recipe *r)
{
    const int32_t group = r->heads_q / r->heads_kv;

    if (group == 1) {
        return r->heads_q == 1 ? 0 : 1;
    }
    return r->heads_kv == 1 ? 2 : group % 2 == 0 ? 3 : 4;
}

static uint8_t count_kind(int32_t n)
{
    return n == 1 ? 0 : n < MANY ? 1 : 2;
}

static uint8_t place_kind(const struct sc_recipe *r, enum sc_tensor tensor)
{
    const struct sc_extent e = sc_place_extent(r, tensor);
    const struct sc_layout layout = sc_place_of(r, tensor).layout;
    const struct sc_layout compact = sc_place_compact(&e);
    const struct sc_place_sharing sharing = sc_place_share(&layout, &e);

    if (!r->places[tensor].strided) {
        return 0;
    }
    if (layout.size > FAR) {
        return 6;
    }
    if (sharing.overlapping) {
        return 5;
    }
    if (sharing.entries || sharing.heads || sharing.rows) {
        return 4;
    }
    if ((e.entries <= 1 || layout.stride_batch == compact.stride_batch) &&
        (e.heads <= 1 || layout.stride_head == compact.stride_head) &&
        (e.rows <= 1 || layout.stride_row == compact.stride_row)) {
        return 3; /* but for dimensions of size 1 */
    }
    return layout.size > compact.size ? 2 : 1;
}

static uint8_t base_kind(const struct sc_recipe *r)
{
    uint8_t kind = 0;

    for (int tensor = 0; tensor < SC_TENSORS; tensor++) {
        const struct sc_extent e = sc_place_extent(r, (enum sc_tensor)tensor);
        const int32_t bytes = r->places[tensor].base * sc_format_bytes(e.format);
        if (bytes % ALIGNMENT != 0) {
            return tensor >= SC_TENSOR_O ? 3 : 2; /* outputs alone, or inputs too */
        }
        kind = bytes != 0 ? 1 : kind;
    }
    return kind;
}

static uint8_t gradient_kind(const struct sc_recipe *r)
{
    return r->places[SC_TENSOR_D_Q].strided || r->places[SC_TENSOR_D_K].strided ||
           r->places[SC_TENSOR_D_V].strided;
}

struct sc_feature_vector sc_feature_vector(const struct sc_recipe *r)
{
    const uint8_t shared = (uint8_t)(r->block_rows == 0 ? 0 : 1 + r->plane_shared);
    const struct sc_feature_vector vector = {
        {[SC_FEATURE_IN] = (uint8_t)r->format_in,
         [SC_FEATURE_OUT] = (uint8_t)r->format_out,
         [SC_FEATURE_MASK] = mask_kind(r),
         [SC_FEATURE_LEFT] = side(r->left, r->n_k),
         [SC_FEATURE_RIGHT] = side(r->right, r->n_k),
         [SC_FEATURE_LENGTHS] = lengths_kind(r),
         [SC_FEATURE_PACKED] = packed_kind(r),
         [SC_FEATURE_PLANE] = plane_kind(r),
         [SC_FEATURE_DENSITY] = density_kind(r),
         [SC_FEATURE_SHARING] = shared,
         [SC_FEATURE_ALIBI] = alibi_kind(r),
         [SC_FEATURE_BIAS] = bias_kind(r),
         [SC_FEATURE_SCOPE] = (uint8_t)r->bias_scope,
         [SC_FEATURE_ROWS] = length_kind(r->n_q),
         [SC_FEATURE_KEYS] = length_kind(r->n_k),
         [SC_FEATURE_RELATION] = relation_kind(r->n_q, r->n_k),
         [SC_FEATURE_D_SIZE] = size_kind(r->d),
         [SC_FEATURE_D_MULTIPLE] = multiple_kind(r->d),
         [SC_FEATURE_D_V_MULTIPLE] = multiple_kind(r->d_v),
         [SC_FEATURE_D_V_RELATION] = (uint8_t)(r->d_v == r->d  ? 0
                                               : r->d_v < r->d ? 1
                                                               : 2),
         [SC_FEATURE_GROUP] = group_kind(r),
         [SC_FEATURE_BATCH] = count_kind(r->batch),
         [SC_FEATURE_HEADS] = count_kind(r->heads_q),
         [SC_FEATURE_Q_PLACE] = place_kind(r, SC_TENSOR_Q),
         [SC_FEATURE_K_PLACE] = place_kind(r, SC_TENSOR_K),
         [SC_FEATURE_V_PLACE] = place_kind(r, SC_TENSOR_V),
         [SC_FEATURE_D_O_PLACE] = place_kind(r, SC_TENSOR_D_O),
         [SC_FEATURE_O_PLACE] = place_kind(r, SC_TENSOR_O),
         [SC_FEATURE_GRADIENT_PLACES] = gradient_kind(r),
         [SC_FEATURE_BASE] = base_kind(r),
         [SC_FEATURE_VALUES] = (uint8_t)r->values,
         [SC_FEATURE_HIDDEN] = (uint8_t)r->hidden,
         [SC_FEATURE_BACKWARD] = r->backward,
         [SC_FEATURE_CLIMB] = r->climb > 0}};

    return vector;
}
