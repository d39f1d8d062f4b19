/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/oracle.h"

#include "reference/constants.h"
#include "reference/oracle/audit.h"
#include "reference/oracle/environment.h"
#include "spec/problem.h"
#include "tests/definition.h"
#include "tests/plain.h"
#include "tests/sample.h"

#include <criterion/criterion.h>
#include <fenv.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define ROOM            64 /* elements of a test's row or list */

/* The choices that enclose the exact result. */
static const struct {
    const char *name;
    enum sc_oracle_choice choice;
    int32_t precision;
} ways[] = {{"auto", SC_ORACLE_AUTO, 128},   {"fp64", SC_ORACLE_FP64, 128},
            {"arb 53", SC_ORACLE_ARB, 53},   {"arb 128", SC_ORACLE_ARB, 128},
            {"arb 256", SC_ORACLE_ARB, 256}, {"integer", SC_ORACLE_INTEGER, 128}};

static struct sc_oracle *make(const struct sc_problem *p, const struct sc_oracle_values *values,
                              int32_t way, int32_t threads)
{
    const struct sc_oracle_options options = {ways[way].choice, ways[way].precision, threads, NULL};
    struct sc_oracle *oracle = NULL;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_oracle_create(p, values, &options, &oracle, &error), SC_OK, "%s: %s",
                 ways[way].name, error.text);
    return oracle;
}

/* Everything about one row. */
struct row {
    struct sc_enclosure p[ROOM], o[ROOM], d_q[ROOM];
    bool empty;
};

static void get_row(struct sc_oracle *oracle, int32_t b, int32_t h, int32_t i, bool gradient,
                    struct row *row)
{
    const struct sc_row_enclosures wanted = {row->p, row->o, gradient ? row->d_q : NULL};
    struct sc_error error = {SC_OK, ""};

    memset(row, 0, sizeof *row);
    cr_assert_eq(sc_oracle_rows(oracle, b, h, &i, 1, &wanted, &row->empty, &error), SC_OK, "%s",
                 error.text);
}

/* Everything about one key. */
struct key {
    struct sc_enclosure d_k[ROOM], d_v[ROOM];
    bool empty;
};

static void get_key(struct sc_oracle *oracle, int32_t b, int32_t g, int32_t j, struct key *key)
{
    const struct sc_key_enclosures wanted = {key->d_k, key->d_v};
    struct sc_error error = {SC_OK, ""};

    memset(key, 0, sizeof *key);
    cr_assert_eq(sc_oracle_keys(oracle, b, g, &j, 1, &wanted, &key->empty, &error), SC_OK, "%s",
                 error.text);
}

static bool is_plus_zero(struct sc_enclosure x)
{
    return x.lo == 0 && x.hi == 0 && !signbit(x.lo) && !signbit(x.hi);
}

static bool holds(struct sc_enclosure x, double exact)
{
    return x.lo <= exact && exact <= x.hi;
}

Test(oracle, zero_queries_give_half_the_sum_of_values)
{
    static const float q[2] = {0, -0.0f};
    static const float k[6] = {1, 2, 3, 4, 5, 6};
    static const float v[6] = {1, -0x1p100f, 2, 3, 4, 0x1p100f};
    const struct sc_problem p = plain_problem(1, 3, 2, 2);
    const struct sc_oracle_values values = {q, k, v, NULL};

    for (int32_t way = 0; way < LIST_SIZE(ways); way++) {
        struct sc_oracle *oracle = make(&p, &values, way, 1);
        struct row row;
        get_row(oracle, 0, 0, 0, false, &row);
        cr_expect(holds(row.o[0], 3.5) && holds(row.o[1], 1.5) && !row.empty, "%s: [%a, %a]",
                  ways[way].name, row.o[0].lo, row.o[0].hi);
        for (int32_t j = 0; j < 3; j++) {
            cr_expect(holds(row.p[j], 0.5) && row.p[j].hi - row.p[j].lo < 0x1p-48, "%s: key %d",
                      ways[way].name, j);
        }
        if (ways[way].choice == SC_ORACLE_ARB && ways[way].precision > 53) { /* exact arithmetic */
            cr_expect(row.o[0].lo == 3.5 && row.o[0].hi == 3.5, "%s: [%a, %a]", ways[way].name,
                      row.o[0].lo, row.o[0].hi);
        }
        sc_oracle_destroy(oracle);
    }
}

