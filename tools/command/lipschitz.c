/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/check.h"
#include "tools/certificate/write.h"
#include "tools/command/command.h"
#include "tools/lipschitz/input.h"
#include "tools/lipschitz/report.h"
#include "tools/lipschitz/text.h"

#include <stdio.h>
#include <unistd.h>

/* Measures a sample; adds it to `all` if that is not NULL, else prints it, and to `certificate` if there is one. */
static enum sc_status measure_sample(struct sc_lipschitz_input *input, int32_t n, json_t *all,
                                     json_t *certificate, struct sc_error *error)
{
    struct sc_measurement sigmoid = {.direction = NULL}, softmax = {.direction = NULL};
    const struct sc_lipschitz_pair pair = {input->sigmoid ? &sigmoid : NULL,
                                           input->softmax ? &softmax : NULL};
    enum sc_status status = SC_OK;

    if (input->sigmoid) {
        const struct sc_layer layer = sc_lipschitz_layer(input, n, SC_LAYER_SIGMOID);
        status = sc_measure(&layer, input->samples[n].x, &input->options, &sigmoid, error);
    }
    if (status == SC_OK && input->softmax) {
        const struct sc_layer layer = sc_lipschitz_layer(input, n, SC_LAYER_SOFTMAX);
        status = sc_measure(&layer, input->samples[n].x, &input->options, &softmax, error);
    }
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
    sc_measurement_destroy(&sigmoid);
    sc_measurement_destroy(&softmax);
    return status;
}

static enum sc_status measure_all(struct sc_lipschitz_input *input, struct sc_error *error)
{
    const char *path = input->text.of[SC_LIPSCHITZ_CERTIFICATE];
    json_t *all = input->json ? json_array() : NULL;
    json_t *certificate = path == NULL ? NULL : sc_write_begin(input);
    const int shown = isatty(STDERR_FILENO);
    enum sc_status status =
        path != NULL && certificate == NULL
            ? sc_fail(error, SC_E_MEMORY, "%s: no memory for a certificate, or a name not UTF-8",
                      path)
            : SC_OK;

    if (status == SC_OK && !input->json) {
        sc_lipschitz_print_layer(input, stdout);
    }
    for (int32_t n = 0; status == SC_OK && n < input->samples_count; n++) {
        if (shown) {
            (void)fprintf(stderr, "\r\033[Klipschitz: sample %d of %d", n + 1,
                          input->samples_count);
        }
        status = measure_sample(input, n, all, certificate, error);
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    if (status == SC_OK && input->json) {
        (void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    } else if (status == SC_OK) {
        sc_lipschitz_print_meaning(stdout);
    }
    if (status == SC_OK && path != NULL) {
        status = sc_write_save(certificate, path, error);
    }
    json_decref(all);
    json_decref(certificate);
    return status == SC_OK && fflush(stdout) != 0
               ? sc_fail(error, SC_E_IO, "lipschitz: cannot write the result")
               : status;
}

/* --check; the exit code of what was found. */
static enum sc_status check(const struct sc_lipschitz_input *input, int *code,
                            struct sc_error *error)
{
    const struct sc_check_options options = {
        .certificate = input->text.of[SC_LIPSCHITZ_CHECK],
        .inputs = input->text.of[SC_LIPSCHITZ_INPUTS_FROM],
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
    struct sc_lipschitz_input input;
    struct sc_error error = {SC_OK, ""};
    int code = SC_EXIT_VERIFIED;
    enum sc_status status = sc_lipschitz_input_read(argc, argv, &input, &error);

    if (status == SC_OK && input.help) {
        (void)fputs(sc_lipschitz_help, stdout);
        status = fflush(stdout) == 0 ? SC_OK : SC_E_IO;
    } else if (status == SC_OK && input.text.of[SC_LIPSCHITZ_CHECK] != NULL) {
        status = check(&input, &code, &error);
    } else if (status == SC_OK) {
        status = measure_all(&input, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_lipschitz_input_destroy(&input);
    return status == SC_OK ? code : sc_command_exit(status);
}
