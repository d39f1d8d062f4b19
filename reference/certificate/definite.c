/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/definite.h"

#include "reference/certificate/products.h"
#include "reference/certificate/share.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK SC_PRODUCTS_BLOCK
#define U     0x1p-53

/* The lower triangle of A, then of its factor L, by blocks of rows and columns. */
struct factor {
    const double *m;
    int64_t size, inner;
    double c;
    double *a; /* [size][size] */
    int64_t column;
};

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* A = c I - M M^T; parts take block rows in turn. */
static bool subtract_part(void *context, int32_t part, int32_t parts)
{
    struct factor *my = context;
    double sums[BLOCK * BLOCK];

    for (int64_t i = part * BLOCK; i < my->size; i += (int64_t)parts * BLOCK) {
        const int64_t tall = least(BLOCK, my->size - i);
        for (int64_t j = 0; j <= i; j += BLOCK) {
            const int64_t wide = least(BLOCK, my->size - j);
            memset(sums, 0, sizeof sums);
            sc_products_block(my->m + i * my->inner, tall, my->m + j * my->inner, wide, my->inner,
                              my->inner, sums);
            for (int64_t r = 0; r < tall; r++) {
                for (int64_t s = 0; s < wide; s++) {
                    my->a[(i + r) * my->size + j + s] =
                        i + r == j + s ? my->c - sums[r * BLOCK + s] : -sums[r * BLOCK + s];
                }
            }
        }
    }
    return true;
}

/* Rows i .. of block column `column`: less what the columns before it make. */
static void reduce(struct factor *my, int64_t i, int64_t tall, int64_t wide)
{
    const int64_t j = my->column;
    double sums[BLOCK * BLOCK];

    memset(sums, 0, sizeof sums);
    sc_products_block(my->a + i * my->size, tall, my->a + j * my->size, wide, j, my->size, sums);
    for (int64_t r = 0; r < tall; r++) {
        for (int64_t s = 0; s < wide; s++) {
            my->a[(i + r) * my->size + j + s] -= sums[r * BLOCK + s];
        }
    }
}

/* The block on the diagonal; the row at which it ends, or the size. */
static int64_t factor_block(struct factor *my)
{
    const int64_t j = my->column, wide = least(BLOCK, my->size - j);

    reduce(my, j, wide, wide);
    for (int64_t r = j; r < j + wide; r++) {
        double *row = my->a + r * my->size;
        for (int64_t s = j; s <= r; s++) {
            const double *other = my->a + s * my->size;
            double rest = row[s];
            for (int64_t n = j; n < s; n++) {
                rest -= row[n] * other[n];
            }
            if (s < r) {
                row[s] = rest / other[s];
            } else if (!(rest > 0.0) || !isfinite(rest)) {
                return r;
            } else {
                row[s] = sqrt(rest);
            }
        }
    }
    return my->size;
}

/* The blocks below it; parts take them in turn. */
static bool solve_part(void *context, int32_t part, int32_t parts)
{
    struct factor *my = context;
    const int64_t j = my->column, wide = least(BLOCK, my->size - j);

    for (int64_t i = j + wide + part * BLOCK; i < my->size; i += (int64_t)parts * BLOCK) {
        const int64_t tall = least(BLOCK, my->size - i);
        reduce(my, i, tall, wide);
        for (int64_t r = i; r < i + tall; r++) {
            double *row = my->a + r * my->size;
            for (int64_t s = j; s < j + wide; s++) {
                const double *other = my->a + s * my->size;
                double rest = row[s];
                for (int64_t n = j; n < s; n++) {
                    rest -= row[n] * other[n];
                }
                row[s] = rest / other[s];
            }
        }
    }
    return true;
}

/* x = (y, 1, 0) with L^T y = -l, l the row where the factorisation ended: x^T A x is what was no pivot there. */
static double *end_direction(const struct factor *my, int64_t row)
{
    double *x = calloc((size_t)my->size, sizeof *x);

    if (x == NULL) {
        return NULL;
    }
    x[row] = 1.0;
    for (int64_t j = 0; j < row; j++) {
        x[j] = -my->a[row * my->size + j];
    }
    for (int64_t j = row - 1; j >= 0; j--) {
        x[j] /= my->a[j * my->size + j];
        for (int64_t n = 0; n < j; n++) {
            x[n] -= my->a[j * my->size + n] * x[j];
        }
    }
    return x;
}

enum sc_status sc_definite_check(const double *m, int64_t size, int64_t inner, double c,
                                 int32_t threads, struct sc_definite *definite,
                                 struct sc_error *error)
{
    struct factor factor = {m, size, inner, c, NULL, 0};

    *definite = (struct sc_definite){false, 0, NULL};
    factor.a = malloc((size_t)size * (size_t)size * sizeof *factor.a);
    if (factor.a == NULL) {
        return sc_fail(error, SC_E_MEMORY, "certificate: no memory for %lld x %lld numbers",
                       (long long)size, (long long)size);
    }
    (void)sc_share_run(threads, subtract_part, &factor);
    for (; factor.column < size; factor.column += BLOCK) {
        definite->row = factor_block(&factor);
        if (definite->row < size) {
            break;
        }
        (void)sc_share_run(threads, solve_part, &factor);
    }
    definite->factored = definite->row == size;
    if (!definite->factored) {
        definite->direction = end_direction(&factor, definite->row);
    }
    free(factor.a);
    return definite->factored || definite->direction != NULL
               ? SC_OK
               : sc_fail(error, SC_E_MEMORY, "certificate: no memory for a direction");
}

double sc_definite_charge(int64_t size, int64_t inner, double c_max, double square)
{
    const double n = (double)size, k = (double)inner;
    const double gamma_k = k * U / (1.0 - 2.0 * k * U);
    const double gamma_n = (n + 1.0) * U / (1.0 - 4.0 * (n + 1.0) * U);
    const double underflow = n * (k + n + 2.0 * sqrt(c_max) + 2.0) * 0x1p-1073;
    const double sum = gamma_k * square + (U + gamma_n * n) * c_max;

    return (sum * (1.0 + 0x1p-40) + underflow) + 0x1p-1070; /* for the roundings of this line */
}