Test(oracle, where_nothing_is_seen_results_are_plus_zero)
{
    static const float q[4] = {NAN, INFINITY, 1, 2}, k[2] = {1, NAN}, v[2] = {NAN, -1};
    static const float d_o[4] = {NAN, 1, 2, 3};
    static const uint8_t none[8] = {0};
    static const int32_t no_keys = 0;
    const struct sc_oracle_values values = {q, k, v, d_o};

    for (int32_t kind = 0; kind < 4 * LIST_SIZE(ways); kind++) {
        struct sc_problem p = plain_problem(4, kind % 4 == 3 ? 0 : 2, 1, 1);
        struct sc_enclosure d_b = {7, 7};
        struct row row;
        bool empty = false;
        if (kind % 4 == 0) { /* bottom-right alignment: rows 0 and 1 precede every key */
            p.right = 0;
        } else if (kind % 4 == 1) {
            p.plane = (struct sc_plane){none, {0, 0, 2, 8}, 4, 2, 1, 1};
        } else if (kind % 4 == 2) {
            p.key_lengths = &no_keys;
        }
        cr_assert_eq(sc_problem_check(&p), SC_PROBLEM_OK);
        struct sc_oracle *oracle = make(&p, &values, kind / 4, 1);
        get_row(oracle, 0, 0, 0, true, &row);
        cr_expect(row.empty && is_plus_zero(row.o[0]) && is_plus_zero(row.d_q[0]),
                  "%s, kind %d: [%a, %a]", ways[kind / 4].name, kind % 4, row.o[0].lo, row.o[0].hi);
        cr_expect_eq(sc_oracle_classify(row.o[0], row.empty), SC_ORACLE_EMPTY);
        if (kind % 4 == 1) {
            struct key key;
            get_key(oracle, 0, 0, 1, &key);
            cr_expect(key.empty && is_plus_zero(key.d_k[0]) && is_plus_zero(key.d_v[0]), "%s",
                      ways[kind / 4].name);
        }
        if (kind % 4 != 0) {
            cr_assert_eq(sc_oracle_bias(oracle, 0, 0, &d_b, &empty, NULL), SC_OK);
            cr_expect(empty && is_plus_zero(d_b), "%s, kind %d", ways[kind / 4].name, kind % 4);
        }
        sc_oracle_destroy(oracle);
    }
}

Test(oracle, saturated_scores_keep_the_accuracy_of_their_tier)
{
    static const float scores[] = {200,    -200,    600,      -600,    -1.0e6f,
                                   1.0e6f, 1.0e30f, -1.0e30f, 3.0e38f, -3.0e38f};
    static const float k = 1, v = 3;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);

    for (int32_t n = 0; n < LIST_SIZE(scores); n++) {
        const struct sc_oracle_values values = {&scores[n], &k, &v, NULL};
        for (int32_t way = 0; way < LIST_SIZE(ways); way++) {
            struct sc_oracle *oracle = make(&p, &values, way, 1);
            struct row row;
            get_row(oracle, 0, 0, 0, false, &row);
            const struct sc_enclosure o = row.o[0];
            if (scores[n] > 0) {
                cr_expect(holds(o, scores[n] > 40 ? nextafter(3, 0) : 3) && o.hi - o.lo < 0x1p-40,
                          "%s, s = %g: [%a, %a]", ways[way].name, (double)scores[n], o.lo, o.hi);
            } else if (ways[way].choice == SC_ORACLE_ARB && scores[n] >= -600) {
                cr_expect(o.lo > 0 && o.hi <= o.lo * (1 + 0x1p-40), "%s, s = %g: [%a, %a]",
                          ways[way].name, (double)scores[n], o.lo, o.hi);
            } else {
                cr_expect(o.hi > 0 && o.hi < 0x1p-180, "%s, s = %g: [%a, %a]", ways[way].name,
                          (double)scores[n], o.lo, o.hi);
            }
            sc_oracle_destroy(oracle);
        }
    }
}

static float poison(int32_t n)
{
    return n % 3 == 0 ? NAN : (n % 3 == 1 ? INFINITY : -INFINITY);
}

static void fill(float *buffer, int64_t count)
{
    for (int64_t n = 0; n < count; n++) {
        buffer[n] = poison((int32_t)n);
    }
}

/* Poisons everything that row (b, h, i) does not read: other rows of Q, masked keys and values. */
static void poison_unseen(struct sample *x, const struct definition *definition, int32_t b,
                          int32_t h, int32_t i)
{
    const struct sc_problem *p = &x->problem;
    const int64_t size_k = p->k.size, size_v = p->v.size;
    float *k = malloc((size_t)size_k * sizeof(float));
    float *v = malloc((size_t)size_v * sizeof(float));
    float q[ROOM];

    memcpy(q, x->q + sc_problem_q_row(p, b, h, i), (size_t)p->d * sizeof(float));
    memcpy(k, x->k, (size_t)size_k * sizeof(float));
    memcpy(v, x->v, (size_t)size_v * sizeof(float));
    fill(x->q, p->q.size);
    fill(x->k, size_k);
    fill(x->v, size_v);
    memcpy(x->q + sc_problem_q_row(p, b, h, i), q, (size_t)p->d * sizeof(float));
    for (int32_t j = 0; j < definition_keys(p, b); j++) {
        if (definition_sees(definition, b, h, i, j)) {
            const int32_t g = h / (p->heads_q / p->heads_kv);
            const int64_t k_row = sc_problem_k_row(p, b, g, j);
            const int64_t v_row = sc_problem_v_row(p, b, g, j);
            memcpy(x->k + k_row, k + k_row, (size_t)p->d * sizeof(float));
            memcpy(x->v + v_row, v + v_row, (size_t)p->d_v * sizeof(float));
        }
    }
    free(k);
    free(v);
}

