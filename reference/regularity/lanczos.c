/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/lanczos.h"

#include "reference/random.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Vectors u_k and v_k, one a row, and the bidiagonal matrix: J v_k = alpha_k u_k + beta_{k - 1} u_{k - 1}. */
struct basis {
    int64_t inputs, outputs;
    int32_t room, count;
    double *v, *u;
    double *alpha, *beta;
};

static bool basis_create(struct basis *x, const struct sc_operator *j, int32_t steps)
{
    const size_t room = (size_t)steps;

    *x = (struct basis){.inputs = j->inputs, .outputs = j->outputs, .room = steps};
    x->v = malloc((room + 1) * (size_t)j->inputs * sizeof(double));
    x->u = malloc(room * (size_t)j->outputs * sizeof(double));
    x->alpha = calloc(room, sizeof(double));
    x->beta = calloc(room, sizeof(double));
    return x->v != NULL && x->u != NULL && x->alpha != NULL && x->beta != NULL;
}

static void basis_destroy(struct basis *x)
{
    free(x->v);
    free(x->u);
    free(x->alpha);
    free(x->beta);
}

static double norm(const double *x, int64_t count)
{
    return cblas_dnrm2((int32_t)count, x, 1);
}

static void scale(double *x, int64_t count, double by)
{
    cblas_dscal((int32_t)count, by, x, 1);
}

/* Takes out of x what lies along the first `count` rows, twice: once leaves rounding errors of the size of x. */
static void orthogonalise(const double *rows, int32_t count, int64_t width, double *x,
                          double *scratch)
{
    for (int pass = 0; pass < 2 && count > 0; pass++) {
        cblas_dgemv(CblasRowMajor, CblasNoTrans, count, (int32_t)width, 1.0, rows, (int32_t)width,
                    x, 1, 0.0, scratch, 1);
        cblas_dgemv(CblasRowMajor, CblasTrans, count, (int32_t)width, -1.0, rows, (int32_t)width,
                    scratch, 1, 1.0, x, 1);
    }
}

/* The singular values of the bidiagonal matrix so far and, where `vectors` is given, its right singular vectors: number r
 * is vectors[r], vectors[r + n], ... */
static bool bidiagonal_values(const struct basis *x, double *values, double *vectors)
{
    const int32_t n = x->count;
    double *off = malloc((size_t)n * sizeof *off);

    if (off == NULL) {
        return false;
    }
    memcpy(values, x->alpha, (size_t)n * sizeof *values);
    memcpy(off, x->beta, (size_t)n * sizeof *off);
    for (int64_t k = 0; vectors != NULL && k < (int64_t)n * n; k++) {
        vectors[k] = k / n == k % n ? 1.0 : 0.0;
    }
    double none[1];
    const int info =
        LAPACKE_dbdsqr(LAPACK_COL_MAJOR, 'U', n, vectors != NULL ? n : 0, 0, 0, values, off,
                       vectors != NULL ? vectors : none, vectors != NULL ? n : 1, none, 1, none, 1);
    free(off);
    return info == 0;
}

/* One step: u_k and alpha_k from v_k, then v_{k + 1} and beta_k. Whether the space is used up. */
static bool step(struct basis *x, const struct sc_operator *j, double *scratch)
{
    const int32_t k = x->count;
    double *v = x->v + k * x->inputs, *u = x->u + k * x->outputs, *next = v + x->inputs;

    j->push(j->context, v, u);
    orthogonalise(x->u, k, x->outputs, u, scratch);
    x->alpha[k] = norm(u, x->outputs);
    x->count++;
    if (!(x->alpha[k] > 0.0)) {
        memset(u, 0, (size_t)x->outputs * sizeof *u);
        return true;
    }
    scale(u, x->outputs, 1.0 / x->alpha[k]);
    j->pull(j->context, u, next);
    orthogonalise(x->v, k + 1, x->inputs, next, scratch);
    x->beta[k] = norm(next, x->inputs);
    if (!(x->beta[k] > 0x1p-50 * x->alpha[0]) || x->count == x->inputs) {
        return true;
    }
    scale(next, x->inputs, 1.0 / x->beta[k]);
    return false;
}

/* The right singular vector of the largest value, back in the space of the inputs. */
static enum sc_status finish(const struct basis *x, const struct sc_operator *j,
                             struct sc_lanczos *lanczos, struct sc_error *error)
{
    const int32_t n = x->count;
    double *vectors = malloc((size_t)n * (size_t)n * sizeof *vectors);
    double *image = malloc((size_t)x->outputs * sizeof *image);
    enum sc_status status = SC_OK;

