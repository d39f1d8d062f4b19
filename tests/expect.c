/* SPDX-License-Identifier: Apache-2.0 */
#define SC_EMULATED
#include "spec/attention.h"

#include <criterion/criterion.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/* What SC_EXPECT asks in builds for the emulator: each clause on both sides of its bound. */

#define MAX  SC_LENGTH_MAX
#define SIZE SC_LAYOUT_SIZE_MAX

static jmp_buf broken;
static char clause[96];

void sc_expect_failed(const char *function, const char *name)
{
    (void)snprintf(clause, sizeof clause, "%s: %s", function, name);
    longjmp(broken, 1);
}

static const float bias[2] = {0.5f, 0.25f};
static int32_t starts[3], lengths[2];
static uint8_t cells[4];
static struct sc_problem problem;
static struct sc_layout layout;

/* Two sequences of 4 rows and 6 keys, 2 heads, 8 channels, and a mask of cells of 2 x 3. */
static struct sc_problem *valid(void)
{
    const struct sc_layout rows = {64, 32, 8, 128}, keys = {48, 0, 8, 96}, mask = {0, 0, 2, 4};
    const struct sc_problem p = {.batch = 2, .heads_q = 2, .heads_kv = 1, .n_q = 4, .n_k = 6};

    problem = p;
    problem.d = problem.d_v = 8;
    problem.tau = 1.0f;
    problem.bias_scope = SC_BIAS_PER_HEAD;
    problem.bias = bias;
    problem.left = problem.right = MAX;
    problem.q = problem.o = rows;
    problem.k = problem.v = keys;
    problem.plane.visible = cells;
    problem.plane.layout = mask;
    problem.plane.rows = problem.plane.keys = 2;
    problem.plane.block_rows = 2;
    problem.plane.block_keys = 3;
    return &problem;
}

/* The same tensors packed: sequence 0 has `middle` rows and keys of one batch entry. */
static struct sc_problem *packed(int32_t first, int32_t middle, int32_t last)
{
    (void)valid();
    problem.starts_q = problem.starts_k = starts;
    problem.n_q = problem.n_k = 6;
    problem.plane.visible = NULL;
    problem.q = problem.o = problem.k;
    starts[0] = first;
    starts[1] = middle;
    starts[2] = last;
    return &problem;
}

/* The keys of sequence 0, of 6; of sequence 1 there are 6. */
static struct sc_problem *shorter(int32_t keys)
{
    valid()->key_lengths = lengths;
    lengths[0] = keys;
    lengths[1] = 6;
    return &problem;
}

/* A mask of bytes for all heads, whose rows of cells are one. */
static struct sc_problem *plane(int32_t rows, int32_t keys, int32_t block_rows, int32_t block_keys)
{
    valid()->plane.layout.stride_row = 0;
    problem.plane.layout.size = keys;
    problem.plane.rows = rows;
    problem.plane.keys = keys;
    problem.plane.block_rows = block_rows;
    problem.plane.block_keys = block_keys;
    return &problem;
}

static struct sc_problem *empty(void)
{
    (void)plane(0, 0, 1, 1);
    problem.n_q = problem.n_k = 0;
    return &problem;
}

static struct sc_layout *strides(int64_t batch, int64_t head, int64_t row, int64_t size)
{
    layout.stride_batch = batch;
    layout.stride_head = head;
    layout.stride_row = row;
    layout.size = size;
    return &layout;
}

#define WITH(field, value) (valid()->field = (value), &problem)
#define Q(p)               sc_problem_q_row(p, 0, 0, 0)

