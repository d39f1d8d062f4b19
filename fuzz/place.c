/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/place.h"

#include <stddef.h>

const char *sc_tensor_name(enum sc_tensor tensor)
{
    static const char *const names[SC_TENSORS] = {"Q", "K", "V", "dO", "O", "dQ", "dK", "dV"};

    return names[tensor];
}

static bool of_rows(enum sc_tensor tensor)
{
    return tensor == SC_TENSOR_Q || tensor == SC_TENSOR_D_Q || tensor == SC_TENSOR_O ||
           tensor == SC_TENSOR_D_O;
}

static bool of_scores(enum sc_tensor tensor)
{
    return tensor == SC_TENSOR_Q || tensor == SC_TENSOR_D_Q || tensor == SC_TENSOR_K ||
           tensor == SC_TENSOR_D_K;
}

struct sc_extent sc_prepared_extent(const struct sc_problem *problem, enum sc_tensor tensor)
{
    const struct sc_extent extent = {
        .entries = sc_problem_tensor_batch(problem),
        .heads = of_rows(tensor) ? problem->heads_q : problem->heads_kv,
        .rows = of_rows(tensor) ? problem->n_q : problem->n_k,
        .width = of_scores(tensor) ? problem->d : problem->d_v,
        .format = tensor == SC_TENSOR_O ? problem->format_out : problem->format_in,
    };

    return extent;
}

struct sc_extent sc_place_extent(const struct sc_recipe *recipe, enum sc_tensor tensor)
{
    static const int32_t packed = 0;
    const struct sc_problem shape = {
        .batch = recipe->batch,
        .heads_q = recipe->heads_q,
        .heads_kv = recipe->heads_kv,
        .n_q = recipe->n_q,
        .n_k = recipe->n_k,
        .d = recipe->d,
        .d_v = recipe->d_v,
        .format_in = recipe->format_in,
        .format_out = recipe->format_out,
        .starts_q = recipe->packed_count > 0 ? &packed : NULL,
    };

    return sc_prepared_extent(&shape, tensor);
}

int64_t sc_extent_elements(const struct sc_extent *extent)
{
    return (int64_t)extent->entries * extent->heads * extent->rows * extent->width;
}

int64_t sc_extent_row(const struct sc_extent *extent, int32_t entry, int32_t head, int32_t row)
{
    return (((int64_t)entry * extent->heads + head) * extent->rows + row) * extent->width;
}

struct sc_layout sc_place_compact(const struct sc_extent *extent)
{
    const int64_t head = (int64_t)extent->rows * extent->width;
    const struct sc_layout layout = {.stride_batch = extent->heads * head,
                                     .stride_head = head,
                                     .stride_row = extent->width,
                                     .size = sc_extent_elements(extent)};

    return layout;
}

/* Elements from the first to the end of the last row; -1 beyond SC_LAYOUT_SIZE_MAX. */
static int64_t span(const struct sc_recipe_place *place, const struct sc_extent *extent)
{
    if (extent->entries == 0 || extent->heads == 0 || extent->rows == 0) {
        return 0;
    }
    int64_t room = SC_LAYOUT_SIZE_MAX - extent->width;

    room = sc_step_room(room, place->row, extent->rows);
    room = sc_step_room(room, place->head, extent->heads);
    room = sc_step_room(room, place->batch, extent->entries);
    return room < 0 ? -1 : SC_LAYOUT_SIZE_MAX - room;
}

struct sc_placement sc_place_of(const struct sc_recipe *recipe, enum sc_tensor tensor)
{
    const struct sc_recipe_place *place = &recipe->places[tensor];
    const struct sc_extent extent = sc_place_extent(recipe, tensor);
    struct sc_placement placement = {.base = place->base};

    if (!place->strided) {
        placement.layout = sc_place_compact(&extent);
        return placement;
    }
    placement.layout.stride_batch = place->batch;
    placement.layout.stride_head = place->head;
    placement.layout.stride_row = place->row;
    placement.layout.size = span(place, &extent);
    return placement;
}

struct sc_place_sharing sc_place_share(const struct sc_layout *layout,
                                       const struct sc_extent *extent)
{
    struct sc_place_sharing sharing = {false, false, false, false};

    if (sc_extent_elements(extent) == 0) {
        return sharing;
    }
    sharing = (struct sc_place_sharing){
        .entries = layout->stride_batch == 0 && extent->entries > 1,
        .heads = layout->stride_head == 0 && extent->heads > 1,
        .rows = layout->stride_row == 0 && extent->rows > 1,
    };

    sharing.overlapping = !sc_layout_separates(layout, sharing.entries ? 1 : extent->entries,
                                               sharing.heads ? 1 : extent->heads,
                                               sharing.rows ? 1 : extent->rows, extent->width);
    return sharing;
}
