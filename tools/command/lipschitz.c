/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/lipschitz/draw.h"
#include "tools/lipschitz/input.h"
#include "tools/lipschitz/report.h"
#include "tools/lipschitz/text.h"

#include <stdio.h>
#include <unistd.h>

/* `late` has what failed while a picture was drawn: the numbers are printed all the same. */
static enum sc_status measure_sample(struct sc_lipschitz_input *input, int32_t n, json_t *all,
                                     struct sc_error *late, struct sc_error *error)
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
    if (status == SC_OK && input->plot != NULL && late->status == SC_OK) {
        (void)sc_lipschitz_draw(input, n, &pair, late);
    }
    sc_measurement_destroy(&sigmoid);
    sc_measurement_destroy(&softmax);
    return status;
}

static enum sc_status measure_all(struct sc_lipschitz_input *input, struct sc_error *error)
{
    json_t *all = input->json ? json_array() : NULL;
    const int shown = isatty(STDERR_FILENO);
    struct sc_error late = {SC_OK, ""};
    enum sc_status status = SC_OK;

    if (!input->json) {
        sc_lipschitz_print_layer(input, true, stdout);
    }
    for (int32_t n = 0; status == SC_OK && n < input->samples_count; n++) {
        if (shown) {
            (void)fprintf(stderr, "\r\033[Klipschitz: sample %d of %d", n + 1,
                          input->samples_count);
        }
        status = measure_sample(input, n, all, &late, error);
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
    json_decref(all);
    if (status == SC_OK && fflush(stdout) != 0) {
        status = sc_fail(error, SC_E_IO, "lipschitz: cannot write the result");
    }
    if (status == SC_OK && late.status != SC_OK) {
        *error = late;
        status = late.status;
    }
    return status;
}

int sc_command_lipschitz(int argc, char **argv)
{
    struct sc_lipschitz_text text = {.files = 0};
    struct sc_lipschitz_input input = {.w_q = NULL};
    struct sc_error error = {SC_OK, ""};
    enum sc_status status =
        sc_lipschitz_split(argc, argv, SC_LIPSCHITZ_OF_LIPSCHITZ, &text, &error);

    if (status == SC_OK && text.help) {
        (void)fputs(sc_lipschitz_help, stdout);
        status = fflush(stdout) == 0 ? SC_OK : SC_E_IO;
    } else if (status == SC_OK) {
        status = sc_lipschitz_input_read(&text, &input, &error);
    }
    if (status == SC_OK && !text.help) {
        status = measure_all(&input, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_lipschitz_input_destroy(&input);
    return sc_command_exit(status);
}
