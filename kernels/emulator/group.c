/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/group.h"

#include "kernels/emulator/meeting.h"
#include "kernels/emulator/product.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

/* Calls of a warpgroup. All its threads meet at each but sc_group_publish, and the last one does what there is to
 * do. */

static struct sc_state_meeting *meeting_of(struct sc_emulator *emulator)
{
    return &emulator->groups[emulator->current / SC_GROUP_THREADS];
}

/* A step of a thread whose warpgroup there is. */
static void step(struct sc_emulator *emulator, uintptr_t site)
{
    sc_schedule_step(emulator, site);
    if ((emulator->current / SC_GROUP_THREADS + 1) * SC_GROUP_THREADS > emulator->threads_count) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
}

static bool come(struct sc_emulator *emulator, enum sc_state_meeting_kind kind, void *offer,
                 uintptr_t site)
{
    return sc_meeting_come(emulator, meeting_of(emulator), kind, SC_GROUP_THREADS, offer, site);
}

void sc_group_begin(void)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    step(emulator, site);
    sc_state_current(emulator)->begun = true;
    if (come(emulator, SC_STATE_GROUP_BEGIN, NULL, site)) {
        sc_meeting_end(emulator, meeting_of(emulator));
    }
}

static bool same(const struct sc_product_part *x, const struct sc_product_part *y)
{
    return x->format == y->format && x->add == y->add && x->columns == y->columns && x->n == y->n &&
           x->a.low == y->a.low && x->b.low == y->b.low &&
           (x->registers == NULL) == (y->registers == NULL);
}

static void check_same(struct sc_emulator *emulator, const struct sc_product_part *part)
{
    const int32_t first = emulator->current / SC_GROUP_THREADS * SC_GROUP_THREADS;

    for (int32_t t = first; t < first + SC_GROUP_THREADS; t++) {
        if (!same(part, emulator->threads[t].offer)) {
            const struct sc_fault_place other =
                sc_raise_place(emulator, t, emulator->threads[t].site);
            sc_raise(emulator, SC_FAULT_ARGUMENT, part->site, &other, NULL, 0);
        }
    }
}

static void product(struct sc_product_part *part)
{
    struct sc_emulator *emulator = sc_state_running;

    step(emulator, part->site);
    sc_product_check_start(emulator, part);
    if (come(emulator, SC_STATE_GROUP_PRODUCT, part, part->site)) {
        check_same(emulator, part);
        if (!sc_product_start(emulator)) {
            sc_raise(emulator, SC_FAULT_LAUNCH, part->site, NULL, NULL, 0);
        }
        sc_meeting_end(emulator, meeting_of(emulator));
    }
}

#define PRODUCTS(name, format)                                                                     \
    void sc_group_product_##name(float *d, int32_t n, struct sc_group_matrix a,                    \
                                 struct sc_group_matrix b, bool add)                               \
    {                                                                                              \
        const uintptr_t site = (uintptr_t)__builtin_return_address(0);                             \
        struct sc_product_part part = {format, add, false, n, a, b, d, NULL, site};                \
        product(&part);                                                                            \
    }                                                                                              \
    void sc_group_product_kept_##name(float *d, int32_t n, const uint32_t a[4],                    \
                                      struct sc_group_matrix b, bool add)                          \
    {                                                                                              \
        const uintptr_t site = (uintptr_t)__builtin_return_address(0);                             \
        struct sc_product_part part = {format, add, false, n, {0}, b, d, a, site};                 \
        product(&part);                                                                            \
    }                                                                                              \
    void sc_group_add_##name(float *d, int32_t n, const uint32_t a[4], struct sc_group_matrix b)   \
    {                                                                                              \
        const uintptr_t site = (uintptr_t)__builtin_return_address(0);                             \
        struct sc_product_part part = {format, true, true, n, {0}, b, d, a, site};                 \
        product(&part);                                                                            \
    }

PRODUCTS(bf16, SC_FORMAT_BF16)
PRODUCTS(fp16, SC_FORMAT_FP16)

void sc_group_commit(void)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    step(emulator, site);
    if (come(emulator, SC_STATE_GROUP_COMMIT, NULL, site)) {
        sc_product_queue(emulator)->group++;
        sc_meeting_end(emulator, meeting_of(emulator));
    }
}

void sc_group_wait(int32_t pending)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    step(emulator, site);
    if (pending < 0) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    sc_product_check_wait(emulator, pending, site);
    sc_state_current(emulator)->begun = false;
    if (come(emulator, SC_STATE_GROUP_WAIT, NULL, site)) {
        sc_product_finish(emulator, pending);
        sc_meeting_end(emulator, meeting_of(emulator));
    }
}

void sc_group_publish(void)
{
    struct sc_emulator *emulator = sc_state_running;
    struct sc_state_thread *thread = sc_state_current(emulator);
    struct sc_race *race = &emulator->race;

    sc_schedule_step(emulator, (uintptr_t)__builtin_return_address(0));
    thread->published_copies =
        thread->publications > 0
            ? sc_race_published(race, emulator->current)[race->threads + emulator->current]
            : 0;
    sc_race_publish(race, emulator->current);
    thread->publications++;
    thread->published_when = sc_race_clocks(race, emulator->current)[emulator->current];
}