Test(oracle, nan_and_infinity_in_unseen_places_change_no_bit)
{
    int32_t rows_seen = 0;

    for (uint64_t seed = 200; seed < 290; seed++) {
        const int32_t way = (int32_t)(seed % (uint64_t)LIST_SIZE(ways));
        struct sample x;
        struct definition definition;
        sample_create(&x, (enum sample_mask)(seed % SAMPLE_MASKS), SAMPLE_FP32, false, seed);
        definition_create(&definition, &x.problem, x.q, x.k, x.v);
        const struct sc_oracle_values values = {x.q, x.k, x.v, NULL};
        const int32_t b = x.problem.batch - 1, h = x.problem.heads_q - 1;
        const int32_t i = definition_rows(&x.problem, b) - 1;
        if (i >= 0) {
            struct row clean, poisoned;
            struct sc_oracle *oracle = make(&x.problem, &values, way, 1);
            get_row(oracle, b, h, i, false, &clean);
            sc_oracle_destroy(oracle);
            poison_unseen(&x, &definition, b, h, i);
            oracle = make(&x.problem, &values, way, 1);
            get_row(oracle, b, h, i, false, &poisoned);
            sc_oracle_destroy(oracle);
            cr_expect(memcmp(&clean, &poisoned, sizeof clean) == 0, "%s, seed %u: the row changed",
                      ways[way].name, (unsigned)seed);
            rows_seen++;
        }
        definition_destroy(&definition);
        sample_destroy(&x);
    }
    cr_expect_gt(rows_seen, 50);
}

/* Two rows and three keys, two channels each; row 0 sees keys 0 and 1 only (window). A poisoned input
 * must make exactly the results undefined that read it through a visible pair. */