/* ROW(call, the clause that it breaks; "": none) */
#define MASK(ROW)                                                                                  \
    ROW(sc_mask_clamp(0, 1, 0), "sc_mask_clamp: order")                                            \
    ROW(sc_mask_clamp(0, 1, 1), "")                                                                \
    ROW(sc_mask_cell(0, 0, 1), "sc_mask_cell: block")                                              \
    ROW(sc_mask_cell(0, MAX + 1, 1), "sc_mask_cell: block")                                        \
    ROW(sc_mask_cell(MAX, MAX, MAX), "")                                                           \
    ROW(sc_mask_cell(-1, 1, 1), "sc_mask_cell: covered")                                           \
    ROW(sc_mask_cell(6, 3, 2), "sc_mask_cell: covered")                                            \
    ROW(sc_mask_cell(5, 3, 2), "")                                                                 \
    ROW(sc_mask_sees(0, 0, -1, 1, 0, 0), "sc_mask_sees: lengths")                                  \
    ROW(sc_mask_sees(0, 0, MAX + 1, 1, 0, 0), "sc_mask_sees: lengths")                             \
    ROW(sc_mask_sees(0, 0, 1, -1, 0, 0), "sc_mask_sees: lengths")                                  \
    ROW(sc_mask_sees(0, 0, 1, MAX + 1, 0, 0), "sc_mask_sees: lengths")                             \
    ROW(sc_mask_sees(0, 0, 1, 1, -1, 0), "sc_mask_sees: lengths")                                  \
    ROW(sc_mask_sees(0, 0, 1, 1, MAX + 1, 0), "sc_mask_sees: lengths")                             \
    ROW(sc_mask_sees(0, 0, 1, 1, 0, -1), "sc_mask_sees: lengths")                                  \
    ROW(sc_mask_sees(0, 0, 1, 1, 0, MAX + 1), "sc_mask_sees: lengths")                             \
    ROW(sc_mask_sees(MAX - 1, MAX - 1, MAX, MAX, MAX, MAX), "")                                    \
    ROW(sc_mask_sees(-1, 0, 1, 1, 0, 0), "sc_mask_sees: row")                                      \
    ROW(sc_mask_sees(1, 0, 1, 1, 0, 0), "sc_mask_sees: row")                                       \
    ROW(sc_mask_sees(0, -1, 1, 1, 0, 0), "sc_mask_sees: key")                                      \
    ROW(sc_mask_sees(0, 1, 1, 1, 0, 0), "sc_mask_sees: key")                                       \
    ROW(sc_mask_distance(0, 0, MAX + 1, 1), "sc_mask_distance: lengths")                           \
    ROW(sc_mask_distance(1, 0, 1, 1), "sc_mask_distance: row")                                     \
    ROW(sc_mask_distance(0, 1, 1, 1), "sc_mask_distance: key")                                     \
    ROW(sc_mask_distance(MAX - 1, 0, MAX, MAX), "")                                                \
    ROW(sc_mask_key_begin(0, 1, 1, -1, 0), "sc_mask_key_begin: lengths")                           \
    ROW(sc_mask_key_begin(1, 1, 1, 0, 0), "sc_mask_key_begin: row")                                \
    ROW(sc_mask_key_end(0, 1, 1, -1, 0), "sc_mask_key_end: lengths")                               \
    ROW(sc_mask_key_end(-1, 1, 1, 0, 0), "sc_mask_key_end: row")                                   \
    ROW(sc_mask_row_begin(0, 1, 1, -1, 0), "sc_mask_row_begin: lengths")                           \
    ROW(sc_mask_row_begin(1, 1, 1, 0, 0), "sc_mask_row_begin: key")                                \
    ROW(sc_mask_row_end(0, 1, 1, -1, 0), "sc_mask_row_end: lengths")                               \
    ROW(sc_mask_row_end(-1, 1, 1, 0, 0), "sc_mask_row_end: key")                                   \
    ROW(sc_mask_key_tile_begin(0, 0, 1, 1, -1, 0, 1), "sc_mask_key_tile_begin: lengths")           \
    ROW(sc_mask_key_tile_begin(1, 0, 2, 1, 0, 0, 1), "sc_mask_key_tile_begin: rows")               \
    ROW(sc_mask_key_tile_begin(0, 0, 1, 1, 0, 0, 0), "sc_mask_key_tile_begin: tile")               \
    ROW(sc_mask_key_tile_end(0, 0, 1, 1, 0, -1, 1), "sc_mask_key_tile_end: lengths")               \
    ROW(sc_mask_key_tile_end(0, 2, 2, 1, 0, 0, 1), "sc_mask_key_tile_end: rows")                   \
    ROW(sc_mask_key_tile_end(0, 0, 1, 1, 0, 0, MAX + 1), "sc_mask_key_tile_end: tile")             \
    ROW(sc_mask_key_tile_end(0, 1, 2, 1, 0, 0, MAX), "")                                           \
    ROW(sc_mask_row_tile_begin(0, 0, 1, 1, -1, 0, 1), "sc_mask_row_tile_begin: lengths")           \
    ROW(sc_mask_row_tile_begin(1, 0, 1, 2, 0, 0, 1), "sc_mask_row_tile_begin: keys")               \
    ROW(sc_mask_row_tile_begin(0, 0, 1, 1, 0, 0, 0), "sc_mask_row_tile_begin: tile")               \
    ROW(sc_mask_row_tile_end(0, 0, 1, 1, 0, -1, 1), "sc_mask_row_tile_end: lengths")               \
    ROW(sc_mask_row_tile_end(-1, 1, 1, 2, 0, 0, 1), "sc_mask_row_tile_end: keys")                  \
    ROW(sc_mask_row_tile_end(0, 0, 1, 1, 0, 0, MAX + 1), "sc_mask_row_tile_end: tile")             \
    ROW(sc_mask_row_tile_end(0, 1, 1, 2, 0, 0, MAX), "")                                           \
    ROW(sc_mask_tile_full(0, 0, 0, 0, 1, 1, 0, -1), "sc_mask_tile_full: lengths")                  \
    ROW(sc_mask_tile_full(0, 1, 0, 0, 1, 1, 0, 0), "sc_mask_tile_full: rows")                      \
    ROW(sc_mask_tile_full(0, 0, 0, 1, 1, 1, 0, 0), "sc_mask_tile_full: keys")                      \
    ROW(sc_mask_cell(0, 1, 1), "")                                                                 \
    ROW(sc_mask_sees(0, 0, 1, 1, 0, 0), "")                                                        \
    ROW(sc_mask_key_begin(0, 1, 0, 0, 0), "")                                                      \
    ROW(sc_mask_row_begin(0, 0, 1, 0, 0), "")                                                      \
    ROW(sc_mask_key_end(0, 1, 1, 0, 0), "")                                                        \
    ROW(sc_mask_key_end(1, 1, 1, 0, 0), "sc_mask_key_end: row")                                    \
    ROW(sc_mask_row_end(0, 1, 1, 0, 0), "")                                                        \
    ROW(sc_mask_row_end(1, 1, 1, 0, 0), "sc_mask_row_end: key")                                    \
    ROW(sc_mask_key_tile_begin(0, 0, 1, 1, 0, 0, 1), "")                                           \
    ROW(sc_mask_key_tile_begin(0, 0, 1, 1, 0, 0, MAX), "")                                         \
    ROW(sc_mask_key_tile_begin(0, 1, 1, 1, 0, 0, 1), "sc_mask_key_tile_begin: rows")               \
    ROW(sc_mask_key_tile_end(0, 0, 1, 1, 0, 0, 1), "")                                             \
    ROW(sc_mask_row_tile_begin(0, 0, 1, 1, 0, 0, 1), "")                                           \
    ROW(sc_mask_row_tile_begin(0, 0, 1, 1, 0, 0, MAX), "")                                         \
    ROW(sc_mask_row_tile_begin(0, 1, 1, 1, 0, 0, 1), "sc_mask_row_tile_begin: keys")               \
    ROW(sc_mask_row_tile_end(0, 0, 1, 1, 0, 0, 1), "")                                             \
    ROW(sc_mask_row_tile_end(0, 2, 1, 2, 0, 0, 1), "sc_mask_row_tile_end: keys")                   \
    ROW(sc_mask_tile_full(0, 0, 0, 0, 1, 1, 0, 0), "")

