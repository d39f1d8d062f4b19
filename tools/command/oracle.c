/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/file/safetensors.h"
#include "tools/file/tensor.h"
#include "tools/input/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: sigmacert oracle --q FILE --k FILE --v FILE --bias BIAS [OPTION]...\n"
    "Encloses every element of the exact O = sigma(tau Q K^T + b) V, or of its gradients.\n\n";
static const char help_end[] =
    "output\n"
    "  --lo FILE, --hi FILE         write the ends of the enclosures, fp64, in the shape of O; "
    "with\n"
    "                               --backward .safetensors files of dq, dk, dv and db\n"
    "  --mid FILE                   write their midpoints, fp64\n"
    "  --weights                    P = sigma(tau Q K^T + b), [batch, heads, n_q, n_k], not O\n"
    "  --tier schedule --schedule CORE[,SCORE][,split=KEYS]   predict a kernel bit for bit: CORE\n"
    "                               h100, a100 or fma, SCORE fused, separate or preloaded\n"
    "                               (spec/schedule.h), with a correctly rounded sigmoid\n"
    "\n"
    "Rows that --rows leaves out, and results that are not real numbers, are NaN in the files.\n"
    "Exit: 0 enclosed; 2 usage or bad input; 3 could not run.\n"
    "\n"
    "example: sigmacert oracle --q q.npy --k k.npy --v v.npy --bias -log-n --lo lo.npy --hi "
    "hi.npy\n";

enum { RESULTS_MAX = 4 };

/* One output as it is collected. */
struct result {
    const char *name;
    enum sc_oracle_output output;
    const struct sc_problem *problem;
    struct sc_tensor lo, hi, mid;
    int64_t entries, finite, empty, undefined;
    double max_width, max_size;
};

/* Nothing where the file is not wanted. */
static void store(struct sc_tensor *tensor, int64_t at, double value)
{
    if (tensor->data != NULL) {
        ((double *)tensor->data)[at] = value;
    }
}

static enum sc_status add_element(void *context, struct sc_oracle *oracle,
                                  const struct sc_oracle_element *element,
                                  struct sc_enclosure exact, bool empty, struct sc_error *error)
{
    struct result *const x = context;
    const int64_t at = sc_walk_place(x->problem, element) + element->channel;

    (void)oracle;
    (void)error;
    if (!isfinite(exact.lo) || !isfinite(exact.hi)) {
        x->undefined++;
        if (exact.lo == exact.hi) { /* an infinity that a schedule predicts */
            store(&x->lo, at, exact.lo);
            store(&x->hi, at, exact.hi);
            store(&x->mid, at, exact.lo);
        }
        return SC_OK;
    }
    x->finite += empty ? 0 : 1;
    x->empty += empty ? 1 : 0;
    store(&x->lo, at, exact.lo);
    store(&x->hi, at, exact.hi);
    store(&x->mid, at, exact.lo + (exact.hi - exact.lo) / 2.0);
    x->max_width = fmax(x->max_width, exact.hi - exact.lo);
    x->max_size = fmax(x->max_size, fmax(fabs(exact.lo), fabs(exact.hi)));
    return SC_OK;
}

/* A tensor of NaNs of a result's shape. */
static enum sc_status create(const struct result *x, bool heads_last, struct sc_tensor *tensor,
                             struct sc_error *error)
{
    const struct sc_problem *p = x->problem;
    const bool of_keys = x->output == SC_ORACLE_D_K || x->output == SC_ORACLE_D_V;
    const int64_t heads = of_keys ? p->heads_kv : p->heads_q, rows = of_keys ? p->n_k : p->n_q;
    const int64_t entries = sc_problem_tensor_batch(p);
    const int64_t of_p[4] = {entries, heads, rows, p->n_k}, of_b[2] = {p->batch, heads};
    const int64_t shape[4] = {entries, heads_last ? rows : heads, heads_last ? heads : rows,
                              sc_oracle_channels(p, x->output, 0)};
    enum sc_status status = SC_OK;

    if (x->output == SC_ORACLE_D_B) {
        status = sc_tensor_create(SC_TENSOR_FP64, 2, of_b, tensor, error);
    } else {
        status = sc_tensor_create(SC_TENSOR_FP64, 4, x->output == SC_ORACLE_P ? of_p : shape,
                                  tensor, error);
    }
    for (int64_t n = 0; status == SC_OK && n < tensor->count; n++) {
        ((double *)tensor->data)[n] = NAN;
    }
    return status;
}

static enum sc_status collect(const struct sc_input *input, struct sc_oracle *oracle,
                              struct result *x, struct sc_error *error)
{
    const char *const files[] = {input->lo, input->hi, input->mid};
    struct sc_tensor *const tensors[] = {&x->lo, &x->hi, &x->mid};
    enum sc_status status = SC_OK;

    for (int end = 0; end < 3 && status == SC_OK; end++) {
        if (files[end] != NULL) {
            status = create(x, input->heads_last, tensors[end], error);
        }
    }
    return status == SC_OK ? sc_walk(input, oracle, x->output, add_element, x, &x->entries, error)
                           : status;
}

/* Writes one end of every result: a tensor by itself, or those of a gradient under their names. */
static enum sc_status save(const char *path, const struct result *results, int32_t count, int end,
                           struct sc_error *error)
{
    const char *names[RESULTS_MAX];
    struct sc_tensor tensors[RESULTS_MAX]; /* borrowed copies */

    if (path == NULL) {
        return SC_OK;
    }
    for (int32_t n = 0; n < count; n++) {
        names[n] = results[n].name;
        tensors[n] = end == 0 ? results[n].lo : end == 1 ? results[n].hi : results[n].mid;
    }
    return count == 1 ? sc_tensor_save(path, &tensors[0], error)
                      : sc_safetensors_save(path, names, tensors, count, error);
}

