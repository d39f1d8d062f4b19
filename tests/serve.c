/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/worker.h"

#include "reference/oracle/oracle.h"
#include "spec/format_value.h"
#include "tests/recipes.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HONEST  "build/bin/serve --library build/libraries/honest.so"
#define HOSTILE "build/bin/serve --library build/libraries/hostile.so"
#define DEVICE  "build/bin/serve --library build/libraries/device.so"

/* Tensors of a call may take `bytes`. */
static struct sc_worker *create_of(const char *command, int64_t bytes)
{
    const struct sc_worker_options options = {command, 2.0, 20.0, bytes};
    struct sc_worker *worker = NULL;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_worker_create(&options, &worker, &error), SC_OK, "%s", error.text);
    return worker;
}

static struct sc_worker *create(const char *command)
{
    return create_of(command, 1 << 26);
}

static void run(struct sc_worker *worker, const struct sc_prepared *prepared, uint64_t seed,
                struct sc_outcome *outcome)
{
    const struct sc_worker_call call = {prepared->recipe.backward, seed, true};
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_worker_run(worker, prepared, &call, outcome, &error), SC_OK, "%s", error.text);
}

static void expect_near(const struct sc_prepared *prepared, const struct sc_outcome *outcome,
                        enum sc_tensor tensor, int64_t n, struct sc_enclosure exact)
{
    const struct sc_extent e = sc_prepared_extent(&prepared->c.problem, tensor);
    const double out = sc_format_decode(e.format, outcome->bits[tensor][n]);

    cr_assert(fabs(out - exact.lo) <= 0x1p-6 * fmax(1.0, fabs(exact.lo)),
              "%s, element %lld: %g, exact %g", sc_tensor_name(tensor), (long long)n, out,
              exact.lo);
}

/* Every element against the oracle, as near as any kernel of the format comes. */
static void expect_right(const struct sc_prepared *prepared, const struct sc_outcome *outcome)
{
    const struct sc_problem *p = &prepared->c.problem;
    const struct sc_oracle_values values = {prepared->c.q, prepared->c.k, prepared->c.v,
                                            prepared->c.d_o};
    const struct sc_oracle_options options = {SC_ORACLE_AUTO, 256, 1, NULL};
    struct sc_oracle *oracle = NULL;
    struct sc_enclosure o[64], d_q[64], d_k[64], d_v[64];
    const struct sc_row_enclosures row = {NULL, o, d_q};
    const struct sc_key_enclosures key = {d_k, d_v};
    bool empty;

    cr_assert_eq(outcome->ending, SC_ENDING_DONE, "%s", outcome->text);
    cr_assert_eq(outcome->damage.unwritten + outcome->damage.overwritten + outcome->damage.inputs,
                 0, "%s", outcome->damage.where);
    cr_assert_eq(sc_oracle_create(p, &values, &options, &oracle, NULL), SC_OK);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                cr_assert_eq(sc_oracle_rows(oracle, b, h, &i, 1, &row, &empty, NULL), SC_OK);
                const int64_t at = ((int64_t)sc_problem_entry(p, b) * p->heads_q + h) * p->n_q +
                                   sc_problem_first_row(p, b) + i;
                for (int32_t c = 0; c < p->d_v; c++) {
                    expect_near(prepared, outcome, SC_TENSOR_O, at * p->d_v + c, o[c]);
                }
                for (int32_t c = 0; c < p->d; c++) {
                    expect_near(prepared, outcome, SC_TENSOR_D_Q, at * p->d + c, d_q[c]);
                }
            }
        }
        for (int32_t g = 0; g < p->heads_kv; g++) {
            for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                cr_assert_eq(sc_oracle_keys(oracle, b, g, &j, 1, &key, &empty, NULL), SC_OK);
                const int64_t at = ((int64_t)sc_problem_entry(p, b) * p->heads_kv + g) * p->n_k +
                                   sc_problem_first_key(p, b) + j;
                for (int32_t c = 0; c < p->d; c++) {
                    expect_near(prepared, outcome, SC_TENSOR_D_K, at * p->d + c, d_k[c]);
                }
                for (int32_t c = 0; c < p->d_v; c++) {
                    expect_near(prepared, outcome, SC_TENSOR_D_V, at * p->d_v + c, d_v[c]);
                }
            }
        }
    }
    sc_oracle_destroy(oracle);
}

