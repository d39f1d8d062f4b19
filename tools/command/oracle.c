/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/file/tensor.h"
#include "tools/input/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert oracle --q FILE --k FILE --v FILE --bias BIAS [OPTION]...\n"
    "Encloses every element of the exact O = sigma(tau Q K^T + b) V.\n\n";
static const char help_end[] =
    "  --lo FILE, --hi FILE         write the ends of the enclosures, fp64, in the shape of O\n"
    "  --mid FILE                   write their midpoints, fp64\n"
    "\n"
    "Rows that --rows leaves out, and results that are not real numbers, are NaN in the files.\n"
    "Exit: 0 enclosed; 2 usage or bad input; 3 could not run.\n"
    "\n"
    "example: sigmacert oracle --q q.npy --k k.npy --v v.npy --bias -log-n --lo lo.npy --hi "
    "hi.npy\n";

struct walk {
    const struct sc_input *input;
    double *lo, *hi, *mid;
    int64_t finite, empty, undefined;
    double max_width, max_size;
};

static void add_row(void *context, int32_t b, int32_t h, int32_t i,
                    const struct sc_enclosure *exact, const enum sc_oracle_class *classes)
{
    struct walk *walk = context;
    const struct sc_problem *p = &walk->input->problem;
    const int64_t row = sc_problem_o_row(p, b, h, i);

    for (int32_t c = 0; c < p->d_v; c++) {
        if (classes[c] == SC_ORACLE_UNDEFINED) {
            walk->undefined++;
            continue;
        }
        walk->finite += classes[c] == SC_ORACLE_FINITE ? 1 : 0;
        walk->empty += classes[c] == SC_ORACLE_EMPTY ? 1 : 0;
        walk->lo[row + c] = exact[c].lo;
        walk->hi[row + c] = exact[c].hi;
        walk->mid[row + c] = exact[c].lo + (exact[c].hi - exact[c].lo) / 2.0;
        walk->max_width = fmax(walk->max_width, exact[c].hi - exact[c].lo);
        walk->max_size = fmax(walk->max_size, fmax(fabs(exact[c].lo), fabs(exact[c].hi)));
    }
}

/* A tensor of NaNs in the shape of O. */
static enum sc_status create(const struct sc_problem *p, struct sc_tensor *tensor,
                             struct sc_error *error)
{
    const int64_t shape[4] = {sc_problem_tensor_batch(p), p->heads_q, p->n_q, p->d_v};
    const enum sc_status status = sc_tensor_create(SC_TENSOR_FP64, 4, shape, tensor, error);

    for (int64_t x = 0; status == SC_OK && x < tensor->count; x++) {
        ((double *)tensor->data)[x] = NAN;
    }
    return status;
}

static enum sc_status save(const char *name, const struct sc_tensor *tensor, struct sc_error *error)
{
    return name == NULL ? SC_OK : sc_tensor_save(name, tensor, error);
}

static void print(const struct walk *walk, int64_t rows)
{
    (void)printf(
        walk->input->json
            ? "{\"rows\": %lld, \"finite\": %lld, \"empty\": %lld, \"undefined\": %lld, "
              "\"precision\": %d, \"max_width\": %.6g, \"max_size\": %.6g}\n"
            : "%lld rows: %lld elements enclosed, %lld exactly 0 (no visible key), %lld not "
              "real numbers\nprecision %d bits, widest enclosure %.3g, largest |O| %.6g\n",
        (long long)rows, (long long)walk->finite, (long long)walk->empty,
        (long long)walk->undefined, walk->input->precision, walk->max_width, walk->max_size);
}

int sc_command_oracle(int argc, char **argv)
{
    struct sc_input input;
    struct sc_error error = {SC_OK, ""};
    struct sc_tensor lo = {.data = NULL}, hi = {.data = NULL}, mid = {.data = NULL};
    int64_t rows = 0;

    enum sc_status status = sc_input_read("oracle", argc, argv, false, &input, &error);
    if (status == SC_OK && input.help) {
        (void)printf("%s%s%s", help, sc_input_help, help_end);
        goto done;
    }
    if (status == SC_OK) {
        status = create(&input.problem, &lo, &error);
    }
    if (status == SC_OK) {
        status = create(&input.problem, &hi, &error);
    }
    if (status == SC_OK) {
        status = create(&input.problem, &mid, &error);
    }
    struct walk walk = {.input = &input, .lo = lo.data, .hi = hi.data, .mid = mid.data};
    if (status == SC_OK) {
        status = sc_walk_rows(&input, add_row, &walk, &rows, &error);
    }
    if (status == SC_OK) {
        status = save(input.lo, &lo, &error);
    }
    if (status == SC_OK) {
        status = save(input.hi, &hi, &error);
    }
    if (status == SC_OK) {
        status = save(input.mid, &mid, &error);
    }
    if (status == SC_OK) {
        print(&walk, rows);
    }
done:
    if (status == SC_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        status = sc_fail(&error, SC_E_IO, "oracle: cannot write to standard output");
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_tensor_destroy(&mid);
    sc_tensor_destroy(&hi);
    sc_tensor_destroy(&lo);
    sc_input_destroy(&input);
    return sc_command_exit(status);
}