    lanczos->right = malloc((size_t)x->inputs * sizeof(double));
    lanczos->spectrum = malloc((size_t)n * sizeof(double));
    if (vectors == NULL || image == NULL || lanczos->right == NULL || lanczos->spectrum == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "lanczos: no memory for %d steps", n);
    } else if (!bidiagonal_values(x, lanczos->spectrum, vectors)) {
        status = sc_fail(error, SC_E_UNAVAILABLE, "lanczos: LAPACK's bdsqr did not converge");
    } else {
        cblas_dgemv(CblasRowMajor, CblasTrans, n, (int32_t)x->inputs, 1.0, x->v, (int32_t)x->inputs,
                    vectors, n, 0.0, lanczos->right, 1);
        const double length = norm(lanczos->right, x->inputs);
        scale(lanczos->right, x->inputs, 1.0 / length);
        j->push(j->context, lanczos->right, image);
        lanczos->value = norm(image, x->outputs);
        lanczos->steps = n;
        lanczos->values = n;
    }
    free(vectors);
    free(image);
    return status;
}

/* J^T of a random vector: in the row space, so that no step is lost on directions that J takes to 0. A random vector where
 * that is 0. */
static void start(struct basis *x, const struct sc_operator *j, uint64_t seed)
{
    struct sc_random random = {seed};

    for (int64_t n = 0; n < x->outputs; n++) {
        x->u[n] = sc_random_normal(&random);
    }
    j->pull(j->context, x->u, x->v);
    const double length = norm(x->v, x->inputs);
    if (length > 0.0 && isfinite(length) && isfinite(1.0 / length)) {
        scale(x->v, x->inputs, 1.0 / length);
        return;
    }
    for (int64_t n = 0; n < x->inputs; n++) {
        x->v[n] = sc_random_normal(&random);
    }
    scale(x->v, x->inputs, 1.0 / norm(x->v, x->inputs));
}

/* Steps until the estimate stands still. */
static enum sc_status iterate(struct basis *x, const struct sc_operator *j,
                              const struct sc_lanczos_options *options, struct sc_error *error)
{
    double *scratch = malloc((size_t)x->room * sizeof *scratch);
    double *values = malloc((size_t)x->room * sizeof *values);
    double before = 0.0;
    enum sc_status status =
        scratch == NULL || values == NULL
            ? sc_fail(error, SC_E_MEMORY, "lanczos: no memory for %d steps", x->room)
            : SC_OK;

    while (status == SC_OK && x->count < x->room) {
        const bool exhausted = step(x, j, scratch);
        const int32_t last = x->count - 1;
        if (!isfinite(x->alpha[last]) || !isfinite(x->beta[last])) {
            status = sc_fail(error, SC_E_UNAVAILABLE,
                             "lanczos: step %d: the derivative is not finite", x->count);
        }
        if (status != SC_OK || exhausted) {
            break;
        }
        if (options->change > 0.0 && x->count % 4 == 0) {
            if (!bidiagonal_values(x, values, NULL)) {
                status = sc_fail(error, SC_E_UNAVAILABLE, "lanczos: bdsqr did not converge");
            } else if (values[0] - before <= options->change * values[0]) {
                break;
            }
            before = values[0];
        }
    }
    free(scratch);
    free(values);
    return status;
}

enum sc_status sc_lanczos_run(const struct sc_operator *j, const struct sc_lanczos_options *options,
                              struct sc_lanczos *lanczos, struct sc_error *error)
{
    const int64_t smaller = j->inputs < j->outputs ? j->inputs : j->outputs;
    const int32_t steps = smaller < options->steps_max ? (int32_t)smaller : options->steps_max;
    struct basis x;
    enum sc_status status = SC_OK;

    memset(lanczos, 0, sizeof *lanczos);
    if (!basis_create(&x, j, steps)) {
        status = sc_fail(error, SC_E_MEMORY, "lanczos: no memory for %d vectors of %lld numbers",
                         steps, (long long)j->inputs);
    }
    if (status == SC_OK) {
        start(&x, j, options->seed);
        status = iterate(&x, j, options, error);
    }
    if (status == SC_OK) {
        status = finish(&x, j, lanczos, error);
    }
    basis_destroy(&x);
    if (status != SC_OK) {
        sc_lanczos_destroy(lanczos);
    }
    return status;
}

void sc_lanczos_destroy(struct sc_lanczos *lanczos)
{
    free(lanczos->right);
    free(lanczos->spectrum);
    memset(lanczos, 0, sizeof *lanczos);
}
