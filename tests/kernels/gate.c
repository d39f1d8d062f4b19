/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/gate.h"
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/copy.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/group.h"
#include "tests/kernels/faulty.h"

/* Four warps that take what a fifth one brings, through two stages in shared memory. Of each stage there are two gates:
 * it is full, and it is empty. Blocks of FAULTY_GATE_THREADS threads and FAULTY_GATE_SHARED bytes. */

#define TAKERS   FAULTY_GATE_TAKERS
#define BRINGERS (FAULTY_GATE_THREADS - TAKERS)
#define SPARE    6 /* a gate that nobody has set */

static struct sc_gate *gate(int32_t i)
{
    return (struct sc_gate *)(void *)(sc_grid_shared() + FAULTY_GATE_AT) + i;
}

static struct sc_gate *full(int32_t stage)
{
    return gate(stage);
}

static struct sc_gate *empty(int32_t stage)
{
    return gate(2 + stage);
}

static float *values(int32_t stage)
{
    return (float *)(void *)sc_grid_shared() + 128 * stage;
}

static bool brings(void)
{
    return sc_grid_thread() >= TAKERS;
}

/* The gates are set and the stages hold zeros. */
static void begin(void)
{
    const int32_t thread = sc_grid_thread();

    for (int32_t i = thread; i < 2 * 128; i += FAULTY_GATE_THREADS) {
        values(0)[i] = 0.0f;
    }
    if (thread < 2) {
        sc_gate_set(full(thread), BRINGERS); /* other: gate_stored */
        sc_gate_set(empty(thread), TAKERS);
    }
    sc_barrier_block();
}

static void end(void)
{
    const int32_t thread = sc_grid_thread();

    sc_barrier_block();
    if (thread < 4) {
        sc_gate_end(gate(thread)); /* here: gate_copies_ended */
    }
}

static void keep(const struct faulty *arguments, float x)
{
    if (!brings()) {
        arguments->fresh[TAKERS * sc_grid_block() + sc_grid_thread()] = x;
    }
}

static void store(const struct faulty *arguments, int32_t stage, int32_t turn)
{
    const int32_t lane = sc_grid_thread() - TAKERS;

    for (int32_t i = 0; i < 4; i++) {
        values(stage)[4 * lane + i] = arguments->in[4 * (turn + lane) + i];
    }
}

/* What a thread that brings has of the first stage. */
static float *own(void)
{
    return values(0) + 4 * (sc_grid_thread() - TAKERS);
}

static void copy(const struct faulty *arguments, int32_t stage, int32_t turn)
{
    const int32_t lane = sc_grid_thread() - TAKERS;

    sc_copy_start(values(stage) + 4 * lane, arguments->in + 4 * (turn + lane), 16);
}

static float taken(int32_t stage)
{
    return values(stage)[(sc_grid_thread() + 1) % 128];
}

/* The stages in turn, FAULTY_GATE_TURNS times. */
static void ring(const struct faulty *arguments, bool copies)
{
    float sum = 0.0f;

    begin();
    for (int32_t turn = 0; turn < FAULTY_GATE_TURNS; turn++) {
        const int32_t stage = turn % 2, parity = turn / 2 % 2;
        if (!brings()) {
            sc_gate_wait(full(stage), parity);
            sum += (float)(turn + 1) * taken(stage);
            sc_gate_arrive(empty(stage));
            continue;
        }
        sc_gate_wait(empty(stage), 1 - parity);
        if (copies) {
            copy(arguments, stage, turn);
            sc_gate_arrive_copies(full(stage));
        } else {
            store(arguments, stage, turn);
            sc_gate_arrive(full(stage));
        }
    }
    keep(arguments, sum);
    end();
}

SC_KERNEL(gate_ring, struct faulty)
{
    ring(arguments, false);
}

SC_KERNEL(gate_ring_copies, struct faulty)
{
    ring(arguments, true);
}

/* Who brings has exited when the others take it. */
SC_KERNEL(gate_left, struct faulty)
{
    begin();
    if (brings()) {
        copy(arguments, 0, 0);
        sc_gate_arrive_copies(full(0));
        return;
    }
    sc_gate_wait(full(0), 0);
    keep(arguments, taken(0));
}