Test(oracle, a_visible_nan_or_infinity_leaves_exactly_its_results_undefined)
{
    enum { Q, K, V, D_O };
    static const struct {
        const char *name;
        int32_t tensor, element;
        /* O of row 0, of row 1; dQ by row; dK and dV by key, P by (row, key): '?' undefined, '.' not */
        const char *o[2], *d_q, *d_k, *d_v[3], *p[2];
        char d_b;
    } rows[] = {
        {"query 0", Q, 1, {"??", ".."}, "?.", "??.", {"??", "??", ".."}, {"??.", "..."}, '?'},
        {"query 1", Q, 2, {"..", "??"}, ".?", "???", {"??", "??", "??"}, {"...", "???"}, '?'},
        {"key 0", K, 0, {"??", "??"}, "??", "?..", {"??", "..", ".."}, {"?..", "?.."}, '?'},
        {"key 2", K, 5, {"..", "??"}, ".?", "..?", {"..", "..", "??"}, {"...", "..?"}, '?'},
        {"value 0, channel 1",
         V,
         1,
         {".?", ".?"},
         "??",
         "?..",
         {"..", "..", ".."},
         {"...", "..."},
         '?'},
        {"value 2, channel 0",
         V,
         4,
         {"..", "?."},
         ".?",
         "..?",
         {"..", "..", ".."},
         {"...", "..."},
         '?'},
        {"gradient 0, channel 1",
         D_O,
         1,
         {"..", ".."},
         "?.",
         "??.",
         {".?", ".?", ".."},
         {"...", "..."},
         '?'},
        {"gradient 1, channel 0",
         D_O,
         2,
         {"..", ".."},
         ".?",
         "???",
         {"?.", "?.", "?."},
         {"...", "..."},
         '?'},
    };

    for (int32_t n = 0; n < LIST_SIZE(rows) * LIST_SIZE(ways) * 3; n++) {
        const int32_t r = n % LIST_SIZE(rows), way = n / LIST_SIZE(rows) % LIST_SIZE(ways);
        /* zeros opposite to the poison do not hide it */
        float q[4] = {2, 0, 1, 0}, k[6] = {1, 0, 0.5f, 0, -1, 0}, v[6] = {1, 2, 3, 4, 5, 6};
        float d_o[4] = {1, -1, 0.5f, 2};
        float *const tensors[4] = {q, k, v, d_o};
        const struct sc_oracle_values values = {q, k, v, d_o};
        struct sc_problem p = plain_problem(2, 3, 2, 2);
        struct sc_enclosure d_b;
        p.right = 0; /* row 0 sits at key 1 */
        tensors[rows[r].tensor][rows[r].element] = poison(n / LIST_SIZE(rows) / LIST_SIZE(ways));
        struct sc_oracle *oracle = make(&p, &values, way, 1);
        for (int32_t i = 0; i < 2; i++) {
            struct row row;
            get_row(oracle, 0, 0, i, true, &row);
            for (int32_t c = 0; c < 2; c++) {
                cr_expect_eq(row.o[c].lo == -HUGE_VAL && row.o[c].hi == HUGE_VAL,
                             rows[r].o[i][c] == '?', "%s, %s: O of row %d, channel %d",
                             ways[way].name, rows[r].name, i, c);
                cr_expect_eq(row.d_q[c].lo == -HUGE_VAL && row.d_q[c].hi == HUGE_VAL,
                             rows[r].d_q[i] == '?', "%s, %s: dQ of row %d, channel %d",
                             ways[way].name, rows[r].name, i, c);
            }
            for (int32_t j = 0; j < 3; j++) {
                cr_expect_eq(row.p[j].lo == -HUGE_VAL, rows[r].p[i][j] == '?',
                             "%s, %s: P of row %d, key %d", ways[way].name, rows[r].name, i, j);
            }
        }
        for (int32_t j = 0; j < 3; j++) {
            struct key key;
            get_key(oracle, 0, 0, j, &key);
            for (int32_t c = 0; c < 2; c++) {
                cr_expect_eq(key.d_k[c].lo == -HUGE_VAL && key.d_k[c].hi == HUGE_VAL,
                             rows[r].d_k[j] == '?', "%s, %s: dK of key %d, channel %d",
                             ways[way].name, rows[r].name, j, c);
                cr_expect_eq(key.d_v[c].lo == -HUGE_VAL && key.d_v[c].hi == HUGE_VAL,
                             rows[r].d_v[j][c] == '?', "%s, %s: dV of key %d, channel %d",
                             ways[way].name, rows[r].name, j, c);
            }
        }
        cr_assert_eq(sc_oracle_bias(oracle, 0, 0, &d_b, NULL, NULL), SC_OK);
        cr_expect_eq(d_b.lo == -HUGE_VAL && d_b.hi == HUGE_VAL, rows[r].d_b == '?', "%s, %s: db",
                     ways[way].name, rows[r].name);
        sc_oracle_destroy(oracle);
    }
}

/* What is asked: is the result below a limit? */
static bool is_below(const void *context, struct sc_enclosure exact)
{
    const double limit = *(const double *)context;

    return exact.hi < limit || exact.lo >= limit;
}

/* Terms of 2^254 that cancel to 1/2 leave fp64 and 128 bits without a digit. */
Test(oracle, a_question_is_decided_by_the_first_tier_that_can)
{
    static const float plain_q[3] = {1, 0, 0}, k[3] = {0x1p127f, -0x1p127f, 1}, v = 1;
    static const float wide_q[3] = {0x1p127f, 0x1p127f, 0.5f};
    static const float unit_k[3] = {1, 1, 1};
    static const struct {
        const char *name;
        const float *q, *k;
        double limit;
        const char *tier;
        int32_t precision;
    } rows[] = {
        {"far from the limit", plain_q, unit_k, 0.5, "fp64", 53},
        {"2^-50 from the limit", plain_q, unit_k, 0.7310585786300049 + 0x1p-50, "arb", 128},
        {"everything cancels", wide_q, k, 0.6, "arb", 256},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const struct sc_problem p = plain_problem(1, 1, 3, 1);
        const struct sc_oracle_values values = {rows[r].q, rows[r].k, &v, NULL};
        const struct sc_oracle_element element = {SC_ORACLE_O, 0, 0, 0, 0};
        struct sc_oracle *oracle = make(&p, &values, 0, 1);
        struct sc_oracle_source source = sc_oracle_first_source(oracle);
        struct row row;
        bool decided = false;
        get_row(oracle, 0, 0, 0, false, &row);
        struct sc_enclosure exact = row.o[0];
        cr_assert_eq(sc_oracle_decide(oracle, &element, is_below, &rows[r].limit, &exact, &source,
                                      &decided, NULL),
                     SC_OK);
        cr_expect(decided && strcmp(source.tier, rows[r].tier) == 0 &&
                      source.precision == rows[r].precision,
                  "%s: %d by %s, %d bits", rows[r].name, decided, source.tier, source.precision);
        cr_expect(exact.lo >= row.o[0].lo && exact.hi <= row.o[0].hi, "%s", rows[r].name);
        sc_oracle_destroy(oracle);
    }
}