Test(serve, kernels_of_every_kind_are_right, .timeout = 120)
{
    static const char *const commands[] = {HONEST, DEVICE, "build/bin/serve --emulated",
                                           "build/bin/serve --emulated --fast"};

    for (size_t n = 0; n < sizeof commands / sizeof commands[0]; n++) {
        struct sc_recipe recipe = recipes_mixed();
        struct sc_worker *worker = create(commands[n]);
        cr_expect_eq(sc_worker_kernel(worker)->device, n > 0);
        for (int32_t format = 0; format < 3; format++) {
            recipe.format_in = (enum sc_format)format;
            struct sc_prepared prepared = recipes_prepare(&recipe);
            for (uint64_t seed = 0; seed < 3; seed++) {
                struct sc_outcome outcome;
                run(worker, &prepared, seed, &outcome);
                expect_right(&prepared, &outcome);
                cr_expect_not_null(outcome.d_b);
                sc_outcome_destroy(&outcome);
            }
            sc_prepared_destroy(&prepared);
        }
        sc_worker_destroy(worker);
    }
}

/* A Python that has NumPy; NULL: none. */
static const char *numpy(void)
{
    static const char *const commands[] = {"python3", "/usr/bin/python3"};
    char command[128];

    for (int32_t n = 0; n < 2; n++) {
        (void)snprintf(command, sizeof command, "%s -c 'import numpy' 2>/dev/null", commands[n]);
        if (system(command) == 0) {
            return commands[n];
        }
    }
    return NULL;
}

Test(serve, the_numpy_adapter_is_right, .timeout = 60)
{
    static const struct {
        int32_t packed, lengths, block, slopes, left;
    } rows[] = {{0, 0, 0, 0, SC_MASK_UNBOUNDED}, {2, 0, 0, 1, 2}, {0, 2, 2, 0, SC_MASK_UNBOUNDED}};
    const char *const python = numpy();
    char command[128];

    if (python == NULL) {
        cr_skip_test("no NumPy on this machine");
    }
    (void)snprintf(command, sizeof command, "exec %s -B tools/adapters/numpy_kernel.py", python);
    struct sc_worker *worker = create(command);
    for (size_t n = 0; n < 9; n++) {
        struct sc_recipe recipe = recipes_mixed();
        struct sc_outcome outcome;
        recipe.format_in = (enum sc_format)(n % 3);
        recipe.format_out = (enum sc_format)((n + 1) % 3);
        recipe.packed_count = rows[n / 3].packed;
        recipe.packed_q[0] = 2;
        recipe.packed_k[0] = 3;
        recipe.lengths_count = rows[n / 3].lengths;
        recipe.lengths[0] = 4;
        recipe.block_rows = recipe.block_keys = rows[n / 3].block;
        recipe.density = 8;
        recipe.slopes_count = rows[n / 3].slopes;
        recipe.slopes[0] = 0.125f;
        recipe.left = rows[n / 3].left;
        struct sc_prepared prepared = recipes_prepare(&recipe);
        run(worker, &prepared, n, &outcome);
        expect_right(&prepared, &outcome);
        sc_outcome_destroy(&outcome);
        sc_prepared_destroy(&prepared);
    }
    sc_worker_destroy(worker);
}

Test(serve, empty_and_far_apart_tensors_are_done, .timeout = 60)
{
    static const char *const commands[] = {HONEST, DEVICE};

    for (size_t n = 0; n < 2; n++) {
        struct sc_worker *worker = create(commands[n]);
        for (int32_t which = 0; which < 3; which++) {
            struct sc_recipe recipe = recipes_mixed();
            struct sc_outcome outcome;
            recipe.n_q = which == 0 ? 0 : recipe.n_q;
            recipe.n_k = which == 1 ? 0 : recipe.n_k;
            if (which == 2) {
                recipe.places[SC_TENSOR_O].batch = n == 0 ? (int64_t)1 << 32 : (int64_t)1 << 20;
            }
            struct sc_prepared prepared = recipes_prepare(&recipe);
            run(worker, &prepared, 1, &outcome);
            cr_expect_eq(outcome.ending, SC_ENDING_DONE, "%s: %s", commands[n], outcome.text);
            cr_expect_str_eq(outcome.damage.where, "");
            sc_outcome_destroy(&outcome);
            sc_prepared_destroy(&prepared);
        }
        sc_worker_destroy(worker);
    }
}