/* Who brings waits itself for its copies, which others see by way of it or of the gate. */
SC_KERNEL(gate_both, struct faulty)
{
    float sum = 0.0f;

    begin();
    if (brings()) {
        copy(arguments, 0, 0);
        sc_copy_group();
        sc_gate_arrive_copies(full(0));
        copy(arguments, 1, 1);
        sc_copy_group();
        sc_gate_arrive_copies(full(1));
        SC_COPY_WAIT(1);
        own()[3] += 1.0f;
        sc_gate_wait(full(1), 0);
        values(1)[4 * (sc_grid_thread() - TAKERS)] += 1.0f;
    } else {
        sc_gate_wait(full(0), 0);
        sum = values(0)[sc_grid_thread() / 4 * 4];
    }
    sc_barrier_block();
    keep(arguments, sum + taken(0) + taken(1));
}

/* A gate that is ended is memory again, and may be set again. Of its last phase not all have come. */
SC_KERNEL(gate_again, struct faulty)
{
    float *at = (float *)(void *)full(0);

    begin();
    if (sc_grid_thread() < 7) {
        sc_gate_arrive(full(0));
    }
    sc_barrier_block();
    if (sc_grid_thread() == 9) {
        sc_gate_end(full(0));
        at[0] = 5.0f;
        at[1] = 6.0f;
    }
    sc_barrier_block();
    keep(arguments, at[sc_grid_thread() % 2]);
    sc_barrier_block();
    if (sc_grid_thread() == 8) {
        sc_gate_set(full(0), FAULTY_GATE_THREADS);
    }
    sc_barrier_block();
    sc_gate_arrive(full(0));
    sc_gate_wait(full(0), 0);
}

/* Two warps at two places, and two that are of another barrier. */
SC_KERNEL(gate_some_any, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    int32_t any = 7;

    if (thread < 32) {
        any = sc_barrier_some_any(1, 64, thread == 5 ? -8 : 0);
    } else if (thread < 64) {
        any = sc_barrier_some_any(1, 64, 0);
    } else if (thread < 128) {
        any = sc_barrier_some_any(2, 64, 0);
    }
    keep(arguments, (float)any);
}

/* A value before the wait and after it. */
SC_KERNEL(gate_copies_peek, struct faulty)
{
    begin();
    if (sc_grid_thread() >= TAKERS) {
        copy(arguments, 0, 0);
        sc_gate_arrive_copies(full(0));
    }
    if (sc_grid_thread() == TAKERS) {
        arguments->out[0] = values(0)[1];
        sc_gate_wait(full(0), 0);
        arguments->out[1] = values(0)[1];
    }
}

SC_KERNEL(gate_missing_wait, struct faulty)
{
    begin();
    if (brings()) {
        values(0)[sc_grid_thread() - TAKERS] = 1.0f; /* other: gate_missing_wait */
        sc_gate_arrive(full(0));
    } else {
        keep(arguments, values(0)[sc_grid_thread() % 32]); /* here: gate_missing_wait */
    }
}

/* The phase before the first one is over. */
SC_KERNEL(gate_wrong_parity, struct faulty)
{
    begin();
    if (brings()) {
        sc_gate_wait(empty(0), 0);
        values(0)[sc_grid_thread() - TAKERS] = 1.0f; /* other: gate_wrong_parity */
        sc_gate_arrive(full(0));
    } else {
        sc_gate_wait(full(0), 1);
        sc_gate_arrive(empty(0));
        keep(arguments, values(0)[sc_grid_thread() % 32]); /* here: gate_wrong_parity */
    }
}

SC_KERNEL(gate_arrived_early, struct faulty)
{
    begin();
    if (brings()) {
        sc_gate_wait(empty(0), 0);
        values(0)[sc_grid_thread() - TAKERS] = 1.0f; /* other: gate_arrived_early */
    } else {
        sc_gate_arrive(empty(0));
        keep(arguments, values(0)[sc_grid_thread() % 32]); /* here: gate_arrived_early */
    }
}

/* Who brings has arrived at the other gate. */
SC_KERNEL(gate_other, struct faulty)
{
    begin();
    if (brings()) {
        sc_gate_arrive(full(1));
        values(0)[sc_grid_thread() - TAKERS] = 1.0f; /* other: gate_other */
        sc_gate_arrive(full(0));
    } else {
        sc_gate_wait(full(1), 0);
        keep(arguments, values(0)[sc_grid_thread() % 32]); /* here: gate_other */
    }
}

