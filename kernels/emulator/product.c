/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/product.h"

#include "kernels/emulator/operand.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/state.h"
#include "kernels/primitives/grid.h"

#include <stdlib.h>
#include <string.h>

struct sc_product_queue *sc_product_queue(struct sc_emulator *emulator)
{
    return &emulator->products[emulator->current / SC_GROUP_THREADS];
}

int32_t sc_product_member(const struct sc_emulator *emulator)
{
    return emulator->current % SC_GROUP_THREADS;
}

/* 8 elements of shared memory. */
static void fetch(uint16_t elements[8], size_t offset)
{
    memcpy(elements, sc_grid_shared() + offset, SC_OPERAND_PIECE);
}

/* Rows 16 warp to 16 warp + 15 of A. */
static void fetch_a(const struct sc_product *product, int32_t warp, uint16_t a[16][16])
{
    const struct sc_product_part *part = &product->parts[warp * SC_WARP];

    for (int32_t row = 0; row < 16 && part->registers == NULL; row++) {
        for (int32_t piece = 0; piece < 2; piece++) {
            fetch(&a[row][8 * piece], sc_operand_in_rows(part->a, 16 * warp + row, piece));
        }
    }
    for (int32_t lane = 0; lane < SC_WARP && part->registers != NULL; lane++) {
        for (int32_t r = 0; r < 4; r++) {
            const uint32_t pair = part[lane].registers[r];
            uint16_t *to = &a[lane / 4 + r % 2 * 8][2 * (lane % 4) + r / 2 * 8];
            to[0] = (uint16_t)(pair & 0xffff);
            to[1] = (uint16_t)(pair >> 16);
        }
    }
}

/* Columns 8 tile to 8 tile + 7 of B, each as a row of b. */
static void fetch_b(const struct sc_product *product, int32_t tile, uint16_t b[8][16])
{
    const struct sc_product_part *part = &product->parts[0];

    for (int32_t i = 0; i < 8 && !part->columns; i++) {
        for (int32_t piece = 0; piece < 2; piece++) {
            fetch(&b[i][8 * piece], sc_operand_in_rows(part->b, 8 * tile + i, piece));
        }
    }
    for (int32_t k = 0; k < 16 && part->columns; k++) {
        uint16_t row[8];
        fetch(row, sc_operand_in_columns(part->b, k, tile));
        for (int32_t i = 0; i < 8; i++) {
            b[i][k] = row[i];
        }
    }
}

static float *value_of(struct sc_product *product, int32_t warp, int32_t tile, int32_t row,
                       int32_t column)
{
    const int32_t lane = row % 8 * 4 + column / 2;

    return &product->values[warp * SC_WARP + lane][4 * tile + row / 8 * 2 + column % 2];
}

static void multiply_tile(const struct sc_emulator *emulator, struct sc_product *product,
                          int32_t warp, int32_t tile, const uint16_t a[16][16])
{
    const struct sc_product_part *part = &product->parts[0];
    uint16_t b[8][16];
    float c[16][8];

    fetch_b(product, tile, b);
    for (int32_t i = 0; i < 16 * 8; i++) {
        c[i / 8][i % 8] = part->add ? *value_of(product, warp, tile, i / 8, i % 8) : 0.0f;
    }
    emulator->options.matrix_add(part->format, a, (const uint16_t(*)[16])b, c);
    for (int32_t i = 0; i < 16 * 8; i++) {
        *value_of(product, warp, tile, i / 8, i % 8) = c[i / 8][i % 8];
    }
}

static void multiply(const struct sc_emulator *emulator, struct sc_product *product)
{
    for (int32_t warp = 0; warp < SC_PRODUCT_WARPS; warp++) {
        uint16_t a[16][16];
        fetch_a(product, warp, a);
        for (int32_t tile = 0; tile < product->parts[0].n / 8; tile++) {
            multiply_tile(emulator, product, warp, tile, (const uint16_t(*)[16])a);
        }
    }
}

static size_t d_bytes(const struct sc_product *product)
{
    return (size_t)product->parts[0].n / 2 * sizeof(float);
}

/* The first product from `from` on, before `end`, that is not done and has the same D in a thread; NULL: none. */
static struct sc_product *sharing(struct sc_product *from, const struct sc_product *end, int32_t t,
                                  const float *d)
{
    while (from != end && (from->done || from->parts[t].d != d)) {
        from = from->next;
    }
    return from != end ? from : NULL;
}

