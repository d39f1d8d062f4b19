/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/oracle.h"

#include "reference/oracle/rounded_sigmoid.h"
#include "tools/input/values.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 256

static const struct {
    const char *name;
    enum sc_oracle_choice choice;
} tiers[] = {{"auto", SC_ORACLE_AUTO},
             {"fp64", SC_ORACLE_FP64},
             {"arb", SC_ORACLE_ARB},
             {"integer", SC_ORACLE_INTEGER},
             {"schedule", SC_ORACLE_SCHEDULE}};

static enum sc_status read_tier(const char *text, struct sc_input *input, struct sc_error *error)
{
    for (size_t n = 0; n < sizeof tiers / sizeof tiers[0]; n++) {
        if (strcmp(text, tiers[n].name) == 0) {
            input->tier = tiers[n].choice;
            return SC_OK;
        }
    }
    return sc_fail(error, SC_E_INPUT,
                   "--tier: '%s', expected auto, fp64, arb, integer or (oracle only) schedule",
                   text);
}

/* One word of a schedule. SC_E_INPUT: not one. */
static enum sc_status read_word(const char *word, struct sc_schedule *x, bool *core_given,
                                struct sc_error *error)
{
    static const char *const cores[] = {"h100", "a100", "fma"};
    static const char *const scores[] = {"fused", "separate", "preloaded"};

    for (int n = 0; n < 3; n++) {
        if (strcmp(word, cores[n]) == 0) {
            x->core = (enum sc_core)n;
            *core_given = true;
            return SC_OK;
        }
        if (strcmp(word, scores[n]) == 0) {
            x->score = (enum sc_score)n;
            return SC_OK;
        }
    }
    if (strncmp(word, "split=", 6) == 0) {
        return sc_values_int("--schedule: split", word + 6, 16, SC_LENGTH_MAX, &x->split_keys,
                             error);
    }
    return sc_fail(error, SC_E_INPUT,
                   "--schedule: '%s', expected h100, a100 or fma, then fused, separate or "
                   "preloaded, and split=KEYS, with commas between",
                   word);
}

static enum sc_status read_schedule(const char *text, struct sc_input *input,
                                    struct sc_error *error)
{
    char words[128], *rest = NULL;
    bool core_given = false;
    enum sc_status status = SC_OK;

    (void)snprintf(words, sizeof words, "%s", text);
    for (char *word = strtok_r(words, ",", &rest); word != NULL && status == SC_OK;
         word = strtok_r(NULL, ",", &rest)) {
        status = read_word(word, &input->schedule, &core_given, error);
    }
    if (status == SC_OK && !core_given) {
        status =
            sc_fail(error, SC_E_INPUT, "--schedule: '%s', expected h100, a100 or fma in it", text);
    }
    return status;
}

enum sc_status sc_input_oracle(const struct sc_options *options, struct sc_input *input,
                               struct sc_error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    enum sc_status status = SC_OK;

    input->threads = processors < 1 ? 1 : (int32_t)(processors < 64 ? processors : 64);
    if (options->tier != NULL) {
        status = read_tier(options->tier, input, error);
    }
    if (status == SC_OK && options->precision != NULL) {
        status = sc_values_int("--precision", options->precision, SC_ORACLE_PRECISION_MIN,
                               SC_ORACLE_PRECISION_MAX, &input->precision, error);
    }
    if (status == SC_OK && options->threads != NULL) {
        status =
            sc_values_int("--threads", options->threads, 1, THREADS_MAX, &input->threads, error);
    }
    if (status == SC_OK && options->rows != NULL) {
        status = sc_values_int("--rows", options->rows, 1, SC_LENGTH_MAX, &input->limit, error);
    }
    if (status == SC_OK && (options->schedule != NULL) != (input->tier == SC_ORACLE_SCHEDULE)) {
        return sc_fail(error, SC_E_INPUT,
                       "--schedule and --tier schedule: one given, expected both or none");
    }
    if (status == SC_OK && options->schedule != NULL) {
        status = read_schedule(options->schedule, input, error);
    }
    return status;
}

void sc_input_schedule_formats(struct sc_input *input)
{
    input->schedule.format_p = input->problem.format_in;
    input->schedule.activation = sc_rounded_sigmoid;
}