/* What has come in a phase that is not over is not of the one that is. */
SC_KERNEL(gate_next_phase, struct faulty)
{
    float sum = 0.0f;

    begin();
    if (brings()) {
        sc_gate_arrive(full(0));
        sc_barrier_warp();
    }
    if (sc_grid_thread() == TAKERS) {
        values(0)[0] = 1.0f; /* other: gate_next_phase */
        sc_gate_arrive(full(0));
    }
    if (sc_grid_thread() == 7) {
        for (int32_t i = 0; i < 8192; i++) { /* until then it has come, mostly */
            sum += arguments->in[i % FAULTY_VALUES];
        }
        sc_gate_wait(full(0), 0);
        keep(arguments, sum + values(0)[0]); /* here: gate_next_phase */
    }
}

SC_KERNEL(gate_copies_missing_wait, struct faulty)
{
    begin();
    if (brings()) {
        sc_copy_start(own(), arguments->in, 16); /* other: gate_copies_missing_wait */
        sc_gate_arrive_copies(full(0));
        sc_gate_wait(full(0), 0);
    } else {
        keep(arguments, values(0)[sc_grid_thread()]); /* here: gate_copies_missing_wait */
    }
}

/* That others have waited does not help who started the copy, wherever its data are. */
/* Of a thread that arrives for its copies, who waits sees the copies alone. */
SC_KERNEL(gate_copies_and_store, struct faulty)
{
    begin();
    if (brings()) {
        values(1)[sc_grid_thread() - TAKERS] = 1.0f; /* other: gate_copies_and_store */
        copy(arguments, 0, 0);
        sc_gate_arrive_copies(full(0));
        sc_gate_wait(full(0), 0);
    } else {
        sc_gate_wait(full(0), 0);
        keep(arguments, values(1)[sc_grid_thread() % 32]); /* here: gate_copies_and_store */
    }
    end();
}

SC_KERNEL(gate_copies_own, struct faulty)
{
    begin();
    if (brings()) {
        sc_copy_start(own(), arguments->in, 16); /* other: gate_copies_own */
        sc_gate_arrive_copies(full(0));
        arguments->out[sc_grid_thread() - TAKERS + 32 * sc_grid_block()] =
            own()[0]; /* here: gate_copies_own */
    } else {
        sc_gate_wait(full(0), 0);
    }
}

/* Another arrival, before the copy has started, is none for it. */
SC_KERNEL(gate_copies_before, struct faulty)
{
    begin();
    if (brings()) {
        sc_gate_arrive_copies(full(0));
        sc_copy_start(own(), arguments->in, 16); /* other: gate_copies_before */
        sc_copy_group();
        SC_COPY_WAIT(0);
    } else {
        sc_gate_wait(full(0), 0);
        keep(arguments, values(0)[sc_grid_thread()]); /* here: gate_copies_before */
    }
}

SC_KERNEL(gate_copies_never_waited, struct faulty)
{
    begin();
    if (sc_grid_thread() == TAKERS) {
        copy(arguments, 0, 0);
        sc_gate_arrive_copies(full(0));
        sc_copy_start(values(1), arguments->in, 16); /* here: gate_copies_never_waited */
    }
}

SC_KERNEL(gate_never_waited, struct faulty)
{
    begin();
    if (sc_grid_thread() == TAKERS) {
        sc_copy_start(values(1), arguments->in, 16); /* here: gate_never_waited */
        sc_gate_arrive_copies(full(0));
    }
}

SC_KERNEL(gate_copies_ended, struct faulty)
{
    begin();
    if (sc_grid_thread() == TAKERS) {
        copy(arguments, 0, 0);
        sc_gate_arrive_copies(full(0)); /* other: gate_copies_ended */
    }
    end(); /* nobody has waited */
}

SC_KERNEL(gate_few_arrivals, struct faulty)
{
    (void)arguments;
    begin();
    if (brings() && sc_grid_thread() != TAKERS) {
        sc_gate_arrive(full(0));
    } else {
        sc_gate_wait(full(0), 0); /* here: gate_few_arrivals */
    }
}

