/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/gate.h"
#include "tests/kernels/run.h"

#include <criterion/criterion.h>
#include <string.h>

/* What gates do in the emulator; their faults: tests/emulator.c. */

#define SEEDS 12

void gate_again(const void *arguments);
void gate_both(const void *arguments);
void gate_copies_own(const void *arguments);
void gate_copies_peek(const void *arguments);
void gate_ended_early(const void *arguments);
void gate_left(const void *arguments);
void gate_product_barrier(const void *arguments);
void gate_product_brought(const void *arguments);
void gate_product_taken(const void *arguments);
void gate_product_waited(const void *arguments);
void gate_published_unseen(const void *arguments);
void gate_ring(const void *arguments);
void gate_ring_copies(const void *arguments);
void gate_some_any(const void *arguments);

static enum sc_fault_kind launch(struct run *run, void (*kernel)(const void *),
                                 enum sc_emulator_landing landing, bool unwatched, uint64_t seed)
{
    run_create(run, SC_FORMAT_BF16);
    run->threads = FAULTY_GATE_THREADS;
    run->shared_bytes = FAULTY_GATE_SHARED;
    run->options.landing = landing;
    run->options.unwatched = unwatched;
    run->options.switch_every = seed % 2 == 0 ? 3 : 64;
    return run_launch(run, kernel, seed);
}

/* What each thread of four warps keeps, in each of two blocks, whenever copies land. */
static void expect_kept(void (*kernel)(const void *), float (*expected)(int32_t thread),
                        const char *name)
{
    struct run run;
    char text[2048];

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (int landing = 0; landing < 3; landing++) {
            if (launch(&run, kernel, (enum sc_emulator_landing)landing, seed == SEEDS, seed) !=
                SC_FAULT_NONE) {
                sc_fault_describe(&run.fault, text, sizeof text);
                cr_assert_fail("%s, landing %d, seed %d: %s", name, landing, (int)seed, text);
            }
            for (int32_t i = 0; i < FAULTY_BLOCKS * FAULTY_GATE_TAKERS; i++) {
                const float x = expected(i % FAULTY_GATE_TAKERS);
                cr_assert(run.arguments.fresh[i] == x, "%s, landing %d, seed %d: [%d] = %a, not %a",
                          name, landing, (int)seed, i, (double)run.arguments.fresh[i], (double)x);
            }
            sc_emulator_destroy(run.emulator);
        }
    }
}

/* arguments->in holds 0, 1, 2 and so on. */
static float expected_ring(int32_t thread)
{
    int32_t sum = 0;

    for (int32_t turn = 0; turn < FAULTY_GATE_TURNS; turn++) {
        sum += (turn + 1) * (4 * turn + (thread + 1) % 128);
    }
    return (float)sum;
}

static float expected_left(int32_t thread)
{
    return (float)((thread + 1) % 128);
}

static float expected_both(int32_t thread)
{
    const int32_t at = (thread + 1) % 128;

    return (float)(thread / 4 * 4 + at + (at % 4 == 3) + 4 + at + (at % 4 == 0));
}

static float expected_again(int32_t thread)
{
    return thread % 2 == 0 ? 5.0f : 6.0f;
}

static float expected_some_any(int32_t thread)
{
    return thread < 64 ? 1.0f : 0.0f;
}

Test(gate, who_waits_sees_what_has_come, .timeout = 600)
{
    expect_kept(gate_ring, expected_ring, "ring");
    expect_kept(gate_ring_copies, expected_ring, "ring of copies");
    expect_kept(gate_left, expected_left, "left");
    expect_kept(gate_both, expected_both, "both");
    expect_kept(gate_again, expected_again, "again");
}

Test(gate, a_barrier_of_some_combines_their_flags, .timeout = 600)
{
    expect_kept(gate_some_any, expected_some_any, "some, any");
}

/* As they do behind a barrier of the block. */
Test(gate, products_see_what_has_come, .timeout = 600)
{
    static void (*const kernels[])(const void *) = {gate_product_brought, gate_product_taken,
                                                    gate_product_waited};
    struct run barrier, run;

    cr_assert_eq(launch(&barrier, gate_product_barrier, SC_EMULATOR_LANDING_DRAWN, false, 1),
                 SC_FAULT_NONE);
    cr_assert(barrier.arguments.fresh[1] != 0.0f);
    for (size_t k = 0; k < sizeof kernels / sizeof kernels[0]; k++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            const enum sc_fault_kind kind =
                launch(&run, kernels[k], (enum sc_emulator_landing)(seed % 3), seed == SEEDS, seed);
            cr_assert_eq(kind, SC_FAULT_NONE, "%zu, seed %d: %s", k, (int)seed,
                         sc_fault_name(kind));
            cr_expect_eq(
                memcmp(run.arguments.fresh, barrier.arguments.fresh, FAULTY_VALUES * sizeof(float)),
                0, "%zu, seed %d", k, (int)seed);
            sc_emulator_destroy(run.emulator);
        }
    }
    sc_emulator_destroy(barrier.emulator);
}

/* Its wait is a use that the end races with; or it comes where no gate is any more. */
Test(gate, a_gate_does_not_end_while_somebody_waits)
{
    struct run run;
    int32_t races = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const enum sc_fault_kind kind =
            launch(&run, gate_ended_early, SC_EMULATOR_LANDING_DRAWN, false, seed);
        cr_expect(kind == SC_FAULT_RACE || kind == SC_FAULT_ARGUMENT, "seed %d: %s", (int)seed,
                  sc_fault_name(kind));
        races += kind == SC_FAULT_RACE;
        sc_emulator_destroy(run.emulator);
    }
    cr_expect(races > 0 && races < SEEDS, "%d", races);
}

/* Whether the data are there, and whether others have waited, makes no difference. */
Test(gate, copies_are_on_their_way_whenever_they_land)
{
    struct run run;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (int landing = 0; landing < 3; landing++) {
            const enum sc_emulator_landing when = (enum sc_emulator_landing)landing;
            cr_expect_eq(launch(&run, gate_copies_own, when, false, seed), SC_FAULT_IN_FLIGHT);
            sc_emulator_destroy(run.emulator);
            cr_expect_eq(launch(&run, gate_published_unseen, when, false, seed),
                         SC_FAULT_UNPUBLISHED);
            sc_emulator_destroy(run.emulator);
        }
    }
}

/* Where nobody watches, the early ones are seen without a wait, and the late ones are not. */
Test(gate, late_copies_come_with_the_wait)
{
    struct run run;

    for (int landing = SC_EMULATOR_LANDING_EARLIEST; landing <= SC_EMULATOR_LANDING_LATEST;
         landing++) {
        const float expected = landing == SC_EMULATOR_LANDING_EARLIEST ? 1.0f : 0.0f;
        cr_assert_eq(launch(&run, gate_copies_peek, (enum sc_emulator_landing)landing, true, 1),
                     SC_FAULT_NONE);
        cr_expect(run.arguments.out[0] == expected, "%a", (double)run.arguments.out[0]);
        cr_expect(run.arguments.out[1] == 1.0f, "%a", (double)run.arguments.out[1]);
        sc_emulator_destroy(run.emulator);
    }
}