static void print_json(const struct result *x)
{
    (void)printf(",\n \"%s\": {\"entries\": %lld, \"finite\": %lld, \"empty\": %lld, "
                 "\"undefined\": %lld, \"max_width\": %.6g, \"max_size\": %.6g}",
                 x->name, (long long)x->entries, (long long)x->finite, (long long)x->empty,
                 (long long)x->undefined, x->max_width, x->max_size);
}

static void print_text(const struct result *x)
{
    (void)printf(
        "%s: %lld %s; %lld elements enclosed, %lld exactly 0 (nothing seen), %lld not real "
        "numbers; widest enclosure %.3g, largest size %.6g\n",
        x->name, (long long)x->entries, sc_walk_entries(x->output), (long long)x->finite,
        (long long)x->empty, (long long)x->undefined, x->max_width, x->max_size);
}

static void print(const struct sc_input *input, const struct result *results, int32_t count,
                  struct sc_oracle *oracle)
{
    const struct sc_oracle_source source = sc_oracle_first_source(oracle);
    const long long audited = sc_oracle_audited(oracle);

    if (input->json) {
        (void)printf("{\"tier\": \"%s\", \"precision\": %d, \"audited\": %lld", source.tier,
                     source.precision, audited);
    }
    for (int32_t n = 0; n < count; n++) {
        if (input->json) {
            print_json(&results[n]);
        } else {
            print_text(&results[n]);
        }
    }
    if (input->json) {
        (void)puts("}");
    } else if (input->tier == SC_ORACLE_SCHEDULE) {
        (void)puts("predicted from the schedule; these are a kernel's results, not the exact ones");
    } else {
        (void)printf("tier %s", source.tier);
        if (source.precision > 0) {
            (void)printf(", %d bits", source.precision);
        }
        if (audited > 0) {
            (void)printf("; %lld rows audited by arb, all meet", audited);
        }
        (void)puts("");
    }
}

/* What is asked for. Returns the number of results. */
static int32_t list_results(const struct sc_input *input, struct result results[RESULTS_MAX])
{
    static const struct {
        const char *name;
        enum sc_oracle_output output;
    } gradients[RESULTS_MAX] = {
        {"dq", SC_ORACLE_D_Q}, {"dk", SC_ORACLE_D_K}, {"dv", SC_ORACLE_D_V}, {"db", SC_ORACLE_D_B}};
    const bool predicted = input->tier == SC_ORACLE_SCHEDULE; /* no schedule declares db */

    memset(results, 0, RESULTS_MAX * sizeof *results);
    for (int32_t n = 0; n < RESULTS_MAX; n++) {
        results[n].name = gradients[n].name;
        results[n].output = gradients[n].output;
        results[n].problem = &input->problem;
    }
    if (input->d_o != NULL) {
        return predicted ? RESULTS_MAX - 1 : RESULTS_MAX;
    }
    results[0].name = input->weights ? "p" : "o";
    results[0].output = input->weights ? SC_ORACLE_P : SC_ORACLE_O;
    return 1;
}

static enum sc_status check_names(const struct sc_input *input, struct sc_error *error)
{
    const char *const files[] = {input->lo, input->hi, input->mid};
    static const char suffix[] = ".safetensors";

    if (input->d_o != NULL && input->weights) {
        return sc_fail(error, SC_E_INPUT, "--weights: given with --backward, expected one of them");
    }
    for (size_t n = 0; n < sizeof files / sizeof files[0] && input->d_o != NULL; n++) {
        const size_t size = files[n] == NULL ? 0 : strlen(files[n]);
        if (files[n] != NULL &&
            (size < sizeof suffix || strcmp(files[n] + size - (sizeof suffix - 1), suffix) != 0)) {
            return sc_fail(error, SC_E_INPUT,
                           "%s: one tensor's file, expected a .safetensors file for the gradients",
                           files[n]);
        }
    }
    return SC_OK;
}

static enum sc_status run(const struct sc_input *input, struct result results[RESULTS_MAX],
                          int32_t count, struct sc_error *error)
{
    const char *const files[] = {input->lo, input->hi, input->mid};
    struct sc_oracle *oracle = NULL;
    enum sc_status status = check_names(input, error);

    if (status == SC_OK) {
        status = sc_walk_oracle(input, &oracle, error);
    }
    for (int32_t n = 0; n < count && status == SC_OK; n++) {
        status = collect(input, oracle, &results[n], error);
    }
    for (int end = 0; end < 3 && status == SC_OK; end++) {
        status = save(files[end], results, count, end, error);
    }
    if (status == SC_OK) {
        print(input, results, count, oracle);
    }
    sc_oracle_destroy(oracle);
    return status;
}

int sc_command_oracle(int argc, char **argv)
{
    struct sc_input input;
    struct sc_error error = {SC_OK, ""};
    struct result results[RESULTS_MAX];
    int32_t count = 0;

    enum sc_status status = sc_input_read("oracle", argc, argv, false, &input, &error);
    if (status == SC_OK && input.help) {
        (void)printf("%s%s%s", help, sc_input_help, help_end);
    } else if (status == SC_OK) {
        count = list_results(&input, results);
        status = run(&input, results, count, &error);
    }
    if (status == SC_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        status = sc_fail(&error, SC_E_IO, "oracle: cannot write to standard output");
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    for (int32_t n = 0; n < count; n++) {
        sc_tensor_destroy(&results[n].mid);
        sc_tensor_destroy(&results[n].hi);
        sc_tensor_destroy(&results[n].lo);
    }
    sc_input_destroy(&input);
    return sc_command_exit(status);
}