/* Who should arrive meets the others first. */
SC_KERNEL(gate_and_barrier, struct faulty)
{
    (void)arguments;
    begin();
    if (!brings()) {
        sc_gate_wait(full(0), 0); /* here: gate_and_barrier */
    }
    sc_barrier_block(); /* other: gate_and_barrier */
    sc_gate_arrive(full(0));
}

SC_KERNEL(gate_unknown, struct faulty)
{
    (void)arguments;
    if (sc_grid_thread() == 64) {
        sc_gate_set(full(0), 1); /* other: gate_unknown */
    }
    if (sc_grid_thread() == 7) {
        sc_gate_arrive(full(0)); /* here: gate_unknown */
    }
}

SC_KERNEL(gate_ended, struct faulty)
{
    (void)arguments;
    begin();
    if (sc_grid_thread() == 3) {
        sc_gate_end(full(0)); /* here: gate_ended */
    } else if (brings()) {
        sc_gate_arrive(full(0)); /* other: gate_ended */
    }
}

/* One thread waits at the gate that another one ends. */
SC_KERNEL(gate_ended_early, struct faulty)
{
    (void)arguments;
    begin();
    if (sc_grid_thread() == 3) {
        sc_gate_end(full(0));
    } else if (sc_grid_thread() == 77) {
        sc_gate_wait(full(0), 0);
    }
}

SC_KERNEL(gate_stored, struct faulty)
{
    begin();
    if (sc_grid_thread() == 31) {
        ((float *)(void *)full(1))[1] = arguments->in[3]; /* here: gate_stored */
    }
}

SC_KERNEL(gate_misaligned, struct faulty)
{
    (void)arguments;
    begin();
    sc_gate_arrive((struct sc_gate *)((float *)(void *)full(0) + 1)); /* here: gate_misaligned */
}

SC_KERNEL(gate_global, struct faulty)
{
    if (sc_grid_thread() == 0) {
        sc_gate_set((struct sc_gate *)(void *)arguments->out, 1); /* here: gate_global */
    }
}

SC_KERNEL(gate_twice, struct faulty)
{
    (void)arguments;
    if (sc_grid_thread() == 0) {
        sc_gate_set(full(0), 3); /* other: gate_twice */
        sc_gate_set(full(0), 3); /* here: gate_twice */
    }
}

SC_KERNEL(gate_absent, struct faulty)
{
    (void)arguments;
    begin();
    sc_gate_wait(gate(SPARE), 1); /* here: gate_absent */
}

SC_KERNEL(gate_parity, struct faulty)
{
    (void)arguments;
    begin();
    sc_gate_wait(full(0), 2); /* here: gate_parity */
}

SC_KERNEL(gate_no_arrivals, struct faulty)
{
    if (sc_grid_thread() == 0) {
        sc_gate_set(full(0), arguments->zero); /* here: gate_no_arrivals */
    }
}

SC_KERNEL(gate_any_and_none, struct faulty)
{
    (void)arguments;
    if (sc_grid_thread() < 32) {
        sc_barrier_some(1, 64); /* here: gate_any_and_none */
    } else if (sc_grid_thread() < 64) {
        (void)sc_barrier_some_any(1, 64, 1); /* other: gate_any_and_none */
    }
}

SC_KERNEL(gate_any_places, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    int32_t any = 0;

    if (thread < 16) {
        any = sc_barrier_some_any(1, 32, 1); /* here: gate_any_places */
    } else if (thread < 32) {
        any = 2 * sc_barrier_some_any(1, 32, 0); /* other: gate_any_places */
    }
    keep(arguments, (float)any);
}

/* Operands of a product, which start where the stages do. */
static uint16_t *tile(void)
{
    return (uint16_t *)(void *)sc_grid_shared();
}

static void store_tile(const struct faulty *arguments)
{
    for (int32_t i = sc_grid_thread() - TAKERS; i < FAULTY_GROUP_SHARED / 2; i += BRINGERS) {
        tile()[i] = arguments->a[i % 256];
    }
}

static void copy_tile(const struct faulty *arguments)
{
    for (int32_t i = sc_grid_thread() - TAKERS; i < FAULTY_GROUP_SHARED / 16; i += BRINGERS) {
        sc_copy_start(tile() + 8 * i, arguments->a + i % 32 * 8, 16);
    }
}

