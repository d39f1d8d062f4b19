/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/access.h"
#include "kernels/emulator/operand.h"
#include "kernels/emulator/product.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/state.h"
#include "kernels/primitives/grid.h"

#include <string.h>

/* What a thread must have done, and must have left, for the products of its warpgroup. */

/* A look of the present thread at shared memory that a product reads. */
struct look {
    const struct sc_product_part *part;
    const uint32_t *clocks; /* of the thread at the start of the product; NULL: this is the start */
    uintptr_t site;
};

/* Whether what was last written to a byte is published, as the present thread knows. Of a thread's publications the
 * clock of the latest one alone is kept; one before that is taken to be known. */
static bool is_published(const struct sc_emulator *emulator, uint32_t writer)
{
    const int32_t by = (int32_t)(writer % 1024), reader = emulator->current;
    const struct sc_state_thread *thread = &emulator->threads[by];
    const uint32_t after = thread->publications - (writer >> 10);

    return after > 1 ||
           (after == 1 && (by == reader ||
                           thread->published_when <= sc_race_clocks(&emulator->race, reader)[by]));
}

/* The same where copies brought it, for which the writer arrived at a gate: it publishes what it has waited for. */
static bool is_copy_published(const struct sc_emulator *emulator, const struct sc_race_who *write)
{
    const struct sc_race *race = &emulator->race;
    const int32_t by = sc_race_thread(write->mark), reader = emulator->current;
    const struct sc_state_thread *thread = &emulator->threads[by];

    return write->clock <= thread->published_copies ||
           (thread->publications > 0 &&
            write->clock <= sc_race_published(race, by)[race->threads + by] &&
            thread->published_when <= sc_race_clocks(race, reader)[by]);
}

/* Whether the present thread has published since it knew of a write of another's; of an atomic operation it does not
 * say. */
static bool is_republished(const struct sc_emulator *emulator, const struct sc_race_who *write,
                           uint32_t writer)
{
    const struct sc_race *race = &emulator->race;
    const int32_t by = sc_race_thread(write->mark), reader = emulator->current;

    return emulator->threads[reader].publications > 0 && by == (int32_t)(writer % 1024) &&
           by != reader &&
           write->clock <= sc_race_published(race, reader)[sc_race_component(race, write->mark)];
}

static bool is_there(const struct sc_emulator *emulator, size_t at)
{
    const struct sc_race_who *write = &emulator->shared.cells[at].write;
    const uint32_t writer = emulator->shared.writers[at];

    return ((write->mark & SC_RACE_COPIES) != 0 ? is_copy_published(emulator, write)
                                                : is_published(emulator, writer)) ||
           is_republished(emulator, write, writer);
}

static void check_published(struct sc_emulator *emulator, size_t start, uintptr_t site)
{
    const struct sc_memory *shared = &emulator->shared;

    for (size_t i = start; i < start + SC_OPERAND_PIECE; i++) {
        if (!is_there(emulator, i)) {
            const struct sc_race_who *write = &shared->cells[i].write;
            const struct sc_fault_place other =
                sc_raise_place(emulator, sc_race_thread(write->mark), sc_race_site(write->mark));
            sc_raise(emulator, SC_FAULT_UNPUBLISHED, site, &other, shared->bytes + i, 1);
        }
    }
}

static void check_left(struct sc_emulator *emulator, size_t start, const struct look *look)
{
    const struct sc_memory *shared = &emulator->shared;
    struct sc_race_who who;
    size_t at;

    if (sc_race_since(&emulator->race, shared, start, SC_OPERAND_PIECE, look->clocks, &who, &at)) {
        const struct sc_fault_place other =
            sc_raise_place(emulator, sc_race_thread(who.mark), sc_race_site(who.mark));
        sc_raise(emulator, SC_FAULT_RACE, look->site, &other, shared->bytes + start,
                 SC_OPERAND_PIECE);
    }
}

static void look_at(struct sc_emulator *emulator, size_t offset, const struct look *look)
{
    const unsigned char *piece = sc_grid_shared() + offset;
    const size_t start = (size_t)(piece - emulator->shared.bytes);

    sc_access_in(emulator, SC_FAULT_SHARED, piece, SC_OPERAND_PIECE, SC_OPERAND_PIECE, SC_RACE_READ,
                 look->site);
    if (emulator->options.unwatched) {
        return;
    }
    if (look->clocks == NULL) {
        check_published(emulator, start, look->site);
    } else {
        check_left(emulator, start, look);
    }
}

static void look_at_a(struct sc_emulator *emulator, const struct look *look)
{
    const int32_t first = sc_product_member(emulator) / SC_WARP * 16;

    for (int32_t i = 0; i < 16 * 2; i++) {
        look_at(emulator, sc_operand_in_rows(look->part->a, first + i / 2, i % 2), look);
    }
}

static void look_at_b(struct sc_emulator *emulator, const struct look *look)
{
    const struct sc_product_part *part = look->part;

    for (int32_t i = 0; i < part->n * 2; i++) {
        look_at(emulator,
                part->columns ? sc_operand_in_columns(part->b, i % 16, i / 16)
                              : sc_operand_in_rows(part->b, i / 2, i % 2),
                look);
    }
}