/* sigma(0) = 1/2 exactly: "below 1/2" is decided only because ball arithmetic is exact there; an
 * irrational result at its own limit would never be. A single tier says that it is not decided. */
Test(oracle, one_tier_alone_does_not_go_on)
{
    static const float q = 0, k = 1, v = 1;
    static const double limit = 0.5;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);
    const struct sc_oracle_values values = {&q, &k, &v, NULL};
    const struct sc_oracle_element element = {SC_ORACLE_O, 0, 0, 0, 0};

    for (int32_t way = 0; way < 2; way++) { /* auto, fp64 */
        struct sc_oracle *oracle = make(&p, &values, way, 1);
        struct sc_oracle_source source = sc_oracle_first_source(oracle);
        struct row row;
        bool decided;
        get_row(oracle, 0, 0, 0, false, &row);
        cr_assert_eq(sc_oracle_decide(oracle, &element, is_below, &limit, &row.o[0], &source,
                                      &decided, NULL),
                     SC_OK);
        cr_expect_eq(decided, way == 0, "%s: by %s", ways[way].name, source.tier);
        sc_oracle_destroy(oracle);
    }
}

/* What is asked: is the result known to two neighbouring doubles? */
static bool is_narrow(const void *context, struct sc_enclosure exact)
{
    (void)context;
    return exact.hi <= nextafter(nextafter(exact.lo, HUGE_VAL), HUGE_VAL);
}

/* Every kind of element is refined from its own place, by the first level and by the last. */
Test(oracle, refined_elements_lie_inside_the_first_enclosure)
{
    static const double never = NAN; /* no comparison with it is true: every level is walked */
    struct sample x;

    for (uint64_t seed = 0; seed < 12; seed++) {
        sample_create(&x, (enum sample_mask)(seed % SAMPLE_MASKS), SAMPLE_FP32, true, seed + 40);
        const struct sc_problem *p = &x.problem;
        float *d_o = sample_tensor(&x, &p->o, SAMPLE_FP32, SAMPLE_V, p->heads_q, p->n_q, p->d_v);
        const struct sc_oracle_values values = {x.q, x.k, x.v, d_o};
        struct sc_oracle *oracle = make(p, &values, 0, 1);
        const int32_t b = p->batch - 1, h = p->heads_q - 1, g = p->heads_kv - 1;
        const int32_t i = sc_problem_rows(p, b) - 1, j = sc_problem_keys(p, b) - 1;
        struct row row;
        struct key key;
        if (i >= 0 && j >= 0) {
            struct sc_enclosure d_b;
            get_row(oracle, b, h, i, true, &row);
            get_key(oracle, b, g, j, &key);
            cr_assert_eq(sc_oracle_bias(oracle, b, h, &d_b, NULL, NULL), SC_OK);
            const struct {
                struct sc_oracle_element element;
                struct sc_enclosure first;
            } elements[] = {
                {{SC_ORACLE_P, b, h, i, j}, row.p[j]},
                {{SC_ORACLE_O, b, h, i, p->d_v - 1}, row.o[p->d_v - 1]},
                {{SC_ORACLE_D_Q, b, h, i, p->d - 1}, row.d_q[p->d - 1]},
                {{SC_ORACLE_D_K, b, g, j, p->d - 1}, key.d_k[p->d - 1]},
                {{SC_ORACLE_D_V, b, g, j, p->d_v - 1}, key.d_v[p->d_v - 1]},
                {{SC_ORACLE_D_B, b, h, 0, 0}, d_b},
            };
            for (int32_t n = 0; n < LIST_SIZE(elements); n++) {
                struct sc_enclosure exact = elements[n].first;
                struct sc_oracle_source source;
                bool decided = true;
                cr_assert_eq(sc_oracle_decide(oracle, &elements[n].element, is_narrow, NULL, &exact,
                                              &source, &decided, NULL),
                             SC_OK);
                cr_expect(decided && elements[n].first.lo <= exact.lo &&
                              exact.hi <= elements[n].first.hi,
                          "seed %u, element %d: [%a, %a] in [%a, %a]", (unsigned)seed, n, exact.lo,
                          exact.hi, elements[n].first.lo, elements[n].first.hi);
            }
            for (int32_t n = 0; n < LIST_SIZE(elements); n++) {
                struct sc_enclosure exact = elements[n].first;
                struct sc_oracle_source source;
                bool decided = true;
                cr_assert_eq(sc_oracle_decide(oracle, &elements[n].element, is_below, &never,
                                              &exact, &source, &decided, NULL),
                             SC_OK);
                cr_expect(!decided && source.precision == SC_ORACLE_PRECISION_MAX);
                cr_expect(elements[n].first.lo <= exact.lo && exact.hi <= elements[n].first.hi &&
                              exact.hi <= nextafter(nextafter(exact.lo, HUGE_VAL), HUGE_VAL),
                          "seed %u, element %d: [%a, %a] in [%a, %a]", (unsigned)seed, n, exact.lo,
                          exact.hi, elements[n].first.lo, elements[n].first.hi);
            }
        }
        sc_oracle_destroy(oracle);
        free(d_o);
        sample_destroy(&x);
    }
}

