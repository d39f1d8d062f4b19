/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest_sum.h"

#include "reference/oracle/tensorcore.h"

#include <math.h>
#include <string.h>

#define LANES 4 /* accumulators of one sum, at most */

static void swap_terms(struct sc_honest_term *terms, int32_t a, int32_t b)
{
    const struct sc_honest_term term = terms[a];

    terms[a] = terms[b];
    terms[b] = term;
}

static float size_of(const struct sc_honest_term *term)
{
    return fabsf(term->x) * fabsf(term->y);
}

/* At random; or by size, which is where an accumulator errs most or least. */
static void permute(struct sc_honest_machine *m, struct sc_honest_term *terms, int32_t count)
{
    const int32_t way = sc_random_int(&m->random, 0, 2);

    for (int32_t n = count - 1; n > 0; n--) {
        swap_terms(terms, n, sc_random_int(&m->random, 0, n));
    }
    for (int32_t n = 1; way > 0 && n < count; n++) {
        for (int32_t k = n; k > 0; k--) {
            const bool wrong = way == 1 ? size_of(&terms[k - 1]) < size_of(&terms[k])
                                        : size_of(&terms[k - 1]) > size_of(&terms[k]);
            if (!wrong) {
                break;
            }
            swap_terms(terms, k - 1, k);
        }
    }
}

float sc_honest_add_all(struct sc_honest_machine *m, float *values, int32_t count, bool declared,
                        int32_t *additions)
{
    const bool chain = declared || sc_random_int(&m->random, 0, 1) == 0;
    int32_t path[SC_HONEST_TERMS_MAX + LANES] = {0};

    for (int32_t left = count; left > 1; left--) {
        const int32_t a = chain ? 0 : sc_random_int(&m->random, 0, left - 1);
        int32_t b = declared ? count - left + 1 : sc_random_int(&m->random, 0, left - 2);
        b += !declared && b >= a ? 1 : 0;
        const bool counts = values[a] != 0.0f && values[b] != 0.0f;
        path[a] = (path[a] > path[b] ? path[a] : path[b]) + (counts ? 1 : 0);
        values[a] = sc_honest_add(m, values[a], values[b]);
        if (!declared) { /* the last one takes the place of b */
            values[b] = values[left - 1];
            path[b] = path[left - 1];
        }
    }
    if (additions != NULL) {
        *additions = count > 0 ? path[0] : 0;
    }
    return count > 0 ? values[0] : 0.0f;
}

/* A tree of products that are rounded. */
static float product_tree(struct sc_honest_machine *m, const struct sc_honest_term *terms,
                          int32_t count, float init)
{
    float values[SC_HONEST_TERMS_MAX + LANES];
    int32_t leaves = 0;

    for (int32_t n = 0; n < count; n++) {
        values[leaves++] = sc_honest_multiply(m, terms[n].x, terms[n].y);
    }
    if (init != 0.0f) {
        values[leaves++] = init;
    }
    return sc_honest_add_all(m, values, leaves, false, NULL);
}

/* fma in any order: into lanes that are added at the end, or a tree of products. */
static float fma_any(struct sc_honest_machine *m, struct sc_honest_term *terms, int32_t count,
                     float init)
{
    const int32_t lanes = sc_random_int(&m->random, 0, LANES);
    float sums[LANES] = {init};

    permute(m, terms, count);
    if (lanes == 0) {
        return product_tree(m, terms, count, init);
    }
    for (int32_t n = 0; n < count; n++) {
        float *sum = &sums[sc_random_int(&m->random, 0, lanes - 1)];
        *sum = sc_honest_fma(m, terms[n].x, terms[n].y, *sum);
    }
    return sc_honest_add_all(m, sums, lanes, false, NULL);
}

/* One step of a tensor core. */
static float step(struct sc_honest_machine *m, enum sc_format format,
                  const struct sc_honest_term *terms, int32_t count, float sum)
{
    struct sc_tensorcore_factors x, y;
    float left[SC_TENSORCORE_TERMS], right[SC_TENSORCORE_TERMS];

    for (int32_t t = 0; t < count; t++) {
        left[t] = terms[t].x;
        right[t] = terms[t].y;
    }
    sc_tensorcore_decode(format, left, count, &x);
    sc_tensorcore_decode(format, right, count, &y);
    sc_tensorcore_add(m->honest->arithmetic.schedule.core, &x, &y, 0, 1, &sum);
    return sum;
}