/* Rows of K and V that are 3 * 2^30 bytes apart, rows and gradients that are 2^33, take as much as their pages. */
Test(serve, the_emulator_has_rows_that_are_gigabytes_apart, .timeout = 60)
{
    struct sc_worker *worker = create("build/bin/serve --emulated");

    for (int32_t which = 0; which < 2; which++) {
        struct sc_recipe recipe = which == 0
                                      ? parsed("case/1 rows=2 keys=3 d=16 d_v=16 k=0,0,1610612736 "
                                               "v=0,0,1610612736 backward=1")
                                      : recipes_mixed();
        struct sc_outcome outcome;
        if (which == 1) {
            recipe.places[SC_TENSOR_O].batch = (int64_t)1 << 31;
            recipe.places[SC_TENSOR_D_Q].strided = true;
            recipe.places[SC_TENSOR_D_Q].batch = (int64_t)1 << 32;
            recipe.places[SC_TENSOR_D_Q].head = 80;
            recipe.places[SC_TENSOR_D_Q].row = 16;
        }
        struct sc_prepared prepared = recipes_prepare(&recipe);
        run(worker, &prepared, 1, &outcome);
        expect_right(&prepared, &outcome);
        cr_expect(outcome.resident_bytes < 512 << 20, "%lld bytes",
                  (long long)outcome.resident_bytes);
        sc_outcome_destroy(&outcome);
        sc_prepared_destroy(&prepared);
    }
    sc_worker_destroy(worker);
}

/* Rows of wide tensors are copied along the longest dimension, whichever it is. */
Test(serve, the_emulator_has_many_rows_that_are_megabytes_apart, .timeout = 120)
{
    static const char *const lines[] = {
        "case/1 heads=70 rows=2 keys=3 d=16 d_v=16 backward=1 q=0,4194304,16 v=16,4194304,32 "
        "dk=0,4194304,16",
        "case/1 batch=70 rows=2 keys=3 d=16 d_v=16 backward=1 k=4194304,16,16 o=4194304,16,48 "
        "do=4194304,64,16",
        "case/1 rows=70 keys=3 d=16 d_v=16 backward=1 q=16,0,4194304 o=0,0,4194304 "
        "dq=0,16,4194304",
        "case/1 batch=3 heads=2 rows=2 keys=3 d=16 d_v=16 backward=1 v=0,0,134217728 "
        "k=0,134217728,8",
    };
    struct sc_worker *worker = create("build/bin/serve --emulated");

    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        const struct sc_recipe recipe = parsed(lines[n]);
        struct sc_prepared prepared = recipes_prepare(&recipe);
        struct sc_outcome outcome;
        run(worker, &prepared, 1, &outcome);
        expect_right(&prepared, &outcome);
        sc_outcome_destroy(&outcome);
        sc_prepared_destroy(&prepared);
    }
    sc_worker_destroy(worker);
}

/* More addresses than it has, more rows than it has pages for, more bytes in a tensor without such gaps. */
Test(serve, the_emulator_refuses_what_it_has_no_memory_for, .timeout = 60)
{
    static const char *const lines[] = {
        "case/1 rows=2 keys=1 d=16 d_v=16 q=0,0,68719476736",
        "case/1 rows=17000 keys=1 o=0,0,1048576",
        "case/1 rows=20000 keys=1 q=0,0,4096",
    };
    struct sc_worker *worker = create_of("build/bin/serve --emulated", 1 << 28);

    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        const struct sc_recipe recipe = parsed(lines[n]);
        struct sc_prepared prepared = recipes_prepare(&recipe);
        struct sc_outcome outcome;
        run(worker, &prepared, 1, &outcome);
        cr_expect_eq(outcome.ending, SC_ENDING_REFUSED, "%s: %s", lines[n], outcome.text);
        sc_outcome_destroy(&outcome);
        sc_prepared_destroy(&prepared);
    }
    sc_worker_destroy(worker);
}

enum damage { WHOLE, UNWRITTEN, OVERWRITTEN, LATE, INPUT };