static void take_d(struct sc_product *product, int32_t t)
{
    memcpy(product->values[t], product->parts[t].d, d_bytes(product));
}

/* Who comes next has the D of before; nobody else has. */
static void do_now(const struct sc_emulator *emulator, struct sc_product *product)
{
    multiply(emulator, product);
    product->done = true;
    for (int32_t t = 0; t < SC_GROUP_THREADS; t++) {
        float *d = product->parts[t].d;
        struct sc_product *next =
            emulator->options.unwatched ? NULL : sharing(product->next, NULL, t, d);
        memcpy(next != NULL ? next->values[t] : d, product->values[t], d_bytes(product));
    }
}

static void take_off(const struct sc_emulator *emulator, struct sc_product_queue *queue,
                     struct sc_product *product)
{
    for (int32_t t = 0; t < SC_GROUP_THREADS && !emulator->options.unwatched; t++) {
        float *d = product->parts[t].d;
        if (sharing(queue->first, product, t, d) == NULL) {
            take_d(product, t);
            memset(d, SC_MEMORY_POISON, d_bytes(product));
        }
    }
}

/* What each thread brought, and its registers and clocks at the start. */
static void fill(struct sc_emulator *emulator, struct sc_product *product)
{
    const int32_t first = emulator->current / SC_GROUP_THREADS * SC_GROUP_THREADS;

    for (int32_t t = 0; t < SC_GROUP_THREADS; t++) {
        const struct sc_product_part *part = emulator->threads[first + t].offer;
        product->parts[t] = *part;
        if (part->registers != NULL) {
            memcpy(product->registers[t], part->registers, sizeof product->registers[t]);
        }
    }
    for (int32_t w = 0; w < SC_PRODUCT_WARPS; w++) {
        for (int32_t i = 0; i < SC_PRODUCT_LOOKING; i++) {
            memcpy(product->clocks[w][i], sc_race_clocks(&emulator->race, first + w * SC_WARP + i),
                   2 * (size_t)emulator->threads_count * sizeof product->clocks[w][i][0]);
        }
    }
}

bool sc_product_start(struct sc_emulator *emulator)
{
    struct sc_product_queue *queue = sc_product_queue(emulator);
    struct sc_product *product = malloc(sizeof *product);
    const bool late = queue->last != NULL && !queue->last->done;

    if (product == NULL) {
        return false;
    }
    fill(emulator, product);
    product->group = queue->group;
    product->done = false;
    product->next = NULL;
    *(queue->first == NULL ? &queue->first : &queue->last->next) = product;
    queue->last = product;
    if (late || !sc_copies_early(emulator)) {
        take_off(emulator, queue, product);
        return true;
    }
    for (int32_t t = 0; t < SC_GROUP_THREADS; t++) {
        take_d(product, t);
    }
    do_now(emulator, product);
    return true;
}

void sc_product_finish(struct sc_emulator *emulator, int64_t pending)
{
    struct sc_product_queue *queue = sc_product_queue(emulator);

    while (queue->first != NULL && queue->first->group < queue->group - pending) {
        struct sc_product *product = queue->first;
        for (int32_t t = 0; t < SC_GROUP_THREADS && emulator->options.unwatched && !product->done;
             t++) {
            take_d(product, t);
        }
        if (!product->done) {
            do_now(emulator, product);
        }
        queue->first = product->next;
        free(product);
    }
    queue->last = queue->first != NULL ? queue->last : NULL;
}

void sc_product_clear(struct sc_emulator *emulator)
{
    for (int32_t g = 0; g < SC_STATE_GROUPS_MAX; g++) {
        struct sc_product_queue *queue = &emulator->products[g];
        while (queue->first != NULL) {
            struct sc_product *product = queue->first;
            queue->first = product->next;
            free(product);
        }
        queue->last = NULL;
        queue->group = 0;
    }
}

void sc_product_exit(struct sc_emulator *emulator)
{
    const struct sc_product *first = sc_product_queue(emulator)->first;

    if (first != NULL && !emulator->options.unwatched) {
        sc_raise(emulator, SC_FAULT_NEVER_WAITED, first->parts[sc_product_member(emulator)].site,
                 NULL, NULL, 0);
    }
}