static void look_at_shared(struct sc_emulator *emulator, const struct look *look)
{
    const int32_t warp = sc_product_member(emulator) / SC_WARP, lane = emulator->current % SC_WARP;

    if (lane < SC_PRODUCT_LOOKING && look->part->registers == NULL) {
        look_at_a(emulator, look);
    }
    if (lane == 0 && warp < SC_PRODUCT_LOOKING) {
        look_at_b(emulator, look);
    }
}

static size_t d_bytes(const struct sc_product_part *part)
{
    return (size_t)part->n / 2 * sizeof part->d[0];
}

static void raise_flight(struct sc_emulator *emulator, const struct sc_product_part *earlier,
                         const void *address, size_t bytes, uintptr_t site)
{
    const struct sc_fault_place other = sc_raise_place(emulator, emulator->current, earlier->site);

    sc_raise(emulator, SC_FAULT_IN_FLIGHT, site, &other, address, bytes);
}

/* Registers of the present thread that a product in flight has are as it left them. */
static void check_untouched(struct sc_emulator *emulator, const struct sc_product *product,
                            uintptr_t site)
{
    const int32_t member = sc_product_member(emulator);
    const struct sc_product_part *part = &product->parts[member];
    const unsigned char *d = (const unsigned char *)part->d;

    for (size_t i = 0; i < d_bytes(part); i++) {
        if (d[i] != SC_MEMORY_POISON) {
            raise_flight(emulator, part, d + i, 1, site);
        }
    }
    if (part->registers != NULL && memcmp(part->registers, product->registers[member],
                                          sizeof product->registers[member]) != 0) {
        raise_flight(emulator, part, part->registers, sizeof product->registers[member], site);
    }
}

static bool overlap(const void *x, size_t x_bytes, const void *y, size_t y_bytes)
{
    return x != NULL && y != NULL && (uintptr_t)x < (uintptr_t)y + y_bytes &&
           (uintptr_t)y < (uintptr_t)x + x_bytes;
}

/* Two products may have one D, and nothing else that one of them writes. */
static void check_against(struct sc_emulator *emulator, const struct sc_product_part *part,
                          const struct sc_product *earlier)
{
    const struct sc_product_part *before = &earlier->parts[sc_product_member(emulator)];
    const size_t bytes = d_bytes(part), a_bytes = 4 * sizeof part->registers[0];
    const bool same = part->d == before->d && part->n == before->n;

    if ((!same && overlap(part->d, bytes, before->d, d_bytes(before))) ||
        overlap(part->d, bytes, before->registers, a_bytes)) {
        raise_flight(emulator, before, part->d, bytes, part->site);
    }
    if (overlap(part->registers, a_bytes, before->d, d_bytes(before))) {
        raise_flight(emulator, before, part->registers, a_bytes, part->site);
    }
    if (same && !earlier->done) {
        check_untouched(emulator, earlier, part->site);
    }
}

static void check_registers(struct sc_emulator *emulator, const struct sc_product_part *part)
{
    const size_t bytes = d_bytes(part);

    if (part->registers != NULL) {
        sc_access_in(emulator, SC_FAULT_STACKS, part->registers, 4 * sizeof part->registers[0], 4,
                     SC_RACE_READ, part->site);
    }
    sc_access_in(emulator, SC_FAULT_STACKS, part->d, bytes, 4, SC_RACE_WRITE, part->site);
    if (emulator->options.unwatched) {
        return;
    }
    if (!sc_state_current(emulator)->begun) {
        sc_raise(emulator, SC_FAULT_UNORDERED, part->site, NULL, NULL, 0);
    }
    for (const struct sc_product *p = sc_product_queue(emulator)->first; p != NULL; p = p->next) {
        check_against(emulator, part, p);
    }
}

void sc_product_check_start(struct sc_emulator *emulator, const struct sc_product_part *part)
{
    const struct look look = {part, NULL, part->site};
    const bool fits =
        (part->registers != NULL || sc_operand_is_rows(part->a)) &&
        (part->columns ? sc_operand_is_columns(part->b) : sc_operand_is_rows(part->b));

    if (emulator->options.matrix_add == NULL || !fits ||
        (part->n != 32 && part->n != 64 && part->n != 128)) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, part->site, NULL, NULL, 0);
    }
    check_registers(emulator, part);
    look_at_shared(emulator, &look);
}

void sc_product_check_wait(struct sc_emulator *emulator, int64_t pending, uintptr_t site)
{
    const struct sc_product_queue *queue = sc_product_queue(emulator);
    const int32_t member = sc_product_member(emulator), warp = member / SC_WARP,
                  lane = member % SC_WARP;

    for (const struct sc_product *p = queue->first;
         p != NULL && p->group < queue->group - pending && !emulator->options.unwatched;
         p = p->next) {
        const struct look look = {&p->parts[member], p->clocks[warp][lane % SC_PRODUCT_LOOKING],
                                  site};
        if (!p->done) {
            check_untouched(emulator, p, site);
        }
        look_at_shared(emulator, &look);
    }
}