#define LAYOUT(ROW)                                                                                \
    ROW(sc_step_offset(-1, 1, 1, 0), "sc_step_offset: index")                                      \
    ROW(sc_step_offset(1, 1, 1, 0), "sc_step_offset: index")                                       \
    ROW(sc_step_offset(0, -1, 1, 0), "sc_step_offset: stride")                                     \
    ROW(sc_step_offset(0, 0, 2, -1), "sc_step_offset: room")                                       \
    ROW(sc_step_offset(0, INT64_MAX, 1, SIZE), "")                                                 \
    ROW(sc_step_offset(0, 0, 1, SIZE + 1), "sc_step_offset: room")                                 \
    ROW(sc_step_offset(2, 5, 3, 9), "sc_step_offset: room")                                        \
    ROW(sc_step_offset(2, 5, 3, 10), "")                                                           \
    ROW(sc_step_offset(0, INT64_MAX, INT32_MAX, SIZE), "sc_step_offset: room")                     \
    ROW(sc_step_room(0, 0, 0), "sc_step_room: count")                                              \
    ROW(sc_step_room(-2, 0, 1), "sc_step_room: room")                                              \
    ROW(sc_step_room(SIZE + 1, 0, 1), "sc_step_room: room")                                        \
    ROW(sc_step_room(SIZE, INT64_MAX, INT32_MAX), "")                                              \
    ROW(sc_layout_row(NULL, 0, 0, 0, 1, 1, 1, 1), "sc_layout_row: layout")                         \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 1, 1, 1, 2, 2, 2, 2), "")                              \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 2, 1, 1, 2, 2, 2, 2), "sc_layout_row: extents")        \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 1, 2, 1, 2, 2, 2, 2), "sc_layout_row: extents")        \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 1, 1, 2, 2, 2, 2, 2), "sc_layout_row: extents")        \
    ROW(sc_layout_row(strides(8, 4, 2, 16), -1, 1, 1, 2, 2, 2, 2), "sc_layout_row: extents")       \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 1, -1, 1, 2, 2, 2, 2), "sc_layout_row: extents")       \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 1, 1, -1, 2, 2, 2, 2), "sc_layout_row: extents")       \
    ROW(sc_layout_row(strides(8, 4, 2, 16), 1, 1, 1, 2, 2, 2, -1), "sc_layout_row: extents")       \
    ROW(sc_layout_row(strides(8, 4, 2, 15), 0, 0, 0, 2, 2, 2, 2), "sc_layout_row: inside")         \
    ROW(sc_layout_fits(NULL, 1, 1, 1, 1), "sc_layout_fits: layout")                                \
    ROW(sc_layout_fits(strides(-1, -1, -1, -1), 1, 1, 1, 1), "")                                   \
    ROW(sc_layout_fits(&layout, -1, 1, 1, 1), "sc_layout_fits: extents")                           \
    ROW(sc_layout_fits(&layout, 1, -1, 1, 1), "sc_layout_fits: extents")                           \
    ROW(sc_layout_fits(&layout, 1, 1, -1, 1), "sc_layout_fits: extents")                           \
    ROW(sc_layout_fits(&layout, 1, 1, 1, -1), "sc_layout_fits: extents")                           \
    ROW(sc_layout_nested(2, 0, 4, 2, 8, 2, 2), "sc_layout_nested: extents")                        \
    ROW(sc_layout_nested(2, 2, 4, 0, 8, 2, 2), "sc_layout_nested: extents")                        \
    ROW(sc_layout_nested(2, 2, 4, 2, 8, 2, -1), "sc_layout_nested: extents")                       \
    ROW(sc_layout_nested(-1, 2, 4, 2, 8, 2, 2), "sc_layout_nested: strides")                       \
    ROW(sc_layout_nested(2, 2, -1, 2, 8, 2, 2), "sc_layout_nested: strides")                       \
    ROW(sc_layout_nested(2, 2, 4, 2, -1, 2, 2), "sc_layout_nested: strides")                       \
    ROW(sc_layout_nested(2, 2, SIZE - 4, 2, 8, 2, 2), "")                                          \
    ROW(sc_layout_nested(2, 2, SIZE - 3, 2, 8, 2, 2), "sc_layout_nested: range")                   \
    ROW(sc_layout_separates(NULL, 1, 1, 1, 1), "sc_layout_separates: layout")                      \
    ROW(sc_layout_separates(strides(8, 4, 2, 16), 2, 2, 2, 2), "")                                 \
    ROW(sc_layout_separates(&layout, -1, 2, 2, 2), "sc_layout_separates: extents")                 \
    ROW(sc_layout_separates(&layout, 2, 2, 3, 2), "sc_layout_separates: inside")                   \
    ROW(sc_step_offset(0, 0, 1, 0), "")                                                            \
    ROW(sc_layout_row(strides(0, 0, 0, 0), 0, 0, 0, 1, 1, 1, 0), "")                               \
    ROW(sc_layout_fits(&layout, 0, 0, 0, 0), "")                                                   \
    ROW(sc_layout_nested(0, 1, 0, 1, 0, 1, 0), "")                                                 \
    ROW(sc_layout_separates(&layout, 0, 0, 0, 0), "")

