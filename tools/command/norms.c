/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/command.h"
#include "tools/lipschitz/report.h"
#include "tools/norms/report.h"
#include "tools/norms/sweep_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What all samples share, and what is said of them at the end. */
struct samples {
    struct sc_norms_weights *weights; /* [heads] */
    double *sigmoid, *softmax;        /* attention norms, [samples] */
    json_t *all;                      /* NULL: text */
};

static enum sc_status measure_sample(const struct sc_norms_input *input, int32_t n,
                                     struct samples *samples, struct sc_error *error)
{
    const struct sc_norms_setting setting = {0, input->positions[0], NULL};
    struct sc_norms_result sigmoid = {.heads = NULL}, softmax = {.heads = NULL};
    struct sc_norms_place place;
    struct sc_norms_sample sample = {&place,
                                     samples->weights,
                                     {.mean_square = 0.0},
                                     input->base.sigmoid ? &sigmoid : NULL,
                                     input->base.softmax ? &softmax : NULL};
    enum sc_status status = sc_norms_place_create(input, n, &setting, &place, error);

    if (status == SC_OK) {
        status = sc_statistics_tokens(&place.layer, place.x, &sample.tokens, error);
    }
    if (status == SC_OK && input->base.sigmoid) {
        status = sc_norms_measure(input, &place, SC_LAYER_SIGMOID, true, &sigmoid, error);
    }
    if (status == SC_OK && input->base.softmax) {
        status = sc_norms_measure(input, &place, SC_LAYER_SOFTMAX, true, &softmax, error);
    }
    if (status != SC_OK) {
        const struct sc_error why = *error;
        status = sc_fail(error, status, "%s: %s", place.file, why.text);
    } else if (samples->all != NULL) {
        (void)json_array_append_new(samples->all, sc_norms_json(input, &sample));
    } else {
        sc_norms_print(input, &sample, stdout);
    }
    samples->sigmoid[n] = sigmoid.attention_norm;
    samples->softmax[n] = softmax.attention_norm;
    sc_norms_result_destroy(&sigmoid);
    sc_norms_result_destroy(&softmax);
    sc_norms_place_destroy(&place);
    return status;
}

static enum sc_status measure_samples(const struct sc_norms_input *input, struct samples *samples,
                                      struct sc_error *error)
{
    const int32_t count = sc_norms_place_samples(input);
    const int shown = isatty(STDERR_FILENO);
    enum sc_status status = SC_OK;

    for (int32_t h = 0; status == SC_OK && h < input->base.layer.heads; h++) {
        status = sc_statistics_weights(&input->base.layer, h, &samples->weights[h].score_form,
                                       &samples->weights[h].values, error);
    }
    for (int32_t n = 0; status == SC_OK && n < count; n++) {
        if (shown) {
            (void)fprintf(stderr, "\r\033[Knorms: sample %d of %d", n + 1, count);
        }
        status = measure_sample(input, n, samples, error);
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    if (status == SC_OK && samples->all == NULL) {
        (void)fputc('\n', stdout);
        if (input->base.sigmoid) {
            sc_norms_print_all("sigmoid", samples->sigmoid, count, stdout);
        }
        if (input->base.softmax) {
            sc_norms_print_all("softmax", samples->softmax, count, stdout);
        }
        sc_norms_print_meaning(stdout);
    }
    return status;
}

static enum sc_status without_sweep(const struct sc_norms_input *input, struct sc_error *error)
{
    const size_t count = (size_t)sc_norms_place_samples(input);
    const size_t heads = (size_t)input->base.layer.heads;
    struct samples samples = {calloc(heads, sizeof *samples.weights), calloc(count, sizeof(double)),
                              calloc(count, sizeof(double)),
                              input->base.json ? json_array() : NULL};
    enum sc_status status = SC_OK;

    if (samples.weights == NULL || samples.sigmoid == NULL || samples.softmax == NULL ||
        (input->base.json && samples.all == NULL)) {
        status = sc_fail(error, SC_E_MEMORY, "norms: no memory for %zu samples", count);
    }
    if (status == SC_OK) {
        status = measure_samples(input, &samples, error);
    }
    if (status == SC_OK && input->base.json) {
        (void)json_dumpf(samples.all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
    }
    json_decref(samples.all);
    free(samples.weights);
    free(samples.sigmoid);
    free(samples.softmax);
    return status;
}

static enum sc_status with_sweep(const struct sc_norms_input *input, struct sc_error *error)
{
    struct sc_norms_cell *cells = NULL;
    int32_t count = 0;
    enum sc_status status =
        sc_norms_sweep(input, isatty(STDERR_FILENO) != 0, &cells, &count, error);

    if (status == SC_OK && input->base.json) {
        json_t *all = sc_norms_sweep_json(input, cells, count);
        (void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        (void)fputc('\n', stdout);
        json_decref(all);
    } else if (status == SC_OK) {
        sc_norms_sweep_print(input, cells, count, stdout);
    }
    if (status == SC_OK && input->base.plot != NULL) {
        status = sc_norms_sweep_draw(input, cells, count, error);
    }
    free(cells);
    return status;
}

static enum sc_status run(const struct sc_norms_input *input, struct sc_error *error)
{
    const bool sweep =
        input->biases != NULL || input->lengths != NULL || input->positions_count > 1;

    if (!input->base.json) {
        sc_lipschitz_print_layer(&input->base, input->biases == NULL, stdout);
    }
    const enum sc_status status = sweep ? with_sweep(input, error) : without_sweep(input, error);
    return fflush(stdout) != 0 && status == SC_OK
               ? sc_fail(error, SC_E_IO, "norms: cannot write the result")
               : status;
}

int sc_command_norms(int argc, char **argv)
{
    struct sc_lipschitz_text text = {.files = 0};
    struct sc_norms_input input = {.biases = NULL};
    struct sc_error error = {SC_OK, ""};
    enum sc_status status = sc_lipschitz_split(argc, argv, SC_LIPSCHITZ_OF_NORMS, &text, &error);

    if (status == SC_OK && text.help) {
        (void)fputs(sc_norms_help, stdout);
        status = fflush(stdout) == 0 ? SC_OK : SC_E_IO;
    } else if (status == SC_OK) {
        status = sc_norms_input_read(&text, &input, &error);
    }
    if (status == SC_OK && !text.help) {
        status = run(&input, &error);
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    sc_norms_input_destroy(&input);
    return sc_command_exit(status);
}
