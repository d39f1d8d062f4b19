/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/worst_starts.h"

#include "reference/regularity/worst.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEADS_MAX 4 /* whose vectors are taken */
#define PER_HEAD  4
#define SAME      (1.0 - 1e-9) /* |<u, v>| of vectors that count as one */

#define PARTS 16 /* of "one against all" */

/* The first of each family. */
enum family { EQUAL, SHORTER, AGAINST, FEW = AGAINST + PARTS };

/* Keeps row `from` of the eigenvectors unless it repeats an earlier vector of the same kind of head. */
static void keep(struct sc_worst_starts *x, const double *vector, const double *a, int32_t h)
{
    const int32_t width = x->layer->width;
    double *u = x->u + (int64_t)x->vectors * width;
    double s = 0.0;

    for (int32_t n = 0; n < x->vectors; n++) {
        if (fabs(cblas_ddot(width, vector, 1, x->u + (int64_t)n * width, 1)) > SAME) {
            return;
        }
    }
    memcpy(u, vector, (size_t)width * sizeof *u);
    for (int32_t c = 0; c < width; c++) {
        s += u[c] * cblas_ddot(width, a + (int64_t)c * width, 1, u, 1);
    }
    x->s[x->vectors] = s;
    x->head[x->vectors++] = h;
}

/* Eigenvectors of a symmetric matrix, which they replace, a row each by rising eigenvalues. */
static bool eigenvectors(double *matrix, int32_t width, double *values)
{
    return LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', width, matrix, width, values) == 0;
}

/* c = x^T y */
static void turned_product(const double *x, const double *y, int32_t rows, int32_t width,
                           double scale, double *c)
{
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, width, width, rows, scale, x, width, y,
                width, 0.0, c, width);
}

static bool add_head(struct sc_worst_starts *x, int32_t h, double *a, double *m, double *values)
{
    const struct sc_layer *l = x->layer;
    const int32_t width = l->width;
    const int64_t at = (int64_t)h * l->d * width, last = (int64_t)(width - 1) * width;
    const double *w_v = l->w_v + (int64_t)h * l->d_v * width;

    turned_product(l->w_q + at, l->w_k + at, l->d, width, l->scale, a);
    for (int32_t i = 0; i < width; i++) {
        for (int32_t j = 0; j < width; j++) {
            m[(int64_t)i * width + j] =
                0.5 * (a[(int64_t)i * width + j] + a[(int64_t)j * width + i]);
        }
    }
    if (!eigenvectors(m, width, values)) {
        return false;
    }
    keep(x, m + last, a, h);
    keep(x, m, a, h);
    turned_product(a, a, width, width, 1.0, m);
    if (!eigenvectors(m, width, values)) {
        return false;
    }
    keep(x, m + last, a, h);
    turned_product(w_v, w_v, l->d_v, width, 1.0, m);
    if (!eigenvectors(m, width, values)) {
        return false;
    }
    keep(x, m + last, a, h);
    return true;
}

enum sc_status sc_worst_starts_create(const struct sc_layer *layer, double radius,
                                      struct sc_worst_starts *starts, struct sc_error *error)
{
    const size_t width = (size_t)layer->width;
    const int32_t heads = layer->heads < HEADS_MAX ? layer->heads : HEADS_MAX;
    const size_t room = (size_t)heads * PER_HEAD;
    double *a = malloc(width * width * sizeof *a), *m = malloc(width * width * sizeof *m);
    double *values = malloc(width * sizeof *values);
    enum sc_status status = SC_OK;

    *starts = (struct sc_worst_starts){.layer = layer, .radius = radius};
    starts->u = malloc(room * width * sizeof *starts->u);
    starts->s = malloc(room * sizeof *starts->s);
    starts->head = malloc(room * sizeof *starts->head);
    if (a == NULL || m == NULL || values == NULL || starts->u == NULL || starts->s == NULL ||
        starts->head == NULL) {
        status =
            sc_fail(error, SC_E_MEMORY, "worst: no memory for %zu x %zu numbers", width, width);
    }
    for (int32_t h = 0; status == SC_OK && h < heads; h++) {
        if (!add_head(starts, h, a, m, values)) {
            status = sc_fail(error, SC_E_UNAVAILABLE, "worst: no eigenvectors of head %d", h);
        }
    }
    starts->families = FEW;
    for (int32_t few = 1; few < layer->tokens; few *= 2) {
        starts->families++;
    }
    starts->count = starts->vectors * starts->families;
    free(a);
    free(m);
    free(values);
    return status;
}

void sc_worst_starts_destroy(struct sc_worst_starts *starts)
{
    free(starts->u);
    free(starts->s);
    free(starts->head);
    *starts = (struct sc_worst_starts){.layer = NULL};
}

const char *sc_worst_starts_known(const struct sc_worst_starts *starts, int32_t at, double *x)
{
    static const char *const names[] = {"equal tokens", "equal tokens, shorter", "one against all",
                                        "few among zeros"};
    const struct sc_layer *l = starts->layer;
    const int32_t v = at / starts->families, family = at % starts->families;
    const double *u = starts->u + (int64_t)v * l->width;
    const int64_t few = family >= FEW ? (int64_t)1 << (family - FEW) : l->tokens;
    const bool against = family >= AGAINST && family < FEW;
    const double part = (double)(family - AGAINST) * 2.0 / PARTS - 1.0;
    double length = starts->radius, s = 0.0;

    if (family == SHORTER && starts->s[v] > 0.0) {
        (void)sc_worst_equal(starts->s[v] * length * length, l->bias[starts->head[v]], &s);
        length = fmin(length, sqrt(s / starts->s[v]));
    }
    for (int64_t i = 0; i < l->tokens; i++) {
        const double one = i >= few ? 0.0 : against && i > 0 ? part * length : length;
        for (int32_t c = 0; c < l->width; c++) {
            x[i * l->width + c] = one * u[c];
        }
    }
    return names[family < AGAINST ? family : against ? 2 : 3];
}

const char *sc_worst_starts_random(const struct sc_layer *layer, double radius,
                                   struct sc_random *random, double *x)
{
    const bool two = sc_random_int(random, 0, 1) == 1;
    const int32_t width = layer->width;

    for (int64_t i = 0; i < layer->tokens; i++) {
        double *token = x + i * width;
        if (two && i >= 2) {
            memcpy(token, x + sc_random_int(random, 0, 1) * (int64_t)width,
                   (size_t)width * sizeof *x);
            continue;
        }
        for (int32_t c = 0; c < width; c++) {
            token[c] = sc_random_normal(random);
        }
        const double length = cblas_dnrm2(width, token, 1);
        cblas_dscal(width, length > 0.0 ? radius / length : 0.0, token, 1);
    }
    return two ? "two random directions" : "random directions";
}