#define PROBLEM(ROW)                                                                               \
    ROW(sc_problem_entry(NULL, 0), "sc_problem_entry: problem")                                    \
    ROW(sc_problem_tensor_batch(NULL), "sc_problem_tensor_batch: problem")                         \
    ROW(sc_problem_first_row(NULL, 0), "sc_problem_first_row: readable")                           \
    ROW(sc_problem_first_row(valid(), 2), "sc_problem_first_row: sequence")                        \
    ROW(sc_problem_first_key(NULL, 0), "sc_problem_first_key: readable")                           \
    ROW(sc_problem_first_key(WITH(starts_q, starts), 0), "sc_problem_first_key: pair")             \
    ROW(sc_problem_first_key(valid(), -1), "sc_problem_first_key: sequence")                       \
    ROW(sc_problem_rows(NULL, 0), "sc_problem_rows: readable")                                     \
    ROW(sc_problem_rows(valid(), 2), "sc_problem_rows: sequence")                                  \
    ROW(sc_problem_rows(packed(-1, INT32_MAX, 0), 0), "sc_problem_rows: rows")                     \
    ROW(sc_problem_rows(packed(0, INT32_MAX, -2), 1), "sc_problem_rows: rows")                     \
    ROW(sc_problem_rows(packed(0, INT32_MAX, -1), 1), "")                                          \
    ROW(sc_problem_key_room(NULL, 0), "sc_problem_key_room: readable")                             \
    ROW(sc_problem_key_room(WITH(starts_k, starts), 0), "sc_problem_key_room: pair")               \
    ROW(sc_problem_key_room(valid(), 2), "sc_problem_key_room: sequence")                          \
    ROW(sc_problem_key_room(packed(-1, INT32_MAX, 0), 0), "sc_problem_key_room: keys")             \
    ROW(sc_problem_keys(NULL, 0), "sc_problem_keys: readable")                                     \
    ROW(sc_problem_keys(WITH(starts_k, starts), 0), "sc_problem_keys: pair")                       \
    ROW(sc_problem_keys(valid(), -1), "sc_problem_keys: sequence")                                 \
    ROW(sc_problem_keys(packed(-1, INT32_MAX, 0), 0), "sc_problem_keys: keys")                     \
    ROW(sc_problem_group_head(NULL, 0), "sc_problem_group_head: problem")                          \
    ROW(sc_problem_group_head(WITH(heads_kv, 0), 0), "sc_problem_group_head: shape")               \
    ROW(sc_problem_group_head(valid(), 2), "sc_problem_group_head: head")                          \
    ROW(sc_problem_group_head(valid(), 1), "")                                                     \
    ROW(sc_problem_group_first(NULL, 0), "sc_problem_group_first: problem")                        \
    ROW(sc_problem_group_first(WITH(heads_q, 3), 0), "")                                           \
    ROW(sc_problem_group_first(WITH(heads_q, 0), 0), "sc_problem_group_first: shape")              \
    ROW(sc_problem_group_first(valid(), 1), "sc_problem_group_first: head")                        \
    ROW(Q(NULL), "sc_problem_q_row: readable")                                                     \
    ROW(sc_problem_q_row(valid(), 1, 1, 3), "")                                                    \
    ROW(sc_problem_q_row(valid(), 2, 1, 3), "sc_problem_q_row: place")                             \
    ROW(sc_problem_q_row(valid(), 1, 2, 3), "sc_problem_q_row: place")                             \
    ROW(sc_problem_q_row(valid(), 1, 1, 4), "sc_problem_q_row: place")                             \
    ROW(sc_problem_o_row(NULL, 0, 0, 0), "sc_problem_o_row: readable")                             \
    ROW(sc_problem_o_row(WITH(d, 9), 0, 0, 0), "sc_problem_o_row: valid")                          \
    ROW(sc_problem_o_row(valid(), -1, 0, 0), "sc_problem_o_row: place")                            \
    ROW(sc_problem_o_row(valid(), 1, 1, 3), "")                                                    \
    ROW(sc_problem_k_row(NULL, 0, 0, 0), "sc_problem_k_row: readable")                             \
    ROW(sc_problem_k_row(WITH(d, 9), 0, 0, 0), "sc_problem_k_row: valid")                          \
    ROW(sc_problem_k_row(valid(), 0, 1, 0), "sc_problem_k_row: place")                             \
    ROW(sc_problem_k_row(shorter(3), 0, 0, 2), "")                                                 \
    ROW(sc_problem_k_row(shorter(3), 0, 0, 3), "sc_problem_k_row: place")                          \
    ROW(sc_problem_v_row(NULL, 0, 0, 0), "sc_problem_v_row: readable")                             \
    ROW(sc_problem_v_row(WITH(d, 9), 0, 0, 0), "sc_problem_v_row: valid")                          \
    ROW(sc_problem_v_row(valid(), 0, 0, -1), "sc_problem_v_row: place")                            \
    ROW(sc_problem_v_row(valid(), 1, 0, 5), "")                                                    \
    ROW(sc_problem_visible(NULL, 0, 0, 0, 0), "sc_problem_visible: readable")                      \
    ROW(sc_problem_visible(WITH(d, 9), 0, 0, 0, 0), "sc_problem_visible: valid")                   \
    ROW(sc_problem_visible(valid(), 1, 1, 3, 6), "sc_problem_visible: place")                      \
    ROW(sc_problem_visible(valid(), 1, 1, 3, 5), "")                                               \
    ROW(sc_problem_bias(NULL, 0, 0), "sc_problem_bias: readable")                                  \
    ROW(sc_problem_bias(WITH(d, 9), 0, 0), "sc_problem_bias: valid")                               \
    ROW(sc_problem_bias(valid(), 0, -1), "sc_problem_bias: place")                                 \
    ROW(sc_problem_bias(valid(), 1, 1), "")                                                        \
    ROW(sc_problem_first_key(valid(), 2), "sc_problem_first_key: sequence")                        \
    ROW(sc_problem_keys(valid(), 2), "sc_problem_keys: sequence")                                  \
    ROW(sc_problem_rows(packed(0, INT32_MAX, 0), 0), "")                                           \
    ROW(sc_problem_group_head(valid(), 0), "")                                                     \
    ROW(sc_problem_o_row(valid(), 0, 0, 0), "")                                                    \
    ROW(sc_problem_o_row(valid(), 2, 0, 0), "sc_problem_o_row: place")                             \
    ROW(sc_problem_o_row(valid(), 0, 2, 0), "sc_problem_o_row: place")                             \
    ROW(sc_problem_o_row(valid(), 0, 0, 4), "sc_problem_o_row: place")                             \
    ROW(sc_problem_k_row(valid(), 0, 0, 0), "")                                                    \
    ROW(sc_problem_k_row(valid(), 2, 0, 0), "sc_problem_k_row: place")                             \
    ROW(sc_problem_v_row(valid(), 0, 0, 0), "")                                                    \
    ROW(sc_problem_v_row(valid(), 2, 0, 0), "sc_problem_v_row: place")                             \
    ROW(sc_problem_v_row(valid(), 0, 1, 0), "sc_problem_v_row: place")                             \
    ROW(sc_problem_v_row(valid(), 0, 0, 6), "sc_problem_v_row: place")                             \
    ROW(sc_problem_visible(valid(), 0, 0, 0, 0), "")                                               \
    ROW(sc_problem_visible(valid(), 2, 0, 0, 0), "sc_problem_visible: place")                      \
    ROW(sc_problem_visible(valid(), 0, 2, 0, 0), "sc_problem_visible: place")                      \
    ROW(sc_problem_visible(valid(), 0, 0, 4, 0), "sc_problem_visible: place")                      \
    ROW(sc_problem_bias(valid(), 0, 0), "")                                                        \
    ROW(sc_problem_bias(valid(), 2, 0), "sc_problem_bias: place")                                  \
    ROW(sc_problem_bias(valid(), 0, 2), "sc_problem_bias: place")

