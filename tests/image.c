/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/image.h"

#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* A placed case, and the memory as a worker sees it. */
struct placed {
    struct sc_prepared prepared;
    struct sc_image *image;
    struct sc_call call;
    unsigned char *memory;
};

static void place(struct placed *x, const struct sc_recipe *recipe)
{
    struct sc_error error = {SC_OK, ""};

    memset(x, 0, sizeof *x);
    x->prepared = recipes_prepare(recipe);
    x->call.backward = recipe->backward;
    x->call.d_b = recipe->backward ? 0 : SC_CALL_NONE;
    cr_assert_eq(sc_image_create(1 << 26, &x->image, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_image_place(x->image, &x->prepared, &x->call, &error), SC_OK, "%s", error.text);
    x->memory = mmap(NULL, (size_t)x->call.memory, PROT_READ | PROT_WRITE, MAP_SHARED,
                     sc_image_file(x->image), 0);
    cr_assert_neq(x->memory, MAP_FAILED);
}

static void collect(struct placed *x, struct sc_outcome *outcome)
{
    struct sc_error error = {SC_OK, ""};

    memset(outcome, 0, sizeof *outcome);
    cr_assert_eq(sc_image_collect(x->image, true, outcome, &error), SC_OK, "%s", error.text);
}

static void remove_all(struct placed *x, struct sc_outcome *outcome)
{
    (void)munmap(x->memory, (size_t)x->call.memory);
    sc_outcome_destroy(outcome);
    sc_image_destroy(x->image);
    sc_prepared_destroy(&x->prepared);
}

/* First byte of a row, by the strides. */
static unsigned char *row_at(const struct placed *x, enum sc_tensor tensor, int32_t b, int32_t h,
                             int32_t row)
{
    const struct sc_call_tensor *t = &x->call.tensors[tensor];
    const int32_t bytes = sc_format_bytes(sc_prepared_extent(&x->call.problem, tensor).format);

    return x->memory + t->offset +
           bytes * (b * t->layout.stride_batch + h * t->layout.stride_head +
                    row * t->layout.stride_row);
}

/* Writes every element of every output: its number in the tensor without gaps. */
static void write_outputs(struct placed *x)
{
    for (int32_t n = SC_TENSOR_O; n < (x->call.backward ? SC_TENSORS : SC_TENSOR_O + 1); n++) {
        const struct sc_extent e = sc_prepared_extent(&x->prepared.c.problem, (enum sc_tensor)n);
        const int32_t bytes = sc_format_bytes(e.format);
        uint32_t number = 0;
        for (int32_t b = 0; b < e.entries; b++) {
            for (int32_t h = 0; h < e.heads; h++) {
                for (int32_t row = 0; row < e.rows; row++) {
                    unsigned char *to = row_at(x, (enum sc_tensor)n, b, h, row);
                    for (int32_t c = 0; c < e.width; c++, number++) {
                        memcpy(to + c * bytes, &number, (size_t)bytes);
                    }
                }
            }
        }
    }
    if (x->call.backward) {
        memset(x->memory + x->call.d_b, 0, (size_t)sc_call_bias_bytes(&x->call.problem));
    }
}

Test(image, outputs_come_back_without_gaps)
{
    const struct sc_recipe recipe = recipes_mixed();
    struct placed x;
    struct sc_outcome outcome;

    place(&x, &recipe);
    write_outputs(&x);
    collect(&x, &outcome);
    cr_expect_eq(outcome.damage.unwritten + outcome.damage.overwritten + outcome.damage.inputs, 0,
                 "%s", outcome.damage.where);
    cr_expect_str_eq(outcome.damage.where, "");
    for (int32_t n = SC_TENSOR_O; n < SC_TENSORS; n++) {
        const struct sc_extent e = sc_prepared_extent(&x.prepared.c.problem, (enum sc_tensor)n);
        for (int64_t m = 0; m < sc_extent_elements(&e); m++) {
            cr_assert_eq(outcome.bits[n][m], (uint32_t)m);
        }
    }
    cr_expect_eq(outcome.d_b[7], 0.0f);
    cr_expect_null(outcome.bits[SC_TENSOR_Q]);
    remove_all(&x, &outcome);
}

Test(image, inputs_are_the_case_in_its_format)
{
    const struct sc_recipe recipe = recipes_mixed();
    struct placed x;
    struct sc_outcome outcome;
    uint16_t bits;
    uint32_t whole, value;

    place(&x, &recipe);
    memcpy(&bits, row_at(&x, SC_TENSOR_K, 1, 1, 6) + 2 * 15, 2);
    whole = (uint32_t)bits << 16;
    memcpy(&value, &x.prepared.c.k[((1 * 2 + 1) * 7 + 6) * 16 + 15], 4);
    cr_expect_eq(whole, value);
    cr_expect_eq(x.call.tensors[SC_TENSOR_K].offset % 256, 2 * SC_TENSOR_K);
    collect(&x, &outcome);
    remove_all(&x, &outcome);
}

Test(image, what_is_unwritten_is_seen)
{
    const struct sc_recipe recipe = recipes_mixed();
    const uint32_t poison = sc_image_poison(SC_FORMAT_BF16);
    struct placed x;
    struct sc_outcome outcome;

    place(&x, &recipe);
    write_outputs(&x);
    memcpy(row_at(&x, SC_TENSOR_D_Q, 1, 2, 3) + 2 * 9, &poison, 2);
    collect(&x, &outcome);
    cr_expect_eq(outcome.damage.unwritten, 1);
    cr_expect_eq(outcome.damage.overwritten, 0);
    cr_expect_str_eq(outcome.damage.where, "dQ[b 1][h 2][row 3][channel 9] is unwritten");
    remove_all(&x, &outcome);
}

/* Places around the tensors, and how they are named. */
Test(image, every_byte_that_is_no_output_is_watched)
{
    static const struct {
        enum sc_tensor tensor;
        int64_t at; /* bytes from element 0 */
        bool from_end;
        const char *where;
    } rows[] = {
        {SC_TENSOR_D_K, 2, true, "3 bytes behind the end of dK was overwritten"},
        {SC_TENSOR_D_K, 511, true, "512 bytes behind the end of dK was overwritten"},
        {SC_TENSOR_D_V, -1, false, "1 bytes before the start of dV was overwritten"},
        {SC_TENSOR_D_V, -512, false, "512 bytes before the start of dV was overwritten"},
        {SC_TENSOR_O, 4 * 8, false, "1 bytes behind O[b 0][h 0][row 0] was overwritten"},
        {SC_TENSOR_K, 5, false, "K[b 0][h 0][key 0][channel 2] was overwritten"},
        {SC_TENSOR_D_O, -3, false, "3 bytes before the start of dO was overwritten"},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct sc_recipe recipe = recipes_mixed();
        struct placed x;
        struct sc_outcome outcome;
        place(&x, &recipe);
        write_outputs(&x);
        const int64_t from = x.call.tensors[rows[n].tensor].offset +
                             (rows[n].from_end ? sc_call_tensor_bytes(&x.call, rows[n].tensor) : 0);
        x.memory[from + rows[n].at] = (unsigned char)~x.memory[from + rows[n].at];
        collect(&x, &outcome);
        cr_expect_str_eq(outcome.damage.where, rows[n].where);
        cr_expect_eq(outcome.damage.overwritten, rows[n].tensor >= SC_TENSOR_O ? 1 : 0);
        cr_expect_eq(outcome.damage.inputs, rows[n].tensor >= SC_TENSOR_O ? 0 : 1);
        remove_all(&x, &outcome);
    }
}

/* Rows 2^33 bytes apart: nothing but their pages takes memory. */
static struct sc_recipe far_apart(void)
{
    struct sc_recipe r = sc_recipe_plain();

    r.n_q = 3;
    r.d = 32;
    r.d_v = 32;
    r.format_in = SC_FORMAT_BF16;
    r.format_out = SC_FORMAT_FP32;
    for (int32_t n = 0; n < 2; n++) {
        struct sc_recipe_place *place = &r.places[n == 0 ? SC_TENSOR_Q : SC_TENSOR_O];
        place->strided = true;
        place->row = (int64_t)1 << 31;
        place->head = place->batch = (int64_t)3 << 31;
    }
    return r;
}

Test(image, strides_beyond_2_31_take_no_memory)
{
    const struct sc_recipe recipe = far_apart();
    struct placed x;
    struct sc_outcome outcome;
    struct stat file;

    place(&x, &recipe);
    cr_assert_gt(x.call.memory, (int64_t)1 << 34);
    write_outputs(&x);
    cr_assert_eq(fstat(sc_image_file(x.image), &file), 0);
    cr_expect_lt(file.st_blocks, 1024, "%lld blocks of 512 bytes", (long long)file.st_blocks);
    collect(&x, &outcome);
    cr_expect_eq(outcome.damage.unwritten + outcome.damage.overwritten + outcome.damage.inputs, 0,
                 "%s", outcome.damage.where);
    cr_expect_eq(outcome.bits[SC_TENSOR_O][95], 95);
    remove_all(&x, &outcome);
}

Test(image, a_write_into_a_hole_is_seen)
{
    const struct sc_recipe recipe = far_apart();
    struct placed x;
    struct sc_outcome outcome;

    place(&x, &recipe);
    write_outputs(&x);
    row_at(&x, SC_TENSOR_O, 0, 0, 1)[(int64_t)1 << 30] = 1;
    collect(&x, &outcome);
    cr_expect_eq(outcome.damage.overwritten, 1, "%s", outcome.damage.where);
    remove_all(&x, &outcome);
}

Test(image, a_case_after_a_sparse_one_is_whole)
{
    const struct sc_recipe far = far_apart(), near = recipes_mixed();
    struct sc_prepared prepared = recipes_prepare(&near);
    struct sc_error error = {SC_OK, ""};
    struct placed x;
    struct sc_outcome outcome;
    struct sc_call call = {.backward = true};

    place(&x, &far);
    cr_assert_eq(sc_image_place(x.image, &prepared, &call, &error), SC_OK, "%s", error.text);
    collect(&x, &outcome);
    cr_expect_eq(outcome.damage.overwritten + outcome.damage.inputs, 0, "%s", outcome.damage.where);
    cr_expect_gt(outcome.damage.unwritten, 0);
    sc_prepared_destroy(&prepared);
    remove_all(&x, &outcome);
}

Test(image, empty_tensors_have_red_zones)
{
    struct sc_recipe recipe = recipes_mixed();
    struct placed x;
    struct sc_outcome outcome;

    recipe.n_q = 0;
    place(&x, &recipe);
    write_outputs(&x);
    x.memory[x.call.tensors[SC_TENSOR_O].offset] = 0;
    collect(&x, &outcome);
    cr_expect_eq(outcome.damage.unwritten, 0);
    cr_expect_eq(outcome.damage.overwritten, 1);
    remove_all(&x, &outcome);
}

Test(image, what_it_places_can_be_parsed)
{
    for (int32_t n = 0; n < 3; n++) {
        const struct sc_recipe recipe = n == 0   ? recipes_mixed()
                                        : n == 1 ? far_apart()
                                                 : sc_recipe_plain();
        struct placed x;
        struct sc_outcome outcome;
        struct sc_call read;
        struct sc_error error = {SC_OK, ""};
        char line[SC_CALL_TEXT_MAX];
        place(&x, &recipe);
        const size_t bytes = sc_call_print(&x.call, line);
        cr_expect_eq(sc_call_parse(line, bytes, &read, &error), SC_OK, "%s: %s", line, error.text);
        collect(&x, &outcome);
        remove_all(&x, &outcome);
    }
}