static void multiply(const struct faulty *arguments)
{
    float d[16];

    sc_group_begin();
    sc_group_product_bf16(d, 32, sc_group_rows(tile()), sc_group_rows(tile() + FAULTY_GROUP_B),
                          false);
    sc_group_commit();
    SC_GROUP_WAIT(0);
    keep(arguments, d[sc_grid_thread() % 16]);
}

/* Who brings publishes, and all meet. */
SC_KERNEL(gate_product_barrier, struct faulty)
{
    begin();
    if (brings()) {
        store_tile(arguments);
        sc_group_publish();
    }
    sc_barrier_block();
    if (!brings()) {
        multiply(arguments);
    }
}

/* Who brings publishes. */
SC_KERNEL(gate_product_brought, struct faulty)
{
    begin();
    if (brings()) {
        store_tile(arguments);
        sc_group_publish();
        sc_gate_arrive(full(0));
    } else {
        sc_gate_wait(full(0), 0);
        multiply(arguments);
    }
}

/* Who takes publishes, and once more: that is no harm. */
SC_KERNEL(gate_product_taken, struct faulty)
{
    begin();
    if (brings()) {
        copy_tile(arguments);
        sc_gate_arrive_copies(full(0));
    } else {
        sc_gate_wait(full(0), 0);
        sc_group_publish();
        sc_group_publish();
        multiply(arguments);
    }
}

/* Who brings waits for its copies, and publishes them twice, of which the others know the first time. */
SC_KERNEL(gate_product_waited, struct faulty)
{
    begin();
    if (brings()) {
        copy_tile(arguments);
        sc_gate_arrive_copies(full(0));
        sc_gate_wait(full(0), 0);
        sc_group_publish();
        sc_gate_arrive(full(1));
        sc_group_publish();
    } else {
        sc_gate_wait(full(1), 0);
        multiply(arguments);
    }
}

SC_KERNEL(gate_unpublished, struct faulty)
{
    float d[16];

    begin();
    if (brings()) {
        for (int32_t i = sc_grid_thread() - TAKERS; i < FAULTY_GROUP_SHARED / 16; i += BRINGERS) {
            sc_copy_start(tile() + 8 * i, arguments->a, 16); /* other: gate_unpublished */
        }
        sc_gate_arrive_copies(full(0));
    } else {
        sc_gate_wait(full(0), 0);
        sc_group_begin();
        sc_group_product_bf16(d, 32, sc_group_rows(tile()), /* here: gate_unpublished */
                              sc_group_rows(tile() + FAULTY_GROUP_B), false);
        sc_group_commit();
        SC_GROUP_WAIT(0);
    }
}

/* Published before the wait, of which it says nothing. */
SC_KERNEL(gate_published_early, struct faulty)
{
    float d[16];

    begin();
    if (brings()) {
        for (int32_t i = sc_grid_thread() - TAKERS; i < FAULTY_GROUP_SHARED / 2; i += BRINGERS) {
            tile()[i] = arguments->a[0]; /* other: gate_published_early */
        }
        sc_gate_arrive(full(0));
    } else {
        sc_group_publish();
        sc_gate_wait(full(0), 0);
        sc_group_begin();
        sc_group_product_bf16(d, 32, sc_group_rows(tile()), /* here: gate_published_early */
                              sc_group_rows(tile() + FAULTY_GROUP_B), false);
        sc_group_commit();
        SC_GROUP_WAIT(0);
    }
}

/* Published by who started the copies and has not waited for them. */
SC_KERNEL(gate_published_unseen, struct faulty)
{
    float d[16];

    begin();
    if (brings()) {
        for (int32_t i = sc_grid_thread() - TAKERS; i < FAULTY_GROUP_SHARED / 16; i += BRINGERS) {
            sc_copy_start(tile() + 8 * i, arguments->a, 16); /* other: gate_published_unseen */
        }
        sc_gate_arrive_copies(full(0));
        sc_group_publish();
        sc_group_publish();
        sc_gate_arrive(full(1));
    } else {
        sc_gate_wait(full(0), 0);
        sc_gate_wait(full(1), 0);
        sc_group_begin();
        sc_group_product_bf16(d, 32, sc_group_rows(tile()), /* here: gate_published_unseen */
                              sc_group_rows(tile() + FAULTY_GROUP_B), false);
        sc_group_commit();
        SC_GROUP_WAIT(0);
    }
}
