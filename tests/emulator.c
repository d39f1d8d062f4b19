/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/emulator.h"

#include "tests/kernels/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SEEDS 24

/* KERNEL(name, file, fault, the fault that another order of the threads may give) */
#define KERNELS(KERNEL)                                                                            \
    KERNEL(shared_overrun, bounds, BOUNDS, BOUNDS)                                                 \
    KERNEL(shared_underrun, bounds, BOUNDS, BOUNDS)                                                \
    KERNEL(global_overrun, bounds, BOUNDS, BOUNDS)                                                 \
    KERNEL(global_underrun, bounds, BOUNDS, BOUNDS)                                                \
    KERNEL(gap_written, bounds, BOUNDS, BOUNDS)                                                    \
    KERNEL(null_read, bounds, BOUNDS, BOUNDS)                                                      \
    KERNEL(arguments_overrun, bounds, BOUNDS, BOUNDS)                                              \
    KERNEL(arguments_crossed, bounds, BOUNDS, BOUNDS)                                              \
    KERNEL(misaligned, bounds, ALIGNMENT, ALIGNMENT)                                               \
    KERNEL(unwritten_shared, bounds, UNWRITTEN, UNWRITTEN)                                         \
    KERNEL(unwritten_global, bounds, UNWRITTEN, UNWRITTEN)                                         \
    KERNEL(input_written, bounds, READ_ONLY, READ_ONLY)                                            \
    KERNEL(arguments_written, bounds, READ_ONLY, READ_ONLY)                                        \
    KERNEL(foreign_stack, bounds, STACK, STACK)                                                    \
    KERNEL(race_shared, race, RACE, RACE)                                                          \
    KERNEL(race_writes, race, RACE, RACE)                                                          \
    KERNEL(race_warps, race, RACE, RACE)                                                           \
    KERNEL(race_after_warp, race, RACE, RACE)                                                      \
    KERNEL(race_named, race, RACE, RACE)                                                           \
    KERNEL(race_shuffle, race, RACE, RACE)                                                         \
    KERNEL(race_part, race, RACE, RACE)                                                            \
    KERNEL(race_blocks, race, RACE, RACE)                                                          \
    KERNEL(race_blocks_read, race, RACE, RACE)                                                     \
    KERNEL(atomic_mixed, race, RACE, RACE)                                                         \
    KERNEL(atomic_blocks_read, race, RACE, RACE)                                                   \
    KERNEL(atomic_read, race, RACE, RACE)                                                          \
    KERNEL(copy_missing_wait, copy, IN_FLIGHT, IN_FLIGHT)                                          \
    KERNEL(copy_wrong_group, copy, IN_FLIGHT, IN_FLIGHT)                                           \
    KERNEL(copy_written, copy, IN_FLIGHT, IN_FLIGHT)                                               \
    KERNEL(copy_missing_barrier, copy, RACE, RACE)                                                 \
    KERNEL(copy_late_wait, copy, RACE, RACE)                                                       \
    KERNEL(copy_early, copy, RACE, IN_FLIGHT)                                                      \
    KERNEL(copy_never_waited, copy, NEVER_WAITED, NEVER_WAITED)                                    \
    KERNEL(copy_never_grouped, copy, NEVER_WAITED, NEVER_WAITED)                                   \
    KERNEL(copy_source_race, copy, RACE, RACE)                                                     \
    KERNEL(copy_source_misaligned, copy, ALIGNMENT, ALIGNMENT)                                     \
    KERNEL(copy_destination_misaligned, copy, ALIGNMENT, ALIGNMENT)                                \
    KERNEL(copy_source_overrun, copy, BOUNDS, BOUNDS)                                              \
    KERNEL(copy_to_global, copy, BOUNDS, BOUNDS)                                                   \
    KERNEL(copy_too_long, copy, ARGUMENT, ARGUMENT)                                                \
    KERNEL(barrier_sites, divergence, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                        \
    KERNEL(barrier_kinds, divergence, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                        \
    KERNEL(barrier_exited, divergence, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                       \
    KERNEL(barrier_and_shuffle, divergence, DIVERGENT_BARRIER, DIVERGENT_COLLECTIVE)               \
    KERNEL(warp_barrier_half, divergence, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                    \
    KERNEL(collective_sites, divergence, DIVERGENT_COLLECTIVE, DIVERGENT_COLLECTIVE)               \
    KERNEL(collective_kinds, divergence, DIVERGENT_COLLECTIVE, DIVERGENT_COLLECTIVE)               \
    KERNEL(collective_exited, divergence, DIVERGENT_COLLECTIVE, DIVERGENT_COLLECTIVE)              \
    KERNEL(deadlock, divergence, DEADLOCK, DEADLOCK)                                               \
    KERNEL(named_counts, divergence, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                         \
    KERNEL(named_parts, divergence, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                          \
    KERNEL(named_zero, divergence, ARGUMENT, ARGUMENT)                                             \
    KERNEL(shuffle_mask, divergence, ARGUMENT, ARGUMENT)                                           \
    KERNEL(shuffle_lane, divergence, ARGUMENT, ARGUMENT)                                           \
    KERNEL(shuffle_differs, divergence, ARGUMENT, ARGUMENT)                                        \
    KERNEL(endless, divergence, WATCHDOG, WATCHDOG)                                                \
    KERNEL(matrix_row_misaligned, matrix, ALIGNMENT, ALIGNMENT)                                    \
    KERNEL(matrix_row_global, matrix, BOUNDS, BOUNDS)                                              \
    KERNEL(matrix_row_race, matrix, RACE, RACE)                                                    \
    KERNEL(group_missing_publish, group, UNPUBLISHED, UNPUBLISHED)                                 \
    KERNEL(group_publish_late, group, UNPUBLISHED, UNPUBLISHED)                                    \
    KERNEL(group_copy_missing_publish, group, UNPUBLISHED, UNPUBLISHED)                            \
    KERNEL(group_copy_publish_early, group, UNPUBLISHED, UNPUBLISHED)                              \
    KERNEL(group_copy_in_flight, group, IN_FLIGHT, IN_FLIGHT)                                      \
    KERNEL(group_missing_begin, group, UNORDERED, UNORDERED)                                       \
    KERNEL(group_begin_once, group, UNORDERED, UNORDERED)                                          \
    KERNEL(group_d_written, group, IN_FLIGHT, IN_FLIGHT)                                           \
    KERNEL(group_a_written, group, IN_FLIGHT, IN_FLIGHT)                                           \
    KERNEL(group_shapes, group, IN_FLIGHT, IN_FLIGHT)                                              \
    KERNEL(group_fed, group, IN_FLIGHT, IN_FLIGHT)                                                 \
    KERNEL(group_overwritten, group, RACE, RACE)                                                   \
    KERNEL(group_missing_barrier, group, RACE, RACE)                                               \
    KERNEL(group_unordered, group, RACE, RACE)                                                     \
    KERNEL(group_unwritten, group, UNWRITTEN, UNWRITTEN)                                           \
    KERNEL(group_never_waited, group, NEVER_WAITED, NEVER_WAITED)                                  \
    KERNEL(group_never_committed, group, NEVER_WAITED, NEVER_WAITED)                               \
    KERNEL(group_half, group, DIVERGENT_COLLECTIVE, DIVERGENT_COLLECTIVE)                          \
    KERNEL(group_sites, group, DIVERGENT_COLLECTIVE, DIVERGENT_COLLECTIVE)                         \
    KERNEL(group_differ, group, ARGUMENT, ARGUMENT)                                                \
    KERNEL(group_misaligned, group, ALIGNMENT, ALIGNMENT)                                          \
    KERNEL(group_columns_misaligned, group, ALIGNMENT, ALIGNMENT)                                  \
    KERNEL(group_apart, group, ARGUMENT, ARGUMENT)                                                 \
    KERNEL(group_step_misaligned, group, ALIGNMENT, ALIGNMENT)                                     \
    KERNEL(group_global, group, BOUNDS, BOUNDS)                                                    \
    KERNEL(group_beyond, group, BOUNDS, BOUNDS)                                                    \
    KERNEL(group_mixed, group, ARGUMENT, ARGUMENT)                                                 \
    KERNEL(group_n, group, ARGUMENT, ARGUMENT)                                                     \
    KERNEL(group_wait_negative, group, ARGUMENT, ARGUMENT)                                         \
    KERNEL(gate_missing_wait, gate, RACE, RACE)                                                    \
    KERNEL(gate_wrong_parity, gate, RACE, RACE)                                                    \
    KERNEL(gate_arrived_early, gate, RACE, RACE)                                                   \
    KERNEL(gate_other, gate, RACE, RACE)                                                           \
    KERNEL(gate_next_phase, gate, RACE, RACE)                                                      \
    KERNEL(gate_copies_missing_wait, gate, IN_FLIGHT, RACE)                                        \
    KERNEL(gate_copies_and_store, gate, RACE, RACE)                                                \
    KERNEL(gate_copies_own, gate, IN_FLIGHT, IN_FLIGHT)                                            \
    KERNEL(gate_copies_before, gate, IN_FLIGHT, RACE)                                              \
    KERNEL(gate_copies_never_waited, gate, NEVER_WAITED, NEVER_WAITED)                             \
    KERNEL(gate_never_waited, gate, NEVER_WAITED, NEVER_WAITED)                                    \
    KERNEL(gate_copies_ended, gate, IN_FLIGHT, IN_FLIGHT)                                          \
    KERNEL(gate_few_arrivals, gate, DEADLOCK, DEADLOCK)                                            \
    KERNEL(gate_and_barrier, gate, DEADLOCK, DEADLOCK)                                             \
    KERNEL(gate_unknown, gate, RACE, ARGUMENT)                                                     \
    KERNEL(gate_ended, gate, RACE, ARGUMENT)                                                       \
    KERNEL(gate_stored, gate, IN_FLIGHT, IN_FLIGHT)                                                \
    KERNEL(gate_misaligned, gate, ALIGNMENT, ALIGNMENT)                                            \
    KERNEL(gate_global, gate, BOUNDS, BOUNDS)                                                      \
    KERNEL(gate_twice, gate, ARGUMENT, ARGUMENT)                                                   \
    KERNEL(gate_absent, gate, ARGUMENT, ARGUMENT)                                                  \
    KERNEL(gate_parity, gate, ARGUMENT, ARGUMENT)                                                  \
    KERNEL(gate_no_arrivals, gate, ARGUMENT, ARGUMENT)                                             \
    KERNEL(gate_any_and_none, gate, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                          \
    KERNEL(gate_any_places, gate, DIVERGENT_BARRIER, DIVERGENT_BARRIER)                            \
    KERNEL(gate_unpublished, gate, UNPUBLISHED, UNPUBLISHED)                                       \
    KERNEL(gate_published_early, gate, UNPUBLISHED, UNPUBLISHED)                                   \
    KERNEL(gate_published_unseen, gate, UNPUBLISHED, UNPUBLISHED)                                  \
    KERNEL(contract_cell, contract, CONTRACT, CONTRACT)                                            \
    KERNEL(contract_step, contract, CONTRACT, CONTRACT)                                            \
    KERNEL(contract_tile, contract, CONTRACT, CONTRACT)                                            \
    KERNEL(contract_problem, contract, CONTRACT, CONTRACT)                                         \
    KERNEL(variable_written, bounds, READ_ONLY, READ_ONLY)                                         \
    KERNEL(escape, bounds, RED_ZONE, RED_ZONE)                                                     \
    KERNEL(bounds_clean, bounds, NONE, NONE)                                                       \
    KERNEL(contract_clean, contract, NONE, NONE)                                                   \
    KERNEL(race_shared_clean, race, NONE, NONE)                                                    \
    KERNEL(race_warps_clean, race, NONE, NONE)                                                     \
    KERNEL(race_named_clean, race, NONE, NONE)                                                     \
    KERNEL(race_bytes_clean, race, NONE, NONE)                                                     \
    KERNEL(race_interleaved, race, NONE, NONE)                                                     \
    KERNEL(race_blocks_reads, race, NONE, NONE)                                                    \
    KERNEL(race_blocks_clean, race, NONE, NONE)                                                    \
    KERNEL(atomic_clean, race, NONE, NONE)                                                         \
    KERNEL(copy_clean, copy, NONE, NONE)                                                           \
    KERNEL(copy_zero_fill, copy, NONE, NONE)                                                       \
    KERNEL(divergence_duplicated, divergence, NONE, NONE)                                          \
    KERNEL(divergence_clean, divergence, NONE, NONE)                                               \
    KERNEL(group_clean, group, NONE, NONE)                                                         \
    KERNEL(gate_ring, gate, NONE, NONE)                                                            \
    KERNEL(gate_ring_copies, gate, NONE, NONE)                                                     \
    KERNEL(gate_left, gate, NONE, NONE)                                                            \
    KERNEL(gate_both, gate, NONE, NONE)                                                            \
    KERNEL(gate_again, gate, NONE, NONE)                                                           \
    KERNEL(gate_some_any, gate, NONE, NONE)                                                        \
    KERNEL(gate_product_brought, gate, NONE, NONE)                                                 \
    KERNEL(gate_product_taken, gate, NONE, NONE)                                                   \
    KERNEL(gate_product_waited, gate, NONE, NONE)                                                  \
    KERNEL(matrix_loaded, matrix, NONE, NONE)                                                      \
    KERNEL(matrix_shuffled, matrix, NONE, NONE)                                                    \
    KERNEL(matrix_formulas, matrix, NONE, NONE)                                                    \
    KERNEL(matrix_special, matrix, NONE, NONE)

#define DECLARE(name, file, kind, also) void name(const void *arguments);
KERNELS(DECLARE)

#define ROW(name, file, kind, also)                                                                \
    {#name, "tests/kernels/" #file ".c", name, SC_FAULT_##kind, SC_FAULT_##also},
static const struct row {
    const char *name, *file;
    void (*kernel)(const void *arguments);
    enum sc_fault_kind kind, also;
} rows[] = {KERNELS(ROW)};

/* The line of a file that has the comment "<role>: <name>"; 0: none has. */
static int32_t marked(const struct row *row, const char *role)
{
    char line[256], mark[128];
    int32_t number = 0, found = 0;
    FILE *file = fopen(row->file, "r");

    cr_assert_not_null(file, "%s: tests run in the root of the repository", row->file);
    (void)snprintf(mark, sizeof mark, "/* %s: %s */", role, row->name);
    while (fgets(line, sizeof line, file) != NULL) {
        number++;
        found = strstr(line, mark) != NULL ? number : found;
    }
    (void)fclose(file);
    return found;
}

static int32_t line_of(const struct row *row, const struct sc_fault_place *place)
{
    char file[1024];
    const int32_t line = sc_fault_source(place->site, file, sizeof file);

    if (line != 0) {
        cr_expect_str_eq(file, row->file, "%s: a place in %s", row->name, file);
    }
    return line;
}

/* The two lines of a fault are those that are marked. Which of two unordered accesses comes second is a
 * matter of seed. */
static void expect_lines(const struct row *row, const struct sc_fault *fault, uint64_t seed)
{
    const int32_t here = marked(row, "here"), other = marked(row, "other");
    const int32_t found_here = line_of(row, &fault->here);
    const int32_t found_other = line_of(row, &fault->other);
    const bool straight = found_here == here && found_other == other;
    const bool crossed = found_here == other && found_other == here;
    const bool ordered = fault->kind != SC_FAULT_RACE && fault->kind != SC_FAULT_DEADLOCK &&
                         fault->kind != SC_FAULT_DIVERGENT_BARRIER &&
                         fault->kind != SC_FAULT_DIVERGENT_COLLECTIVE && row->kind == row->also;

    cr_expect(straight || (crossed && !ordered), "%s, seed %d: lines %d and %d, expected %d and %d",
              row->name, (int)seed, found_here, found_other, here, other);
}

/* A launch in a new emulator, as the kernel's file needs it. Registers that a product has show where it is late. */
static enum sc_fault_kind launch(struct run *run, const struct row *row, bool far, bool unwatched,
                                 uint64_t seed)
{
    run_create_far(run, SC_FORMAT_BF16, far);
    run->options.unwatched = unwatched;
    if (strstr(row->file, "group") != NULL) {
        run->threads = FAULTY_GROUP_THREADS;
        run->shared_bytes = FAULTY_GROUP_SHARED;
        run->options.landing = row->kind == SC_FAULT_IN_FLIGHT ? SC_EMULATOR_LANDING_LATEST
                                                               : SC_EMULATOR_LANDING_DRAWN;
    }
    if (strstr(row->file, "gate") != NULL) {
        run->threads = FAULTY_GATE_THREADS;
        run->shared_bytes = FAULTY_GATE_SHARED;
        run->options.landing = seed % 3 == 0   ? SC_EMULATOR_LANDING_EARLIEST
                               : seed % 3 == 1 ? SC_EMULATOR_LANDING_LATEST
                                               : SC_EMULATOR_LANDING_DRAWN;
    }
    return run_launch(run, row->kernel, seed);
}

static void expect_fault(const struct row *row, uint64_t seed)
{
    struct run run;
    char text[2048];

    const enum sc_fault_kind kind = launch(&run, row, false, false, seed);
    cr_expect_eq(kind, run.fault.kind);
    if (kind != row->kind && kind != row->also) {
        sc_fault_describe(&run.fault, text, sizeof text);
        cr_expect_fail("%s, seed %d: %s; expected %s", row->name, (int)seed, text,
                       sc_fault_name(row->kind));
    } else if (kind != SC_FAULT_NONE && seed % 8 == 1 && /* a look-up takes long */
               (kind == row->kind || kind != SC_FAULT_ARGUMENT)) {
        expect_lines(row, &run.fault, seed);
    }
    sc_emulator_destroy(run.emulator);
}

Test(emulator, every_fault_is_seen_under_every_seed_at_its_lines, .timeout = 600)
{
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (uint64_t seed = 1; seed <= SEEDS && rows[r].kind != SC_FAULT_NONE; seed++) {
            expect_fault(&rows[r], seed);
        }
    }
}

Test(emulator, a_correct_kernel_has_no_fault_under_any_seed, .timeout = 600)
{
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (uint64_t seed = 1; seed <= 4 * SEEDS && rows[r].kind == SC_FAULT_NONE; seed++) {
            expect_fault(&rows[r], seed);
        }
    }
}

/* The pages that are there are watched as any, and no access to the others is allowed. */
Test(emulator, every_fault_is_seen_where_rows_are_far_apart, .timeout = 600)
{
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (uint64_t seed = 1; seed <= 4; seed++) {
            struct run run;
            const enum sc_fault_kind kind = launch(&run, &rows[r], true, false, seed);
            cr_expect(kind == rows[r].kind || kind == rows[r].also, "%s, seed %d: %s", rows[r].name,
                      (int)seed, sc_fault_name(kind));
            cr_expect(sc_emulator_taken(run.emulator) < 1 << 17);
            sc_emulator_destroy(run.emulator);
        }
    }
}

/* Far from every row, and not beside one. */
Test(emulator, a_page_that_is_not_there_is_out_of_bounds)
{
    struct run run;

    run_create_far(&run, SC_FORMAT_BF16, true);
    run.arguments.out += 1 << 20;
    cr_expect_eq(run_launch(&run, bounds_clean, 1), SC_FAULT_BOUNDS);
    cr_expect_eq(run.fault.space, SC_FAULT_GLOBAL);
    sc_emulator_destroy(run.emulator);
}

/* Without watching: what a device lets pass, and what ends a launch there too. */
static void expect_unwatched(const struct row *row, uint64_t seed)
{
    const bool passes = row->kind == SC_FAULT_RACE || row->kind == SC_FAULT_IN_FLIGHT ||
                        row->kind == SC_FAULT_UNWRITTEN || row->kind == SC_FAULT_NEVER_WAITED ||
                        row->kind == SC_FAULT_UNPUBLISHED || row->kind == SC_FAULT_UNORDERED;
    struct run run;

    const enum sc_fault_kind kind = launch(&run, row, false, true, seed);
    if (passes) {
        cr_expect(kind == SC_FAULT_NONE || (kind == row->also && kind == SC_FAULT_ARGUMENT),
                  "%s, seed %d: %s", row->name, (int)seed, sc_fault_name(kind));
    } else {
        cr_expect(kind == row->kind || kind == row->also, "%s, seed %d: %s", row->name, (int)seed,
                  sc_fault_name(kind));
    }
    sc_emulator_destroy(run.emulator);
}

Test(emulator, without_watching_only_what_ends_a_launch_is_a_fault, .timeout = 600)
{
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const enum sc_fault_kind kind = rows[r].kind;
        /* accesses to other parts of memory, and broken promises, show by what comes of them */
        const bool open = kind == SC_FAULT_BOUNDS || kind == SC_FAULT_READ_ONLY ||
                          kind == SC_FAULT_CONTRACT || kind == SC_FAULT_RED_ZONE;
        for (uint64_t seed = 1; seed <= SEEDS && !open; seed++) {
            expect_unwatched(&rows[r], seed);
        }
    }
}