static int32_t core_terms(const struct sc_honest *honest)
{
    return honest->arithmetic.schedule.core == SC_CORE_H100 ? 16 : 8;
}

/* Steps of any terms, into lanes. */
static float steps_any(struct sc_honest_machine *m, enum sc_format format,
                       struct sc_honest_term *terms, int32_t count, float init)
{
    const int32_t lanes = sc_random_int(&m->random, 1, LANES);
    const int32_t most = sc_random_int(&m->random, 1, core_terms(m->honest));
    float sums[LANES] = {init};

    permute(m, terms, count);
    for (int32_t first = 0, taken = 0; first < count; first += taken) {
        float *sum = &sums[sc_random_int(&m->random, 0, lanes - 1)];
        taken = sc_random_int(&m->random, 1, most);
        taken = taken > count - first ? count - first : taken;
        *sum = step(m, format, terms + first, taken, *sum);
    }
    return sc_honest_add_all(m, sums, lanes, false, NULL);
}

/* The step of each term: a number of (run, tile, step of the tile). */
static void number_steps(struct sc_honest_machine *m, const struct sc_honest_term *terms,
                         int32_t count, int32_t tile, int32_t numbers[])
{
    const struct sc_kernel_arithmetic *a = &m->honest->arithmetic;
    const bool declared = a->order == SC_ORDER_DECLARED;
    const int32_t width = declared ? core_terms(m->honest) : tile > 0 ? tile : count;
    const int32_t full = declared || a->terms == 0 ? core_terms(m->honest) : a->terms;
    const int32_t offset = declared || tile == 0 ? 0 : sc_random_int(&m->random, 0, width - 1);
    const int32_t rotation = sc_random_int(&m->random, 0, width - 1);
    const bool strided = sc_random_int(&m->random, 0, 1) == 0;
    const int32_t steps = (width - 1) / full + 1;

    for (int32_t n = 0; n < count; n++) {
        const int32_t at = terms[n].index + offset;
        const int32_t slot = declared ? at % width : (at + rotation) % width;
        /* consecutive slots, or every steps-th one: at most `full` of a tile in either */
        const int32_t within =
            strided && !declared && width % full == 0 ? slot % steps : slot / full;
        numbers[n] = (terms[n].run * 4096 + at / width) * 64 + within;
    }
}

/* The terms of a step side by side, steps in the order of their first terms. */
static float steps_numbered(struct sc_honest_machine *m, enum sc_format format,
                            const struct sc_honest_term *terms, int32_t count,
                            const int32_t numbers[], float init)
{
    bool done[SC_HONEST_TERMS_MAX] = {false};
    float sum = init;

    for (int32_t n = 0; n < count; n++) {
        struct sc_honest_term shared[SC_TENSORCORE_TERMS];
        int32_t found = 0;
        for (int32_t k = n; k < count && !done[n]; k++) {
            if (numbers[k] == numbers[n] && found < SC_TENSORCORE_TERMS) {
                shared[found++] = terms[k];
                done[k] = k != n;
            }
        }
        sum = found > 0 ? step(m, format, shared, found, sum) : sum;
    }
    return sum;
}

float sc_honest_sum(struct sc_honest_machine *m, enum sc_format format,
                    struct sc_honest_term *terms, int32_t count, int32_t tile, float init)
{
    const struct sc_kernel_arithmetic *a = &m->honest->arithmetic;
    int32_t numbers[SC_HONEST_TERMS_MAX];
    float sum = init;

    if (a->schedule.core == SC_CORE_FMA && a->order != SC_ORDER_DECLARED) {
        return fma_any(m, terms, count, init);
    }
    for (int32_t n = 0; a->schedule.core == SC_CORE_FMA && n < count; n++) {
        sum = sc_honest_fma(m, terms[n].x, terms[n].y, sum);
    }
    if (a->schedule.core == SC_CORE_FMA) {
        return sum;
    }
    if (a->order == SC_ORDER_ANY) {
        return steps_any(m, format, terms, count, init);
    }
    if (a->order == SC_ORDER_TILED && sc_random_int(&m->random, 0, 1) == 0) {
        permute(m, terms, count); /* steps in another order */
    }
    if (count > 0) {
        number_steps(m, terms, count, tile, numbers);
    }
    return steps_numbered(m, format, terms, count, numbers, init);
}