/* The parts of sc_problem_valid, each broken alone. */
#define VALID "sc_problem_q_row: valid"
#define PARTS(ROW)                                                                                 \
    ROW(Q(WITH(batch, 0)), VALID)                                                                  \
    ROW(Q(WITH(batch, MAX + 1)), VALID)                                                            \
    ROW(Q(WITH(heads_q, MAX + 1)), VALID)                                                          \
    ROW(Q(WITH(heads_kv, 3)), VALID)                                                               \
    ROW(Q(WITH(n_q, -1)), VALID)                                                                   \
    ROW(Q(WITH(n_q, MAX + 1)), VALID)                                                              \
    ROW(Q(WITH(n_k, -1)), VALID)                                                                   \
    ROW(Q(WITH(n_k, MAX + 1)), VALID)                                                              \
    ROW(Q(WITH(d, 0)), VALID)                                                                      \
    ROW(Q(WITH(d_v, 0)), VALID)                                                                    \
    ROW(Q(WITH(tau, 0.0f)), VALID)                                                                 \
    ROW(Q(WITH(tau, 1.0f / 0.0f)), VALID)                                                          \
    ROW(Q(WITH(bias_scope, 3)), VALID)                                                             \
    ROW(Q(WITH(bias, NULL)), VALID)                                                                \
    ROW(Q(WITH(starts_q, starts)), VALID)                                                          \
    ROW(Q(packed(0, 3, 6)), "")                                                                    \
    ROW(Q(packed(1, 3, 6)), VALID)                                                                 \
    ROW(Q(packed(0, 3, 5)), VALID)                                                                 \
    ROW(Q(packed(0, 7, 6)), VALID)                                                                 \
    ROW(sc_problem_q_row(packed(0, 7, 6), 1, 0, 0), VALID)                                         \
    ROW(Q(packed(0, -1, 6)), VALID)                                                                \
    ROW(Q(shorter(7)), VALID)                                                                      \
    ROW(Q(shorter(-1)), VALID)                                                                     \
    ROW(Q(WITH(left, -1)), VALID)                                                                  \
    ROW(Q(WITH(left, MAX + 1)), VALID)                                                             \
    ROW(Q(WITH(right, -1)), VALID)                                                                 \
    ROW(Q(WITH(right, MAX + 1)), VALID)                                                            \
    ROW(Q(WITH(plane.block_rows, 0)), VALID)                                                       \
    ROW(Q(WITH(plane.block_rows, MAX + 1)), VALID)                                                 \
    ROW(Q(WITH(plane.block_rows, 1)), VALID)                                                       \
    ROW(Q(WITH(plane.block_keys, 0)), VALID)                                                       \
    ROW(Q(WITH(plane.block_keys, MAX + 1)), VALID)                                                 \
    ROW(Q(WITH(plane.block_keys, 2)), VALID)                                                       \
    ROW(Q(WITH(plane.rows, -1)), VALID)                                                            \
    ROW(Q(WITH(plane.keys, -1)), VALID)                                                            \
    ROW(Q(WITH(plane.rows, MAX + 1)), VALID)                                                       \
    ROW(Q(WITH(plane.keys, MAX + 1)), VALID)                                                       \
    ROW(Q(WITH(plane.layout.size, 3)), VALID)                                                      \
    ROW(Q(WITH(plane.visible, NULL)), "")                                                          \
    ROW(Q(WITH(q.size, 127)), VALID)                                                               \
    ROW(Q(WITH(k.size, 95)), VALID)                                                                \
    ROW(Q(WITH(v.size, 95)), VALID)                                                                \
    ROW(Q(WITH(o.size, 127)), VALID)                                                               \
    ROW(sc_problem_group_head(WITH(batch, 1), 0), "")                                              \
    ROW(sc_problem_group_head(WITH(batch, MAX), 0), "")                                            \
    ROW(sc_problem_group_head(WITH(heads_q, 1), 0), "")                                            \
    ROW(sc_problem_group_head(WITH(heads_q, MAX), 0), "")                                          \
    ROW(sc_problem_group_head(WITH(heads_kv, 2), 0), "")                                           \
    ROW(sc_problem_group_head(WITH(n_q, 0), 0), "")                                                \
    ROW(sc_problem_group_head(WITH(n_q, MAX), 0), "")                                              \
    ROW(sc_problem_group_head(WITH(n_k, 0), 0), "")                                                \
    ROW(sc_problem_group_head(WITH(n_k, MAX), 0), "")                                              \
    ROW(sc_problem_group_head(WITH(d, 1), 0), "")                                                  \
    ROW(sc_problem_group_head(WITH(d, MAX), 0), "")                                                \
    ROW(sc_problem_group_head(WITH(d_v, 1), 0), "")                                                \
    ROW(sc_problem_group_head(WITH(d_v, MAX), 0), "")                                              \
    ROW(Q(WITH(tau, 0x1.fffffep127f)), "")                                                         \
    ROW(Q(WITH(bias_scope, SC_BIAS_PER_SEQUENCE)), "")                                             \
    ROW(sc_problem_bias(packed(0, 0, 6), 0, 0), "")                                                \
    ROW(Q(packed(0, 6, 6)), "")                                                                    \
    ROW(Q(shorter(6)), "")                                                                         \
    ROW(sc_problem_bias(shorter(0), 0, 0), "")                                                     \
    ROW(Q(WITH(left, 0)), "")                                                                      \
    ROW(Q(WITH(right, 0)), "")                                                                     \
    ROW(Q(plane(4, 6, 1, 1)), "")                                                                  \
    ROW(Q(plane(1, 1, MAX, MAX)), "")                                                              \
    ROW(Q(plane(MAX, MAX, 1, 1)), "")                                                              \
    ROW(sc_problem_bias(empty(), 0, 0), "")