/* Two heads of 600 rows and 520 keys, causal: several tiles and blocks in both directions. */
struct large {
    struct sc_problem problem;
    float *q, *k, *v, *d_o, bias;
};

enum { LARGE_ROWS = 600, LARGE_KEYS = 520, LARGE_D = 5 };

static void large_create(struct large *x)
{
    const int32_t d = LARGE_D;
    struct sample source = {.state = 1};
    const int64_t q_size = 2 * (int64_t)LARGE_ROWS * d, k_size = (int64_t)LARGE_KEYS * d;

    x->problem = plain_problem(LARGE_ROWS, LARGE_KEYS, d, d);
    x->problem.heads_q = 2;
    x->problem.q = (struct sc_layout){0, (int64_t)LARGE_ROWS * d, d, q_size};
    x->problem.o = x->problem.q;
    x->problem.right = 0;
    x->bias = sc_constants_minus_log(LARGE_KEYS);
    x->problem.bias = &x->bias;
    x->q = malloc((size_t)q_size * sizeof(float));
    x->d_o = malloc((size_t)q_size * sizeof(float));
    x->k = malloc((size_t)k_size * sizeof(float));
    x->v = malloc((size_t)k_size * sizeof(float));
    for (int64_t n = 0; n < q_size; n++) {
        x->q[n] = sample_ordinary(&source, 24);
        x->d_o[n] = sample_ordinary(&source, 24);
    }
    for (int64_t n = 0; n < k_size; n++) {
        x->k[n] = sample_ordinary(&source, 24);
        x->v[n] = sample_ordinary(&source, 24);
    }
}

static void large_destroy(struct large *x)
{
    free(x->q);
    free(x->d_o);
    free(x->k);
    free(x->v);
}

/* All of O, dQ, dK, dV and db, in a given order of rows and keys. */
struct results {
    struct sc_enclosure o[2 * LARGE_ROWS * LARGE_D], d_q[2 * LARGE_ROWS * LARGE_D];
    struct sc_enclosure d_k[LARGE_KEYS * LARGE_D], d_v[LARGE_KEYS * LARGE_D], d_b[2];
};

static struct results *get_all(const struct large *x, int32_t threads)
{
    const struct sc_oracle_values values = {x->q, x->k, x->v, x->d_o};
    struct results *all = calloc(1, sizeof *all);
    struct sc_oracle *oracle = make(&x->problem, &values, 1, threads);
    const struct sc_key_enclosures keys = {all->d_k, all->d_v};
    int32_t list[LARGE_ROWS];

    for (int32_t n = 0; n < LARGE_ROWS; n++) {
        list[n] = n;
    }
    for (int32_t h = 0; h < 2; h++) {
        const int32_t at = h * LARGE_ROWS * LARGE_D;
        const struct sc_row_enclosures rows = {NULL, all->o + at, all->d_q + at};
        cr_assert_eq(sc_oracle_rows(oracle, 0, h, list, LARGE_ROWS, &rows, NULL, NULL), SC_OK);
        cr_assert_eq(sc_oracle_bias(oracle, 0, h, &all->d_b[h], NULL, NULL), SC_OK);
    }
    cr_assert_eq(sc_oracle_keys(oracle, 0, 0, list, LARGE_KEYS, &keys, NULL, NULL), SC_OK);
    sc_oracle_destroy(oracle);
    return all;
}

Test(oracle, the_number_of_threads_changes_no_bit)
{
    struct large x;

    large_create(&x);
    struct results *one = get_all(&x, 1), *three = get_all(&x, 3);
    cr_expect(memcmp(one, three, sizeof *one) == 0);
    free(one);
    free(three);
    large_destroy(&x);
}