Test(serve, a_hostile_library_hurts_itself_alone, .timeout = 120)
{
    static const struct {
        const char *way;
        enum sc_ending ending, also; /* by where its tensors lie, one or the other */
        enum damage damage;
        const char *text;
    } rows[] = {
        {"flush-to-zero", SC_ENDING_DONE, SC_ENDING_DONE, WHOLE, ""},
        {"round-up", SC_ENDING_DONE, SC_ENDING_DONE, WHOLE, ""},
        {"environment", SC_ENDING_DONE, SC_ENDING_DONE, WHOLE, ""},
        /* the child writes too, perhaps during the next call */
        {"fork-both", SC_ENDING_DONE, SC_ENDING_DONE, LATE, ""},
        {"fork-daemon", SC_ENDING_CRASHED, SC_ENDING_CRASHED, WHOLE, "killed by signal 6"},
        {"exit", SC_ENDING_CRASHED, SC_ENDING_CRASHED, WHOLE, "exited with status 0"},
        {"abort", SC_ENDING_CRASHED, SC_ENDING_CRASHED, WHOLE,
         "it said: an assertion of the library"},
        {"hang", SC_ENDING_HUNG, SC_ENDING_HUNG, WHOLE, "no answer"},
        {"write-behind", SC_ENDING_DONE, SC_ENDING_CRASHED, OVERWRITTEN, ""},
        {"write-before", SC_ENDING_DONE, SC_ENDING_CRASHED, OVERWRITTEN, ""},
        {"write-far", SC_ENDING_DONE, SC_ENDING_CRASHED, OVERWRITTEN, ""},
        {"write-input", SC_ENDING_CRASHED, SC_ENDING_CRASHED, WHOLE, "killed by signal 11"},
        {"leave-element", SC_ENDING_DONE, SC_ENDING_DONE, UNWRITTEN, ""},
        {"nothing", SC_ENDING_DONE, SC_ENDING_DONE, UNWRITTEN, ""},
        {"garbage", SC_ENDING_FAILED, SC_ENDING_FAILED, WHOLE, "it answered 77, expected 0 to 3"},
        {"print", SC_ENDING_DONE, SC_ENDING_DONE, WHOLE, ""},
        {"leak", SC_ENDING_DONE, SC_ENDING_DONE, WHOLE, ""},
        {"write-workspace", SC_ENDING_FAULT, SC_ENDING_FAULT, WHOLE, "byte -1 of a work space of"},
    };
    const int rounding = fegetround();
    const unsigned int control = _mm_getcsr() & ~0x3fu; /* all but what has happened */

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct sc_recipe recipe = recipes_mixed();
        struct sc_worker *worker;
        char command[256];
        recipe.places[SC_TENSOR_O].strided = false;
        recipe.places[SC_TENSOR_O].base = 0;
        struct sc_prepared prepared = recipes_prepare(&recipe);
        (void)snprintf(command, sizeof command, "HOSTILE=%s exec " HOSTILE, rows[n].way);
        worker = create(command);
        for (uint64_t seed = 0; seed < 4; seed++) {
            struct sc_outcome outcome;
            run(worker, &prepared, seed, &outcome);
            cr_expect(outcome.ending == rows[n].ending || outcome.ending == rows[n].also,
                      "%s: ending %d, %s", rows[n].way, (int)outcome.ending, outcome.text);
            cr_expect_not_null(strstr(outcome.text, rows[n].text), "%s: %s", rows[n].way,
                               outcome.text);
            if (outcome.ending == SC_ENDING_DONE) {
                const struct sc_damage *d = &outcome.damage;
                cr_expect_eq(d->unwritten > 0, rows[n].damage == UNWRITTEN, "%s: %s", rows[n].way,
                             d->where);
                cr_expect(rows[n].damage == LATE ||
                              (d->overwritten > 0) == (rows[n].damage == OVERWRITTEN),
                          "%s: %s", rows[n].way, d->where);
                cr_expect_eq(d->inputs, 0, "%s: %s", rows[n].way, d->where);
            }
            sc_outcome_destroy(&outcome);
        }
        sc_prepared_destroy(&prepared);
        sc_worker_destroy(worker);
    }
    cr_expect_eq(_mm_getcsr() & ~0x3fu, control, "the environment here has changed");
    cr_expect_eq(fegetround(), rounding);
}