/* The rows of a list, and a function that makes the call of one. */
#define CASE(call, expected)                                                                       \
    case __COUNTER__ - BASE - 1:                                                                   \
        (void)(call);                                                                              \
        break;
#define NAME(call, expected) {#call, expected},
#define LIST(list)                                                                                 \
    static const struct row list##_rows[] = {list(NAME)};                                          \
    static void list##_call(size_t row)                                                            \
    {                                                                                              \
        enum { BASE = __COUNTER__ };                                                               \
        switch (row) {                                                                             \
            list(CASE)                                                                             \
        }                                                                                          \
    }
struct row {
    const char *call, *expected;
};
LIST(MASK)
LIST(LAYOUT)
LIST(PROBLEM)
LIST(PARTS)

static void expect_clauses(const struct row *rows, size_t count, void (*call)(size_t row))
{
    for (volatile size_t r = 0; r < count; r++) {
        clause[0] = '\0';
        if (setjmp(broken) == 0) {
            call(r);
        }
        cr_expect_str_eq(clause, rows[r].expected, "%s: breaks '%s', expected '%s'", rows[r].call,
                         clause, rows[r].expected);
    }
}

#define ROWS(list) list##_rows, sizeof list##_rows / sizeof list##_rows[0], list##_call

Test(expect, mask_clauses_hold_to_their_bounds_and_no_further)
{
    expect_clauses(ROWS(MASK));
}

Test(expect, layout_clauses_hold_to_their_bounds_and_no_further)
{
    expect_clauses(ROWS(LAYOUT));
}

Test(expect, problem_clauses_hold_to_their_bounds_and_no_further)
{
    expect_clauses(ROWS(PROBLEM));
}

Test(expect, a_valid_problem_is_valid_in_each_part)
{
    expect_clauses(ROWS(PARTS));
}