Test(oracle, rows_and_keys_alone_meet_those_of_a_whole_head)
{
    struct large x;

    large_create(&x);
    const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
    struct results *all = get_all(&x, 1);
    for (int32_t way = 0; way < LIST_SIZE(ways); way++) {
        struct sc_oracle *oracle = make(&x.problem, &values, way, 1);
        static const int32_t list[] = {599, 0, 81, 79, 80, 255, 256, 257, 335, 336};
        struct sc_enclosure o[LIST_SIZE(list) * LARGE_D], d_q[LIST_SIZE(list) * LARGE_D];
        const struct sc_row_enclosures wanted = {NULL, o, d_q};
        bool empty[LIST_SIZE(list)];
        cr_assert_eq(sc_oracle_rows(oracle, 0, 1, list, LIST_SIZE(list), &wanted, empty, NULL),
                     SC_OK);
        for (int32_t n = 0; n < LIST_SIZE(list) * LARGE_D; n++) {
            const int32_t at = (LARGE_ROWS + list[n / LARGE_D]) * LARGE_D + n % LARGE_D;
            cr_expect(o[n].lo <= all->o[at].hi && all->o[at].lo <= o[n].hi, "%s: O, row %d",
                      ways[way].name, list[n / LARGE_D]);
            cr_expect(d_q[n].lo <= all->d_q[at].hi && all->d_q[at].lo <= d_q[n].hi,
                      "%s: dQ, row %d", ways[way].name, list[n / LARGE_D]);
            cr_expect_eq(empty[n / LARGE_D], list[n / LARGE_D] < 80, "row %d", list[n / LARGE_D]);
        }
        for (int32_t j = 0; j < LARGE_KEYS; j += 173) {
            struct key key;
            get_key(oracle, 0, 0, j, &key);
            for (int32_t c = 0; c < LARGE_D; c++) {
                const int32_t at = j * LARGE_D + c;
                cr_expect(key.d_k[c].lo <= all->d_k[at].hi && all->d_k[at].lo <= key.d_k[c].hi,
                          "%s: dK, key %d", ways[way].name, j);
                cr_expect(key.d_v[c].lo <= all->d_v[at].hi && all->d_v[at].lo <= key.d_v[c].hi,
                          "%s: dV, key %d", ways[way].name, j);
            }
        }
        sc_oracle_destroy(oracle);
    }
    free(all);
    large_destroy(&x);
}

Test(oracle, the_audit_looks_at_the_first_row_and_at_others)
{
    struct large x;
    int32_t list[LARGE_ROWS];
    struct sc_enclosure *o = malloc(LARGE_ROWS * LARGE_D * sizeof *o);
    const struct sc_row_enclosures wanted = {NULL, o, NULL};

    large_create(&x);
    const struct sc_oracle_values values = {x.q, x.k, x.v, NULL};
    struct sc_oracle *oracle = make(&x.problem, &values, 0, 1);
    for (int32_t n = 0; n < LARGE_ROWS; n++) {
        list[n] = n;
    }
    cr_expect_eq(sc_oracle_audited(oracle), 0);
    for (int32_t h = 0; h < 2; h++) {
        cr_assert_eq(sc_oracle_rows(oracle, 0, h, list, LARGE_ROWS, &wanted, NULL, NULL), SC_OK);
    }
    cr_expect_geq(sc_oracle_audited(oracle), 1);
    cr_expect_leq(sc_oracle_audited(oracle), 8);
    sc_oracle_destroy(oracle);
    free(o);
    large_destroy(&x);
}

Test(oracle, the_audit_refuses_results_that_do_not_meet)
{
    static const float q[2] = {1, 2}, k[2] = {0.5f, -1}, v[2] = {3, -4}, d_o[2] = {1, 1};
    static const int32_t list[2] = {0, 1};
    const struct sc_problem p = plain_problem(2, 2, 1, 1);
    const struct sc_oracle_values values = {q, k, v, d_o};
    const struct sc_tier_options options = {128, 1, NULL};
    struct sc_error error = {SC_OK, ""};
    void *balls = NULL;

    cr_assert_eq(sc_tier_arb.create(&p, &values, &options, &balls, &error), SC_OK);
    for (int32_t fault = 0; fault < 6; fault++) {
        struct sc_enclosure weights[4], o[2], d_q[2], d_k[2], d_v[2];
        const struct sc_row_enclosures rows = {weights, o, d_q};
        const struct sc_key_enclosures keys = {d_k, d_v};
        struct sc_enclosure *const places[] = {NULL, &weights[1], o, d_q, d_k, d_v};
        int64_t audited = 0;
        cr_assert_eq(sc_tier_arb.rows(balls, 0, 0, list, 2, &rows, &error), SC_OK);
        cr_assert_eq(sc_tier_arb.keys(balls, 0, 0, list, 2, &keys, &error), SC_OK);
        if (places[fault] != NULL) {
            places[fault]->lo = places[fault]->hi = nextafter(places[fault]->hi, HUGE_VAL);
        }
        const enum sc_status of_rows =
            sc_audit_rows(&p, balls, 0, 0, list, 2, &rows, &audited, &error);
        audited = 0;
        const enum sc_status of_keys =
            sc_audit_keys(&p, balls, 0, 0, list, 2, &keys, &audited, &error);
        cr_expect_eq(of_rows, fault >= 1 && fault <= 3 ? SC_E_UNAVAILABLE : SC_OK, "fault %d",
                     fault);
        cr_expect_eq(of_keys, fault >= 4 ? SC_E_UNAVAILABLE : SC_OK, "fault %d", fault);
        cr_expect(fault == 0 || strstr(error.text, "do not meet") != NULL, "%s", error.text);
    }
    sc_tier_arb.destroy(balls);
}

