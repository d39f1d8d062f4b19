/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/check.h"
#include "tools/certificate/write.h"
#include "tools/command/command.h"
#include "tools/lipschitz/draw.h"
#include "tools/lipschitz/input.h"
#include "tools/lipschitz/report.h"
#include "tools/lipschitz/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What is asked for of one kind, at the sample and around it. */
static enum sc_status measure_kind(struct sc_lipschitz_input *input, int32_t n,
                                   enum sc_layer_kind kind, struct sc_measurement *measurement,
                                   struct sc_local **locals, struct sc_error *error)
{
    const struct sc_layer layer = sc_lipschitz_layer(input, n, kind);
    const double *x = input->samples[n].x;
    struct sc_ascent_options how = sc_ascent_defaults();
    enum sc_status status = sc_measure(&layer, x, &input->options, measurement, error);

    if (status == SC_OK && input->radii_count > 0) {
        *locals = calloc((size_t)input->radii_count * SC_MOVES_SETS, sizeof **locals);
        how.threads = input->options.threads;
        status = *locals == NULL
                     ? sc_fail(error, SC_E_MEMORY, "no memory for %d radii", input->radii_count)
                     : sc_local_measure(&layer, x, input->radii, input->radii_count, &how, *locals,
                                        error);
    }
    return status;
}

/* Measures a sample; adds it to `all` if that is not NULL, else prints it, and to `certificate` if there is one. `late` has
 * what failed while a picture was drawn: the numbers are printed all the same. */
static enum sc_status measure_sample(struct sc_lipschitz_input *input, int32_t n, json_t *all,
                                     json_t *certificate, struct sc_error *late,
                                     struct sc_error *error)
{
    struct sc_measurement sigmoid = {.direction = NULL}, softmax = {.direction = NULL};
    struct sc_local *sigmoid_local = NULL, *softmax_local = NULL;
    enum sc_status status = SC_OK;

    if (input->sigmoid) {
        status = measure_kind(input, n, SC_LAYER_SIGMOID, &sigmoid, &sigmoid_local, error);
    }
    if (status == SC_OK && input->softmax) {
        status = measure_kind(input, n, SC_LAYER_SOFTMAX, &softmax, &softmax_local, error);
    }
    const struct sc_lipschitz_pair pair = {input->sigmoid ? &sigmoid : NULL,
                                           input->softmax ? &softmax : NULL, sigmoid_local,
                                           softmax_local};
    if (status != SC_OK) {
        const struct sc_error why = *error;
        status = sc_fail(error, status, "%s: %s", input->samples[n].file, why.text);
    } else if (all != NULL) {
        (void)json_array_append_new(all, sc_lipschitz_json(input, n, &pair));
    } else {
        sc_lipschitz_print(input, n, &pair, stdout);
    }
    if (status == SC_OK && certificate != NULL) {
        status = sc_write_sample(certificate, input, n, &pair, error);
    }
    if (status == SC_OK && input->plot != NULL && late->status == SC_OK) {
        (void)sc_lipschitz_draw(input, n, &pair, late);
    }
    sc_measurement_destroy(&sigmoid);
    sc_measurement_destroy(&softmax);
    free(sigmoid_local);
    free(softmax_local);
    return status;
}

static enum sc_status measure_all(struct sc_lipschitz_input *input, struct sc_error *error)
{
    const char *path = input->text.of[SC_LIPSCHITZ_CERTIFICATE];
    json_t *all = input->json ? json_array() : NULL;
    json_t *certificate = path == NULL ? NULL : sc_write_begin(input);
    const int shown = isatty(STDERR_FILENO);
    struct sc_error late = {SC_OK, ""};
    enum sc_status status =
        path != NULL && certificate == NULL
            ? sc_fail(error, SC_E_MEMORY, "%s: no memory for a certificate, or a name not UTF-8",
                      path)
            : SC_OK;

    if (status == SC_OK && !input->json) {
        sc_lipschitz_print_layer(input, true, stdout);
    }
    for (int32_t n = 0; status == SC_OK && n < input->samples_count; n++) {
        if (shown) {
            (void)fprintf(stderr, "\r\033[Klipschitz: sample %d of %d", n + 1,
                          input->samples_count);
        }
        status = measure_sample(input, n, all, certificate, &late, error);
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    if (status == SC_OK && input->json) {
        (void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    } else if (status == SC_OK) {
        sc_lipschitz_print_meaning(input, stdout);
    }
    if (status == SC_OK && path != NULL) {
        status = sc_write_save(certificate, path, error);
    }
    json_decref(all);
    json_decref(certificate);
    if (status == SC_OK && fflush(stdout) != 0) {
        status = sc_fail(error, SC_E_IO, "lipschitz: cannot write the result");
    }
    if (status == SC_OK && late.status != SC_OK) {
        *error = late;
        status = late.status;
    }
    return status;
}

/* --check; the exit code of what was found. */
static enum sc_status check(const struct sc_lipschitz_text *text,
                            const struct sc_lipschitz_input *input, int *code,
                            struct sc_error *error)
{
    const struct sc_check_options options = {
        .certificate = text->of[SC_LIPSCHITZ_CHECK],
        .inputs = text->of[SC_LIPSCHITZ_INPUTS_FROM],
        .limits = {input->options.threads, input->options.exact_max, input->options.bytes_max}};
    struct sc_check_sum sum;
    const enum sc_status status = sc_check_run(&options, stdout, &sum, error);

    if (status != SC_OK) {
        return status;
    }
    if (sum.mismatched) {
        (void)printf("certificate: FALSIFIED: %s\n", error->text);
    } else {
        (void)printf("certificate: %lld claims confirmed, %lld refuted, %lld not confirmed\n",
                     (long long)sum.confirmed, (long long)sum.refuted, (long long)sum.open);
    }
    *code = sum.mismatched || sum.refuted > 0 ? SC_EXIT_FALSIFIED
            : sum.open > 0                    ? SC_EXIT_UNAVAILABLE
                                              : SC_EXIT_VERIFIED;
    return fflush(stdout) == 0 ? SC_OK
                               : sc_fail(error, SC_E_IO, "lipschitz: cannot write the result");
}

int sc_command_lipschitz(int argc, char **argv)
{
    struct sc_lipschitz_text text = {.files = 0};
    struct sc_lipschitz_input input = {.w_q = NULL};
    struct sc_error error = {SC_OK, ""};
    int code = SC_EXIT_VERIFIED;
    enum sc_status status =
        sc_lipschitz_split(argc, argv, SC_LIPSCHITZ_OF_LIPSCHITZ, &text, &error);

    if (status == SC_OK && text.help) {
        (void)fputs(sc_lipschitz_help, stdout);
        status = fflush(stdout) == 0 ? SC_OK : SC_E_IO;
    } else if (status == SC_OK && text.of[SC_LIPSCHITZ_CHECK] != NULL) {
        status = sc_lipschitz_read_how(&text, &input, &error);
        status = status == SC_OK ? check(&text, &input, &code, &error) : status;
    } else if (status == SC_OK) {
        status = sc_lipschitz_input_read(&text, &input, &error);
        status = status == SC_OK ? measure_all(&input, &error) : status;
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_lipschitz_input_destroy(&input);
    return status == SC_OK ? code : sc_command_exit(status);
}