/* O of the mixed case ends at a boundary of 64 bytes: of two calls one has a guard there. */
Test(serve, an_overrun_of_one_byte_crashes_now_and_then, .timeout = 60)
{
    static const char *const ways[] = {"write-behind", "read-behind"};

    for (int32_t n = 0; n < 2; n++) {
        struct sc_recipe recipe = recipes_mixed();
        struct sc_worker *worker;
        char command[256];
        int crashed = 0;
        for (int32_t t = 0; t < SC_TENSORS; t++) {
            recipe.places[t].base = 0;
            recipe.places[t].strided = false;
        }
        struct sc_prepared prepared = recipes_prepare(&recipe);
        (void)snprintf(command, sizeof command, "HOSTILE=%s exec " HOSTILE, ways[n]);
        worker = create(command);
        for (uint64_t seed = 0; seed < 16; seed++) {
            struct sc_outcome outcome;
            run(worker, &prepared, seed, &outcome);
            crashed += outcome.ending == SC_ENDING_CRASHED;
            sc_outcome_destroy(&outcome);
        }
        cr_expect_gt(crashed, 3, "%s: %d of 16", ways[n], crashed);
        cr_expect_lt(crashed, 13, "%s: %d of 16", ways[n], crashed);
        sc_prepared_destroy(&prepared);
        sc_worker_destroy(worker);
    }
}

Test(serve, a_device_that_writes_behind_is_seen)
{
    struct sc_worker *worker = create("DEVICE=write-behind exec " DEVICE);
    struct sc_recipe recipe = recipes_mixed();
    struct sc_prepared prepared = recipes_prepare(&recipe);
    struct sc_outcome outcome;

    run(worker, &prepared, 1, &outcome);
    cr_expect_eq(outcome.ending, SC_ENDING_DONE, "%s", outcome.text);
    cr_expect_eq(outcome.damage.overwritten, 300, "%s", outcome.damage.where);
    cr_expect_str_eq(outcome.damage.where, "1 bytes behind the end of O was overwritten");
    sc_outcome_destroy(&outcome);
    sc_prepared_destroy(&prepared);
    sc_worker_destroy(worker);
}

Test(serve, a_leak_shows_in_its_resident_size)
{
    const struct sc_recipe recipe = recipes_mixed();
    struct sc_prepared prepared = recipes_prepare(&recipe);
    struct sc_worker *honest = create(HONEST), *leaking = create("HOSTILE=leak exec " HOSTILE);
    int64_t grown[2];

    for (int32_t n = 0; n < 2; n++) {
        struct sc_outcome outcome;
        int64_t first = 0;
        for (uint64_t call = 0; call < 24; call++) {
            run(n == 0 ? honest : leaking, &prepared, call, &outcome);
            first = call == 3 ? outcome.resident_bytes : first;
            grown[n] = outcome.resident_bytes - first;
            sc_outcome_destroy(&outcome);
        }
    }
    cr_expect_lt(grown[0], 256 << 10, "an honest one grew by %lld bytes", (long long)grown[0]);
    cr_expect_geq(grown[1], 20 << 20, "a leaking one grew by %lld bytes", (long long)grown[1]);
    cr_expect_geq(sc_worker_largest(leaking), 24 << 20);
    sc_worker_restart(leaking);
    cr_expect_geq(sc_worker_largest(leaking), 24 << 20, "of the process that has ended");
    cr_expect_lt(sc_worker_largest(honest), 20 << 20);
    sc_worker_destroy(honest);
    sc_worker_destroy(leaking);
    sc_prepared_destroy(&prepared);
}

Test(serve, a_file_that_is_no_kernel_is_refused)
{
    static const struct {
        const char *command, *text;
    } rows[] = {
        {"build/bin/serve --library build/libraries/absent.so", "absent.so"},
        {"build/bin/serve --library README.md", "README.md"},
        {"build/bin/serve --library libm.so.6", "sc_kernel_entry"},
        {"build/bin/serve --device", "the emulator"},
        {"build/bin/serve", "exited with status 2"},
        {"build/bin/serve --emulated --library x", "exited with status 2"},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const struct sc_worker_options options = {rows[n].command, 1.0, 10.0, 1 << 20};
        struct sc_worker *worker = NULL;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_worker_create(&options, &worker, &error), SC_E_UNAVAILABLE, "%s",
                     rows[n].command);
        cr_expect_not_null(strstr(error.text, rows[n].text), "%s", error.text);
    }
}