static enum sc_status try_row(struct sc_oracle *oracle, int32_t b, int32_t h, int32_t i,
                              struct sc_error *error)
{
    struct sc_enclosure o[ROOM];
    const struct sc_row_enclosures wanted = {NULL, o, NULL};

    return sc_oracle_rows(oracle, b, h, &i, 1, &wanted, NULL, error);
}

static bool refused(enum sc_status status, const struct sc_error *error, const char *text)
{
    return status == SC_E_UNAVAILABLE && strstr(error->text, text) != NULL;
}

Test(oracle, refuses_another_floating_point_environment)
{
    struct large x;

    large_create(&x);
    const struct sc_oracle_values values = {x.q, x.k, x.v, x.d_o};
    for (int32_t n = 0; n < 2 * LIST_SIZE(ways); n++) {
        const int32_t way = n / 2, threads = n % 2 == 0 ? 1 : 3;
        struct sc_oracle *oracle = make(&x.problem, &values, way, threads);
        struct sc_error error = {SC_OK, ""};
        cr_assert_eq(try_row(oracle, 0, 0, 599, &error), SC_OK);
        cr_assert_eq(fesetround(FE_UPWARD), 0);
        const bool upward = refused(try_row(oracle, 0, 0, 599, &error), &error, "rounding mode");
        cr_assert_eq(fesetround(FE_TONEAREST), 0);
        cr_expect(upward, "%s: rounding upward", ways[way].name);
#if defined(__SSE2__)
        const unsigned control = _mm_getcsr();
        _mm_setcsr(control | 0x8000u); /* flush to zero */
        const bool flushed = refused(try_row(oracle, 0, 0, 599, &error), &error, "flushed");
        _mm_setcsr(control | 0x0040u); /* denormals are zero */
        const bool zeroed = refused(try_row(oracle, 0, 0, 599, &error), &error, "read as zero");
        _mm_setcsr(control);
        cr_expect(flushed, "%s: flush to zero", ways[way].name);
        cr_expect(zeroed, "%s: denormals are zero", ways[way].name);
#endif
        cr_expect_eq(sc_environment_check(NULL), SC_OK);
        sc_oracle_destroy(oracle);
    }
    large_destroy(&x);
}

Test(oracle, refuses_what_is_not_there)
{
    static const float x = 1;
    const struct sc_problem p = plain_problem(1, 1, 1, 1);
    const struct sc_oracle_values values = {&x, &x, &x, NULL};
    struct sc_oracle *oracle = make(&p, &values, 0, 1);
    struct sc_enclosure d[1];
    const struct sc_row_enclosures gradient = {NULL, NULL, d};
    const struct sc_key_enclosures of_key = {d, d};
    struct sc_error error = {SC_OK, ""};
    const int32_t zero = 0;

    cr_expect_eq(try_row(oracle, -1, 0, 0, &error), SC_E_INPUT);
    cr_expect_eq(try_row(oracle, 1, 0, 0, &error), SC_E_INPUT);
    cr_expect_eq(try_row(oracle, 0, -1, 0, &error), SC_E_INPUT);
    cr_expect_eq(try_row(oracle, 0, 1, 0, &error), SC_E_INPUT);
    cr_expect_eq(try_row(oracle, 0, 0, -1, &error), SC_E_INPUT);
    cr_expect_eq(try_row(oracle, 0, 0, 1, &error), SC_E_INPUT);
    cr_expect_eq(sc_oracle_rows(oracle, 0, 0, &zero, 1, &gradient, NULL, &error), SC_E_INPUT);
    cr_expect_eq(sc_oracle_keys(oracle, 0, 0, &zero, 1, &of_key, NULL, &error), SC_E_INPUT);
    cr_expect_eq(sc_oracle_bias(oracle, 0, 0, d, NULL, &error), SC_E_INPUT);
    sc_oracle_destroy(oracle);

    static const struct sc_oracle_options bad[] = {{SC_ORACLE_ARB, 52, 1, NULL},
                                                   {SC_ORACLE_AUTO, 4097, 1, NULL},
                                                   {SC_ORACLE_FP64, 128, 0, NULL},
                                                   {SC_ORACLE_SCHEDULE, 128, 1, NULL}};
    for (int32_t n = 0; n < LIST_SIZE(bad); n++) {
        oracle = NULL;
        cr_expect_eq(sc_oracle_create(&p, &values, &bad[n], &oracle, &error), SC_E_INPUT, "%d", n);
        cr_expect_null(oracle);
    }
}
